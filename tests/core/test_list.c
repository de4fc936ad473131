/* tests/core/test_list.c - elements in a ring. */
#include "core/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct element {
    int number;
    struct sp_link link; /* not the first member: SP_CONTAINER must find the front */
};

/* The numbers of a ring, forwards and backwards, are those of a digit string. */
static void assert_ring(struct sp_link *head, const char *digits)
{
    struct sp_link *link = head->next;
    const char *p = digits;
    for (; *p != 0; p++, link = link->next)
        assert_int_equal(SP_CONTAINER(link, struct element, link)->number, *p - '0');
    assert_ptr_equal(link, head);
    for (link = head->prev; p > digits; link = link->prev)
        assert_int_equal(SP_CONTAINER(link, struct element, link)->number, *--p - '0');
    assert_ptr_equal(link, head);
    assert_int_equal(sp_list_empty(head), *digits == 0);
}

static void a_new_ring_is_empty(void **state)
{
    (void)state;
    struct sp_link head;
    sp_list_init(&head);
    assert_ring(&head, "");
}

static void elements_stand_in_the_order_they_were_added(void **state)
{
    (void)state;
    struct sp_link head;
    struct element e[3] = {{.number = 1}, {.number = 2}, {.number = 3}};
    sp_list_init(&head);
    for (int i = 0; i < 3; i++)
        sp_list_add(&head, &e[i].link);
    assert_ring(&head, "123");
}

static void any_element_can_be_taken_out(void **state)
{
    (void)state;
    static const char *const rest[] = {"23", "13", "12"};
    for (int out = 0; out < 3; out++) {
        struct sp_link head;
        struct element e[3] = {{.number = 1}, {.number = 2}, {.number = 3}};
        sp_list_init(&head);
        for (int i = 0; i < 3; i++)
            sp_list_add(&head, &e[i].link);
        sp_list_remove(&e[out].link);
        assert_ring(&head, rest[out]);
        assert_null(e[out].link.next);
        assert_null(e[out].link.prev);
    }
}

static void an_element_that_is_in_no_ring_can_be_taken_out(void **state)
{
    (void)state;
    struct sp_link head;
    struct element never = {.number = 1}, twice = {.number = 2}, stays = {.number = 3};
    sp_list_init(&head);
    sp_list_add(&head, &twice.link);
    sp_list_add(&head, &stays.link);
    sp_list_remove(&never.link);
    sp_list_remove(&twice.link);
    sp_list_remove(&twice.link);
    assert_ring(&head, "3");
}

static void an_element_can_come_back_and_change_its_ring(void **state)
{
    (void)state;
    struct sp_link one, two;
    struct element a = {.number = 1}, b = {.number = 2};
    sp_list_init(&one);
    sp_list_init(&two);
    sp_list_add(&one, &a.link);
    sp_list_add(&one, &b.link);
    sp_list_remove(&a.link);
    sp_list_add(&one, &a.link);
    assert_ring(&one, "21");
    sp_list_remove(&b.link);
    sp_list_add(&two, &b.link);
    assert_ring(&one, "1");
    assert_ring(&two, "2");
    sp_list_remove(&a.link);
    assert_ring(&one, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_ring_is_empty),
        cmocka_unit_test(elements_stand_in_the_order_they_were_added),
        cmocka_unit_test(any_element_can_be_taken_out),
        cmocka_unit_test(an_element_that_is_in_no_ring_can_be_taken_out),
        cmocka_unit_test(an_element_can_come_back_and_change_its_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
