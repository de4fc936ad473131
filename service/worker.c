/* service/worker.c - a configured worker at run time: its one shared run and its restarts. */
#include "service/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "service/audit.h"
#include "service/capture.h"
#include "service/connection.h"
#include "service/log.h"
#include "service/raw.h"
#include "service/run.h"
#include "service/session.h"
#include "service/warm.h"

static const char *const state_names[] = {"stopped",  "starting", "running",
                                          "stopping", "backoff",  "failed"};

const char *svc_worker_state_name(const struct svc_worker *w)
{
    return w->config->mode == SP_MODE_SHARED ? state_names[w->state] : "on demand";
}

struct svc_worker *svc_worker_find(struct svc_server *server, const char *name)
{
    const struct sp_worker_config *config = sp_config_find(server->config, name);
    return config == NULL ? NULL : server->workers[config - server->config->workers];
}

/* ------------------------------------------------------------------ those who wait */

void svc_waiter_cancel(struct svc_waiter *waiter)
{
    if (waiter->link.next == NULL)
        return;
    sp_list_remove(&waiter->link);
    json_decref(waiter->id);
    waiter->id = NULL;
}

static json_t *state_message(const struct svc_worker *w)
{
    return json_pack("{s:s, s:s}", "worker", w->config->name, "state", svc_worker_state_name(w));
}

/* Why nobody can attach now, or NULL. @param text receives it */
static const char *why_not(const struct svc_worker *w, char *text, size_t size)
{
    const char *name = w->config->name;
    char last[80] = "";
    if (w->said.len > 0) {
        json_t *lines = sp_tail_lines(&w->said);
        const char *line = json_string_value(json_array_get(lines, json_array_size(lines) - 1));
        snprintf(last, sizeof last, ": %s", sp_text_excerpt(line == NULL ? "" : line).text);
        json_decref(lines);
    }
    uint64_t now = w32_now_ms();
    if (w->state == SVC_WORKER_BACKOFF && w->has_exited)
        snprintf(text, size, "worker '%s' has exited with %u and is started again in %llu ms%s",
                 name, (unsigned)w->exit_code,
                 (unsigned long long)(w->due_ms > now ? w->due_ms - now : 0), last);
    else if (w->state == SVC_WORKER_BACKOFF)
        snprintf(text, size, "worker '%s' could not be started and is tried again in %llu ms%s",
                 name, (unsigned long long)(w->due_ms > now ? w->due_ms - now : 0), last);
    else if (w->state == SVC_WORKER_FAILED)
        snprintf(text, size, "worker '%s' has failed%s; \"standpipe start %s\" starts it again",
                 name, last, name);
    else if (w->state == SVC_WORKER_STOPPED && w->has_exited && !w->stopped_by_hand)
        snprintf(text, size, "worker '%s' has exited with %u", name, (unsigned)w->exit_code);
    else if (w->state == SVC_WORKER_STOPPED)
        snprintf(text, size, "worker '%s' was stopped; \"standpipe start %s\" starts it", name,
                 name);
    else if (w->state == SVC_WORKER_STOPPING)
        snprintf(text, size, "worker '%s' is being stopped", name);
    else
        return NULL;
    return text;
}

/* Answers those who wait for the state that has come, or for one that can't come any more. */
static void settle(struct svc_worker *w)
{
    char why[SP_ERROR_TEXT_MAX];
    for (struct sp_link *l = w->waiters.next, *next; l != &w->waiters; l = next) {
        next = l->next;
        struct svc_waiter *waiter = SP_CONTAINER(l, struct svc_waiter, link);
        bool stopped = w->state == SVC_WORKER_STOPPED || w->state == SVC_WORKER_FAILED;
        bool failed = w->state == SVC_WORKER_BACKOFF || stopped;
        if (waiter->for_stop ? stopped : w->state == SVC_WORKER_RUNNING)
            svc_connection_reply(waiter->connection, waiter->id, state_message(w));
        else if (!waiter->for_stop && failed && !w->start_again)
            svc_connection_error(waiter->connection, waiter->id, SP_RPC_NO_START,
                                 why_not(w, why, sizeof why));
        else
            continue;
        svc_waiter_cancel(waiter);
        if (w->home->stopping)
            svc_connection_close_after_sent(waiter->connection);
    }
}

static void set_state(struct svc_worker *w, enum svc_worker_state state)
{
    w32_lock_enter(&w->server->lock);
    w->state = state;
    w32_lock_leave(&w->server->lock);
    settle(w);
}

/* ------------------------------------------------------------------ starting */

static void could_not(struct svc_worker *w, const char *why)
{
    w32_lock_enter(&w->server->lock);
    w->run = NULL;
    sp_tail_clear(&w->said);
    sp_tail_add(&w->said, why, strlen(why));
    w32_lock_leave(&w->server->lock);
}

uint64_t svc_worker_pause_ms(struct svc_worker *w)
{
    /* Any number will do that two workers of one crash don't share. */
    return sp_backoff_next(&w->backoff, (uint32_t)w32_now_ms() * 2654435761u);
}

static void back_off(struct svc_worker *w)
{
    uint64_t wait_ms = svc_worker_pause_ms(w);
    w->due_ms = w32_now_ms() + wait_ms;
    w32_timer_start(w->home->loop, &w->retry, (uint32_t)wait_ms);
    svc_log(SVC_LOG_WARNING, "worker '%s': starting it again in %llu ms", w->config->name,
            (unsigned long long)wait_ms);
    set_state(w, SVC_WORKER_BACKOFF);
}

static sp_status start(struct svc_worker *w, struct w32_terminal_size size, struct sp_error *err)
{
    struct svc_run *run = svc_run_open(w, w->home, true, err);
    if (run == NULL)
        return SP_ENOMEM;
    run->size = size;
    snprintf(run->name, sizeof run->name, "worker '%s'", w->config->name);
    w32_timer_stop(w->home->loop, &w->retry);
    w32_lock_enter(&w->server->lock);
    w->run = run;
    sp_tail_clear(&w->said);
    w32_lock_leave(&w->server->lock);
    w->stopped_by_hand = w->start_again = false;
    set_state(w, SVC_WORKER_STARTING);
    svc_run_start(run);
    return SP_OK;
}

static void start_or_back_off(struct svc_worker *w)
{
    struct sp_error err = {0};
    if (start(w, (struct w32_terminal_size){0}, &err) != SP_OK) {
        could_not(w, err.what);
        back_off(w);
    }
}

static void retry(struct w32_timer *timer)
{
    struct svc_worker *w = SP_CONTAINER(timer, struct svc_worker, retry);
    w->restarts++;
    start_or_back_off(w);
}

/* Somebody asked for it: what went wrong before does not count. */
static void begin_start(struct svc_worker *w)
{
    sp_backoff_reset(&w->backoff);
    start_or_back_off(w);
}

void svc_worker_autostart(struct svc_worker *w)
{
    if (w->config->mode == SP_MODE_PRIVATE)
        svc_warm_fill(w);
    else if (w->config->autostart)
        start_or_back_off(w);
}

/* Whether it is to have a run at all. */
static bool is_wanted(const struct svc_worker *w)
{
    return !w->home->stopping && !w->retired && w->config->mode == SP_MODE_SHARED;
}

/* As long as it starts, the pool looks at its config. */
void svc_worker_update_run(struct svc_worker *w)
{
    if (w->run != NULL && !w->run->starting && w->run->version == w->version && !w->retired)
        w->run->config = w->config;
}

/* ------------------------------------------------------------------ told by its runs */

void svc_worker_refused(struct svc_worker *w)
{
    w32_lock_enter(&w->server->lock);
    w->tally.refusals++;
    w32_lock_leave(&w->server->lock);
}

static void count_start(struct svc_worker *w, sp_status status)
{
    w32_lock_enter(&w->server->lock);
    if (status == SP_OK)
        w->tally.starts++;
    else
        w->tally.exits[SVC_EXIT_NOT_STARTED]++;
    w32_lock_leave(&w->server->lock);
}

void svc_worker_run_started(struct svc_worker *w, struct svc_run *run, sp_status status)
{
    count_start(w, status);
    if (w->run != run)
        return; /* a private one's */
    if (status == SP_OK) {
        svc_worker_update_run(w);
        set_state(w, run->step == SVC_RUN_UNSTOPPED ? SVC_WORKER_RUNNING : SVC_WORKER_STOPPING);
        return;
    }
    could_not(w, run->start_error.what);
    if (w->start_again && is_wanted(w) && run->version != w->version) {
        set_state(w, SVC_WORKER_STOPPED);
        begin_start(w); /* it is another program by now */
        return;
    }
    if (w->start_again)
        set_state(w, SVC_WORKER_STOPPED); /* for those who wait for its stop */
    w->start_again = false;               /* this was it */
    if (!is_wanted(w) || w->stopped_by_hand)
        set_state(w, SVC_WORKER_STOPPED);
    else if (w->config->restart == SP_RESTART_NEVER)
        set_state(w, SVC_WORKER_FAILED);
    else
        back_off(w);
}

void svc_worker_run_over(struct svc_worker *w, struct svc_run *run)
{
    if (w->run != run)
        return;
    uint32_t code = svc_run_code(run);
    bool again = w->config->restart == SP_RESTART_ALWAYS ||
                 (w->config->restart == SP_RESTART_ON_FAILURE && code != 0);
    w32_lock_enter(&w->server->lock);
    w->run = NULL;
    w->exit_code = code;
    w->has_exited = true;
    w32_lock_leave(&w->server->lock);
    if (w32_now_ms() - run->started_ms >= SP_BACKOFF_HEALTHY_MS)
        sp_backoff_reset(&w->backoff);
    if (!is_wanted(w))
        set_state(w, SVC_WORKER_STOPPED);
    else if (w->start_again) {
        set_state(w, SVC_WORKER_STOPPED); /* for those who wait for its stop */
        begin_start(w);
    } else if (w->stopped_by_hand)
        set_state(w, SVC_WORKER_STOPPED);
    else if (again)
        back_off(w);
    else
        set_state(w, code == 0 ? SVC_WORKER_STOPPED : SVC_WORKER_FAILED);
}

void svc_worker_said(struct svc_worker *w, const struct svc_run *run, enum sp_stream stream,
                     const void *data, size_t len)
{
    if (w->run == run && stream == SP_STDERR) {
        w32_lock_enter(&w->server->lock);
        sp_tail_add(&w->said, data, len);
        w32_lock_leave(&w->server->lock);
    }
    svc_capture_write(w->capture, run->session[0] == '\0' ? w->config->name : run->session, stream,
                      data, len);
}

/* ------------------------------------------------------------------ told by clients */

static sp_status join_shared(struct svc_worker *w, struct svc_session *s, struct sp_error *err)
{
    char why[SP_ERROR_TEXT_MAX];
    sp_status status = SP_OK;
    if (w->state == SVC_WORKER_STOPPED && !w->stopped_by_hand && is_wanted(w))
        status = start(w, s->size, err);
    else if (w->state != SVC_WORKER_STARTING && w->state != SVC_WORKER_RUNNING)
        status = sp_fail(err, SP_ESTATE, 0, "%s", why_not(w, why, sizeof why));
    if (status != SP_OK)
        return status;
    s->run = w->run;
    sp_list_add(&w->run->sessions, &s->run_link);
    svc_run_resize(w->run, s->size);
    if (w->state == SVC_WORKER_RUNNING)
        svc_session_started(s);
    return SP_OK;
}

/* What goes past the service is given to the programs when they start. */
static void lend(struct svc_session *s, struct svc_run *run)
{
    for (int i = SP_STDIN; i < SP_STREAM_COUNT; i++) {
        if (s->transport[i] == SP_TRANSPORT_DIRECT)
            run->lent[i] = s->data[i];
        else if (s->transport[i] == SP_TRANSPORT_HANDOFF)
            run->handed[i] = s->offers[i]; /* not 0: else it would go another way */
    }
    run->client = s->client;
    s->client = NULL;
    run->peer_token = s->peer_token;
    s->peer_token = (struct w32_token){0};
}

static sp_status join_new(struct svc_worker *w, struct svc_session *s, struct sp_error *err)
{
    struct svc_programs warm;
    struct svc_run *run = svc_run_open(w, s->shard, s->resume_ms > 0, err);
    if (run == NULL)
        return SP_ENOMEM;
    snprintf(run->name, sizeof run->name, "session %s: worker '%s'", s->id, w->config->name);
    snprintf(run->session, sizeof run->session, "%s", s->id);
    run->peer = s->peer;
    run->size = s->size;
    run->args = json_incref(s->args);
    s->run = run;
    sp_list_add(&run->sessions, &s->run_link);
    lend(s, run);
    /* Arguments and handles are given at the start, so a client that has some gets a new one. */
    if (json_array_size(s->args) == 0 && svc_session_is_relayed(s) &&
        svc_warm_take(w, s->shard, &warm))
        svc_run_start_with(run, &warm);
    else
        svc_run_start(run);
    return SP_OK;
}

sp_status svc_worker_join(struct svc_worker *w, struct svc_session *s, struct sp_error *err)
{
    if (s->version != w->version || w->retired)
        return sp_fail(err, SP_ESTATE, 0,
                       "the config of worker '%s' has changed since you attached; attach again",
                       w->config->name);
    return w->config->mode == SP_MODE_SHARED ? join_shared(w, s, err) : join_new(w, s, err);
}

static void wait_for(struct svc_worker *w, struct svc_connection *c, json_t *id, bool stop)
{
    c->waiter = (struct svc_waiter){.connection = c, .id = json_incref(id), .for_stop = stop};
    sp_list_add(&w->waiters, &c->waiter.link);
}

static void begin_stop(struct svc_worker *w, const char *reason)
{
    if (w->run != NULL) {
        svc_run_stop(w->run, reason);
        set_state(w, SVC_WORKER_STOPPING);
        return;
    }
    w32_timer_stop(w->home->loop, &w->retry);
    set_state(w, SVC_WORKER_STOPPED);
}

static void audit(const struct svc_worker *w, enum svc_worker_verb verb,
                  const struct svc_connection *c)
{
    static const enum sp_audit_kind kinds[] = {[SVC_WORKER_START] = SP_AUDIT_START,
                                               [SVC_WORKER_STOP] = SP_AUDIT_STOP,
                                               [SVC_WORKER_RESTART] = SP_AUDIT_RESTART};
    bool refused = w->config->mode != SP_MODE_SHARED;
    svc_audit(&(struct svc_audit_entry){
        .kind = refused ? SP_AUDIT_REFUSAL : kinds[verb],
        .peer = &c->peer,
        .worker = w->config->name,
        .what = refused ? sp_audit_name(kinds[verb]) : NULL,
        .reason = refused ? "there is none to start or stop (mode: private)" : NULL});
}

void svc_worker_command(struct svc_worker *w, enum svc_worker_verb verb, struct svc_connection *c,
                        json_t *id)
{
    audit(w, verb, c);
    if (w->config->mode != SP_MODE_SHARED) {
        svc_connection_error(c, id, SP_RPC_REFUSED,
                             "each client of this worker has a process of its own (mode: private): "
                             "there is none to start or stop; \"standpipe signal SESSION term\" "
                             "stops a session's");
        return;
    }
    svc_log(SVC_LOG_INFO, "worker '%s': %s asks to %s it", w->config->name, c->peer.sid,
            verb == SVC_WORKER_START  ? "start"
            : verb == SVC_WORKER_STOP ? "stop"
                                      : "restart");
    bool runs = w->run != NULL;
    wait_for(w, c, id, verb == SVC_WORKER_STOP);
    w->stopped_by_hand = verb == SVC_WORKER_STOP;
    w->start_again = runs && (verb == SVC_WORKER_RESTART ||
                              (verb == SVC_WORKER_START && w->state == SVC_WORKER_STOPPING));
    if (verb == SVC_WORKER_STOP || (verb == SVC_WORKER_RESTART && runs))
        begin_stop(w, w->start_again ? "it is being restarted" : "it is being stopped");
    else if (!runs)
        begin_start(w);
    else
        settle(w); /* it runs, or is about to */
}

/* ------------------------------------------------------------------ told by a reload */

static void follow_shared(struct svc_worker *w)
{
    bool again = w->begins || w->other_program;
    if (w->run != NULL && again) {
        w->start_again = !w->stopped_by_hand;
        begin_stop(w, "its config has changed");
    } else if (w->run == NULL && again &&
               (w->state == SVC_WORKER_BACKOFF || w->state == SVC_WORKER_FAILED)) {
        begin_start(w); /* that may have been the mistake */
    } else if (w->run == NULL && w->begins) {
        w->stopped_by_hand = false;
        svc_worker_autostart(w);
    }
}

void svc_worker_follow(struct svc_worker *w)
{
    if (!w->follows || w->home->stopping)
        return;
    if (w->retired)
        svc_listener_stop(&w->raw);
    else
        svc_listener_start(&w->raw);
    if (is_wanted(w)) {
        w32_timer_stop(w->home->loop, &w->tick); /* it may have been a private one */
        follow_shared(w);
    } else {
        w->start_again = false;
        begin_stop(w, w->retired ? "it was taken out of the config" : "its config has changed");
        if (w->retired)
            w32_timer_stop(w->home->loop, &w->tick);
        else
            svc_warm_fill(w);
    }
    w->follows = w->begins = w->other_program = false;
}

/* ------------------------------------------------------------------ life */

sp_status svc_worker_open_capture(const struct svc_server *server,
                                  const struct sp_worker_config *config, struct svc_capture **out,
                                  struct sp_error *err)
{
    const struct svc_capture_options options = {
        .folder = server->options.logs_folder, .worker = config->name, .config = &config->logs};
    *out = NULL;
    return options.folder == NULL ? SP_OK : svc_capture_open(&options, out, err);
}

sp_status svc_worker_open(struct svc_server *server, const struct svc_generation *g,
                          const struct sp_worker_config *config, struct svc_shard *home,
                          struct svc_worker **out, struct sp_error *err)
{
    struct svc_worker *w = calloc(1, sizeof *w);
    if (w == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for worker '%s'", config->name);
    w->server = server;
    w->config = config;
    w->home = home;
    w->retry.fire = retry;
    sp_list_init(&w->waiters);
    sp_status status = svc_warm_init(w, err);
    if (status == SP_OK)
        status = svc_worker_open_capture(server, config, &w->capture, err);
    if (status == SP_OK)
        status = svc_access_open_worker(server, g, config, &w->access, err);
    if (status == SP_OK)
        status = svc_raw_open(w, err);
    if (status == SP_OK)
        *out = w;
    else
        svc_worker_close(w);
    return status;
}

void svc_worker_shut(struct svc_worker *w)
{
    w32_timer_stop(w->home->loop, &w->retry);
    w32_timer_stop(w->home->loop, &w->tick);
    w->start_again = false;
}

bool svc_worker_busy(const struct svc_worker *w)
{
    return w->is_warming || __atomic_load_n(&w->refill_posted, __ATOMIC_ACQUIRE) != 0;
}

void svc_worker_close(struct svc_worker *w)
{
    svc_raw_close(w);
    svc_access_close(&w->access);
    svc_warm_deinit(w);
    sp_quota_deinit(&w->quota);
    svc_capture_close(w->capture, SVC_CAPTURE_CLOSE_MS);
    free(w);
}
