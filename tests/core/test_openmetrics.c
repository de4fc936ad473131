/* tests/core/test_openmetrics.c - metrics as text, to the letter. */
#include "core/openmetrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct sp_family bytes = {"x_bytes", "What \"moved\".\nAll of it.", "bytes", true};
static const struct sp_family state_of = {"x_state", "A \\ state.", NULL, false};

static void a_counter_has_its_unit_and_total_behind_the_name(void **state)
{
    (void)state;
    struct sp_buffer out = {0};
    struct sp_metrics m = {.out = &out};
    const struct sp_label labels[] = {{"a", "1"}, {"b", "\"\\\n\xC3\xA4"}};
    sp_metrics_family(&m, &bytes);
    sp_metrics_sample(&m, labels, 2, 5);
    sp_metrics_family(&m, &state_of);
    sp_metrics_sample(&m, NULL, 0, 0.25);
    assert_int_equal(sp_metrics_end(&m, NULL), SP_OK);
    assert_int_equal(sp_buffer_append(&out, "", 1, NULL), SP_OK);
    assert_string_equal((const char *)out.data,
                        "# TYPE x_bytes counter\n"
                        "# UNIT x_bytes bytes\n"
                        "# HELP x_bytes What \\\"moved\\\".\\nAll of it.\n"
                        "x_bytes_total{a=\"1\",b=\"\\\"\\\\\\n\xC3\xA4\"} 5\n"
                        "# TYPE x_state gauge\n"
                        "# HELP x_state A \\\\ state.\n"
                        "x_state 0.25\n"
                        "# EOF\n");
    sp_buffer_deinit(&out);
}

static void whole_numbers_are_written_as_such(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0, "x_state 0\n"},
                 {-3, "x_state -3\n"},
                 {9007199254740991.0, "x_state 9007199254740991\n"},
                 {1e300, "x_state 1e+300\n"},
                 {0.53, "x_state 0.53\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sp_buffer out = {0};
        struct sp_metrics m = {.out = &out, .family = &state_of};
        sp_metrics_sample(&m, NULL, 0, cases[i].value);
        assert_int_equal(out.len, strlen(cases[i].text));
        assert_memory_equal(out.data, cases[i].text, out.len);
        sp_buffer_deinit(&out);
    }
}

static void a_text_that_has_no_room_is_refused_at_the_end(void **state)
{
    (void)state;
    struct sp_buffer out = {.max = 30};
    struct sp_metrics m = {.out = &out};
    struct sp_error err = {0};
    sp_metrics_family(&m, &bytes);
    sp_metrics_sample(&m, NULL, 0, 1);
    assert_int_equal(sp_metrics_end(&m, &err), SP_ETOOBIG);
    assert_non_null(strstr(err.what, "metrics"));
    sp_buffer_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_has_its_unit_and_total_behind_the_name),
        cmocka_unit_test(whole_numbers_are_written_as_such),
        cmocka_unit_test(a_text_that_has_no_room_is_refused_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
