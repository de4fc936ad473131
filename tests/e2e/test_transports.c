/* tests/e2e/test_transports.c - which way the bytes go, and what holds where they go past the
 * service. That bytes, ends, exit codes, stops and faults are the same over each transport is shown
 * by the tests that run over all of them (cmake/targets.cmake). */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "win32/file.h"
#include "win32/pipe.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

enum { KILLS = 8 };

static const struct sp_bytes nothing = {0};

static int open_service(void **state)
{
    (void)state;
    static char workers[4096];
    char node[MAX_PATH];
    /* Tests run in the root of the repository, and the service elsewhere. */
    if (GetFullPathNameA("build/node/node.exe", MAX_PATH, node, NULL) == 0)
        return -1;
    snprintf(workers, sizeof workers,
             "  obey: {command: [@, obey], console: none}\n"
             "  heed: {command: [@, heed], console: none}\n"
             "  early: {command: [@, close-stdout], console: none}\n"
             "  logged: {command: [@, obey], logs: {streams: stderr}}\n"
             "  all: {command: [@, obey], logs: {streams: both}}\n"
             "  back: {command: [@, obey], resume: 1s}\n"
             "  ahead: {command: [@, obey], warm: 1}\n"
             "  room: {command: [@, obey], mode: shared}\n"
             "  node: {command: ['%s', '-e', 'process.stdin.pipe(process.stdout)']}\n",
             node);
    return fixture_open_with("drain: 1s\nstop: {stdin: 500ms, signal: 500ms}\n", workers);
}

static int close_service(void **state)
{
    (void)state;
    return fixture_close();
}

static bool exists(const char *path)
{
    w32_handle file = NULL;
    bool there = w32_file_open(path, W32_FILE_READ, &file, NULL) == SP_OK;
    w32_handle_close(&file);
    return there;
}

static w32_handle opened(const char *leaf, enum w32_file_mode mode)
{
    w32_handle file = NULL;
    assert_int_equal(w32_file_open(scratch(leaf), mode, &file, NULL), SP_OK);
    return file;
}

static void say(w32_handle to, const char *text)
{
    assert_int_equal(w32_write(to, text, strlen(text), NULL), SP_OK);
}

static w32_handle opened_with(const char *leaf, const char *text)
{
    w32_handle file = opened(leaf, W32_FILE_WRITE);
    say(file, text);
    w32_handle_close(&file);
    return opened(leaf, W32_FILE_READ);
}

static void assert_file(const char *leaf, const char *text)
{
    struct sp_buffer found = {0};
    assert_int_equal(w32_file_read(scratch(leaf), 65536, &found, NULL), SP_OK);
    assert_text(&found, text);
    sp_buffer_deinit(&found);
}

/* The only session, once it runs. */
static json_t *running(void)
{
    for (;;) {
        json_t *answer = ask("sessions", NULL);
        json_t *session = json_incref(json_array_get(json_object_get(answer, "items"), 0));
        const char *state = json_string_value(json_object_get(session, "state"));
        bool runs = state != NULL && strcmp(state, "running") == 0;
        json_decref(answer);
        if (runs)
            return session;
        json_decref(session);
    }
}

static const char *text_in(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    assert_non_null(text);
    return text;
}

static void signal_session(json_t *session, const char *name)
{
    struct w32_outcome outcome;
    assert_int_equal(client_verb(WORDS("signal", text_in(session, "session"), name), &outcome), 0);
    w32_outcome_deinit(&outcome);
}

/* ------------------------------------------------------------------ what auto takes */

/* Whose bytes the service sees: a letter for each stream, r for relayed, - for past it. */
static void assert_goes(const char *const *words, const w32_handle std[3], const char *transport,
                        const char *relayed)
{
    struct w32_child child = {0};
    start_attach(words, std[0], std[1], std[2], &child);
    json_t *session = running();
    if (strcmp(text_in(session, "transport"), transport) != 0)
        fail_msg("%s goes by %s, not %s", words[0], text_in(session, "transport"), transport);
    static const char *const names[] = {"stdin", "stdout", "stderr"};
    for (int i = 0; i < 3; i++)
        assert_int_equal(json_is_integer(json_object_get(session, names[i])), relayed[i] == 'r');
    json_decref(session);
    w32_child_close(&child); /* ends the client's job, and with it the client */
    wait_for_sessions(0);
}

static void auto_takes_the_fastest_that_each_stream_can_have(void **state)
{
    (void)state;
    struct w32_pipe in = {0}, out = {0};
    w32_handle in_file = opened_with("in", "");
    w32_handle out_file = opened("out", W32_FILE_WRITE), err_file = opened("err", W32_FILE_WRITE);
    assert_int_equal(w32_pipe_open(NULL, &in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    const w32_handle none[3] = {NULL}, files[3] = {in_file, out_file, err_file};
    const w32_handle pipes[3] = {in.read, out.write, out.write};
    const w32_handle mixed[3] = {NULL, out_file, NULL};
    const char *const *hang = WORDS("child", "--", "hang"); /* and arguments are no hindrance */
    assert_goes(hang, files, "handoff", "---");
    assert_goes(hang, pipes, "handoff", "---"); /* the worker runs as its client does */
    assert_goes(hang, mixed, "handoff", "---");
    assert_goes(hang, none, "direct", "---");
    assert_goes(WORDS("upper"), pipes, "handoff", "---"); /* two programs */
    assert_goes(WORDS("--detach-keys", "q", "obey"), pipes, "handoff", "---");
    assert_goes(WORDS("--read-only", "obey"), pipes, "handoff", "r--");
    assert_goes(WORDS("logged"), pipes, "handoff", "--r");
    assert_goes(WORDS("all"), pipes, "handoff", "-rr");
    assert_goes(WORDS("all"), none, "direct", "-rr");
    assert_goes(WORDS("back"), pipes, "relay", "rrr");
    assert_goes(WORDS("ahead"), pipes, "relay", "rrr");
    assert_goes(WORDS("room"), pipes, "relay", "rrr");
    w32_pipe_close(&in);
    w32_pipe_close(&out);
    w32_handle_close(&in_file);
    w32_handle_close(&out_file);
    w32_handle_close(&err_file);
}

static void a_word_takes_what_it_says(void **state)
{
    (void)state;
    struct w32_pipe in = {0}, out = {0};
    assert_int_equal(w32_pipe_open(NULL, &in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    const w32_handle pipes[3] = {in.read, out.write, NULL};
    assert_goes(WORDS("--transport", "relay", "obey"), pipes, "relay", "rrr");
    assert_goes(WORDS("--transport", "direct", "obey"), pipes, "direct", "---");
    assert_goes(WORDS("--transport", "handoff", "obey"), pipes, "handoff", "---");
    /* Resuming is given up, and one that waits warm is left waiting. */
    assert_goes(WORDS("--transport", "direct", "back"), pipes, "direct", "---");
    assert_goes(WORDS("--transport", "handoff", "ahead"), pipes, "handoff", "---");
    w32_pipe_close(&in);
    w32_pipe_close(&out);
}

static void ps_says_which_way_the_bytes_go(void **state)
{
    (void)state;
    struct w32_child child = {0};
    struct w32_outcome outcome;
    start_attach(WORDS("--transport", "direct", "child", "--", "hang"), NULL, NULL, NULL, &child);
    json_decref(running());
    assert_int_equal(client_verb(WORDS("ps"), &outcome), 0);
    assert_says(&outcome.output, "running  direct  ");
    w32_outcome_deinit(&outcome);
    w32_child_close(&child);
    wait_for_sessions(0);
}

static void what_can_not_be_had_is_125_and_says_why(void **state)
{
    (void)state;
    static const struct {
        const char *transport, *worker, *why;
    } table[] = {
        {"direct", "room", "standpipe: room: direct can't be had: this worker has many clients"},
        {"handoff", "room", "standpipe: room: handoff can't be had: this worker has many clients"},
        {"direct", "logged",
         "standpipe: logged: direct can't be had: what this worker writes is "
         "logged (logs), which takes the relay"},
        {"fast", "obey", "standpipe: --transport takes auto, relay, direct or handoff, not 'fast'"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct w32_outcome outcome;
        attach(WORDS("--transport", table[i].transport, table[i].worker), nothing, &outcome);
        assert_int_equal(outcome.exit_code, 125);
        assert_says(&outcome.errors, table[i].why);
        assert_int_equal(outcome.output.len, 0);
        w32_outcome_deinit(&outcome);
    }
    struct w32_child child = {0};
    start_attach(WORDS("--transport", "handoff", "obey"), NULL, NULL, NULL, &child);
    assert_int_equal(end_of(&child), 125); /* there is nothing to hand over */
    w32_child_close(&child);
    wait_for_sessions(0);
}

static void what_is_logged_is_in_the_log_though_the_rest_goes_past(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("logged"), sp_bytes_of("complain to the log\necho to you\n"), &outcome);
    assert_int_equal(outcome.exit_code, 0);
    assert_text(&outcome.output, "READY\nto you\nEND\n");
    assert_text(&outcome.errors, "to the log\n");
    w32_outcome_deinit(&outcome);
    for (int i = 0;; i++) { /* it is written a moment later */
        assert_int_equal(client_verb(WORDS("logs", "logged"), &outcome), 0);
        bool there = outcome.output.len > 0;
        if (there)
            assert_says(&outcome.output, " stderr to the log\n");
        w32_outcome_deinit(&outcome);
        if (there)
            break;
        assert_true(i < 200);
    }
}

/* ------------------------------------------------------------------ clients that are killed */

/* The worker makes a file at the end of its stdin. */
static void kill_in_the_middle(const char *transport)
{
    for (int i = 0; i < KILLS; i++) {
        struct w32_pipe in = {0}, out = {0};
        struct w32_child child = {0};
        char line[1024], leaf[64];
        snprintf(leaf, sizeof leaf, "%s-%d", transport, i);
        assert_int_equal(w32_pipe_open(NULL, &in, NULL), SP_OK);
        assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
        start_attach(WORDS("--transport", transport, "heed"), in.read, out.write, NULL, &child);
        w32_handle_close(&in.read);
        w32_handle_close(&out.write);
        snprintf(line, sizeof line, "%s\nin the middle of", scratch(leaf));
        say(in.write, line);
        read_line(out.read, line, sizeof line);
        w32_child_close(&child);
        wait_for_process_end((uint32_t)strtoul(line, NULL, 10));
        assert_false(exists(scratch(leaf)));
        w32_pipe_close(&in);
        w32_pipe_close(&out);
    }
    wait_for_sessions(0);
}

static void a_client_that_is_killed_is_no_end_of_stdin_in_direct(void **state)
{
    (void)state;
    kill_in_the_middle("direct");
}

/* Its end is whatever the other end of it does. */
static void a_client_that_is_killed_is_no_end_of_stdin_in_handoff(void **state)
{
    (void)state;
    kill_in_the_middle("handoff");
}

/* So that the two before show something. */
static void an_end_of_stdin_is_one_whichever_way_it_goes(void **state)
{
    (void)state;
    static const char *const ways[] = {"relay", "direct", "handoff"};
    for (size_t i = 0; i < 3; i++) {
        struct w32_outcome outcome;
        char line[1024];
        snprintf(line, sizeof line, "%s\nand more", scratch(ways[i]));
        attach(WORDS("--transport", ways[i], "heed"), sp_bytes_of(line), &outcome);
        assert_int_equal(outcome.exit_code, 0);
        assert_true(exists(scratch(ways[i])));
        w32_outcome_deinit(&outcome);
    }
}

static void a_client_that_is_killed_leaves_no_process(void **state)
{
    (void)state;
    static const char *const ways[] = {"direct", "handoff"};
    for (size_t i = 0; i < 2; i++) {
        struct w32_pipe out = {0};
        struct w32_child child = {0};
        char line[64];
        assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
        start_attach(WORDS("--transport", ways[i], "child", "--", "tree", "120000"), NULL,
                     out.write, NULL, &child);
        w32_handle_close(&out.write);
        read_line(out.read, line, sizeof line); /* of the second generation */
        json_t *session = running();
        json_t *first = json_array_get(json_object_get(session, "pids"), 0);
        uint32_t pid = (uint32_t)json_integer_value(first);
        json_decref(session);
        w32_child_close(&child);
        wait_for_process_end(pid);
        wait_for_process_end((uint32_t)strtoul(line, NULL, 10));
        wait_for_sessions(0);
        w32_pipe_close(&out);
    }
}

/* ------------------------------------------------------------------ what is handed over */

/* Neither has a console: its host would hold the pipe, too, on Wine. */
static void whoever_reads_sees_the_worker_close_its_stdout_before_it_exits(void **state)
{
    (void)state;
    struct w32_pipe in = {0}, out = {0};
    struct w32_child child = {0};
    const char *argv[ATTACH_WORDS_MAX];
    char byte = 0;
    uint32_t got = 0;
    assert_int_equal(w32_pipe_open(NULL, &in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    const struct w32_spawn_options what = {
        .argv = argv,
        .argc = attach_argv(argv, WORDS("--transport", "handoff", "early")),
        .in = in.read,
        .out = out.write,
        .console = W32_CONSOLE_NONE};
    assert_int_equal(w32_spawn(&what, &child, NULL), SP_OK);
    w32_handle_close(&in.read);
    w32_handle_close(&out.write);
    assert_int_equal(w32_read(out.read, &byte, 1, &got, NULL), SP_EEND);
    assert_int_equal(w32_child_wait(&child, 0, NULL, NULL), SP_ETIMEOUT);
    say(in.write, "now");
    w32_handle_close(&in.write);
    assert_int_equal(end_of(&child), 0);
    w32_child_close(&child);
    w32_pipe_close(&out);
}

static void stdout_and_stderr_in_one_file_keep_their_order(void **state)
{
    (void)state;
    struct w32_child child = {0};
    w32_handle in = opened_with("in", "echo 1\ncomplain 2\necho 3\ncomplain 4\ncomplain 5\n");
    w32_handle both = opened("both", W32_FILE_WRITE);
    start_attach(WORDS("obey"), in, both, both, &child);
    assert_int_equal(end_of(&child), 0);
    w32_child_close(&child);
    w32_handle_close(&in);
    w32_handle_close(&both);
    assert_file("both", "READY\n1\n2\n3\n4\n5\nEND\n");
}

/* As between the commands of ( first; standpipe attach ...; last ) < in > out. */
static void files_are_taken_where_they_are_and_left_where_the_worker_was(void **state)
{
    (void)state;
    static const char *const ways[] = {"relay", "direct", "handoff"};
    for (size_t i = 0; i < 3; i++) {
        struct w32_child child = {0};
        char first[7] = "";
        uint32_t got = 0;
        w32_handle in = opened_with("in", "not me and the rest");
        w32_handle out = opened("out", W32_FILE_WRITE);
        assert_int_equal(w32_read(in, first, 6, &got, NULL), SP_OK);
        assert_string_equal(first, "not me");
        say(out, "before");
        start_attach(WORDS("--transport", ways[i], "child", "--", "cat"), in, out, NULL, &child);
        assert_int_equal(end_of(&child), 0);
        w32_child_close(&child);
        assert_int_equal(w32_read(in, first, 6, &got, NULL), SP_EEND);
        say(out, " and behind");
        w32_handle_close(&in);
        w32_handle_close(&out);
        assert_file("out", "before and the rest and behind");
    }
}

static void a_file_that_is_appended_to_is_appended_to(void **state)
{
    (void)state;
    struct w32_child child = {0};
    w32_handle log = NULL;
    w32_handle in = opened_with("in", "by the worker");
    log = opened("log", W32_FILE_WRITE);
    say(log, "there before, ");
    w32_handle_close(&log);
    assert_int_equal(w32_file_append(scratch("log"), &log, NULL), SP_OK);
    start_attach(WORDS("--transport", "handoff", "child", "--", "cat"), in, log, NULL, &child);
    assert_int_equal(end_of(&child), 0);
    w32_child_close(&child);
    say(log, ", by us");
    w32_handle_close(&in);
    w32_handle_close(&log);
    assert_file("log", "there before, by the worker, by us");
}

/* ------------------------------------------------------------------ outputs that are held */

static void whoever_is_left_is_named_and_ended_whichever_way_the_output_goes(void **state)
{
    (void)state;
    static const char *const ways[] = {"direct", "handoff"};
    static const char *const words[] = {
        /* of what was handed over nobody knows who holds it */
        "standpipe: after its exit the worker's output was held open, and was ended: ",
        "standpipe: the worker left other programs running, which were ended: "};
    for (size_t i = 0; i < 2; i++) {
        struct w32_outcome outcome;
        attach(WORDS("--transport", ways[i], "child", "--", "grandchild", "sleep", "120000"),
               nothing, &outcome);
        assert_int_equal(outcome.exit_code, 0);
        assert_says(&outcome.errors, words[i]);
        assert_says(&outcome.errors, "test-child.exe (");
        uint32_t pid = (uint32_t)strtoul((const char *)outcome.output.data, NULL, 10);
        w32_outcome_deinit(&outcome);
        wait_for_process_end(pid);
        wait_for_sessions(0);
    }
}

/* Outside the worker's job is this test, which takes the worker's stdout. */
static void an_output_that_is_held_outside_the_job_is_given_up(void **state)
{
    (void)state;
    struct w32_pipe out = {0}, err = {0};
    struct w32_child child = {0};
    char line[1024];
    HANDLE held = NULL;
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &err, NULL), SP_OK);
    start_attach(WORDS("--transport", "direct", "child", "--", "std-handles"), NULL, out.write,
                 err.write, &child);
    w32_handle_close(&out.write);
    w32_handle_close(&err.write);
    read_line(out.read, line, sizeof line); /* of stdin */
    read_line(out.read, line, sizeof line);
    HANDLE value = (HANDLE)(uintptr_t)strtoull(line, NULL, 10);
    json_t *session = running();
    json_t *first = json_array_get(json_object_get(session, "pids"), 0);
    HANDLE worker = OpenProcess(PROCESS_DUP_HANDLE, FALSE, (DWORD)json_integer_value(first));
    assert_non_null(worker);
    assert_true(DuplicateHandle(worker, value, GetCurrentProcess(), &held, 0, FALSE,
                                DUPLICATE_SAME_ACCESS));
    CloseHandle(worker);
    signal_session(session, "kill");
    json_decref(session);
    read_line(err.read, line, sizeof line);
    assert_non_null(strstr(line, "the worker was ended"));
    read_line(err.read, line, sizeof line);
    assert_non_null(strstr(line, "after its exit the worker's stdout was held open, and was given "
                                 "up: a process outside the worker's job"));
    assert_int_equal(end_of(&child), 125);
    CloseHandle(held);
    w32_child_close(&child);
    w32_pipe_close(&out);
    w32_pipe_close(&err);
    wait_for_sessions(0);
}

/* ------------------------------------------------------------------ a program that isn't ours */

/* Node.js looks at what its std handles are, and reads and writes each kind another way. */
static void node_copies_files_and_pipes(void **state)
{
    (void)state;
    enum { SIZE = 1 << 20 };
    static const char *const ways[] = {"direct", "handoff"};
    struct sp_buffer bytes = {0};
    if (!exists("build/node/node.exe"))
        fail_msg("build/node/node.exe is not there: run tools/node, which fetches it");
    write_random(scratch("random"), SIZE);
    assert_int_equal(w32_file_read(scratch("random"), SIZE, &bytes, NULL), SP_OK);
    for (size_t i = 0; i < 2; i++) {
        struct w32_child child = {0};
        struct w32_outcome outcome;
        char sent[65], came[65];
        attach(WORDS("--transport", ways[i], "node"), (struct sp_bytes){bytes.data, bytes.len},
               &outcome);
        assert_int_equal(outcome.exit_code, 0);
        assert_int_equal(outcome.output.len, SIZE);
        assert_memory_equal(outcome.output.data, bytes.data, SIZE);
        assert_text(&outcome.errors, "");
        w32_outcome_deinit(&outcome);
        w32_handle in = opened("random", W32_FILE_READ), out = opened("copy", W32_FILE_WRITE);
        start_attach(WORDS("--transport", ways[i], "node"), in, out, NULL, &child);
        assert_int_equal(end_of(&child), 0);
        w32_child_close(&child);
        w32_handle_close(&in);
        w32_handle_close(&out);
        sha256_of(scratch("random"), sent);
        sha256_of(scratch("copy"), came);
        assert_string_equal(sent, came);
    }
    sp_buffer_deinit(&bytes);
}

/* Nothing is left when all have gone: runs last. */
static void the_service_holds_no_more_handles_than_before(void **state)
{
    (void)state;
    static const char *const ways[] = {"direct", "handoff"};
    json_t *before = ask("status", NULL);
    for (size_t i = 0; i < 6; i++) {
        struct w32_outcome outcome;
        attach(WORDS("--transport", ways[i % 2], "upper"), sp_bytes_of("x"), &outcome);
        assert_text(&outcome.output, "X");
        w32_outcome_deinit(&outcome);
    }
    wait_for_sessions(0);
    json_t *after = ask("status", NULL);
    assert_int_equal(json_integer_value(json_object_get(before, "handles")),
                     json_integer_value(json_object_get(after, "handles")));
    json_decref(before);
    json_decref(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(auto_takes_the_fastest_that_each_stream_can_have),
        cmocka_unit_test(a_word_takes_what_it_says),
        cmocka_unit_test(ps_says_which_way_the_bytes_go),
        cmocka_unit_test(what_can_not_be_had_is_125_and_says_why),
        cmocka_unit_test(what_is_logged_is_in_the_log_though_the_rest_goes_past),
        cmocka_unit_test(an_end_of_stdin_is_one_whichever_way_it_goes),
        cmocka_unit_test(a_client_that_is_killed_is_no_end_of_stdin_in_direct),
        cmocka_unit_test(a_client_that_is_killed_is_no_end_of_stdin_in_handoff),
        cmocka_unit_test(a_client_that_is_killed_leaves_no_process),
        cmocka_unit_test(whoever_reads_sees_the_worker_close_its_stdout_before_it_exits),
        cmocka_unit_test(stdout_and_stderr_in_one_file_keep_their_order),
        cmocka_unit_test(files_are_taken_where_they_are_and_left_where_the_worker_was),
        cmocka_unit_test(a_file_that_is_appended_to_is_appended_to),
        cmocka_unit_test(whoever_is_left_is_named_and_ended_whichever_way_the_output_goes),
        cmocka_unit_test(an_output_that_is_held_outside_the_job_is_given_up),
        cmocka_unit_test(node_copies_files_and_pipes),
        cmocka_unit_test(the_service_holds_no_more_handles_than_before),
    };
    return cmocka_run_group_tests(tests, open_service, close_service);
}
