/* tests/core/test_quota.c - how much each user has, and how often one has come lately. */
#include "core/quota.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_refused(struct sp_quota *q, const struct sp_quota_limits *limits,
                           const char *user, uint64_t now_ms, const char *what)
{
    struct sp_error err = {0};
    uint32_t count = q->count;
    bool of_user = false;
    assert_int_equal(sp_quota_take(q, limits, user, now_ms, &of_user, &err), SP_EACCESS);
    assert_non_null(strstr(err.what, what));
    assert_int_equal(q->count, count);
}

static void assert_taken(struct sp_quota *q, const struct sp_quota_limits *limits, const char *user,
                         uint64_t now_ms)
{
    bool of_user = false;
    assert_int_equal(sp_quota_take(q, limits, user, now_ms, &of_user, NULL), SP_OK);
    assert_int_equal(of_user, limits->per_user > 0 || limits->per_minute > 0);
}

static void without_limits_everybody_gets_as_many_as_they_like(void **state)
{
    (void)state;
    struct sp_quota q = {0};
    const struct sp_quota_limits none = {0};
    for (int i = 0; i < 1000; i++)
        assert_taken(&q, &none, "ann", 7);
    assert_int_equal(q.count, 1000);
    assert_null(q.users); /* and nobody is remembered */
    sp_quota_deinit(&q);
}

static void what_there_is_in_all_counts_everybodys(void **state)
{
    (void)state;
    struct sp_quota q = {0};
    const struct sp_quota_limits limits = {.in_all = 2};
    assert_taken(&q, &limits, "ann", 0);
    assert_taken(&q, &limits, "bob", 0);
    assert_refused(&q, &limits, "cid", 0, "there are 2 sessions, and there may be no more");
    sp_quota_give_back(&q, NULL);
    assert_taken(&q, &limits, "cid", 0);
    sp_quota_deinit(&q);
}

static void one_user_with_all_that_is_granted_keeps_nobody_else_out(void **state)
{
    (void)state;
    struct sp_quota q = {0};
    const struct sp_quota_limits limits = {.per_user = 1};
    assert_taken(&q, &limits, "ann", 0);
    assert_refused(&q, &limits, "ann", 99999999, "limits: per_user");
    assert_taken(&q, &limits, "bob", 0);
    sp_quota_give_back(&q, "ann");
    assert_taken(&q, &limits, "ann", 0);
    sp_quota_deinit(&q);
}

static void a_user_who_came_too_often_is_told_when_to_come_again(void **state)
{
    (void)state;
    struct sp_quota q = {0};
    const struct sp_quota_limits limits = {.per_minute = 3};
    for (int i = 0; i < 3; i++)
        assert_taken(&q, &limits, "ann", 1000);
    assert_refused(&q, &limits, "ann", 1000, "(limits: connect_rate); again in 20000 ms");
    assert_refused(&q, &limits, "ann", 20999, "again in 1 ms");
    assert_taken(&q, &limits, "bob", 20999);
    assert_taken(&q, &limits, "ann", 21000);
    assert_refused(&q, &limits, "ann", 21000, "again in 20000 ms");
    sp_quota_deinit(&q);
}

static void what_is_given_back_does_not_make_a_user_come_less_often(void **state)
{
    (void)state;
    struct sp_quota q = {0};
    const struct sp_quota_limits limits = {.per_minute = 1};
    assert_taken(&q, &limits, "ann", 0);
    sp_quota_give_back(&q, "ann");
    assert_refused(&q, &limits, "ann", 0, "1 time a minute");
    assert_taken(&q, &limits, "ann", 60000);
    sp_quota_deinit(&q);
}

static void what_was_refused_is_not_counted(void **state)
{
    (void)state;
    struct sp_quota q = {0};
    const struct sp_quota_limits limits = {.in_all = 1, .per_minute = 2};
    assert_taken(&q, &limits, "ann", 0);
    for (int i = 0; i < 10; i++)
        assert_refused(&q, &limits, "ann", 0, "limits: instances");
    sp_quota_give_back(&q, "ann");
    assert_taken(&q, &limits, "ann", 0);
    sp_quota_deinit(&q);
}

static void a_long_absence_gives_no_more_than_a_minute_does(void **state)
{
    (void)state;
    struct sp_quota q = {0};
    const struct sp_quota_limits limits = {.per_minute = 60000};
    for (int i = 0; i < 60000; i++)
        assert_taken(&q, &limits, "ann", 0);
    assert_refused(&q, &limits, "ann", 0, "again in 1 ms");
    for (int i = 0; i < 60000; i++)
        assert_taken(&q, &limits, "ann", UINT64_MAX - 1);
    assert_refused(&q, &limits, "ann", UINT64_MAX - 1, "again in 1 ms");
    sp_quota_deinit(&q);
}

static void only_so_many_users_are_remembered_and_those_who_left_make_room(void **state)
{
    (void)state;
    struct sp_quota q = {0};
    char name[16];
    const struct sp_quota_limits limits = {.per_user = 1, .per_minute = 1};
    for (int i = 0; i < SP_QUOTA_USERS_MAX; i++) {
        snprintf(name, sizeof name, "u%d", i);
        assert_taken(&q, &limits, name, 0);
    }
    assert_refused(&q, &limits, "one more", 0, "too many to be counted");
    sp_quota_give_back(&q, "u7");
    assert_refused(&q, &limits, "one more", 0, "too many to be counted"); /* it came lately */
    assert_taken(&q, &limits, "one more", 60000);
    assert_refused(&q, &limits, "u8", 60000, "limits: per_user"); /* it is remembered */
    sp_quota_deinit(&q);
}

static void limits_may_change_while_something_is_taken(void **state)
{
    (void)state;
    struct sp_quota q = {0};
    const struct sp_quota_limits none = {0};
    const struct sp_quota_limits two = {.per_user = 2};
    assert_taken(&q, &none, "ann", 0);
    assert_taken(&q, &none, "ann", 0);
    assert_taken(&q, &two, "ann", 0);
    sp_quota_give_back(&q, NULL);
    sp_quota_give_back(&q, NULL);
    assert_taken(&q, &two, "ann", 0);
    assert_refused(&q, &two, "ann", 0, "this user has 2 sessions");
    sp_quota_give_back(&q, "ann");
    sp_quota_give_back(&q, "ann");
    assert_int_equal(q.count, 0);
    sp_quota_deinit(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_limits_everybody_gets_as_many_as_they_like),
        cmocka_unit_test(what_there_is_in_all_counts_everybodys),
        cmocka_unit_test(one_user_with_all_that_is_granted_keeps_nobody_else_out),
        cmocka_unit_test(a_user_who_came_too_often_is_told_when_to_come_again),
        cmocka_unit_test(what_is_given_back_does_not_make_a_user_come_less_often),
        cmocka_unit_test(what_was_refused_is_not_counted),
        cmocka_unit_test(limits_may_change_while_something_is_taken),
        cmocka_unit_test(a_long_absence_gives_no_more_than_a_minute_does),
        cmocka_unit_test(only_so_many_users_are_remembered_and_those_who_left_make_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
