/* win32/overlapped.h - blocking, bounded reads and writes on overlapped handles, for threads
 * without a loop. A synchronous duplex handle would make a write wait behind a pending read; these
 * don't. One operation in flight per struct; any thread, one at a time. */
#ifndef W32_OVERLAPPED_H
#define W32_OVERLAPPED_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "win32/handle.h"

/** One operation of one overlapped handle. {0} is empty. */
struct w32_overlapped {
    union {
        void *align;
        unsigned char bytes[32];
    } overlapped;     /**< Windows' OVERLAPPED */
    w32_handle event; /**< owned */
    w32_handle h;     /**< borrowed: what the operation is on */
    bool busy;        /**< begun, its outcome not yet taken */
};

/**
 * Prepares an operation.
 *
 * @param o    empty
 * @param h    overlapped, not bound to a loop; borrowed until deinit
 * @param err  filled on failure; may be NULL
 * @return SP_OK, w32_fail()'s status
 */
SP_NODISCARD sp_status w32_overlapped_init(struct w32_overlapped *o, w32_handle h,
                                           struct sp_error *err);

/** Cancels what is in flight, waits until Windows has let go of its buffer, frees. */
void w32_overlapped_deinit(struct w32_overlapped *o);

/**
 * Begins a read; the outcome is taken by w32_overlapped_wait(). Does not block.
 *
 * @param o     idle
 * @param data  lives until the outcome was taken
 * @param size  room, in bytes
 * @param err   filled on failure; may be NULL
 * @return SP_OK it is in flight or done; as w32_overlapped_wait() for what fails at once
 */
SP_NODISCARD sp_status w32_overlapped_read(struct w32_overlapped *o, void *data, uint32_t size,
                                           struct sp_error *err);

/** Begins a write, as w32_overlapped_read(). */
SP_NODISCARD sp_status w32_overlapped_write(struct w32_overlapped *o, const void *data,
                                            uint32_t len, struct sp_error *err);

/**
 * Begins what another call than ReadFile and WriteFile starts. Exactly one
 * w32_overlapped_begun() follows.
 *
 * @param o  idle
 * @return Windows' OVERLAPPED, for that call
 */
void *w32_overlapped_begin(struct w32_overlapped *o);

/**
 * Says what that call returned.
 *
 * @param o     begun
 * @param os    its code: 0, ERROR_IO_PENDING and ERROR_MORE_DATA leave the outcome to
 *              w32_overlapped_wait(); with any other there is none, and o is idle
 * @param what  for err: the operation and its object
 * @param err   filled on failure; may be NULL
 * @return SP_OK, w32_fail()'s status
 */
SP_NODISCARD sp_status w32_overlapped_begun(struct w32_overlapped *o, uint32_t os, const char *what,
                                            struct sp_error *err);

/**
 * Waits until what was begun is done, or until an event is set. It stays in flight, and its outcome
 * is still to be taken.
 *
 * @param o           busy
 * @param or_event    ends the wait, too; NULL: none
 * @param timeout_ms  W32_FOREVER: no limit
 * @return SP_OK it is done: w32_overlapped_wait() will not block; SP_ECANCELED the event is set and
 *         it is not done; SP_ETIMEOUT
 */
SP_NODISCARD sp_status w32_overlapped_ready(struct w32_overlapped *o, w32_handle or_event,
                                            uint32_t timeout_ms);

/**
 * Takes the outcome of what was begun. Blocks up to timeout_ms; when that runs out the operation
 * is canceled, and what it had moved by then is lost.
 *
 * @param o           busy; idle afterwards, whatever is returned
 * @param timeout_ms  W32_FOREVER: no limit
 * @param bytes       moved; written on success only; may be NULL
 * @param err         filled on failure; may be NULL
 * @return SP_OK; SP_EEND (the writer closed its end), SP_EBROKEN (the reader did), SP_ETIMEOUT,
 *         w32_fail()'s status
 */
SP_NODISCARD sp_status w32_overlapped_wait(struct w32_overlapped *o, uint32_t timeout_ms,
                                           uint32_t *bytes, struct sp_error *err);

#endif
