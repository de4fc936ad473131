/* tests/e2e/test_logs.c - what workers say, kept in files and shown by `standpipe logs`. */
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
    return fixture_open_with(
        NULL, "  chat: {command: [@, obey], mode: shared}\n"
              "  both: {command: [@, talk, 'to you', 'to the log', '0'], logs: {streams: both}}\n"
              "  small: {command: [@, stderr, '20000'], logs: {streams: stderr, size: 4KiB, "
              "files: 3}}\n"
              "  held: {command: [@, talk, 'to you', 'to the log', '0'], "
              "logs: {streams: stderr}}\n");
}

static int close_service(void **state)
{
    (void)state;
    return fixture_close();
}

/* Asks until the log says something: it is written a moment later than the stream. */
static void wait_for_log(const char *worker, const char *what, struct w32_outcome *outcome)
{
    for (int i = 0; i < 200; i++) {
        assert_int_equal(client_verb(WORDS("logs", worker), outcome), 0);
        if (sp_buffer_append(&outcome->output, "", 1, NULL) == SP_OK &&
            strstr((const char *)outcome->output.data, what) != NULL)
            return;
        w32_outcome_deinit(outcome);
    }
    fail_msg("the log of %s never says '%s'", worker, what);
}

static void both_streams_of_a_private_worker_are_kept_with_its_session(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("both"), nothing, &outcome);
    assert_text(&outcome.output, "to you");
    assert_text(&outcome.errors, "to the log");
    w32_outcome_deinit(&outcome);
    wait_for_log("both", " stderr", &outcome);
    assert_says(&outcome.output, " s");
    assert_says(&outcome.output, " stdout");
    assert_says(&outcome.output, "to you");
    assert_says(&outcome.output, "to the log");
    w32_outcome_deinit(&outcome);
}

static void a_worker_that_keeps_nothing_says_so(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    assert_int_equal(client_verb(WORDS("logs", "deny"), &outcome), 125);
    assert_says(&outcome.errors, "streams: none");
    w32_outcome_deinit(&outcome);
    assert_int_equal(client_verb(WORDS("logs", "nobody"), &outcome), 127);
    w32_outcome_deinit(&outcome);
}

static void files_are_rotated_and_the_oldest_goes(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    char path[1024];
    attach(WORDS("small"), nothing, &outcome);
    assert_int_equal(outcome.errors.len, 20000);
    w32_outcome_deinit(&outcome);
    wait_for_log("small", " stderr", &outcome);
    w32_outcome_deinit(&outcome);
    snprintf(path, sizeof path, "%s\\logs\\small.1.log", fixture.folder);
    for (int i = 0; i < 200 && !w32_file_exists(path); i++)
        wait_for_sessions(0);
    assert_true(w32_file_exists(path));
    snprintf(path, sizeof path, "%s\\logs\\small.3.log", fixture.folder);
    assert_false(w32_file_exists(path));
}

static void a_log_can_be_followed(void **state)
{
    (void)state;
    struct w32_pipe in = {0}, out = {0};
    struct w32_child talker = {0}, follower = {0};
    struct w32_outcome outcome;
    char line[256];
    assert_int_equal(w32_pipe_open(NULL, &in, NULL), SP_OK);
    start_attach(WORDS("chat"), in.read, NULL, NULL, &talker);
    w32_handle_close(&in.read);
    assert_int_equal(w32_write(in.write, "complain first\n", 15, NULL), SP_OK);
    wait_for_log("chat", "first", &outcome);
    w32_outcome_deinit(&outcome);
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    const char *const argv[] = {fixture.client, "logs", "--pipe", fixture.pipe,
                                "-f",           "-n",   "1",      "chat"};
    const struct w32_spawn_options what = {.argv = argv, .argc = 8, .out = out.write};
    assert_int_equal(w32_spawn(&what, &follower, NULL), SP_OK);
    w32_handle_close(&out.write);
    read_line(out.read, line, sizeof line);
    assert_non_null(strstr(line, "first"));
    assert_int_equal(w32_write(in.write, "complain second\n", 16, NULL), SP_OK);
    read_line(out.read, line, sizeof line);
    assert_non_null(strstr(line, "second"));
    assert_non_null(strstr(line, " chat stderr "));
    w32_child_close(&follower);
    w32_child_close(&talker);
    w32_pipe_close(&in);
    w32_pipe_close(&out);
    wait_for_sessions(0);
}

/* Where the log should be is a folder: nothing can be written there, and the stream does not mind.
 */
static void a_log_that_cannot_be_written_never_touches_the_stream(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    char path[1024];
    snprintf(path, sizeof path, "%s\\logs\\held.log", fixture.folder);
    assert_int_equal(w32_folder_create(path, NULL, NULL), SP_OK);
    attach(WORDS("held"), nothing, &outcome);
    assert_int_equal(outcome.exit_code, 0);
    assert_text(&outcome.output, "to you");
    assert_text(&outcome.errors, "to the log");
    w32_outcome_deinit(&outcome);
    w32_file_remove(path);
    attach(WORDS("held"), nothing, &outcome);
    assert_int_equal(outcome.exit_code, 0);
    w32_outcome_deinit(&outcome);
    wait_for_log("held", "to the log", &outcome);
    w32_outcome_deinit(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_streams_of_a_private_worker_are_kept_with_its_session),
        cmocka_unit_test(a_worker_that_keeps_nothing_says_so),
        cmocka_unit_test(files_are_rotated_and_the_oldest_goes),
        cmocka_unit_test(a_log_can_be_followed),
        cmocka_unit_test(a_log_that_cannot_be_written_never_touches_the_stream),
    };
    return cmocka_run_group_tests(tests, open_service, close_service);
}
