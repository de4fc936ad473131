/* bench/servers.c - the servers of a run: the service, and NODE's bridges. */
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"
#include "win32/npipe.h"
#include "win32/pipe.h"

enum { STOP_MS = 20000 };

/* Waits until a server says "ready" on its stdout. */
static sp_status wait_ready(w32_handle out, const char *name, struct sp_error *err)
{
    char said[64] = {0};
    size_t len = 0;
    while (len + 1 < sizeof said && strstr(said, "ready") == NULL) {
        uint32_t got = 0;
        sp_status status = w32_read(out, said + len, (uint32_t)(sizeof said - 1 - len), &got, NULL);
        if (status != SP_OK)
            return sp_fail(err, SP_ESTATE, 0, "%s did not come up", name);
        len += got;
    }
    return SP_OK;
}

/* Starts one and waits until it is ready. The pipe's name is made already. */
static sp_status start(const struct bench *b, const char *const *argv, size_t argc,
                       struct bench_server *s, struct sp_error *err)
{
    struct w32_pipe in = {0}, out = {0};
    sp_status status = w32_pipe_open(NULL, &in, err);
    if (status == SP_OK)
        status = w32_pipe_open(NULL, &out, err);
    if (status == SP_OK) {
        struct w32_spawn_options what = {.argv = argv,
                                         .argc = argc,
                                         .in = in.read,
                                         .out = out.write,
                                         .err = b->errors_file,
                                         .console = W32_CONSOLE_NONE};
        status = w32_spawn(&what, &s->child, err);
    }
    w32_handle_close(&out.write);
    w32_handle_close(&in.read);
    if (status == SP_OK)
        status = wait_ready(out.read, argv[0], err);
    w32_handle_close(&out.read);
    if (status == SP_OK)
        s->in = in.write;
    else {
        w32_handle_close(&in.write);
        w32_child_close(&s->child);
    }
    return status;
}

static sp_status name_pipe(struct bench_server *s, struct sp_error *err)
{
    struct w32_npipe_leaf leaf;
    sp_status status = w32_npipe_random_leaf("standpipe-bench-", &leaf, err);
    if (status == SP_OK)
        snprintf(s->pipe, sizeof s->pipe, "%s", leaf.text);
    return status;
}

sp_status bench_service_start(const struct bench *b, const char *config, struct bench_server *out,
                              struct sp_error *err)
{
    struct bench_server s = {.stops = true};
    sp_status status = name_pipe(&s, err);
    const char *argv[] = {b->daemon, "run",  "--config",          config,
                          "--pipe",  s.pipe, "--until-stdin-ends"};
    if (status == SP_OK)
        status = start(b, argv, sizeof argv / sizeof *argv, &s, err);
    if (status == SP_OK)
        *out = s;
    return status;
}

sp_status bench_service_open(const struct bench *b, enum bench_contestant who,
                             struct bench_server *out, struct sp_error *err)
{
    struct bench_session first = {0};
    if (!bench_is_product(who))
        return SP_OK;
    sp_status status = bench_service_start(b, b->many, out, err);
    if (status == SP_OK)
        status = bench_session_open(b, who, out, &first, err);
    if (status == SP_OK)
        status = bench_session_first(b, &first, who, err);
    if (status == SP_OK)
        status = bench_session_end(b, &first, who, err);
    bench_session_close(&first);
    return status;
}

sp_status bench_bridge_start(const struct bench *b, enum bench_worker_kind worker,
                             struct bench_server *out, struct sp_error *err)
{
    struct bench_server s = {0};
    char pipe[96], block[16], size[24];
    sp_status status = name_pipe(&s, err);
    snprintf(pipe, sizeof pipe, "\\\\.\\pipe\\%s", s.pipe);
    snprintf(block, sizeof block, "%u", (unsigned)b->results.block_bytes);
    snprintf(size, sizeof size, "%llu", (unsigned long long)b->results.size_bytes);
    const char *argv[] = {
        b->node, b->bridge, pipe, b->self, "worker", block, bench_worker_names[worker], size};
    size_t argc = sizeof argv / sizeof *argv;
    if (status == SP_OK)
        status = start(b, argv, worker == BENCH_SOURCE ? argc : argc - 1, &s, err);
    if (status == SP_OK)
        *out = s;
    return status;
}

void bench_server_stop(struct bench_server *s)
{
    w32_handle_close(&s->in);
    if (s->child.process != NULL && s->stops) {
        sp_status ignored = w32_child_wait(&s->child, STOP_MS, NULL, NULL);
        (void)ignored;
    }
    w32_child_close(&s->child);
    *s = (struct bench_server){0};
}
