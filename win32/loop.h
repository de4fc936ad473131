/* win32/loop.h - one thread on one completion port: operations, timers, posted calls, work on the
 * thread pool, ends of processes. Everything is called back on the loop's thread; only functions
 * marked "any thread" may be called from another. No callback runs inside the call that asked for
 * it. */
#ifndef W32_LOOP_H
#define W32_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "win32/handle.h"
#include "win32/pool.h"

/** What the system's codes say of an operation, as far as its owner acts on it.
 *  @see https://learn.microsoft.com/windows/win32/debug/system-error-codes */
enum {
    W32_OS_NO_MEMORY = 8,
    W32_OS_HANDLE_EOF = 38,
    W32_OS_BROKEN_PIPE = 109,
    W32_OS_NO_DATA = 232,
    W32_OS_NOT_CONNECTED = 233,
    W32_OS_ABORTED = 995,
};

/** Whether a read has found the end of its stream: its writer has closed it, or gone. */
static inline bool w32_os_is_end(uint32_t os)
{
    return os == W32_OS_HANDLE_EOF || os == W32_OS_BROKEN_PIPE || os == W32_OS_NOT_CONNECTED;
}

/** Whether a write has found that its reader has closed the stream, or gone. */
static inline bool w32_os_is_gone(uint32_t os)
{
    return os == W32_OS_NO_DATA || os == W32_OS_BROKEN_PIPE || os == W32_OS_NOT_CONNECTED;
}

/** The loop. Lives from w32_loop_open() to w32_loop_close(). */
struct w32_loop;

/** One overlapped operation at a time; its memory lives until `done` was called. */
struct w32_op {
    union {
        void *align;
        unsigned char bytes[32];
    } overlapped; /**< Windows' OVERLAPPED */
    /** Called once for each operation begun. os 0: it succeeded; ERROR_OPERATION_ABORTED (995):
     *  canceled. An end of stream is the system's code (109, 38, 232, 233). A read that took a
     *  part of a message has succeeded; the next one goes on in it. */
    void (*done)(struct w32_op *op, uint32_t os, uint32_t bytes);
    struct w32_loop *loop; /**< the loop's own: where done is called */
    struct w32_op *next;   /**< the loop's own */
    uint32_t os;           /**< the loop's own */
    uint32_t bytes;        /**< the loop's own */
    bool busy;             /**< begun and not yet done */
    bool posted;           /**< the caller's: the handle was bound by w32_loop_bind_messages() */
};

/** A moment in the future. {.fire = f} is idle. */
struct w32_timer {
    void (*fire)(struct w32_timer *timer);
    struct w32_timer *prev, *next; /**< the loop's own */
    uint64_t due_ms;               /**< the loop's own; 0 while idle */
};

/** A call from another thread. {.call = f} is idle. */
struct w32_post {
    void (*call)(struct w32_post *post);
};

/** Something that blocks, done elsewhere. {.run = f, .done = g} is idle. */
struct w32_work {
    void (*run)(struct w32_work *work);  /**< on a thread of the pool */
    void (*done)(struct w32_work *work); /**< on the loop */
    enum w32_pool pool;                  /**< whose threads */
    struct w32_loop *loop;               /**< the loop's own */
    struct w32_post post;                /**< the loop's own */
};

/** The limits of a job that somebody met. */
enum w32_job_met {
    W32_JOB_MEMORY,    /**< an allocation was refused */
    W32_JOB_PROCESSES, /**< a process too many was ended, or not started */
};

/** Watches a job for processes that end in it. {.changed = f} is idle. */
struct w32_job_watch {
    /** A process of the job has ended, or the last one has. A hint: ask the handles. */
    void (*changed)(struct w32_job_watch *watch);
    /** A process of the job met one of its limits. A hint as well; may be NULL. */
    void (*limited)(struct w32_job_watch *watch, enum w32_job_met met);
    struct w32_job_watch *next; /**< the loop's own */
    uintptr_t key;              /**< the loop's own; 0 while idle */
};

/**
 * Makes a loop. Any thread.
 *
 * @param out  written on success only; w32_loop_close()
 * @param err  filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/fileio/i-o-completion-ports
 */
SP_NODISCARD sp_status w32_loop_open(struct w32_loop **out, struct sp_error *err);

/** Runs callbacks on this thread, which becomes the loop's, until w32_loop_quit(). */
void w32_loop_run(struct w32_loop *loop);

/** Makes w32_loop_run() return when the operations that are ready in the same round have been
 * called back; all else waits for the next run, and nothing is lost. On the loop. */
void w32_loop_quit(struct w32_loop *loop);

/** Frees a loop that does not run; nothing may be in flight. NULL: nothing happens. */
void w32_loop_close(struct w32_loop *loop);

/**
 * Binds an overlapped handle to the loop, for good. Any thread.
 *
 * @param loop  the loop
 * @param h     an overlapped pipe or file
 * @param err   filled on failure; may be NULL
 * @return SP_OK, w32_fail()'s status
 */
SP_NODISCARD sp_status w32_loop_bind(struct w32_loop *loop, w32_handle h, struct sp_error *err);

/**
 * Binds the end of a pipe that reads message by message, as w32_loop_bind(); all operations on it
 * have .posted set. A read that takes a part of a message is a warning to Windows, and whether the
 * port hears of one is only sure where it hears of every outcome: so here each takes that way.
 */
SP_NODISCARD sp_status w32_loop_bind_messages(struct w32_loop *loop, w32_handle h,
                                              struct sp_error *err);

/**
 * Begins a read on a bound handle. Never fails here: a failure comes to op->done.
 *
 * @param loop  the loop, on its thread; done is called on it
 * @param op    idle, with done set
 * @param h     bound to this loop; or to another one that runs as long as the operation is in
 *              flight and hands the outcome on, at the price of a trip through its thread
 * @param data  lives until done
 * @param size  room, in bytes
 */
void w32_op_read(struct w32_loop *loop, struct w32_op *op, w32_handle h, void *data, uint32_t size);

/** Begins a write, as w32_op_read(); done is called when all of it is written, or it failed. */
void w32_op_write(struct w32_loop *loop, struct w32_op *op, w32_handle h, const void *data,
                  uint32_t len);

/** Begins to wait for a client of a named-pipe instance, as w32_op_read(). A client that came
 *  before is a success; one that came and went is ERROR_NO_DATA (232). */
void w32_op_connect(struct w32_loop *loop, struct w32_op *op, w32_handle h);

/** Asks a busy operation to end; done is called all the same, soon. Nothing happens if idle. */
void w32_op_cancel(struct w32_op *op, w32_handle h);

/** Starts or restarts a timer. On the loop. @param after_ms at least so long */
void w32_timer_start(struct w32_loop *loop, struct w32_timer *timer, uint32_t after_ms);

/** Stops a timer; nothing happens if it is idle. On the loop. */
void w32_timer_stop(struct w32_loop *loop, struct w32_timer *timer);

/** The time timers go by, in ms since the machine started. Any thread. */
uint64_t w32_now_ms(void);

/**
 * Has post->call called on the loop. Any thread. Never blocks and never fails: the kernel's queue
 * is bounded by memory alone, and a system without any is left with a message.
 *
 * @param loop  open
 * @param post  lives until it was called; not posted twice
 */
void w32_loop_post(struct w32_loop *loop, struct w32_post *post);

/**
 * Has work->run called on a thread of work->pool, which is small and bounded, then
 * work->done on the loop. On the loop.
 *
 * @param loop  the loop
 * @param work  lives until done
 */
void w32_loop_work(struct w32_loop *loop, struct w32_work *work);

/**
 * Watches a job. Processes that had ended before are not reported: look at them after this call.
 *
 * @param loop   the loop, on its thread
 * @param watch  idle; lives until w32_job_unwatch()
 * @param job    not watched before
 * @param err    filled on failure; may be NULL
 * @return SP_OK, w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/api/winnt/ns-winnt-jobobject_associate_completion_port
 */
SP_NODISCARD sp_status w32_job_watch(struct w32_loop *loop, struct w32_job_watch *watch,
                                     w32_handle job, struct sp_error *err);

/** Stops watching; what is still in the queue is dropped. Nothing happens if idle. On the loop. */
void w32_job_unwatch(struct w32_loop *loop, struct w32_job_watch *watch);

#endif
