/* tests/service/test_sessions.c - sessions against clients that do what ours does not, or not at
 * that moment. Each test has a server of two loops in this process and ends with nothing left of
 * it. */
#include "speaker.h"

#include <stdlib.h>
#include <string.h>

#include "win32/thread.h"

enum { MIB = 1 << 20 };

/* The home of a shared worker is the loop of its number in the config, modulo 2: `chat` and `talk`
 * live on different ones. */
static const char config[] =
    "loops: 2\n"
    "stop: {stdin: 300ms, signal: 300ms}\n"
    "drain: 300ms\n"
    "workers:\n"
    "  chat: {command: [@, obey], mode: shared, console: none}\n"
    "  talk: {command: [@, obey], mode: shared, console: none}\n"
    "  deaf: {command: [@, hang], mode: shared, console: none}\n"
    "  gone: {command: ['C:\\no\\such\\program.exe'], mode: shared, restart: never}\n"
    "  strict: {command: [@, obey], mode: shared, console: none, slow: disconnect, history: 64KiB,"
    " resume: 60s}\n"
    "  own: {command: [@, obey], resume: 60s, console: none}\n"
    "  echo: {command: [@, cat], resume: 60s, console: none}\n"
    "  slow: {command: [@, slow-cat, '5'], resume: 60s, console: none}\n"
    "  hang: {command: [@, hang], resume: 60s, console: none}\n";

static struct speaker one, two, three;

static int open_house(void **state)
{
    (void)state;
    memset(&one, 0, sizeof one);
    memset(&two, 0, sizeof two);
    memset(&three, 0, sizeof three);
    serve(config);
    return 0;
}

static int close_house(void **state)
{
    (void)state;
    speaker_break(&one);
    speaker_break(&two);
    speaker_break(&three);
    stop_serving();
    return 0;
}

static json_t *can_resume(void)
{
    return json_pack("{s:b}", "resume", 1);
}

static unsigned char pattern(uint64_t i)
{
    return (unsigned char)(i * 31 + (i >> 8) * 7 + (i >> 16));
}

/* Reads "READY", with which obey and hang begin. */
static void hear_ready(struct speaker *s)
{
    char text[7] = "";
    assert_int_equal(speaker_read(s, SP_STDOUT, text, 6), 6);
    assert_string_equal(text, "READY\n");
}

/* Asserts that the worker still does what it is told. */
static void assert_obeys(struct speaker *s)
{
    char text[5] = "";
    speaker_write(s, "echo yes\n");
    assert_int_equal(speaker_read(s, SP_STDOUT, text, 4), 4);
    assert_string_equal(text, "yes\n");
}

static json_int_t exit_code_of(struct speaker *s)
{
    json_t *told = speaker_hear(s, "exit");
    json_int_t code = json_integer_value(json_object_get(told, "code"));
    json_decref(told);
    return code;
}

/* ------------------------------------------------------------------ coming back */

static void one_that_took_a_part_of_a_write_goes_on_behind_it(void **state)
{
    (void)state;
    static unsigned char bytes[4 * MIB];
    speaker_start(&one, "own", can_resume());
    hear_ready(&one);
    speaker_write(&one, "out 4194304\n");
    /* The pipe holds 1 MiB; of the piece that waits behind it a part is taken. */
    uint64_t first = MIB + 100000;
    assert_int_equal(speaker_read(&one, SP_STDOUT, bytes, first), first);
    struct speaker broken = one; /* what it knows */
    speaker_break(&one);

    assert_int_equal(speaker_resume(&two, &broken), broken.received[SP_STDIN]);
    json_decref(speaker_get(&two, "start", NULL));
    assert_int_equal(speaker_read(&two, SP_STDOUT, bytes + first, sizeof bytes - first),
                     sizeof bytes - first);
    for (uint64_t i = 0; i < sizeof bytes; i++)
        if (bytes[i] != pattern(i))
            fail_msg("byte %d is wrong", (int)i);
    speaker_write(&two, "exit 7\n");
    assert_int_equal(exit_code_of(&two), 7);
}

/* The worker is so slow that its input waits in the service when the connection breaks. */
static void what_waits_for_a_slow_worker_survives_a_break(void **state)
{
    (void)state;
    enum { ALL = 3 * MIB };
    static unsigned char sent[ALL], came[ALL];
    struct speaker *now = &one, *next = &two;
    for (uint32_t i = 0; i < ALL; i++)
        sent[i] = pattern(i);
    speaker_start(now, "slow", can_resume());
    uint64_t input = 0;
    for (int cut = 0; cut < 4; cut++) {
        assert_int_equal(
            w32_overlapped_write(&now->ops[SP_STDIN], sent + input, (uint32_t)(ALL - input), NULL),
            SP_OK);
        uint64_t had = now->received[SP_STDOUT];
        speaker_read(now, SP_STDOUT, came + had, 100000);
        struct speaker broken = *now;
        speaker_break(now);
        memset(next, 0, sizeof *next);
        input = speaker_resume(next, &broken);
        assert_true(input >= next->received[SP_STDOUT] && input <= ALL);
        json_decref(speaker_get(next, "start", NULL));
        now = now == &one ? &two : &one;
        next = next == &one ? &two : &one;
    }
    if (input < ALL)
        assert_int_equal(
            w32_overlapped_write(&now->ops[SP_STDIN], sent + input, (uint32_t)(ALL - input), NULL),
            SP_OK);
    uint64_t had = now->received[SP_STDOUT];
    assert_int_equal(speaker_read(now, SP_STDOUT, came + had, ALL - had), ALL - had);
    assert_memory_equal(came, sent, ALL);
    speaker_close(now, SP_STDIN);
    speaker_tell(now, "input_end", json_pack("{s:i}", "bytes", ALL));
    assert_int_equal(exit_code_of(now), 0);
    speaker_tell(now, "ack", NULL);
}

/* Its old connection still stands, and everything of it is idle: the refusal ends the session. */
static void one_that_claims_to_have_more_than_it_was_sent_is_refused(void **state)
{
    (void)state;
    speaker_start(&one, "hang", can_resume());
    hear_ready(&one);
    speaker_close(&one, SP_STDIN);
    json_decref(speaker_get(&one, "input_end", json_pack("{s:i}", "bytes", 0)));
    speaker_open(&two);
    assert_int_equal(speaker_code(&two, "resume",
                                  json_pack("{s:s, s:s, s:i, s:{s:i, s:i}}", "session", one.session,
                                            "token", one.token, "protocol", 1, "received", "stdout",
                                            999999, "stderr", 0)),
                     -32602);
    speaker_hear_end(&one);
    wait_for_sessions(0);
}

static void one_that_closes_an_output_before_it_goes_on_goes_on_without_it(void **state)
{
    (void)state;
    speaker_start(&one, "own", can_resume());
    hear_ready(&one);
    struct speaker broken = one;
    speaker_break(&one);
    speaker_resume(&two, &broken);
    speaker_tell(&two, "output_closed", json_pack("{s:s}", "stream", "stderr"));
    speaker_close(&two, SP_STDERR);
    json_decref(speaker_get(&two, "start", NULL));
    assert_obeys(&two);
    speaker_write(&two, "exit 3\n");
    assert_int_equal(exit_code_of(&two), 3);
    speaker_tell(&two, "ack", NULL);
}

static void one_that_closes_an_output_before_the_worker_runs_holds_up_nothing(void **state)
{
    (void)state;
    speaker_attach(&one, "own", can_resume());
    speaker_tell(&one, "output_closed", json_pack("{s:s}", "stream", "stdout"));
    speaker_close(&one, SP_STDOUT);
    /* All pipes had been opened; the service may see that one is gone. */
    int code = speaker_code(&one, "start", NULL);
    if (code == 0) {
        speaker_write(&one, "out 9000000\n"); /* more than is kept: it would wait for ever */
        assert_int_not_equal(exit_code_of(&one), 0);
        speaker_tell(&one, "ack", NULL);
    } else
        assert_int_equal(code, 4);
}

static void one_that_was_overtaken_while_it_was_away_is_cut_off(void **state)
{
    (void)state;
    speaker_start(&one, "strict", can_resume());
    hear_ready(&one);
    struct speaker broken = one;
    speaker_break(&one);
    speaker_start(&two, "strict", NULL);
    for (int i = 0; i < 5; i++) { /* with each it has what was before */
        speaker_write(&two, "out 50000\n");
        assert_int_equal(speaker_read(&two, SP_STDOUT, NULL, 50000), 50000);
    }
    speaker_resume(&three, &broken);
    speaker_ask(&three, "start", NULL);
    speaker_hear_end(&three);
    wait_for_sessions(1);
    assert_obeys(&two);
}

/* ------------------------------------------------------------------ from loop to loop */

static void a_connection_with_a_session_stays_on_its_loop(void **state)
{
    (void)state;
    speaker_start(&one, "chat", NULL);
    hear_ready(&one);
    speaker_start(&two, "talk", NULL);
    hear_ready(&two);
    /* One of the two workers is on the other loop, for each of them. */
    assert_int_equal(
        speaker_code(&one, "signal", json_pack("{s:s, s:s}", "name", "int", "worker", "talk")), 4);
    assert_int_equal(
        speaker_code(&two, "signal", json_pack("{s:s, s:s}", "name", "int", "worker", "chat")), 4);
    assert_int_equal(speaker_code(&one, "drop", json_pack("{s:s}", "session", two.session)), 4);
    assert_obeys(&one);
    assert_obeys(&two);
    assert_int_equal(session_count(), 2);
}

static void a_connection_that_waits_for_a_worker_stays_on_its_loop(void **state)
{
    (void)state;
    int code = 0;
    speaker_open(&one);
    json_decref(speaker_get(&one, "start_worker", json_pack("{s:s}", "worker", "deaf")));
    int64_t stop = speaker_ask(&one, "stop_worker", json_pack("{s:s}", "worker", "deaf"));
    int64_t attach =
        speaker_ask(&one, "attach", json_pack("{s:s, s:i}", "worker", "talk", "protocol", 1));
    json_decref(speaker_answer(&one, attach, &code));
    assert_int_equal(code, 4);
    json_t *stopped = speaker_answer(&one, stop, &code);
    assert_int_equal(code, 0);
    assert_string_equal(json_string_value(json_object_get(stopped, "state")), "stopped");
    json_decref(stopped);
}

static void a_connection_without_a_session_goes_where_its_worker_is(void **state)
{
    (void)state;
    static const char *const names[] = {"chat", "talk", "chat", "deaf", "talk"};
    speaker_open(&one);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        json_decref(speaker_get(&one, "start_worker", json_pack("{s:s}", "worker", names[i])));
    json_decref(speaker_get(&one, "status", NULL));
}

/* ------------------------------------------------------------------ workers that are asked */

static void a_stop_is_answered_though_somebody_starts_the_worker_again(void **state)
{
    (void)state;
    int code = 0;
    speaker_open(&one);
    speaker_open(&two);
    json_decref(speaker_get(&one, "start_worker", json_pack("{s:s}", "worker", "deaf")));
    int64_t stop = speaker_ask(&one, "stop_worker", json_pack("{s:s}", "worker", "deaf"));
    int64_t start = speaker_ask(&two, "start_worker", json_pack("{s:s}", "worker", "deaf"));
    json_t *stopped = speaker_answer(&one, stop, &code);
    assert_int_equal(code, 0);
    assert_string_equal(json_string_value(json_object_get(stopped, "state")), "stopped");
    json_decref(stopped);
    json_t *started = speaker_answer(&two, start, &code);
    assert_int_equal(code, 0);
    assert_string_equal(json_string_value(json_object_get(started, "state")), "running");
    json_decref(started);
}

static void those_who_ask_for_one_that_does_not_start_are_all_told(void **state)
{
    (void)state;
    int code = 0;
    speaker_open(&one);
    speaker_open(&two);
    int64_t start = speaker_ask(&one, "start_worker", json_pack("{s:s}", "worker", "gone"));
    int64_t again = speaker_ask(&two, "restart_worker", json_pack("{s:s}", "worker", "gone"));
    json_decref(speaker_answer(&one, start, &code));
    assert_int_equal(code, 3);
    json_decref(speaker_answer(&two, again, &code));
    assert_int_equal(code, 3);
}

/* ------------------------------------------------------------------ the end of the service */

static void stop_it(void *arg)
{
    (void)arg;
    svc_server_stop(server, NULL, NULL);
}

/* A client that stays on the line after its exit does not hold up the service, and can't begin
 * anew. */
static void a_stop_hangs_up_on_those_whose_session_has_ended(void **state)
{
    (void)state;
    w32_handle thread = NULL;
    speaker_start(&one, "own", NULL);
    hear_ready(&one);
    assert_int_equal(w32_thread_start(stop_it, NULL, &thread, NULL), SP_OK);
    json_decref(speaker_hear(&one, "stopping"));
    json_decref(speaker_hear(&one, "exit"));
    speaker_tell(&one, "ack", NULL);
    speaker_hear_end(&one);
    assert_int_equal(w32_thread_join(&thread, SPEAKER_MS), SP_OK);
}

static void a_stop_answers_those_who_wait_for_a_worker(void **state)
{
    (void)state;
    int code = 0;
    w32_handle thread = NULL;
    speaker_open(&one);
    json_decref(speaker_get(&one, "start_worker", json_pack("{s:s}", "worker", "deaf")));
    int64_t stop = speaker_ask(&one, "stop_worker", json_pack("{s:s}", "worker", "deaf"));
    assert_int_equal(w32_thread_start(stop_it, NULL, &thread, NULL), SP_OK);
    json_decref(speaker_answer(&one, stop, &code));
    assert_int_equal(code, 0);
    speaker_hear_end(&one);
    assert_int_equal(w32_thread_join(&thread, SPEAKER_MS), SP_OK);
}

static void a_stop_waits_for_nobody_who_is_away(void **state)
{
    (void)state;
    w32_handle thread = NULL;
    speaker_start(&one, "own", can_resume());
    hear_ready(&one);
    speaker_break(&one);
    assert_int_equal(session_count(), 1);
    assert_int_equal(w32_thread_start(stop_it, NULL, &thread, NULL), SP_OK);
    assert_int_equal(w32_thread_join(&thread, SPEAKER_MS), SP_OK);
}

/* ------------------------------------------------------------------ what is counted */

/* What is told of a worker. @return a new reference */
static json_t *figures_of(const char *worker)
{
    static struct speaker who;
    memset(&who, 0, sizeof who);
    speaker_open(&who);
    json_t *page = speaker_get(&who, "workers", json_pack("{s:s}", "worker", worker));
    json_t *items = json_object_get(page, "items");
    assert_int_equal(json_array_size(items), 1);
    json_t *told = json_incref(json_array_get(items, 0));
    json_decref(page);
    speaker_break(&who);
    return told;
}

static json_int_t figure(json_t *told, const char *of, const char *key)
{
    json_t *object = of == NULL ? told : json_object_get(told, of);
    return json_integer_value(json_object_get(object, key));
}

static void what_a_session_moved_stays_counted_when_it_has_ended(void **state)
{
    (void)state;
    char text[4] = "";
    speaker_start(&one, "echo", NULL);
    speaker_write(&one, "abc");
    assert_int_equal(speaker_read(&one, SP_STDOUT, text, 3), 3);
    json_t *during = figures_of("echo");
    assert_int_equal(figure(during, NULL, "sessions"), 1);
    assert_int_equal(figure(during, "ways", "relay"), 1);
    assert_int_equal(figure(during, "bytes", "stdin"), 3);
    assert_int_equal(figure(during, "bytes", "stdout"), 3);
    assert_true(figure(during, NULL, "processes") >= 1);
    assert_true(figure(during, NULL, "memory") > 0);
    speaker_close(&one, SP_STDIN);
    speaker_tell(&one, "input_end", json_pack("{s:i}", "bytes", 3));
    assert_int_equal(exit_code_of(&one), 0);
    speaker_tell(&one, "ack", NULL);
    wait_for_sessions(0);
    json_t *after = figures_of("echo");
    assert_int_equal(figure(after, NULL, "sessions"), 0);
    assert_int_equal(figure(after, NULL, "attaches"), 1);
    assert_int_equal(figure(after, NULL, "starts"), 1);
    assert_int_equal(figure(after, "exits", "success"), 1);
    assert_int_equal(figure(after, "bytes", "stdin"), 3);
    assert_int_equal(figure(after, "bytes", "stdout"), 3);
    assert_int_equal(figure(after, NULL, "memory"), 0);
    assert_true(figure(after, NULL, "cpu_ms") >= figure(during, NULL, "cpu_ms"));
    json_decref(during);
    json_decref(after);
}

static void refusals_and_exits_are_counted_by_kind(void **state)
{
    (void)state;
    speaker_open(&one);
    assert_int_equal(
        speaker_code(&one, "attach",
                     json_pack("{s:s, s:i, s:[s]}", "worker", "chat", "protocol", 1, "args", "no")),
        1);
    assert_int_equal(
        speaker_code(&one, "attach", json_pack("{s:s, s:i}", "worker", "nobody", "protocol", 1)),
        2);
    assert_int_equal(speaker_code(&one, "workers", json_pack("{s:s}", "worker", "nobody")), 2);
    assert_int_equal(speaker_code(&one, "start_worker", json_pack("{s:s}", "worker", "gone")), 3);
    json_decref(speaker_get(&one, "start_worker", json_pack("{s:s}", "worker", "deaf")));
    json_decref(speaker_get(&one, "stop_worker", json_pack("{s:s}", "worker", "deaf")));
    json_t *status = speaker_get(&one, "status", NULL);
    assert_int_equal(figure(status, NULL, "refusals"), 3);
    assert_true(figure(status, NULL, "memory") > 0);
    json_t *chat = figures_of("chat"), *gone = figures_of("gone"), *deaf = figures_of("deaf");
    assert_int_equal(figure(chat, NULL, "refusals"), 1);
    assert_int_equal(figure(chat, NULL, "attaches"), 0);
    assert_int_equal(figure(gone, "exits", "not_started"), 1);
    assert_int_equal(figure(gone, NULL, "starts"), 0);
    assert_int_equal(figure(deaf, "exits", "stopped"), 1);
    assert_true(json_is_null(json_object_get(deaf, "uptime_ms")));
    json_decref(status);
    json_decref(chat);
    json_decref(gone);
    json_decref(deaf);
}

static void the_sessions_of_one_worker_can_be_asked_for(void **state)
{
    (void)state;
    speaker_start(&one, "chat", NULL);
    speaker_start(&two, "own", NULL);
    speaker_open(&three);
    json_t *page = speaker_get(&three, "sessions", json_pack("{s:s}", "worker", "own"));
    json_t *items = json_object_get(page, "items"), *own = json_array_get(items, 0);
    assert_int_equal(json_array_size(items), 1);
    assert_string_equal(json_string_value(json_object_get(own, "worker")), "own");
    assert_true(figure(own, NULL, "memory") > 0);
    json_decref(page);
    page = speaker_get(&three, "sessions", json_pack("{s:s}", "worker", "chat"));
    own = json_array_get(json_object_get(page, "items"), 0);
    assert_true(json_is_null(json_object_get(own, "memory"))); /* its worker's */
    json_decref(page);
    json_t *chat = figures_of("chat");
    assert_true(json_is_integer(json_object_get(chat, "uptime_ms")));
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(chat, "settings"), "mode")), "shared");
    json_decref(chat);
}

#define HOUSE_TEST(name) cmocka_unit_test_setup_teardown(name, open_house, close_house)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HOUSE_TEST(one_that_took_a_part_of_a_write_goes_on_behind_it),
        HOUSE_TEST(what_waits_for_a_slow_worker_survives_a_break),
        HOUSE_TEST(one_that_claims_to_have_more_than_it_was_sent_is_refused),
        HOUSE_TEST(one_that_closes_an_output_before_it_goes_on_goes_on_without_it),
        HOUSE_TEST(one_that_closes_an_output_before_the_worker_runs_holds_up_nothing),
        HOUSE_TEST(one_that_was_overtaken_while_it_was_away_is_cut_off),
        HOUSE_TEST(a_connection_with_a_session_stays_on_its_loop),
        HOUSE_TEST(a_connection_that_waits_for_a_worker_stays_on_its_loop),
        HOUSE_TEST(a_connection_without_a_session_goes_where_its_worker_is),
        HOUSE_TEST(a_stop_is_answered_though_somebody_starts_the_worker_again),
        HOUSE_TEST(those_who_ask_for_one_that_does_not_start_are_all_told),
        HOUSE_TEST(a_stop_hangs_up_on_those_whose_session_has_ended),
        HOUSE_TEST(a_stop_answers_those_who_wait_for_a_worker),
        HOUSE_TEST(a_stop_waits_for_nobody_who_is_away),
        HOUSE_TEST(what_a_session_moved_stays_counted_when_it_has_ended),
        HOUSE_TEST(refusals_and_exits_are_counted_by_kind),
        HOUSE_TEST(the_sessions_of_one_worker_can_be_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
