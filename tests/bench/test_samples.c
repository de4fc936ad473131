/* tests/bench/test_samples.c - what is said of many values. */
#include "bench/samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void without_values_everything_is_nothing(void **state)
{
    (void)state;
    struct bench_samples s = {.count = 0};
    assert_int_equal(bench_samples_median(&s), 0);
    assert_int_equal(bench_samples_least(&s), 0);
    assert_int_equal(bench_samples_most(&s), 0);
}

static void the_median_is_a_value_that_is_there(void **state)
{
    (void)state;
    struct bench_samples odd = {.values = {30, 10, 20}, .count = 3};
    struct bench_samples even = {.values = {40, 10, 30, 20}, .count = 4};
    assert_int_equal(bench_samples_median(&odd), 20);
    assert_int_equal(bench_samples_median(&even), 20);
    assert_int_equal(bench_samples_least(&even), 10);
    assert_int_equal(bench_samples_most(&even), 40);
}

static void asking_leaves_the_order_of_the_rounds(void **state)
{
    (void)state;
    struct bench_samples s = {.values = {3, 1, 2}, .count = 3};
    (void)bench_samples_median(&s);
    assert_int_equal(s.values[0], 3);
    assert_int_equal(s.values[1], 1);
}

static void a_percentile_is_the_nearest_rank(void **state)
{
    (void)state;
    uint64_t values[200];
    for (size_t i = 0; i < 200; i++)
        values[i] = 200 - i;
    assert_int_equal(bench_percentile(values, 200, 99), 198);
    assert_int_equal(bench_percentile(values, 200, 50), 100);
    assert_int_equal(bench_percentile(values, 200, 0), 1);
    assert_int_equal(bench_percentile(values, 200, 100), 200);
    assert_int_equal(bench_percentile(values, 1, 99), 1);
}

static void more_values_than_there_is_room_for_are_dropped(void **state)
{
    (void)state;
    struct bench_samples s = {.count = 0};
    for (size_t i = 0; i < BENCH_ROUNDS_MAX + 5; i++)
        bench_samples_add(&s, 1);
    assert_int_equal(s.count, BENCH_ROUNDS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_values_everything_is_nothing),
        cmocka_unit_test(the_median_is_a_value_that_is_there),
        cmocka_unit_test(asking_leaves_the_order_of_the_rounds),
        cmocka_unit_test(a_percentile_is_the_nearest_rank),
        cmocka_unit_test(more_values_than_there_is_room_for_are_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
