/* service/dashboard_page.h - what a browser gets for what it asks: the page, its figures, or a
 * refusal. On the dashboard's thread. */
#ifndef SVC_DASHBOARD_PAGE_H
#define SVC_DASHBOARD_PAGE_H

#include <stdint.h>

#include "core/buffer.h"
#include "core/error.h"
#include "core/history.h"
#include "win32/http.h"

struct svc_server;

/** What a request is for. */
enum svc_page_wish {
    SVC_PAGE_ITSELF, /**< the page: for everybody, since it holds no figures */
    SVC_PAGE_DATA,   /**< the figures: for those who have a token */
    SVC_PAGE_UNKNOWN,
    SVC_PAGE_NO_TOKEN,
    SVC_PAGE_NO_GET,       /**< there is nothing here that could be changed */
    SVC_PAGE_FOREIGN_HOST, /**< a name that somebody has made point at 127.0.0.1 */
    SVC_PAGE_REMOTE,       /**< http.sys may listen on more addresses than was asked for */
};

/** An answer and what it points at. {0} is empty. */
struct svc_page {
    struct w32_http_answer answer;
    struct w32_http_header headers[W32_HTTP_HEADERS_MAX];
    char policy[400]; /**< Content-Security-Policy */
    struct sp_buffer body;
};

/** What a request is for, tokens aside. @param port on which it came */
enum svc_page_wish svc_page_wish(const struct w32_http_request *request, uint16_t port);

/** The token of "Bearer TOKEN"; empty when it is none. */
struct sp_bytes svc_page_token(struct sp_bytes credential);

/** Why a wish is refused, in words. Never NULL. */
const char *svc_page_why(enum svc_page_wish wish);

/**
 * Makes an answer.
 *
 * @param server   what the figures are of; its lock is taken
 * @param wish     what for
 * @param history  the figures' past
 * @param out      {0}; svc_page_deinit() in any case; not to be moved
 * @param err      filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, SP_EOS no random bits
 */
SP_NODISCARD sp_status svc_page_make(struct svc_server *server, enum svc_page_wish wish,
                                     const struct sp_history *history, struct svc_page *out,
                                     struct sp_error *err);

/** Frees what it holds. */
void svc_page_deinit(struct svc_page *page);

#endif
