/* service/warm.c - programs of a private worker that were started ahead. */
#include "service/warm.h"

#include <stdlib.h>
#include <string.h>

#include "service/log.h"

enum { TICK_MS = 1000 };

/* Whether every program of a pipeline is still there. */
static bool is_alive(const struct svc_programs *programs)
{
    for (size_t i = 0; i < programs->pipeline.child_count; i++)
        if (w32_child_wait(&programs->pipeline.children[i], 0, NULL, NULL) != SP_ETIMEOUT)
            return false;
    return true;
}

/* Takes the oldest of those that wait. @return whether there was one, alive or not */
static bool pop(struct svc_worker *w, struct svc_programs *out)
{
    w32_lock_enter(&w->lock);
    bool any = w->warm_count > 0;
    if (any) {
        *out = w->warm[0];
        w->warm_count--;
        memmove(w->warm, w->warm + 1, w->warm_count * sizeof *w->warm);
    }
    w32_lock_leave(&w->lock);
    return any;
}

static bool is_full(struct svc_worker *w)
{
    w32_lock_enter(&w->lock);
    bool full = w->warm_count >= w->config->warm;
    w32_lock_leave(&w->lock);
    return full;
}

static void push(struct svc_worker *w, struct svc_programs *programs)
{
    w32_lock_enter(&w->lock);
    w->warm[w->warm_count++] = *programs; /* one is started at a time, for a free place */
    *programs = (struct svc_programs){0};
    w32_lock_leave(&w->lock);
}

/* ------------------------------------------------------------------ starting */

static void run_warming(struct w32_work *work)
{
    struct svc_worker *w = SP_CONTAINER(work, struct svc_worker, warming);
    const struct svc_programs_options options = {.config = w->warming_config,
                                                 .service = w->server->options.service_name};
    w->warm_status = svc_programs_open(&options, &w->warmed, &w->warm_error);
}

static void back_off(struct svc_worker *w, const char *why)
{
    uint64_t wait_ms = svc_worker_pause_ms(w);
    svc_log(SVC_LOG_WARNING, "worker '%s': none is started ahead for %llu ms: %s", w->config->name,
            (unsigned long long)wait_ms, why);
    w32_timer_start(w->home->loop, &w->tick, (uint32_t)wait_ms);
}

static void warming_done(struct w32_work *work)
{
    struct svc_worker *w = SP_CONTAINER(work, struct svc_worker, warming);
    w->is_warming = false;
    bool is_wanted = w->warming_version == w->version && !w->retired && !w->home->stopping;
    if (w->warm_status != SP_OK && is_wanted) {
        back_off(w, w->warm_error.what);
        return;
    }
    if (w->warm_status == SP_OK && is_wanted && !is_full(w))
        push(w, &w->warmed);
    else if (w->warm_status == SP_OK) /* the config has changed meanwhile, or it is the end */
        svc_programs_close(&w->warmed);
    svc_warm_fill(w);
    svc_shard_quit_if_empty(w->home);
}

void svc_warm_fill(struct svc_worker *w)
{
    if (w->home->stopping || w->retired || w->is_warming || w->config->warm == 0)
        return;
    if (is_full(w)) {
        w32_timer_start(w->home->loop, &w->tick, TICK_MS);
        return;
    }
    w->is_warming = true;
    w->warming_config = w->config;
    w->warming_version = w->version;
    w->warming = (struct w32_work){.run = run_warming, .done = warming_done};
    w32_loop_work(w->home->loop, &w->warming);
}

/* Those that have ended while they waited make room for others, which are not started in a hurry:
 * a worker that needs a client at once would be started for ever. */
static void look(struct w32_timer *timer)
{
    struct svc_worker *w = SP_CONTAINER(timer, struct svc_worker, tick);
    uint32_t dead = 0;
    for (uint32_t i = 0; i < w->config->warm; i++) {
        struct svc_programs programs;
        if (!pop(w, &programs))
            break;
        if (is_alive(&programs))
            push(w, &programs);
        else {
            svc_programs_close(&programs);
            dead++;
        }
    }
    if (dead > 0)
        back_off(w, "one ended while it waited for a client");
    else
        svc_warm_fill(w);
}

/* ------------------------------------------------------------------ taking */

static void refill(struct w32_post *post)
{
    struct svc_worker *w = SP_CONTAINER(post, struct svc_worker, refill);
    __atomic_store_n(&w->refill_posted, 0, __ATOMIC_RELEASE);
    svc_warm_fill(w);
    svc_shard_quit_if_empty(w->home);
}

bool svc_warm_take(struct svc_worker *w, struct svc_shard *shard, struct svc_programs *out)
{
    bool alive = false;
    while (!alive && pop(w, out)) {
        alive = is_alive(out);
        if (!alive)
            svc_programs_close(out);
    }
    if (alive && shard == w->home) {
        sp_backoff_reset(&w->backoff);
        svc_warm_fill(w);
    } else if (alive && __atomic_exchange_n(&w->refill_posted, 1, __ATOMIC_ACQ_REL) == 0)
        w32_loop_post(w->home->loop, &w->refill);
    return alive;
}

sp_status svc_warm_init(struct svc_worker *w, struct sp_error *err)
{
    w->tick.fire = look;
    w->refill.call = refill;
    if (w->config->warm == 0)
        return SP_OK;
    w->warm = calloc(w->config->warm, sizeof *w->warm);
    return w->warm == NULL ? sp_fail(err, SP_ENOMEM, 0, "no memory for workers started ahead")
                           : SP_OK;
}

void svc_warm_exchange(struct svc_worker *w, bool keep, struct svc_warm_room *room)
{
    struct svc_warm_room old = {w->warm, w->warm_count};
    uint32_t kept = !keep ? 0 : old.count < w->config->warm ? old.count : w->config->warm;
    if (kept > 0) {
        memcpy(room->places, old.places, kept * sizeof *old.places);
        memmove(old.places, old.places + kept, (old.count - kept) * sizeof *old.places);
    }
    w->warm = room->places;
    w->warm_count = kept;
    old.count -= kept;
    *room = old;
}

void svc_warm_discard(struct svc_warm_room *room)
{
    for (uint32_t i = 0; i < room->count; i++)
        svc_programs_close(&room->places[i]);
    free(room->places);
    *room = (struct svc_warm_room){0};
}

void svc_warm_deinit(struct svc_worker *w)
{
    struct svc_programs programs;
    while (pop(w, &programs))
        svc_programs_close(&programs);
    free(w->warm);
    w->warm = NULL;
}
