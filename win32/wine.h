/* win32/wine.h - what Wine needs and Windows does not. Any thread. */
#ifndef W32_WINE_H
#define W32_WINE_H

#include <stdbool.h>

/** Whether this is Wine. */
bool w32_is_wine(void);

/**
 * Teaches Wine's server to keep its memory; on Windows nothing happens. Every block that goes
 * through a pipe is allocated there several times, and glibc gives memory back to the system until
 * it has once freed a block that was far larger than all that follow: without that a block of 1 MiB
 * costs hundreds of page faults. So one such block goes through a pipe of our own. What it does
 * lasts as long as that server, and is good for whoever uses it. Takes some 50 ms, and 32 MiB
 * meanwhile.
 *
 * @see https://man7.org/linux/man-pages/man3/mallopt.3.html M_MMAP_THRESHOLD, on how it adjusts itself
 */
void w32_wine_keep_memory(void);

#endif
