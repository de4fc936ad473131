/* bench/limit.c - LIMIT, what a careful programmer writes without a service: a plain parent, two
 * CreatePipes, a thread a direction; and the workers that it and the product run. */
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "win32/console.h"
#include "win32/pipe.h"
#include "win32/thread.h"

enum { BLOCK_MAX = 1 << 24 };

/* ------------------------------------------------------------------ the plain parent */

/* Moves everything from one synchronous handle to another. */
static bool copy(w32_handle from, w32_handle to, uint32_t piece_bytes)
{
    unsigned char *piece = malloc(piece_bytes);
    uint32_t got = 0;
    sp_status status = piece == NULL ? SP_ENOMEM : SP_OK;
    while (status == SP_OK) {
        status = w32_read(from, piece, piece_bytes, &got, NULL);
        if (status == SP_OK)
            status = w32_write(to, piece, got, NULL);
    }
    free(piece);
    return status == SP_EEND;
}

struct input {
    w32_handle to;
    uint32_t piece_bytes;
};

static void pump_input(void *arg)
{
    struct input *input = arg;
    copy(w32_stream_handle(W32_STDIN), input->to, input->piece_bytes);
    w32_handle_close(&input->to);
}

uint32_t bench_limit(uint32_t piece_bytes, const char *const *argv, size_t argc)
{
    struct w32_pipe in = {0}, out = {0};
    struct w32_child child = {0};
    w32_handle thread = NULL;
    uint32_t code = BENCH_FAILED;
    struct w32_pipe_options options = {.size_bytes = piece_bytes};
    if (w32_pipe_open(&options, &in, NULL) != SP_OK || w32_pipe_open(&options, &out, NULL) != SP_OK)
        return BENCH_FAILED;
    struct w32_spawn_options what = {.argv = argv,
                                     .argc = argc,
                                     .in = in.read,
                                     .out = out.write,
                                     .err = w32_stream_handle(W32_STDERR),
                                     .console = W32_CONSOLE_NONE};
    if (w32_spawn(&what, &child, NULL) != SP_OK)
        return BENCH_FAILED;
    w32_handle_close(&in.read);
    w32_handle_close(&out.write);
    static struct input input; /* the thread may outlive this function */
    input = (struct input){in.write, piece_bytes};
    if (w32_thread_start(pump_input, &input, &thread, NULL) != SP_OK ||
        !copy(out.read, w32_stream_handle(W32_STDOUT), piece_bytes) ||
        w32_child_wait(&child, W32_FOREVER, &code, NULL) != SP_OK)
        return BENCH_FAILED;
    return code;
}

/* ------------------------------------------------------------------ the workers */

static uint32_t sink(unsigned char *block, uint32_t block_bytes)
{
    uint64_t total = 0;
    uint32_t got = 0;
    while (w32_read(w32_stream_handle(W32_STDIN), block, block_bytes, &got, NULL) == SP_OK)
        total += got;
    return w32_printf(W32_STDOUT, "%llu", (unsigned long long)total) == SP_OK ? BENCH_OK
                                                                              : BENCH_FAILED;
}

static uint32_t source(unsigned char *block, uint32_t block_bytes, uint64_t size)
{
    memset(block, 's', block_bytes);
    while (size > 0) {
        uint32_t len = size < block_bytes ? (uint32_t)size : block_bytes;
        if (w32_write(w32_stream_handle(W32_STDOUT), block, len, NULL) != SP_OK)
            return BENCH_FAILED;
        size -= len;
    }
    return BENCH_OK;
}

uint32_t bench_worker(const char *const *argv, size_t argc)
{
    uint32_t code = BENCH_USAGE;
    uint32_t block_bytes = argc < 2 ? 0 : (uint32_t)strtoul(argv[0], NULL, 10);
    if (block_bytes == 0 || block_bytes > BLOCK_MAX)
        return code;
    unsigned char *block = malloc(block_bytes);
    if (block == NULL)
        code = BENCH_FAILED;
    else if (strcmp(argv[1], "sink") == 0)
        code = sink(block, block_bytes);
    else if (strcmp(argv[1], "source") == 0 && argc == 3)
        code = source(block, block_bytes, strtoull(argv[2], NULL, 10));
    else if (strcmp(argv[1], "echo") == 0)
        code = copy(w32_stream_handle(W32_STDIN), w32_stream_handle(W32_STDOUT), block_bytes)
                   ? BENCH_OK
                   : BENCH_FAILED;
    free(block);
    return code;
}
