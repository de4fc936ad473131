/* service/worker.h - a configured worker at run time. A shared one lives on its home shard and has
 * one run, which is started again as its config says. A private one has a run for each session, on
 * that session's shard; with `warm`, programs that were started ahead wait in it for the next. */
#ifndef SVC_WORKER_H
#define SVC_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/backoff.h"
#include "core/config.h"
#include "core/list.h"
#include "core/quota.h"
#include "core/stream.h"
#include "core/tail.h"
#include "service/listener.h"
#include "service/programs.h"
#include "service/state.h"
#include "service/tally.h"
#include "win32/loop.h"
#include "win32/thread.h"

struct svc_capture;
struct svc_connection;
struct svc_generation;
struct svc_run;
struct svc_session;

/** What a shared worker does. */
enum svc_worker_state {
    SVC_WORKER_STOPPED,
    SVC_WORKER_STARTING,
    SVC_WORKER_RUNNING,
    SVC_WORKER_STOPPING,
    SVC_WORKER_BACKOFF, /**< it ended and is started again when the time is over */
    SVC_WORKER_FAILED,  /**< it ended badly and is not started again by itself */
};

/** What a client may ask of a shared worker. */
enum svc_worker_verb { SVC_WORKER_START, SVC_WORKER_STOP, SVC_WORKER_RESTART };

/** A client that waits for what it asked of a worker. Part of its connection. */
struct svc_waiter {
    struct sp_link link; /**< in worker->waiters while it waits */
    struct svc_connection *connection;
    json_t *id; /**< owned while it waits */
    bool for_stop;
};

/** A worker. Its home shard's, but for what the locks guard. */
struct svc_worker {
    struct sp_link link; /**< in server->all_workers */
    struct svc_server *server;
    const struct sp_worker_config *config; /**< the newest; what runs may have an older one */
    struct svc_shard *home;
    size_t index;     /**< in server->workers; SIZE_MAX: it is retired */
    uint32_t version; /**< counts the changes of what its processes are */
    bool retired;     /**< the config has it no more: nobody attaches, nothing is started */
    /* What a reload leaves to the loops when they go on. */
    bool follows;                /**< svc_worker_follow() */
    bool begins;                 /**< it is new, or was retired or of another mode */
    bool other_program;          /**< its processes are others than before */
    bool reviews;                /**< its clients may have lost their right: svc_session_review() */
    struct svc_access access;    /**< of its clients, and its raw endpoint */
    struct svc_capture *capture; /**< owned: where its output is logged; NULL: nowhere */
    struct svc_listener raw;     /**< of its raw endpoint */
    char raw_leaf[W32_NPIPE_LEAF_MAX + 1];

    /* A shared one's; changed under the server's lock, since `ps` looks. */
    struct svc_run *run; /**< while starting, running or stopping */
    uint64_t due_ms;     /**< w32_now_ms() of the next start, in back-off */
    struct sp_tail said; /**< the last of its stderr, or why it did not start */
    struct w32_timer retry;
    struct sp_link waiters;
    struct sp_backoff backoff;
    enum svc_worker_state state;
    uint32_t restarts;
    uint32_t exit_code; /**< of the last run */

    struct svc_tally tally; /**< a private one's, too; under the server's lock */
    struct sp_quota quota;  /**< its sessions, by user; any thread, under the lock below */

    /* A private one's programs that wait; any thread, under the lock. */
    uint32_t warm_count;
    sp_status warm_status;
    struct w32_lock lock;
    struct svc_programs *warm; /**< owned: config->warm places, the first warm_count are ready */
    struct w32_work warming;   /**< starts one */
    const struct sp_worker_config *warming_config;
    uint32_t warming_version;
    struct svc_programs warmed;
    struct sp_error warm_error;
    struct w32_timer tick;  /**< looks whether those that wait are still alive */
    struct w32_post refill; /**< from another shard: one was taken */
    int32_t refill_posted;  /**< atomic */
    bool is_warming;

    bool raw_made;        /**< its endpoint's name was taken */
    bool has_exited;      /**< exit_code is one */
    bool stopped_by_hand; /**< stays stopped until somebody starts it */
    bool start_again;     /**< once it has stopped */
};

/**
 * Makes a worker with its endpoint, which clients can open; it is in no list yet, and does nothing
 * before svc_listener_start() and svc_worker_autostart(). Any thread.
 *
 * @param g       the config, which
 * @param config  is one of
 * @param home    where it is to live
 * @param out     written on success only; svc_worker_close()
 * @param err     filled on failure; may be NULL
 * @return SP_OK; SP_EACCESS somebody else has the name of its endpoint; SP_ENOMEM, ...
 */
SP_NODISCARD sp_status svc_worker_open(struct svc_server *server, const struct svc_generation *g,
                                       const struct sp_worker_config *config,
                                       struct svc_shard *home, struct svc_worker **out,
                                       struct sp_error *err);

/** Opens where a worker's output is to be logged. @param out NULL is written when nothing is to be
 *  @param err may be NULL @return SP_OK, svc_capture_open()'s */
SP_NODISCARD sp_status svc_worker_open_capture(const struct svc_server *server,
                                               const struct sp_worker_config *config,
                                               struct svc_capture **out, struct sp_error *err);

/** Ends what waits and frees it; nothing of it runs on a loop any more, and it is in no list. */
void svc_worker_close(struct svc_worker *w);

/** Starts what the config starts by itself. On the home shard. */
void svc_worker_autostart(struct svc_worker *w);

/** Does what its config, which was changed, says now: its run is stopped if nobody wants it any
 *  more, started again if it is another program now, started if the config says so. Nothing happens
 *  unless it `follows`. On the home shard. */
void svc_worker_follow(struct svc_worker *w);

/** Nothing is started any more: the service stops. On the home shard. */
void svc_worker_shut(struct svc_worker *w);

/** Whether something of it is with the pool, so that its loop must not end. On the home shard. */
bool svc_worker_busy(const struct svc_worker *w);

/** The worker of a name. @return NULL: none */
struct svc_worker *svc_worker_find(struct svc_server *server, const char *name);

/**
 * Puts a session into a run: a shared worker's one, which is started if need be, or a new one of
 * its own. The session is told when it runs: perhaps inside this call, or later.
 *
 * @param w    on the home shard, if shared
 * @param s    its run is set
 * @param err  filled on failure, in words for the client; may be NULL
 * @return SP_OK; SP_ESTATE it can't be attached to now; SP_ENOMEM
 */
SP_NODISCARD sp_status svc_worker_join(struct svc_worker *w, struct svc_session *s,
                                       struct sp_error *err);

/** Does what a client asks, and answers it when it is done. On the home shard.
 *  @param id borrowed */
void svc_worker_command(struct svc_worker *w, enum svc_worker_verb verb, struct svc_connection *c,
                        json_t *id);

/** A client that waited has gone. Nothing happens if it did not wait. */
void svc_waiter_cancel(struct svc_waiter *waiter);

/** How long to wait before a worker that failed once more is started again, in ms. On the home
 *  shard. */
uint64_t svc_worker_pause_ms(struct svc_worker *w);

/** The name of a state, for `workers`. Never NULL. */
const char *svc_worker_state_name(const struct svc_worker *w);

/* ------------------------------------------------------------------ told by its runs */

/** Somebody wanted to attach and was refused. Any shard. */
void svc_worker_refused(struct svc_worker *w);

/** Gives a shared one's run the newest config, if that is about the same process. On the home
 * shard, or while it stands still. */
void svc_worker_update_run(struct svc_worker *w);

/** A run has started, or could not be. @param status SP_OK, or why; run->start_error says it */
void svc_worker_run_started(struct svc_worker *w, struct svc_run *run, sp_status status);

/** A run has ended with all its output. */
void svc_worker_run_over(struct svc_worker *w, struct svc_run *run);

/** A run has written something: to the log, and kept as last words. Any shard. */
void svc_worker_said(struct svc_worker *w, const struct svc_run *run, enum sp_stream stream,
                     const void *data, size_t len);

#endif
