/* tests/win32/test_file.c - whole files, folders that come with them, and paths. */
#include "win32/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <windows.h>

#include "tests/scratch.h"
#include "win32/clock.h"
#include "win32/path.h"
#include "win32/pipe.h"

static void assert_holds(const char *path, const char *text)
{
    struct sp_buffer bytes = {0};
    assert_int_equal(w32_file_read(path, 1 << 20, &bytes, NULL), SP_OK);
    assert_int_equal(bytes.len, strlen(text));
    assert_memory_equal(bytes.data, text, bytes.len);
    sp_buffer_deinit(&bytes);
}

static void file_create_makes_the_folders_above(void **state)
{
    (void)state;
    const char *path = scratch_path("a\\b c\\d\\new.txt");
    assert_false(w32_file_exists(path));
    assert_int_equal(w32_file_create(path, "text\n", 5, NULL), SP_OK);
    assert_true(w32_file_exists(path));
    assert_holds(path, "text\n");
}

static void file_create_never_touches_what_is_there(void **state)
{
    (void)state;
    struct sp_error err = {0};
    const char *path = scratch_path("kept.txt");
    assert_int_equal(w32_file_create(path, "mine", 4, NULL), SP_OK);
    assert_int_equal(w32_file_create(path, "yours", 5, &err), SP_ESTATE);
    assert_non_null(strstr(err.what, path));
    assert_holds(path, "mine");
}

static void file_create_where_a_folder_is_fails(void **state)
{
    (void)state;
    const char *path = scratch_path("folder");
    assert_int_equal(w32_folder_create(path, NULL, NULL), SP_OK);
    assert_int_not_equal(w32_file_create(path, "x", 1, NULL), SP_OK);
    assert_false(w32_file_exists(path));
}

static void folder_create_below_a_file_fails_and_names_the_path(void **state)
{
    (void)state;
    struct sp_error err = {0};
    assert_int_equal(w32_file_create(scratch_path("file"), "x", 1, NULL), SP_OK);
    const char *path = scratch_path("file\\below\\it");
    assert_int_not_equal(w32_folder_create(path, NULL, &err), SP_OK);
    assert_non_null(strstr(err.what, path));
}

static void folder_create_leaves_one_that_exists(void **state)
{
    (void)state;
    assert_int_equal(w32_folder_create(scratch_folder, NULL, NULL), SP_OK);
    assert_int_equal(w32_folder_create("C:\\", NULL, NULL), SP_OK);
}

static void file_read_of_a_missing_file_is_not_found(void **state)
{
    (void)state;
    struct sp_buffer bytes = {0};
    struct sp_error err = {0};
    assert_int_equal(w32_file_read(scratch_path("none"), 10, &bytes, &err), SP_ENOTFOUND);
    assert_non_null(strstr(err.what, "none"));
    assert_int_equal(w32_file_read(scratch_path("none\\none"), 10, &bytes, NULL), SP_ENOTFOUND);
    assert_int_equal(bytes.len, 0);
}

static void file_read_takes_the_ceiling_and_not_a_byte_more(void **state)
{
    (void)state;
    enum { SIZE = 200000 };
    const char *path = scratch_path("big");
    struct sp_buffer bytes = {0};
    struct sp_error err = {0};
    char *data = malloc(SIZE);
    assert_non_null(data);
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (char)(i * 7);
    assert_int_equal(w32_file_create(path, data, SIZE, NULL), SP_OK);
    assert_int_equal(w32_file_read(path, SIZE - 1, &bytes, &err), SP_ETOOBIG);
    assert_int_equal(bytes.len, 0);
    assert_non_null(strstr(err.what, path));
    assert_int_equal(w32_file_read(path, SIZE, &bytes, NULL), SP_OK);
    assert_int_equal(bytes.len, SIZE);
    assert_memory_equal(bytes.data, data, SIZE);
    sp_buffer_deinit(&bytes);
    free(data);
}

static void file_read_appends_and_of_an_empty_file_appends_nothing(void **state)
{
    (void)state;
    struct sp_buffer bytes = {0};
    assert_int_equal(sp_buffer_append(&bytes, "ab", 2, NULL), SP_OK);
    const char *path = scratch_path("empty");
    assert_int_equal(w32_file_create(path, "", 0, NULL), SP_OK);
    assert_int_equal(w32_file_read(path, 10, &bytes, NULL), SP_OK);
    assert_int_equal(bytes.len, 2);
    sp_buffer_deinit(&bytes);
}

static void file_append_writes_at_the_end_whoever_else_writes(void **state)
{
    (void)state;
    const char *path = scratch_path("logs\\app.log");
    w32_handle a = NULL;
    w32_handle b = NULL;
    assert_int_equal(w32_file_append(path, &a, NULL), SP_OK);
    assert_int_equal(w32_file_append(path, &b, NULL), SP_OK);
    assert_int_equal(w32_write(a, "one\n", 4, NULL), SP_OK);
    assert_int_equal(w32_write(b, "two\n", 4, NULL), SP_OK);
    assert_int_equal(w32_write(a, "three\n", 6, NULL), SP_OK);
    assert_holds(path, "one\ntwo\nthree\n");
    w32_handle_close(&a);
    w32_handle_close(&b);
}

static void file_append_lets_others_rename_and_delete_the_file(void **state)
{
    (void)state;
    w32_handle h = NULL;
    wchar_t *from = NULL;
    wchar_t *to = NULL;
    const char *path = scratch_path("app.log");
    const char *old_name = scratch_path("app.log.1");
    assert_int_equal(w32_wide(path, &from, NULL), SP_OK);
    assert_int_equal(w32_wide(old_name, &to, NULL), SP_OK);
    assert_int_equal(w32_file_append(path, &h, NULL), SP_OK);
    assert_int_equal(w32_write(h, "old\n", 4, NULL), SP_OK);
    assert_true(MoveFileW(from, to));
    assert_int_equal(w32_write(h, "late\n", 5, NULL), SP_OK);
    assert_holds(old_name, "old\nlate\n");
    assert_true(DeleteFileW(to));
    w32_handle_close(&h);
    assert_false(w32_file_exists(old_name));
    free(to);
    free(from);
}

static void assert_folder_of(const char *path, const char *expected)
{
    char *made = NULL;
    assert_int_equal(w32_path_folder(path, &made, NULL), SP_OK);
    assert_string_equal(made, expected);
    free(made);
}

static void path_folder_is_everything_before_the_last_slash(void **state)
{
    (void)state;
    assert_folder_of("C:\\a\\b", "C:\\a");
    assert_folder_of("C:\\a", "C:\\");
    assert_folder_of("C:/a/b", "C:/a");
    assert_folder_of("a", ".");
    assert_folder_of("\\a", "\\");
    assert_folder_of("a\\b", "a");
    assert_folder_of("\\\\host\\share\\x", "\\\\host\\share");
}

static void assert_joined(const char *a, const char *b, const char *expected)
{
    char *made = NULL;
    assert_int_equal(w32_path_join(a, b, &made, NULL), SP_OK);
    assert_string_equal(made, expected);
    free(made);
}

static void path_join_puts_one_backslash_between(void **state)
{
    (void)state;
    assert_joined("C:\\a", "b", "C:\\a\\b");
    assert_joined("C:\\a\\", "b", "C:\\a\\b");
    assert_joined("C:\\", "b\\c", "C:\\b\\c");
    assert_joined("C:/a//", "b", "C:/a\\b");
}

static void path_full_has_a_drive_and_no_dots(void **state)
{
    (void)state;
    char *made = NULL;
    assert_int_equal(w32_path_full("C:\\a\\.\\b\\..\\c.yaml", &made, NULL), SP_OK);
    assert_string_equal(made, "C:\\a\\c.yaml");
    free(made);
    assert_int_equal(w32_path_full("x.yaml", &made, NULL), SP_OK);
    assert_int_equal(made[1], ':');
    assert_string_equal(made + strlen(made) - strlen("\\x.yaml"), "\\x.yaml");
    free(made);
    assert_int_not_equal(w32_path_full("", &made, NULL), SP_OK);
}

static void path_program_data_follows_the_environment(void **state)
{
    (void)state;
    char *made = NULL;
    assert_true(SetEnvironmentVariableW(L"ProgramData", L"D:\\Dätä"));
    assert_int_equal(w32_path_program_data("S\\s.yaml", &made, NULL), SP_OK);
    assert_string_equal(made, "D:\\Dätä\\S\\s.yaml");
    free(made);
    assert_true(SetEnvironmentVariableW(L"ProgramData", NULL));
    assert_int_equal(w32_path_program_data("S\\s.yaml", &made, NULL), SP_OK);
    assert_string_equal(made, "C:\\ProgramData\\S\\s.yaml");
    free(made);
}

static void path_self_is_this_executable(void **state)
{
    (void)state;
    char *made = NULL;
    assert_int_equal(w32_path_self(&made, NULL), SP_OK);
    assert_true(w32_file_exists(made));
    assert_string_equal(made + strlen(made) - 4, ".exe");
    free(made);
}

static int close_and_check(void **state)
{
    assert_int_equal(w32_handle_tally(), 0);
    return scratch_close(state);
}

/* ------------------------------------------------------------------ parts and names */

static void file_write_says_how_much_it_wrote(void **state)
{
    (void)state;
    w32_handle h = NULL;
    size_t written = 77;
    uint64_t size = 77;
    const char *path = scratch_path("parts");
    assert_int_equal(w32_file_append(path, &h, NULL), SP_OK);
    assert_int_equal(w32_file_handle_size(h, &size, NULL), SP_OK);
    assert_int_equal(size, 0);
    assert_int_equal(w32_file_write(h, "a text", 6, &written, NULL), SP_OK);
    assert_int_equal(written, 6);
    assert_int_equal(w32_file_handle_size(h, &size, NULL), SP_OK);
    assert_int_equal(size, 6);
    w32_handle_close(&h);
    assert_int_equal(w32_file_open(path, W32_FILE_READ, &h, NULL), SP_OK);
    assert_int_equal(w32_file_write(h, "more", 4, &written, NULL), SP_EACCESS);
    assert_int_equal(written, 0);
    w32_handle_close(&h);
    assert_holds(path, "a text");
}

static void file_read_at_reads_from_any_place_and_ends_at_the_end(void **state)
{
    (void)state;
    w32_handle h = NULL;
    char text[8] = "";
    uint32_t got = 77;
    const char *path = scratch_path("parts");
    assert_int_equal(w32_file_create(path, "0123456789", 10, NULL), SP_OK);
    assert_int_equal(w32_file_open(path, W32_FILE_READ, &h, NULL), SP_OK);
    assert_int_equal(w32_file_read_at(h, 7, text, 8, &got, NULL), SP_OK);
    assert_int_equal(got, 3);
    assert_memory_equal(text, "789", 3);
    assert_int_equal(w32_file_read_at(h, 2, text, 3, &got, NULL), SP_OK);
    assert_memory_equal(text, "234", 3);
    got = 77;
    assert_int_equal(w32_file_read_at(h, 10, text, 8, &got, NULL), SP_EEND);
    assert_int_equal(w32_file_read_at(h, (uint64_t)5 << 32, text, 8, &got, NULL), SP_EEND);
    assert_int_equal(got, 77);
    w32_handle_close(&h);
}

static void a_file_that_is_renamed_stays_with_whoever_has_it_open(void **state)
{
    (void)state;
    w32_handle h = NULL;
    size_t written = 0;
    const char *from = scratch_path("from"), *to = scratch_path("to");
    assert_int_equal(w32_file_append(from, &h, NULL), SP_OK);
    assert_int_equal(w32_file_rename(from, to, NULL), SP_OK);
    assert_int_equal(w32_file_write(h, "x", 1, &written, NULL), SP_OK);
    assert_int_equal(w32_file_create(from, "new", 3, NULL), SP_OK);
    w32_handle_close(&h);
    assert_holds(to, "x");
    assert_holds(from, "new");
}

static void file_rename_takes_no_name_from_another(void **state)
{
    (void)state;
    struct sp_error err = {0};
    const char *from = scratch_path("from"), *to = scratch_path("to");
    assert_int_equal(w32_file_rename(from, to, &err), SP_ENOTFOUND);
    assert_int_equal(w32_file_create(from, "a", 1, NULL), SP_OK);
    assert_int_equal(w32_file_create(to, "b", 1, NULL), SP_OK);
    assert_int_equal(w32_file_rename(from, to, &err), SP_EOS);
    assert_int_equal(err.os, ERROR_ALREADY_EXISTS);
    assert_non_null(strstr(err.what, from));
    assert_holds(from, "a");
    assert_holds(to, "b");
}

static void file_delete_deletes_a_file_and_no_folder(void **state)
{
    (void)state;
    struct sp_error err = {0};
    const char *path = scratch_path("it");
    assert_int_equal(w32_file_delete(path, &err), SP_ENOTFOUND);
    assert_non_null(strstr(err.what, path));
    assert_int_equal(w32_file_create(path, "a", 1, NULL), SP_OK);
    assert_int_equal(w32_file_delete(path, NULL), SP_OK);
    assert_false(w32_file_exists(path));
    assert_int_equal(w32_folder_create(path, NULL, NULL), SP_OK);
    assert_int_not_equal(w32_file_delete(path, NULL), SP_OK);
    assert_true(w32_folder_exists(path));
}

static void folder_remove_removes_an_empty_folder_alone(void **state)
{
    (void)state;
    struct sp_error err = {0};
    const char *folder = scratch_path("full");
    const char *file = scratch_path("full\\file.txt");
    assert_int_equal(w32_file_create(file, "x", 1, NULL), SP_OK);
    assert_int_equal(w32_folder_remove(folder, &err), SP_EOS);
    assert_non_null(strstr(err.what, folder));
    assert_true(w32_file_exists(file));
    assert_int_equal(w32_file_delete(file, NULL), SP_OK);
    assert_int_equal(w32_folder_remove(folder, NULL), SP_OK);
    assert_false(w32_folder_exists(folder));
    assert_int_equal(w32_folder_remove(folder, NULL), SP_ENOTFOUND);
}

static void the_write_time_of_a_file_is_when_it_was_written(void **state)
{
    (void)state;
    uint64_t ms = 0;
    const char *path = scratch_path("timed");
    assert_int_equal(w32_file_write_time(path, &ms, NULL), SP_ENOTFOUND);
    /* Files count coarser than clocks: in steps of 2 s at the worst. */
    uint64_t before = w32_unix_ms() - 2000;
    assert_int_equal(w32_file_create(path, "a", 1, NULL), SP_OK);
    assert_int_equal(w32_file_write_time(path, &ms, NULL), SP_OK);
    assert_in_range(ms, before, w32_unix_ms() + 2000);
}

static void file_replace_puts_all_of_it_in_place_and_leaves_nothing_beside(void **state)
{
    (void)state;
    const char *path = scratch_path("folder\\it.prom");
    char beside[1024];
    snprintf(beside, sizeof beside, "%s.%u.tmp", path, (unsigned)GetCurrentProcessId());
    assert_int_equal(w32_file_replace(path, "one", 3, NULL), SP_OK);
    assert_holds(path, "one");
    assert_int_equal(w32_file_replace(path, "second", 6, NULL), SP_OK);
    assert_holds(path, "second");
    assert_false(w32_file_exists(beside));
}

static void file_replace_that_fails_names_the_file_and_leaves_nothing_beside(void **state)
{
    (void)state;
    struct sp_error err = {0};
    char beside[1024];
    const char *path = scratch_path("folder");
    snprintf(beside, sizeof beside, "%s.%u.tmp", path, (unsigned)GetCurrentProcessId());
    assert_int_equal(w32_folder_create(path, NULL, NULL), SP_OK);
    assert_int_not_equal(w32_file_replace(path, "x", 1, &err), SP_OK);
    assert_non_null(strstr(err.what, path));
    assert_true(w32_folder_exists(path));
    assert_false(w32_file_exists(beside));
}

/* Whoever has a duplicate has the same place in the file, which is how progress is seen. */
static void the_position_of_a_file_is_that_of_all_its_duplicates(void **state)
{
    (void)state;
    const char *path = scratch_path("read");
    w32_handle h = NULL, copy = NULL;
    char byte[3];
    uint32_t got = 0;
    uint64_t at = 7;
    assert_int_equal(w32_file_create(path, "abcdef", 6, NULL), SP_OK);
    assert_int_equal(w32_file_open(path, W32_FILE_READ, &h, NULL), SP_OK);
    assert_int_equal(w32_handle_copy(h, &copy, NULL), SP_OK);
    assert_int_equal(w32_file_position(copy, &at, NULL), SP_OK);
    assert_int_equal(at, 0);
    assert_int_equal(w32_read(h, byte, sizeof byte, &got, NULL), SP_OK);
    assert_int_equal(w32_file_position(copy, &at, NULL), SP_OK);
    assert_int_equal(at, 3);
    w32_handle_close(&h);
    assert_int_equal(w32_file_position(copy, &at, NULL), SP_OK);
    w32_handle_close(&copy);
    assert_int_not_equal(w32_file_position(NULL, &at, NULL), SP_OK);
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, scratch_open, close_and_check)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILE_TEST(file_create_makes_the_folders_above),
        FILE_TEST(file_create_never_touches_what_is_there),
        FILE_TEST(file_create_where_a_folder_is_fails),
        FILE_TEST(folder_create_below_a_file_fails_and_names_the_path),
        FILE_TEST(folder_create_leaves_one_that_exists),
        FILE_TEST(file_read_of_a_missing_file_is_not_found),
        FILE_TEST(file_read_takes_the_ceiling_and_not_a_byte_more),
        FILE_TEST(file_read_appends_and_of_an_empty_file_appends_nothing),
        FILE_TEST(file_append_writes_at_the_end_whoever_else_writes),
        FILE_TEST(file_append_lets_others_rename_and_delete_the_file),
        FILE_TEST(file_write_says_how_much_it_wrote),
        FILE_TEST(file_read_at_reads_from_any_place_and_ends_at_the_end),
        FILE_TEST(a_file_that_is_renamed_stays_with_whoever_has_it_open),
        FILE_TEST(file_rename_takes_no_name_from_another),
        FILE_TEST(file_delete_deletes_a_file_and_no_folder),
        FILE_TEST(folder_remove_removes_an_empty_folder_alone),
        FILE_TEST(the_write_time_of_a_file_is_when_it_was_written),
        FILE_TEST(file_replace_puts_all_of_it_in_place_and_leaves_nothing_beside),
        FILE_TEST(file_replace_that_fails_names_the_file_and_leaves_nothing_beside),
        FILE_TEST(the_position_of_a_file_is_that_of_all_its_duplicates),
        cmocka_unit_test(path_folder_is_everything_before_the_last_slash),
        cmocka_unit_test(path_join_puts_one_backslash_between),
        cmocka_unit_test(path_full_has_a_drive_and_no_dots),
        cmocka_unit_test(path_program_data_follows_the_environment),
        cmocka_unit_test(path_self_is_this_executable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
