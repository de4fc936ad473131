/* tests/core/test_keys.c - detach keys: their spelling, and finding them in a stream. */
#include "core/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct sp_keys keys_of(const char *text)
{
    struct sp_keys keys = {0};
    struct sp_error err = {0};
    if (sp_keys_parse(text, &keys, &err) != SP_OK)
        fail_msg("%s", err.what);
    return keys;
}

static void assert_keys(const char *text, const char *bytes, size_t count)
{
    struct sp_keys keys = keys_of(text);
    assert_int_equal(keys.count, count);
    assert_memory_equal(keys.keys, bytes, count);
    assert_int_equal(keys.matched, 0);
}

static void assert_refused(const char *text, sp_status status, const char *says)
{
    struct sp_keys keys = {.count = 77};
    struct sp_error err = {0};
    assert_int_equal(sp_keys_parse(text, &keys, NULL), status);
    assert_int_equal(sp_keys_parse(text, &keys, &err), status);
    assert_int_equal(keys.count, 77);
    assert_non_null(strstr(err.what, says));
}

/* ------------------------------------------------------------------ the spelling */

static void control_keys_are_written_as_docker_writes_them(void **state)
{
    (void)state;
    assert_keys("ctrl-a", "\x01", 1);
    assert_keys("ctrl-z", "\x1A", 1);
    assert_keys("ctrl-@", "\0", 1);
    assert_keys("ctrl-[", "\x1B", 1);
    assert_keys("ctrl-\\", "\x1C", 1);
    assert_keys("ctrl-]", "\x1D", 1);
    assert_keys("ctrl-^", "\x1E", 1);
    assert_keys("ctrl-_", "\x1F", 1);
    assert_keys("Ctrl-P,CTRL-q", "\x10\x11", 2);
}

static void a_single_character_is_a_key(void **state)
{
    (void)state;
    assert_keys("q", "q", 1);
    assert_keys("~,.", "~.", 2);
    assert_keys("-", "-", 1);
    assert_keys("A,a", "Aa", 2);
}

static void none_is_the_empty_sequence(void **state)
{
    (void)state;
    assert_keys("none", "", 0);
}

static void what_is_no_key_is_refused_with_what_would_be_right(void **state)
{
    (void)state;
    assert_refused("ctrl", SP_EINVAL, "ctrl-X");
    assert_refused("ctrl-", SP_EINVAL, "ctrl-X");
    assert_refused("ctrl-1", SP_EINVAL, "\"ctrl-1\"");
    assert_refused("ctrl-ab", SP_EINVAL, "\"ctrl-ab\"");
    assert_refused("ctrl- ", SP_EINVAL, "ctrl-X");
    assert_refused("ctrl-`", SP_EINVAL, "ctrl-X");
    assert_refused("", SP_EINVAL, "\"\"");
    assert_refused(",", SP_EINVAL, "\"\"");
    assert_refused("a,", SP_EINVAL, "\"\"");
    assert_refused("ctrl-p, ctrl-q", SP_EINVAL, "\" ctrl-q\"");
    assert_refused("ctrl-p,none", SP_EINVAL, "\"none\"");
    assert_refused("\x01", SP_EINVAL, "ctrl-X");
    assert_refused("\xC3\xA9", SP_EINVAL, "ctrl-X");
    assert_refused("a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a", SP_ETOOBIG, "16");
    assert_int_equal(keys_of("a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a").count, 16);
}

static void the_mask_has_a_bit_for_each_control_key(void **state)
{
    (void)state;
    struct sp_keys keys = keys_of("ctrl-\\");
    assert_int_equal(sp_keys_control_mask(&keys), UINT32_C(1) << 28);
    keys = keys_of("ctrl-p,x,ctrl-q");
    assert_int_equal(sp_keys_control_mask(&keys), UINT32_C(3) << 16);
    keys = keys_of("none");
    assert_int_equal(sp_keys_control_mask(&keys), 0);
}

/* ------------------------------------------------------------------ the matcher */

/* What passes of a text that comes in pieces of a size, up to the keys; flushed at the end. */
static bool pass(const char *spelling, const char *text, size_t piece, char *out)
{
    struct sp_keys keys = keys_of(spelling);
    size_t len = strlen(text);
    bool found = false;
    for (size_t at = 0; at < len && !found;) {
        size_t got = 0;
        size_t size = len - at < piece ? len - at : piece;
        size_t used = sp_keys_pass(&keys, text + at, size, out, &got, &found);
        assert_true(found || used == size);
        at += used;
        out += got;
    }
    if (!found)
        out += sp_keys_flush(&keys, out);
    *out = '\0';
    return found;
}

/* The same however the text is cut. */
static void assert_pass(const char *spelling, const char *text, bool found, const char *expected)
{
    char out[256];
    for (size_t piece = 1; piece <= strlen(text); piece++) {
        assert_int_equal(pass(spelling, text, piece, out), found);
        assert_string_equal(out, expected);
    }
}

static void a_stream_without_the_keys_passes_whole(void **state)
{
    (void)state;
    assert_pass("ctrl-\\", "hello\nworld\n", false, "hello\nworld\n");
    assert_pass("ctrl-p,ctrl-q", "a\x10z\x11y\x10", false, "a\x10z\x11y\x10");
    assert_pass("none", "anything \x1C at all", false, "anything \x1C at all");
}

static void what_comes_before_the_keys_passes_and_they_do_not(void **state)
{
    (void)state;
    assert_pass("ctrl-\\",
                "abc\x1C"
                "def",
                true, "abc");
    assert_pass("ctrl-\\", "\x1C", true, "");
    assert_pass("ctrl-p,ctrl-q",
                "abc\x10\x11"
                "def",
                true, "abc");
    assert_pass("ctrl-p,ctrl-q",
                "a\x10"
                "b\x10\x11",
                true,
                "a\x10"
                "b");
}

static void keys_that_begin_like_themselves_are_found(void **state)
{
    (void)state;
    assert_pass("a,a,b", "xaaab", true, "xa");
    assert_pass("a,b,a,c", "ababac", true, "ab");
    assert_pass("ctrl-p,ctrl-q", "\x10\x10\x11", true, "\x10");
    assert_pass("a,b,a,b,c", "ababxababab", false, "ababxababab");
}

static void what_follows_the_keys_is_left_for_the_next_call(void **state)
{
    (void)state;
    struct sp_keys keys = keys_of("ctrl-\\");
    char out[64];
    size_t len = 0;
    bool found = false;
    assert_int_equal(sp_keys_pass(&keys,
                                  "ab\x1C"
                                  "cd",
                                  5, out, &len, &found),
                     3);
    assert_true(found);
    assert_int_equal(len, 2);
    assert_int_equal(sp_keys_pass(&keys, "cd", 2, out, &len, &found), 2);
    assert_false(found);
    assert_int_equal(len, 2);
    assert_memory_equal(out, "cd", 2);
    assert_int_equal(sp_keys_pass(&keys, "", 0, out, &len, &found), 0);
    assert_int_equal(len, 0);
}

/* Against the plain way to do it: look at the whole text. */
static void any_sequence_is_found_where_strstr_finds_it(void **state)
{
    (void)state;
    uint32_t seed = 12345;
    for (int round = 0; round < 20000; round++) {
        char text[24], want[8], spelling[24] = "", out[64];
        size_t text_len = 1, want_len = 1;
        seed = seed * 1664525 + 1013904223;
        text_len += (seed >> 8) % 20;
        want_len += (seed >> 16) % 5;
        for (size_t i = 0; i < text_len + want_len; i++) {
            seed = seed * 1664525 + 1013904223;
            char c = (char)('a' + ((seed >> 20) & 1));
            if (i < text_len)
                text[i] = c;
            else
                want[i - text_len] = c;
        }
        text[text_len] = want[want_len] = '\0';
        for (size_t i = 0; i < want_len; i++) {
            spelling[2 * i] = want[i];
            spelling[2 * i + 1] = i + 1 < want_len ? ',' : '\0';
        }
        const char *at = strstr(text, want);
        assert_int_equal(pass(spelling, text, 1 + (seed >> 24) % 5, out), at != NULL);
        if (at != NULL)
            text[at - text] = '\0';
        assert_string_equal(out, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_keys_are_written_as_docker_writes_them),
        cmocka_unit_test(a_single_character_is_a_key),
        cmocka_unit_test(none_is_the_empty_sequence),
        cmocka_unit_test(what_is_no_key_is_refused_with_what_would_be_right),
        cmocka_unit_test(the_mask_has_a_bit_for_each_control_key),
        cmocka_unit_test(a_stream_without_the_keys_passes_whole),
        cmocka_unit_test(what_comes_before_the_keys_passes_and_they_do_not),
        cmocka_unit_test(keys_that_begin_like_themselves_are_found),
        cmocka_unit_test(what_follows_the_keys_is_left_for_the_next_call),
        cmocka_unit_test(any_sequence_is_found_where_strstr_finds_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
