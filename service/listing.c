/* service/listing.c - what the service says of itself, as JSON: status, workers, sessions. */
#include "service/listing.h"

#include <stdlib.h>
#include <string.h>

#include "core/config_settings.h"
#include "core/rpc.h"
#include "service/capture.h"
#include "service/figures.h"
#include "service/generation.h"
#include "service/run.h"
#include "service/session.h"
#include "service/worker.h"
#include "win32/handle.h"
#include "win32/process.h"
#include "win32/strict.h"

enum { PAGE_BYTES = 48 * 1024 }; /* leaves room for the rest of the line */

/* Adds an item to a page unless the page is full; item is taken in any case. */
static bool add(json_t *page, json_t *item, size_t *used)
{
    size_t len = item == NULL ? 0 : json_dumpb(item, NULL, 0, JSON_COMPACT);
    if (*used > 0 && *used + len > PAGE_BYTES) {
        json_decref(item);
        return false;
    }
    *used += len + 1;
    json_array_append_new(page, item);
    return true;
}

static json_t *page_of(json_t *items, bool more, uint64_t next)
{
    return json_pack("{s:o, s:o}", "items", items, "next",
                     more ? json_integer((json_int_t)next) : json_null());
}

/* ------------------------------------------------------------------ status */

json_t *svc_list_status(struct svc_server *server)
{
    json_int_t sessions = 0;
    w32_lock_enter(&server->lock);
    for (struct sp_link *l = server->all_sessions.next; l != &server->all_sessions; l = l->next)
        sessions++;
    json_int_t total = (json_int_t)server->last_session;
    w32_lock_leave(&server->lock);
    struct w32_usage own = w32_usage_own();
    json_int_t refusals = (json_int_t)__atomic_load_n(&server->refusals, __ATOMIC_RELAXED);
    return json_pack(
        "{s:s, s:i, s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:i, s:i, s:I, s:I, s:I, s:I}",
        "version", SP_VERSION, "protocol", SP_PROTOCOL_VERSION, "pid", (json_int_t)w32_process_id(),
        "pipe", server->options.pipe_name, "config", server->options.config_file, "config_read",
        (json_int_t)server->now->read_at, "started", (json_int_t)server->started, "workers",
        (json_int_t)server->worker_count, "sessions", sessions, "sessions_total", total, "handles",
        (int)w32_handle_tally(), "operations", (int)w32_strict_ops_in_flight(), "uptime_ms",
        (json_int_t)(w32_now_ms() - server->started_ms), "refusals", refusals, "memory",
        (json_int_t)own.memory_bytes, "cpu_ms", (json_int_t)own.cpu_ms);
}

/* ------------------------------------------------------------------ workers */

static json_t *programs_of(const struct sp_worker_config *config)
{
    json_t *programs = json_array();
    for (size_t i = 0; i < config->stage_count; i++) {
        json_t *argv = json_array();
        for (size_t k = 0; k < config->stages[i].argc; k++)
            json_array_append_new(argv, json_string(config->stages[i].argv[k]));
        json_array_append_new(programs, argv);
    }
    return programs;
}

/* What a shared worker does now. */
static void describe_state(struct svc_worker *w, json_t *out)
{
    uint64_t now = w32_now_ms();
    w32_lock_enter(&w->server->lock);
    json_object_set_new(out, "state", json_string(svc_worker_state_name(w)));
    json_object_set_new(out, "pids", svc_run_pids(w->run));
    json_object_set_new(out, "restarts", json_integer(w->restarts));
    json_object_set_new(out, "exit_code", w->has_exited ? json_integer(w->exit_code) : json_null());
    if (w->state == SVC_WORKER_BACKOFF)
        json_object_set_new(out, "backoff_ms",
                            json_integer(w->due_ms > now ? (json_int_t)(w->due_ms - now) : 0));
    if (w->state == SVC_WORKER_BACKOFF || w->state == SVC_WORKER_FAILED)
        json_object_set_new(out, "last_words", sp_tail_lines(&w->said));
    w32_lock_leave(&w->server->lock);
}

static void describe_warm(struct svc_worker *w, json_t *out)
{
    w32_lock_enter(&w->lock);
    json_object_set_new(out, "warm", json_integer(w->warm_count));
    w32_lock_leave(&w->lock);
    json_object_set_new(out, "warm_wanted", json_integer(w->config->warm));
}

/* What is told of one alone: all that the config says, and where its output is logged. */
static void describe_settings(struct svc_worker *w, json_t *out)
{
    json_object_set_new(out, "settings", sp_config_settings(w->config));
    json_object_set_new(out, "log",
                        w->capture == NULL
                            ? json_null()
                            : json_string(svc_logfiles_path(svc_capture_files(w->capture))));
    json_object_set_new(out, "raw_pipe", json_string(w->raw_leaf));
}

static json_t *describe_worker(struct svc_worker *w, const struct svc_figures *figures)
{
    const struct svc_server *server = w->server;
    const struct sp_worker_config *config = w->config;
    json_t *out = json_pack("{s:s, s:s?, s:o, s:s, s:b, s:b, s:b}", "worker", config->name,
                            "description", config->description, "programs", programs_of(config),
                            "mode", config->mode == SP_MODE_SHARED ? "shared" : "private", "args",
                            config->args_allowed, "remote", config->remote, "demo",
                            server->config != server->now->base);
    svc_figures_describe(figures, out);
    describe_state(w, out);
    if (config->warm > 0)
        describe_warm(w, out);
    return out;
}

static bool may_something(const struct svc_asker *asker, const struct svc_worker *w)
{
    return asker->everything || svc_access_granted(asker->token, &w->access, SP_RIGHT_READ) ||
           svc_access_granted(asker->token, &w->access, SP_RIGHT_CONTROL);
}

json_t *svc_list_workers(const struct svc_asker *asker, const struct svc_worker *only,
                         uint64_t from)
{
    struct svc_server *server = asker->server;
    struct svc_figures *all = calloc(server->worker_count, sizeof *all);
    json_t *items = json_array();
    size_t used = 0;
    uint64_t i = only == NULL ? from : (uint64_t)only->index;
    uint64_t end = only == NULL ? server->worker_count : i + 1;
    if (all != NULL)
        svc_figures_of(server, all);
    for (; all != NULL && i < end; i++) {
        struct svc_worker *w = server->workers[i];
        if (!may_something(asker, w))
            continue;
        json_t *item = describe_worker(w, &all[i]);
        if (only != NULL && item != NULL)
            describe_settings(w, item);
        if (!add(items, item, &used))
            break;
    }
    free(all);
    return page_of(items, i < end, i);
}

/* ------------------------------------------------------------------ sessions */

/* Nobody counts what goes past the service. */
static json_t *bytes_of(const struct svc_session *s, enum sp_stream stream)
{
    return s->transport[stream] == SP_TRANSPORT_RELAY
               ? json_integer((json_int_t)svc_session_bytes(s, stream))
               : json_null();
}

/* What its own run takes; a shared one is its worker's. */
static void describe_usage(struct svc_meter *meter, const struct svc_session *s, json_t *out)
{
    struct w32_usage usage = {0};
    bool known = svc_figures_session(meter, s, &usage);
    json_object_set_new(out, "processes", known ? json_integer(usage.processes) : json_null());
    json_object_set_new(out, "memory",
                        known ? json_integer((json_int_t)usage.memory_bytes) : json_null());
    json_object_set_new(out, "cpu_ms",
                        known ? json_integer((json_int_t)usage.cpu_ms) : json_null());
}

/* Under the server's lock: the session can't be freed, and what its loop may change meanwhile is
 * read atomically. */
static json_t *describe_session(struct svc_meter *meter, const struct svc_session *s)
{
    uint64_t skipped = s->readers[SP_STDOUT].skipped_bytes + s->readers[SP_STDERR].skipped_bytes;
    bool running = s->state >= SVC_SESSION_RUNNING && s->state < SVC_SESSION_CLOSING;
    json_t *pids = svc_run_pids(running ? s->run : NULL);
    json_t *out = json_pack(
        "{s:s, s:s, s:s, s:b, s:s, s:I, s:s, s:s, s:o, s:I, s:o, s:o, s:o, s:b, s:b, "
        "s:b, s:I, s:I}",
        "session", s->id, "worker", s->config->name, "sid", s->peer.sid, "remote", s->peer.remote,
        "host", s->peer.host, "client_pid", (json_int_t)s->peer.pid, "transport",
        sp_transport_name(svc_transport_of(s->transport)), "state", svc_session_state_name(s),
        "pids", pids, "started", (json_int_t)s->started, "stdin", bytes_of(s, SP_STDIN), "stdout",
        bytes_of(s, SP_STDOUT), "stderr", bytes_of(s, SP_STDERR), "raw", s->raw, "read_only",
        s->read_only, "resumable", s->resume_ms > 0, "detached_ms",
        s->lost ? (json_int_t)(w32_now_ms() - s->lost_at_ms) : 0, "dropped", (json_int_t)skipped);
    if (out != NULL)
        describe_usage(meter, s, out);
    return out;
}

static bool may_see(const struct svc_asker *asker, const struct svc_session *s)
{
    return asker->everything || strcmp(s->peer.sid, asker->sid) == 0 ||
           svc_access_granted(asker->token, &s->worker->access, SP_RIGHT_CONTROL);
}

json_t *svc_list_sessions(const struct svc_asker *asker, const struct svc_worker *only,
                          uint64_t from)
{
    struct svc_server *server = asker->server;
    json_t *items = json_array();
    size_t used = 0;
    uint64_t next = 0;
    w32_lock_enter(&server->lock);
    struct svc_meter meter = svc_meter_of(server);
    for (struct sp_link *l = server->all_sessions.next; l != &server->all_sessions; l = l->next) {
        const struct svc_session *s = SP_CONTAINER(l, struct svc_session, all_link);
        bool asked = s->number >= from && (only == NULL || s->worker == only);
        if (asked && may_see(asker, s) && !add(items, describe_session(&meter, s), &used)) {
            next = s->number;
            break;
        }
    }
    w32_lock_leave(&server->lock);
    return page_of(items, next != 0, next);
}
