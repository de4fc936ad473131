/* service/requests.c - the methods of the control connection. docs/protocol.md describes them. */
#include "service/requests.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "service/audit.h"
#include "service/dashboard.h"
#include "service/inquiry.h"
#include "service/listing.h"
#include "service/logs.h"
#include "service/reload.h"
#include "service/requests_parts.h"

/* ------------------------------------------------------------------ workers by their name */

static void command(struct svc_connection *c, const struct sp_rpc *rpc, enum svc_worker_verb verb)
{
    const char *name = NULL;
    if (rpc->id == NULL || c->session != NULL || c->waiter.link.next != NULL) {
        svc_connection_error(c, rpc->id, SP_RPC_STATE,
                             "this is a request, on a connection without a session, one at a time");
        return;
    }
    if (json_unpack(rpc->params, "{s:s}", "worker", &name) != 0) {
        svc_request_invalid(c, rpc, "\"worker\" is missing");
        return;
    }
    struct svc_worker *w = svc_request_worker(c, rpc, name);
    if (w != NULL && !svc_connection_move(c, w->home, rpc) &&
        svc_request_may(c, rpc, w, SP_RIGHT_CONTROL))
        svc_worker_command(w, verb, c, rpc->id);
}

static void start_worker(struct svc_connection *c, const struct sp_rpc *rpc)
{
    command(c, rpc, SVC_WORKER_START);
}

static void stop_worker(struct svc_connection *c, const struct sp_rpc *rpc)
{
    command(c, rpc, SVC_WORKER_STOP);
}

static void restart_worker(struct svc_connection *c, const struct sp_rpc *rpc)
{
    command(c, rpc, SVC_WORKER_RESTART);
}

static void logs(struct svc_connection *c, const struct sp_rpc *rpc)
{
    const char *name = NULL;
    json_int_t lines = 0;
    int follow = 0;
    struct w32_npipe_leaf leaf;
    struct sp_error err;
    sp_status status = SP_OK;
    if (json_unpack(rpc->params, "{s:s, s?I, s?b}", "worker", &name, "lines", &lines, "follow",
                    &follow) != 0 ||
        lines < 0) {
        svc_request_invalid(c, rpc,
                            "\"logs\" takes \"worker\", and perhaps \"lines\" and \"follow\"");
        return;
    }
    struct svc_worker *w = svc_request_worker(c, rpc, name);
    /* Whoever may watch a shared worker sees no more in its log; a private one's has what others
     * wrote and read. */
    if (w == NULL ||
        !svc_request_may(c, rpc, w,
                         w->config->mode == SP_MODE_SHARED ? SP_RIGHT_READ : SP_RIGHT_CONTROL))
        return;
    if (w->capture == NULL)
        svc_request_refuse(
            c, rpc, SP_RPC_REFUSED,
            "nothing of this worker is logged (logs: {streams: none} in its config)");
    else if ((status = svc_logs_open(c->shard, &c->peer, w->capture, (uint64_t)lines, follow != 0,
                                     &leaf, &err)) != SP_OK)
        svc_connection_error(c, rpc->id, status == SP_ESTATE ? SP_RPC_STATE : SP_RPC_INTERNAL,
                             err.what);
    else {
        svc_audit(&(struct svc_audit_entry){
            .kind = SP_AUDIT_LOGS, .peer = &c->peer, .worker = w->config->name});
        svc_connection_reply(c, rpc->id, json_pack("{s:s}", "pipe", leaf.text));
    }
}

static void access_of(struct svc_connection *c, const struct sp_rpc *rpc)
{
    const char *name = NULL, *account = NULL;
    if (rpc->id == NULL || c->inquiry != NULL) {
        svc_connection_error(c, rpc->id, SP_RPC_STATE, "\"access\" is a request, one at a time");
        return;
    }
    if (json_unpack(rpc->params, "{s:s, s?s}", "worker", &name, "account", &account) != 0) {
        svc_request_invalid(c, rpc, "\"access\" takes \"worker\", and perhaps \"account\"");
        return;
    }
    struct svc_worker *w = svc_request_worker(c, rpc, name);
    if (w == NULL)
        return;
    if (svc_access_of_client(c->pipe, &w->access, SP_RIGHT_CONTROL))
        svc_inquiry_start(c, w, rpc->id, account);
    else if (account != NULL)
        svc_request_refuse(c, rpc, SP_RPC_REFUSED,
                           "what others may do is shown only to those who may control the worker");
    else
        svc_connection_reply(c, rpc->id,
                             json_pack("{s:s, s:b, s:o}", "worker", w->config->name, "remote",
                                       w->config->remote, "you", svc_inquiry_rights(c, w)));
}

/* ------------------------------------------------------------------ looking */

static void listing(struct svc_connection *c, const struct sp_rpc *rpc,
                    json_t *(*list)(const struct svc_asker *asker, const struct svc_worker *only,
                                    uint64_t from))
{
    json_int_t from = 0;
    const char *name = NULL;
    const struct svc_worker *only = NULL;
    if ((rpc->params != NULL &&
         json_unpack(rpc->params, "{s?I, s?s}", "from", &from, "worker", &name) != 0) ||
        from < 0) {
        svc_request_invalid(c, rpc,
                            "\"from\" is not a number of an item, or \"worker\" is no name");
        return;
    }
    if (name != NULL && (only = svc_request_worker(c, rpc, name)) == NULL)
        return;
    struct svc_asker asker = {.server = c->shard->server, .sid = c->peer.sid};
    struct sp_error err;
    if (w32_peer_token(c->pipe, &asker.token, &err) == SP_OK)
        svc_connection_reply(c, rpc->id, list(&asker, only, (uint64_t)from));
    else
        svc_request_refuse(c, rpc, SP_RPC_REFUSED, err.what);
    w32_handle_close(&asker.token);
}

static void status(struct svc_connection *c, const struct sp_rpc *rpc)
{
    svc_connection_reply(c, rpc->id, svc_list_status(c->shard->server));
}

/* A token for the page is worth as much as the right to see everything. */
static void dashboard(struct svc_connection *c, const struct sp_rpc *rpc)
{
    struct svc_server *server = c->shard->server;
    char url[SVC_DASHBOARD_URL];
    struct sp_error err;
    if (!svc_access_of_client(c->pipe, &server->access, SP_RIGHT_ADMIN))
        svc_request_refuse(
            c, rpc, SP_RPC_REFUSED,
            "the page shows everything, so it takes the right to administer the service, and "
            "the config's allow.admin does not name you or a group of yours");
    else if (c->peer.remote)
        svc_request_refuse(
            c, rpc, SP_RPC_REFUSED,
            "the page is served to its own machine alone: use \"standpipe dashboard\" there");
    else if (server->dashboard == NULL)
        svc_request_refuse(
            c, rpc, SP_RPC_REFUSED,
            "the page is off; \"dashboard: {port: 8717}\" in the config and a restart of the "
            "service turn it on");
    else if (svc_dashboard_url(server->dashboard, url, &err) != SP_OK)
        svc_connection_error(c, rpc->id, SP_RPC_STATE, err.what);
    else
        svc_connection_reply(c, rpc->id, json_pack("{s:s}", "url", url));
}

static void reload(struct svc_connection *c, const struct sp_rpc *rpc)
{
    if (rpc->id == NULL || c->session != NULL || c->reload != NULL)
        svc_connection_error(c, rpc->id, SP_RPC_STATE,
                             "\"reload\" is a request, on a connection without a session");
    else if (!svc_access_of_client(c->pipe, &c->shard->server->access, SP_RIGHT_ADMIN))
        svc_request_refuse(
            c, rpc, SP_RPC_REFUSED,
            "the config says what the service runs, so to reload it takes the right to "
            "administer the service, and its allow.admin does not name you or a group of "
            "yours");
    else if (c->shard->stopping)
        svc_request_refuse(c, rpc, SP_RPC_REFUSED, "the service is stopping");
    else
        svc_reload_start(c, rpc->id);
}

static void workers(struct svc_connection *c, const struct sp_rpc *rpc)
{
    listing(c, rpc, svc_list_workers);
}

static void sessions(struct svc_connection *c, const struct sp_rpc *rpc)
{
    listing(c, rpc, svc_list_sessions);
}

/* ------------------------------------------------------------------ which is which */

static const struct {
    const char *name;
    bool of_session; /* makes sense between attach and the end only */
    void (*run)(struct svc_connection *c, const struct sp_rpc *rpc);
} methods[] = {
    {"attach", false, svc_request_attach},
    {"start", true, svc_request_start},
    {"resize", true, svc_request_resize},
    {"input_end", true, svc_request_input_end},
    {"received", true, svc_request_received},
    {"output_closed", true, svc_request_output_closed},
    {"ack", true, svc_request_ack},
    {"detach", true, svc_request_detach},
    {"resume", false, svc_request_resume},
    {"signal", false, svc_request_interrupt},
    {"drop", false, svc_request_drop},
    {"start_worker", false, start_worker},
    {"stop_worker", false, stop_worker},
    {"restart_worker", false, restart_worker},
    {"logs", false, logs},
    {"access", false, access_of},
    {"dashboard", false, dashboard},
    {"reload", false, reload},
    {"status", false, status},
    {"workers", false, workers},
    {"sessions", false, sessions},
};

void svc_request(struct svc_connection *c, const struct sp_rpc *rpc)
{
    if (rpc->kind != SP_RPC_REQUEST && rpc->kind != SP_RPC_NOTIFICATION)
        return; /* the service asks nothing, so an answer is nobody's */
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcmp(methods[i].name, rpc->method) != 0)
            continue;
        if (!methods[i].of_session || c->session != NULL)
            methods[i].run(c, rpc);
        else if (rpc->id != NULL) /* a notification may cross the session's end on its way */
            svc_connection_error(c, rpc->id, SP_RPC_STATE, "\"attach\" first");
        return;
    }
    if (rpc->id == NULL)
        return;
    char text[SP_ERROR_TEXT_MAX];
    snprintf(text, sizeof text, "there is no method '%s'", sp_text_excerpt(rpc->method).text);
    svc_connection_error(c, rpc->id, SP_RPC_NO_METHOD, text);
}
