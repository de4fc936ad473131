/* tests/core/test_backoff.c - each failure in a row waits longer, up to a limit. */
#include "core/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_wait_doubles_from_a_second_to_a_minute(void **state)
{
    (void)state;
    static const uint64_t whole[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000};
    struct sp_backoff longest = {0}, shortest = {0};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        assert_true(sp_backoff_next(&longest, UINT32_MAX) == whole[i]);
        assert_true(sp_backoff_next(&shortest, 0) == whole[i] / 2);
        assert_int_equal(longest.failures, i + 1);
    }
}

static void chance_chooses_between_the_half_and_the_whole(void **state)
{
    (void)state;
    uint64_t last = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        struct sp_backoff b = {0};
        uint64_t ms = sp_backoff_next(&b, i * (UINT32_MAX / 1000));
        assert_true(ms >= 500 && ms <= 1000);
        assert_true(ms >= last);
        last = ms;
    }
    struct sp_backoff b = {.failures = 3};
    assert_true(sp_backoff_next(&b, UINT32_MAX / 2) == 5999);
}

static void what_works_again_begins_anew(void **state)
{
    (void)state;
    struct sp_backoff b = {0};
    for (int i = 0; i < 10; i++)
        (void)sp_backoff_next(&b, 7);
    sp_backoff_reset(&b);
    assert_int_equal(b.failures, 0);
    assert_true(sp_backoff_next(&b, UINT32_MAX) == SP_BACKOFF_FIRST_MS);
}

static void failures_without_end_wait_a_minute(void **state)
{
    (void)state;
    struct sp_backoff b = {.failures = UINT32_MAX - 1};
    for (int i = 0; i < 3; i++)
        assert_true(sp_backoff_next(&b, UINT32_MAX) == SP_BACKOFF_MAX_MS);
    assert_true(b.failures == UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_doubles_from_a_second_to_a_minute),
        cmocka_unit_test(chance_chooses_between_the_half_and_the_whole),
        cmocka_unit_test(what_works_again_begins_anew),
        cmocka_unit_test(failures_without_end_wait_a_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
