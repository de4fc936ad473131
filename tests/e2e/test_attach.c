/* tests/e2e/test_attach.c - what somebody who attaches can rely on: bytes, ends, exit codes. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "win32/file.h"
#include "win32/pipe.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct sp_bytes nothing = {0};

static int open_service(void **state)
{
    (void)state;
    return fixture_open(NULL);
}

static int close_service(void **state)
{
    (void)state;
    return fixture_close();
}

/* ------------------------------------------------------------------ bytes */

static void every_byte_value_comes_back_as_it_went(void **state)
{
    (void)state;
    unsigned char bytes[1024];
    struct w32_outcome outcome;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 7); /* CR, LF, NUL, Ctrl-Z and all others, four times */
    attach(WORDS("child", "--", "cat"), (struct sp_bytes){bytes, sizeof bytes}, &outcome);
    assert_int_equal(outcome.exit_code, 0);
    assert_int_equal(outcome.output.len, sizeof bytes);
    assert_memory_equal(outcome.output.data, bytes, sizeof bytes);
    assert_int_equal(outcome.errors.len, 0);
    w32_outcome_deinit(&outcome);
}

static void a_file_of_256_mib_has_the_same_sha256_on_the_other_side(void **state)
{
    (void)state;
    char sent[65], came[65];
    struct w32_child child = {0};
    w32_handle in = NULL, out = NULL;
    write_random(scratch("in"), 256u << 20);
    assert_int_equal(w32_file_open(scratch("in"), W32_FILE_READ, &in, NULL), SP_OK);
    assert_int_equal(w32_file_open(scratch("out"), W32_FILE_WRITE, &out, NULL), SP_OK);
    start_attach(WORDS("child", "--", "cat"), in, out, NULL, &child);
    assert_int_equal(end_of(&child), 0);
    w32_child_close(&child);
    w32_handle_close(&in);
    w32_handle_close(&out);
    sha256_of(scratch("in"), sent);
    sha256_of(scratch("out"), came);
    assert_string_equal(sent, came);
}

static void stdout_and_stderr_stay_apart(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("child", "--", "talk", "to you", "to the log", "3"), nothing, &outcome);
    assert_int_equal(outcome.exit_code, 3);
    assert_text(&outcome.output, "to you");
    assert_text(&outcome.errors, "to the log");
    w32_outcome_deinit(&outcome);
}

static void a_pipeline_worker_links_its_programs(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("upper"), sp_bytes_of("one line\r\nand another\n"), &outcome);
    assert_int_equal(outcome.exit_code, 0);
    assert_text(&outcome.output, "ONE LINE\r\nAND ANOTHER\n");
    w32_outcome_deinit(&outcome);
}

static void arguments_reach_the_worker_one_by_one(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("child", "--", "args", "", "two words", "a\"b\\", "gr\xC3\xBC\xC3\x9F", "*.c"),
           nothing, &outcome);
    assert_int_equal(outcome.exit_code, 0);
    assert_text(&outcome.output, "0:\n9:two words\n4:a\"b\\\n6:gr\xC3\xBC\xC3\x9F\n3:*.c\n");
    w32_outcome_deinit(&outcome);
}

static void the_worker_knows_whom_it_serves(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("child", "--", "env", "STANDPIPE_WORKER"), nothing, &outcome);
    assert_int_equal(outcome.exit_code, 0);
    assert_says(&outcome.output, "child");
    w32_outcome_deinit(&outcome);
    attach(WORDS("child", "--", "env", "STANDPIPE_USER"), nothing, &outcome);
    assert_int_equal(outcome.exit_code, 0);
    assert_true(outcome.output.len > 1);
    w32_outcome_deinit(&outcome);
}

/* ------------------------------------------------------------------ ends */

static void the_end_of_stdin_reaches_a_worker_that_answers_after_it(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("child", "--", "sink", "7"), sp_bytes_of("12345"), &outcome);
    assert_int_equal(outcome.exit_code, 7);
    assert_text(&outcome.output, "5\n");
    w32_outcome_deinit(&outcome);
}

static void a_worker_that_writes_much_before_it_reads_is_no_deadlock(void **state)
{
    (void)state;
    enum { MANY = 8 << 20 };
    struct w32_outcome outcome;
    unsigned char *bytes = calloc(1, MANY);
    assert_non_null(bytes);
    attach(WORDS("child", "--", "both-ways", "8388608"), (struct sp_bytes){bytes, MANY}, &outcome);
    free(bytes);
    assert_int_equal(outcome.exit_code, 0);
    assert_int_equal(outcome.output.len, MANY);
    assert_says(&outcome.errors, "8388608");
    w32_outcome_deinit(&outcome);
}

static void stdin_from_nul_is_an_end_at_once(void **state)
{
    (void)state;
    struct w32_child child = {0};
    w32_handle out = NULL; /* one at least that can be handed over */
    assert_int_equal(w32_file_open(scratch("no-input.out"), W32_FILE_WRITE, &out, NULL), SP_OK);
    start_attach(WORDS("child", "--", "sink", "9"), NULL, out, NULL, &child);
    assert_int_equal(end_of(&child), 9);
    w32_child_close(&child);
    w32_handle_close(&out);
}

static void a_worker_that_closes_its_stdin_early_is_no_error(void **state)
{
    (void)state;
    enum { MANY = 4 << 20 };
    struct w32_outcome outcome;
    unsigned char *bytes = calloc(1, MANY);
    assert_non_null(bytes);
    attach(WORDS("child", "--", "read-some", "10"), (struct sp_bytes){bytes, MANY}, &outcome);
    free(bytes);
    assert_int_equal(outcome.exit_code, 0);
    assert_text(&outcome.output, "enough\n");
    assert_int_equal(outcome.errors.len, 0);
    w32_outcome_deinit(&outcome);
}

static void a_client_whose_reader_leaves_ends_with_the_workers_code(void **state)
{
    (void)state;
    struct w32_pipe out = {0};
    struct w32_child child = {0};
    char some[16];
    uint32_t got = 0;
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    start_attach(WORDS("child", "--", "source", "67108864"), NULL, out.write, NULL, &child);
    w32_handle_close(&out.write);
    assert_int_equal(w32_read(out.read, some, sizeof some, &got, NULL), SP_OK);
    w32_handle_close(&out.read);
    assert_int_equal(end_of(&child), 98); /* test-child's own code for a write that failed */
    w32_child_close(&child);
}

static void a_slow_reader_gets_all_of_a_worker_that_exits_right_after_its_write(void **state)
{
    (void)state;
    enum { MANY = 10 << 20 };
    struct w32_pipe out = {0};
    struct w32_child child = {0};
    char some[32768];
    uint64_t total = 0;
    uint32_t got = 0;
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    start_attach(WORDS("child", "--", "burst", "10485760", "5"), NULL, out.write, NULL, &child);
    w32_handle_close(&out.write);
    while (w32_read(out.read, some, sizeof some, &got, NULL) == SP_OK) {
        for (uint32_t i = 0; i < got; i++) {
            uint64_t at = total + i;
            if ((unsigned char)some[i] != (unsigned char)(at * 31 + (at >> 8) * 7 + (at >> 16)))
                fail_msg("byte %llu is wrong", (unsigned long long)at);
        }
        total += got;
        if (total == MANY)
            break;
        /* The slowness is the test's subject, not a wait for something. */
        assert_int_equal(w32_child_wait(&child, 5, NULL, NULL), SP_ETIMEOUT);
    }
    w32_handle_close(&out.read);
    assert_int_equal(total, MANY);
    assert_int_equal(end_of(&child), 5);
    w32_child_close(&child);
}

static void exit_codes_are_the_workers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t code;
    } codes[] = {{"0", 0}, {"1", 1}, {"255", 255}, {"256", 256}, {"0xC000013A", 0xC000013A}};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct w32_outcome outcome;
        attach(WORDS("child", "--", "exit", codes[i].text), nothing, &outcome);
        assert_int_equal(outcome.exit_code, codes[i].code);
        assert_int_equal(outcome.output.len + outcome.errors.len, 0);
        w32_outcome_deinit(&outcome);
    }
}

/* ------------------------------------------------------------------ refusals */

static void a_worker_that_does_not_exist_is_127(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("nobody"), nothing, &outcome);
    assert_int_equal(outcome.exit_code, 127);
    assert_says(&outcome.errors, "there is no worker 'nobody'");
    assert_says(&outcome.errors, "standpipe ps");
    w32_outcome_deinit(&outcome);
}

static void a_worker_that_cannot_be_started_is_126(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("missing"), nothing, &outcome);
    assert_int_equal(outcome.exit_code, 126);
    assert_says(&outcome.errors, "C:\\no\\such\\program.exe");
    w32_outcome_deinit(&outcome);
}

static void arguments_a_worker_does_not_take_are_125(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("deny", "--", "more"), nothing, &outcome);
    assert_int_equal(outcome.exit_code, 125);
    assert_says(&outcome.errors, "args: deny");
    w32_outcome_deinit(&outcome);
}

static void a_service_that_is_not_there_is_125(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    const char *const argv[] = {fixture.client, "attach", "--pipe", "no-such-pipe-here", "echo"};
    run_program(argv, 5, nothing, &outcome);
    assert_int_equal(outcome.exit_code, 125);
    assert_says(&outcome.errors, "no-such-pipe-here");
    assert_says(&outcome.errors, "standpiped start");
    w32_outcome_deinit(&outcome);
}

/* ------------------------------------------------------------------ while it runs */

static void ctrl_c_reaches_the_worker(void **state)
{
    (void)state;
    struct w32_pipe in = {0}, out = {0};
    struct w32_child child = {0};
    char line[64];
    assert_int_equal(w32_pipe_open(NULL, &in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    start_attach(WORDS("child", "--", "ctrl"), in.read, out.write, NULL, &child);
    w32_handle_close(&out.write);
    read_line(out.read, line, sizeof line);
    assert_string_equal(line, "READY");
    send_ctrl_c(child.pid);
    read_line(out.read, line, sizeof line);
    assert_string_equal(line, "CTRL-C");
    assert_int_equal(end_of(&child), 42);
    w32_child_close(&child);
    w32_pipe_close(&in);
    w32_pipe_close(&out);
}

static void a_worker_without_a_console_has_none(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("silent"), nothing, &outcome);
    assert_int_equal(outcome.exit_code, 0);
    assert_text(&outcome.output, "none\n");
    w32_outcome_deinit(&outcome);
}

static void a_worker_ends_with_its_client(void **state)
{
    (void)state;
    struct w32_pipe out = {0};
    struct w32_child child = {0};
    char line[64];
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    start_attach(WORDS("child", "--", "tree", "120000"), NULL, out.write, NULL, &child);
    w32_handle_close(&out.write);
    read_line(out.read, line, sizeof line); /* the pid of a process of the second generation */
    wait_for_sessions(1);
    w32_child_close(&child); /* ends the client's job, and with it the client */
    wait_for_sessions(0);
    wait_for_process_end((uint32_t)strtoul(line, NULL, 10));
    w32_pipe_close(&out);
}

static void a_grandchild_that_holds_stdout_is_named_and_ended(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("child", "--", "grandchild", "sleep", "120000"), nothing, &outcome);
    assert_int_equal(outcome.exit_code, 0);
    assert_says(&outcome.errors, "test-child.exe");
    w32_outcome_deinit(&outcome);
    wait_for_sessions(0);
}

/* Nothing is left when all have gone: runs last. */
static void the_service_holds_no_more_handles_than_before(void **state)
{
    (void)state;
    wait_for_sessions(0);
    json_t *before = ps();
    for (int i = 0; i < 5; i++) {
        struct w32_outcome outcome;
        attach(WORDS("upper"), sp_bytes_of("x"), &outcome);
        assert_text(&outcome.output, "X");
        w32_outcome_deinit(&outcome);
    }
    wait_for_sessions(0);
    json_t *after = ps();
    static const char *const counts[] = {"handles", "operations"};
    for (size_t i = 0; i < 2; i++) {
        json_t *was = json_object_get(json_object_get(before, "service"), counts[i]);
        json_t *is = json_object_get(json_object_get(after, "service"), counts[i]);
        assert_int_equal(json_integer_value(was), json_integer_value(is));
    }
    json_decref(before);
    json_decref(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_value_comes_back_as_it_went),
        cmocka_unit_test(a_file_of_256_mib_has_the_same_sha256_on_the_other_side),
        cmocka_unit_test(stdout_and_stderr_stay_apart),
        cmocka_unit_test(a_pipeline_worker_links_its_programs),
        cmocka_unit_test(arguments_reach_the_worker_one_by_one),
        cmocka_unit_test(the_worker_knows_whom_it_serves),
        cmocka_unit_test(the_end_of_stdin_reaches_a_worker_that_answers_after_it),
        cmocka_unit_test(a_worker_that_writes_much_before_it_reads_is_no_deadlock),
        cmocka_unit_test(stdin_from_nul_is_an_end_at_once),
        cmocka_unit_test(a_worker_that_closes_its_stdin_early_is_no_error),
        cmocka_unit_test(a_client_whose_reader_leaves_ends_with_the_workers_code),
        cmocka_unit_test(a_slow_reader_gets_all_of_a_worker_that_exits_right_after_its_write),
        cmocka_unit_test(exit_codes_are_the_workers),
        cmocka_unit_test(a_worker_that_does_not_exist_is_127),
        cmocka_unit_test(a_worker_that_cannot_be_started_is_126),
        cmocka_unit_test(arguments_a_worker_does_not_take_are_125),
        cmocka_unit_test(a_service_that_is_not_there_is_125),
        cmocka_unit_test(ctrl_c_reaches_the_worker),
        cmocka_unit_test(a_worker_without_a_console_has_none),
        cmocka_unit_test(a_worker_ends_with_its_client),
        cmocka_unit_test(a_grandchild_that_holds_stdout_is_named_and_ended),
        cmocka_unit_test(the_service_holds_no_more_handles_than_before),
    };
    return cmocka_run_group_tests(tests, open_service, close_service);
}
