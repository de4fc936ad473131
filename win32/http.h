/* win32/http.h - a small web server on 127.0.0.1, through Windows' HTTP Server API (http.sys): the
 * kernel reads and writes HTTP, we see whole requests. httpapi.dll is loaded by w32_http_open()
 * alone. One thread, but for w32_http_stop(). */
#ifndef W32_HTTP_H
#define W32_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"
#include "core/error.h"

/** A server. */
struct w32_http;

/** A request. Its texts are borrowed until it is answered. */
struct w32_http_request {
    bool get;                   /**< it is a GET, not a POST or the like */
    bool local;                 /**< both ends of its connection are 127.0.0.1 */
    struct sp_bytes target;     /**< the path and the query, as they came */
    struct sp_bytes host;       /**< the header of that name; empty: it has none */
    struct sp_bytes credential; /**< the header Authorization; empty: it has none */
};

/** A header of an answer. */
struct w32_http_header {
    const char *name;
    const char *value;
};

/** An answer. Borrowed. */
struct w32_http_answer {
    uint16_t status; /**< 200 */
    const char *reason;
    const char *type; /**< Content-Type */
    const struct w32_http_header *headers;
    size_t header_count; /**< at most W32_HTTP_HEADERS_MAX */
    struct sp_bytes body;
};

enum { W32_HTTP_HEADERS_MAX = 16 };

/**
 * Opens a port of 127.0.0.1. May block for seconds: Windows may have to start http.sys.
 *
 * @param port  not 0
 * @param out   written on success only; w32_http_close()
 * @param err   filled on failure, saying what to do; may be NULL
 * @return SP_OK; SP_EACCESS the port is reserved for others; SP_ESTATE another program serves it;
 *         SP_EUNSUPPORTED there is no httpapi.dll; SP_ENOMEM; w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/http/http-server-api-version-1-0-reference
 */
SP_NODISCARD sp_status w32_http_open(uint16_t port, struct w32_http **out, struct sp_error *err);

/**
 * Waits for a request. After SP_OK it is to be answered before the next one is waited for. One
 * whose headers are larger than 32 KiB is refused without being shown.
 *
 * @param timeout_ms  W32_FOREVER: no limit
 * @param out         written on success only
 * @param err         filled on failure; may be NULL
 * @return SP_OK; SP_ETIMEOUT; SP_ECANCELED w32_http_stop() was called; w32_fail()'s status
 */
SP_NODISCARD sp_status w32_http_next(struct w32_http *http, uint32_t timeout_ms,
                                     struct w32_http_request *out, struct sp_error *err);

/**
 * Answers the request. Blocks while the client takes it, for 5 s at most.
 *
 * @param answer  borrowed
 * @param err     filled on failure; may be NULL
 * @return SP_OK; SP_ETIMEOUT; SP_ETOOBIG too many headers; w32_fail()'s status, as when the client
 *         has gone
 */
SP_NODISCARD sp_status w32_http_answer(struct w32_http *http, const struct w32_http_answer *answer,
                                       struct sp_error *err);

/** Ends w32_http_next(), now and from now on. Any thread. */
void w32_http_stop(struct w32_http *http);

/** Closes the port and frees it; nothing happens when it is NULL. */
void w32_http_close(struct w32_http *http);

#endif
