/* tests/e2e/test_shared.c - shared workers: one process, many clients, who come, look back, fall
 * behind and leave; and what becomes of the worker when it ends. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "win32/pipe.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct sp_bytes nothing = {0};

static int open_service(void **state)
{
    (void)state;
    return fixture_open_with(
        NULL, "  chat: {command: [@, obey], mode: shared, autostart: true, history: 64KiB}\n"
              "  block: {command: [@, obey], mode: shared, slow: block, history: 64KiB}\n"
              "  strict: {command: [@, obey], mode: shared, slow: disconnect, history: 64KiB}\n"
              "  never: {command: [@, talk, said, to the log, '7'], mode: shared, restart: never}\n"
              "  flaky: {command: [@, obey], mode: shared, restart: on-failure}\n"
              "  once: {command: [@, obey], mode: shared}\n"
              "  gone: {command: ['C:\\no\\such\\program.exe'], mode: shared, restart: never}\n");
}

static int close_service(void **state)
{
    (void)state;
    return fixture_close();
}

/* A client with its stdin and stdout in our hands. */
struct talker {
    struct w32_child child;
    struct w32_pipe in, out;
};

static void start_talker(struct talker *t, const char *const *words)
{
    *t = (struct talker){0};
    assert_int_equal(w32_pipe_open(NULL, &t->in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &t->out, NULL), SP_OK);
    start_attach(words, t->in.read, t->out.write, NULL, &t->child);
    w32_handle_close(&t->in.read);
    w32_handle_close(&t->out.write);
}

static void say(struct talker *t, const char *text)
{
    assert_int_equal(w32_write(t->in.write, text, strlen(text), NULL), SP_OK);
}

static void hears(struct talker *t, const char *expected)
{
    char line[256];
    read_line(t->out.read, line, sizeof line);
    assert_string_equal(line, expected);
}

static uint32_t end_talker(struct talker *t)
{
    w32_handle_close(&t->in.write);
    uint32_t code = end_of(&t->child);
    w32_child_close(&t->child);
    w32_pipe_close(&t->in);
    w32_pipe_close(&t->out);
    return code;
}

/* Drops the client as a closed terminal would. */
static void kill_talker(struct talker *t)
{
    w32_child_close(&t->child); /* ends its job */
    w32_pipe_close(&t->in);
    w32_pipe_close(&t->out);
}

static void command(uint32_t code, const char *verb, const char *worker)
{
    struct w32_outcome outcome;
    uint32_t was = client_verb(WORDS(verb, worker), &outcome);
    if (was != code)
        fail_msg("%s %s: %u: %.*s", verb, worker, (unsigned)was, (int)outcome.errors.len,
                 (const char *)outcome.errors.data);
    w32_outcome_deinit(&outcome);
}

static json_int_t first_pid(json_t *worker)
{
    return json_integer_value(json_array_get(json_object_get(worker, "pids"), 0));
}

/* ------------------------------------------------------------------ many clients */

static void what_one_client_says_all_hear(void **state)
{
    (void)state;
    struct talker a, b, watcher;
    json_decref(wait_for_state("chat", "running"));
    start_talker(&a, WORDS("chat"));
    start_talker(&b, WORDS("chat"));
    start_talker(&watcher, WORDS("--read-only", "chat"));
    wait_for_sessions(3);
    say(&a, "echo from a\n");
    hears(&a, "from a");
    hears(&b, "from a");
    hears(&watcher, "from a");
    say(&b, "echo from b\n");
    hears(&a, "from b");
    hears(&b, "from b");
    hears(&watcher, "from b");
    kill_talker(&a);
    kill_talker(&b);
    kill_talker(&watcher);
    wait_for_sessions(0);
}

static void the_end_of_one_clients_stdin_is_nobody_elses(void **state)
{
    (void)state;
    struct talker a, b;
    start_talker(&a, WORDS("chat"));
    start_talker(&b, WORDS("chat"));
    wait_for_sessions(2);
    w32_handle_close(&a.in.write);
    say(&b, "echo still here\n");
    hears(&a, "still here");
    hears(&b, "still here");
    kill_talker(&a);
    kill_talker(&b);
    wait_for_sessions(0);
}

static void a_worker_outlives_clients_that_die_or_detach(void **state)
{
    (void)state;
    struct talker a, b;
    json_t *before = wait_for_state("chat", "running");
    start_talker(&a, WORDS("chat"));
    wait_for_sessions(1);
    kill_talker(&a);
    wait_for_sessions(0);
    start_talker(&b, WORDS("--detach-keys", "ctrl-p,q", "chat"));
    wait_for_sessions(1);
    say(&b, "echo before I go\n");
    hears(&b, "before I go");
    say(&b, "\020q");
    assert_int_equal(end_talker(&b), 0);
    wait_for_sessions(0);
    json_t *after = wait_for_state("chat", "running");
    assert_int_equal(first_pid(before), first_pid(after));
    json_decref(before);
    json_decref(after);
}

static void a_client_that_comes_late_sees_the_past_it_asks_for(void **state)
{
    (void)state;
    struct talker a, b;
    start_talker(&a, WORDS("chat"));
    wait_for_sessions(1);
    say(&a, "echo 0123456789\n");
    hears(&a, "0123456789");
    start_talker(&b, WORDS("--replay", "6B", "chat"));
    hears(&b, "56789"); /* and the line end */
    kill_talker(&b);
    start_talker(&b, WORDS("--replay", "all", "chat"));
    hears(&b, "READY");
    kill_talker(&b);
    kill_talker(&a);
    wait_for_sessions(0);
}

/* ------------------------------------------------------------------ slow clients */

static unsigned char pattern(uint64_t i)
{
    return (unsigned char)(i * 31 + (i >> 8) * 7 + (i >> 16));
}

/* Reads len bytes of the pattern from a position on. */
static void hears_pattern(struct talker *t, uint64_t from, uint64_t len)
{
    static unsigned char bytes[65536];
    for (uint64_t at = 0; at < len;) {
        uint32_t got = 0;
        uint32_t want = len - at < sizeof bytes ? (uint32_t)(len - at) : sizeof bytes;
        assert_int_equal(w32_read(t->out.read, bytes, want, &got, NULL), SP_OK);
        for (uint32_t i = 0; i < got; i++)
            if (bytes[i] != pattern(from + at + i))
                fail_msg("byte %llu is wrong", (unsigned long long)(from + at + i));
        at += got;
    }
}

enum {
    MUCH = 16 << 20, /* more than the pipes on the way can hold */
    STEP = 64 << 10,
};

static void a_stalled_client_holds_up_nobody_and_is_told_what_it_missed(void **state)
{
    (void)state;
    struct talker fast;
    struct w32_pipe err = {0};
    struct w32_child child = {0};
    char line[256];
    assert_int_equal(w32_pipe_open(NULL, &err, NULL), SP_OK);
    struct w32_pipe out = {0};
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    start_attach(WORDS("--read-only", "once"), NULL, out.write, err.write, &child);
    w32_handle_close(&err.write);
    w32_handle_close(&out.write);
    start_talker(&fast, WORDS("--replay", "all", "once"));
    hears(&fast, "READY");
    wait_for_sessions(2);
    say(&fast, "out 16777216\nexit 0\n");
    hears_pattern(&fast, 0, MUCH);
    assert_int_equal(end_talker(&fast), 0);
    /* Now it reads, and learns what is missing. */
    uint64_t total = 0;
    for (uint32_t got = 0; w32_read(out.read, line, sizeof line, &got, NULL) == SP_OK;)
        total += got;
    assert_true(total < MUCH);
    read_line(err.read, line, sizeof line);
    assert_non_null(strstr(line, "bytes of stdout were left out"));
    assert_int_equal(end_of(&child), 0);
    w32_child_close(&child);
    w32_pipe_close(&out);
    w32_pipe_close(&err);
    wait_for_sessions(0);
}

static void a_worker_that_waits_for_its_clients_loses_nothing(void **state)
{
    (void)state;
    struct talker slow, fast;
    start_talker(&slow, WORDS("block"));
    hears(&slow, "READY");
    start_talker(&fast, WORDS("block"));
    wait_for_sessions(2);
    say(&fast, "out 16777216\nexit 3\n");
    for (uint64_t at = 0; at < MUCH; at += STEP) { /* in turns: each stalls for the other */
        hears_pattern(&slow, at, STEP);
        hears_pattern(&fast, at, STEP);
    }
    assert_int_equal(end_talker(&fast), 3);
    assert_int_equal(end_talker(&slow), 3);
    wait_for_sessions(0);
}

static void a_client_that_is_too_slow_can_be_cut_off(void **state)
{
    (void)state;
    struct talker stalled, fast;
    struct w32_outcome outcome;
    start_talker(&stalled, WORDS("strict"));
    hears(&stalled, "READY");
    start_talker(&fast, WORDS("strict"));
    wait_for_sessions(2);
    say(&fast, "out 16777216\n");
    hears_pattern(&fast, 0, MUCH);
    wait_for_sessions(1);
    assert_int_equal(end_talker(&stalled), 125);
    kill_talker(&fast);
    assert_int_equal(client_verb(WORDS("stop", "strict"), &outcome), 0);
    w32_outcome_deinit(&outcome);
    wait_for_sessions(0);
}

/* ------------------------------------------------------------------ how it ends and comes back */

static void start_stop_and_restart(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    json_t *first = wait_for_state("chat", "running");
    command(0, "restart", "chat");
    json_t *second = wait_for_state("chat", "running");
    assert_int_not_equal(first_pid(first), first_pid(second));
    command(0, "stop", "chat");
    json_decref(wait_for_state("chat", "stopped"));
    wait_for_process_end((uint32_t)first_pid(second));
    attach(WORDS("chat"), nothing, &outcome);
    assert_int_equal(outcome.exit_code, 126);
    assert_says(&outcome.errors, "standpipe start chat");
    w32_outcome_deinit(&outcome);
    command(0, "start", "chat");
    json_t *third = wait_for_state("chat", "running");
    command(0, "start", "chat"); /* it runs: nothing to do */
    json_t *same = wait_for_state("chat", "running");
    assert_int_equal(first_pid(third), first_pid(same));
    json_decref(first);
    json_decref(second);
    json_decref(third);
    json_decref(same);
    command(127, "start", "nobody");
    command(125, "stop", "deny"); /* a private one */
}

static void a_stop_tells_the_clients_why(void **state)
{
    (void)state;
    struct w32_pipe err = {0};
    struct w32_child child = {0};
    struct w32_pipe in = {0};
    char line[256];
    json_decref(wait_for_state("chat", "running"));
    assert_int_equal(w32_pipe_open(NULL, &err, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &in, NULL), SP_OK);
    start_attach(WORDS("chat"), in.read, NULL, err.write, &child);
    w32_handle_close(&err.write);
    wait_for_sessions(1);
    command(0, "stop", "chat");
    read_line(err.read, line, sizeof line);
    assert_non_null(strstr(line, "being stopped"));
    assert_int_equal(end_of(&child), 125);
    w32_child_close(&child);
    w32_pipe_close(&err);
    w32_pipe_close(&in);
    command(0, "start", "chat");
}

static void a_worker_that_fails_is_seen_with_its_last_words(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("--replay", "all", "never"), nothing, &outcome);
    assert_int_equal(outcome.exit_code, 7);
    assert_text(&outcome.output, "said");
    w32_outcome_deinit(&outcome);
    json_t *worker = wait_for_state("never", "failed");
    assert_int_equal(json_integer_value(json_object_get(worker, "exit_code")), 7);
    json_t *words = json_object_get(worker, "last_words");
    assert_string_equal(json_string_value(json_array_get(words, 0)), "to the log");
    json_decref(worker);
    assert_int_equal(client_verb(WORDS("ps"), &outcome), 0);
    assert_says(&outcome.output, "FAILED");
    assert_says(&outcome.output, "to the log");
    w32_outcome_deinit(&outcome);
    attach(WORDS("never"), nothing, &outcome);
    assert_int_equal(outcome.exit_code, 126);
    assert_says(&outcome.errors, "to the log");
    w32_outcome_deinit(&outcome);
}

static void a_worker_that_cannot_be_started_says_why(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("gone"), nothing, &outcome);
    assert_int_equal(outcome.exit_code, 126);
    assert_says(&outcome.errors, "C:\\no\\such\\program.exe");
    w32_outcome_deinit(&outcome);
    json_decref(wait_for_state("gone", "failed"));
    command(126, "start", "gone");
}

static void a_worker_that_crashes_comes_back_after_a_while(void **state)
{
    (void)state;
    struct talker t;
    start_talker(&t, WORDS("--replay", "all", "flaky"));
    hears(&t, "READY");
    say(&t, "complain it hurts\nexit 9\n");
    assert_int_equal(end_talker(&t), 9);
    json_t *worker = wait_for_state("flaky", "backoff");
    assert_int_equal(json_integer_value(json_object_get(worker, "exit_code")), 9);
    assert_true(json_is_integer(json_object_get(worker, "backoff_ms")));
    json_decref(worker);
    worker = wait_for_state("flaky", "running");
    assert_int_equal(json_integer_value(json_object_get(worker, "restarts")), 1);
    json_decref(worker);
    /* One that ends well is not started again, until somebody comes. */
    start_talker(&t, WORDS("flaky"));
    wait_for_sessions(1);
    say(&t, "exit 0\n");
    assert_int_equal(end_talker(&t), 0);
    json_decref(wait_for_state("flaky", "stopped"));
    start_talker(&t, WORDS("--replay", "all", "flaky"));
    hears(&t, "READY");
    kill_talker(&t);
    wait_for_sessions(0);
}

static void signals_reach_a_shared_worker_by_its_name(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    json_t *before = wait_for_state("chat", "running");
    assert_int_equal(client_verb(WORDS("signal", "chat", "kill"), &outcome), 0);
    w32_outcome_deinit(&outcome);
    wait_for_process_end((uint32_t)first_pid(before));
    json_t *after = wait_for_state("chat", "running"); /* on-failure */
    assert_int_not_equal(first_pid(before), first_pid(after));
    json_decref(before);
    json_decref(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_one_client_says_all_hear),
        cmocka_unit_test(the_end_of_one_clients_stdin_is_nobody_elses),
        cmocka_unit_test(a_worker_outlives_clients_that_die_or_detach),
        cmocka_unit_test(a_client_that_comes_late_sees_the_past_it_asks_for),
        cmocka_unit_test(a_stalled_client_holds_up_nobody_and_is_told_what_it_missed),
        cmocka_unit_test(a_worker_that_waits_for_its_clients_loses_nothing),
        cmocka_unit_test(a_client_that_is_too_slow_can_be_cut_off),
        cmocka_unit_test(start_stop_and_restart),
        cmocka_unit_test(a_stop_tells_the_clients_why),
        cmocka_unit_test(a_worker_that_fails_is_seen_with_its_last_words),
        cmocka_unit_test(a_worker_that_cannot_be_started_says_why),
        cmocka_unit_test(a_worker_that_crashes_comes_back_after_a_while),
        cmocka_unit_test(signals_reach_a_shared_worker_by_its_name),
    };
    return cmocka_run_group_tests(tests, open_service, close_service);
}
