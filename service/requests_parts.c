/* service/requests_parts.c - what the methods share: refusing, rights, finding what is named. */
#include "service/requests_parts.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "service/audit.h"
#include "service/log.h"

void svc_request_invalid(struct svc_connection *c, const struct sp_rpc *rpc, const char *what)
{
    svc_connection_error(c, rpc->id, SP_RPC_INVALID_PARAMS, what);
}

/* A text among the parameters, as the client has sent it; or NULL. */
const char *svc_request_text(const struct sp_rpc *rpc, const char *name)
{
    return json_string_value(json_object_get(rpc->params, name));
}

void svc_request_refuse(struct svc_connection *c, const struct sp_rpc *rpc, enum sp_rpc_code code,
                        const char *why)
{
    svc_log_client(SVC_LOG_WARNING, "refused %s to %s: %s", rpc->method, c->peer.sid, why);
    __atomic_add_fetch(&c->shard->server->refusals, 1, __ATOMIC_RELAXED);
    svc_audit(&(struct svc_audit_entry){.kind = SP_AUDIT_REFUSAL,
                                        .peer = &c->peer,
                                        .worker = svc_request_text(rpc, "worker"),
                                        .session = svc_request_text(rpc, "session"),
                                        .what = rpc->method,
                                        .reason = why});
    svc_connection_error(c, rpc->id, code, why);
}

/* Whether the client may do something with a worker; if not, it was told. */
bool svc_request_may(struct svc_connection *c, const struct sp_rpc *rpc, const struct svc_worker *w,
                     enum sp_right right)
{
    char text[SP_ERROR_TEXT_MAX];
    if (svc_access_of_client(c->pipe, &w->access, right))
        return true;
    snprintf(
        text, sizeof text,
        "you (%s) may not do that with worker '%s': it takes the right to %s, and its config's "
        "allow.%s does not name you or a group of yours",
        c->peer.sid, w->config->name, sp_right_name(right), sp_right_name(right));
    svc_request_refuse(c, rpc, SP_RPC_REFUSED, text);
    return false;
}

bool svc_request_may_with(struct svc_connection *c, const struct sp_rpc *rpc,
                          const struct svc_session *s)
{
    bool own = strcmp(s->peer.sid, c->peer.sid) == 0;
    if (own && c->peer.remote && !s->worker->config->remote) {
        svc_request_refuse(c, rpc, SP_RPC_REFUSED,
                           "this worker is no longer served to other machines (remote: false)");
        return false;
    }
    return svc_request_may(c, rpc, s->worker,
                           own ? svc_access_to_use(s->config, s->read_only) : SP_RIGHT_CONTROL);
}

/* The worker of a name; or NULL, and the client was told. */
struct svc_worker *svc_request_worker(struct svc_connection *c, const struct sp_rpc *rpc,
                                      const char *name)
{
    char text[SP_ERROR_TEXT_MAX];
    const char *pipe = c->shard->server->options.pipe_name;
    bool is_default = strcmp(pipe, "standpipe") == 0;
    struct svc_worker *w = svc_worker_find(c->shard->server, name);
    if (w != NULL)
        return w;
    snprintf(text, sizeof text, "there is no worker '%s'; \"standpipe ps%s%s\" lists them",
             sp_text_excerpt(name).text, is_default ? "" : " --pipe ", is_default ? "" : pipe);
    svc_request_refuse(c, rpc, SP_RPC_NO_WORKER, text);
    return NULL;
}

/* The shard of a session. It may have ended when we get there. */
static struct svc_shard *shard_of(struct svc_server *server, const char *id)
{
    struct svc_shard *shard = NULL;
    w32_lock_enter(&server->lock);
    for (struct sp_link *l = server->all_sessions.next; l != &server->all_sessions; l = l->next)
        if (strcmp(SP_CONTAINER(l, struct svc_session, all_link)->id, id) == 0)
            shard = SP_CONTAINER(l, struct svc_session, all_link)->shard;
    w32_lock_leave(&server->lock);
    return shard;
}

/* The session of an id, on this loop; or NULL, and the client was told, or goes where it is. */
struct svc_session *svc_request_session(struct svc_connection *c, const struct sp_rpc *rpc,
                                        const char *id)
{
    char text[SP_ERROR_TEXT_MAX];
    struct svc_session *s = svc_session_find(c->shard, id);
    if (s != NULL)
        return s;
    struct svc_shard *shard = shard_of(c->shard->server, id);
    if (shard != NULL && svc_connection_move(c, shard, rpc))
        return NULL;
    snprintf(text, sizeof text, "there is no session '%s'; \"standpipe ps\" lists them",
             sp_text_excerpt(id).text);
    svc_request_refuse(c, rpc, SP_RPC_NO_WORKER, text);
    return NULL;
}
