/* win32/signal.h - Ctrl-C and Ctrl-Break for a process that has a console of its own. A process can
 * be attached to one console only, and what is sent reaches everybody on it: so a short-lived
 * helper process does the attaching, and the service never does. Any thread. */
#ifndef W32_SIGNAL_H
#define W32_SIGNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"

/** What can be sent to a console. */
enum w32_signal {
    W32_SIGNAL_INT,   /**< Ctrl-C, "int" */
    W32_SIGNAL_BREAK, /**< Ctrl-Break, "break": a process can't ignore it but by handling it */
};

/** Finds a signal by its short name. @param out written when there is one @return whether */
bool w32_signal_by_name(const char *name, enum w32_signal *out);

/** The keys that make a signal, for people: "Ctrl-C". Never NULL. */
const char *w32_signal_keys(enum w32_signal which);

/**
 * Sends Ctrl-C or Ctrl-Break to a process and to everything on the same console, by starting this
 * same program as `<program> signal PID int|break` and waiting for it. The process must have been
 * started with W32_CONSOLE_HIDDEN. What it does about it is its own affair. Blocks up to
 * timeout_ms: not on a loop's thread.
 *
 * @param pid         whose; hold its handle, so that the number can't become another process's
 * @param which       what
 * @param timeout_ms  for the helper; it is ended when that runs out
 * @param err         filled on failure; may be NULL
 * @return SP_OK it was sent; SP_ENOTFOUND no such process, or it has ended; SP_EUNSUPPORTED it has
 *         no console of its own, or the system can't send that; SP_ETIMEOUT; w32_spawn()'s
 * @see https://learn.microsoft.com/windows/console/generateconsolectrlevent
 */
SP_NODISCARD sp_status w32_signal_send(uint32_t pid, enum w32_signal which, uint32_t timeout_ms,
                                       struct sp_error *err);

/**
 * What the helper process does: leaves its own console, attaches to that of a process, and sends
 * the signal to all of it but itself. For a process that does nothing else and ends right after.
 *
 * @param pid    whose
 * @param which  what
 * @return the helper's exit code, which w32_signal_send() reads; 0: sent
 */
int w32_signal_helper(uint32_t pid, enum w32_signal which);

#endif
