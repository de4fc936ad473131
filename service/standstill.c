/* service/standstill.c - a moment in which all loops of a server stand still. */
#include "service/standstill.h"

#include <stdlib.h>

enum { PATIENCE_MS = 3000 };

/* Freed by the last one who leaves it: a loop that is late may find it when nobody waits any more.
 */
struct moment {
    struct w32_lock lock; /* for what follows */
    struct w32_cond cond;
    struct svc_standstill *what;
    uint32_t standing, gone_on, users;
    bool over, changed;
    struct halt *halts; /* owned */
};

/* A loop that is to stand still. */
struct halt {
    struct w32_post post;
    struct svc_shard *shard;
    struct moment *moment;
};

/* The lock is held. */
static void leave(struct moment *m)
{
    bool last = --m->users == 0;
    w32_lock_leave(&m->lock);
    if (!last)
        return;
    free(m->halts);
    free(m);
}

static void stand(struct w32_post *post)
{
    struct halt *halt = SP_CONTAINER(post, struct halt, post);
    struct moment *m = halt->moment;
    w32_lock_enter(&m->lock);
    m->standing++;
    w32_cond_wake(&m->cond);
    while (!m->over)
        w32_cond_wait(&m->cond, &m->lock, W32_FOREVER);
    bool changed = m->changed;
    w32_lock_leave(&m->lock);
    if (changed)
        m->what->then(m->what, halt->shard);
    w32_lock_enter(&m->lock);
    m->gone_on++;
    w32_cond_wake(&m->cond);
    leave(m);
}

/* The lock is held. */
static sp_status wait_for_all(struct moment *m, uint32_t count, struct sp_error *err)
{
    uint64_t since_ms = w32_now_ms();
    while (m->standing < count) {
        uint64_t waited_ms = w32_now_ms() - since_ms;
        if (waited_ms >= PATIENCE_MS)
            return sp_fail(err, SP_ETIMEOUT, 0,
                           "the service is too busy: %u of its %u loops did not stand still "
                           "within %d s",
                           (unsigned)(count - m->standing), (unsigned)count, PATIENCE_MS / 1000);
        w32_cond_wait(&m->cond, &m->lock, (uint32_t)(PATIENCE_MS - waited_ms));
    }
    return SP_OK;
}

static bool is_stopping(const struct svc_server *server)
{
    for (uint32_t i = 0; i < server->shard_count; i++)
        if (server->shards[i].stopping)
            return true;
    return false;
}

static struct moment *begin(struct svc_server *server, struct svc_standstill *s)
{
    uint32_t count = server->shard_count;
    struct moment *m = calloc(1, sizeof *m);
    struct halt *halts = calloc(count, sizeof *halts);
    if (m == NULL || halts == NULL) {
        free(m);
        free(halts);
        return NULL;
    }
    m->what = s;
    m->halts = halts;
    m->users = count + 1;
    for (uint32_t i = 0; i < count; i++) {
        halts[i] = (struct halt){{stand}, &server->shards[i], m};
        w32_loop_post(server->shards[i].loop, &halts[i].post);
    }
    return m;
}

sp_status svc_stand_still(struct svc_server *server, struct svc_standstill *s, struct sp_error *err)
{
    w32_lock_enter(&server->config_lock); /* before any loop waits */
    struct moment *m = begin(server, s);
    if (m == NULL) {
        w32_lock_leave(&server->config_lock);
        return sp_fail(err, SP_ENOMEM, 0, "no memory to stop the loops");
    }
    w32_lock_enter(&m->lock);
    sp_status status = wait_for_all(m, server->shard_count, err);
    if (status == SP_OK && is_stopping(server))
        status = sp_fail(err, SP_ESTATE, 0, "the service is stopping");
    if (status == SP_OK) {
        s->change(s);
        m->changed = true;
    }
    w32_lock_leave(&server->config_lock);
    m->over = true;
    w32_cond_wake(&m->cond);
    while (m->changed && m->gone_on < server->shard_count)
        w32_cond_wait(&m->cond, &m->lock, W32_FOREVER);
    leave(m);
    return status;
}
