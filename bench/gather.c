/* bench/gather.c - samples of many sessions that come at once and wait for their first byte: with
 * a client process each, and from within the bench, where only the workers are processes. */
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/gauge.h"
#include "bench/inside.h"
#include "win32/clock.h"
#include "win32/thread.h"

static void add(struct bench *b, enum bench_figure figure, enum bench_contestant who,
                uint64_t value)
{
    if (bench_takes_part(&b->results, figure, who))
        bench_samples_add(&b->results.samples[figure][who], value);
}

/* ------------------------------------------------------------------ a client process each */

static sp_status gather(const struct bench *b, enum bench_contestant who,
                        const struct bench_server *service, struct bench_session *all, size_t count,
                        struct sp_error *err)
{
    sp_status status = SP_OK;
    for (size_t i = 0; status == SP_OK && i < count; i++)
        status = bench_session_open(b, who, service, &all[i], err);
    for (size_t i = 0; status == SP_OK && i < count; i++)
        status = bench_session_first(b, &all[i], who, err);
    return status;
}

static sp_status disperse(const struct bench *b, enum bench_contestant who,
                          struct bench_session *all, size_t count, struct sp_error *err)
{
    sp_status status = SP_OK;
    for (size_t i = 0; i < count; i++)
        w32_handle_close(&all[i].to);
    for (size_t i = 0; status == SP_OK && i < count; i++)
        status = bench_session_end(b, &all[i], who, err);
    return status;
}

/* What the service takes once nothing moves any more, if anybody wants to know. */
static sp_status gauge_at_rest(const struct bench *b, enum bench_contestant who,
                               const struct bench_server *service, struct bench_gauge *gauge,
                               struct sp_error *err)
{
    if (!bench_takes_part(&b->results, BENCH_MEMORY_ATTACHED, who))
        return SP_OK;
    w32_thread_pause(BENCH_SETTLE_MS);
    return bench_gauge_read(&service->child, gauge, err);
}

sp_status bench_take_gather(struct bench *b, enum bench_figure figure, enum bench_contestant who,
                            struct sp_error *err)
{
    size_t count = bench_crowd_of(&b->results, figure);
    struct bench_server service = {0};
    struct bench_gauge before = {0}, attached = {0};
    uint64_t us = 0;
    struct bench_session *all = calloc(count, sizeof *all);
    if (all == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for %zu sessions", count);
    sp_status status = bench_service_open(b, who, &service, err);
    if (status == SP_OK)
        status = gauge_at_rest(b, who, &service, &before, err);
    if (status == SP_OK) {
        uint64_t begin = w32_clock_us();
        status = gather(b, who, &service, all, count, err);
        us = w32_clock_us() - begin;
    }
    if (status == SP_OK)
        status = gauge_at_rest(b, who, &service, &attached, err);
    if (status == SP_OK)
        status = disperse(b, who, all, count, err);
    if (status == SP_OK) {
        add(b, figure, who, us);
        add(b, BENCH_MEMORY_BEFORE, who, before.working_set);
        add(b, BENCH_MEMORY_ATTACHED, who, attached.working_set);
        add(b, BENCH_PRIVATE_BEFORE, who, before.private_bytes);
        add(b, BENCH_PRIVATE_ATTACHED, who, attached.private_bytes);
        add(b, BENCH_THREADS_BEFORE, who, before.threads);
    }
    for (size_t i = 0; i < count; i++)
        bench_session_close(&all[i]);
    free(all);
    bench_server_stop(&service);
    return status;
}

/* ------------------------------------------------------------------ from within */

/* What the product's clients would do, all at once. */
static sp_status start_workers(enum bench_contestant who, const struct bench_server *service,
                               struct bench_inside *all, size_t count, struct sp_error *err)
{
    const char *worker = who == BENCH_CONSOLE ? "console" : "echo";
    sp_status status = SP_OK;
    for (size_t i = 0; status == SP_OK && i < count; i++)
        status =
            bench_inside_attach(&all[i], service, worker, bench_contestants[who].transport, err);
    for (size_t i = 0; status == SP_OK && i < count; i++)
        status = bench_inside_start(&all[i], err);
    for (size_t i = 0; status == SP_OK && i < count; i++) {
        status = bench_inside_started(&all[i], err);
        if (status == SP_OK)
            status = bench_inside_send(&all[i], err);
        if (status == SP_OK)
            status = bench_inside_receive(&all[i], err);
    }
    return status;
}

static sp_status take_product(const struct bench *b, enum bench_contestant who, size_t count,
                              uint64_t *us, struct sp_error *err)
{
    struct bench_server service = {0};
    struct bench_inside *all = calloc(count, sizeof *all);
    if (all == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for %zu sessions", count);
    sp_status status = bench_service_open(b, who, &service, err);
    uint64_t begin = w32_clock_us();
    if (status == SP_OK)
        status = start_workers(who, &service, all, count, err);
    *us = w32_clock_us() - begin;
    for (size_t i = 0; i < count; i++)
        bench_inside_close(&all[i]);
    free(all);
    bench_server_stop(&service);
    return status;
}

/* The bench is the plain parent itself. */
static sp_status take_limit(const struct bench *b, enum bench_contestant who, size_t count,
                            uint64_t *us, struct sp_error *err)
{
    struct bench_command command;
    struct bench_session *all = calloc(count, sizeof *all);
    sp_status status = SP_OK;
    if (all == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for %zu sessions", count);
    bench_command_of_worker(b, BENCH_ECHOES, &command);
    uint64_t begin = w32_clock_us();
    for (size_t i = 0; status == SP_OK && i < count; i++)
        status = bench_session_open_with(b, &command, &all[i], err);
    for (size_t i = 0; status == SP_OK && i < count; i++)
        status = bench_session_first(b, &all[i], who, err);
    *us = w32_clock_us() - begin;
    for (size_t i = 0; i < count; i++)
        bench_session_close(&all[i]);
    free(all);
    return status;
}

sp_status bench_take_workers(struct bench *b, enum bench_figure figure, enum bench_contestant who,
                             struct sp_error *err)
{
    uint64_t us = 0;
    size_t count = bench_crowd_of(&b->results, figure);
    sp_status status = (bench_is_product(who) ? take_product : take_limit)(b, who, count, &us, err);
    if (status == SP_OK)
        add(b, figure, who, us);
    return status;
}
