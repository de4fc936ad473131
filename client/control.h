/* client/control.h - the client's end of the control connection: calls, notifications, messages.
 * Sending: any thread. Receiving: one thread. Every wait is bounded. */
#ifndef CLI_CONTROL_H
#define CLI_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/error.h"
#include "core/line.h"
#include "core/rpc.h"
#include "win32/handle.h"
#include "win32/overlapped.h"
#include "win32/thread.h"

enum {
    CLI_CONTROL_READ = 4096,
    CLI_CONNECT_MS = 10000, /**< for a busy pipe */
    CLI_ANSWER_MS = 60000,  /**< for the answer to a call */
    CLI_SEND_MS = 10000,    /**< for a line to be taken */
};

/** Where the service is. */
struct cli_target {
    const char *host; /**< NULL: this machine */
    const char *pipe; /**< the control pipe's leaf name */
    bool impersonate; /**< whether the service may act as this user */
};

/** The most to move at once over a data pipe: over SMB a write has its limit. */
uint32_t cli_target_piece_bytes(const struct cli_target *target);

/**
 * Checks that a target's names are names and no paths: of a path Windows would only say that there
 * is no such.
 *
 * @return SP_OK, or SP_EINVAL, saying what to write
 */
SP_NODISCARD sp_status cli_target_check(const struct cli_target *target, struct sp_error *err);

/** A connection. {0} is the empty one; other, arg, answer_ms and wake are the caller's to set. */
struct cli_control {
    w32_handle pipe; /**< owned */
    struct w32_overlapped read, write;
    struct w32_lock sending;
    struct sp_line_reader in;
    int64_t last_id;
    int refusal; /**< enum sp_rpc_code of the last call that the service refused, or 0 */
    /** What comes while an answer is waited for and is none; NULL: it is dropped. */
    void (*other)(void *arg, const struct sp_rpc *rpc);
    void *arg;          /**< for other */
    uint32_t answer_ms; /**< how long to wait for an answer; 0: CLI_ANSWER_MS */
    w32_handle wake;    /**< borrowed: an event that ends cli_control_next(); NULL: none */
    unsigned char bytes[CLI_CONTROL_READ];
};

/**
 * Connects.
 *
 * @param c       empty
 * @param target  where to
 * @param err     filled on failure, saying what to do; may be NULL
 * @return SP_OK, SP_EINVAL (a path instead of a name), or what failed
 */
SP_NODISCARD sp_status cli_control_open(struct cli_control *c, const struct cli_target *target,
                                        struct sp_error *err);

/** Sends a request without waiting. @param params taken @param id receives its number */
SP_NODISCARD sp_status cli_control_request(struct cli_control *c, const char *method,
                                           json_t *params, int64_t *id, struct sp_error *err);

/** Sends a notification. @param params taken; may be NULL */
SP_NODISCARD sp_status cli_control_notify(struct cli_control *c, const char *method, json_t *params,
                                          struct sp_error *err);

/**
 * The next message from the service.
 *
 * @param c           open
 * @param timeout_ms  W32_FOREVER: no limit, for a session that may last for days
 * @param out         written on success only; sp_rpc_deinit()
 * @param err         filled on failure; may be NULL
 * @return SP_OK; SP_ETIMEOUT; SP_ECANCELED c->wake was set; SP_EBROKEN the service is gone;
 *         SP_ESYNTAX and the like for a service that talks nonsense
 */
SP_NODISCARD sp_status cli_control_next(struct cli_control *c, uint32_t timeout_ms,
                                        struct sp_rpc *out, struct sp_error *err);

/**
 * Waits for the answer to a request; what else comes before it goes to c->other. An event that is
 * set meanwhile is seen, and does not end the wait: look again at what it stands for.
 *
 * @param c       open
 * @param id      from cli_control_request()
 * @param result  a new reference; written on success only
 * @param err     filled on failure with the service's words; may be NULL
 * @return SP_OK; SP_EACCESS the service refused, and c->refusal says how; as cli_control_next()
 */
SP_NODISCARD sp_status cli_control_answer(struct cli_control *c, int64_t id, json_t **result,
                                          struct sp_error *err);

/**
 * The last part of cli_control_open(), for who looks at each step before it: a pipe becomes a
 * connection.
 *
 * @param c     empty
 * @param pipe  opened both ways, overlapped, and of somebody who is trusted; taken, even on failure
 * @param err   filled on failure; may be NULL
 * @return SP_OK, w32_overlapped_init()'s
 */
SP_NODISCARD sp_status cli_control_take(struct cli_control *c, w32_handle *pipe,
                                        struct sp_error *err);

/** A request and its answer. @param params taken; may be NULL */
SP_NODISCARD sp_status cli_control_call(struct cli_control *c, const char *method, json_t *params,
                                        json_t **result, struct sp_error *err);

/** Closes it; what was sent stays with the service. Empties *c, but for what the caller has set in
 *  it. */
void cli_control_close(struct cli_control *c);

#endif
