/* tests/bench/test_report.c - results as tables, as JSON and as a picture. */
#include "bench/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

static struct bench_results r;

/* Every figure of everybody who takes part, two rounds; NODE is a hundred times slower. */
static int fill(void **state)
{
    (void)state;
    memset(&r, 0, sizeof r);
    r = (struct bench_results){.size_bytes = 256 << 20,
                               .block_bytes = 64 << 10,
                               .cores = 2,
                               .rounds = 2,
                               .trips = 1000,
                               .crowd = 200,
                               .idle = 1000,
                               .flat_bytes = 10ull << 30,
                               .groups = (1u << BENCH_GROUPS) - 1,
                               .contestants = (1u << BENCH_CONTESTANTS) - 1};
    for (int figure = 0; figure < BENCH_FIGURES; figure++)
        for (int who = 0; who < BENCH_CONTESTANTS; who++)
            if (bench_takes_part(&r, (enum bench_figure)figure, (enum bench_contestant)who)) {
                uint64_t value = who == BENCH_NODE ? 100000000 : 1000000 + (uint64_t)who * 100000;
                bench_samples_add(&r.samples[figure][who], value);
                bench_samples_add(&r.samples[figure][who], value + value / 10);
            }
    return 0;
}

/* What a report prints, as a C string. */
static char *print(sp_status (*with)(const struct bench_results *, struct sp_buffer *,
                                     struct sp_error *))
{
    struct sp_buffer out = {0};
    assert_int_equal(with(&r, &out, NULL), SP_OK);
    assert_int_equal(sp_buffer_append(&out, "", 1, NULL), SP_OK);
    return (char *)out.data;
}

static size_t times_in(const char *text, const char *what)
{
    size_t count = 0;
    for (const char *p = text; (p = strstr(p, what)) != NULL; p += strlen(what))
        count++;
    return count;
}

static void the_table_gives_the_median_its_ratio_and_its_spread(void **state)
{
    (void)state;
    char *text = print(bench_print_table);
    assert_non_null(strstr(text, "upload"));
    assert_non_null(strstr(text, "LIMIT, 64 KiB"));
    assert_null(strstr(text, "LIMIT, 1 MiB")); /* the best of the three alone */
    assert_non_null(strstr(text, "206 MB/s"));
    assert_non_null(strstr(text, "1.30 to 1.43"));
    assert_non_null(strstr(text, "100.00"));
    assert_non_null(strstr(text, "threads, 1000 idle sessions"));
    free(text);
}

static void the_table_leaves_out_what_was_not_measured(void **state)
{
    (void)state;
    memset(r.samples, 0, sizeof r.samples);
    bench_samples_add(&r.samples[BENCH_TRIP_1][BENCH_LIMIT_64], 100);
    char *text = print(bench_print_table);
    assert_null(strstr(text, "upload"));
    assert_null(strstr(text, "SERVICE"));
    assert_null(strstr(text, "MiB a transfer"));
    assert_non_null(strstr(text, "round trip, 1 byte"));
    free(text);
}

static void the_json_has_every_sample_of_every_figure(void **state)
{
    (void)state;
    char *text = print(bench_print_json);
    json_t *root = json_loads(text, 0, NULL);
    json_t *figures = json_object_get(root, "figures");
    assert_int_equal(json_object_size(figures), BENCH_FIGURES);
    json_t *list = json_object_get(json_object_get(figures, "upload"), "contestants");
    assert_int_equal(json_array_size(list), 7);
    json_t *limit = json_array_get(list, 0), *relay = json_array_get(list, 3);
    assert_int_equal(json_integer_value(json_object_get(limit, "buffer_bytes")), 64 << 10);
    assert_string_equal(json_string_value(json_object_get(relay, "contestant")), "relay");
    assert_int_equal(json_array_size(json_object_get(relay, "samples")), 2);
    assert_true(json_real_value(json_object_get(relay, "to_limit")) > 1.29);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(figures, "idle_private"), "unit")),
        "bytes");
    json_decref(root);
    free(text);
}

static void the_json_has_only_the_groups_that_were_wanted(void **state)
{
    (void)state;
    r.groups = 1u << BENCH_START;
    char *text = print(bench_print_json);
    json_t *root = json_loads(text, 0, NULL);
    assert_int_equal(json_object_size(json_object_get(root, "figures")), 1);
    json_decref(root);
    free(text);
}

/* The value of an attribute that follows a place. */
static double attribute(const char *at, const char *name)
{
    const char *value = strstr(at, name);
    assert_non_null(value);
    return strtod(value + strlen(name), NULL);
}

static void every_bar_of_the_picture_lies_inside_it(void **state)
{
    (void)state;
    char *text = print(bench_print_svg);
    double width = attribute(text, " width=\""), height = attribute(text, " height=\"");
    assert_true(width == 900);
    for (const char *p = text; (p = strstr(p, "<rect x=")) != NULL; p++) {
        double x = attribute(p, "x=\""), y = attribute(p, "y=\"");
        assert_true(x >= 0 && x + attribute(p, "width=\"") <= width);
        assert_true(y >= 0 && y + attribute(p, "height=\"") <= height);
    }
    free(text);
}

static void the_picture_is_well_formed_and_names_everything(void **state)
{
    (void)state;
    char *text = print(bench_print_svg);
    assert_int_equal(strncmp(text, "<svg xmlns=", 11), 0);
    assert_string_equal(text + strlen(text) - 7, "</svg>\n");
    assert_int_equal(times_in(text, "<text"), times_in(text, "</text>"));
    assert_int_equal(times_in(text, "<rect"),
                     times_in(text, "fill=\"#") - times_in(text, "<text x=\"24\" y=\"34\""));
    assert_int_equal(times_in(text, "nan"), 0);
    for (int figure = 0; figure < BENCH_FIGURES; figure++)
        assert_non_null(strstr(text, bench_figure_title(&r, (enum bench_figure)figure).text));
    for (int who = BENCH_RELAY; who < BENCH_CONTESTANTS; who++)
        assert_non_null(strstr(text, bench_contestants[who].name));
    free(text);
}

static void a_picture_of_nothing_is_a_picture(void **state)
{
    (void)state;
    memset(r.samples, 0, sizeof r.samples);
    char *text = print(bench_print_svg);
    assert_int_equal(times_in(text, "nan"), 0);
    assert_non_null(strstr(text, "</svg>"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_table_gives_the_median_its_ratio_and_its_spread, fill),
        cmocka_unit_test_setup(the_table_leaves_out_what_was_not_measured, fill),
        cmocka_unit_test_setup(the_json_has_every_sample_of_every_figure, fill),
        cmocka_unit_test_setup(the_json_has_only_the_groups_that_were_wanted, fill),
        cmocka_unit_test_setup(every_bar_of_the_picture_lies_inside_it, fill),
        cmocka_unit_test_setup(the_picture_is_well_formed_and_names_everything, fill),
        cmocka_unit_test_setup(a_picture_of_nothing_is_a_picture, fill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
