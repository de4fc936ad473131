/* tests/core/test_transport.c - the ways of a stream's bytes by number and by name. */
#include "core/transport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_faster_way_has_the_greater_number(void **state)
{
    (void)state;
    assert_true(SP_TRANSPORT_RELAY < SP_TRANSPORT_DIRECT);
    assert_true(SP_TRANSPORT_DIRECT < SP_TRANSPORT_HANDOFF);
    assert_true(SP_TRANSPORT_HANDOFF < SP_TRANSPORT_AUTO); /* so that it is none of them */
    assert_int_equal(SP_TRANSPORT_RELAY, 0);               /* what an empty struct has */
}

static void every_way_has_a_name_that_finds_it(void **state)
{
    (void)state;
    assert_string_equal(sp_transport_name(SP_TRANSPORT_RELAY), "relay");
    assert_string_equal(sp_transport_name(SP_TRANSPORT_DIRECT), "direct");
    assert_string_equal(sp_transport_name(SP_TRANSPORT_HANDOFF), "handoff");
    assert_string_equal(sp_transport_name(SP_TRANSPORT_AUTO), "auto");
    for (int i = 0; i < SP_TRANSPORT_COUNT; i++)
        assert_int_equal(sp_transport_of(sp_transport_name((enum sp_transport)i)), i);
}

static void what_is_no_way_is_none(void **state)
{
    (void)state;
    assert_int_equal(sp_transport_of(NULL), SP_TRANSPORT_COUNT);
    assert_int_equal(sp_transport_of(""), SP_TRANSPORT_COUNT);
    assert_int_equal(sp_transport_of("rela"), SP_TRANSPORT_COUNT);
    assert_int_equal(sp_transport_of("relay "), SP_TRANSPORT_COUNT);
    assert_int_equal(sp_transport_of("Relay"), SP_TRANSPORT_COUNT);
    assert_int_equal(sp_transport_of("?"), SP_TRANSPORT_COUNT);
    assert_string_equal(sp_transport_name(SP_TRANSPORT_COUNT), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_faster_way_has_the_greater_number),
        cmocka_unit_test(every_way_has_a_name_that_finds_it),
        cmocka_unit_test(what_is_no_way_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
