/* service/server.c - the running service: opens and ends its shards. */
#include "service/server.h"

#include <stdlib.h>

#include "service/connection.h"
#include "service/demo.h"
#include "service/log.h"
#include "service/session.h"
#include "service/state.h"
#include "win32/acl.h"
#include "win32/process.h"

enum {
    LOOPS_MAX = 4,     /* by default */
    FORCE_MS = 3000,   /* after stop_ms: for what a killed worker and a client still need */
    PROGRESS_MS = 500, /* between two reports while stopping */
};

/* ------------------------------------------------------------------ a shard */

void svc_shard_quit_if_empty(struct svc_shard *shard)
{
    if (!shard->stopping || !sp_list_empty(&shard->connections) || !sp_list_empty(&shard->sessions))
        return;
    for (int i = 0; i < SVC_LISTENING; i++)
        if (shard->instances[i].connect.busy)
            return;
    w32_timer_stop(shard->loop, &shard->force);
    w32_loop_quit(shard->loop);
}

/* Closing only marks a connection, and a session ends with its connection or waits for its start:
 * neither list changes while it is walked, but for the session at hand. */
static void force(struct w32_timer *timer)
{
    struct svc_shard *shard = SP_CONTAINER(timer, struct svc_shard, force);
    for (struct sp_link *l = shard->sessions.next, *next; l != &shard->sessions; l = next) {
        next = l->next;
        svc_session_kill(SP_CONTAINER(l, struct svc_session, link));
    }
    for (struct sp_link *l = shard->connections.next; l != &shard->connections; l = l->next)
        svc_connection_close(SP_CONTAINER(l, struct svc_connection, link));
    w32_timer_start(shard->loop, timer, FORCE_MS);
}

static void stop_shard(struct w32_post *post)
{
    struct svc_shard *shard = SP_CONTAINER(post, struct svc_shard, stop);
    shard->stopping = true;
    svc_listen_stop(shard);
    for (struct sp_link *l = shard->sessions.next, *next; l != &shard->sessions; l = next) {
        next = l->next;
        svc_session_stop(SP_CONTAINER(l, struct svc_session, link), "the service is stopping");
    }
    for (struct sp_link *l = shard->connections.next; l != &shard->connections; l = l->next) {
        struct svc_connection *c = SP_CONTAINER(l, struct svc_connection, link);
        if (c->session == NULL)
            svc_connection_close_after_sent(c);
    }
    w32_timer_start(shard->loop, &shard->force,
                    (uint32_t)shard->server->config->stop_ms + FORCE_MS);
    svc_shard_quit_if_empty(shard);
}

static void run_shard(void *arg)
{
    struct svc_shard *shard = arg;
    svc_listen_start(shard);
    w32_loop_run(shard->loop);
}

static sp_status open_shard(struct svc_server *server, struct svc_shard *shard,
                            struct sp_error *err)
{
    shard->server = server;
    shard->stop.call = stop_shard;
    shard->force.fire = force;
    sp_list_init(&shard->connections);
    sp_list_init(&shard->sessions);
    sp_status status = w32_loop_open(&shard->loop, err);
    if (status == SP_OK)
        status = svc_listen_open(shard, err);
    if (status == SP_OK)
        status = w32_thread_start(run_shard, shard, &shard->thread, err);
    return status;
}

/* ------------------------------------------------------------------ the server */

static bool any_remote(const struct sp_config *config)
{
    for (size_t i = 0; i < config->worker_count; i++)
        if (config->workers[i].remote)
            return true;
    return false;
}

/* Administrators, SYSTEM and who installed it may come; our own account serves. */
static sp_status make_access(struct svc_server *server, struct sp_error *err)
{
    const char *installer = server->options.installer_sid;
    sp_status status = w32_own_sid(server->own_sid, err);
    if (status != SP_OK)
        return status;
    const struct w32_acl_entry entries[] = {
        {server->own_sid, W32_ACL_SERVE},
        {"SY", W32_ACL_USE},
        {"BA", W32_ACL_USE},
        {installer == NULL ? server->own_sid : installer, W32_ACL_USE},
    };
    return w32_acl_pipe(entries, sizeof entries / sizeof *entries, server->remote,
                        &server->control_access, err);
}

static sp_status choose_config(struct svc_server *server, struct sp_error *err)
{
    server->config = server->options.config;
    if (server->config->worker_count > 0)
        return SP_OK;
    sp_status status = svc_demo_config(server->options.config, &server->demo, err);
    if (status == SP_OK)
        server->config = &server->demo;
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

sp_status svc_server_open(const struct svc_server_options *options, struct svc_server **out,
                          struct sp_error *err)
{
    struct svc_server *server = calloc(1, sizeof *server);
    if (server == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for the server");
    server->options = *options;
    server->started = w32_unix_time();
    sp_list_init(&server->all_sessions);
    sp_status status = choose_config(server, err);
    if (status == SP_OK) {
        server->remote = any_remote(server->config);
        status = make_access(server, err);
    }
    if (status == SP_OK)
        status = open_shards(server, err);
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
    for (uint32_t i = 0; i < server->shard_count; i++) {
        struct svc_shard *shard = &server->shards[i];
        for (int k = 0; k < SVC_LISTENING; k++)
            w32_npipe_close(&shard->instances[k].pipe, server->options.pipe_name);
        w32_loop_close(shard->loop);
    }
    free(server->shards);
    w32_acl_free(server->control_access);
    sp_config_deinit(&server->demo);
    free(server);
}
