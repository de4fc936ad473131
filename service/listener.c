/* service/listener.c - the control pipe's waiting instances. Several are always there, and the next
 * is made before the current one is handed on, so the name is never free while the service runs and
 * a client finds no busy pipe. Lives on the shard's loop. */
#include "service/connection.h"
#include "service/log.h"
#include "service/state.h"
#include "win32/npipe.h"

enum { CONTROL_BYTES = 4096, RETRY_MS = 1000 };

static sp_status make_instance(struct svc_shard *shard, w32_handle *out, struct sp_error *err)
{
    struct svc_server *server = shard->server;
    struct w32_npipe_options options = {
        .leaf = server->options.pipe_name,
        .access = W32_NPIPE_BOTH,
        .first = !server->first_made,
        .remote = server->remote,
        .size_bytes = CONTROL_BYTES,
        .security_descriptor = server->control_access,
    };
    w32_handle pipe = NULL;
    sp_status status = w32_npipe_create(&options, &pipe, err);
    if (status == SP_OK)
        status = w32_loop_bind(shard->loop, pipe, err);
    if (status != SP_OK) {
        w32_npipe_close(&pipe, server->options.pipe_name);
        return status;
    }
    server->first_made = true;
    *out = pipe;
    return SP_OK;
}

static void arm(struct svc_instance *instance)
{
    struct sp_error err;
    if (make_instance(instance->shard, &instance->pipe, &err) == SP_OK) {
        w32_op_connect(instance->shard->loop, &instance->connect, instance->pipe);
        return;
    }
    svc_log(SVC_LOG_ERROR, "%s; trying again in %d ms", err.what, RETRY_MS);
    w32_timer_start(instance->shard->loop, &instance->retry, RETRY_MS);
}

static void retry(struct w32_timer *timer)
{
    arm(SP_CONTAINER(timer, struct svc_instance, retry));
}

static void connected(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    (void)bytes;
    struct svc_instance *instance = SP_CONTAINER(op, struct svc_instance, connect);
    struct svc_shard *shard = instance->shard;
    w32_handle pipe = instance->pipe;
    instance->pipe = NULL;
    if (shard->stopping) {
        w32_npipe_close(&pipe, shard->server->options.pipe_name);
        svc_shard_quit_if_empty(shard);
        return;
    }
    arm(instance);
    /* ERROR_NO_DATA and the like: a client that came and went. */
    if (os == 0)
        svc_connection_open(shard, pipe);
    else
        w32_npipe_close(&pipe, shard->server->options.pipe_name);
}

sp_status svc_listen_open(struct svc_shard *shard, struct sp_error *err)
{
    for (int i = 0; i < SVC_LISTENING; i++) {
        struct svc_instance *instance = &shard->instances[i];
        instance->shard = shard;
        instance->connect.done = connected;
        instance->retry.fire = retry;
        sp_status status = make_instance(shard, &instance->pipe, err);
        if (status != SP_OK)
            return status;
    }
    return SP_OK;
}

void svc_listen_start(struct svc_shard *shard)
{
    for (int i = 0; i < SVC_LISTENING; i++)
        w32_op_connect(shard->loop, &shard->instances[i].connect, shard->instances[i].pipe);
}

void svc_listen_stop(struct svc_shard *shard)
{
    for (int i = 0; i < SVC_LISTENING; i++) {
        w32_timer_stop(shard->loop, &shard->instances[i].retry);
        w32_op_cancel(&shard->instances[i].connect, shard->instances[i].pipe);
    }
}
