/* tests/core/test_stream.c - the three streams by number and by name. */
#include "core/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void streams_are_numbered_as_everywhere(void **state)
{
    (void)state;
    assert_int_equal(SP_STDIN, 0);
    assert_int_equal(SP_STDOUT, 1);
    assert_int_equal(SP_STDERR, 2);
    assert_int_equal(SP_STREAM_COUNT, 3);
}

static void every_stream_has_a_name_that_finds_it(void **state)
{
    (void)state;
    assert_string_equal(sp_stream_name(SP_STDIN), "stdin");
    assert_string_equal(sp_stream_name(SP_STDOUT), "stdout");
    assert_string_equal(sp_stream_name(SP_STDERR), "stderr");
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        assert_int_equal(sp_stream_of(sp_stream_name((enum sp_stream)i)), i);
}

static void what_is_no_stream_is_none(void **state)
{
    (void)state;
    assert_int_equal(sp_stream_of(NULL), SP_STREAM_COUNT);
    assert_int_equal(sp_stream_of(""), SP_STREAM_COUNT);
    assert_int_equal(sp_stream_of("stdi"), SP_STREAM_COUNT);
    assert_int_equal(sp_stream_of("stdin "), SP_STREAM_COUNT);
    assert_int_equal(sp_stream_of("STDIN"), SP_STREAM_COUNT);
    assert_string_equal(sp_stream_name(SP_STREAM_COUNT), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_are_numbered_as_everywhere),
        cmocka_unit_test(every_stream_has_a_name_that_finds_it),
        cmocka_unit_test(what_is_no_stream_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
