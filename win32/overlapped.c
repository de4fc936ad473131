/* win32/overlapped.c - blocking, bounded reads and writes on overlapped handles. */
#include "win32/overlapped.h"

#include <string.h>

#include <windows.h>

#include "win32/error.h"
#include "win32/strict.h"

_Static_assert(sizeof(OVERLAPPED) == sizeof(((struct w32_overlapped *)0)->overlapped),
               "w32_overlapped has room for Windows' OVERLAPPED");

static OVERLAPPED *raw(struct w32_overlapped *o)
{
    return (OVERLAPPED *)&o->overlapped;
}

sp_status w32_overlapped_init(struct w32_overlapped *o, w32_handle h, struct sp_error *err)
{
    w32_handle event = w32_take(CreateEventW(NULL, TRUE, FALSE, NULL));
    if (event == NULL)
        return w32_fail(err, GetLastError(), "making an event");
    *o = (struct w32_overlapped){.event = event, .h = h};
    return SP_OK;
}

void w32_overlapped_deinit(struct w32_overlapped *o)
{
    if (o->busy) {
        CancelIoEx(o->h, raw(o));
        sp_status ignored = w32_overlapped_wait(o, W32_FOREVER, NULL, NULL);
        (void)ignored;
    }
    w32_handle_close(&o->event);
    *o = (struct w32_overlapped){0};
}

void *w32_overlapped_begin(struct w32_overlapped *o)
{
    w32_strict_op_begin(o);
    memset(&o->overlapped, 0, sizeof o->overlapped);
    raw(o)->hEvent = o->event;
    o->busy = true;
    return raw(o);
}

sp_status w32_overlapped_begun(struct w32_overlapped *o, uint32_t os, const char *what,
                               struct sp_error *err)
{
    /* A part of a message is as good as bytes of a stream. */
    if (os == 0 || os == ERROR_IO_PENDING || os == ERROR_MORE_DATA)
        return SP_OK;
    o->busy = false;
    w32_strict_op_end(o);
    return w32_fail(err, os, "%s", what);
}

sp_status w32_overlapped_read(struct w32_overlapped *o, void *data, uint32_t size,
                              struct sp_error *err)
{
    OVERLAPPED *overlapped = w32_overlapped_begin(o);
    uint32_t os = ReadFile(o->h, data, size, NULL, overlapped) ? 0 : GetLastError();
    return w32_overlapped_begun(o, os, "reading from a pipe", err);
}

sp_status w32_overlapped_write(struct w32_overlapped *o, const void *data, uint32_t len,
                               struct sp_error *err)
{
    OVERLAPPED *overlapped = w32_overlapped_begin(o);
    uint32_t os = WriteFile(o->h, data, len, NULL, overlapped) ? 0 : GetLastError();
    return w32_overlapped_begun(o, os, "writing to a pipe", err);
}

sp_status w32_overlapped_ready(struct w32_overlapped *o, w32_handle or_event, uint32_t timeout_ms)
{
    HANDLE events[] = {o->event, or_event};
    if (HasOverlappedIoCompleted(raw(o)))
        return SP_OK;
    switch (WaitForMultipleObjects(or_event == NULL ? 1 : 2, events, FALSE, timeout_ms)) {
    case WAIT_OBJECT_0 + 1:
        return SP_ECANCELED;
    case WAIT_TIMEOUT:
        return SP_ETIMEOUT;
    default:
        return SP_OK;
    }
}

sp_status w32_overlapped_wait(struct w32_overlapped *o, uint32_t timeout_ms, uint32_t *bytes,
                              struct sp_error *err)
{
    bool late = false;
    /* Done at once needs no wait: its status stands in the OVERLAPPED. */
    if (!HasOverlappedIoCompleted(raw(o)) &&
        WaitForSingleObject(o->event, timeout_ms) == WAIT_TIMEOUT) {
        CancelIoEx(o->h, raw(o));
        late = true;
    }
    DWORD moved = 0;
    BOOL ok = GetOverlappedResult(o->h, raw(o), &moved, TRUE);
    uint32_t os = ok ? 0 : GetLastError();
    o->busy = false;
    w32_strict_op_end(o);
    if (ok || os == ERROR_MORE_DATA) {
        if (bytes != NULL)
            *bytes = moved;
        return SP_OK;
    }
    if (late && os == ERROR_OPERATION_ABORTED)
        return sp_fail(err, SP_ETIMEOUT, os, "a pipe did not answer within %u ms",
                       (unsigned)timeout_ms);
    return w32_fail(err, os, "waiting for a pipe");
}
