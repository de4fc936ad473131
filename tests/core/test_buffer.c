/* tests/core/test_buffer.c - a buffer grows to its ceiling and never past it. */
#include "core/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void bytes_of_a_text_have_no_nul(void **state)
{
    (void)state;
    assert_int_equal(sp_bytes_of("abc").len, 3);
    assert_int_equal(sp_bytes_of("").len, 0);
    assert_int_equal(sp_bytes_of(NULL).len, 0);
    assert_null(sp_bytes_of(NULL).data);
}

static void what_is_appended_is_there_in_order(void **state)
{
    (void)state;
    struct sp_buffer b = {0};
    unsigned char block[251];
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = (unsigned char)i;
    for (int i = 0; i < 100; i++)
        assert_int_equal(sp_buffer_append(&b, block, sizeof block, NULL), SP_OK);
    assert_int_equal(b.len, 100 * sizeof block);
    assert_true(b.cap >= b.len);
    for (size_t i = 0; i < 100; i++)
        assert_memory_equal(b.data + i * sizeof block, block, sizeof block);
    sp_buffer_deinit(&b);
}

static void nothing_can_be_appended_to_nothing(void **state)
{
    (void)state;
    struct sp_buffer b = {0};
    assert_int_equal(sp_buffer_append(&b, NULL, 0, NULL), SP_OK);
    assert_int_equal(b.len, 0);
    sp_buffer_consume(&b, 0);
    sp_buffer_deinit(&b);
}

static void the_ceiling_is_reached_and_not_passed(void **state)
{
    (void)state;
    struct sp_error err = {0};
    struct sp_buffer b = {.max = 10};
    assert_int_equal(sp_buffer_append(&b, "123456", 6, &err), SP_OK);
    assert_int_equal(sp_buffer_append(&b, "12345", 5, &err), SP_ETOOBIG);
    assert_int_equal(err.status, SP_ETOOBIG);
    assert_non_null(strstr(err.what, "10 bytes"));
    assert_int_equal(b.len, 6);
    assert_memory_equal(b.data, "123456", 6);
    assert_int_equal(sp_buffer_append(&b, "7890", 4, &err), SP_OK);
    assert_int_equal(sp_buffer_append(&b, "x", 1, NULL), SP_ETOOBIG);
    assert_memory_equal(b.data, "1234567890", 10);
    sp_buffer_deinit(&b);
}

static void room_that_no_machine_has_is_refused(void **state)
{
    (void)state;
    struct sp_buffer b = {0};
    assert_int_equal(sp_buffer_append(&b, "abc", 3, NULL), SP_OK);
    assert_int_equal(sp_buffer_reserve(&b, SIZE_MAX, NULL), SP_ETOOBIG);
    assert_int_equal(sp_buffer_reserve(&b, SIZE_MAX - 2, NULL), SP_ETOOBIG);
    assert_int_equal(b.len, 3);
    sp_buffer_deinit(&b);
}

static void reserved_room_is_not_in_use(void **state)
{
    (void)state;
    struct sp_buffer b = {0};
    assert_int_equal(sp_buffer_reserve(&b, 5000, NULL), SP_OK);
    assert_int_equal(b.len, 0);
    assert_true(b.cap >= 5000);
    unsigned char *data = b.data;
    memset(b.data, 'x', 5000);
    b.len = 4000;
    assert_int_equal(sp_buffer_reserve(&b, 1000, NULL), SP_OK);
    assert_ptr_equal(b.data, data);
    sp_buffer_deinit(&b);
}

static void formatted_text_is_appended_without_its_nul(void **state)
{
    (void)state;
    struct sp_buffer b = {0};
    assert_int_equal(sp_buffer_printf(&b, NULL, "%s-%d", "abc", 7), SP_OK);
    assert_int_equal(sp_buffer_printf(&b, NULL, "%s", ""), SP_OK);
    assert_int_equal(sp_buffer_printf(&b, NULL, "%1000d", 8), SP_OK);
    assert_int_equal(b.len, 1005);
    assert_memory_equal(b.data, "abc-7     ", 10);
    assert_int_equal(b.data[1004], '8');
    sp_buffer_deinit(&b);
}

static void formatted_text_is_all_or_nothing(void **state)
{
    (void)state;
    struct sp_error err = {0};
    struct sp_buffer b = {.max = 8};
    assert_int_equal(sp_buffer_printf(&b, &err, "%s", "123"), SP_OK);
    assert_int_equal(sp_buffer_printf(&b, &err, "%s", "4567890"), SP_ETOOBIG);
    assert_int_equal(b.len, 3);
    assert_memory_equal(b.data, "123", 3);
    sp_buffer_deinit(&b);
}

static void consuming_moves_the_rest_to_the_front(void **state)
{
    (void)state;
    struct sp_buffer b = {0};
    assert_int_equal(sp_buffer_append(&b, "abcdefgh", 8, NULL), SP_OK);
    sp_buffer_consume(&b, 3);
    assert_int_equal(b.len, 5);
    assert_memory_equal(b.data, "defgh", 5);
    sp_buffer_consume(&b, 5);
    assert_int_equal(b.len, 0);
    assert_int_equal(sp_buffer_append(&b, "x", 1, NULL), SP_OK);
    assert_memory_equal(b.data, "x", 1);
    sp_buffer_deinit(&b);
}

static void a_freed_buffer_is_empty_and_keeps_its_ceiling(void **state)
{
    (void)state;
    struct sp_buffer b = {.max = 4};
    assert_int_equal(sp_buffer_append(&b, "abc", 3, NULL), SP_OK);
    sp_buffer_deinit(&b);
    assert_null(b.data);
    assert_int_equal(b.len, 0);
    assert_int_equal(b.cap, 0);
    assert_int_equal(sp_buffer_append(&b, "12345", 5, NULL), SP_ETOOBIG);
    assert_int_equal(sp_buffer_append(&b, "1234", 4, NULL), SP_OK);
    sp_buffer_deinit(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_of_a_text_have_no_nul),
        cmocka_unit_test(what_is_appended_is_there_in_order),
        cmocka_unit_test(nothing_can_be_appended_to_nothing),
        cmocka_unit_test(the_ceiling_is_reached_and_not_passed),
        cmocka_unit_test(room_that_no_machine_has_is_refused),
        cmocka_unit_test(reserved_room_is_not_in_use),
        cmocka_unit_test(formatted_text_is_appended_without_its_nul),
        cmocka_unit_test(formatted_text_is_all_or_nothing),
        cmocka_unit_test(consuming_moves_the_rest_to_the_front),
        cmocka_unit_test(a_freed_buffer_is_empty_and_keeps_its_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
