/* core/rpc.c - JSON-RPC 2.0, one object a line: what goes over the control pipe. */
#include "core/rpc.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "core/line.h"

static sp_status broken(struct sp_error *err, const char *why)
{
    return sp_fail(err, SP_EPROTOCOL, 0, "not a JSON-RPC 2.0 message: %s", why);
}

static sp_status parse_error(json_t *error, struct sp_rpc *out, struct sp_error *err)
{
    json_t *code = json_object_get(error, "code");
    json_t *message = json_object_get(error, "message");
    if (!json_is_integer(code) || !json_is_string(message))
        return broken(err, "\"error\" needs an integer \"code\" and a string \"message\"");
    json_int_t value = json_integer_value(code);
    if (value < INT_MIN || value > INT_MAX)
        return broken(err, "\"code\" has more than 32 bits");
    out->kind = SP_RPC_ERROR;
    out->code = (int)value;
    out->message = json_string_value(message);
    return SP_OK;
}

static sp_status parse_call(json_t *method, struct sp_rpc *out, struct sp_error *err)
{
    if (!json_is_string(method))
        return broken(err, "\"method\" is not a string");
    out->params = json_object_get(out->root, "params");
    if (out->params != NULL && !json_is_object(out->params))
        return broken(err, "\"params\" is not an object");
    out->kind = out->id == NULL ? SP_RPC_NOTIFICATION : SP_RPC_REQUEST;
    out->method = json_string_value(method);
    return SP_OK;
}

static sp_status parse_object(struct sp_rpc *out, struct sp_error *err)
{
    json_t *version = json_object_get(out->root, "jsonrpc");
    if (!json_is_string(version) || strcmp(json_string_value(version), "2.0") != 0)
        return broken(err, "\"jsonrpc\" is not \"2.0\"");

    out->id = json_object_get(out->root, "id");
    json_t *error = json_object_get(out->root, "error");
    if (json_is_null(out->id) && error != NULL)
        out->id = NULL; /* an answer to a line whose id could not be read */
    if (out->id != NULL && !json_is_string(out->id) && !json_is_integer(out->id))
        return broken(err, "\"id\" is neither a string nor an integer");
    if (json_string_length(out->id) > SP_RPC_ID_MAX)
        return sp_fail(err, SP_EPROTOCOL, 0,
                       "not a JSON-RPC 2.0 message: \"id\" is longer than %d bytes", SP_RPC_ID_MAX);

    json_t *method = json_object_get(out->root, "method");
    out->result = json_object_get(out->root, "result");
    if ((method != NULL) + (out->result != NULL) + (error != NULL) != 1)
        return broken(err, "it needs one of \"method\", \"result\" and \"error\"");
    if (method != NULL)
        return parse_call(method, out, err);
    if (error != NULL)
        return parse_error(error, out, err);
    if (out->id == NULL)
        return broken(err, "\"result\" without \"id\"");
    out->kind = SP_RPC_RESULT;
    return SP_OK;
}

/* Whether a number, or what stands in a number's place, is too long. */
static bool has_long_number(struct sp_bytes line)
{
    const char *text = line.data;
    bool in_string = false;
    size_t run = 0;
    for (size_t i = 0; i < line.len && run <= SP_RPC_NUMBER_MAX; i++) {
        if (text[i] == '"')
            in_string = !in_string;
        else if (in_string && text[i] == '\\')
            i++;
        bool ends = in_string || memchr(" \t\r\n{}[]:,\"", text[i], 11) != NULL;
        run = ends ? 0 : run + 1;
    }
    return run > SP_RPC_NUMBER_MAX;
}

sp_status sp_rpc_parse(struct sp_bytes line, struct sp_rpc *out, struct sp_error *err)
{
    json_error_t where;
    struct sp_rpc rpc = {0};
    if (has_long_number(line))
        return sp_fail(err, SP_ESYNTAX, 0,
                       "a number or word of a control message is longer than %d characters",
                       SP_RPC_NUMBER_MAX);
    rpc.root = json_loadb(line.len == 0 ? "" : line.data, line.len, JSON_REJECT_DUPLICATES, &where);
    if (rpc.root == NULL && where.text[0] == 0) /* jansson has words for everything else */
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a control message");
    if (rpc.root == NULL)
        return sp_fail(err, SP_ESYNTAX, 0, "not JSON: %s at byte %d", where.text, where.position);
    sp_status status = json_is_object(rpc.root) ? parse_object(&rpc, err)
                                                : broken(err, "the line is not an object");
    if (status != SP_OK) {
        json_decref(rpc.root);
        return status;
    }
    *out = rpc;
    return SP_OK;
}

void sp_rpc_deinit(struct sp_rpc *rpc)
{
    json_decref(rpc->root);
    *rpc = (struct sp_rpc){0};
}

/* Writes root behind what is there, with its LF, in room that is made for it. Not by json_dumps():
 * where that one runs out of memory it can leave out a quotation mark and succeed. */
static sp_status put(struct sp_buffer *out, const json_t *root, struct sp_error *err)
{
    size_t len = json_dumpb(root, NULL, 0, JSON_COMPACT);
    if (len > SP_LINE_MAX)
        return sp_fail(err, SP_ETOOBIG, 0,
                       "a control message of %zu bytes is longer than the %d a line may have", len,
                       SP_LINE_MAX);
    sp_status status = sp_buffer_reserve(out, len + 1, err);
    if (status != SP_OK)
        return status;
    char *line = (char *)out->data + out->len;
    if (len == 0 || json_dumpb(root, line, len, JSON_COMPACT) != len)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a control message");
    line[len] = '\n';
    out->len += len + 1;
    return SP_OK;
}

/* Appends root as a line and drops it; NULL stands for a message that could not be built. */
static sp_status append(struct sp_buffer *out, json_t *root, struct sp_error *err)
{
    sp_status status = root == NULL ? sp_fail(err, SP_ENOMEM, 0, "no memory for a control message")
                                    : put(out, root, err);
    json_decref(root);
    return status;
}

sp_status sp_rpc_request(struct sp_buffer *out, int64_t id, const char *method, json_t *params,
                         struct sp_error *err)
{
    return append(out,
                  json_pack("{s:s, s:I, s:s, s:o*}", "jsonrpc", "2.0", "id", (json_int_t)id,
                            "method", method, "params", params),
                  err);
}

sp_status sp_rpc_notify(struct sp_buffer *out, const char *method, json_t *params,
                        struct sp_error *err)
{
    return append(
        out, json_pack("{s:s, s:s, s:o*}", "jsonrpc", "2.0", "method", method, "params", params),
        err);
}

sp_status sp_rpc_result(struct sp_buffer *out, json_t *id, json_t *result, struct sp_error *err)
{
    return append(out, json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", id, "result", result),
                  err);
}

sp_status sp_rpc_error(struct sp_buffer *out, json_t *id, int code, const char *message,
                       struct sp_error *err)
{
    return append(out,
                  json_pack("{s:s, s:O?, s:{s:i, s:s}}", "jsonrpc", "2.0", "id", id, "error",
                            "code", code, "message", message),
                  err);
}
