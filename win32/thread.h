/* win32/thread.h - threads and locks. Any thread. */
#ifndef W32_THREAD_H
#define W32_THREAD_H

#include <stdint.h>

#include "core/error.h"
#include "win32/handle.h"

/** A lock that is no kernel object: for moments, never across a blocking call. {0} is open. */
struct w32_lock {
    void *state;
};

/** Waits until the lock is ours. Not twice by the same thread. */
void w32_lock_enter(struct w32_lock *lock);

/** Lets go of it. */
void w32_lock_leave(struct w32_lock *lock);

/**
 * Starts a thread.
 *
 * @param run  what it does
 * @param arg  passed to run
 * @param out  written on success only; w32_thread_join()
 * @param err  filled on failure; may be NULL
 * @return SP_OK, w32_fail()'s status
 */
SP_NODISCARD sp_status w32_thread_start(void (*run)(void *arg), void *arg, w32_handle *out,
                                        struct sp_error *err);

/**
 * Waits for a thread's end and closes its handle.
 *
 * @param thread      emptied on SP_OK; an empty one is SP_OK at once
 * @param timeout_ms  W32_FOREVER: no limit
 * @return SP_OK, SP_ETIMEOUT
 */
SP_NODISCARD sp_status w32_thread_join(w32_handle *thread, uint32_t timeout_ms);

/** How many processors this process may use; at least 1. */
uint32_t w32_core_count(void);

#endif
