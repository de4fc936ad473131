/* tests/core/test_account.c - accounts as a config names them. */
#include "core/account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void a_sid_is_what_windows_prints(void **state)
{
    (void)state;
    static const char *const right[] = {"S-1-1-0",
                                        "S-1-5-18",
                                        "S-1-5-32-545",
                                        "S-1-0-0",
                                        "S-1-5-21-4294967295-0-1-500",
                                        "S-1-281474976710655-1",
                                        "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15"};
    static const char *const wrong[] = {"",
                                        "S-1",
                                        "S-1-5",
                                        "S-1-5-",
                                        "S-1--5",
                                        "S-2-5-18",
                                        "s-1-5-18",
                                        "S-1-5-18 ",
                                        "S-1-05-18",
                                        "S-1-5-018",
                                        "S-1-5-4294967296",
                                        "S-1-281474976710656-1",
                                        "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16",
                                        "S-1-5-18)(A;;GA;;;WD"};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        if (!sp_sid_valid(right[i]))
            fail_msg("%s is a SID", right[i]);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (sp_sid_valid(wrong[i]))
            fail_msg("'%s' is no SID", wrong[i]);
}

static void names_of_windows_pass(void **state)
{
    (void)state;
    static const char *const right[] = {"CORP\\ann",
                                        "BUILTIN\\Users",
                                        "ann",
                                        "ann@corp.example",
                                        "NT AUTHORITY\\LOCAL SERVICE",
                                        "S-1-5-32-545",
                                        "CORP\\J\xc3\xb6rg M\xc3\xbcller",
                                        "CORP\\web01$",
                                        "S"};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        assert_int_equal(sp_account_check(right[i], NULL), SP_OK);
}

static void what_no_account_can_be_is_refused_with_what_would_be_right(void **state)
{
    (void)state;
    static const struct {
        const char *text, *advice;
    } wrong[] = {{"", "empty"},
                 {"\\ann", "DOMAIN\\name"},
                 {"CORP\\", "DOMAIN\\name"},
                 {"A\\B\\C", "one backslash"},
                 {"a;b", "DOMAIN\\name"},
                 {"a\nb", "DOMAIN\\name"},
                 {"S-1-5-x", "S-1-5-32-545"},
                 {"S-1-5-18)", "S-1-5-32-545"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct sp_error err = {0};
        assert_int_equal(sp_account_check(wrong[i].text, &err), SP_EINVAL);
        if (strstr(err.what, wrong[i].advice) == NULL)
            fail_msg("'%s': %s", wrong[i].text, err.what);
    }
}

static void a_name_has_a_ceiling(void **state)
{
    (void)state;
    char text[SP_ACCOUNT_NAME_MAX + 2];
    memset(text, 'a', sizeof text);
    text[SP_ACCOUNT_NAME_MAX] = '\0';
    assert_int_equal(sp_account_check(text, NULL), SP_OK);
    text[SP_ACCOUNT_NAME_MAX] = 'a';
    text[SP_ACCOUNT_NAME_MAX + 1] = '\0';
    assert_int_equal(sp_account_check(text, NULL), SP_ETOOBIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sid_is_what_windows_prints),
        cmocka_unit_test(names_of_windows_pass),
        cmocka_unit_test(what_no_account_can_be_is_refused_with_what_would_be_right),
        cmocka_unit_test(a_name_has_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
