/* client/attachment.h - what every attachment has, whether its session can be resumed or not: the
 * control connection, what was told on it, our stdin, Ctrl-C and the detach keys. The main
 * thread's, but for cli_attachment_interrupted(). */
#ifndef CLI_ATTACHMENT_H
#define CLI_ATTACHMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "client/control.h"
#include "client/input.h"
#include "client/screen.h"
#include "client/session.h"
#include "win32/console.h"

enum { CLI_FLUSH_MS = 2000 /**< for what has arrived, once no more will */ };

/** An attachment. Zeroed but for the first part, and there as long as its threads are. */
struct cli_attachment {
    struct cli_target target;
    const char *worker;
    bool read_only;              /**< stdin does not go to the worker */
    enum sp_transport transport; /**< which way the bytes shall go */
    struct sp_keys keys;

    struct cli_control control;
    struct cli_session session;
    struct cli_input input;
    struct cli_screen screen;
    w32_handle wake;      /**< owned: set by whoever wants the main thread to look */
    uint32_t piece_bytes; /**< the most to move at once */
    bool started;         /**< Ctrl-C is the worker's */
    bool lost;            /**< and now it is not: there is no connection */
    bool interrupted;     /**< Ctrl-C was pressed and has not been sent */
    int64_t detach_id;    /**< our request to detach; 0: none is out */
    bool detached;        /**< and it was granted */
    bool quiet;           /**< whoever read our stdout has left, so there is nothing to say */
};

/** Makes what it takes to wait, and looks at stdin. */
SP_NODISCARD sp_status cli_attachment_init(struct cli_attachment *a, struct sp_error *err);

/** Reads stdin for the detach keys alone; for an attachment that is read_only. Nothing happens
 *  without keys. */
SP_NODISCARD sp_status cli_attachment_watch_keys(struct cli_attachment *a, struct sp_error *err);

/** The worker runs: Ctrl-C is its own, and our console its terminal's, if it has one. Before stdin
 *  is read. @return SP_OK, cli_screen_begin()'s */
SP_NODISCARD sp_status cli_attachment_started(struct cli_attachment *a, struct sp_error *err);

/** The handle of a std stream. */
w32_handle cli_attachment_std(enum sp_stream stream);

/**
 * Opens a data pipe.
 *
 * @param a       connected
 * @param stream  which
 * @param answer  the service's, which names it
 * @param out     written on success only; the caller closes it
 * @param err     filled on failure; may be NULL
 * @return SP_OK, SP_EPROTOCOL (it names none), w32_npipe_open()'s
 */
SP_NODISCARD sp_status cli_attachment_open(struct cli_attachment *a, enum sp_stream stream,
                                           json_t *answer, w32_handle *out, struct sp_error *err);

/** The handler of Ctrl-C, Ctrl-Break and close: a thread of the system's. @param arg the
 *  attachment */
void cli_attachment_interrupted(enum w32_interrupt what, void *arg);

/**
 * Sends what is due: Ctrl-C, another size of the screen, and the wish to detach.
 *
 * @param a           started
 * @param input_sent  whether all that was read of stdin has been written: before, no wish to detach
 * @param err         filled on failure; may be NULL
 * @return SP_OK, or what failed
 */
SP_NODISCARD sp_status cli_attachment_send_due(struct cli_attachment *a, bool input_sent,
                                               struct sp_error *err);

/** Asks to detach, as if the keys had been found. */
SP_NODISCARD sp_status cli_attachment_detach(struct cli_attachment *a, struct sp_error *err);

/** Takes in the next message. Blocks until there is one, or a->wake was set: then SP_OK, too.
 *  @return SP_OK, SP_ETIMEOUT, cli_control_next()'s */
SP_NODISCARD sp_status cli_attachment_next(struct cli_attachment *a, uint32_t timeout_ms,
                                           struct sp_error *err);

/** Says on stderr that we left, and how to come back. */
void cli_attachment_say_detached(const struct cli_attachment *a);

#endif
