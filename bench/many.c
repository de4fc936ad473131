/* bench/many.c - samples of what a service takes in the long run: a thousand idle sessions, and
 * very much through one. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/gauge.h"
#include "bench/inside.h"
#include "win32/clock.h"
#include "win32/thread.h"

enum {
    LOOK_MS = 100,
    GROW_MS = 1000 /* until a session's buffers have the size they keep */
};

static void add(struct bench *b, enum bench_figure figure, uint64_t value)
{
    bench_samples_add(&b->results.samples[figure][BENCH_RELAY], value);
}

/* ------------------------------------------------------------------ idle sessions */

/* By clients in this process: a real one would be a process more, and nothing of the service's. */
static sp_status attach_all(const struct bench_server *service, struct bench_inside *all,
                            size_t count, struct sp_error *err)
{
    sp_status status = SP_OK;
    for (size_t i = 0; status == SP_OK && i < count; i++) {
        char worker[16];
        snprintf(worker, sizeof worker, "shared%u", (unsigned)(i % BENCH_SHARED));
        status = bench_inside_attach(&all[i], service, worker, "relay", err);
        if (status == SP_OK)
            status = bench_inside_start(&all[i], err);
        if (status == SP_OK)
            status = bench_inside_started(&all[i], err);
        if (status != SP_OK)
            sp_error_prefix(err, "idle session %zu of %zu: ", i + 1, count);
    }
    return status;
}

/* One session of each shared worker first: their programs run, and what is made once is there. */
static sp_status gauge_before(const struct bench_server *service, struct bench_inside *first,
                              struct bench_gauge *gauge, struct sp_error *err)
{
    sp_status status = attach_all(service, first, BENCH_SHARED, err);
    if (status == SP_OK)
        w32_thread_pause(BENCH_SETTLE_MS);
    return status == SP_OK ? bench_gauge_read(&service->child, gauge, err) : status;
}

static uint64_t each(uint64_t before, uint64_t after, size_t count)
{
    return after < before ? 0 : (after - before) / count;
}

sp_status bench_take_idle(struct bench *b, enum bench_figure figure, enum bench_contestant who,
                          struct sp_error *err)
{
    (void)who; /* shared workers are always relayed */
    size_t count = b->results.idle, all_count = count + BENCH_SHARED;
    struct bench_server service = {0};
    struct bench_gauge before = {0}, after = {0};
    uint64_t begin = 0, end = 0;
    struct bench_inside *all = calloc(all_count, sizeof *all);
    if (all == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for %zu sessions", count);
    sp_status status = bench_service_start(b, b->many, &service, err);
    if (status == SP_OK)
        status = gauge_before(&service, all, &before, err);
    if (status == SP_OK) {
        begin = w32_clock_us();
        status = attach_all(&service, all + BENCH_SHARED, count, err);
        end = w32_clock_us();
    }
    if (status == SP_OK) {
        w32_thread_pause(BENCH_SETTLE_MS);
        status = bench_gauge_read(&service.child, &after, err);
    }
    if (status == SP_OK) {
        add(b, figure, end - begin);
        add(b, BENCH_IDLE_PRIVATE, each(before.private_bytes, after.private_bytes, count));
        add(b, BENCH_IDLE_WORKING_SET, each(before.working_set, after.working_set, count));
        add(b, BENCH_IDLE_THREADS, after.threads);
    }
    for (size_t i = 0; i < all_count; i++)
        bench_inside_close(&all[i]);
    free(all);
    bench_server_stop(&service);
    return status;
}

/* ------------------------------------------------------------------ very much */

/* Waits for the client and looks at the service meanwhile. */
static sp_status watch(const struct bench_server *service, const struct w32_child *client,
                       uint64_t *least, uint64_t *most, uint32_t *code, struct sp_error *err)
{
    *least = UINT64_MAX;
    *most = 0;
    sp_status status = w32_child_wait(client, GROW_MS, code, err);
    for (;;) {
        struct bench_gauge gauge;
        sp_status looked = bench_gauge_memory(&service->child, &gauge, err);
        if (looked != SP_OK)
            return looked;
        *least = gauge.working_set < *least ? gauge.working_set : *least;
        *most = gauge.working_set > *most ? gauge.working_set : *most;
        if (status != SP_ETIMEOUT)
            return status;
        status = w32_child_wait(client, LOOK_MS, code, err);
    }
}

sp_status bench_take_flat(struct bench *b, enum bench_figure figure, enum bench_contestant who,
                          struct sp_error *err)
{
    struct bench_server service = {0};
    struct w32_child client = {0};
    uint64_t least = 0, most = 0, begin = 0;
    uint32_t code = 0;
    sp_status status = bench_service_start(b, b->many, &service, err);
    const struct bench_command command = {.argv = {b->client, "attach", "--pipe", service.pipe,
                                                   "--transport", bench_contestants[who].transport,
                                                   "flood"},
                                          .argc = 7};
    if (status == SP_OK) {
        begin = w32_clock_us();
        status = bench_start(b, &command, NULL, NULL, &client, err);
    }
    if (status == SP_OK)
        status = watch(&service, &client, &least, &most, &code, err);
    if (status == SP_OK)
        status = bench_judge(b, who, code, err);
    if (status == SP_OK) {
        add(b, figure, w32_clock_us() - begin);
        add(b, BENCH_FLAT_MEMORY_LEAST, least);
        add(b, BENCH_FLAT_MEMORY_MOST, most);
    }
    w32_child_close(&client);
    bench_server_stop(&service);
    return status;
}
