/* bench/main.c - standpipe-bench: its options, and what becomes of the results. UTF-16 ends here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "bench/bench.h"
#include "bench/plan.h"
#include "bench/report.h"
#include "core/args.h"
#include "win32/console.h"
#include "win32/file.h"
#include "win32/pipe.h"
#include "win32/process.h"
#include "win32/text.h"
#include "win32/thread.h"

int wmain(int argc, wchar_t **argv);

/* The options, by their place in the table. The numbers come first. */
enum {
    OPTION_ROUNDS,
    OPTION_SIZE,
    OPTION_BLOCK,
    OPTION_TRIPS,
    OPTION_CROWD,
    OPTION_IDLE,
    OPTION_FLAT,
    OPTION_NUMBERS,
    OPTION_FIGURES = OPTION_NUMBERS,
    OPTION_CONTESTANTS,
    OPTION_NODE,
    OPTION_JSON,
    OPTION_SVG,
};

static const struct sp_option options[] = {
    {"rounds", "N", "Samples of each figure, interleaved; default: 5", 0},
    {"size", "MIB", "What an upload, download or echo moves; default: 256", 0},
    {"block", "KIB", "What a worker reads and writes at once; default: 64", 0},
    {"trips", "N", "Round trips of each size in a session; default: 1000", 0},
    {"crowd", "N", "How many clients come at once, a quarter of them first; default: 200", 0},
    {"idle", "N", "How many sessions are idle; default: 1000", 0},
    {"flat", "MIB", "What goes through one session for `flat`; default: 10240", 0},
    {"figures", "LIST", "transfers, trips, start, crowd, idle, flat; default: all but flat", 0},
    {"contestants", "LIST",
     "relay, direct, handoff, warm, console, node; default: all. LIMIT is always there", 0},
    {"node", "FILE", "NODE's node.exe; default: the one beside this program or on PATH", 0},
    {"json", NULL, "Print one JSON object with every sample instead of the tables", 0},
    {"svg", "FILE", "Draw the comparison as a picture, too", 0},
};

static const struct sp_verb run_verb = {
    .name = "run",
    .summary = "Measure the product beside LIMIT",
    .description =
        "Starts a service of its own and measures the product's transports beside LIMIT, a plain "
        "parent that starts the same worker over CreatePipe and pumps its own stdin and stdout "
        "(with three sizes of buffer; the best counts), and beside NODE, the bridge over a named "
        "pipe that a Node programmer writes (peers\\bridge.js, peers\\client.js). All is "
        "interleaved in one run and given relative to LIMIT: only the ratios mean something on "
        "another machine.\n"
        "\n"
        "  transfers  upload, download and echo of a file\n"
        "  trips      1 byte and 100 bytes there and back: median and 99th percentile\n"
        "  start      from the client's start to its first byte, cold and warm\n"
        "  crowd      many clients at once that echo 1 MiB each; many that have their first\n"
        "             byte, without consoles and with them; the service's memory and threads\n"
        "  idle       many sessions of shared workers that are idle: memory of each, threads\n"
        "  flat       10 GiB through one session: whether the service's memory grows\n"
        "\n"
        "  standpipe-bench --rounds 5 --svg bench.svg\n"
        "  standpipe-bench --figures transfers,trips --contestants relay,node --json\n"
        "  standpipe-bench --figures flat --rounds 1",
    .options = options,
    .option_count = sizeof options / sizeof *options,
};

static const struct sp_verb *const verbs[] = {&run_verb};
static const struct sp_program program = {.name = "standpipe-bench",
                                          .description = "Measures Standpipe.",
                                          .verbs = verbs,
                                          .verb_count = 1};

static uint32_t complain(uint32_t code, const char *what)
{
    w32_printf(W32_STDERR, "standpipe-bench: %s\n", what);
    return code;
}

/* ------------------------------------------------------------------ options */

/* For each of the numbers: what it is without the option, and the least and most it can be. */
static const struct {
    uint64_t usual, least, most;
} numbers[OPTION_NUMBERS] = {
    [OPTION_ROUNDS] = {5, 1, BENCH_ROUNDS_MAX},
    [OPTION_SIZE] = {256, 1, 65536},
    [OPTION_BLOCK] = {64, 1, 16384},
    [OPTION_TRIPS] = {1000, 1, 1000000},
    [OPTION_CROWD] = {200, 1, 2000},
    [OPTION_IDLE] = {1000, 1, 4000},
    [OPTION_FLAT] = {10240, 1, 1048576},
};

static sp_status read_number(const char *text, size_t i, uint64_t *out, struct sp_error *err)
{
    char *end = NULL;
    *out = numbers[i].usual;
    if (text == NULL)
        return SP_OK;
    unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || value < numbers[i].least ||
        value > numbers[i].most)
        return sp_fail(err, SP_EINVAL, 0, "--%s takes a whole number from %llu to %llu, not '%s'",
                       options[i].name, (unsigned long long)numbers[i].least,
                       (unsigned long long)numbers[i].most, text);
    *out = value;
    return SP_OK;
}

static sp_status read_lists(const struct sp_args *args, struct bench_results *r,
                            struct sp_error *err)
{
    static const uint32_t limits =
        1u << BENCH_LIMIT_64 | 1u << BENCH_LIMIT_256 | 1u << BENCH_LIMIT_1024;
    const char *keys[BENCH_CONTESTANTS], *figures = args->values[OPTION_FIGURES],
                                         *contestants = args->values[OPTION_CONTESTANTS];
    sp_status status = SP_OK;
    for (int i = 0; i < BENCH_CONTESTANTS; i++)
        keys[i] = bench_contestants[i].key;
    r->groups = (1u << BENCH_FLAT) - 1;
    r->contestants = (1u << BENCH_CONTESTANTS) - 1;
    if (figures != NULL)
        status = bench_read_list(figures, bench_group_keys, BENCH_GROUPS, &r->groups, err);
    if (status != SP_OK) {
        sp_error_prefix(err, "--figures: ");
        return status;
    }
    if (contestants != NULL)
        status = bench_read_list(contestants, keys, BENCH_CONTESTANTS, &r->contestants, err);
    if (status != SP_OK)
        sp_error_prefix(err, "--contestants: ");
    r->contestants |= limits;
    return status;
}

static sp_status read_plan(const struct sp_args *args, struct bench_results *r,
                           struct sp_error *err)
{
    uint64_t n[OPTION_NUMBERS] = {0};
    sp_status status = SP_OK;
    for (size_t i = 0; status == SP_OK && i < OPTION_NUMBERS; i++)
        status = read_number(args->values[i], i, &n[i], err);
    if (status != SP_OK)
        return status;
    r->cores = w32_core_count();
    r->rounds = (size_t)n[OPTION_ROUNDS];
    r->size_bytes = n[OPTION_SIZE] << 20;
    r->block_bytes = (uint32_t)n[OPTION_BLOCK] << 10;
    r->trips = (size_t)n[OPTION_TRIPS];
    r->crowd = (size_t)n[OPTION_CROWD];
    r->idle = (size_t)n[OPTION_IDLE];
    r->flat_bytes = n[OPTION_FLAT] << 20;
    return read_lists(args, r, err);
}

/* ------------------------------------------------------------------ results */

/* Before the hour that a run may take, and not after it. */
static sp_status open_svg(const char *path, w32_handle *out, struct sp_error *err)
{
    return path == NULL ? SP_OK : w32_file_open(path, W32_FILE_WRITE, out, err);
}

static sp_status report(const struct bench_results *r, bool json, w32_handle svg,
                        struct sp_error *err)
{
    struct sp_buffer text = {0}, picture = {0};
    sp_status status = (json ? bench_print_json : bench_print_table)(r, &text, err);
    if (status == SP_OK && w32_print(W32_STDOUT, (const char *)text.data, text.len) != SP_OK)
        status = sp_fail(err, SP_EBROKEN, 0, "stdout can't be written");
    if (status == SP_OK && svg != NULL)
        status = bench_print_svg(r, &picture, err);
    if (status == SP_OK && svg != NULL)
        status = w32_write(svg, picture.data, picture.len, err);
    sp_buffer_deinit(&text);
    sp_buffer_deinit(&picture);
    return status;
}

static uint32_t run(const struct sp_args *args)
{
    static struct bench b;
    struct sp_error err = {0};
    w32_handle svg = NULL;
    sp_status status = read_plan(args, &b.results, &err);
    if (status != SP_OK)
        return complain(BENCH_USAGE, err.what);
    status = open_svg(args->values[OPTION_SVG], &svg, &err);
    if (status == SP_OK)
        status = bench_prepare(&b, args->values[OPTION_NODE], &err);
    if (status == SP_OK)
        status = bench_run(&b, &err);
    if (status == SP_OK)
        status = report(&b.results, args->values[OPTION_JSON] != NULL, svg, &err);
    bench_clean_up(&b);
    bool unfinished = status != SP_OK && svg != NULL;
    w32_handle_close(&svg);
    if (unfinished)
        w32_file_remove(args->values[OPTION_SVG]); /* an empty file is no picture */
    return status == SP_OK ? BENCH_OK : complain(BENCH_FAILED, err.what);
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
        return complain(BENCH_USAGE, err.what);
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
            return (int)complain(BENCH_USAGE, "an argument is not valid text");
    /* LIMIT's input thread may still be at work: the process ends at once. */
    w32_exit(words == NULL ? BENCH_FAILED : choose((const char *const *)words, count));
}
