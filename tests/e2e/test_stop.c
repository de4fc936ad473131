/* tests/e2e/test_stop.c - signals, and stops that end: whatever a worker does about them, and
 * however deep its tree is, nothing of it is left. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "win32/pipe.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

enum { LEVELS = 3 };

static int open_service(void **state)
{
    (void)state;
    return fixture_open_with("stop: {stdin: 300ms, signal: 3s}\n",
                             "  tree: {command: [@, deaf-tree, '3'], mode: shared}\n"
                             "  polite: {command: [@, ctrl], mode: shared, restart: never}\n"
                             "  obey: {command: [@, obey]}\n");
}

static int close_service(void **state)
{
    (void)state;
    return fixture_close();
}

/* A client that looks at what a worker says. */
static void start_client(const char *const *words, struct w32_pipe *in, struct w32_pipe *out,
                         struct w32_child *child)
{
    assert_int_equal(w32_pipe_open(NULL, in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, out, NULL), SP_OK);
    start_attach(words, in->read, out->write, NULL, child);
    w32_handle_close(&in->read);
    w32_handle_close(&out->write);
}

static uint32_t end_client(struct w32_pipe *in, struct w32_pipe *out, struct w32_child *child)
{
    uint32_t code = end_of(child);
    w32_child_close(child);
    w32_pipe_close(in);
    w32_pipe_close(out);
    return code;
}

/* The pids of a deaf tree, which end with READY. */
static void read_tree(w32_handle out, uint32_t pids[LEVELS])
{
    char line[64];
    for (int i = 0; i < LEVELS; i++) {
        read_line(out, line, sizeof line);
        pids[i] = (uint32_t)strtoul(line, NULL, 10);
    }
    read_line(out, line, sizeof line);
    assert_string_equal(line, "READY");
}

static void signal_session(const char *name)
{
    struct w32_outcome outcome;
    json_t *root = ps();
    json_t *session = json_array_get(json_object_get(root, "sessions"), 0);
    const char *id = json_string_value(json_object_get(session, "session"));
    assert_non_null(id);
    if (client_verb(WORDS("signal", id, name), &outcome) != 0)
        fail_msg("signal %s: %.*s", name, (int)outcome.errors.len,
                 (const char *)outcome.errors.data);
    w32_outcome_deinit(&outcome);
    json_decref(root);
}

static void int_is_ctrl_c(void **state)
{
    (void)state;
    struct w32_pipe in, out;
    struct w32_child child = {0};
    char line[64];
    start_client(WORDS("child", "--", "ctrl"), &in, &out, &child);
    read_line(out.read, line, sizeof line);
    signal_session("int");
    read_line(out.read, line, sizeof line);
    assert_string_equal(line, "CTRL-C");
    assert_int_equal(end_client(&in, &out, &child), 42);
}

static void kill_ends_a_deaf_tree_at_once(void **state)
{
    (void)state;
    struct w32_pipe in, out;
    struct w32_child child = {0};
    uint32_t pids[LEVELS];
    start_client(WORDS("child", "--", "deaf-tree", "3"), &in, &out, &child);
    read_tree(out.read, pids);
    signal_session("kill");
    assert_int_equal(end_client(&in, &out, &child), 125);
    for (int i = 0; i < LEVELS; i++)
        wait_for_process_end(pids[i]);
    wait_for_sessions(0);
}

static void term_lets_a_worker_end_by_the_end_of_its_stdin(void **state)
{
    (void)state;
    struct w32_pipe in, out;
    struct w32_child child = {0};
    char line[64];
    start_client(WORDS("obey"), &in, &out, &child);
    read_line(out.read, line, sizeof line);
    signal_session("term");
    if (!runs_over("handoff")) { /* a stdin that was handed over is nobody's to end */
        read_line(out.read, line, sizeof line);
        assert_string_equal(line, "END"); /* it saw the end, and had its time */
    }
    assert_int_equal(end_client(&in, &out, &child), 125);
}

static void term_goes_on_to_ctrl_c_and_then_to_the_job(void **state)
{
    (void)state;
    struct w32_pipe in, out;
    struct w32_child child = {0};
    uint32_t pids[LEVELS];
    char line[64];
    start_client(WORDS("child", "--", "ctrl"), &in, &out, &child);
    read_line(out.read, line, sizeof line);
    signal_session("term");
    read_line(out.read, line, sizeof line);
    assert_string_equal(line, "CTRL-C");
    assert_int_equal(end_client(&in, &out, &child), 125);
    start_client(WORDS("child", "--", "deaf-tree", "3"), &in, &out, &child);
    read_tree(out.read, pids);
    signal_session("term");
    assert_int_equal(end_client(&in, &out, &child), 125);
    for (int i = 0; i < LEVELS; i++)
        wait_for_process_end(pids[i]);
    wait_for_sessions(0);
}

static void a_stop_of_a_shared_worker_leaves_nothing_of_a_deaf_tree(void **state)
{
    (void)state;
    struct w32_pipe in, out;
    struct w32_child child = {0};
    struct w32_outcome outcome;
    uint32_t pids[LEVELS];
    start_client(WORDS("--replay", "all", "tree"), &in, &out, &child);
    read_tree(out.read, pids);
    assert_int_equal(client_verb(WORDS("stop", "tree"), &outcome), 0);
    w32_outcome_deinit(&outcome);
    assert_int_equal(end_client(&in, &out, &child), 125);
    for (int i = 0; i < LEVELS; i++)
        wait_for_process_end(pids[i]);
    json_decref(wait_for_state("tree", "stopped"));
}

static void a_client_that_dies_leaves_nothing_of_a_deaf_tree(void **state)
{
    (void)state;
    struct w32_pipe in, out;
    struct w32_child child = {0};
    uint32_t pids[LEVELS];
    start_client(WORDS("child", "--", "deaf-tree", "3"), &in, &out, &child);
    read_tree(out.read, pids);
    w32_child_close(&child); /* ends the client's job, and with it the client */
    for (int i = 0; i < LEVELS; i++)
        wait_for_process_end(pids[i]);
    w32_pipe_close(&in);
    w32_pipe_close(&out);
    wait_for_sessions(0);
}

static void ctrl_break_is_taken_and_what_is_no_signal_is_refused(void **state)
{
    (void)state;
    struct w32_pipe in, out;
    struct w32_child child = {0};
    struct w32_outcome outcome;
    char line[64];
    start_client(WORDS("obey"), &in, &out, &child);
    read_line(out.read, line, sizeof line);
    signal_session("break"); /* its effect: windows-only */
    assert_int_equal(client_verb(WORDS("signal", "s999999", "int"), &outcome), 127);
    assert_says(&outcome.errors, "no session");
    w32_outcome_deinit(&outcome);
    assert_int_equal(client_verb(WORDS("signal", "s1", "stop"), &outcome), 125);
    w32_outcome_deinit(&outcome);
    w32_child_close(&child);
    w32_pipe_close(&in);
    w32_pipe_close(&out);
    wait_for_sessions(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(int_is_ctrl_c),
        cmocka_unit_test(kill_ends_a_deaf_tree_at_once),
        cmocka_unit_test(term_lets_a_worker_end_by_the_end_of_its_stdin),
        cmocka_unit_test(term_goes_on_to_ctrl_c_and_then_to_the_job),
        cmocka_unit_test(a_stop_of_a_shared_worker_leaves_nothing_of_a_deaf_tree),
        cmocka_unit_test(a_client_that_dies_leaves_nothing_of_a_deaf_tree),
        cmocka_unit_test(ctrl_break_is_taken_and_what_is_no_signal_is_refused),
    };
    return cmocka_run_group_tests(tests, open_service, close_service);
}
