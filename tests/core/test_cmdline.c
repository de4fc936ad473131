/* tests/core/test_cmdline.c - a program gets back exactly the argv array that was quoted. */
#include "core/cmdline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/command_line.h"

static struct command_line parsed;

static void assert_round_trip(const char *const *argv, size_t count)
{
    struct sp_buffer line = {0};
    assert_int_equal(sp_cmdline_quote(argv, count, &line, NULL), SP_OK);
    assert_int_equal(strlen((char *)line.data) + 1, line.len);
    for (int newer = 0; newer < 2; newer++) {
        command_line_parse(&parsed, (char *)line.data, newer == 1);
        assert_false(parsed.full);
        assert_int_equal(parsed.count, count);
        for (size_t i = 0; i < count; i++)
            assert_string_equal(parsed.argv[i], argv[i]);
    }
    sp_buffer_deinit(&line);
}

static void the_parser_of_this_test_follows_the_documented_examples(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *first, *second, *third;
    } examples[] = {
        {"x \"a b c\" d e", "a b c", "d", "e"},
        {"x \"ab\\\"c\" \"\\\\\" d", "ab\"c", "\\", "d"},
        {"x a\\\\\\b d\"e f\"g h", "a\\\\\\b", "de fg", "h"},
        {"x a\\\\\\\"b c d", "a\\\"b", "c", "d"},
        {"x a\\\\\\\\\"b c\" d e", "a\\\\b c", "d", "e"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        command_line_parse(&parsed, examples[i].line, true);
        assert_int_equal(parsed.count, 4);
        assert_string_equal(parsed.argv[1], examples[i].first);
        assert_string_equal(parsed.argv[2], examples[i].second);
        assert_string_equal(parsed.argv[3], examples[i].third);
    }
    command_line_parse(&parsed, "x a\"b\"\" c d", true);
    assert_int_equal(parsed.count, 2);
    assert_string_equal(parsed.argv[1], "ab\" c d");
}

static void nasty_arguments_come_back(void **state)
{
    (void)state;
    static const char *const nasty[] = {
        "",       " ",     "  ",       "\t",         "\"",        "\"\"",     "\\",      "\\\\",
        "\\\"",   "a\\",   "a b\\",    "a b\\\\",    "a\\b",      "a\\\\b c", "\"a b\"", "a\"b",
        "a\\\"b", "\\\\a", "\\\\ \\",  "C:\\a b\\",  "--x=\"y\"", "%PATH%",   "^&|<>()", "*.c",
        "?",      "'",     "a\nb",     "\x7f",       "é",         "日本",     "😀 x",     "/?",
        "-",      "\v\f",  "\"\\\"\\", "\\\"\\\"\\", "x\"\"y z",  "@file",    "a,b;c=d", "~",
    };
    enum { COUNT = sizeof nasty / sizeof *nasty };
    const char *all[COUNT + 1] = {"C:\\Program Files\\x.exe"};
    for (size_t i = 0; i < COUNT; i++) {
        assert_round_trip((const char *const[]){"x", nasty[i]}, 2);
        assert_round_trip((const char *const[]){"x", nasty[i], nasty[i], "end"}, 4);
        all[i + 1] = nasty[i];
    }
    assert_round_trip(all, COUNT + 1);
}

static void programs_come_back(void **state)
{
    (void)state;
    static const char *const programs[] = {
        "x", "C:\\Program Files\\a b.exe", "C:\\ends in\\", "..\\x\\", "é", "", "a\tb", "a'b",
    };
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        assert_round_trip(&programs[i], 1);
        assert_round_trip((const char *const[]){programs[i], "y"}, 2);
    }
}

static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static void random_argvs_come_back(void **state)
{
    (void)state;
    static const char *const letters[] = {"\"", "\\", " ", "\t", "a", "%", "é", "^"};
    static char words[8][64];
    uint32_t seed = 0x51A4D;
    for (int round = 0; round < 20000; round++) {
        const char *argv[8];
        size_t count = 1 + next_random(&seed) % 7;
        for (size_t i = 0; i < count; i++) {
            size_t len = 0;
            words[i][0] = 0;
            for (uint32_t n = next_random(&seed) % 14; n > 0; n--) {
                const char *letter = letters[next_random(&seed) % 8];
                if (i > 0 || *letter != '"')
                    len += (size_t)snprintf(words[i] + len, sizeof words[i] - len, "%s", letter);
            }
            argv[i] = words[i];
        }
        assert_round_trip(argv, count);
    }
}

static void plain_arguments_stay_as_they_are(void **state)
{
    (void)state;
    struct sp_buffer line = {0};
    const char *const argv[] = {"C:\\x.exe", "/R", "a\\b\\", "--n=1", "é"};
    assert_int_equal(sp_cmdline_quote(argv, 5, &line, NULL), SP_OK);
    assert_string_equal((char *)line.data, "C:\\x.exe /R a\\b\\ --n=1 é");
    sp_buffer_deinit(&line);
}

static void a_line_is_appended_to_what_the_buffer_holds(void **state)
{
    (void)state;
    struct sp_buffer line = {0};
    assert_int_equal(sp_buffer_append(&line, "was here:", 9, NULL), SP_OK);
    assert_int_equal(sp_cmdline_quote((const char *const[]){"x", "y z"}, 2, &line, NULL), SP_OK);
    assert_int_equal(line.len, 9 + sizeof "x \"y z\"");
    assert_string_equal((char *)line.data, "was here:x \"y z\"");
    sp_buffer_deinit(&line);
}

static void a_failure_leaves_the_buffer_unchanged(void **state)
{
    (void)state;
    struct sp_error err = {0};
    struct sp_buffer line = {.max = 8};
    assert_int_equal(sp_buffer_append(&line, "abc", 3, NULL), SP_OK);
    assert_int_equal(sp_cmdline_quote((const char *const[]){"x", "yyyy"}, 2, &line, &err),
                     SP_ETOOBIG);
    assert_int_equal(line.len, 3);
    assert_int_equal(sp_cmdline_quote((const char *const[]){"a\"b", "y"}, 2, &line, &err),
                     SP_EINVAL);
    assert_int_equal(line.len, 3);
    assert_memory_equal(line.data, "abc", 3);
    sp_buffer_deinit(&line);
}

static void a_program_with_a_quotation_mark_is_refused(void **state)
{
    (void)state;
    struct sp_error err = {0};
    struct sp_buffer line = {0};
    const char *const argv[] = {"\"C:\\a b.exe\""};
    assert_int_equal(sp_cmdline_quote(argv, 1, &line, &err), SP_EINVAL);
    assert_non_null(strstr(err.what, "\"C:\\a b.exe\""));
    assert_int_equal(sp_cmdline_quote(NULL, 0, &line, &err), SP_EINVAL);
    sp_buffer_deinit(&line);
}

/* The ceiling counts UTF-16 units, whatever the text costs in UTF-8. */
static void assert_ceiling(const char *letter, size_t units)
{
    size_t room = SP_CMDLINE_MAX - 1 - strlen("x ");
    assert_int_equal(room % units, 0);
    size_t size = strlen(letter);
    size_t count = room / units;
    char *arg = malloc(count * size + 2);
    assert_non_null(arg);
    for (size_t i = 0; i < count; i++)
        memcpy(arg + i * size, letter, size);
    arg[count * size] = 0;
    struct sp_buffer line = {0};
    struct sp_error err = {0};
    assert_int_equal(sp_cmdline_quote((const char *const[]){"x", arg}, 2, &line, &err), SP_OK);
    memcpy(arg + count * size, "a", 2);
    assert_int_equal(sp_cmdline_quote((const char *const[]){"x", arg}, 2, &line, &err), SP_ETOOBIG);
    assert_non_null(strstr(err.what, "argument 1: "));
    assert_non_null(strstr(err.what, "32766"));
    free(arg);
    sp_buffer_deinit(&line);
}

static void the_longest_line_fits_and_one_unit_more_is_refused(void **state)
{
    (void)state;
    assert_ceiling("a", 1);
    assert_ceiling("é", 1);
    assert_ceiling("語", 1);
    assert_ceiling("😀", 2);
}

static void batch_files_are_known_as_windows_knows_them(void **state)
{
    (void)state;
    static const char *const yes[] = {"a.bat",  "A.BAT",    "x\\y.cmd", "a.Cmd",    "a.bat.",
                                      "a.bat ", "a.cmd. .", ".bat",     "a.exe.bat"};
    static const char *const no[] = {"a.exe", "bat",    "a.bat.exe", "",
                                     ".",     "xxxbat", "a.bat\\x",  "a.bats"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(sp_cmdline_is_batch(yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(sp_cmdline_is_batch(no[i]));
}

static void a_batch_file_is_run_by_cmd_with_extensions_set(void **state)
{
    (void)state;
    struct sp_buffer line = {0};
    const char *const argv[] = {"C:\\Program Files (x86)\\t.cmd", "a", "b c", "", "d=e", "é\\"};
    assert_int_equal(sp_cmdline_quote_batch("C:\\Windows\\System32\\cmd.exe", argv, 6, &line, NULL),
                     SP_OK);
    assert_string_equal((char *)line.data,
                        "\"C:\\Windows\\System32\\cmd.exe\" /d /e:on /v:off /c "
                        "\"\"C:\\Program Files (x86)\\t.cmd\" a \"b c\" \"\" \"d=e\" é\\\"");
    assert_int_equal(strlen((char *)line.data) + 1, line.len);
    sp_buffer_deinit(&line);
}

static void what_cmd_would_interpret_is_refused(void **state)
{
    (void)state;
    struct sp_error err = {0};
    struct sp_buffer line = {0};
    for (int c = 1; c < 128; c++) {
        char arg[] = {'a', (char)c, 'b', 0};
        bool refused = c < ' ' || c == 0x7F || strchr("\"%!^&|<>()", c) != NULL;
        sp_status status = sp_cmdline_quote_batch(
            "cmd.exe", (const char *const[]){"t.bat", "fine", arg}, 3, &line, &err);
        assert_int_equal(status, refused ? SP_EINVAL : SP_OK);
        if (refused)
            assert_non_null(strstr(err.what, "argument 2: "));
        if (refused && c > ' ' && c < 0x7F)
            assert_non_null(strchr(err.what, c));
        line.len = 0;
    }
    sp_buffer_deinit(&line);
}

static void a_batch_file_that_quotes_cannot_hold_is_refused(void **state)
{
    (void)state;
    struct sp_error err = {0};
    struct sp_buffer line = {0};
    static const char *const files[] = {"C:\\100%\\t.cmd", "\"t.cmd\"", "a\nb.cmd"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(sp_cmdline_quote_batch("cmd.exe", &files[i], 1, &line, &err), SP_EINVAL);
    const char *file = "t.cmd";
    assert_int_equal(sp_cmdline_quote_batch("\"cmd.exe\"", &file, 1, &line, &err), SP_EINVAL);
    assert_int_equal(sp_cmdline_quote_batch("cmd.exe", &file, 0, &line, &err), SP_EINVAL);
    assert_int_equal(line.len, 0);
    sp_buffer_deinit(&line);
}

static void a_quoted_batch_argument_with_a_last_backslash_is_refused(void **state)
{
    (void)state;
    struct sp_error err = {0};
    struct sp_buffer line = {0};
    const char *const argv[] = {"t.cmd", "C:\\My Folder\\"};
    assert_int_equal(sp_cmdline_quote_batch("cmd.exe", argv, 2, &line, &err), SP_EINVAL);
    assert_non_null(strstr(err.what, "backslash"));
    sp_buffer_deinit(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parser_of_this_test_follows_the_documented_examples),
        cmocka_unit_test(nasty_arguments_come_back),
        cmocka_unit_test(programs_come_back),
        cmocka_unit_test(random_argvs_come_back),
        cmocka_unit_test(plain_arguments_stay_as_they_are),
        cmocka_unit_test(a_line_is_appended_to_what_the_buffer_holds),
        cmocka_unit_test(a_failure_leaves_the_buffer_unchanged),
        cmocka_unit_test(a_program_with_a_quotation_mark_is_refused),
        cmocka_unit_test(the_longest_line_fits_and_one_unit_more_is_refused),
        cmocka_unit_test(batch_files_are_known_as_windows_knows_them),
        cmocka_unit_test(a_batch_file_is_run_by_cmd_with_extensions_set),
        cmocka_unit_test(what_cmd_would_interpret_is_refused),
        cmocka_unit_test(a_batch_file_that_quotes_cannot_hold_is_refused),
        cmocka_unit_test(a_quoted_batch_argument_with_a_last_backslash_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
