/* tests/core/test_config_settings.c - a worker's settings, told back as the file could have them.
 */
#include "core/config_settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct sp_config config;

static json_t *settings_of(const char *yaml)
{
    struct sp_config_problems problems = {0};
    struct sp_error err = {0};
    sp_config_deinit(&config);
    if (sp_config_parse("c", sp_bytes_of(yaml), &config, &problems, &err) != SP_OK)
        fail_msg("%s", err.what);
    sp_config_problems_deinit(&problems);
    json_t *settings = sp_config_settings(&config.workers[0]);
    assert_non_null(settings);
    return settings;
}

static void assert_setting(json_t *settings, const char *key, const char *expected)
{
    const char *found = json_string_value(json_object_get(settings, key));
    if (found == NULL || strcmp(found, expected) != 0)
        fail_msg("%s is %s, not %s", key, found == NULL ? "nothing" : found, expected);
}

static void what_the_file_says_is_told_in_its_words(void **state)
{
    (void)state;
    json_t *s = settings_of("workers:\n"
                            "  w:\n"
                            "    command: [x]\n"
                            "    mode: shared\n"
                            "    console: none\n"
                            "    autostart: true\n"
                            "    slow: disconnect\n"
                            "    history: 192KiB\n"
                            "    resume: 90s\n"
                            "    folder: C:\\data\n"
                            "    stop: {stdin: 1500ms, signal: 0s}\n"
                            "    logs: {streams: both, age: 1d, files: 7}\n");
    assert_setting(s, "mode", "shared");
    assert_setting(s, "console", "none");
    assert_setting(s, "autostart", "true");
    assert_setting(s, "slow", "disconnect");
    assert_setting(s, "history", "192KiB");
    assert_setting(s, "resume", "90s");
    assert_setting(s, "folder", "C:\\data");
    assert_setting(s, "stop.stdin", "1500ms");
    assert_setting(s, "stop.signal", "0ms");
    assert_setting(s, "logs.streams", "both");
    assert_setting(s, "logs.age", "1d");
    assert_int_equal(json_integer_value(json_object_get(s, "logs.files")), 7);
    json_decref(s);
}

static void what_the_file_leaves_open_is_null(void **state)
{
    (void)state;
    json_t *s = settings_of("workers: {w: {command: [x]}}");
    assert_true(json_is_null(json_object_get(s, "folder")));
    assert_true(json_is_null(json_object_get(s, "resume")));
    assert_setting(s, "mode", "private");
    json_decref(s);
}

static void the_values_of_variables_are_not_told(void **state)
{
    (void)state;
    json_t *s = settings_of("workers: {w: {command: [x], env: {TOKEN: secret, LANG: C}}}");
    char *text = json_dumps(s, 0);
    assert_non_null(text);
    assert_non_null(strstr(text, "\"env\": [\"TOKEN\", \"LANG\"]"));
    assert_null(strstr(text, "secret"));
    free(text);
    json_decref(s);
}

static void programs_and_description_stand_elsewhere(void **state)
{
    (void)state;
    json_t *s = settings_of("workers: {w: {command: [x, y], description: d}}");
    assert_null(json_object_get(s, "command"));
    assert_null(json_object_get(s, "pipeline"));
    assert_null(json_object_get(s, "description"));
    json_decref(s);
}

static int end(void **state)
{
    (void)state;
    sp_config_deinit(&config);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_file_says_is_told_in_its_words),
        cmocka_unit_test(what_the_file_leaves_open_is_null),
        cmocka_unit_test(the_values_of_variables_are_not_told),
        cmocka_unit_test(programs_and_description_stand_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
