/* service/run.c - one run of a worker, from its start to its last byte. */
#include "service/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/audit.h"
#include "service/log.h"
#include "service/run_parts.h"
#include "service/session.h"
#include "service/worker.h"
#include "win32/handover.h"
#include "win32/job.h"

enum {
    LOOK_SOON_MS = 10,    /* when a job is empty and its process does not know it yet */
    DRAIN_LEAST_MS = 100, /* a console's host needs a moment to see that its program has ended */
};

static void set_state(struct svc_run *run, enum svc_run_state state)
{
    w32_lock_enter(&run->shard->server->lock); /* `ps` may look at the processes */
    run->state = state;
    w32_lock_leave(&run->shard->server->lock);
}

void svc_run_tell_sessions(struct svc_run *run, void (*tell)(struct svc_session *s))
{
    run->walking++;
    for (struct sp_link *l = run->sessions.next, *next; l != &run->sessions; l = next) {
        next = l->next;
        tell(SP_CONTAINER(l, struct svc_session, run_link));
    }
    run->walking--;
}

/* ------------------------------------------------------------------ the end of it all */

static bool feeding(const struct svc_run *run)
{
    return run->fed && (run->feeds[SP_STDOUT].running || run->feeds[SP_STDERR].running);
}

static void free_if_done(struct svc_run *run)
{
    if (run->state != SVC_RUN_OVER || run->walking > 0 || run->starting || run->signaling ||
        feeding(run) || !sp_list_empty(&run->sessions))
        return;
    struct svc_shard *shard = run->shard;
    sp_list_remove(&run->link);
    w32_timer_stop(shard->loop, &run->timer);
    w32_job_unwatch(shard->loop, &run->watch);
    svc_programs_close(&run->programs);
    w32_handle_close(&run->client);
    w32_token_close(&run->peer_token);
    for (int i = SP_STDOUT; run->fed && i <= SP_STDERR; i++)
        svc_feed_deinit(&run->feeds[i]);
    json_decref(run->args);
    free(run->codes);
    free(run);
    svc_shard_quit_if_empty(shard);
}

static void log_exit(const struct svc_run *run)
{
    svc_log(SVC_LOG_INFO, "%s exited with %u%s%s", run->name, (unsigned)svc_run_code(run),
            run->held_by[0] == '\0' ? "" : "; its output was held by ", run->held_by);
}

uint32_t svc_run_code(const struct svc_run *run)
{
    return run->codes == NULL ? 0
                              : w32_pipeline_code(run->codes, run->programs.pipeline.child_count);
}

json_t *svc_run_pids(const struct svc_run *run)
{
    json_t *pids = json_array();
    if (run != NULL && run->state >= SVC_RUN_RUNNING)
        for (size_t i = 0; i < run->programs.pipeline.child_count; i++)
            json_array_append_new(pids, json_integer(run->programs.pipeline.children[i].pid));
    return pids;
}

/* ------------------------------------------------------------------ the exit */

static struct svc_session *only_session(const struct svc_run *run)
{
    return sp_list_empty(&run->sessions)
               ? NULL
               : SP_CONTAINER(run->sessions.next, struct svc_session, run_link);
}

static void audit_exit(const struct svc_run *run)
{
    const struct svc_session *s = run->session[0] == '\0' ? NULL : only_session(run);
    const uint32_t code = svc_run_code(run);
    svc_audit(
        &(struct svc_audit_entry){.kind = SP_AUDIT_EXIT,
                                  .peer = &run->peer,
                                  .worker = run->config->name,
                                  .session = run->session,
                                  .transport = s == NULL ? NULL : svc_session_transport_name(s),
                                  .reason = run->reason,
                                  .code = &code});
}

static bool is_empty(const struct svc_run *run)
{
    size_t count = 1;
    sp_status status = w32_job_processes(run->programs.pipeline.job, NULL, 0, &count, NULL);
    return status == SP_OK && count == 0;
}

/* What goes past the service has ended when its client has seen that, or when nobody is left who
 * could write to it. */
static bool output_ended(const struct svc_run *run)
{
    if (run->fed)
        return !feeding(run);
    const struct svc_session *s = only_session(run);
    bool past = false;
    for (int i = SP_STDOUT; s != NULL && i <= SP_STDERR; i++) {
        if (s->relays[i].running)
            return false;
        past = past || (s->transport[i] != SP_TRANSPORT_RELAY && !s->output_done[i]);
    }
    return !past || is_empty(run);
}

/* How much output has moved, and whether it waits for a client to take it. */
static uint64_t output_moved(const struct svc_run *run, bool *waits)
{
    uint64_t moved = 0;
    const struct svc_session *s = only_session(run);
    *waits = false;
    for (int i = SP_STDOUT; i <= SP_STDERR; i++) {
        if (run->fed) {
            moved += run->feeds[i].ring.head;
            *waits = *waits || svc_feed_waits(&run->feeds[i]);
        } else if (s != NULL) {
            moved += s->relays[i].received + s->relays[i].bytes;
            *waits = *waits || s->relays[i].write.busy;
        }
    }
    return moved;
}

static void drain_for_a_while(struct svc_run *run)
{
    bool waits;
    uint64_t drain_ms =
        run->config->drain_ms < DRAIN_LEAST_MS ? DRAIN_LEAST_MS : run->config->drain_ms;
    run->drain_mark = output_moved(run, &waits);
    w32_timer_start(run->shard->loop, &run->timer, (uint32_t)drain_ms);
}

static void give_output_up(struct svc_run *run)
{
    struct svc_session *s = only_session(run);
    if (run->held_by[0] == '\0')
        snprintf(run->held_by, sizeof run->held_by, "a process outside the worker's job");
    for (int i = SP_STDOUT; i <= SP_STDERR; i++) {
        if (run->fed)
            svc_feed_stop(&run->feeds[i]);
        else if (s != NULL && s->transport[i] != SP_TRANSPORT_RELAY)
            s->output_done[i] = true;
        else if (s != NULL)
            svc_relay_stop(&s->relays[i]);
    }
}

/* The processes have ended a while ago and the output has not: somebody else holds the pipe, or
 * a client reads slowly. The first is ended; the second may take its time. */
static void drained_long_enough(struct svc_run *run)
{
    bool waits;
    bool shared_stop = run->step != SVC_RUN_UNSTOPPED && run->config->mode == SP_MODE_SHARED;
    size_t holders = 0;
    if (run->held_by[0] == '\0')
        holders = svc_programs_holders(&run->programs, run->held_by, sizeof run->held_by);
    if (holders > 0) {
        svc_log(SVC_LOG_WARNING, "%s: ending what still holds the output: %s", run->name,
                run->held_by);
        w32_job_end(run->programs.pipeline.job, SVC_RUN_ENDED_BY_US);
    } else if (sp_list_empty(&run->sessions) ||
               (output_moved(run, &waits) == run->drain_mark && (!waits || shared_stop))) {
        /* With nobody to give it to all would be here by now: somebody outside writes on. And
         * whoever stops a shared worker does not wait for a client that does not read. */
        give_output_up(run);
        return;
    }
    drain_for_a_while(run);
}

/* What it has taken is its worker's from now on. */
static void set_over(struct svc_run *run)
{
    struct svc_tally *tally = &run->worker->tally;
    struct w32_usage used = run->programs.usage;
    sp_status ignored = w32_usage_of(&run->programs.pipeline, &used, NULL);
    (void)ignored; /* then as it was measured last */
    w32_lock_enter(&run->shard->server->lock);
    run->state = SVC_RUN_OVER;
    tally->cpu_ms += used.cpu_ms;
    tally->exits[run->step != SVC_RUN_UNSTOPPED ? SVC_EXIT_STOPPED
                 : svc_run_code(run) == 0       ? SVC_EXIT_SUCCESS
                                                : SVC_EXIT_FAILURE]++;
    w32_lock_leave(&run->shard->server->lock);
}

static void over_if_drained(struct svc_run *run)
{
    if (run->state != SVC_RUN_DRAINING || !output_ended(run))
        return;
    set_over(run);
    w32_timer_stop(run->shard->loop, &run->timer);
    /* Whatever it left running without a pipe ends with it. */
    w32_job_end(run->programs.pipeline.job, SVC_RUN_ENDED_BY_US);
    log_exit(run);
    audit_exit(run);
    svc_worker_run_over(run->worker, run);
    svc_run_tell_sessions(run, svc_session_look);
}

static void look_for_exit(struct svc_run *run)
{
    if (run->state != SVC_RUN_RUNNING || !svc_programs_exited(&run->programs, run->codes))
        return;
    set_state(run, SVC_RUN_DRAINING);
    w32_terminal_close(&run->programs.terminal); /* or its screen would never end */
    svc_run_close_input(run);
    drain_for_a_while(run);
}

static void job_changed(struct w32_job_watch *watch)
{
    struct svc_run *run = SP_CONTAINER(watch, struct svc_run, watch);
    run->walking++;
    look_for_exit(run);
    if (run->state == SVC_RUN_RUNNING && run->step == SVC_RUN_UNSTOPPED && is_empty(run))
        w32_timer_start(run->shard->loop, &run->timer, LOOK_SOON_MS);
    run->walking--;
    svc_run_look(run);
}

/* Said once: a program may try again and again. */
static void job_limited(struct w32_job_watch *watch, enum w32_job_met met)
{
    struct svc_run *run = SP_CONTAINER(watch, struct svc_run, watch);
    const struct sp_limits_config *limits = &run->config->limits;
    if (run->met[met])
        return;
    run->met[met] = true;
    if (met == W32_JOB_MEMORY)
        svc_log(SVC_LOG_WARNING,
                "%s asked for more than the %llu bytes of memory that it may have, and did not get "
                "it (limits: memory)",
                run->name, (unsigned long long)limits->memory_bytes);
    else
        svc_log(SVC_LOG_WARNING, "%s may not have more than %u processes (limits: processes)",
                run->name, (unsigned)limits->processes);
}

static void feed_ended(struct svc_feed *f)
{
    struct svc_run *run = f->owner;
    enum sp_stream stream = (enum sp_stream)(f - run->feeds);
    if (f->failed != 0) {
        svc_log(SVC_LOG_ERROR, "%s: its %s could not be read on (error %u)", run->name,
                sp_stream_name(stream), (unsigned)f->failed);
        svc_run_kill(run, "its output could not be read");
    }
    w32_handle_close(&run->programs.ends[stream]);
    svc_run_look(run);
}

static bool input_in_use(const struct svc_run *run)
{
    for (struct sp_link *l = run->sessions.next; l != &run->sessions; l = l->next)
        if (SP_CONTAINER(l, struct svc_session, run_link)->relays[SP_STDIN].running)
            return true;
    return false;
}

static void close_unused_input(struct svc_run *run)
{
    if (run->closing_input && !input_in_use(run) && !run->config->tty)
        w32_handle_close(&run->programs.ends[SP_STDIN]);
}

void svc_run_look(struct svc_run *run)
{
    close_unused_input(run);
    /* A walk through the sessions must not meet another one, which ends them; it looks when done.
     */
    if (run->walking == 0)
        over_if_drained(run);
    free_if_done(run);
}

/* ------------------------------------------------------------------ starting */

static void seen(struct svc_feed *f, const void *data, size_t len)
{
    const struct svc_run *run = f->owner;
    svc_worker_said(run->worker, run, (enum sp_stream)(f - run->feeds), data, len);
}

/* What they are is the client's business: to ask for it may mean to wait for a read of his. */
static sp_status take_handles(struct svc_run *run, w32_handle taken[SP_STREAM_COUNT],
                              struct sp_error *err)
{
    sp_status status = SP_OK;
    for (int i = SP_STDIN; status == SP_OK && i < SP_STREAM_COUNT; i++) {
        if (run->handed[i] == 0)
            continue;
        status = w32_handover_take(run->client, run->handed[i], &taken[i], err);
        if (status != SP_OK)
            sp_error_prefix(err, "the client's %s: ", sp_stream_name((enum sp_stream)i));
    }
    return status;
}

static void run_start(struct w32_work *work)
{
    struct svc_run *run = SP_CONTAINER(work, struct svc_run, start);
    w32_handle taken[SP_STREAM_COUNT] = {0};
    size_t count = json_array_size(run->args);
    const char **args = calloc(count + 1, sizeof *args);
    char *user = NULL;
    run->start_status =
        args == NULL ? sp_fail(&run->start_error, SP_ENOMEM, 0, "no memory") : SP_OK;
    if (run->start_status == SP_OK && run->peer.sid[0] != '\0')
        run->start_status = w32_account_of(run->peer.sid, &user, &run->start_error);
    for (size_t i = 0; args != NULL && i < count; i++)
        args[i] = json_string_value(json_array_get(run->args, i));
    if (run->start_status == SP_OK)
        run->start_status = take_handles(run, taken, &run->start_error);
    if (run->start_status == SP_OK) {
        struct svc_programs_options options = {
            .config = run->config,
            .args = args,
            .arg_count = count,
            .session = run->session[0] == '\0' ? NULL : run->session,
            .user = user,
            .host = user == NULL ? NULL : run->peer.host,
            .size = run->size,
            .service = run->shard->server->options.service_name,
            .client = &run->peer_token,
        };
        for (int i = SP_STDIN; i < SP_STREAM_COUNT; i++)
            options.std[i] = taken[i] != NULL ? taken[i] : run->lent[i];
        run->start_status = svc_programs_open(&options, &run->programs, &run->start_error);
    }
    for (int i = SP_STDIN; i < SP_STREAM_COUNT; i++)
        w32_handle_close(&taken[i]);
    free(user);
    free(args);
}

static void start_feeds(struct svc_run *run)
{
    bool shared = run->config->mode == SP_MODE_SHARED;
    size_t size = shared ? (size_t)run->config->history_bytes : SVC_RUN_RESUME_BYTES;
    for (int i = SP_STDOUT; i <= SP_STDERR; i++) {
        struct svc_feed *f = &run->feeds[i];
        f->owner = run;
        f->budget = &run->shard->budget;
        f->ended = feed_ended;
        f->seen = seen;
        f->history = shared;
        svc_feed_start(f, run->shard->loop, run->programs.ends[i], size);
    }
}

static sp_status couple(struct svc_run *run, struct sp_error *err)
{
    struct w32_loop *loop = run->shard->loop;
    run->codes = calloc(run->programs.pipeline.child_count, sizeof *run->codes);
    if (run->codes == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a run");
    sp_status status = w32_job_watch(loop, &run->watch, run->programs.pipeline.job, err);
    for (int i = 0; status == SP_OK && i < SP_STREAM_COUNT; i++)
        if (run->programs.ends[i] != NULL)
            status = w32_loop_bind(loop, run->programs.ends[i], err);
    return status;
}

static void refused(struct svc_session *s)
{
    svc_session_refused(s, s->run->start_error.what);
}

static void did_not_start(struct svc_run *run)
{
    svc_log(SVC_LOG_ERROR, "%s could not be started: %s", run->name, run->start_error.what);
    svc_programs_close(&run->programs); /* before its session lets go of an end of its input */
    run->walking++;
    set_state(run, SVC_RUN_OVER);
    svc_worker_run_started(run->worker, run, run->start_status);
    svc_run_tell_sessions(run, refused);
    run->walking--;
    free_if_done(run);
}

static void started(struct svc_run *run)
{
    if (run->start_status == SP_OK)
        run->start_status = couple(run, &run->start_error);
    if (run->start_status != SP_OK) {
        did_not_start(run);
        return;
    }
    svc_log(SVC_LOG_INFO, "%s runs, process %u", run->name,
            (unsigned)run->programs.pipeline.children[0].pid);
    if (run->step == SVC_RUN_KILLED) /* the same here */
        w32_job_end(run->programs.pipeline.job, SVC_RUN_ENDED_BY_US);
    run->walking++;
    run->started_ms = w32_now_ms();
    set_state(run, SVC_RUN_RUNNING);
    w32_timer_start(run->shard->loop, &run->timer, SVC_RUN_LOOK_MS);
    w32_terminal_resize(run->programs.terminal, run->next);
    if (run->fed)
        start_feeds(run);
    svc_worker_run_started(run->worker, run, SP_OK);
    svc_run_tell_sessions(run, svc_session_started);
    enum svc_run_step step = run->step;
    run->step = SVC_RUN_UNSTOPPED;
    if (step == SVC_RUN_KILLED)
        svc_run_kill(run, run->reason);
    else if (step != SVC_RUN_UNSTOPPED)
        svc_run_stop(run, run->reason);
    look_for_exit(run);
    run->walking--;
    svc_run_look(run);
}

static void start_done(struct w32_work *work)
{
    struct svc_run *run = SP_CONTAINER(work, struct svc_run, start);
    run->starting = false;
    started(run);
}

void svc_run_start(struct svc_run *run)
{
    run->start = (struct w32_work){.run = run_start, .done = start_done};
    run->starting = true;
    w32_loop_work(run->shard->loop, &run->start);
}

void svc_run_start_with(struct svc_run *run, struct svc_programs *programs)
{
    run->programs = *programs;
    *programs = (struct svc_programs){0};
    started(run);
}

/* ------------------------------------------------------------------ while it runs */

void svc_run_resize(struct svc_run *run, struct w32_terminal_size size)
{
    if (run->state == SVC_RUN_STARTING)
        run->next = size.columns == 0 ? run->next : size; /* started() takes it up */
    else
        w32_terminal_resize(run->programs.terminal, size);
}

void svc_run_close_input(struct svc_run *run)
{
    run->closing_input = true;
    svc_run_tell_sessions(run, svc_session_stop_input);
    close_unused_input(run);
}

void svc_run_close_output(struct svc_run *run, enum sp_stream stream)
{
    if (run->fed)
        svc_feed_stop(&run->feeds[stream]);
    else
        w32_handle_close(&run->programs.ends[stream]);
}

/* A job tells of its processes' ends, but Windows does not vouch for that word: so we look, too. */
static void look_again(struct svc_run *run)
{
    look_for_exit(run);
    if (run->state != SVC_RUN_RUNNING)
        return;
    if (run->step == SVC_RUN_UNSTOPPED || run->step == SVC_RUN_KILLED)
        w32_timer_start(run->shard->loop, &run->timer, SVC_RUN_LOOK_MS);
    else
        svc_run_next_step(run);
}

/* What the timer means depends on the state it was set in. */
static void timed_out(struct w32_timer *timer)
{
    struct svc_run *run = SP_CONTAINER(timer, struct svc_run, timer);
    run->walking++;
    if (run->state == SVC_RUN_DRAINING && !output_ended(run))
        drained_long_enough(run);
    else if (run->state == SVC_RUN_RUNNING)
        look_again(run);
    run->walking--;
    svc_run_look(run);
}

/* ------------------------------------------------------------------ making one */

struct svc_run *svc_run_open(struct svc_worker *worker, struct svc_shard *shard, bool fed,
                             struct sp_error *err)
{
    struct svc_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        sp_status ignored = sp_fail(err, SP_ENOMEM, 0, "no memory for a run");
        (void)ignored;
        return NULL;
    }
    run->shard = shard;
    run->worker = worker;
    run->config = worker->config;
    run->version = worker->version;
    run->fed = fed;
    run->watch.changed = job_changed;
    run->watch.limited = job_limited;
    run->timer.fire = timed_out;
    sp_list_init(&run->sessions);
    sp_list_add(&shard->runs, &run->link);
    return run;
}

int svc_run_signal_of(const char *name)
{
    static const char *const names[] = {"int", "break", "term", "kill"};
    for (int i = 0; name != NULL && i < 4; i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    return -1;
}
