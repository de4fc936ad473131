/* client/intake.h - our stdin on its way into a session that can be resumed: read by a thread that
 * may be blocked in it for ever, kept until the service has it, written to whatever pipe there is
 * at the moment by a thread that can always be stopped. Calls: one thread, the one that holds the
 * control connection. */
#ifndef CLI_INTAKE_H
#define CLI_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "client/flow.h"
#include "client/input.h"
#include "core/error.h"
#include "core/ring.h"
#include "win32/handle.h"
#include "win32/overlapped.h"
#include "win32/thread.h"

/** How much of stdin is kept that the service has not acknowledged. */
enum { CLI_INTAKE_MAX = 4 << 20 };

/** An intake. Zeroed but for the first part. */
struct cli_intake {
    struct cli_input *input; /**< borrowed */
    uint32_t piece_bytes;    /**< the most to move at once; at least CLI_INPUT_ROOM */
    w32_handle wake;         /**< borrowed: set when its owner should look */

    w32_handle reader, writer; /**< owned: threads */
    w32_handle pipe, cut;      /**< owned; cut: the event that ends the writer */
    struct w32_lock lock;
    struct w32_cond changed;
    struct sp_ring ring; /**< what the service has not acknowledged */
    uint64_t sent;       /**< up to here the pipe has taken it... */
    uint64_t offered;    /**< ...and to here the write in flight would bring it */
    bool ended;          /**< stdin has ended: ring.head is its length */
    bool closed;         /**< nobody wants more of it */
    bool cutting;
    enum cli_flow flow;
    struct sp_error error; /**< why it is broken */
};

/** What there is to see. */
struct cli_intake_view {
    enum cli_flow flow;
    uint64_t len; /**< bytes read from stdin */
    bool ended;   /**< and there are no more */
    bool sent;    /**< the pipe has taken all that was read */
};

/**
 * Begins to read stdin. Once.
 *
 * @param i    as described
 * @param err  filled on failure; may be NULL
 * @return SP_OK, w32_fail()'s
 */
SP_NODISCARD sp_status cli_intake_start(struct cli_intake *i, struct sp_error *err);

/**
 * Gives it a pipe, and goes on at a position.
 *
 * @param i     without one
 * @param pipe  taken, whatever is returned
 * @param at    how many bytes the service has
 * @param err   filled on failure; may be NULL
 * @return SP_OK; SP_EPROTOCOL what stands there is not kept any more, or was never read; SP_ENOMEM,
 *         w32_fail()'s
 */
SP_NODISCARD sp_status cli_intake_couple(struct cli_intake *i, w32_handle *pipe, uint64_t at,
                                         struct sp_error *err);

/** Takes its pipe away at once, wherever it is. What it has not acknowledged stays. */
void cli_intake_uncouple(struct cli_intake *i);

/** The service has so many bytes. @param bytes what is not plausible is ignored */
void cli_intake_received(struct cli_intake *i, uint64_t bytes);

/** The worker takes no more. */
void cli_intake_close(struct cli_intake *i);

/** How it stands. @param err receives why it is broken; may be NULL */
struct cli_intake_view cli_intake_look(struct cli_intake *i, struct sp_error *err);

#endif
