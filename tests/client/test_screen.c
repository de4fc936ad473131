/* tests/client/test_screen.c - what of a terminal's output does not go to our console. */
#include "client/screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "win32/pipe.h"

#define REQUEST "\x1b[?9001h"

/* Writes a text in pieces of a size and looks at what came out. */
static void assert_passes(bool shown, const char *text, size_t piece, const char *expected)
{
    struct cli_screen s = {.shown = shown};
    struct w32_pipe pipe = {0};
    char found[256] = "";
    uint32_t got = 0;
    assert_int_equal(w32_pipe_open(NULL, &pipe, NULL), SP_OK);
    assert_int_equal(w32_write(pipe.write, "<", 1, NULL), SP_OK);
    for (size_t at = 0, len = strlen(text); at < len; at += piece)
        assert_int_equal(cli_screen_write(&s, pipe.write, (const unsigned char *)text + at,
                                          len - at < piece ? len - at : piece),
                         SP_OK);
    assert_int_equal(w32_write(pipe.write, ">", 1, NULL), SP_OK);
    for (size_t len = 0; strchr(found, '>') == NULL; len += got)
        assert_int_equal(
            w32_read(pipe.read, found + len, (uint32_t)(sizeof found - len - 1), &got, NULL),
            SP_OK);
    w32_pipe_close(&pipe);
    char all[256] = "<";
    strcat(strcat(all, expected), ">");
    if (strcmp(found, all) != 0)
        fail_msg("'%s' in pieces of %zu came as '%s'", text, piece, found);
}

static void the_request_for_keys_as_records_is_left_out_however_it_comes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } table[] = {
        {"plain", "plain"},
        {REQUEST, ""},
        {"a" REQUEST "b", "ab"},
        {REQUEST REQUEST "\x1b[?1004h" REQUEST "c", "\x1b[?1004hc"},
        {"\x1b[?9001l" REQUEST, "\x1b[?9001l"},
        {"\x1b[?90" REQUEST "\x1b\x1b[?9001hx", "\x1b[?90\x1bx"},
        {"\x1b\x1b[m\x1b[?9002h", "\x1b\x1b[m\x1b[?9002h"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (size_t piece = 1; piece <= strlen(table[i].text); piece++)
            assert_passes(true, table[i].text, piece, table[i].expected);
}

static void what_is_no_screen_gets_every_byte(void **state)
{
    (void)state;
    assert_passes(false, "a" REQUEST "b", 3, "a" REQUEST "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_request_for_keys_as_records_is_left_out_however_it_comes),
        cmocka_unit_test(what_is_no_screen_gets_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
