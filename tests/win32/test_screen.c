/* tests/win32/test_screen.c - a console that is taken over, its keys, and that it is given back as
 * it was. The tests run in a second process, which has a console of its own. What VT sequences look
 * like on it is windows-only: Wine 8 shows them as characters. */
#include "win32/screen.h"

#include "children.h"

#include <windows.h>

#include "win32/console.h"
#include "win32/path.h"

/* ------------------------------------------------------------------ in the child */

static HANDLE keys, out;

static bool open_console(void)
{
    DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE, access = GENERIC_READ | GENERIC_WRITE;
    keys = CreateFileW(L"CONIN$", access, share, NULL, OPEN_EXISTING, 0, NULL);
    out = CreateFileW(L"CONOUT$", access, share, NULL, OPEN_EXISTING, 0, NULL);
    SetStdHandle(STD_OUTPUT_HANDLE, out);
    return keys != INVALID_HANDLE_VALUE && out != INVALID_HANDLE_VALUE;
}

static DWORD mode_of(HANDLE console)
{
    DWORD mode = 0;
    GetConsoleMode(console, &mode);
    return mode;
}

static void press(WORD key, wchar_t unit)
{
    INPUT_RECORD record = {.EventType = KEY_EVENT};
    DWORD done = 0;
    record.Event.KeyEvent.bKeyDown = TRUE;
    record.Event.KeyEvent.wRepeatCount = 1;
    record.Event.KeyEvent.wVirtualKeyCode = key;
    record.Event.KeyEvent.uChar.UnicodeChar = unit;
    WriteConsoleInputW(keys, &record, 1, &done);
    record.Event.KeyEvent.bKeyDown = FALSE; /* which is no key */
    WriteConsoleInputW(keys, &record, 1, &done);
}

/* The next key that is no change of the window's size. */
static uint32_t next_key(void)
{
    uint32_t key;
    do
        key = w32_screen_key(PATIENCE_MS);
    while (key == W32_KEY_RESIZED);
    return key;
}

/* Each returns the number of the first thing that was wrong, or 0. */
static int take_and_give_back(void)
{
    size_t width = 0, height = 0;
    if (!open_console())
        return 1;
    /* A mode that nobody would set by chance. */
    SetConsoleMode(keys, ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT | ENABLE_PROCESSED_INPUT);
    DWORD keys_mode = mode_of(keys), out_mode = mode_of(out);
    if (w32_screen_open(NULL) != SP_OK)
        return 2;
    if ((mode_of(keys) & (ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT)) != 0)
        return 3;
    if ((mode_of(out) & ENABLE_VIRTUAL_TERMINAL_PROCESSING) == 0)
        return 4;
    if (!w32_console_size(W32_STDOUT, &width, &height) || width == 0 || height == 0)
        return 5;
    if (w32_screen_draw("hello", 5) != SP_OK)
        return 6;
    w32_screen_close();
    w32_screen_close();
    return mode_of(keys) != keys_mode ? 7 : mode_of(out) != out_mode ? 8 : 0;
}

static int read_keys(void)
{
    if (!open_console())
        return 1;
    FlushConsoleInputBuffer(keys);
    if (w32_screen_open(NULL) != SP_OK)
        return 2;
    press('Q', L'q');
    press(VK_UP, 0);
    press(VK_SHIFT, 0);
    press(VK_NEXT, 0);
    press(0, 0xD83D);
    press(0, 0xDE00);
    press(VK_TAB, L'\t');
    if (next_key() != 'q')
        return 3;
    if (next_key() != W32_KEY_UP)
        return 4;
    if (next_key() != W32_KEY_PAGE_DOWN)
        return 5;
    if (next_key() != 0x1F600)
        return 6;
    if (next_key() != '\t')
        return 7;
    if (w32_screen_key(0) != W32_KEY_NONE)
        return 8;
    w32_screen_close();
    return 0;
}

static int quit_at_ctrl_c(void)
{
    if (!open_console())
        return 1;
    DWORD keys_mode = mode_of(keys), out_mode = mode_of(out);
    SetConsoleCtrlHandler(NULL, FALSE);
    if (w32_screen_open(NULL) != SP_OK)
        return 2;
    if (!GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0))
        return 3;
    if (next_key() != W32_KEY_QUIT)
        return 4;
    w32_screen_close();
    return mode_of(keys) != keys_mode || mode_of(out) != out_mode ? 5 : 0;
}

/* Whoever looks after the crash is this process's filter of last resort, which runs behind ours. */
static DWORD keys_before, out_before;

static LONG WINAPI look_behind(EXCEPTION_POINTERS *what)
{
    (void)what;
    ExitProcess(mode_of(keys) == keys_before && mode_of(out) == out_before ? 0 : 4);
}

static int crash(void)
{
    if (!open_console())
        return 1;
    keys_before = mode_of(keys);
    out_before = mode_of(out);
    if (w32_screen_open(NULL) != SP_OK)
        return 2;
    LPTOP_LEVEL_EXCEPTION_FILTER ours = SetUnhandledExceptionFilter(look_behind);
    EXCEPTION_POINTERS none = {0};
    if (ours == NULL || ours(&none) != EXCEPTION_CONTINUE_SEARCH)
        return 3;
    return (int)look_behind(&none);
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

static void a_console_is_given_back_as_it_was(void **state)
{
    (void)state;
    assert_int_equal(run_child("give-back"), 0);
}

static void keys_come_at_once_and_by_their_name(void **state)
{
    (void)state;
    assert_int_equal(run_child("keys"), 0);
}

static void ctrl_c_is_a_wish_to_quit(void **state)
{
    (void)state;
    assert_int_equal(run_child("ctrl-c"), 0);
}

static void a_crash_gives_the_console_back(void **state)
{
    (void)state;
    assert_int_equal(run_child("crash"), 0);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "give-back") == 0)
        return take_and_give_back();
    if (argc == 2 && strcmp(argv[1], "keys") == 0)
        return read_keys();
    if (argc == 2 && strcmp(argv[1], "ctrl-c") == 0)
        return quit_at_ctrl_c();
    if (argc == 2 && strcmp(argv[1], "crash") == 0)
        return crash();
    const struct CMUnitTest tests[] = {
        TEST(a_console_is_given_back_as_it_was),
        TEST(keys_come_at_once_and_by_their_name),
        TEST(ctrl_c_is_a_wish_to_quit),
        TEST(a_crash_gives_the_console_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
