/* win32/npipe.c - named pipes: making instances and opening them. */
#include "win32/npipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "win32/error.h"
#include "win32/random.h"
#include "win32/strict.h"
#include "win32/text.h"

/* What a client asks for beyond reading: without FILE_APPEND_DATA, which on a pipe is
 * FILE_CREATE_PIPE_INSTANCE and which no client is granted. */
#define CLIENT_READ  (FILE_GENERIC_READ | FILE_WRITE_ATTRIBUTES)
#define CLIENT_WRITE (FILE_WRITE_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE)

static sp_status full_name(const char *host, const char *leaf, char *utf8, size_t size,
                           wchar_t **wide, struct sp_error *err)
{
    int len = snprintf(utf8, size, "\\\\%s\\pipe\\%s", host == NULL ? "." : host, leaf);
    if (len < 0 || (size_t)len >= size || strlen(leaf) > W32_NPIPE_LEAF_MAX)
        return sp_fail(err, SP_ETOOBIG, 0, "the pipe name '%.60s...' is too long", leaf);
    return w32_wide(utf8, wide, err);
}

static DWORD open_mode(const struct w32_npipe_options *o)
{
    DWORD mode = 0;
    /* A one-way end lacks the attributes' right of the other way. Its client opens one way only. */
    if ((o->access & W32_NPIPE_READ) || o->synchronous)
        mode |= PIPE_ACCESS_INBOUND;
    if ((o->access & W32_NPIPE_WRITE) || o->synchronous)
        mode |= PIPE_ACCESS_OUTBOUND;
    if (!o->synchronous)
        mode |= FILE_FLAG_OVERLAPPED;
    if (o->first)
        mode |= FILE_FLAG_FIRST_PIPE_INSTANCE;
    if (o->changeable)
        mode |= WRITE_DAC;
    return mode;
}

static DWORD pipe_mode(const struct w32_npipe_options *o)
{
    DWORD mode = o->remote ? PIPE_ACCEPT_REMOTE_CLIENTS : PIPE_REJECT_REMOTE_CLIENTS;
    if (o->message)
        mode |= PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE;
    return mode;
}

sp_status w32_npipe_create(const struct w32_npipe_options *o, w32_handle *out, struct sp_error *err)
{
    char name[512];
    wchar_t *wide = NULL;
    if (o->security_descriptor == NULL)
        return sp_fail(err, SP_EINVAL, 0, "the pipe '%s' has no access list", o->leaf);
    sp_status status = full_name(NULL, o->leaf, name, sizeof name, &wide, err);
    if (status != SP_OK)
        return status;

    SECURITY_ATTRIBUTES access = {sizeof access, o->security_descriptor, FALSE};
    w32_handle h = NULL;
    DWORD os = w32_strict_pipe_name_taken(name, o->first);
    if (os == 0) {
        h = w32_take(CreateNamedPipeW(wide, open_mode(o), pipe_mode(o),
                                      o->only ? 1 : PIPE_UNLIMITED_INSTANCES, o->size_bytes,
                                      o->size_bytes, 0, &access));
        os = h == NULL ? GetLastError() : 0;
        if (h == NULL)
            w32_strict_pipe_name_released(name);
    }
    free(wide);
    if (h == NULL && o->first && (os == ERROR_ACCESS_DENIED || os == ERROR_PIPE_BUSY))
        return sp_fail(err, SP_EACCESS, os,
                       "the pipe %s is in use by another program; choose another name", name);
    if (h == NULL)
        return w32_fail(err, os, "making the pipe %s", name);
    w32_strict_handle_is(h, o->synchronous ? W32_HANDLE_SYNC : W32_HANDLE_ASYNC);
    *out = h;
    return SP_OK;
}

void w32_npipe_close(w32_handle *h, const char *leaf)
{
    if (*h == NULL)
        return;
    char name[512];
    snprintf(name, sizeof name, "\\\\.\\pipe\\%s", leaf);
    w32_handle_close(h);
    w32_strict_pipe_name_released(name);
}

void w32_npipe_disconnect(w32_handle server_end)
{
    if (server_end != NULL)
        DisconnectNamedPipe(server_end);
}

/* An outbound end may not be asked for its state, so it is asked to connect, in the mode in which
 * nothing waits. */
static bool would_connect(w32_handle server_end)
{
    OVERLAPPED overlapped = {0};
    DWORD mode = PIPE_NOWAIT;
    if (!SetNamedPipeHandleState(server_end, &mode, NULL, NULL))
        return false;
    bool is_there =
        !ConnectNamedPipe(server_end, &overlapped) && GetLastError() == ERROR_PIPE_CONNECTED;
    mode = PIPE_WAIT;
    return SetNamedPipeHandleState(server_end, &mode, NULL, NULL) && is_there;
}

uint32_t w32_npipe_waiting(w32_handle end)
{
    DWORD waiting = 0;
    return PeekNamedPipe(end, NULL, 0, NULL, &waiting, NULL) ? waiting : 0;
}

bool w32_npipe_connected(w32_handle server_end)
{
    DWORD waiting = 0;
    if (PeekNamedPipe(server_end, NULL, 0, NULL, &waiting, NULL))
        return true;
    return GetLastError() == ERROR_ACCESS_DENIED && would_connect(server_end);
}

sp_status w32_npipe_random_leaf(const char *prefix, struct w32_npipe_leaf *out,
                                struct sp_error *err)
{
    unsigned char bits[16];
    size_t len = strlen(prefix);
    if (len + 2 * sizeof bits > W32_NPIPE_LEAF_MAX)
        return sp_fail(err, SP_EINVAL, 0, "the pipe prefix '%.60s...' is too long", prefix);
    sp_status status = w32_random(bits, sizeof bits, err);
    if (status != SP_OK)
        return status;
    memcpy(out->text, prefix, len);
    for (size_t i = 0; i < sizeof bits; i++)
        snprintf(out->text + len + 2 * i, 3, "%02x", bits[i]);
    return SP_OK;
}

/* One try, and a wait for an instance if all are taken. */
static uint32_t try_open(const wchar_t *name, DWORD access, DWORD level, uint64_t deadline,
                         w32_handle *h)
{
    *h = w32_take(CreateFileW(name, access, 0, NULL, OPEN_EXISTING,
                              FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | level, NULL));
    uint32_t os = *h == NULL ? GetLastError() : 0;
    if (os != ERROR_PIPE_BUSY)
        return os;
    uint64_t now = GetTickCount64();
    if (now >= deadline)
        return ERROR_SEM_TIMEOUT;
    if (!WaitNamedPipeW(name, (DWORD)(deadline - now)))
        return GetLastError();
    return ERROR_PIPE_BUSY;
}

static sp_status open_pipe(const char *host, const char *leaf, enum w32_npipe_access access,
                           DWORD level, uint32_t timeout_ms, w32_handle *out, struct sp_error *err)
{
    char name[512];
    wchar_t *wide = NULL;
    sp_status status = full_name(host, leaf, name, sizeof name, &wide, err);
    if (status != SP_OK)
        return status;

    DWORD rights = 0;
    if (access & W32_NPIPE_READ)
        rights |= CLIENT_READ;
    if (access & W32_NPIPE_WRITE)
        rights |= CLIENT_WRITE;
    uint64_t deadline = GetTickCount64() + timeout_ms;
    w32_handle h = NULL;
    uint32_t os;
    do
        os = try_open(wide, rights, level, deadline, &h);
    while (os == ERROR_PIPE_BUSY);
    free(wide);
    if (os != 0)
        return w32_fail(err, os, "opening the pipe %s", name);
    w32_strict_handle_is(h, W32_HANDLE_ASYNC);
    *out = h;
    return SP_OK;
}

sp_status w32_npipe_open(const char *host, const char *leaf, enum w32_npipe_access access,
                         uint32_t timeout_ms, w32_handle *out, struct sp_error *err)
{
    return open_pipe(host, leaf, access, SECURITY_IDENTIFICATION, timeout_ms, out, err);
}

sp_status w32_npipe_open_trusting(const char *host, const char *leaf, enum w32_npipe_access access,
                                  uint32_t timeout_ms, w32_handle *out, struct sp_error *err)
{
    return open_pipe(host, leaf, access, SECURITY_IMPERSONATION, timeout_ms, out, err);
}
