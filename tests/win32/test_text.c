/* tests/win32/test_text.c - UTF-8 to UTF-16 and back, and what is refused. */
#include "win32/text.h"

#include "children.h"

static void assert_both_ways(const char *utf8, const wchar_t *wide)
{
    wchar_t *there = NULL;
    char *back = NULL;
    assert_int_equal(w32_wide(utf8, &there, NULL), SP_OK);
    assert_int_equal(wcscmp(there, wide), 0);
    assert_int_equal(w32_utf8(there, &back, NULL), SP_OK);
    assert_string_equal(back, utf8);
    free(back);
    free(there);
}

static void texts_come_back_as_they_were(void **state)
{
    (void)state;
    assert_both_ways("", L"");
    assert_both_ways("plain", L"plain");
    assert_both_ways("pr\xc3\xbc"
                     "fung",
                     L"pr\u00fc"
                     L"fung");
    assert_both_ways("\xe4\xb8\xad\xe6\x96\x87", L"\u4e2d\u6587");
    assert_both_ways("\xf0\x9f\x9a\x92", L"\xd83d\xde92");
    assert_both_ways("\xef\xbf\xbf", L"\xffff");
}

static void assert_no_utf8(const char *bytes)
{
    struct sp_error err = {0};
    wchar_t untouched[] = L"x";
    wchar_t *out = untouched;
    assert_int_equal(w32_wide(bytes, &out, &err), SP_EINVAL);
    assert_ptr_equal(out, untouched);
    assert_says(err.what, "UTF-8");
}

static void bytes_that_are_not_utf8_are_refused(void **state)
{
    (void)state;
    assert_no_utf8("\xff");             /* never in UTF-8 */
    assert_no_utf8("a\x80");            /* a middle without a beginning */
    assert_no_utf8("\xc3");             /* a beginning without an end */
    assert_no_utf8("\xc0\xaf");         /* "/" by two bytes */
    assert_no_utf8("\xed\xa0\x80");     /* half a surrogate pair */
    assert_no_utf8("\xf4\x90\x80\x80"); /* beyond Unicode */
}

static void half_a_surrogate_pair_is_refused(void **state)
{
    (void)state;
    static const wchar_t *const halves[] = {L"\xd83d", L"\xde92", L"a\xd83dz", L"\xde92\xd83d"};
    for (size_t i = 0; i < 4; i++) {
        struct sp_error err = {0};
        char untouched[] = "x";
        char *out = untouched;
        assert_int_equal(w32_utf8(halves[i], &out, &err), SP_EINVAL);
        assert_ptr_equal(out, untouched);
        assert_says(err.what, "surrogate");
    }
}

static void a_long_text_is_not_cut(void **state)
{
    (void)state;
    enum { LEN = 300000 };
    char *utf8 = malloc(LEN + 1);
    assert_non_null(utf8);
    memset(utf8, 'a', LEN);
    utf8[LEN] = '\0';
    wchar_t *wide = NULL;
    assert_int_equal(w32_wide(utf8, &wide, NULL), SP_OK);
    assert_int_equal(wcslen(wide), LEN);
    free(wide);
    free(utf8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(texts_come_back_as_they_were),
        TEST(bytes_that_are_not_utf8_are_refused),
        TEST(half_a_surrogate_pair_is_refused),
        TEST(a_long_text_is_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
