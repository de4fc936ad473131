/* service/requests.c - the methods of the control connection. docs/protocol.md describes them. */
#include "service/requests.h"

#include <stdio.h>
#include <string.h>

#include "service/listing.h"
#include "service/log.h"
#include "service/session.h"

static void invalid(struct svc_connection *c, const struct sp_rpc *rpc, const char *what)
{
    svc_connection_error(c, rpc->id, SP_RPC_INVALID_PARAMS, what);
}

static void refuse(struct svc_connection *c, const struct sp_rpc *rpc, enum sp_rpc_code code,
                   const char *why)
{
    svc_log(SVC_LOG_WARNING, "refused %s to %s: %s", rpc->method, c->peer.sid, why);
    svc_connection_error(c, rpc->id, code, why);
}

/* ------------------------------------------------------------------ attach and start */

static bool all_strings(json_t *array)
{
    size_t i;
    json_t *value;
    json_array_foreach(array, i, value) if (!json_is_string(value)) return false;
    return true;
}

/* Whether what attach asks for can be had, in words if it can't. */
static const char *why_not(const struct svc_connection *c, const struct sp_worker_config *worker,
                           const char *transport, json_t *args)
{
    if (c->peer.remote && !worker->remote)
        return "this worker is not served to other machines (remote: false)";
    if (json_array_size(args) > 0 && !worker->args_allowed)
        return "this worker takes no arguments of its clients (args: deny)";
    if (json_array_size(args) + worker->stages[0].argc > SP_CONFIG_ARGS_MAX)
        return "too many arguments";
    if (transport != NULL && strcmp(transport, "auto") != 0 && strcmp(transport, "relay") != 0)
        return "no such transport; there is \"relay\", and \"auto\" takes it";
    return NULL;
}

static void attach(struct svc_connection *c, const struct sp_rpc *rpc)
{
    const char *name = NULL, *transport = NULL;
    int protocol = 0;
    json_t *args = NULL;
    json_error_t where;
    char text[SP_ERROR_TEXT_MAX];
    if (rpc->id == NULL || c->session != NULL) {
        svc_connection_error(c, rpc->id, SP_RPC_STATE,
                             "\"attach\" is a request, one for a connection");
        return;
    }
    if (json_unpack_ex(rpc->params, &where, 0, "{s:s, s:i, s?s, s?o}", "worker", &name, "protocol",
                       &protocol, "transport", &transport, "args", &args) != 0) {
        snprintf(text, sizeof text,
                 "\"attach\" takes \"worker\" and \"protocol\", and perhaps \"args\" and "
                 "\"transport\": %s",
                 where.text);
        invalid(c, rpc, text);
        return;
    }
    if (args != NULL && (!json_is_array(args) || !all_strings(args))) {
        invalid(c, rpc, "\"args\" is not an array of strings");
        return;
    }
    if (protocol != SP_PROTOCOL_VERSION) {
        snprintf(text, sizeof text, "this service speaks version %d of the protocol, not %d",
                 SP_PROTOCOL_VERSION, protocol);
        refuse(c, rpc, SP_RPC_REFUSED, text);
        return;
    }
    const struct sp_worker_config *worker = sp_config_find(c->shard->server->config, name);
    if (worker == NULL) {
        const char *pipe = c->shard->server->options.pipe_name;
        bool is_default = strcmp(pipe, "standpipe") == 0;
        snprintf(text, sizeof text, "there is no worker '%.64s'; \"standpipe ps%s%s\" lists them",
                 name, is_default ? "" : " --pipe ", is_default ? "" : pipe);
        refuse(c, rpc, SP_RPC_NO_WORKER, text);
        return;
    }
    const char *why = why_not(c, worker, transport, args);
    if (why != NULL) {
        refuse(c, rpc, SP_RPC_REFUSED, why);
        return;
    }
    struct sp_error err;
    if (svc_session_open(c, worker, args, &err) != SP_OK) {
        svc_log(SVC_LOG_ERROR, "attaching to '%s': %s", worker->name, err.what);
        svc_connection_error(c, rpc->id, SP_RPC_INTERNAL, err.what);
        return;
    }
    svc_connection_reply(c, rpc->id, svc_session_describe(c->session));
}

static void start(struct svc_connection *c, const struct sp_rpc *rpc)
{
    if (rpc->id == NULL)
        svc_connection_error(c, NULL, SP_RPC_INVALID_REQUEST, "\"start\" is a request");
    else
        svc_session_start(c->session, rpc->id);
}

/* ------------------------------------------------------------------ while it runs */

static void input_end(struct svc_connection *c, const struct sp_rpc *rpc)
{
    json_int_t bytes = -1;
    if (json_unpack(rpc->params, "{s:I}", "bytes", &bytes) != 0 || bytes < 0) {
        invalid(c, rpc, "\"bytes\" is not a count");
        return;
    }
    svc_session_input_end(c->session, (uint64_t)bytes);
    svc_connection_reply(c, rpc->id, json_object());
}

static void interrupt(struct svc_connection *c, const struct sp_rpc *rpc)
{
    const char *name = NULL;
    struct sp_error err;
    if (json_unpack(rpc->params, "{s:s}", "name", &name) != 0 || strcmp(name, "int") != 0) {
        invalid(c, rpc, "\"name\" is not \"int\"");
        return;
    }
    if (svc_session_interrupt(c->session, &err) != SP_OK)
        svc_connection_error(c, rpc->id, SP_RPC_STATE, err.what);
    else
        svc_connection_reply(c, rpc->id, json_object());
}

static void ack(struct svc_connection *c, const struct sp_rpc *rpc)
{
    svc_session_ack(c->session);
    svc_connection_reply(c, rpc->id, json_object());
}

/* ------------------------------------------------------------------ looking */

static void listing(struct svc_connection *c, const struct sp_rpc *rpc,
                    json_t *(*list)(struct svc_server *server, uint64_t from))
{
    json_int_t from = 0;
    if (rpc->params != NULL && json_unpack(rpc->params, "{s?I}", "from", &from) != 0) {
        invalid(c, rpc, "\"from\" is not a number");
        return;
    }
    svc_connection_reply(c, rpc->id, list(c->shard->server, from < 0 ? 0 : (uint64_t)from));
}

static void status(struct svc_connection *c, const struct sp_rpc *rpc)
{
    svc_connection_reply(c, rpc->id, svc_list_status(c->shard->server));
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
    {"attach", false, attach},
    {"start", true, start},
    {"input_end", true, input_end},
    {"signal", true, interrupt},
    {"ack", true, ack},
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
    if (rpc->id != NULL)
        svc_connection_error(c, rpc->id, SP_RPC_NO_METHOD, "no such method");
}
