/* service/reload_plan.c - what a new config means for the workers that are there. */
#include "service/reload_plan.h"

#include <stdlib.h>
#include <string.h>

#include "core/config_changes.h"
#include "core/text.h"
#include "service/capture.h"
#include "service/connection.h"
#include "service/generation.h"
#include "service/log.h"
#include "service/logs.h"
#include "service/raw.h"
#include "service/run.h"
#include "service/session.h"
#include "service/standstill.h"
#include "service/worker.h"
#include "win32/acl.h"
#include "win32/npipe.h"

const char *svc_fate_name(enum svc_fate fate)
{
    static const char *const names[] = {"unchanged", "changed", "restarted",
                                        "added",     "removed", "gone"};
    return names[fate];
}

/* ------------------------------------------------------------------ finding out */

/* One that the config had before, and has again. */
static struct svc_worker *find_retired(const struct svc_server *server, const char *name)
{
    for (struct sp_link *l = server->all_workers.next; l != &server->all_workers; l = l->next) {
        struct svc_worker *w = SP_CONTAINER(l, struct svc_worker, link);
        if (w->retired && sp_text_same(w->config->name, name))
            return w;
    }
    return NULL;
}

static bool any_key(json_t *keys, bool (*is)(const char *key))
{
    size_t i;
    json_t *key;
    json_array_foreach(keys, i, key) if (is(json_string_value(key))) return true;
    return false;
}

static bool is_of_logs(const char *key)
{
    return strncmp(key, "logs.", sizeof "logs." - 1) == 0;
}

static sp_status compare(struct svc_worker_plan *p, struct sp_error *err)
{
    p->keys = sp_config_changes(p->worker->config, p->config);
    if (p->keys == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory to compare configs");
    p->other_program = any_key(p->keys, sp_config_key_is_of_process);
    p->served_before = !p->worker->retired && p->worker->config->mode == p->config->mode;
    if (p->worker->retired)
        p->fate = SVC_FATE_ADDED;
    else
        p->fate = json_array_size(p->keys) == 0 ? SVC_FATE_UNCHANGED : SVC_FATE_CHANGED;
    return SP_OK;
}

/* What a worker that is there needs by its new config. */
static sp_status prepare(struct svc_reload_plan *plan, struct svc_worker_plan *p,
                         struct sp_error *err)
{
    sp_status status =
        svc_access_open_worker(plan->server, plan->generation, p->config, &p->access, err);
    if (status == SP_OK && p->worker->capture == NULL)
        status = svc_worker_open_capture(plan->server, p->config, &p->capture, err);
    if (status == SP_OK && p->config->warm > 0) {
        p->warm.places = calloc(p->config->warm, sizeof *p->warm.places);
        if (p->warm.places == NULL)
            status = sp_fail(err, SP_ENOMEM, 0, "no memory for workers started ahead");
    }
    return status;
}

static sp_status plan_worker(struct svc_reload_plan *plan, size_t i, struct sp_error *err)
{
    struct svc_server *server = plan->server;
    struct svc_worker_plan *p = &plan->items[i];
    p->config = &plan->generation->config->workers[i];
    p->worker = svc_worker_find(server, p->config->name);
    if (p->worker == NULL)
        p->worker = find_retired(server, p->config->name);
    sp_status status = SP_OK;
    if (p->worker == NULL) {
        p->fate = SVC_FATE_ADDED;
        status = svc_worker_open(server, plan->generation, p->config,
                                 &server->shards[i % server->shard_count], &p->worker, err);
        p->made = status == SP_OK;
    } else {
        status = compare(p, err);
        if (status == SP_OK)
            status = prepare(plan, p, err);
    }
    plan->workers[i] = p->worker;
    return status;
}

/* What is left of those that the config has no more goes by their old config, and by who may
 * administer the service now. */
static sp_status plan_others(struct svc_reload_plan *plan, struct sp_error *err)
{
    const struct svc_server *server = plan->server;
    sp_status status = SP_OK;
    for (struct sp_link *l = server->all_workers.next; l != &server->all_workers; l = l->next) {
        struct svc_worker *w = SP_CONTAINER(l, struct svc_worker, link);
        if (status != SP_OK || sp_config_find(plan->generation->config, w->config->name) != NULL)
            continue;
        struct svc_worker_plan *p = &plan->items[plan->count++];
        *p = (struct svc_worker_plan){.worker = w,
                                      .config = w->config,
                                      .fate = w->retired ? SVC_FATE_GONE : SVC_FATE_REMOVED};
        status = svc_access_open_worker(server, plan->generation, p->config, &p->access, err);
    }
    return status;
}

static size_t count_all(const struct svc_server *server)
{
    size_t count = 0;
    for (struct sp_link *l = server->all_workers.next; l != &server->all_workers; l = l->next)
        count++;
    return count;
}

/* Whether the instances of a pipe may differ in whether they let the network in: Windows does not
 * say, so two of a name of their own are tried. */
static bool may_differ(const struct svc_reload_plan *plan)
{
    struct w32_npipe_options options = plan->server->shards[0].control.options;
    struct w32_npipe_leaf leaf;
    w32_handle one = NULL, other = NULL;
    options.security_descriptor = plan->access.pipe;
    if (w32_npipe_random_leaf(plan->server->options.pipe_name, &leaf, NULL) != SP_OK)
        return false;
    options.leaf = leaf.text;
    options.first = true;
    bool may = w32_npipe_create(&options, &one, NULL) == SP_OK;
    options.first = false;
    options.remote = !options.remote;
    may = may && w32_npipe_create(&options, &other, NULL) == SP_OK;
    w32_npipe_close(&other, leaf.text);
    w32_npipe_close(&one, leaf.text);
    return may;
}

sp_status svc_reload_plan_open(struct svc_reload_plan *plan, struct svc_server *server,
                               struct svc_generation *g, struct sp_error *err)
{
    size_t kept = g->config->worker_count;
    plan->server = server;
    sp_list_init(&plan->swept_workers);
    sp_list_init(&plan->swept_generations);
    plan->items = calloc(kept + count_all(server), sizeof *plan->items);
    plan->workers = calloc(kept, sizeof *plan->workers);
    plan->sessions = calloc(server->worker_count, sizeof *plan->sessions);
    if (plan->items == NULL || plan->workers == NULL || plan->sessions == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a new config");
    plan->generation = g;
    sp_status status = svc_access_open_server(server, g, &plan->access, err);
    for (; status == SP_OK && plan->kept < kept; plan->kept++)
        status = plan_worker(plan, plan->kept, err);
    plan->count = plan->kept;
    if (status == SP_OK)
        status = plan_others(plan, err);
    if (status != SP_OK) {
        plan->generation = NULL; /* the caller's */
        return status;
    }
    plan->renews = svc_generation_is_remote(g) != server->remote && may_differ(plan);
    return SP_OK;
}

/* ------------------------------------------------------------------ putting it in force */

static void count_sessions(struct svc_reload_plan *plan)
{
    const struct sp_link *all = &plan->server->all_sessions;
    for (struct sp_link *l = all->next; l != all; l = l->next) {
        const struct svc_session *s = SP_CONTAINER(l, struct svc_session, all_link);
        if (!s->worker->retired)
            plan->sessions[s->worker->index]++;
    }
}

static bool has_raw_client(const struct svc_server *server, const struct svc_worker *w)
{
    for (struct sp_link *l = server->all_sessions.next; l != &server->all_sessions; l = l->next) {
        const struct svc_session *s = SP_CONTAINER(l, struct svc_session, all_link);
        if (s->worker == w && s->raw)
            return true;
    }
    return false;
}

static void change_list(const struct svc_listener *l, const struct svc_access *access)
{
    struct sp_error err;
    for (int i = 0; i < l->count; i++)
        if (l->instances[i].pipe != NULL &&
            w32_acl_change(l->instances[i].pipe, access->pipe, &err) != SP_OK)
            svc_log(SVC_LOG_ERROR, "pipe %s: %s", l->options.leaf, err.what);
}

static void swap_access(struct svc_access *a, struct svc_access *b)
{
    struct svc_access old = *a;
    *a = *b;
    *b = old;
}

static void put_access(struct svc_worker_plan *p)
{
    struct svc_worker *w = p->worker;
    swap_access(&w->access, &p->access);
    w->raw.options.security_descriptor = w->access.pipe;
    if (strcmp(w->access.pipe_sddl, p->access.pipe_sddl) != 0)
        change_list(&w->raw, &w->access);
    w->reviews = strcmp(w->access.rights_sddl, p->access.rights_sddl) != 0 ||
                 (w->config->remote && !p->config->remote);
}

static void put_logs(struct svc_worker_plan *p)
{
    struct svc_worker *w = p->worker;
    if (w->capture == NULL) {
        w->capture = p->capture;
        p->capture = NULL;
    } else if (any_key(p->keys, is_of_logs)) {
        svc_capture_configure(w->capture, &p->config->logs);
    }
}

/* The name of its endpoint is ours as long as somebody uses it, and not a moment longer. */
static void revive(const struct svc_server *server, struct svc_worker *w)
{
    w->retired = false;
    w->raw_made = !svc_listener_idle(&w->raw) || has_raw_client(server, w);
}

static void put_worker(struct svc_reload_plan *plan, struct svc_worker_plan *p, size_t i)
{
    struct svc_worker *w = p->worker;
    if (p->made) {
        w->index = i;
        sp_list_add(&plan->server->all_workers, &w->link);
        w->follows = w->begins = true;
        p->made = false;
        return;
    }
    if (w->retired)
        revive(plan->server, w);
    else
        p->sessions = plan->sessions[w->index];
    w->index = i;
    put_access(p);
    put_logs(p);
    bool runs = w->run != NULL;
    if (runs && p->other_program && p->fate == SVC_FATE_CHANGED)
        p->fate = SVC_FATE_RESTARTED;
    w->config = p->config;
    if (p->fate != SVC_FATE_UNCHANGED) {
        svc_warm_exchange(w, !p->other_program, &p->warm);
        w->follows = true;
        w->other_program = p->other_program;
        w->begins = !p->served_before;
    }
    if (p->other_program)
        w->version++;
    svc_worker_update_run(w);
}

static void retire(struct svc_reload_plan *plan, struct svc_worker_plan *p)
{
    struct svc_worker *w = p->worker;
    put_access(p);
    if (p->fate == SVC_FATE_GONE)
        return;
    p->sessions = plan->sessions[w->index];
    svc_warm_exchange(w, false, &p->warm);
    w->index = SIZE_MAX;
    w->retired = w->follows = true;
}

static void put_service(struct svc_reload_plan *plan)
{
    struct svc_server *server = plan->server;
    struct svc_worker **old = server->workers;
    swap_access(&server->access, &plan->access);
    for (uint32_t i = 0; i < server->shard_count; i++)
        server->shards[i].control.options.security_descriptor = server->access.pipe;
    if (strcmp(server->access.pipe_sddl, plan->access.pipe_sddl) != 0)
        for (uint32_t i = 0; i < server->shard_count; i++)
            change_list(&server->shards[i].control, &server->access);
    if (plan->renews)
        server->remote = svc_generation_is_remote(plan->generation);
    for (uint32_t i = 0; i < server->shard_count; i++)
        server->shards[i].control.options.remote = server->remote;
    server->workers = plan->workers;
    server->worker_count = plan->kept;
    plan->workers = old;
    sp_list_add(&server->generations, &plan->generation->link);
    server->now = plan->generation;
    server->config = plan->generation->config;
    plan->generation = NULL;
}

/* ------------------------------------------------------------------ what nobody needs any more */

static bool is_used_by(const struct svc_server *server, const struct svc_worker *w,
                       const struct svc_generation *g)
{
    for (uint32_t i = 0; i < server->shard_count; i++) {
        const struct sp_link *runs = &server->shards[i].runs;
        for (struct sp_link *l = runs->next; l != runs; l = l->next) {
            const struct svc_run *run = SP_CONTAINER(l, struct svc_run, link);
            if (w != NULL ? run->worker == w : svc_generation_has(g, run->config))
                return true;
        }
        if (w != NULL && svc_logs_has(&server->shards[i], w->capture))
            return true;
    }
    for (struct sp_link *l = server->all_sessions.next; l != &server->all_sessions; l = l->next) {
        const struct svc_session *s = SP_CONTAINER(l, struct svc_session, all_link);
        if (w != NULL ? s->worker == w : svc_generation_has(g, s->config))
            return true;
    }
    return false;
}

static bool is_worker_needed(const struct svc_server *server, const struct svc_worker *w)
{
    return !w->retired || w->follows || svc_worker_busy(w) || !svc_listener_idle(&w->raw) ||
           !sp_list_empty(&w->waiters) || is_used_by(server, w, NULL);
}

static void sweep_workers(struct svc_reload_plan *plan)
{
    struct svc_server *server = plan->server;
    for (struct sp_link *l = server->all_workers.next, *next; l != &server->all_workers; l = next) {
        next = l->next;
        if (is_worker_needed(server, SP_CONTAINER(l, struct svc_worker, link)))
            continue;
        sp_list_remove(l);
        sp_list_add(&plan->swept_workers, l);
    }
}

static bool is_generation_needed(const struct svc_server *server, const struct svc_generation *g)
{
    for (struct sp_link *l = server->all_workers.next; l != &server->all_workers; l = l->next) {
        const struct svc_worker *w = SP_CONTAINER(l, struct svc_worker, link);
        if (svc_generation_has(g, w->config) ||
            (w->is_warming && svc_generation_has(g, w->warming_config)))
            return true;
    }
    return g == server->now || is_used_by(server, NULL, g);
}

static void sweep_generations(struct svc_reload_plan *plan)
{
    struct svc_server *server = plan->server;
    uint64_t stop_ms = 0;
    for (struct sp_link *l = server->generations.next, *next; l != &server->generations; l = next) {
        next = l->next;
        const struct svc_generation *g = SP_CONTAINER(l, struct svc_generation, link);
        uint64_t own_ms = sp_config_stop_ms(g->config);
        if (is_generation_needed(server, g)) {
            stop_ms = own_ms > stop_ms ? own_ms : stop_ms;
            continue;
        }
        sp_list_remove(l);
        sp_list_add(&plan->swept_generations, l);
    }
    server->stop_ms = stop_ms;
    if (server->options.stop_takes != NULL)
        server->options.stop_takes(server->options.stop_takes_arg, stop_ms);
}

/* ------------------------------------------------------------------ the moment itself */

struct apply {
    struct svc_standstill standstill;
    struct svc_reload_plan *plan;
};

static void change(struct svc_standstill *s)
{
    struct svc_reload_plan *plan = SP_CONTAINER(s, struct apply, standstill)->plan;
    count_sessions(plan);
    for (size_t i = 0; i < plan->kept; i++)
        put_worker(plan, &plan->items[i], i);
    for (size_t i = plan->kept; i < plan->count; i++)
        retire(plan, &plan->items[i]);
    put_service(plan);
    sweep_workers(plan);
    sweep_generations(plan);
}

/* Those that came before; with a session they are looked at with that. */
static void close_remote_connections(struct svc_shard *shard)
{
    for (struct sp_link *l = shard->connections.next; l != &shard->connections; l = l->next) {
        struct svc_connection *c = SP_CONTAINER(l, struct svc_connection, link);
        if (c->known && c->peer.remote && c->session == NULL)
            svc_connection_close_after_sent(c);
    }
}

static void go_on_with(struct svc_worker *w, struct svc_shard *shard)
{
    if (w->home == shard)
        svc_worker_follow(w);
    if (w->reviews && w->capture != NULL)
        svc_logs_stop(shard, w->capture);
}

static void go_on(struct svc_standstill *s, struct svc_shard *shard)
{
    const struct svc_server *server = shard->server;
    if (SP_CONTAINER(s, struct apply, standstill)->plan->renews)
        svc_listener_renew(&shard->control);
    if (!svc_generation_is_remote(server->now))
        close_remote_connections(shard);
    for (struct sp_link *l = server->all_workers.next; l != &server->all_workers; l = l->next)
        go_on_with(SP_CONTAINER(l, struct svc_worker, link), shard);
    for (struct sp_link *l = shard->sessions.next, *next; l != &shard->sessions; l = next) {
        next = l->next;
        struct svc_session *session = SP_CONTAINER(l, struct svc_session, link);
        if (session->worker->reviews)
            svc_session_review(session);
    }
}

sp_status svc_reload_plan_apply(struct svc_reload_plan *plan, struct sp_error *err)
{
    struct apply apply = {{change, go_on}, plan};
    sp_status status = svc_stand_still(plan->server, &apply.standstill, err);
    for (size_t i = 0; i < plan->count; i++)
        plan->items[i].worker->reviews = false;
    return status;
}

void svc_reload_plan_close(struct svc_reload_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct svc_worker_plan *p = &plan->items[i];
        if (p->made)
            svc_worker_close(p->worker);
        json_decref(p->keys);
        svc_access_close(&p->access);
        svc_warm_discard(&p->warm);
        svc_capture_close(p->capture, SVC_CAPTURE_CLOSE_MS);
    }
    while (plan->swept_workers.next != NULL && !sp_list_empty(&plan->swept_workers)) {
        struct sp_link *l = plan->swept_workers.next;
        sp_list_remove(l);
        svc_worker_close(SP_CONTAINER(l, struct svc_worker, link));
    }
    while (plan->swept_generations.next != NULL && !sp_list_empty(&plan->swept_generations)) {
        struct sp_link *l = plan->swept_generations.next;
        sp_list_remove(l);
        svc_generation_close(SP_CONTAINER(l, struct svc_generation, link));
    }
    svc_access_close(&plan->access);
    svc_generation_close(plan->generation);
    free(plan->items);
    free(plan->workers);
    free(plan->sessions);
    *plan = (struct svc_reload_plan){0};
}
