/* win32/process.h - what can be asked of processes. Any thread. */
#ifndef W32_PROCESS_H
#define W32_PROCESS_H

#include <stddef.h>
#include <stdint.h>

/** The file name of a process's program ("sort.exe"), or "?" when it can't be had.
 *  @param pid whose @param text receives it, UTF-8 @param size room, in bytes, at least 2 */
void w32_process_name(uint32_t pid, char *text, size_t size);

/** This process's id. */
uint32_t w32_process_id(void);

/** Ends this process at once, from any thread; its console is what it was. */
__attribute__((noreturn)) void w32_exit(uint32_t code);

/** Seconds since 1970-01-01 UTC, by the system's clock. */
int64_t w32_unix_time(void);

#endif
