/* tests/e2e/test_see.c - looking into a real service with the real client while a session moves
 * bytes: status WORKER, top, metrics; and that a bar is not drawn where nobody sees it. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/metrics_grammar.h"
#include "win32/file.h"
#include "win32/pipe.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The one session that is there all the time: it has got 11 bytes and has said 6 and 6. */
static struct w32_child client;
static struct w32_pipe in, out;

static void start_session(void)
{
    char line[32];
    assert_int_equal(w32_pipe_open(NULL, &in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    start_attach(WORDS("--transport", "relay", "child", "--", "obey"), in.read, out.write, NULL,
                 &client);
    w32_handle_close(&in.read);
    w32_handle_close(&out.write);
    read_line(out.read, line, sizeof line);
    assert_string_equal(line, "READY");
    assert_int_equal(w32_write(in.write, "echo hello\n", 11, NULL), SP_OK);
    read_line(out.read, line, sizeof line);
    assert_string_equal(line, "hello");
}

static int open_service(void **state)
{
    (void)state;
    if (fixture_open_with(NULL, "  chat: {command: [@, obey], mode: shared, autostart: true}\n") !=
        0)
        return -1;
    start_session();
    return 0;
}

static int close_service(void **state)
{
    (void)state;
    w32_child_close(&client);
    w32_pipe_close(&in);
    w32_pipe_close(&out);
    return fixture_close();
}

static void run_verb(uint32_t code, const char *const *words, struct w32_outcome *outcome)
{
    uint32_t was = client_verb(words, outcome);
    if (was != code)
        fail_msg("%s: %u: %.*s", words[0], (unsigned)was, (int)outcome->errors.len,
                 (const char *)outcome->errors.data);
}

static json_t *json_of(const struct w32_outcome *outcome)
{
    json_error_t where;
    json_t *root = json_loadb((const char *)outcome->output.data, outcome->output.len, 0, &where);
    if (root == NULL)
        fail_msg("%s in %.*s", where.text, (int)outcome->output.len,
                 (const char *)outcome->output.data);
    return root;
}

/* ------------------------------------------------------------------ status */

static void status_says_all_about_a_worker(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    run_verb(0, WORDS("status", "child"), &outcome);
    assert_says(&outcome.output, "worker          child: does what a test says\n");
    assert_says(&outcome.output, "sessions        1 now (relay 1, direct 0, handoff 0), 1 in all");
    assert_says(&outcome.output, "bytes           stdin 11 B, stdout 12 B, stderr 0 B");
    assert_says(&outcome.output, "\n  args                 allow\n");
    assert_says(&outcome.output, "\ns1 ");
    w32_outcome_deinit(&outcome);
    run_verb(0, WORDS("status", "--json", "chat"), &outcome);
    json_t *root = json_of(&outcome), *chat = json_object_get(root, "worker");
    assert_string_equal(json_string_value(json_object_get(chat, "worker")), "chat");
    assert_true(json_is_string(json_object_get(chat, "log")));
    assert_int_equal(json_array_size(json_object_get(root, "sessions")), 0);
    json_decref(root);
    w32_outcome_deinit(&outcome);
    run_verb(127, WORDS("status", "nobody"), &outcome);
    assert_says(&outcome.errors, "standpipe: nobody: there is no worker 'nobody'");
    w32_outcome_deinit(&outcome);
}

/* ------------------------------------------------------------------ top */

static void top_prints_one_table_where_there_is_no_console(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    run_verb(0, WORDS("top", "--interval", "100ms"), &outcome);
    assert_says(&outcome.output, "WORKER   STATE");
    assert_says(&outcome.output, "\nchat     RUNNING");
    assert_says(&outcome.output, "\ns1       child   running  relay");
    w32_outcome_deinit(&outcome);
    run_verb(0, WORDS("top", "--json", "--interval", "100ms", "--sort", "out"), &outcome);
    json_t *root = json_of(&outcome);
    json_t *s1 = json_array_get(json_object_get(root, "sessions"), 0);
    assert_true(json_is_real(json_object_get(s1, "in_per_s")));
    assert_true(json_integer_value(json_object_get(s1, "memory")) > 0);
    json_decref(root);
    w32_outcome_deinit(&outcome);
    run_verb(125, WORDS("top", "--sort", "colour"), &outcome);
    assert_says(&outcome.errors, "standpipe: --sort takes name, in, out, memory or cpu");
    w32_outcome_deinit(&outcome);
}

/* ------------------------------------------------------------------ metrics */

/* @param text of metrics; a NUL is put behind it */
static void assert_metrics(struct sp_buffer *text)
{
    const char *where = "";
    assert_int_equal(sp_buffer_append(text, "", 1, NULL), SP_OK);
    const char *wrong = grammar_check((const char *)text->data, &where);
    if (wrong != NULL)
        fail_msg("%s: %.80s", wrong, where);
}

static void metrics_are_open_metrics_text(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    run_verb(0, WORDS("metrics"), &outcome);
    assert_metrics(&outcome.output);
    assert_says(&outcome.output, "\nstandpipe_up 1\n");
    assert_says(&outcome.output,
                "\nstandpipe_worker_moved_bytes_total{worker=\"child\",stream=\"stdin\"} 11\n");
    assert_says(&outcome.output, "\nstandpipe_worker_state{worker=\"chat\",state=\"running\"} 1\n");
    w32_outcome_deinit(&outcome);
}

static void metrics_replace_a_file_and_say_when_there_is_no_service(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    struct sp_buffer text = {0};
    const char *path = scratch("standpipe.prom");
    run_verb(0, WORDS("metrics", "--output", path), &outcome);
    assert_text(&outcome.output, "");
    assert_int_equal(w32_file_read(path, 1 << 20, &text, NULL), SP_OK);
    assert_metrics(&text);
    w32_outcome_deinit(&outcome);
    const char *const argv[] = {fixture.client, "metrics", "--pipe", "no-such-pipe", "-o", path};
    run_program(argv, sizeof argv / sizeof *argv, (struct sp_bytes){0}, &outcome);
    assert_int_equal(outcome.exit_code, 125);
    assert_says(&outcome.errors, "no service listens on pipe 'no-such-pipe'");
    text.len = 0;
    assert_int_equal(w32_file_read(path, 1 << 20, &text, NULL), SP_OK);
    assert_says(&text, "\nstandpipe_up 0\n# EOF\n");
    sp_buffer_deinit(&text);
    w32_outcome_deinit(&outcome);
    run_verb(125, WORDS("metrics", "--interval", "15s"), &outcome);
    assert_says(&outcome.errors, "--interval: it is for a file: name one with --output");
    w32_outcome_deinit(&outcome);
}

/* ------------------------------------------------------------------ progress */

static void a_bar_is_not_drawn_where_stderr_is_no_console(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("--progress", "upper"), sp_bytes_of("quiet"), &outcome);
    assert_int_equal(outcome.exit_code, 0);
    assert_text(&outcome.output, "QUIET");
    assert_text(&outcome.errors, "");
    w32_outcome_deinit(&outcome);
    attach(WORDS("--progress", "--read-only", "chat"), (struct sp_bytes){0}, &outcome);
    assert_int_equal(outcome.exit_code, 125);
    assert_says(&outcome.errors, "standpipe: --progress is of stdin");
    w32_outcome_deinit(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_says_all_about_a_worker),
        cmocka_unit_test(top_prints_one_table_where_there_is_no_console),
        cmocka_unit_test(metrics_are_open_metrics_text),
        cmocka_unit_test(metrics_replace_a_file_and_say_when_there_is_no_service),
        cmocka_unit_test(a_bar_is_not_drawn_where_stderr_is_no_console),
    };
    return cmocka_run_group_tests(tests, open_service, close_service);
}
