/* tests/win32/test_console.c - what the standard streams are, and what printing puts there. */
#include "win32/console.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <windows.h>

#include "tests/scratch.h"
#include "win32/pipe.h"
#include "win32/spawn.h"

/* CMocka prints through the CRT, which has its own copy of stdout's handle: ours can be moved. */
static const DWORD ids[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
static HANDLE before[3];

static int keep_streams(void **state)
{
    for (int i = 0; i < 3; i++)
        before[i] = GetStdHandle(ids[i]);
    return scratch_open(state);
}

static int restore_streams(void **state)
{
    for (int i = 0; i < 3; i++)
        SetStdHandle(ids[i], before[i]);
    assert_int_equal(w32_handle_tally(), 0);
    return scratch_close(state);
}

static void a_stream_without_a_handle_is_none(void **state)
{
    (void)state;
    SetStdHandle(STD_OUTPUT_HANDLE, NULL);
    assert_int_equal(w32_stream_kind(W32_STDOUT), W32_STREAM_NONE);
    assert_null(w32_stream_handle(W32_STDOUT));
    assert_int_equal(w32_print(W32_STDOUT, "x", 1), SP_ENOTFOUND);
    SetStdHandle(STD_OUTPUT_HANDLE, INVALID_HANDLE_VALUE);
    assert_int_equal(w32_stream_kind(W32_STDOUT), W32_STREAM_NONE);
}

static void a_file_a_pipe_and_nul_are_told_apart(void **state)
{
    (void)state;
    struct w32_pipe pipe = {0};
    w32_handle file = NULL;
    HANDLE nul = CreateFileW(L"NUL", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_int_equal(w32_pipe_open(NULL, &pipe, NULL), SP_OK);
    assert_int_equal(w32_file_append(scratch_path("f"), &file, NULL), SP_OK);
    SetStdHandle(STD_INPUT_HANDLE, nul);
    SetStdHandle(STD_OUTPUT_HANDLE, file);
    SetStdHandle(STD_ERROR_HANDLE, pipe.write);
    assert_int_equal(w32_stream_kind(W32_STDIN), W32_STREAM_DEVICE);
    assert_int_equal(w32_stream_kind(W32_STDOUT), W32_STREAM_FILE);
    assert_int_equal(w32_stream_kind(W32_STDERR), W32_STREAM_PIPE);
    SetStdHandle(STD_INPUT_HANDLE, pipe.read);
    assert_int_equal(w32_stream_kind(W32_STDIN), W32_STREAM_PIPE);
    CloseHandle(nul);
    w32_handle_close(&file);
    w32_pipe_close(&pipe);
}

static void printing_to_a_file_keeps_every_byte(void **state)
{
    (void)state;
    char bytes[256];
    struct sp_buffer found = {0};
    w32_handle file = NULL;
    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    assert_int_equal(w32_file_append(scratch_path("f"), &file, NULL), SP_OK);
    SetStdHandle(STD_OUTPUT_HANDLE, file);
    assert_int_equal(w32_print(W32_STDOUT, bytes, sizeof bytes), SP_OK);
    assert_int_equal(w32_printf(W32_STDOUT, "%s\r\n%d\n", "é", 7), SP_OK);
    w32_handle_close(&file);
    assert_int_equal(w32_file_read(scratch_path("f"), 1000, &found, NULL), SP_OK);
    assert_int_equal(found.len, sizeof bytes + strlen("é\r\n7\n"));
    assert_memory_equal(found.data, bytes, sizeof bytes);
    assert_memory_equal(found.data + sizeof bytes, "é\r\n7\n", strlen("é\r\n7\n"));
    sp_buffer_deinit(&found);
}

static void a_long_text_is_printed_whole(void **state)
{
    (void)state;
    enum { LEN = 3 * 1024 * 1024 + 17 };
    struct sp_buffer found = {0};
    w32_handle file = NULL;
    char *text = malloc(LEN + 1);
    assert_non_null(text);
    for (size_t i = 0; i < LEN; i++)
        text[i] = (char)('a' + i % 25);
    text[LEN] = '\0';
    assert_int_equal(w32_file_append(scratch_path("f"), &file, NULL), SP_OK);
    SetStdHandle(STD_ERROR_HANDLE, file);
    assert_int_equal(w32_print(W32_STDERR, text, LEN), SP_OK);
    assert_int_equal(w32_printf(W32_STDERR, "%s", text), SP_OK);
    w32_handle_close(&file);
    assert_int_equal(w32_file_read(scratch_path("f"), 3 * LEN, &found, NULL), SP_OK);
    assert_int_equal(found.len, 2 * LEN);
    assert_memory_equal(found.data, text, LEN);
    assert_memory_equal(found.data + LEN, text, LEN);
    sp_buffer_deinit(&found);
    free(text);
}

/* Handles that are not counted, as those are that a process was started with. */
static void open_std_pipe(HANDLE *read, HANDLE *write)
{
    assert_true(CreatePipe(read, write, NULL, 0));
}

static void assert_at_end(HANDLE read)
{
    char byte = 0;
    DWORD got = 0;
    assert_false(ReadFile(read, &byte, 1, &got, NULL));
    assert_int_equal(GetLastError(), ERROR_BROKEN_PIPE);
}

static void whoever_reads_a_stream_that_was_closed_sees_its_end(void **state)
{
    (void)state;
    HANDLE read = NULL, write = NULL;
    char byte = 0;
    DWORD got = 0;
    open_std_pipe(&read, &write);
    SetStdHandle(STD_OUTPUT_HANDLE, write);
    assert_int_equal(w32_print(W32_STDOUT, "x", 1), SP_OK);
    w32_stream_close(W32_STDOUT);
    assert_null(w32_stream_handle(W32_STDOUT));
    assert_int_equal(w32_stream_kind(W32_STDOUT), W32_STREAM_NONE);
    assert_true(ReadFile(read, &byte, 1, &got, NULL)); /* what was written stays */
    assert_at_end(read);
    w32_stream_close(W32_STDOUT); /* there is none any more */
    CloseHandle(read);
}

static void whoever_writes_to_a_stdin_that_was_closed_is_told(void **state)
{
    (void)state;
    HANDLE read = NULL, write = NULL;
    DWORD done = 0;
    open_std_pipe(&read, &write);
    SetStdHandle(STD_INPUT_HANDLE, read);
    w32_stream_close(W32_STDIN);
    assert_int_equal(w32_stream_kind(W32_STDIN), W32_STREAM_NONE);
    assert_false(WriteFile(write, "x", 1, &done, NULL));
    CloseHandle(write);
}

/* As a shell's 2>&1 may leave them. */
static void a_handle_of_two_streams_stays_open_for_the_other(void **state)
{
    (void)state;
    HANDLE read = NULL, write = NULL;
    char byte = 0;
    DWORD got = 0;
    open_std_pipe(&read, &write);
    SetStdHandle(STD_OUTPUT_HANDLE, write);
    SetStdHandle(STD_ERROR_HANDLE, write);
    w32_stream_close(W32_STDOUT);
    assert_int_equal(w32_stream_kind(W32_STDOUT), W32_STREAM_NONE);
    assert_int_equal(w32_stream_kind(W32_STDERR), W32_STREAM_PIPE);
    assert_int_equal(w32_print(W32_STDERR, "x", 1), SP_OK);
    w32_stream_close(W32_STDERR);
    assert_true(ReadFile(read, &byte, 1, &got, NULL));
    assert_at_end(read);
    CloseHandle(read);
}

static void printing_to_a_closed_pipe_is_broken(void **state)
{
    (void)state;
    struct w32_pipe pipe = {0};
    assert_int_equal(w32_pipe_open(NULL, &pipe, NULL), SP_OK);
    w32_handle_close(&pipe.read);
    SetStdHandle(STD_OUTPUT_HANDLE, pipe.write);
    assert_int_equal(w32_print(W32_STDOUT, "x", 1), SP_EBROKEN);
    w32_pipe_close(&pipe);
}

/* The screen of this process's console, as a buffer of its own that can be read back. */
static HANDLE open_screen(void)
{
    COORD size = {.X = 100, .Y = 400};
    HANDLE screen = CreateConsoleScreenBuffer(GENERIC_READ | GENERIC_WRITE, FILE_SHARE_WRITE, NULL,
                                              CONSOLE_TEXTMODE_BUFFER, NULL);
    if (screen == INVALID_HANDLE_VALUE || !SetConsoleScreenBufferSize(screen, size))
        return NULL;
    SetStdHandle(STD_OUTPUT_HANDLE, screen);
    return screen;
}

static bool screen_holds(HANDLE screen, int y, const wchar_t *expected)
{
    wchar_t found[200] = L"";
    DWORD got = 0;
    DWORD len = (DWORD)wcslen(expected);
    return ReadConsoleOutputCharacterW(screen, found, len, (COORD){.Y = (SHORT)y}, &got) &&
           got == len && wcsncmp(found, expected, len) == 0;
}

/* Children with a console of their own: this test may have none. Each returns the number of the
 * first thing that was wrong, or 0. */
static int show_text(void)
{
    HANDLE screen = open_screen();
    if (screen == NULL)
        return 1;
    if (w32_stream_kind(W32_STDOUT) != W32_STREAM_TERMINAL)
        return 2;
    if (w32_print(W32_STDOUT, "Grüße €\n", strlen("Grüße €\n")) != SP_OK)
        return 3;
    if (w32_print(W32_STDOUT, "a\xFFz", 3) != SP_OK)
        return 4;
    return !screen_holds(screen, 0, L"Grüße €") ? 5 : !screen_holds(screen, 1, L"a\xFFFDz") ? 6 : 0;
}

/* Lines of 99 bytes and a line end, each with 33 characters of 3 bytes: pieces of any power of two
 * end in the middle of characters. */
static int show_long_text(void)
{
    enum { LINES = 390, LINE_BYTES = 100 };
    static char text[LINES * LINE_BYTES];
    HANDLE screen = open_screen();
    if (screen == NULL)
        return 1;
    for (size_t i = 0; i < LINES; i++) {
        for (size_t k = 0; k < 33; k++)
            memcpy(text + i * LINE_BYTES + k * 3, "€", 3);
        text[i * LINE_BYTES + 99] = '\n';
    }
    if (w32_print(W32_STDOUT, text, sizeof text) != SP_OK)
        return 2;
    for (int y = 0; y < LINES; y++)
        if (!screen_holds(screen, y, L"€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€"))
            return 100 + y;
    return 0;
}

static void assert_child_is_content(const char *mode)
{
    char *self = NULL;
    uint32_t code = 0;
    struct w32_child child = {0};
    assert_int_equal(w32_path_self(&self, NULL), SP_OK);
    const char *const argv[] = {self, mode};
    const struct w32_spawn_options what = {.argv = argv, .argc = 2, .console = W32_CONSOLE_HIDDEN};
    assert_int_equal(w32_spawn(&what, &child, NULL), SP_OK);
    assert_int_equal(w32_child_wait(&child, W32_FOREVER, &code, NULL), SP_OK);
    assert_int_equal(code, 0);
    w32_child_close(&child);
    free(self);
}

static void a_console_shows_utf8_as_text(void **state)
{
    (void)state;
    assert_child_is_content("text");
}

static void a_console_shows_no_torn_characters(void **state)
{
    (void)state;
    assert_child_is_content("long-text");
}

#define STREAM_TEST(name) cmocka_unit_test_setup_teardown(name, keep_streams, restore_streams)

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "text") == 0)
        return show_text();
    if (argc == 2 && strcmp(argv[1], "long-text") == 0)
        return show_long_text();
    const struct CMUnitTest tests[] = {
        STREAM_TEST(a_stream_without_a_handle_is_none),
        STREAM_TEST(a_file_a_pipe_and_nul_are_told_apart),
        STREAM_TEST(printing_to_a_file_keeps_every_byte),
        STREAM_TEST(a_long_text_is_printed_whole),
        STREAM_TEST(whoever_reads_a_stream_that_was_closed_sees_its_end),
        STREAM_TEST(whoever_writes_to_a_stdin_that_was_closed_is_told),
        STREAM_TEST(a_handle_of_two_streams_stays_open_for_the_other),
        STREAM_TEST(printing_to_a_closed_pipe_is_broken),
        STREAM_TEST(a_console_shows_utf8_as_text),
        STREAM_TEST(a_console_shows_no_torn_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
