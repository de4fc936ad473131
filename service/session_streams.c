/* service/session_streams.c - the bytes of a session: stdin by a relay to the run, each output by a
 * relay from it or, where the run keeps its output, by a reader of its feed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/capture.h"
#include "service/connection.h"
#include "service/log.h"
#include "service/session_parts.h"
#include "service/worker.h"
#include "win32/acl.h"

enum {
    DATA_BYTES = 1 << 20, /* the kernel's buffer of a data pipe: a ceiling, not taken while idle */
    INPUT_STEP = 256 << 10, /* how much stdin may come before the client is told of it */
};

/* ------------------------------------------------------------------ the pipes */

sp_status svc_session_make_pipes(struct svc_session *s, struct sp_error *err)
{
    const struct w32_acl_entry entries[] = {
        {s->peer.sid, W32_ACL_USE}, {"SY", W32_ACL_USE}, {"BA", W32_ACL_USE}};
    void *access = NULL;
    sp_status status = w32_acl_pipe(entries, 3, s->peer.remote, &access, err);
    for (int i = s->read_only ? SP_STDOUT : SP_STDIN; status == SP_OK && i < SP_STREAM_COUNT; i++) {
        if (s->transport[i] == SP_TRANSPORT_HANDOFF)
            continue;
        status = w32_npipe_random_leaf(s->shard->server->options.pipe_name, &s->leaves[i], err);
        struct w32_npipe_options options = {
            .leaf = s->leaves[i].text,
            .access = i == SP_STDIN ? W32_NPIPE_READ : W32_NPIPE_WRITE,
            .first = true,
            .only = true,
            .synchronous = s->transport[i] == SP_TRANSPORT_DIRECT,
            .remote = s->peer.remote,
            .size_bytes = DATA_BYTES,
            .security_descriptor = access,
        };
        if (status == SP_OK)
            status = w32_npipe_create(&options, &s->data[i], err);
    }
    w32_acl_free(access);
    return status;
}

bool svc_session_pipes_open(const struct svc_session *s)
{
    for (int i = s->read_only ? SP_STDOUT : SP_STDIN; i < SP_STREAM_COUNT; i++)
        if (s->data[i] != NULL && !w32_npipe_connected(s->data[i]))
            return false; /* NULL: the client has given this output up, or hands its own over */
    return true;
}

void svc_session_close_pipe(struct svc_session *s, enum sp_stream stream)
{
    w32_npipe_close(&s->data[stream], s->raw ? s->worker->raw_leaf : s->leaves[stream].text);
}

sp_status svc_session_bind(struct svc_session *s, struct sp_error *err)
{
    sp_status status = SP_OK;
    for (int i = s->read_only ? SP_STDOUT : SP_STDIN; status == SP_OK && i < SP_STREAM_COUNT; i++)
        if (s->data[i] != NULL && s->transport[i] == SP_TRANSPORT_RELAY)
            status = w32_loop_bind(s->shard->loop, s->data[i], err);
    return status;
}

/* ------------------------------------------------------------------ stdin */

uint64_t svc_session_input(const struct svc_session *s)
{
    return s->input_before + s->relays[SP_STDIN].received;
}

static uint64_t input_written(const struct svc_session *s)
{
    return s->input_before + s->relays[SP_STDIN].bytes;
}

/* Only a private worker's stdin ends with its client's; and a keyboard has no end. */
static void complete_input(struct svc_session *s)
{
    s->input_complete = true;
    if (s->config->mode == SP_MODE_PRIVATE && !s->config->tty)
        svc_run_close_input(s->run);
}

/* The worker takes no more of it. */
static void refuse_input(struct svc_session *s)
{
    s->input_refused = true;
    if (s->config->mode == SP_MODE_PRIVATE)
        svc_run_close_input(s->run);
}

/* The worker gets its end of input only for an end that was announced and arrived whole: a
 * connection that breaks in the middle is no end. */
static void complete_input_if_whole(struct svc_session *s)
{
    char text[SP_ERROR_TEXT_MAX];
    if (!s->input_arrived || !s->input_is_announced || s->input_complete || s->lost)
        return;
    uint64_t arrived = input_written(s);
    if (arrived == s->input_announced) {
        complete_input(s);
        return;
    }
    snprintf(text, sizeof text, "%llu bytes of stdin were announced, and %llu came",
             (unsigned long long)s->input_announced, (unsigned long long)arrived);
    svc_log(SVC_LOG_WARNING, "session %s: %s", s->id, text);
    if (s->resume_ms == 0) /* else it is a connection that breaks, and its client comes back */
        svc_connection_error(s->connection, NULL, SP_RPC_INVALID_PARAMS, text);
    svc_connection_close(s->connection);
}

void svc_session_input_end(struct svc_session *s, uint64_t bytes)
{
    if (s->transport[SP_STDIN] != SP_TRANSPORT_RELAY) {
        w32_handle_close(&s->input_held);
        return;
    }
    s->input_announced = bytes;
    s->input_is_announced = true;
    if (s->state == SVC_SESSION_RUNNING && !s->relays[SP_STDIN].running)
        complete_input_if_whole(s);
}

static void tell_input_closed(struct svc_session *s)
{
    if (s->connection != NULL && !s->lost && !s->input_complete)
        svc_connection_notify(s->connection, "input_closed",
                              json_pack("{s:I}", "bytes", (json_int_t)input_written(s)));
}

/* A raw client says nothing when it leaves: once its input has ended, only a read notices. */
static void watch_raw(struct svc_session *s)
{
    w32_op_read(s->shard->loop, &s->watch, s->data[SP_STDIN], s->watched, sizeof s->watched);
}

static void watched(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    (void)bytes;
    struct svc_session *s = SP_CONTAINER(op, struct svc_session, watch);
    if (s->state == SVC_SESSION_CLOSING)
        svc_session_settle(s);
    else if (os == 0)
        watch_raw(s); /* nobody reads what comes behind an end */
    else
        svc_session_lost(s);
}

static void raw_input_ended(struct svc_session *s, const struct svc_relay *r)
{
    if (s->state == SVC_SESSION_CLOSING)
        svc_session_settle(s);
    else if (r->why == SVC_RELAY_FAILED || (r->why == SVC_RELAY_EOF && !r->half_closed))
        svc_session_lost(s);
    else {
        watch_raw(s);
        if (r->why == SVC_RELAY_EOF)
            complete_input(s);
        svc_run_look(s->run);
        svc_session_look(s);
    }
}

/* Bytes are missing, and nobody may take what came for all of it. Frees s, now or soon. */
static void fail_session(struct svc_session *s, enum sp_stream stream, uint32_t os)
{
    char text[SP_ERROR_TEXT_MAX];
    snprintf(text, sizeof text, "the service could not go on with %s (error %u)",
             sp_stream_name(stream), (unsigned)os);
    svc_log(SVC_LOG_ERROR, "session %s: %s", s->id, text);
    if (s->connection != NULL)
        svc_connection_error(s->connection, NULL, SP_RPC_INTERNAL, text);
    svc_session_audit_end(s, text);
    svc_session_finish(s);
}

static void start_or_refuse_input(struct svc_session *s);

static void start_input(struct svc_session *s)
{
    struct svc_relay *r = &s->relays[SP_STDIN];
    struct svc_relay fresh = {
        .ended = r->ended, .moved = r->moved, .owner = s, .budget = r->budget};
    s->input_before += r->bytes;
    *r = fresh;
    r->empty_is_end = r->read.posted = s->raw;
    svc_relay_start(r, s->shard->loop, s->data[SP_STDIN], s->run->programs.ends[SP_STDIN]);
}

static void input_moved(struct svc_relay *r)
{
    struct svc_session *s = r->owner;
    uint64_t input = svc_session_input(s);
    svc_session_detach_if_due(s);
    if (s->resume_ms == 0 || s->lost || s->connection == NULL || input - s->input_told < INPUT_STEP)
        return;
    s->input_told = input;
    svc_connection_notify(s->connection, "input_received",
                          json_pack("{s:I}", "bytes", (json_int_t)input));
}

static void input_ended(struct svc_relay *r, enum svc_relay_why why, uint32_t os)
{
    struct svc_session *s = r->owner;
    if (s->raw) {
        raw_input_ended(s, r);
        return;
    }
    /* A source that failed is a connection that breaks. */
    bool broke = why == SVC_RELAY_EOF || r->source_failed;
    if (why == SVC_RELAY_FAILED && !broke && s->state == SVC_SESSION_RUNNING) {
        fail_session(s, SP_STDIN, os);
        return;
    }
    if (why == SVC_RELAY_TARGET_GONE)
        refuse_input(s);
    if (s->input_waits) {
        s->input_waits = false;
        start_or_refuse_input(s);
        svc_run_look(s->run);
        return;
    }
    if (!s->reopening) /* else the pipe is the next one's already */
        svc_session_close_pipe(s, SP_STDIN);
    svc_session_detach_if_due(s);
    if (s->state == SVC_SESSION_RUNNING && broke) {
        s->input_arrived = true;
        complete_input_if_whole(s);
    } else if (s->state == SVC_SESSION_RUNNING)
        tell_input_closed(s);
    if (s->run != NULL && s->state != SVC_SESSION_CLOSING) {
        svc_run_look(s->run);
        svc_session_look(s);
    }
    svc_session_settle(s);
}

static void start_or_refuse_input(struct svc_session *s)
{
    if (s->transport[SP_STDIN] != SP_TRANSPORT_RELAY)
        return;
    s->input_arrived = false;
    if (s->read_only || s->input_complete)
        svc_session_close_pipe(s, SP_STDIN);
    else if (s->input_refused || s->run->programs.ends[SP_STDIN] == NULL || s->run->closing_input) {
        if (s->raw)
            watch_raw(s);
        else
            svc_session_close_pipe(s, SP_STDIN);
        tell_input_closed(s);
    } else if (s->relays[SP_STDIN].running)
        s->input_waits = true;
    else
        start_input(s);
}

void svc_session_stop_input(struct svc_session *s)
{
    svc_relay_stop(&s->relays[SP_STDIN]);
    if (s->transport[SP_STDIN] != SP_TRANSPORT_DIRECT)
        return;
    /* The other end is the client's, who is asked to close it. */
    w32_handle_close(&s->input_held);
    if (s->connection != NULL && s->state == SVC_SESSION_RUNNING)
        svc_connection_notify(s->connection, "input_closed", json_object());
}

/* ------------------------------------------------------------------ outputs */

static void tell_output_end(struct svc_session *s, enum sp_stream stream, uint64_t bytes)
{
    if (s->connection != NULL && !s->lost)
        svc_connection_notify(
            s->connection, "output_end",
            json_pack("{s:s, s:I}", "stream", sp_stream_name(stream), "bytes", (json_int_t)bytes));
}

/* Must be the caller's last use of s. */
static void output_is_done(struct svc_session *s, enum sp_stream stream)
{
    bool held = s->holding;
    s->output_done[stream] = true;
    if (s->state != SVC_SESSION_CLOSING) {
        s->holding = true; /* the run may tell its sessions that it is over */
        svc_run_look(s->run);
        s->holding = held;
    }
    if (s->state == SVC_SESSION_CLOSING || s->lost)
        svc_session_settle(s);
    else
        svc_session_look(s);
}

static void relay_ended(struct svc_relay *r, enum svc_relay_why why, uint32_t os)
{
    struct svc_session *s = r->owner;
    enum sp_stream stream = (enum sp_stream)(r - s->relays);
    if (why == SVC_RELAY_FAILED && s->state == SVC_SESSION_RUNNING) {
        fail_session(s, stream, os);
        return;
    }
    /* The client's end keeps what it has not read yet. */
    svc_run_close_output(s->run, stream);
    if (!s->raw)
        svc_session_close_pipe(s, stream);
    tell_output_end(s, stream, r->bytes);
    output_is_done(s, stream);
}

static struct svc_session *session_of(struct svc_reader *r, enum sp_stream *stream)
{
    struct svc_session *s = r->owner;
    *stream = (enum sp_stream)(r - s->readers);
    return s;
}

static void finished(struct svc_reader *r)
{
    enum sp_stream stream;
    struct svc_session *s = session_of(r, &stream);
    if (!s->raw)
        svc_session_close_pipe(s, stream);
    tell_output_end(s, stream, r->at);
    output_is_done(s, stream);
}

/* The client takes no more of an output. A private worker is told so by a closed pipe. */
static void give_output_up(struct svc_session *s, enum sp_stream stream)
{
    svc_reader_leave(&s->readers[stream]);
    if (s->config->mode == SP_MODE_PRIVATE)
        svc_run_close_output(s->run, stream);
    svc_session_close_pipe(s, stream);
    tell_output_end(s, stream, s->readers[stream].at);
    output_is_done(s, stream);
}

static void cut_off(struct svc_session *s)
{
    svc_log(SVC_LOG_WARNING, "session %s: cut off, since it reads too slowly (slow: disconnect)",
            s->id);
    if (s->connection != NULL)
        svc_connection_error(s->connection, NULL, SP_RPC_REFUSED,
                             "this client reads too slowly for this worker (slow: disconnect)");
    svc_session_audit_end(s, "the client reads too slowly (slow: disconnect)");
    svc_session_finish(s);
}

static void halted(struct svc_reader *r, uint32_t os)
{
    (void)os;
    enum sp_stream stream;
    struct svc_session *s = session_of(r, &stream);
    if (s->state == SVC_SESSION_CLOSING)
        svc_session_settle(s);
    else if (s->too_slow)
        cut_off(s);
    else if (s->raw)
        svc_session_lost(s);
    else if (s->output_closed[stream] || s->resume_ms == 0)
        give_output_up(s, stream);
    else
        svc_session_settle(s); /* a lost connection, or soon one */
}

static bool skipped(struct svc_reader *r, uint64_t bytes)
{
    enum sp_stream stream;
    struct svc_session *s = session_of(r, &stream);
    if (s->config->slow == SP_SLOW_DISCONNECT) {
        s->too_slow = true;
        return false;
    }
    if (bytes > 0 && s->connection != NULL && !s->lost)
        svc_connection_notify(s->connection, "dropped",
                              json_pack("{s:s, s:I, s:I}", "stream", sp_stream_name(stream), "at",
                                        (json_int_t)r->at, "bytes", (json_int_t)bytes));
    return true;
}

void svc_session_output_closed(struct svc_session *s, enum sp_stream stream)
{
    if (s->output_closed[stream] || s->output_done[stream] || s->state > SVC_SESSION_RUNNING)
        return;
    s->output_closed[stream] = true;
    if (s->transport[stream] != SP_TRANSPORT_RELAY) {
        s->output_done[stream] = true; /* nobody but the client has seen it */
        if (s->state == SVC_SESSION_RUNNING)
            output_is_done(s, stream);
        return;
    }
    if (s->state < SVC_SESSION_RUNNING || !s->run->fed)
        return; /* whoever writes to it sees it */
    if (s->readers[stream].running)
        svc_reader_halt(&s->readers[stream]);
    else
        give_output_up(s, stream);
}

void svc_session_received(struct svc_session *s, enum sp_stream stream, uint64_t bytes)
{
    if (s->readers[stream].link.next != NULL)
        svc_reader_confirm(&s->readers[stream], bytes);
}

void svc_session_join_feeds(struct svc_session *s)
{
    if (!s->run->fed)
        return;
    bool shared = s->config->mode == SP_MODE_SHARED;
    for (int i = SP_STDOUT; i <= SP_STDERR; i++) {
        struct svc_reader *r = &s->readers[i];
        if (s->raw && i == SP_STDERR)
            continue; /* a raw client has no place for it */
        r->owner = s;
        r->write.posted = s->raw;
        r->finished = finished;
        r->halted = halted;
        r->skipped = skipped;
        r->holds = !shared || s->config->slow == SP_SLOW_BLOCK;
        r->confirms = s->resume_ms > 0;
        svc_reader_join(r, &s->run->feeds[i], s->replay);
        s->first[i] = r->at;
    }
}

/* ------------------------------------------------------------------ all of them */

void svc_session_init_streams(struct svc_session *s)
{
    for (int i = 0; i < SP_STREAM_COUNT; i++) {
        s->relays[i].owner = s;
        s->relays[i].budget = &s->shard->budget;
        s->relays[i].ended = i == SP_STDIN ? input_ended : relay_ended;
    }
    s->relays[SP_STDIN].moved = input_moved;
    s->watch.done = watched;
    s->watch.posted = s->raw;
    s->relays[SP_STDOUT].write.posted = s->raw;
}

static void seen(struct svc_relay *r, const void *data, size_t len)
{
    const struct svc_session *s = r->owner;
    svc_worker_said(s->worker, s->run, (enum sp_stream)(r - s->relays), data, len);
}

static w32_handle target_of(const struct svc_session *s, enum sp_stream stream)
{
    if (!s->raw)
        return s->data[stream];
    return stream == SP_STDOUT ? s->data[SP_STDIN] : NULL;
}

static void start_relays(struct svc_session *s)
{
    struct w32_loop *loop = s->shard->loop;
    for (int i = SP_STDOUT; i <= SP_STDERR; i++) {
        enum sp_stream stream = (enum sp_stream)i;
        if (s->transport[i] != SP_TRANSPORT_RELAY)
            continue;
        s->relays[i].seen = svc_capture_wants(s->worker->capture, stream) ? seen : NULL;
        svc_relay_start(&s->relays[i], loop, s->run->programs.ends[i], target_of(s, stream));
    }
}

void svc_session_start_streams(struct svc_session *s, const uint64_t from[SP_STREAM_COUNT])
{
    start_or_refuse_input(s);
    if (!s->run->fed) {
        start_relays(s);
        return;
    }
    /* A reader that has nothing left to give says so at once, and a session may end of it. */
    struct svc_run *run = s->run;
    run->walking++;
    s->holding = true;
    for (int i = SP_STDOUT; i <= SP_STDERR; i++) {
        s->output_done[i] = s->readers[i].link.next == NULL;
        if (s->output_done[i] && !s->raw) { /* it was given up, and the client may not know */
            svc_session_close_pipe(s, (enum sp_stream)i);
            tell_output_end(s, (enum sp_stream)i, s->readers[i].at);
        }
    }
    for (int i = SP_STDOUT; i <= SP_STDERR; i++)
        if (!s->output_done[i] && s->state != SVC_SESSION_CLOSING)
            svc_reader_start(&s->readers[i], target_of(s, (enum sp_stream)i), from[i]);
    s->holding = false;
    if (s->state == SVC_SESSION_CLOSING)
        svc_session_settle(s);
    else
        svc_session_look(s);
    run->walking--;
    svc_run_look(run);
}

bool svc_session_is_relayed(const struct svc_session *s)
{
    return svc_transport_of(s->transport) == SP_TRANSPORT_RELAY;
}

bool svc_session_streams_idle(const struct svc_session *s)
{
    if (s->lends)
        return false;
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        if (s->relays[i].running || s->readers[i].running)
            return false;
    return !s->watch.busy;
}

void svc_session_stop_streams(struct svc_session *s)
{
    bool held = s->holding;
    s->holding = true; /* it is freed by whoever called, not in the middle of this */
    s->input_waits = false;
    for (int i = 0; i < SP_STREAM_COUNT; i++) {
        svc_relay_stop(&s->relays[i]);
        svc_reader_halt(&s->readers[i]);
    }
    w32_op_cancel(&s->watch, s->data[SP_STDIN]);
    s->holding = held;
}

uint64_t svc_session_bytes(const struct svc_session *s, enum sp_stream stream)
{
    if (stream == SP_STDIN)
        return s->input_before + __atomic_load_n(&s->relays[stream].bytes, __ATOMIC_RELAXED);
    if (s->run != NULL && s->run->fed)
        return __atomic_load_n(&s->readers[stream].at, __ATOMIC_RELAXED) - s->first[stream];
    return __atomic_load_n(&s->relays[stream].bytes, __ATOMIC_RELAXED);
}
