/* tests/e2e/talker.c - a client that speaks the control pipe by hand. */
#include "talker.h"

#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "win32/npipe.h"

enum { ASKED_MAX = 1024 };

w32_handle connection(void)
{
    struct sp_error err = {0};
    w32_handle pipe = NULL;
    if (w32_npipe_open(NULL, fixture.pipe, W32_NPIPE_BOTH, FIXTURE_MS, &pipe, &err) != SP_OK)
        fail_msg("%s", err.what);
    return pipe;
}

void talker_take(struct talker *t, w32_handle pipe)
{
    memset(t, 0, sizeof *t);
    t->pipe = pipe;
    assert_int_equal(w32_overlapped_init(&t->reading, pipe, NULL), SP_OK);
    assert_int_equal(w32_overlapped_init(&t->writing, pipe, NULL), SP_OK);
}

void talker_open(struct talker *t)
{
    talker_take(t, connection());
}

void talker_close(struct talker *t)
{
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        w32_handle_close(&t->data[i]);
    w32_overlapped_deinit(&t->reading);
    w32_overlapped_deinit(&t->writing);
    w32_handle_close(&t->pipe);
    sp_line_deinit(&t->in);
}

bool talker_write(struct talker *t, const void *data, size_t len)
{
    sp_status status = w32_overlapped_write(&t->writing, data, (uint32_t)len, NULL);
    if (status == SP_OK)
        status = w32_overlapped_wait(&t->writing, FIXTURE_MS, NULL, NULL);
    assert_int_not_equal(status, SP_ETIMEOUT);
    return status == SP_OK;
}

void talker_say(struct talker *t, const char *line)
{
    /* One write: between two of them the service may hang up. */
    static char bytes[2 * SP_LINE_MAX];
    size_t len = strlen(line);
    assert_true(len < sizeof bytes);
    memcpy(bytes, line, len);
    bytes[len] = '\n';
    talker_write(t, bytes, len + 1);
}

void talker_ask(struct talker *t, const char *method, const char *params)
{
    char line[ASKED_MAX];
    int len = snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\"%s%s}",
                       method, params == NULL ? "" : ",\"params\":", params == NULL ? "" : params);
    assert_in_range(len, 1, sizeof line - 1);
    talker_say(t, line);
}

/* Takes in what comes next. @return false: the service has hung up */
static bool receive(struct talker *t)
{
    uint32_t got = 0;
    sp_status status = SP_OK;
    if (!t->reading.busy)
        status = w32_overlapped_read(&t->reading, t->bytes, sizeof t->bytes, NULL);
    if (status == SP_OK)
        status = w32_overlapped_wait(&t->reading, FIXTURE_MS, &got, NULL);
    assert_int_not_equal(status, SP_ETIMEOUT);
    return status == SP_OK && sp_line_feed(&t->in, t->bytes, got, NULL) == SP_OK;
}

json_t *talker_hear(struct talker *t)
{
    for (;;) {
        struct sp_bytes line;
        json_error_t where;
        while (sp_line_next(&t->in, &line, NULL) != SP_OK)
            if (!receive(t))
                return NULL;
        json_t *message = json_loadb(line.data, line.len, 0, &where);
        if (message == NULL)
            fail_msg("the service said what is no JSON: %s", where.text);
        if (json_object_get(message, "method") == NULL)
            return message;
        json_decref(message);
    }
}

json_t *talker_get(struct talker *t, const char *method, const char *params)
{
    talker_ask(t, method, params);
    json_t *message = talker_hear(t);
    json_t *result = json_incref(json_object_get(message, "result"));
    if (result == NULL)
        fail_msg("%s: %s", method,
                 json_string_value(json_object_get(json_object_get(message, "error"), "message")));
    json_decref(message);
    return result;
}

json_t *talker_attach(struct talker *t, const char *worker, const char *more)
{
    char params[ASKED_MAX / 2];
    snprintf(params, sizeof params, "{\"worker\":\"%s\",\"protocol\":1%s}", worker, more);
    return talker_get(t, "attach", params);
}

void talker_open_pipes(struct talker *t, json_t *answer)
{
    for (int i = SP_STDIN; i < SP_STREAM_COUNT; i++) {
        struct sp_error err = {0};
        const char *leaf =
            json_string_value(json_object_get(answer, sp_stream_name((enum sp_stream)i)));
        if (leaf != NULL &&
            w32_npipe_open(NULL, leaf, i == SP_STDIN ? W32_NPIPE_WRITE : W32_NPIPE_READ, FIXTURE_MS,
                           &t->data[i], &err) != SP_OK)
            fail_msg("%s", err.what);
    }
}
