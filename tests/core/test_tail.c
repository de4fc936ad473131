/* tests/core/test_tail.c - the last lines of a text, whatever the text is. */
#include "core/tail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct sp_tail *tail, const char *text)
{
    sp_tail_add(tail, text, strlen(text));
}

/* Asserts that these are the lines, up to a NULL. */
static void assert_lines(const struct sp_tail *tail, const char *const *expected)
{
    json_t *lines = sp_tail_lines(tail);
    assert_non_null(lines);
    size_t count = 0;
    for (; expected[count] != NULL; count++) {
        const char *line = json_string_value(json_array_get(lines, count));
        assert_non_null(line);
        assert_string_equal(line, expected[count]);
    }
    assert_int_equal(json_array_size(lines), count);
    json_decref(lines);
}

#define LINES(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

/* Asserts what the lines of a text that comes at once are. */
static void assert_shows(const char *text, size_t len, const char *const *expected)
{
    struct sp_tail *tail = calloc(1, sizeof *tail); /* on the heap: ASan sees its edges */
    assert_non_null(tail);
    sp_tail_add(tail, text, len);
    assert_lines(tail, expected);
    free(tail);
}

#define SHOWS(text, ...)    assert_shows(text, sizeof(text) - 1, LINES(__VA_ARGS__))
#define SHOWS_NOTHING(text) assert_shows(text, sizeof(text) - 1, (const char *const[]){NULL})

/* ------------------------------------------------------------------ lines */

static void an_empty_text_has_no_line(void **state)
{
    (void)state;
    SHOWS_NOTHING("");
}

static void nothing_but_line_ends_is_no_line(void **state)
{
    (void)state;
    SHOWS_NOTHING("\n");
    SHOWS_NOTHING("\r\n");
    SHOWS_NOTHING("\r");
    SHOWS_NOTHING("\n\n\r\n\n");
}

static void a_line_needs_no_end(void **state)
{
    (void)state;
    SHOWS("a", "a");
    SHOWS("a\n", "a");
    SHOWS("one\ntwo", "one", "two");
    SHOWS("one\ntwo\n", "one", "two");
}

static void line_ends_of_windows_are_line_ends(void **state)
{
    (void)state;
    SHOWS("one\r\ntwo\r\n", "one", "two");
    SHOWS("one\r\ntwo", "one", "two");
    SHOWS("one\r\n\r\ntwo\r", "one", "", "two");
}

static void a_carriage_return_elsewhere_is_a_control_character(void **state)
{
    (void)state;
    SHOWS("10%\r20%\r\nend", "10%?20%", "end");
    SHOWS("one\r\r\ntwo", "one?", "two");
}

static void empty_lines_count_but_for_those_at_the_end(void **state)
{
    (void)state;
    SHOWS("one\n\ntwo\n\n\n", "one", "", "two");
    SHOWS("\none", "", "one");
    SHOWS("\n\none\n", "", "", "one");
    SHOWS("\r\none\n", "", "one");
}

static void the_last_ten_lines_are_shown(void **state)
{
    (void)state;
    SHOWS("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10");
    SHOWS("0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10");
    SHOWS("1\n\n\n\n\n\n\n\n\n\nx\n", "", "", "", "", "", "", "", "", "", "x");
}

/* ------------------------------------------------------------------ in pieces */

static void a_text_may_come_in_pieces(void **state)
{
    (void)state;
    struct sp_tail tail = {0};
    add(&tail, "on");
    add(&tail, "");
    add(&tail, "e\r");
    assert_lines(&tail, LINES("one"));
    add(&tail, "\ntw");
    add(&tail, "o \xC3");
    assert_lines(&tail, LINES("one", "two ?"));
    add(&tail, "\xA4");
    assert_lines(&tail, LINES("one", "two \xC3\xA4"));
}

static void a_cleared_one_is_empty(void **state)
{
    (void)state;
    struct sp_tail tail = {0};
    add(&tail, "one\n");
    sp_tail_clear(&tail);
    assert_lines(&tail, (const char *const[]){NULL});
    add(&tail, "two");
    assert_lines(&tail, LINES("two"));
}

/* Lines of ten bytes: the first that is there has lost its beginning. */
static void of_a_long_text_the_end_is_kept(void **state)
{
    (void)state;
    struct sp_tail tail = {0};
    for (int i = 0; i < 1000; i++) {
        char line[16];
        snprintf(line, sizeof line, "line %04d\n", i);
        add(&tail, line);
        assert_true(tail.len <= SP_TAIL_BYTES);
    }
    assert_int_equal(tail.len, SP_TAIL_BYTES);
    assert_lines(&tail, LINES("line 0990", "line 0991", "line 0992", "line 0993", "line 0994",
                              "line 0995", "line 0996", "line 0997", "line 0998", "line 0999"));
}

static void a_first_line_that_is_cut_is_not_shown(void **state)
{
    (void)state;
    static char text[3000];
    struct sp_tail tail = {0};
    memset(text, 'x', sizeof text);
    text[2000] = '\n';
    text[2500] = '\n';
    sp_tail_add(&tail, text, sizeof text);
    char middle[500] = "", last[500] = "";
    memset(middle, 'x', 499);
    memset(last, 'x', 499);
    assert_lines(&tail, LINES(middle, last));
}

/* Better a part of it than nothing to say. */
static void an_only_line_that_is_cut_is_shown(void **state)
{
    (void)state;
    static char text[SP_TAIL_BYTES + 1], end[SP_TAIL_BYTES + 1];
    struct sp_tail tail = {0};
    memset(text, 'x', sizeof text);
    memset(end, 'x', SP_TAIL_BYTES);
    sp_tail_add(&tail, text, sizeof text);
    assert_lines(&tail, LINES(end));
    end[SP_TAIL_BYTES - 1] = '\0';
    sp_tail_add(&tail, "\n", 1);
    assert_lines(&tail, LINES(end));
}

static void a_piece_of_just_the_size_replaces_everything(void **state)
{
    (void)state;
    static char text[SP_TAIL_BYTES];
    struct sp_tail tail = {0};
    add(&tail, "before\n");
    memset(text, '\n', sizeof text);
    memcpy(text + sizeof text - 3, "end", 3);
    sp_tail_add(&tail, text, sizeof text);
    assert_int_equal(tail.len, SP_TAIL_BYTES);
    assert_lines(&tail, LINES("", "", "", "", "", "", "", "", "", "end"));
}

static void a_piece_that_does_not_fit_beside_the_rest_pushes_it_out(void **state)
{
    (void)state;
    static char text[SP_TAIL_BYTES - 4];
    struct sp_tail tail = {0};
    memset(text, 'y', sizeof text);
    text[0] = '\n';
    add(&tail, "0123456789");
    sp_tail_add(&tail, text, sizeof text);
    assert_int_equal(tail.len, SP_TAIL_BYTES);
    assert_memory_equal(tail.bytes, "6789\n", 5);
    char last[sizeof text] = "";
    memset(last, 'y', sizeof text - 1);
    assert_lines(&tail, LINES(last));
}

/* ------------------------------------------------------------------ what can't be shown */

static void control_characters_become_question_marks(void **state)
{
    (void)state;
    SHOWS("a\0b", "a?b");
    SHOWS("\x1B[31mred\x07\x7F\t.", "?[31mred???.");
    /* U+0080 to U+009F, among them another beginning of an escape sequence */
    SHOWS("\xC2\x80|\xC2\x9B|\xC2\x9F|\xC2\xA0", "??|??|??|\xC2\xA0");
}

static void utf_8_stays_as_it_is(void **state)
{
    (void)state;
    SHOWS("\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80 \xEF\xBF\xBF \xF4\x8F\xBF\xBF",
          "\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80 \xEF\xBF\xBF \xF4\x8F\xBF\xBF");
    SHOWS("\xED\x9F\xBF \xEE\x80\x80", "\xED\x9F\xBF \xEE\x80\x80");
}

static void what_is_no_utf_8_becomes_question_marks(void **state)
{
    (void)state;
    SHOWS("\x80 \xBF \xFF \xFE", "? ? ? ?");
    SHOWS("\xC3", "?"); /* ends in the middle */
    SHOWS("\xE2\x82", "??");
    SHOWS("\xF0\x9F\x98", "???");
    SHOWS("\xC3\n\xA4", "?", "?"); /* a line end in the middle */
    SHOWS("\xE2\x82x", "??x");
    SHOWS("\xC3\xC3\xA4", "?\xC3\xA4");
    SHOWS("\xC0\x80 \xC1\xBF", "?? ??"); /* longer than need be */
    SHOWS("\xE0\x9F\xBF \xF0\x8F\xBF\xBF", "??? ????");
    SHOWS("\xED\xA0\x80 \xED\xBF\xBF", "??? ???");           /* surrogates */
    SHOWS("\xF4\x90\x80\x80 \xF5\x80\x80\x80", "???? ????"); /* beyond Unicode */
}

static void a_character_that_is_cut_at_the_front_becomes_question_marks(void **state)
{
    (void)state;
    static char text[SP_TAIL_BYTES], end[SP_TAIL_BYTES + 1];
    struct sp_tail tail = {0};
    memset(text, 'x', sizeof text);
    memset(end, 'x', SP_TAIL_BYTES);
    end[0] = end[1] = '?';
    add(&tail, "\xE2\x82\xAC");
    sp_tail_add(&tail, text, sizeof text - 2);
    assert_lines(&tail, LINES(end));
}

/* Any bytes give lines that can be sent: valid UTF-8, without a control character. */
static void any_bytes_can_be_shown(void **state)
{
    (void)state;
    static unsigned char bytes[5000];
    struct sp_tail tail = {0};
    uint32_t random = 1;
    for (size_t round = 0; round < 200; round++) {
        size_t len = round * 25;
        for (size_t i = 0; i < len; i++) {
            random = random * 1664525u + 1013904223u;
            /* often one of the bytes that matter */
            static const unsigned char lead[] = {'\n', '\r', 0xC2, 0xE0, 0xED, 0xF0, 0xF4, 0x80};
            bytes[i] = (random >> 30) == 0 ? (unsigned char)(random >> 16)
                                           : lead[(random >> 20) % sizeof lead];
        }
        sp_tail_add(&tail, bytes, len);
        json_t *lines = sp_tail_lines(&tail);
        assert_true(json_array_size(lines) <= SP_TAIL_LINES);
        size_t i;
        json_t *line;
        json_array_foreach(lines, i, line)
        {
            const char *text = json_string_value(line);
            assert_non_null(text); /* jansson takes valid UTF-8 alone */
            assert_int_equal(strlen(text), json_string_length(line));
            for (; *text != '\0'; text++)
                assert_true((unsigned char)*text >= 0x20 && *text != 0x7F);
        }
        json_decref(lines);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_text_has_no_line),
        cmocka_unit_test(nothing_but_line_ends_is_no_line),
        cmocka_unit_test(a_line_needs_no_end),
        cmocka_unit_test(line_ends_of_windows_are_line_ends),
        cmocka_unit_test(a_carriage_return_elsewhere_is_a_control_character),
        cmocka_unit_test(empty_lines_count_but_for_those_at_the_end),
        cmocka_unit_test(the_last_ten_lines_are_shown),
        cmocka_unit_test(a_text_may_come_in_pieces),
        cmocka_unit_test(a_cleared_one_is_empty),
        cmocka_unit_test(of_a_long_text_the_end_is_kept),
        cmocka_unit_test(a_first_line_that_is_cut_is_not_shown),
        cmocka_unit_test(an_only_line_that_is_cut_is_shown),
        cmocka_unit_test(a_piece_of_just_the_size_replaces_everything),
        cmocka_unit_test(a_piece_that_does_not_fit_beside_the_rest_pushes_it_out),
        cmocka_unit_test(control_characters_become_question_marks),
        cmocka_unit_test(utf_8_stays_as_it_is),
        cmocka_unit_test(what_is_no_utf_8_becomes_question_marks),
        cmocka_unit_test(a_character_that_is_cut_at_the_front_becomes_question_marks),
        cmocka_unit_test(any_bytes_can_be_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
