/* tests/core/test_text.c - comparing, copying and guessing words. */
#include "core/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *nearest(const char *word)
{
    static const char *const known[] = {"command", "pipeline", "pipe", "env",    "folder",
                                        "args",    "remote",   "json", "console"};
    struct sp_nearest n = sp_nearest_to(word);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        sp_nearest_offer(&n, known[i]);
    return n.best;
}

static void a_copy_ends_in_a_nul_and_is_its_own(void **state)
{
    (void)state;
    char *copy = NULL;
    assert_int_equal(sp_text_copy((struct sp_bytes){"abcdef", 3}, &copy, NULL), SP_OK);
    assert_string_equal(copy, "abc");
    free(copy);
    assert_int_equal(sp_text_copy((struct sp_bytes){NULL, 0}, &copy, NULL), SP_OK);
    assert_string_equal(copy, "");
    free(copy);
}

static void comparing_ignores_the_case_of_ascii_letters_only(void **state)
{
    (void)state;
    assert_true(sp_text_same("Path", "pATH"));
    assert_true(sp_text_same("", ""));
    assert_false(sp_text_same("path", "paths"));
    assert_false(sp_text_same("paths", "path"));
    assert_false(sp_text_same("é", "É"));
    assert_false(sp_text_same("[", "{"));
    assert_true(sp_text_begins("Standpipe_x", "STANDPIPE_"));
    assert_false(sp_text_begins("STAND", "STANDPIPE_"));
}

static void width_counts_code_points(void **state)
{
    (void)state;
    assert_int_equal(sp_text_width(sp_bytes_of("")), 0);
    assert_int_equal(sp_text_width(sp_bytes_of("abc")), 3);
    assert_int_equal(sp_text_width(sp_bytes_of("é日😀")), 3);
}

static void a_quote_in_a_quoted_text_is_written_twice(void **state)
{
    (void)state;
    struct sp_buffer out = {.max = 16};
    assert_int_equal(sp_text_quote("", &out, NULL), SP_OK);
    assert_int_equal(sp_text_quote("C:\\o'b''\"", &out, NULL), SP_OK);
    assert_int_equal(out.len, 16);
    assert_memory_equal(out.data, "'''C:\\o''b''''\"'", 16);
    assert_int_equal(sp_text_quote("x", &out, NULL), SP_ETOOBIG);
    sp_buffer_deinit(&out);
}

static char *format(const char *format, ...) SP_PRINTF(1, 2);

static char *format(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    assert_int_equal(sp_text_vformat(&text, NULL, format, args), SP_OK);
    va_end(args);
    return text;
}

static void a_formatted_text_has_the_room_it_needs(void **state)
{
    (void)state;
    char *text = format("%s-%03d", "abc", 7);
    assert_string_equal(text, "abc-007");
    free(text);
    text = format("%5000s", "x");
    assert_int_equal(strlen(text), 5000);
    free(text);
}

static void disarming_takes_every_control_character(void **state)
{
    (void)state;
    char text[] = "a\x01\n\x1b[0m\x7f\xc2\x80\xc2\x9f\xc2\xa0é";
    sp_text_disarm(text);
    assert_string_equal(text, "a???[0m?????\xc2\xa0é");
}

static void disarming_takes_every_byte_that_is_no_utf8(void **state)
{
    (void)state;
    char text[] = "a\xff\xe2\x82|\xed\xa0\x80|\xc0\x8a|\xf4\x90\x80\x80|😀€é\xf0\x9f\x98";
    sp_text_disarm(text);
    assert_string_equal(text, "a???|???|??|????|😀€é???");
}

static void an_excerpt_is_cut_between_characters(void **state)
{
    (void)state;
    assert_string_equal(sp_text_excerpt("abc").text, "abc");
    char text[100] = "";
    memset(text, 'a', 63);
    assert_string_equal(sp_text_excerpt(text).text, text);
    text[63] = 'a';
    struct sp_excerpt cut = sp_text_excerpt(text);
    assert_int_equal(strlen(cut.text), 63);
    assert_string_equal(cut.text + 59, "a...");
    memcpy(text + 58, "\xf0\x9f\x98\x80", 4);
    cut = sp_text_excerpt(text);
    assert_int_equal(strlen(cut.text), 61);
    assert_string_equal(cut.text + 57, "a...");
}

static void a_typing_error_is_understood(void **state)
{
    (void)state;
    assert_string_equal(nearest("comand"), "command");
    assert_string_equal(nearest("commnad"), "command");
    assert_string_equal(nearest("COMMAND"), "command");
    assert_string_equal(nearest("pipline"), "pipeline");
    assert_string_equal(nearest("pip"), "pipe");
    assert_string_equal(nearest("jsno"), "json");
    assert_string_equal(nearest("folders"), "folder");
    assert_string_equal(nearest("arg"), "args");
}

static void what_is_not_near_gets_no_suggestion(void **state)
{
    (void)state;
    assert_null(nearest("xyzzy"));
    assert_null(nearest("x"));
    assert_null(nearest(""));
    char longest[200];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    assert_null(nearest(longest));
    struct sp_nearest n = sp_nearest_to(longest);
    sp_nearest_offer(&n, longest);
    assert_null(n.best);
}

static void words_of_the_longest_length_are_compared(void **state)
{
    (void)state;
    char a[65], b[65];
    memset(a, 'a', 64);
    memset(b, 'a', 64);
    a[64] = b[64] = 0;
    b[0] = 'b';
    struct sp_nearest n = sp_nearest_to(a);
    sp_nearest_offer(&n, b);
    assert_ptr_equal(n.best, b);
    assert_int_equal(n.distance, 1);
}

static void of_two_equally_near_the_first_stays(void **state)
{
    (void)state;
    struct sp_nearest n = sp_nearest_to("cat");
    sp_nearest_offer(&n, "bat");
    sp_nearest_offer(&n, "hat");
    assert_string_equal(n.best, "bat");
    sp_nearest_offer(&n, "cat");
    assert_string_equal(n.best, "cat");
    assert_int_equal(n.distance, 0);
}

static void a_cut_counts_characters_and_tears_none(void **state)
{
    (void)state;
    const struct sp_bytes text = sp_bytes_of("a\xC3\xA4\xE2\x82\xACz");
    assert_int_equal(sp_text_cut(text, 0), 0);
    assert_int_equal(sp_text_cut(text, 1), 1);
    assert_int_equal(sp_text_cut(text, 2), 3);
    assert_int_equal(sp_text_cut(text, 3), 6);
    assert_int_equal(sp_text_cut(text, 4), 7);
    assert_int_equal(sp_text_cut(text, SIZE_MAX), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_ends_in_a_nul_and_is_its_own),
        cmocka_unit_test(comparing_ignores_the_case_of_ascii_letters_only),
        cmocka_unit_test(a_quote_in_a_quoted_text_is_written_twice),
        cmocka_unit_test(width_counts_code_points),
        cmocka_unit_test(a_formatted_text_has_the_room_it_needs),
        cmocka_unit_test(disarming_takes_every_control_character),
        cmocka_unit_test(disarming_takes_every_byte_that_is_no_utf8),
        cmocka_unit_test(an_excerpt_is_cut_between_characters),
        cmocka_unit_test(a_typing_error_is_understood),
        cmocka_unit_test(what_is_not_near_gets_no_suggestion),
        cmocka_unit_test(words_of_the_longest_length_are_compared),
        cmocka_unit_test(of_two_equally_near_the_first_stays),
        cmocka_unit_test(a_cut_counts_characters_and_tears_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
