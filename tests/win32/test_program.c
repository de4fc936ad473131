/* tests/win32/test_program.c - where a program is looked for, and where it never is. */
#include "children.h"

#include <stdio.h>

#include <windows.h>

#include "tests/scratch.h"

static void assert_finds(const char *name, const char *folder, const char *path)
{
    char *found = NULL;
    struct sp_error err = {0};
    if (w32_program_find(name, folder, &found, &err) != SP_OK)
        fail_msg("%s", err.what);
    if (_stricmp(found, path) != 0)
        fail_msg("'%s' is not '%s'", found, path);
    free(found);
}

static void assert_finds_nothing(const char *name, const char *folder)
{
    char *found = NULL;
    struct sp_error err = {0};
    assert_int_equal(w32_program_find(name, folder, &found, &err), SP_ENOTFOUND);
    assert_null(found);
    assert_says(err.what, name);
}

/* An empty file will do: nobody starts it. */
static const char *make(const char *leaf)
{
    const char *path = scratch_path(leaf);
    assert_int_equal(w32_file_create(path, "", 0, NULL), SP_OK);
    return path;
}

static void set_variable(const wchar_t *name, const char *value)
{
    wchar_t *wide = NULL;
    assert_int_equal(w32_wide(value, &wide, NULL), SP_OK);
    assert_true(SetEnvironmentVariableW(name, wide));
    free(wide);
}

static void a_program_beside_this_one_is_found_by_its_name(void **state)
{
    (void)state;
    assert_finds("test-child.exe", NULL, child_program());
    assert_finds("test-child", NULL, child_program());
    assert_finds("TEST-CHILD", NULL, child_program());
}

static void a_program_of_windows_is_found_by_its_name(void **state)
{
    (void)state;
    char *found = NULL;
    assert_int_equal(w32_program_find("cmd", NULL, &found, NULL), SP_OK);
    assert_says(found, "\\cmd.exe");
    free(found);
}

static void a_program_of_the_current_folder_is_not_found_by_its_name(void **state)
{
    (void)state;
    wchar_t before[MAX_PATH];
    wchar_t *folder = NULL;
    const char *path = make("only-here.exe");
    assert_true(GetCurrentDirectoryW(MAX_PATH, before) > 0);
    assert_int_equal(w32_wide(scratch_folder, &folder, NULL), SP_OK);
    assert_true(SetCurrentDirectoryW(folder));
    assert_finds_nothing("only-here", NULL);
    assert_finds_nothing("only-here.exe", NULL);
    assert_finds(".\\only-here", NULL, path);
    assert_finds("./only-here.exe", NULL, path);
    assert_true(SetCurrentDirectoryW(before));
    free(folder);
}

static void a_path_counts_from_the_folder_given(void **state)
{
    (void)state;
    const char *path = make("here.exe");
    assert_finds(".\\here", scratch_folder, path);
    assert_finds(path, "C:\\", path);
    assert_finds_nothing("here", scratch_folder);
    assert_finds_nothing(".\\not-here", scratch_folder);
}

static void extensions_are_tried_in_their_order(void **state)
{
    (void)state;
    const char *cmd = make("tool.cmd");
    assert_finds(scratch_path("tool"), NULL, cmd);
    const char *bat = make("tool.bat");
    assert_finds(scratch_path("tool"), NULL, bat);
    const char *exe = make("tool.exe");
    assert_finds(scratch_path("tool"), NULL, exe);
    assert_finds(scratch_path("tool.cmd"), NULL, scratch_path("tool.cmd"));
}

static void a_name_with_a_dot_may_still_lack_its_extension(void **state)
{
    (void)state;
    const char *path = make("tool3.12.exe");
    assert_finds(scratch_path("tool3.12"), NULL, path);
    (void)make("data");
    assert_finds_nothing(scratch_path("data"), NULL); /* no program without an extension */
}

static void a_folder_is_no_program(void **state)
{
    (void)state;
    assert_int_equal(w32_folder_create(scratch_path("sub.exe"), NULL, NULL), SP_OK);
    assert_finds_nothing(scratch_path("sub"), NULL);
    assert_finds_nothing(scratch_path("sub.exe"), NULL);
}

static void path_is_searched_in_its_order_with_quotes(void **state)
{
    (void)state;
    wchar_t before[4096];
    char list[2048];
    const char *path = make("in-path.exe");
    assert_true(GetEnvironmentVariableW(L"PATH", before, 4096) > 0);
    snprintf(list, sizeof list, "C:\\no such folder;;\"%s\";C:\\", scratch_folder);
    set_variable(L"PATH", list);
    assert_finds("in-path", NULL, path);
    SetEnvironmentVariableW(L"PATH", before);
    assert_finds_nothing("in-path", NULL);
}

static void an_entry_of_path_that_is_not_whole_is_skipped(void **state)
{
    (void)state;
    wchar_t path_before[4096];
    wchar_t folder_before[MAX_PATH];
    wchar_t *folder = NULL;
    (void)make("in-dot.exe");
    assert_true(GetEnvironmentVariableW(L"PATH", path_before, 4096) > 0);
    assert_true(GetCurrentDirectoryW(MAX_PATH, folder_before) > 0);
    assert_int_equal(w32_wide(scratch_folder, &folder, NULL), SP_OK);
    assert_true(SetCurrentDirectoryW(folder));
    set_variable(L"PATH", ".;..;;C:;\"\"");
    assert_finds_nothing("in-dot", NULL);
    SetEnvironmentVariableW(L"PATH", NULL);
    assert_finds_nothing("in-dot", NULL);
    SetEnvironmentVariableW(L"PATH", path_before);
    assert_true(SetCurrentDirectoryW(folder_before));
    free(folder);
}

static void an_empty_name_is_refused(void **state)
{
    (void)state;
    char *found = NULL;
    assert_int_equal(w32_program_find("", NULL, &found, NULL), SP_EINVAL);
    assert_null(found);
}

int main(void)
{
#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, scratch_open, scratch_close)
    const struct CMUnitTest tests[] = {
        TEST(a_program_beside_this_one_is_found_by_its_name),
        TEST(a_program_of_windows_is_found_by_its_name),
        FOLDER_TEST(a_program_of_the_current_folder_is_not_found_by_its_name),
        FOLDER_TEST(a_path_counts_from_the_folder_given),
        FOLDER_TEST(extensions_are_tried_in_their_order),
        FOLDER_TEST(a_name_with_a_dot_may_still_lack_its_extension),
        FOLDER_TEST(a_folder_is_no_program),
        FOLDER_TEST(path_is_searched_in_its_order_with_quotes),
        FOLDER_TEST(an_entry_of_path_that_is_not_whole_is_skipped),
        TEST(an_empty_name_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
