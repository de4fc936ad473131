/* client/outlet.h - one output of a session that can be resumed, on its way out of here: read from
 * whatever pipe there is at the moment by a thread that can always be stopped, written to our own
 * stdout or stderr by one that may be blocked in it for ever. Two cells between them: one is filled
 * while the other is written out. Calls: one thread, the one that holds the control connection. */
#ifndef CLI_OUTLET_H
#define CLI_OUTLET_H

#include <stdbool.h>
#include <stdint.h>

#include "client/flow.h"
#include "client/screen.h"
#include "core/error.h"
#include "win32/handle.h"
#include "win32/overlapped.h"
#include "win32/thread.h"

/** After how many bytes written out the owner is woken, to acknowledge them. */
enum { CLI_OUTLET_ACK = 256 * 1024 };

/** An outlet. Zeroed but for the first part. */
struct cli_outlet {
    w32_handle std;            /**< borrowed: our stdout or stderr; NULL: everything is dropped */
    struct cli_screen *screen; /**< borrowed: what std shows; NULL: bytes */
    uint32_t piece_bytes;      /**< the most to move at once */
    w32_handle wake;           /**< borrowed: set when its owner should look */

    w32_handle reader, writer; /**< owned: threads */
    w32_handle pipe, cut;      /**< owned; cut: the event that ends the reader */
    struct w32_lock lock;
    struct w32_cond changed;
    unsigned char *cells[2]; /**< owned */
    uint32_t lens[2];
    uint64_t filled, emptied; /**< how many cells were, in all */
    uint64_t got;             /**< bytes that came in all */
    uint64_t written;         /**< and went out, or were dropped */
    uint64_t woken_at;        /**< written, when the owner was woken last */
    bool expects_end;
    bool gone; /**< whoever reads our std has left */
    bool cutting;
    enum cli_flow flow;
    struct sp_error error; /**< why it is broken */
};

/** What there is to see. */
struct cli_outlet_view {
    enum cli_flow flow;
    uint64_t got, written;
    bool gone;
};

/**
 * Gives it a pipe, from which the stream's next bytes come. Nothing is read before: the first time,
 * the threads and the memory are made.
 *
 * @param o     without a pipe
 * @param pipe  taken, whatever is returned
 * @param err   filled on failure; may be NULL
 * @return SP_OK; SP_ENOMEM, w32_fail()'s
 */
SP_NODISCARD sp_status cli_outlet_couple(struct cli_outlet *o, w32_handle *pipe,
                                         struct sp_error *err);

/** Takes its pipe away at once, wherever it is. What has come stays, and is written out. */
void cli_outlet_uncouple(struct cli_outlet *o);

/** From now on its owner is woken whenever all that came was written out. */
void cli_outlet_expect_end(struct cli_outlet *o);

/** How it stands. @param err receives why it is broken; may be NULL */
struct cli_outlet_view cli_outlet_look(struct cli_outlet *o, struct sp_error *err);

#endif
