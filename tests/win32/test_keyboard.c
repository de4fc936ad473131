/* tests/win32/test_keyboard.c - lines, ends and control keys of a console. */
#include "win32/keyboard.h"

#include "children.h"

#include <stdio.h>
#include <windows.h>

#include "win32/path.h"

enum { UTF8 = 65001, CTRL_BACKSLASH = 0x1C };

/* ------------------------------------------------------------------ in the child */

/* Presses keys, as far as a program can. */
static void type(HANDLE console, const wchar_t *text)
{
    for (; *text != 0; text++) {
        INPUT_RECORD keys[2] = {0};
        DWORD done = 0;
        for (int i = 0; i < 2; i++) {
            keys[i].EventType = KEY_EVENT;
            keys[i].Event.KeyEvent.bKeyDown = i == 0;
            keys[i].Event.KeyEvent.wRepeatCount = 1;
            keys[i].Event.KeyEvent.uChar.UnicodeChar = *text;
            if (*text == L'\r')
                keys[i].Event.KeyEvent.wVirtualKeyCode = VK_RETURN;
            if (*text < 32 && *text != L'\r')
                keys[i].Event.KeyEvent.dwControlKeyState = LEFT_CTRL_PRESSED;
        }
        WriteConsoleInputW(console, keys, 2, &done);
    }
}

static HANDLE open_keyboard(void)
{
    if (!SetConsoleCP(UTF8))
        return NULL;
    /* Open as long as this process. */
    return w32_take(CreateFileW(L"CONIN$", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL,
                                OPEN_EXISTING, 0, NULL));
}

static bool reads(struct w32_keyboard *k, const char *expected)
{
    char text[2 * W32_KEYBOARD_ROOM];
    uint32_t got = 0;
    return w32_keyboard_read(k, text, sizeof text, &got, NULL) == SP_OK &&
           got == strlen(expected) && memcmp(text, expected, got) == 0;
}

/* Each returns the number of the first thing that was wrong, or 0. */
static int read_lines(void)
{
    struct w32_keyboard k = {.console = open_keyboard()};
    char text[2 * W32_KEYBOARD_ROOM];
    uint32_t got = 0;
    if (k.console == NULL)
        return 1;
    type(k.console, L"hello\rGrüße €\r\r");
    if (!reads(&k, "hello\r\n"))
        return 2;
    if (!reads(&k, "Gr\xC3\xBC\xC3\x9F"
                   "e \xE2\x82\xAC\r\n"))
        return 3;
    if (!reads(&k, "\r\n"))
        return 4;
    type(k.console, L"\x1A\r");
    return w32_keyboard_read(&k, text, sizeof text, &got, NULL) == SP_EEND ? 0 : 5;
}

static int read_long_line(void)
{
    enum { LEN = 2000 };
    struct w32_keyboard k = {.console = open_keyboard()};
    static wchar_t typed[LEN + 2];
    static char text[LEN + W32_KEYBOARD_ROOM];
    uint32_t got = 0;
    size_t len = 0;
    if (k.console == NULL)
        return 1;
    for (size_t i = 0; i < LEN; i++)
        typed[i] = (wchar_t)(L'a' + i % 26);
    typed[LEN] = L'\r';
    type(k.console, typed);
    while (len < LEN + 2) {
        if (w32_keyboard_read(&k, text + len, W32_KEYBOARD_ROOM, &got, NULL) != SP_OK)
            return 2;
        len += got;
    }
    for (size_t i = 0; i < LEN; i++)
        if (text[i] != (char)('a' + i % 26))
            return 3;
    return len == LEN + 2 && memcmp(text + LEN, "\r\n", 2) == 0 ? 0 : 4;
}

static int read_to_a_key(void)
{
    struct w32_keyboard k = {.console = open_keyboard(),
                             .wake_mask = UINT32_C(1) << CTRL_BACKSLASH};
    if (k.console == NULL)
        return 1;
    type(k.console, L"ab\x1C\r");
    if (!reads(&k, "ab\x1C"))
        return 2;
    if (!reads(&k, "\r\n"))
        return 3;
    k.wake_mask = 0;
    type(k.console, L"ab\x1C\r");
    return reads(&k, "ab\x1C\r\n") ? 0 : 4;
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

static void a_line_is_read_in_the_consoles_code_page_and_ctrl_z_is_the_end(void **state)
{
    (void)state;
    assert_int_equal(run_child("lines"), 0);
}

static void a_line_longer_than_the_room_comes_in_parts(void **state)
{
    (void)state;
    assert_int_equal(run_child("long-line"), 0);
}

static void a_key_of_the_mask_needs_no_enter_and_others_do(void **state)
{
    (void)state;
    assert_int_equal(run_child("key"), 0);
}

static void too_little_room_is_refused(void **state)
{
    (void)state;
    struct w32_keyboard k = {0};
    char text[16];
    uint32_t got = 0;
    assert_int_equal(w32_keyboard_read(&k, text, sizeof text, &got, NULL), SP_EINVAL);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "lines") == 0)
        return read_lines();
    if (argc == 2 && strcmp(argv[1], "long-line") == 0)
        return read_long_line();
    if (argc == 2 && strcmp(argv[1], "key") == 0)
        return read_to_a_key();
    const struct CMUnitTest tests[] = {
        TEST(a_line_is_read_in_the_consoles_code_page_and_ctrl_z_is_the_end),
        TEST(a_line_longer_than_the_room_comes_in_parts),
        TEST(a_key_of_the_mask_needs_no_enter_and_others_do),
        TEST(too_little_room_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
