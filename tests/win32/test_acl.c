/* tests/win32/test_acl.c - access lists of pipes: their text, and the descriptor read back and
 * asked what it grants. */
#include "win32/acl.h"

#include "children.h"
#include "win32/npipe.h"

#include <stdio.h>

#include <windows.h>
#include <aclapi.h>
#include <sddl.h>

#define SERVICE "S-1-5-80-1-2-3-4-5"
#define ANN     "S-1-5-21-1-2-3-1001"

static const struct w32_acl_entry ENTRIES[] = {
    {SERVICE, W32_ACL_SERVE}, {"SY", W32_ACL_USE}, {"BA", W32_ACL_USE}, {ANN, W32_ACL_USE}};

enum { ENTRY_COUNT = sizeof ENTRIES / sizeof *ENTRIES };

/* ------------------------------------------------------------------ the text */

static void the_text_is_protected_and_has_an_entry_each(void **state)
{
    (void)state;
    struct sp_buffer text = {0};
    assert_int_equal(w32_acl_sddl(ENTRIES, ENTRY_COUNT, false, &text, NULL), SP_OK);
    assert_int_equal(text.data[text.len - 1], '\0');
    assert_string_equal((const char *)text.data, "D:P(D;;GA;;;NU)(A;;0x1f01ff;;;" SERVICE
                                                 ")(A;;0x12019b;;;SY)(A;;0x12019b;;;BA)"
                                                 "(A;;0x12019b;;;" ANN ")");
    sp_buffer_deinit(&text);
}

static void the_network_is_denied_unless_remote(void **state)
{
    (void)state;
    struct sp_buffer text = {0};
    assert_int_equal(w32_acl_sddl(ENTRIES, 1, true, &text, NULL), SP_OK);
    assert_null(strstr((const char *)text.data, "NU"));
    sp_buffer_deinit(&text);
}

static void the_text_is_appended_or_nothing_is(void **state)
{
    (void)state;
    struct sp_buffer text = {.max = 40};
    assert_int_equal(sp_buffer_append(&text, "before", 6, NULL), SP_OK);
    assert_int_equal(w32_acl_sddl(ENTRIES, ENTRY_COUNT, false, &text, NULL), SP_ETOOBIG);
    assert_int_equal(text.len, 6);
    sp_buffer_deinit(&text);
}

static void nobody_at_all_is_refused(void **state)
{
    (void)state;
    struct sp_buffer text = {0};
    void *descriptor = NULL;
    assert_int_equal(w32_acl_sddl(ENTRIES, 0, false, &text, NULL), SP_EINVAL);
    assert_int_equal(w32_acl_pipe(ENTRIES, 0, false, &descriptor, NULL), SP_EINVAL);
    assert_null(descriptor);
    w32_acl_free(NULL);
}

static void a_name_that_is_no_sid_is_refused(void **state)
{
    (void)state;
    const struct w32_acl_entry wrong = {"not-a-sid", W32_ACL_USE};
    void *descriptor = NULL;
    struct sp_error err = {0};
    assert_int_not_equal(w32_acl_pipe(&wrong, 1, false, &descriptor, &err), SP_OK);
    assert_null(descriptor);
    assert_says(err.what, "not-a-sid");
}

/* ------------------------------------------------------------------ the descriptor */

/* The entries of a descriptor's list. */
struct list {
    void *descriptor;
    ACL *acl;
};

static struct list a_list(bool remote)
{
    struct list l = {0};
    BOOL present = FALSE;
    BOOL defaulted = TRUE;
    assert_int_equal(w32_acl_pipe(ENTRIES, ENTRY_COUNT, remote, &l.descriptor, NULL), SP_OK);
    assert_true(IsValidSecurityDescriptor(l.descriptor));
    assert_true(GetSecurityDescriptorDacl(l.descriptor, &present, &l.acl, &defaulted));
    assert_true(present);
    assert_non_null(l.acl);
    return l;
}

static ACCESS_ALLOWED_ACE *entry(const struct list *l, DWORD i)
{
    void *ace = NULL;
    assert_true(GetAce(l->acl, i, &ace));
    return ace; /* a deny entry has the same shape */
}

/* Whether an entry is for a SID, given in text. */
static bool is_for(ACCESS_ALLOWED_ACE *ace, const wchar_t *text)
{
    PSID sid = NULL;
    assert_true(ConvertStringSidToSidW(text, &sid));
    bool equal = EqualSid(&ace->SidStart, sid);
    LocalFree(sid);
    return equal;
}

static void the_descriptor_is_protected_and_self_relative(void **state)
{
    (void)state;
    struct list l = a_list(false);
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    DWORD revision = 0;
    assert_true(GetSecurityDescriptorControl(l.descriptor, &control, &revision));
    assert_true(control & SE_DACL_PROTECTED);
    assert_true(control & SE_SELF_RELATIVE);
    w32_acl_free(l.descriptor);
}

static void only_who_serves_may_make_instances(void **state)
{
    (void)state;
    struct list l = a_list(true);
    assert_int_equal(l.acl->AceCount, ENTRY_COUNT);
    for (DWORD i = 0; i < ENTRY_COUNT; i++) {
        ACCESS_ALLOWED_ACE *ace = entry(&l, i);
        bool serves = is_for(ace, L"" SERVICE);
        assert_int_equal(ace->Header.AceType, ACCESS_ALLOWED_ACE_TYPE);
        assert_int_equal(serves, ENTRIES[i].right == W32_ACL_SERVE);
        assert_int_equal((ace->Mask & FILE_CREATE_PIPE_INSTANCE) != 0, serves);
        /* Nor may a client hand the pipe's rights on. */
        assert_int_equal((ace->Mask & (WRITE_DAC | WRITE_OWNER | DELETE)) != 0, serves);
        assert_int_equal(ace->Mask & (FILE_READ_DATA | FILE_WRITE_DATA),
                         FILE_READ_DATA | FILE_WRITE_DATA);
        assert_int_equal(ace->Mask & SYNCHRONIZE, SYNCHRONIZE);
    }
    assert_true(is_for(entry(&l, 1), L"S-1-5-18"));
    assert_true(is_for(entry(&l, 2), L"S-1-5-32-544"));
    assert_true(is_for(entry(&l, 3), L"" ANN));
    w32_acl_free(l.descriptor);
}

static void the_network_s_denial_comes_first(void **state)
{
    (void)state;
    struct list l = a_list(false);
    assert_int_equal(l.acl->AceCount, ENTRY_COUNT + 1);
    assert_int_equal(entry(&l, 0)->Header.AceType, ACCESS_DENIED_ACE_TYPE);
    assert_true(is_for(entry(&l, 0), L"S-1-5-2"));
    for (DWORD i = 1; i <= ENTRY_COUNT; i++)
        assert_int_equal(entry(&l, i)->Header.AceType, ACCESS_ALLOWED_ACE_TYPE);
    w32_acl_free(l.descriptor);
}

/* ------------------------------------------------------------------ what it grants */

/* What the first of these grants our own token; AccessCheck wants owner and group in it. */
static DWORD granted(const struct w32_acl_entry *entries, size_t count)
{
    struct sp_buffer text = {0};
    char full[1024];
    PSECURITY_DESCRIPTOR descriptor = NULL;
    HANDLE token = NULL;
    HANDLE check = NULL;
    GENERIC_MAPPING mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE,
                               FILE_ALL_ACCESS};
    union {
        PRIVILEGE_SET set;
        unsigned char room[1024];
    } privileges;
    DWORD size = sizeof privileges;
    DWORD access = 0;
    BOOL ok = FALSE;
    assert_int_equal(w32_acl_sddl(entries, count, true, &text, NULL), SP_OK);
    snprintf(full, sizeof full, "O:SYG:SY%s", (const char *)text.data);
    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA(full, SDDL_REVISION_1,
                                                                     &descriptor, NULL));
    assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &token));
    assert_true(DuplicateToken(token, SecurityIdentification, &check));
    assert_true(AccessCheck(descriptor, check, MAXIMUM_ALLOWED, &mapping, &privileges.set, &size,
                            &access, &ok));
    CloseHandle(check);
    CloseHandle(token);
    LocalFree(descriptor);
    sp_buffer_deinit(&text);
    return ok ? access : 0;
}

/* As Node, Python, .NET and the C runtime open a pipe. Windows itself takes the right to make
 * instances out of what a client asks for, and checks the rest. */
static void whoever_uses_it_may_open_it_as_a_file(void **state)
{
    (void)state;
    const struct w32_acl_entry use = {"WD", W32_ACL_USE};
    const DWORD reads = FILE_GENERIC_READ, writes = FILE_GENERIC_WRITE;
    const DWORD asked = (reads | writes) & ~(DWORD)FILE_CREATE_PIPE_INSTANCE;
    assert_int_equal(granted(&use, 1) & asked, asked);
}

static void windows_grants_what_the_list_says(void **state)
{
    (void)state;
    const struct w32_acl_entry use = {"WD", W32_ACL_USE};
    const struct w32_acl_entry serve = {"WD", W32_ACL_SERVE};
    const struct w32_acl_entry other = {ANN, W32_ACL_SERVE};
    DWORD access = granted(&use, 1);
    assert_int_equal(access & (FILE_READ_DATA | FILE_WRITE_DATA), FILE_READ_DATA | FILE_WRITE_DATA);
    assert_int_equal(access & FILE_CREATE_PIPE_INSTANCE, 0);
    assert_int_equal(granted(&serve, 1), FILE_ALL_ACCESS);
    assert_int_equal(granted(&other, 1) & (FILE_READ_DATA | FILE_WRITE_DATA), 0);
}

/* ------------------------------------------------------------------ another list */

/* The list that a pipe has, as text. */
static void assert_list_of(w32_handle pipe, const char *expected)
{
    unsigned char descriptor[1024];
    DWORD len = 0;
    char *text = NULL;
    assert_true(GetKernelObjectSecurity(pipe, DACL_SECURITY_INFORMATION, descriptor,
                                        sizeof descriptor, &len));
    assert_true(ConvertSecurityDescriptorToStringSecurityDescriptorA(
        descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, NULL));
    assert_string_equal(text, expected);
    LocalFree(text);
}

static void another_list_is_that_of_all_instances(void **state)
{
    (void)state;
    static const char first[] = "D:P(A;;FA;;;WD)";
    static const char other[] = "D:P(A;;FA;;;BA)(A;;FA;;;WD)";
    struct w32_npipe_leaf leaf;
    void *a = NULL, *b = NULL;
    w32_handle one = NULL, two = NULL;
    assert_int_equal(w32_npipe_random_leaf("acl-", &leaf, NULL), SP_OK);
    assert_int_equal(w32_acl_of(first, &a, NULL), SP_OK);
    assert_int_equal(w32_acl_of(other, &b, NULL), SP_OK);
    struct w32_npipe_options options = {.leaf = leaf.text,
                                        .access = W32_NPIPE_BOTH,
                                        .first = true,
                                        .changeable = true,
                                        .size_bytes = 4096,
                                        .security_descriptor = a};
    assert_int_equal(w32_npipe_create(&options, &one, NULL), SP_OK);
    options.first = false;
    assert_int_equal(w32_npipe_create(&options, &two, NULL), SP_OK);
    assert_list_of(one, first);
    assert_int_equal(w32_acl_change(one, b, NULL), SP_OK);
    assert_list_of(one, other);
    assert_list_of(two, other);
    w32_npipe_close(&one, leaf.text);
    w32_npipe_close(&two, leaf.text);
    w32_acl_free(a);
    w32_acl_free(b);
}

static void a_pipe_that_was_not_made_for_it_keeps_its_list(void **state)
{
    (void)state;
    struct w32_npipe_leaf leaf;
    struct sp_error err = {0};
    void *list = NULL;
    w32_handle pipe = NULL;
    assert_int_equal(w32_npipe_random_leaf("acl-", &leaf, NULL), SP_OK);
    assert_int_equal(w32_acl_of("D:P(A;;FA;;;WD)", &list, NULL), SP_OK);
    const struct w32_npipe_options options = {.leaf = leaf.text,
                                              .access = W32_NPIPE_BOTH,
                                              .first = true,
                                              .size_bytes = 4096,
                                              .security_descriptor = list};
    assert_int_equal(w32_npipe_create(&options, &pipe, NULL), SP_OK);
    assert_int_equal(w32_acl_change(pipe, list, &err), SP_EACCESS);
    assert_says(err.what, "access list");
    w32_npipe_close(&pipe, leaf.text);
    w32_acl_free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_text_is_protected_and_has_an_entry_each),
        TEST(the_network_is_denied_unless_remote),
        TEST(the_text_is_appended_or_nothing_is),
        TEST(nobody_at_all_is_refused),
        TEST(a_name_that_is_no_sid_is_refused),
        TEST(the_descriptor_is_protected_and_self_relative),
        TEST(only_who_serves_may_make_instances),
        TEST(the_network_s_denial_comes_first),
        TEST(whoever_uses_it_may_open_it_as_a_file),
        TEST(windows_grants_what_the_list_says),
        TEST(another_list_is_that_of_all_instances),
        TEST(a_pipe_that_was_not_made_for_it_keeps_its_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
