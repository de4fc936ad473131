/* service/raw.c - raw endpoints: who comes, and how they become sessions. */
#include "service/raw.h"

#include <stdio.h>

#include "service/audit.h"
#include "service/log.h"
#include "service/session.h"
#include "win32/identity.h"

#define NOBODY "S-1-0-0" /* a client that nobody knows any more */

enum { RAW_BYTES = 64 << 10, INSTANCES = 2 };

/* Beside the pipe's own list; of a client that has said nothing yet Windows knows its process. */
static bool may_write(const struct svc_worker *w, w32_handle pipe)
{
    w32_handle token = NULL;
    bool granted = w32_peer_token_local(pipe, &token, NULL) == SP_OK &&
                   svc_access_granted(token, &w->access, SP_RIGHT_WRITE);
    w32_handle_close(&token);
    return granted;
}

/* Windows says who came through the token they showed, or, as long as they have said nothing, by
 * the process at the other end. What lets them in is the pipe's access list in any case. */
static void accept_client(struct svc_listener *l, w32_handle pipe)
{
    struct svc_worker *w = SP_CONTAINER(l, struct svc_worker, raw);
    struct w32_peer peer = {0};
    struct sp_error err;
    if (__atomic_load_n(&w->server->connections, __ATOMIC_ACQUIRE) >= SVC_CONNECTIONS_MAX) {
        svc_log_client(SVC_LOG_ERROR,
                       "a raw client of worker '%s' is cut off: the service has %d connections, "
                       "and no more",
                       w->config->name, SVC_CONNECTIONS_MAX);
        w32_npipe_close(&pipe, w->raw_leaf);
        return;
    }
    /* Whom to run as a pipe tells after its first byte alone, and this one says nothing first. */
    if (w->config->run_as == SP_RUN_AS_CLIENT) {
        svc_log_client(
            SVC_LOG_WARNING,
            "a raw client of worker '%s' is cut off: it runs as its client (run_as: client), "
            "and has no raw endpoint",
            w->config->name);
        w32_npipe_close(&pipe, w->raw_leaf);
        return;
    }
    sp_status status = w32_peer_of_local(pipe, &peer, &err);
    if (status == SP_OK && !may_write(w, pipe))
        status = sp_fail(&err, SP_EACCESS, 0,
                         "%s has no right to write, allow.write does not name it", peer.sid);
    /* It wrote and has ended already, as `echo x > pipe` does: a shared worker gets what it said.
     */
    if (status == SP_ENOTFOUND && w->config->mode == SP_MODE_SHARED) {
        snprintf(peer.sid, sizeof peer.sid, "%s", NOBODY);
        status = SP_OK;
    }
    if (status != SP_OK) {
        svc_log_client(SVC_LOG_WARNING, "refused a raw client of worker '%s': %s", w->config->name,
                       err.what);
        svc_audit(&(struct svc_audit_entry){.kind = SP_AUDIT_REFUSAL,
                                            .peer = &peer,
                                            .worker = w->config->name,
                                            .transport = "raw",
                                            .what = "attach",
                                            .reason = err.what});
        w32_npipe_close(&pipe, w->raw_leaf);
        return;
    }
    svc_session_open_raw(w, pipe, &peer);
}

sp_status svc_raw_open(struct svc_worker *w, struct sp_error *err)
{
    int len = snprintf(w->raw_leaf, sizeof w->raw_leaf, "%s\\%s", w->server->options.pipe_name,
                       w->config->name);
    if (len < 0 || (size_t)len >= sizeof w->raw_leaf)
        return sp_fail(err, SP_ETOOBIG, 0, "the pipe name %s\\%s is too long",
                       w->server->options.pipe_name, w->config->name);
    w->raw.accept = accept_client;
    w->raw.shard = w->home;
    w->raw.first_made = &w->raw_made;
    w->raw.count = INSTANCES;
    w->raw.options = (struct w32_npipe_options){
        .leaf = w->raw_leaf,
        .access = W32_NPIPE_BOTH,
        .changeable = true,
        .message = true,
        .size_bytes = RAW_BYTES,
        .security_descriptor = w->access.pipe,
    };
    return svc_listener_open(&w->raw, err);
}

void svc_raw_close(struct svc_worker *w)
{
    svc_listener_close(&w->raw);
}
