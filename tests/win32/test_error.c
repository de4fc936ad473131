/* tests/win32/test_error.c - Windows' codes as our statuses, in one clean sentence. */
#include "win32/error.h"

#include "children.h"

#include <windows.h>

static void codes_with_a_meaning_become_that_status(void **state)
{
    (void)state;
    static const struct {
        uint32_t os;
        sp_status status;
    } cases[] = {
        {2, SP_ENOTFOUND},    {3, SP_ENOTFOUND},     {5, SP_EACCESS},        {8, SP_ENOMEM},
        {14, SP_ENOMEM},      {38, SP_EEND},         {109, SP_EEND},         {121, SP_ETIMEOUT},
        {258, SP_ETIMEOUT},   {232, SP_EBROKEN},     {233, SP_EBROKEN},      {995, SP_ECANCELED},
        {1, SP_EUNSUPPORTED}, {50, SP_EUNSUPPORTED}, {120, SP_EUNSUPPORTED}, {231, SP_EOS},
        {87, SP_EOS},         {0xFFFFFFFF, SP_EOS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sp_error err = {0};
        assert_int_equal(w32_fail(&err, cases[i].os, "x"), cases[i].status);
        assert_int_equal(err.status, cases[i].status);
        assert_int_equal(err.os, cases[i].os);
        assert_int_equal(w32_fail(NULL, cases[i].os, "x"), cases[i].status);
    }
}

static void a_message_says_what_why_and_the_code_in_one_line(void **state)
{
    (void)state;
    struct sp_error err = {0};
    (void)w32_fail(&err, 5, "opening \"%s\"", "a file");
    assert_int_equal(strncmp(err.what, "opening \"a file\": ", 18), 0);
    assert_says(err.what, " (error 5)");
    assert_null(strpbrk(err.what, "\r\n"));
    assert_null(strstr(err.what, ". (error"));
}

static void a_code_without_a_text_is_a_message_all_the_same(void **state)
{
    (void)state;
    struct sp_error err = {0};
    (void)w32_fail(&err, 0x1FFFFFFF, "doing something");
    assert_says(err.what, "doing something: the system has no text for this (error 536870911)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(codes_with_a_meaning_become_that_status),
        TEST(a_message_says_what_why_and_the_code_in_one_line),
        TEST(a_code_without_a_text_is_a_message_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
