/* tests/win32/test_terminal.c - a program in a pseudo console: what it shows, what is typed, and
 * the order of the end. Windows-only, since Wine 8 can't: that Ctrl-C is a byte, that another size
 * reaches it, and that its std handles are its console. */
#include "win32/terminal.h"

#include "children.h"

#include <stdio.h>

#include <windows.h>

#include "win32/signal.h"

/* A program in a terminal, and our ends of it. */
struct station {
    struct w32_terminal *terminal;
    struct w32_child child;
    w32_handle keyboard, screen;
    char shown[64 * 1024]; /* all that came, with a NUL */
    size_t len;
};

static struct station s;

static void open_station(struct w32_terminal_size size, const char *const *argv, size_t argc)
{
    struct w32_pipe in = {0}, out = {0};
    struct sp_error err = {0};
    s = (struct station){0};
    assert_int_equal(w32_pipe_open(NULL, &in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    if (w32_terminal_open(size, in.read, out.write, &s.terminal, &err) != SP_OK)
        fail_msg("%s", err.what);
    const struct w32_spawn_options what = {.argv = argv, .argc = argc, .terminal = s.terminal};
    if (w32_spawn(&what, &s.child, &err) != SP_OK)
        fail_msg("%s", err.what);
    w32_handle_close(&in.read);
    w32_handle_close(&out.write);
    s.keyboard = in.write;
    s.screen = out.read;
}

#define OPEN(...)                                                                                  \
    open_station((struct w32_terminal_size){0},                                                    \
                 (const char *const[]){child_program(), "terminal", __VA_ARGS__},                  \
                 2 + WORD_COUNT(__VA_ARGS__))

/* Reads once more. @return false: the end */
static bool look(void)
{
    uint32_t got = 0;
    assert_true(s.len + 1 < sizeof s.shown);
    sp_status status =
        w32_read(s.screen, s.shown + s.len, (uint32_t)(sizeof s.shown - s.len - 1), &got, NULL);
    if (status == SP_EEND)
        return false;
    assert_int_equal(status, SP_OK);
    s.len += got;
    s.shown[s.len] = '\0';
    return true;
}

static void wait_for(const char *text)
{
    while (strstr(s.shown, text) == NULL)
        if (!look())
            fail_msg("'%s' never came, but: %s", text, s.shown);
}

/* What is typed is shown as it is typed, and then again by the program. */
static void wait_for_both(const char *text)
{
    wait_for(text);
    while (strstr(strstr(s.shown, text) + 1, text) == NULL)
        if (!look())
            fail_msg("'%s' came once: %s", text, s.shown);
}

static void type(const char *text)
{
    assert_int_equal(w32_write(s.keyboard, text, strlen(text), NULL), SP_OK);
}

/* Closes the terminal and takes all that comes until its end. @return the program's exit code */
static uint32_t close_station(void)
{
    w32_terminal_close(&s.terminal);
    assert_null(s.terminal);
    while (look())
        continue;
    uint32_t code = end_of(&s.child);
    w32_child_close(&s.child);
    w32_handle_close(&s.keyboard);
    w32_handle_close(&s.screen);
    return code;
}

static void what_a_program_wrote_last_comes_before_the_end(void **state)
{
    (void)state;
    OPEN("talk", "first:", "gr\xC3\xBC\xC3\x9F last", "3");
    assert_int_equal(end_of(&s.child), 3); /* and nobody has read anything */
    assert_int_equal(close_station(), 3);
    assert_says(s.shown, "\x1b[");
    assert_says(s.shown, "first:");
    assert_says(s.shown, "gr\xC3\xBC\xC3\x9F last");
}

static void what_is_typed_is_echoed_and_read_as_a_line(void **state)
{
    (void)state;
    OPEN("obey");
    wait_for("READY");
    type("echo here\r");
    wait_for_both("here");
    type("exit 5\r");
    assert_int_equal(end_of(&s.child), 5);
    assert_int_equal(close_station(), 5);
}

/* Wine 8's conhost.exe ends of the byte itself. */
static bool is_wine(void)
{
    return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != NULL;
}

static void the_byte_3_is_ctrl_c(void **state)
{
    (void)state;
    if (is_wine())
        skip();
    OPEN("ctrl");
    wait_for("READY");
    type("\x03");
    wait_for("CTRL-C");
    assert_int_equal(end_of(&s.child), 42);
    assert_int_equal(close_station(), 42);
}

static void ctrl_c_can_be_sent_to_it(void **state)
{
    (void)state;
    OPEN("ctrl");
    wait_for("READY");
    assert_int_equal(w32_signal_send(s.child.pid, W32_SIGNAL_INT, PATIENCE_MS, NULL), SP_OK);
    wait_for("CTRL-C");
    assert_int_equal(end_of(&s.child), 42);
    assert_int_equal(close_station(), 42);
}

static void its_screen_has_the_size_that_was_asked_for(void **state)
{
    (void)state;
    open_station((struct w32_terminal_size){.columns = 101, .rows = 33},
                 (const char *const[]){child_program(), "terminal", "window"}, 3);
    wait_for("101x33");
    w32_terminal_resize(s.terminal, (struct w32_terminal_size){.columns = 90, .rows = 20});
    w32_terminal_resize(s.terminal, (struct w32_terminal_size){0});
    w32_terminal_resize(NULL, (struct w32_terminal_size){.columns = 90, .rows = 20});
    close_station();
}

static void a_program_that_is_at_work_ends_with_its_terminal(void **state)
{
    (void)state;
    OPEN("window");
    wait_for("80x25");
    assert_true(close_station() != 1); /* what it exits with by itself */
}

static void it_inherits_nothing_and_is_in_its_job(void **state)
{
    (void)state;
    struct w32_pipe ours = {0};
    assert_int_equal(w32_pipe_open(NULL, &ours, NULL), SP_OK);
    OPEN("handles");
    end_of(&s.child);
    close_station();
    assert_null(strstr(s.shown, "File pipe"));
    OPEN("job");
    assert_int_equal(end_of(&s.child), 0);
    close_station();
    assert_says(s.shown, "1");
    w32_pipe_close(&ours);
}

static void a_program_that_is_not_there_leaves_no_terminal(void **state)
{
    (void)state;
    struct w32_pipe in = {0}, out = {0};
    struct sp_error err = {0};
    struct w32_terminal *terminal = NULL;
    struct w32_child child = {0};
    char some[256];
    uint32_t got = 0;
    assert_int_equal(w32_pipe_open(NULL, &in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    assert_int_equal(
        w32_terminal_open((struct w32_terminal_size){0}, in.read, out.write, &terminal, &err),
        SP_OK);
    const struct w32_spawn_options what = {
        .argv = (const char *const[]){"no-such.exe"}, .argc = 1, .terminal = terminal};
    assert_int_equal(w32_spawn(&what, &child, &err), SP_ENOTFOUND);
    w32_terminal_close(&terminal);
    w32_terminal_close(&terminal); /* an empty one */
    w32_handle_close(&in.read);
    w32_handle_close(&out.write);
    while (w32_read(out.read, some, sizeof some, &got, NULL) == SP_OK)
        continue;
    w32_pipe_close(&in);
    w32_pipe_close(&out);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "signal") == 0)
        return w32_signal_helper((uint32_t)strtoul(argv[2], NULL, 10), W32_SIGNAL_INT);
    const struct CMUnitTest tests[] = {
        TEST(what_a_program_wrote_last_comes_before_the_end),
        TEST(what_is_typed_is_echoed_and_read_as_a_line),
        TEST(the_byte_3_is_ctrl_c),
        TEST(ctrl_c_can_be_sent_to_it),
        TEST(its_screen_has_the_size_that_was_asked_for),
        TEST(a_program_that_is_at_work_ends_with_its_terminal),
        TEST(it_inherits_nothing_and_is_in_its_job),
        TEST(a_program_that_is_not_there_leaves_no_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
