/* tests/service/test_cell.c - the buffers of streams, and the budget of a loop's. */
#include "service/cell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { LARGE = 256 << 10, MANY = 64 };

static void a_buffer_is_as_large_as_was_asked(void **state)
{
    (void)state;
    struct svc_cell cell = {0};
    assert_true(svc_cell_fit(&cell, 1024, NULL));
    assert_int_equal(cell.cap, 1024);
    assert_true(svc_cell_fit(&cell, LARGE, NULL));
    assert_int_equal(cell.cap, LARGE);
    svc_cell_free(&cell, NULL);
    assert_null(cell.data);
    assert_int_equal(cell.cap, 0);
}

static void beyond_the_budget_there_are_small_ones_alone(void **state)
{
    (void)state;
    static struct svc_cell cells[MANY];
    struct svc_budget budget = {0};
    size_t large = 0;
    for (int i = 0; i < MANY; i++) {
        assert_true(svc_cell_fit(&cells[i], LARGE, &budget));
        large += cells[i].cap == LARGE;
        assert_true(cells[i].cap == LARGE || cells[i].cap == SVC_CELL_SMALL_BYTES);
    }
    assert_int_equal(large, SVC_BUDGET_BYTES / LARGE);
    assert_true(budget.used <= SVC_BUDGET_BYTES + MANY * SVC_CELL_SMALL_BYTES);
    for (int i = 0; i < MANY; i++)
        svc_cell_free(&cells[i], &budget);
    assert_int_equal(budget.used, 0);
}

static void what_is_given_back_is_there_for_others(void **state)
{
    (void)state;
    struct svc_budget budget = {.used = SVC_BUDGET_BYTES - LARGE};
    struct svc_cell first = {0}, second = {0};
    assert_true(svc_cell_fit(&first, LARGE, &budget));
    assert_true(svc_cell_fit(&second, LARGE, &budget));
    assert_int_equal(second.cap, SVC_CELL_SMALL_BYTES);
    assert_true(svc_cell_fit(&second, 1024, &budget)); /* less than a small one is as asked */
    assert_int_equal(second.cap, 1024);
    svc_cell_free(&first, &budget);
    assert_true(svc_cell_fit(&second, LARGE, &budget));
    assert_int_equal(second.cap, LARGE);
    svc_cell_free(&second, &budget);
    assert_int_equal(budget.used, SVC_BUDGET_BYTES - LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_is_as_large_as_was_asked),
        cmocka_unit_test(beyond_the_budget_there_are_small_ones_alone),
        cmocka_unit_test(what_is_given_back_is_there_for_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
