/* service/session.h - one client attached to one run of a worker: its data pipes, what moves bytes
 * between them and the run, and the order in which it all ends. Lives on its run's loop.
 *
 * session.c is its life, session_streams.c its bytes, session_resume.c what happens when its
 * connection breaks, session_limits.c how many there may be and how long they last. */
#ifndef SVC_SESSION_H
#define SVC_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/config.h"
#include "core/list.h"
#include "core/stream.h"
#include "service/feed.h"
#include "service/relay.h"
#include "service/run.h"
#include "service/state.h"
#include "service/transport.h"
#include "win32/identity.h"
#include "win32/loop.h"
#include "win32/npipe.h"
#include "win32/token.h"

struct svc_connection;
struct svc_worker;

/** Where a session is in its life; only forwards. */
enum svc_session_state {
    SVC_SESSION_ATTACHED, /**< the data pipes are there; the client opens them */
    SVC_SESSION_STARTING, /**< the worker is being started */
    SVC_SESSION_RUNNING,
    SVC_SESSION_DONE,    /**< the exit was told; the client flushes and acknowledges */
    SVC_SESSION_CLOSING, /**< waiting for what is in flight, then freed */
};

/** 128 random bits in hexadecimal, with the NUL: who has them may resume the session. */
enum { SVC_TOKEN_SIZE = 33 };

/** What a client asks for. Borrowed for the call. */
struct svc_session_options {
    json_t *args;    /**< an array of strings, or NULL */
    uint64_t replay; /**< bytes of each output's past; UINT64_MAX: all that is kept */
    bool read_only;  /**< no stdin */
    bool resume;     /**< this client can resume */
    enum sp_transport transport;
    uint64_t offers[SP_STREAM_COUNT]; /**< as in struct svc_wish */
};

/** A session. Freed by itself when it has ended. */
struct svc_session {
    struct sp_link link;     /**< in shard->sessions */
    struct sp_link run_link; /**< in run->sessions */
    struct sp_link all_link; /**< in server->all_sessions, under its lock */
    struct svc_shard *shard;
    struct svc_connection *connection; /**< NULL: a raw client's, or lost, or ended */
    struct svc_worker *worker;
    const struct sp_worker_config *config; /**< in force when it began */
    struct svc_run *run;                   /**< NULL until it starts */
    char id[24];                           /**< "s17" */
    uint64_t number;
    int64_t started; /**< Unix time */
    struct w32_peer peer;
    enum svc_session_state state;
    uint32_t version; /**< of its worker, when it began */
    struct w32_npipe_leaf leaves[SP_STREAM_COUNT];
    w32_handle data[SP_STREAM_COUNT]; /**< owned: the server ends of the data pipes; a raw
                                       *   client's one duplex pipe is data[SP_STDIN] */
    bool raw, read_only;
    enum sp_transport transport[SP_STREAM_COUNT];
    uint64_t offers[SP_STREAM_COUNT]; /**< what may be handed over */
    w32_handle client;     /**< owned: the client's process, if handles are taken out of it */
    w32_handle input_held; /**< owned, SP_TRANSPORT_DIRECT: a duplicate of the client's end of its
                            *   stdin pipe. Until the client says that stdin has ended, the worker
                            *   sees no end of it, whatever becomes of the client */
    struct w32_token peer_token; /**< owned: the client's, for a worker that runs as it */
    bool lends;                  /**< the pool has the server ends that the worker is to inherit */

    json_t *args;                  /**< owned: what the client adds to the command line; or NULL */
    struct w32_terminal_size size; /**< of the client's screen; {0}: it has none */
    json_t *start_id;              /**< owned: the request that `start` answers */
    uint64_t replay;
    struct svc_relay relays[SP_STREAM_COUNT];   /**< the outputs' only if the run keeps none */
    struct svc_reader readers[SP_STREAM_COUNT]; /**< of the outputs, if the run is fed */
    uint64_t first[SP_STREAM_COUNT];            /**< position of the first byte of each output */
    bool output_done[SP_STREAM_COUNT];          /**< all of it is on its way, or nobody wants it */
    bool output_closed[SP_STREAM_COUNT];        /**< the client wants no more of it */

    uint64_t input_before;    /**< bytes of stdin that came through earlier pipes */
    uint64_t input_told;      /**< the last input_received */
    uint64_t input_announced; /**< how many bytes the client says it sent */
    bool input_is_announced;
    bool input_arrived;  /**< the client closed its end, and all that came is with the worker */
    bool input_complete; /**< it had its announced end, or a raw client's */
    bool input_refused;  /**< the worker takes no more of it */
    bool input_waits;    /**< the new pipe's bytes wait until those of the old one are written */
    struct w32_op watch; /**< notices that a raw client, whose input has ended, leaves */
    char watched[16];

    uint64_t resume_ms; /**< how long it waits for its client to come back; 0: not at all */
    char token[SVC_TOKEN_SIZE];
    bool lost;      /**< its connection broke; nothing is said until it was resumed */
    bool reopening; /**< it was resumed and the client opens the new data pipes */
    uint64_t lost_at_ms;
    json_t *resume_id; /**< owned: a `resume` that waits until the old pipes are done with */
    uint64_t resume_from[SP_STREAM_COUNT];

    json_t *detach_id;     /**< owned: a `detach` that waits for the rest of stdin */
    uint64_t detach_input; /**< how much it has in all */

    struct w32_timer timer;   /**< bounds whatever state it is in */
    struct w32_timer clock;   /**< looks whether its worker's limits of time are reached */
    uint64_t running_ms;      /**< w32_now_ms() of its start */
    uint64_t moved, moved_ms; /**< how many bytes had moved when that was last seen to change */
    const char *sent_away;    /**< why it ends whatever the limits say; NULL: it does not */
    bool counted;             /**< it is one of those that its worker's limits count */
    bool counted_of_user;     /**< and one of its user's */
    bool out_of_time;         /**< a limit of time was reached, and its worker is being stopped */
    bool too_slow;            /**< overtaken, and its worker says that such clients are cut off */
    bool ended;               /**< the audit knows how */
    bool holding;             /**< a call that uses it is on the stack: it must stay */
};

/* ------------------------------------------------------------------ asked by clients */

/**
 * Makes a session with its data pipes, open to the peer alone.
 *
 * @param c        becomes its connection; has no session yet; on the shard of a shared worker
 * @param worker   which
 * @param options  what the client asks for
 * @param err      filled on failure; may be NULL
 * @return SP_OK and c->session is set; SP_EUNSUPPORTED the transport can't be had; SP_EACCESS a
 *         limit of the worker's, or its client does not let it act for it; or what failed
 */
SP_NODISCARD sp_status svc_session_open(struct svc_connection *c, struct svc_worker *worker,
                                        const struct svc_session_options *options,
                                        struct sp_error *err);

/**
 * Makes and starts a session for a raw client.
 *
 * @param worker  on its home shard
 * @param pipe    duplex, message type, bound to the loop; taken, whatever happens
 * @param peer    who it is
 */
void svc_session_open_raw(struct svc_worker *worker, w32_handle pipe, const struct w32_peer *peer);

/** What `attach` and `resume` answer: a new reference, NULL without memory. */
json_t *svc_session_describe(const struct svc_session *s);

/**
 * The client has opened its pipes: starts the worker, or goes on; answers the request itself,
 * perhaps later.
 *
 * @param s      attached, or being resumed
 * @param id     borrowed
 * @param input  the client's own end of its stdin pipe, as its process knows it, where that is
 *               direct; else 0
 */
void svc_session_start(struct svc_session *s, json_t *id, uint64_t input);

/** The client's screen has another size, and so has the worker's terminal from now on, or once it
 *  starts. Of a client that only looks, or a worker without a terminal: nothing happens.
 *  @param size {0}: nothing happens */
void svc_session_resize(struct svc_session *s, struct w32_terminal_size size);

/** The client has closed its stdin after so many bytes. */
void svc_session_input_end(struct svc_session *s, uint64_t bytes);

/** The client has written out all of an output before a position. */
void svc_session_received(struct svc_session *s, enum sp_stream stream, uint64_t bytes);

/** The client wants no more of an output. */
void svc_session_output_closed(struct svc_session *s, enum sp_stream stream);

/** The client has all of the output and the exit code; answers the request itself. @param id
 *  borrowed; NULL: of a notification */
void svc_session_ack(struct svc_session *s, json_t *id);

/** The client leaves a shared worker, once what it has written has come; answers the request
 * itself, perhaps later. @param id borrowed @param input how many bytes of stdin it has written in
 * all */
void svc_session_detach(struct svc_session *s, json_t *id, uint64_t input);

/** What a client that comes back says. Borrowed for the call. */
struct svc_resume {
    const char *token;
    uint64_t received[SP_STREAM_COUNT]; /**< positions up to which it has each output */
};

/**
 * Couples a new connection to a session whose old one broke, or is broken off now. Answers the
 * request itself, perhaps later.
 *
 * @param s       on its loop
 * @param c       becomes its connection
 * @param resume  what the client says
 * @param id      borrowed
 */
void svc_session_resume(struct svc_session *s, struct svc_connection *c,
                        const struct svc_resume *resume, json_t *id);

/** Breaks its pipes as a failing network would: `standpipe drop`. */
void svc_session_cut(struct svc_session *s);

/* ------------------------------------------------------------------ told by others */

/** The connection is gone. Clears s->connection. May free s. */
void svc_session_lost(struct svc_session *s);

/** Its run runs: bytes may move. */
void svc_session_started(struct svc_session *s);

/** Its run could not be started. @param why in words for the client */
void svc_session_refused(struct svc_session *s, const char *why);

/** Its run is being stopped. @param reason in words for the client */
void svc_session_stopping(struct svc_session *s, const char *reason);

/** Its run is over: tells the exit once every byte of output is on its way. May free s. */
void svc_session_look(struct svc_session *s);

/** The worker is to see the end of its stdin, and no session feeds it any more. */
void svc_session_stop_input(struct svc_session *s);

/** The name of the way its bytes go. Never NULL. */
const char *svc_session_transport_name(const struct svc_session *s);

/** Whether all of its bytes go through the service. */
bool svc_session_is_relayed(const struct svc_session *s);

/** Ends it without a word, now or soon; a private worker's run ends with it. May free s. */
void svc_session_close(struct svc_session *s);

/** The same, when its client has been told all there is to tell: its connection ends once that was
 *  sent. May free s. */
void svc_session_finish(struct svc_session *s);

/** The name of what it does, for `sessions`. Never NULL. Any thread, under the server's lock. */
const char *svc_session_state_name(const struct svc_session *s);

/** Bytes of a stream that have moved, for `sessions`. Any thread, under the server's lock. */
uint64_t svc_session_bytes(const struct svc_session *s, enum sp_stream stream);

/** Ends it if its client may no longer use the worker, whose config has changed; a client that is
 *  not there is asked when it comes back. On the loop. May free s. */
void svc_session_review(struct svc_session *s);

/** The session of an id on this shard. @return NULL: none */
struct svc_session *svc_session_find(struct svc_shard *shard, const char *id);

#endif
