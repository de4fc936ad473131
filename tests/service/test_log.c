/* tests/service/test_log.c - entries of the service's log: whole, in one line each, forged by
 * nobody. */
#include "service/log.h"

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
#include "win32/handle.h"
#include "win32/thread.h"

/* stderr is a file while a test runs. */
static HANDLE stderr_before;
static w32_handle stderr_file;

static int open_all(void **state)
{
    if (scratch_open(state) != 0 || w32_file_append(scratch_path("stderr"), &stderr_file, NULL))
        return -1;
    stderr_before = GetStdHandle(STD_ERROR_HANDLE);
    return SetStdHandle(STD_ERROR_HANDLE, stderr_file) ? 0 : -1;
}

static int close_all(void **state)
{
    svc_log_close();
    SetStdHandle(STD_ERROR_HANDLE, stderr_before);
    w32_handle_close(&stderr_file);
    assert_int_equal(w32_handle_tally(), 0);
    return scratch_close(state);
}

/* The file's text with a NUL; free(). */
static char *read_text(const char *leaf)
{
    struct sp_buffer bytes = {0};
    assert_int_equal(w32_file_read(scratch_path(leaf), 64 << 20, &bytes, NULL), SP_OK);
    assert_int_equal(sp_buffer_append(&bytes, "", 1, NULL), SP_OK);
    return (char *)bytes.data;
}

/* "2026-11-23T10:11:12.345Z " */
enum { TIME_LEN = 25 };

static void assert_time(const char *entry)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddZ ";
    for (size_t i = 0; i < TIME_LEN; i++) {
        if (shape[i] == 'd')
            assert_in_range(entry[i], '0', '9');
        else
            assert_int_equal(entry[i], shape[i]);
    }
}

static void assert_entry(const char *leaf, const char *expected)
{
    char *text = read_text(leaf);
    assert_in_range(strlen(text), TIME_LEN, SIZE_MAX);
    assert_time(text);
    assert_string_equal(text + TIME_LEN, expected);
    free(text);
}

static void an_entry_is_time_level_and_text(void **state)
{
    (void)state;
    assert_int_equal(svc_log_open(scratch_path("logs\\a.log"), false, NULL), SP_OK);
    svc_log(SVC_LOG_WARNING, "worker %s ended with %d: Grüße", "sort", 3);
    assert_entry("logs\\a.log", "WARNING worker sort ended with 3: Grüße\n");
    assert_int_equal(GetFileSize(stderr_file, NULL), 0);
}

static void the_time_is_utc(void **state)
{
    (void)state;
    SYSTEMTIME before;
    SYSTEMTIME after;
    char expected[2][32];
    assert_int_equal(svc_log_open(scratch_path("a.log"), false, NULL), SP_OK);
    GetSystemTime(&before);
    svc_log(SVC_LOG_INFO, "x");
    GetSystemTime(&after);
    const SYSTEMTIME *times[2] = {&before, &after};
    for (int i = 0; i < 2; i++)
        snprintf(expected[i], sizeof expected[i], "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
                 times[i]->wYear, times[i]->wMonth, times[i]->wDay, times[i]->wHour,
                 times[i]->wMinute, times[i]->wSecond, times[i]->wMilliseconds);
    char *text = read_text("a.log");
    text[TIME_LEN - 1] = '\0';
    assert_true(strcmp(expected[0], text) <= 0 && strcmp(text, expected[1]) <= 0);
    free(text);
}

static void a_text_of_others_can_not_forge_an_entry(void **state)
{
    (void)state;
    assert_int_equal(svc_log_open(scratch_path("a.log"), false, NULL), SP_OK);
    svc_log(SVC_LOG_INFO, "a\r\n2026-01-01T00:00:00.000Z ERROR b\x1B[2J\x7F\xC2\x9B\t€");
    assert_entry("a.log", "INFO a\\x0D\\x0A2026-01-01T00:00:00.000Z ERROR b\\x1B[2J\\x7F\\x9B\\x09"
                          "€\n");
}

static void entries_go_to_stderr_until_a_file_is_open(void **state)
{
    (void)state;
    svc_log(SVC_LOG_ERROR, "early");
    assert_entry("stderr", "ERROR early\n");
}

static void entries_go_to_both_when_people_watch(void **state)
{
    (void)state;
    assert_int_equal(svc_log_open(scratch_path("a.log"), true, NULL), SP_OK);
    svc_log(SVC_LOG_INFO, "x");
    assert_entry("stderr", "INFO x\n");
    assert_entry("a.log", "INFO x\n");
}

static void a_file_that_can_not_be_opened_leaves_stderr(void **state)
{
    (void)state;
    struct sp_error err = {0};
    assert_int_equal(w32_folder_create(scratch_path("folder"), NULL, NULL), SP_OK);
    assert_int_not_equal(svc_log_open(scratch_path("folder"), false, &err), SP_OK);
    assert_non_null(strstr(err.what, "folder"));
    svc_log(SVC_LOG_INFO, "heard");
    assert_entry("stderr", "INFO heard\n");
}

static void a_log_is_appended_to(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(svc_log_open(scratch_path("a.log"), false, NULL), SP_OK);
        svc_log(SVC_LOG_INFO, "x");
        svc_log_close();
    }
    char *text = read_text("a.log");
    assert_int_equal(strlen(text), 2 * (TIME_LEN + strlen("INFO x\n")));
    free(text);
}

static void a_long_entry_is_whole(void **state)
{
    (void)state;
    enum { LEN = 300000 };
    char *long_text = malloc(LEN + 1);
    assert_non_null(long_text);
    memset(long_text, '\x01', LEN);
    long_text[LEN] = '\0';
    assert_int_equal(svc_log_open(scratch_path("a.log"), false, NULL), SP_OK);
    svc_log(SVC_LOG_INFO, "%send", long_text);
    char *text = read_text("a.log");
    assert_int_equal(strlen(text), TIME_LEN + strlen("INFO ") + LEN * 4 + strlen("end\n"));
    assert_string_equal(text + strlen(text) - 8, "\\x01end\n");
    free(text);
    free(long_text);
}

enum { THREADS = 8, ENTRIES = 200 };

static void log_many(void *arg)
{
    for (int i = 0; i < ENTRIES; i++)
        svc_log(SVC_LOG_INFO, "thread %d entry %d %0*d", *(int *)arg, i, 50 + i, 0);
}

/* Each entry is where its thread says it is: none lost, none torn, none mixed. */
static void assert_all_whole(const char *text)
{
    int next[THREADS] = {0};
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        int thread = 0;
        int entry = 0;
        assert_time(line);
        assert_int_equal(sscanf(line + TIME_LEN, "INFO thread %d entry %d ", &thread, &entry), 2);
        assert_in_range(thread, 0, THREADS - 1);
        assert_int_equal(entry, next[thread]++);
        const char *zeros = strchr(line, '\n') - (50 + entry) - 1;
        assert_int_equal(*zeros, ' ');
        assert_int_equal(strspn(zeros + 1, "0"), 50 + entry);
        assert_int_equal(zeros[1 + 50 + entry], '\n');
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(next[i], ENTRIES);
}

static void entries_of_many_threads_do_not_mix(void **state)
{
    (void)state;
    w32_handle threads[THREADS] = {0};
    int numbers[THREADS];
    assert_int_equal(svc_log_open(scratch_path("a.log"), false, NULL), SP_OK);
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(w32_thread_start(log_many, &numbers[i], &threads[i], NULL), SP_OK);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(w32_thread_join(&threads[i], W32_FOREVER), SP_OK);
    char *text = read_text("a.log");
    assert_all_whole(text);
    free(text);
}

static void what_clients_bring_about_is_bounded_and_counted(void **state)
{
    (void)state;
    enum { ALL = 1000 };
    unsigned written = 0, left_out = 0;
    assert_int_equal(svc_log_open(scratch_path("a.log"), false, NULL), SP_OK);
    uint64_t since = GetTickCount64();
    for (int i = 0; i < ALL; i++)
        svc_log_client(SVC_LOG_WARNING, "refused %d", i);
    uint64_t seconds = (GetTickCount64() - since) / 1000 + 1;
    svc_log(SVC_LOG_INFO, "not a client's");
    svc_log_close();
    char *text = read_text("a.log");
    for (const char *at = text; (at = strstr(at, "WARNING ")) != NULL; at++) {
        unsigned count = 0;
        written += strncmp(at, "WARNING refused ", 16) == 0;
        if (sscanf(at, "WARNING %u more entries", &count) == 1)
            left_out += count;
    }
    assert_in_range(written, SVC_LOG_CLIENT_ENTRIES, SVC_LOG_CLIENT_ENTRIES * (seconds + 1));
    assert_int_equal(written + left_out, ALL);
    assert_non_null(strstr(text, "INFO not a client's"));
    free(text);
}

enum { BIG = 1 << 20, BIG_ENTRIES = 60 };

/* Reads one file's entries; the first of all may be any. @return its size; 0: there is none */
static size_t read_numbers(const char *leaf, int *next)
{
    if (!w32_file_exists(scratch_path(leaf)))
        return 0;
    char *text = read_text(leaf);
    size_t len = strlen(text);
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        int number = -1;
        assert_time(line);
        assert_int_equal(sscanf(line + TIME_LEN, "INFO %d ", &number), 1);
        assert_true(*next == number || *next < 0);
        *next = number + 1;
    }
    free(text);
    return len;
}

static void a_full_log_goes_on_in_the_next_file_without_a_gap(void **state)
{
    (void)state;
    int next = -1;
    assert_int_equal(svc_log_open(scratch_path("logs\\a.log"), false, NULL), SP_OK);
    for (int i = 0; i < BIG_ENTRIES; i++)
        svc_log(SVC_LOG_INFO, "%d %0*d", i, BIG, 0);
    for (int n = SVC_LOG_FILES; n >= 0; n--) {
        char leaf[32] = "logs\\a.log";
        if (n > 0)
            snprintf(leaf, sizeof leaf, "logs\\a.%d.log", n);
        size_t size = read_numbers(leaf, &next);
        if (n == SVC_LOG_FILES)
            assert_int_equal(size, 0);
        else
            assert_in_range(size, 1, SVC_LOG_FILE_BYTES);
    }
    assert_int_equal(next, BIG_ENTRIES);
    assert_int_equal(GetFileSize(stderr_file, NULL), 0);
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(an_entry_is_time_level_and_text),
        LOG_TEST(the_time_is_utc),
        LOG_TEST(a_text_of_others_can_not_forge_an_entry),
        LOG_TEST(entries_go_to_stderr_until_a_file_is_open),
        LOG_TEST(entries_go_to_both_when_people_watch),
        LOG_TEST(a_file_that_can_not_be_opened_leaves_stderr),
        LOG_TEST(a_log_is_appended_to),
        LOG_TEST(a_long_entry_is_whole),
        LOG_TEST(entries_of_many_threads_do_not_mix),
        LOG_TEST(what_clients_bring_about_is_bounded_and_counted),
        LOG_TEST(a_full_log_goes_on_in_the_next_file_without_a_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
