/* tests/win32/test_environment.c - the block a child gets: ours, with some of it set otherwise. */
#include "win32/environment.h"

#include "children.h"

#include <wchar.h>

#include <windows.h>

static wchar_t *a_block(const char *const *env, size_t count)
{
    wchar_t *block = NULL;
    struct sp_error err = {0};
    if (w32_environment_block(env, count, &block, &err) != SP_OK)
        fail_msg("%s", err.what);
    return block;
}

/* The value of a name, spelled as it stands in the block; NULL when it is not there. */
static const wchar_t *value_in(const wchar_t *block, const wchar_t *name)
{
    size_t len = wcslen(name);
    for (; *block != L'\0'; block += wcslen(block) + 1)
        if (wcsncmp(block, name, len) == 0 && block[len] == L'=')
            return block + len + 1;
    return NULL;
}

static size_t count_in(const wchar_t *block)
{
    size_t count = 0;
    for (; *block != L'\0'; block += wcslen(block) + 1)
        count++;
    return count;
}

static void without_overrides_it_is_a_copy_of_ours(void **state)
{
    (void)state;
    wchar_t *ours = GetEnvironmentStringsW();
    wchar_t *block = a_block(NULL, 0);
    assert_int_equal(count_in(block), count_in(ours));
    for (const wchar_t *entry = ours; *entry != L'\0'; entry += wcslen(entry) + 1) {
        const wchar_t *copy = block;
        while (*copy != L'\0' && wcscmp(copy, entry) != 0)
            copy += wcslen(copy) + 1;
        assert_int_not_equal(*copy, L'\0');
    }
    free(block);
    FreeEnvironmentStringsW(ours);
}

static void of_two_for_one_name_the_later_counts(void **state)
{
    (void)state;
    static const char *const env[] = {"SP_TEST=first", "sp_test=second",
                                      "SP_OTHER=", "SP_OTHER=back"};
    wchar_t *block = a_block(env, 4);
    assert_null(value_in(block, L"SP_TEST"));
    assert_int_equal(wcscmp(value_in(block, L"sp_test"), L"second"), 0);
    assert_int_equal(wcscmp(value_in(block, L"SP_OTHER"), L"back"), 0);
    free(block);
}

static void removing_what_is_not_there_is_no_error(void **state)
{
    (void)state;
    static const char *const env[] = {"SP_NEVER_SET="};
    wchar_t *ours = GetEnvironmentStringsW();
    wchar_t *block = a_block(env, 1);
    assert_int_equal(count_in(block), count_in(ours));
    free(block);
    FreeEnvironmentStringsW(ours);
}

static void a_value_may_hold_anything(void **state)
{
    (void)state;
    static const char *const env[] = {"SP_A==", "SP_B= ", "SP_C=a;\"b\" \xf0\x9f\x9a\x92"};
    wchar_t *block = a_block(env, 3);
    assert_int_equal(wcscmp(value_in(block, L"SP_A"), L"="), 0);
    assert_int_equal(wcscmp(value_in(block, L"SP_B"), L" "), 0);
    assert_int_equal(wcscmp(value_in(block, L"SP_C"), L"a;\"b\" \xd83d\xde92"), 0);
    free(block);
}

static int name_len(const wchar_t *entry)
{
    return (int)(wcschr(entry + 1, L'=') - entry);
}

/* CreateProcess' child looks names up in order. */
static void it_is_sorted_as_windows_sorts(void **state)
{
    (void)state;
    static const char *const env[] = {"zz_sp=1", "AA_SP=2", "aa_sq=3", "\xc3\xa4_SP=4",
                                      "a=5",     "_SP=6",   "AA=7"};
    wchar_t *block = a_block(env, 7);
    const wchar_t *before = block;
    for (const wchar_t *entry = block + wcslen(block) + 1; *entry != L'\0';
         before = entry, entry += wcslen(entry) + 1)
        assert_int_equal(
            CompareStringOrdinal(before, name_len(before), entry, name_len(entry), TRUE),
            CSTR_LESS_THAN);
    free(block);
}

static void what_is_no_entry_is_refused_by_its_text(void **state)
{
    (void)state;
    static const char *const env[] = {"SP_A=fine", "NOTHING"};
    wchar_t untouched[] = L"x";
    wchar_t *block = untouched;
    struct sp_error err = {0};
    assert_int_equal(w32_environment_block(env, 2, &block, &err), SP_EINVAL);
    assert_says(err.what, "\"NOTHING\"");
    assert_ptr_equal(block, untouched);
}

/* Windows keeps the current folder of each drive in variables named "=C:". */
static void the_hidden_variables_of_drives_are_kept(void **state)
{
    (void)state;
    static const char *const env[] = {"SP_A=1"};
    assert_true(SetEnvironmentVariableW(L"=Q:", L"Q:\\folder"));
    wchar_t *block = a_block(env, 1);
    assert_int_equal(wcscmp(value_in(block, L"=Q:"), L"Q:\\folder"), 0);
    free(block);
    SetEnvironmentVariableW(L"=Q:", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_overrides_it_is_a_copy_of_ours),
        TEST(of_two_for_one_name_the_later_counts),
        TEST(removing_what_is_not_there_is_no_error),
        TEST(a_value_may_hold_anything),
        TEST(it_is_sorted_as_windows_sorts),
        TEST(what_is_no_entry_is_refused_by_its_text),
        TEST(the_hidden_variables_of_drives_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
