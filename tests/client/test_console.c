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
