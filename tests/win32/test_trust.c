/* tests/win32/test_trust.c - who can change a file that decides what a service runs. */
#include "win32/trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <windows.h>
#include <aclapi.h>
#include <sddl.h>

#include "tests/scratch.h"
#include "win32/acl.h"
#include "win32/identity.h"

/* The owner of what a test creates. */
static char own[W32_SID_TEXT_MAX];

static int open_all(void **state)
{
    if (w32_own_sid(own, NULL) != SP_OK || scratch_open(state) != 0)
        return -1;
    return w32_trust_folder(scratch_path("guarded"), NULL) == SP_OK ? 0 : -1;
}

static const char *make_file(void)
{
    const char *path = scratch_path("guarded\\f.yaml");
    assert_int_equal(w32_file_create(path, "x", 1, NULL), SP_OK);
    return path;
}

static void set_access(const char *path, const wchar_t *sddl)
{
    wchar_t *wide = NULL;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    BOOL present = FALSE;
    BOOL defaulted = FALSE;
    PACL list = NULL;
    assert_int_equal(w32_wide(path, &wide, NULL), SP_OK);
    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorW(sddl, SDDL_REVISION_1,
                                                                     &descriptor, NULL));
    assert_true(GetSecurityDescriptorDacl(descriptor, &present, &list, &defaulted));
    assert_int_equal(
        SetNamedSecurityInfoW(wide, SE_FILE_OBJECT,
                              DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION, NULL,
                              NULL, list, NULL),
        ERROR_SUCCESS);
    LocalFree(descriptor);
    free(wide);
}

/* NULL: nobody. */
static void assert_changed_by(const char *path, const char *sid)
{
    char *who = NULL;
    char *expected = NULL;
    assert_int_equal(w32_trust_check(path, own, &who, NULL), SP_OK);
    if (sid == NULL) {
        assert_null(who);
        return;
    }
    assert_int_equal(w32_account_of(sid, &expected, NULL), SP_OK);
    assert_non_null(who);
    assert_string_equal(who, expected);
    free(expected);
    free(who);
}

static void a_private_file_is_for_administrators_system_and_ourselves(void **state)
{
    (void)state;
    void *descriptor = NULL;
    wchar_t *sddl = NULL, *expected = NULL;
    char text[512];
    assert_int_equal(w32_trust_private(&descriptor, NULL), SP_OK);
    assert_true(ConvertSecurityDescriptorToStringSecurityDescriptorW(
        descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &sddl, NULL));
    snprintf(text, sizeof text, "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;%s)", own);
    assert_int_equal(w32_wide(text, &expected, NULL), SP_OK);
    assert_memory_equal(sddl, expected, (wcslen(expected) + 1) * sizeof *expected);
    free(expected);
    LocalFree(sddl);
    w32_acl_free(descriptor);
}

static void a_file_in_a_guarded_folder_is_trusted(void **state)
{
    (void)state;
    assert_changed_by(make_file(), NULL);
}

static void everybody_who_may_write_is_named(void **state)
{
    (void)state;
    const char *path = make_file();
    set_access(path, L"D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FW;;;WD)");
    assert_changed_by(path, "S-1-1-0");
}

static void everybody_who_may_read_is_not(void **state)
{
    (void)state;
    const char *path = make_file();
    set_access(path, L"D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;WD)");
    assert_changed_by(path, NULL);
}

static void whoever_may_add_files_to_the_folder_is_named(void **state)
{
    (void)state;
    const char *path = make_file();
    set_access(path, L"D:P(A;;FA;;;SY)(A;;FA;;;BA)");
    set_access(scratch_path("guarded"), L"D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;WD)");
    assert_changed_by(path, "S-1-1-0");
}

static void an_owner_who_is_nobody_special_is_named(void **state)
{
    (void)state;
    char *who = NULL;
    const char *path = make_file();
    assert_int_equal(w32_trust_check(path, NULL, &who, NULL), SP_OK);
    if (who == NULL) {
        print_message("windows-only: here files belong to the administrators\n");
        skip();
    }
    free(who);
}

static void a_missing_file_is_not_found(void **state)
{
    (void)state;
    char *who = NULL;
    struct sp_error err = {0};
    assert_int_equal(w32_trust_check(scratch_path("none"), own, &who, &err), SP_ENOTFOUND);
    assert_non_null(strstr(err.what, "none"));
    assert_null(who);
}

static void a_guarded_folder_leaves_one_that_exists(void **state)
{
    (void)state;
    const char *path = make_file();
    assert_int_equal(w32_trust_folder(scratch_path("guarded"), NULL), SP_OK);
    assert_true(w32_file_exists(path));
}

#define TRUST_TEST(name) cmocka_unit_test_setup_teardown(name, open_all, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TRUST_TEST(a_private_file_is_for_administrators_system_and_ourselves),
        TRUST_TEST(a_file_in_a_guarded_folder_is_trusted),
        TRUST_TEST(everybody_who_may_write_is_named),
        TRUST_TEST(everybody_who_may_read_is_not),
        TRUST_TEST(whoever_may_add_files_to_the_folder_is_named),
        TRUST_TEST(an_owner_who_is_nobody_special_is_named),
        TRUST_TEST(a_missing_file_is_not_found),
        TRUST_TEST(a_guarded_folder_leaves_one_that_exists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
