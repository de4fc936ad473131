/* bench/report.c - what came out, for people and for programs. A figure of the product is given as
 * time relative to LIMIT's best of its three buffers in the same run: below 1 is faster. */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "bench/bench.h"
#include "core/table.h"
#include "win32/console.h"

static const char *const names[BENCH_FIGURES] = {"upload", "download", "echo", "round trip",
                                                 "first byte"};
static const char *const keys[BENCH_FIGURES] = {"upload", "download", "echo", "round_trip",
                                                "first_byte"};

const char *bench_figure_name(enum bench_figure figure)
{
    return names[figure];
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void bench_sort(struct bench_samples *s)
{
    qsort(s->us, s->count, sizeof *s->us, compare);
}

uint64_t bench_median(const struct bench_samples *s)
{
    return s->count == 0 ? 0 : s->us[s->count / 2];
}

/* LIMIT's best median for a figure. */
static uint64_t limit_of(const struct bench *b, int figure)
{
    uint64_t best = UINT64_MAX;
    for (size_t i = 0; i < BENCH_CONTESTANTS; i++) {
        uint64_t median = bench_median(&b->samples[figure][i]);
        if (bench_contestants[i].limit_bytes > 0 && median < best)
            best = median;
    }
    return best == 0 ? 1 : best;
}

static double ratio_of(const struct bench *b, int figure, size_t contestant)
{
    return (double)bench_median(&b->samples[figure][contestant]) / (double)limit_of(b, figure);
}

static void sort_all(struct bench *b)
{
    for (int figure = 0; figure < BENCH_FIGURES; figure++)
        for (size_t i = 0; i < BENCH_CONTESTANTS; i++)
            bench_sort(&b->samples[figure][i]);
}

static void add_time(struct sp_table *table, uint64_t us)
{
    if (us < 10000)
        sp_table_addf(table, "%llu us", (unsigned long long)us);
    else
        sp_table_addf(table, "%llu ms", (unsigned long long)(us / 1000));
}

static void add_row(const struct bench *b, struct sp_table *table, int figure, size_t i)
{
    const struct bench_samples *s = &b->samples[figure][i];
    uint64_t median = bench_median(s);
    bool transfer = figure <= BENCH_ECHO;
    sp_table_add(table, i == 0 ? names[figure] : "");
    sp_table_add(table, bench_contestants[i].name);
    add_time(table, median);
    add_time(table, s->us[0]);
    add_time(table, s->us[s->count - 1]);
    if (transfer)
        sp_table_addf(table, "%.0f MB/s", (double)b->size_bytes / (double)(median + 1));
    else
        sp_table_add(table, "");
    sp_table_addf(table, "%.2f", ratio_of(b, figure, i));
    if (transfer)
        sp_table_addf(table, "%.2f", 1 / ratio_of(b, figure, i));
    else
        sp_table_add(table, "");
}

void bench_print_table(struct bench *b)
{
    static const struct sp_column columns[] = {
        {"FIGURE", false}, {"CONTESTANT", false}, {"MEDIAN", true},     {"LEAST", true},
        {"MOST", true},    {"RATE", true},        {"TIME/LIMIT", true}, {"RATE/LIMIT", true},
    };
    struct sp_table table = sp_table_of(columns, sizeof columns / sizeof *columns);
    struct sp_buffer text = {0};
    struct sp_error err = {0};
    sort_all(b);
    for (int figure = 0; figure < BENCH_FIGURES; figure++)
        for (size_t i = 0; i < BENCH_CONTESTANTS; i++)
            if (b->samples[figure][i].count > 0)
                add_row(b, &table, figure, i);
    sp_status status = sp_buffer_printf(
        &text, &err,
        "%llu MiB each way, workers with blocks of %u KiB, %zu rounds, LIMIT is the "
        "best of three\n\n",
        (unsigned long long)(b->size_bytes >> 20), (unsigned)b->block_bytes >> 10, b->rounds);
    if (status == SP_OK)
        status = sp_table_print(&table, &text, &err);
    if (status == SP_OK)
        w32_print(W32_STDOUT, (const char *)text.data, text.len);
    sp_buffer_deinit(&text);
    sp_table_deinit(&table);
}

void bench_print_json(struct bench *b)
{
    json_t *root =
        json_pack("{s:I, s:I, s:I}", "size_bytes", (json_int_t)b->size_bytes, "block_bytes",
                  (json_int_t)b->block_bytes, "rounds", (json_int_t)b->rounds);
    sort_all(b);
    for (int figure = 0; figure < BENCH_FIGURES; figure++) {
        json_t *list = json_array();
        for (size_t i = 0; i < BENCH_CONTESTANTS; i++) {
            if (b->samples[figure][i].count == 0)
                continue; /* not measured with this one */
            json_t *samples = json_array();
            for (size_t k = 0; k < b->samples[figure][i].count; k++)
                json_array_append_new(samples,
                                      json_integer((json_int_t)b->samples[figure][i].us[k]));
            json_array_append_new(
                list, json_pack("{s:s, s:I, s:f, s:o}", "contestant", bench_contestants[i].name,
                                "median_us", (json_int_t)bench_median(&b->samples[figure][i]),
                                "time_to_limit", ratio_of(b, figure, i), "samples_us", samples));
        }
        json_object_set_new(root, keys[figure], list);
    }
    char *text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(4));
    if (text != NULL)
        w32_printf(W32_STDOUT, "%s\n", text);
    free(text);
    json_decref(root);
}
