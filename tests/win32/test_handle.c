/* tests/win32/test_handle.c - taking, counting, closing and comparing handles. */
#include "children.h"

#include <windows.h>

static w32_handle an_event(void)
{
    return w32_take(CreateEventW(NULL, TRUE, FALSE, NULL));
}

static void both_empty_values_become_null_uncounted(void **state)
{
    (void)state;
    assert_null(w32_take(NULL));
    assert_null(w32_take(INVALID_HANDLE_VALUE));
    assert_int_equal(w32_handle_tally(), 0);
}

static void a_handle_counts_from_take_to_close(void **state)
{
    (void)state;
    w32_handle a = an_event();
    w32_handle b = an_event();
    assert_int_equal(w32_handle_tally(), 2);
    w32_handle_close(&a);
    assert_null(a);
    assert_int_equal(w32_handle_tally(), 1);
    w32_handle_close(&b);
}

static void close_closes(void **state)
{
    (void)state;
    w32_handle h = an_event();
    HANDLE raw = h;
    DWORD flags = 0;
    assert_true(GetHandleInformation(raw, &flags));
    w32_handle_close(&h);
    assert_false(GetHandleInformation(raw, &flags));
}

static void closing_an_empty_handle_does_nothing(void **state)
{
    (void)state;
    w32_handle h = NULL;
    w32_handle_close(&h);
    w32_handle_close(&h);
    assert_int_equal(w32_handle_tally(), 0);
}

static void a_handle_given_away_is_open_and_uncounted(void **state)
{
    (void)state;
    w32_handle h = an_event();
    HANDLE raw = w32_give(&h);
    assert_null(h);
    assert_int_equal(w32_handle_tally(), 0);
    assert_true(CloseHandle(raw));
    assert_null(w32_give(&h));
}

static void a_duplicate_is_the_same_object(void **state)
{
    (void)state;
    w32_handle a = an_event();
    w32_handle b = an_event();
    HANDLE raw = NULL;
    assert_true(DuplicateHandle(GetCurrentProcess(), a, GetCurrentProcess(), &raw, 0, FALSE,
                                DUPLICATE_SAME_ACCESS));
    w32_handle copy = w32_take(raw);
    assert_true(w32_handle_same(a, a));
    assert_true(w32_handle_same(a, copy));
    assert_false(w32_handle_same(a, b));
    w32_handle_close(&copy);
    w32_handle_close(&b);
    w32_handle_close(&a);
}

static void no_handle_is_the_same_as_none(void **state)
{
    (void)state;
    w32_handle a = an_event();
    assert_false(w32_handle_same(a, NULL));
    assert_false(w32_handle_same(NULL, a));
    assert_false(w32_handle_same(NULL, NULL));
    w32_handle_close(&a);
}

static DWORD WINAPI open_and_close(void *arg)
{
    (void)arg;
    for (int i = 0; i < 2000; i++) {
        w32_handle h = an_event();
        w32_handle_close(&h);
    }
    return 0;
}

static void the_tally_holds_among_threads(void **state)
{
    (void)state;
    HANDLE threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = CreateThread(NULL, 0, open_and_close, NULL, 0, NULL);
    assert_int_equal(WaitForMultipleObjects(4, threads, TRUE, PATIENCE_MS), WAIT_OBJECT_0);
    for (int i = 0; i < 4; i++)
        CloseHandle(threads[i]);
    assert_int_equal(w32_handle_tally(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_empty_values_become_null_uncounted),
        TEST(a_handle_counts_from_take_to_close),
        TEST(close_closes),
        TEST(closing_an_empty_handle_does_nothing),
        TEST(a_handle_given_away_is_open_and_uncounted),
        TEST(a_duplicate_is_the_same_object),
        TEST(no_handle_is_the_same_as_none),
        TEST(the_tally_holds_among_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
