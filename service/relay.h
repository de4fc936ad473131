/* service/relay.h - moves the bytes of one stream from one overlapped handle to another: two
 * buffers, one being read into while the other is written, small at rest and up to 256 KiB
 * under load. Lives on one loop.
 *
 * Few large operations cost less than many small ones, so a source that writes in small pieces is
 * given time: after a read that was not filled the next one waits until the write is out, and
 * meanwhile the pipe collects what it will bring. After a filled read, both go on at once. */
#ifndef SVC_RELAY_H
#define SVC_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/flow.h"
#include "service/cell.h"
#include "win32/loop.h"

/** Why a relay ended. */
enum svc_relay_why {
    SVC_RELAY_EOF,         /**< the source's writer closed it, and all of it was written */
    SVC_RELAY_TARGET_GONE, /**< the target's reader closed it; what was read and not taken is lost
                            */
    SVC_RELAY_STOPPED,     /**< svc_relay_stop() */
    SVC_RELAY_FAILED,      /**< anything else; the code is in os */
};

/** A relay. Zeroed, its first part set, then svc_relay_start(). */
struct svc_relay {
    void (*ended)(struct svc_relay *r, enum svc_relay_why why, uint32_t os);
    /** Bytes have come; may be NULL. */
    void (*seen)(struct svc_relay *r, const void *data, size_t len);
    /** Bytes were written; may be NULL. */
    void (*moved)(struct svc_relay *r);
    void *owner;               /**< for the callbacks */
    struct svc_budget *budget; /**< borrowed: its loop's; NULL: none */
    struct w32_loop *loop;
    w32_handle source; /**< borrowed until ended was called */
    w32_handle target; /**< borrowed until ended was called; NULL: what comes is dropped */
    struct w32_op read, write;
    struct svc_cell cells[2];
    struct sp_flow flow;
    struct w32_timer rest;     /**< looks whether the stream is idle */
    uint64_t bytes;            /**< written to the target; read by other threads for `ps` */
    uint64_t received;         /**< read from the source */
    uint64_t reads, rest_mark; /**< reads finished, and how many there were when rest was set */
    uint32_t os;
    uint8_t reading, writing; /**< which cell comes next */
    enum svc_relay_why why;
    bool empty_is_end;  /**< a message of no bytes is the source's end, as from a raw client */
    bool filled;        /**< the last read was */
    bool half_closed;   /**< the source ended with such a message */
    bool source_failed; /**< why is SVC_RELAY_FAILED because of the source; all that came was
                           written */
    bool running, resting, source_ended, ending;
};

/**
 * Starts to move bytes.
 *
 * @param r       zeroed, with ended set
 * @param loop    on its thread
 * @param source  bound to the loop; borrowed until ended was called
 * @param target  the same
 */
void svc_relay_start(struct svc_relay *r, struct w32_loop *loop, w32_handle source,
                     w32_handle target);

/** Reads no more, as if the source had ended: what was read is still written, then the relay ends
 * with SVC_RELAY_EOF, never inside this call. Once r->read is idle the source may be closed.
 * Nothing happens when it does not run. */
void svc_relay_end_source(struct svc_relay *r);

/** Ends it soon, by way of ended; nothing happens when it does not run. What was read and not yet
 *  written is lost. */
void svc_relay_stop(struct svc_relay *r);

#endif
