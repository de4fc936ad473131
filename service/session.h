/* service/session.h - one client attached to one worker: three data pipes, the worker's processes,
 * a relay a stream, and the order in which it all ends. Lives on one loop. */
#ifndef SVC_SESSION_H
#define SVC_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/config.h"
#include "core/list.h"
#include "core/stream.h"
#include "service/relay.h"
#include "service/state.h"
#include "service/worker.h"
#include "win32/identity.h"
#include "win32/loop.h"
#include "win32/npipe.h"

struct svc_connection;

/** Where a session is in its life; only forwards. */
enum svc_session_state {
    SVC_SESSION_ATTACHED, /**< the data pipes are there; the client opens them */
    SVC_SESSION_STARTING, /**< the worker is being started, on the pool */
    SVC_SESSION_RUNNING,
    SVC_SESSION_DRAINING, /**< its processes have ended, its output flows on */
    SVC_SESSION_DONE,     /**< the exit was told; the client flushes and acknowledges */
    SVC_SESSION_CLOSING,  /**< waiting for what is in flight, then freed */
};

/** A session. Freed by itself when it has ended. */
struct svc_session {
    struct sp_link link;     /**< in shard->sessions */
    struct sp_link all_link; /**< in server->all_sessions, under its lock */
    struct svc_shard *shard;
    struct svc_connection *connection; /**< NULL when it was lost or has ended */
    const struct sp_worker_config *config;
    char id[24]; /**< "s17" */
    uint64_t number;
    int64_t started; /**< Unix time */
    struct w32_peer peer;
    enum svc_session_state state;
    struct w32_npipe_leaf leaves[SP_STREAM_COUNT];
    w32_handle data[SP_STREAM_COUNT]; /**< owned: the server ends of the data pipes */

    json_t *args;          /**< owned: what the client adds to the command line; or NULL */
    json_t *start_id;      /**< owned: the request that `start` answers */
    struct w32_work start; /**< starts the worker; out of the loop's hands while state STARTING */
    sp_status start_status;
    struct sp_error start_error;
    struct svc_worker worker;
    uint32_t *codes; /**< owned: an exit code for each process, once they have exited */
    struct w32_job_watch watch;
    struct svc_relay relays[SP_STREAM_COUNT];

    uint64_t input_announced; /**< how many bytes the client says it sent */
    bool input_is_announced;
    bool input_arrived; /**< the client closed its end, and all that came is with the worker */

    struct w32_timer timer;   /**< bounds whatever state it is in */
    uint64_t drain_mark;      /**< bytes moved when the timer was set: is anything moving? */
    char held_by[256];        /**< who held the output after the exit, or "" */
    const char *reason;       /**< why the service ends it, or NULL; a literal */
    struct w32_work signal;   /**< sends Ctrl-C */
    bool starting, signaling; /**< these are with the pool: the memory must stay */
};

/**
 * Makes a session with its three data pipes, open to the peer alone.
 *
 * @param c       becomes its connection; has no session yet
 * @param config  the worker
 * @param args    an array of strings, or NULL; borrowed
 * @param err     filled on failure; may be NULL
 * @return SP_OK and c->session is set; or what failed
 */
SP_NODISCARD sp_status svc_session_open(struct svc_connection *c,
                                        const struct sp_worker_config *config, json_t *args,
                                        struct sp_error *err);

/** What `attach` answers: a new reference, NULL without memory. */
json_t *svc_session_describe(const struct svc_session *s);

/** Starts the worker; answers the request itself, perhaps later. @param id borrowed */
void svc_session_start(struct svc_session *s, json_t *id);

/** The client has closed its stdin after so many bytes. */
void svc_session_input_end(struct svc_session *s, uint64_t bytes);

/** Ctrl-C for the worker's processes. @return SP_OK, SP_ESTATE, SP_EUNSUPPORTED (no console) */
SP_NODISCARD sp_status svc_session_interrupt(struct svc_session *s, struct sp_error *err);

/** The client has all of the output and the exit code. */
void svc_session_ack(struct svc_session *s);

/** The connection is gone: a private worker ends with it. Clears s->connection. */
void svc_session_lost(struct svc_session *s);

/** The service ends it: stdin closed, a time, then the job. @param reason a literal, for people */
void svc_session_stop(struct svc_session *s, const char *reason);

/** Ends it without waiting for anybody. */
void svc_session_kill(struct svc_session *s);

/** The name of a state, for `sessions`. Never NULL. */
const char *svc_session_state_name(enum svc_session_state state);

#endif
