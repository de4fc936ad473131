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

/* As one text with single quotes, in the schema's order: a key that is new, or missing, shows. */
static void assert_settings(const char *yaml, const char *expected)
{
    json_t *s = settings_of(yaml);
    char *text = json_dumps(s, JSON_COMPACT);
    assert_non_null(text);
    for (char *at = text; (at = strchr(at, '"')) != NULL;)
        *at = '\'';
    assert_string_equal(text, expected);
    free(text);
    json_decref(s);
}

static void every_key_that_the_file_leaves_open_has_its_default_or_is_null(void **state)
{
    (void)state;
    assert_settings("workers: {w: {command: [x]}}",
                    "{'env':[],'folder':null,'args':'deny','remote':'false',"
                    "'run_as':'service','restricted':'false','console':'hidden',"
                    "'tty':'false','mode':'private','autostart':'false',"
                    "'restart':'on-failure','slow':'drop','history':'1MiB','warm':0,"
                    "'resume':null,'drain':'2s','stop.stdin':'2s','stop.signal':'5s',"
                    "'logs.streams':'none','logs.size':'10MiB','logs.age':'7d',"
                    "'logs.files':5,'limits.memory':null,'limits.processes':null,"
                    "'limits.cpu':null,'limits.instances':null,'limits.per_user':null,"
                    "'limits.connect_rate':null,'limits.session_time':null,"
                    "'limits.idle_time':null}");
}

static void every_key_of_a_private_worker_is_told(void **state)
{
    (void)state;
    assert_settings("workers:\n"
                    "  w:\n"
                    "    command: [x]\n"
                    "    env: {A: b}\n"
                    "    folder: C:\\data\n"
                    "    args: allow\n"
                    "    remote: true\n"
                    "    run_as: {user: CORP\\svc}\n"
                    "    restricted: true\n"
                    "    tty: true\n"
                    "    restart: never\n"
                    "    resume: 0s\n"
                    "    drain: 1m\n"
                    "    stop: {stdin: 1s, signal: 10s}\n"
                    "    logs: {streams: both, size: 1MiB, age: 1h, files: 3}\n"
                    "    limits: {memory: 512MiB, processes: 8, cpu: 25, instances: 20,\n"
                    "             per_user: 4, connect_rate: 30, session_time: 8h,\n"
                    "             idle_time: 15m}\n",
                    "{'env':['A'],'folder':'C:\\\\data','args':'allow','remote':'true',"
                    "'run_as':'CORP\\\\svc','restricted':'true','console':'hidden',"
                    "'tty':'true','mode':'private','autostart':'false','restart':'never',"
                    "'slow':'drop','history':'1MiB','warm':0,'resume':'0ms','drain':'1m',"
                    "'stop.stdin':'1s','stop.signal':'10s','logs.streams':'both',"
                    "'logs.size':'1MiB','logs.age':'1h','logs.files':3,"
                    "'limits.memory':'512MiB','limits.processes':8,'limits.cpu':25,"
                    "'limits.instances':20,'limits.per_user':4,'limits.connect_rate':30,"
                    "'limits.session_time':'8h','limits.idle_time':'15m'}");
}

static void each_word_of_a_choice_is_told(void **state)
{
    (void)state;
    json_t *s = settings_of("workers: {w: {command: [x], run_as: client, args: deny, warm: 0,\n"
                            "  logs: {streams: none}}}");
    assert_setting(s, "run_as", "client");
    assert_setting(s, "args", "deny");
    assert_setting(s, "logs.streams", "none");
    json_decref(s);
    s = settings_of("workers: {w: {command: [x], warm: 64, restart: always, run_as: service,\n"
                    "  logs: {streams: stderr}}}");
    assert_setting(s, "run_as", "service");
    assert_setting(s, "restart", "always");
    assert_setting(s, "logs.streams", "stderr");
    assert_int_equal(json_integer_value(json_object_get(s, "warm")), 64);
    json_decref(s);
    s = settings_of("workers: {w: {command: [x], mode: shared, slow: block}}");
    assert_setting(s, "slow", "block");
    assert_setting(s, "logs.streams", "stderr");
    json_decref(s);
    s = settings_of("workers: {w: {command: [x], mode: shared, tty: true, slow: drop}}");
    assert_setting(s, "slow", "drop");
    assert_setting(s, "logs.streams", "none");
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
        cmocka_unit_test(every_key_that_the_file_leaves_open_has_its_default_or_is_null),
        cmocka_unit_test(every_key_of_a_private_worker_is_told),
        cmocka_unit_test(each_word_of_a_choice_is_told),
        cmocka_unit_test(the_values_of_variables_are_not_told),
        cmocka_unit_test(programs_and_description_stand_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
