/* tests/e2e/test_terminal.c - workers in a terminal, and clients that are no console: bytes go in,
 * what the screen shows comes out. Windows-only, since Wine 8 can't: another size, Ctrl-C as a
 * byte. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "win32/pipe.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* A client and our ends of its streams. */
struct client {
    struct w32_pipe in, out;
    struct w32_child child;
    char shown[64 * 1024];
    size_t len;
};

static struct client c, other;

static int open_service(void **state)
{
    (void)state;
    return fixture_open_with("stop: {stdin: 300ms, signal: 300ms}\n",
                             "  obey: {command: [@, terminal, obey], tty: true}\n"
                             "  deaf: {command: [@, terminal, deaf], tty: true}\n"
                             "  talk: {command: [@, terminal], args: allow, tty: true}\n"
                             "  repl: {command: [@, terminal, obey], tty: true, mode: shared,\n"
                             "         restart: never}\n"
                             "  one: {command: [@, terminal, obey], tty: true,\n"
                             "        limits: {instances: 1}}\n"
                             "  brief: {command: [@, terminal, deaf], tty: true,\n"
                             "          limits: {session_time: 1s}}\n"
                             "  less: {command: [@, terminal, token], tty: true,\n"
                             "         restricted: true}\n"
                             "  client: {command: [@, terminal, token], tty: true,\n"
                             "           run_as: client}\n"
                             "  comes-back: {command: [@, terminal, obey], tty: true,\n"
                             "               resume: 30s}\n");
}

static int close_service(void **state)
{
    (void)state;
    return fixture_close();
}

static void open_client(struct client *k, const char *const *words)
{
    *k = (struct client){0};
    assert_int_equal(w32_pipe_open(NULL, &k->in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &k->out, NULL), SP_OK);
    start_attach(words, k->in.read, k->out.write, NULL, &k->child);
    w32_handle_close(&k->in.read);
    w32_handle_close(&k->out.write);
}

static bool look(struct client *k)
{
    uint32_t got = 0;
    assert_true(k->len + 1 < sizeof k->shown);
    if (w32_read(k->out.read, k->shown + k->len, (uint32_t)(sizeof k->shown - k->len - 1), &got,
                 NULL) != SP_OK)
        return false;
    k->len += got;
    k->shown[k->len] = '\0';
    return true;
}

static void wait_for(struct client *k, const char *text)
{
    while (strstr(k->shown, text) == NULL)
        if (!look(k))
            fail_msg("'%s' never came, but: %s", text, k->shown);
}

/* What is typed is shown as it is typed, and then again by the worker. */
static void wait_for_both(struct client *k, const char *text)
{
    wait_for(k, text);
    while (strstr(strstr(k->shown, text) + 1, text) == NULL)
        if (!look(k))
            fail_msg("'%s' came once: %s", text, k->shown);
}

static void type(struct client *k, const char *text)
{
    assert_int_equal(w32_write(k->in.write, text, strlen(text), NULL), SP_OK);
}

static uint32_t close_client(struct client *k)
{
    while (look(k))
        continue;
    uint32_t code = end_of(&k->child);
    w32_child_close(&k->child);
    w32_pipe_close(&k->in);
    w32_pipe_close(&k->out);
    return code;
}

static void what_is_typed_goes_in_and_what_is_shown_comes_out_and_then_the_exit(void **state)
{
    (void)state;
    open_client(&c, WORDS("obey"));
    wait_for(&c, "READY");
    type(&c, "echo word\r");
    wait_for_both(&c, "word");
    type(&c, "exit 7\r");
    assert_int_equal(close_client(&c), 7);
    assert_int_equal(strncmp(c.shown, "\x1b[", 2), 0);
    wait_for_sessions(0);
}

static void a_worker_that_exits_right_after_its_last_word_is_shown_whole(void **state)
{
    (void)state;
    open_client(&c, WORDS("talk", "--", "talk", "first:", "and last", "3"));
    assert_int_equal(close_client(&c), 3);
    assert_non_null(strstr(c.shown, "first:"));
    assert_non_null(strstr(c.shown, "and last"));
}

/* A keyboard has no end: whoever wants one types it. */
static void the_end_of_stdin_leaves_the_terminal_open(void **state)
{
    (void)state;
    open_client(&c, WORDS("obey"));
    wait_for(&c, "READY");
    type(&c, "echo last\rexit 5\r");
    w32_handle_close(&c.in.write);
    assert_int_equal(close_client(&c), 5);
    assert_non_null(strstr(strstr(c.shown, "last") + 1, "last"));
}

static void ctrl_c_is_sent_to_whatever_is_in_the_terminal(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    open_client(&c, WORDS("talk", "--", "ctrl"));
    wait_for(&c, "READY");
    json_t *root = ps();
    const char *id = json_string_value(
        json_object_get(json_array_get(json_object_get(root, "sessions"), 0), "session"));
    assert_int_equal(client_verb(WORDS("signal", id, "int"), &outcome), 0);
    w32_outcome_deinit(&outcome);
    json_decref(root);
    assert_int_equal(close_client(&c), 42);
}

static void clients_share_a_screen_and_a_keyboard(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    open_client(&c, WORDS("repl"));
    wait_for(&c, "READY");
    open_client(&other, WORDS("--replay", "all", "repl"));
    wait_for(&other, "READY");
    type(&other, "echo hello\r");
    wait_for_both(&other, "hello");
    wait_for_both(&c, "hello");
    w32_handle_close(&c.in.write); /* as any shared worker, it goes on */
    type(&other, "echo again\r");
    wait_for_both(&c, "again");
    assert_int_equal(client_verb(WORDS("stop", "repl"), &outcome), 0); /* by Ctrl-C */
    w32_outcome_deinit(&outcome);
    assert_int_equal(close_client(&c), 125);
    assert_int_equal(close_client(&other), 125);
    json_decref(wait_for_state("repl", "stopped"));
}

static void a_worker_that_ignores_ctrl_c_ends_with_its_terminal_or_its_job(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    open_client(&c, WORDS("deaf"));
    wait_for(&c, "READY");
    json_t *root = ps();
    json_t *session = json_array_get(json_object_get(root, "sessions"), 0);
    uint32_t pid =
        (uint32_t)json_integer_value(json_array_get(json_object_get(session, "pids"), 0));
    const char *id = json_string_value(json_object_get(session, "session"));
    assert_int_equal(client_verb(WORDS("signal", id, "term"), &outcome), 0);
    w32_outcome_deinit(&outcome);
    json_decref(root);
    assert_int_equal(close_client(&c), 125);
    wait_for_process_end(pid);
    wait_for_sessions(0);
}

static void a_client_that_dies_takes_its_terminal_with_it(void **state)
{
    (void)state;
    open_client(&c, WORDS("obey"));
    wait_for(&c, "READY");
    json_t *root = ps();
    json_t *session = json_array_get(json_object_get(root, "sessions"), 0);
    uint32_t pid =
        (uint32_t)json_integer_value(json_array_get(json_object_get(session, "pids"), 0));
    json_decref(root);
    w32_child_close(&c.child); /* ends it */
    w32_pipe_close(&c.in);
    w32_pipe_close(&c.out);
    wait_for_process_end(pid);
    wait_for_sessions(0);
}

static void a_connection_that_breaks_is_resumed(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    open_client(&c, WORDS("comes-back"));
    wait_for(&c, "READY");
    json_t *root = ps();
    const char *id = json_string_value(
        json_object_get(json_array_get(json_object_get(root, "sessions"), 0), "session"));
    assert_int_equal(client_verb(WORDS("drop", id), &outcome), 0);
    w32_outcome_deinit(&outcome);
    json_decref(root);
    type(&c, "echo back\r");
    wait_for_both(&c, "back");
    type(&c, "exit 6\r");
    assert_int_equal(close_client(&c), 6);
}

static void a_terminal_too_many_is_refused_and_the_next_one_is_not(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    open_client(&c, WORDS("one"));
    wait_for(&c, "READY");
    attach(WORDS("one"), (struct sp_bytes){0}, &outcome);
    assert_int_equal(outcome.exit_code, 125);
    assert_says(&outcome.errors, "(limits: instances)");
    w32_outcome_deinit(&outcome);
    type(&c, "exit 4\r");
    assert_int_equal(close_client(&c), 4);
    wait_for_sessions(0);
    open_client(&c, WORDS("one"));
    wait_for(&c, "READY");
    type(&c, "exit 5\r");
    assert_int_equal(close_client(&c), 5);
}

/* Neither the end of its client's input nor Ctrl-C ends this one. */
static void a_terminal_lasts_as_long_as_it_may(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("brief"), (struct sp_bytes){0}, &outcome);
    assert_int_equal(outcome.exit_code, 125);
    assert_says(&outcome.errors, "the session lasted as long as it may (limits: session_time)");
    w32_outcome_deinit(&outcome);
    wait_for_sessions(0);
}

static void a_program_in_a_terminal_runs_as_the_config_says(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("less"), (struct sp_bytes){0}, &outcome);
    assert_int_equal(outcome.exit_code, 0);
    assert_says(&outcome.output, "no privileges, no administrator");
    w32_outcome_deinit(&outcome);
    attach(WORDS("--impersonate", "client"), (struct sp_bytes){0}, &outcome);
    assert_int_equal(outcome.exit_code, 0);
    assert_says(&outcome.output, "some privileges, an administrator");
    w32_outcome_deinit(&outcome);
}

static void only_the_relay_can_be_had(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("--transport", "direct", "obey"), (struct sp_bytes){0}, &outcome);
    assert_int_equal(outcome.exit_code, 125);
    assert_says(&outcome.errors, "tty: true");
    w32_outcome_deinit(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_typed_goes_in_and_what_is_shown_comes_out_and_then_the_exit),
        cmocka_unit_test(a_worker_that_exits_right_after_its_last_word_is_shown_whole),
        cmocka_unit_test(the_end_of_stdin_leaves_the_terminal_open),
        cmocka_unit_test(ctrl_c_is_sent_to_whatever_is_in_the_terminal),
        cmocka_unit_test(clients_share_a_screen_and_a_keyboard),
        cmocka_unit_test(a_worker_that_ignores_ctrl_c_ends_with_its_terminal_or_its_job),
        cmocka_unit_test(a_client_that_dies_takes_its_terminal_with_it),
        cmocka_unit_test(a_connection_that_breaks_is_resumed),
        cmocka_unit_test(a_terminal_too_many_is_refused_and_the_next_one_is_not),
        cmocka_unit_test(a_terminal_lasts_as_long_as_it_may),
        cmocka_unit_test(a_program_in_a_terminal_runs_as_the_config_says),
        cmocka_unit_test(only_the_relay_can_be_had),
    };
    return cmocka_run_group_tests(tests, open_service, close_service);
}
