/* tests/core/test_flow.c - reads are large under load and small at rest. */
#include "core/flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct sp_flow flow_of(uint32_t size_bytes)
{
    struct sp_flow f;
    sp_flow_init(&f);
    while (f.size_bytes < size_bytes)
        sp_flow_read(&f, f.size_bytes);
    return f;
}

static void read_times(struct sp_flow *f, int times, uint32_t got_bytes)
{
    for (int i = 0; i < times; i++)
        sp_flow_read(f, got_bytes);
}

static void a_stream_starts_at_rest(void **state)
{
    (void)state;
    struct sp_flow f = {.size_bytes = 77, .small_run = 3};
    sp_flow_init(&f);
    assert_int_equal(f.size_bytes, SP_FLOW_MIN);
    assert_int_equal(f.small_run, 0);
}

static void full_reads_make_the_next_one_larger_up_to_the_largest(void **state)
{
    (void)state;
    struct sp_flow f;
    sp_flow_init(&f);
    static const uint32_t sizes[] = {8192, 65536, 524288, SP_FLOW_MAX, SP_FLOW_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        sp_flow_read(&f, f.size_bytes);
        assert_int_equal(f.size_bytes, sizes[i]);
    }
}

static void a_read_that_is_not_full_changes_nothing(void **state)
{
    (void)state;
    struct sp_flow f = flow_of(65536);
    read_times(&f, 1000, 65535);
    assert_int_equal(f.size_bytes, 65536);
    read_times(&f, 1000, 65536 / 8 + 1);
    assert_int_equal(f.size_bytes, 65536);
}

static void eight_small_reads_in_a_row_make_the_next_one_smaller(void **state)
{
    (void)state;
    struct sp_flow f = flow_of(65536);
    read_times(&f, 7, 65536 / 8);
    assert_int_equal(f.size_bytes, 65536);
    sp_flow_read(&f, 65536 / 8);
    assert_int_equal(f.size_bytes, 8192);
    read_times(&f, 7, 1);
    assert_int_equal(f.size_bytes, 8192);
    sp_flow_read(&f, 1);
    assert_int_equal(f.size_bytes, SP_FLOW_MIN);
}

static void a_larger_read_begins_the_row_anew(void **state)
{
    (void)state;
    struct sp_flow f = flow_of(65536);
    for (int i = 0; i < 10; i++) {
        read_times(&f, 7, 1);
        sp_flow_read(&f, 30000);
    }
    assert_int_equal(f.size_bytes, 65536);
}

static void a_stream_at_rest_stays_at_the_smallest(void **state)
{
    (void)state;
    struct sp_flow f;
    sp_flow_init(&f);
    read_times(&f, 1000, 1);
    assert_int_equal(f.size_bytes, SP_FLOW_MIN);
    sp_flow_read(&f, SP_FLOW_MIN); /* a long rest does not delay the load that follows */
    assert_int_equal(f.size_bytes, 8192);
}

static void a_stream_that_ends_its_load_comes_to_rest(void **state)
{
    (void)state;
    struct sp_flow f = flow_of(SP_FLOW_MAX);
    int reads = 0;
    for (; f.size_bytes > SP_FLOW_MIN && reads < 1000; reads++)
        sp_flow_read(&f, 1);
    assert_int_equal(f.size_bytes, SP_FLOW_MIN);
    assert_in_range(reads, 1, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_starts_at_rest),
        cmocka_unit_test(full_reads_make_the_next_one_larger_up_to_the_largest),
        cmocka_unit_test(a_read_that_is_not_full_changes_nothing),
        cmocka_unit_test(eight_small_reads_in_a_row_make_the_next_one_smaller),
        cmocka_unit_test(a_larger_read_begins_the_row_anew),
        cmocka_unit_test(a_stream_at_rest_stays_at_the_smallest),
        cmocka_unit_test(a_stream_that_ends_its_load_comes_to_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
