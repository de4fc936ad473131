/* tests/e2e/test_hostile.c - clients that mean harm, or know no better, against the installed
 * service. Whatever they do, each wrong thing is answered by an error that names it, another client
 * is served meanwhile, and once they have gone the service has as many handles and operations as
 * before. SP_HOSTILE_COUNT=10000 makes more of those that come and go, and takes some minutes. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "core/rpc.h"
#include "talker.h"
#include "win32/clock.h"
#include "win32/file.h"
#include "win32/pipe.h"
#include "wrong.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define WORDS(...)   ((const char *const[]){__VA_ARGS__, NULL})

enum {
    SILENT = 4000,       /* connections at once */
    CONNECTIONS = 10000, /* the most of a service */
    COME_AND_GO = 128,
    LINE = 2 * SP_LINE_MAX,
};

/* A connection that has said this may be silent for so long. */
static const char thirty_seconds[] = CALL("\"method\":\"status\"") "\n";

static json_int_t handles, operations; /* the service's, with nobody there */
static unsigned cases, refusals;

/* ------------------------------------------------------------------ what must hold */

/* As many of those that come and go as asked for; 0: just what a few seconds allow. */
static unsigned asked_for(void)
{
    const char *text = getenv("SP_HOSTILE_COUNT");
    return text == NULL ? 0 : (unsigned)strtoul(text, NULL, 10);
}

static void somebody_else_is_served(void)
{
    struct w32_outcome outcome;
    attach(WORDS("deny"), sp_bytes_of("still here\n"), &outcome);
    if (outcome.exit_code != 0)
        fail_msg("another client: %u: %.*s", (unsigned)outcome.exit_code, (int)outcome.errors.len,
                 (const char *)outcome.errors.data);
    assert_text(&outcome.output, "still here\n");
    w32_outcome_deinit(&outcome);
}

static json_int_t number_in(json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* Nobody is left, and nothing of theirs. */
static void assert_settles(void)
{
    uint64_t deadline = w32_clock_us() + FIXTURE_MS * (uint64_t)1000;
    json_int_t sessions, h, o;
    do {
        json_t *status = ask("status", NULL);
        assert_non_null(status);
        sessions = number_in(status, "sessions");
        h = number_in(status, "handles");
        o = number_in(status, "operations");
        json_decref(status);
    } while ((sessions != 0 || h > handles || o > operations) && w32_clock_us() < deadline);
    if (sessions != 0 || h > handles || o > operations)
        fail_msg("%d sessions are left, %d handles of %d, %d operations of %d", (int)sessions,
                 (int)h, (int)handles, (int)o, (int)operations);
}

/* The next answer is an error of this code, in words that have these among them. */
static void assert_error(struct talker *t, int code, const char *words, const char *of)
{
    json_t *answer = talker_hear(t);
    json_t *error = json_object_get(answer, "error");
    const char *message = json_string_value(json_object_get(error, "message"));
    if (answer == NULL)
        fail_msg("%.300s: the service hung up without a word", of);
    if (number_in(error, "code") != code || strstr(message, words) == NULL)
        fail_msg("%.300s: not %d with '%s', but %d: %s", of, code, words,
                 (int)number_in(error, "code"), message == NULL ? "a result" : message);
    json_decref(answer);
    refusals++;
}

static void assert_hung_up(struct talker *t, const char *of)
{
    json_t *answer = talker_hear(t);
    if (answer != NULL)
        fail_msg("%.300s: the connection goes on", of);
}

static int close_service(void **state)
{
    (void)state;
    print_message("%u hostile clients and requests, %u refusals heard\n", cases, refusals);
    return fixture_close();
}

static int open_service(void **state)
{
    (void)state;
    if (fixture_open_with("stop: {stdin: 300ms, signal: 300ms}\ndrain: 300ms\n",
                          "  room: {command: [@, obey], mode: shared}\n"
                          "  back: {command: [@, cat], resume: 100ms}\n") != 0)
        return -1;
    somebody_else_is_served(); /* what is made for the first client stays */
    wait_for_sessions(0);
    json_t *now = ask("status", NULL);
    handles = number_in(now, "handles");
    operations = number_in(now, "operations");
    json_decref(now);
    return 0;
}

/* ------------------------------------------------------------------ those who say nothing */

/* Goes on, byte by byte, with a line that never ends, until the service has a word for it. */
static void drip(struct talker *t)
{
    assert_int_equal(w32_overlapped_read(&t->reading, t->bytes, sizeof t->bytes, NULL), SP_OK);
    while (w32_overlapped_ready(&t->reading, NULL, 20) == SP_ETIMEOUT)
        if (!talker_write(t, " ", 1))
            break;
}

static void four_thousand_who_say_nothing_are_ended_and_hold_up_nobody(void **state)
{
    (void)state;
    static w32_handle silent[SILENT];
    static const char in_time[] = "no whole line came in time";
    struct talker half = {0}, dripping = {0}, one = {0};
    talker_open(&half);
    talker_write(&half, "{\"jsonrpc\":\"2.0\",", 17);
    talker_open(&dripping);
    for (int i = 0; i < SILENT; i++)
        silent[i] = connection();
    somebody_else_is_served();
    drip(&dripping);
    assert_error(&dripping, SP_RPC_STATE, in_time, "byte by byte");
    assert_hung_up(&dripping, "byte by byte");
    assert_error(&half, SP_RPC_STATE, in_time, "half a line");
    assert_hung_up(&half, "half a line");
    for (int i = 0; i < SILENT; i++) {
        if (i % 100 == 0) {
            talker_take(&one, silent[i]);
            assert_error(&one, SP_RPC_STATE, in_time, "nothing");
            assert_hung_up(&one, "nothing");
            talker_close(&one);
        } else
            w32_handle_close(&silent[i]);
    }
    cases += SILENT + 2;
    talker_close(&half);
    talker_close(&dripping);
    assert_settles();
}

/* Only in the long run: it has half a minute. */
static void one_that_never_starts_what_it_attached_to_is_ended(void **state)
{
    (void)state;
    struct talker t = {0};
    if (asked_for() == 0)
        skip();
    talker_open(&t);
    json_decref(talker_attach(&t, "deny", ""));
    assert_error(&t, SP_RPC_STATE, "\"start\" did not follow in time", "attach alone");
    assert_hung_up(&t, "attach alone");
    talker_close(&t);
    cases++;
    assert_settles();
}

/* Buys each of them thirty seconds more. */
static void keep_alive(struct w32_overlapped *o, const w32_handle *pipes, int from, int to)
{
    for (int i = from; i < to; i++) {
        o->h = pipes[i];
        assert_int_equal(w32_overlapped_write(o, thirty_seconds, sizeof thirty_seconds - 1, NULL),
                         SP_OK);
        assert_int_equal(w32_overlapped_wait(o, FIXTURE_MS, NULL, NULL), SP_OK);
    }
}

/* Only in the long run: so many take a while to come. */
static void one_too_many_is_told_so(void **state)
{
    (void)state;
    static w32_handle many[CONNECTIONS];
    struct w32_overlapped o = {0};
    struct talker last = {0};
    if (asked_for() == 0)
        skip();
    assert_int_equal(w32_overlapped_init(&o, NULL, NULL), SP_OK);
    uint64_t kept_us = w32_clock_us();
    for (int i = 0; i < CONNECTIONS; i++) {
        many[i] = connection();
        keep_alive(&o, many, i, i + 1);
        if (w32_clock_us() - kept_us > 10000000) {
            keep_alive(&o, many, 0, i);
            kept_us = w32_clock_us();
        }
    }
    w32_overlapped_deinit(&o);
    talker_open(&last);
    assert_error(&last, SP_RPC_REFUSED, "10000 connections", "one too many");
    assert_hung_up(&last, "one too many");
    talker_close(&last);
    for (int i = 0; i < CONNECTIONS; i++)
        w32_handle_close(&many[i]);
    cases += CONNECTIONS + 1;
    somebody_else_is_served();
    assert_settles();
}

/* ------------------------------------------------------------------ lines */

static const char *line_of(size_t i)
{
    static char line[LINE];
    char *end = line + sprintf(line, "%s", wrong_lines[i].head);
    for (int k = 0; k < wrong_lines[i].count; k++)
        end += sprintf(end, "%s", wrong_lines[i].repeated);
    sprintf(end, "%s", wrong_lines[i].tail);
    return line;
}

static void a_broken_line_is_named_and_the_service_hangs_up(void **state)
{
    (void)state;
    struct talker t = {0};
    for (size_t i = 0; i < wrong_line_count; i++) {
        const char *line = line_of(i);
        talker_open(&t);
        talker_say(&t, line);
        assert_error(&t, wrong_lines[i].code, wrong_lines[i].words, line);
        assert_hung_up(&t, line);
        talker_close(&t);
    }
    cases += (unsigned)wrong_line_count;
    somebody_else_is_served();
    assert_settles();
}

static void odd_lines_that_are_right_are_answered(void **state)
{
    (void)state;
    static char pad[SP_LINE_MAX + 1];
    static const char head[] =
        "{\"jsonrpc\":\"2.0\",\"id\":\"\",\"method\":\"status\",\"params\":{\"x\":\"";
    static const char *const lines[] = {
        CALL("\"id\":7,\"method\":\"status\""),
        CALL("\"id\":7,\"method\":\"status\""), /* its id again */
        CALL("\"id\":-9223372036854775808,\"method\":\"status\",\"params\":{\"any\":[1e308]}"),
        CALL("\"result\":1,\"id\":7") "\n" CALL("\"id\":0,\"method\":\"status\""),
        pad,
    };
    memset(pad, 'x', SP_LINE_MAX);
    memcpy(pad, head, sizeof head - 1);
    memcpy(pad + SP_LINE_MAX - 3, "\"}}", 4);
    struct talker t = {0};
    talker_open(&t);
    for (size_t i = 0; i < COUNT(lines); i++) {
        talker_say(&t, lines[i]);
        json_t *answer = talker_hear(&t);
        if (json_object_get(answer, "result") == NULL)
            fail_msg("%.100s is not answered", lines[i]);
        json_decref(answer);
    }
    talker_close(&t);
    cases += COUNT(lines);
    assert_settles();
}

/* The first of them whom the service has a word for. */
static struct talker *first_told(struct talker *all, int count)
{
    uint64_t deadline = w32_clock_us() + FIXTURE_MS * (uint64_t)1000;
    do
        for (int i = 0; i < count; i++)
            if (w32_overlapped_ready(&all[i].reading, NULL, 1) == SP_OK)
                return &all[i];
    while (w32_clock_us() < deadline);
    fail_msg("all %d have room", count);
    return NULL;
}

/* Each is kept in a buffer of 64 KiB, and 16 MiB are kept in all. */
static void half_lines_of_all_together_have_a_ceiling(void **state)
{
    (void)state;
    enum { MANY = 260 };
    static struct talker many[MANY];
    static char half[33000];
    memset(half, ' ', sizeof half);
    for (int i = 0; i < MANY; i++) {
        talker_open(&many[i]);
        talker_write(&many[i], thirty_seconds, sizeof thirty_seconds - 1);
        assert_int_equal(w32_overlapped_write(&many[i].writing, half, sizeof half, NULL), SP_OK);
    }
    for (int i = 0; i < MANY; i++) {
        sp_status status = w32_overlapped_wait(&many[i].writing, FIXTURE_MS, NULL, NULL);
        assert_int_not_equal(status, SP_ETIMEOUT); /* broken: it was refused by then */
        assert_int_equal(
            w32_overlapped_read(&many[i].reading, many[i].bytes, sizeof many[i].bytes, NULL),
            SP_OK);
    }
    assert_error(first_told(many, MANY), SP_RPC_REFUSED, "too many half lines", "half a line");
    somebody_else_is_served(); /* what is small has room */
    for (int i = 0; i < MANY; i++)
        talker_close(&many[i]);
    cases += MANY;
    assert_settles();
}

/* ------------------------------------------------------------------ params and moments */

static void assert_all_refused(struct talker *t, const struct wrong_request *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char of[512];
        snprintf(of, sizeof of, "%s %s", table[i].method,
                 table[i].params == NULL ? "" : table[i].params);
        talker_ask(t, table[i].method, table[i].params);
        assert_error(t, table[i].code, table[i].words, of);
    }
    cases += (unsigned)count;
}

static void wrong_params_and_moments_are_named_and_the_connection_goes_on(void **state)
{
    (void)state;
    struct talker t = {0};
    talker_open(&t);
    assert_all_refused(&t, wrong_alone, wrong_alone_count);
    json_t *answer = talker_attach(&t, "deny", "");
    assert_all_refused(&t, wrong_attached, wrong_attached_count);
    talker_say(&t, CALL("\"method\":\"start\""));
    assert_error(&t, SP_RPC_INVALID_REQUEST, "is a request", "start as a notification");
    talker_open_pipes(&t, answer);
    json_decref(talker_get(&t, "start", "{\"stdin\":4611686018427387904}")); /* not direct */
    talker_ask(&t, "start", NULL);
    assert_error(&t, SP_RPC_STATE, "started before", "start again");
    talker_ask(&t, "input_end", "{\"bytes\":9223372036854775807}");
    json_decref(talker_hear(&t));
    w32_handle_close(&t.data[SP_STDIN]);
    assert_error(&t, SP_RPC_INVALID_PARAMS, "were announced, and 0 came", "more than came");
    assert_hung_up(&t, "more than came");
    json_decref(answer);
    talker_close(&t);
    cases += 3;
    somebody_else_is_served();
    assert_settles();
}

static void a_wrong_token_resumes_nothing(void **state)
{
    (void)state;
    static const char *const tokens[] = {"", "0", "00000000000000000000000000000000",
                                         "000000000000000000000000000000000"};
    struct talker owner = {0}, thief = {0};
    talker_open(&owner);
    json_t *answer = talker_attach(&owner, "back", ",\"resume\":true");
    talker_open_pipes(&owner, answer);
    json_decref(talker_get(&owner, "start", NULL));
    talker_open(&thief);
    for (size_t i = 0; i < COUNT(tokens); i++) {
        char params[512];
        snprintf(params, sizeof params,
                 "{\"session\":\"%s\",\"token\":\"%s\",\"protocol\":1,"
                 "\"received\":{\"stdout\":0,\"stderr\":0}}",
                 json_string_value(json_object_get(answer, "session")), tokens[i]);
        talker_ask(&thief, "resume", params);
        assert_error(&thief, SP_RPC_NO_WORKER, "no such session to resume", params);
    }
    json_decref(answer);
    talker_close(&thief);
    json_decref(talker_get(&owner, "signal", "{\"name\":\"int\"}")); /* it is still its own */
    talker_close(&owner);
    cases += COUNT(tokens);
    wait_for_sessions(0);
    assert_settles();
}

/* ------------------------------------------------------------------ handles */

/* What is no handle of ours: a wild number, or one of another process's, is the same to Windows. */
static const char *const wild[] = {"3",          "2147483647",          "2147483648",
                                   "4294967295", "4611686018427387904", "9223372036854775807"};

static uint64_t number_of(w32_handle h)
{
    return (uint64_t)(uintptr_t)h;
}

/* Attaches and starts with a handle that is handed over as stdin, and perhaps as stdout. */
static void start_with(struct talker *t, const char *in, const char *out)
{
    char more[256];
    snprintf(more, sizeof more, ",\"transport\":\"handoff\",\"handles\":{\"stdin\":%s%s%s}", in,
             out == NULL ? "" : ",\"stdout\":", out == NULL ? "" : out);
    talker_open(t);
    json_t *answer = talker_attach(t, "deny", more);
    talker_open_pipes(t, answer);
    json_decref(answer);
    talker_ask(t, "start", NULL);
    cases++;
}

static void a_wild_handle_is_refused(void **state)
{
    (void)state;
    struct talker t = {0};
    for (size_t i = 0; i < COUNT(wild); i++) {
        start_with(&t, wild[i], NULL);
        assert_error(&t, SP_RPC_NO_START, "no handle", wild[i]);
        assert_hung_up(&t, wild[i]);
        talker_close(&t);
    }
    talker_open(&t);
    json_t *answer = talker_attach(&t, "deny", ",\"transport\":\"direct\"");
    talker_open_pipes(&t, answer);
    json_decref(answer);
    talker_ask(&t, "start", NULL);
    assert_error(&t, SP_RPC_INVALID_PARAMS, "is no handle", "start without stdin");
    for (size_t i = 0; i < COUNT(wild); i++) {
        char params[64];
        snprintf(params, sizeof params, "{\"stdin\":%s}", wild[i]);
        talker_ask(&t, "start", params);
        assert_error(&t, SP_RPC_INVALID_PARAMS, "own end of a direct \"stdin\"", params);
    }
    talker_close(&t);
    cases += COUNT(wild) + 1;
    somebody_else_is_served();
    assert_settles();
}

/* They may be had, and harm nobody but whoever gave them. */
static void a_handle_that_is_no_stream_harms_its_worker_alone(void **state)
{
    (void)state;
    struct w32_pipe pipe = {0};
    struct talker t = {0};
    char number[32];
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    HANDLE console =
        CreateFileW(L"CONIN$", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE device = CreateFileW(L"NUL", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE self = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, GetCurrentProcessId());
    HANDLE odd[] = {event, self, device, console};
    for (size_t i = 0; i < COUNT(odd); i++) {
        if (odd[i] == NULL || odd[i] == INVALID_HANDLE_VALUE)
            continue; /* a test has no console */
        snprintf(number, sizeof number, "%llu", (unsigned long long)number_of(odd[i]));
        start_with(&t, number, NULL);
        json_t *answer = talker_hear(&t); /* whether it can be started with that is Windows' word */
        assert_non_null(answer);
        json_decref(answer);
        talker_close(&t);
        CloseHandle(odd[i]);
    }
    assert_int_equal(w32_pipe_open(NULL, &pipe, NULL), SP_OK);
    snprintf(number, sizeof number, "%llu", (unsigned long long)number_of(pipe.read));
    start_with(&t, number, number);
    assert_error(&t, SP_RPC_NO_START, "one pipe", "one pipe as stdin and stdout");
    talker_close(&t);
    w32_pipe_close(&pipe);
    wait_for_sessions(0);
    somebody_else_is_served();
    assert_settles();
}

/* The worker then holds the connection open, and the session is there as long as it is. */
static void the_control_pipe_can_be_handed_over_and_the_session_still_be_dropped(void **state)
{
    (void)state;
    struct talker t = {0};
    char more[128];
    talker_open(&t);
    snprintf(more, sizeof more, ",\"transport\":\"handoff\",\"handles\":{\"stdin\":%llu}",
             (unsigned long long)number_of(t.pipe));
    json_t *answer = talker_attach(&t, "deny", more);
    talker_open_pipes(&t, answer);
    talker_ask(&t, "start", NULL); /* who gets the answer, this or its worker, is not known */
    char *session = _strdup(json_string_value(json_object_get(answer, "session")));
    json_decref(answer);
    somebody_else_is_served();
    talker_close(&t);
    json_t *dropped = ask("drop", json_pack("{s:s}", "session", session));
    json_decref(dropped); /* or it has ended by itself */
    free(session);
    cases++;
    wait_for_sessions(0);
    assert_settles();
}

/* ------------------------------------------------------------------ those who take and go */

static void one_that_opens_its_pipes_and_never_reads_holds_up_nobody(void **state)
{
    (void)state;
    static const char *const kinds[] = {"relay", "direct"};
    struct talker t[COUNT(kinds)] = {{0}};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        char more[128], params[64];
        snprintf(more, sizeof more, ",\"transport\":\"%s\",\"args\":[\"source\",\"67108864\"]",
                 kinds[i]);
        talker_open(&t[i]);
        json_t *answer = talker_attach(&t[i], "child", more);
        talker_open_pipes(&t[i], answer);
        json_decref(answer);
        snprintf(params, sizeof params, "{\"stdin\":%llu}",
                 (unsigned long long)number_of(t[i].data[SP_STDIN]));
        json_decref(talker_get(&t[i], "start", params));
    }
    somebody_else_is_served();
    for (size_t i = 0; i < COUNT(kinds); i++)
        talker_close(&t[i]);
    cases += COUNT(kinds);
    wait_for_sessions(0);
    assert_settles();
}

/* Asks for much and reads none of it: it is cut off, and nobody else is. */
static void one_that_never_reads_its_answers_is_cut_off(void **state)
{
    (void)state;
    enum { AT_ONCE = 50, MOST = 1000 };
    static const char line[] = CALL("\"id\":1,\"method\":\"status\"") "\n";
    static char lines[AT_ONCE * sizeof line];
    struct talker t = {0};
    talker_open(&t);
    for (int i = 0; i < AT_ONCE; i++)
        strcat(lines, line);
    int asked = 0;
    while (asked < MOST && talker_write(&t, lines, strlen(lines)))
        asked++;
    assert_in_range(asked, 1, MOST - 1);
    talker_close(&t);
    cases++;
    somebody_else_is_served();
    assert_settles();
}

/* How far one of them comes before it is gone. */
static void come_and_go(unsigned i)
{
    struct talker t = {0};
    talker_open(&t);
    if (i % 2 == 0) { /* without waiting for the answer */
        talker_ask(&t, "attach", "{\"worker\":\"deny\",\"protocol\":1}");
    } else {
        json_t *answer = talker_attach(&t, i % 4 == 1 ? "deny" : "room", "");
        if (i % 8 >= 5)
            talker_open_pipes(&t, answer);
        if (i % 32 == 29)
            talker_ask(&t, "start", NULL);
        json_decref(answer);
    }
    talker_close(&t);
}

static void many_who_attach_and_vanish_leave_nothing(void **state)
{
    (void)state;
    unsigned count = asked_for() == 0 ? COME_AND_GO : asked_for();
    for (unsigned i = 0; i < count; i++) {
        come_and_go(i);
        if (i == count / 2)
            somebody_else_is_served();
    }
    cases += count;
    wait_for_sessions(0);
    json_decref(ask("stop_worker", json_pack("{s:s}", "worker", "room")));
    assert_settles();
}

/* ------------------------------------------------------------------ the log */

/* How many lines of the service's log have these words. */
static size_t lines_with(const char *words)
{
    struct sp_buffer text = {0};
    size_t count = 0;
    assert_int_equal(w32_file_read(scratch("standpiped.log"), 64 << 20, &text, NULL), SP_OK);
    assert_int_equal(sp_buffer_append(&text, "", 1, NULL), SP_OK);
    for (const char *at = (const char *)text.data; (at = strstr(at, words)) != NULL; at++)
        count++;
    sp_buffer_deinit(&text);
    return count;
}

static void refusals_do_not_flood_the_log(void **state)
{
    (void)state;
    enum { REFUSED = 500 };
    struct talker t = {0};
    size_t before = lines_with("'nobody-at-all'"), told = lines_with("were left out");
    uint64_t since = w32_clock_us();
    talker_open(&t);
    for (int i = 0; i < REFUSED; i++) {
        talker_ask(&t, "attach", "{\"worker\":\"nobody-at-all\",\"protocol\":1}");
        assert_error(&t, SP_RPC_NO_WORKER, "'nobody-at-all'", "attach");
    }
    talker_close(&t);
    cases += REFUSED;
    size_t seconds = (size_t)((w32_clock_us() - since) / 1000000) + 2;
    size_t logged = lines_with("'nobody-at-all'") - before;
    assert_in_range(logged, 1, 10 * seconds);
    uint64_t deadline = w32_clock_us() + FIXTURE_MS * (uint64_t)1000;
    while (lines_with("were left out") == told && w32_clock_us() < deadline)
        assert_null(ask("attach", json_pack("{s:s, s:i}", "worker", "nobody", "protocol", 1)));
    assert_true(lines_with("were left out") > told);
    assert_settles();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broken_line_is_named_and_the_service_hangs_up),
        cmocka_unit_test(odd_lines_that_are_right_are_answered),
        cmocka_unit_test(half_lines_of_all_together_have_a_ceiling),
        cmocka_unit_test(wrong_params_and_moments_are_named_and_the_connection_goes_on),
        cmocka_unit_test(a_wrong_token_resumes_nothing),
        cmocka_unit_test(a_wild_handle_is_refused),
        cmocka_unit_test(a_handle_that_is_no_stream_harms_its_worker_alone),
        cmocka_unit_test(the_control_pipe_can_be_handed_over_and_the_session_still_be_dropped),
        cmocka_unit_test(one_that_opens_its_pipes_and_never_reads_holds_up_nobody),
        cmocka_unit_test(one_that_never_reads_its_answers_is_cut_off),
        cmocka_unit_test(many_who_attach_and_vanish_leave_nothing),
        cmocka_unit_test(refusals_do_not_flood_the_log),
        cmocka_unit_test(four_thousand_who_say_nothing_are_ended_and_hold_up_nobody),
        cmocka_unit_test(one_that_never_starts_what_it_attached_to_is_ended),
        cmocka_unit_test(one_too_many_is_told_so),
    };
    return cmocka_run_group_tests(tests, open_service, close_service);
}
