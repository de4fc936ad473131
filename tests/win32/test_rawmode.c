/* tests/win32/test_rawmode.c - a console as a terminal's screen and keyboard, and back. Each test
 * is a program with a console of its own. Windows-only: what control sequences do to a screen. */
#include "win32/rawmode.h"

#include "children.h"

#include <stdio.h>
#include <windows.h>

#include "win32/console.h"
#include "win32/keyboard.h"
#include "win32/path.h"
#include "win32/process.h"

enum { CTRL_C = 3, UTF8 = 65001 };

/* ------------------------------------------------------------------ in the child */

static HANDLE in, out;

struct modes {
    DWORD in, out;
    UINT in_code_page, out_code_page;
};

static struct modes modes_now(void)
{
    struct modes m = {.in_code_page = GetConsoleCP(), .out_code_page = GetConsoleOutputCP()};
    GetConsoleMode(in, &m.in);
    GetConsoleMode(out, &m.out);
    return m;
}

static bool is_same(struct modes a, struct modes b)
{
    return a.in == b.in && a.out == b.out && a.in_code_page == b.in_code_page &&
           a.out_code_page == b.out_code_page;
}

static struct modes open_console(void)
{
    in = CreateFileW(L"CONIN$", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                     NULL, OPEN_EXISTING, 0, NULL);
    out = CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                      NULL, OPEN_EXISTING, 0, NULL);
    SetStdHandle(STD_INPUT_HANDLE, in);
    SetStdHandle(STD_OUTPUT_HANDLE, out);
    SetConsoleCP(850);
    SetConsoleOutputCP(437);
    return modes_now();
}

static void type(wchar_t c)
{
    INPUT_RECORD key = {.EventType = KEY_EVENT};
    DWORD done = 0;
    key.Event.KeyEvent.bKeyDown = TRUE;
    key.Event.KeyEvent.wRepeatCount = 1;
    key.Event.KeyEvent.uChar.UnicodeChar = c;
    key.Event.KeyEvent.dwControlKeyState = c < 32 ? LEFT_CTRL_PRESSED : 0;
    WriteConsoleInputW(in, &key, 1, &done);
}

/* Each returns the number of the first thing that was wrong, or 0. */
static int there_and_back(void)
{
    const DWORD cooked = ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT | ENABLE_PROCESSED_INPUT;
    struct modes before = open_console();
    w32_rawmode_leave(); /* nothing was changed */
    if (w32_rawmode_is_on() || !is_same(before, modes_now()))
        return 1;
    if (w32_rawmode_screen(NULL) != SP_OK || !w32_rawmode_is_on())
        return 2;
    if (w32_rawmode_keyboard(false, NULL) != SP_OK)
        return 3;
    struct modes raw = modes_now();
    if ((raw.in & cooked) != 0 || (raw.in & ENABLE_VIRTUAL_TERMINAL_INPUT) == 0)
        return 4;
    if ((raw.out & ENABLE_VIRTUAL_TERMINAL_PROCESSING) == 0 ||
        (raw.out & DISABLE_NEWLINE_AUTO_RETURN) == 0)
        return 5;
    if (raw.in_code_page != UTF8 || raw.out_code_page != UTF8)
        return 6;
    w32_rawmode_leave();
    return w32_rawmode_is_on() ? 7 : is_same(before, modes_now()) ? 0 : 8;
}

static int keys_come_at_once(void)
{
    struct w32_keyboard k = {0};
    char text[W32_KEYBOARD_ROOM];
    uint32_t got = 0;
    open_console();
    k.console = in;
    if (w32_rawmode_keyboard(false, NULL) != SP_OK)
        return 1;
    type(CTRL_C);
    if (w32_keyboard_read(&k, text, sizeof text, &got, NULL) != SP_OK || got != 1 ||
        text[0] != CTRL_C)
        return 2;
    type(0xE9); /* without Enter */
    if (w32_keyboard_read(&k, text, sizeof text, &got, NULL) != SP_OK || got != 2 ||
        memcmp(text, "\xC3\xA9", 2) != 0)
        return 3;
    type(0x1A); /* Ctrl-Z is a key as any other */
    if (w32_keyboard_read(&k, text, sizeof text, &got, NULL) != SP_OK || got != 1 ||
        text[0] != 0x1A)
        return 4;
    return 0;
}

static int ctrl_c_can_stay(void)
{
    open_console();
    if (w32_rawmode_keyboard(true, NULL) != SP_OK)
        return 1;
    DWORD mode = modes_now().in;
    return (mode & ENABLE_PROCESSED_INPUT) == 0                    ? 2
           : (mode & (ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT)) != 0 ? 3
                                                                   : 0;
}

/* What a process at our console leaves behind. */
static int after(const char *how, uint32_t expected)
{
    char *self = NULL;
    uint32_t code = 0;
    struct w32_child child = {0};
    struct modes before = open_console();
    if (w32_path_self(&self, NULL) != SP_OK)
        return 1;
    const char *const argv[] = {self, how};
    const struct w32_spawn_options what = {
        .argv = argv, .argc = 2, .console = W32_CONSOLE_SHARED, .in = in, .out = out};
    if (w32_spawn(&what, &child, NULL) != SP_OK ||
        w32_child_wait(&child, PATIENCE_MS, &code, NULL) != SP_OK)
        return 2;
    w32_child_close(&child);
    free(self);
    return code != expected ? 3 : is_same(before, modes_now()) ? 0 : 4;
}

static bool enter(void)
{
    return w32_rawmode_screen(NULL) == SP_OK && w32_rawmode_keyboard(false, NULL) == SP_OK;
}

static int leave_by_exit(void)
{
    if (enter())
        w32_exit(7);
    return 1;
}

static int leave_by_crash(void)
{
    volatile uintptr_t nowhere = 16;
    if (enter())
        *(volatile int *)nowhere = 1;
    return 1;
}

static int size_is_the_windows(void)
{
    struct w32_terminal_size size = {0};
    CONSOLE_SCREEN_BUFFER_INFO info;
    open_console();
    if (!w32_rawmode_size(&size) || !GetConsoleScreenBufferInfo(out, &info))
        return 1;
    if (size.columns != info.srWindow.Right + 1 - info.srWindow.Left ||
        size.rows != info.srWindow.Bottom + 1 - info.srWindow.Top)
        return 2;
    SetStdHandle(STD_OUTPUT_HANDLE, NULL);
    return w32_rawmode_size(&size) ? 3 : 0;
}

/* ------------------------------------------------------------------ the tests */

static int run_child(const char *mode)
{
    char *self = NULL;
    uint32_t code = 0;
    struct w32_child child = {0};
    assert_int_equal(w32_path_self(&self, NULL), SP_OK);
    const char *const argv[] = {self, mode};
    const struct w32_spawn_options what = {.argv = argv, .argc = 2, .console = W32_CONSOLE_HIDDEN};
    assert_int_equal(w32_spawn(&what, &child, NULL), SP_OK);
    assert_int_equal(w32_child_wait(&child, PATIENCE_MS, &code, NULL), SP_OK);
    w32_child_close(&child);
    free(self);
    return (int)code;
}

static void what_was_changed_is_restored(void **state)
{
    (void)state;
    assert_int_equal(run_child("back"), 0);
}

static void each_key_comes_at_once_and_as_utf8(void **state)
{
    (void)state;
    assert_int_equal(run_child("keys"), 0);
}

static void whoever_only_looks_keeps_ctrl_c(void **state)
{
    (void)state;
    assert_int_equal(run_child("ctrl-c"), 0);
}

static void an_exit_and_a_crash_restore_all(void **state)
{
    (void)state;
    assert_int_equal(run_child("after-exit"), 0);
    assert_int_equal(run_child("after-crash"), 0);
}

static void the_size_is_that_of_the_window(void **state)
{
    (void)state;
    assert_int_equal(run_child("size"), 0);
}

static void what_is_no_console_is_refused(void **state)
{
    (void)state;
    assert_int_not_equal(w32_rawmode_screen(NULL), SP_OK); /* a file, or a pipe */
    assert_int_not_equal(w32_rawmode_keyboard(false, NULL), SP_OK);
    assert_false(w32_rawmode_is_on());
}

int main(int argc, char **argv)
{
    const char *mode = argc == 2 ? argv[1] : "";
    if (strcmp(mode, "back") == 0)
        return there_and_back();
    if (strcmp(mode, "keys") == 0)
        return keys_come_at_once();
    if (strcmp(mode, "ctrl-c") == 0)
        return ctrl_c_can_stay();
    if (strcmp(mode, "after-exit") == 0)
        return after("exit", 7);
    if (strcmp(mode, "after-crash") == 0)
        return after("crash", 0xC0000005);
    if (strcmp(mode, "exit") == 0)
        return leave_by_exit();
    if (strcmp(mode, "crash") == 0)
        return leave_by_crash();
    if (strcmp(mode, "size") == 0)
        return size_is_the_windows();
    const struct CMUnitTest tests[] = {
        TEST(what_was_changed_is_restored),    TEST(each_key_comes_at_once_and_as_utf8),
        TEST(whoever_only_looks_keeps_ctrl_c), TEST(an_exit_and_a_crash_restore_all),
        TEST(the_size_is_that_of_the_window),  TEST(what_is_no_console_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
