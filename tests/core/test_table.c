/* tests/core/test_table.c - aligned columns. */
#include "core/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct sp_column columns[] = {{"WORKER", false}, {"SESSIONS", true}, {"WHO", false}};

static void assert_prints(const struct sp_table *t, const char *expected)
{
    struct sp_buffer out = {0};
    assert_int_equal(sp_table_print(t, &out, NULL), SP_OK);
    assert_int_equal(sp_buffer_append(&out, "", 1, NULL), SP_OK);
    assert_string_equal((char *)out.data, expected);
    sp_buffer_deinit(&out);
}

static void a_table_without_rows_is_its_heads(void **state)
{
    (void)state;
    struct sp_table t = sp_table_of(columns, 3);
    assert_prints(&t, "WORKER  SESSIONS  WHO\n");
    sp_table_deinit(&t);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
    (void)state;
    struct sp_table t = sp_table_of(columns, 3);
    sp_table_add(&t, "sort");
    sp_table_addf(&t, "%d", 7);
    sp_table_add(&t, "CORP\\anna");
    sp_table_add(&t, "a-long-name");
    sp_table_addf(&t, "%d", 1234567890);
    sp_table_add(&t, "x");
    assert_prints(&t, "WORKER         SESSIONS  WHO\n"
                      "sort                  7  CORP\\anna\n"
                      "a-long-name  1234567890  x\n");
    sp_table_deinit(&t);
}

static void widths_are_counted_in_code_points(void **state)
{
    (void)state;
    struct sp_table t = sp_table_of(columns, 3);
    sp_table_add(&t, "héééééé");
    sp_table_add(&t, "日本");
    sp_table_add(&t, "x");
    assert_prints(&t, "WORKER   SESSIONS  WHO\n"
                      "héééééé        日本  x\n");
    sp_table_deinit(&t);
}

static void no_line_ends_in_a_space(void **state)
{
    (void)state;
    struct sp_table t = sp_table_of(columns, 3);
    sp_table_add(&t, "sort");
    sp_table_add(&t, NULL);
    sp_table_add(&t, "");
    sp_table_add(&t, "");
    sp_table_add(&t, "");
    sp_table_add(&t, "");
    sp_table_add(&t, "");
    sp_table_add(&t, "");
    sp_table_add(&t, "x");
    sp_table_add(&t, "a  ");
    sp_table_add(&t, "b ");
    sp_table_add(&t, " c ");
    sp_table_add(&t, " ");
    sp_table_add(&t, "");
    sp_table_add(&t, "  ");
    assert_prints(&t, "WORKER  SESSIONS  WHO\n"
                      "sort\n"
                      "\n"
                      "                  x\n"
                      "a             b    c\n"
                      "\n");
    sp_table_deinit(&t);
}

static void a_control_character_never_reaches_the_terminal(void **state)
{
    (void)state;
    struct sp_table t = sp_table_of(columns, 3);
    sp_table_add(&t, "\x1b[31mred");
    sp_table_add(&t, "1\n2");
    sp_table_add(&t, "a\tb\x7f\xc2\x9b é");
    assert_prints(&t, "WORKER    SESSIONS  WHO\n"
                      "?[31mred       1?2  a?b??? é\n");
    sp_table_deinit(&t);
}

static void a_row_that_lacks_cells_is_refused(void **state)
{
    (void)state;
    struct sp_buffer out = {0};
    struct sp_error err = {0};
    struct sp_table t = sp_table_of(columns, 3);
    sp_table_add(&t, "sort");
    assert_int_equal(sp_table_print(&t, &out, &err), SP_EINVAL);
    assert_int_equal(out.len, 0);
    sp_table_deinit(&t);
}

static void a_table_that_does_not_fit_leaves_the_buffer_unchanged(void **state)
{
    (void)state;
    struct sp_buffer out = {.max = 30};
    assert_int_equal(sp_buffer_append(&out, "abc", 3, NULL), SP_OK);
    struct sp_table t = sp_table_of(columns, 3);
    for (int i = 0; i < 3; i++)
        sp_table_add(&t, "cell");
    assert_int_equal(sp_table_print(&t, &out, NULL), SP_ETOOBIG);
    assert_int_equal(out.len, 3);
    assert_memory_equal(out.data, "abc", 3);
    sp_table_deinit(&t);
    sp_buffer_deinit(&out);
}

static void a_thousand_rows_are_kept_in_order(void **state)
{
    (void)state;
    static const struct sp_column one = {"N", true};
    struct sp_table t = sp_table_of(&one, 1);
    for (int i = 1; i <= 1000; i++)
        sp_table_addf(&t, "%d", i);
    struct sp_buffer out = {0};
    assert_int_equal(sp_table_print(&t, &out, NULL), SP_OK);
    assert_int_equal(out.len, 1001 * 5);
    assert_memory_equal(out.data, "   N\n   1\n   2\n", 15);
    assert_memory_equal(out.data + 1000 * 5, "1000\n", 5);
    sp_buffer_deinit(&out);
    sp_table_deinit(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_without_rows_is_its_heads),
        cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
        cmocka_unit_test(widths_are_counted_in_code_points),
        cmocka_unit_test(no_line_ends_in_a_space),
        cmocka_unit_test(a_control_character_never_reaches_the_terminal),
        cmocka_unit_test(a_row_that_lacks_cells_is_refused),
        cmocka_unit_test(a_table_that_does_not_fit_leaves_the_buffer_unchanged),
        cmocka_unit_test(a_thousand_rows_are_kept_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
