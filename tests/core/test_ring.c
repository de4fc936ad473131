/* tests/core/test_ring.c - a ring keeps the latest part of a stream, byte for byte. */
#include "core/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FIRST = 4096 }; /* what a ring reserves first */

/* The byte of a stream at a position: no two windows of it are alike for long. */
static unsigned char byte_at(uint64_t position)
{
    uint64_t x = position * UINT64_C(0x9e3779b97f4a7c15);
    return (unsigned char)(x >> 56);
}

static void append(struct sp_ring *r, size_t len)
{
    unsigned char *data = malloc(len + 1);
    assert_non_null(data);
    for (size_t i = 0; i < len; i++)
        data[i] = byte_at(r->head + i);
    assert_int_equal(sp_ring_append(r, data, len, NULL), SP_OK);
    free(data);
}

/* What is copied from a position is what the stream has there, and not a byte more is written. */
static void assert_copies(const struct sp_ring *r, uint64_t at, size_t size, size_t expected)
{
    unsigned char *to = malloc(size + 1);
    assert_non_null(to);
    memset(to, 0xee, size + 1);
    assert_int_equal(sp_ring_copy(r, at, to, size), expected);
    for (size_t i = 0; i < expected; i++) {
        if (to[i] != byte_at(at + i))
            print_error("the byte at %llu is wrong\n", (unsigned long long)(at + i));
        assert_int_equal(to[i], byte_at(at + i));
    }
    for (size_t i = expected; i < size + 1; i++)
        assert_int_equal(to[i], 0xee);
    free(to);
}

static void assert_is(const struct sp_ring *r, uint64_t base, uint64_t head)
{
    assert_true(r->base == base);
    assert_true(r->head == head);
    assert_copies(r, base, (size_t)(head - base), (size_t)(head - base));
}

static void a_new_ring_holds_nothing_and_no_memory(void **state)
{
    (void)state;
    struct sp_ring r = {0};
    sp_ring_init(&r, 1 << 20);
    assert_is(&r, 0, 0);
    assert_null(r.data);
    assert_int_equal(sp_ring_room(&r, 0), 1 << 20);
    assert_int_equal(sp_ring_append(&r, NULL, 0, NULL), SP_OK);
    assert_null(r.data);
    assert_copies(&r, 0, 10, 0);
    sp_ring_trim(&r, 0);
    sp_ring_trim(&r, 99);
    assert_is(&r, 0, 0);
    sp_ring_deinit(&r);
}

static void memory_doubles_to_the_ceiling(void **state)
{
    (void)state;
    struct sp_ring r = {0};
    sp_ring_init(&r, 10000);
    append(&r, 1);
    assert_int_equal(r.cap, FIRST);
    append(&r, FIRST - 1);
    assert_int_equal(r.cap, FIRST);
    append(&r, 1);
    assert_int_equal(r.cap, 2 * FIRST);
    assert_is(&r, 0, FIRST + 1);
    append(&r, FIRST);
    assert_int_equal(r.cap, 10000);
    assert_is(&r, 0, 2 * FIRST + 1);
    append(&r, 10000);
    assert_int_equal(r.cap, 10000);
    assert_is(&r, 2 * FIRST + 1, 2 * FIRST + 10001);
    sp_ring_deinit(&r);
}

static void a_ceiling_below_the_first_memory_holds(void **state)
{
    (void)state;
    struct sp_ring r = {0};
    sp_ring_init(&r, 10);
    append(&r, 7);
    assert_int_equal(r.cap, 10);
    append(&r, 7);
    assert_is(&r, 4, 14);
    sp_ring_deinit(&r);
}

static void what_was_wrapped_stays_in_order_when_the_memory_grows(void **state)
{
    (void)state;
    struct sp_ring r = {0};
    sp_ring_init(&r, 1 << 20);
    append(&r, 4000);
    sp_ring_trim(&r, 3000);
    append(&r, 2000); /* lies around the end of the memory */
    assert_int_equal(r.cap, FIRST);
    assert_is(&r, 3000, 6000);
    append(&r, 5000);
    assert_int_equal(r.cap, 2 * FIRST);
    assert_is(&r, 3000, 11000);
    sp_ring_deinit(&r);
}

static void the_oldest_bytes_are_forgotten_at_the_ceiling(void **state)
{
    (void)state;
    struct sp_ring r = {0};
    sp_ring_init(&r, FIRST);
    append(&r, FIRST);
    append(&r, 1);
    assert_is(&r, 1, FIRST + 1);
    append(&r, 100);
    assert_is(&r, 101, FIRST + 101);
    append(&r, FIRST);
    assert_is(&r, FIRST + 101, 2 * FIRST + 101);
    sp_ring_deinit(&r);
}

static void more_than_the_ceiling_at_once_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    struct sp_ring r = {0};
    struct sp_error err = {0};
    unsigned char block[101] = {0};
    sp_ring_init(&r, 100);
    append(&r, 60);
    assert_int_equal(sp_ring_append(&r, block, 101, &err), SP_ETOOBIG);
    assert_int_equal(err.status, SP_ETOOBIG);
    assert_non_null(strstr(err.what, "101 bytes"));
    assert_non_null(strstr(err.what, "100 can be kept"));
    assert_is(&r, 0, 60);
    sp_ring_deinit(&r);
    sp_ring_init(&r, 0);
    assert_int_equal(sp_ring_room(&r, 0), 0);
    assert_int_equal(sp_ring_append(&r, block, 0, NULL), SP_OK);
    assert_int_equal(sp_ring_append(&r, block, 1, NULL), SP_ETOOBIG);
    assert_is(&r, 0, 0);
}

/* Asked by ASan, which otherwise ends a program that wants more memory than there can be. */
const char *__asan_default_options(void); /* NOLINT(bugprone-reserved-identifier) */
const char *__asan_default_options(void)  /* NOLINT(bugprone-reserved-identifier) */
{
    return "allocator_may_return_null=1";
}

/* More than any machine has is wanted: the doubling neither overflows nor ends in less. */
static void a_ring_without_memory_to_grow_is_unchanged(void **state)
{
    (void)state;
    struct sp_ring r = {0};
    sp_ring_init(&r, SIZE_MAX);
    append(&r, 5000);
    r.head += SIZE_MAX / 4; /* as if so much were there: only its growth is asked for */
    struct sp_ring before = r;
    struct sp_error err = {0};
    assert_int_equal(sp_ring_append(&r, "x", 1, &err), SP_ENOMEM);
    assert_int_equal(err.status, SP_ENOMEM);
    assert_memory_equal(&r, &before, sizeof r);
    sp_ring_deinit(&r);
}

static void room_is_what_can_come_before_a_wanted_byte_is_lost(void **state)
{
    (void)state;
    struct sp_ring r = {0};
    sp_ring_init(&r, 100);
    append(&r, 60);
    assert_int_equal(sp_ring_room(&r, 0), 40);
    append(&r, 90);
    assert_is(&r, 50, 150);
    assert_int_equal(sp_ring_room(&r, 0), 0);
    assert_int_equal(sp_ring_room(&r, 50), 0);
    assert_int_equal(sp_ring_room(&r, 51), 1);
    assert_int_equal(sp_ring_room(&r, 149), 99);
    assert_int_equal(sp_ring_room(&r, 150), 100);
    assert_int_equal(sp_ring_room(&r, UINT64_MAX), 100);
    append(&r, sp_ring_room(&r, 120));
    assert_is(&r, 120, 220);
    sp_ring_trim(&r, 200);
    assert_int_equal(sp_ring_room(&r, 0), 80);
    sp_ring_deinit(&r);
}

static void bytes_are_copied_from_any_position_that_is_there(void **state)
{
    (void)state;
    struct sp_ring r = {0};
    sp_ring_init(&r, FIRST);
    append(&r, FIRST - 10);
    append(&r, 30);
    assert_is(&r, 20, FIRST + 20);
    assert_copies(&r, 20, 5, 5);
    assert_copies(&r, FIRST - 3, 6, 6); /* around the end of the memory */
    assert_copies(&r, FIRST, 20, 20);
    assert_copies(&r, FIRST + 15, 99, 5);
    assert_copies(&r, FIRST + 20, 99, 0);
    assert_copies(&r, 100, 0, 0);
    assert_copies(&r, 19, 5, 0);
    assert_copies(&r, FIRST + 21, 5, 0);
    assert_copies(&r, UINT64_MAX, 5, 0);
    assert_is(&r, 20, FIRST + 20);
    sp_ring_deinit(&r);
}

static void what_is_trimmed_is_gone_and_an_empty_ring_has_no_memory(void **state)
{
    (void)state;
    struct sp_ring r = {0};
    sp_ring_init(&r, 1 << 20);
    append(&r, 100000);
    sp_ring_trim(&r, 40000);
    assert_is(&r, 40000, 100000);
    sp_ring_trim(&r, 30000);
    assert_is(&r, 40000, 100000);
    assert_non_null(r.data);
    sp_ring_trim(&r, UINT64_MAX);
    assert_is(&r, 100000, 100000);
    assert_null(r.data);
    assert_int_equal(r.cap, 0);
    append(&r, 10);
    assert_int_equal(r.cap, FIRST);
    assert_is(&r, 100000, 100010);
    sp_ring_deinit(&r);
    assert_null(r.data);
    assert_int_equal(r.max, 1 << 20);
    append(&r, 10);
    assert_is(&r, 0, 10);
    sp_ring_deinit(&r);
}

/* Streams have no end of positions in sight, but the arithmetic has to hold behind 4 GiB, too. */
static void positions_have_64_bits(void **state)
{
    (void)state;
    struct sp_ring r = {0};
    sp_ring_init(&r, 5000);
    r.base = r.head = (UINT64_C(1) << 32) - 3000;
    append(&r, 4000);
    append(&r, 4000);
    assert_is(&r, (UINT64_C(1) << 32), (UINT64_C(1) << 32) + 5000);
    assert_int_equal(sp_ring_room(&r, (UINT64_C(1) << 32) + 1), 1);
    sp_ring_deinit(&r);
}

/* A generator of its own, so that a failure can be repeated anywhere. */
static uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

/* What a ring should hold, by the contract alone. */
struct model {
    uint64_t base, head;
    size_t max;
};

static void model_append(struct model *m, size_t len)
{
    m->head += len;
    if (m->head - m->base > m->max)
        m->base = m->head - m->max;
}

static void model_trim(struct model *m, uint64_t before)
{
    if (before > m->base)
        m->base = before < m->head ? before : m->head;
}

/* A position around the ring: before, in or behind it. */
static uint64_t any_position(const struct model *m, uint64_t *seed)
{
    uint64_t span = m->head - m->base + 20;
    uint64_t at = m->base + next_random(seed) % span;
    return at < 10 ? 0 : at - 10;
}

static void step(struct sp_ring *r, struct model *m, uint64_t *seed)
{
    uint32_t what = next_random(seed) % 10;
    uint64_t at = any_position(m, seed);
    if (what < 5) {
        size_t few = next_random(seed) % 4 == 0 ? m->max : m->max / 8;
        size_t len = next_random(seed) % (few + 1);
        append(r, len);
        model_append(m, len);
    } else if (what < 7) {
        sp_ring_trim(r, at);
        model_trim(m, at);
    } else if (what < 9) {
        size_t size = next_random(seed) % (m->max + 10);
        bool there = at >= m->base && at <= m->head;
        size_t rest = there ? (size_t)(m->head - at) : 0;
        assert_copies(r, at, size, size < rest ? size : rest);
    } else {
        uint64_t floor = at < m->base ? m->base : at > m->head ? m->head : at;
        assert_int_equal(sp_ring_room(r, at), m->max - (size_t)(m->head - floor));
    }
    assert_true(r->base == m->base);
    assert_true(r->head == m->head);
    assert_true(r->cap <= m->max);
    assert_int_equal(r->data == NULL, r->cap == 0);
}

static void a_ring_does_what_its_model_does(void **state)
{
    (void)state;
    static const size_t ceilings[] = {1, 2, 7, 100, 4096, 4097, 5000, 8192, 20000};
    for (size_t i = 0; i < sizeof ceilings / sizeof *ceilings; i++) {
        uint64_t seed = 1000 + i;
        struct sp_ring r = {0};
        struct model m = {.max = ceilings[i]};
        sp_ring_init(&r, ceilings[i]);
        for (int n = 0; n < 4000; n++)
            step(&r, &m, &seed);
        assert_is(&r, m.base, m.head);
        sp_ring_deinit(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_ring_holds_nothing_and_no_memory),
        cmocka_unit_test(memory_doubles_to_the_ceiling),
        cmocka_unit_test(a_ceiling_below_the_first_memory_holds),
        cmocka_unit_test(what_was_wrapped_stays_in_order_when_the_memory_grows),
        cmocka_unit_test(the_oldest_bytes_are_forgotten_at_the_ceiling),
        cmocka_unit_test(more_than_the_ceiling_at_once_is_refused_and_changes_nothing),
        cmocka_unit_test(a_ring_without_memory_to_grow_is_unchanged),
        cmocka_unit_test(room_is_what_can_come_before_a_wanted_byte_is_lost),
        cmocka_unit_test(bytes_are_copied_from_any_position_that_is_there),
        cmocka_unit_test(what_is_trimmed_is_gone_and_an_empty_ring_has_no_memory),
        cmocka_unit_test(positions_have_64_bits),
        cmocka_unit_test(a_ring_does_what_its_model_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
