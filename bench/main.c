/* bench/main.c - standpipe-bench: options and the order of a run. UTF-16 ends here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "bench/bench.h"
#include "core/args.h"
#include "win32/console.h"
#include "win32/process.h"
#include "win32/text.h"

int wmain(int argc, wchar_t **argv);

enum {
    ROUNDS = 7,
    SIZE_MIB = 256,
    SIZE_MIB_MAX = 65536,
    BLOCK_KIB = 64, /* as most programs and language runtimes do */
    BLOCK_KIB_MAX = 16384,
    TRIPS = 2000,
};

static const struct sp_option options[] = {
    {"rounds", "N", "Samples of each figure, interleaved; default: 7", 0},
    {"size", "MIB", "What an upload, download or echo moves; default: 256", 0},
    {"block", "KIB", "What a worker reads and writes at once; default: 64", 0},
    {"json", NULL, "As one JSON object", 0},
};

static const struct sp_verb run_verb = {
    .name = "run",
    .summary = "Measure the product beside LIMIT",
    .description = "Starts a service of its own and measures uploads, downloads, echoes, the round "
                   "trip of one byte and the time from starting the client to its first byte "
                   "back. LIMIT is a plain parent that starts the same worker over CreatePipe and "
                   "pumps its own stdin and stdout, with three sizes of buffer; the best counts. "
                   "All is interleaved in one run: only the ratios mean something on another "
                   "machine.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
};

static const struct sp_verb *const verbs[] = {&run_verb};
static const struct sp_program program = {.name = "standpipe-bench",
                                          .description = "Measures Standpipe.",
                                          .verbs = verbs,
                                          .verb_count = 1};

static uint32_t complain(const char *what)
{
    w32_printf(W32_STDERR, "standpipe-bench: %s\n", what);
    return BENCH_FAILED;
}

static bool number(const char *text, uint64_t most, uint64_t *out)
{
    char *end = NULL;
    if (text == NULL)
        return true;
    unsigned long long value = strtoull(text, &end, 10);
    if (*end != '\0' || value == 0 || value > most)
        return false;
    *out = value;
    return true;
}

static sp_status measure(struct bench *b, struct sp_error *err)
{
    sp_status status = SP_OK;
    for (size_t round = 0; status == SP_OK && round < b->rounds; round++) {
        w32_printf(W32_STDERR, "round %zu of %zu\n", round + 1, b->rounds);
        for (int figure = BENCH_UPLOAD; status == SP_OK && figure <= BENCH_ECHO; figure++)
            status = bench_transfer(b, (enum bench_figure)figure, err);
        if (status == SP_OK)
            status = bench_session(b, err);
    }
    return status;
}

static uint32_t run(const struct sp_args *args)
{
    static struct bench b = {.trips = TRIPS};
    struct sp_error err = {0};
    uint64_t rounds = ROUNDS, mib = SIZE_MIB, kib = BLOCK_KIB;
    if (!number(args->values[0], BENCH_ROUNDS_MAX, &rounds) ||
        !number(args->values[1], SIZE_MIB_MAX, &mib) ||
        !number(args->values[2], BLOCK_KIB_MAX, &kib))
        return complain("--rounds takes 1 to 101, --size 1 to 65536, --block 1 to 16384");
    b.rounds = (size_t)rounds;
    b.size_bytes = mib << 20;
    b.block_bytes = (uint32_t)kib << 10;
    sp_status status = bench_prepare(&b, &err);
    if (status == SP_OK)
        status = measure(&b, &err);
    if (status == SP_OK)
        (args->values[3] != NULL ? bench_print_json : bench_print_table)(&b);
    bench_clean_up(&b);
    return status == SP_OK ? BENCH_OK : complain(err.what);
}

static uint32_t choose(const char *const *words, size_t count)
{
    struct sp_args args = {0};
    struct sp_error err = {0};
    if (count >= 3 && strcmp(words[0], "limit") == 0)
        return bench_limit((uint32_t)strtoul(words[1], NULL, 10), words + 2, count - 2);
    if (count >= 2 && strcmp(words[0], "worker") == 0)
        return bench_worker(words + 1, count - 1);
    if (count > 0 && strcmp(words[0], "run") == 0) {
        words++;
        count--;
    }
    if (sp_args_parse(&program, &run_verb, words, count, &args, &err) != SP_OK)
        return complain(err.what);
    uint32_t code = BENCH_OK;
    if (args.help) {
        struct sp_buffer text = {0};
        if (sp_verb_help(&program, &run_verb, &text, NULL) == SP_OK)
            w32_print(W32_STDOUT, (const char *)text.data, text.len);
        sp_buffer_deinit(&text);
    } else
        code = run(&args);
    sp_args_deinit(&args);
    return code;
}

int wmain(int argc, wchar_t **argv)
{
    size_t count = argc < 1 ? 0 : (size_t)argc - 1;
    char **words = calloc(count + 1, sizeof *words);
    for (size_t i = 0; words != NULL && i < count; i++)
        if (w32_utf8(argv[i + 1], &words[i], NULL) != SP_OK)
            return (int)complain("an argument is not valid text");
    /* LIMIT's input thread may still be at work: the process ends at once. */
    w32_exit(words == NULL ? BENCH_FAILED : choose((const char *const *)words, count));
}
