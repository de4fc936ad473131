/* service/session.c - the life of a session, and the order in which it ends: every byte of output,
 * the end of each stream, the exit, the client's acknowledgement. */
#include "service/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/audit.h"
#include "service/connection.h"
#include "service/log.h"
#include "service/session_parts.h"
#include "service/worker.h"
#include "win32/handover.h"
#include "win32/process.h"

enum {
    LINGER_MS = 30000, /* for the acknowledgement; the bytes are the client's by then */
    DETACH_MS = 2000,  /* for what a client that leaves has written before */
    RESUME_MS = 60000, /* by default, for clients of other machines */
};

static void set_state(struct svc_session *s, enum svc_session_state state)
{
    __atomic_store_n(&s->state, state, __ATOMIC_RELAXED);
}

const char *svc_session_state_name(const struct svc_session *s)
{
    static const char *const names[] = {"attached", "starting", "running", "done", "closing"};
    enum svc_session_state state = __atomic_load_n(&s->state, __ATOMIC_RELAXED);
    if (state < SVC_SESSION_CLOSING && s->lost)
        return "detached";
    if (state == SVC_SESSION_RUNNING && s->run != NULL && s->run->state >= SVC_RUN_DRAINING)
        return "draining";
    return names[state];
}

struct svc_session *svc_session_find(struct svc_shard *shard, const char *id)
{
    for (struct sp_link *l = shard->sessions.next; l != &shard->sessions; l = l->next)
        if (strcmp(SP_CONTAINER(l, struct svc_session, link)->id, id) == 0)
            return SP_CONTAINER(l, struct svc_session, link);
    return NULL;
}

/* ------------------------------------------------------------------ the audit */

const char *svc_session_transport_name(const struct svc_session *s)
{
    return s->raw ? "raw" : sp_transport_name(svc_transport_of(s->transport));
}

static void audit(const struct svc_session *s, enum sp_audit_kind kind, const char *what,
                  const char *reason)
{
    svc_audit(&(struct svc_audit_entry){.kind = kind,
                                        .peer = &s->peer,
                                        .worker = s->config->name,
                                        .session = s->id,
                                        .transport = svc_session_transport_name(s),
                                        .what = what,
                                        .reason = reason});
}

void svc_session_audit_end(struct svc_session *s, const char *reason)
{
    bool told = s->state == SVC_SESSION_DONE;
    if (!s->ended && !(told && s->config->mode == SP_MODE_PRIVATE))
        audit(s, SP_AUDIT_DETACH, NULL, told ? "its worker has exited" : reason);
    s->ended = true;
}

/* ------------------------------------------------------------------ the end of it all */

static void free_session(struct svc_session *s)
{
    struct svc_shard *shard = s->shard;
    struct svc_run *run = s->run;
    w32_lock_enter(&shard->server->lock); /* first: then nobody else sees it any more */
    sp_list_remove(&s->all_link);
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        if (s->transport[i] == SP_TRANSPORT_RELAY) {
            s->worker->tally.bytes[i] += svc_session_bytes(s, (enum sp_stream)i);
            shard->server->past_bytes[i] += svc_session_bytes(s, (enum sp_stream)i);
        }
    w32_lock_leave(&shard->server->lock);
    if (s->raw)
        __atomic_sub_fetch(&shard->server->connections, 1, __ATOMIC_ACQ_REL);
    sp_list_remove(&s->link);
    sp_list_remove(&s->run_link);
    w32_timer_stop(shard->loop, &s->timer);
    w32_timer_stop(shard->loop, &s->clock);
    for (int i = 0; i < SP_STREAM_COUNT; i++) {
        svc_reader_leave(&s->readers[i]);
        svc_session_close_pipe(s, (enum sp_stream)i);
    }
    w32_handle_close(&s->client);
    w32_handle_close(&s->input_held);
    w32_token_close(&s->peer_token);
    json_decref(s->args);
    json_decref(s->start_id);
    json_decref(s->resume_id);
    json_decref(s->detach_id);
    free(s);
    if (run != NULL)
        svc_run_look(run);
    svc_shard_quit_if_empty(shard);
}

void svc_session_settle(struct svc_session *s)
{
    if (s->holding)
        return; /* whoever holds it does this afterwards */
    if (s->state != SVC_SESSION_CLOSING)
        svc_session_resume_if_settled(s);
    else if (svc_session_streams_idle(s))
        free_session(s);
}

void svc_session_close(struct svc_session *s)
{
    if (s->state == SVC_SESSION_CLOSING)
        return;
    svc_session_audit_end(s, s->shard->stopping ? "the service is stopping" : "it failed");
    svc_session_uncount(s);
    w32_timer_stop(s->shard->loop, &s->clock);
    if (s->connection != NULL)
        svc_connection_session_ended(s->connection);
    s->connection = NULL;
    set_state(s, SVC_SESSION_CLOSING);
    w32_timer_stop(s->shard->loop, &s->timer);
    if (s->run != NULL && s->config->mode == SP_MODE_PRIVATE)
        svc_run_kill(s->run, NULL);
    svc_session_stop_streams(s);
    svc_session_settle(s);
}

void svc_session_finish(struct svc_session *s)
{
    struct svc_connection *c = s->connection;
    svc_session_close(s);
    if (c != NULL)
        svc_connection_close_after_sent(c);
}

/* ------------------------------------------------------------------ the exit */

static json_t *exit_message(const struct svc_session *s)
{
    const struct svc_run *run = s->run;
    json_t *codes = json_array();
    for (size_t i = 0; i < run->programs.pipeline.child_count; i++)
        json_array_append_new(codes, json_integer(run->codes[i]));
    json_t *params = json_pack("{s:I, s:o}", "code", (json_int_t)svc_run_code(run), "codes", codes);
    if (run->reason != NULL)
        json_object_set_new(params, "reason", json_string(run->reason));
    /* What was handed over nobody sees the end of: that they were there is all that is known. */
    bool handed = s->transport[SP_STDOUT] == SP_TRANSPORT_HANDOFF ||
                  s->transport[SP_STDERR] == SP_TRANSPORT_HANDOFF;
    if (run->held_by[0] != '\0')
        json_object_set_new(params, handed ? "left" : "held_by", json_string(run->held_by));
    return params;
}

/* Nobody counts what goes past the service. */
static void log_told(const struct svc_session *s)
{
    enum sp_transport transport = svc_transport_of(s->transport);
    if (transport == SP_TRANSPORT_RELAY)
        svc_log(SVC_LOG_INFO, "session %s: the exit was told, %llu bytes in, %llu out, %llu err",
                s->id, (unsigned long long)svc_session_bytes(s, SP_STDIN),
                (unsigned long long)svc_session_bytes(s, SP_STDOUT),
                (unsigned long long)svc_session_bytes(s, SP_STDERR));
    else
        svc_log(SVC_LOG_INFO, "session %s: the exit was told (%s)", s->id,
                sp_transport_name(transport));
}

static bool outputs_are_done(const struct svc_session *s)
{
    for (int i = SP_STDOUT; i <= SP_STDERR; i++)
        if (s->transport[i] == SP_TRANSPORT_RELAY && !s->output_done[i])
            return false; /* what goes past us ends with the run */
    return true;
}

void svc_session_look(struct svc_session *s)
{
    if (s->state != SVC_SESSION_RUNNING || s->run->state != SVC_RUN_OVER || s->lost || s->holding ||
        s->relays[SP_STDIN].running || !outputs_are_done(s))
        return;
    set_state(s, SVC_SESSION_DONE);
    svc_session_uncount(s);
    w32_timer_stop(s->shard->loop, &s->clock);
    log_told(s);
    if (s->raw) {
        svc_session_close(s);
        return;
    }
    w32_timer_start(s->shard->loop, &s->timer, LINGER_MS);
    svc_connection_notify(s->connection, "exit", exit_message(s));
}

void svc_session_ack(struct svc_session *s, json_t *id)
{
    if (s->state != SVC_SESSION_DONE) {
        svc_connection_error(s->connection, id, SP_RPC_STATE,
                             "there is nothing to acknowledge: the exit was not told yet");
        return;
    }
    svc_connection_reply(s->connection, id, json_object());
    svc_session_close(s);
}

/* ------------------------------------------------------------------ starting */

static json_t *started_message(const struct svc_session *s, const uint64_t from[SP_STREAM_COUNT])
{
    return json_pack("{s:s, s:o, s:{s:I, s:I}}", "session", s->id, "pids", svc_run_pids(s->run),
                     "positions", "stdout", (json_int_t)from[SP_STDOUT], "stderr",
                     (json_int_t)from[SP_STDERR]);
}

static void go(struct svc_session *s, const uint64_t from[SP_STREAM_COUNT])
{
    struct sp_error err;
    w32_timer_stop(s->shard->loop, &s->timer);
    if (!s->raw && svc_session_bind(s, &err) != SP_OK) {
        svc_session_refused(s, err.what);
        return;
    }
    if (s->connection != NULL)
        svc_connection_reply(s->connection, s->start_id, started_message(s, from));
    svc_session_start_streams(s, from);
}

/* The start is done with the ends that the worker was to inherit. They are the worker's alone from
 * now on, or nobody would see them end. May free s: then it is true. */
static bool take_back(struct svc_session *s)
{
    if (!s->lends)
        return false;
    s->lends = false;
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        if (s->transport[i] == SP_TRANSPORT_DIRECT)
            svc_session_close_pipe(s, (enum sp_stream)i);
    bool gone = s->state == SVC_SESSION_CLOSING && svc_session_streams_idle(s);
    if (gone)
        svc_session_settle(s);
    return gone;
}

void svc_session_started(struct svc_session *s)
{
    if (take_back(s) || s->state != SVC_SESSION_STARTING)
        return;
    svc_session_join_feeds(s);
    w32_lock_enter(&s->shard->server->lock); /* `sessions` may look at the run from now on */
    set_state(s, SVC_SESSION_RUNNING);
    w32_lock_leave(&s->shard->server->lock);
    svc_session_start_clock(s);
    if (!s->lost)
        go(s, s->first);
    else
        svc_session_resume_if_settled(s);
}

void svc_session_refused(struct svc_session *s, const char *why)
{
    if (take_back(s) || s->state == SVC_SESSION_CLOSING)
        return;
    svc_session_uncount(s);
    svc_log(SVC_LOG_ERROR, "session %s: not started: %s", s->id, why);
    svc_session_audit_end(s, why);
    if (s->connection != NULL)
        svc_connection_error(s->connection, s->resume_id != NULL ? s->resume_id : s->start_id,
                             SP_RPC_NO_START, why);
    svc_session_finish(s);
}

void svc_session_stopping(struct svc_session *s, const char *reason)
{
    if (s->connection != NULL && !s->lost)
        svc_connection_notify(s->connection, "stopping", json_pack("{s:s}", "reason", reason));
}

/* Without it a worker whose client dies would see an end of its input before it is ended itself. */
static sp_status hold_input(struct svc_session *s, uint64_t input, struct sp_error *err)
{
    if (s->transport[SP_STDIN] != SP_TRANSPORT_DIRECT)
        return SP_OK;
    sp_status status = w32_handover_take(s->client, input, &s->input_held, err);
    if (status != SP_OK)
        sp_error_prefix(err, "\"start\" names the client's own end of a direct \"stdin\": ");
    return status;
}

void svc_session_start(struct svc_session *s, json_t *id, uint64_t input)
{
    struct sp_error err = {0};
    bool first = s->state == SVC_SESSION_ATTACHED;
    if (!first && !s->reopening) {
        svc_connection_error(s->connection, id, SP_RPC_STATE, "the session was started before");
        return;
    }
    if (!svc_session_pipes_open(s)) {
        svc_connection_error(s->connection, id, SP_RPC_STATE,
                             "open all data pipes before \"start\"");
        return;
    }
    if (first && hold_input(s, input, &err) != SP_OK) {
        svc_connection_error(s->connection, id, SP_RPC_INVALID_PARAMS, err.what);
        return;
    }
    json_decref(s->start_id);
    s->start_id = json_incref(id);
    if (!first) {
        s->reopening = s->lost = false;
        go(s, s->resume_from);
        return;
    }
    set_state(s, SVC_SESSION_STARTING);
    w32_timer_stop(s->shard->loop, &s->timer);
    s->lends = !svc_session_is_relayed(s);
    if (svc_worker_join(s->worker, s, &err) != SP_OK)
        svc_session_refused(s, err.what);
}

void svc_session_resize(struct svc_session *s, struct w32_terminal_size size)
{
    if (size.columns == 0 || s->read_only)
        return;
    s->size = size;
    if (s->run != NULL)
        svc_run_resize(s->run, size);
}

/* ------------------------------------------------------------------ detaching */

void svc_session_detach_if_due(struct svc_session *s)
{
    const struct svc_relay *input = &s->relays[SP_STDIN];
    if (s->detach_id != NULL &&
        (!input->running || s->input_before + input->bytes >= s->detach_input))
        w32_timer_start(s->shard->loop, &s->timer, 0); /* not inside the relay's own call */
}

void svc_session_detach(struct svc_session *s, json_t *id, uint64_t input)
{
    char text[SP_ERROR_TEXT_MAX];
    if (s->config->mode == SP_MODE_PRIVATE || s->state != SVC_SESSION_RUNNING || s->lost ||
        s->detach_id != NULL) {
        snprintf(text, sizeof text,
                 s->config->mode == SP_MODE_PRIVATE
                     ? "worker '%s' is yours alone and ends with you (mode: private)"
                     : "worker '%s' is not running for you",
                 s->config->name);
        audit(s, SP_AUDIT_REFUSAL, "detach", text);
        svc_connection_error(s->connection, id, SP_RPC_REFUSED, text);
        return;
    }
    s->detach_id = json_incref(id);
    s->detach_input = input;
    w32_timer_start(s->shard->loop, &s->timer, DETACH_MS);
    svc_session_detach_if_due(s);
}

static void detach_now(struct svc_session *s)
{
    svc_log(SVC_LOG_INFO, "session %s: the client detaches from worker '%s'", s->id,
            s->config->name);
    svc_session_uncount(s);
    svc_connection_reply(s->connection, s->detach_id, json_object());
    svc_session_audit_end(s, "the client detached");
    svc_session_finish(s);
}

/* ------------------------------------------------------------------ time */

/* What the timer means depends on the state it was set in. */
static void timed_out(struct w32_timer *timer)
{
    struct svc_session *s = SP_CONTAINER(timer, struct svc_session, timer);
    if (s->lost) {
        svc_session_resume_timed_out(s);
        return;
    }
    if (s->detach_id != NULL && s->connection != NULL) {
        detach_now(s);
        return;
    }
    if (s->state == SVC_SESSION_ATTACHED || s->reopening) {
        svc_log_client(SVC_LOG_WARNING, "session %s: the client did not start it within %d ms",
                       s->id, SVC_SESSION_ATTACH_MS);
        svc_connection_error(s->connection, NULL, SP_RPC_STATE, "\"start\" did not follow in time");
    }
    svc_session_audit_end(s, "the client did not start it in time");
    svc_session_finish(s);
}

/* ------------------------------------------------------------------ attaching */

static struct svc_session *make(struct svc_worker *worker, struct svc_shard *shard,
                                const struct w32_peer *peer, bool raw)
{
    struct svc_session *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->shard = shard;
    s->worker = worker;
    s->config = worker->config;
    s->version = worker->version;
    s->peer = *peer;
    s->started = w32_unix_time();
    s->timer.fire = timed_out;
    s->raw = raw;
    svc_session_init_streams(s);
    return s;
}

static void enter(struct svc_session *s)
{
    struct svc_server *server = s->shard->server;
    sp_list_add(&s->shard->sessions, &s->link);
    w32_lock_enter(&server->lock);
    s->number = ++server->last_session;
    snprintf(s->id, sizeof s->id, "s%llu", (unsigned long long)s->number);
    sp_list_add(&server->all_sessions, &s->all_link);
    s->worker->tally.attaches++;
    w32_lock_leave(&server->lock);
    if (s->raw) /* others are counted with their connection */
        __atomic_add_fetch(&server->connections, 1, __ATOMIC_ACQ_REL);
    svc_log(SVC_LOG_INFO, "session %s: %s attaches to worker '%s' from %s process %u%s", s->id,
            s->peer.sid, s->config->name, s->peer.remote ? s->peer.host : "this machine's",
            (unsigned)s->peer.pid, s->raw ? ", raw" : "");
    audit(s, SP_AUDIT_ATTACH, NULL, s->read_only ? "read only" : NULL);
}

static uint64_t resume_ms_of(const struct svc_session *s)
{
    if (s->config->resume_ms != SP_MS_UNSET)
        return s->config->resume_ms;
    return s->peer.remote ? RESUME_MS : 0;
}

/* The random part of a leaf name is just what a token is. */
static sp_status make_token(struct svc_session *s, struct sp_error *err)
{
    struct w32_npipe_leaf leaf;
    sp_status status = w32_npipe_random_leaf("", &leaf, err);
    if (status == SP_OK)
        memcpy(s->token, leaf.text, SVC_TOKEN_SIZE);
    return status;
}

static sp_status choose_transport(struct svc_session *s, const struct svc_connection *c,
                                  const struct svc_session_options *options, struct sp_error *err)
{
    struct sp_error unknown = {0};
    struct svc_wish wish = {
        .transport = options->transport,
        .read_only = s->read_only,
        .resumable = s->resume_ms > 0,
        .remote = s->peer.remote,
        .stranger = s->peer.remote ? "it is for clients of this machine" : NULL,
    };
    bool trusted = false;
    memcpy(wish.offers, options->offers, sizeof wish.offers);
    memcpy(s->offers, options->offers, sizeof s->offers);
    if (svc_transport_would_take(s->worker, &wish)) {
        if (w32_peer_process(c->pipe, &s->client, &trusted, &unknown) != SP_OK)
            wish.stranger = unknown.what;
        else if (!trusted)
            wish.stranger = "it is for administrators, and for the service's own account";
    }
    if (wish.stranger != NULL)
        w32_handle_close(&s->client);
    const char *why = svc_transport_choose(s->worker, &wish, s->transport);
    return why == NULL ? SP_OK
                       : sp_fail(err, SP_EUNSUPPORTED, 0, "%s can't be had: %s",
                                 sp_transport_name(options->transport), why);
}

static void give_up(struct svc_session *s)
{
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        svc_session_close_pipe(s, (enum sp_stream)i);
    svc_session_uncount(s);
    w32_handle_close(&s->client);
    w32_token_close(&s->peer_token);
    free(s);
}

/* What the worker's config has against it, or the client's own part in it. */
static sp_status admit(struct svc_session *s, const struct svc_connection *c, struct sp_error *err)
{
    sp_status status = svc_session_count(s, err);
    if (status == SP_OK && s->config->run_as == SP_RUN_AS_CLIENT) {
        status = w32_token_of_client(c->pipe, &s->peer_token, err);
        if (status == SP_EACCESS)
            return sp_fail(err, status, 0,
                           "worker '%s' runs as its client (run_as: client), which must say so: "
                           "\"standpipe attach --impersonate %s\"",
                           s->config->name, s->config->name);
    }
    if (status != SP_OK)
        sp_error_prefix(err, "worker '%s': ", s->config->name);
    return status;
}

sp_status svc_session_open(struct svc_connection *c, struct svc_worker *worker,
                           const struct svc_session_options *options, struct sp_error *err)
{
    struct svc_session *s = make(worker, c->shard, &c->peer, false);
    if (s == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a session");
    s->read_only = options->read_only;
    s->replay = options->replay;
    s->resume_ms = options->resume ? resume_ms_of(s) : 0;
    sp_status status = choose_transport(s, c, options, err);
    if (status == SP_OK)
        status = admit(s, c, err);
    if (status == SP_OK)
        status = svc_session_make_pipes(s, err);
    if (status == SP_OK && s->resume_ms > 0)
        status = make_token(s, err);
    if (status != SP_OK) {
        give_up(s);
        return status;
    }
    s->args = json_incref(options->args);
    s->connection = c;
    c->session = s;
    enter(s);
    w32_timer_start(s->shard->loop, &s->timer, SVC_SESSION_ATTACH_MS);
    return SP_OK;
}

void svc_session_open_raw(struct svc_worker *worker, w32_handle pipe, const struct w32_peer *peer)
{
    struct sp_error err = {0};
    struct svc_session *s = make(worker, worker->home, peer, true);
    if (s == NULL) {
        svc_log(SVC_LOG_ERROR, "a raw client is cut off: no memory for it");
        w32_npipe_close(&pipe, worker->raw_leaf);
        return;
    }
    s->data[SP_STDIN] = pipe;
    if (svc_session_count(s, &err) != SP_OK) {
        svc_log_client(SVC_LOG_WARNING, "a raw client of worker '%s', %s, is cut off: %s",
                       worker->config->name, peer->sid, err.what);
        svc_worker_refused(worker);
        svc_audit(&(struct svc_audit_entry){.kind = SP_AUDIT_REFUSAL,
                                            .peer = peer,
                                            .worker = worker->config->name,
                                            .transport = "raw",
                                            .what = "attach",
                                            .reason = err.what});
        give_up(s);
        return;
    }
    enter(s);
    set_state(s, SVC_SESSION_STARTING);
    if (svc_worker_join(worker, s, &err) != SP_OK)
        svc_session_refused(s, err.what);
}

/* Each stream's pipe, and its way where not all go the same. */
static void describe_streams(const struct svc_session *s, json_t *answer)
{
    json_t *transports = json_object();
    for (int i = s->read_only ? SP_STDOUT : SP_STDIN; i < SP_STREAM_COUNT; i++) {
        const char *name = sp_stream_name((enum sp_stream)i);
        json_object_set_new(transports, name, json_string(sp_transport_name(s->transport[i])));
        if (s->transport[i] != SP_TRANSPORT_HANDOFF)
            json_object_set_new(answer, name, json_string(s->leaves[i].text));
    }
    json_object_set_new(answer, "transports", transports);
}

json_t *svc_session_describe(const struct svc_session *s)
{
    json_t *answer =
        json_pack("{s:s, s:s, s:s, s:I, s:I}", "session", s->id, "transport",
                  sp_transport_name(svc_transport_of(s->transport)), "mode",
                  s->config->mode == SP_MODE_SHARED ? "shared" : "private", "resume_ms",
                  (json_int_t)s->resume_ms, "drain_ms", (json_int_t)s->config->drain_ms);
    describe_streams(s, answer);
    if (s->resume_ms > 0)
        json_object_set_new(answer, "token", json_string(s->token));
    if (s->config->tty)
        json_object_set_new(answer, "tty", json_true());
    return answer;
}
