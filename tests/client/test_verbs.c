/* tests/client/test_verbs.c - signal, drop, start, stop, restart and logs: what they ask the
 * service, and what they make of its answer. */
#include "fake.h"

#include <stdlib.h>
#include <string.h>

#include "core/rpc.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct fake f;
static struct fake_client c;
static const char *said;

static int open_fake(void **state)
{
    (void)state;
    fake_open(&f);
    return 0;
}

static int close_fake(void **state)
{
    (void)state;
    fake_close(&f);
    return w32_handle_tally() == 0 ? 0 : -1;
}

/* Runs a verb up to its request. @param params what that must have, exactly, as JSON with ' for "
 */
static void ask(const char *verb, const char *const *words, const char *method, const char *params)
{
    char text[256];
    assert_true(strlen(params) < sizeof text);
    strcpy(text, params);
    for (char *quote = text; (quote = strchr(quote, '\'')) != NULL;)
        *quote = '"';
    fake_start_verb(&f, &c, verb, words);
    fake_accept(&f);
    json_t *expected = json_loads(text, 0, NULL);
    json_t *found = fake_next(&f, method);
    if (expected == NULL || !json_equal(expected, found))
        fail_msg("%s and not %s", json_dumps(found, 0), text);
    json_decref(expected);
    json_decref(found);
}

static void end_with(int code, const char *words)
{
    assert_int_equal(fake_client_end(&c, &said), code);
    assert_string_equal(said, words);
}

/* A complaint about the command line: nobody was asked. */
static void assert_wrong(const char *verb, const char *const *words, const char *part)
{
    fake_start_verb(&f, &c, verb, words);
    assert_int_equal(fake_client_end(&c, &said), 125);
    if (strstr(said, part) == NULL || strncmp(said, "standpipe: ", 11) != 0)
        fail_msg("'%s' is not in: %s", part, said);
}

/* ------------------------------------------------------------------ signal and drop */

static void a_signal_goes_to_a_session_or_to_a_worker(void **state)
{
    (void)state;
    ask("signal", WORDS("s17", "int"), "signal", "{'name': 'int', 'session': 's17'}");
    fake_answer(&f, json_object());
    end_with(0, "");
    fake_cut(&f);
    ask("signal", WORDS("repl", "KILL"), "signal", "{'name': 'kill', 'worker': 'repl'}");
    fake_answer(&f, json_object());
    end_with(0, "");
    fake_cut(&f);
    ask("signal", WORDS("s17x", "ctrl-break"), "signal", "{'name': 'break', 'worker': 's17x'}");
    fake_answer(&f, json_object());
    end_with(0, "");
    fake_cut(&f);
    ask("signal", WORDS("s", "term"), "signal", "{'name': 'term', 'worker': 's'}");
    fake_answer(&f, json_object());
    end_with(0, "");
}

static void a_signal_that_is_refused_is_said(void **state)
{
    (void)state;
    ask("signal", WORDS("s17", "int"), "signal", "{'name': 'int', 'session': 's17'}");
    fake_refuse(&f, SP_RPC_NO_WORKER, "there is no session s17");
    end_with(127, "standpipe: s17: there is no session s17\n");
    fake_cut(&f);
    ask("signal", WORDS("repl", "int"), "signal", "{'name': 'int', 'worker': 'repl'}");
    fake_refuse(&f, SP_RPC_REFUSED, "no");
    end_with(125, "standpipe: repl: no\n");
}

static void what_is_no_signal_is_said(void **state)
{
    (void)state;
    assert_wrong("signal", WORDS("s17", "hup"), "hup is no signal: int");
    assert_wrong("signal", WORDS("s17"), "SESSION|WORKER");
}

static void drop_takes_a_session(void **state)
{
    (void)state;
    ask("drop", WORDS("s17"), "drop", "{'session': 's17'}");
    fake_answer(&f, json_object());
    end_with(0, "");
    assert_wrong("drop", WORDS("repl"), "repl is no session");
}

/* ------------------------------------------------------------------ start, stop, restart */

static void shared_workers_are_started_stopped_and_restarted(void **state)
{
    (void)state;
    const char *const verbs[][3] = {{"start", "start_worker", "repl: running\n"},
                                    {"stop", "stop_worker", "repl: stopped\n"},
                                    {"restart", "restart_worker", "repl: running\n"}};
    for (size_t i = 0; i < 3; i++) {
        ask(verbs[i][0], WORDS("repl"), verbs[i][1], "{'worker': 'repl'}");
        fake_answer(&f, json_pack("{s:s}", "state", i == 1 ? "stopped" : "running"));
        fake_client_says(&c, verbs[i][2]);
        end_with(0, "");
        fake_cut(&f);
    }
}

static void a_worker_that_does_not_start_is_126(void **state)
{
    (void)state;
    ask("start", WORDS("repl"), "start_worker", "{'worker': 'repl'}");
    fake_refuse(&f, SP_RPC_NO_START, "there is no program \"x.exe\"");
    end_with(126, "standpipe: repl: there is no program \"x.exe\"\n");
}

static void a_service_that_hangs_up_is_said(void **state)
{
    (void)state;
    ask("stop", WORDS("repl"), "stop_worker", "{'worker': 'repl'}");
    fake_cut(&f);
    end_with(125, "standpipe: repl: the service closed the connection\n");
}

/* ------------------------------------------------------------------ logs */

static void answer_with_log(void)
{
    json_t *pipes = fake_pipes(&f, true);
    fake_answer(&f, json_pack("{s:O}", "pipe", json_object_get(pipes, "stdout")));
    json_decref(pipes);
    fake_wait_for_data(&f, SP_STDOUT);
}

static void logs_are_printed_to_their_end(void **state)
{
    (void)state;
    ask("logs", WORDS("repl"), "logs", "{'worker': 'repl', 'lines': 0, 'follow': false}");
    answer_with_log();
    fake_say(&f, SP_STDOUT, "one\ntwo\n", 8);
    fake_close_data(&f, SP_STDOUT);
    fake_client_says(&c, "one\ntwo\n");
    end_with(0, "");
}

static void a_log_that_is_followed_has_no_end_of_its_own(void **state)
{
    (void)state;
    ask("logs", WORDS("-f", "repl"), "logs", "{'worker': 'repl', 'lines': 10, 'follow': true}");
    answer_with_log();
    fake_say(&f, SP_STDOUT, "one\n", 4);
    fake_client_says(&c, "one\n");
    fake_say(&f, SP_STDOUT, "two\n", 4);
    fake_client_says(&c, "two\n");
    fake_cut(&f);
    end_with(125, "standpipe: repl: the service closed the log\n");
}

static void a_reader_of_the_log_may_leave(void **state)
{
    (void)state;
    ask("logs", WORDS("--lines=3", "--follow", "repl"), "logs",
        "{'worker': 'repl', 'lines': 3, 'follow': true}");
    answer_with_log();
    fake_say(&f, SP_STDOUT, "one\n", 4);
    fake_client_says(&c, "one\n");
    w32_handle_close(&c.out.read);
    fake_say(&f, SP_STDOUT, "two\n", 4);
    end_with(0, "");
}

static void lines_are_a_number_or_all(void **state)
{
    (void)state;
    ask("logs", WORDS("-n", "all", "-f", "repl"), "logs",
        "{'worker': 'repl', 'lines': 0, 'follow': true}");
    fake_refuse(&f, SP_RPC_REFUSED, "nothing is kept of this worker (logs: {streams: none})");
    end_with(125, "standpipe: repl: nothing is kept of this worker (logs: {streams: none})\n");
    assert_wrong("logs", WORDS("-n", "0", "repl"), "--lines takes a number from 1");
    assert_wrong("logs", WORDS("-n", "5k", "repl"), "5k is neither");
    assert_wrong("logs", WORDS("-n", "99999999999", "repl"), "is neither");
}

#define VERB_TEST(name) cmocka_unit_test_setup_teardown(name, open_fake, close_fake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERB_TEST(a_signal_goes_to_a_session_or_to_a_worker),
        VERB_TEST(a_signal_that_is_refused_is_said),
        VERB_TEST(what_is_no_signal_is_said),
        VERB_TEST(drop_takes_a_session),
        VERB_TEST(shared_workers_are_started_stopped_and_restarted),
        VERB_TEST(a_worker_that_does_not_start_is_126),
        VERB_TEST(a_service_that_hangs_up_is_said),
        VERB_TEST(logs_are_printed_to_their_end),
        VERB_TEST(a_log_that_is_followed_has_no_end_of_its_own),
        VERB_TEST(a_reader_of_the_log_may_leave),
        VERB_TEST(lines_are_a_number_or_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
