/* tests/torture/test_audit.c - an entry of the audit is a whole line, or there is no memory. */
#include "core/audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "tests/torture/torture.h"

static void assert_whole(const struct sp_buffer *out)
{
    torture_pause();
    json_t *object = json_loadb((const char *)out->data, out->len, JSON_REJECT_DUPLICATES, NULL);
    assert_int_equal(json_object_size(object), 12);
    assert_int_equal(out->data[out->len - 1], '\n');
    json_decref(object);
    torture_resume();
}

static sp_status write_line(struct sp_error *err)
{
    struct sp_audit_entry e = {.kind = SP_AUDIT_REFUSAL, .has_code = true};
    struct sp_buffer out = {0};
    char *const texts[] = {e.sid, e.account, e.host, e.worker, e.session, e.transport, e.what};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        sp_audit_text(texts[i], SP_AUDIT_SHORT_MAX, "a \"b\"\n");
    sp_status status = sp_audit_line(&e, &out, err);
    if (status == SP_OK)
        assert_whole(&out);
    else
        assert_int_equal(out.len, 0);
    sp_buffer_deinit(&out);
    return status;
}

static void an_entry_is_a_whole_line_or_none(void **state)
{
    (void)state;
    torture(write_line, TORTURE_FAILS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_is_a_whole_line_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
