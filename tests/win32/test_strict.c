/* tests/win32/test_strict.c - strict mode stops a program that does what Windows would not forgive,
 * and lets one alone that does not. */
#include "win32/strict.h"

#include "children.h"

#include <stdio.h>

#include <windows.h>

#include "win32/acl.h"
#include "win32/npipe.h"
#include "win32/thread.h"

/* Runs test-misuse.exe: it must be stopped in the act and say why. */
static void assert_stopped(const char *mistake, const char *words)
{
    if (!W32_STRICT)
        skip();
    const char *const argv[] = {beside("test-misuse.exe"), mistake};
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){.argv = argv, .argc = 2}, (struct sp_bytes){0}, &outcome);
    char said[1024];
    snprintf(said, sizeof said, "%.*s", (int)outcome.errors.len, (const char *)outcome.errors.data);
    assert_int_equal(strncmp(said, "standpipe strict: ", 18), 0);
    assert_says(said, words);
    assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1); /* one line */
    assert_int_equal(outcome.exit_code, W32_STRICT_EXIT_CODE);
    w32_outcome_deinit(&outcome);
}

static void closing_a_handle_twice_is_stopped(void **state)
{
    (void)state;
    assert_stopped("close-twice", "closed twice?");
}

static void giving_away_a_closed_handle_is_stopped(void **state)
{
    (void)state;
    assert_stopped("give-closed", "w32_give");
}

static void taking_a_handle_twice_is_stopped(void **state)
{
    (void)state;
    assert_stopped("take-twice", "taken twice");
}

static void closing_a_handle_behind_the_tally_s_back_is_stopped(void **state)
{
    (void)state;
    assert_stopped("close-raw", "closed with CloseHandle?");
}

static void two_threads_that_read_one_pipe_are_stopped(void **state)
{
    (void)state;
    assert_stopped("read-in-two-threads", "on the same synchronous pipe");
}

static void writing_to_a_pipe_that_a_duplicate_reads_is_stopped(void **state)
{
    (void)state;
    assert_stopped("write-while-reading", "on the same synchronous pipe");
}

static void closing_a_pipe_that_a_thread_reads_is_stopped(void **state)
{
    (void)state;
    assert_stopped("close-while-reading", "is in w32_read on it");
}

static void giving_a_child_a_pipe_that_a_thread_reads_is_stopped(void **state)
{
    (void)state;
    assert_stopped("inherit-while-reading", "would hang before its main");
}

static void giving_a_child_an_overlapped_end_is_stopped(void **state)
{
    (void)state;
    assert_stopped("inherit-overlapped", "as a child's stdin is overlapped");
}

static void reading_an_overlapped_end_as_a_plain_one_is_stopped(void **state)
{
    (void)state;
    assert_stopped("read-overlapped", "which is overlapped");
}

static void ending_a_call_that_did_not_begin_is_stopped(void **state)
{
    (void)state;
    assert_stopped("end-without-begin", "had not begun");
}

static void beginning_an_operation_in_flight_is_stopped(void **state)
{
    (void)state;
    assert_stopped("begin-twice", "still in flight");
}

static void freeing_an_operation_in_flight_is_stopped(void **state)
{
    (void)state;
    assert_stopped("free-in-flight", "its memory is about to be freed");
}

static void ending_an_operation_twice_is_stopped(void **state)
{
    (void)state;
    assert_stopped("end-twice", "was not in flight");
}

static void an_operation_told_otherwise_than_its_handle_was_bound_is_stopped(void **state)
{
    (void)state;
    assert_stopped("read-without-posted", "was bound by w32_loop_bind_messages");
    assert_stopped("read-with-posted", "was not bound by w32_loop_bind_messages");
}

static void releasing_a_name_nobody_took_is_stopped(void **state)
{
    (void)state;
    assert_stopped("release-unknown-name", "nobody-took-this");
}

/* Wine 8 ignores FILE_FLAG_FIRST_PIPE_INSTANCE. */
static void a_second_first_instance_is_refused(void **state)
{
    (void)state;
    if (!W32_STRICT)
        skip();
    const struct w32_acl_entry everybody = {"WD", W32_ACL_SERVE};
    struct w32_npipe_leaf leaf;
    void *descriptor = NULL;
    w32_handle first = NULL;
    w32_handle second = NULL;
    w32_handle more = NULL;
    struct sp_error err = {0};
    assert_int_equal(w32_npipe_random_leaf("test-strict-", &leaf, NULL), SP_OK);
    assert_int_equal(w32_acl_pipe(&everybody, 1, false, &descriptor, NULL), SP_OK);
    struct w32_npipe_options options = {.leaf = leaf.text,
                                        .access = W32_NPIPE_BOTH,
                                        .first = true,
                                        .security_descriptor = descriptor};
    assert_int_equal(w32_npipe_create(&options, &first, NULL), SP_OK);
    assert_int_equal(w32_npipe_create(&options, &second, &err), SP_EACCESS);
    assert_null(second);
    assert_says(err.what, leaf.text);

    options.first = false;
    assert_int_equal(w32_npipe_create(&options, &more, NULL), SP_OK);
    w32_npipe_close(&first, leaf.text);
    options.first = true;
    assert_int_equal(w32_npipe_create(&options, &second, NULL), SP_EACCESS);
    w32_npipe_close(&more, leaf.text);
    assert_int_equal(w32_npipe_create(&options, &second, NULL), SP_OK);
    w32_npipe_close(&second, leaf.text);
    w32_acl_free(descriptor);
}

static void the_name_of_a_pipe_is_the_same_in_any_case(void **state)
{
    (void)state;
    if (!W32_STRICT)
        skip();
    assert_int_equal(w32_strict_pipe_name_taken("\\\\.\\pipe\\Test-Case", false), 0);
    assert_int_equal(w32_strict_pipe_name_taken("\\\\.\\PIPE\\test-case", true),
                     ERROR_ACCESS_DENIED);
    w32_strict_pipe_name_released("\\\\.\\pipe\\TEST-CASE");
    assert_int_equal(w32_strict_pipe_name_taken("\\\\.\\pipe\\test-case", true), 0);
    w32_strict_pipe_name_released("\\\\.\\pipe\\test-case");
}

static void operations_are_counted_in_every_build(void **state)
{
    (void)state;
    int a = 0;
    int b = 0;
    assert_int_equal(w32_strict_ops_in_flight(), 0);
    w32_strict_op_begin(&a);
    w32_strict_op_begin(&b);
    assert_int_equal(w32_strict_ops_in_flight(), 2);
    w32_strict_op_end(&a);
    assert_int_equal(w32_strict_ops_in_flight(), 1);
    w32_strict_op_end(&b);
    w32_strict_op_check_idle(&a);
    w32_strict_op_begin(&a); /* an ended one may begin again */
    w32_strict_op_end(&a);
    assert_int_equal(w32_strict_ops_in_flight(), 0);
}

static void what_is_known_of_a_handle_ends_with_it(void **state)
{
    (void)state;
    if (!W32_STRICT)
        skip();
    w32_handle h = w32_take(CreateEventW(NULL, TRUE, FALSE, NULL));
    assert_int_equal(w32_strict_handle_kind(h), W32_HANDLE_UNKNOWN);
    w32_strict_handle_is(h, W32_HANDLE_ASYNC);
    assert_int_equal(w32_strict_handle_kind(h), W32_HANDLE_ASYNC);
    w32_handle gone = h;
    w32_handle_close(&h);
    assert_int_equal(w32_strict_handle_kind(gone), W32_HANDLE_UNKNOWN);
}

/* Right uses that look like mistakes. */
static void one_thread_may_use_many_pipes_in_turn(void **state)
{
    (void)state;
    struct w32_pipe a = {0};
    struct w32_pipe b = {0};
    char c;
    uint32_t got = 0;
    assert_int_equal(w32_pipe_open(NULL, &a, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &b, NULL), SP_OK);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(w32_write(a.write, "a", 1, NULL), SP_OK);
        assert_int_equal(w32_read(a.read, &c, 1, &got, NULL), SP_OK);
        assert_int_equal(w32_write(b.write, &c, 1, NULL), SP_OK);
        assert_int_equal(w32_read(b.read, &c, 1, &got, NULL), SP_OK);
    }
    w32_pipe_close(&b);
    w32_pipe_close(&a);
}

/* More than the book has places, so that some share one, and struck from it in another order. */
static void many_operations_may_be_in_flight(void **state)
{
    (void)state;
    enum { MANY = 20000, SIZE = 16, A_PRIME = 7919 };
    char *ops = calloc(MANY, SIZE);
    assert_non_null(ops);
    for (size_t i = 0; i < MANY; i++)
        w32_strict_op_begin(ops + i * SIZE);
    assert_int_equal(w32_strict_ops_in_flight(), MANY);
    for (size_t i = 0; i < MANY; i++)
        w32_strict_op_end(ops + i * A_PRIME % MANY * SIZE);
    assert_int_equal(w32_strict_ops_in_flight(), 0);
    free(ops);
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

/* Uses one handle while another thread is inside a read of another. */
static void use_during_a_read_of(w32_handle theirs, w32_handle ours)
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

static void both_ends_of_a_pipe_may_be_used_at_once(void **state)
{
    (void)state;
    struct w32_pipe p = {0};
    assert_int_equal(w32_pipe_open(NULL, &p, NULL), SP_OK);
    use_during_a_read_of(p.read, p.write);
    w32_pipe_close(&p);
}

/* A file's operations wait for each other, too, but each of them comes to its end. */
static void two_threads_may_use_one_file_at_once(void **state)
{
    (void)state;
    wchar_t folder[MAX_PATH];
    wchar_t path[MAX_PATH];
    assert_int_not_equal(GetTempPathW(MAX_PATH, folder), 0);
    assert_int_not_equal(GetTempFileNameW(folder, L"sp", 0, path), 0);
    w32_handle file = w32_take(CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL,
                                           CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL));
    assert_non_null(file);
    use_during_a_read_of(file, file);
    w32_handle_close(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(closing_a_handle_twice_is_stopped),
        TEST(giving_away_a_closed_handle_is_stopped),
        TEST(taking_a_handle_twice_is_stopped),
        TEST(closing_a_handle_behind_the_tally_s_back_is_stopped),
        TEST(two_threads_that_read_one_pipe_are_stopped),
        TEST(writing_to_a_pipe_that_a_duplicate_reads_is_stopped),
        TEST(closing_a_pipe_that_a_thread_reads_is_stopped),
        TEST(giving_a_child_a_pipe_that_a_thread_reads_is_stopped),
        TEST(giving_a_child_an_overlapped_end_is_stopped),
        TEST(reading_an_overlapped_end_as_a_plain_one_is_stopped),
        TEST(ending_a_call_that_did_not_begin_is_stopped),
        TEST(beginning_an_operation_in_flight_is_stopped),
        TEST(freeing_an_operation_in_flight_is_stopped),
        TEST(ending_an_operation_twice_is_stopped),
        TEST(an_operation_told_otherwise_than_its_handle_was_bound_is_stopped),
        TEST(releasing_a_name_nobody_took_is_stopped),
        TEST(a_second_first_instance_is_refused),
        TEST(the_name_of_a_pipe_is_the_same_in_any_case),
        TEST(operations_are_counted_in_every_build),
        TEST(what_is_known_of_a_handle_ends_with_it),
        TEST(one_thread_may_use_many_pipes_in_turn),
        TEST(many_operations_may_be_in_flight),
        TEST(both_ends_of_a_pipe_may_be_used_at_once),
        TEST(two_threads_may_use_one_file_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
