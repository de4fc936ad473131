/* tests/core/test_passes.c - the tokens of the page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/passes.h"

static unsigned char random_bits[SP_PASS_BYTES] = {0xA0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

static struct sp_bytes give(struct sp_passes *passes, uint64_t now_ms)
{
    random_bits[15]++;
    return sp_bytes_of(sp_passes_give(passes, random_bits, now_ms));
}

static void a_token_is_good_for_twelve_hours(void **state)
{
    (void)state;
    struct sp_passes passes = {0};
    struct sp_bytes token = give(&passes, 1000);
    assert_int_equal(token.len, 32);
    assert_memory_equal(token.data, "a0010203", 8);
    assert_true(sp_passes_check(&passes, token, 1000));
    assert_true(sp_passes_check(&passes, token, 1000 + SP_PASS_MS - 1));
    assert_false(sp_passes_check(&passes, token, 1000 + SP_PASS_MS));
}

static void any_other_text_is_refused(void **state)
{
    (void)state;
    struct sp_passes passes = {0};
    char text[SP_PASS_TEXT + 2] = {0};
    static const char zeros[SP_PASS_TEXT] = {0};
    assert_false(sp_passes_check(&passes, (struct sp_bytes){zeros, sizeof zeros}, 0));
    memcpy(text, give(&passes, 0).data, SP_PASS_TEXT);
    for (size_t i = 0; i < SP_PASS_TEXT; i++) {
        text[i] ^= 1;
        assert_false(sp_passes_check(&passes, (struct sp_bytes){text, SP_PASS_TEXT}, 0));
        text[i] ^= 1;
    }
    assert_true(sp_passes_check(&passes, (struct sp_bytes){text, SP_PASS_TEXT}, 0));
    assert_false(sp_passes_check(&passes, (struct sp_bytes){text, SP_PASS_TEXT - 1}, 0));
    assert_false(sp_passes_check(&passes, (struct sp_bytes){text, SP_PASS_TEXT + 1}, 0));
    assert_false(sp_passes_check(&passes, (struct sp_bytes){0}, 0));
}

static void of_one_too_many_the_oldest_ends(void **state)
{
    (void)state;
    struct sp_passes passes = {0};
    char texts[SP_PASSES_MAX + 1][SP_PASS_TEXT];
    for (size_t i = 0; i <= SP_PASSES_MAX; i++)
        memcpy(texts[i], give(&passes, i).data, SP_PASS_TEXT);
    assert_false(sp_passes_check(&passes, (struct sp_bytes){texts[0], SP_PASS_TEXT}, 100));
    for (size_t i = 1; i <= SP_PASSES_MAX; i++)
        assert_true(sp_passes_check(&passes, (struct sp_bytes){texts[i], SP_PASS_TEXT}, 100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_good_for_twelve_hours),
        cmocka_unit_test(any_other_text_is_refused),
        cmocka_unit_test(of_one_too_many_the_oldest_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
