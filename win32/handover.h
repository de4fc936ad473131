/* win32/handover.h - a std handle that goes from one process to another: what can be handed over,
 * and taking it out of the process that has it. Any thread. */
#ifndef W32_HANDOVER_H
#define W32_HANDOVER_H

#include <stdint.h>

#include "core/error.h"
#include "win32/handle.h"

/** What a handle is to a program that has it as stdin, stdout or stderr. */
enum w32_handover {
    W32_HANDOVER_NEVER, /**< a console, a socket, a device, no file at all, or an overlapped one:
                         *   a program would read and write it as if it were not */
    W32_HANDOVER_FILE,
    W32_HANDOVER_PIPE, /**< anonymous or named */
};

/**
 * What a handle is. Where another thread, of whatever process, waits in an operation on the same
 * pipe Windows lets this wait, too: not on a loop for a handle that is a stranger's.
 *
 * @param h  any; NULL is W32_HANDOVER_NEVER
 * @see https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-getfiletype
 */
enum w32_handover w32_handover_kind(w32_handle h);

/**
 * Duplicates a handle out of a process, with the same rights, not inheritable. Does not block.
 *
 * @param process  from w32_peer_process()
 * @param value    the handle as that process knows it
 * @param out      written on success only; close with w32_handle_close()
 * @param err      filled on failure; may be NULL
 * @return SP_OK; SP_EINVAL it has no such handle; w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/api/handleapi/nf-handleapi-duplicatehandle
 */
SP_NODISCARD sp_status w32_handover_take(w32_handle process, uint64_t value, w32_handle *out,
                                         struct sp_error *err);

#endif
