/* tests/client/test_trust.c - whether a pipe is the service's, by its owner. Wine lets anybody name
 * any owner, Windows wants SeRestorePrivilege for it: skipped where that is refused. */
#include "client/trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "win32/acl.h"
#include "win32/identity.h"
#include "win32/npipe.h"

#define MALLORY "S-1-5-21-1-2-3-1234"

/* Both ends of a pipe that belongs to an owner. @return false: that can't be shown here */
static bool open_pipe(const char *owner, w32_handle *server, w32_handle *client)
{
    struct w32_npipe_leaf leaf;
    char sddl[300];
    void *access = NULL;
    snprintf(sddl, sizeof sddl, "O:%sD:P(A;;GA;;;WD)", owner);
    assert_int_equal(w32_npipe_random_leaf("test-trust-", &leaf, NULL), SP_OK);
    assert_int_equal(w32_acl_of(sddl, &access, NULL), SP_OK);
    const struct w32_npipe_options options = {
        .leaf = leaf.text, .access = W32_NPIPE_BOTH, .first = true, .security_descriptor = access};
    sp_status status = w32_npipe_create(&options, server, NULL);
    w32_acl_free(access);
    if (status != SP_OK)
        return false;
    assert_int_equal(w32_npipe_open(NULL, leaf.text, W32_NPIPE_BOTH, 1000, client, NULL), SP_OK);
    return true;
}

static sp_status check(const char *owner, const char *expected, struct sp_error *err)
{
    w32_handle server = NULL, client = NULL;
    if (!open_pipe(owner, &server, &client))
        skip();
    _putenv_s("STANDPIPE_OWNER", expected);
    sp_status status = cli_trust_check(client, "standpipe", err);
    _putenv_s("STANDPIPE_OWNER", "");
    w32_handle_close(&client);
    w32_handle_close(&server);
    return status;
}

static void a_pipe_of_system_or_the_administrators_is_trusted(void **state)
{
    (void)state;
    assert_int_equal(check("S-1-5-18", "", NULL), SP_OK);
    assert_int_equal(check("S-1-5-32-544", "", NULL), SP_OK);
}

static void a_pipe_of_our_own_is_trusted(void **state)
{
    (void)state;
    char self[W32_SID_TEXT_MAX];
    assert_int_equal(w32_own_sid(self, NULL), SP_OK);
    assert_int_equal(check(self, "", NULL), SP_OK);
}

static void a_pipe_of_somebody_else_is_refused_by_name(void **state)
{
    (void)state;
    struct sp_error err = {0};
    assert_int_equal(check(MALLORY, "", &err), SP_EACCESS);
    assert_non_null(strstr(err.what, MALLORY));
    assert_non_null(strstr(err.what, "STANDPIPE_OWNER"));
    assert_int_equal(check(MALLORY, "S-1-5-21-1-2-3-1235", &err), SP_EACCESS);
}

static void whom_the_environment_names_is_trusted(void **state)
{
    (void)state;
    assert_int_equal(check(MALLORY, MALLORY, NULL), SP_OK);
}

static void an_owner_that_is_no_sid_is_an_error(void **state)
{
    (void)state;
    struct sp_error err = {0};
    assert_int_equal(check("S-1-5-18", "CORP\\svc", &err), SP_EINVAL);
    assert_non_null(strstr(err.what, "CORP\\svc"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipe_of_system_or_the_administrators_is_trusted),
        cmocka_unit_test(a_pipe_of_our_own_is_trusted),
        cmocka_unit_test(a_pipe_of_somebody_else_is_refused_by_name),
        cmocka_unit_test(whom_the_environment_names_is_trusted),
        cmocka_unit_test(an_owner_that_is_no_sid_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
