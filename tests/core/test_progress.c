/* tests/core/test_progress.c - a bar of any width: share, rate, time left. */
#include "core/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MIB = 1 << 20 };

static const char *bar(const struct sp_progress *p, size_t width)
{
    static char text[256];
    sp_progress_bar(p, width, text, sizeof text);
    return text;
}

static void a_bar_shows_share_rate_and_the_time_that_is_left(void **state)
{
    (void)state;
    struct sp_progress p = {.total = 100 * MIB};
    sp_progress_look(&p, 40 * (uint64_t)MIB, 4000);
    assert_string_equal(bar(&p, 80), " 40% [===========>                ]  40.0 MiB of 100.0 MiB"
                                     "  10.0 MiB/s  7 s left");
}

static void what_has_no_room_is_left_out_and_the_bar_goes_last(void **state)
{
    (void)state;
    struct sp_progress p = {.total = 100 * MIB};
    sp_progress_look(&p, 40 * (uint64_t)MIB, 4000);
    for (size_t width = 0; width < 120; width++)
        assert_true(strlen(bar(&p, width)) <= width);
    assert_string_equal(bar(&p, 48), " 40% [==>   ]  40.0 MiB of 100.0 MiB  10.0 MiB/s");
}

static void a_narrow_bar_has_its_share_alone(void **state)
{
    (void)state;
    struct sp_progress p = {.total = 100 * MIB};
    sp_progress_look(&p, 40 * (uint64_t)MIB, 4000);
    assert_string_equal(bar(&p, 10), " 40% [=> ]");
    assert_string_equal(bar(&p, 3), " 40");
}

static void nothing_at_all_is_done_at_once(void **state)
{
    (void)state;
    struct sp_progress p = {.total = 0};
    sp_progress_look(&p, 0, 100);
    assert_string_equal(bar(&p, 30), "100% [====]  0 B of 0 B  0 B/s");
}

static void the_rate_follows_what_happened_of_late(void **state)
{
    (void)state;
    struct sp_progress p = {.total = 1000 * (uint64_t)MIB};
    sp_progress_look(&p, 10 * (uint64_t)MIB, 1000);
    assert_true(p.rate == 10.0 * MIB);
    sp_progress_look(&p, 10 * (uint64_t)MIB, 2000);
    assert_true(p.rate < 10.0 * MIB && p.rate > 0);
    double slow = p.rate;
    sp_progress_look(&p, 110 * (uint64_t)MIB, 3000);
    assert_true(p.rate > slow);
}

static void a_look_that_goes_back_or_comes_at_the_same_time_makes_no_rate(void **state)
{
    (void)state;
    struct sp_progress p = {.total = 100};
    sp_progress_look(&p, 50, 0);
    assert_true(p.rate == 0);
    sp_progress_look(&p, 40, 10);
    assert_true(p.rate == 0);
    sp_progress_look(&p, 200, 20);
    assert_int_equal(p.done, 100);
}

static void the_sum_is_over_the_whole_time(void **state)
{
    (void)state;
    char text[128];
    struct sp_progress p = {.total = 30 * MIB};
    sp_progress_look(&p, 10 * (uint64_t)MIB, 1000);
    sp_progress_look(&p, 30 * (uint64_t)MIB, 10000);
    sp_progress_sum(&p, text, sizeof text);
    assert_string_equal(text, "100%, 30.0 MiB in 10 s, 3.0 MiB/s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bar_shows_share_rate_and_the_time_that_is_left),
        cmocka_unit_test(what_has_no_room_is_left_out_and_the_bar_goes_last),
        cmocka_unit_test(a_narrow_bar_has_its_share_alone),
        cmocka_unit_test(nothing_at_all_is_done_at_once),
        cmocka_unit_test(the_rate_follows_what_happened_of_late),
        cmocka_unit_test(a_look_that_goes_back_or_comes_at_the_same_time_makes_no_rate),
        cmocka_unit_test(the_sum_is_over_the_whole_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
