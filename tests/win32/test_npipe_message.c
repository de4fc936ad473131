/* tests/win32/test_npipe_message.c - message pipes: a server that hears where its client's input
 * ends, and clients that know nothing of messages. The clients here are what any program is: plain
 * CreateFile, ReadFile, WriteFile. */
#include "win32/npipe.h"

#include "children.h"

#include <stdio.h>

#include <windows.h>

#include "win32/acl.h"
#include "win32/loop.h"
#include "win32/overlapped.h"
#include "win32/strict.h"

/* What all tests have; a name with a folder, as raw endpoints have it. */
static struct {
    char leaf[W32_NPIPE_LEAF_MAX + 1];
    void *descriptor;
    w32_handle server;
    w32_handle client;
} t;

static w32_handle a_server(void)
{
    const struct w32_npipe_options options = {.leaf = t.leaf,
                                              .access = W32_NPIPE_BOTH,
                                              .message = true,
                                              .size_bytes = 4096,
                                              .security_descriptor = t.descriptor};
    w32_handle h = NULL;
    struct sp_error err = {0};
    if (w32_npipe_create(&options, &h, &err) != SP_OK)
        fail_msg("%s", err.what);
    return h;
}

static const char *full_name(void)
{
    static char name[256];
    snprintf(name, sizeof name, "\\\\.\\pipe\\%s", t.leaf);
    return name;
}

static w32_handle a_client(DWORD access)
{
    w32_handle h = w32_take(CreateFileA(full_name(), access, 0, NULL, OPEN_EXISTING, 0, NULL));
    if (h == NULL)
        fail_msg("opening %s: error %lu", full_name(), GetLastError());
    return h;
}

static int pipe_open(void **state)
{
    const struct w32_acl_entry everybody = {"WD", W32_ACL_SERVE};
    struct w32_npipe_leaf random;
    memset(&t, 0, sizeof t);
    if (remember_open(state) != 0 || w32_npipe_random_leaf("test-", &random, NULL) != SP_OK ||
        w32_acl_pipe(&everybody, 1, false, &t.descriptor, NULL) != SP_OK)
        return -1;
    snprintf(t.leaf, sizeof t.leaf, "%.100s\\worker", random.text);
    t.server = a_server();
    t.client = a_client(GENERIC_READ | GENERIC_WRITE);
    return 0;
}

static int pipe_close(void **state)
{
    w32_handle_close(&t.client);
    w32_npipe_close(&t.server, t.leaf);
    w32_acl_free(t.descriptor);
    return nothing_new_open(state);
}

/* ------------------------------------------------------------------ what ends do */

static void client_writes(const char *text)
{
    DWORD len = (DWORD)strlen(text);
    DWORD written = 77;
    assert_true(WriteFile(t.client, text, len, &written, NULL));
    assert_int_equal(written, len);
}

static void server_writes(const char *text)
{
    struct w32_overlapped op = {0};
    assert_int_equal(w32_overlapped_init(&op, t.server, NULL), SP_OK);
    assert_int_equal(w32_overlapped_write(&op, text, (uint32_t)strlen(text), NULL), SP_OK);
    assert_int_equal(w32_overlapped_wait(&op, PATIENCE_MS, NULL, NULL), SP_OK);
    w32_overlapped_deinit(&op);
}

static void assert_client_reads(uint32_t size, const char *text)
{
    char got[64];
    DWORD bytes = 0;
    assert_true(ReadFile(t.client, got, size, &bytes, NULL));
    assert_int_equal(bytes, strlen(text));
    assert_memory_equal(got, text, bytes);
}

static void assert_client_is_at_the_end(void)
{
    char got = 0;
    DWORD bytes = 0;
    assert_false(ReadFile(t.client, &got, 1, &bytes, NULL));
    assert_int_equal(GetLastError(), ERROR_BROKEN_PIPE);
}

static sp_status server_reads(uint32_t size, char *text)
{
    struct w32_overlapped op = {0};
    uint32_t bytes = 0;
    assert_int_equal(w32_overlapped_init(&op, t.server, NULL), SP_OK);
    sp_status status = w32_overlapped_read(&op, text, size, NULL);
    if (status == SP_OK)
        status = w32_overlapped_wait(&op, PATIENCE_MS, &bytes, NULL);
    text[bytes] = '\0';
    w32_overlapped_deinit(&op);
    return status;
}

static void assert_server_reads(uint32_t size, const char *expected)
{
    char text[64];
    assert_int_equal(server_reads(size, text), SP_OK);
    assert_string_equal(text, expected);
}

static void assert_server_is_at_the_end(void)
{
    char text[64];
    assert_int_equal(server_reads(1, text), SP_EEND);
}

/* ------------------------------------------------------------------ empty messages */

static void an_empty_message_ends_a_read_that_waits(void **state)
{
    (void)state;
    char byte = 'x';
    uint32_t bytes = 77;
    struct w32_overlapped op = {0};
    assert_int_equal(w32_overlapped_init(&op, t.server, NULL), SP_OK);
    assert_int_equal(w32_overlapped_read(&op, &byte, 1, NULL), SP_OK);
    client_writes("");
    assert_int_equal(w32_overlapped_wait(&op, PATIENCE_MS, &bytes, NULL), SP_OK);
    assert_int_equal(bytes, 0);
    assert_int_equal(byte, 'x');
    w32_overlapped_deinit(&op);
}

static void an_empty_message_waits_behind_bytes_and_is_not_lost(void **state)
{
    (void)state;
    client_writes("abc");
    client_writes("");
    client_writes("");
    client_writes("def");
    assert_server_reads(60, "abc"); /* in byte mode this would take all six */
    assert_server_reads(60, "");
    assert_server_reads(60, "");
    assert_server_reads(60, "def");
}

static void bytes_after_an_empty_message_come_with_the_next_read(void **state)
{
    (void)state;
    client_writes("");
    assert_server_reads(60, "");
    client_writes("later");
    assert_server_reads(60, "later");
}

static void a_message_longer_than_the_buffer_comes_in_parts(void **state)
{
    (void)state;
    client_writes("abcde");
    assert_server_reads(2, "ab");
    assert_server_reads(2, "cd");
    assert_server_reads(2, "e");
}

static void a_message_that_fits_leaves_no_empty_rest(void **state)
{
    (void)state;
    client_writes("abcd");
    client_writes("next");
    assert_server_reads(2, "ab");
    assert_server_reads(2, "cd");
    assert_server_reads(4, "next");
}

/* ------------------------------------------------------------------ plain clients */

static void a_plain_client_reads_a_stream(void **state)
{
    (void)state;
    server_writes("hello ");
    server_writes("world");
    assert_client_reads(3, "hel");
    assert_client_reads(5, "lo wo");
    assert_client_reads(60, "rld");
}

static void our_own_client_reads_a_stream(void **state)
{
    (void)state;
    char text[16];
    uint32_t bytes = 0;
    struct w32_overlapped op = {0};
    w32_handle_close(&t.client);
    w32_npipe_close(&t.server, t.leaf);
    t.server = a_server();
    assert_int_equal(w32_npipe_open(NULL, t.leaf, W32_NPIPE_BOTH, PATIENCE_MS, &t.client, NULL),
                     SP_OK);
    server_writes("ab");
    server_writes("cde");
    assert_int_equal(w32_overlapped_init(&op, t.client, NULL), SP_OK);
    assert_int_equal(w32_overlapped_read(&op, text, sizeof text, NULL), SP_OK);
    assert_int_equal(w32_overlapped_wait(&op, PATIENCE_MS, &bytes, NULL), SP_OK);
    assert_int_equal(bytes, 5);
    assert_memory_equal(text, "abcde", 5);
    w32_overlapped_deinit(&op);
}

static void what_a_server_wrote_before_it_closed_is_read_and_then_the_end(void **state)
{
    (void)state;
    DWORD written = 0;
    client_writes("never read");
    server_writes("last ");
    server_writes("words");
    w32_npipe_close(&t.server, t.leaf);
    assert_client_reads(7, "last wo");
    assert_client_reads(60, "rds");
    assert_client_is_at_the_end();
    assert_client_is_at_the_end();
    assert_false(WriteFile(t.client, "x", 1, &written, NULL));
    assert_int_equal(GetLastError(), ERROR_NO_DATA);
}

static void what_a_client_wrote_before_it_closed_is_read_and_then_the_end(void **state)
{
    (void)state;
    client_writes("bytes");
    w32_handle_close(&t.client);
    assert_server_reads(3, "byt");
    assert_server_reads(60, "es");
    assert_server_is_at_the_end(); /* no empty message: this client has only gone away */
    assert_server_is_at_the_end();
}

static void an_empty_message_is_heard_of_a_client_that_closed_after_it(void **state)
{
    (void)state;
    client_writes("bytes");
    client_writes("");
    w32_handle_close(&t.client);
    assert_server_reads(60, "bytes");
    assert_server_reads(60, "");
    assert_server_is_at_the_end();
}

static void the_end_of_a_client_ends_a_read_that_waits(void **state)
{
    (void)state;
    char byte = 0;
    struct w32_overlapped op = {0};
    assert_int_equal(w32_overlapped_init(&op, t.server, NULL), SP_OK);
    assert_int_equal(w32_overlapped_read(&op, &byte, 1, NULL), SP_OK);
    w32_handle_close(&t.client);
    assert_int_equal(w32_overlapped_wait(&op, PATIENCE_MS, NULL, NULL), SP_EEND);
    w32_overlapped_deinit(&op);
}

static void one_way_clients_come_in(void **state)
{
    (void)state;
    w32_handle_close(&t.client);
    w32_npipe_close(&t.server, t.leaf);
    t.server = a_server();
    t.client = a_client(GENERIC_WRITE);
    client_writes("in");
    assert_server_reads(60, "in");
    w32_handle_close(&t.client);
    w32_npipe_close(&t.server, t.leaf);
    t.server = a_server();
    t.client = a_client(GENERIC_READ);
    server_writes("out");
    assert_client_reads(60, "out");
}

/* ------------------------------------------------------------------ names */

static void a_name_may_have_a_folder(void **state)
{
    (void)state;
    w32_handle second =
        w32_take(CreateFileA(full_name(), GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL));
    assert_null(second);
    assert_int_equal(GetLastError(), ERROR_PIPE_BUSY);
    assert_false(WaitNamedPipeA(full_name(), 1));
    assert_int_equal(GetLastError(), ERROR_SEM_TIMEOUT);
    w32_handle next = a_server();
    assert_true(WaitNamedPipeA(full_name(), PATIENCE_MS));
    w32_npipe_close(&next, t.leaf);

    w32_handle_close(&t.client);
    w32_npipe_close(&t.server, t.leaf);
    assert_false(WaitNamedPipeA(full_name(), 1));
    assert_int_equal(GetLastError(), ERROR_FILE_NOT_FOUND);
    second = w32_take(CreateFileA(full_name(), GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL));
    assert_null(second);
    assert_int_equal(GetLastError(), ERROR_FILE_NOT_FOUND);
}

/* ------------------------------------------------------------------ on a loop */

/* A read that begins the next one until the client is gone, and writes down what came. */
struct reader {
    struct w32_op op; /* first: the two are one address */
    struct w32_loop *loop;
    char data[4];
    uint32_t size;
    char trace[64];
    uint32_t os;
};

static void read_on(struct reader *r)
{
    w32_op_read(r->loop, &r->op, t.server, r->data, r->size);
}

static void have_read(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    struct reader *r = (struct reader *)op;
    size_t len = strlen(r->trace);
    r->os = os;
    if (os != 0) {
        w32_loop_quit(r->loop);
        return;
    }
    snprintf(r->trace + len, sizeof r->trace - len, "%.*s|", (int)bytes, r->data);
    read_on(r);
}

static struct reader a_reader(uint32_t size)
{
    struct reader r = {.op = {.done = have_read, .posted = true}, .size = size};
    assert_int_equal(w32_loop_open(&r.loop, NULL), SP_OK);
    assert_int_equal(w32_loop_bind_messages(r.loop, t.server, NULL), SP_OK);
    return r;
}

static void assert_reader(struct reader *r, const char *trace)
{
    w32_loop_run(r->loop);
    assert_int_equal(r->os, ERROR_BROKEN_PIPE);
    assert_string_equal(r->trace, trace);
    assert_int_equal(w32_strict_ops_in_flight(), 0);
    w32_loop_close(r->loop);
}

static void the_loop_tells_parts_and_empty_messages_that_were_there(void **state)
{
    (void)state;
    struct reader r = a_reader(2);
    client_writes("abcde");
    client_writes("");
    client_writes("fg");
    client_writes("");
    w32_handle_close(&t.client);
    read_on(&r);
    assert_reader(&r, "ab|cd|e||fg||");
}

struct late_client {
    struct w32_timer timer; /* first: the two are one address */
    const char *texts[5];
    size_t next;
    struct w32_loop *loop;
};

/* Each message comes when the loop has nothing else to do, so that a read waits for it. */
static void write_next(struct w32_timer *timer)
{
    struct late_client *c = (struct late_client *)timer;
    if (c->texts[c->next] == NULL) {
        w32_handle_close(&t.client);
        return;
    }
    client_writes(c->texts[c->next++]);
    w32_timer_start(c->loop, timer, 0);
}

static void the_loop_tells_parts_and_empty_messages_that_come_later(void **state)
{
    (void)state;
    struct reader r = a_reader(2);
    struct late_client c = {
        .timer = {.fire = write_next}, .texts = {"abcde", "", "fg", ""}, .loop = r.loop};
    read_on(&r);
    w32_timer_start(r.loop, &c.timer, 0);
    assert_reader(&r, "ab|cd|e||fg||");
}

static void quit_when_done(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    struct reader *r = (struct reader *)op;
    r->os = os;
    snprintf(r->trace, sizeof r->trace, "%u", (unsigned)bytes);
    w32_loop_quit(r->loop);
}

static void the_loop_connects_writes_and_cancels_on_such_an_end(void **state)
{
    (void)state;
    struct reader r = a_reader(1);
    r.op.done = quit_when_done;
    w32_op_connect(r.loop, &r.op, t.server); /* the client is there already */
    w32_loop_run(r.loop);
    assert_int_equal(r.os, 0);
    w32_op_write(r.loop, &r.op, t.server, "out", 3);
    w32_loop_run(r.loop);
    assert_int_equal(r.os, 0);
    assert_string_equal(r.trace, "3");
    assert_client_reads(60, "out");
    read_on(&r);
    w32_op_cancel(&r.op, t.server);
    w32_loop_run(r.loop);
    assert_int_equal(r.os, ERROR_OPERATION_ABORTED);
    w32_handle_close(&t.client);
    w32_op_write(r.loop, &r.op, t.server, "x", 1);
    w32_loop_run(r.loop);
    assert_int_equal(r.os, ERROR_NO_DATA);
    w32_loop_close(r.loop);
}

#define PIPE_TEST(name) cmocka_unit_test_setup_teardown(name, pipe_open, pipe_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PIPE_TEST(an_empty_message_ends_a_read_that_waits),
        PIPE_TEST(an_empty_message_waits_behind_bytes_and_is_not_lost),
        PIPE_TEST(bytes_after_an_empty_message_come_with_the_next_read),
        PIPE_TEST(a_message_longer_than_the_buffer_comes_in_parts),
        PIPE_TEST(a_message_that_fits_leaves_no_empty_rest),
        PIPE_TEST(a_plain_client_reads_a_stream),
        PIPE_TEST(our_own_client_reads_a_stream),
        PIPE_TEST(what_a_server_wrote_before_it_closed_is_read_and_then_the_end),
        PIPE_TEST(what_a_client_wrote_before_it_closed_is_read_and_then_the_end),
        PIPE_TEST(an_empty_message_is_heard_of_a_client_that_closed_after_it),
        PIPE_TEST(the_end_of_a_client_ends_a_read_that_waits),
        PIPE_TEST(one_way_clients_come_in),
        PIPE_TEST(a_name_may_have_a_folder),
        PIPE_TEST(the_loop_tells_parts_and_empty_messages_that_were_there),
        PIPE_TEST(the_loop_tells_parts_and_empty_messages_that_come_later),
        PIPE_TEST(the_loop_connects_writes_and_cancels_on_such_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
