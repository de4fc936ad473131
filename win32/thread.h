/* win32/thread.h - threads, locks, and how threads wait for each other. Any thread. */
#ifndef W32_THREAD_H
#define W32_THREAD_H

#include <stdbool.h>
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

/** What threads under a lock wait for; no kernel object either. {0} is ready. */
struct w32_cond {
    void *state;
};

/**
 * Lets go of a lock, waits until somebody wakes the condition, and takes the lock again. It may
 * return without a reason: look again at what you wait for.
 *
 * @param cond        the condition
 * @param lock        ours, before and afterwards
 * @param timeout_ms  W32_FOREVER: no limit
 * @return whether it was woken in time
 */
bool w32_cond_wait(struct w32_cond *cond, struct w32_lock *lock, uint32_t timeout_ms);

/** Wakes all who wait. */
void w32_cond_wake(struct w32_cond *cond);

/**
 * Makes an event, for waits that take a handle.
 *
 * @param stays  once set it stays so; else the first wait that sees it takes it back
 * @param out    written on success only; close with w32_handle_close()
 * @param err    filled on failure; may be NULL
 * @return SP_OK, w32_fail()'s status
 */
SP_NODISCARD sp_status w32_event_open(bool stays, w32_handle *out, struct sp_error *err);

/** Sets an event. @param event nothing happens when it is NULL */
void w32_event_set(w32_handle event);

/** Waits for an event. @return SP_OK, SP_ETIMEOUT */
SP_NODISCARD sp_status w32_event_wait(w32_handle event, uint32_t timeout_ms);

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

/** Does nothing for a while. */
void w32_thread_pause(uint32_t ms);

/** How many processors this process may use; at least 1. */
uint32_t w32_core_count(void);

#endif
