/* tests/core/test_logon.c - names of accounts, and where their passwords come from. */
#include "core/logon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_account(const char *text, const char *domain, const char *name,
                           enum sp_logon_kind kind)
{
    struct sp_logon account = {0};
    assert_int_equal(sp_logon_parse(text, &account, NULL), SP_OK);
    if (domain == NULL)
        assert_null(account.domain);
    else
        assert_string_equal(account.domain, domain);
    assert_string_equal(account.name, name);
    assert_int_equal(account.kind, kind);
    sp_logon_deinit(&account);
    assert_null(account.name);
}

static void a_name_is_taken_apart(void **state)
{
    (void)state;
    assert_account("CORP\\ann", "CORP", "ann", SP_LOGON_USER);
    assert_account(".\\ann", ".", "ann", SP_LOGON_USER);
    assert_account("ann", ".", "ann", SP_LOGON_USER);
    assert_account("ann@corp.example", NULL, "ann@corp.example", SP_LOGON_USER);
    assert_account("CORP\\a@b", "CORP", "a@b", SP_LOGON_USER);
}

static void some_accounts_have_no_password_that_anybody_knows(void **state)
{
    (void)state;
    assert_account("NT AUTHORITY\\LocalService", "NT AUTHORITY", "LocalService", SP_LOGON_BUILTIN);
    assert_account("nt service\\w32time", "nt service", "w32time", SP_LOGON_VIRTUAL);
    assert_account("CORP\\reports$", "CORP", "reports$", SP_LOGON_MANAGED);
}

static void half_a_name_is_refused(void **state)
{
    (void)state;
    static const char *const halves[] = {"", "\\", "\\ann", "CORP\\", "CORP\\x\\ann"};
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
        struct sp_logon account = {0};
        struct sp_error err = {0};
        assert_int_equal(sp_logon_parse(halves[i], &account, &err), SP_EINVAL);
        assert_non_null(strstr(err.what, "DOMAIN\\NAME"));
        assert_null(account.name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_taken_apart),
        cmocka_unit_test(some_accounts_have_no_password_that_anybody_knows),
        cmocka_unit_test(half_a_name_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
