/* service/listener.c - the waiting instances of one pipe name. */
#include "service/listener.h"

#include "service/log.h"
#include "service/state.h"
#include "win32/acl.h"

enum { RETRY_MS = 1000 };

static sp_status make_instance(const struct svc_listener *l, w32_handle *out, struct sp_error *err)
{
    struct w32_npipe_options options = l->options;
    options.first = !*l->first_made;
    w32_handle pipe = NULL;
    sp_status status = w32_npipe_create(&options, &pipe, err);
    if (status == SP_OK)
        status =
            (options.message ? w32_loop_bind_messages : w32_loop_bind)(l->shard->loop, pipe, err);
    if (status != SP_OK) {
        w32_npipe_close(&pipe, options.leaf);
        return status;
    }
    *l->first_made = true;
    *out = pipe;
    return SP_OK;
}

static void arm(struct svc_instance *instance)
{
    struct sp_error err;
    struct w32_loop *loop = instance->listener->shard->loop;
    if (make_instance(instance->listener, &instance->pipe, &err) == SP_OK) {
        w32_op_connect(loop, &instance->connect, instance->pipe);
        return;
    }
    svc_log(SVC_LOG_ERROR, "%s; trying again in %d ms", err.what, RETRY_MS);
    w32_timer_start(loop, &instance->retry, RETRY_MS);
}

/* The name may be there still, with the list it had: somebody has it open. */
static void arm_again(struct svc_instance *instance)
{
    struct sp_error err;
    const struct w32_npipe_options *options = &instance->listener->options;
    arm(instance);
    if (instance->pipe != NULL && options->changeable &&
        w32_acl_change(instance->pipe, options->security_descriptor, &err) != SP_OK)
        svc_log(SVC_LOG_ERROR, "pipe %s: %s", options->leaf, err.what);
}

static void retry(struct w32_timer *timer)
{
    arm(SP_CONTAINER(timer, struct svc_instance, retry));
}

static void connected(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    (void)bytes;
    struct svc_instance *instance = SP_CONTAINER(op, struct svc_instance, connect);
    struct svc_listener *l = instance->listener;
    w32_handle pipe = instance->pipe;
    instance->pipe = NULL;
    if (l->stopped) {
        w32_npipe_close(&pipe, l->options.leaf);
        svc_shard_quit_if_empty(l->shard);
        return;
    }
    arm(instance);
    /* ERROR_NO_DATA and the like: a client that came and went. */
    if (os == 0)
        l->accept(l, pipe);
    else
        w32_npipe_close(&pipe, l->options.leaf);
}

sp_status svc_listener_open(struct svc_listener *l, struct sp_error *err)
{
    for (int i = 0; i < l->count; i++) {
        struct svc_instance *instance = &l->instances[i];
        instance->listener = l;
        instance->connect.done = connected;
        instance->connect.posted = l->options.message;
        instance->retry.fire = retry;
        sp_status status = make_instance(l, &instance->pipe, err);
        if (status != SP_OK)
            return status;
    }
    return SP_OK;
}

void svc_listener_start(struct svc_listener *l)
{
    l->stopped = false;
    for (int i = 0; i < l->count; i++) {
        struct svc_instance *instance = &l->instances[i];
        if (instance->connect.busy)
            continue;
        w32_timer_stop(l->shard->loop, &instance->retry);
        if (instance->pipe == NULL)
            arm_again(instance);
        else
            w32_op_connect(l->shard->loop, &instance->connect, instance->pipe);
    }
}

/* Each one's end makes the next one first: see connected(). */
void svc_listener_renew(struct svc_listener *l)
{
    for (int i = 0; i < l->count; i++)
        w32_op_cancel(&l->instances[i].connect, l->instances[i].pipe);
}

void svc_listener_stop(struct svc_listener *l)
{
    l->stopped = true;
    for (int i = 0; i < l->count; i++) {
        w32_timer_stop(l->shard->loop, &l->instances[i].retry);
        w32_op_cancel(&l->instances[i].connect, l->instances[i].pipe);
    }
}

bool svc_listener_idle(const struct svc_listener *l)
{
    for (int i = 0; i < l->count; i++)
        if (l->instances[i].connect.busy)
            return false;
    return true;
}

void svc_listener_close(struct svc_listener *l)
{
    for (int i = 0; i < l->count; i++)
        w32_npipe_close(&l->instances[i].pipe, l->options.leaf);
}
