/* win32/keyboard.c - what somebody types at a console, as bytes. */
#include "win32/keyboard.h"

#include <stdbool.h>
#include <stdlib.h>
#include <windows.h>

#include "win32/error.h"

/* No code page has more bytes for one unit of UTF-16. */
enum { BYTES_A_UNIT = 4, UNITS_MAX = 16 * 1024 };

static bool is_end(w32_handle console, const wchar_t *text, DWORD count)
{
    const DWORD cooked = ENABLE_LINE_INPUT | ENABLE_PROCESSED_INPUT;
    DWORD mode = 0;
    return count > 0 && text[0] == 0x1A && GetConsoleMode(console, &mode) &&
           (mode & cooked) == cooked;
}

/* Keeps back the first half of a character that is the last thing in a text. @return units left */
static DWORD hold_half(struct w32_keyboard *k, const wchar_t *text, DWORD count)
{
    if (count == 0 || !IS_HIGH_SURROGATE(text[count - 1]))
        return count;
    k->held = text[count - 1];
    return count - 1;
}

/* One ReadConsoleW behind what was held. @return the system's code, 0 for none */
static DWORD read_units(struct w32_keyboard *k, wchar_t *text, DWORD room, DWORD *count)
{
    CONSOLE_READCONSOLE_CONTROL control = {.nLength = sizeof control,
                                           .dwCtrlWakeupMask = k->wake_mask};
    DWORD held = k->held != 0, got = 0;
    text[0] = k->held;
    SetLastError(ERROR_SUCCESS);
    BOOL ok = ReadConsoleW(k->console, text + held, room - held, &got,
                           k->wake_mask == 0 ? NULL : &control);
    DWORD os = GetLastError();
    /* What Ctrl-C interrupts succeeds with nothing. */
    if (!ok || (got == 0 && os == ERROR_OPERATION_ABORTED))
        return os;
    k->held = 0;
    *count = held + got;
    return ERROR_SUCCESS;
}

sp_status w32_keyboard_read(struct w32_keyboard *k, void *data, uint32_t size, uint32_t *got,
                            struct sp_error *err)
{
    DWORD room = size / BYTES_A_UNIT < UNITS_MAX ? size / BYTES_A_UNIT : UNITS_MAX;
    DWORD count = 0;
    if (size < W32_KEYBOARD_ROOM)
        return sp_fail(err, SP_EINVAL, 0, "reading a console: there is no room to read into");
    wchar_t *text = malloc(room * sizeof *text);
    if (text == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a line");
    sp_status status = SP_OK;
    int len = 0;
    while (status == SP_OK && len == 0) {
        DWORD os = read_units(k, text, room, &count);
        if (os != ERROR_SUCCESS)
            status = w32_fail(err, os, "reading a console");
        else if (count == 0 || is_end(k->console, text, count))
            status = sp_fail(err, SP_EEND, 0, "the end of the stream");
        else if ((count = hold_half(k, text, count)) > 0)
            len = WideCharToMultiByte(GetConsoleCP(), 0, text, (int)count, data, (int)size, NULL,
                                      NULL);
        if (status == SP_OK && count > 0 && len <= 0)
            status = w32_fail(err, GetLastError(), "converting what was typed");
    }
    free(text);
    if (status == SP_OK)
        *got = (uint32_t)len;
    return status;
}
