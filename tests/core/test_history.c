/* tests/core/test_history.c - ten minutes of a figure, as rates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/history.h"

static void the_first_moment_only_says_from_where_on_is_counted(void **state)
{
    (void)state;
    struct sp_history h = {0};
    sp_history_add(&h, 1000, 5000, 70, 1);
    assert_int_equal(h.count, 0);
    sp_history_add(&h, 3000, 9000, 80, 2);
    assert_int_equal(h.count, 1);
    assert_int_equal(sp_history_at(&h, 0)->at_ms, 3000);
    assert_int_equal(sp_history_at(&h, 0)->in_rate, 2000);
    assert_int_equal(sp_history_at(&h, 0)->out_rate, 5);
    assert_int_equal(sp_history_at(&h, 0)->sessions, 2);
}

static void a_rate_is_of_the_time_that_really_passed(void **state)
{
    (void)state;
    struct sp_history h = {0};
    sp_history_add(&h, 1, 0, 0, 0);
    sp_history_add(&h, 10001, 50000, 0, 0);
    assert_int_equal(sp_history_at(&h, 0)->in_rate, 5000);
}

static void of_one_too_many_the_oldest_goes(void **state)
{
    (void)state;
    struct sp_history h = {0};
    for (uint64_t i = 0; i <= SP_HISTORY_SAMPLES + 2; i++)
        sp_history_add(&h, 1 + i * 1000, i * i, 0, 0);
    assert_int_equal(h.count, SP_HISTORY_SAMPLES);
    assert_int_equal(sp_history_at(&h, 0)->at_ms, 3001);
    assert_int_equal(sp_history_at(&h, h.count - 1)->at_ms, 1 + (SP_HISTORY_SAMPLES + 2) * 1000);
    assert_int_equal(sp_history_at(&h, 0)->in_rate, 9 - 4);
}

static void what_does_not_go_on_is_no_sample_and_what_goes_back_no_rate(void **state)
{
    (void)state;
    struct sp_history h = {0};
    sp_history_add(&h, 1000, 500, 0, 0);
    sp_history_add(&h, 1000, 900, 0, 0);
    assert_int_equal(h.count, 0);
    sp_history_add(&h, 2000, 400, UINT64_MAX, 0);
    assert_int_equal(sp_history_at(&h, 0)->in_rate, 0);
    assert_true(sp_history_at(&h, 0)->out_rate > UINT64_MAX / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_moment_only_says_from_where_on_is_counted),
        cmocka_unit_test(a_rate_is_of_the_time_that_really_passed),
        cmocka_unit_test(of_one_too_many_the_oldest_goes),
        cmocka_unit_test(what_does_not_go_on_is_no_sample_and_what_goes_back_no_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
