/* tests/core/test_isotime.c - a moment as text, and back. */
#include "core/isotime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { DAY_S = 86400 };

static void assert_text(uint64_t unix_ms, const char *expected)
{
    char text[SP_ISOTIME_LEN + 1];
    uint64_t back = 1;
    sp_isotime(unix_ms, text);
    assert_string_equal(text, expected);
    assert_true(sp_isotime_parse(text, strlen(text), &back));
    assert_int_equal(back, unix_ms);
}

static void a_moment_is_written_in_utc(void **state)
{
    (void)state;
    assert_text(0, "1970-01-01T00:00:00.000Z");
    assert_text(951782399999, "2000-02-28T23:59:59.999Z");
    assert_text(951868799000, "2000-02-29T23:59:59.000Z");
    assert_text(951868800000, "2000-03-01T00:00:00.000Z");
    assert_text(4107542400000, "2100-03-01T00:00:00.000Z");
    assert_text(1795428672345, "2026-11-23T10:11:12.345Z");
    assert_text(253402300799999, "9999-12-31T23:59:59.999Z");
}

static void a_moment_without_a_year_of_four_digits_is_the_last_that_has_one(void **state)
{
    (void)state;
    char text[SP_ISOTIME_LEN + 1];
    sp_isotime(UINT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
}

static void every_day_of_the_calendar_comes_back(void **state)
{
    (void)state;
    char text[SP_ISOTIME_LEN + 1], before[SP_ISOTIME_LEN + 1] = "";
    for (uint64_t day = 0; day < 150000; day++) {
        uint64_t back = 0, ms = (day * DAY_S + day % DAY_S) * 1000 + day % 1000;
        sp_isotime(ms, text);
        assert_true(strcmp(before, text) < 0);
        assert_true(sp_isotime_parse(text, SP_ISOTIME_LEN, &back));
        assert_int_equal(back, ms);
        memcpy(before, text, sizeof text);
    }
}

static void what_is_behind_a_moment_is_not_looked_at(void **state)
{
    (void)state;
    uint64_t ms = 0;
    assert_true(sp_isotime_parse("2026-11-23T10:11:12.345Z s17", 28, &ms));
    assert_int_equal(ms, 1795428672345);
}

static void what_is_no_moment_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "2026-11-23T10:11:12.345",
        "2026-11-23 10:11:12.345Z",
        "2026-11-23T10:11:12,345Z",
        "2026-1x-23T10:11:12.345Z",
        "2026-00-23T10:11:12.345Z",
        "2026-13-23T10:11:12.345Z",
        "2026-11-00T10:11:12.345Z",
        "2026-02-29T10:11:12.345Z",
        "2026-11-31T10:11:12.345Z",
        "2026-11-23T24:00:00.000Z",
        "2026-11-23T10:60:12.345Z",
        "2026-11-23T10:11:60.345Z",
        "1969-12-31T23:59:59.999Z",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        uint64_t ms = 77;
        assert_false(sp_isotime_parse(texts[i], strlen(texts[i]), &ms));
        assert_int_equal(ms, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moment_is_written_in_utc),
        cmocka_unit_test(a_moment_without_a_year_of_four_digits_is_the_last_that_has_one),
        cmocka_unit_test(every_day_of_the_calendar_comes_back),
        cmocka_unit_test(what_is_behind_a_moment_is_not_looked_at),
        cmocka_unit_test(what_is_no_moment_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
