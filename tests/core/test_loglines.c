/* tests/core/test_loglines.c - lines of several sources: whole where they can be, exact always. */
#include "core/loglines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/isotime.h"

#define T0 "1970-01-01T00:00:00.000Z"
#define T1 "1970-01-01T00:00:00.001Z"
#define T9 "1970-01-01T00:00:00.009Z"

enum { ROOM = 4 * SP_LOGLINES_LINE_MAX };

static struct sp_loglines lines;
static struct sp_buffer out;

static int open_all(void **state)
{
    (void)state;
    return sp_buffer_reserve(&out, ROOM, NULL) == SP_OK ? 0 : -1;
}

static int close_all(void **state)
{
    (void)state;
    sp_loglines_deinit(&lines);
    sp_buffer_deinit(&out);
    return 0;
}

static void say(uint64_t ms, const char *tag, enum sp_stream stream, const char *text)
{
    assert_int_equal(sp_loglines_add(&lines, ms, tag, stream, sp_bytes_of(text), &out),
                     strlen(text));
}

static void assert_written(const char *expected)
{
    assert_int_equal(out.len, strlen(expected));
    if (out.len > 0)
        assert_memory_equal(out.data, expected, out.len);
    out.len = 0;
}

static void a_line_has_its_moment_tag_and_stream(void **state)
{
    (void)state;
    say(0, "s17", SP_STDERR, "one\ntwo\r\n\n");
    assert_written(T0 " s17 stderr one\n" T0 " s17 stderr two\r\n" T0 " s17 stderr \n");
    say(1, "r3", SP_STDOUT, "three\n");
    assert_written(T1 " r3 stdout three\n");
}

static void a_line_is_written_when_it_has_ended(void **state)
{
    (void)state;
    say(0, "s1", SP_STDERR, "a");
    say(0, "s1", SP_STDERR, "bc");
    assert_written("");
    say(1, "s1", SP_STDERR, "d\ne");
    assert_written(T1 " s1 stderr abcd\n");
    say(9, "s1", SP_STDERR, "\n");
    assert_written(T9 " s1 stderr e\n");
}

static void lines_of_several_sources_do_not_mix(void **state)
{
    (void)state;
    say(0, "s1", SP_STDERR, "one ");
    say(0, "s2", SP_STDERR, "two ");
    say(0, "s1", SP_STDOUT, "out ");
    say(0, "s2", SP_STDERR, "2\n");
    say(0, "s1", SP_STDERR, "1\n");
    say(0, "s1", SP_STDOUT, "0\n");
    assert_written(T0 " s2 stderr two 2\n" T0 " s1 stderr one 1\n" T0 " s1 stdout out 0\n");
}

static void a_line_that_does_not_end_is_written_in_pieces(void **state)
{
    (void)state;
    say(0, "s1", SP_STDERR, "name? ");
    assert_true(sp_loglines_expire(&lines, 4, 5, &out));
    assert_written("");
    say(4, "s2", SP_STDERR, "young");
    assert_true(sp_loglines_expire(&lines, 9, 6, &out));
    assert_written(T9 " s1 stderr+ name? \n");
    say(9, "s1", SP_STDERR, "thanks\n");
    assert_written(T9 " s1 stderr thanks\n");
    assert_true(sp_loglines_expire(&lines, 9, 0, &out));
    assert_written(T9 " s2 stderr+ young\n");
    assert_null(lines.open);
}

static void a_clock_that_was_set_back_keeps_no_line(void **state)
{
    (void)state;
    say(9, "s1", SP_STDERR, "x");
    assert_true(sp_loglines_expire(&lines, 1, 1000, &out));
    assert_written(T1 " s1 stderr+ x\n");
}

/* A text of n letters. */
static char *letters(size_t n)
{
    char *text = malloc(n + 2);
    assert_non_null(text);
    memset(text, 'x', n);
    text[n] = '\0';
    return text;
}

static void assert_piece(const char *head, size_t letter_count)
{
    size_t head_len = strlen(head);
    assert_in_range(out.len, head_len + letter_count + 1, SIZE_MAX);
    assert_memory_equal(out.data, head, head_len);
    for (size_t i = 0; i < letter_count; i++)
        assert_int_equal(out.data[head_len + i], 'x');
    assert_int_equal(out.data[head_len + letter_count], '\n');
    sp_buffer_consume(&out, head_len + letter_count + 1);
}

static void the_longest_line_is_whole_and_a_longer_one_is_not(void **state)
{
    (void)state;
    char *text = letters(SP_LOGLINES_TEXT_MAX);
    say(0, "s1", SP_STDERR, text);
    say(0, "s1", SP_STDERR, "\n");
    assert_piece(T0 " s1 stderr ", SP_LOGLINES_TEXT_MAX);
    say(0, "s1", SP_STDERR, text);
    say(0, "s1", SP_STDERR, "x");
    assert_piece(T0 " s1 stderr+ ", SP_LOGLINES_TEXT_MAX);
    say(0, "s1", SP_STDERR, "\n");
    assert_piece(T0 " s1 stderr ", 1);
    text[SP_LOGLINES_TEXT_MAX] = '\n';
    text[SP_LOGLINES_TEXT_MAX + 1] = '\0';
    say(0, "s1", SP_STDERR, text);
    assert_piece(T0 " s1 stderr ", SP_LOGLINES_TEXT_MAX);
    assert_written("");
    free(text);
}

static void a_line_that_was_kept_is_cut_where_it_is_full(void **state)
{
    (void)state;
    char *text = letters(SP_LOGLINES_TEXT_MAX);
    say(0, "s1", SP_STDERR, "xxx");
    say(0, "s1", SP_STDERR, text);
    assert_piece(T0 " s1 stderr+ ", SP_LOGLINES_TEXT_MAX);
    say(0, "s1", SP_STDERR, "\n");
    assert_piece(T0 " s1 stderr ", 3);
    assert_written("");
    free(text);
}

static void only_so_many_lines_are_kept(void **state)
{
    (void)state;
    char tag[16];
    for (int i = 0; i < SP_LOGLINES_OPEN_MAX; i++) {
        snprintf(tag, sizeof tag, "s%d", i);
        say(0, tag, SP_STDERR, "x");
    }
    assert_written("");
    say(1, "more", SP_STDERR, "y");
    assert_written(T1 " s0 stderr+ x\n");
    say(1, "s1", SP_STDERR, "\n");
    say(1, "more", SP_STDERR, "\n");
    assert_written(T1 " s1 stderr x\n" T1 " more stderr y\n");
}

static void nothing_is_taken_that_there_is_no_room_for(void **state)
{
    (void)state;
    struct sp_buffer small = {.max = SP_LOGLINES_LINE_MAX};
    assert_int_equal(sp_loglines_add(&lines, 0, "s1", SP_STDERR, sp_bytes_of("a\n"), &small), 0);
    assert_int_equal(sp_buffer_reserve(&small, SP_LOGLINES_LINE_MAX, NULL), SP_OK);
    small.cap = SP_LOGLINES_LINE_MAX; /* the reserve may be generous */
    assert_int_equal(sp_loglines_add(&lines, 0, "s1", SP_STDERR, sp_bytes_of("a\nb\n"), &small), 2);
    assert_false(sp_loglines_say(0, "no", &small));
    say(0, "s1", SP_STDERR, "open");
    assert_false(sp_loglines_expire(&lines, 0, 0, &small));
    small.len = 0;
    assert_true(sp_loglines_expire(&lines, 0, 0, &small));
    sp_buffer_deinit(&small);
}

static void the_log_speaks_for_itself(void **state)
{
    (void)state;
    assert_true(sp_loglines_say(9, "12 bytes are missing here", &out));
    assert_written(T9 " - log 12 bytes are missing here\n");
}

static void of_a_long_tag_the_beginning_counts(void **state)
{
    (void)state;
    say(0, "abcdefghijklmnopqrstuvwxyz", SP_STDERR, "x");
    say(0, "abcdefghijklmnopqrstuvw", SP_STDERR, "y\n");
    assert_written(T0 " abcdefghijklmnopqrstuvw stderr xy\n");
}

/* ------------------------------------------------------------------ exactness */

enum { SOURCES = 40, ROUNDS = 4000 };

static uint32_t seed;

static uint32_t next_random(void)
{
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

/* Puts the lines of the log together again, each source's apart. */
static void collect(struct sp_buffer said[SOURCES])
{
    const unsigned char *at = out.data, *end = out.data + out.len;
    while (at < end) {
        char tag[SP_LOGLINES_TAG_MAX + 1], stream[8];
        int head = 0;
        uint64_t ms = 0;
        unsigned source = 0;
        const unsigned char *line_end = memchr(at, '\n', (size_t)(end - at));
        assert_non_null(line_end);
        assert_true(sp_isotime_parse(at, (size_t)(line_end - at), &ms));
        assert_int_equal(
            sscanf((const char *)at + SP_ISOTIME_LEN, " %23s %7s%n", tag, stream, &head), 2);
        assert_int_equal(sscanf(tag, "s%u", &source), 1);
        assert_in_range(source, 0, SOURCES - 1);
        at += SP_ISOTIME_LEN + head + 1;
        bool has_ended = stream[strlen(stream) - 1] != '+';
        assert_int_equal(sp_buffer_append(&said[source], at,
                                          (size_t)(line_end - at) + (has_ended ? 1 : 0), NULL),
                         SP_OK);
        at = line_end + 1;
    }
    out.len = 0;
}

static struct sp_bytes random_bytes(void)
{
    static unsigned char bytes[3 * SP_LOGLINES_TEXT_MAX];
    size_t len = next_random() % 20 == 0 ? next_random() % sizeof bytes : next_random() % 60;
    uint32_t ends = next_random() % 3 == 0 ? 100000 : 40;
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (unsigned char)next_random();
        if (bytes[i] == '\n' && ends > 40)
            bytes[i] = 'n';
    }
    return (struct sp_bytes){bytes, len};
}

static void what_a_source_said_can_be_put_together_again(void **state)
{
    (void)state;
    static struct sp_buffer expected[SOURCES], said[SOURCES];
    seed = 1;
    for (int i = 0; i < ROUNDS; i++) {
        char tag[16];
        unsigned source = next_random() % SOURCES;
        struct sp_bytes bytes = random_bytes();
        snprintf(tag, sizeof tag, "s%u", source);
        assert_int_equal(sp_buffer_append(&expected[source], bytes.data, bytes.len, NULL), SP_OK);
        while (bytes.len > 0) {
            size_t taken = sp_loglines_add(&lines, (uint64_t)i, tag, SP_STDOUT, bytes, &out);
            bytes = (struct sp_bytes){(const char *)bytes.data + taken, bytes.len - taken};
            collect(said);
        }
    }
    while (!sp_loglines_expire(&lines, ROUNDS, 0, &out))
        collect(said);
    collect(said);
    for (int i = 0; i < SOURCES; i++) {
        assert_int_equal(said[i].len, expected[i].len);
        if (said[i].len > 0)
            assert_memory_equal(said[i].data, expected[i].data, said[i].len);
        sp_buffer_deinit(&said[i]);
        sp_buffer_deinit(&expected[i]);
    }
}

#define LINES_TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINES_TEST(a_line_has_its_moment_tag_and_stream),
        LINES_TEST(a_line_is_written_when_it_has_ended),
        LINES_TEST(lines_of_several_sources_do_not_mix),
        LINES_TEST(a_line_that_does_not_end_is_written_in_pieces),
        LINES_TEST(a_clock_that_was_set_back_keeps_no_line),
        LINES_TEST(the_longest_line_is_whole_and_a_longer_one_is_not),
        LINES_TEST(a_line_that_was_kept_is_cut_where_it_is_full),
        LINES_TEST(only_so_many_lines_are_kept),
        LINES_TEST(nothing_is_taken_that_there_is_no_room_for),
        LINES_TEST(the_log_speaks_for_itself),
        LINES_TEST(of_a_long_tag_the_beginning_counts),
        LINES_TEST(what_a_source_said_can_be_put_together_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
