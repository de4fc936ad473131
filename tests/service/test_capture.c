/* tests/service/test_capture.c - what a worker says comes to its log files, whatever is wrong with
 * them; whoever writes never waits. */
#include "service/capture.h"

#include "logged.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <windows.h>

#include "core/isotime.h"
#include "core/loglines.h"
#include "service/log.h"
#include "tests/scratch.h"
#include "win32/loop.h"
#include "win32/strict.h"
#include "win32/thread.h"

#define T    "2026-11-23T10:11:12.345Z"
#define T_MS UINT64_C(1795428672345)

static struct svc_capture *capture;
static int32_t handles_before;
static _Atomic uint64_t clock_ms;

static uint64_t test_clock(void)
{
    return atomic_load(&clock_ms);
}

static int open_all(void **state)
{
    handles_before = w32_handle_tally();
    atomic_store(&clock_ms, T_MS);
    if (scratch_open(state) != 0)
        return -1;
    return svc_log_open(scratch_path("service.log"), false, NULL) == SP_OK ? 0 : -1;
}

/* Waits until the task has seen that the log can't be written; the service's log says so. */
static void assert_fails(const char *why)
{
    const char *path = scratch_path("service.log");
    assert_will_hold(path, "WARNING worker 'w': its log can't be written: ");
    assert_true(file_holds(path, why));
}

static void close_capture(void)
{
    svc_capture_close(capture, PATIENCE_MS);
    capture = NULL;
}

static int close_all(void **state)
{
    close_capture();
    svc_log_close();
    int closed = scratch_close(state);
    assert_int_equal(w32_handle_tally(), handles_before);
    assert_int_equal(w32_strict_ops_in_flight(), 0);
    return closed;
}

static void open_with(enum sp_capture streams, uint64_t size_bytes, uint32_t files)
{
    const struct sp_logs_config config = {
        .streams = streams, .size_bytes = size_bytes, .age_ms = 86400000, .files = files};
    const struct svc_capture_options options = {
        .folder = scratch_path("logs"), .worker = "w", .config = &config, .unix_ms = test_clock};
    assert_int_equal(svc_capture_open(&options, &capture, NULL), SP_OK);
}

static void open_capture(void)
{
    open_with(SP_CAPTURE_STDERR, 64 << 20, 5);
}

static const char *log_path(void)
{
    return scratch_path("logs\\w.log");
}

static void say(const char *text)
{
    svc_capture_write(capture, "s1", SP_STDERR, text, strlen(text));
}

/* ------------------------------------------------------------------ what is kept */

static void lines_come_to_the_file(void **state)
{
    (void)state;
    open_with(SP_CAPTURE_BOTH, 64 << 20, 5);
    say("one\ntwo\n");
    svc_capture_write(capture, "s2", SP_STDOUT, "three\n", 6);
    assert_will_hold(log_path(), "three");
    assert_file(log_path(), T " s1 stderr one\n" T " s1 stderr two\n" T " s2 stdout three\n");
}

static void only_the_streams_asked_for_are_kept(void **state)
{
    (void)state;
    open_capture();
    assert_true(svc_capture_wants(capture, SP_STDERR));
    assert_false(svc_capture_wants(capture, SP_STDOUT));
    assert_false(svc_capture_wants(capture, SP_STDIN));
    svc_capture_write(capture, "s1", SP_STDOUT, "out\n", 4);
    svc_capture_write(capture, "s1", SP_STDIN, "in\n", 3);
    say("err\n");
    say("");
    close_capture();
    assert_file(log_path(), T " s1 stderr err\n");
}

static void a_worker_of_which_nothing_is_kept_has_no_capture(void **state)
{
    (void)state;
    open_with(SP_CAPTURE_NONE, 4096, 5);
    assert_null(capture);
    assert_false(svc_capture_wants(NULL, SP_STDERR));
    svc_capture_write(NULL, "s1", SP_STDERR, "x\n", 2);
    svc_capture_close(NULL, 0);
}

static void without_a_byte_there_is_no_file(void **state)
{
    (void)state;
    open_capture();
    close_capture();
    assert_false(w32_folder_exists(scratch_path("logs")));
}

static void every_byte_is_kept_as_it_is(void **state)
{
    (void)state;
    static unsigned char said[3 * 256 + 1];
    size_t head_len = strlen(T " s1 stderr ");
    struct sp_buffer file = {0};
    for (size_t i = 0; i < sizeof said - 1; i++)
        said[i] = (unsigned char)(i == '\n' ? '!' : i);
    said[256 + '\n'] = said[512 + '\n'] = 0xFF;
    said[sizeof said - 1] = '\n';
    open_capture();
    svc_capture_write(capture, "s1", SP_STDERR, said, sizeof said);
    close_capture();
    assert_int_equal(w32_file_read(log_path(), 1 << 20, &file, NULL), SP_OK);
    assert_int_equal(file.len, head_len + sizeof said);
    assert_memory_equal(file.data, T " s1 stderr ", head_len);
    assert_memory_equal(file.data + head_len, said, sizeof said);
    sp_buffer_deinit(&file);
}

static void a_line_that_does_not_end_is_written_after_a_while(void **state)
{
    (void)state;
    open_capture();
    say("name? ");
    atomic_fetch_add(&clock_ms, 1000);
    assert_will_hold(log_path(), " s1 stderr+ name? \n");
    say("thanks\n");
    assert_will_hold(log_path(), " s1 stderr thanks\n");
}

static void a_close_writes_what_is_still_there(void **state)
{
    (void)state;
    open_capture();
    say("one\n");
    say("two, not ended");
    close_capture();
    assert_file(log_path(), T " s1 stderr one\n" T " s1 stderr+ two, not ended\n");
}

static void the_log_goes_on_after_a_restart(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        open_capture();
        say("x\n");
        close_capture();
    }
    assert_file(log_path(), T " s1 stderr x\n" T " s1 stderr x\n");
}

static void at_rest_no_file_is_open(void **state)
{
    (void)state;
    open_capture();
    say("x\n");
    assert_will_hold(log_path(), "x\n");
    assert_handles_will_be(handles_before); /* the service's log has had no entry */
    say("y\n");
    assert_will_hold(log_path(), "y\n");
}

static void files_are_rotated(void **state)
{
    (void)state;
    open_with(SP_CAPTURE_STDERR, 4096, 100);
    for (int i = 0; i < 1000; i++) {
        char line[32];
        snprintf(line, sizeof line, "line %03d\n", i);
        say(line);
    }
    close_capture();
    int next = 999;
    for (int n = 0; next >= 0; n++) {
        char leaf[32];
        snprintf(leaf, sizeof leaf, n == 0 ? "logs\\w.log" : "logs\\w.%d.log", n);
        char *text = text_of(scratch_path(leaf));
        size_t len = strlen(text), line_len = strlen(T " s1 stderr line 000\n");
        assert_in_range(len, line_len, 4096);
        for (size_t at = len; at > 0; at -= line_len) {
            char line[64];
            snprintf(line, sizeof line, T " s1 stderr line %03d\n", next--);
            assert_memory_equal(text + at - line_len, line, line_len);
        }
        free(text);
    }
}

static void a_file_that_is_old_is_rotated(void **state)
{
    (void)state;
    open_capture();
    say("old\n");
    assert_will_hold(log_path(), "old");
    atomic_fetch_add(&clock_ms, 86400000);
    say("new\n");
    assert_will_hold(log_path(), "new");
    assert_false(file_holds(log_path(), "old"));
    assert_file(scratch_path("logs\\w.1.log"), T " s1 stderr old\n");
}

/* ------------------------------------------------------------------ many at once */

enum { WRITERS = 4, LINES = 1500 };

static void say_many(void *arg)
{
    char tag[8], line[64];
    snprintf(tag, sizeof tag, "s%d", *(int *)arg);
    for (int i = 0; i < LINES; i++) {
        int len = snprintf(line, sizeof line, "line %d of %s\n", i, tag);
        int half = i % len; /* a line often comes in two pieces */
        svc_capture_write(capture, tag, SP_STDERR, line, (size_t)half);
        svc_capture_write(capture, tag, SP_STDERR, line + half, (size_t)(len - half));
    }
}

static void lines_of_several_writers_are_whole_and_in_order(void **state)
{
    (void)state;
    w32_handle threads[WRITERS] = {0};
    int numbers[WRITERS], next[WRITERS] = {0};
    open_capture();
    for (int i = 0; i < WRITERS; i++) {
        numbers[i] = i;
        assert_int_equal(w32_thread_start(say_many, &numbers[i], &threads[i], NULL), SP_OK);
    }
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(w32_thread_join(&threads[i], PATIENCE_MS), SP_OK);
    close_capture();
    char *text = text_of(log_path());
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        int writer = 0, number = 0, same = 0, end = 0;
        assert_int_equal(sscanf(line + SP_ISOTIME_LEN, " s%d stderr line %d of s%d%n", &writer,
                                &number, &same, &end),
                         3);
        assert_int_equal(strlen(line), SP_ISOTIME_LEN + end);
        assert_int_equal(writer, same);
        assert_in_range(writer, 0, WRITERS - 1);
        assert_int_equal(number, next[writer]++);
    }
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(next[i], LINES);
    free(text);
}

/* ------------------------------------------------------------------ what can go wrong */

static void a_locked_file_delays_the_log_and_loses_nothing(void **state)
{
    (void)state;
    open_capture();
    say("before\n");
    assert_will_hold(log_path(), "before");
    assert_handles_will_be(handles_before); /* the service's log has had no entry */
    w32_handle held = locked(log_path());
    say("meanwhile\n");
    assert_fails("(error 32)");
    atomic_fetch_add(&clock_ms, 5);
    say("and more\n");
    w32_handle_close(&held);
    assert_will_hold(log_path(), "and more");
    assert_file(log_path(),
                T " s1 stderr before\n" T
                  " s1 stderr meanwhile\n2026-11-23T10:11:12.350Z s1 stderr and more\n");
}

/* Sums up what is there of "0123456789...\n" lines, and what is said to be missing. */
static uint64_t account_for(const char *text, uint64_t *missing, const char *reason)
{
    uint64_t kept = 0;
    *missing = 0;
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        unsigned long long bytes = 0;
        size_t len = strcspn(line, "\n");
        const char *said = line + SP_ISOTIME_LEN;
        if (sscanf(said, " - log %llu bytes are missing here: ", &bytes) == 1) {
            const char *why = strstr(said, reason);
            assert_true(why != NULL && why < line + len);
            *missing += bytes;
        } else if (strncmp(said, " s1 stderr ", 11) == 0) {
            kept += len - SP_ISOTIME_LEN - 11 + 1;
        } else {
            assert_memory_equal(said, " s1 stderr+ ", 12);
            kept += len - SP_ISOTIME_LEN - 12;
        }
    }
    return kept;
}

enum { PIECE = 10000, PIECES = 400 };

static void overflow(void)
{
    static char piece[PIECE];
    memset(piece, 'x', sizeof piece);
    piece[4999] = piece[PIECE - 1] = '\n';
    for (int i = 0; i < PIECES; i++)
        svc_capture_write(capture, "s1", SP_STDERR, piece, sizeof piece);
}

static void assert_accounted_for(uint64_t before, const char *reason)
{
    uint64_t missing = 0;
    close_capture();
    char *text = text_of(log_path());
    uint64_t kept = account_for(text, &missing, reason);
    assert_in_range(missing, 1, PIECE * PIECES);
    assert_int_equal(kept + missing, before + PIECE * PIECES);
    free(text);
}

static void a_queue_that_overflows_says_how_much_is_missing_and_why(void **state)
{
    (void)state;
    assert_int_equal(w32_folder_create(scratch_path("logs"), NULL, NULL), SP_OK);
    w32_handle held = locked(log_path());
    open_capture();
    say("x\n");
    assert_fails("(error 32)");
    overflow();
    w32_handle_close(&held);
    assert_will_hold(log_path(), "bytes are missing here");
    assert_true(
        file_holds(scratch_path("service.log"), "INFO worker 'w': its log is written again"));
    assert_accounted_for(2, "(error 32)");
}

static void a_line_does_not_go_on_behind_a_gap(void **state)
{
    (void)state;
    static char much[2 * SVC_CAPTURE_QUEUE_BYTES];
    memset(much, 'y', sizeof much);
    assert_int_equal(w32_folder_create(scratch_path("logs"), NULL, NULL), SP_OK);
    w32_handle held = locked(log_path());
    open_capture();
    say("x\n");
    assert_fails("(error 32)");
    svc_capture_write(capture, "s1", SP_STDERR, much, sizeof much);
    w32_handle_close(&held);
    assert_will_hold(log_path(), "bytes are missing here");
    say("behind\n");
    assert_will_hold(log_path(), " s1 stderr behind\n");
}

static void a_folder_that_is_a_file_is_waited_for(void **state)
{
    (void)state;
    assert_int_equal(w32_file_create(scratch_path("logs"), "x", 1, NULL), SP_OK);
    open_capture();
    say("one\n");
    assert_fails("logs");
    assert_int_equal(w32_file_delete(scratch_path("logs"), NULL), SP_OK);
    assert_will_hold(log_path(), "one");
}

static void a_folder_that_vanishes_is_made_again(void **state)
{
    (void)state;
    open_capture();
    say("one\n");
    assert_will_hold(log_path(), "one");
    assert_handles_will_be(handles_before); /* the service's log has had no entry */
    w32_file_remove(scratch_path("logs"));
    say("two\n");
    assert_will_hold(log_path(), "two");
}

static void set_read_only(const char *path, bool read_only)
{
    wchar_t *wide = NULL;
    assert_int_equal(w32_wide(path, &wide, NULL), SP_OK);
    assert_true(
        SetFileAttributesW(wide, read_only ? FILE_ATTRIBUTE_READONLY : FILE_ATTRIBUTE_NORMAL));
    free(wide);
}

static void a_file_that_is_read_only_is_waited_for(void **state)
{
    (void)state;
    assert_int_equal(w32_file_create(log_path(), "", 0, NULL), SP_OK);
    set_read_only(log_path(), true);
    w32_handle writable = NULL;
    if (w32_file_append(log_path(), &writable, NULL) == SP_OK) {
        w32_handle_close(&writable);
        set_read_only(log_path(), false);
        skip(); /* root may write to any file: Wine can't show this, Windows can */
    }
    open_capture();
    say("x\n");
    assert_fails("(error 5)");
    overflow();
    set_read_only(log_path(), false);
    assert_will_hold(log_path(), "bytes are missing here");
    assert_accounted_for(2, "(error 5)");
}

static void a_close_does_not_wait_for_a_file_that_can_not_be_written(void **state)
{
    (void)state;
    assert_int_equal(w32_folder_create(scratch_path("logs"), NULL, NULL), SP_OK);
    w32_handle held = locked(log_path());
    open_capture();
    say("lost\n");
    close_capture();
    w32_handle_close(&held);
    assert_file(log_path(), "");
    assert_true(file_holds(scratch_path("service.log"), "the end of its log is lost"));
}

/* The path of a file in the scratch folder as the machine below Wine has it; on Windows "". */
static void unix_path(const char *path, char *out, size_t size)
{
    typedef char *(CDECL * unix_name_fn)(const wchar_t *);
    wchar_t *wide = NULL;
    unix_name_fn unix_name = (unix_name_fn)(void (*)(void))GetProcAddress(
        GetModuleHandleW(L"kernel32.dll"), "wine_get_unix_file_name");
    assert_int_equal(w32_wide(path, &wide, NULL), SP_OK);
    char *name = unix_name == NULL ? NULL : unix_name(wide);
    snprintf(out, size, "%s", name == NULL ? "" : name);
    if (name != NULL)
        HeapFree(GetProcessHeap(), 0, name);
    free(wide);
}

/* Has the shell of the machine below Wine do something in the folder, and waits for it. Its handle
 * can't be waited for. @return whether the first part of it succeeded */
static bool shell(const char *folder, const char *what)
{
    char command[2048];
    wchar_t *wide = NULL;
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    snprintf(command, sizeof command,
             "Z:\\bin\\sh -c \"cd '%s' && if %s; then echo 1 >yes; else echo 0 >no; fi\"", folder,
             what);
    assert_int_equal(w32_wide(command, &wide, NULL), SP_OK);
    bool started = CreateProcessW(NULL, wide, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process);
    free(wide);
    if (!started)
        return false;
    CloseHandle(process.hProcess);
    CloseHandle(process.hThread);
    uint64_t deadline = w32_now_ms() + PATIENCE_MS;
    const char *yes = scratch_path("logs\\yes"), *no = scratch_path("logs\\no");
    while (!file_holds(yes, "1") && !file_holds(no, "0") && w32_now_ms() < deadline)
        Sleep(20);
    return w32_file_delete(yes, NULL) == SP_OK;
}

/* Linux has a device that is always full, and a log file can be a link to it. */
static void a_full_disk_is_said_in_the_log_when_there_is_room_again(void **state)
{
    (void)state;
    char folder[600];
    assert_int_equal(w32_folder_create(scratch_path("logs"), NULL, NULL), SP_OK);
    unix_path(scratch_path("logs"), folder, sizeof folder);
    if (folder[0] == '\0' || !shell(folder, "test -c /dev/full && ln -s /dev/full w.log"))
        skip(); /* Windows has no such device */
    open_capture();
    say("x\n");
    assert_fails("(error 112)");
    overflow();
    assert_true(shell(folder, "rm w.log"));
    assert_will_hold(log_path(), "bytes are missing here");
    assert_accounted_for(2, "(error 112)");
}

#define CAPTURE_TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CAPTURE_TEST(lines_come_to_the_file),
        CAPTURE_TEST(only_the_streams_asked_for_are_kept),
        CAPTURE_TEST(a_worker_of_which_nothing_is_kept_has_no_capture),
        CAPTURE_TEST(without_a_byte_there_is_no_file),
        CAPTURE_TEST(every_byte_is_kept_as_it_is),
        CAPTURE_TEST(a_line_that_does_not_end_is_written_after_a_while),
        CAPTURE_TEST(a_close_writes_what_is_still_there),
        CAPTURE_TEST(the_log_goes_on_after_a_restart),
        CAPTURE_TEST(at_rest_no_file_is_open),
        CAPTURE_TEST(files_are_rotated),
        CAPTURE_TEST(a_file_that_is_old_is_rotated),
        CAPTURE_TEST(lines_of_several_writers_are_whole_and_in_order),
        CAPTURE_TEST(a_locked_file_delays_the_log_and_loses_nothing),
        CAPTURE_TEST(a_queue_that_overflows_says_how_much_is_missing_and_why),
        CAPTURE_TEST(a_line_does_not_go_on_behind_a_gap),
        CAPTURE_TEST(a_folder_that_is_a_file_is_waited_for),
        CAPTURE_TEST(a_folder_that_vanishes_is_made_again),
        CAPTURE_TEST(a_file_that_is_read_only_is_waited_for),
        CAPTURE_TEST(a_close_does_not_wait_for_a_file_that_can_not_be_written),
        CAPTURE_TEST(a_full_disk_is_said_in_the_log_when_there_is_room_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
