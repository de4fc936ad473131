/* tests/client/test_session.c - what follows from what the service tells: positions, gaps, ends,
 * words. */
#include "client/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/verbs.h"

static char said[4096];

/* Stands in for client/main.c's. */
void cli_complain(const char *format, ...)
{
    size_t len = strlen(said);
    va_list args;
    va_start(args, format);
    vsnprintf(said + len, sizeof said - len, format, args);
    va_end(args);
    strncat(said, "\n", sizeof said - strlen(said) - 1);
}

static struct sp_error err;

static int forget(void **state)
{
    (void)state;
    said[0] = '\0';
    err = (struct sp_error){0};
    return 0;
}

static void tell(struct cli_session *s, const char *line)
{
    struct sp_rpc rpc = {0};
    if (sp_rpc_parse(sp_bytes_of(line), &rpc, &err) != SP_OK)
        fail_msg("%s", err.what);
    cli_session_told(s, &rpc);
    sp_rpc_deinit(&rpc);
}

#define TELL(s, method, params)                                                                    \
    tell(s, "{\"jsonrpc\":\"2.0\",\"method\":\"" method "\",\"params\":" params "}")

static json_t *json_of(const char *text)
{
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    return json;
}

static sp_status attached(struct cli_session *s, const char *answer)
{
    json_t *json = json_of(answer);
    sp_status status = cli_session_attached(s, json, &err);
    json_decref(json);
    return status;
}

static void started(struct cli_session *s, const char *answer)
{
    json_t *json = json_of(answer);
    cli_session_started(s, json);
    json_decref(json);
}

static sp_status resumed(struct cli_session *s, const char *answer, uint64_t *input)
{
    json_t *json = json_of(answer);
    sp_status status = cli_session_resumed(s, json, input, &err);
    json_decref(json);
    return status;
}

/* ------------------------------------------------------------------ answers */

static void a_plain_answer_is_a_private_session_that_does_not_resume(void **state)
{
    (void)state;
    struct cli_session s = {0};
    assert_int_equal(attached(&s, "{\"session\":\"s1\",\"transport\":\"relay\"}"), SP_OK);
    assert_string_equal(s.id, "s1");
    assert_false(s.shared);
    assert_int_equal(s.resume_ms, 0);
}

static void a_session_resumes_only_with_a_token(void **state)
{
    (void)state;
    struct cli_session s = {0}, t = {0};
    assert_int_equal(
        attached(&s, "{\"session\":\"s1\",\"mode\":\"shared\",\"resume_ms\":5,\"token\":\"ab\"}"),
        SP_OK);
    assert_true(s.shared);
    assert_int_equal(s.resume_ms, 5);
    assert_string_equal(s.token, "ab");
    assert_int_equal(attached(&t, "{\"session\":\"s1\",\"resume_ms\":5}"), SP_OK);
    assert_int_equal(t.resume_ms, 0);
}

static void each_stream_goes_the_way_that_is_told(void **state)
{
    (void)state;
    struct cli_session s = {0}, old = {0};
    assert_int_equal(attached(&s, "{\"session\":\"s1\",\"transport\":\"handoff\",\"drain_ms\":300,"
                                  "\"transports\":{\"stdin\":\"direct\",\"stdout\":\"handoff\"}}"),
                     SP_OK);
    assert_int_equal(s.transport[SP_STDIN], SP_TRANSPORT_DIRECT);
    assert_int_equal(s.transport[SP_STDOUT], SP_TRANSPORT_HANDOFF);
    assert_int_equal(s.transport[SP_STDERR], SP_TRANSPORT_RELAY);
    assert_int_equal(s.drain_ms, 300);
    /* A service that knows of no other way says nothing. */
    assert_int_equal(attached(&old, "{\"session\":\"s1\",\"drain_ms\":-1}"), SP_OK);
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        assert_int_equal(old.transport[i], SP_TRANSPORT_RELAY);
    assert_int_equal(old.drain_ms, 0);
}

static void a_way_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "{\"session\":\"s1\",\"transports\":{\"stdin\":\"fast\"}}",
        "{\"session\":\"s1\",\"transports\":{\"stdin\":\"auto\"}}",
        "{\"session\":\"s1\",\"transports\":{\"stdin\":7}}",
        "{\"session\":\"s1\",\"transports\":{\"stdlog\":\"relay\"}}",
        "{\"session\":\"s1\",\"drain_ms\":\"long\"}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct cli_session s = {0};
        assert_int_equal(attached(&s, wrong[i]), SP_EPROTOCOL);
        assert_string_equal(s.id, "");
    }
}

static void an_answer_that_is_none_is_refused(void **state)
{
    (void)state;
    struct cli_session s = {0};
    uint64_t input = 0;
    assert_int_equal(attached(&s, "{}"), SP_EPROTOCOL);
    assert_int_equal(attached(&s, "{\"session\":7}"), SP_EPROTOCOL);
    assert_int_equal(attached(&s, "{\"session\":\"s12345678901234567890123456789012\"}"),
                     SP_EPROTOCOL);
    assert_int_equal(attached(&s, "{\"session\":\"s1\",\"mode\":1}"), SP_EPROTOCOL);
    assert_int_equal(resumed(&s, "{}", &input), SP_EPROTOCOL);
    assert_int_equal(resumed(&s, "{\"input\":-1}", &input), SP_EPROTOCOL);
    assert_string_equal(s.id, "");
}

static void a_resumption_says_what_of_stdin_is_there(void **state)
{
    (void)state;
    struct cli_session s = {.input_received = 7, .resume_ms = 1, .token = "old"};
    uint64_t input = 0;
    assert_int_equal(resumed(&s, "{\"input\":12,\"token\":\"new\",\"resume_ms\":9}", &input),
                     SP_OK);
    assert_int_equal(input, 12);
    assert_int_equal(s.input_received, 12);
    assert_int_equal(s.resume_ms, 9);
    assert_string_equal(s.token, "new");
    assert_int_equal(resumed(&s, "{\"input\":5}", &input), SP_OK);
    assert_int_equal(input, 5);
    assert_int_equal(s.input_received, 12);
    assert_string_equal(s.token, "new");
}

/* ------------------------------------------------------------------ positions */

static void positions_count_from_where_the_client_came(void **state)
{
    (void)state;
    struct cli_session s = {0};
    assert_int_equal(cli_session_position(&s, SP_STDOUT, 5), 5);
    started(&s, "{\"session\":\"s1\",\"positions\":{\"stdout\":1000,\"stderr\":0}}");
    assert_int_equal(cli_session_position(&s, SP_STDOUT, 5), 1005);
    assert_int_equal(cli_session_position(&s, SP_STDERR, 5), 5);
    /* A resumption is no new beginning. */
    started(&s, "{\"session\":\"s1\",\"positions\":{\"stdout\":1005,\"stderr\":5}}");
    assert_int_equal(cli_session_position(&s, SP_STDOUT, 5), 1005);
}

static void a_gap_counts_from_where_it_is(void **state)
{
    (void)state;
    struct cli_session s = {0};
    TELL(&s, "dropped", "{\"stream\":\"stdout\",\"at\":100,\"bytes\":50}");
    assert_int_equal(cli_session_position(&s, SP_STDOUT, 99), 99);
    assert_int_equal(cli_session_position(&s, SP_STDOUT, 100), 150);
    assert_int_equal(cli_session_position(&s, SP_STDOUT, 101), 151);
    TELL(&s, "dropped", "{\"stream\":\"stdout\",\"at\":150,\"bytes\":10}"); /* goes on there */
    TELL(&s, "dropped", "{\"stream\":\"stdout\",\"at\":200,\"bytes\":1000}");
    assert_int_equal(cli_session_position(&s, SP_STDOUT, 99), 99);
    assert_int_equal(cli_session_position(&s, SP_STDOUT, 100), 160);
    assert_int_equal(cli_session_position(&s, SP_STDOUT, 139), 199);
    assert_int_equal(cli_session_position(&s, SP_STDOUT, 140), 1200);
    assert_int_equal(cli_session_position(&s, SP_STDERR, 140), 140);
    assert_int_equal(s.outputs[SP_STDOUT].dropped, 1060);
    assert_non_null(
        strstr(said, "1000 bytes of stdout were left out here: this client reads too slowly\n"));
}

static void any_number_of_gaps_is_counted(void **state)
{
    (void)state;
    struct cli_session s = {0};
    enum { GAPS = 3 * CLI_SESSION_GAPS };
    for (uint64_t i = 0; i < GAPS; i++) {
        char line[160];
        snprintf(line, sizeof line,
                 "{\"jsonrpc\":\"2.0\",\"method\":\"dropped\",\"params\":{\"stream\":\"stderr\","
                 "\"at\":%llu,\"bytes\":10}}",
                 (unsigned long long)(10 + 20 * i));
        said[0] = '\0';
        tell(&s, line);
    }
    assert_int_equal(cli_session_position(&s, SP_STDERR, 10 * GAPS), 20 * GAPS);
}

static void an_output_is_whole_when_the_bytes_are_those_that_were_told(void **state)
{
    (void)state;
    struct cli_session s = {0};
    started(&s, "{\"positions\":{\"stdout\":1000,\"stderr\":0}}");
    assert_int_equal(cli_session_ending(&s, SP_STDOUT, 5), CLI_ENDING_OPEN);
    TELL(&s, "dropped", "{\"stream\":\"stdout\",\"at\":1005,\"bytes\":50}");
    TELL(&s, "output_end", "{\"stream\":\"stdout\",\"bytes\":1060}");
    assert_int_equal(cli_session_ending(&s, SP_STDOUT, 9), CLI_ENDING_SHORT);
    assert_int_equal(cli_session_ending(&s, SP_STDOUT, 10), CLI_ENDING_WHOLE);
    assert_int_equal(cli_session_ending(&s, SP_STDOUT, 11), CLI_ENDING_LONG);
    assert_int_equal(cli_session_ending(&s, SP_STDERR, 0), CLI_ENDING_OPEN);
    assert_int_equal(cli_session_incomplete(&s, SP_STDOUT, 9, &err), SP_EPROTOCOL);
    assert_string_equal(err.what, "of 10 bytes of the worker's stdout only 9 came");
    assert_int_equal(cli_session_incomplete(&s, SP_STDERR, 4, &err), SP_EPROTOCOL);
    assert_string_equal(err.what, "the worker's stderr broke off after 4 bytes");
}

/* ------------------------------------------------------------------ words */

static void an_exit_is_said_once_and_a_reason_makes_it_125(void **state)
{
    (void)state;
    struct cli_session s = {0}, t = {0};
    TELL(&s, "exit", "{\"code\":3221225786,\"codes\":[3221225786]}");
    assert_true(s.exited);
    assert_int_equal(s.code, 0xC000013A);
    assert_string_equal(said, "");
    TELL(&t, "exit", "{\"code\":3,\"codes\":[3],\"reason\":\"too old\",\"held_by\":\"x.exe\"}");
    TELL(&t, "exit", "{\"code\":3,\"codes\":[3],\"reason\":\"too old\",\"held_by\":\"x.exe\"}");
    assert_int_equal(t.code, 125);
    assert_string_equal(said,
                        "after its exit the worker's output was held open, and was ended: x.exe\n"
                        "the worker was ended (its exit code: 3): too old\n");
}

/* Of an output that was handed over nobody knows whether they held it. */
static void what_was_left_running_is_said_once(void **state)
{
    (void)state;
    struct cli_session s = {0}, t = {0};
    TELL(&s, "exit", "{\"code\":3,\"codes\":[3],\"left\":\"x.exe (4)\"}");
    TELL(&s, "exit", "{\"code\":3,\"codes\":[3],\"left\":\"x.exe (4)\"}");
    assert_int_equal(s.code, 3); /* and that changes nothing */
    assert_string_equal(said,
                        "the worker left other programs running, which were ended: x.exe (4)\n");
    TELL(&t, "exit", "{\"code\":3,\"left\":7}");
    assert_int_equal(t.code, 125);
}

static void a_stop_is_said_once(void **state)
{
    (void)state;
    struct cli_session s = {0};
    TELL(&s, "stopping", "{\"reason\":\"somebody asked\"}");
    TELL(&s, "stopping", "{\"reason\":\"somebody asked\"}");
    assert_string_equal(said, "the worker is being stopped: somebody asked\n");
}

static void acknowledgements_of_stdin_never_go_back(void **state)
{
    (void)state;
    struct cli_session s = {0};
    TELL(&s, "input_received", "{\"bytes\":100}");
    TELL(&s, "input_received", "{\"bytes\":50}");
    TELL(&s, "input_received", "{\"bytes\":\"x\"}");
    assert_int_equal(s.input_received, 100);
    assert_false(s.input_closed);
    TELL(&s, "input_closed", "{\"bytes\":100}");
    assert_true(s.input_closed);
}

static void nonsense_changes_nothing(void **state)
{
    (void)state;
    struct cli_session s = {0};
    const struct cli_session empty = {0};
    TELL(&s, "output_end", "{\"stream\":\"stdin\",\"bytes\":1}");
    TELL(&s, "output_end", "{\"stream\":\"stdout\",\"bytes\":-1}");
    TELL(&s, "output_end", "{}");
    TELL(&s, "dropped", "{\"stream\":\"stdout\",\"bytes\":5}");
    TELL(&s, "dropped", "{\"stream\":\"stdout\",\"at\":-1,\"bytes\":5}");
    TELL(&s, "dropped", "{\"stream\":\"stdout\",\"at\":5,\"bytes\":0}");
    TELL(&s, "something_new", "{\"bytes\":5}");
    tell(&s, "{\"jsonrpc\":\"2.0\",\"method\":\"output_end\"}");
    assert_memory_equal(&s, &empty, sizeof s);
    assert_string_equal(said, "");
}

static void an_error_without_a_request_is_said(void **state)
{
    (void)state;
    struct cli_session s = {0};
    tell(&s, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":4,\"message\":\"not now\"}}");
    assert_string_equal(said, "not now\n");
}

#define SESSION_TEST(name) cmocka_unit_test_setup(name, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SESSION_TEST(a_plain_answer_is_a_private_session_that_does_not_resume),
        SESSION_TEST(a_session_resumes_only_with_a_token),
        SESSION_TEST(each_stream_goes_the_way_that_is_told),
        SESSION_TEST(a_way_that_is_none_is_refused),
        SESSION_TEST(an_answer_that_is_none_is_refused),
        SESSION_TEST(a_resumption_says_what_of_stdin_is_there),
        SESSION_TEST(positions_count_from_where_the_client_came),
        SESSION_TEST(a_gap_counts_from_where_it_is),
        SESSION_TEST(any_number_of_gaps_is_counted),
        SESSION_TEST(an_output_is_whole_when_the_bytes_are_those_that_were_told),
        SESSION_TEST(an_exit_is_said_once_and_a_reason_makes_it_125),
        SESSION_TEST(what_was_left_running_is_said_once),
        SESSION_TEST(a_stop_is_said_once),
        SESSION_TEST(acknowledgements_of_stdin_never_go_back),
        SESSION_TEST(nonsense_changes_nothing),
        SESSION_TEST(an_error_without_a_request_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
