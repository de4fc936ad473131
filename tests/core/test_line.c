/* tests/core/test_line.c - bytes in any pieces become whole lines. */
#include "core/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void feed(struct sp_line_reader *r, const char *text)
{
    assert_int_equal(sp_line_feed(r, text, strlen(text), NULL), SP_OK);
}

static void assert_line(struct sp_line_reader *r, const char *expected)
{
    struct sp_bytes line = {0};
    assert_int_equal(sp_line_next(r, &line, NULL), SP_OK);
    assert_int_equal(line.len, strlen(expected));
    if (line.len > 0)
        assert_memory_equal(line.data, expected, line.len);
}

static void assert_no_line(struct sp_line_reader *r)
{
    static const char untouched[] = "x";
    struct sp_bytes line = {untouched, 77};
    assert_int_equal(sp_line_next(r, &line, NULL), SP_EEND);
    assert_ptr_equal(line.data, untouched);
    assert_int_equal(line.len, 77);
}

static void feed_repeated(struct sp_line_reader *r, size_t count)
{
    static const char block[4096] = {0};
    while (count > 0) {
        size_t len = count < sizeof block ? count : sizeof block;
        assert_int_equal(sp_line_feed(r, block, len, NULL), SP_OK);
        count -= len;
    }
}

static void an_empty_reader_has_no_line(void **state)
{
    (void)state;
    struct sp_line_reader r = {0};
    assert_no_line(&r);
    assert_int_equal(sp_line_feed(&r, NULL, 0, NULL), SP_OK);
    assert_no_line(&r);
    sp_line_deinit(&r);
}

static void many_lines_of_one_piece_come_one_by_one(void **state)
{
    (void)state;
    struct sp_line_reader r = {0};
    feed(&r, "one\ntwo\n\nfour\nrest");
    assert_line(&r, "one");
    assert_line(&r, "two");
    assert_line(&r, "");
    assert_line(&r, "four");
    assert_no_line(&r);
    feed(&r, " of it\n");
    assert_line(&r, "rest of it");
    assert_no_line(&r);
    sp_line_deinit(&r);
}

static void a_line_in_single_bytes_is_whole_at_its_lf(void **state)
{
    (void)state;
    struct sp_line_reader r = {0};
    static const char text[] = "first\nsecond\n";
    char so_far[16] = {0};
    for (const char *p = text; *p != 0; p++) {
        assert_int_equal(sp_line_feed(&r, p, 1, NULL), SP_OK);
        if (*p == '\n') {
            assert_line(&r, so_far);
            memset(so_far, 0, sizeof so_far);
        } else {
            so_far[strlen(so_far)] = *p;
        }
        assert_no_line(&r);
    }
    sp_line_deinit(&r);
}

static void lines_that_were_not_taken_survive_the_next_feed(void **state)
{
    (void)state;
    struct sp_line_reader r = {0};
    feed(&r, "a\nb\nc");
    assert_line(&r, "a");
    feed(&r, "d\n");
    assert_line(&r, "b");
    feed(&r, "e");
    assert_line(&r, "cd");
    assert_no_line(&r);
    feed(&r, "\n");
    assert_line(&r, "e");
    sp_line_deinit(&r);
}

static void one_cr_before_the_lf_belongs_to_the_end(void **state)
{
    (void)state;
    struct sp_line_reader r = {0};
    feed(&r, "a\r\n\r\nb\r\r\nc\rd\n\r");
    assert_line(&r, "a");
    assert_line(&r, "");
    assert_line(&r, "b\r");
    assert_line(&r, "c\rd");
    assert_no_line(&r);
    feed(&r, "\n");
    assert_line(&r, "");
    sp_line_deinit(&r);
}

static void a_nul_is_a_byte_like_others(void **state)
{
    (void)state;
    struct sp_line_reader r = {0};
    struct sp_bytes line = {0};
    assert_int_equal(sp_line_feed(&r, "a\0b\n", 4, NULL), SP_OK);
    assert_int_equal(sp_line_next(&r, &line, NULL), SP_OK);
    assert_int_equal(line.len, 3);
    assert_memory_equal(line.data, "a\0b", 3);
    sp_line_deinit(&r);
}

static void the_longest_line_is_read_and_the_next_one_too(void **state)
{
    (void)state;
    struct sp_line_reader r = {0};
    struct sp_bytes line = {0};
    feed_repeated(&r, SP_LINE_MAX);
    assert_no_line(&r);
    feed(&r, "\nnext\n");
    assert_int_equal(sp_line_next(&r, &line, NULL), SP_OK);
    assert_int_equal(line.len, SP_LINE_MAX);
    assert_line(&r, "next");
    sp_line_deinit(&r);
}

static void a_longer_line_is_refused_before_its_end_has_come(void **state)
{
    (void)state;
    struct sp_line_reader r = {0};
    struct sp_error err = {0};
    struct sp_bytes line = {"x", 77};
    feed(&r, "good\n");
    feed_repeated(&r, SP_LINE_MAX + 1);
    assert_line(&r, "good");
    assert_int_equal(sp_line_next(&r, &line, &err), SP_ETOOBIG);
    assert_int_equal(err.status, SP_ETOOBIG);
    assert_non_null(strstr(err.what, "65536"));
    assert_int_equal(line.len, 77);
    feed(&r, "\nnext\n"); /* and stays refused: nobody knows what was meant */
    assert_int_equal(sp_line_next(&r, &line, NULL), SP_ETOOBIG);
    sp_line_deinit(&r);
}

static void lines_without_end_cost_no_memory_without_end(void **state)
{
    (void)state;
    struct sp_line_reader r = {0};
    for (int i = 0; i < 100000; i++) {
        feed(&r, "0123456789\n01");
        assert_line(&r, i == 0 ? "0123456789" : "010123456789");
    }
    assert_true(r.pending.cap < 4096);
    sp_line_deinit(&r);
    assert_null(r.pending.data);
    assert_no_line(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_reader_has_no_line),
        cmocka_unit_test(many_lines_of_one_piece_come_one_by_one),
        cmocka_unit_test(a_line_in_single_bytes_is_whole_at_its_lf),
        cmocka_unit_test(lines_that_were_not_taken_survive_the_next_feed),
        cmocka_unit_test(one_cr_before_the_lf_belongs_to_the_end),
        cmocka_unit_test(a_nul_is_a_byte_like_others),
        cmocka_unit_test(the_longest_line_is_read_and_the_next_one_too),
        cmocka_unit_test(a_longer_line_is_refused_before_its_end_has_come),
        cmocka_unit_test(lines_without_end_cost_no_memory_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
