/* tests/service/test_past.c - sessions whose bytes go past the service, against clients that lie
 * about their handles, and that leave at any moment. The clients are in the service's own process,
 * so that no handle may be lost. */
#include "speaker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "tests/scratch.h"
#include "win32/file.h"
#include "win32/npipe.h"
#include "win32/pipe.h"
#include "win32/thread.h"

/* ------------------------------------------------------------------ the house */

static const char config[] = "loops: 2\n"
                             "stop: {stdin: 300ms, signal: 300ms}\n"
                             "drain: 300ms\n"
                             "workers:\n"
                             "  obey: {command: [@, obey], console: none}\n"
                             "  cat: {command: [@, cat], console: none}\n"
                             "  heed: {command: [@, heed], console: none}\n"
                             "  hang: {command: [@, hang], console: none}\n"
                             "  heir: {command: [@, grandchild, sleep, '120000'], console: none}\n"
                             "  gone: {command: ['C:\\no\\such\\program.exe']}\n"
                             "  room: {command: [@, obey], mode: shared, console: none}\n"
                             "  back: {command: [@, obey], resume: 60s, console: none}\n";

static struct speaker one, two;

static int open_house(void **state)
{
    memset(&one, 0, sizeof one);
    memset(&two, 0, sizeof two);
    if (scratch_open(state) != 0)
        return -1;
    serve(config);
    return 0;
}

static int close_house(void **state)
{
    speaker_break(&one);
    speaker_break(&two);
    stop_serving();
    return scratch_close(state);
}

static json_t *direct(void)
{
    return json_pack("{s:s}", "transport", "direct");
}

static json_t *offer(const char *stream, uint64_t value)
{
    return json_pack("{s:s, s:{s:I}}", "transport", "handoff", "handles", stream,
                     (json_int_t)value);
}

/* The same with one more. @param offers changed, and returned */
static json_t *and_offer(json_t *offers, const char *stream, uint64_t value)
{
    json_object_set_new(json_object_get(offers, "handles"), stream,
                        json_integer((json_int_t)value));
    return offers;
}

/* What a start of a session with a direct stdin says. */
static json_t *input_of(const struct speaker *s)
{
    return json_pack("{s:I}", "stdin", (json_int_t)(uintptr_t)s->data[SP_STDIN]);
}

/* Starts a direct session. */
static void start_direct(struct speaker *s, const char *worker)
{
    speaker_attach(s, worker, direct());
    json_decref(speaker_get(s, "start", input_of(s)));
}

static void hear_text(struct speaker *s, const char *text)
{
    char found[64] = "";
    assert_int_equal(speaker_read(s, SP_STDOUT, found, strlen(text)), strlen(text));
    assert_string_equal(found, text);
}

static void assert_output_ends(struct speaker *s, enum sp_stream stream)
{
    char byte = 0;
    assert_int_equal(speaker_read(s, stream, &byte, 1), 0);
}

static json_t *hear_exit(struct speaker *s, json_int_t code)
{
    json_t *told = speaker_hear(s, "exit");
    assert_int_equal(json_integer_value(json_object_get(told, "code")), code);
    return told;
}

static void tell_closed(struct speaker *s, const char *stream)
{
    speaker_tell(s, "output_closed", json_pack("{s:s}", "stream", stream));
}

/* The only session, as `sessions` shows it. */
static json_t *shown(void)
{
    static struct speaker asks;
    memset(&asks, 0, sizeof asks);
    speaker_open(&asks);
    json_t *answer = speaker_get(&asks, "sessions", NULL);
    assert_int_equal(json_array_size(json_object_get(answer, "items")), 1);
    json_t *session = json_incref(json_array_get(json_object_get(answer, "items"), 0));
    json_decref(answer);
    speaker_break(&asks);
    return session;
}

static const char *text_in(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

/* That the service still does what it is for. */
static void assert_serves(void)
{
    static struct speaker next;
    memset(&next, 0, sizeof next);
    speaker_start(&next, "obey", NULL);
    hear_text(&next, "READY\n");
    speaker_write(&next, "exit 5\n");
    json_decref(hear_exit(&next, 5));
    speaker_tell(&next, "ack", NULL);
    speaker_break(&next);
    wait_for_sessions(0);
}

/* ------------------------------------------------------------------ what can be asked for */

static json_t *attach_to(struct speaker *s, const char *worker, json_t *more)
{
    json_t *params = json_pack("{s:s, s:i}", "worker", worker, "protocol", 1);
    json_object_update_new(params, more);
    return speaker_get(s, "attach", params);
}

static void who_does_not_ask_is_relayed(void **state)
{
    (void)state;
    speaker_open(&one);
    json_t *answer = attach_to(&one, "obey", json_object());
    assert_string_equal(text_in(answer, "transport"), "relay");
    json_t *ways = json_object_get(answer, "transports");
    assert_int_equal(json_object_size(ways), 3);
    assert_string_equal(text_in(ways, "stdin"), "relay");
    assert_string_equal(text_in(ways, "stderr"), "relay");
    assert_int_equal(json_integer_value(json_object_get(answer, "drain_ms")), 300);
    json_decref(answer);
    json_t *session = shown();
    assert_string_equal(text_in(session, "transport"), "relay");
    assert_true(json_is_integer(json_object_get(session, "stdout")));
    json_decref(session);
}

static void what_is_no_transport_and_what_is_no_handle_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "{\"transport\":\"fast\"}",
        "{\"transport\":\"\"}",
        "{\"transport\":7}",
        "{\"transport\":null}",
        "{\"handles\":[]}",
        "{\"handles\":\"stdin\"}",
        "{\"handles\":null}",
        "{\"handles\":{\"stdin\":{}}}",
        "{\"handles\":{\"stdin\":[4]}}",
        "{\"handles\":{\"stdin\":{\"kind\":\"file\",\"value\":4}}}",
        "{\"handles\":{\"stdin\":0}}",
        "{\"handles\":{\"stdin\":-1}}",
        "{\"handles\":{\"stdin\":-2}}",
        "{\"handles\":{\"stdin\":4.5}}",
        "{\"handles\":{\"stdin\":\"4\"}}",
        "{\"handles\":{\"stdin\":true}}",
        "{\"handles\":{\"stdin\":null}}",
        "{\"handles\":{\"stdin\":4,\"stdout\":0}}",
        "{\"handles\":{\"stdlog\":4}}",
        "{\"handles\":{\"\":4}}",
    };
    speaker_open(&one);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        json_t *params = json_loads(wrong[i], 0, NULL);
        assert_non_null(params);
        json_object_set_new(params, "worker", json_string("obey"));
        json_object_set_new(params, "protocol", json_integer(1));
        if (speaker_code(&one, "attach", params) != -32602)
            fail_msg("taken: %s", wrong[i]);
    }
    json_decref(attach_to(&one, "obey", json_object())); /* and the connection is as good as new */
    assert_int_equal(session_count(), 1);
}

static void a_stream_that_is_offered_twice_ends_the_connection(void **state)
{
    (void)state;
    static const char line[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"attach\",\"params\":{\"worker\":\"obey\","
        "\"protocol\":1,\"handles\":{\"stdin\":4,\"stdin\":8}}}\n";
    speaker_open(&one);
    assert_int_equal(w32_overlapped_write(&one.writing, line, sizeof line - 1, NULL), SP_OK);
    assert_int_equal(w32_overlapped_wait(&one.writing, SPEAKER_MS, NULL, NULL), SP_OK);
    speaker_hear_end(&one);
    assert_int_equal(session_count(), 0);
    assert_serves();
}

static void what_can_not_be_had_is_refused_with_its_reason(void **state)
{
    (void)state;
    static const struct {
        const char *worker, *transport, *why;
    } table[] = {
        {"room", "direct", "direct can't be had: this worker has many clients (mode: shared)"},
        {"room", "handoff", "handoff can't be had: this worker has many clients (mode: shared)"},
        {"back", "direct", "direct can't be had: this session can be resumed (resume)"},
        {"obey", "handoff", "handoff can't be had: neither stdin nor stdout nor stderr is a file"},
    };
    speaker_open(&one);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int code = 0;
        int64_t id = speaker_ask(&one, "attach",
                                 json_pack("{s:s, s:i, s:s, s:b}", "worker", table[i].worker,
                                           "protocol", 1, "transport", table[i].transport, "resume",
                                           strcmp(table[i].worker, "back") == 0));
        json_t *error = speaker_answer(&one, id, &code);
        assert_int_equal(code, 1);
        if (strstr(text_in(error, "message"), table[i].why) == NULL)
            fail_msg("'%s' is not in: %s", table[i].why, text_in(error, "message"));
        json_decref(error);
    }
    json_t *answer = attach_to(&one, "back", direct()); /* who can't resume gives nothing up */
    assert_string_equal(text_in(answer, "transport"), "direct");
    assert_int_equal(json_integer_value(json_object_get(answer, "resume_ms")), 0);
    json_decref(answer);
}

/* ------------------------------------------------------------------ direct */

static void a_direct_session_is_like_any_other(void **state)
{
    (void)state;
    start_direct(&one, "obey");
    hear_text(&one, "READY\n");
    speaker_write(&one, "echo past the service\ncomplain a bit\n");
    hear_text(&one, "past the service\n");
    char text[8] = "";
    assert_int_equal(speaker_read(&one, SP_STDERR, text, 6), 6);
    assert_string_equal(text, "a bit\n");
    json_t *session = shown();
    assert_string_equal(text_in(session, "transport"), "direct");
    assert_string_equal(text_in(session, "state"), "running");
    assert_true(json_is_null(json_object_get(session, "stdin")));
    assert_true(json_is_null(json_object_get(session, "stdout")));
    assert_true(json_is_null(json_object_get(session, "stderr")));
    json_decref(session);
    speaker_close(&one, SP_STDIN);
    json_decref(speaker_get(&one, "input_end", json_pack("{s:i}", "bytes", 39)));
    hear_text(&one, "END\n");
    assert_output_ends(&one, SP_STDOUT);
    assert_output_ends(&one, SP_STDERR);
    tell_closed(&one, "stdout");
    tell_closed(&one, "stderr");
    json_decref(hear_exit(&one, 0));
    assert_int_equal(one.heard_count, 1); /* and of the outputs' ends not a word */
    speaker_tell(&one, "ack", NULL);
    wait_for_sessions(0);
}

static void the_worker_may_be_ended_before_anybody_said_that_its_outputs_were(void **state)
{
    (void)state;
    start_direct(&one, "obey");
    hear_text(&one, "READY\n");
    speaker_write(&one, "exit 7\n");
    json_decref(hear_exit(&one, 7)); /* nobody is left who could write */
    assert_output_ends(&one, SP_STDOUT);
    assert_output_ends(&one, SP_STDERR);
    speaker_tell(&one, "ack", NULL);
    wait_for_sessions(0);
}

static void a_start_before_the_pipes_are_open_is_refused(void **state)
{
    (void)state;
    speaker_open(&one);
    json_t *answer = attach_to(&one, "obey", direct());
    assert_int_equal(speaker_code(&one, "start", NULL), 4);
    w32_handle out = NULL;
    assert_int_equal(
        w32_npipe_open(NULL, text_in(answer, "stdout"), W32_NPIPE_READ, SPEAKER_MS, &out, NULL),
        SP_OK);
    assert_int_equal(speaker_code(&one, "start", NULL), 4);
    for (int i = SP_STDIN; i <= SP_STDERR; i++) {
        if (i == SP_STDOUT)
            continue;
        assert_int_equal(w32_npipe_open(NULL, text_in(answer, sp_stream_name((enum sp_stream)i)),
                                        i == SP_STDIN ? W32_NPIPE_WRITE : W32_NPIPE_READ,
                                        SPEAKER_MS, &one.data[i], NULL),
                         SP_OK);
        assert_int_equal(w32_overlapped_init(&one.ops[i], one.data[i], NULL), SP_OK);
    }
    json_decref(answer);
    json_decref(speaker_get(&one, "start", input_of(&one)));
    speaker_write(&one, "exit 3\n");
    json_decref(hear_exit(&one, 3));
    w32_handle_close(&out);
}

/* Asserts that this start is refused, in words that name what it lacks. @param params taken */
static void assert_no_start(struct speaker *s, json_t *params)
{
    int code = 0;
    json_t *error = speaker_answer(s, speaker_ask(s, "start", params), &code);
    assert_int_equal(code, -32602);
    if (strstr(text_in(error, "message"), "\"stdin\"") == NULL)
        fail_msg("\"stdin\" is not in: %s", text_in(error, "message"));
    json_decref(error);
}

static void a_start_without_the_handle_of_a_direct_stdin_is_refused_and_can_be_mended(void **state)
{
    (void)state;
    static const json_int_t wrong[] = {0,          -1,         -2,           INT64_MIN,
                                       0x7ffff000, 0xffffffff, 0x7fffffffff, INT64_MAX};
    speaker_attach(&one, "obey", direct());
    assert_no_start(&one, NULL);
    assert_no_start(&one, json_object());
    assert_no_start(&one, json_pack("{s:s}", "stdin", "7"));
    assert_no_start(&one, json_pack("{s:n}", "stdin"));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_no_start(&one, json_pack("{s:I}", "stdin", wrong[i]));
    json_t *session = shown();
    assert_string_equal(text_in(session, "state"), "attached");
    json_decref(session);
    json_decref(speaker_get(&one, "start", input_of(&one)));
    hear_text(&one, "READY\n");
    assert_int_equal(speaker_code(&one, "start", input_of(&one)), 4); /* once is enough */
    speaker_write(&one, "exit 7\n");
    json_decref(hear_exit(&one, 7));
    speaker_tell(&one, "ack", NULL);
    wait_for_sessions(0);
}

/* Whatever it is: it is a duplicate of what the client has, and is closed. */
static void a_number_of_stdin_that_is_something_else_does_no_harm(void **state)
{
    (void)state;
    w32_handle event = w32_take(CreateEventW(NULL, TRUE, FALSE, NULL));
    speaker_attach(&one, "obey", direct());
    json_decref(
        speaker_get(&one, "start", json_pack("{s:I}", "stdin", (json_int_t)(uintptr_t)event)));
    hear_text(&one, "READY\n");
    assert_true(SetEvent(event));
    w32_handle_close(&event);
    speaker_close(&one, SP_STDIN); /* which was not held, and so the worker sees it */
    hear_text(&one, "END\n");
    json_decref(hear_exit(&one, 0));
}

static void only_an_announced_end_of_stdin_is_one(void **state)
{
    (void)state;
    char line[1024];
    for (int i = 0; i < 8; i++) {
        bool announced = i % 2 == 0;
        const char *path = scratch_path(announced ? "announced" : "not");
        memset(&one, 0, sizeof one);
        start_direct(&one, "heed");
        snprintf(line, sizeof line, "%s\nthe middle of", path);
        speaker_write(&one, line);
        assert_int_equal(speaker_read(&one, SP_STDOUT, line, 2), 2); /* it reads its input */
        if (announced) {
            speaker_close(&one, SP_STDIN);
            speaker_tell(&one, "input_end", json_pack("{s:i}", "bytes", 1));
            json_decref(hear_exit(&one, 0));
        }
        speaker_break(&one);
        wait_for_sessions(0);
        w32_handle file = NULL;
        sp_status status = w32_file_open(path, W32_FILE_READ, &file, NULL);
        w32_handle_close(&file);
        assert_int_equal(status, announced ? SP_OK : SP_ENOTFOUND);
    }
}

static void whoever_only_looks_has_no_stdin_in_direct(void **state)
{
    (void)state;
    speaker_open(&one);
    json_t *answer =
        attach_to(&one, "hang", json_pack("{s:s, s:b}", "transport", "direct", "read_only", 1));
    assert_null(json_object_get(answer, "stdin"));
    assert_null(json_object_get(json_object_get(answer, "transports"), "stdin"));
    for (int i = SP_STDOUT; i <= SP_STDERR; i++) {
        assert_int_equal(w32_npipe_open(NULL, text_in(answer, sp_stream_name((enum sp_stream)i)),
                                        W32_NPIPE_READ, SPEAKER_MS, &one.data[i], NULL),
                         SP_OK);
        assert_int_equal(w32_overlapped_init(&one.ops[i], one.data[i], NULL), SP_OK);
    }
    json_decref(answer);
    json_decref(speaker_get(&one, "start", NULL));
    hear_text(&one, "READY\n");
    json_decref(speaker_get(&one, "signal", json_pack("{s:s}", "name", "kill")));
    json_decref(hear_exit(&one, 1));
}

static void a_worker_that_does_not_start_takes_nothing_with_it(void **state)
{
    (void)state;
    speaker_attach(&one, "gone", direct());
    assert_int_equal(speaker_code(&one, "start", input_of(&one)), 3);
    speaker_hear_end(&one);
    assert_output_ends(&one, SP_STDOUT);
    wait_for_sessions(0);
    assert_serves();
}

/* ------------------------------------------------------------------ ends of outputs */

static void an_output_may_be_closed_in_any_state(void **state)
{
    (void)state;
    enum { ATTACHED, STARTING, RUNNING, DONE, STATES };
    for (int when = ATTACHED; when < STATES; when++) {
        int code = 0;
        memset(&one, 0, sizeof one);
        speaker_attach(&one, "obey", direct());
        if (when == ATTACHED)
            tell_closed(&one, "stdout");
        int64_t start = speaker_ask(&one, "start", input_of(&one));
        if (when == STARTING)
            tell_closed(&one, "stdout");
        json_decref(speaker_answer(&one, start, &code));
        assert_int_equal(code, 0);
        hear_text(&one, "READY\n"); /* it was a lie */
        if (when <= RUNNING) {
            tell_closed(&one, "stdout");
            tell_closed(&one, "stderr");
            tell_closed(&one, "stderr");
        }
        speaker_write(&one, "echo still here\n");
        hear_text(&one, "still here\n");
        speaker_write(&one, "exit 7\n");
        json_decref(hear_exit(&one, 7));
        if (when == DONE)
            tell_closed(&one, "stdout");
        json_decref(speaker_get(&one, "ack", NULL));
        speaker_break(&one);
    }
    wait_for_sessions(0);
}

static void whoever_holds_the_output_after_the_exit_is_named_and_ended(void **state)
{
    (void)state;
    start_direct(&one, "heir");
    json_t *told = hear_exit(&one, 0);
    if (strstr(text_in(told, "held_by"), "test-child.exe") == NULL)
        fail_msg("it was held by '%s'", text_in(told, "held_by"));
    assert_null(json_object_get(told, "left"));
    json_decref(told);
    assert_true(speaker_read(&one, SP_STDOUT, NULL, 64) > 0); /* its pid, and then the end */
    assert_output_ends(&one, SP_STDERR);
    speaker_tell(&one, "ack", NULL);
    wait_for_sessions(0);
}

/* Nobody sees the end of what was handed over: only that they were there is known. */
static void what_is_left_running_beside_a_handed_output_is_named_and_ended(void **state)
{
    (void)state;
    for (enum sp_stream stream = SP_STDOUT; stream <= SP_STDERR; stream++) {
        w32_handle file = NULL;
        assert_int_equal(w32_file_open(scratch_path("out"), W32_FILE_WRITE, &file, NULL), SP_OK);
        json_t *more = offer(sp_stream_name(stream), (uintptr_t)file);
        memset(&one, 0, sizeof one);
        speaker_attach(&one, "heir", more);
        json_decref(speaker_get(&one, "start", input_of(&one)));
        json_t *told = hear_exit(&one, 0);
        if (strstr(text_in(told, "left"), "test-child.exe") == NULL)
            fail_msg("what was left is '%s'", text_in(told, "left"));
        assert_null(json_object_get(told, "held_by"));
        json_decref(told);
        speaker_tell(&one, "ack", NULL);
        speaker_break(&one);
        w32_handle_close(&file);
        wait_for_sessions(0);
    }
}

static void a_stream_that_is_none_is_no_output(void **state)
{
    (void)state;
    start_direct(&one, "obey");
    hear_text(&one, "READY\n");
    assert_int_equal(speaker_code(&one, "output_closed", json_pack("{s:s}", "stream", "stdin")),
                     -32602);
    speaker_write(&one, "exit 7\n");
    json_decref(hear_exit(&one, 7));
}

/* ------------------------------------------------------------------ clients that vanish */

static void a_client_may_vanish_in_any_state(void **state)
{
    (void)state;
    enum { UNOPENED, ATTACHED, STARTING, STARTED, RUNNING, ENDED_INPUT, DRAINING, DONE, STATES };
    for (int when = UNOPENED; when < STATES; when++)
        for (int again = 0; again < 3; again++) {
            const char *worker = when == DRAINING ? "heir" : "obey";
            memset(&one, 0, sizeof one);
            if (when == UNOPENED) {
                speaker_open(&one);
                json_decref(attach_to(&one, worker, direct()));
            } else
                speaker_attach(&one, worker, direct());
            json_t *input = input_of(&one);
            if (when >= STARTED)
                json_decref(speaker_get(&one, "start", input));
            else if (when == STARTING)
                speaker_ask(&one, "start", input);
            else
                json_decref(input);
            if (when >= RUNNING && when != DRAINING)
                hear_text(&one, "READY\n");
            if (when == ENDED_INPUT)
                speaker_tell(&one, "input_end", json_pack("{s:i}", "bytes", 0));
            if (when == DRAINING)
                assert_true(speaker_read(&one, SP_STDOUT, NULL, 2) > 0);
            if (when == DONE) {
                speaker_write(&one, "exit 7\n");
                json_decref(hear_exit(&one, 7));
            }
            speaker_break(&one);
        }
    wait_for_sessions(0);
    assert_serves();
}

/* ------------------------------------------------------------------ stops */

static void a_stop_asks_the_client_to_close_its_stdin(void **state)
{
    (void)state;
    start_direct(&one, "obey");
    hear_text(&one, "READY\n");
    json_decref(speaker_get(&one, "signal", json_pack("{s:s}", "name", "term")));
    json_t *told = speaker_hear(&one, "input_closed");
    assert_null(json_object_get(told, "bytes")); /* nobody has counted */
    json_decref(told);
    speaker_close(&one, SP_STDIN);
    hear_text(&one, "END\n");
    told = hear_exit(&one, 0);
    assert_string_equal(text_in(told, "reason"), "a client asked for its end");
    json_decref(told);
}

static void a_client_that_does_not_close_its_stdin_holds_up_no_stop(void **state)
{
    (void)state;
    start_direct(&one, "obey");
    hear_text(&one, "READY\n");
    json_decref(speaker_get(&one, "signal", json_pack("{s:s}", "name", "term")));
    json_decref(hear_exit(&one, 1)); /* its job was ended */
    assert_output_ends(&one, SP_STDOUT);
}

static void stop_it(void *arg)
{
    (void)arg;
    svc_server_stop(server, NULL, NULL);
}

static void a_stop_of_the_service_waits_for_direct_sessions(void **state)
{
    (void)state;
    w32_handle thread = NULL;
    start_direct(&one, "obey");
    hear_text(&one, "READY\n");
    assert_int_equal(w32_thread_start(stop_it, NULL, &thread, NULL), SP_OK);
    json_decref(speaker_hear(&one, "stopping"));
    json_decref(speaker_hear(&one, "input_closed"));
    speaker_close(&one, SP_STDIN);
    hear_text(&one, "END\n");
    json_decref(speaker_hear(&one, "exit"));
    speaker_tell(&one, "ack", NULL);
    speaker_hear_end(&one);
    assert_int_equal(w32_thread_join(&thread, SPEAKER_MS), SP_OK);
}

/* ------------------------------------------------------------------ handoff */

static void what_is_handed_over_is_the_workers_own(void **state)
{
    (void)state;
    struct w32_pipe in = {0};
    w32_handle out = NULL;
    struct sp_buffer found = {0};
    assert_int_equal(w32_pipe_open(NULL, &in, NULL), SP_OK);
    assert_int_equal(w32_file_open(scratch_path("out"), W32_FILE_WRITE, &out, NULL), SP_OK);
    assert_int_equal(w32_write(out, "before\n", 7, NULL), SP_OK);
    json_t *more = offer("stdin", (uintptr_t)in.read);
    speaker_open(&one);
    json_t *answer = attach_to(&one, "cat", and_offer(more, "stdout", (uintptr_t)out));
    assert_string_equal(text_in(answer, "transport"), "handoff");
    assert_string_equal(text_in(json_object_get(answer, "transports"), "stderr"), "direct");
    assert_null(json_object_get(answer, "stdin"));
    assert_null(json_object_get(answer, "stdout"));
    assert_int_equal(w32_npipe_open(NULL, text_in(answer, "stderr"), W32_NPIPE_READ, SPEAKER_MS,
                                    &one.data[SP_STDERR], NULL),
                     SP_OK);
    assert_int_equal(w32_overlapped_init(&one.ops[SP_STDERR], one.data[SP_STDERR], NULL), SP_OK);
    json_decref(answer);
    json_decref(speaker_get(&one, "start", NULL));
    w32_handle_close(&in.read);
    w32_handle_close(&out);
    json_t *session = shown();
    assert_string_equal(text_in(session, "transport"), "handoff");
    assert_true(json_is_null(json_object_get(session, "stdout")));
    json_decref(session);
    assert_int_equal(w32_write(in.write, "by hand", 7, NULL), SP_OK);
    w32_handle_close(&in.write); /* it is the worker's end of stdin, whatever anybody says */
    json_decref(hear_exit(&one, 0));
    assert_int_equal(w32_file_read(scratch_path("out"), 100, &found, NULL), SP_OK);
    assert_int_equal(found.len, 14);
    assert_memory_equal(found.data, "before\nby hand", 14);
    sp_buffer_deinit(&found);
}

/* Asserts that a start with this offer is refused with these words. */
static void assert_not_taken(uint64_t value, const char *words)
{
    int code = 0;
    memset(&one, 0, sizeof one);
    speaker_attach(&one, "cat", offer("stdin", value));
    json_t *error = speaker_answer(&one, speaker_ask(&one, "start", NULL), &code);
    assert_int_equal(code, 3);
    if (strstr(text_in(error, "message"), words) == NULL)
        fail_msg("'%s' is not in: %s", words, text_in(error, "message"));
    json_decref(error);
    speaker_hear_end(&one);
    assert_output_ends(&one, SP_STDOUT);
    speaker_break(&one);
}

static void a_handle_that_is_none_is_refused_and_named(void **state)
{
    (void)state;
    static const char words[] = "is no handle";
    struct w32_pipe closed = {0};
    assert_int_equal(w32_pipe_open(NULL, &closed, NULL), SP_OK);
    uint64_t was = (uintptr_t)closed.read;
    assert_not_taken(0x7ffff000, "the client's stdin: its process has no handle 2147479552");
    assert_not_taken(0x7ffffffe, "the client's stdin: its process has no handle");
    assert_not_taken(0x7fffffff, words); /* pseudo handles of 32 bits */
    assert_not_taken(0xffffffff, words);
    assert_not_taken(0xfffffffe, words);
    assert_not_taken(0x100000000u | was, words); /* all of it counts */
    assert_not_taken(INT64_MAX, words);
    w32_pipe_close(&closed);
    wait_for_sessions(0);
    assert_serves();
}

/* Nobody asks what it is, since that could mean to wait. What its worker makes of it is its own
 * affair, and whatever it is, the service's duplicate of it is closed. */
static void what_is_no_file_harms_nobody_but_its_worker(void **state)
{
    (void)state;
    w32_handle event = w32_take(CreateEventW(NULL, TRUE, FALSE, NULL));
    w32_handle process = w32_take(OpenProcess(SYNCHRONIZE, FALSE, GetCurrentProcessId()));
    w32_handle nul = w32_take(CreateFileW(L"NUL", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL));
    const w32_handle odd[] = {event, process, nul};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        assert_non_null(odd[i]);
        memset(&one, 0, sizeof one);
        speaker_start(&one, "cat", offer("stdin", (uintptr_t)odd[i]));
        json_decref(speaker_hear(&one, "exit"));
        speaker_tell(&one, "ack", NULL);
        speaker_break(&one);
    }
    assert_true(SetEvent(event));
    w32_handle_close(&nul);
    w32_handle_close(&process);
    w32_handle_close(&event);
    wait_for_sessions(0);
    assert_serves();
}

/* What was taken before the one that is refused is let go, too. */
static void of_two_handles_the_wrong_one_is_named(void **state)
{
    (void)state;
    int code = 0;
    w32_handle file = NULL;
    assert_int_equal(w32_file_open(scratch_path("f"), W32_FILE_WRITE, &file, NULL), SP_OK);
    json_t *more = offer("stdin", (uintptr_t)file);
    speaker_attach(&one, "cat", and_offer(more, "stderr", 0x7ffff000));
    json_t *error = speaker_answer(&one, speaker_ask(&one, "start", NULL), &code);
    assert_int_equal(code, 3);
    assert_non_null(strstr(text_in(error, "message"), "the client's stderr: "));
    json_decref(error);
    w32_handle_close(&file);
    wait_for_sessions(0);
}

/* Windows would let a read wait for a write, and the other way round. */
static void one_duplex_pipe_as_stdin_and_stdout_is_refused(void **state)
{
    (void)state;
    int code = 0;
    struct w32_npipe_leaf leaf;
    char name[W32_NPIPE_LEAF_MAX + 16];
    assert_int_equal(w32_npipe_random_leaf("test-transport-", &leaf, NULL), SP_OK);
    snprintf(name, sizeof name, "\\\\.\\pipe\\%s", leaf.text);
    w32_handle server_end =
        w32_take(CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, 0, 1, 64, 64, 0, NULL));
    w32_handle client_end =
        w32_take(CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL));
    assert_true(server_end != NULL && client_end != NULL);
    json_t *more = offer("stdin", (uintptr_t)client_end);
    speaker_attach(&one, "cat", and_offer(more, "stdout", (uintptr_t)client_end));
    json_decref(speaker_answer(&one, speaker_ask(&one, "start", NULL), &code));
    assert_int_equal(code, 3);
    w32_handle_close(&client_end);
    w32_handle_close(&server_end);
    wait_for_sessions(0);
    assert_serves();
}

/* It is offered while it is there, and taken when the worker starts. */
static void a_handle_that_is_closed_before_the_start_is_refused(void **state)
{
    (void)state;
    w32_handle file = NULL;
    assert_int_equal(w32_file_open(scratch_path("f"), W32_FILE_WRITE, &file, NULL), SP_OK);
    speaker_attach(&one, "cat", offer("stdin", (uintptr_t)file));
    w32_handle_close(&file);
    assert_int_equal(speaker_code(&one, "start", NULL), 3);
    wait_for_sessions(0);
}

static void nobody_can_end_a_stdin_that_was_handed_over_so_the_job_is_ended(void **state)
{
    (void)state;
    struct w32_pipe in = {0};
    assert_int_equal(w32_pipe_open(NULL, &in, NULL), SP_OK);
    speaker_start(&one, "obey", offer("stdin", (uintptr_t)in.read));
    hear_text(&one, "READY\n");
    json_decref(speaker_get(&one, "signal", json_pack("{s:s}", "name", "term")));
    json_t *told = hear_exit(&one, 1);
    assert_string_equal(text_in(told, "reason"), "a client asked for its end");
    json_decref(told);
    assert_output_ends(&one, SP_STDOUT);
    w32_pipe_close(&in);
}

static void a_client_whose_stdin_was_handed_over_may_vanish(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        struct w32_pipe in = {0};
        assert_int_equal(w32_pipe_open(NULL, &in, NULL), SP_OK);
        memset(&one, 0, sizeof one);
        speaker_attach(&one, "obey", offer("stdin", (uintptr_t)in.read));
        if (i % 3 == 1)
            speaker_ask(&one, "start", NULL);
        else if (i % 3 == 2) {
            json_decref(speaker_get(&one, "start", NULL));
            hear_text(&one, "READY\n");
        }
        speaker_break(&one);
        wait_for_sessions(0);
        w32_pipe_close(&in);
    }
    assert_serves();
}

#define HOUSE_TEST(name) cmocka_unit_test_setup_teardown(name, open_house, close_house)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HOUSE_TEST(who_does_not_ask_is_relayed),
        HOUSE_TEST(what_is_no_transport_and_what_is_no_handle_is_refused),
        HOUSE_TEST(a_stream_that_is_offered_twice_ends_the_connection),
        HOUSE_TEST(what_can_not_be_had_is_refused_with_its_reason),
        HOUSE_TEST(a_direct_session_is_like_any_other),
        HOUSE_TEST(the_worker_may_be_ended_before_anybody_said_that_its_outputs_were),
        HOUSE_TEST(a_start_before_the_pipes_are_open_is_refused),
        HOUSE_TEST(a_start_without_the_handle_of_a_direct_stdin_is_refused_and_can_be_mended),
        HOUSE_TEST(a_number_of_stdin_that_is_something_else_does_no_harm),
        HOUSE_TEST(only_an_announced_end_of_stdin_is_one),
        HOUSE_TEST(whoever_only_looks_has_no_stdin_in_direct),
        HOUSE_TEST(a_worker_that_does_not_start_takes_nothing_with_it),
        HOUSE_TEST(an_output_may_be_closed_in_any_state),
        HOUSE_TEST(whoever_holds_the_output_after_the_exit_is_named_and_ended),
        HOUSE_TEST(what_is_left_running_beside_a_handed_output_is_named_and_ended),
        HOUSE_TEST(a_stream_that_is_none_is_no_output),
        HOUSE_TEST(a_client_may_vanish_in_any_state),
        HOUSE_TEST(a_stop_asks_the_client_to_close_its_stdin),
        HOUSE_TEST(a_client_that_does_not_close_its_stdin_holds_up_no_stop),
        HOUSE_TEST(a_stop_of_the_service_waits_for_direct_sessions),
        HOUSE_TEST(what_is_handed_over_is_the_workers_own),
        HOUSE_TEST(a_handle_that_is_none_is_refused_and_named),
        HOUSE_TEST(what_is_no_file_harms_nobody_but_its_worker),
        HOUSE_TEST(of_two_handles_the_wrong_one_is_named),
        HOUSE_TEST(one_duplex_pipe_as_stdin_and_stdout_is_refused),
        HOUSE_TEST(a_handle_that_is_closed_before_the_start_is_refused),
        HOUSE_TEST(nobody_can_end_a_stdin_that_was_handed_over_so_the_job_is_ended),
        HOUSE_TEST(a_client_whose_stdin_was_handed_over_may_vanish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
