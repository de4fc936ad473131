/* tests/client/test_console.c - the client at a console: lines, Ctrl-Z and the detach keys, as
 * somebody types them. The tests run in a second process, which has a console of its own. */
#include "fake.h"

#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "core/rpc.h"
#include "win32/console.h"
#include "win32/path.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct fake f;
static struct fake_client c;
static const char *said;
static w32_handle console;

static int open_fake(void **state)
{
    (void)state;
    console =
        w32_take(CreateFileW(L"CONIN$", GENERIC_READ | GENERIC_WRITE,
                             FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL));
    if (console == NULL || !SetConsoleCP(65001))
        return -1;
    FlushConsoleInputBuffer(console);
    fake_open(&f);
    return 0;
}

static int close_fake(void **state)
{
    (void)state;
    fake_close(&f);
    w32_handle_close(&console);
    return 0;
}

/* Presses keys, as far as a program can. */
static void type(const wchar_t *text)
{
    for (; *text != 0; text++) {
        INPUT_RECORD key = {.EventType = KEY_EVENT};
        DWORD done = 0;
        key.Event.KeyEvent.bKeyDown = TRUE;
        key.Event.KeyEvent.wRepeatCount = 1;
        key.Event.KeyEvent.uChar.UnicodeChar = *text;
        if (*text == L'\r')
            key.Event.KeyEvent.wVirtualKeyCode = VK_RETURN;
        else if (*text < 32)
            key.Event.KeyEvent.dwControlKeyState = LEFT_CTRL_PRESSED;
        assert_true(WriteConsoleInputW(console, &key, 1, &done));
    }
}

static void expect_detach(int input)
{
    json_t *params = fake_next(&f, "detach");
    assert_int_equal(json_integer_value(json_object_get(params, "input")), input);
    json_decref(params);
}

static void lines_go_to_the_worker_and_ctrl_backslash_detaches(void **state)
{
    (void)state;
    fake_start_client_at(&f, &c, WORDS("w"), console);
    fake_attach(&f, "shared", 0);
    type(L"h\xE9llo\r");
    fake_hear(&f, "h\xC3\xA9llo\r\n");
    type(L"not entered\x1C"); /* and no Enter */
    expect_detach(8);
    fake_answer(&f, json_object());
    fake_cut(&f);
    assert_int_equal(fake_client_end(&c, &said), 0);
    assert_non_null(strstr(said, "detached"));
}

static void a_session_that_resumes_is_left_the_same_way(void **state)
{
    (void)state;
    fake_start_client_at(&f, &c, WORDS("w"), console);
    fake_attach(&f, "shared", FAKE_RESUME_MS);
    type(L"one\r");
    fake_hear(&f, "one\r\n");
    fake_cut(&f);
    fake_resume(&f, 5, 0, 0);
    type(L"\x1C");
    expect_detach(5);
    fake_answer(&f, json_object());
    fake_cut(&f);
    assert_int_equal(fake_client_end(&c, &said), 0);
}

static void other_keys_are_what_is_said(void **state)
{
    (void)state;
    fake_start_client_at(&f, &c, WORDS("--detach-keys", "ctrl-p,ctrl-q", "w"), console);
    fake_attach(&f, "shared", 0);
    type(L"\x10\x11");
    expect_detach(0);
    fake_answer(&f, json_object());
    fake_cut(&f);
    assert_int_equal(fake_client_end(&c, &said), 0);
}

static void without_keys_the_worker_gets_every_one_and_ctrl_z_is_the_end(void **state)
{
    (void)state;
    fake_start_client_at(&f, &c, WORDS("--detach-keys=none", "w"), console);
    fake_attach(&f, "shared", 0);
    type(L"a\x1C"
         L"b\r\x1A\r");
    fake_hear(&f, "a\x1C"
                  "b\r\n");
    fake_hear_end(&f, 5);
    fake_close_data(&f, SP_STDOUT);
    fake_close_data(&f, SP_STDERR);
    fake_exit(&f, 0, 0, 4);
    fake_expect(&f, "ack");
    assert_int_equal(fake_client_end(&c, &said), 4);
}

/* ------------------------------------------------------------------ a worker with a terminal */

static w32_handle screen;

struct modes {
    DWORD in, out;
    UINT in_code_page, out_code_page;
};

static struct modes modes_now(void)
{
    struct modes m = {.in_code_page = GetConsoleCP(), .out_code_page = GetConsoleOutputCP()};
    assert_true(GetConsoleMode(console, &m.in));
    assert_true(GetConsoleMode(screen, &m.out));
    return m;
}

static void assert_restored(struct modes before)
{
    struct modes now = modes_now();
    assert_int_equal(now.in, before.in);
    assert_int_equal(now.out, before.out);
    assert_int_equal(now.in_code_page, before.in_code_page);
    assert_int_equal(now.out_code_page, before.out_code_page);
}

static void assert_raw(void)
{
    struct modes now = modes_now();
    assert_int_equal(now.in & (ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT | ENABLE_PROCESSED_INPUT), 0);
    assert_int_not_equal(now.in & ENABLE_VIRTUAL_TERMINAL_INPUT, 0);
    assert_int_not_equal(now.out & ENABLE_VIRTUAL_TERMINAL_PROCESSING, 0);
}

/* A screen of its own, whose size is the test's. */
static struct modes open_screen(void)
{
    screen = w32_take(CreateConsoleScreenBuffer(GENERIC_READ | GENERIC_WRITE,
                                                FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                                                CONSOLE_TEXTMODE_BUFFER, NULL));
    assert_non_null(screen);
    return modes_now();
}

static void set_size(SHORT columns, SHORT rows)
{
    SMALL_RECT window = {.Right = (SHORT)(columns - 1), .Bottom = (SHORT)(rows - 1)};
    assert_true(SetConsoleWindowInfo(screen, TRUE, &window));
}

static void assert_size(json_t *params, int columns, int rows)
{
    assert_int_equal(json_integer_value(json_object_get(params, "columns")), columns);
    assert_int_equal(json_integer_value(json_object_get(params, "rows")), rows);
    json_decref(params);
}

/* From accept to start, with a worker that has a terminal. */
static void attach_to_terminal(const char *mode, const char *token)
{
    fake_accept(&f);
    fake_expect(&f, "attach");
    json_t *answer = fake_pipes(&f, false);
    json_object_set_new(answer, "mode", json_string(mode));
    json_object_set_new(answer, "tty", json_true());
    if (token != NULL) {
        json_object_set_new(answer, "resume_ms", json_integer(FAKE_RESUME_MS));
        json_object_set_new(answer, "token", json_string(token));
    }
    fake_answer(&f, answer);
    assert_size(fake_next(&f, "start"), 60, 20);
    fake_answer(&f, json_pack("{s:s}", "session", "s17"));
}

static void a_terminal_has_our_keys_our_size_and_leaves_the_console_as_it_was(void **state)
{
    (void)state;
    struct modes before = open_screen();
    set_size(60, 20);
    fake_start_client_on(&f, &c, WORDS("w"), console, screen);
    attach_to_terminal("private", NULL);
    type(L"\x03"); /* Ctrl-C is a key */
    fake_hear(&f, "\x03");
    assert_raw();
    type(L"\xE9\x1A\r");
    fake_hear(&f, "\xC3\xA9\x1A\r");
    fake_say(&f, SP_STDOUT, "\x1b[?9001hx", 9);
    set_size(50, 10);
    assert_size(fake_next(&f, "resize"), 50, 10);
    fake_close_data(&f, SP_STDOUT);
    fake_close_data(&f, SP_STDERR);
    fake_exit(&f, 9, 0, 4);
    fake_expect(&f, "ack");
    assert_int_equal(fake_client_end(&c, &said), 4);
    assert_restored(before);
    w32_handle_close(&screen);
}

static void a_terminal_that_is_left_or_lost_leaves_the_console_as_it_was(void **state)
{
    (void)state;
    struct modes before = open_screen();
    set_size(60, 20);
    fake_start_client_on(&f, &c, WORDS("w"), console, screen);
    attach_to_terminal("shared", "0123456789abcdef0123456789abcdef");
    type(L"one\x1C"); /* what stands before the keys was typed, line or not */
    fake_hear(&f, "one");
    assert_raw();
    expect_detach(3);
    fake_answer(&f, json_object());
    fake_cut(&f);
    assert_int_equal(fake_client_end(&c, &said), 0);
    assert_restored(before);
    fake_start_client_on(&f, &c, WORDS("w"), console, screen);
    attach_to_terminal("private", NULL);
    type(L"x");
    fake_hear(&f, "x");
    fake_cut(&f);
    assert_int_equal(fake_client_end(&c, &said), 125);
    assert_restored(before);
    w32_handle_close(&screen);
}

/* Of another process a console's handle means nothing. */
static void a_console_is_not_offered(void **state)
{
    (void)state;
    fake_start_client_at(&f, &c, WORDS("--detach-keys=none", "w"), console);
    fake_accept(&f);
    json_t *params = fake_next(&f, "attach");
    json_t *handles = json_object_get(params, "handles");
    assert_null(json_object_get(handles, "stdin"));
    assert_non_null(json_object_get(handles, "stdout")); /* a pipe */
    json_decref(params);
    fake_refuse(&f, SP_RPC_REFUSED, "enough");
    assert_int_equal(fake_client_end(&c, &said), 125);
}

#define CONSOLE_TEST(name) cmocka_unit_test_setup_teardown(name, open_fake, close_fake)

static int run_at_console(void)
{
    const struct CMUnitTest tests[] = {
        CONSOLE_TEST(lines_go_to_the_worker_and_ctrl_backslash_detaches),
        CONSOLE_TEST(a_session_that_resumes_is_left_the_same_way),
        CONSOLE_TEST(other_keys_are_what_is_said),
        CONSOLE_TEST(a_terminal_has_our_keys_our_size_and_leaves_the_console_as_it_was),
        CONSOLE_TEST(a_terminal_that_is_left_or_lost_leaves_the_console_as_it_was),
        CONSOLE_TEST(a_console_is_not_offered),
        CONSOLE_TEST(without_keys_the_worker_gets_every_one_and_ctrl_z_is_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

static void at_a_console(void **state)
{
    (void)state;
    char *self = NULL;
    uint32_t code = 0;
    struct w32_child child = {0};
    assert_int_equal(w32_path_self(&self, NULL), SP_OK);
    const char *const argv[] = {self, "console"};
    const struct w32_spawn_options what = {.argv = argv,
                                           .argc = 2,
                                           .console = W32_CONSOLE_HIDDEN,
                                           .out = w32_stream_handle(W32_STDOUT),
                                           .err = w32_stream_handle(W32_STDERR)};
    assert_int_equal(w32_spawn(&what, &child, NULL), SP_OK);
    assert_int_equal(w32_child_wait(&child, 2 * PATIENCE_MS, &code, NULL), SP_OK);
    assert_int_equal(code, 0);
    w32_child_close(&child);
    free(self);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "console") == 0)
        return run_at_console();
    const struct CMUnitTest tests[] = {cmocka_unit_test(at_a_console)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
