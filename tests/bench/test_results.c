/* tests/bench/test_results.c - who takes part, and how values relate to LIMIT. */
#include "bench/results.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct bench_results r;

static int set_up(void **state)
{
    (void)state;
    memset(&r, 0, sizeof r);
    r.groups = (1u << BENCH_GROUPS) - 1;
    r.contestants = (1u << BENCH_CONTESTANTS) - 1;
    r.crowd = 200;
    r.idle = 1000;
    r.flat_bytes = 10ull << 30;
    return 0;
}

static void put(enum bench_figure figure, enum bench_contestant who, uint64_t value)
{
    bench_samples_add(&r.samples[figure][who], value);
}

static void a_ratio_is_to_the_best_of_limits_three(void **state)
{
    (void)state;
    put(BENCH_ECHO, BENCH_LIMIT_64, 300);
    put(BENCH_ECHO, BENCH_LIMIT_256, 200);
    put(BENCH_ECHO, BENCH_LIMIT_1024, 250);
    put(BENCH_ECHO, BENCH_RELAY, 260);
    assert_int_equal(bench_best_limit(&r, BENCH_ECHO), BENCH_LIMIT_256);
    assert_true(bench_to_limit(&r, BENCH_ECHO, 260) == 1.3);
    assert_true(bench_shown(&r, BENCH_ECHO, BENCH_LIMIT_256));
    assert_false(bench_shown(&r, BENCH_ECHO, BENCH_LIMIT_64));
    assert_true(bench_shown(&r, BENCH_ECHO, BENCH_RELAY));
    assert_false(bench_shown(&r, BENCH_ECHO, BENCH_NODE)); /* not measured */
}

static void without_limit_there_is_no_ratio(void **state)
{
    (void)state;
    put(BENCH_ECHO, BENCH_RELAY, 260);
    assert_true(bench_to_limit(&r, BENCH_ECHO, 260) == 0);
}

static void warm_workers_and_consoles_take_part_where_they_matter(void **state)
{
    (void)state;
    assert_true(bench_takes_part(&r, BENCH_FIRST_BYTE, BENCH_WARM));
    assert_false(bench_takes_part(&r, BENCH_UPLOAD, BENCH_WARM));
    assert_true(bench_takes_part(&r, BENCH_GATHER, BENCH_CONSOLE));
    assert_false(bench_takes_part(&r, BENCH_CROWD_MANY, BENCH_CONSOLE));
    assert_false(bench_takes_part(&r, BENCH_MEMORY_PEAK, BENCH_NODE));
}

static void what_is_not_wanted_has_no_part(void **state)
{
    (void)state;
    r.groups = 1u << BENCH_TRIPS;
    r.contestants &= ~(1u << BENCH_NODE);
    assert_true(bench_takes_part(&r, BENCH_TRIP_1, BENCH_RELAY));
    assert_false(bench_takes_part(&r, BENCH_TRIP_1, BENCH_NODE));
    assert_false(bench_takes_part(&r, BENCH_UPLOAD, BENCH_RELAY));
}

static void every_figure_has_a_title_a_key_and_somebody(void **state)
{
    (void)state;
    for (int i = 0; i < BENCH_FIGURES; i++) {
        struct bench_title title = bench_figure_title(&r, (enum bench_figure)i);
        assert_true(strlen(title.text) > 0);
        assert_null(strchr(title.text, '%'));
        assert_non_null(bench_figures[i].key);
        assert_int_not_equal(bench_figures[i].contestants, 0);
    }
}

static void titles_say_how_many(void **state)
{
    (void)state;
    assert_string_equal(bench_figure_title(&r, BENCH_CROWD_FEW).text, "50 sessions at once");
    assert_string_equal(bench_figure_title(&r, BENCH_CROWD_MANY).text, "200 sessions at once");
    assert_string_equal(bench_figure_title(&r, BENCH_IDLE_THREADS).text,
                        "threads, 1000 idle sessions");
    assert_string_equal(bench_figure_title(&r, BENCH_FLAT_TIME).text,
                        "10240 MiB through one session");
}

static void values_are_said_in_a_unit_that_suits_them(void **state)
{
    (void)state;
    assert_string_equal(bench_value_text(BENCH_US, 812).text, "812 us");
    assert_string_equal(bench_value_text(BENCH_US, 12345).text, "12 ms");
    assert_string_equal(bench_value_text(BENCH_US, 1234567).text, "1.23 s");
    assert_string_equal(bench_value_text(BENCH_BYTES, 9216).text, "9.0 KiB");
    assert_string_equal(bench_value_text(BENCH_BYTES, 15 << 20).text, "15.0 MiB");
    assert_string_equal(bench_value_text(BENCH_COUNT, 7).text, "7");
}

static void a_list_names_its_bits(void **state)
{
    (void)state;
    uint32_t bits = 0;
    assert_int_equal(
        bench_read_list("trips,transfers", bench_group_keys, BENCH_GROUPS, &bits, NULL), SP_OK);
    assert_int_equal(bits, 1u << BENCH_TRIPS | 1u << BENCH_TRANSFERS);
}

static void a_word_for_several_sets_all_of_them(void **state)
{
    (void)state;
    const char *keys[] = {"limit", "limit", "relay"};
    uint32_t bits = 0;
    assert_int_equal(bench_read_list("limit", keys, 3, &bits, NULL), SP_OK);
    assert_int_equal(bits, 3);
}

static void a_wrong_word_is_refused_with_the_right_ones(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "trip", "trips,", ",trips", "trips,trips", "Trips"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct sp_error err = {0};
        uint32_t bits = 77;
        assert_int_equal(bench_read_list(wrong[i], bench_group_keys, BENCH_GROUPS, &bits, &err),
                         SP_EINVAL);
        assert_int_equal(bits, 77);
        assert_non_null(strstr(err.what, "transfers, trips, start, crowd, idle, flat"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_ratio_is_to_the_best_of_limits_three, set_up),
        cmocka_unit_test_setup(without_limit_there_is_no_ratio, set_up),
        cmocka_unit_test_setup(warm_workers_and_consoles_take_part_where_they_matter, set_up),
        cmocka_unit_test_setup(what_is_not_wanted_has_no_part, set_up),
        cmocka_unit_test_setup(every_figure_has_a_title_a_key_and_somebody, set_up),
        cmocka_unit_test_setup(titles_say_how_many, set_up),
        cmocka_unit_test_setup(values_are_said_in_a_unit_that_suits_them, set_up),
        cmocka_unit_test_setup(a_list_names_its_bits, set_up),
        cmocka_unit_test_setup(a_word_for_several_sets_all_of_them, set_up),
        cmocka_unit_test_setup(a_wrong_word_is_refused_with_the_right_ones, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
