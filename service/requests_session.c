/* service/requests_session.c - the methods of a session: attaching, what its client says while it
 * runs, its way back. */
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "service/audit.h"
#include "service/log.h"
#include "service/requests_parts.h"
#include "service/run.h"

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

static bool speaks_our_version(struct svc_connection *c, const struct sp_rpc *rpc,
                               json_int_t protocol)
{
    char text[SP_ERROR_TEXT_MAX];
    if (protocol == SP_PROTOCOL_VERSION)
        return true;
    snprintf(text, sizeof text, "this service speaks version %d of the protocol, not %lld",
             SP_PROTOCOL_VERSION, (long long)protocol);
    svc_request_refuse(c, rpc, SP_RPC_REFUSED, text);
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

void svc_request_attach(struct svc_connection *c, const struct sp_rpc *rpc)
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
        svc_request_invalid(c, rpc, text);
        return;
    }
    if (replay < -1) {
        svc_request_invalid(c, rpc, "\"replay\" is neither a count of bytes nor -1");
        return;
    }
    if (args != NULL && (!json_is_array(args) || !all_strings(args))) {
        svc_request_invalid(c, rpc, "\"args\" is not an array of strings");
        return;
    }
    options.transport = sp_transport_of(transport);
    if (options.transport == SP_TRANSPORT_COUNT || !read_offers(handles, options.offers)) {
        svc_request_invalid(
            c, rpc,
            "\"transport\" is \"relay\", \"direct\", \"handoff\" or \"auto\", and \"handles\" "
            "has numbers above 0 by the names of streams");
        return;
    }
    if (!speaks_our_version(c, rpc, protocol))
        return;
    struct svc_worker *worker = svc_request_worker(c, rpc, name);
    if (worker == NULL)
        return;
    if (c->shard->stopping) {
        svc_request_refuse(c, rpc, SP_RPC_REFUSED, "the service is stopping");
        return;
    }
    bool shared = worker->config->mode == SP_MODE_SHARED;
    if (shared && svc_connection_move(c, worker->home, rpc))
        return;
    if (!svc_request_may(c, rpc, worker, svc_access_to_use(worker->config, read_only != 0)))
        return;
    const char *why = why_not(c, worker->config, args);
    if (why == NULL && replay != 0 && !shared)
        why = "this worker is yours alone (mode: private): it has no past to replay";
    if (why != NULL) {
        svc_worker_refused(worker);
        svc_request_refuse(c, rpc, SP_RPC_REFUSED, why);
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
        svc_request_refuse(c, rpc, SP_RPC_REFUSED, err.what);
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
    svc_request_invalid(c, rpc, text);
}

void svc_request_start(struct svc_connection *c, const struct sp_rpc *rpc)
{
    json_int_t input = 0;
    struct w32_terminal_size size = {0};
    if (rpc->id == NULL)
        svc_connection_error(c, NULL, SP_RPC_INVALID_REQUEST, "\"start\" is a request");
    else if ((rpc->params != NULL && json_unpack(rpc->params, "{s?I}", "stdin", &input) != 0) ||
             input < 0)
        svc_request_invalid(c, rpc, "\"stdin\" is not a handle's number");
    else if (!read_size(rpc->params, &size))
        no_size(c, rpc);
    else if (svc_request_may_with(c, rpc, c->session)) {
        svc_session_resize(c->session, size);
        svc_session_start(c->session, rpc->id, (uint64_t)input);
    }
}

void svc_request_resize(struct svc_connection *c, const struct sp_rpc *rpc)
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

void svc_request_resume(struct svc_connection *c, const struct sp_rpc *rpc)
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
        svc_request_invalid(
            c, rpc,
            "\"resume\" takes \"session\", \"token\", \"protocol\" and \"received\" "
            "with \"stdout\" and \"stderr\"");
        return;
    }
    if (!speaks_our_version(c, rpc, protocol))
        return;
    struct svc_session *s = svc_request_session(c, rpc, id);
    struct svc_resume how = {.token = token};
    how.received[SP_STDOUT] = (uint64_t)out;
    how.received[SP_STDERR] = (uint64_t)err;
    if (s != NULL && svc_request_may_with(c, rpc, s))
        svc_session_resume(s, c, &how, rpc->id);
}

void svc_request_drop(struct svc_connection *c, const struct sp_rpc *rpc)
{
    const char *id = NULL;
    if (json_unpack(rpc->params, "{s:s}", "session", &id) != 0) {
        svc_request_invalid(c, rpc, "\"drop\" takes \"session\"");
        return;
    }
    struct svc_session *s = svc_request_session(c, rpc, id);
    if (s == NULL || !svc_request_may_with(c, rpc, s))
        return;
    svc_audit(&(struct svc_audit_entry){
        .kind = SP_AUDIT_DROP, .peer = &c->peer, .worker = s->config->name, .session = s->id});
    svc_session_cut(s);
    svc_connection_reply(c, rpc->id, json_object());
}

/* ------------------------------------------------------------------ while it runs */

void svc_request_input_end(struct svc_connection *c, const struct sp_rpc *rpc)
{
    json_int_t bytes = -1;
    if (json_unpack(rpc->params, "{s:I}", "bytes", &bytes) != 0 || bytes < 0) {
        svc_request_invalid(c, rpc, "\"bytes\" is not a count");
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
    svc_request_invalid(c, rpc, "\"stream\" is neither \"stdout\" nor \"stderr\"");
    return SP_STREAM_COUNT;
}

void svc_request_received(struct svc_connection *c, const struct sp_rpc *rpc)
{
    json_int_t bytes = 0;
    enum sp_stream stream = output_of(c, rpc, &bytes);
    if (stream != SP_STREAM_COUNT && bytes < 0)
        svc_request_invalid(c, rpc, "\"bytes\" is not a position");
    else if (stream != SP_STREAM_COUNT)
        svc_session_received(c->session, stream, (uint64_t)bytes);
}

void svc_request_output_closed(struct svc_connection *c, const struct sp_rpc *rpc)
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
                                            .what = svc_request_text(rpc, "name")});
        svc_connection_reply(c, rpc->id, json_object());
    }
}

void svc_request_interrupt(struct svc_connection *c, const struct sp_rpc *rpc)
{
    const char *name = NULL, *session = NULL, *worker = NULL;
    int what = -1;
    if (json_unpack(rpc->params, "{s:s, s?s, s?s}", "name", &name, "session", &session, "worker",
                    &worker) == 0)
        what = svc_run_signal_of(name);
    if (what < 0) {
        svc_request_invalid(c, rpc,
                            "\"name\" is none of \"int\", \"break\", \"term\" and \"kill\"");
        return;
    }
    if (worker != NULL) {
        struct svc_worker *w = svc_request_worker(c, rpc, worker);
        if (w == NULL)
            return;
        if (w->config->mode != SP_MODE_SHARED)
            svc_request_refuse(
                c, rpc, SP_RPC_REFUSED,
                "each client of this worker has a process of its own (mode: private); name a "
                "session");
        else if (!svc_connection_move(c, w->home, rpc) &&
                 svc_request_may(c, rpc, w, SP_RIGHT_WRITE))
            send_signal(c, rpc, w->run, (enum svc_run_signal)what);
        return;
    }
    if (session == NULL && c->session == NULL) {
        svc_connection_error(c, rpc->id, SP_RPC_STATE, "\"attach\" first, or name a session");
        return;
    }
    struct svc_session *s = session == NULL ? c->session : svc_request_session(c, rpc, session);
    if (s != NULL && svc_request_may_with(c, rpc, s))
        send_signal(c, rpc, s->run, (enum svc_run_signal)what);
}

void svc_request_ack(struct svc_connection *c, const struct sp_rpc *rpc)
{
    svc_session_ack(c->session, rpc->id);
}

void svc_request_detach(struct svc_connection *c, const struct sp_rpc *rpc)
{
    json_int_t input = 0;
    if ((rpc->params != NULL && json_unpack(rpc->params, "{s?I}", "input", &input) != 0) ||
        input < 0)
        svc_request_invalid(c, rpc, "\"input\" is not a count");
    else
        svc_session_detach(c->session, rpc->id, (uint64_t)input);
}
