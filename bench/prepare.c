/* bench/prepare.c - what a run stands on: inputs, configs, a service of its own, NODE's bridges. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "win32/console.h"
#include "win32/file.h"
#include "win32/npipe.h"
#include "win32/path.h"
#include "win32/pipe.h"

enum { INPUT_PIECE = 1 << 20 };

/* ------------------------------------------------------------------ places */

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

static sp_status find_programs(struct bench *b, struct sp_error *err)
{
    sp_status status = w32_path_self(&b->self, err);
    if (status == SP_OK)
        status = neighbour(b, "standpipe.exe", &b->client, err);
    if (status == SP_OK)
        status = neighbour(b, "standpiped.exe", &b->daemon, err);
    return status;
}

/* Where a file of the run is: a leaf in its folder, and the place for the path. */
static sp_status name_files(struct bench *b, struct sp_error *err)
{
    const struct {
        const char *leaf;
        char **path;
    } files[] = {{"input", &b->input},        {"small", &b->small},    {"output", &b->output},
                 {"config.yaml", &b->config}, {"many.yaml", &b->many}, {"errors", &b->errors}};
    sp_status status = w32_folder_temporary("standpipe-bench-", &b->folder, err);
    for (size_t i = 0; status == SP_OK && i < sizeof files / sizeof *files; i++)
        status = w32_path_join(b->folder, files[i].leaf, files[i].path, err);
    if (status == SP_OK)
        status = w32_file_append(b->errors, &b->errors_file, err);
    return status;
}

static bool node_wanted(const struct bench_results *r)
{
    for (int figure = 0; figure < BENCH_FIGURES; figure++)
        if (bench_takes_part(r, (enum bench_figure)figure, BENCH_NODE))
            return true;
    return false;
}

/* NODE takes part where there is a node.exe; one that was named must be there. */
static sp_status find_node(struct bench *b, const char *node, struct sp_error *err)
{
    struct bench_results *r = &b->results;
    if (!node_wanted(r))
        return SP_OK;
    sp_status status = w32_program_find(node == NULL ? "node.exe" : node, NULL, &b->node, err);
    if (status == SP_ENOTFOUND && node == NULL) {
        w32_printf(W32_STDERR, "standpipe-bench: NODE is left out: there is no node.exe beside "
                               "this program or on PATH; --node FILE names one\n");
        r->contestants &= ~(1u << BENCH_NODE);
        return SP_OK;
    }
    if (status == SP_OK)
        status = neighbour(b, "peers\\bridge.js", &b->bridge, err);
    if (status == SP_OK)
        status = neighbour(b, "peers\\client.js", &b->peer, err);
    return status;
}

/* ------------------------------------------------------------------ files */

/* Bytes that don't repeat: nothing on the way could make them smaller. */
static sp_status write_input(const char *path, uint64_t size, struct sp_error *err)
{
    static uint64_t piece[INPUT_PIECE / sizeof(uint64_t)];
    uint64_t state = 0x9E3779B97F4A7C15u;
    w32_handle file = NULL;
    sp_status status = w32_file_open(path, W32_FILE_WRITE, &file, err);
    for (uint64_t left = size; status == SP_OK && left > 0;) {
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

/* A worker of ours. @param words behind its name and block @param more further keys */
static sp_status add_worker(const struct bench *b, struct sp_buffer *yaml, const char *name,
                            const char *words, const char *more, struct sp_error *err)
{
    return sp_buffer_printf(yaml, err, "  %s: {command: ['%s', worker, %u, %s]%s}\n", name, b->self,
                            (unsigned)b->results.block_bytes, words, more);
}

static sp_status write_config(const struct bench *b, struct sp_error *err)
{
    struct sp_buffer yaml = {0};
    char source[48];
    snprintf(source, sizeof source, "source, %llu", (unsigned long long)b->results.size_bytes);
    sp_status status = sp_buffer_printf(&yaml, err, "workers:\n");
    if (status == SP_OK)
        status = add_worker(b, &yaml, "sink", "sink", ", console: none", err);
    if (status == SP_OK)
        status = add_worker(b, &yaml, "source", source, ", console: none", err);
    if (status == SP_OK)
        status = add_worker(b, &yaml, "echo", "echo", ", console: none", err);
    if (status == SP_OK)
        status = add_worker(b, &yaml, "warm", "echo", ", console: none, warm: 2", err);
    if (status == SP_OK)
        status = w32_file_create(b->config, yaml.data, yaml.len, err);
    sp_buffer_deinit(&yaml);
    return status;
}

/* No warm workers: what a service takes is to be its sessions' alone. */
static sp_status write_config_of_many(const struct bench *b, struct sp_error *err)
{
    struct sp_buffer yaml = {0};
    char flood[48];
    snprintf(flood, sizeof flood, "source, %llu", (unsigned long long)b->results.flat_bytes);
    sp_status status = sp_buffer_printf(&yaml, err, "workers:\n");
    if (status == SP_OK)
        status = add_worker(b, &yaml, "echo", "echo", ", console: none", err);
    if (status == SP_OK)
        status = add_worker(b, &yaml, "console", "echo", ", console: hidden", err);
    if (status == SP_OK)
        status = add_worker(b, &yaml, "flood", flood, ", console: none", err);
    for (int i = 0; status == SP_OK && i < BENCH_SHARED; i++) {
        char name[16];
        snprintf(name, sizeof name, "shared%d", i);
        status = add_worker(b, &yaml, name, "echo", ", console: none, mode: shared", err);
    }
    if (status == SP_OK)
        status = w32_file_create(b->many, yaml.data, yaml.len, err);
    sp_buffer_deinit(&yaml);
    return status;
}

/* ------------------------------------------------------------------ all of it */

static sp_status start_bridges(struct bench *b, struct sp_error *err)
{
    sp_status status = SP_OK;
    for (int i = 0; status == SP_OK && b->node != NULL && i < BENCH_WORKERS; i++)
        status = bench_bridge_start(b, (enum bench_worker_kind)i, &b->bridges[i], err);
    return status;
}

sp_status bench_prepare(struct bench *b, const char *node, struct sp_error *err)
{
    sp_status status = find_programs(b, err);
    if (status == SP_OK)
        status = find_node(b, node, err);
    if (status == SP_OK)
        status = name_files(b, err);
    if (status == SP_OK && (b->results.groups >> BENCH_TRANSFERS & 1) != 0)
        status = write_input(b->input, b->results.size_bytes, err);
    if (status == SP_OK)
        status = write_input(b->small, BENCH_CROWD_BYTES, err);
    if (status == SP_OK)
        status = write_config(b, err);
    if (status == SP_OK)
        status = write_config_of_many(b, err);
    if (status == SP_OK)
        status = bench_service_start(b, b->config, &b->service, err);
    if (status == SP_OK)
        status = start_bridges(b, err);
    return status;
}

void bench_clean_up(struct bench *b)
{
    char **owned[] = {&b->self,  &b->client, &b->daemon, &b->folder, &b->input,
                      &b->small, &b->output, &b->config, &b->many,   &b->errors,
                      &b->node,  &b->bridge, &b->peer};
    bench_server_stop(&b->service);
    for (int i = 0; i < BENCH_WORKERS; i++)
        bench_server_stop(&b->bridges[i]);
    w32_handle_close(&b->errors_file);
    if (b->folder != NULL)
        w32_file_remove(b->folder);
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) {
        free(*owned[i]);
        *owned[i] = NULL;
    }
}
