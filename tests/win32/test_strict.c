/* tests/win32/test_strict.c - strict mode stops a program where Windows would not forgive it, in a
 * process of its own (misuse.exe), and lets what is right go on. */
#include "win32/strict.h"

#include "children.h"

#include <windows.h>

#include "win32/thread.h"

/* ------------------------------------------------------------------ what is stopped */

static void assert_stopped(const char *misuse, const char *message)
{
    if (!W32_STRICT)
        skip();
    const char *argv[] = {beside("misuse.exe"), misuse};
    struct w32_spawn_options what = {.argv = argv, .argc = 2};
    struct w32_outcome outcome;
    run(&what, sp_bytes_of(NULL), &outcome);
    assert_int_equal(sp_buffer_append(&outcome.errors, "", 1, NULL), SP_OK);
    const char *said = (const char *)outcome.errors.data;
    assert_says(said, message);
    assert_int_equal(strncmp(said, "standpipe strict: ", 18), 0);
    assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1); /* one line */
    assert_int_equal(outcome.exit_code, W32_STRICT_EXIT_CODE);
    w32_outcome_deinit(&outcome);
}

static void closing_a_handle_twice_is_stopped(void **state)
{
    (void)state;
    assert_stopped("close-twice", "which is not open (closed twice?)");
}

static void closing_a_handle_never_taken_is_stopped(void **state)
{
    (void)state;
    assert_stopped("close-foreign", "w32_handle_close of");
}

static void taking_a_handle_twice_is_stopped(void **state)
{
    (void)state;
    assert_stopped("take-twice", "which is taken already");
}

static void closing_what_a_thread_reads_is_stopped(void **state)
{
    (void)state;
    assert_stopped("close-while-read", "is in w32_read on it: Windows would wait");
}

static void reading_what_a_thread_reads_is_stopped(void **state)
{
    (void)state;
    assert_stopped("read-while-read", "on the same synchronous pipe: Windows would wait");
}

static void a_duplicate_is_the_same_synchronous_pipe(void **state)
{
    (void)state;
    assert_stopped("read-duplicate-while-read", "on the same synchronous pipe");
}

static void a_plain_read_of_an_overlapped_end_is_stopped(void **state)
{
    (void)state;
    assert_stopped("read-overlapped", "which is overlapped");
}

static void an_overlapped_end_for_a_child_is_stopped(void **state)
{
    (void)state;
    assert_stopped("spawn-overlapped", "as a child's stdin is overlapped");
}

static void a_child_that_gets_what_a_thread_reads_is_stopped(void **state)
{
    (void)state;
    assert_stopped("spawn-while-read", "the child would hang before its main");
}

static void starting_an_operation_in_flight_is_stopped(void **state)
{
    (void)state;
    assert_stopped("start-in-flight", "while it is still in flight");
}

static void ending_an_operation_that_is_not_in_flight_is_stopped(void **state)
{
    (void)state;
    assert_stopped("end-idle", "was not in flight");
}

static void freeing_an_operation_in_flight_is_stopped(void **state)
{
    (void)state;
    assert_stopped("free-in-flight", "its memory is about to be freed");
}

static void releasing_a_pipe_name_that_was_not_taken_is_stopped(void **state)
{
    (void)state;
    assert_stopped("release-unknown-name", "that was not taken");
}

/* ------------------------------------------------------------------ what goes on */

static void operations_are_counted_in_every_build(void **state)
{
    (void)state;
    int a = 0;
    int b = 0;
    w32_strict_op_begin(&a);
    w32_strict_op_begin(&b);
    assert_int_equal(w32_strict_ops_in_flight(), 2);
    w32_strict_op_end(&a);
    w32_strict_op_check_idle(&a);
    w32_strict_op_begin(&a); /* again, now that it has ended */
    w32_strict_op_end(&a);
    w32_strict_op_end(&b);
    assert_int_equal(w32_strict_ops_in_flight(), 0);
}

/* More than there are buckets, so that entries share some, and in an order that strikes first,
 * last and middle ones. */
static void the_book_holds_many_operations(void **state)
{
    (void)state;
    enum { MANY = 20000 };
    char *ops = calloc(MANY, 16);
    assert_non_null(ops);
    for (size_t i = 0; i < MANY; i++)
        w32_strict_op_begin(ops + i * 16);
    for (size_t i = 0; i < MANY; i++)
        w32_strict_op_end(ops + i * 7919 % MANY * 16); /* a prime: each once */
    assert_int_equal(w32_strict_ops_in_flight(), 0);
    free(ops);
}

static void one_thread_after_the_other_may_read(void **state)
{
    (void)state;
    struct w32_pipe p = {0};
    assert_int_equal(w32_pipe_open(NULL, &p, NULL), SP_OK);
    for (int i = 0; i < 3; i++) {
        w32_strict_sync_begin(p.read, "w32_read");
        w32_strict_sync_end(p.read);
    }
    w32_pipe_close(&p);
}

struct elsewhere {
    w32_handle h;
    HANDLE inside;
    HANDLE leave;
};

static void read_elsewhere(void *arg)
{
    struct elsewhere *e = arg;
    w32_strict_sync_begin(e->h, "w32_read");
    SetEvent(e->inside);
    WaitForSingleObject(e->leave, INFINITE);
    w32_strict_sync_end(e->h);
}

static void with_a_read_elsewhere(w32_handle theirs, w32_handle ours)
{
    struct elsewhere e = {.h = theirs,
                          .inside = CreateEventW(NULL, TRUE, FALSE, NULL),
                          .leave = CreateEventW(NULL, TRUE, FALSE, NULL)};
    w32_handle thread = NULL;
    assert_int_equal(w32_thread_start(read_elsewhere, &e, &thread, NULL), SP_OK);
    assert_int_equal(WaitForSingleObject(e.inside, PATIENCE_MS), WAIT_OBJECT_0);
    w32_strict_sync_begin(ours, "w32_write");
    w32_strict_check_inheritable(ours, "stdout");
    w32_strict_sync_end(ours);
    SetEvent(e.leave);
    assert_int_equal(w32_thread_join(&thread, PATIENCE_MS), SP_OK);
    CloseHandle(e.inside);
    CloseHandle(e.leave);
}

static void two_ends_of_one_pipe_may_be_used_at_once(void **state)
{
    (void)state;
    struct w32_pipe p = {0};
    assert_int_equal(w32_pipe_open(NULL, &p, NULL), SP_OK);
    with_a_read_elsewhere(p.read, p.write);
    w32_pipe_close(&p);
}

/* A file's operations wait for each other, too, but each comes to its end. */
static void a_file_may_be_used_by_two_threads_at_once(void **state)
{
    (void)state;
    wchar_t folder[MAX_PATH];
    wchar_t path[MAX_PATH];
    assert_int_not_equal(GetTempPathW(MAX_PATH, folder), 0);
    assert_int_not_equal(GetTempFileNameW(folder, L"sp", 0, path), 0);
    w32_handle file = w32_take(CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL,
                                           CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL));
    assert_non_null(file);
    with_a_read_elsewhere(file, file);
    w32_handle_close(&file);
}

/* ------------------------------------------------------------------ pipe names */

#define NAME "\\\\.\\pipe\\test-strict"

static void a_second_first_instance_is_refused(void **state)
{
    (void)state;
    if (!W32_STRICT)
        skip();
    assert_int_equal(w32_strict_pipe_name_taken(NAME, true), 0);
    assert_int_equal(w32_strict_pipe_name_taken(NAME, true), ERROR_ACCESS_DENIED);
    assert_int_equal(w32_strict_pipe_name_taken("\\\\.\\PIPE\\Test-Strict", true),
                     ERROR_ACCESS_DENIED);
    assert_int_equal(w32_strict_pipe_name_taken(NAME "-2", true), 0);
    w32_strict_pipe_name_released(NAME "-2");
    w32_strict_pipe_name_released(NAME);
}

static void a_name_is_free_when_its_last_instance_is_gone(void **state)
{
    (void)state;
    if (!W32_STRICT)
        skip();
    assert_int_equal(w32_strict_pipe_name_taken(NAME, true), 0);
    assert_int_equal(w32_strict_pipe_name_taken(NAME, false), 0);
    w32_strict_pipe_name_released(NAME);
    assert_int_equal(w32_strict_pipe_name_taken(NAME, true), ERROR_ACCESS_DENIED);
    w32_strict_pipe_name_released(NAME);
    assert_int_equal(w32_strict_pipe_name_taken(NAME, true), 0);
    w32_strict_pipe_name_released(NAME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(closing_a_handle_twice_is_stopped),
        TEST(closing_a_handle_never_taken_is_stopped),
        TEST(taking_a_handle_twice_is_stopped),
        TEST(closing_what_a_thread_reads_is_stopped),
        TEST(reading_what_a_thread_reads_is_stopped),
        TEST(a_duplicate_is_the_same_synchronous_pipe),
        TEST(a_plain_read_of_an_overlapped_end_is_stopped),
        TEST(an_overlapped_end_for_a_child_is_stopped),
        TEST(a_child_that_gets_what_a_thread_reads_is_stopped),
        TEST(starting_an_operation_in_flight_is_stopped),
        TEST(ending_an_operation_that_is_not_in_flight_is_stopped),
        TEST(freeing_an_operation_in_flight_is_stopped),
        TEST(releasing_a_pipe_name_that_was_not_taken_is_stopped),
        TEST(operations_are_counted_in_every_build),
        TEST(the_book_holds_many_operations),
        TEST(one_thread_after_the_other_may_read),
        TEST(two_ends_of_one_pipe_may_be_used_at_once),
        TEST(a_file_may_be_used_by_two_threads_at_once),
        TEST(a_second_first_instance_is_refused),
        TEST(a_name_is_free_when_its_last_instance_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
