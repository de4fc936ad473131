/* client/session.c - what the service has told of our session, and what follows from it. */
#include "client/session.h"

#include <stdio.h>
#include <string.h>

#include "client/verbs.h"

/* ------------------------------------------------------------------ answers */

/* Which way each stream goes; through the service where the answer doesn't say. */
static bool read_transports(struct cli_session *s, json_t *transports)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(transports, name, value)
    {
        enum sp_stream stream = sp_stream_of(name);
        enum sp_transport transport = sp_transport_of(json_string_value(value));
        if (stream == SP_STREAM_COUNT || transport >= SP_TRANSPORT_AUTO)
            return false;
        s->transport[stream] = transport;
    }
    return true;
}

sp_status cli_session_attached(struct cli_session *s, json_t *result, struct sp_error *err)
{
    const char *id = NULL, *mode = "private", *token = "";
    json_int_t resume_ms = 0, drain_ms = 0;
    int tty = 0;
    json_t *transports = NULL;
    if (json_unpack(result, "{s:s, s?s, s?I, s?s, s?I, s?o, s?b}", "session", &id, "mode", &mode,
                    "resume_ms", &resume_ms, "token", &token, "drain_ms", &drain_ms, "transports",
                    &transports, "tty", &tty) != 0 ||
        !read_transports(s, transports) || strlen(id) > CLI_SESSION_ID_MAX ||
        strlen(token) > CLI_SESSION_TOKEN_MAX)
        return sp_fail(err, SP_EPROTOCOL, 0, "the service's answer describes no session");
    snprintf(s->id, sizeof s->id, "%s", id);
    s->shared = strcmp(mode, "shared") == 0;
    s->tty = tty != 0;
    s->drain_ms = drain_ms < 0 ? 0 : (uint64_t)drain_ms;
    if (resume_ms > 0 && *token != '\0') {
        s->resume_ms = (uint64_t)resume_ms;
        snprintf(s->token, sizeof s->token, "%s", token);
    }
    return SP_OK;
}

void cli_session_started(struct cli_session *s, json_t *result)
{
    json_t *positions = json_object_get(result, "positions");
    for (int i = SP_STDOUT; i <= SP_STDERR && !s->placed; i++) {
        json_t *position = json_object_get(positions, sp_stream_name((enum sp_stream)i));
        if (json_integer_value(position) > 0)
            s->outputs[i].offset = (uint64_t)json_integer_value(position);
    }
    s->placed = true;
}

sp_status cli_session_resumed(struct cli_session *s, json_t *result, uint64_t *input,
                              struct sp_error *err)
{
    json_int_t bytes = -1, resume_ms = -1;
    const char *token = NULL;
    if (json_unpack(result, "{s:I, s?I, s?s}", "input", &bytes, "resume_ms", &resume_ms, "token",
                    &token) != 0 ||
        bytes < 0 || (token != NULL && strlen(token) > CLI_SESSION_TOKEN_MAX))
        return sp_fail(err, SP_EPROTOCOL, 0, "the service's answer resumes nothing");
    if (resume_ms >= 0)
        s->resume_ms = (uint64_t)resume_ms;
    if (token != NULL)
        snprintf(s->token, sizeof s->token, "%s", token);
    *input = (uint64_t)bytes;
    if (*input > s->input_received)
        s->input_received = *input;
    return SP_OK;
}

/* ------------------------------------------------------------------ messages */

/* The stream and the count of a message; false when it is not about an output. */
static bool output_of(json_t *params, enum sp_stream *stream, json_int_t *bytes)
{
    const char *name = NULL;
    if (json_unpack(params, "{s:s, s:I}", "stream", &name, "bytes", bytes) != 0 || *bytes < 0)
        return false;
    *stream = sp_stream_of(name);
    return *stream == SP_STDOUT || *stream == SP_STDERR;
}

static void output_ended(struct cli_session *s, json_t *params)
{
    enum sp_stream stream;
    json_int_t bytes = 0;
    if (!output_of(params, &stream, &bytes))
        return;
    s->outputs[stream].ended = true;
    s->outputs[stream].total = (uint64_t)bytes;
}

/* One gap more; it may go on where the last one ended. */
static void add_gap(struct cli_output *o, struct cli_gap gap)
{
    struct cli_gap *last = o->gap_count == 0 ? NULL : &o->gaps[o->gap_count - 1];
    o->dropped += gap.bytes;
    if (last != NULL && last->at + last->bytes == gap.at) {
        last->bytes += gap.bytes;
        return;
    }
    if (o->gap_count == CLI_SESSION_GAPS) { /* so many can't lie between the service and us */
        o->offset += o->gaps[0].bytes;
        memmove(o->gaps, o->gaps + 1, --o->gap_count * sizeof *o->gaps);
    }
    o->gaps[o->gap_count++] = gap;
}

static void dropped(struct cli_session *s, json_t *params)
{
    enum sp_stream stream;
    json_int_t bytes = 0, at = -1;
    if (!output_of(params, &stream, &bytes) || json_unpack(params, "{s:I}", "at", &at) != 0 ||
        at < 0 || bytes == 0)
        return;
    add_gap(&s->outputs[stream], (struct cli_gap){(uint64_t)at, (uint64_t)bytes});
    cli_complain("%lld bytes of %s were left out here: this client reads too slowly",
                 (long long)bytes, sp_stream_name(stream));
}

static void input_received(struct cli_session *s, json_t *params)
{
    json_int_t bytes = json_integer_value(json_object_get(params, "bytes"));
    if (bytes > 0 && (uint64_t)bytes > s->input_received)
        s->input_received = (uint64_t)bytes;
}

static void stopping(struct cli_session *s, json_t *params)
{
    const char *reason = json_string_value(json_object_get(params, "reason"));
    if (s->stopping)
        return;
    s->stopping = true;
    cli_complain("the worker is being stopped%s%s", reason == NULL ? "" : ": ",
                 reason == NULL ? "" : reason);
}

/* The exit code; and in words what else happened. */
static void exited(struct cli_session *s, json_t *params)
{
    json_int_t code = 0;
    const char *reason = NULL, *held_by = NULL, *left = NULL;
    if (s->exited)
        return;
    s->exited = true;
    if (json_unpack(params, "{s:I, s?s, s?s, s?s}", "code", &code, "reason", &reason, "held_by",
                    &held_by, "left", &left) != 0) {
        cli_complain("the service told an exit without a code");
        s->code = CLI_REFUSED;
        return;
    }
    s->code = (uint32_t)code;
    if (held_by != NULL)
        cli_complain("after its exit the worker's output was held open, and was ended: %s",
                     held_by);
    if (left != NULL)
        cli_complain("the worker left other programs running, which were ended: %s", left);
    if (reason != NULL) {
        cli_complain("the worker was ended (its exit code: %u): %s", (unsigned)s->code, reason);
        s->code = CLI_REFUSED;
    }
}

void cli_session_told(struct cli_session *s, const struct sp_rpc *rpc)
{
    if (rpc->kind == SP_RPC_ERROR)
        cli_complain("%s", rpc->message);
    if (rpc->kind != SP_RPC_NOTIFICATION)
        return;
    if (strcmp(rpc->method, "output_end") == 0)
        output_ended(s, rpc->params);
    else if (strcmp(rpc->method, "dropped") == 0)
        dropped(s, rpc->params);
    else if (strcmp(rpc->method, "input_closed") == 0)
        s->input_closed = true;
    else if (strcmp(rpc->method, "input_received") == 0)
        input_received(s, rpc->params);
    else if (strcmp(rpc->method, "stopping") == 0)
        stopping(s, rpc->params);
    else if (strcmp(rpc->method, "exit") == 0)
        exited(s, rpc->params);
}

/* ------------------------------------------------------------------ positions */

uint64_t cli_session_position(const struct cli_session *s, enum sp_stream stream, uint64_t bytes)
{
    const struct cli_output *o = &s->outputs[stream];
    uint64_t position = o->offset + bytes;
    for (size_t i = 0; i < o->gap_count && position >= o->gaps[i].at; i++)
        position += o->gaps[i].bytes;
    return position;
}

enum cli_ending cli_session_ending(const struct cli_session *s, enum sp_stream stream,
                                   uint64_t bytes)
{
    const struct cli_output *o = &s->outputs[stream];
    uint64_t position = cli_session_position(s, stream, bytes);
    if (!o->ended)
        return CLI_ENDING_OPEN;
    return position < o->total    ? CLI_ENDING_SHORT
           : position == o->total ? CLI_ENDING_WHOLE
                                  : CLI_ENDING_LONG;
}

sp_status cli_session_incomplete(const struct cli_session *s, enum sp_stream stream, uint64_t bytes,
                                 struct sp_error *err)
{
    const struct cli_output *o = &s->outputs[stream];
    uint64_t position = cli_session_position(s, stream, bytes);
    uint64_t missing = o->total > position ? o->total - position : 0;
    if (!o->ended)
        return sp_fail(err, SP_EPROTOCOL, 0, "the worker's %s broke off after %llu bytes",
                       sp_stream_name(stream), (unsigned long long)bytes);
    if (position > o->total)
        return sp_fail(err, SP_EPROTOCOL, 0,
                       "of the worker's %s %llu bytes more came than there are",
                       sp_stream_name(stream), (unsigned long long)(position - o->total));
    return sp_fail(err, SP_EPROTOCOL, 0, "of %llu bytes of the worker's %s only %llu came",
                   (unsigned long long)(bytes + missing), sp_stream_name(stream),
                   (unsigned long long)bytes);
}
