/* tests/e2e/test_many.c - many at once, and a service that stops under them. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "win32/pipe.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

enum { SESSIONS = 100, BYTES = 65536 };

/* A client that runs, with our ends of its stdin and stdout. */
struct attached {
    struct w32_child child;
    w32_handle in, out, err;
};

static int open_service(void **state)
{
    (void)state;
    return fixture_open("stop: {stdin: 500ms, signal: 500ms}\n");
}

static int close_service(void **state)
{
    (void)state;
    return fixture_close();
}

static void start(struct attached *a, const char *const *words)
{
    struct w32_pipe in = {0}, out = {0}, err = {0};
    assert_int_equal(w32_pipe_open(&(struct w32_pipe_options){.size_bytes = BYTES}, &in, NULL),
                     SP_OK);
    assert_int_equal(w32_pipe_open(&(struct w32_pipe_options){.size_bytes = BYTES}, &out, NULL),
                     SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &err, NULL), SP_OK);
    start_attach(words, in.read, out.write, err.write, &a->child);
    w32_handle_close(&in.read);
    w32_handle_close(&out.write);
    w32_handle_close(&err.write);
    a->in = in.write;
    a->out = out.read;
    a->err = err.read;
}

static void finish(struct attached *a)
{
    w32_child_close(&a->child);
    w32_handle_close(&a->in);
    w32_handle_close(&a->out);
    w32_handle_close(&a->err);
}

/* Reads just so many bytes and compares each with the one sent. */
static void assert_comes_back(w32_handle from, unsigned char byte, size_t count)
{
    static unsigned char bytes[BYTES];
    size_t len = 0;
    while (len < count) {
        uint32_t got = 0;
        assert_int_equal(w32_read(from, bytes + len, (uint32_t)(count - len), &got, NULL), SP_OK);
        len += got;
    }
    for (size_t i = 0; i < count; i++)
        assert_int_equal(bytes[i], byte);
}

static void a_hundred_sessions_at_once_each_get_their_own_bytes(void **state)
{
    (void)state;
    static struct attached all[SESSIONS];
    static unsigned char bytes[BYTES];
    for (int i = 0; i < SESSIONS; i++)
        start(&all[i], WORDS("child", "--", "cat"));
    for (int i = 0; i < SESSIONS; i++) {
        memset(bytes, i, sizeof bytes);
        assert_int_equal(w32_write(all[i].in, bytes, 1, NULL), SP_OK);
    }
    for (int i = 0; i < SESSIONS; i++)
        assert_comes_back(all[i].out, (unsigned char)i, 1);
    wait_for_sessions(SESSIONS); /* all of them at once */
    for (int i = 0; i < SESSIONS; i++) {
        memset(bytes, i, sizeof bytes);
        assert_int_equal(w32_write(all[i].in, bytes, sizeof bytes, NULL), SP_OK);
    }
    for (int i = 0; i < SESSIONS; i++) {
        uint32_t got = 0;
        assert_comes_back(all[i].out, (unsigned char)i, BYTES);
        w32_handle_close(&all[i].in);
        assert_int_equal(w32_read(all[i].out, bytes, sizeof bytes, &got, NULL), SP_EEND);
        assert_int_equal(end_of(&all[i].child), 0);
        finish(&all[i]);
    }
    wait_for_sessions(0);
}

static void a_client_that_does_not_read_holds_up_nobody(void **state)
{
    (void)state;
    struct attached stalled = {0};
    start(&stalled, WORDS("child", "--", "source", "67108864"));
    wait_for_sessions(1);
    for (int i = 0; i < 5; i++) {
        struct w32_outcome outcome;
        attach(WORDS("upper"), sp_bytes_of("quick"), &outcome);
        assert_text(&outcome.output, "QUICK");
        w32_outcome_deinit(&outcome);
    }
    finish(&stalled);
    wait_for_sessions(0);
}

/* Stops the service: runs last. */
static void a_stop_ends_every_session_and_says_why(void **state)
{
    (void)state;
    struct attached well = {0}, deaf = {0};
    struct w32_outcome outcome;
    char line[256];
    start(&well, WORDS("child", "--", "sink", "0"));
    start(&deaf, WORDS("child", "--", "tree", "120000"));
    read_line(deaf.out, line, sizeof line); /* it has a child that sleeps */
    wait_for_sessions(2);
    assert_int_equal(daemon_verb(WORDS("stop", "--name", fixture.name), &outcome), 0);
    w32_outcome_deinit(&outcome);
    assert_int_equal(end_of(&well.child), 125);
    assert_int_equal(end_of(&deaf.child), 125);
    wait_for_process_end((uint32_t)strtoul(line, NULL, 10));
    read_line(deaf.err, line, sizeof line);
    assert_non_null(strstr(line, "the service is stopping"));
    finish(&well);
    finish(&deaf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hundred_sessions_at_once_each_get_their_own_bytes),
        cmocka_unit_test(a_client_that_does_not_read_holds_up_nobody),
        cmocka_unit_test(a_stop_ends_every_session_and_says_why),
    };
    return cmocka_run_group_tests(tests, open_service, close_service);
}
