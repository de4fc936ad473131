/* tests/win32/test_cmdline_windows.c - Windows' own parser gives back what was quoted. */
#include "core/cmdline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <windows.h>

#include "win32/text.h"

typedef LPWSTR *(WINAPI *command_line_to_argv)(LPCWSTR line, int *count);

static HMODULE shell;
static command_line_to_argv to_argv;

/* At run time, so that not every test of this layer loads shell32. */
static int load_parser(void **state)
{
    (void)state;
    shell = LoadLibraryW(L"shell32.dll");
    if (shell == NULL)
        return -1;
    FARPROC found = GetProcAddress(shell, "CommandLineToArgvW");
    memcpy(&to_argv, &found, sizeof to_argv);
    return found == NULL ? -1 : 0;
}

static int unload_parser(void **state)
{
    (void)state;
    return FreeLibrary(shell) ? 0 : -1;
}

static void assert_same(const wchar_t *wide, const char *utf8)
{
    char *back = NULL;
    assert_int_equal(w32_utf8(wide, &back, NULL), SP_OK);
    assert_string_equal(back, utf8);
    free(back);
}

static void assert_round_trip(const char *const *argv, size_t count)
{
    struct sp_buffer line = {0};
    wchar_t *wide = NULL;
    assert_int_equal(sp_cmdline_quote(argv, count, &line, NULL), SP_OK);
    assert_int_equal(w32_wide((char *)line.data, &wide, NULL), SP_OK);
    int parsed_count = 0;
    LPWSTR *parsed = to_argv(wide, &parsed_count);
    assert_non_null(parsed);
    assert_int_equal(parsed_count, count);
    for (size_t i = 0; i < count; i++)
        assert_same(parsed[i], argv[i]);
    LocalFree(parsed);
    free(wide);
    sp_buffer_deinit(&line);
}

static void windows_gives_back_nasty_arguments(void **state)
{
    (void)state;
    static const char *const nasty[] = {
        "",          " ",         "\t",      "\"",      "\"\"",     "\\",         "\\\\",
        "\\\"",      "a\\",       "a b\\",   "a\\b",    "\"a b\"",  "a\\\"b",     "\\\\ \\",
        "C:\\a b\\", "--x=\"y\"", "%PATH%",  "^&|<>()", "*.c",      "'",          "a\nb",
        "\x01",      "é",         "日本 語", "😀 x",     "x\"\"y z", "\\\"\\\"\\",
    };
    for (size_t i = 0; i < sizeof nasty / sizeof *nasty; i++)
        assert_round_trip((const char *const[]){"x.exe", nasty[i], nasty[i], "end"}, 4);
}

static void windows_gives_back_programs(void **state)
{
    (void)state;
    static const char *const programs[] = {"x", "C:\\Program Files\\a b.exe", "C:\\a b\\", "é",
                                           "a\tb"};
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        assert_round_trip((const char *const[]){programs[i], "y z", ""}, 3);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static void windows_gives_back_random_argvs(void **state)
{
    (void)state;
    static const char *const letters[] = {"\"", "\\", " ", "\t", "a", "%", "é", "^"};
    static char words[8][64];
    uint32_t seed = 0xF00D;
    for (int round = 0; round < 5000; round++) {
        const char *argv[8] = {"x.exe"};
        size_t count = 1 + next_random(&seed) % 7;
        for (size_t i = 1; i < count; i++) {
            words[i][0] = 0;
            for (uint32_t n = next_random(&seed) % 14; n > 0; n--)
                strcat(words[i], letters[next_random(&seed) % 8]);
            argv[i] = words[i];
        }
        assert_round_trip(argv, count);
    }
}

/* The ceiling is CreateProcess's, so one more than fits there is what Windows would refuse. */
static void the_longest_line_has_the_length_windows_allows(void **state)
{
    (void)state;
    char *arg = calloc(1, SP_CMDLINE_MAX);
    assert_non_null(arg);
    memset(arg, 'a', SP_CMDLINE_MAX - 1 - strlen("x "));
    struct sp_buffer line = {0};
    wchar_t *wide = NULL;
    assert_int_equal(sp_cmdline_quote((const char *const[]){"x", arg}, 2, &line, NULL), SP_OK);
    assert_int_equal(w32_wide((char *)line.data, &wide, NULL), SP_OK);
    assert_int_equal(wcslen(wide) + 1, SP_CMDLINE_MAX);
    free(wide);
    free(arg);
    sp_buffer_deinit(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_gives_back_nasty_arguments),
        cmocka_unit_test(windows_gives_back_programs),
        cmocka_unit_test(windows_gives_back_random_argvs),
        cmocka_unit_test(the_longest_line_has_the_length_windows_allows),
    };
    return cmocka_run_group_tests(tests, load_parser, unload_parser);
}
