/* tests/win32/test_overlapped.c - bounded reads and writes on overlapped handles, by a thread
 * without a loop. */
#include "win32/overlapped.h"

#include "children.h"

#include <windows.h>

#include "win32/strict.h"
#include "win32/thread.h"

/* One of our ends with an operation on it. */
struct end {
    struct w32_pipe pipe;
    struct w32_overlapped op;
};

static void end_open(struct end *e, enum w32_pipe_async async)
{
    struct w32_pipe_options options = {.async = async, .size_bytes = 4096};
    *e = (struct end){0};
    assert_int_equal(w32_pipe_open(&options, &e->pipe, NULL), SP_OK);
    w32_handle ours = async == W32_PIPE_ASYNC_READ ? e->pipe.read : e->pipe.write;
    assert_int_equal(w32_overlapped_init(&e->op, ours, NULL), SP_OK);
}

static void end_close(struct end *e)
{
    w32_overlapped_deinit(&e->op);
    w32_pipe_close(&e->pipe);
}

static void what_is_there_is_read_at_once(void **state)
{
    (void)state;
    struct end e;
    char got[8];
    uint32_t bytes = 0;
    end_open(&e, W32_PIPE_ASYNC_READ);
    assert_int_equal(w32_write(e.pipe.write, "abc", 3, NULL), SP_OK);
    assert_int_equal(w32_overlapped_read(&e.op, got, sizeof got, NULL), SP_OK);
    assert_true(e.op.busy);
    assert_int_equal(w32_strict_ops_in_flight(), 1);
    assert_int_equal(w32_overlapped_wait(&e.op, 0, &bytes, NULL), SP_OK);
    assert_false(e.op.busy);
    assert_int_equal(w32_strict_ops_in_flight(), 0);
    assert_int_equal(bytes, 3);
    assert_memory_equal(got, "abc", 3);
    end_close(&e);
}

static void a_read_that_nobody_answers_runs_out(void **state)
{
    (void)state;
    struct end e;
    char got[8];
    uint32_t bytes = 77;
    struct sp_error err = {0};
    end_open(&e, W32_PIPE_ASYNC_READ);
    assert_int_equal(w32_overlapped_read(&e.op, got, sizeof got, NULL), SP_OK);
    assert_int_equal(w32_overlapped_wait(&e.op, 10, &bytes, &err), SP_ETIMEOUT);
    assert_int_equal(bytes, 77);
    assert_says(err.what, "10 ms");
    assert_false(e.op.busy);
    /* The pipe is as good as before. */
    assert_int_equal(w32_write(e.pipe.write, "x", 1, NULL), SP_OK);
    assert_int_equal(w32_overlapped_read(&e.op, got, sizeof got, NULL), SP_OK);
    assert_int_equal(w32_overlapped_wait(&e.op, PATIENCE_MS, &bytes, NULL), SP_OK);
    assert_int_equal(bytes, 1);
    end_close(&e);
}

static void a_write_that_nobody_reads_runs_out(void **state)
{
    (void)state;
    struct end e;
    static unsigned char bytes[MIB];
    end_open(&e, W32_PIPE_ASYNC_WRITE);
    assert_int_equal(w32_overlapped_write(&e.op, bytes, MIB, NULL), SP_OK);
    assert_int_equal(w32_overlapped_wait(&e.op, 10, NULL, NULL), SP_ETIMEOUT);
    end_close(&e);
}

static void the_end_of_the_stream_is_told_after_the_last_byte(void **state)
{
    (void)state;
    struct end e;
    char got[8];
    uint32_t bytes = 0;
    end_open(&e, W32_PIPE_ASYNC_READ);
    assert_int_equal(w32_write(e.pipe.write, "z", 1, NULL), SP_OK);
    w32_handle_close(&e.pipe.write);
    assert_int_equal(w32_overlapped_read(&e.op, got, sizeof got, NULL), SP_OK);
    assert_int_equal(w32_overlapped_wait(&e.op, PATIENCE_MS, &bytes, NULL), SP_OK);
    assert_int_equal(bytes, 1);
    sp_status status = w32_overlapped_read(&e.op, got, sizeof got, NULL);
    if (status == SP_OK)
        status = w32_overlapped_wait(&e.op, PATIENCE_MS, &bytes, NULL);
    assert_int_equal(status, SP_EEND);
    assert_false(e.op.busy);
    end_close(&e);
}

static void a_write_without_a_reader_is_broken(void **state)
{
    (void)state;
    struct end e;
    end_open(&e, W32_PIPE_ASYNC_WRITE);
    w32_handle_close(&e.pipe.read);
    sp_status status = w32_overlapped_write(&e.op, "x", 1, NULL);
    if (status == SP_OK)
        status = w32_overlapped_wait(&e.op, PATIENCE_MS, NULL, NULL);
    assert_int_equal(status, SP_EBROKEN);
    assert_false(e.op.busy);
    end_close(&e);
}

static void being_ready_leaves_the_outcome_to_be_taken(void **state)
{
    (void)state;
    struct end e;
    char got[8];
    uint32_t bytes = 0;
    end_open(&e, W32_PIPE_ASYNC_READ);
    assert_int_equal(w32_overlapped_read(&e.op, got, sizeof got, NULL), SP_OK);
    assert_int_equal(w32_overlapped_ready(&e.op, NULL, 0), SP_ETIMEOUT);
    assert_true(e.op.busy);
    assert_int_equal(w32_write(e.pipe.write, "abc", 3, NULL), SP_OK);
    assert_int_equal(w32_overlapped_ready(&e.op, NULL, PATIENCE_MS), SP_OK);
    assert_true(e.op.busy);
    assert_int_equal(w32_overlapped_wait(&e.op, 0, &bytes, NULL), SP_OK);
    assert_int_equal(bytes, 3);
    end_close(&e);
}

static void an_event_ends_the_wait_and_not_the_operation(void **state)
{
    (void)state;
    struct end e;
    char got[8];
    uint32_t bytes = 0;
    w32_handle event = NULL;
    end_open(&e, W32_PIPE_ASYNC_READ);
    assert_int_equal(w32_event_open(false, &event, NULL), SP_OK);
    assert_int_equal(w32_overlapped_read(&e.op, got, sizeof got, NULL), SP_OK);
    w32_event_set(event);
    assert_int_equal(w32_overlapped_ready(&e.op, event, PATIENCE_MS), SP_ECANCELED);
    assert_int_equal(w32_overlapped_ready(&e.op, event, 0), SP_ETIMEOUT); /* taken back */
    assert_int_equal(w32_write(e.pipe.write, "x", 1, NULL), SP_OK);
    assert_int_equal(w32_overlapped_ready(&e.op, event, PATIENCE_MS), SP_OK);
    assert_int_equal(w32_overlapped_wait(&e.op, 0, &bytes, NULL), SP_OK);
    assert_int_equal(bytes, 1);
    w32_handle_close(&event);
    end_close(&e);
}

static void deinit_lets_go_of_what_is_in_flight(void **state)
{
    (void)state;
    struct end e;
    char *got = malloc(64);
    end_open(&e, W32_PIPE_ASYNC_READ);
    assert_int_equal(w32_overlapped_read(&e.op, got, 64, NULL), SP_OK);
    w32_overlapped_deinit(&e.op);
    assert_int_equal(w32_strict_ops_in_flight(), 0);
    assert_null(e.op.event);
    free(got); /* nobody writes to it any more */
    end_close(&e);
}

static void deinit_of_an_empty_one_does_nothing(void **state)
{
    (void)state;
    struct w32_overlapped op = {0};
    w32_overlapped_deinit(&op);
    w32_overlapped_deinit(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_there_is_read_at_once),
        TEST(a_read_that_nobody_answers_runs_out),
        TEST(a_write_that_nobody_reads_runs_out),
        TEST(the_end_of_the_stream_is_told_after_the_last_byte),
        TEST(a_write_without_a_reader_is_broken),
        TEST(being_ready_leaves_the_outcome_to_be_taken),
        TEST(an_event_ends_the_wait_and_not_the_operation),
        TEST(deinit_lets_go_of_what_is_in_flight),
        TEST(deinit_of_an_empty_one_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
