/* tests/win32/test_signal.c - Ctrl-C and Ctrl-Break reach the process it is for, and what listens
 * hears it. */
#include "win32/signal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <windows.h>

#include "win32/console.h"
#include "win32/path.h"
#include "win32/pipe.h"
#include "win32/spawn.h"

/* Long enough for the slowest machine, short enough that a hang is told from slowness. */
enum { PATIENCE_MS = 60000, HEARD = 7 };

/* --- What the children do: this program again. --- */

/* Says when it listens, and ends with HEARD at Ctrl-C. */
static int hear(bool or_stdin_end)
{
    if (w32_interrupt_arm(NULL) != SP_OK || w32_print(W32_STDOUT, "!", 1) != SP_OK)
        return 1;
    return w32_interrupt_wait(or_stdin_end, NULL) == SP_OK ? HEARD : 2;
}

static HANDLE heard;

static void count(enum w32_interrupt what, void *arg)
{
    *(enum w32_interrupt *)arg = what;
    SetEvent(heard);
}

/* Hears one signal so many times, and nothing else. */
static int listen_for(enum w32_interrupt wanted, int times)
{
    enum w32_interrupt what = W32_INTERRUPT_CLOSE;
    heard = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (w32_on_interrupt(count, &what, NULL) != SP_OK)
        return 1;
    for (int i = 0; i < times; i++) {
        if (w32_print(W32_STDOUT, "!", 1) != SP_OK || WaitForSingleObject(heard, INFINITE) != 0)
            return 2;
        if (what != wanted)
            return 3;
        what = W32_INTERRUPT_CLOSE;
    }
    return HEARD;
}

static int wait_for_ever(void)
{
    if (w32_print(W32_STDOUT, "!", 1) != SP_OK)
        return 1;
    Sleep(INFINITE);
    return 0;
}

static int start(const char *mode, enum w32_console console, w32_handle in, w32_handle out,
                 struct w32_child *child)
{
    char *self = NULL;
    if (w32_path_self(&self, NULL) != SP_OK)
        return -1;
    const char *const argv[] = {self, mode};
    const struct w32_spawn_options what = {
        .argv = argv, .argc = 2, .in = in, .out = out, .console = console};
    sp_status status = w32_spawn(&what, child, NULL);
    free(self);
    return status == SP_OK ? 0 : -1;
}

/* Starts another one on its own console and ends with its exit code. */
static int pass_on(void)
{
    struct w32_child child = {0};
    uint32_t code = 0;
    w32_handle out = w32_stream_handle(W32_STDOUT);
    if (w32_interrupt_arm(NULL) != SP_OK)
        return 1;
    if (start("listen", W32_CONSOLE_SHARED, NULL, out, &child) != 0)
        return 2;
    if (w32_child_wait(&child, W32_FOREVER, &code, NULL) != SP_OK)
        return 3;
    w32_child_close(&child);
    return (int)code;
}

/* --- The tests. --- */

static sp_status send_int(uint32_t pid, struct sp_error *err)
{
    return w32_signal_send(pid, W32_SIGNAL_INT, PATIENCE_MS, err);
}

struct listener {
    struct w32_child child;
    struct w32_pipe out;
    struct w32_pipe in;
};

static void await_ready(struct listener *l)
{
    char c = 0;
    uint32_t got = 0;
    assert_int_equal(w32_read(l->out.read, &c, 1, &got, NULL), SP_OK);
    assert_int_equal(c, '!');
}

static struct listener open_listener(const char *mode, enum w32_console console)
{
    struct listener l = {0};
    assert_int_equal(w32_pipe_open(NULL, &l.out, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &l.in, NULL), SP_OK);
    assert_int_equal(start(mode, console, l.in.read, l.out.write, &l.child), 0);
    w32_handle_close(&l.out.write);
    w32_handle_close(&l.in.read);
    await_ready(&l);
    return l;
}

static void assert_ends_with(const struct listener *l, uint32_t expected)
{
    uint32_t code = 0;
    assert_int_equal(w32_child_wait(&l->child, PATIENCE_MS, &code, NULL), SP_OK);
    assert_int_equal(code, expected);
}

static void close_listener(struct listener *l)
{
    w32_child_close(&l->child);
    w32_pipe_close(&l->out);
    w32_pipe_close(&l->in);
    assert_int_equal(w32_handle_tally(), 0);
}

static void interrupt_reaches_a_process_with_a_hidden_console(void **state)
{
    (void)state;
    struct listener l = open_listener("listen", W32_CONSOLE_HIDDEN);
    assert_int_equal(send_int(l.child.pid, NULL), SP_OK);
    assert_ends_with(&l, HEARD);
    close_listener(&l);
}

static void interrupt_can_be_sent_again(void **state)
{
    (void)state;
    struct listener l = open_listener("twice", W32_CONSOLE_HIDDEN);
    assert_int_equal(send_int(l.child.pid, NULL), SP_OK);
    await_ready(&l);
    assert_int_equal(send_int(l.child.pid, NULL), SP_OK);
    assert_ends_with(&l, HEARD);
    close_listener(&l);
}

static void interrupt_reaches_what_a_process_has_started(void **state)
{
    (void)state;
    struct listener l = open_listener("pass-on", W32_CONSOLE_HIDDEN);
    assert_int_equal(send_int(l.child.pid, NULL), SP_OK);
    assert_ends_with(&l, HEARD);
    close_listener(&l);
}

static void interrupt_ends_a_process_that_does_not_listen(void **state)
{
    (void)state;
    struct listener l = open_listener("wait", W32_CONSOLE_HIDDEN);
    assert_int_equal(send_int(l.child.pid, NULL), SP_OK);
    uint32_t code = 0;
    assert_int_equal(w32_child_wait(&l.child, PATIENCE_MS, &code, NULL), SP_OK);
    /* Wine's own handler ends a process with 0, Windows' with STATUS_CONTROL_C_EXIT. */
    assert_true(code == 0 || code == 0xC000013A);
    close_listener(&l);
}

static void interrupt_leaves_other_consoles_alone(void **state)
{
    (void)state;
    struct listener a = open_listener("twice", W32_CONSOLE_HIDDEN);
    struct listener b = open_listener("listen", W32_CONSOLE_HIDDEN);
    assert_int_equal(send_int(b.child.pid, NULL), SP_OK);
    assert_ends_with(&b, HEARD);
    /* If a had heard that, too, it would end at the first of these two. */
    assert_int_equal(send_int(a.child.pid, NULL), SP_OK);
    await_ready(&a);
    assert_int_equal(send_int(a.child.pid, NULL), SP_OK);
    assert_ends_with(&a, HEARD);
    w32_child_close(&b.child);
    w32_pipe_close(&b.out);
    w32_pipe_close(&b.in);
    close_listener(&a);
}

static void interrupt_without_a_console_is_unsupported(void **state)
{
    (void)state;
    struct sp_error err = {0};
    struct listener l = open_listener("wait", W32_CONSOLE_NONE);
    assert_int_equal(send_int(l.child.pid, &err), SP_EUNSUPPORTED);
    assert_non_null(strstr(err.what, "no console"));
    close_listener(&l);
}

static void interrupt_of_an_ended_process_is_not_found(void **state)
{
    (void)state;
    struct sp_error err = {0};
    struct listener l = open_listener("listen", W32_CONSOLE_HIDDEN);
    assert_int_equal(send_int(l.child.pid, NULL), SP_OK);
    assert_ends_with(&l, HEARD);
    assert_int_equal(send_int(l.child.pid, &err), SP_ENOTFOUND);
    assert_non_null(strstr(err.what, "has ended"));
    close_listener(&l);
}

static void break_reaches_a_process_with_a_hidden_console(void **state)
{
    (void)state;
    struct sp_error err = {0};
    struct listener l = open_listener("break", W32_CONSOLE_HIDDEN);
    sp_status status = w32_signal_send(l.child.pid, W32_SIGNAL_BREAK, PATIENCE_MS, &err);
    if (status != SP_OK) {
        /* Wine 8: its caller is told, and nothing has happened to the process. */
        assert_int_equal(status, SP_EUNSUPPORTED);
        assert_non_null(strstr(err.what, "can't send Ctrl-Break"));
        assert_int_equal(w32_child_wait(&l.child, 0, NULL, NULL), SP_ETIMEOUT);
        close_listener(&l);
        print_message("windows-only: this system sends no Ctrl-Break\n");
        skip();
    }
    assert_ends_with(&l, HEARD);
    close_listener(&l);
}

static void break_without_a_console_is_unsupported(void **state)
{
    (void)state;
    struct sp_error err = {0};
    struct listener l = open_listener("wait", W32_CONSOLE_NONE);
    assert_int_equal(w32_signal_send(l.child.pid, W32_SIGNAL_BREAK, PATIENCE_MS, &err),
                     SP_EUNSUPPORTED);
    assert_non_null(strstr(err.what, "no console, so Ctrl-Break"));
    close_listener(&l);
}

static void break_of_an_ended_process_is_not_found(void **state)
{
    (void)state;
    struct listener l = open_listener("listen", W32_CONSOLE_HIDDEN);
    assert_int_equal(send_int(l.child.pid, NULL), SP_OK);
    assert_ends_with(&l, HEARD);
    assert_int_equal(w32_signal_send(l.child.pid, W32_SIGNAL_BREAK, PATIENCE_MS, NULL),
                     SP_ENOTFOUND);
    close_listener(&l);
}

static void signals_have_names_and_keys(void **state)
{
    (void)state;
    enum w32_signal which = W32_SIGNAL_INT;
    assert_true(w32_signal_by_name("break", &which));
    assert_int_equal(which, W32_SIGNAL_BREAK);
    assert_string_equal(w32_signal_keys(which), "Ctrl-Break");
    assert_false(w32_signal_by_name("INT", &which));
    assert_false(w32_signal_by_name("", &which));
    assert_int_equal(which, W32_SIGNAL_BREAK);
    assert_true(w32_signal_by_name("int", &which));
    assert_int_equal(which, W32_SIGNAL_INT);
    assert_string_equal(w32_signal_keys(which), "Ctrl-C");
}

static void waiting_ends_with_stdin_if_asked(void **state)
{
    (void)state;
    struct listener l = open_listener("stdin", W32_CONSOLE_NONE);
    assert_int_equal(w32_write(l.in.write, "dropped\n", 8, NULL), SP_OK);
    assert_int_equal(w32_child_wait(&l.child, 0, NULL, NULL), SP_ETIMEOUT);
    w32_handle_close(&l.in.write);
    assert_ends_with(&l, HEARD);
    close_listener(&l);
}

static int child(int argc, char **argv)
{
    enum w32_signal which = W32_SIGNAL_INT;
    if (strcmp(argv[1], "signal") == 0 && argc == 4 && w32_signal_by_name(argv[3], &which))
        return w32_signal_helper((uint32_t)strtoul(argv[2], NULL, 10), which);
    if (strcmp(argv[1], "listen") == 0)
        return hear(false);
    if (strcmp(argv[1], "stdin") == 0)
        return hear(true);
    if (strcmp(argv[1], "twice") == 0)
        return listen_for(W32_INTERRUPT_CTRL_C, 2);
    if (strcmp(argv[1], "break") == 0)
        return listen_for(W32_INTERRUPT_BREAK, 1);
    if (strcmp(argv[1], "pass-on") == 0)
        return pass_on();
    return wait_for_ever();
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return child(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interrupt_reaches_a_process_with_a_hidden_console),
        cmocka_unit_test(interrupt_can_be_sent_again),
        cmocka_unit_test(interrupt_reaches_what_a_process_has_started),
        cmocka_unit_test(interrupt_ends_a_process_that_does_not_listen),
        cmocka_unit_test(interrupt_leaves_other_consoles_alone),
        cmocka_unit_test(interrupt_without_a_console_is_unsupported),
        cmocka_unit_test(interrupt_of_an_ended_process_is_not_found),
        cmocka_unit_test(break_reaches_a_process_with_a_hidden_console),
        cmocka_unit_test(break_without_a_console_is_unsupported),
        cmocka_unit_test(break_of_an_ended_process_is_not_found),
        cmocka_unit_test(signals_have_names_and_keys),
        cmocka_unit_test(waiting_ends_with_stdin_if_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
