/* tests/core/test_units.c - durations and sizes. */
#include "core/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_duration(const char *text, uint64_t expected)
{
    uint64_t ms = 77;
    assert_int_equal(sp_duration_parse(text, &ms, NULL), SP_OK);
    assert_true(ms == expected);
}

static void assert_size(const char *text, uint64_t expected)
{
    uint64_t bytes = 77;
    assert_int_equal(sp_size_parse(text, &bytes, NULL), SP_OK);
    assert_true(bytes == expected);
}

/* Refused, the output untouched, and the message holds what would be right. */
static void assert_refused(sp_status (*parse)(const char *, uint64_t *, struct sp_error *),
                           const char *text, sp_status expected, const char *advice)
{
    uint64_t out = 77;
    struct sp_error err = {0};
    assert_int_equal(parse(text, &out, NULL), expected);
    assert_int_equal(parse(text, &out, &err), expected);
    assert_true(out == 77);
    assert_non_null(strstr(err.what, text));
    assert_non_null(strstr(err.what, advice));
}

static void every_unit_of_a_duration_is_read(void **state)
{
    (void)state;
    assert_duration("500ms", 500);
    assert_duration("2s", 2000);
    assert_duration("5m", 300000);
    assert_duration("1h", 3600000);
    assert_duration("1d", 86400000);
    assert_duration("0s", 0);
    assert_duration("007s", 7000);
}

static void every_unit_of_a_size_is_read(void **state)
{
    (void)state;
    assert_size("512B", 512);
    assert_size("64KiB", 65536);
    assert_size("1MiB", 1048576);
    assert_size("10GiB", UINT64_C(10737418240));
    assert_size("1TiB", UINT64_C(1099511627776));
    assert_size("0B", 0);
}

static void the_largest_values_are_read_and_one_more_is_too_big(void **state)
{
    (void)state;
    assert_duration("18446744073709551615ms", UINT64_MAX);
    assert_refused(sp_duration_parse, "18446744073709551616ms", SP_ETOOBIG, "too large");
    assert_duration("18446744073709551s", UINT64_C(18446744073709551000));
    assert_refused(sp_duration_parse, "18446744073709552s", SP_ETOOBIG, "too large");
    assert_size("18446744073709551615B", UINT64_MAX);
    assert_size("16777215TiB", UINT64_C(16777215) << 40);
    assert_refused(sp_size_parse, "16777216TiB", SP_ETOOBIG, "too large");
    assert_refused(sp_size_parse, "99999999999999999999999999B", SP_ETOOBIG, "too large");
}

static void a_bare_number_is_refused_and_a_unit_proposed(void **state)
{
    (void)state;
    assert_refused(sp_duration_parse, "5", SP_EINVAL, "write 5s?");
    assert_refused(sp_duration_parse, "00", SP_EINVAL, "write 00s?");
    assert_refused(sp_duration_parse, "1", SP_EINVAL, "write 1s?");
    assert_refused(sp_size_parse, "64", SP_EINVAL, "write 64KiB?");
}

static void a_wrong_unit_is_refused_and_the_right_one_proposed(void **state)
{
    (void)state;
    assert_refused(sp_duration_parse, "2sec", SP_EINVAL, "write 2s?");
    assert_refused(sp_duration_parse, "2 s", SP_EINVAL, "write 2s?");
    assert_refused(sp_duration_parse, "2S", SP_EINVAL, "write 2s?");
    assert_refused(sp_duration_parse, "3Minutes", SP_EINVAL, "write 3m?");
    assert_refused(sp_duration_parse, "9milliseconds", SP_EINVAL, "write 9ms?");
    assert_refused(sp_size_parse, "64KB", SP_EINVAL, "write 64KiB?");
    assert_refused(sp_size_parse, "64k", SP_EINVAL, "write 64KiB?");
    assert_refused(sp_size_parse, "64kib", SP_EINVAL, "write 64KiB?");
    assert_refused(sp_size_parse, "1 MiB", SP_EINVAL, "write 1MiB?");
    assert_refused(sp_duration_parse, "1week", SP_EINVAL, "500ms, 2s, 5m, 1h, 1d");
    assert_refused(sp_size_parse, "1s", SP_EINVAL, "512B, 64KiB, 1MiB, 10GiB");
}

static void zero_needs_no_unit(void **state)
{
    (void)state;
    uint64_t bytes = 77;
    assert_duration("0", 0);
    assert_size("0", 0);
    assert_int_equal(sp_size_parse_short("0", &bytes, NULL), SP_OK);
    assert_true(bytes == 0);
}

static void a_short_size_is_a_size_or_a_number_and_a_letter(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {
        {"64k", 65536},
        {"64K", 65536},
        {"1m", 1048576},
        {"1M", 1048576},
        {"2g", UINT64_C(2147483648)},
        {"2G", UINT64_C(2147483648)},
        {"512B", 512},
        {"64KiB", 65536},
        {"1MiB", 1048576},
        {"10GiB", UINT64_C(10737418240)},
        {"1TiB", UINT64_C(1099511627776)},
        {"17179869183g", UINT64_C(17179869183) << 30},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        uint64_t bytes = 77;
        assert_int_equal(sp_size_parse_short(good[i].text, &bytes, NULL), SP_OK);
        assert_true(bytes == good[i].bytes);
    }
}

static void a_short_size_that_is_wrong_is_refused_and_the_right_one_proposed(void **state)
{
    (void)state;
    assert_refused(sp_size_parse_short, "64", SP_EINVAL, "write 64k?");
    assert_refused(sp_size_parse_short, "64KB", SP_EINVAL, "write 64k?");
    assert_refused(sp_size_parse_short, "64 k", SP_EINVAL, "write 64k?");
    assert_refused(sp_size_parse_short, "64kib", SP_EINVAL, "write 64KiB?");
    assert_refused(sp_size_parse_short, "1mb", SP_EINVAL, "write 1m?");
    assert_refused(sp_size_parse_short, "1t", SP_EINVAL, "write 1TiB?");
    assert_refused(sp_size_parse_short, "1s", SP_EINVAL, "64k, 1m, 2g, 64KiB, 1MiB");
    assert_refused(sp_size_parse_short, "all", SP_EINVAL, "64k, 1m, 2g, 64KiB, 1MiB");
    assert_refused(sp_size_parse_short, "-1k", SP_EINVAL, "whole number");
    assert_refused(sp_size_parse_short, "17179869184g", SP_ETOOBIG, "too large");
}

static void what_is_no_whole_number_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",     "s",   "ms",    "-1s",  "+1s",   "1.5s",
                                        "1,5s", " 1s", "0x10s", "1e3s", "1m30s", "1s "};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_refused(sp_duration_parse, wrong[i], SP_EINVAL, "500ms, 2s, 5m, 1h, 1d");
    assert_refused(sp_size_parse, "1.5GiB", SP_EINVAL, "whole number");
}

static void what_is_printed_is_read_back_and_has_the_largest_unit(void **state)
{
    (void)state;
    static const uint64_t values[] = {0, 1, 999, 1000, 1500, 60000, 90000, 3600000, 86400000};
    static const char *const texts[] = {"0ms", "1ms", "999ms", "1s", "1500ms",
                                        "1m",  "90s", "1h",    "1d"};
    char text[SP_UNITS_MAX];
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        uint64_t back = UINT64_MAX;
        sp_duration_print(values[i], text);
        assert_string_equal(text, texts[i]);
        assert_int_equal(sp_duration_parse(text, &back, NULL), SP_OK);
        assert_int_equal(back, values[i]);
    }
    sp_size_print(192 * 1024, text);
    assert_string_equal(text, "192KiB");
    sp_size_print(UINT64_MAX, text);
    assert_string_equal(text, "18446744073709551615B");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_unit_of_a_duration_is_read),
        cmocka_unit_test(every_unit_of_a_size_is_read),
        cmocka_unit_test(the_largest_values_are_read_and_one_more_is_too_big),
        cmocka_unit_test(a_bare_number_is_refused_and_a_unit_proposed),
        cmocka_unit_test(a_wrong_unit_is_refused_and_the_right_one_proposed),
        cmocka_unit_test(zero_needs_no_unit),
        cmocka_unit_test(a_short_size_is_a_size_or_a_number_and_a_letter),
        cmocka_unit_test(a_short_size_that_is_wrong_is_refused_and_the_right_one_proposed),
        cmocka_unit_test(what_is_no_whole_number_is_refused),
        cmocka_unit_test(what_is_printed_is_read_back_and_has_the_largest_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
