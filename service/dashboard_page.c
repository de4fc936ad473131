/* service/dashboard_page.c - what a browser gets for what it asks. */
#include "service/dashboard_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "service/events.h"
#include "service/listing.h"
#include "service/state.h"
#include "win32/clock.h"
#include "win32/random.h"

enum {
    NONCE_BYTES = 16,
    SESSIONS_SHOWN = 200, /* of those that are open; status has their number */
};

/* service/dashboard.html, compiled in, and a NUL. */
extern const unsigned char svc_dashboard_html[];

/* ------------------------------------------------------------------ what it is for */

static bool is_text(struct sp_bytes bytes, const char *text)
{
    return bytes.len == strlen(text) && memcmp(bytes.data, text, bytes.len) == 0;
}

enum svc_page_wish svc_page_wish(const struct w32_http_request *request, uint16_t port)
{
    char host[32];
    char localhost[32];
    snprintf(host, sizeof host, "127.0.0.1:%u", (unsigned)port);
    snprintf(localhost, sizeof localhost, "localhost:%u", (unsigned)port);
    if (!request->local)
        return SVC_PAGE_REMOTE;
    if (!is_text(request->host, host) && !is_text(request->host, localhost))
        return SVC_PAGE_FOREIGN_HOST;
    if (!request->get)
        return SVC_PAGE_NO_GET;
    if (is_text(request->target, "/"))
        return SVC_PAGE_ITSELF;
    return is_text(request->target, "/data") ? SVC_PAGE_DATA : SVC_PAGE_UNKNOWN;
}

struct sp_bytes svc_page_token(struct sp_bytes credential)
{
    static const char scheme[] = "Bearer ";
    size_t len = sizeof scheme - 1;
    if (credential.len <= len || memcmp(credential.data, scheme, len) != 0)
        return (struct sp_bytes){0};
    return (struct sp_bytes){(const char *)credential.data + len, credential.len - len};
}

static const struct {
    uint16_t status;
    const char *reason;
    const char *why;
} refusals[] = {
    [SVC_PAGE_UNKNOWN] = {404, "Not Found", "there is only one page here: /"},
    [SVC_PAGE_NO_TOKEN] = {401, "Unauthorized",
                           "the token is wrong or has expired; \"standpipe dashboard\" opens the "
                           "page with a new one"},
    [SVC_PAGE_NO_GET] = {405, "Method Not Allowed", "only GET is answered here"},
    [SVC_PAGE_FOREIGN_HOST] = {403, "Forbidden", "the Host header is not 127.0.0.1 and the port"},
    [SVC_PAGE_REMOTE] = {403, "Forbidden", "the page is for this machine alone"},
};

const char *svc_page_why(enum svc_page_wish wish)
{
    const char *why = wish < SVC_PAGE_UNKNOWN ? NULL : refusals[wish].why;
    return why == NULL ? "" : why;
}

/* ------------------------------------------------------------------ the figures */

/* All pages of a list, or the first `max` of it. */
static json_t *all_of(struct svc_server *server, size_t max,
                      json_t *(*list)(const struct svc_asker *asker, const struct svc_worker *only,
                                      uint64_t from))
{
    const struct svc_asker asker = {.server = server, .sid = "", .everything = true};
    json_t *all = json_array();
    uint64_t from = 0;
    bool more = true;
    while (more && json_array_size(all) < max) {
        json_t *page = list(&asker, NULL, from);
        const json_t *next = json_object_get(page, "next");
        more = json_is_integer(next);
        from = (uint64_t)json_integer_value(next);
        json_array_extend(all, json_object_get(page, "items"));
        json_decref(page);
    }
    while (json_array_size(all) > max)
        json_array_remove(all, json_array_size(all) - 1);
    return all;
}

static json_t *past_of(const struct sp_history *history)
{
    uint64_t now = w32_now_ms();
    json_t *ago = json_array(), *in = json_array(), *out = json_array(), *sessions = json_array();
    for (size_t i = 0; i < history->count; i++) {
        const struct sp_sample *s = sp_history_at(history, i);
        json_array_append_new(ago, json_integer((json_int_t)(now - s->at_ms)));
        json_array_append_new(in, json_integer((json_int_t)s->in_rate));
        json_array_append_new(out, json_integer((json_int_t)s->out_rate));
        json_array_append_new(sessions, json_integer(s->sessions));
    }
    return json_pack("{s:i, s:i, s:o, s:o, s:o, s:o}", "step_ms", SP_HISTORY_STEP_MS, "span_ms",
                     SP_HISTORY_STEP_MS * SP_HISTORY_SAMPLES, "ago_ms", ago, "in", in, "out", out,
                     "sessions", sessions);
}

static sp_status put_figures(struct svc_server *server, const struct sp_history *history,
                             struct sp_buffer *body, struct sp_error *err)
{
    w32_lock_enter(&server->config_lock);
    json_t *all = json_pack("{s:I, s:o, s:o, s:o, s:o, s:o}", "now", (json_int_t)w32_unix_ms(),
                            "status", svc_list_status(server), "workers",
                            all_of(server, SP_CONFIG_WORKERS_MAX, svc_list_workers), "sessions",
                            all_of(server, SESSIONS_SHOWN, svc_list_sessions), "events",
                            svc_events_list(), "history", past_of(history));
    w32_lock_leave(&server->config_lock);
    char *text = all == NULL ? NULL : json_dumps(all, JSON_COMPACT);
    sp_status status = text == NULL ? sp_fail(err, SP_ENOMEM, 0, "no memory for the page's figures")
                                    : sp_buffer_append(body, text, strlen(text), err);
    free(text);
    json_decref(all);
    return status;
}

/* ------------------------------------------------------------------ the page */

/* Only what carries this answer's own number runs in the page: what somebody might smuggle in
 * does not. */
static sp_status put_page(struct svc_page *page, struct sp_error *err)
{
    static const char mark[] = "{{nonce}}";
    unsigned char random[NONCE_BYTES];
    char nonce[2 * NONCE_BYTES + 1];
    sp_status status = w32_random(random, sizeof random, err);
    for (size_t i = 0; i < NONCE_BYTES; i++)
        snprintf(nonce + 2 * i, 3, "%02x", random[i]);
    snprintf(page->policy, sizeof page->policy,
             "default-src 'none'; style-src 'nonce-%s'; script-src 'nonce-%s'; connect-src 'self'; "
             "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
             nonce, nonce);
    const char *at = (const char *)svc_dashboard_html;
    const char *next = NULL;
    while (status == SP_OK && (next = strstr(at, mark)) != NULL) {
        status = sp_buffer_append(&page->body, at, (size_t)(next - at), err);
        if (status == SP_OK)
            status = sp_buffer_append(&page->body, nonce, sizeof nonce - 1, err);
        at = next + sizeof mark - 1;
    }
    if (status == SP_OK)
        status = sp_buffer_append(&page->body, at, strlen(at), err);
    return status;
}

static void put_headers(struct svc_page *page, bool wants_get)
{
    const struct w32_http_header headers[] = {
        {"Content-Security-Policy", page->policy},
        {"Cache-Control", "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Allow", "GET"},
    };
    size_t count = sizeof headers / sizeof *headers - (wants_get ? 0 : 1);
    memcpy(page->headers, headers, count * sizeof *headers);
    page->answer.headers = page->headers;
    page->answer.header_count = count;
}

sp_status svc_page_make(struct svc_server *server, enum svc_page_wish wish,
                        const struct sp_history *history, struct svc_page *out,
                        struct sp_error *err)
{
    sp_status status = SP_OK;
    out->answer = (struct w32_http_answer){.status = 200, .reason = "OK"};
    snprintf(out->policy, sizeof out->policy, "default-src 'none'; frame-ancestors 'none'");
    switch (wish) {
    case SVC_PAGE_ITSELF:
        out->answer.type = "text/html; charset=utf-8";
        status = put_page(out, err);
        break;
    case SVC_PAGE_DATA:
        out->answer.type = "application/json";
        status = put_figures(server, history, &out->body, err);
        break;
    default:
        out->answer.status = refusals[wish].status;
        out->answer.reason = refusals[wish].reason;
        out->answer.type = "text/plain; charset=utf-8";
        status = sp_buffer_printf(&out->body, err, "%s\n", refusals[wish].why);
    }
    put_headers(out, wish == SVC_PAGE_NO_GET);
    out->answer.body = (struct sp_bytes){out->body.data, out->body.len};
    return status;
}

void svc_page_deinit(struct svc_page *page)
{
    sp_buffer_deinit(&page->body);
}
