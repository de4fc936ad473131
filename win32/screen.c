/* win32/screen.c - a whole console to draw on and to take keys from. */
#include "win32/screen.h"

#include <stdbool.h>
#include <string.h>
#include <windows.h>

#include "win32/clock.h"
#include "win32/console.h"
#include "win32/error.h"
#include "win32/handle.h"
#include "win32/thread.h"

/* The alternate screen; no cursor; what is too long is cut and not wrapped. And all of it back. */
static const char enter[] = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
static const char leave[] = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

/* The one there is. Its lock makes that it is given back once. */
static struct {
    struct w32_lock lock;
    w32_handle keys; /* owned: the console's input, whatever stdin is */
    w32_handle quit; /* owned: an event */
    DWORD keys_mode, out_mode;
    bool open;
    uint16_t half; /* the first half of a character whose other half comes next */
} screen;

static HANDLE out(void)
{
    return w32_stream_handle(W32_STDOUT);
}

/* ------------------------------------------------------------------ taking and giving back */

void w32_screen_close(void)
{
    w32_lock_enter(&screen.lock);
    if (screen.open) {
        sp_status ignored = w32_print(W32_STDOUT, leave, strlen(leave));
        (void)ignored;
        SetConsoleMode(out(), screen.out_mode);
        SetConsoleMode(screen.keys, screen.keys_mode);
        screen.open = false;
    }
    w32_lock_leave(&screen.lock);
}

/* On a thread of the system's. One that closes the window gets no answer any more: Windows ends us
 * soon, and the first thread is told to end before. */
static void interrupted(enum w32_interrupt what, void *arg)
{
    (void)arg;
    if (what == W32_INTERRUPT_CLOSE)
        w32_screen_close();
    w32_event_set(screen.quit);
}

static LONG WINAPI crashed(EXCEPTION_POINTERS *what)
{
    (void)what;
    w32_screen_close();
    return EXCEPTION_CONTINUE_SEARCH;
}

static sp_status open_keys(struct sp_error *err)
{
    screen.keys =
        w32_take(CreateFileW(L"CONIN$", GENERIC_READ | GENERIC_WRITE,
                             FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL));
    if (screen.keys == NULL || !GetConsoleMode(screen.keys, &screen.keys_mode))
        return w32_fail(err, GetLastError(), "opening the console's keyboard");
    return SP_OK;
}

static sp_status take_over(struct sp_error *err)
{
    DWORD keys = screen.keys_mode & ~(DWORD)(ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT |
                                             ENABLE_VIRTUAL_TERMINAL_INPUT | ENABLE_MOUSE_INPUT);
    DWORD vt = ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING;
    if (!GetConsoleMode(out(), &screen.out_mode))
        return sp_fail(err, SP_EUNSUPPORTED, 0, "stdout is no console");
    if (!SetConsoleMode(out(), screen.out_mode | vt)) {
        w32_fail(err, GetLastError(), "this console obeys no VT sequences");
        return SP_EUNSUPPORTED;
    }
    screen.open = true; /* from here on it must be given back */
    if (!SetConsoleMode(screen.keys, keys | ENABLE_PROCESSED_INPUT | ENABLE_WINDOW_INPUT))
        return w32_fail(err, GetLastError(), "setting the console's mode");
    SetUnhandledExceptionFilter(crashed);
    return w32_print(W32_STDOUT, enter, strlen(enter));
}

sp_status w32_screen_open(struct sp_error *err)
{
    sp_status status = w32_event_open(true, &screen.quit, err);
    if (status == SP_OK)
        status = open_keys(err);
    if (status == SP_OK)
        status = w32_on_interrupt(interrupted, NULL, err);
    if (status == SP_OK)
        status = take_over(err);
    if (status != SP_OK)
        w32_screen_close();
    return status;
}

/* ------------------------------------------------------------------ drawing */

sp_status w32_screen_draw(const char *utf8, size_t len)
{
    return w32_print(W32_STDOUT, utf8, len);
}

/* ------------------------------------------------------------------ keys */

static uint32_t named_key(WORD key)
{
    switch (key) {
    case VK_UP:
        return W32_KEY_UP;
    case VK_DOWN:
        return W32_KEY_DOWN;
    case VK_PRIOR:
        return W32_KEY_PAGE_UP;
    case VK_NEXT:
        return W32_KEY_PAGE_DOWN;
    case VK_HOME:
        return W32_KEY_HOME;
    case VK_END:
        return W32_KEY_END;
    default:
        return W32_KEY_NONE;
    }
}

static uint32_t character(uint16_t unit)
{
    uint16_t half = screen.half;
    screen.half = IS_HIGH_SURROGATE(unit) ? unit : 0;
    if (screen.half != 0)
        return W32_KEY_NONE;
    if (!IS_LOW_SURROGATE(unit))
        return unit;
    return half == 0 ? W32_KEY_NONE
                     : 0x10000 + (((uint32_t)half - 0xD800) << 10) + ((uint32_t)unit - 0xDC00);
}

static uint32_t key_of(const INPUT_RECORD *record)
{
    if (record->EventType == WINDOW_BUFFER_SIZE_EVENT)
        return W32_KEY_RESIZED;
    if (record->EventType != KEY_EVENT || !record->Event.KeyEvent.bKeyDown)
        return W32_KEY_NONE;
    uint32_t named = named_key(record->Event.KeyEvent.wVirtualKeyCode);
    return named != W32_KEY_NONE ? named : character(record->Event.KeyEvent.uChar.UnicodeChar);
}

uint32_t w32_screen_key(uint32_t timeout_ms)
{
    HANDLE waits[] = {screen.quit, screen.keys};
    uint64_t end_us = w32_clock_us() + (uint64_t)timeout_ms * 1000;
    for (;;) {
        uint64_t now_us = w32_clock_us();
        DWORD left_ms = now_us < end_us ? (DWORD)((end_us - now_us + 999) / 1000) : 0;
        DWORD waited = WaitForMultipleObjects(2, waits, FALSE, left_ms);
        INPUT_RECORD record;
        DWORD count = 0;
        if (waited == WAIT_TIMEOUT)
            return W32_KEY_NONE;
        /* A keyboard that can't be read is a console that is gone. */
        if (waited != WAIT_OBJECT_0 + 1 || !ReadConsoleInputW(screen.keys, &record, 1, &count))
            return W32_KEY_QUIT;
        uint32_t key = count == 1 ? key_of(&record) : W32_KEY_NONE;
        if (key != W32_KEY_NONE)
            return key;
    }
}
