/* tests/client/fake.c - a service with one session, which says and does just what a test wants. */
#include "fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "core/rpc.h"
#include "win32/acl.h"
#include "win32/thread.h"

enum { DATA_BYTES = 64 * 1024, WORDS_MAX = 32 };

#define TOKEN "0123456789abcdef0123456789abcdef"

/* ------------------------------------------------------------------ pipes */

static w32_handle listen_on(struct fake *f, const char *leaf, enum w32_npipe_access access)
{
    struct w32_npipe_options options = {
        .leaf = leaf, .access = access, .size_bytes = DATA_BYTES, .security_descriptor = f->access};
    w32_handle h = NULL;
    struct sp_error err = {0};
    if (w32_npipe_create(&options, &h, &err) != SP_OK)
        fail_msg("%s", err.what);
    return h;
}

static bool client_comes(w32_handle h, uint32_t timeout_ms)
{
    OVERLAPPED overlapped = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    DWORD moved = 0;
    BOOL ok = ConnectNamedPipe(h, &overlapped);
    DWORD os = ok ? 0 : GetLastError();
    if (os == ERROR_IO_PENDING && WaitForSingleObject(overlapped.hEvent, timeout_ms) != 0)
        CancelIoEx(h, &overlapped);
    if (os == ERROR_IO_PENDING)
        os = GetOverlappedResult(h, &overlapped, &moved, TRUE) ? 0 : GetLastError();
    CloseHandle(overlapped.hEvent);
    return os == 0 || os == ERROR_PIPE_CONNECTED;
}

void fake_open(struct fake *f)
{
    static int number;
    const struct w32_acl_entry everybody = {"AU", W32_ACL_SERVE};
    *f = (struct fake){0};
    snprintf(f->pipe, sizeof f->pipe, "fake-%lu-%d", GetCurrentProcessId(), number++);
    assert_int_equal(w32_acl_pipe(&everybody, 1, false, &f->access, NULL), SP_OK);
    assert_int_equal(w32_event_open(true, &f->cut, NULL), SP_OK);
    f->next = listen_on(f, f->pipe, W32_NPIPE_BOTH);
}

void fake_vanish(struct fake *f)
{
    w32_npipe_close(&f->next, f->pipe);
}

void fake_close_data(struct fake *f, enum sp_stream stream)
{
    struct fake_data *d = &f->data[stream];
    w32_overlapped_deinit(&d->op);
    w32_npipe_close(&d->h, d->leaf.text);
}

void fake_close_control(struct fake *f)
{
    w32_overlapped_deinit(&f->read);
    w32_overlapped_deinit(&f->write);
    w32_npipe_close(&f->control, f->pipe);
    sp_line_deinit(&f->in);
}

void fake_cut(struct fake *f)
{
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        fake_close_data(f, (enum sp_stream)i);
    fake_close_control(f);
}

void fake_close(struct fake *f)
{
    fake_cut(f);
    fake_vanish(f);
    w32_acl_free(f->access);
    w32_handle_close(&f->cut);
    json_decref(f->id);
    *f = (struct fake){0};
}

bool fake_accepts(struct fake *f, uint32_t timeout_ms)
{
    if (!client_comes(f->next, timeout_ms))
        return false;
    f->control = f->next;
    f->next = listen_on(f, f->pipe, W32_NPIPE_BOTH);
    assert_int_equal(w32_overlapped_init(&f->read, f->control, NULL), SP_OK);
    assert_int_equal(w32_overlapped_init(&f->write, f->control, NULL), SP_OK);
    return true;
}

void fake_accept(struct fake *f)
{
    if (!fake_accepts(f, PATIENCE_MS))
        fail_msg("no client came");
}

/* ------------------------------------------------------------------ what the client says */

/* Waits for an operation, or until f->cut is set. */
static sp_status await(struct fake *f, struct w32_overlapped *op, uint32_t *moved)
{
    sp_status status = w32_overlapped_ready(op, f->cut, PATIENCE_MS);
    if (status == SP_OK)
        return w32_overlapped_wait(op, W32_FOREVER, moved, NULL);
    sp_status ignored = w32_overlapped_wait(op, 0, NULL, NULL);
    (void)ignored;
    return status;
}

static void note_received(struct fake *f, json_t *params)
{
    const char *name = NULL;
    json_int_t bytes = -1;
    assert_int_equal(json_unpack(params, "{s:s, s:I}", "stream", &name, "bytes", &bytes), 0);
    enum sp_stream stream = sp_stream_of(name);
    assert_true(stream == SP_STDOUT || stream == SP_STDERR);
    assert_true((uint64_t)bytes > f->received[stream]); /* it never goes back */
    f->received[stream] = (uint64_t)bytes;
}

sp_status fake_message(struct fake *f, json_t **out)
{
    struct sp_bytes line;
    struct sp_rpc rpc = {0};
    sp_status status;
    while ((status = sp_line_next(&f->in, &line, NULL)) == SP_EEND) {
        uint32_t got = 0;
        status = w32_overlapped_read(&f->read, f->bytes, sizeof f->bytes, NULL);
        if (status == SP_OK)
            status = await(f, &f->read, &got);
        if (status != SP_OK)
            return status == SP_EEND ? SP_EBROKEN : status;
        assert_int_equal(sp_line_feed(&f->in, f->bytes, got, NULL), SP_OK);
    }
    assert_int_equal(status, SP_OK);
    assert_int_equal(sp_rpc_parse(line, &rpc, NULL), SP_OK);
    assert_true(rpc.kind == SP_RPC_REQUEST || rpc.kind == SP_RPC_NOTIFICATION);
    if (strcmp(rpc.method, "received") == 0)
        note_received(f, rpc.params);
    if (rpc.kind == SP_RPC_REQUEST) {
        json_decref(f->id);
        f->id = json_incref(rpc.id);
    }
    *out = json_incref(rpc.root);
    sp_rpc_deinit(&rpc);
    return SP_OK;
}

json_t *fake_next(struct fake *f, const char *method)
{
    for (;;) {
        json_t *message = NULL;
        sp_status status = fake_message(f, &message);
        if (status != SP_OK)
            fail_msg("instead of '%s': %s", method, sp_status_name(status));
        const char *name = json_string_value(json_object_get(message, "method"));
        json_t *params = json_incref(json_object_get(message, "params"));
        bool is_it = strcmp(name, method) == 0;
        if (!is_it && strcmp(name, "received") != 0)
            fail_msg("instead of '%s': %s", method, json_dumps(message, 0));
        json_decref(message);
        if (is_it)
            return params;
        json_decref(params);
    }
}

void fake_expect(struct fake *f, const char *method)
{
    json_decref(fake_next(f, method));
}

void fake_expect_gone(struct fake *f)
{
    json_t *message = NULL;
    sp_status status;
    while ((status = fake_message(f, &message)) == SP_OK) {
        assert_string_equal(json_string_value(json_object_get(message, "method")), "received");
        json_decref(message);
    }
    assert_int_equal(status, SP_EBROKEN);
}

/* ------------------------------------------------------------------ what we say */

/* What does not arrive is the client's choice: it may have hung up. */
static void send_line(struct fake *f, struct sp_buffer *line)
{
    if (w32_overlapped_write(&f->write, line->data, (uint32_t)line->len, NULL) == SP_OK) {
        sp_status ignored = await(f, &f->write, NULL);
        (void)ignored;
    }
    sp_buffer_deinit(line);
}

void fake_answer(struct fake *f, json_t *result)
{
    struct sp_buffer line = {0};
    assert_int_equal(sp_rpc_result(&line, f->id, result, NULL), SP_OK);
    send_line(f, &line);
}

void fake_refuse(struct fake *f, int code, const char *why)
{
    struct sp_buffer line = {0};
    assert_int_equal(sp_rpc_error(&line, f->id, code, why, NULL), SP_OK);
    send_line(f, &line);
}

void fake_notify(struct fake *f, const char *method, json_t *params)
{
    struct sp_buffer line = {0};
    assert_int_equal(sp_rpc_notify(&line, method, params, NULL), SP_OK);
    send_line(f, &line);
}

void fake_output_end(struct fake *f, enum sp_stream stream, uint64_t bytes)
{
    fake_notify(
        f, "output_end",
        json_pack("{s:s, s:I}", "stream", sp_stream_name(stream), "bytes", (json_int_t)bytes));
}

void fake_exit(struct fake *f, uint64_t out, uint64_t err, int code)
{
    fake_output_end(f, SP_STDOUT, out);
    fake_output_end(f, SP_STDERR, err);
    fake_notify(f, "exit", json_pack("{s:i, s:[i]}", "code", code, "codes", code));
}

/* ------------------------------------------------------------------ a session's beginning */

json_t *fake_pipes(struct fake *f, bool read_only)
{
    json_t *answer = json_pack("{s:s, s:s}", "session", "s17", "transport", "relay");
    for (int i = read_only ? SP_STDOUT : SP_STDIN; i < SP_STREAM_COUNT; i++) {
        struct fake_data *d = &f->data[i];
        assert_int_equal(w32_npipe_random_leaf(f->pipe, &d->leaf, NULL), SP_OK);
        d->h = listen_on(f, d->leaf.text, i == SP_STDIN ? W32_NPIPE_READ : W32_NPIPE_WRITE);
        assert_int_equal(w32_overlapped_init(&d->op, d->h, NULL), SP_OK);
        json_object_set_new(answer, sp_stream_name((enum sp_stream)i), json_string(d->leaf.text));
    }
    return answer;
}

void fake_wait_for_data(struct fake *f, enum sp_stream stream)
{
    if (!client_comes(f->data[stream].h, PATIENCE_MS))
        fail_msg("nobody opened %s", sp_stream_name(stream));
}

void fake_start(struct fake *f, uint64_t stdout_position)
{
    fake_expect(f, "start");
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        if (f->data[i].h != NULL)
            assert_true(w32_npipe_connected(f->data[i].h));
    fake_answer(f, json_pack("{s:s, s:[i], s:{s:I, s:i}}", "session", "s17", "pids", 1, "positions",
                             "stdout", (json_int_t)stdout_position, "stderr", 0));
}

void fake_attach(struct fake *f, const char *mode, uint64_t resume_ms)
{
    fake_accept(f);
    json_t *params = fake_next(f, "attach");
    json_t *answer = fake_pipes(f, json_is_true(json_object_get(params, "read_only")));
    assert_true(json_is_true(json_object_get(params, "resume")));
    json_decref(params);
    json_object_set_new(answer, "mode", json_string(mode));
    json_object_set_new(answer, "resume_ms", json_integer((json_int_t)resume_ms));
    if (resume_ms > 0)
        json_object_set_new(answer, "token", json_string(TOKEN));
    fake_answer(f, answer);
    fake_start(f, 0);
}

void fake_resume(struct fake *f, uint64_t input, uint64_t out, uint64_t err)
{
    const char *session = NULL, *token = NULL;
    json_int_t at_out = -1, at_err = -1;
    int protocol = 0;
    fake_accept(f);
    json_t *params = fake_next(f, "resume");
    assert_int_equal(json_unpack(params, "{s:s, s:s, s:i, s:{s:I, s:I}}", "session", &session,
                                 "token", &token, "protocol", &protocol, "received", "stdout",
                                 &at_out, "stderr", &at_err),
                     0);
    assert_string_equal(session, "s17");
    assert_string_equal(token, TOKEN);
    assert_int_equal(protocol, SP_PROTOCOL_VERSION);
    assert_int_equal(at_out, out);
    assert_int_equal(at_err, err);
    json_decref(params);
    f->received[SP_STDOUT] = out;
    f->received[SP_STDERR] = err;
    json_t *answer = fake_pipes(f, false);
    json_object_set_new(answer, "input", json_integer((json_int_t)input));
    fake_answer(f, answer);
    fake_start(f, out);
}

/* ------------------------------------------------------------------ bytes */

sp_status fake_write_some(struct fake *f, enum sp_stream stream, const void *data, uint32_t len,
                          uint32_t *done)
{
    struct w32_overlapped *op = &f->data[stream].op;
    sp_status status = w32_overlapped_write(op, data, len, NULL);
    return status == SP_OK ? await(f, op, done) : status;
}

sp_status fake_read_some(struct fake *f, void *data, uint32_t size, uint32_t *got)
{
    struct w32_overlapped *op = &f->data[SP_STDIN].op;
    sp_status status = w32_overlapped_read(op, data, size, NULL);
    return status == SP_OK ? await(f, op, got) : status;
}

void fake_say(struct fake *f, enum sp_stream stream, const void *data, size_t len)
{
    uint32_t done = 0;
    assert_int_equal(fake_write_some(f, stream, data, (uint32_t)len, &done), SP_OK);
    assert_int_equal(done, len);
}

void fake_hear(struct fake *f, const char *text)
{
    char found[256];
    uint32_t len = 0, want = (uint32_t)strlen(text);
    assert_true(want < sizeof found);
    while (len < want) {
        uint32_t got = 0;
        assert_int_equal(fake_read_some(f, found + len, want - len, &got), SP_OK);
        len += got;
    }
    found[len] = '\0';
    assert_string_equal(found, text);
}

void fake_hear_end(struct fake *f, uint64_t bytes)
{
    char more;
    uint32_t got = 0;
    assert_int_equal(fake_read_some(f, &more, 1, &got), SP_EEND);
    json_t *params = fake_next(f, "input_end");
    assert_int_equal(json_integer_value(json_object_get(params, "bytes")), bytes);
    json_decref(params);
}

/* ------------------------------------------------------------------ the client */

/* A std handle that a test brings, or the client's end of a pipe. */
static w32_handle either(w32_handle own, w32_handle end)
{
    return own == NULL ? end : own;
}

static void start_client(struct fake *f, struct fake_client *c, const char *verb,
                         const char *const *words, const w32_handle std[SP_STREAM_COUNT],
                         enum w32_console console)
{
    const char *argv[WORDS_MAX] = {"standpipe.exe", verb, "--pipe", f->pipe};
    size_t argc = 4;
    struct sp_error err = {0};
    for (; *words != NULL && argc < WORDS_MAX; words++)
        argv[argc++] = *words;
    *c = (struct fake_client){0};
    assert_int_equal(w32_pipe_open(NULL, &c->in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &c->out, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &c->err, NULL), SP_OK);
    struct w32_spawn_options what = {.argv = argv,
                                     .argc = argc,
                                     .in = either(std[SP_STDIN], c->in.read),
                                     .out = either(std[SP_STDOUT], c->out.write),
                                     .err = either(std[SP_STDERR], c->err.write),
                                     .console = console};
    if (w32_spawn(&what, &c->child, &err) != SP_OK)
        fail_msg("%s", err.what);
    w32_handle_close(&c->in.read);
    w32_handle_close(&c->out.write);
    w32_handle_close(&c->err.write);
}

static const w32_handle piped[SP_STREAM_COUNT];

void fake_start_client(struct fake *f, struct fake_client *c, const char *const *words)
{
    start_client(f, c, "attach", words, piped, W32_CONSOLE_HIDDEN);
}

void fake_start_verb(struct fake *f, struct fake_client *c, const char *verb,
                     const char *const *words)
{
    start_client(f, c, verb, words, piped, W32_CONSOLE_HIDDEN);
}

void fake_start_client_at(struct fake *f, struct fake_client *c, const char *const *words,
                          w32_handle in)
{
    const w32_handle std[SP_STREAM_COUNT] = {in};
    start_client(f, c, "attach", words, std, W32_CONSOLE_SHARED);
}

void fake_start_client_on(struct fake *f, struct fake_client *c, const char *const *words,
                          w32_handle in, w32_handle out)
{
    const w32_handle std[SP_STREAM_COUNT] = {in, out};
    start_client(f, c, "attach", words, std, W32_CONSOLE_SHARED);
}

void fake_start_client_with(struct fake *f, struct fake_client *c, const char *const *words,
                            const w32_handle std[SP_STREAM_COUNT])
{
    start_client(f, c, "attach", words, std, W32_CONSOLE_NONE);
}

void fake_client_says(struct fake_client *c, const char *text)
{
    char found[256];
    uint32_t len = 0, want = (uint32_t)strlen(text);
    assert_true(want < sizeof found);
    while (len < want) {
        uint32_t got = 0;
        assert_int_equal(w32_read(c->out.read, found + len, want - len, &got, NULL), SP_OK);
        len += got;
    }
    found[len] = '\0';
    assert_string_equal(found, text);
}

uint32_t fake_client_end(struct fake_client *c, const char **err)
{
    static char text[4096];
    uint32_t code = 0, len = 0, got = 0;
    while (len < sizeof text - 1 &&
           w32_read(c->err.read, text + len, sizeof text - 1 - len, &got, NULL) == SP_OK)
        len += got;
    text[len] = '\0';
    *err = text;
    assert_int_equal(w32_child_wait(&c->child, PATIENCE_MS, &code, NULL), SP_OK);
    w32_child_close(&c->child);
    w32_pipe_close(&c->in);
    w32_pipe_close(&c->out);
    w32_pipe_close(&c->err);
    return code;
}
