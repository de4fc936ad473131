/* tests/client/test_pipe.c - `standpipe pipe`: bytes, exit codes, complaints and Ctrl-C, through
 * the program itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/scratch.h"
#include "win32/communicate.h"
#include "win32/pipe.h"
#include "win32/signal.h"

enum { PATIENCE_MS = 60000, MIB = 1024 * 1024 };

#define C "test-child.exe"

/** The words behind `standpipe pipe --`. */
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

struct command {
    const char *argv[64];
    size_t argc;
};

static struct command command_of(const char *const *words)
{
    struct command c = {.argv = {"standpipe.exe", "pipe", "--"}, .argc = 3};
    for (; *words != NULL; words++) {
        assert_in_range(c.argc, 3, 63);
        c.argv[c.argc++] = *words;
    }
    return c;
}

static struct w32_outcome run_with(const char *const *words, struct sp_bytes input)
{
    struct command command = command_of(words);
    struct w32_spawn_options what = {.argv = command.argv, .argc = command.argc};
    struct w32_outcome outcome = {0};
    struct sp_error err = {0};
    if (w32_communicate(&what, input, PATIENCE_MS, &outcome, &err) != SP_OK)
        fail_msg("%s", err.what);
    /* A NUL behind each, uncounted, to read them as texts. */
    assert_int_equal(sp_buffer_reserve(&outcome.output, 1, NULL), SP_OK);
    assert_int_equal(sp_buffer_reserve(&outcome.errors, 1, NULL), SP_OK);
    outcome.output.data[outcome.output.len] = '\0';
    outcome.errors.data[outcome.errors.len] = '\0';
    return outcome;
}

static struct w32_outcome run(const char *const *words)
{
    return run_with(words, sp_bytes_of(NULL));
}

static void assert_answer(const char *const *words, const char *input, const char *output,
                          uint32_t code)
{
    struct w32_outcome outcome = run_with(words, sp_bytes_of(input));
    assert_string_equal((char *)outcome.output.data, output);
    assert_string_equal((char *)outcome.errors.data, "");
    assert_int_equal(outcome.exit_code, code);
    w32_outcome_deinit(&outcome);
}

static void assert_code(const char *const *words, uint32_t code)
{
    assert_answer(words, "", "", code);
}

/* One line that begins with our name, and nothing on stdout. */
static void assert_complaint(const char *const *words, uint32_t code, const char *part)
{
    struct w32_outcome outcome = run(words);
    const char *said = (const char *)outcome.errors.data;
    assert_string_equal((char *)outcome.output.data, "");
    if (strstr(said, part) == NULL)
        fail_msg("'%s' is not in: %s", part, said);
    if (strncmp(said, "standpipe: ", 11) != 0 || strchr(said, '\n') != said + strlen(said) - 1)
        fail_msg("this is not one line of ours: %s", said);
    assert_int_equal(outcome.exit_code, code);
    w32_outcome_deinit(&outcome);
}

/* ------------------------------------------------------------------ bytes */

static void one_program_is_a_pipeline(void **state)
{
    (void)state;
    assert_answer(WORDS(C, "upper"), "hello", "HELLO", 0);
}

static void programs_are_linked_in_order(void **state)
{
    (void)state;
    assert_answer(WORDS(C, "source", "1000", "|", C, "cat", "|", C, "sink"), "", "1000\n", 0);
}

static void every_byte_value_comes_through(void **state)
{
    (void)state;
    enum { LEN = 3 * MIB };
    unsigned char *bytes = malloc(LEN);
    assert_non_null(bytes);
    for (size_t i = 0; i < LEN; i++)
        bytes[i] = (unsigned char)(i + (i >> 8));
    struct w32_outcome outcome =
        run_with(WORDS(C, "cat", "|", C, "cat"), (struct sp_bytes){bytes, LEN});
    assert_int_equal(outcome.output.len, LEN);
    assert_memory_equal(outcome.output.data, bytes, LEN);
    assert_int_equal(outcome.exit_code, 0);
    w32_outcome_deinit(&outcome);
    free(bytes);
}

static void stderr_is_that_of_every_program(void **state)
{
    (void)state;
    struct w32_outcome outcome =
        run(WORDS(C, "talk", "", "first,", "0", "|", C, "talk", "b", "second,", "0"));
    const char *said = (const char *)outcome.errors.data;
    assert_int_equal(outcome.errors.len, strlen("first,second,")); /* in either order */
    assert_non_null(strstr(said, "first,"));
    assert_non_null(strstr(said, "second,"));
    assert_string_equal((char *)outcome.output.data, "b");
    w32_outcome_deinit(&outcome);
}

static void arguments_arrive_as_they_are(void **state)
{
    (void)state;
    assert_answer(WORDS(C, "args", "", "a b", "\"", "\\", "*.c", "%PATH%", "grün", "||", "-x"), "",
                  "0:\n3:a b\n1:\"\n1:\\\n3:*.c\n6:%PATH%\n5:grün\n2:||\n2:-x\n", 0);
}

static void a_reader_that_leaves_early_ends_the_writer(void **state)
{
    (void)state;
    struct w32_outcome outcome =
        run(WORDS(C, "source", "1000000000", "|", C, "read-some", "100000"));
    assert_string_equal((char *)outcome.output.data, "enough\n");
    assert_int_equal(outcome.exit_code, 98); /* the writer's: its write failed */
    w32_outcome_deinit(&outcome);
}

/* ------------------------------------------------------------------ exit codes */

static void the_code_is_the_last_one_that_is_not_zero(void **state)
{
    (void)state;
    assert_code(WORDS(C, "exit", "0", "|", C, "exit", "0"), 0);
    assert_code(WORDS(C, "exit", "3", "|", C, "exit", "0"), 3);
    assert_code(WORDS(C, "exit", "3", "|", C, "exit", "4", "|", C, "exit", "0"), 4);
    assert_code(WORDS(C, "exit", "255"), 255);
    assert_code(WORDS(C, "exit", "0xC000013A"), 0xC000013A);
}

static void a_program_that_is_not_there_is_127(void **state)
{
    (void)state;
    assert_complaint(WORDS("no-such-program"), 127, "\"no-such-program\"");
    assert_complaint(WORDS(C, "hang", "|", "no-such-program"), 127, "program 2 of 2");
    assert_complaint(WORDS("C:\\no\\such.exe"), 127, "C:\\no\\such.exe");
}

static void a_program_that_cannot_start_is_126(void **state)
{
    (void)state;
    static const char text[] = "not a program";
    const char *path = scratch_path("text.exe");
    assert_int_equal(w32_file_create(path, text, sizeof text, NULL), SP_OK);
    assert_complaint(WORDS(path), 126, "text.exe");
    path = scratch_path("batch.cmd");
    assert_int_equal(w32_file_create(path, "@exit 0\r\n", 9, NULL), SP_OK);
    assert_complaint(WORDS(path, "%PATH%"), 126, "batch.cmd");
    assert_code(WORDS(path, "harmless"), 0);
}

static void a_place_without_a_program_is_125(void **state)
{
    (void)state;
    assert_complaint(WORDS("|", C, "cat"), 125, "before the first");
    assert_complaint(WORDS(C, "cat", "|"), 125, "behind the last");
    assert_complaint(WORDS(C, "cat", "|", "|", C, "cat"), 125, "between");
    assert_complaint(WORDS("|"), 125, "before the first");
    assert_complaint((const char *const[]){NULL}, 125, "no program to start");
}

/* ------------------------------------------------------------------ Ctrl-C */

static void read_line(w32_handle from, char *line, size_t size)
{
    size_t len = 0;
    uint32_t got = 0;
    do {
        assert_in_range(len, 0, size - 2);
        assert_int_equal(w32_read(from, line + len, 1, &got, NULL), SP_OK);
    } while (line[len++] != '\n');
    line[len] = '\0';
}

static void ctrl_c_reaches_the_programs_and_their_code_is_ours(void **state)
{
    (void)state;
    struct w32_pipe out = {0};
    struct w32_child child = {0};
    struct sp_error err = {0};
    struct command command = command_of(WORDS(C, "ctrl"));
    char line[32];
    uint32_t code = 0;
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    struct w32_spawn_options what = {.argv = command.argv, .argc = command.argc, .out = out.write};
    assert_int_equal(w32_spawn(&what, &child, &err), SP_OK);
    w32_handle_close(&out.write);
    read_line(out.read, line, sizeof line);
    assert_string_equal(line, "READY\n");
    if (w32_signal_send(child.pid, W32_SIGNAL_INT, PATIENCE_MS, &err) != SP_OK)
        fail_msg("%s", err.what);
    read_line(out.read, line, sizeof line);
    assert_string_equal(line, "CTRL-C\n");
    assert_int_equal(w32_child_wait(&child, PATIENCE_MS, &code, NULL), SP_OK);
    assert_int_equal(code, 42);
    w32_child_close(&child);
    w32_pipe_close(&out);
}

int main(int argc, char **argv)
{
    /* w32_signal_send() starts this program again. */
    if (argc == 4 && strcmp(argv[1], "signal") == 0)
        return w32_signal_helper((uint32_t)strtoul(argv[2], NULL, 10), W32_SIGNAL_INT);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_program_is_a_pipeline),
        cmocka_unit_test(programs_are_linked_in_order),
        cmocka_unit_test(every_byte_value_comes_through),
        cmocka_unit_test(stderr_is_that_of_every_program),
        cmocka_unit_test(arguments_arrive_as_they_are),
        cmocka_unit_test(a_reader_that_leaves_early_ends_the_writer),
        cmocka_unit_test(the_code_is_the_last_one_that_is_not_zero),
        cmocka_unit_test(a_program_that_is_not_there_is_127),
        cmocka_unit_test_setup_teardown(a_program_that_cannot_start_is_126, scratch_open,
                                        scratch_close),
        cmocka_unit_test(a_place_without_a_program_is_125),
        cmocka_unit_test(ctrl_c_reaches_the_programs_and_their_code_is_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
