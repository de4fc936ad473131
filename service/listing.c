/* service/listing.c - what the service says of itself, as JSON: status, workers, sessions. */
#include "service/listing.h"

#include <string.h>

#include "core/rpc.h"
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
    return json_pack("{s:s, s:i, s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:i, s:i}", "version",
                     SP_VERSION, "protocol", SP_PROTOCOL_VERSION, "pid",
                     (json_int_t)w32_process_id(), "pipe", server->options.pipe_name, "config",
                     server->options.config_file, "started", (json_int_t)server->started, "workers",
                     (json_int_t)server->config->worker_count, "sessions", sessions,
                     "sessions_total", total, "handles", (int)w32_handle_tally(), "operations",
                     (int)w32_strict_ops_in_flight());
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

static json_t *describe_worker(struct svc_worker *w, json_int_t sessions)
{
    const struct svc_server *server = w->server;
    const struct sp_worker_config *config = w->config;
    json_t *out = json_pack("{s:s, s:s?, s:o, s:s, s:b, s:b, s:b, s:I}", "worker", config->name,
                            "description", config->description, "programs", programs_of(config),
                            "mode", config->mode == SP_MODE_SHARED ? "shared" : "private", "args",
                            config->args_allowed, "remote", config->remote, "demo",
                            server->config == &server->demo, "sessions", sessions);
    describe_state(w, out);
    if (config->warm > 0)
        describe_warm(w, out);
    return out;
}

static json_int_t sessions_of(struct svc_server *server, const struct sp_worker_config *w)
{
    json_int_t count = 0;
    w32_lock_enter(&server->lock);
    for (struct sp_link *l = server->all_sessions.next; l != &server->all_sessions; l = l->next)
        count += SP_CONTAINER(l, struct svc_session, all_link)->config == w;
    w32_lock_leave(&server->lock);
    return count;
}

static bool may_something(const struct svc_asker *asker, const struct svc_worker *w)
{
    return asker->everything || svc_access_granted(asker->token, &w->access, SP_RIGHT_READ) ||
           svc_access_granted(asker->token, &w->access, SP_RIGHT_CONTROL);
}

json_t *svc_list_workers(const struct svc_asker *asker, uint64_t from)
{
    struct svc_server *server = asker->server;
    json_t *items = json_array();
    size_t used = 0;
    uint64_t i = from;
    for (; i < server->config->worker_count; i++) {
        struct svc_worker *w = &server->workers[i];
        if (may_something(asker, w) &&
            !add(items, describe_worker(w, sessions_of(server, w->config)), &used))
            break;
    }
    return page_of(items, i < server->config->worker_count, i);
}

/* ------------------------------------------------------------------ sessions */

/* Nobody counts what goes past the service. */
static json_t *bytes_of(const struct svc_session *s, enum sp_stream stream)
{
    return s->transport[stream] == SP_TRANSPORT_RELAY
               ? json_integer((json_int_t)svc_session_bytes(s, stream))
               : json_null();
}

/* Under the server's lock: the session can't be freed, and what its loop may change meanwhile is
 * read atomically. */
static json_t *describe_session(const struct svc_session *s)
{
    uint64_t skipped = s->readers[SP_STDOUT].skipped_bytes + s->readers[SP_STDERR].skipped_bytes;
    bool running = s->state >= SVC_SESSION_RUNNING && s->state < SVC_SESSION_CLOSING;
    json_t *pids = svc_run_pids(running ? s->run : NULL);
    return json_pack(
        "{s:s, s:s, s:s, s:b, s:s, s:I, s:s, s:s, s:o, s:I, s:o, s:o, s:o, s:b, s:b, "
        "s:b, s:I, s:I}",
        "session", s->id, "worker", s->config->name, "sid", s->peer.sid, "remote", s->peer.remote,
        "host", s->peer.host, "client_pid", (json_int_t)s->peer.pid, "transport",
        sp_transport_name(svc_transport_of(s->transport)), "state", svc_session_state_name(s),
        "pids", pids, "started", (json_int_t)s->started, "stdin", bytes_of(s, SP_STDIN), "stdout",
        bytes_of(s, SP_STDOUT), "stderr", bytes_of(s, SP_STDERR), "raw", s->raw, "read_only",
        s->read_only, "resumable", s->resume_ms > 0, "detached_ms",
        s->lost ? (json_int_t)(w32_now_ms() - s->lost_at_ms) : 0, "dropped", (json_int_t)skipped);
}

static bool may_see(const struct svc_asker *asker, const struct svc_session *s)
{
    return asker->everything || strcmp(s->peer.sid, asker->sid) == 0 ||
           svc_access_granted(asker->token, &s->worker->access, SP_RIGHT_CONTROL);
}

json_t *svc_list_sessions(const struct svc_asker *asker, uint64_t from)
{
    struct svc_server *server = asker->server;
    json_t *items = json_array();
    size_t used = 0;
    uint64_t next = 0;
    w32_lock_enter(&server->lock);
    for (struct sp_link *l = server->all_sessions.next; l != &server->all_sessions; l = l->next) {
        const struct svc_session *s = SP_CONTAINER(l, struct svc_session, all_link);
        if (s->number >= from && may_see(asker, s) && !add(items, describe_session(s), &used)) {
            next = s->number;
            break;
        }
    }
    w32_lock_leave(&server->lock);
    return page_of(items, next != 0, next);
}
