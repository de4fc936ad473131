/* service/relay.h - moves the bytes of one stream from one overlapped handle to another: two
 * buffers, one being read into while the other is written, small at rest and up to 1 MiB under
 * load. Lives on one loop.
 *
 * Few large operations cost less than many small ones, so a source that writes in small pieces is
 * given time: after a read that was not filled the next one waits until the write is out, and
 * meanwhile the pipe collects what it will bring. After a filled read, both go on at once. */
#ifndef SVC_RELAY_H
#define SVC_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/flow.h"
#include "win32/loop.h"

/** Why a relay ended. */
enum svc_relay_why {
    SVC_RELAY_EOF,         /**< the source's writer closed it, and all of it was written */
    SVC_RELAY_TARGET_GONE, /**< the target's reader closed it; what was read and not taken is lost
                            */
    SVC_RELAY_STOPPED,     /**< svc_relay_stop() */
    SVC_RELAY_FAILED,      /**< anything else; the code is in os */
};

/** One of a relay's two buffers. */
struct svc_relay_cell {
    unsigned char *data; /**< owned */
    uint32_t cap;
    uint32_t len; /**< bytes read and not yet written; 0: free */
};

/** A relay. Zeroed, then svc_relay_start(). */
struct svc_relay {
    void (*ended)(struct svc_relay *r, enum svc_relay_why why, uint32_t os);
    struct w32_loop *loop;
    w32_handle source; /**< borrowed until ended was called */
    w32_handle target; /**< borrowed until ended was called */
    struct w32_op read, write;
    struct svc_relay_cell cells[2];
    struct sp_flow flow;
    struct w32_timer rest;     /**< looks whether the stream is idle */
    uint64_t bytes;            /**< written to the target; read by other threads for `ps` */
    uint64_t reads, rest_mark; /**< reads finished, and how many there were when rest was set */
    uint32_t os;
    uint8_t reading, writing; /**< which cell comes next */
    enum svc_relay_why why;
    bool filled; /**< the last read was */
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

/** Ends it soon, by way of ended; nothing happens when it does not run. What was read and not yet
 *  written is lost. */
void svc_relay_stop(struct svc_relay *r);

#endif
