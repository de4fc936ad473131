/* service/state.h - what the parts of a running server share: the server, and its shards, one for
 * each loop. A connection and its session live on one shard from birth to death; nothing of theirs
 * is touched from another thread, but for what `sessions` shows of them under the server's lock. */
#ifndef SVC_STATE_H
#define SVC_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"
#include "core/list.h"
#include "service/server.h"
#include "win32/handle.h"
#include "win32/identity.h"
#include "win32/loop.h"
#include "win32/thread.h"

enum { SVC_LISTENING = 4 }; /* instances of the control pipe that wait for a client, a shard */

/** One waiting instance of the control pipe. */
struct svc_instance {
    struct svc_shard *shard;
    w32_handle pipe; /**< owned; NULL while none could be made */
    struct w32_op connect;
    struct w32_timer retry; /**< makes another when making one failed */
};

/** A loop and all that lives on it. */
struct svc_shard {
    struct svc_server *server;
    struct w32_loop *loop;
    w32_handle thread;
    struct svc_instance instances[SVC_LISTENING];
    struct sp_link connections;
    struct sp_link sessions;
    struct w32_post stop;
    struct w32_timer force; /**< when waiting for sessions has been long enough */
    bool stopping;
};

/** A running server. */
struct svc_server {
    struct svc_server_options options;
    struct sp_config demo;          /**< owned: the workers when the config names none */
    const struct sp_config *config; /**< options.config, or demo */
    char own_sid[W32_SID_TEXT_MAX];
    void *control_access; /**< owned: the control pipe's descriptor */
    bool remote;          /**< whether some worker is served to the network */
    bool first_made;      /**< the first instance of the control pipe was made */
    int64_t started;      /**< Unix time */
    uint64_t last_session;
    struct w32_lock lock; /**< for all_sessions, and what is read through it */
    struct sp_link all_sessions;
    struct svc_shard *shards; /**< owned */
    uint32_t shard_count;
};

/** Makes the shard's instances: clients that come wait. Before the loop runs. @param err may be
 *  NULL @return on failure svc_server_close() closes what was made */
SP_NODISCARD sp_status svc_listen_open(struct svc_shard *shard, struct sp_error *err);

/** Takes in those who have come and those who come. On the loop's thread. */
void svc_listen_start(struct svc_shard *shard);

/** Stops to listen; the instances are closed when their operations have ended. On the loop. */
void svc_listen_stop(struct svc_shard *shard);

/** Lets the loop end once nothing lives on it and it was told to stop. On the loop. */
void svc_shard_quit_if_empty(struct svc_shard *shard);

#endif
