/* bench/json.c - what came out, as one JSON object for programs. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "bench/report.h"

static const char *const unit_keys[] = {"us", "bytes", "count"};

static json_t *samples_of(const struct bench_samples *s)
{
    json_t *list = json_array();
    for (size_t i = 0; i < s->count; i++)
        json_array_append_new(list, json_integer((json_int_t)s->values[i]));
    return list;
}

static json_t *contestant_of(const struct bench_results *r, enum bench_figure figure,
                             enum bench_contestant who)
{
    const struct bench_samples *s = &r->samples[figure][who];
    uint64_t median = bench_samples_median(s);
    json_t *object = json_pack("{s:s, s:I, s:o}", "contestant", bench_contestants[who].key,
                               "median", (json_int_t)median, "samples", samples_of(s));
    if (bench_contestants[who].limit_bytes > 0)
        json_object_set_new(object, "buffer_bytes",
                            json_integer((json_int_t)bench_contestants[who].limit_bytes));
    if (bench_figures[figure].to_limit)
        json_object_set_new(object, "to_limit", json_real(bench_to_limit(r, figure, median)));
    return object;
}

static json_t *figure_of(const struct bench_results *r, enum bench_figure figure)
{
    json_t *list = json_array();
    for (int who = 0; who < BENCH_CONTESTANTS; who++)
        if (bench_measured(r, figure, (enum bench_contestant)who))
            json_array_append_new(list, contestant_of(r, figure, (enum bench_contestant)who));
    return json_pack("{s:s, s:s, s:o}", "title", bench_figure_title(r, figure).text, "unit",
                     unit_keys[bench_figures[figure].unit], "contestants", list);
}

sp_status bench_print_json(const struct bench_results *r, struct sp_buffer *out,
                           struct sp_error *err)
{
    json_t *figures = json_object();
    for (int figure = 0; figure < BENCH_FIGURES; figure++)
        if ((r->groups >> bench_figures[figure].group & 1) != 0)
            json_object_set_new(figures, bench_figures[figure].key,
                                figure_of(r, (enum bench_figure)figure));
    json_t *root =
        json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "version", SP_VERSION,
                  "cores", (json_int_t)r->cores, "rounds", (json_int_t)r->rounds, "size_bytes",
                  (json_int_t)r->size_bytes, "block_bytes", (json_int_t)r->block_bytes, "trips",
                  (json_int_t)r->trips, "crowd", (json_int_t)r->crowd, "idle", (json_int_t)r->idle,
                  "flat_bytes", (json_int_t)r->flat_bytes, "figures", figures);
    char *text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(4));
    json_decref(root);
    if (text == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for the report");
    sp_status status = sp_buffer_printf(out, err, "%s\n", text);
    free(text);
    return status;
}
