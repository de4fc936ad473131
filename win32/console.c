/* win32/console.c - the three standard streams and Ctrl-C, for both programs. */
#include "win32/console.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include "win32/error.h"

/* A console takes about this much in one call; older Windows refuses more than 64 KiB. */
enum {
    CONSOLE_PIECE_BYTES = 16 * 1024,
    WRITE_PIECE_BYTES = 1024 * 1024,
    PRINTF_BYTES = 1024,
    USUAL_WIDTH = 80,
    USUAL_HEIGHT = 25,
};

w32_handle w32_stream_handle(enum w32_stream stream)
{
    static const DWORD ids[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    HANDLE h = GetStdHandle(ids[stream]);
    return h == INVALID_HANDLE_VALUE ? NULL : h;
}

void w32_stream_close(enum w32_stream stream)
{
    static const DWORD ids[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    HANDLE h = w32_stream_handle(stream);
    SetStdHandle(ids[stream], NULL);
    for (int i = W32_STDIN; i <= W32_STDERR; i++)
        if (h == NULL || h == w32_stream_handle((enum w32_stream)i))
            return;
    CloseHandle(h);
}

enum w32_stream_kind w32_stream_kind(enum w32_stream stream)
{
    HANDLE h = w32_stream_handle(stream);
    DWORD mode = 0;
    if (h == NULL)
        return W32_STREAM_NONE;
    switch (GetFileType(h)) {
    case FILE_TYPE_DISK:
        return W32_STREAM_FILE;
    case FILE_TYPE_PIPE:
        return W32_STREAM_PIPE;
    case FILE_TYPE_CHAR:
        /* NUL, COM1 and consoles are all character devices; only a console has a mode. */
        return GetConsoleMode(h, &mode) ? W32_STREAM_TERMINAL : W32_STREAM_DEVICE;
    default:
        return W32_STREAM_NONE;
    }
}

static sp_status write_bytes(HANDLE h, const char *data, size_t len)
{
    while (len > 0) {
        DWORD piece = len < WRITE_PIECE_BYTES ? (DWORD)len : WRITE_PIECE_BYTES;
        DWORD wrote = 0;
        if (!WriteFile(h, data, piece, &wrote, NULL)) {
            DWORD os = GetLastError();
            /* A pipe whose reader closed says "end" where a writer means "broken". */
            return os == ERROR_BROKEN_PIPE ? SP_EBROKEN : w32_fail(NULL, os, "writing");
        }
        data += wrote;
        len -= wrote;
    }
    return SP_OK;
}

static sp_status write_wide(HANDLE h, const wchar_t *text, DWORD count)
{
    while (count > 0) {
        DWORD wrote = 0;
        if (!WriteConsoleW(h, text, count, &wrote, NULL))
            return w32_fail(NULL, GetLastError(), "writing");
        if (wrote == 0)
            return SP_EBROKEN;
        text += wrote;
        count -= wrote;
    }
    return SP_OK;
}

/* How much of a text to take so that no character is torn; a run of bytes that is no UTF-8 at all
 * may be torn anywhere. */
static size_t whole_characters(const char *utf8, size_t len, size_t max)
{
    if (len <= max)
        return len;
    for (size_t cut = max; cut > max - 4; cut--)
        if (((unsigned char)utf8[cut] & 0xC0) != 0x80)
            return cut;
    return max;
}

static sp_status write_text(HANDLE h, const char *utf8, size_t len)
{
    wchar_t wide[CONSOLE_PIECE_BYTES];
    while (len > 0) {
        size_t piece = whole_characters(utf8, len, CONSOLE_PIECE_BYTES);
        /* No MB_ERR_INVALID_CHARS: people shall see the rest of the text, too. */
        int count = MultiByteToWideChar(CP_UTF8, 0, utf8, (int)piece, wide, CONSOLE_PIECE_BYTES);
        if (count <= 0)
            return w32_fail(NULL, GetLastError(), "converting");
        sp_status status = write_wide(h, wide, (DWORD)count);
        if (status != SP_OK)
            return status;
        utf8 += piece;
        len -= piece;
    }
    return SP_OK;
}

sp_status w32_print(enum w32_stream stream, const char *utf8, size_t len)
{
    HANDLE h = w32_stream_handle(stream);
    if (h == NULL)
        return SP_ENOTFOUND;
    if (w32_stream_kind(stream) == W32_STREAM_TERMINAL)
        return write_text(h, utf8, len);
    return write_bytes(h, utf8, len);
}

sp_status w32_printf(enum w32_stream stream, const char *format, ...)
{
    char small[PRINTF_BYTES];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (len < 0)
        return SP_EINVAL;
    if ((size_t)len < sizeof small)
        return w32_print(stream, small, (size_t)len);
    char *large = malloc((size_t)len + 1);
    if (large == NULL)
        return SP_ENOMEM;
    va_start(args, format);
    vsnprintf(large, (size_t)len + 1, format, args);
    va_end(args);
    sp_status status = w32_print(stream, large, (size_t)len);
    free(large);
    return status;
}

bool w32_console_size(enum w32_stream stream, size_t *width, size_t *height)
{
    CONSOLE_SCREEN_BUFFER_INFO info;
    *width = USUAL_WIDTH;
    *height = USUAL_HEIGHT;
    if (!GetConsoleScreenBufferInfo(w32_stream_handle(stream), &info))
        return false;
    int columns = info.srWindow.Right - info.srWindow.Left + 1;
    int rows = info.srWindow.Bottom - info.srWindow.Top + 1;
    *width = (size_t)columns;
    *height = (size_t)rows;
    return true;
}

/* One listener a process: Windows has one console a process, too. The lock makes fn and arg change
 * together, and is held while fn runs, so that after w32_on_interrupt() the old arg is unused. */
static SRWLOCK listener_lock = SRWLOCK_INIT;
static w32_interrupt_fn listener;
static void *listener_arg;

static BOOL WINAPI on_control(DWORD event)
{
    enum w32_interrupt what = event == CTRL_C_EVENT       ? W32_INTERRUPT_CTRL_C
                              : event == CTRL_BREAK_EVENT ? W32_INTERRUPT_BREAK
                                                          : W32_INTERRUPT_CLOSE;
    AcquireSRWLockShared(&listener_lock);
    bool heard = listener != NULL;
    if (heard)
        listener(what, listener_arg);
    ReleaseSRWLockShared(&listener_lock);
    if (!heard)
        return FALSE;
    /* Windows ends the process as soon as this returns; the first thread shall end it, when it has
     * cleaned up. */
    if (what == W32_INTERRUPT_CLOSE)
        Sleep(INFINITE);
    return TRUE;
}

sp_status w32_on_interrupt(w32_interrupt_fn fn, void *arg, struct sp_error *err)
{
    AcquireSRWLockExclusive(&listener_lock);
    bool had = listener != NULL;
    listener = fn;
    listener_arg = arg;
    ReleaseSRWLockExclusive(&listener_lock);
    if (had == (fn != NULL))
        return SP_OK;
    if (!SetConsoleCtrlHandler(on_control, fn != NULL))
        return w32_fail(err, GetLastError(), "listening for Ctrl-C");
    return SP_OK;
}

/* Lives as long as the process: the handler and the stdin thread may use it to the very end. */
static HANDLE interrupted;

static void set_interrupted(enum w32_interrupt what, void *arg)
{
    (void)what;
    (void)arg;
    SetEvent(interrupted);
}

sp_status w32_interrupt_arm(struct sp_error *err)
{
    if (interrupted == NULL)
        interrupted = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (interrupted == NULL)
        return w32_fail(err, GetLastError(), "making an event");
    /* Whoever started us in the background may have switched Ctrl-C off for us and for every
     * process that we start. */
    SetConsoleCtrlHandler(NULL, FALSE);
    return w32_on_interrupt(set_interrupted, NULL, err);
}

static DWORD WINAPI read_stdin_to_its_end(void *arg)
{
    (void)arg;
    char dropped[256];
    DWORD got = 0;
    HANDLE in = w32_stream_handle(W32_STDIN);
    while (in != NULL && ReadFile(in, dropped, sizeof dropped, &got, NULL) && got > 0)
        continue;
    SetEvent(interrupted);
    return 0;
}

sp_status w32_interrupt_wait(bool or_stdin_end, struct sp_error *err)
{
    sp_status status = w32_interrupt_arm(err);
    if (status != SP_OK)
        return status;
    if (or_stdin_end) {
        HANDLE thread = CreateThread(NULL, 64 * 1024, read_stdin_to_its_end, NULL, 0, NULL);
        if (thread == NULL)
            return w32_fail(err, GetLastError(), "starting a thread that reads stdin");
        CloseHandle(thread);
    }
    if (WaitForSingleObject(interrupted, INFINITE) == WAIT_FAILED)
        return w32_fail(err, GetLastError(), "waiting for Ctrl-C");
    return SP_OK;
}
