/* service/server.c - the running service: opens and ends its shards. */
#include "service/server.h"

#include <stdlib.h>

#include <jansson.h>

#include "service/connection.h"
#include "service/dashboard.h"
#include "service/generation.h"
#include "service/log.h"
#include "service/logs.h"
#include "service/raw.h"
#include "service/run.h"
#include "service/session.h"
#include "service/state.h"
#include "service/worker.h"
#include "win32/process.h"
#include "win32/random.h"
#include "win32/wine.h"

enum {
    CONTROL_BYTES = 4096, /* the kernel's buffer of a control pipe */
    LOOPS_MAX = 4,        /* by default */
    FORCE_MS = 3000,      /* after the stop's steps: for what a killed worker and a client need */
    LINGER_MS = 20,       /* between two looks whether the other shards are done */
    PROGRESS_MS = 500,    /* between two reports while stopping */
};

/* ------------------------------------------------------------------ a shard */

/* The next of the workers that live on a shard. @param w NULL: the first */
static struct svc_worker *next_worker(const struct svc_shard *shard, const struct svc_worker *w)
{
    const struct sp_link *all = &shard->server->all_workers;
    for (struct sp_link *l = w == NULL ? all->next : w->link.next; l != all; l = l->next)
        if (SP_CONTAINER(l, struct svc_worker, link)->home == shard)
            return SP_CONTAINER(l, struct svc_worker, link);
    return NULL;
}

static bool is_empty(struct svc_shard *shard)
{
    if (!sp_list_empty(&shard->connections) || !sp_list_empty(&shard->sessions) ||
        !sp_list_empty(&shard->runs) || !sp_list_empty(&shard->logs) ||
        !svc_listener_idle(&shard->control))
        return false;
    for (const struct svc_worker *w = NULL; (w = next_worker(shard, w)) != NULL;)
        if (svc_worker_busy(w) || !svc_listener_idle(&w->raw))
            return false;
    return true;
}

static bool everybody_is_done(const struct svc_server *server)
{
    return __atomic_load_n(&server->stopped, __ATOMIC_ACQUIRE) >=
               __atomic_load_n(&server->running, __ATOMIC_ACQUIRE) &&
           __atomic_load_n(&server->live, __ATOMIC_ACQUIRE) == 0;
}

void svc_shard_quit_if_empty(struct svc_shard *shard)
{
    if (!shard->stopping || !is_empty(shard))
        return;
    /* Somebody may come here from a shard that does not know yet, and what a connection on another
     * shard does may be completed here. */
    if (!everybody_is_done(shard->server)) {
        w32_timer_start(shard->loop, &shard->linger, LINGER_MS);
        return;
    }
    w32_timer_stop(shard->loop, &shard->linger);
    w32_timer_stop(shard->loop, &shard->force);
    w32_loop_quit(shard->loop);
}

static void lingered(struct w32_timer *timer)
{
    svc_shard_quit_if_empty(SP_CONTAINER(timer, struct svc_shard, linger));
}

static void close_connections(struct svc_shard *shard)
{
    for (struct sp_link *l = shard->connections.next; l != &shard->connections; l = l->next) {
        struct svc_connection *c = SP_CONTAINER(l, struct svc_connection, link);
        if (c->session == NULL && c->waiter.link.next == NULL)
            svc_connection_close_after_sent(c);
    }
}

/* Closing only marks a connection, so its list does not change while it is walked; of the others
 * only the element at hand may go. */
static void force(struct w32_timer *timer)
{
    struct svc_shard *shard = SP_CONTAINER(timer, struct svc_shard, force);
    svc_log(SVC_LOG_WARNING, "stopping takes too long: what is left is ended");
    for (struct sp_link *l = shard->runs.next, *next; l != &shard->runs; l = next) {
        next = l->next;
        svc_run_kill(SP_CONTAINER(l, struct svc_run, link), "the service is stopping");
    }
    for (struct sp_link *l = shard->sessions.next, *next; l != &shard->sessions; l = next) {
        next = l->next;
        svc_session_close(SP_CONTAINER(l, struct svc_session, link));
    }
    for (struct sp_link *l = shard->connections.next; l != &shard->connections; l = l->next)
        svc_connection_close(SP_CONTAINER(l, struct svc_connection, link));
    w32_timer_start(shard->loop, timer, FORCE_MS);
}

/* Those that have not started, or whose client has not come back, have nobody to wait for. */
static void close_idle_sessions(struct svc_shard *shard)
{
    for (struct sp_link *l = shard->sessions.next, *next; l != &shard->sessions; l = next) {
        next = l->next;
        struct svc_session *s = SP_CONTAINER(l, struct svc_session, link);
        if (s->state == SVC_SESSION_ATTACHED || s->lost)
            svc_session_finish(s);
    }
}

static void stop_shard(struct w32_post *post)
{
    struct svc_shard *shard = SP_CONTAINER(post, struct svc_shard, stop);
    shard->stopping = true;
    __atomic_add_fetch(&shard->server->stopped, 1, __ATOMIC_ACQ_REL);
    svc_listener_stop(&shard->control);
    for (struct svc_worker *w = NULL; (w = next_worker(shard, w)) != NULL;) {
        svc_listener_stop(&w->raw);
        svc_worker_shut(w);
    }
    for (struct sp_link *l = shard->runs.next, *next; l != &shard->runs; l = next) {
        next = l->next;
        svc_run_stop(SP_CONTAINER(l, struct svc_run, link), "the service is stopping");
    }
    close_idle_sessions(shard);
    svc_logs_stop_all(shard);
    close_connections(shard);
    w32_timer_start(shard->loop, &shard->force, (uint32_t)shard->server->stop_ms + FORCE_MS);
    svc_shard_quit_if_empty(shard);
}

static void run_shard(void *arg)
{
    struct svc_shard *shard = arg;
    svc_listener_start(&shard->control);
    for (struct svc_worker *w = NULL; (w = next_worker(shard, w)) != NULL;) {
        svc_listener_start(&w->raw);
        svc_worker_autostart(w);
    }
    w32_loop_run(shard->loop);
}

static void accept_client(struct svc_listener *l, w32_handle pipe)
{
    svc_connection_open(l->shard, pipe);
}

static sp_status open_shard(struct svc_server *server, struct svc_shard *shard,
                            struct sp_error *err)
{
    shard->server = server;
    shard->stop.call = stop_shard;
    shard->force.fire = force;
    shard->linger.fire = lingered;
    sp_list_init(&shard->connections);
    sp_list_init(&shard->sessions);
    sp_list_init(&shard->runs);
    sp_list_init(&shard->logs);
    shard->control.accept = accept_client;
    shard->control.shard = shard;
    shard->control.first_made = &server->first_made;
    shard->control.count = SVC_LISTENING;
    shard->control.options = (struct w32_npipe_options){
        .leaf = server->options.pipe_name,
        .access = W32_NPIPE_BOTH,
        .remote = server->remote,
        .changeable = true,
        .size_bytes = CONTROL_BYTES,
        .security_descriptor = server->access.pipe,
    };
    sp_status status = w32_loop_open(&shard->loop, err);
    if (status == SP_OK)
        status = svc_listener_open(&shard->control, err);
    return status;
}

/* ------------------------------------------------------------------ the server */

static sp_status choose_config(struct svc_server *server, struct sp_error *err)
{
    struct svc_generation *first = NULL;
    sp_status status = svc_generation_of(server->options.config, &first, err);
    if (status != SP_OK)
        return status;
    sp_list_add(&server->generations, &first->link);
    server->now = first;
    server->config = first->config;
    server->remote = svc_generation_is_remote(first);
    server->stop_ms = sp_config_stop_ms(first->config);
    return SP_OK;
}

/* Names in the JSON of strangers must not be made to collide. Left to itself jansson asks a
 * cryptographic provider for its seed, which costs 6 MiB of libraries that nothing else here needs.
 */
static sp_status seed_json(struct sp_error *err)
{
    size_t seed = 0;
    sp_status status = w32_random(&seed, sizeof seed, err);
    if (status == SP_OK)
        json_object_seed(seed | 1); /* 0 would leave it to jansson */
    return status;
}

static sp_status open_shards(struct svc_server *server, struct sp_error *err)
{
    uint32_t cores = w32_core_count();
    uint32_t count = server->config->loops;
    if (count == 0)
        count = cores < LOOPS_MAX ? cores : LOOPS_MAX;
    server->shards = calloc(count, sizeof *server->shards);
    if (server->shards == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for %u loops", (unsigned)count);
    sp_status status = SP_OK;
    for (; status == SP_OK && server->shard_count < count; server->shard_count++)
        status = open_shard(server, &server->shards[server->shard_count], err);
    return status;
}

static sp_status open_workers(struct svc_server *server, struct sp_error *err)
{
    const struct sp_config *config = server->config;
    server->workers = calloc(config->worker_count, sizeof *server->workers);
    if (server->workers == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for the workers");
    sp_status status = SP_OK;
    for (size_t i = 0; status == SP_OK && i < config->worker_count; i++) {
        struct svc_worker *w = NULL;
        struct svc_shard *home = &server->shards[i % server->shard_count];
        status = svc_worker_open(server, server->now, &config->workers[i], home, &w, err);
        if (status != SP_OK)
            break;
        w->index = i;
        server->workers[i] = w;
        server->worker_count++;
        sp_list_add(&server->all_workers, &w->link);
    }
    return status;
}

static sp_status start_shards(struct svc_server *server, struct sp_error *err)
{
    sp_status status = SP_OK;
    for (uint32_t i = 0; status == SP_OK && i < server->shard_count; i++) {
        status = w32_thread_start(run_shard, &server->shards[i], &server->shards[i].thread, err);
        if (status == SP_OK)
            __atomic_add_fetch(&server->running, 1, __ATOMIC_ACQ_REL);
    }
    return status;
}

sp_status svc_server_open(const struct svc_server_options *options, struct svc_server **out,
                          struct sp_error *err)
{
    struct svc_server *server = calloc(1, sizeof *server);
    if (server == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for the server");
    server->options = *options;
    server->started = w32_unix_time();
    server->started_ms = w32_now_ms();
    w32_wine_keep_memory();
    sp_list_init(&server->all_sessions);
    sp_list_init(&server->all_workers);
    sp_list_init(&server->generations);
    sp_status status = choose_config(server, err);
    if (status == SP_OK)
        status = w32_own_sid(server->own_sid, err);
    if (status == SP_OK)
        status = svc_access_open_server(server, server->now, &server->access, err);
    if (status == SP_OK)
        status = seed_json(err);
    if (status == SP_OK)
        status = open_shards(server, err);
    if (status == SP_OK)
        status = open_workers(server, err);
    if (status == SP_OK && server->options.config->dashboard_port != 0)
        status = svc_dashboard_open(server, &server->dashboard, err);
    if (status == SP_OK)
        status = start_shards(server, err);
    if (status != SP_OK) {
        svc_server_stop(server, NULL, NULL);
        svc_server_close(server);
        return status;
    }
    *out = server;
    return SP_OK;
}

void svc_server_stop(struct svc_server *server, void (*progress)(void *arg), void *arg)
{
    svc_dashboard_stop(server->dashboard, progress, arg);
    for (uint32_t i = 0; i < server->shard_count; i++)
        if (server->shards[i].thread != NULL)
            w32_loop_post(server->shards[i].loop, &server->shards[i].stop);
    for (uint32_t i = 0; i < server->shard_count; i++)
        while (w32_thread_join(&server->shards[i].thread, PROGRESS_MS) == SP_ETIMEOUT)
            if (progress != NULL)
                progress(arg);
}

void svc_server_close(struct svc_server *server)
{
    if (server == NULL)
        return;
    while (!sp_list_empty(&server->all_workers)) {
        struct svc_worker *w = SP_CONTAINER(server->all_workers.next, struct svc_worker, link);
        sp_list_remove(&w->link);
        svc_worker_close(w);
    }
    for (uint32_t i = 0; i < server->shard_count; i++) {
        svc_listener_close(&server->shards[i].control);
        w32_loop_close(server->shards[i].loop);
    }
    svc_dashboard_close(server->dashboard);
    free(server->workers);
    free(server->shards);
    svc_access_close(&server->access);
    while (!sp_list_empty(&server->generations)) {
        struct svc_generation *g =
            SP_CONTAINER(server->generations.next, struct svc_generation, link);
        sp_list_remove(&g->link);
        svc_generation_close(g);
    }
    free(server);
}
