/* bench/crowd.c - samples of many clients at once, each a process of its own, and of what the
 * service takes meanwhile. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/gauge.h"
#include "win32/clock.h"
#include "win32/file.h"
#include "win32/path.h"

enum { LOOK_MS = 200 /* between two looks at the service's threads */ };

static void add(struct bench *b, enum bench_figure figure, enum bench_contestant who,
                uint64_t value)
{
    if (bench_takes_part(&b->results, figure, who))
        bench_samples_add(&b->results.samples[figure][who], value);
}

/* One of the crowd. */
struct echoer {
    struct w32_child child;
    w32_handle in, out;
    char *path; /* owned: of its output */
};

static void close_crowd(struct echoer *all, size_t count)
{
    for (size_t i = 0; all != NULL && i < count; i++) {
        w32_child_close(&all[i].child);
        w32_handle_close(&all[i].in);
        w32_handle_close(&all[i].out);
        free(all[i].path);
    }
    free(all);
}

static sp_status open_files(const struct bench *b, struct echoer *all, size_t count,
                            struct sp_error *err)
{
    sp_status status = SP_OK;
    for (size_t i = 0; status == SP_OK && i < count; i++) {
        char leaf[24];
        snprintf(leaf, sizeof leaf, "crowd-%zu", i);
        status = w32_path_join(b->folder, leaf, &all[i].path, err);
        if (status == SP_OK)
            status = w32_file_open(b->small, W32_FILE_READ, &all[i].in, err);
        if (status == SP_OK)
            status = w32_file_open(all[i].path, W32_FILE_WRITE, &all[i].out, err);
    }
    return status;
}

static sp_status start_all(const struct bench *b, enum bench_contestant who,
                           const struct bench_server *service, struct echoer *all, size_t count,
                           struct sp_error *err)
{
    struct bench_command command;
    sp_status status = SP_OK;
    bench_command_of(b, who, service, BENCH_ECHOES, &command);
    for (size_t i = 0; status == SP_OK && i < count; i++)
        status = bench_start(b, &command, all[i].in, all[i].out, &all[i].child, err);
    return status;
}

/* Looks at the service's threads now and then: the system keeps no record of the most. */
static void look(const struct bench_server *service, uint64_t *looked_us, uint32_t *threads)
{
    struct bench_gauge gauge;
    uint64_t now = w32_clock_us();
    if (service->child.process == NULL || now - *looked_us < LOOK_MS * 1000u)
        return;
    *looked_us = now;
    if (bench_gauge_read(&service->child, &gauge, NULL) == SP_OK && gauge.threads > *threads)
        *threads = gauge.threads;
}

static sp_status wait_all(const struct bench *b, enum bench_contestant who,
                          const struct bench_server *service, struct echoer *all, size_t count,
                          uint32_t *threads, struct sp_error *err)
{
    uint64_t begin = w32_clock_us(), looked = 0;
    sp_status status = SP_OK;
    for (size_t i = 0; status == SP_OK && i < count;) {
        uint32_t code = 0;
        look(service, &looked, threads);
        status = w32_child_wait(&all[i].child, LOOK_MS, &code, err);
        if (status == SP_OK) {
            status = bench_judge(b, who, code, err);
            i++;
        } else if (status == SP_ETIMEOUT && w32_clock_us() - begin < BENCH_END_MS * 1000ull)
            status = SP_OK;
    }
    return status;
}

static sp_status check_all(const struct bench *b, enum bench_contestant who,
                           const struct echoer *all, size_t count, struct sp_error *err)
{
    struct sp_buffer sent = {0};
    sp_status status = w32_file_read(b->small, BENCH_CROWD_BYTES, &sent, err);
    for (size_t i = 0; status == SP_OK && i < count; i++) {
        struct sp_buffer came = {0};
        status = w32_file_read(all[i].path, BENCH_CROWD_BYTES, &came, err);
        if (status == SP_OK &&
            (came.len != sent.len || memcmp(came.data, sent.data, sent.len) != 0))
            status = sp_fail(err, SP_EBROKEN, 0,
                             "%s: client %zu of %zu got %zu bytes, and not the %zu it sent",
                             bench_contestants[who].name, i + 1, count, came.len, sent.len);
        sp_buffer_deinit(&came);
    }
    sp_buffer_deinit(&sent);
    return status;
}

sp_status bench_take_crowd(struct bench *b, enum bench_figure figure, enum bench_contestant who,
                           struct sp_error *err)
{
    size_t count = bench_crowd_of(&b->results, figure);
    struct bench_server service = {0};
    struct bench_gauge gauge = {0};
    uint32_t threads = 0;
    struct echoer *all = calloc(count, sizeof *all);
    if (all == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for %zu clients", count);
    sp_status status = open_files(b, all, count, err);
    if (status == SP_OK)
        status = bench_service_open(b, who, &service, err);
    uint64_t begin = w32_clock_us();
    if (status == SP_OK)
        status = start_all(b, who, &service, all, count, err);
    if (status == SP_OK)
        status = wait_all(b, who, &service, all, count, &threads, err);
    uint64_t us = w32_clock_us() - begin;
    if (status == SP_OK)
        status = check_all(b, who, all, count, err);
    if (status == SP_OK && bench_is_product(who))
        status = bench_gauge_memory(&service.child, &gauge, err);
    if (status == SP_OK)
        add(b, figure, who, us);
    if (status == SP_OK && bench_is_product(who) && figure == BENCH_CROWD_MANY) {
        add(b, BENCH_MEMORY_PEAK, who, gauge.working_set_peak);
        add(b, BENCH_THREADS_PEAK, who, threads);
    }
    close_crowd(all, count);
    bench_server_stop(&service);
    return status;
}
