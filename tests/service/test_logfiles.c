/* tests/service/test_logfiles.c - the files kept of a worker: their names, when the next begins,
 * what somebody who holds one can do to it, and reading them as one text. */
#include "service/logfiles.h"

#include "logged.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <windows.h>

#include "service/logreader.h"
#include "tests/scratch.h"
#include "win32/clock.h"
#include "win32/loop.h"

#define DAY_MS UINT64_C(86400000)
#define T      "2026-11-23T10:11:12.345Z"
#define T_MS   UINT64_C(1795428672345)

static struct svc_logfiles *files;
static struct svc_logreader reader;

/* A line of 32 bytes. */
#define LINE_BYTES 32
static const char *line_of(unsigned number)
{
    static char line[LINE_BYTES + 1];
    snprintf(line, sizeof line, "%s %06u\n", T, number % 1000000);
    return line;
}

static void open_files(const char *worker, uint64_t lines_a_file, uint64_t age_ms, uint32_t count)
{
    const struct sp_logs_config config = {.streams = SP_CAPTURE_STDERR,
                                          .size_bytes = lines_a_file * LINE_BYTES,
                                          .age_ms = age_ms,
                                          .files = count};
    assert_int_equal(svc_logfiles_open(scratch_path("logs"), worker, &config, &files, NULL), SP_OK);
}

static void close_files(void)
{
    svc_logfiles_close(files);
    files = NULL;
}

static int32_t handles_before;

static int open_all(void **state)
{
    handles_before = w32_handle_tally();
    return scratch_open(state);
}

static int close_all(void **state)
{
    svc_logreader_deinit(&reader);
    close_files();
    int closed = scratch_close(state);
    assert_int_equal(w32_handle_tally(), handles_before);
    return closed;
}

static sp_status append_text(uint64_t ms, const char *text, struct sp_error *err)
{
    size_t written = 0;
    sp_status status = svc_logfiles_append(files, ms, text, strlen(text), &written, err);
    if (status == SP_OK)
        assert_int_equal(written, strlen(text));
    return status;
}

static void append(unsigned from, unsigned to)
{
    struct sp_error err;
    for (unsigned i = from; i < to; i++)
        if (append_text(T_MS, line_of(i), &err) != SP_OK)
            fail_msg("%s", err.what);
}

/* Asserts that a file holds these lines. */
static void assert_lines(const char *leaf, unsigned from, unsigned to)
{
    char *text = text_of(scratch_path(leaf));
    assert_int_equal(strlen(text), (to - from) * LINE_BYTES);
    for (unsigned i = from; i < to; i++)
        assert_memory_equal(text + (i - from) * LINE_BYTES, line_of(i), LINE_BYTES);
    free(text);
}

static void assert_gone(const char *leaf)
{
    assert_false(w32_file_exists(scratch_path(leaf)));
}

/* ------------------------------------------------------------------ names */

static void assert_named(const char *worker, const char *leaf)
{
    open_files(worker, 10, 0, 1);
    const char *path = svc_logfiles_path(files);
    assert_string_equal(path + strlen(path) - strlen(leaf), leaf);
    assert_int_equal(path[strlen(path) - strlen(leaf) - 1], '\\');
    append(0, 1);
    assert_true(w32_file_exists(path));
    close_files();
}

static void a_worker_has_a_file_of_its_name(void **state)
{
    (void)state;
    assert_named("sort", "sort.log");
    assert_named("a.b-c_d.", "a.b-c_d..log");
    assert_named("console", "console.log");
    assert_named("com10", "com10.log");
}

static void a_worker_named_as_a_device_has_another(void **state)
{
    (void)state;
    assert_named("con", "_con.log");
    assert_named("NUL", "_NUL.log");
    assert_named("Com1.x", "_Com1.x.log");
    assert_named("lpt9", "_lpt9.log");
}

static void a_worker_named_as_an_old_file_of_another_does_not_share_it(void **state)
{
    (void)state;
    assert_named("a.1", "a.1~.log");
    assert_named("con.2", "_con.2~.log");
    assert_named("a.1x", "a.1x.log");
    assert_named("1", "1.log");
}

static void a_folder_that_ends_in_a_slash_gets_no_second_one(void **state)
{
    (void)state;
    const struct sp_logs_config config = {.files = 1};
    assert_int_equal(svc_logfiles_open("C:\\", "a", &config, &files, NULL), SP_OK);
    assert_string_equal(svc_logfiles_path(files), "C:\\a.log");
}

/* ------------------------------------------------------------------ the next file */

static void opening_touches_no_file(void **state)
{
    (void)state;
    open_files("w", 10, DAY_MS, 5);
    assert_false(w32_folder_exists(scratch_path("logs")));
    append(0, 1);
    assert_lines("logs\\w.log", 0, 1);
}

static void the_next_file_begins_where_one_would_grow_too_large(void **state)
{
    (void)state;
    open_files("w", 10, 0, 3);
    append(0, 10);
    assert_gone("logs\\w.1.log");
    append(10, 25);
    assert_lines("logs\\w.log", 20, 25);
    assert_lines("logs\\w.1.log", 10, 20);
    assert_lines("logs\\w.2.log", 0, 10);
    append(25, 47);
    assert_lines("logs\\w.log", 40, 47);
    assert_lines("logs\\w.1.log", 30, 40);
    assert_lines("logs\\w.2.log", 20, 30);
    assert_gone("logs\\w.3.log");
}

static void other_sizes_and_numbers_hold_from_the_next_line_on(void **state)
{
    (void)state;
    struct sp_logs_config wanted = {.size_bytes = 5 * LINE_BYTES, .files = 2};
    open_files("w", 10, 0, 4);
    append(0, 35);
    svc_logfiles_configure(files, &wanted, T_MS);
    assert_lines("logs\\w.log", 30, 35);
    assert_lines("logs\\w.1.log", 20, 30);
    assert_gone("logs\\w.2.log");
    assert_gone("logs\\w.3.log");
    append(35, 42);
    assert_lines("logs\\w.log", 40, 42);
    assert_lines("logs\\w.1.log", 35, 40);
    assert_gone("logs\\w.2.log");
    wanted.files = 3;
    svc_logfiles_configure(files, &wanted, T_MS);
    append(42, 52);
    assert_lines("logs\\w.log", 50, 52);
    assert_lines("logs\\w.1.log", 45, 50);
    assert_lines("logs\\w.2.log", 40, 45);
}

static void many_lines_at_once_go_to_several_files_and_no_line_to_two(void **state)
{
    (void)state;
    static char text[25 * LINE_BYTES + 1];
    open_files("w", 10, 0, 5);
    append(0, 3);
    for (unsigned i = 3; i < 28; i++)
        memcpy(text + (i - 3) * LINE_BYTES, line_of(i), LINE_BYTES);
    assert_int_equal(append_text(T_MS, text, NULL), SP_OK);
    assert_lines("logs\\w.log", 20, 28);
    assert_lines("logs\\w.1.log", 10, 20);
    assert_lines("logs\\w.2.log", 0, 10);
}

static void a_line_larger_than_a_file_has_one_of_its_own(void **state)
{
    (void)state;
    char large[3 * LINE_BYTES];
    memset(large, 'x', sizeof large);
    memcpy(large + sizeof large - 2, "\n", 2);
    open_files("w", 2, 0, 3);
    append(0, 1);
    assert_int_equal(append_text(T_MS, large, NULL), SP_OK);
    append(1, 2);
    assert_lines("logs\\w.2.log", 0, 1);
    assert_file(scratch_path("logs\\w.1.log"), large);
    assert_lines("logs\\w.log", 1, 2);
}

static void of_one_file_nothing_old_is_kept(void **state)
{
    (void)state;
    open_files("w", 10, 0, 1);
    append(0, 25);
    assert_lines("logs\\w.log", 20, 25);
    assert_gone("logs\\w.1.log");
    assert_int_equal(svc_logfiles_current(files), 3);
}

static void the_size_counts_what_was_there_before(void **state)
{
    (void)state;
    open_files("w", 10, 0, 3);
    append(0, 8);
    close_files();
    open_files("w", 10, 0, 3);
    append(8, 12);
    assert_lines("logs\\w.1.log", 0, 10);
    assert_lines("logs\\w.log", 10, 12);
}

static void the_next_file_begins_when_the_first_line_is_old(void **state)
{
    (void)state;
    open_files("w", 1000, DAY_MS, 3);
    assert_int_equal(append_text(T_MS, T " one\n", NULL), SP_OK);
    assert_int_equal(append_text(T_MS + DAY_MS - 1, T " two\n", NULL), SP_OK);
    assert_gone("logs\\w.1.log");
    assert_int_equal(append_text(T_MS + DAY_MS, T " three\n", NULL), SP_OK);
    assert_file(scratch_path("logs\\w.1.log"), T " one\n" T " two\n");
    assert_file(scratch_path("logs\\w.log"), T " three\n");
}

static void the_age_of_a_file_is_known_after_a_restart(void **state)
{
    (void)state;
    open_files("w", 1000, DAY_MS, 3);
    assert_int_equal(append_text(T_MS, T " one\n", NULL), SP_OK);
    close_files();
    open_files("w", 1000, DAY_MS, 3);
    assert_int_equal(append_text(T_MS + DAY_MS - 1, T " two\n", NULL), SP_OK);
    close_files();
    open_files("w", 1000, DAY_MS, 3);
    assert_int_equal(append_text(T_MS + DAY_MS, T " three\n", NULL), SP_OK);
    assert_file(scratch_path("logs\\w.1.log"), T " one\n" T " two\n");
    assert_file(scratch_path("logs\\w.log"), T " three\n");
}

static void a_file_that_does_not_begin_with_a_moment_is_young(void **state)
{
    (void)state;
    assert_int_equal(w32_file_create(scratch_path("logs\\w.log"), "mine\n", 5, NULL), SP_OK);
    open_files("w", 1000, DAY_MS, 3);
    assert_int_equal(append_text(T_MS + 2 * DAY_MS, T " one\n", NULL), SP_OK);
    assert_file(scratch_path("logs\\w.log"), "mine\n" T " one\n");
}

static void old_files_go_when_they_were_last_written_long_ago(void **state)
{
    (void)state;
    uint64_t now = w32_unix_ms();
    open_files("w", 10, 30 * DAY_MS, 5);
    append(0, 25);
    svc_logfiles_expire(files, now + 29 * DAY_MS);
    assert_lines("logs\\w.2.log", 0, 10);
    svc_logfiles_expire(files, now + 31 * DAY_MS);
    assert_gone("logs\\w.2.log");
    assert_gone("logs\\w.1.log");
    assert_lines("logs\\w.log", 20, 25);
    append(25, 31);
    assert_lines("logs\\w.1.log", 20, 30);
    assert_lines("logs\\w.log", 30, 31);
}

static void files_of_an_earlier_config_that_are_too_many_go(void **state)
{
    (void)state;
    open_files("w", 10, 0, 5);
    append(0, 45);
    close_files();
    open_files("w", 10, 0, 2);
    append(45, 51);
    assert_lines("logs\\w.log", 50, 51);
    assert_lines("logs\\w.1.log", 40, 50);
    assert_gone("logs\\w.2.log");
    assert_gone("logs\\w.3.log");
    assert_gone("logs\\w.4.log");
}

static void a_line_that_a_killed_service_left_gets_its_end(void **state)
{
    (void)state;
    assert_int_equal(w32_file_create(scratch_path("logs\\w.log"), T " a", strlen(T " a"), NULL),
                     SP_OK);
    open_files("w", 10, 0, 3);
    append(0, 1);
    assert_true(file_holds(scratch_path("logs\\w.log"), T " a\n" T " 000000\n"));
}

/* ------------------------------------------------------------------ what others do */

static void an_old_file_that_is_held_stops_no_line_and_loses_none(void **state)
{
    (void)state;
    struct sp_error err;
    open_files("w", 10, 0, 4);
    append(0, 35);
    w32_handle held = locked(scratch_path("logs\\w.2.log"));
    append(35, 50); /* the oldest has gone; the current one takes twice its size */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(append_text(T_MS, line_of(50), &err), SP_EOS);
        assert_int_equal(err.os, ERROR_SHARING_VIOLATION);
        assert_non_null(strstr(err.what, "w.2.log"));
    }
    w32_handle_close(&held);
    uint64_t deadline = w32_now_ms() + PATIENCE_MS;
    while (append_text(T_MS, line_of(50), NULL) != SP_OK && w32_now_ms() < deadline)
        Sleep(20);
    assert_lines("logs\\w.log", 50, 51);
    assert_lines("logs\\w.1.log", 30, 50);
    assert_lines("logs\\w.2.log", 20, 30);
    assert_lines("logs\\w.3.log", 10, 20);
}

static void a_current_file_that_is_held_fails_and_heals(void **state)
{
    (void)state;
    struct sp_error err;
    open_files("w", 10, 0, 3);
    append(0, 1);
    svc_logfiles_rest(files);
    w32_handle held = locked(svc_logfiles_path(files));
    assert_int_equal(append_text(T_MS, line_of(1), &err), SP_EOS);
    assert_int_equal(err.os, ERROR_SHARING_VIOLATION);
    assert_non_null(strstr(err.what, svc_logfiles_path(files)));
    w32_handle_close(&held);
    append(1, 2);
    assert_lines("logs\\w.log", 0, 2);
}

static void a_reader_of_the_oldest_file_is_no_hindrance(void **state)
{
    (void)state;
    w32_handle held = NULL;
    char bytes[LINE_BYTES];
    uint32_t got = 0;
    open_files("w", 10, 0, 2);
    append(0, 15);
    assert_int_equal(w32_file_open(scratch_path("logs\\w.1.log"), W32_FILE_READ, &held, NULL),
                     SP_OK);
    append(15, 45);
    assert_lines("logs\\w.log", 40, 45);
    assert_lines("logs\\w.1.log", 30, 40);
    assert_int_equal(w32_file_read_at(held, 0, bytes, sizeof bytes, &got, NULL), SP_OK);
    assert_memory_equal(bytes, line_of(0), LINE_BYTES);
    w32_handle_close(&held);
    append(45, 61); /* what could not be deleted then is now */
    assert_gone("logs\\w~0.log");
}

static void a_current_file_that_is_moved_away_is_begun_anew(void **state)
{
    (void)state;
    open_files("w", 10, 0, 3);
    append(0, 3);
    assert_int_equal(w32_file_rename(svc_logfiles_path(files), scratch_path("moved"), NULL), SP_OK);
    svc_logfiles_rest(files);
    append(3, 5);
    assert_lines("moved", 0, 3);
    assert_lines("logs\\w.log", 3, 5);
    append(5, 12);
    assert_lines("logs\\w.log", 3, 12);
}

/* ------------------------------------------------------------------ reading */

/* Reads on; the lines must be these. */
static void assert_reads(bool follow, unsigned from, unsigned to)
{
    char bytes[7 * LINE_BYTES + 5]; /* no multiple of a line */
    static char all[200 * LINE_BYTES];
    size_t len = 0;
    uint32_t got = 1;
    while (got > 0) {
        struct sp_error err;
        if (svc_logreader_next(&reader, follow, bytes, sizeof bytes, &got, &err) != SP_OK)
            fail_msg("%s", err.what);
        assert_in_range(len + got, 0, sizeof all);
        memcpy(all + len, bytes, got);
        len += got;
    }
    assert_int_equal(len, (to - from) * LINE_BYTES);
    for (unsigned i = from; i < to; i++)
        assert_memory_equal(all + (i - from) * LINE_BYTES, line_of(i), LINE_BYTES);
}

static void seek(uint64_t lines)
{
    svc_logreader_deinit(&reader);
    reader = (struct svc_logreader){.files = files};
    assert_int_equal(svc_logreader_seek(&reader, lines, NULL), SP_OK);
}

static void assert_last(uint64_t lines, unsigned from, unsigned to)
{
    seek(lines);
    assert_reads(false, from, to);
    svc_logreader_deinit(&reader);
}

static void the_last_lines_are_found_over_the_ends_of_files(void **state)
{
    (void)state;
    open_files("w", 10, 0, 5);
    append(0, 35);
    assert_last(1, 34, 35);
    assert_last(5, 30, 35);
    assert_last(6, 29, 35);
    assert_last(15, 20, 35);
    assert_last(16, 19, 35);
    assert_last(34, 1, 35);
    assert_last(35, 0, 35);
    assert_last(1000, 0, 35);
    assert_last(0, 0, 35);
}

static void the_last_lines_are_found_in_a_large_file(void **state)
{
    (void)state;
    enum { LINES = 20000 };
    open_files("w", LINES, 0, 2);
    static char text[LINES * LINE_BYTES + 1];
    for (unsigned i = 0; i < LINES; i++)
        memcpy(text + (size_t)i * LINE_BYTES, line_of(i), LINE_BYTES);
    assert_int_equal(append_text(T_MS, text, NULL), SP_OK);
    for (unsigned i = 0; i < 3; i++) {
        static const unsigned counts[] = {2047, 2048, 2049}; /* about the first 64 KiB */
        seek(counts[i]);
        assert_int_equal(reader.at.offset, (LINES - counts[i]) * LINE_BYTES);
    }
    assert_last(150, LINES - 150, LINES);
}

static void a_log_without_a_file_is_empty(void **state)
{
    (void)state;
    open_files("w", 10, 0, 5);
    assert_last(0, 0, 0);
    assert_last(3, 0, 0);
    seek(3);
    assert_reads(true, 0, 0);
    append(0, 2);
    assert_reads(true, 0, 2);
    svc_logreader_deinit(&reader);
}

static void who_does_not_follow_gets_what_there_was(void **state)
{
    (void)state;
    open_files("w", 10, 0, 5);
    append(0, 15);
    seek(0);
    append(15, 25);
    assert_reads(false, 0, 15);
    svc_logreader_deinit(&reader);
}

static void who_follows_gets_each_line_once_over_many_files(void **state)
{
    (void)state;
    open_files("w", 10, 0, 5);
    append(0, 5);
    seek(2);
    assert_reads(true, 3, 5);
    append(5, 9);
    assert_reads(true, 5, 9);
    append(9, 11);
    assert_reads(true, 9, 11);
    append(11, 48); /* several files at once */
    assert_reads(true, 11, 48);
    assert_reads(true, 48, 48);
    append(48, 50);
    assert_reads(true, 48, 50);
    svc_logreader_deinit(&reader);
}

static void a_private_file_stays_so_when_it_is_renamed(void **state)
{
    (void)state;
    open_files("a", 1, 0, 3);
    assert_int_equal(svc_logfiles_make_private(files, NULL), SP_OK);
    append(0, 3);
    assert_false(is_for_others(scratch_path("logs\\a.log")));
    assert_false(is_for_others(scratch_path("logs\\a.1.log")));
    assert_false(is_for_others(scratch_path("logs\\a.2.log")));
}

static void who_follows_too_slowly_misses_what_was_deleted(void **state)
{
    (void)state;
    open_files("w", 10, 0, 3);
    append(0, 10);
    seek(1);
    svc_logreader_deinit(&reader); /* it had no time to open a file */
    append(10, 65);
    assert_reads(true, 40, 65);
    svc_logreader_deinit(&reader);
}

static void who_follows_goes_on_where_a_file_was_moved_away_or_emptied(void **state)
{
    (void)state;
    open_files("w", 100, 0, 3);
    append(0, 3);
    seek(0);
    assert_reads(true, 0, 3);
    append(3, 4);
    assert_int_equal(w32_file_rename(svc_logfiles_path(files), scratch_path("moved"), NULL), SP_OK);
    append(4, 5); /* within the same second: still to the file that was moved */
    svc_logfiles_rest(files);
    append(5, 7);
    assert_reads(true, 3, 7);
    w32_handle empty = NULL;
    assert_int_equal(w32_file_open(svc_logfiles_path(files), W32_FILE_WRITE, &empty, NULL), SP_OK);
    w32_handle_close(&empty);
    svc_logfiles_rest(files);
    append(7, 8);
    assert_reads(true, 7, 8);
    svc_logreader_deinit(&reader);
}

static void a_search_that_is_cancelled_ends(void **state)
{
    (void)state;
    open_files("w", 10, 0, 3);
    append(0, 5);
    struct svc_logreader cancelled = {.files = files, .cancel = true};
    assert_int_equal(svc_logreader_seek(&cancelled, 3, NULL), SP_ECANCELED);
    svc_logreader_deinit(&cancelled);
}

static void a_file_that_can_not_be_read_is_named(void **state)
{
    (void)state;
    struct sp_error err = {0};
    char bytes[8];
    uint32_t got = 0;
    open_files("w", 10, 0, 3);
    append(0, 15);
    svc_logfiles_rest(files);
    w32_handle held = locked(scratch_path("logs\\w.1.log"));
    struct svc_logreader it = {.files = files};
    assert_int_equal(svc_logreader_seek(&it, 0, NULL), SP_OK);
    assert_int_equal(svc_logreader_next(&it, false, bytes, sizeof bytes, &got, &err), SP_EOS);
    assert_non_null(strstr(err.what, "w.1.log"));
    w32_handle_close(&held);
}

#define FILES_TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILES_TEST(a_worker_has_a_file_of_its_name),
        FILES_TEST(a_worker_named_as_a_device_has_another),
        FILES_TEST(a_worker_named_as_an_old_file_of_another_does_not_share_it),
        FILES_TEST(a_folder_that_ends_in_a_slash_gets_no_second_one),
        FILES_TEST(opening_touches_no_file),
        FILES_TEST(the_next_file_begins_where_one_would_grow_too_large),
        FILES_TEST(other_sizes_and_numbers_hold_from_the_next_line_on),
        FILES_TEST(many_lines_at_once_go_to_several_files_and_no_line_to_two),
        FILES_TEST(a_line_larger_than_a_file_has_one_of_its_own),
        FILES_TEST(of_one_file_nothing_old_is_kept),
        FILES_TEST(the_size_counts_what_was_there_before),
        FILES_TEST(the_next_file_begins_when_the_first_line_is_old),
        FILES_TEST(the_age_of_a_file_is_known_after_a_restart),
        FILES_TEST(a_file_that_does_not_begin_with_a_moment_is_young),
        FILES_TEST(old_files_go_when_they_were_last_written_long_ago),
        FILES_TEST(files_of_an_earlier_config_that_are_too_many_go),
        FILES_TEST(a_line_that_a_killed_service_left_gets_its_end),
        FILES_TEST(an_old_file_that_is_held_stops_no_line_and_loses_none),
        FILES_TEST(a_current_file_that_is_held_fails_and_heals),
        FILES_TEST(a_reader_of_the_oldest_file_is_no_hindrance),
        FILES_TEST(a_current_file_that_is_moved_away_is_begun_anew),
        FILES_TEST(the_last_lines_are_found_over_the_ends_of_files),
        FILES_TEST(the_last_lines_are_found_in_a_large_file),
        FILES_TEST(a_log_without_a_file_is_empty),
        FILES_TEST(who_does_not_follow_gets_what_there_was),
        FILES_TEST(who_follows_gets_each_line_once_over_many_files),
        FILES_TEST(a_private_file_stays_so_when_it_is_renamed),
        FILES_TEST(who_follows_too_slowly_misses_what_was_deleted),
        FILES_TEST(who_follows_goes_on_where_a_file_was_moved_away_or_emptied),
        FILES_TEST(a_search_that_is_cancelled_ends),
        FILES_TEST(a_file_that_can_not_be_read_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
