/* tests/core/test_error.c - failures in words. */
#include "core/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void failing_fills_the_error_and_returns_its_status(void **state)
{
    (void)state;
    struct sp_error err = {0};
    assert_int_equal(sp_fail(&err, SP_ENOTFOUND, 2, "opening %s: %d", "x.exe", 7), SP_ENOTFOUND);
    assert_int_equal(err.status, SP_ENOTFOUND);
    assert_int_equal(err.os, 2);
    assert_string_equal(err.what, "opening x.exe: 7");
    assert_int_equal(sp_fail(&err, SP_EINVAL, 0, "again"), SP_EINVAL);
    assert_int_equal(err.os, 0);
    assert_string_equal(err.what, "again");
}

static void nobody_has_to_listen(void **state)
{
    (void)state;
    assert_int_equal(sp_fail(NULL, SP_ETIMEOUT, 258, "x %s", "y"), SP_ETIMEOUT);
    sp_error_prefix(NULL, "x %s", "y");
}

static void a_text_that_is_too_long_says_so(void **state)
{
    (void)state;
    struct sp_error err = {0};
    char text[SP_ERROR_TEXT_MAX + 10];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = 0;
    assert_int_equal(sp_fail(&err, SP_EINVAL, 0, "%s", text), SP_EINVAL);
    assert_int_equal(strlen(err.what), SP_ERROR_TEXT_MAX - 1);
    assert_string_equal(err.what + SP_ERROR_TEXT_MAX - 5, "a...");
    text[SP_ERROR_TEXT_MAX - 1] = 0;
    assert_int_equal(sp_fail(&err, SP_EINVAL, 0, "%s", text), SP_EINVAL);
    assert_string_equal(err.what, text);
}

/* Three bytes a character: the cut falls between two of them and into each half. */
static void a_text_is_never_cut_inside_a_character(void **state)
{
    (void)state;
    for (int shift = 0; shift < 3; shift++) {
        struct sp_error err = {0};
        char text[SP_ERROR_TEXT_MAX * 2] = {0};
        memset(text, 'a', (size_t)shift);
        for (size_t at = (size_t)shift; at + 3 < sizeof text; at += 3)
            memcpy(text + at, "\xe2\x82\xac", 3);
        assert_int_equal(sp_fail(&err, SP_EINVAL, 0, "%s", text), SP_EINVAL);
        size_t len = strlen(err.what);
        assert_in_range(len, SP_ERROR_TEXT_MAX - 3, SP_ERROR_TEXT_MAX - 1);
        assert_string_equal(err.what + len - 6, "\xe2\x82\xac...");
    }
}

static void a_prefix_stands_in_front(void **state)
{
    (void)state;
    struct sp_error err = {0};
    assert_int_equal(sp_fail(&err, SP_EACCESS, 5, "denied"), SP_EACCESS);
    sp_error_prefix(&err, "loading %s: ", "x.yaml");
    assert_string_equal(err.what, "loading x.yaml: denied");
    assert_int_equal(err.status, SP_EACCESS);
    assert_int_equal(err.os, 5);
}

static void a_prefix_that_leaves_too_little_room_cuts_the_end(void **state)
{
    (void)state;
    char text[SP_ERROR_TEXT_MAX];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = 0;
    for (size_t kept = 0; kept < 6; kept++) {
        struct sp_error err = {0};
        assert_int_equal(sp_fail(&err, SP_EINVAL, 0, "0123456789"), SP_EINVAL);
        sp_error_prefix(&err, "%s", text + kept);
        assert_int_equal(strlen(err.what), SP_ERROR_TEXT_MAX - 1);
        assert_string_equal(err.what + SP_ERROR_TEXT_MAX - 4, "...");
        assert_int_equal(err.what[0], 'a');
    }
}

static void what_others_sent_never_breaks_the_line(void **state)
{
    (void)state;
    struct sp_error err = {0};
    assert_int_equal(sp_fail(&err, SP_ENOTFOUND, 0, "no worker %s", "a\nb\x1b[2J\x7f\xc2\x9b"),
                     SP_ENOTFOUND);
    assert_string_equal(err.what, "no worker a?b?[2J???");
    sp_error_prefix(&err, "argument %s: ", "x\ty");
    assert_string_equal(err.what, "argument x?y: no worker a?b?[2J???");
}

static void every_status_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = SP_OK; i <= SP_ECANCELED; i++) {
        assert_string_not_equal(sp_status_name((sp_status)i), "unknown status");
        for (int j = SP_OK; j < i; j++)
            assert_string_not_equal(sp_status_name((sp_status)i), sp_status_name((sp_status)j));
    }
    assert_string_equal(sp_status_name(SP_OK), "ok");
    assert_string_equal(sp_status_name((sp_status)999), "unknown status");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failing_fills_the_error_and_returns_its_status),
        cmocka_unit_test(nobody_has_to_listen),
        cmocka_unit_test(a_text_that_is_too_long_says_so),
        cmocka_unit_test(a_text_is_never_cut_inside_a_character),
        cmocka_unit_test(a_prefix_stands_in_front),
        cmocka_unit_test(a_prefix_that_leaves_too_little_room_cuts_the_end),
        cmocka_unit_test(what_others_sent_never_breaks_the_line),
        cmocka_unit_test(every_status_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
