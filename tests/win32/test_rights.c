/* tests/win32/test_rights.c - rights, accounts and groups: what Windows' own checks make of our
 * lists. */
#include "win32/rights.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <windows.h>

#include "core/account.h"
#include "win32/account.h"
#include "win32/acl.h"
#include "win32/groups.h"
#include "win32/identity.h"
#include "win32/npipe.h"
#include "win32/owner.h"

enum { READ = 1, WRITE = 2, CONTROL = 4 };
#define ANN            "S-1-5-21-1-2-3-1234"
#define USERS          "S-1-5-32-545"
#define ADMINISTRATORS "S-1-5-32-544"

/* A token as a pipe gives it. @param lowered without Administrators */
static w32_handle token_of_ours(bool lowered)
{
    HANDLE own = NULL, raw = NULL, out = NULL;
    unsigned char admins[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof admins;
    SID_AND_ATTRIBUTES without = {.Sid = admins};
    assert_true(CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, admins, &size));
    assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &own));
    assert_true(CreateRestrictedToken(own, 0, lowered ? 1 : 0, &without, 0, NULL, 0, NULL, &raw));
    assert_true(
        DuplicateTokenEx(raw, TOKEN_QUERY, NULL, SecurityIdentification, TokenImpersonation, &out));
    CloseHandle(raw);
    CloseHandle(own);
    return w32_take(out);
}

static bool granted(w32_handle token, const struct w32_rights_entry *entries, size_t count,
                    uint32_t rights)
{
    struct sp_buffer sddl = {0};
    void *list = NULL;
    bool yes = false;
    assert_int_equal(w32_rights_sddl(entries, count, &sddl, NULL), SP_OK);
    assert_int_equal(w32_acl_of((const char *)sddl.data, &list, NULL), SP_OK);
    assert_int_equal(w32_rights_check(token, list, rights, &yes, NULL), SP_OK);
    w32_acl_free(list);
    sp_buffer_deinit(&sddl);
    return yes;
}

static void what_is_not_granted_is_refused(void **state)
{
    (void)state;
    const struct w32_rights_entry entries[] = {{USERS, READ | CONTROL}, {ANN, WRITE}};
    w32_handle token = token_of_ours(false);
    assert_true(granted(token, entries, 2, READ));
    assert_true(granted(token, entries, 2, READ | CONTROL));
    assert_false(granted(token, entries, 2, WRITE));
    assert_false(granted(token, entries, 2, READ | WRITE));
    assert_false(granted(token, entries, 0, READ));
    w32_handle_close(&token);
}

static void who_gave_administrators_up_has_not_their_rights(void **state)
{
    (void)state;
    const struct w32_rights_entry entries[] = {{ADMINISTRATORS, WRITE}, {USERS, READ}};
    w32_handle token = token_of_ours(false);
    assert_true(granted(token, entries, 2, WRITE));
    w32_handle_close(&token);
    token = token_of_ours(true);
    assert_false(granted(token, entries, 2, WRITE));
    assert_true(granted(token, entries, 2, READ));
    w32_handle_close(&token);
}

static void a_name_finds_its_sid_and_a_sid_is_its_own(void **state)
{
    (void)state;
    char sid[W32_SID_TEXT_MAX];
    char *name = NULL;
    assert_int_equal(w32_account_of(USERS, &name, NULL), SP_OK);
    assert_int_equal(w32_sid_of(name, sid, NULL), SP_OK);
    assert_string_equal(sid, USERS);
    free(name);
    assert_int_equal(w32_sid_of(ANN, sid, NULL), SP_OK);
    assert_string_equal(sid, ANN);
}

static void an_unknown_name_is_named(void **state)
{
    (void)state;
    char sid[W32_SID_TEXT_MAX] = "untouched";
    struct sp_error err = {0};
    assert_int_equal(w32_sid_of("NOWHERE\\nobody-at-all", sid, &err), SP_ENOTFOUND);
    assert_non_null(strstr(err.what, "NOWHERE\\nobody-at-all"));
    assert_string_equal(sid, "untouched");
}

static void our_own_groups_are_known(void **state)
{
    (void)state;
    struct w32_groups groups = {0};
    char own[W32_SID_TEXT_MAX];
    assert_int_equal(w32_own_sid(own, NULL), SP_OK);
    assert_int_equal(w32_groups_of(own, &groups, NULL), SP_OK);
    assert_true(groups.known);
    assert_string_equal(groups.sids[0], own);
    assert_true(w32_groups_have(&groups, USERS));
    assert_false(w32_groups_have(&groups, ANN));
    w32_groups_close(&groups);
}

/* Wine can't tell the groups of others, Windows tells that nobody has this SID. */
static void of_others_at_least_everyone_is_known(void **state)
{
    (void)state;
    struct w32_groups groups = {0};
    assert_int_equal(w32_groups_of(ANN, &groups, NULL), SP_OK);
    assert_string_equal(groups.sids[0], ANN);
    assert_true(groups.known || w32_groups_have(&groups, "S-1-1-0"));
    assert_false(w32_groups_have(&groups, ADMINISTRATORS));
    w32_groups_close(&groups);
    assert_int_equal(w32_groups_of("no sid", &groups, NULL), SP_EINVAL);
}

static void we_are_ourselves_and_nobody_else(void **state)
{
    (void)state;
    char own[W32_SID_TEXT_MAX];
    assert_int_equal(w32_own_sid(own, NULL), SP_OK);
    assert_true(w32_owner_is_self(own));
    assert_false(w32_owner_is_self(ANN));
    assert_false(w32_owner_is_self("S-1-1-0"));
}

static void a_pipe_of_ours_is_ours(void **state)
{
    (void)state;
    char owner[W32_SID_TEXT_MAX];
    const struct w32_acl_entry everybody = {"WD", W32_ACL_SERVE};
    struct w32_npipe_leaf leaf;
    void *access = NULL;
    w32_handle pipe = NULL;
    assert_int_equal(w32_npipe_random_leaf("test-rights-", &leaf, NULL), SP_OK);
    assert_int_equal(w32_acl_pipe(&everybody, 1, false, &access, NULL), SP_OK);
    const struct w32_npipe_options options = {
        .leaf = leaf.text, .access = W32_NPIPE_BOTH, .first = true, .security_descriptor = access};
    assert_int_equal(w32_npipe_create(&options, &pipe, NULL), SP_OK);
    assert_int_equal(w32_owner_of(pipe, owner, NULL), SP_OK);
    assert_true(w32_owner_is_self(owner));
    assert_true(sp_sid_valid(owner));
    w32_npipe_close(&pipe, leaf.text);
    w32_acl_free(access);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_granted_is_refused),
        cmocka_unit_test(who_gave_administrators_up_has_not_their_rights),
        cmocka_unit_test(a_name_finds_its_sid_and_a_sid_is_its_own),
        cmocka_unit_test(an_unknown_name_is_named),
        cmocka_unit_test(our_own_groups_are_known),
        cmocka_unit_test(of_others_at_least_everyone_is_known),
        cmocka_unit_test(we_are_ourselves_and_nobody_else),
        cmocka_unit_test(a_pipe_of_ours_is_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
