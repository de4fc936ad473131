/* win32/signal.h - Ctrl-C for a process that has a console of its own. A process can be attached to
 * one console only, and what is sent reaches everybody on it: so a short-lived helper process does
 * the attaching, and the service never does. */
#ifndef W32_SIGNAL_H
#define W32_SIGNAL_H

#include <stdint.h>

#include "core/error.h"

/**
 * Sends Ctrl-C to a process and to everything on the same console, by starting this same program
 * as `<program> signal PID` and waiting for it. The process must have been started with
 * W32_CONSOLE_HIDDEN. What it does about it is its own affair. Blocks up to timeout_ms: not on a
 * loop's thread.
 *
 * @param pid         whose; hold its handle, so that the number can't become another process's
 * @param timeout_ms  for the helper; it is ended when that runs out
 * @param err         filled on failure; may be NULL
 * @return SP_OK it was sent; SP_ENOTFOUND no such process, or it has ended; SP_EUNSUPPORTED it has
 *         no console of its own; SP_ETIMEOUT; w32_spawn()'s
 * @see https://learn.microsoft.com/windows/console/generateconsolectrlevent
 */
SP_NODISCARD sp_status w32_signal_interrupt(uint32_t pid, uint32_t timeout_ms,
                                            struct sp_error *err);

/**
 * What the helper process does: leaves its own console, attaches to that of a process, and sends
 * Ctrl-C to all of it but itself. For a process that does nothing else and ends right after.
 *
 * @param pid  whose
 * @return the helper's exit code, which w32_signal_interrupt() reads; 0: sent
 */
int w32_signal_helper(uint32_t pid);

#endif
