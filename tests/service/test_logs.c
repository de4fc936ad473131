/* tests/service/test_logs.c - a log that is sent on a data pipe: real files, a real loop, and a
 * client on a thread of its own. */
#include "service/logs.h"

#include "logged.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <windows.h>

#include "core/isotime.h"
#include "core/loglines.h"
#include "service/log.h"
#include "tests/scratch.h"
#include "win32/overlapped.h"
#include "win32/strict.h"
#include "win32/thread.h"

enum { NEVER_MS = 10 * PATIENCE_MS };

static struct svc_server server;
static struct svc_shard shard;
static struct w32_peer peer;
static struct svc_capture *capture;
static int32_t handles_before;

/* ------------------------------------------------------------------ the loop */

/* Something that is done on the loop, and waited for. */
struct call {
    struct w32_post post;
    void (*run)(void *arg);
    void *arg;
    HANDLE done;
};

static void run_call(struct w32_post *post)
{
    struct call *call = SP_CONTAINER(post, struct call, post);
    call->run(call->arg);
    SetEvent(call->done);
}

static void on_loop(void (*run)(void *arg), void *arg)
{
    struct call call = {.post = {run_call}, .run = run, .arg = arg};
    call.done = CreateEventW(NULL, TRUE, FALSE, NULL);
    w32_loop_post(shard.loop, &call.post);
    assert_int_equal(WaitForSingleObject(call.done, PATIENCE_MS), WAIT_OBJECT_0);
    CloseHandle(call.done);
}

static void run_loop(void *arg)
{
    (void)arg;
    w32_loop_run(shard.loop);
}

static void stop(void *arg)
{
    (void)arg;
    shard.stopping = true;
    svc_logs_stop_all(&shard);
    svc_shard_quit_if_empty(&shard);
}

static void open_capture(uint64_t size_bytes)
{
    const struct sp_logs_config config = {
        .streams = SP_CAPTURE_STDERR, .size_bytes = size_bytes, .files = 5};
    const struct svc_capture_options options = {
        .folder = scratch_path("logs"), .worker = "w", .config = &config};
    assert_int_equal(svc_capture_open(&options, &capture, NULL), SP_OK);
}

static int open_all(void **state)
{
    svc_log_stderr_from(SVC_LOG_ERROR); /* the warnings are wanted here */
    handles_before = w32_handle_tally();
    server = (struct svc_server){.options.pipe_name = "test-logs-"};
    sp_list_init(&server.all_workers);
    shard = (struct svc_shard){.server = &server};
    sp_list_init(&shard.connections);
    sp_list_init(&shard.sessions);
    sp_list_init(&shard.runs);
    sp_list_init(&shard.logs);
    peer = (struct w32_peer){.pid = GetCurrentProcessId()};
    if (scratch_open(state) != 0 || w32_own_sid(peer.sid, NULL) != SP_OK ||
        w32_loop_open(&shard.loop, NULL) != SP_OK)
        return -1;
    return w32_thread_start(run_loop, NULL, &shard.thread, NULL) == SP_OK ? 0 : -1;
}

static void stop_loop(void)
{
    if (shard.loop == NULL)
        return;
    on_loop(stop, NULL);
    assert_int_equal(w32_thread_join(&shard.thread, PATIENCE_MS), SP_OK);
    assert_true(sp_list_empty(&shard.logs));
    w32_loop_close(shard.loop);
    shard.loop = NULL;
}

static int close_all(void **state)
{
    stop_loop();
    svc_capture_close(capture, PATIENCE_MS);
    capture = NULL;
    int closed = scratch_close(state);
    assert_int_equal(w32_handle_tally(), handles_before);
    assert_int_equal(w32_strict_ops_in_flight(), 0);
    return closed;
}

/* ------------------------------------------------------------------ a client */

struct request {
    uint64_t lines;
    bool follow;
    struct w32_npipe_leaf leaf;
    sp_status status;
    struct sp_error err;
};

static void ask(void *arg)
{
    struct request *r = arg;
    r->status = svc_logs_open(&shard, &peer, capture, r->lines, r->follow, &r->leaf, &r->err);
}

/* A client that has opened the pipe of a log. */
struct client {
    w32_handle pipe;
    struct w32_overlapped read;
    struct sp_buffer got; /* with a NUL behind it */
};

static void open_client(struct client *c, uint64_t lines, bool follow)
{
    struct request r = {.lines = lines, .follow = follow};
    struct sp_error err;
    *c = (struct client){0};
    on_loop(ask, &r);
    if (r.status != SP_OK)
        fail_msg("%s", r.err.what);
    if (w32_npipe_open(NULL, r.leaf.text, W32_NPIPE_READ, PATIENCE_MS, &c->pipe, &err) != SP_OK)
        fail_msg("%s", err.what);
    assert_int_equal(w32_overlapped_init(&c->read, c->pipe, NULL), SP_OK);
}

/* Reads once. @return SP_EEND: the pipe has ended */
static sp_status receive(struct client *c)
{
    uint32_t bytes = 0;
    assert_int_equal(sp_buffer_reserve(&c->got, 5000, NULL), SP_OK);
    sp_status status = w32_overlapped_read(&c->read, c->got.data + c->got.len, 4999, NULL);
    if (status == SP_OK)
        status = w32_overlapped_wait(&c->read, PATIENCE_MS, &bytes, NULL);
    c->got.len += bytes;
    c->got.data[c->got.len] = '\0';
    return status;
}

static void close_client(struct client *c)
{
    w32_overlapped_deinit(&c->read);
    w32_handle_close(&c->pipe);
    sp_buffer_deinit(&c->got);
}

static void receive_until(struct client *c, const char *text)
{
    do
        assert_int_equal(receive(c), SP_OK);
    while (strstr((char *)c->got.data, text) == NULL);
}

static void receive_all(struct client *c)
{
    sp_status status = SP_OK;
    while (status == SP_OK)
        status = receive(c);
    assert_int_equal(status, SP_EEND);
}

/* ------------------------------------------------------------------ lines */

static void say_lines(unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        char line[32];
        int len = snprintf(line, sizeof line, "line %06u\n", i);
        svc_capture_write(capture, "s1", SP_STDERR, line, (size_t)len);
    }
}

/* Asserts that what came are just these lines. */
static void assert_lines(const struct client *c, unsigned from, unsigned to)
{
    const char *at = (const char *)c->got.data;
    for (unsigned i = from; i < to; i++) {
        char line[48];
        uint64_t ms = 0;
        int len = snprintf(line, sizeof line, " s1 stderr line %06u\n", i);
        assert_true(sp_isotime_parse(at, strlen(at), &ms));
        if (memcmp(at + SP_ISOTIME_LEN, line, (size_t)len) != 0)
            fail_msg("line %u is %.60s", i, at);
        at += SP_ISOTIME_LEN + len;
    }
    assert_string_equal(at, "");
}

static void all_that_is_kept_comes_and_then_the_end(void **state)
{
    (void)state;
    struct client c;
    open_capture(1 << 20);
    say_lines(0, 8000); /* more than the pipe's buffer, and less than the queue's */
    open_client(&c, 0, false);
    receive_all(&c);
    assert_lines(&c, 0, 8000);
    close_client(&c);
}

static void what_was_just_said_comes_too(void **state)
{
    (void)state;
    open_capture(1 << 20);
    for (unsigned i = 0; i < 20; i++) {
        struct client c;
        say_lines(i, i + 1);
        open_client(&c, 1, false);
        receive_all(&c);
        assert_lines(&c, i, i + 1);
        close_client(&c);
    }
}

static void the_last_lines_come_over_the_ends_of_files(void **state)
{
    (void)state;
    struct client c;
    open_capture(4096);
    say_lines(0, 300);
    assert_will_hold(scratch_path("logs\\w.log"), "line 000299");
    assert_true(w32_file_exists(scratch_path("logs\\w.2.log")));
    open_client(&c, 200, false);
    receive_all(&c);
    assert_lines(&c, 100, 300);
    close_client(&c);
}

static void a_log_that_is_not_there_yet_is_empty(void **state)
{
    (void)state;
    struct client c;
    open_capture(4096);
    open_client(&c, 0, false);
    assert_int_equal(receive(&c), SP_EEND);
    assert_int_equal(c.got.len, 0);
    close_client(&c);
}

static void who_follows_gets_what_is_added_over_many_files(void **state)
{
    (void)state;
    struct client c;
    open_capture(8192);
    say_lines(0, 10);
    open_client(&c, 3, true);
    receive_until(&c, "line 000009");
    for (unsigned i = 10; i < 1000; i += 90) {
        char last[32];
        say_lines(i, i + 90);
        snprintf(last, sizeof last, "line %06u", i + 89);
        receive_until(&c, last);
    }
    assert_lines(&c, 7, 1000);
    assert_true(w32_file_exists(scratch_path("logs\\w.4.log")));
    close_client(&c);
}

static void who_follows_waits_for_a_log_that_is_not_there_yet(void **state)
{
    (void)state;
    struct client c;
    open_capture(4096);
    open_client(&c, 10, true);
    say_lines(0, 3);
    receive_until(&c, "line 000002");
    assert_lines(&c, 0, 3);
    close_client(&c);
}

static void many_follow_at_once(void **state)
{
    (void)state;
    struct client clients[10];
    open_capture(1 << 20);
    for (int i = 0; i < 10; i++)
        open_client(&clients[i], 0, true);
    say_lines(0, 100);
    for (int i = 0; i < 10; i++) {
        receive_until(&clients[i], "line 000099");
        assert_lines(&clients[i], 0, 100);
        close_client(&clients[i]);
    }
}

static void count_logs(void *arg)
{
    size_t *count = arg;
    *count = 0;
    for (struct sp_link *l = shard.logs.next; l != &shard.logs; l = l->next)
        ++*count;
}

static void assert_logs_will_be(size_t wanted)
{
    uint64_t deadline = w32_now_ms() + PATIENCE_MS;
    size_t count = 0;
    for (;;) {
        on_loop(count_logs, &count);
        if (count == wanted)
            return;
        if (w32_now_ms() > deadline)
            fail_msg("%zu are open, not %zu", count, wanted);
        Sleep(10);
    }
}

static void a_client_that_leaves_while_nothing_comes_is_noticed(void **state)
{
    (void)state;
    struct client c;
    open_capture(4096);
    say_lines(0, 1);
    open_client(&c, 0, true);
    receive_until(&c, "line 000000");
    assert_logs_will_be(1);
    close_client(&c);
    assert_logs_will_be(0);
}

static void a_client_that_leaves_before_it_has_read_is_noticed(void **state)
{
    (void)state;
    struct client c;
    open_capture(64 << 20);
    say_lines(0, 10000);
    assert_will_hold(scratch_path("logs\\w.log"), "line 009999");
    open_client(&c, 0, true);
    assert_int_equal(receive(&c), SP_OK);
    close_client(&c);
    assert_logs_will_be(0);
}

static void a_client_that_writes_to_it_is_cut_off(void **state)
{
    (void)state;
    struct request r = {.follow = true};
    struct w32_overlapped op = {0};
    w32_handle pipe = NULL;
    open_capture(4096);
    on_loop(ask, &r);
    assert_int_equal(w32_npipe_open(NULL, r.leaf.text, W32_NPIPE_BOTH, PATIENCE_MS, &pipe, NULL),
                     SP_OK);
    assert_int_equal(w32_overlapped_init(&op, pipe, NULL), SP_OK);
    assert_int_equal(w32_overlapped_write(&op, "x", 1, NULL), SP_OK);
    assert_int_equal(w32_overlapped_wait(&op, PATIENCE_MS, NULL, NULL), SP_OK);
    assert_logs_will_be(0);
    w32_overlapped_deinit(&op);
    w32_handle_close(&pipe);
}

static void a_stop_ends_all_of_them(void **state)
{
    (void)state;
    struct client idle, busy;
    struct request never = {.follow = true};
    open_capture(64 << 20);
    say_lines(0, 10000);
    assert_will_hold(scratch_path("logs\\w.log"), "line 009999");
    open_client(&idle, 1, true);
    receive_until(&idle, "line 009999");
    open_client(&busy, 0, false);
    assert_int_equal(receive(&busy), SP_OK);
    on_loop(ask, &never);
    assert_int_equal(never.status, SP_OK);
    stop_loop();
    receive_all(&idle);
    close_client(&idle);
    close_client(&busy);
}

static void too_many_at_once_are_refused(void **state)
{
    (void)state;
    struct request r = {0};
    open_capture(4096);
    for (int i = 0; i < SVC_LOGS_MAX; i++) {
        on_loop(ask, &r);
        assert_int_equal(r.status, SP_OK);
    }
    on_loop(ask, &r);
    assert_int_equal(r.status, SP_ESTATE);
}

static void a_worker_of_which_nothing_is_kept_has_no_log(void **state)
{
    (void)state;
    struct request r = {0};
    on_loop(ask, &r);
    assert_int_equal(r.status, SP_EUNSUPPORTED);
    assert_non_null(strstr(r.err.what, "streams: none"));
}

static void a_file_that_can_not_be_read_is_named_in_the_last_line(void **state)
{
    (void)state;
    struct client c;
    open_capture(4096);
    say_lines(0, 100);
    assert_will_hold(scratch_path("logs\\w.log"), "line 000099");
    assert_handles_will_be(handles_before + 2); /* the loop's and its thread's */
    w32_handle held = locked(scratch_path("logs\\w.1.log"));
    open_client(&c, 0, false);
    receive_all(&c);
    assert_non_null(strstr((char *)c.got.data, " - log opening "));
    assert_non_null(strstr((char *)c.got.data, "w.1.log"));
    assert_int_equal(c.got.data[c.got.len - 1], '\n');
    w32_handle_close(&held);
    close_client(&c);
}

static void a_log_that_can_not_be_written_is_read_all_the_same(void **state)
{
    (void)state;
    struct client c;
    open_capture(4096);
    say_lines(0, 100);
    assert_will_hold(scratch_path("logs\\w.log"), "line 000099");
    w32_handle held = readable(scratch_path("logs\\w.1.log")); /* no next file can be begun */
    say_lines(100, 1000);
    open_client(&c, 0, false);
    receive_all(&c);
    assert_non_null(strstr((char *)c.got.data, "line 000099"));
    w32_handle_close(&held);
    close_client(&c);
}

#define LOGS_TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOGS_TEST(all_that_is_kept_comes_and_then_the_end),
        LOGS_TEST(what_was_just_said_comes_too),
        LOGS_TEST(the_last_lines_come_over_the_ends_of_files),
        LOGS_TEST(a_log_that_is_not_there_yet_is_empty),
        LOGS_TEST(who_follows_gets_what_is_added_over_many_files),
        LOGS_TEST(who_follows_waits_for_a_log_that_is_not_there_yet),
        LOGS_TEST(many_follow_at_once),
        LOGS_TEST(a_client_that_leaves_while_nothing_comes_is_noticed),
        LOGS_TEST(a_client_that_leaves_before_it_has_read_is_noticed),
        LOGS_TEST(a_client_that_writes_to_it_is_cut_off),
        LOGS_TEST(a_stop_ends_all_of_them),
        LOGS_TEST(too_many_at_once_are_refused),
        LOGS_TEST(a_worker_of_which_nothing_is_kept_has_no_log),
        LOGS_TEST(a_file_that_can_not_be_read_is_named_in_the_last_line),
        LOGS_TEST(a_log_that_can_not_be_written_is_read_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
