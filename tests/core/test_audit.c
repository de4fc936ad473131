/* tests/core/test_audit.c - entries of the audit: whole, on one line, and nobody's to forge. */
#include "core/audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#define T_MS UINT64_C(1795428672345)

static struct sp_audit_entry entry_of(enum sp_audit_kind kind)
{
    return (struct sp_audit_entry){.kind = kind, .unix_ms = T_MS};
}

#define PUT(entry, field, text) sp_audit_text((entry).field, sizeof(entry).field, text)

static void assert_line(const struct sp_audit_entry *entry, const char *expected)
{
    struct sp_buffer out = {0};
    assert_int_equal(sp_audit_line(entry, &out, NULL), SP_OK);
    assert_int_equal(sp_buffer_append(&out, "", 1, NULL), SP_OK);
    assert_string_equal((const char *)out.data, expected);
    sp_buffer_deinit(&out);
}

static void assert_cleaned(const char *text, const char *expected)
{
    char out[64];
    sp_audit_text(out, sizeof out, text);
    assert_string_equal(out, expected);
}

static void a_line_has_all_that_is_known(void **state)
{
    (void)state;
    struct sp_audit_entry e = entry_of(SP_AUDIT_EXIT);
    PUT(e, sid, "S-1-5-21-1-2-3-1001");
    PUT(e, account, "CORP\\ann");
    PUT(e, host, "PC7");
    e.remote = true;
    PUT(e, worker, "sort");
    PUT(e, session, "s17");
    PUT(e, transport, "relay");
    PUT(e, reason, "the service is stopping");
    e.has_code = true;
    e.code = UINT32_MAX;
    assert_line(&e, "{\"time\":\"2026-11-23T10:11:12.345Z\",\"event\":\"exit\",\"id\":103,"
                    "\"sid\":\"S-1-5-21-1-2-3-1001\",\"account\":\"CORP\\\\ann\","
                    "\"from\":\"remote\",\"host\":\"PC7\",\"worker\":\"sort\",\"session\":\"s17\","
                    "\"transport\":\"relay\",\"reason\":\"the service is stopping\","
                    "\"code\":4294967295}\n");
}

static void what_is_not_known_is_left_out(void **state)
{
    (void)state;
    struct sp_audit_entry e = entry_of(SP_AUDIT_LOST);
    assert_line(&e, "{\"time\":\"2026-11-23T10:11:12.345Z\",\"event\":\"lost\",\"id\":130}\n");
    e.has_code = true;
    assert_line(&e, "{\"time\":\"2026-11-23T10:11:12.345Z\",\"event\":\"lost\",\"id\":130,"
                    "\"count\":0}\n");
    e = entry_of(SP_AUDIT_REFUSALS); /* they may have come from here and there */
    PUT(e, sid, "S-1-1-0");
    e.has_code = true;
    e.code = 123;
    assert_line(&e, "{\"time\":\"2026-11-23T10:11:12.345Z\",\"event\":\"refusals\",\"id\":106,"
                    "\"sid\":\"S-1-1-0\",\"count\":123}\n");
    e = entry_of(SP_AUDIT_ATTACH);
    PUT(e, sid, "S-1-1-0");
    assert_line(&e, "{\"time\":\"2026-11-23T10:11:12.345Z\",\"event\":\"attach\",\"id\":100,"
                    "\"sid\":\"S-1-1-0\",\"from\":\"local\"}\n");
}

static void a_name_that_would_be_a_second_entry_stays_in_its_own(void **state)
{
    (void)state;
    struct sp_audit_entry e = entry_of(SP_AUDIT_REFUSAL);
    PUT(e, worker, "x\"}\n{\"event\":\"attach\",\"x\":\"\r\xff");
    assert_line(&e, "{\"time\":\"2026-11-23T10:11:12.345Z\",\"event\":\"refusal\",\"id\":101,"
                    "\"worker\":\"x\\\"}\\\\x0A{\\\"event\\\":\\\"attach\\\",\\\"x\\\":\\\""
                    "\\\\x0D\\\\xFF\"}\n");
}

static void what_could_do_harm_is_written_byte_by_byte(void **state)
{
    (void)state;
    assert_cleaned(NULL, "");
    assert_cleaned("plain, \"quoted\" C:\\x 100%", "plain, \"quoted\" C:\\x 100%");
    assert_cleaned("Gr\xc3\xbc\xc3\x9f\x65 \xe2\x82\xac \xf0\x9f\x98\x80",
                   "Gr\xc3\xbc\xc3\x9f\x65 \xe2\x82\xac \xf0\x9f\x98\x80");
    assert_cleaned("a\r\nb\tc\x1b[2J\x7f", "a\\x0D\\x0Ab\\x09c\\x1B[2J\\x7F");
    assert_cleaned("\xc2\x85|\xe2\x80\xa8|\xe2\x80\xa9",
                   "\\xC2\\x85|\\xE2\\x80\\xA8|\\xE2\\x80\\xA9");
    assert_cleaned("\xe2\x80\xae|\xe2\x81\xa6", "\\xE2\\x80\\xAE|\\xE2\\x81\\xA6");
    assert_cleaned("\xe2\x80\x8b\xef\xbb\xbf", "\\xE2\\x80\\x8B\\xEF\\xBB\\xBF");
    assert_cleaned("\xff|\xc3|\xed\xa0\x80|\xe2\x82", "\\xFF|\\xC3|\\xED\\xA0\\x80|\\xE2\\x82");
}

static void a_text_that_is_too_long_ends_in_dots_between_two_characters(void **state)
{
    (void)state;
    char out[12];
    sp_audit_text(out, sizeof out, "12345678901");
    assert_string_equal(out, "12345678901");
    sp_audit_text(out, sizeof out, "123456789012");
    assert_string_equal(out, "12345678...");
    sp_audit_text(out, sizeof out, "1234567\xe2\x82\xac\xe2\x82\xac");
    assert_string_equal(out, "1234567...");
    sp_audit_text(out, sizeof out, "123456\n\n");
    assert_string_equal(out, "123456...");
    sp_audit_text(out, sizeof out, "1234\n\n");
    assert_string_equal(out, "1234\\x0A...");
}

static void an_event_has_a_text_for_each_place(void **state)
{
    (void)state;
    char out[SP_AUDIT_STRING_MAX];
    struct sp_audit_entry e = entry_of(SP_AUDIT_EXIT);
    for (int i = 0; i < SP_AUDIT_STRINGS; i++) {
        sp_audit_string(&e, (enum sp_audit_string)i, out);
        assert_string_equal(out, "-");
    }
    PUT(e, sid, "S-1-1-0");
    sp_audit_string(&e, SP_AUDIT_STRING_ACCOUNT, out);
    assert_string_equal(out, "S-1-1-0");
    sp_audit_string(&e, SP_AUDIT_STRING_FROM, out);
    assert_string_equal(out, "local");
    e.has_code = true;
    sp_audit_string(&e, SP_AUDIT_STRING_CODE, out);
    assert_string_equal(out, "0");
}

static void an_event_puts_nothing_in_the_place_of_a_percent_sign(void **state)
{
    (void)state;
    char out[SP_AUDIT_STRING_MAX];
    struct sp_audit_entry e = entry_of(SP_AUDIT_REFUSAL);
    PUT(e, worker, "%1 %%2");
    sp_audit_string(&e, SP_AUDIT_STRING_WORKER, out);
    assert_string_equal(out, "\\x251 \\x25\\x252");
    memset(e.reason, '%', sizeof e.reason - 1);
    sp_audit_string(&e, SP_AUDIT_STRING_REASON, out);
    assert_int_equal(strlen(out), 4 * (sizeof e.reason - 1));
}

static void every_kind_has_a_name_and_a_number_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < SP_AUDIT_KINDS; i++) {
        assert_true(sp_audit_id((enum sp_audit_kind)i) >= 100);
        assert_true(sp_audit_level((enum sp_audit_kind)i) <= SP_AUDIT_ERROR);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(sp_audit_name((enum sp_audit_kind)i),
                                    sp_audit_name((enum sp_audit_kind)k));
            assert_int_not_equal(sp_audit_id((enum sp_audit_kind)i),
                                 sp_audit_id((enum sp_audit_kind)k));
        }
    }
}

static void a_line_that_does_not_fit_is_not_begun(void **state)
{
    (void)state;
    struct sp_buffer out = {.max = 40};
    struct sp_audit_entry e = entry_of(SP_AUDIT_STOP);
    assert_int_equal(sp_audit_line(&e, &out, NULL), SP_ETOOBIG);
    assert_int_equal(out.len, 0);
    sp_buffer_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_all_that_is_known),
        cmocka_unit_test(what_is_not_known_is_left_out),
        cmocka_unit_test(a_name_that_would_be_a_second_entry_stays_in_its_own),
        cmocka_unit_test(what_could_do_harm_is_written_byte_by_byte),
        cmocka_unit_test(a_text_that_is_too_long_ends_in_dots_between_two_characters),
        cmocka_unit_test(an_event_has_a_text_for_each_place),
        cmocka_unit_test(an_event_puts_nothing_in_the_place_of_a_percent_sign),
        cmocka_unit_test(every_kind_has_a_name_and_a_number_of_its_own),
        cmocka_unit_test(a_line_that_does_not_fit_is_not_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
