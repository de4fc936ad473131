/* service/requests.c - the methods of the control connection. docs/protocol.md describes them. */
#include "service/requests.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "service/audit.h"
#include "service/dashboard.h"
#include "service/inquiry.h"
#include "service/listing.h"
#include "service/log.h"
#include "service/logs.h"
#include "service/reload.h"
#include "service/run.h"
#include "service/session.h"
#include "service/worker.h"

static void invalid(struct svc_connection *c, const struct sp_rpc *rpc, const char *what)
{
    svc_connection_error(c, rpc->id, SP_RPC_INVALID_PARAMS, what);
}

/* A text among the parameters, as the client has sent it; or NULL. */
static const char *param_of(const struct sp_rpc *rpc, const char *name)
{
    return json_string_value(json_object_get(rpc->params, name));
}

static void refuse(struct svc_connection *c, const struct sp_rpc *rpc, enum sp_rpc_code code,
                   const char *why)
{
    svc_log_client(SVC_LOG_WARNING, "refused %s to %s: %s", rpc->method, c->peer.sid, why);
    __atomic_add_fetch(&c->shard->server->refusals, 1, __ATOMIC_RELAXED);
    svc_audit(&(struct svc_audit_entry){.kind = SP_AUDIT_REFUSAL,
                                        .peer = &c->peer,
                                        .worker = param_of(rpc, "worker"),
                                        .session = param_of(rpc, "session"),
                                        .what = rpc->method,
                                        .reason = why});
    svc_connection_error(c, rpc->id, code, why);
}

/* Whether the client may do something with a worker; if not, it was told. */
static bool may(struct svc_connection *c, const struct sp_rpc *rpc, const struct svc_worker *w,
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
    refuse(c, rpc, SP_RPC_REFUSED, text);
    return false;
}

/* Only a shared worker can be watched: whoever attaches to a private one starts a process. */
static enum sp_right right_to_use(const struct svc_worker *w, bool read_only)
{
    return read_only && w->config->mode == SP_MODE_SHARED ? SP_RIGHT_READ : SP_RIGHT_WRITE;
}

/* Whether it may do something with a session, which is more if it is its own. */
static bool may_with(struct svc_connection *c, const struct sp_rpc *rpc,
                     const struct svc_session *s)
{
    bool own = strcmp(s->peer.sid, c->peer.sid) == 0;
    return may(c, rpc, s->worker, own ? right_to_use(s->worker, s->read_only) : SP_RIGHT_CONTROL);
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
                           json_t *args)
{
    if (c->peer.remote && !worker->remote)
        return "this worker is not served to other machines (remote: false)";
    if (json_array_size(args) > 0 && !worker->args_allowed)
        return "this worker takes no arguments of its clients (args: deny)";
    if (json_array_size(args) + worker->stages[0].argc > SP_CONFIG_ARGS_MAX)
        return "too many arguments";
    return NULL;
}

/* "replay" as a count of bytes: -1 is all there is. */
static uint64_t replay_of(json_int_t replay)
{
    return replay < 0 ? UINT64_MAX : (uint64_t)replay;
}

/* The worker of a name; or NULL, and the client was told. */
static struct svc_worker *find_worker(struct svc_connection *c, const struct sp_rpc *rpc,
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
    refuse(c, rpc, SP_RPC_NO_WORKER, text);
    return NULL;
}

static bool speaks_our_version(struct svc_connection *c, const struct sp_rpc *rpc,
                               json_int_t protocol)
{
    char text[SP_ERROR_TEXT_MAX];
    if (protocol == SP_PROTOCOL_VERSION)
        return true;
    snprintf(text, sizeof text, "this service speaks version %d of the protocol, not %lld",
             SP_PROTOCOL_VERSION, (long long)protocol);
    refuse(c, rpc, SP_RPC_REFUSED, text);
    return false;
}

/* The handles that a client would hand over: {"stdin": 4, ...}. */
static bool read_offers(json_t *handles, uint64_t offers[SP_STREAM_COUNT])
{
    const char *name = NULL;
    json_t *value = NULL;
    if (handles != NULL && !json_is_object(handles))
        return false;
    json_object_foreach(handles, name, value)
    {
        enum sp_stream stream = sp_stream_of(name);
        if (stream == SP_STREAM_COUNT || json_integer_value(value) <= 0)
            return false;
        offers[stream] = (uint64_t)json_integer_value(value);
    }
    return true;
}

static void attach(struct svc_connection *c, const struct sp_rpc *rpc)
{
    const char *name = NULL, *transport = "relay";
    int resume = 0, read_only = 0;
    json_int_t protocol = 0, replay = 0;
    json_t *args = NULL, *handles = NULL;
    json_error_t where;
    char text[SP_ERROR_TEXT_MAX];
    struct svc_session_options options = {0};
    if (rpc->id == NULL || c->session != NULL) {
        svc_connection_error(c, rpc->id, SP_RPC_STATE,
                             "\"attach\" is a request, one for a connection");
        return;
    }
    if (json_unpack_ex(rpc->params, &where, 0, "{s:s, s:I, s?s, s?o, s?b, s?I, s?b, s?o}", "worker",
                       &name, "protocol", &protocol, "transport", &transport, "args", &args,
                       "resume", &resume, "replay", &replay, "read_only", &read_only, "handles",
                       &handles) != 0) {
        snprintf(text, sizeof text,
                 "\"attach\" takes \"worker\" and \"protocol\", and perhaps \"args\", "
                 "\"transport\", \"handles\", \"resume\", \"replay\" and \"read_only\": %s",
                 where.text);
        invalid(c, rpc, text);
        return;
    }
    if (replay < -1) {
        invalid(c, rpc, "\"replay\" is neither a count of bytes nor -1");
        return;
    }
    if (args != NULL && (!json_is_array(args) || !all_strings(args))) {
        invalid(c, rpc, "\"args\" is not an array of strings");
        return;
    }
    options.transport = sp_transport_of(transport);
    if (options.transport == SP_TRANSPORT_COUNT || !read_offers(handles, options.offers)) {
        invalid(c, rpc,
                "\"transport\" is \"relay\", \"direct\", \"handoff\" or \"auto\", and \"handles\" "
                "has numbers above 0 by the names of streams");
        return;
    }
    if (!speaks_our_version(c, rpc, protocol))
        return;
    struct svc_worker *worker = find_worker(c, rpc, name);
    if (worker == NULL)
        return;
    if (c->shard->stopping) {
        refuse(c, rpc, SP_RPC_REFUSED, "the service is stopping");
        return;
    }
    bool shared = worker->config->mode == SP_MODE_SHARED;
    if (shared && svc_connection_move(c, worker->home, rpc))
        return;
    if (!may(c, rpc, worker, right_to_use(worker, read_only != 0)))
        return;
    const char *why = why_not(c, worker->config, args);
    if (why == NULL && replay != 0 && !shared)
        why = "this worker is yours alone (mode: private): it has no past to replay";
    if (why != NULL) {
        svc_worker_refused(worker);
        refuse(c, rpc, SP_RPC_REFUSED, why);
        return;
    }
    options.args = args;
    options.replay = replay_of(replay);
    options.read_only = read_only != 0;
    options.resume = resume != 0;
    struct sp_error err;
    sp_status status = svc_session_open(c, worker, &options, &err);
    if (status == SP_EUNSUPPORTED || status == SP_EACCESS) {
        svc_worker_refused(worker);
        refuse(c, rpc, SP_RPC_REFUSED, err.what);
        return;
    }
    if (status != SP_OK) {
        svc_log(SVC_LOG_ERROR, "attaching to '%s': %s", worker->config->name, err.what);
        svc_connection_error(c, rpc->id, SP_RPC_INTERNAL, err.what);
        return;
    }
    svc_connection_reply(c, rpc->id, svc_session_describe(c->session));
}

/* "columns" and "rows", of which a client says both or none. */
static bool read_size(json_t *params, struct w32_terminal_size *size)
{
    json_int_t columns = 0, rows = 0;
    if (json_object_get(params, "columns") == NULL && json_object_get(params, "rows") == NULL)
        return true;
    if (json_unpack(params, "{s:I, s:I}", "columns", &columns, "rows", &rows) != 0 ||
        columns < W32_TERMINAL_LEAST || columns > W32_TERMINAL_MOST || rows < W32_TERMINAL_LEAST ||
        rows > W32_TERMINAL_MOST)
        return false;
    *size = (struct w32_terminal_size){(uint16_t)columns, (uint16_t)rows};
    return true;
}

static void no_size(struct svc_connection *c, const struct sp_rpc *rpc)
{
    char text[SP_ERROR_TEXT_MAX];
    snprintf(text, sizeof text, "\"columns\" and \"rows\" are two numbers from %d to %d",
             W32_TERMINAL_LEAST, W32_TERMINAL_MOST);
    invalid(c, rpc, text);
}

static void start(struct svc_connection *c, const struct sp_rpc *rpc)
{
    json_int_t input = 0;
    struct w32_terminal_size size = {0};
    if (rpc->id == NULL)
        svc_connection_error(c, NULL, SP_RPC_INVALID_REQUEST, "\"start\" is a request");
    else if ((rpc->params != NULL && json_unpack(rpc->params, "{s?I}", "stdin", &input) != 0) ||
             input < 0)
        invalid(c, rpc, "\"stdin\" is not a handle's number");
    else if (!read_size(rpc->params, &size))
        no_size(c, rpc);
    else if (may_with(c, rpc, c->session)) {
        svc_session_resize(c->session, size);
        svc_session_start(c->session, rpc->id, (uint64_t)input);
    }
}

static void resize(struct svc_connection *c, const struct sp_rpc *rpc)
{
    struct w32_terminal_size size = {0};
    if (!read_size(rpc->params, &size) || size.columns == 0) {
        no_size(c, rpc);
        return;
    }
    svc_session_resize(c->session, size);
    svc_connection_reply(c, rpc->id, json_object());
}

/* ------------------------------------------------------------------ sessions by their id */

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
static struct svc_session *find_session(struct svc_connection *c, const struct sp_rpc *rpc,
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
    refuse(c, rpc, SP_RPC_NO_WORKER, text);
    return NULL;
}

static void resume(struct svc_connection *c, const struct sp_rpc *rpc)
{
    const char *id = NULL, *token = NULL;
    json_int_t protocol = 0, out = -1, err = -1;
    if (rpc->id == NULL || c->session != NULL) {
        svc_connection_error(c, rpc->id, SP_RPC_STATE,
                             "\"resume\" is a request, on a connection without a session");
        return;
    }
    if (json_unpack(rpc->params, "{s:s, s:s, s:I, s:{s:I, s:I}}", "session", &id, "token", &token,
                    "protocol", &protocol, "received", "stdout", &out, "stderr", &err) != 0 ||
        out < 0 || err < 0) {
        invalid(c, rpc,
                "\"resume\" takes \"session\", \"token\", \"protocol\" and \"received\" "
                "with \"stdout\" and \"stderr\"");
        return;
    }
    if (!speaks_our_version(c, rpc, protocol))
        return;
    struct svc_session *s = find_session(c, rpc, id);
    struct svc_resume how = {.token = token};
    how.received[SP_STDOUT] = (uint64_t)out;
    how.received[SP_STDERR] = (uint64_t)err;
    if (s != NULL && may_with(c, rpc, s))
        svc_session_resume(s, c, &how, rpc->id);
}

static void drop(struct svc_connection *c, const struct sp_rpc *rpc)
{
    const char *id = NULL;
    if (json_unpack(rpc->params, "{s:s}", "session", &id) != 0) {
        invalid(c, rpc, "\"drop\" takes \"session\"");
        return;
    }
    struct svc_session *s = find_session(c, rpc, id);
    if (s == NULL || !may_with(c, rpc, s))
        return;
    svc_audit(&(struct svc_audit_entry){
        .kind = SP_AUDIT_DROP, .peer = &c->peer, .worker = s->config->name, .session = s->id});
    svc_session_cut(s);
    svc_connection_reply(c, rpc->id, json_object());
}

/* ------------------------------------------------------------------ while it runs */

static void input_end(struct svc_connection *c, const struct sp_rpc *rpc)
{
    json_int_t bytes = -1;
    if (json_unpack(rpc->params, "{s:I}", "bytes", &bytes) != 0 || bytes < 0) {
        invalid(c, rpc, "\"bytes\" is not a count");
        return;
    }
    svc_connection_reply(c, rpc->id, json_object());
    svc_session_input_end(c->session, (uint64_t)bytes);
}

/* An output by its name. @return SP_STREAM_COUNT, and the client was told, if it is none */
static enum sp_stream output_of(struct svc_connection *c, const struct sp_rpc *rpc,
                                json_int_t *bytes)
{
    const char *name = NULL;
    enum sp_stream stream = SP_STREAM_COUNT;
    if (json_unpack(rpc->params, bytes == NULL ? "{s:s}" : "{s:s, s:I}", "stream", &name, "bytes",
                    bytes) == 0)
        stream = sp_stream_of(name);
    if (stream == SP_STDOUT || stream == SP_STDERR)
        return stream;
    invalid(c, rpc, "\"stream\" is neither \"stdout\" nor \"stderr\"");
    return SP_STREAM_COUNT;
}

static void received(struct svc_connection *c, const struct sp_rpc *rpc)
{
    json_int_t bytes = 0;
    enum sp_stream stream = output_of(c, rpc, &bytes);
    if (stream != SP_STREAM_COUNT && bytes < 0)
        invalid(c, rpc, "\"bytes\" is not a position");
    else if (stream != SP_STREAM_COUNT)
        svc_session_received(c->session, stream, (uint64_t)bytes);
}

static void output_closed(struct svc_connection *c, const struct sp_rpc *rpc)
{
    enum sp_stream stream = output_of(c, rpc, NULL);
    if (stream != SP_STREAM_COUNT)
        svc_session_output_closed(c->session, stream);
}

static void send_signal(struct svc_connection *c, const struct sp_rpc *rpc, struct svc_run *run,
                        enum svc_run_signal what)
{
    struct sp_error err;
    if (run == NULL)
        svc_connection_error(c, rpc->id, SP_RPC_STATE, "the worker is not running");
    else if (svc_run_send(run, what, &err) != SP_OK)
        svc_connection_error(c, rpc->id, SP_RPC_STATE, err.what);
    else {
        svc_audit(&(struct svc_audit_entry){.kind = SP_AUDIT_SIGNAL,
                                            .peer = &c->peer,
                                            .worker = run->config->name,
                                            .session = run->session,
                                            .what = param_of(rpc, "name")});
        svc_connection_reply(c, rpc->id, json_object());
    }
}

static void interrupt(struct svc_connection *c, const struct sp_rpc *rpc)
{
    const char *name = NULL, *session = NULL, *worker = NULL;
    int what = -1;
    if (json_unpack(rpc->params, "{s:s, s?s, s?s}", "name", &name, "session", &session, "worker",
                    &worker) == 0)
        what = svc_run_signal_of(name);
    if (what < 0) {
        invalid(c, rpc, "\"name\" is none of \"int\", \"break\", \"term\" and \"kill\"");
        return;
    }
    if (worker != NULL) {
        struct svc_worker *w = find_worker(c, rpc, worker);
        if (w == NULL)
            return;
        if (w->config->mode != SP_MODE_SHARED)
            refuse(c, rpc, SP_RPC_REFUSED,
                   "each client of this worker has a process of its own (mode: private); name a "
                   "session");
        else if (!svc_connection_move(c, w->home, rpc) && may(c, rpc, w, SP_RIGHT_WRITE))
            send_signal(c, rpc, w->run, (enum svc_run_signal)what);
        return;
    }
    if (session == NULL && c->session == NULL) {
        svc_connection_error(c, rpc->id, SP_RPC_STATE, "\"attach\" first, or name a session");
        return;
    }
    struct svc_session *s = session == NULL ? c->session : find_session(c, rpc, session);
    if (s != NULL && may_with(c, rpc, s))
        send_signal(c, rpc, s->run, (enum svc_run_signal)what);
}

static void ack(struct svc_connection *c, const struct sp_rpc *rpc)
{
    svc_session_ack(c->session, rpc->id);
}

static void detach(struct svc_connection *c, const struct sp_rpc *rpc)
{
    json_int_t input = 0;
    if ((rpc->params != NULL && json_unpack(rpc->params, "{s?I}", "input", &input) != 0) ||
        input < 0)
        invalid(c, rpc, "\"input\" is not a count");
    else
        svc_session_detach(c->session, rpc->id, (uint64_t)input);
}

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
        invalid(c, rpc, "\"worker\" is missing");
        return;
    }
    struct svc_worker *w = find_worker(c, rpc, name);
    if (w != NULL && !svc_connection_move(c, w->home, rpc) && may(c, rpc, w, SP_RIGHT_CONTROL))
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
        invalid(c, rpc, "\"logs\" takes \"worker\", and perhaps \"lines\" and \"follow\"");
        return;
    }
    struct svc_worker *w = find_worker(c, rpc, name);
    /* Whoever may watch a shared worker sees no more in its log; a private one's has what others
     * wrote and read. */
    if (w == NULL ||
        !may(c, rpc, w, w->config->mode == SP_MODE_SHARED ? SP_RIGHT_READ : SP_RIGHT_CONTROL))
        return;
    if (w->capture == NULL)
        refuse(c, rpc, SP_RPC_REFUSED,
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
        invalid(c, rpc, "\"access\" takes \"worker\", and perhaps \"account\"");
        return;
    }
    struct svc_worker *w = find_worker(c, rpc, name);
    if (w == NULL)
        return;
    if (svc_access_of_client(c->pipe, &w->access, SP_RIGHT_CONTROL))
        svc_inquiry_start(c, w, rpc->id, account);
    else if (account != NULL)
        refuse(c, rpc, SP_RPC_REFUSED,
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
        invalid(c, rpc, "\"from\" is not a number of an item, or \"worker\" is no name");
        return;
    }
    if (name != NULL && (only = find_worker(c, rpc, name)) == NULL)
        return;
    struct svc_asker asker = {.server = c->shard->server, .sid = c->peer.sid};
    struct sp_error err;
    if (w32_peer_token(c->pipe, &asker.token, &err) == SP_OK)
        svc_connection_reply(c, rpc->id, list(&asker, only, (uint64_t)from));
    else
        refuse(c, rpc, SP_RPC_REFUSED, err.what);
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
        refuse(c, rpc, SP_RPC_REFUSED,
               "the page shows everything, so it takes the right to administer the service, and "
               "the config's allow.admin does not name you or a group of yours");
    else if (c->peer.remote)
        refuse(c, rpc, SP_RPC_REFUSED,
               "the page is served to its own machine alone: use \"standpipe dashboard\" there");
    else if (server->dashboard == NULL)
        refuse(c, rpc, SP_RPC_REFUSED,
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
        refuse(c, rpc, SP_RPC_REFUSED,
               "the config says what the service runs, so to reload it takes the right to "
               "administer the service, and its allow.admin does not name you or a group of "
               "yours");
    else if (c->shard->stopping)
        refuse(c, rpc, SP_RPC_REFUSED, "the service is stopping");
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
    {"attach", false, attach},
    {"start", true, start},
    {"resize", true, resize},
    {"input_end", true, input_end},
    {"received", true, received},
    {"output_closed", true, output_closed},
    {"ack", true, ack},
    {"detach", true, detach},
    {"resume", false, resume},
    {"signal", false, interrupt},
    {"drop", false, drop},
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
