/* win32/task.h - something that blocks and is done again and again: on a thread of W32_POOL_FILES,
 * whenever somebody wakes it, never twice at once. */
#ifndef W32_TASK_H
#define W32_TASK_H

#include <stdint.h>

#include "core/error.h"

/** A task. Lives from w32_task_open() to w32_task_close(). */
struct w32_task;

/**
 * Makes a task that sleeps. Any thread.
 *
 * @param run  called on a thread of the pool for as long as it takes; others wait for the thread
 * @param arg  passed to run; lives until w32_task_close() has succeeded
 * @param out  written on success only; w32_task_close()
 * @param err  filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/procthread/thread-pools
 */
SP_NODISCARD sp_status w32_task_open(void (*run)(void *arg), void *arg, struct w32_task **out,
                                     struct sp_error *err);

/**
 * Has run called after a time; of several wishes the soonest counts, and one call fulfils all that
 * were due when it began. Never blocks, never fails. Any thread, run itself, too.
 *
 * @param task      open
 * @param after_ms  at least so long from now
 */
void w32_task_wake(struct w32_task *task, uint32_t after_ms);

/**
 * Has run called one last time, at once, waits until it came back, and frees the task. Not from
 * run, and while nobody but run wakes it.
 *
 * @param task        gone afterwards; NULL: SP_OK at once
 * @param timeout_ms  how long to wait
 * @return SP_OK: run is never called again. SP_ETIMEOUT: it may be, or it has not come back: the
 *         task and what it works on must be left alone until the process ends
 */
SP_NODISCARD sp_status w32_task_close(struct w32_task *task, uint32_t timeout_ms);

#endif
