/* service/dashboard.c - the page to look at, on 127.0.0.1: its thread, and who may look. */
#include "service/dashboard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/history.h"
#include "core/passes.h"
#include "service/dashboard_page.h"
#include "service/events.h"
#include "service/log.h"
#include "service/session.h"
#include "service/state.h"
#include "win32/http.h"
#include "win32/random.h"

enum {
    PROGRESS_MS = 500,
    COMPLAIN_MS = 60000, /* between two entries about requests that were refused */
};

struct svc_dashboard {
    struct svc_server *server;
    w32_handle thread;
    struct w32_lock lock; /* for what follows */
    struct sp_passes passes;
    struct w32_http *http;  /* owned; NULL: not open */
    struct sp_error failed; /* why it will never be open */
    bool stopping;
    /* The thread's alone: */
    struct sp_history history;
    uint64_t complained_ms;
};

/* ------------------------------------------------------------------ samples */

static void sample(struct svc_dashboard *d)
{
    struct svc_server *server = d->server;
    uint64_t bytes[SP_STREAM_COUNT];
    uint32_t sessions = 0;
    w32_lock_enter(&server->lock);
    memcpy(bytes, server->past_bytes, sizeof bytes);
    for (struct sp_link *l = server->all_sessions.next; l != &server->all_sessions; l = l->next) {
        const struct svc_session *s = SP_CONTAINER(l, struct svc_session, all_link);
        sessions++;
        for (int i = 0; i < SP_STREAM_COUNT; i++)
            if (s->transport[i] == SP_TRANSPORT_RELAY)
                bytes[i] += svc_session_bytes(s, (enum sp_stream)i);
    }
    w32_lock_leave(&server->lock);
    sp_history_add(&d->history, w32_now_ms(), bytes[SP_STDIN], bytes[SP_STDOUT] + bytes[SP_STDERR],
                   sessions);
}

static uint32_t ms_until_sample(const struct svc_dashboard *d)
{
    uint64_t now = w32_now_ms(), due = d->history.at_ms + SP_HISTORY_STEP_MS;
    return d->history.at_ms == 0 || now >= due ? 0 : (uint32_t)(due - now);
}

/* ------------------------------------------------------------------ who may look */

static bool is_good(struct svc_dashboard *d, struct sp_bytes token)
{
    w32_lock_enter(&d->lock);
    bool good = sp_passes_check(&d->passes, token, w32_now_ms());
    w32_lock_leave(&d->lock);
    return good;
}

/* Somebody who guesses would otherwise fill the log. */
static void complain(struct svc_dashboard *d, const char *what)
{
    uint64_t now = w32_now_ms();
    if (d->complained_ms != 0 && now - d->complained_ms < COMPLAIN_MS)
        return;
    d->complained_ms = now;
    svc_log(SVC_LOG_WARNING, "dashboard: refused a request: %s", what);
}

sp_status svc_dashboard_url(struct svc_dashboard *d, char *url, struct sp_error *err)
{
    unsigned char random[SP_PASS_BYTES];
    sp_status status = w32_random(random, sizeof random, err);
    if (status != SP_OK)
        return status;
    w32_lock_enter(&d->lock);
    if (d->http != NULL)
        snprintf(url, SVC_DASHBOARD_URL, "http://127.0.0.1:%u/#%s",
                 (unsigned)d->server->options.config->dashboard_port,
                 sp_passes_give(&d->passes, random, w32_now_ms()));
    else if (d->failed.status != SP_OK)
        status = sp_fail(err, d->failed.status, d->failed.os, "the page can't be served: %s",
                         d->failed.what);
    else
        status = sp_fail(err, SP_ESTATE, 0, "the page is being opened; try again in a moment");
    w32_lock_leave(&d->lock);
    return status;
}

/* ------------------------------------------------------------------ the thread */

static void answer(struct svc_dashboard *d, const struct w32_http_request *request)
{
    struct svc_page page = {0};
    struct sp_bytes token = svc_page_token(request->credential);
    enum svc_page_wish wish =
        svc_page_wish(request, (uint16_t)d->server->options.config->dashboard_port);
    if (wish == SVC_PAGE_DATA && !is_good(d, token))
        wish = SVC_PAGE_NO_TOKEN;
    if (wish >= SVC_PAGE_NO_TOKEN)
        complain(d, svc_page_why(wish));
    struct sp_error err;
    sp_status status = svc_page_make(d->server, wish, &d->history, &page, &err);
    if (status == SP_OK) {
        /* A browser that went away meanwhile is no event. */
        sp_status ignored = w32_http_answer(d->http, &page.answer, NULL);
        (void)ignored;
    } else {
        svc_log(SVC_LOG_ERROR, "dashboard: %s", err.what);
    }
    svc_page_deinit(&page);
}

static sp_status serve(struct svc_dashboard *d, struct sp_error *err)
{
    struct w32_http_request request;
    for (;;) {
        sp_status status = w32_http_next(d->http, ms_until_sample(d), &request, err);
        if (status == SP_OK)
            answer(d, &request);
        else if (status != SP_ETIMEOUT)
            return status;
        if (ms_until_sample(d) == 0)
            sample(d);
    }
}

/* @return whether it is to be served */
static bool opened(struct svc_dashboard *d, struct w32_http *http, const struct sp_error *err)
{
    w32_lock_enter(&d->lock);
    d->http = http;
    if (http == NULL)
        d->failed = *err;
    bool go_on = http != NULL && !d->stopping;
    w32_lock_leave(&d->lock);
    return go_on;
}

static void run(void *arg)
{
    struct svc_dashboard *d = arg;
    struct sp_error err = {0};
    struct w32_http *http = NULL;
    uint32_t port = d->server->options.config->dashboard_port;
    sp_status status = w32_http_open((uint16_t)port, &http, &err);
    if (status != SP_OK)
        svc_log(SVC_LOG_ERROR, "dashboard: %s; the service goes on without it", err.what);
    if (!opened(d, http, &err))
        return;
    svc_log(SVC_LOG_INFO, "dashboard: http://127.0.0.1:%u/; \"standpipe dashboard\" opens it",
            (unsigned)port);
    status = serve(d, &err);
    if (status != SP_ECANCELED)
        svc_log(SVC_LOG_ERROR, "dashboard: %s; it is over until the service is started again",
                err.what);
}

sp_status svc_dashboard_open(struct svc_server *server, struct svc_dashboard **out,
                             struct sp_error *err)
{
    struct svc_dashboard *d = calloc(1, sizeof *d);
    if (d == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for the dashboard");
    d->server = server;
    sp_status status = svc_events_open(err);
    if (status == SP_OK)
        status = w32_thread_start(run, d, &d->thread, err);
    if (status != SP_OK) {
        svc_dashboard_close(d);
        return status;
    }
    *out = d;
    return SP_OK;
}

void svc_dashboard_stop(struct svc_dashboard *d, void (*progress)(void *arg), void *arg)
{
    if (d == NULL)
        return;
    w32_lock_enter(&d->lock);
    d->stopping = true;
    if (d->http != NULL)
        w32_http_stop(d->http);
    w32_lock_leave(&d->lock);
    while (w32_thread_join(&d->thread, PROGRESS_MS) == SP_ETIMEOUT)
        if (progress != NULL)
            progress(arg);
}

void svc_dashboard_close(struct svc_dashboard *d)
{
    if (d == NULL)
        return;
    w32_http_close(d->http);
    svc_events_close();
    free(d);
}
