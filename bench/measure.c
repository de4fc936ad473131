/* bench/measure.c - takes the samples. Every contestant is started the same way, from here, and is
 * followed by the next, so that what else happens on the machine happens to all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "win32/clock.h"
#include "win32/file.h"
#include "win32/pipe.h"

enum { END_MS = 300000 };

const struct bench_contestant bench_contestants[BENCH_CONTESTANTS] = {
    {"LIMIT 64 KiB", 64 << 10, false}, {"LIMIT 256 KiB", 256 << 10, false},
    {"LIMIT 1 MiB", 1 << 20, false},   {"relay", 0, false},
    {"relay, warm", 0, true},
};

static const char *const worker_of[BENCH_FIGURES] = {"sink", "source", "echo", "echo", "echo"};

/* A contestant's command line. */
struct command {
    const char *argv[BENCH_ARGS_MAX];
    size_t argc;
    char limit[16], block[16], size[24];
};

static void word(struct command *c, const char *text)
{
    c->argv[c->argc++] = text;
}

static void command_of(const struct bench *b, const struct bench_contestant *contestant,
                       const char *worker, struct command *c)
{
    *c = (struct command){0};
    if (contestant->limit_bytes == 0) {
        word(c, b->client);
        word(c, "attach");
        word(c, "--pipe");
        word(c, b->pipe);
        word(c, contestant->warm ? "warm" : worker);
        return;
    }
    snprintf(c->limit, sizeof c->limit, "%u", (unsigned)contestant->limit_bytes);
    snprintf(c->block, sizeof c->block, "%u", (unsigned)b->block_bytes);
    snprintf(c->size, sizeof c->size, "%llu", (unsigned long long)b->size_bytes);
    word(c, b->self);
    word(c, "limit");
    word(c, c->limit);
    word(c, b->self);
    word(c, "worker");
    word(c, c->block);
    word(c, worker);
    if (strcmp(worker, "source") == 0)
        word(c, c->size);
}

static sp_status start(const struct command *c, w32_handle in, w32_handle out,
                       struct w32_child *child, struct sp_error *err)
{
    struct w32_spawn_options what = {
        .argv = c->argv, .argc = c->argc, .in = in, .out = out, .console = W32_CONSOLE_NONE};
    return w32_spawn(&what, child, err);
}

static sp_status wait_end(struct w32_child *child, const char *name, struct sp_error *err)
{
    uint32_t code = 0;
    sp_status status = w32_child_wait(child, END_MS, &code, err);
    if (status == SP_OK && code != 0)
        status = sp_fail(err, SP_ESTATE, 0, "%s ended with %u", name, (unsigned)code);
    w32_child_close(child);
    return status;
}

static void add(struct bench *b, enum bench_figure figure, size_t contestant, uint64_t us)
{
    struct bench_samples *s = &b->samples[figure][contestant];
    if (s->count < BENCH_ROUNDS_MAX)
        s->us[s->count++] = us;
}

/* ------------------------------------------------------------------ transfers */

/* The output must be whole: a file of the right size, or the sink's own count. */
static sp_status check_output(const struct bench *b, enum bench_figure figure, const char *name,
                              struct sp_error *err)
{
    uint64_t came = 0;
    sp_status status;
    if (figure == BENCH_UPLOAD) {
        struct sp_buffer count = {0};
        status = w32_file_read(b->output, 64, &count, err);
        if (status == SP_OK)
            status = sp_buffer_append(&count, "", 1, err);
        if (status == SP_OK)
            came = strtoull((const char *)count.data, NULL, 10);
        sp_buffer_deinit(&count);
    } else
        status = w32_file_size(b->output, &came, err);
    if (status == SP_OK && came != b->size_bytes)
        status = sp_fail(err, SP_EBROKEN, 0, "%s: %llu of %llu bytes came", name,
                         (unsigned long long)came, (unsigned long long)b->size_bytes);
    return status;
}

static sp_status transfer(struct bench *b, enum bench_figure figure, size_t i, struct sp_error *err)
{
    struct command command;
    struct w32_child child = {0};
    w32_handle in = NULL, out = NULL;
    sp_status status = SP_OK;
    command_of(b, &bench_contestants[i], worker_of[figure], &command);
    if (figure != BENCH_DOWNLOAD)
        status = w32_file_open(b->input, W32_FILE_READ, &in, err);
    if (status == SP_OK)
        status = w32_file_open(b->output, W32_FILE_WRITE, &out, err);
    if (status != SP_OK)
        goto done;

    uint64_t begin = w32_clock_us();
    status = start(&command, in, out, &child, err);
    if (status == SP_OK)
        status = wait_end(&child, bench_contestants[i].name, err);
    uint64_t us = w32_clock_us() - begin;
    if (status == SP_OK)
        status = check_output(b, figure, bench_contestants[i].name, err);
    if (status == SP_OK)
        add(b, figure, i, us);
done:
    w32_handle_close(&in);
    w32_handle_close(&out);
    return status;
}

sp_status bench_transfer(struct bench *b, enum bench_figure figure, struct sp_error *err)
{
    sp_status status = SP_OK;
    for (size_t i = 0; status == SP_OK && i < BENCH_CONTESTANTS; i++)
        if (!bench_contestants[i].warm)
            status = transfer(b, figure, i, err);
    return status;
}

/* ------------------------------------------------------------------ one byte */

static sp_status trip(w32_handle to, w32_handle from, struct sp_error *err)
{
    char byte = 'b', back = 0;
    uint32_t got = 0;
    sp_status status = w32_write(to, &byte, 1, err);
    if (status == SP_OK)
        status = w32_read(from, &back, 1, &got, err);
    if (status == SP_OK && back != byte)
        status = sp_fail(err, SP_EBROKEN, 0, "a byte came back changed");
    return status;
}

static sp_status trips(struct bench *b, size_t contestant, w32_handle to, w32_handle from,
                       struct sp_error *err)
{
    struct bench_samples samples = {.count = 0};
    sp_status status = SP_OK;
    /* The median of medians of short runs: a machine that is busy for a moment moves neither. */
    for (size_t done = 0; status == SP_OK && done < b->trips;) {
        struct bench_samples run = {.count = 0};
        for (; status == SP_OK && run.count < BENCH_ROUNDS_MAX && done < b->trips; done++) {
            uint64_t begin = w32_clock_us();
            status = trip(to, from, err);
            run.us[run.count++] = w32_clock_us() - begin;
        }
        bench_sort(&run);
        if (samples.count < BENCH_ROUNDS_MAX)
            samples.us[samples.count++] = bench_median(&run);
    }
    bench_sort(&samples);
    if (status == SP_OK)
        add(b, BENCH_ROUND_TRIP, contestant, bench_median(&samples));
    return status;
}

static sp_status session(struct bench *b, size_t i, struct sp_error *err)
{
    struct command command;
    struct w32_child child = {0};
    struct w32_pipe in = {0}, out = {0};
    command_of(b, &bench_contestants[i], worker_of[BENCH_FIRST_BYTE], &command);
    sp_status status = w32_pipe_open(NULL, &in, err);
    if (status == SP_OK)
        status = w32_pipe_open(NULL, &out, err);
    uint64_t begin = w32_clock_us();
    if (status == SP_OK)
        status = start(&command, in.read, out.write, &child, err);
    w32_handle_close(&in.read);
    w32_handle_close(&out.write);
    if (status == SP_OK)
        status = trip(in.write, out.read, err);
    uint64_t us = w32_clock_us() - begin;
    if (status == SP_OK) {
        add(b, BENCH_FIRST_BYTE, i, us);
        status = trips(b, i, in.write, out.read, err);
    }
    w32_pipe_close(&in);
    if (status == SP_OK)
        status = wait_end(&child, bench_contestants[i].name, err);
    w32_pipe_close(&out);
    w32_child_close(&child);
    return status;
}

sp_status bench_session(struct bench *b, struct sp_error *err)
{
    sp_status status = SP_OK;
    for (size_t i = 0; status == SP_OK && i < BENCH_CONTESTANTS; i++)
        status = session(b, i, err);
    return status;
}
