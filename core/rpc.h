/* core/rpc.h - JSON-RPC 2.0, one object a line: what goes over the control pipe. The methods and
 * their parameters are described in docs/protocol.md. One thread at a time. */
#ifndef SP_RPC_H
#define SP_RPC_H

#include <stdint.h>

#include <jansson.h>

#include "core/buffer.h"
#include "core/error.h"

/** The version of the protocol; a peer that asks for a higher one is refused. */
enum { SP_PROTOCOL_VERSION = 1 };

/** The most bytes of an id that is a string: it comes back in the answer, which must fit a line. */
enum { SP_RPC_ID_MAX = 128 };

/** The most characters of a number: one that fills a line takes the C library 200 ms to read. */
enum { SP_RPC_NUMBER_MAX = 100 };

/** Codes of errors: JSON-RPC's own, and ours. */
enum sp_rpc_code {
    SP_RPC_PARSE = -32700,
    SP_RPC_INVALID_REQUEST = -32600,
    SP_RPC_NO_METHOD = -32601,
    SP_RPC_INVALID_PARAMS = -32602,
    SP_RPC_INTERNAL = -32603,
    SP_RPC_REFUSED = 1,   /**< not granted, or can't be had here */
    SP_RPC_NO_WORKER = 2, /**< no worker of that name */
    SP_RPC_NO_START = 3,  /**< the worker's program could not be started */
    SP_RPC_STATE = 4,     /**< right request, wrong moment */
};

/** What a line is. */
enum sp_rpc_kind { SP_RPC_REQUEST, SP_RPC_NOTIFICATION, SP_RPC_RESULT, SP_RPC_ERROR };

/** A line taken apart. {0} is empty. All pointers live as long as root. */
struct sp_rpc {
    enum sp_rpc_kind kind;
    json_t *root;       /**< owned */
    json_t *id;         /**< a string or an integer; NULL for a notification */
    const char *method; /**< of a request or notification */
    json_t *params;     /**< an object, or NULL */
    json_t *result;     /**< of a result */
    int code;           /**< of an error */
    const char *message;
};

/**
 * Takes a line apart. Strict: valid UTF-8, no duplicate keys, no number or id that is too long,
 * "jsonrpc" is "2.0", nothing behind the object.
 *
 * @param line  borrowed
 * @param out   written on success only; freed with sp_rpc_deinit()
 * @param err   filled on failure, saying where; may be NULL
 * @return SP_OK; SP_ESYNTAX not JSON; SP_EPROTOCOL JSON, but no JSON-RPC; SP_ENOMEM, where jansson
 *         tells that from SP_ESYNTAX: it does not while it reads a text
 */
SP_NODISCARD sp_status sp_rpc_parse(struct sp_bytes line, struct sp_rpc *out, struct sp_error *err);

/** Frees and empties *rpc. */
void sp_rpc_deinit(struct sp_rpc *rpc);

/**
 * Appends a request's line.
 *
 * @param out     the line is appended with its LF; unchanged on failure
 * @param id      the request's number
 * @param method  its name
 * @param params  an object; the reference is taken, even on failure; NULL: none
 * @param err     filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, SP_ETOOBIG (longer than a line may be)
 */
SP_NODISCARD sp_status sp_rpc_request(struct sp_buffer *out, int64_t id, const char *method,
                                      json_t *params, struct sp_error *err);

/** Appends a notification's line: a request without an id. See sp_rpc_request(). */
SP_NODISCARD sp_status sp_rpc_notify(struct sp_buffer *out, const char *method, json_t *params,
                                     struct sp_error *err);

/** Appends a result's line. @param id borrowed. @param result taken, even on failure. */
SP_NODISCARD sp_status sp_rpc_result(struct sp_buffer *out, json_t *id, json_t *result,
                                     struct sp_error *err);

/** Appends an error's line. @param id borrowed; NULL: null. @param message UTF-8, borrowed. */
SP_NODISCARD sp_status sp_rpc_error(struct sp_buffer *out, json_t *id, int code,
                                    const char *message, struct sp_error *err);

#endif
