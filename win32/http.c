/* win32/http.c - a small web server on 127.0.0.1, through Windows' HTTP Server API. Its version 1
 * is all that is needed here, and Wine has more of it than of version 2. */
#include "win32/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winsock2.h>

#include <windows.h>

#include <http.h>

#include "win32/error.h"
#include "win32/handle.h"
#include "win32/overlapped.h"
#include "win32/thread.h"

enum { REQUEST_BYTES = 32 * 1024, ANSWER_MS = 5000 };

#define BUFFER_OVERFLOW 0x80000005 /* STATUS_BUFFER_OVERFLOW, which is ERROR_MORE_DATA */

typedef __typeof__(&HttpInitialize) initialize_fn;
typedef __typeof__(&HttpTerminate) terminate_fn;
typedef __typeof__(&HttpCreateHttpHandle) create_queue_fn;
typedef __typeof__(&HttpAddUrl) add_url_fn;
typedef __typeof__(&HttpReceiveHttpRequest) receive_fn;
typedef __typeof__(&HttpSendHttpResponse) send_fn;

/* httpapi's functions, loaded so that nothing imports it. */
struct api {
    HMODULE module;
    initialize_fn initialize;
    terminate_fn terminate;
    create_queue_fn create_queue;
    add_url_fn add_url;
    receive_fn receive;
    send_fn send;
};

struct w32_http {
    struct api api;
    bool initialized;
    w32_handle queue; /* owned */
    w32_handle stop;  /* owned: an event that stays set */
    struct w32_overlapped receiving, sending;
    union {
        HTTP_REQUEST head;
        unsigned char bytes[REQUEST_BYTES];
    } request;
};

static void (*find(const struct api *a, const char *name))(void)
{
    return (void (*)(void))GetProcAddress(a->module, name);
}

static bool load(struct api *a)
{
    a->module = LoadLibraryExW(L"httpapi.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (a->module == NULL)
        return false;
    a->initialize = (initialize_fn)find(a, "HttpInitialize");
    a->terminate = (terminate_fn)find(a, "HttpTerminate");
    a->create_queue = (create_queue_fn)find(a, "HttpCreateHttpHandle");
    a->add_url = (add_url_fn)find(a, "HttpAddUrl");
    a->receive = (receive_fn)find(a, "HttpReceiveHttpRequest");
    a->send = (send_fn)find(a, "HttpSendHttpResponse");
    return a->initialize != NULL && a->terminate != NULL && a->create_queue != NULL &&
           a->add_url != NULL && a->receive != NULL && a->send != NULL;
}

/* ------------------------------------------------------------------ open and close */

static sp_status listen_on(struct w32_http *http, uint16_t port, struct sp_error *err)
{
    wchar_t url[64];
    swprintf(url, sizeof url / sizeof *url, L"http://127.0.0.1:%u/", (unsigned)port);
    uint32_t os = http->api.add_url(http->queue, url, NULL);
    switch (os) {
    case NO_ERROR:
        return SP_OK;
    case ERROR_ACCESS_DENIED:
        return sp_fail(err, SP_EACCESS, os,
                       "Windows lets this account serve no page on port %u; an administrator can "
                       "allow it: netsh http add urlacl url=http://127.0.0.1:%u/ user=ACCOUNT",
                       (unsigned)port, (unsigned)port);
    case ERROR_ALREADY_EXISTS:
    case ERROR_SHARING_VIOLATION:
        return sp_fail(err, SP_ESTATE, os, "another program serves port %u; choose another one",
                       (unsigned)port);
    default:
        return w32_fail(err, os, "opening port %u of 127.0.0.1", (unsigned)port);
    }
}

static sp_status open_queue(struct w32_http *http, struct sp_error *err)
{
    HTTPAPI_VERSION version = HTTPAPI_VERSION_1;
    HANDLE queue = NULL;
    uint32_t os = http->api.initialize(version, HTTP_INITIALIZE_SERVER, NULL);
    if (os != NO_ERROR)
        return w32_fail(err, os, "starting Windows' HTTP server (service \"http\")");
    http->initialized = true;
    os = http->api.create_queue(&queue, 0);
    if (os != NO_ERROR)
        return w32_fail(err, os, "making a queue for HTTP requests");
    http->queue = w32_take(queue);
    return SP_OK;
}

sp_status w32_http_open(uint16_t port, struct w32_http **out, struct sp_error *err)
{
    struct w32_http *http = calloc(1, sizeof *http);
    if (http == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a web server");
    sp_status status = load(&http->api) ? SP_OK
                                        : sp_fail(err, SP_EUNSUPPORTED, 0,
                                                  "this Windows has no HTTP Server API "
                                                  "(httpapi.dll)");
    if (status == SP_OK)
        status = open_queue(http, err);
    if (status == SP_OK)
        status = w32_event_open(true, &http->stop, err);
    if (status == SP_OK)
        status = w32_overlapped_init(&http->receiving, http->queue, err);
    if (status == SP_OK)
        status = w32_overlapped_init(&http->sending, http->queue, err);
    if (status == SP_OK)
        status = listen_on(http, port, err);
    if (status != SP_OK) {
        w32_http_close(http);
        return status;
    }
    *out = http;
    return SP_OK;
}

void w32_http_stop(struct w32_http *http)
{
    w32_event_set(http->stop);
}

void w32_http_close(struct w32_http *http)
{
    if (http == NULL)
        return;
    w32_overlapped_deinit(&http->receiving);
    w32_overlapped_deinit(&http->sending);
    w32_handle_close(&http->queue); /* closes the port, too */
    w32_handle_close(&http->stop);
    if (http->initialized)
        http->api.terminate(HTTP_INITIALIZE_SERVER, NULL);
    if (http->api.module != NULL)
        FreeLibrary(http->api.module);
    free(http);
}

/* ------------------------------------------------------------------ a request */

/* Copied, since Wine does not align it. @param address a SOCKADDR */
static bool is_loopback(const void *address)
{
    struct sockaddr_in in = {0};
    u_short family = AF_UNSPEC;
    if (address != NULL)
        memcpy(&family, address, sizeof family);
    if (family != AF_INET)
        return false;
    memcpy(&in, address, sizeof in);
    return in.sin_addr.S_un.S_un_b.s_b1 == 127;
}

static struct sp_bytes header_of(const HTTP_REQUEST *r, HTTP_HEADER_ID id)
{
    const HTTP_KNOWN_HEADER *h = &r->Headers.KnownHeaders[id];
    return (struct sp_bytes){h->pRawValue, h->RawValueLength};
}

static struct w32_http_request request_of(const HTTP_REQUEST *r)
{
    return (struct w32_http_request){
        .get = r->Verb == HttpVerbGET,
        .local = is_loopback(r->Address.pLocalAddress) && is_loopback(r->Address.pRemoteAddress),
        .target = {r->pRawUrl, r->RawUrlLength},
        .host = header_of(r, HttpHeaderHost),
        .credential = header_of(r, HttpHeaderAuthorization),
    };
}

static sp_status begin_receiving(struct w32_http *http, struct sp_error *err)
{
    if (http->receiving.busy)
        return SP_OK;
    HTTP_SET_NULL_ID(&http->request.head.RequestId);
    void *overlapped = w32_overlapped_begin(&http->receiving);
    uint32_t os = http->api.receive(http->queue, HTTP_NULL_ID, 0, &http->request.head,
                                    sizeof http->request, NULL, overlapped);
    return w32_overlapped_begun(&http->receiving, os, "receiving an HTTP request", err);
}

static bool is_too_large(const struct w32_http *http)
{
    return ((const OVERLAPPED *)&http->receiving.overlapped)->Internal == BUFFER_OVERFLOW;
}

/* What fails here is the client's loss alone. */
static void refuse_too_large(struct w32_http *http)
{
    const struct w32_http_answer answer = {
        .status = 431, .reason = "Request Header Fields Too Large", .type = "text/plain"};
    sp_status ignored = w32_http_answer(http, &answer, NULL);
    (void)ignored;
}

sp_status w32_http_next(struct w32_http *http, uint32_t timeout_ms, struct w32_http_request *out,
                        struct sp_error *err)
{
    for (;;) {
        /* Looked at first: who floods us must not keep us from stopping. */
        if (w32_event_wait(http->stop, 0) == SP_OK)
            return SP_ECANCELED;
        sp_status status = begin_receiving(http, err);
        if (status == SP_OK)
            status = w32_overlapped_ready(&http->receiving, http->stop, timeout_ms);
        if (status != SP_OK)
            return status;
        struct sp_error failure;
        status = w32_overlapped_wait(&http->receiving, W32_FOREVER, NULL, &failure);
        if (status != SP_OK)
            return w32_fail(err, failure.os, "receiving an HTTP request");
        if (!is_too_large(http)) {
            *out = request_of(&http->request.head);
            return SP_OK;
        }
        refuse_too_large(http);
    }
}

/* ------------------------------------------------------------------ an answer */

static HTTP_KNOWN_HEADER known(const char *text)
{
    return (HTTP_KNOWN_HEADER){(USHORT)strlen(text), text};
}

static size_t put_headers(const struct w32_http_answer *answer, HTTP_UNKNOWN_HEADER *out)
{
    for (size_t i = 0; i < answer->header_count; i++) {
        const struct w32_http_header *h = &answer->headers[i];
        out[i] = (HTTP_UNKNOWN_HEADER){.NameLength = (USHORT)strlen(h->name),
                                       .RawValueLength = (USHORT)strlen(h->value),
                                       .pName = h->name,
                                       .pRawValue = h->value};
    }
    return answer->header_count;
}

/* The response must live until its sending is over: the caller waits. */
static sp_status send_response(struct w32_http *http, HTTP_RESPONSE *response, struct sp_error *err)
{
    void *overlapped = w32_overlapped_begin(&http->sending);
    uint32_t os = http->api.send(http->queue, http->request.head.RequestId, 0, response, NULL, NULL,
                                 NULL, 0, overlapped, NULL);
    sp_status status = w32_overlapped_begun(&http->sending, os, "sending an HTTP response", err);
    if (status == SP_OK)
        status = w32_overlapped_wait(&http->sending, ANSWER_MS, NULL, err);
    return status;
}

sp_status w32_http_answer(struct w32_http *http, const struct w32_http_answer *answer,
                          struct sp_error *err)
{
    HTTP_UNKNOWN_HEADER headers[W32_HTTP_HEADERS_MAX];
    HTTP_DATA_CHUNK body = {0};
    HTTP_RESPONSE response = {0};
    if (answer->header_count > W32_HTTP_HEADERS_MAX || answer->body.len > UINT32_MAX)
        return sp_fail(err, SP_ETOOBIG, 0, "an answer is too large");
    response.StatusCode = answer->status;
    response.pReason = answer->reason;
    response.ReasonLength = (USHORT)strlen(answer->reason);
    response.Headers.KnownHeaders[HttpHeaderContentType] = known(answer->type);
    response.Headers.pUnknownHeaders = headers;
    response.Headers.UnknownHeaderCount = (USHORT)put_headers(answer, headers);
    body.DataChunkType = HttpDataChunkFromMemory;
    body.FromMemory.pBuffer = (void *)answer->body.data; /* only read */
    body.FromMemory.BufferLength = (ULONG)answer->body.len;
    if (answer->body.len > 0) {
        response.EntityChunkCount = 1;
        response.pEntityChunks = &body;
    }
    return send_response(http, &response, err);
}
