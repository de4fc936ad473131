/* tests/service/speaker.c - a server in this process, and clients that speak the protocol by hand.
 */
#include "speaker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rpc.h"
#include "service/log.h"
#include "win32/clock.h"
#include "win32/loop.h"
#include "win32/path.h"
#include "win32/strict.h"
#include "win32/thread.h"

struct svc_server *server;

static struct {
    struct sp_config config;
    struct w32_npipe_leaf pipe;
    int32_t handles; /* open before */
} house;

/* ------------------------------------------------------------------ the server */

static void with_child(const char *yaml, struct sp_buffer *out)
{
    char *self = NULL, *folder = NULL, *child = NULL;
    assert_int_equal(w32_path_self(&self, NULL), SP_OK);
    assert_int_equal(w32_path_folder(self, &folder, NULL), SP_OK);
    assert_int_equal(w32_path_join(folder, "test-child.exe", &child, NULL), SP_OK);
    for (; *yaml != '\0'; yaml++)
        assert_int_equal(*yaml == '@' ? sp_buffer_printf(out, NULL, "'%s'", child)
                                      : sp_buffer_append(out, yaml, 1, NULL),
                         SP_OK);
    free(child);
    free(folder);
    free(self);
}

void serve(const char *yaml)
{
    struct sp_buffer text = {0};
    struct sp_config_problems problems = {0};
    struct sp_error err = {0};
    house.handles = w32_handle_tally();
    svc_log_stderr_from(SVC_LOG_ERROR);
    with_child(yaml, &text);
    const struct sp_bytes bytes = {text.data, text.len};
    if (sp_config_parse("test.yaml", bytes, &house.config, &problems, &err) != SP_OK)
        fail_msg("%s: %s", err.what, problems.count == 0 ? "" : problems.items[0].text);
    sp_config_problems_deinit(&problems);
    sp_buffer_deinit(&text);
    assert_int_equal(w32_npipe_random_leaf("test-speaker-", &house.pipe, NULL), SP_OK);
    const struct svc_server_options options = {.config = &house.config,
                                               .config_file = "test.yaml",
                                               .service_name = "none",
                                               .pipe_name = house.pipe.text};
    if (svc_server_open(&options, &server, &err) != SP_OK)
        fail_msg("%s", err.what);
}

void stop_serving(void)
{
    svc_server_stop(server, NULL, NULL);
    svc_server_close(server);
    server = NULL;
    sp_config_deinit(&house.config);
    assert_int_equal(w32_strict_ops_in_flight(), 0);
    assert_int_equal(w32_handle_tally(), house.handles);
}

/* ------------------------------------------------------------------ lines */

void speaker_open(struct speaker *s)
{
    assert_int_equal(
        w32_npipe_open(NULL, house.pipe.text, W32_NPIPE_BOTH, SPEAKER_MS, &s->control, NULL),
        SP_OK);
    assert_int_equal(w32_overlapped_init(&s->reading, s->control, NULL), SP_OK);
    assert_int_equal(w32_overlapped_init(&s->writing, s->control, NULL), SP_OK);
}

void speaker_break(struct speaker *s)
{
    if (s->control == NULL)
        return;
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        speaker_close(s, (enum sp_stream)i);
    w32_overlapped_deinit(&s->reading);
    w32_overlapped_deinit(&s->writing);
    w32_handle_close(&s->control);
    sp_line_deinit(&s->in);
    while (s->heard_count > 0)
        json_decref(s->heard[--s->heard_count]);
}

static void send_line(struct speaker *s, struct sp_buffer *line)
{
    assert_int_equal(w32_overlapped_write(&s->writing, line->data, (uint32_t)line->len, NULL),
                     SP_OK);
    assert_int_equal(w32_overlapped_wait(&s->writing, SPEAKER_MS, NULL, NULL), SP_OK);
    sp_buffer_deinit(line);
}

int64_t speaker_ask(struct speaker *s, const char *method, json_t *params)
{
    struct sp_buffer line = {0};
    assert_int_equal(sp_rpc_request(&line, ++s->last_id, method, params, NULL), SP_OK);
    send_line(s, &line);
    return s->last_id;
}

void speaker_tell(struct speaker *s, const char *method, json_t *params)
{
    struct sp_buffer line = {0};
    assert_int_equal(sp_rpc_notify(&line, method, params, NULL), SP_OK);
    send_line(s, &line);
}

/* The next line. @return false at the end of the connection */
static bool next_line(struct speaker *s, struct sp_rpc *out)
{
    struct sp_bytes line;
    while (sp_line_next(&s->in, &line, NULL) != SP_OK) {
        uint32_t got = 0;
        sp_status status = w32_overlapped_read(&s->reading, s->bytes, sizeof s->bytes, NULL);
        if (status == SP_OK)
            status = w32_overlapped_wait(&s->reading, SPEAKER_MS, &got, NULL);
        if (status == SP_ETIMEOUT)
            fail_msg("the service says nothing more");
        if (status != SP_OK)
            return false;
        assert_int_equal(sp_line_feed(&s->in, s->bytes, got, NULL), SP_OK);
    }
    assert_int_equal(sp_rpc_parse(line, out, NULL), SP_OK);
    return true;
}

static void keep(struct speaker *s, struct sp_rpc *rpc)
{
    assert_true(s->heard_count < SPEAKER_HEARD);
    s->heard[s->heard_count++] = json_incref(rpc->root);
    sp_rpc_deinit(rpc);
}

json_t *speaker_answer(struct speaker *s, int64_t id, int *code)
{
    struct sp_rpc rpc = {0};
    for (;;) {
        if (!next_line(s, &rpc))
            fail_msg("the service has hung up instead of an answer to %d", (int)id);
        if (rpc.id != NULL && json_integer_value(rpc.id) == id && rpc.method == NULL)
            break;
        keep(s, &rpc);
    }
    *code = rpc.kind == SP_RPC_ERROR ? rpc.code : 0;
    json_t *answer = json_incref(json_object_get(rpc.root, *code == 0 ? "result" : "error"));
    sp_rpc_deinit(&rpc);
    return answer;
}

json_t *speaker_get(struct speaker *s, const char *method, json_t *params)
{
    int code = 0;
    json_t *answer = speaker_answer(s, speaker_ask(s, method, params), &code);
    if (code != 0)
        fail_msg("%s: %d, %s", method, code, json_string_value(json_object_get(answer, "message")));
    return answer;
}

int speaker_code(struct speaker *s, const char *method, json_t *params)
{
    int code = 0;
    json_decref(speaker_answer(s, speaker_ask(s, method, params), &code));
    return code;
}

json_t *speaker_hear(struct speaker *s, const char *method)
{
    for (size_t i = 0;; i++) {
        if (i == s->heard_count) {
            struct sp_rpc rpc = {0};
            if (!next_line(s, &rpc))
                fail_msg("the service has hung up before it said %s", method);
            keep(s, &rpc);
        }
        const char *what = json_string_value(json_object_get(s->heard[i], "method"));
        if (what == NULL || strcmp(what, method) != 0)
            continue;
        json_t *params = json_incref(json_object_get(s->heard[i], "params"));
        json_decref(s->heard[i]);
        s->heard_count--;
        memmove(s->heard + i, s->heard + i + 1, (s->heard_count - i) * sizeof *s->heard);
        return params;
    }
}

void speaker_hear_end(struct speaker *s)
{
    struct sp_rpc rpc = {0};
    while (next_line(s, &rpc))
        keep(s, &rpc);
}

/* ------------------------------------------------------------------ sessions */

static void open_pipes(struct speaker *s, json_t *answer)
{
    const char *token = json_string_value(json_object_get(answer, "token"));
    snprintf(s->session, sizeof s->session, "%s",
             json_string_value(json_object_get(answer, "session")));
    snprintf(s->token, sizeof s->token, "%s", token == NULL ? "" : token);
    for (int i = 0; i < SP_STREAM_COUNT; i++) {
        const char *leaf =
            json_string_value(json_object_get(answer, sp_stream_name((enum sp_stream)i)));
        if (leaf == NULL)
            continue;
        assert_int_equal(w32_npipe_open(NULL, leaf,
                                        i == SP_STDIN ? W32_NPIPE_WRITE : W32_NPIPE_READ,
                                        SPEAKER_MS, &s->data[i], NULL),
                         SP_OK);
        assert_int_equal(w32_overlapped_init(&s->ops[i], s->data[i], NULL), SP_OK);
    }
    json_decref(answer);
}

void speaker_attach(struct speaker *s, const char *worker, json_t *more)
{
    json_t *params = json_pack("{s:s, s:i}", "worker", worker, "protocol", 1);
    if (more != NULL)
        json_object_update_new(params, more);
    speaker_open(s);
    open_pipes(s, speaker_get(s, "attach", params));
}

void speaker_start(struct speaker *s, const char *worker, json_t *more)
{
    speaker_attach(s, worker, more);
    json_t *started = speaker_get(s, "start", NULL);
    json_t *positions = json_object_get(started, "positions");
    for (int i = SP_STDOUT; i <= SP_STDERR; i++)
        s->received[i] = (uint64_t)json_integer_value(
            json_object_get(positions, sp_stream_name((enum sp_stream)i)));
    json_decref(started);
}

uint64_t speaker_resume(struct speaker *s, const struct speaker *old)
{
    json_t *params =
        json_pack("{s:s, s:s, s:i, s:{s:I, s:I}}", "session", old->session, "token", old->token,
                  "protocol", 1, "received", "stdout", (json_int_t)old->received[SP_STDOUT],
                  "stderr", (json_int_t)old->received[SP_STDERR]);
    speaker_open(s);
    json_t *answer = speaker_get(s, "resume", params);
    uint64_t input = (uint64_t)json_integer_value(json_object_get(answer, "input"));
    memcpy(s->received, old->received, sizeof s->received);
    open_pipes(s, answer);
    return input;
}

void speaker_write(struct speaker *s, const char *text)
{
    assert_int_equal(w32_overlapped_write(&s->ops[SP_STDIN], text, (uint32_t)strlen(text), NULL),
                     SP_OK);
    assert_int_equal(w32_overlapped_wait(&s->ops[SP_STDIN], SPEAKER_MS, NULL, NULL), SP_OK);
    s->received[SP_STDIN] += strlen(text);
}

uint64_t speaker_read(struct speaker *s, enum sp_stream stream, void *to, uint64_t len)
{
    static unsigned char bytes[64 << 10];
    uint64_t all = 0;
    while (all < len) {
        uint32_t size = len - all < sizeof bytes ? (uint32_t)(len - all) : (uint32_t)sizeof bytes,
                 got = 0;
        sp_status status = w32_overlapped_read(&s->ops[stream], bytes, size, NULL);
        if (status == SP_OK)
            status = w32_overlapped_wait(&s->ops[stream], SPEAKER_MS, &got, NULL);
        if (status == SP_ETIMEOUT)
            fail_msg("no more than %d bytes come", (int)all);
        if (status != SP_OK)
            break;
        if (to != NULL)
            memcpy((unsigned char *)to + all, bytes, got);
        all += got;
    }
    s->received[stream] += all;
    return all;
}

void speaker_close(struct speaker *s, enum sp_stream stream)
{
    if (s->data[stream] == NULL)
        return;
    w32_overlapped_deinit(&s->ops[stream]);
    w32_handle_close(&s->data[stream]);
}

size_t session_count(void)
{
    static struct speaker asks;
    memset(&asks, 0, sizeof asks);
    speaker_open(&asks);
    json_t *answer = speaker_get(&asks, "status", NULL);
    size_t count = (size_t)json_integer_value(json_object_get(answer, "sessions"));
    json_decref(answer);
    speaker_break(&asks);
    return count;
}

void wait_for_sessions(size_t count)
{
    uint64_t start = w32_now_ms();
    while (session_count() != count) {
        if (w32_now_ms() - start > SPEAKER_MS)
            fail_msg("there are %d sessions", (int)session_count());
        w32_thread_pause(5);
    }
}
