/* bench/table.c - what came out, as tables for people. */
#include "bench/report.h"
#include "core/table.h"

static bool any(const struct bench_results *r, enum bench_figure figure)
{
    for (int i = 0; i < BENCH_CONTESTANTS; i++)
        if (bench_measured(r, figure, (enum bench_contestant)i))
            return true;
    return false;
}

/* The title stands in a figure's first row alone. */
static void add_title(struct sp_table *t, const struct bench_results *r, enum bench_figure figure,
                      bool *first)
{
    sp_table_add(t, *first ? bench_figure_title(r, figure).text : "");
    *first = false;
}

static void add_relative(struct sp_table *t, const struct bench_results *r,
                         enum bench_figure figure, enum bench_contestant who, bool *first)
{
    const struct bench_samples *s = &r->samples[figure][who];
    uint64_t median = bench_samples_median(s);
    add_title(t, r, figure, first);
    sp_table_add(t, bench_contestants[who].name);
    sp_table_add(t, bench_value_text(BENCH_US, median).text);
    if (bench_figures[figure].rate)
        sp_table_addf(t, "%.0f MB/s", (double)r->size_bytes / (double)(median + 1));
    else
        sp_table_add(t, "");
    sp_table_addf(t, "%.2f", bench_to_limit(r, figure, median));
    sp_table_addf(t, "%.2f to %.2f", bench_to_limit(r, figure, bench_samples_least(s)),
                  bench_to_limit(r, figure, bench_samples_most(s)));
}

static void add_absolute(struct sp_table *t, const struct bench_results *r,
                         enum bench_figure figure, enum bench_contestant who, bool *first)
{
    const struct bench_samples *s = &r->samples[figure][who];
    enum bench_unit unit = bench_figures[figure].unit;
    add_title(t, r, figure, first);
    sp_table_add(t, bench_contestants[who].name);
    sp_table_add(t, bench_value_text(unit, bench_samples_median(s)).text);
    sp_table_add(t, bench_value_text(unit, bench_samples_least(s)).text);
    sp_table_add(t, bench_value_text(unit, bench_samples_most(s)).text);
}

/* All figures that are relative to LIMIT, or all others. */
static sp_status print_figures(const struct bench_results *r, bool to_limit, struct sp_table *t,
                               struct sp_buffer *out, struct sp_error *err)
{
    for (int figure = 0; figure < BENCH_FIGURES; figure++) {
        bool first = true;
        for (int who = 0; who < BENCH_CONTESTANTS; who++)
            if (bench_figures[figure].to_limit == to_limit &&
                bench_shown(r, (enum bench_figure)figure, (enum bench_contestant)who))
                (to_limit ? add_relative : add_absolute)(t, r, (enum bench_figure)figure,
                                                         (enum bench_contestant)who, &first);
    }
    sp_status status = SP_OK;
    if (t->cell_count > 0)
        status = sp_buffer_append(out, "\n", 1, err);
    if (status == SP_OK && t->cell_count > 0)
        status = sp_table_print(t, out, err);
    sp_table_deinit(t);
    return status;
}

sp_status bench_print_table(const struct bench_results *r, struct sp_buffer *out,
                            struct sp_error *err)
{
    static const struct sp_column relative[] = {
        {"FIGURE", false}, {"CONTESTANT", false}, {"MEDIAN", true},
        {"RATE", true},    {"TIME/LIMIT", true},  {"LEAST TO MOST", true},
    };
    static const struct sp_column absolute[] = {
        {"SERVICE", false}, {"TRANSPORT", false}, {"MEDIAN", true}, {"LEAST", true}, {"MOST", true},
    };
    struct sp_table first = sp_table_of(relative, sizeof relative / sizeof *relative);
    struct sp_table second = sp_table_of(absolute, sizeof absolute / sizeof *absolute);
    sp_status status = sp_buffer_printf(
        out, err,
        "%zu round%s, interleaved, on %u cores. Times are relative to the best LIMIT: below 1 is "
        "faster.\n",
        r->rounds, r->rounds == 1 ? "" : "s", (unsigned)r->cores);
    if (status == SP_OK && any(r, BENCH_UPLOAD))
        status = sp_buffer_printf(out, err, "%llu MiB a transfer, workers with blocks of %u KiB.\n",
                                  (unsigned long long)(r->size_bytes >> 20),
                                  (unsigned)(r->block_bytes >> 10));
    if (status == SP_OK)
        status = print_figures(r, true, &first, out, err);
    if (status == SP_OK)
        status = print_figures(r, false, &second, out, err);
    return status;
}
