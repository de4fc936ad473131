/* tests/fuzz/fuzz_control.c - what comes over a control pipe: bytes in pieces of any size, cut into
 * lines, taken apart as JSON-RPC, and answered.
 *
 * Input: a seed for the pieces; a byte that, in a rare input, begins the first line with so many
 * blanks that it is nearly as long as a line may be; the bytes. */
#include <stdlib.h>
#include <string.h>

#include "core/line.h"
#include "core/rpc.h"
#include "tests/fuzz/fuzz.h"

/* Parses a line that we have written; nothing but its length can be wrong with one. */
static bool read_back(sp_status status, struct sp_buffer *out, struct sp_rpc *rpc)
{
    if (status != SP_OK) {
        FUZZ_CHECK(status == SP_ETOOBIG);
        FUZZ_CHECK(out->len == 0);
        return false;
    }
    FUZZ_CHECK(out->len > 1 && out->len <= SP_LINE_MAX + 1);
    FUZZ_CHECK(memchr(out->data, '\n', out->len) == out->data + out->len - 1);
    FUZZ_CHECK(memchr(out->data, 0, out->len) == NULL);
    struct sp_bytes line = {out->data, out->len - 1};
    FUZZ_CHECK(fuzz_is_utf8(line));
    FUZZ_CHECK(sp_rpc_parse(line, rpc, NULL) == SP_OK);
    out->len = 0;
    return true;
}

static void check_error_answer(json_t *id, int code, const char *message)
{
    struct sp_buffer out = {0};
    struct sp_rpc back = {0};
    if (read_back(sp_rpc_error(&out, id, code, message, NULL), &out, &back)) {
        FUZZ_CHECK(back.kind == SP_RPC_ERROR);
        FUZZ_CHECK(back.code == code);
        FUZZ_CHECK(strcmp(back.message, message) == 0);
        FUZZ_CHECK(id == NULL ? back.id == NULL : json_equal(back.id, id));
        sp_rpc_deinit(&back);
    }
    sp_buffer_deinit(&out);
}

static void check_call(const struct sp_rpc *rpc)
{
    FUZZ_CHECK(rpc->method != NULL && (rpc->params == NULL || json_is_object(rpc->params)));
    FUZZ_CHECK((rpc->kind == SP_RPC_REQUEST) == (rpc->id != NULL));
    struct sp_buffer out = {0};
    struct sp_rpc back = {0};
    sp_status status =
        rpc->kind == SP_RPC_REQUEST
            ? sp_rpc_request(&out, INT64_MIN, rpc->method, json_incref(rpc->params), NULL)
            : sp_rpc_notify(&out, rpc->method, json_incref(rpc->params), NULL);
    if (read_back(status, &out, &back)) {
        FUZZ_CHECK(back.kind == rpc->kind);
        FUZZ_CHECK(strcmp(back.method, rpc->method) == 0);
        FUZZ_CHECK(rpc->params == NULL ? back.params == NULL
                                       : json_equal(back.params, rpc->params));
        FUZZ_CHECK(back.id == NULL || json_integer_value(back.id) == INT64_MIN);
        sp_rpc_deinit(&back);
    }
    sp_buffer_deinit(&out);
}

static void check_result(json_t *id, json_t *result)
{
    struct sp_buffer out = {0};
    struct sp_rpc back = {0};
    if (read_back(sp_rpc_result(&out, id, json_incref(result), NULL), &out, &back)) {
        FUZZ_CHECK(back.kind == SP_RPC_RESULT);
        FUZZ_CHECK(json_equal(back.id, id) && json_equal(back.result, result));
        sp_rpc_deinit(&back);
    }
    sp_buffer_deinit(&out);
}

static void answer(const struct sp_rpc *rpc)
{
    switch (rpc->kind) {
    case SP_RPC_REQUEST:
        check_call(rpc);
        check_error_answer(rpc->id, SP_RPC_NO_METHOD, rpc->method);
        if (rpc->params != NULL)
            check_result(rpc->id, rpc->params);
        break;
    case SP_RPC_NOTIFICATION:
        check_call(rpc);
        break;
    case SP_RPC_RESULT:
        FUZZ_CHECK(rpc->id != NULL && rpc->result != NULL);
        check_result(rpc->id, rpc->result);
        break;
    case SP_RPC_ERROR:
        check_error_answer(rpc->id, rpc->code, rpc->message);
        break;
    }
}

static void take_line(struct sp_bytes line)
{
    /* In memory of its own, so that reading beyond its end is found. */
    struct fuzz_input in = {line.data, line.len};
    struct sp_bytes copy = fuzz_bytes(&in, line.len);
    struct sp_rpc rpc = {.code = 77};
    struct sp_error err = {0};
    sp_status status = sp_rpc_parse(copy, &rpc, &err);
    free((void *)copy.data);
    if (status == SP_OK) {
        answer(&rpc);
        sp_rpc_deinit(&rpc);
    } else {
        FUZZ_CHECK(status == SP_ESYNTAX || status == SP_EPROTOCOL);
        FUZZ_CHECK(rpc.root == NULL && rpc.code == 77);
        fuzz_check_error(&err, status);
        check_error_answer(NULL, SP_RPC_PARSE, err.what);
    }
}

/* Where in a stream the line reader has to be. */
struct model {
    const uint8_t *stream;
    size_t fed;   /* bytes of it that the reader has been given */
    size_t taken; /* bytes of it that were lines */
};

/* Takes all lines that are there. False: one was too long. */
static bool take_lines(struct sp_line_reader *reader, struct model *m)
{
    for (;;) {
        struct sp_bytes line = {NULL, 77};
        struct sp_error err = {0};
        const uint8_t *start = m->stream + m->taken;
        const uint8_t *end = memchr(start, '\n', m->fed - m->taken);
        size_t len = end == NULL ? m->fed - m->taken : (size_t)(end - start);
        sp_status status = sp_line_next(reader, &line, &err);
        if (status != SP_OK) {
            FUZZ_CHECK(line.len == 77);
            FUZZ_CHECK(status == (len > SP_LINE_MAX ? SP_ETOOBIG : SP_EEND));
            FUZZ_CHECK(len > SP_LINE_MAX || end == NULL);
            if (status == SP_ETOOBIG)
                fuzz_check_error(&err, status);
            return status == SP_EEND;
        }
        FUZZ_CHECK(end != NULL && len <= SP_LINE_MAX);
        m->taken += len + 1;
        if (len > 0 && start[len - 1] == '\r')
            len--;
        FUZZ_CHECK(line.len == len && (len == 0 || memcmp(line.data, start, len) == 0));
        take_line(line);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    uint32_t seed = fuzz_byte(&in) + 1u;
    uint8_t long_one = fuzz_byte(&in);
    size_t blanks = 0;
    if (long_one >= 0x80 && fuzz_is_rare(&in))
        blanks = SP_LINE_MAX - 64 + 8 * (long_one & 7u);
    size_t len = blanks + in.len;
    uint8_t *stream = fuzz_alloc(len + 1);
    memset(stream, ' ', blanks);
    if (in.len > 0)
        memcpy(stream + blanks, in.data, in.len);

    struct sp_line_reader reader = {0};
    struct model model = {.stream = stream};
    bool usable = true;
    while (usable && model.fed < len) {
        uint32_t chance = fuzz_random(&seed);
        size_t most = blanks > 0 ? 40000 : chance % 4 == 0 ? 3 : 200;
        size_t piece = chance / 4 % most;
        if (piece > len - model.fed)
            piece = len - model.fed;
        FUZZ_CHECK(sp_line_feed(&reader, stream + model.fed, piece, NULL) == SP_OK);
        model.fed += piece;
        usable = take_lines(&reader, &model);
    }
    sp_line_deinit(&reader);
    free(stream);
    return 0;
}
