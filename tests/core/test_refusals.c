/* tests/core/test_refusals.c - refusals that are written, and those that are counted. */
#include "core/refusals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ANN "S-1-5-21-1-2-3-1001"
#define BOB "S-1-5-21-1-2-3-1002"

static struct sp_refusals refusals;
static struct sp_refusals_count ended;

static int begin(void **state)
{
    (void)state;
    refusals = (struct sp_refusals){0};
    return 0;
}

/* So many are refused at once. @return how many of them are to be written */
static unsigned take(const char *sid, unsigned count, uint64_t now_ms)
{
    unsigned written = 0;
    for (unsigned i = 0; i < count; i++) {
        written += sp_refusals_take(&refusals, sid, now_ms, &ended);
        assert_int_equal(ended.count, 0);
    }
    return written;
}

static void assert_ended(const char *sid, uint32_t count, uint64_t now_ms)
{
    assert_true(sp_refusals_ended(&refusals, now_ms, &ended));
    assert_string_equal(ended.sid, sid);
    assert_int_equal(ended.count, count);
}

static void a_few_are_all_written(void **state)
{
    (void)state;
    assert_int_equal(take(ANN, SP_REFUSALS_EACH, 5), SP_REFUSALS_EACH);
    assert_true(sp_refusals_end_ms(&refusals) == UINT64_MAX);
    assert_false(sp_refusals_ended(&refusals, UINT64_MAX, &ended));
}

static void of_many_the_first_are_written_and_the_others_counted(void **state)
{
    (void)state;
    assert_int_equal(take(ANN, SP_REFUSALS_EACH + 123, 5), SP_REFUSALS_EACH);
    assert_true(sp_refusals_end_ms(&refusals) == 5 + SP_REFUSALS_MS);
    assert_false(sp_refusals_ended(&refusals, 5 + SP_REFUSALS_MS - 1, &ended));
    assert_ended(ANN, 123, 5 + SP_REFUSALS_MS);
    assert_false(sp_refusals_ended(&refusals, UINT64_MAX, &ended));
    assert_true(sp_refusals_end_ms(&refusals) == UINT64_MAX);
}

static void each_account_has_its_own_span(void **state)
{
    (void)state;
    assert_int_equal(take(ANN, SP_REFUSALS_EACH + 1, 5), SP_REFUSALS_EACH);
    assert_int_equal(take(BOB, SP_REFUSALS_EACH + 2, 6), SP_REFUSALS_EACH);
    assert_int_equal(take("", SP_REFUSALS_EACH + 3, 7), SP_REFUSALS_EACH);
    assert_true(sp_refusals_end_ms(&refusals) == 5 + SP_REFUSALS_MS);
    assert_ended(ANN, 1, UINT64_MAX);
    assert_true(sp_refusals_end_ms(&refusals) == 6 + SP_REFUSALS_MS);
    assert_ended(BOB, 2, UINT64_MAX);
    assert_ended("", 3, UINT64_MAX);
    assert_false(sp_refusals_ended(&refusals, UINT64_MAX, &ended));
}

static void a_span_that_is_over_is_told_before_the_next_begins(void **state)
{
    (void)state;
    assert_int_equal(take(ANN, SP_REFUSALS_EACH + 7, 0), SP_REFUSALS_EACH);
    assert_true(sp_refusals_take(&refusals, ANN, SP_REFUSALS_MS, &ended));
    assert_string_equal(ended.sid, ANN);
    assert_int_equal(ended.count, 7);
    assert_int_equal(take(ANN, SP_REFUSALS_EACH, SP_REFUSALS_MS), SP_REFUSALS_EACH - 1);
    assert_true(sp_refusals_end_ms(&refusals) == 2 * SP_REFUSALS_MS);
}

static void whoever_goes_on_for_ever_has_a_bounded_number_of_entries(void **state)
{
    (void)state;
    enum { SPANS = 10, ALL = SPANS * 1000 };
    unsigned written = 0, entries = 0, counted = 0;
    for (unsigned i = 0; i < ALL; i++) {
        written += sp_refusals_take(&refusals, ANN, (uint64_t)i * SP_REFUSALS_MS / 1000, &ended);
        entries += ended.count > 0;
        counted += ended.count;
    }
    while (sp_refusals_ended(&refusals, UINT64_MAX, &ended)) {
        entries++;
        counted += ended.count;
    }
    assert_int_equal(written, SPANS * SP_REFUSALS_EACH);
    assert_int_equal(entries, SPANS);
    assert_int_equal(written + counted, ALL);
}

static void one_account_too_many_ends_the_oldest_span_and_loses_nothing(void **state)
{
    (void)state;
    char sid[SP_AUDIT_SID_MAX];
    for (unsigned i = 0; i < SP_REFUSALS_ACCOUNTS; i++) {
        snprintf(sid, sizeof sid, "S-1-5-21-1-2-3-%u", 1000 + i);
        assert_int_equal(take(sid, SP_REFUSALS_EACH + 1 + i, 100 - i), SP_REFUSALS_EACH);
    }
    assert_true(sp_refusals_take(&refusals, "S-1-5-18", 100, &ended));
    assert_string_equal(ended.sid, sid); /* the last, which came by the oldest clock */
    assert_int_equal(ended.count, SP_REFUSALS_ACCOUNTS);
    unsigned rest = 0;
    while (sp_refusals_ended(&refusals, UINT64_MAX, &ended))
        rest += ended.count;
    assert_int_equal(rest, SP_REFUSALS_ACCOUNTS * (SP_REFUSALS_ACCOUNTS - 1) / 2);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_few_are_all_written),
        TEST(of_many_the_first_are_written_and_the_others_counted),
        TEST(each_account_has_its_own_span),
        TEST(a_span_that_is_over_is_told_before_the_next_begins),
        TEST(whoever_goes_on_for_ever_has_a_bounded_number_of_entries),
        TEST(one_account_too_many_ends_the_oldest_span_and_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
