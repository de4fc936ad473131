/* service/state.h - what the parts of a running server share: the server, and its shards, one for
 * each loop. A connection, a session and a run live on one shard at a time; nothing of theirs is
 * touched from another thread, but for what `sessions` and `workers` show of them, which is changed
 * under the server's lock or atomically. */
#ifndef SVC_STATE_H
#define SVC_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"
#include "core/list.h"
#include "core/quota.h"
#include "core/stream.h"
#include "service/access.h"
#include "service/cell.h"
#include "service/listener.h"
#include "service/server.h"
#include "win32/handle.h"
#include "win32/identity.h"
#include "win32/loop.h"
#include "win32/thread.h"

struct svc_generation;
struct svc_worker;

/** The most connections of a service, raw clients included. */
enum { SVC_CONNECTIONS_MAX = 10000 };

/** The most control connections of one account that may not administer the service. */
enum { SVC_CONNECTIONS_EACH_MAX = SVC_CONNECTIONS_MAX / 4 };

/** How many control connections each account has. {0} is none; it holds nothing when there are
 * none.
 */
struct svc_accounts {
    struct w32_lock lock;
    struct sp_quota quota; /**< by SID; under the lock */
};

/** A loop and all that lives on it. */
struct svc_shard {
    struct svc_server *server;
    struct w32_loop *loop;
    w32_handle thread;
    struct svc_listener control;
    struct sp_link connections;
    struct sp_link sessions;
    struct sp_link runs;
    struct sp_link logs;      /**< svc_logs: those who read a worker's log */
    struct svc_budget budget; /**< of the streams' buffers */
    struct w32_post stop;
    struct w32_timer force;  /**< when waiting for sessions has been long enough */
    struct w32_timer linger; /**< looks whether the other shards need this one still */
    bool stopping;
};

/** A running server. */
struct svc_server {
    struct svc_server_options options;
    /* What a reload changes, while all loops stand still; other threads that look at it take the
     * lock. */
    struct w32_lock config_lock;
    const struct svc_generation *now; /**< the config that is in force */
    const struct sp_config *config;   /**< its workers */
    struct sp_link generations;       /**< owned: all that something still refers to */
    struct svc_worker **workers;      /**< in the config's order */
    size_t worker_count;              /**< config->worker_count, once all are open */
    struct sp_link all_workers;       /**< owned: these, and those that were taken out of it */
    uint64_t stop_ms;                 /**< how long a stop may take */

    char own_sid[W32_SID_TEXT_MAX];
    struct svc_access access; /**< of the service, and its control pipe */
    bool remote;              /**< whether the control pipe lets the network in at all */
    int32_t reloading;        /**< atomic: a reload is under way */
    bool first_made;          /**< the first instance of the control pipe was made */
    int64_t started;          /**< Unix time */
    uint64_t started_ms;      /**< w32_now_ms() */
    uint64_t last_session;
    uint64_t refusals;                    /**< atomic: requests that were refused */
    uint64_t past_bytes[SP_STREAM_COUNT]; /**< relayed in sessions that are over; under lock */
    struct w32_lock lock;                 /**< for all_sessions, and what is read through it */
    struct sp_link all_sessions;
    struct svc_shard *shards; /**< owned */
    uint32_t shard_count;
    struct svc_dashboard *dashboard; /**< owned; NULL: the config has none */
    int32_t running;                 /**< atomic: shards whose loop was started */
    int32_t stopped;     /**< atomic: those that know of the stop, and take nobody in any more */
    int32_t connections; /**< atomic: of control, and raw clients */
    struct svc_accounts accounts;
    int64_t kept; /**< atomic: bytes of half lines and unread answers of all connections */
    int32_t live; /**< atomic: connections, and calls from one shard to another; no shard's loop may
                   *   end before it is 0 */
};

/** Lets the loop end once nothing lives on it and it was told to stop. On the loop. */
void svc_shard_quit_if_empty(struct svc_shard *shard);

#endif
