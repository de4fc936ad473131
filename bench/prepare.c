/* bench/prepare.c - what a run stands on: an input file, a config, a service of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "win32/file.h"
#include "win32/npipe.h"
#include "win32/path.h"
#include "win32/pipe.h"

enum { INPUT_PIECE = 1 << 20, SERVICE_MS = 20000 };

static sp_status neighbour(const struct bench *b, const char *leaf, char **out,
                           struct sp_error *err)
{
    char *folder = NULL;
    sp_status status = w32_path_folder(b->self, &folder, err);
    if (status == SP_OK)
        status = w32_path_join(folder, leaf, out, err);
    free(folder);
    if (status == SP_OK && !w32_file_exists(*out))
        return sp_fail(err, SP_ENOTFOUND, 0, "%s is not there: the bench runs beside it", *out);
    return status;
}

/* Bytes that don't repeat: nothing on the way could make them smaller. */
static sp_status write_input(const struct bench *b, struct sp_error *err)
{
    static uint64_t piece[INPUT_PIECE / sizeof(uint64_t)];
    uint64_t state = 0x9E3779B97F4A7C15u;
    w32_handle file = NULL;
    sp_status status = w32_file_open(b->input, W32_FILE_WRITE, &file, err);
    for (uint64_t left = b->size_bytes; status == SP_OK && left > 0;) {
        for (size_t i = 0; i < sizeof piece / sizeof *piece; i++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            piece[i] = state;
        }
        size_t len = left < sizeof piece ? (size_t)left : sizeof piece;
        status = w32_write(file, piece, len, err);
        left -= len;
    }
    w32_handle_close(&file);
    return status;
}

static sp_status write_config(const struct bench *b, struct sp_error *err)
{
    struct sp_buffer yaml = {0};
    unsigned block = b->block_bytes;
    sp_status status =
        sp_buffer_printf(&yaml, err,
                         "workers:\n"
                         "  sink:\n"
                         "    command: ['%s', worker, %u, sink]\n"
                         "    console: none\n"
                         "  source:\n"
                         "    command: ['%s', worker, %u, source, %llu]\n"
                         "    console: none\n"
                         "  echo:\n"
                         "    command: ['%s', worker, %u, echo]\n"
                         "    console: none\n"
                         "  warm:\n"
                         "    command: ['%s', worker, %u, echo]\n"
                         "    console: none\n"
                         "    warm: 2\n",
                         b->self, block, b->self, block, (unsigned long long)b->size_bytes, b->self,
                         block, b->self, block);
    if (status == SP_OK)
        status = w32_file_create(b->config, yaml.data, yaml.len, err);
    sp_buffer_deinit(&yaml);
    return status;
}

/* Waits until the service says "ready" on its stdout. */
static sp_status wait_ready(w32_handle out, struct sp_error *err)
{
    char said[64] = {0};
    size_t len = 0;
    while (len + 1 < sizeof said && strstr(said, "ready") == NULL) {
        uint32_t got = 0;
        sp_status status = w32_read(out, said + len, (uint32_t)(sizeof said - 1 - len), &got, NULL);
        if (status != SP_OK)
            return sp_fail(err, SP_ESTATE, 0, "the service did not come up");
        len += got;
    }
    return SP_OK;
}

static sp_status start_service(struct bench *b, struct sp_error *err)
{
    struct w32_pipe in = {0}, out = {0};
    const char *argv[] = {b->daemon, "run",   "--config",          b->config,
                          "--pipe",  b->pipe, "--until-stdin-ends"};
    sp_status status = w32_pipe_open(NULL, &in, err);
    if (status == SP_OK)
        status = w32_pipe_open(NULL, &out, err);
    if (status == SP_OK) {
        struct w32_spawn_options what = {.argv = argv,
                                         .argc = sizeof argv / sizeof *argv,
                                         .in = in.read,
                                         .out = out.write,
                                         .console = W32_CONSOLE_NONE};
        status = w32_spawn(&what, &b->service, err);
    }
    w32_handle_close(&out.write);
    w32_handle_close(&in.read);
    if (status == SP_OK)
        status = wait_ready(out.read, err);
    w32_handle_close(&out.read);
    if (status == SP_OK)
        b->service_in = in.write;
    else
        w32_handle_close(&in.write);
    return status;
}

sp_status bench_prepare(struct bench *b, struct sp_error *err)
{
    struct w32_npipe_leaf leaf;
    sp_status status = w32_path_self(&b->self, err);
    if (status == SP_OK)
        status = neighbour(b, "standpipe.exe", &b->client, err);
    if (status == SP_OK)
        status = neighbour(b, "standpiped.exe", &b->daemon, err);
    if (status == SP_OK)
        status = w32_folder_temporary("standpipe-bench-", &b->folder, err);
    if (status == SP_OK)
        status = w32_path_join(b->folder, "input", &b->input, err);
    if (status == SP_OK)
        status = w32_path_join(b->folder, "output", &b->output, err);
    if (status == SP_OK)
        status = w32_path_join(b->folder, "config.yaml", &b->config, err);
    if (status == SP_OK)
        status = w32_npipe_random_leaf("standpipe-bench-", &leaf, err);
    if (status != SP_OK)
        return status;
    snprintf(b->pipe, sizeof b->pipe, "%s", leaf.text);
    status = write_input(b, err);
    if (status == SP_OK)
        status = write_config(b, err);
    if (status == SP_OK)
        status = start_service(b, err);
    return status;
}

void bench_clean_up(struct bench *b)
{
    w32_handle_close(&b->service_in);
    if (b->service.process != NULL) {
        sp_status ignored = w32_child_wait(&b->service, SERVICE_MS, NULL, NULL);
        (void)ignored;
        w32_child_close(&b->service);
    }
    if (b->folder != NULL)
        w32_file_remove(b->folder);
    free(b->self);
    free(b->client);
    free(b->daemon);
    free(b->folder);
    free(b->input);
    free(b->output);
    free(b->config);
}
