/* win32/rawmode.c - this process's console as the screen and the keyboard of a terminal elsewhere.
 */
#include "win32/rawmode.h"

#include <stdatomic.h>
#include <windows.h>

#include "win32/console.h"
#include "win32/error.h"

/* Of newer SDKs. */
#ifndef ENABLE_VIRTUAL_TERMINAL_INPUT
#define ENABLE_VIRTUAL_TERMINAL_INPUT 0x0200
#endif
#ifndef DISABLE_NEWLINE_AUTO_RETURN
#define DISABLE_NEWLINE_AUTO_RETURN 0x0008
#endif

/* The cursor is kept over the way back from the other screen, for those who never were there. Then
 * the modes that a terminal asks its host for: keys as records, focus, mouse, bracketed paste. Then
 * a soft reset: colours, cursor, margins. */
static const char RESET[] = "\x1b"
                            "7\x1b[?1049l\x1b[?9001;1004;1000;1002;1003;1006;2004l\x1b[!p";

/* One side of the console as it was before. */
struct side {
    HANDLE console;
    DWORD mode;
    UINT code_page;
    atomic_bool changed;
};

static struct side screen, keyboard;

static LONG WINAPI crashed(EXCEPTION_POINTERS *exception)
{
    (void)exception;
    w32_rawmode_leave();
    return EXCEPTION_CONTINUE_SEARCH;
}

bool w32_rawmode_size(struct w32_terminal_size *out)
{
    CONSOLE_SCREEN_BUFFER_INFO info;
    w32_handle h = w32_stream_handle(W32_STDOUT);
    if (h == NULL || !GetConsoleScreenBufferInfo(h, &info))
        return false;
    *out = (struct w32_terminal_size){
        .columns = (uint16_t)(info.srWindow.Right - info.srWindow.Left + 1),
        .rows = (uint16_t)(info.srWindow.Bottom - info.srWindow.Top + 1)};
    return out->columns > 0 && out->rows > 0;
}

static sp_status remember(struct side *side, enum w32_stream stream, UINT code_page,
                          struct sp_error *err)
{
    side->console = w32_stream_handle(stream);
    side->code_page = code_page;
    if (side->console == NULL || !GetConsoleMode(side->console, &side->mode))
        return w32_fail(err, GetLastError(), "asking a console for its mode");
    SetUnhandledExceptionFilter(crashed);
    atomic_store(&side->changed, true);
    return SP_OK;
}

sp_status w32_rawmode_screen(struct sp_error *err)
{
    const DWORD obey = ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING;
    sp_status status = remember(&screen, W32_STDOUT, GetConsoleOutputCP(), err);
    if (status != SP_OK)
        return status;
    /* A line feed that returns as well would tear a screen that was drawn for one that doesn't, but
     * not every console can do without. */
    if (!SetConsoleMode(screen.console, screen.mode | obey | DISABLE_NEWLINE_AUTO_RETURN) &&
        !SetConsoleMode(screen.console, screen.mode | obey))
        return sp_fail(err, SP_EUNSUPPORTED, GetLastError(),
                       "this console does not know control sequences; is it in legacy mode?");
    return SetConsoleOutputCP(CP_UTF8)
               ? SP_OK
               : w32_fail(err, GetLastError(), "making a console's output UTF-8");
}

sp_status w32_rawmode_keyboard(bool ctrl_c, struct sp_error *err)
{
    sp_status status = remember(&keyboard, W32_STDIN, GetConsoleCP(), err);
    if (status != SP_OK)
        return status;
    DWORD cooked = ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT | (ctrl_c ? 0 : ENABLE_PROCESSED_INPUT);
    if (!SetConsoleMode(keyboard.console,
                        (keyboard.mode & ~cooked) | ENABLE_VIRTUAL_TERMINAL_INPUT))
        return w32_fail(err, GetLastError(), "making a console give its keys as they come");
    return SetConsoleCP(CP_UTF8) ? SP_OK
                                 : w32_fail(err, GetLastError(), "making a console's input UTF-8");
}

bool w32_rawmode_is_on(void)
{
    return atomic_load(&screen.changed);
}

void w32_rawmode_leave(void)
{
    DWORD wrote = 0;
    if (atomic_exchange(&keyboard.changed, false)) {
        SetConsoleMode(keyboard.console, keyboard.mode);
        SetConsoleCP(keyboard.code_page);
    }
    if (atomic_exchange(&screen.changed, false)) {
        WriteFile(screen.console, RESET, sizeof RESET - 1, &wrote, NULL);
        SetConsoleMode(screen.console, screen.mode);
        SetConsoleOutputCP(screen.code_page);
    }
}
