/* service/session.c - one client attached to one worker, and the order in which it all ends: every
 * byte of output, the end of each stream, the exit, the client's acknowledgement. */
#include "service/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/connection.h"
#include "service/log.h"
#include "win32/acl.h"
#include "win32/job.h"
#include "win32/process.h"
#include "win32/signal.h"

enum {
    DATA_BYTES = 1 << 20, /* the kernel's buffer of a data pipe: a ceiling, not taken while idle */
    ATTACH_MS = 30000,    /* for the client to open its pipes and say start */
    LINGER_MS = 30000,    /* for the acknowledgement; the bytes are the client's by then */
    SIGNAL_MS = 5000,     /* for the helper that sends Ctrl-C */
    ENDED_BY_US = 1,      /* exit code of processes that the service ends */
};

static const char *const state_names[] = {"attached", "starting", "running",
                                          "draining", "done",     "closing"};

const char *svc_session_state_name(enum svc_session_state state)
{
    return state_names[state];
}

static void set_state(struct svc_session *s, enum svc_session_state state)
{
    __atomic_store_n(&s->state, state, __ATOMIC_RELAXED);
}

/* ------------------------------------------------------------------ the end of it all */

static bool relaying(const struct svc_session *s)
{
    return s->relays[SP_STDIN].running || s->relays[SP_STDOUT].running ||
           s->relays[SP_STDERR].running;
}

static void close_stream(struct svc_session *s, enum sp_stream stream)
{
    w32_handle_close(&s->worker.ends[stream]);
    w32_npipe_close(&s->data[stream], s->leaves[stream].text);
}

/* Frees the session when nothing can call it back any more. */
static void free_if_idle(struct svc_session *s)
{
    if (s->state != SVC_SESSION_CLOSING || s->starting || s->signaling || relaying(s))
        return;
    struct svc_shard *shard = s->shard;
    w32_lock_enter(&shard->server->lock); /* first: then nobody else sees it any more */
    sp_list_remove(&s->all_link);
    w32_lock_leave(&shard->server->lock);
    sp_list_remove(&s->link);
    w32_timer_stop(shard->loop, &s->timer);
    w32_job_unwatch(shard->loop, &s->watch);
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        close_stream(s, (enum sp_stream)i);
    svc_worker_close(&s->worker);
    json_decref(s->args);
    json_decref(s->start_id);
    free(s->codes);
    free(s);
    svc_shard_quit_if_empty(shard);
}

/* From here on it only waits for what is in flight. Must be the caller's last use of s. */
static void close_session(struct svc_session *s)
{
    if (s->connection != NULL)
        svc_connection_session_ended(s->connection);
    s->connection = NULL;
    set_state(s, SVC_SESSION_CLOSING);
    w32_timer_stop(s->shard->loop, &s->timer);
    if (!s->starting) /* else the worker is the pool's until start_done() */
        w32_job_end(s->worker.pipeline.job, ENDED_BY_US);
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        svc_relay_stop(&s->relays[i]);
    free_if_idle(s);
}

/* The client has been told all there is to tell. */
static void finish(struct svc_session *s)
{
    struct svc_connection *c = s->connection;
    close_session(s);
    if (c != NULL)
        svc_connection_close_after_sent(c);
}

/* ------------------------------------------------------------------ the exit */

static json_t *exit_message(const struct svc_session *s)
{
    size_t count = s->worker.pipeline.child_count;
    json_t *codes = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(codes, json_integer(s->codes[i]));
    json_t *params = json_pack("{s:I, s:o}", "code", (json_int_t)w32_pipeline_code(s->codes, count),
                               "codes", codes);
    if (s->reason != NULL)
        json_object_set_new(params, "reason", json_string(s->reason));
    if (s->held_by[0] != '\0')
        json_object_set_new(params, "held_by", json_string(s->held_by));
    return params;
}

/* Tells the exit once the processes have ended and every byte of output is on its way. */
static void tell_exit_if_due(struct svc_session *s)
{
    if (s->state != SVC_SESSION_DRAINING || relaying(s))
        return;
    set_state(s, SVC_SESSION_DONE);
    uint32_t code = w32_pipeline_code(s->codes, s->worker.pipeline.child_count);
    svc_log(SVC_LOG_INFO,
            "session %s: worker '%s' exited with %u, %llu bytes in, %llu out, %llu err%s%s", s->id,
            s->config->name, (unsigned)code, (unsigned long long)s->relays[SP_STDIN].bytes,
            (unsigned long long)s->relays[SP_STDOUT].bytes,
            (unsigned long long)s->relays[SP_STDERR].bytes,
            s->held_by[0] == '\0' ? "" : "; its output was held by ", s->held_by);
    /* Whatever it left running without a pipe ends with it. */
    w32_job_end(s->worker.pipeline.job, ENDED_BY_US);
    w32_timer_start(s->shard->loop, &s->timer, LINGER_MS);
    svc_connection_notify(s->connection, "exit", exit_message(s));
}

static uint64_t bytes_moved(const struct svc_session *s)
{
    return s->relays[SP_STDOUT].reads + s->relays[SP_STDOUT].bytes + s->relays[SP_STDERR].reads +
           s->relays[SP_STDERR].bytes;
}

/* The processes have ended a while ago and the output has not: somebody else holds the pipe, or
 * the client reads slowly. The first is ended; the second may take its time. */
static void drained_long_enough(struct svc_session *s)
{
    size_t holders = 0;
    if (s->held_by[0] == '\0')
        holders = svc_worker_holders(&s->worker, s->held_by, sizeof s->held_by);
    if (holders > 0) {
        svc_log(SVC_LOG_WARNING, "session %s: ending what still holds the output: %s", s->id,
                s->held_by);
        w32_job_end(s->worker.pipeline.job, ENDED_BY_US);
    } else if (bytes_moved(s) == s->drain_mark && !s->relays[SP_STDOUT].write.busy &&
               !s->relays[SP_STDERR].write.busy) {
        if (s->held_by[0] == '\0')
            snprintf(s->held_by, sizeof s->held_by, "a process outside the worker's job");
        svc_relay_stop(&s->relays[SP_STDOUT]);
        svc_relay_stop(&s->relays[SP_STDERR]);
        return;
    }
    s->drain_mark = bytes_moved(s);
    w32_timer_start(s->shard->loop, &s->timer, (uint32_t)s->shard->server->config->drain_ms);
}

static void look_for_exit(struct svc_session *s)
{
    if (s->state != SVC_SESSION_RUNNING || !svc_worker_exited(&s->worker, s->codes))
        return;
    set_state(s, SVC_SESSION_DRAINING);
    svc_relay_stop(&s->relays[SP_STDIN]);
    s->drain_mark = bytes_moved(s);
    w32_timer_start(s->shard->loop, &s->timer, (uint32_t)s->shard->server->config->drain_ms);
    tell_exit_if_due(s);
}

static void job_changed(struct w32_job_watch *watch)
{
    look_for_exit(SP_CONTAINER(watch, struct svc_session, watch));
}

/* ------------------------------------------------------------------ the streams */

/* The worker gets its end of input only for an end that was announced and arrived whole: a
 * connection that breaks in the middle is no end. */
static void close_input_if_whole(struct svc_session *s)
{
    if (!s->input_arrived || !s->input_is_announced)
        return;
    uint64_t arrived = s->relays[SP_STDIN].bytes;
    if (arrived == s->input_announced) {
        w32_handle_close(&s->worker.ends[SP_STDIN]);
        return;
    }
    svc_log(SVC_LOG_WARNING, "session %s: the client announced %llu bytes of stdin and %llu came",
            s->id, (unsigned long long)s->input_announced, (unsigned long long)arrived);
    svc_connection_close(s->connection);
}

static void input_ended(struct svc_relay *r, enum svc_relay_why why, uint32_t os)
{
    (void)os;
    struct svc_session *s = SP_CONTAINER(r, struct svc_session, relays[SP_STDIN]);
    w32_npipe_close(&s->data[SP_STDIN], s->leaves[SP_STDIN].text);
    if (why == SVC_RELAY_EOF) {
        s->input_arrived = true;
        if (s->state == SVC_SESSION_RUNNING)
            close_input_if_whole(s);
    } else {
        w32_handle_close(&s->worker.ends[SP_STDIN]);
        if (s->connection != NULL)
            svc_connection_notify(s->connection, "input_closed",
                                  json_pack("{s:I}", "bytes", (json_int_t)r->bytes));
    }
    tell_exit_if_due(s);
    free_if_idle(s);
}

static void output_ended(struct svc_session *s, enum sp_stream stream)
{
    /* The client's end keeps what it has not read yet. */
    close_stream(s, stream);
    if (s->connection != NULL)
        svc_connection_notify(s->connection, "output_end",
                              json_pack("{s:s, s:I}", "stream", sp_stream_name(stream), "bytes",
                                        (json_int_t)s->relays[stream].bytes));
    tell_exit_if_due(s);
    free_if_idle(s);
}

static void stdout_ended(struct svc_relay *r, enum svc_relay_why why, uint32_t os)
{
    (void)why;
    (void)os;
    output_ended(SP_CONTAINER(r, struct svc_session, relays[SP_STDOUT]), SP_STDOUT);
}

static void stderr_ended(struct svc_relay *r, enum svc_relay_why why, uint32_t os)
{
    (void)why;
    (void)os;
    output_ended(SP_CONTAINER(r, struct svc_session, relays[SP_STDERR]), SP_STDERR);
}

void svc_session_input_end(struct svc_session *s, uint64_t bytes)
{
    s->input_announced = bytes;
    s->input_is_announced = true;
    if (s->state == SVC_SESSION_RUNNING)
        close_input_if_whole(s);
}

/* ------------------------------------------------------------------ starting */

static void run_start(struct w32_work *work)
{
    struct svc_session *s = SP_CONTAINER(work, struct svc_session, start);
    size_t count = json_array_size(s->args);
    const char **args = calloc(count + 1, sizeof *args);
    char *user = NULL;
    s->start_status = args == NULL ? sp_fail(&s->start_error, SP_ENOMEM, 0, "no memory")
                                   : w32_account_of(s->peer.sid, &user, &s->start_error);
    for (size_t i = 0; args != NULL && i < count; i++)
        args[i] = json_string_value(json_array_get(s->args, i));
    if (s->start_status == SP_OK) {
        struct svc_worker_options options = {
            .config = s->config,
            .args = args,
            .arg_count = count,
            .session = s->id,
            .user = user,
            .host = s->peer.host,
        };
        s->start_status = svc_worker_open(&options, &s->worker, &s->start_error);
    }
    free(user);
    free(args);
}

static sp_status couple(struct svc_session *s, struct sp_error *err)
{
    struct w32_loop *loop = s->shard->loop;
    s->codes = calloc(s->worker.pipeline.child_count, sizeof *s->codes);
    if (s->codes == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a session");
    sp_status status = w32_job_watch(loop, &s->watch, s->worker.pipeline.job, err);
    for (int i = 0; status == SP_OK && i < SP_STREAM_COUNT; i++) {
        status = w32_loop_bind(loop, s->data[i], err);
        if (status == SP_OK)
            status = w32_loop_bind(loop, s->worker.ends[i], err);
    }
    return status;
}

static json_t *started_message(const struct svc_session *s)
{
    json_t *pids = json_array();
    for (size_t i = 0; i < s->worker.pipeline.child_count; i++)
        json_array_append_new(pids, json_integer(s->worker.pipeline.children[i].pid));
    return json_pack("{s:s, s:o}", "session", s->id, "pids", pids);
}

static void refuse_start(struct svc_session *s)
{
    struct svc_connection *c = s->connection;
    svc_log(SVC_LOG_ERROR, "session %s: worker '%s' could not be started: %s", s->id,
            s->config->name, s->start_error.what);
    if (c != NULL)
        svc_connection_error(c, s->start_id, SP_RPC_NO_START, s->start_error.what);
    finish(s);
}

static void start_done(struct w32_work *work)
{
    struct svc_session *s = SP_CONTAINER(work, struct svc_session, start);
    s->starting = false;
    if (s->state == SVC_SESSION_CLOSING) {
        free_if_idle(s); /* closes the worker, if there is one */
        return;
    }
    if (s->start_status == SP_OK)
        s->start_status = couple(s, &s->start_error);
    if (s->start_status != SP_OK) {
        refuse_start(s);
        return;
    }
    w32_timer_stop(s->shard->loop, &s->timer);
    svc_log(SVC_LOG_INFO, "session %s: worker '%s' started, process %u", s->id, s->config->name,
            (unsigned)s->worker.pipeline.children[0].pid);
    svc_connection_reply(s->connection, s->start_id, started_message(s));
    w32_lock_enter(&s->shard->server->lock); /* `sessions` may look at the worker from now on */
    set_state(s, SVC_SESSION_RUNNING);
    w32_lock_leave(&s->shard->server->lock);
    struct w32_loop *loop = s->shard->loop;
    svc_relay_start(&s->relays[SP_STDIN], loop, s->data[SP_STDIN], s->worker.ends[SP_STDIN]);
    svc_relay_start(&s->relays[SP_STDOUT], loop, s->worker.ends[SP_STDOUT], s->data[SP_STDOUT]);
    svc_relay_start(&s->relays[SP_STDERR], loop, s->worker.ends[SP_STDERR], s->data[SP_STDERR]);
    look_for_exit(s);
    if (s->reason != NULL) /* the service was told to stop meanwhile */
        svc_session_stop(s, s->reason);
}

void svc_session_start(struct svc_session *s, json_t *id)
{
    if (s->state != SVC_SESSION_ATTACHED) {
        svc_connection_error(s->connection, id, SP_RPC_STATE, "the session was started before");
        return;
    }
    for (int i = 0; i < SP_STREAM_COUNT; i++) {
        if (!w32_npipe_connected(s->data[i])) {
            svc_connection_error(s->connection, id, SP_RPC_STATE,
                                 "open all three data pipes before \"start\"");
            return;
        }
    }
    set_state(s, SVC_SESSION_STARTING);
    s->start_id = json_incref(id);
    s->start = (struct w32_work){.run = run_start, .done = start_done};
    s->starting = true;
    w32_loop_work(s->shard->loop, &s->start);
}

/* ------------------------------------------------------------------ stopping */

static void run_signal(struct w32_work *work)
{
    struct svc_session *s = SP_CONTAINER(work, struct svc_session, signal);
    for (size_t i = 0; i < s->worker.pipeline.child_count; i++) {
        struct sp_error err;
        const struct w32_child *child = &s->worker.pipeline.children[i];
        if (w32_child_wait(child, 0, NULL, NULL) == SP_ETIMEOUT &&
            w32_signal_interrupt(child->pid, SIGNAL_MS, &err) != SP_OK)
            svc_log(SVC_LOG_WARNING, "session %s: Ctrl-C did not reach process %u: %s", s->id,
                    (unsigned)child->pid, err.what);
    }
}

static void signal_done(struct w32_work *work)
{
    struct svc_session *s = SP_CONTAINER(work, struct svc_session, signal);
    s->signaling = false;
    free_if_idle(s);
}

sp_status svc_session_interrupt(struct svc_session *s, struct sp_error *err)
{
    if (s->state != SVC_SESSION_RUNNING)
        return sp_fail(err, SP_ESTATE, 0, "the worker is not running");
    if (s->config->console == SP_CONSOLE_NONE)
        return sp_fail(err, SP_EUNSUPPORTED, 0,
                       "worker '%s' has no console (console: none), so Ctrl-C can't reach it",
                       s->config->name);
    if (s->signaling)
        return SP_OK; /* one is on its way */
    s->signaling = true;
    s->signal = (struct w32_work){.run = run_signal, .done = signal_done};
    w32_loop_work(s->shard->loop, &s->signal);
    return SP_OK;
}

void svc_session_stop(struct svc_session *s, const char *reason)
{
    s->reason = reason;
    if (s->state == SVC_SESSION_ATTACHED) {
        struct svc_connection *c = s->connection;
        close_session(s);
        svc_connection_close_after_sent(c);
    } else if (s->state == SVC_SESSION_RUNNING) {
        w32_timer_start(s->shard->loop, &s->timer, (uint32_t)s->shard->server->config->stop_ms);
        svc_relay_stop(&s->relays[SP_STDIN]);
    }
}

void svc_session_kill(struct svc_session *s)
{
    if (s->connection != NULL)
        svc_connection_close(s->connection);
    else if (s->state != SVC_SESSION_CLOSING)
        close_session(s);
}

void svc_session_ack(struct svc_session *s)
{
    if (s->state == SVC_SESSION_DONE)
        close_session(s);
}

void svc_session_lost(struct svc_session *s)
{
    if (s->state != SVC_SESSION_DONE)
        svc_log(SVC_LOG_INFO, "session %s: the client is gone; ending worker '%s'", s->id,
                s->config->name);
    close_session(s);
}

/* What the timer means depends on the state it was set in. */
static void timed_out(struct w32_timer *timer)
{
    struct svc_session *s = SP_CONTAINER(timer, struct svc_session, timer);
    switch (s->state) {
    case SVC_SESSION_ATTACHED:
        svc_log(SVC_LOG_WARNING, "session %s: the client did not start it within %d ms", s->id,
                ATTACH_MS);
        finish(s);
        break;
    case SVC_SESSION_RUNNING: /* svc_session_stop's time is over */
        svc_log(SVC_LOG_WARNING, "session %s: worker '%s' did not end by itself within %llu ms",
                s->id, s->config->name, (unsigned long long)s->shard->server->config->stop_ms);
        w32_job_end(s->worker.pipeline.job, ENDED_BY_US);
        break;
    case SVC_SESSION_DRAINING:
        drained_long_enough(s);
        break;
    case SVC_SESSION_DONE:
        finish(s);
        break;
    case SVC_SESSION_STARTING:
    case SVC_SESSION_CLOSING:
        break;
    }
}

/* ------------------------------------------------------------------ attaching */

static sp_status open_data_pipes(struct svc_session *s, struct sp_error *err)
{
    struct svc_server *server = s->shard->server;
    const struct w32_acl_entry entries[] = {
        {s->peer.sid, W32_ACL_USE}, {"SY", W32_ACL_USE}, {"BA", W32_ACL_USE}};
    void *access = NULL;
    sp_status status = w32_acl_pipe(entries, 3, s->peer.remote, &access, err);
    for (int i = 0; status == SP_OK && i < SP_STREAM_COUNT; i++) {
        status = w32_npipe_random_leaf(server->options.pipe_name, &s->leaves[i], err);
        struct w32_npipe_options options = {
            .leaf = s->leaves[i].text,
            .access = i == SP_STDIN ? W32_NPIPE_READ : W32_NPIPE_WRITE,
            .first = true,
            .only = true,
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

static void enter(struct svc_session *s, struct svc_connection *c)
{
    struct svc_server *server = s->shard->server;
    s->connection = c;
    c->session = s;
    sp_list_add(&s->shard->sessions, &s->link);
    w32_lock_enter(&server->lock);
    s->number = ++server->last_session;
    snprintf(s->id, sizeof s->id, "s%llu", (unsigned long long)s->number);
    sp_list_add(&server->all_sessions, &s->all_link);
    w32_lock_leave(&server->lock);
}

sp_status svc_session_open(struct svc_connection *c, const struct sp_worker_config *config,
                           json_t *args, struct sp_error *err)
{
    struct svc_session *s = calloc(1, sizeof *s);
    if (s == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a session");
    s->shard = c->shard;
    s->config = config;
    s->peer = c->peer;
    s->started = w32_unix_time();
    s->timer.fire = timed_out;
    s->watch.changed = job_changed;
    s->relays[SP_STDIN].ended = input_ended;
    s->relays[SP_STDOUT].ended = stdout_ended;
    s->relays[SP_STDERR].ended = stderr_ended;
    sp_status status = open_data_pipes(s, err);
    if (status != SP_OK) {
        for (int i = 0; i < SP_STREAM_COUNT; i++)
            close_stream(s, (enum sp_stream)i);
        free(s);
        return status;
    }
    s->args = json_incref(args);
    enter(s, c);
    w32_timer_start(s->shard->loop, &s->timer, ATTACH_MS);
    svc_log(SVC_LOG_INFO, "session %s: %s attaches to worker '%s' from %s process %u", s->id,
            s->peer.sid, config->name, s->peer.remote ? s->peer.host : "this machine's",
            (unsigned)s->peer.pid);
    return SP_OK;
}

json_t *svc_session_describe(const struct svc_session *s)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "session", s->id, "transport", "relay",
                     sp_stream_name(SP_STDIN), s->leaves[SP_STDIN].text, sp_stream_name(SP_STDOUT),
                     s->leaves[SP_STDOUT].text, sp_stream_name(SP_STDERR),
                     s->leaves[SP_STDERR].text);
}
