/* tests/e2e/test_resume.c - connections that break in the middle of a stream: both directions go on
 * at the same byte. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "win32/file.h"
#include "win32/pipe.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

enum { CUTS = 50, MIB = 256 };

static int open_service(void **state)
{
    (void)state;
    return fixture_open_with(NULL, "  echo: {command: [@, cat], resume: 60s}\n"
                                   "  obey: {command: [@, obey], resume: 60s}\n"
                                   "  brief: {command: [@, obey], resume: 300ms}\n"
                                   "  plain: {command: [@, obey], resume: 0}\n"
                                   "  chat: {command: [@, obey], mode: shared, resume: 60s}\n");
}

static int close_service(void **state)
{
    (void)state;
    return fixture_close();
}

/* The only session there is; NULL: none. @param id receives its name */
static const char *only_session(char *id, size_t size, json_int_t *stdout_bytes)
{
    json_t *root = ps();
    json_t *session = json_array_get(json_object_get(root, "sessions"), 0);
    const char *name = json_string_value(json_object_get(session, "session"));
    snprintf(id, size, "%s", name == NULL ? "" : name);
    if (stdout_bytes != NULL)
        *stdout_bytes = json_integer_value(json_object_get(session, "stdout"));
    json_decref(root);
    return id[0] == '\0' ? NULL : id;
}

static uint32_t drop(const char *id)
{
    struct w32_outcome outcome;
    uint32_t code = client_verb(WORDS("drop", id), &outcome);
    w32_outcome_deinit(&outcome);
    return code;
}

/* What is fed to the client in pieces, so that there is time to cut, whatever the machine's speed:
 * a cut comes at a random point of each piece. */
static void feed(w32_handle to, const char *path, uint64_t from, uint64_t len)
{
    static unsigned char piece[1 << 20];
    w32_handle file = NULL;
    uint32_t got = 0;
    assert_int_equal(w32_file_open(path, W32_FILE_READ, &file, NULL), SP_OK);
    for (uint64_t at = 0; at < from + len; at += got) {
        assert_int_equal(w32_read(file, piece, sizeof piece, &got, NULL), SP_OK);
        if (at >= from)
            assert_int_equal(w32_write(to, piece, got, NULL), SP_OK);
    }
    w32_handle_close(&file);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void a_stream_that_is_cut_50_times_is_whole_both_ways(void **state)
{
    (void)state;
    char sent[65], came[65], id[32];
    struct w32_child child = {0};
    struct w32_pipe in = {0}, err = {0};
    w32_handle out = NULL;
    unsigned cuts = 0;
    uint64_t random = 0x9E3779B97F4A7C15u;
    write_random(scratch("in"), (uint64_t)MIB << 20);
    assert_int_equal(w32_pipe_open(NULL, &in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &err, NULL), SP_OK);
    assert_int_equal(w32_file_open(scratch("out"), W32_FILE_WRITE, &out, NULL), SP_OK);
    start_attach(WORDS("echo"), in.read, out, err.write, &child);
    w32_handle_close(&in.read);
    w32_handle_close(&err.write);
    for (uint64_t at = 0; at < MIB;) {
        uint64_t len = cuts < CUTS ? 1 + next_random(&random) % 8 : MIB - at;
        if (len > MIB - at)
            len = MIB - at;
        feed(in.write, scratch("in"), at << 20, len << 20);
        at += len;
        if (cuts < CUTS && only_session(id, sizeof id, NULL) != NULL && drop(id) == 0)
            cuts++;
    }
    assert_int_equal(cuts, CUTS);
    w32_handle_close(&in.write);
    assert_int_equal(end_of(&child), 0);
    w32_child_close(&child);
    w32_handle_close(&out);
    sha256_of(scratch("in"), sent);
    sha256_of(scratch("out"), came);
    assert_string_equal(sent, came);
    /* It says so once. */
    char said[512] = "";
    uint32_t got = 0, len = 0;
    while (len + 1 < sizeof said &&
           w32_read(err.read, said + len, (uint32_t)(sizeof said - 1 - len), &got, NULL) == SP_OK)
        len += got;
    const char *line = strstr(said, "resumed");
    assert_non_null(line);
    assert_null(strstr(line + 1, "resumed"));
    w32_pipe_close(&in);
    w32_pipe_close(&err);
    wait_for_sessions(0);
}

/* A client of a worker that obeys. */
struct talker {
    struct w32_child child;
    struct w32_pipe in, out, err;
};

static void start_talker(struct talker *t, const char *const *words)
{
    *t = (struct talker){0};
    assert_int_equal(w32_pipe_open(NULL, &t->in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &t->out, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &t->err, NULL), SP_OK);
    start_attach(words, t->in.read, t->out.write, t->err.write, &t->child);
    w32_handle_close(&t->in.read);
    w32_handle_close(&t->out.write);
    w32_handle_close(&t->err.write);
}

static void end_talker(struct talker *t)
{
    w32_child_close(&t->child);
    w32_pipe_close(&t->in);
    w32_pipe_close(&t->out);
    w32_pipe_close(&t->err);
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

static void cut(void)
{
    char id[32];
    assert_non_null(only_session(id, sizeof id, NULL));
    assert_int_equal(drop(id), 0);
}

static void a_quiet_session_that_is_cut_goes_on(void **state)
{
    (void)state;
    struct talker t;
    start_talker(&t, WORDS("obey"));
    hears(&t, "READY");
    for (int i = 0; i < 3; i++) {
        cut();
        say(&t, "echo still here\n");
        hears(&t, "still here");
    }
    cut();
    say(&t, "complain of nothing\nexit 4\n");
    assert_int_equal(end_of(&t.child), 4);
    end_talker(&t);
    wait_for_sessions(0);
}

static void an_exit_is_not_lost_with_the_connection(void **state)
{
    (void)state;
    struct talker t;
    start_talker(&t, WORDS("obey"));
    hears(&t, "READY");
    say(&t, "out 3000000\nexit 6\n");
    cut();
    static char some[65536];
    uint64_t total = 0;
    for (uint32_t got = 0; w32_read(t.out.read, some, sizeof some, &got, NULL) == SP_OK;)
        total += got;
    assert_int_equal(total, 3000000);
    assert_int_equal(end_of(&t.child), 6);
    end_talker(&t);
    wait_for_sessions(0);
}

static void a_session_that_cannot_be_resumed_ends_with_its_connection(void **state)
{
    (void)state;
    struct talker t;
    char line[256];
    start_talker(&t, WORDS("plain"));
    hears(&t, "READY");
    cut();
    assert_int_equal(end_of(&t.child), 125);
    read_line(t.err.read, line, sizeof line);
    assert_non_null(strstr(line, "standpipe: "));
    end_talker(&t);
    wait_for_sessions(0);
}

static void a_client_that_does_not_come_back_in_time_costs_its_worker(void **state)
{
    (void)state;
    struct talker t;
    start_talker(&t, WORDS("brief"));
    hears(&t, "READY");
    w32_child_close(&t.child); /* ends the client's job, and with it the client */
    wait_for_sessions(0);
    end_talker(&t);
}

static void a_client_of_a_shared_worker_comes_back_to_the_same_byte(void **state)
{
    (void)state;
    struct talker t;
    start_talker(&t, WORDS("--replay", "all", "chat"));
    hears(&t, "READY");
    cut();
    say(&t, "echo one\n");
    hears(&t, "one");
    cut();
    say(&t, "echo two\nexit 0\n");
    hears(&t, "two");
    assert_int_equal(end_of(&t.child), 0);
    end_talker(&t);
    wait_for_sessions(0);
}

static void only_a_session_that_is_there_can_be_dropped(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    assert_int_equal(client_verb(WORDS("drop", "s999999"), &outcome), 127);
    assert_says(&outcome.errors, "no session");
    w32_outcome_deinit(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quiet_session_that_is_cut_goes_on),
        cmocka_unit_test(an_exit_is_not_lost_with_the_connection),
        cmocka_unit_test(a_stream_that_is_cut_50_times_is_whole_both_ways),
        cmocka_unit_test(a_session_that_cannot_be_resumed_ends_with_its_connection),
        cmocka_unit_test(a_client_that_does_not_come_back_in_time_costs_its_worker),
        cmocka_unit_test(a_client_of_a_shared_worker_comes_back_to_the_same_byte),
        cmocka_unit_test(only_a_session_that_is_there_can_be_dropped),
    };
    return cmocka_run_group_tests(tests, open_service, close_service);
}
