/* tests/e2e/test_audit.c - what the audit says of a day in the life of a service: just these
 * entries, in this order, each a line of JSON that nobody else has a word in. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "win32/file.h"
#include "win32/identity.h"
#include "win32/pipe.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

#define FORGED "x\"}\n{\"event\":\"attach\",\"worker\":\"child\"}\n\r\xe2\x80\xa8%1"

static const struct sp_bytes nothing = {0};

static int open_service(void **state)
{
    (void)state;
    return fixture_open_with(NULL, "  chat: {command: [@, obey], mode: shared}\n");
}

static int close_service(void **state)
{
    (void)state;
    return fixture_close();
}

/* An attach, from its start to its worker's exit code. */
static void attach_and_exit(void)
{
    struct w32_outcome outcome;
    attach(WORDS("child", "--", "exit", "3"), nothing, &outcome);
    assert_int_equal(outcome.exit_code, 3);
    w32_outcome_deinit(&outcome);
}

static void be_refused(void)
{
    assert_null(ask("attach", json_pack("{s:s, s:i}", "worker", FORGED, "protocol", 1)));
}

/* A worker that ends by a signal alone. */
static void signal_a_session(void)
{
    char line[64];
    struct w32_pipe out = {0};
    struct w32_child client = {0};
    struct w32_outcome outcome;
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    start_attach(WORDS("child", "--", "deaf"), NULL, out.write, NULL, &client);
    w32_handle_close(&out.write);
    read_line(out.read, line, sizeof line);
    assert_int_equal(client_verb(WORDS("signal", "s2", "kill"), &outcome), 0);
    w32_outcome_deinit(&outcome);
    assert_int_not_equal(end_of(&client), 0);
    w32_child_close(&client);
    w32_pipe_close(&out);
}

static void start_and_stop_a_worker(void)
{
    struct w32_outcome outcome;
    assert_int_equal(client_verb(WORDS("start", "chat"), &outcome), 0);
    w32_outcome_deinit(&outcome);
    assert_int_equal(client_verb(WORDS("stop", "chat"), &outcome), 0);
    w32_outcome_deinit(&outcome);
}

static void stop_the_service(void)
{
    struct w32_outcome outcome;
    assert_int_equal(daemon_verb(WORDS("stop", "--name", fixture.name), &outcome), 0);
    w32_outcome_deinit(&outcome);
}

/* An entry that is expected; "" is none, NULL anything. */
struct expected {
    const char *event, *worker, *session, *what, *reason;
    int code; /* -1: none */
    bool has_transport;
};

static void assert_text_at(const json_t *entry, const char *key, const char *expected)
{
    const char *text = json_string_value(json_object_get(entry, key));
    if (expected != NULL)
        assert_string_equal(text == NULL ? "" : text, expected);
}

static void assert_entry(const json_t *entry, const struct expected *e)
{
    const json_t *code = json_object_get(entry, "code");
    assert_text_at(entry, "event", e->event);
    assert_text_at(entry, "worker", e->worker);
    assert_text_at(entry, "session", e->session);
    assert_text_at(entry, "what", e->what);
    assert_text_at(entry, "reason", e->reason);
    assert_int_equal(code == NULL ? -1 : (int)json_integer_value(code), e->code);
    assert_int_equal(json_object_get(entry, "transport") != NULL, e->has_transport);
}

/* Everybody here is this user, but for the exit of a worker that is nobody's. */
static void assert_who(const json_t *entry, const struct expected *e)
{
    char sid[W32_SID_TEXT_MAX];
    bool is_ours = strcmp(e->event, "exit") != 0 || e->session[0] != '\0';
    assert_int_equal(w32_own_sid(sid, NULL), SP_OK);
    assert_text_at(entry, "sid", is_ours ? sid : "");
    assert_text_at(entry, "from", is_ours ? "local" : "");
    assert_int_equal(json_object_get(entry, "account") != NULL, is_ours);
}

static void assert_file_is(const char *path, const struct expected *expected, size_t count)
{
    struct sp_buffer text = {0};
    size_t i = 0;
    assert_int_equal(w32_file_read(path, 1 << 20, &text, NULL), SP_OK);
    assert_int_equal(sp_buffer_append(&text, "", 1, NULL), SP_OK);
    for (char *line = (char *)text.data, *end; *line != '\0'; line = end + 1, i++) {
        end = strchr(line, '\n');
        assert_non_null(end);
        json_t *entry = json_loadb(line, (size_t)(end - line), JSON_REJECT_DUPLICATES, NULL);
        if (!json_is_object(entry) || i >= count)
            fail_msg("line %d: %.*s", (int)i + 1, (int)(end - line), line);
        assert_entry(entry, &expected[i]);
        assert_who(entry, &expected[i]);
        json_decref(entry);
    }
    assert_int_equal(i, count);
    sp_buffer_deinit(&text);
}

static void the_audit_has_each_of_these_and_nothing_else(void **state)
{
    (void)state;
    static const struct expected expected[] = {
        {"install", "", "", "", NULL, -1, false},
        {"serve", "", "", "", NULL, -1, false},
        {"attach", "child", "s1", "", "", -1, true},
        {"exit", "child", "s1", "", "", 3, true},
        {"refusal",
         "x\"}\\x0A{\"event\":\"attach\",\"worker\":\"child\"}\\x0A\\x0D\\xE2\\x80\\xA8%1", "",
         "attach", NULL, -1, false},
        {"attach", "child", "s2", "", "", -1, true},
        {"signal", "child", "s2", "kill", "", -1, false},
        {"exit", "child", "s2", "", "a client asked for its end", 1, true},
        {"start", "chat", "", "", "", -1, false},
        {"stop", "chat", "", "", "", -1, false},
        {"exit", "chat", "", "", "it is being stopped", 0, false},
        {"end", "", "", "", NULL, -1, false},
    };
    attach_and_exit();
    be_refused();
    signal_a_session();
    start_and_stop_a_worker();
    stop_the_service();
    assert_file_is(scratch("audit.jsonl"), expected, sizeof expected / sizeof *expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_audit_has_each_of_these_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, open_service, close_service);
}
