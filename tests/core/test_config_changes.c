/* tests/core/test_config_changes.c - what differs between two states of a config. */
#include "core/config_changes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/config_settings.h"
#include "core/text.h"

static struct sp_config before, after;

static void read_into(struct sp_config *config, const char *yaml)
{
    struct sp_config_problems problems = {0};
    struct sp_error err = {0};
    sp_config_deinit(config);
    if (sp_config_parse("c", sp_bytes_of(yaml), config, &problems, &err) != SP_OK)
        fail_msg("%s", err.what);
    sp_config_problems_deinit(&problems);
}

static void assert_keys(json_t *keys, const char *expected)
{
    char text[512] = "";
    size_t i, len = 0;
    json_t *key;
    assert_non_null(keys);
    json_array_foreach(keys, i, key) len += (size_t)snprintf(
        text + len, sizeof text - len, "%s%s", i == 0 ? "" : " ", json_string_value(key));
    assert_string_equal(text, expected);
    json_decref(keys);
}

/* What differs between two workers, each given by its keys. */
static void differ(const char *one, const char *other, const char *expected)
{
    char text[1024];
    snprintf(text, sizeof text, "workers: {w: {%s}}", one);
    read_into(&before, text);
    snprintf(text, sizeof text, "workers: {w: {%s}}", other);
    read_into(&after, text);
    assert_keys(sp_config_changes(&before.workers[0], &after.workers[0]), expected);
    assert_keys(sp_config_changes(&after.workers[0], &before.workers[0]), expected);
    assert_keys(sp_config_changes(&after.workers[0], &after.workers[0]), "");
}

static void each_key_is_told_that_says_something_else(void **state)
{
    (void)state;
    differ("command: [x]", "command: [x, y]", "command");
    differ("command: [x]", "command: [y]", "command");
    differ("pipeline: [[x], [y]]", "pipeline: [[x], [z]]", "pipeline");
    differ("command: [x]", "command: [x], description: d", "description");
    differ("command: [x], description: d", "command: [x], description: e", "description");
    differ("command: [x]", "command: [x], env: {A: b}", "env");
    differ("command: [x], env: {A: b}", "command: [x], env: {A: c}", "env");
    differ("command: [x], env: {A: b}", "command: [x], env: {B: b}", "env");
    differ("command: [x]", "command: [x], folder: C:\\data", "folder");
    differ("command: [x]", "command: [x], remote: true, args: allow", "args remote");
    differ("command: [x]", "command: [x], stop: {stdin: 7s}, logs: {files: 2}",
           "stop.stdin logs.files");
    differ("command: [x]", "command: [x], run_as: client, restricted: true", "run_as restricted");
    differ("command: [x]", "command: [x], run_as: {user: a}", "run_as");
    differ("command: [x], run_as: {user: b}", "command: [x], run_as: {user: a}", "run_as");
    differ("command: [x]", "command: [x], limits: {memory: 64MiB, per_user: 3}",
           "limits.memory limits.per_user");
}

static void how_it_is_written_is_no_difference(void **state)
{
    (void)state;
    differ("command: [x, y]", "command: ['x', \"y\"]", "");
    differ("command: [x], drain: 1500ms", "drain: 1500ms, command: [x]", "");
    differ("command: [x], resume: 60s", "command: [x], resume: 1m", "");
}

static void accounts_are_compared_whatever_their_order(void **state)
{
    (void)state;
    differ("command: [x], allow: {write: [a, b]}", "command: [x], allow: {write: [b, a]}", "");
    differ("command: [x], allow: {write: [a]}", "command: [x], allow: {write: [b]}", "allow.write");
    differ("command: [x], allow: {write: [a]}", "command: [x], allow: {read: [a]}",
           "allow.read allow.write");
    differ("command: [x], allow: {control: [a]}", "command: [x]", "allow.control");
}

static void two_names_of_one_account_are_no_difference(void **state)
{
    (void)state;
    read_into(&before, "workers: {w: {command: [x], allow: {write: [ann]}}}");
    read_into(&after, "workers: {w: {command: [x], allow: {write: [PC-ann]}}}");
    struct sp_account *one = &before.workers[0].allow[SP_RIGHT_WRITE].items[0];
    struct sp_account *other = &after.workers[0].allow[SP_RIGHT_WRITE].items[0];
    assert_int_equal(sp_text_copy(sp_bytes_of("S-1-5-21-1"), &one->sid, NULL), SP_OK);
    assert_int_equal(sp_text_copy(sp_bytes_of("S-1-5-21-1"), &other->sid, NULL), SP_OK);
    assert_keys(sp_config_changes(&before.workers[0], &after.workers[0]), "");
    other->sid[9] = '2';
    assert_keys(sp_config_changes(&before.workers[0], &after.workers[0]), "allow.write");
}

static void of_the_file_only_what_a_running_service_cannot_follow(void **state)
{
    (void)state;
    read_into(&before, "drain: 1s");
    read_into(&after, "{log: a, logs: b, audit: c, loops: 3, drain: 2s, dashboard: {port: 8080}, "
                      "stop: {stdin: 1s}}");
    assert_keys(sp_config_changes_of_file(&before, &after), "log logs audit loops dashboard.port");
    assert_keys(sp_config_changes_of_file(&after, &after), "");
    assert_true(sp_config_same_admins(&before, &after));
    read_into(&after, "allow: {admin: [ann]}");
    assert_false(sp_config_same_admins(&before, &after));
}

/* A key that was renamed would no longer restart anything. */
static void keys_of_a_process_are_keys(void **state)
{
    (void)state;
    size_t count = 0;
    const char *key;
    json_t *value;
    read_into(&before, "workers: {w: {command: [x]}}");
    json_t *settings = sp_config_settings(&before.workers[0]);
    json_object_foreach(settings, key, value) count += sp_config_key_is_of_process(key) ? 1 : 0;
    assert_int_equal(count, 10);
    assert_true(sp_config_key_is_of_process("command"));
    assert_true(sp_config_key_is_of_process("pipeline"));
    assert_false(sp_config_key_is_of_process("allow.write"));
    assert_false(sp_config_key_is_of_process("restart"));
    json_decref(settings);
}

static int end(void **state)
{
    (void)state;
    sp_config_deinit(&before);
    sp_config_deinit(&after);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_key_is_told_that_says_something_else),
        cmocka_unit_test(how_it_is_written_is_no_difference),
        cmocka_unit_test(accounts_are_compared_whatever_their_order),
        cmocka_unit_test(two_names_of_one_account_are_no_difference),
        cmocka_unit_test(of_the_file_only_what_a_running_service_cannot_follow),
        cmocka_unit_test(keys_of_a_process_are_keys),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
