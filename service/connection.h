/* service/connection.h - one client's control connection: lines in, lines out. It lives on the loop
 * that took it in, until it goes where its business is: the loop of a shared worker, or of a
 * session that is resumed. */
#ifndef SVC_CONNECTION_H
#define SVC_CONNECTION_H

#include <stdbool.h>

#include <jansson.h>

#include "core/line.h"
#include "core/list.h"
#include "core/rpc.h"
#include "service/state.h"
#include "service/worker.h"
#include "win32/identity.h"
#include "win32/loop.h"

struct svc_inquiry;
struct svc_reload;
struct svc_session;

enum {
    SVC_CONNECTION_READ = 4096,      /* bytes of a read */
    SVC_CONNECTION_UNSENT = 1 << 20, /* bytes a client may leave unread before it is cut off */
};

/** A connection. Freed by itself when it has ended. */
struct svc_connection {
    struct sp_link link; /**< in shard->connections */
    struct svc_shard *shard;
    w32_handle pipe;             /**< owned */
    struct svc_session *session; /**< the session it is attached to, or NULL */
    struct w32_peer peer;        /**< who it is; known once `known` */
    bool known;
    bool counted; /**< is one of its account's */
    struct w32_op read, write;
    struct w32_timer silence;    /**< ends a connection that says nothing */
    struct svc_waiter waiter;    /**< waits for a worker to start or stop */
    struct svc_inquiry *inquiry; /**< asks the pool for it, or NULL */
    struct svc_reload *reload;   /**< the same */
    struct svc_shard *moving;    /**< where it is about to go, or NULL */
    struct sp_rpc moved;         /**< the request that is done there */
    struct w32_post arrive;
    struct sp_line_reader in;
    struct sp_buffer out;     /**< not yet given to a write */
    struct sp_buffer sending; /**< lent to the write */
    size_t kept;              /**< what these three take, as the server has counted it */
    bool closed;              /**< ends when its operations have */
    bool closing_after_sent;  /**< is closed when all is written */
    unsigned char bytes[SVC_CONNECTION_READ];
};

/** Takes over a connected instance of the control pipe. @param pipe taken, whatever happens */
void svc_connection_open(struct svc_shard *shard, w32_handle pipe);

/** Ends it soon, never inside this call: what was not sent is lost; its session is told. */
void svc_connection_close(struct svc_connection *c);

/** Ends it once all that was said is written, but soon in any case. */
void svc_connection_close_after_sent(struct svc_connection *c);

/** Its session has ended; it may make another request, but not be silent for ever. */
void svc_connection_session_ended(struct svc_connection *c);

/**
 * Takes a connection to another shard, where the request is done anew. Nothing happens if it is
 * there already. One that has a session, or waits for a worker, belongs where it is: it is told so.
 *
 * @param c      inside a request of its own
 * @param shard  where to
 * @param rpc    the request; what it holds is kept
 * @return whether it goes or was told that it can't: the caller does no more with it
 */
bool svc_connection_move(struct svc_connection *c, struct svc_shard *shard,
                         const struct sp_rpc *rpc);

/** Sends a notification. @param params taken; may be NULL */
void svc_connection_notify(struct svc_connection *c, const char *method, json_t *params);

/** Answers a request; a notification (id NULL) gets no answer. @param result taken */
void svc_connection_reply(struct svc_connection *c, json_t *id, json_t *result);

/** Answers that a request failed. @param id NULL: of a line that could not be read */
void svc_connection_error(struct svc_connection *c, json_t *id, enum sp_rpc_code code,
                          const char *message);

/**
 * Counts it as one of its account's, if that has less than SVC_CONNECTIONS_EACH_MAX or may
 * administer the service. On its loop, once its peer is known.
 *
 * @param c    not counted yet
 * @param err  filled on failure, in words for the client; may be NULL
 * @return SP_OK; SP_EACCESS one too many; SP_ENOMEM
 */
SP_NODISCARD sp_status svc_connection_count(struct svc_connection *c, struct sp_error *err);

/** Takes it off its account's, if it was counted. */
void svc_connection_uncount(struct svc_connection *c);

#endif
