/* tests/core/test_human.c - sizes and times as people read them. */
#include "core/human.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_size(double bytes, const char *expected)
{
    char text[SP_HUMAN_MAX];
    sp_human_size(bytes, text);
    assert_string_equal(text, expected);
}

static void assert_age(int64_t seconds, const char *expected)
{
    char text[SP_HUMAN_MAX];
    sp_human_age(seconds, text);
    assert_string_equal(text, expected);
}

static void a_size_has_the_largest_unit_that_leaves_a_whole_digit(void **state)
{
    (void)state;
    assert_size(0, "0 B");
    assert_size(-1, "0 B");
    assert_size(1023, "1023 B");
    assert_size(1024, "1.0 KiB");
    assert_size(1536, "1.5 KiB");
    assert_size(1e9, "953.7 MiB");
    assert_size(5e18, "4440.9 PiB");
}

static void rounding_never_shows_1024_of_a_unit(void **state)
{
    (void)state;
    assert_size(1023.6, "1.0 KiB");
    assert_size(1024 * 1023.96, "1.0 MiB");
}

static void a_time_is_told_in_the_unit_that_changes(void **state)
{
    (void)state;
    assert_age(-5, "0 s");
    assert_age(119, "119 s");
    assert_age(120, "2 min");
    assert_age(7199, "119 min");
    assert_age(7200, "2 h");
    assert_age(172800, "2 d");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_size_has_the_largest_unit_that_leaves_a_whole_digit),
        cmocka_unit_test(rounding_never_shows_1024_of_a_unit),
        cmocka_unit_test(a_time_is_told_in_the_unit_that_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
