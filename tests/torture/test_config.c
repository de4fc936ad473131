/* tests/torture/test_config.c - a config file is read, and its mistakes are said, or there is no
 * memory; a config is never half read. */
#include "core/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/torture/torture.h"

static const char every_key[] = "loops: 2\n"
                                "log: D:\\logs\\standpiped.log\n"
                                "logs: D:\\logs\\workers\n"
                                "audit: D:\\audit.jsonl\n"
                                "drain: 2s\n"
                                "stop: {stdin: 10s, signal: 30s}\n"
                                "dashboard: {port: 8717}\n"
                                "workers:\n"
                                "  sort:\n"
                                "    command: [C:\\Windows\\System32\\sort.exe, /R, \"a b\"]\n"
                                "    description: Sorts lines\n"
                                "    env: {LANG: en_US.UTF-8, TEMP: ''}\n"
                                "    folder: C:\\data\n"
                                "    logs: {streams: both, size: 1MiB, age: 1d, files: 10}\n"
                                "  report:\n"
                                "    pipeline:\n"
                                "      - [C:\\tools\\extract.exe, --since, yesterday]\n"
                                "      - [C:\\tools\\render.cmd, a]\n"
                                "  repl: {command: [python], mode: shared, slow: block}\n";

static const char mistakes[] = "loops: 100\n"
                               "drian: 2s\n"
                               "workers:\n"
                               "  sort:\n"
                               "    comand: [x]\n"
                               "    command: [x.bat, '%PATH%']\n"
                               "    env: {A=B: 1, a: 1, A: 2, C: [d]}\n"
                               "  -w: {command: [a], mode: shard, drain: 5}\n"
                               "  sort: &x !t {pipeline: [[a], [b]], args: allow}\n"
                               "  alias: *x\n"
                               "  list: [a]\n"
                               "workers: a\n"
                               "--- \n";

/* Parses, and looks that nothing is written unless it is whole. */
static sp_status parse(struct sp_bytes text, struct sp_config *config,
                       struct sp_config_problems *problems, struct sp_error *err)
{
    *config = (struct sp_config){.loops = 77};
    sp_status status = sp_config_parse("t.yaml", text, config, problems, err);
    if (status != SP_OK) {
        assert_int_equal(config->loops, 77);
        assert_null(config->workers);
        *config = (struct sp_config){0};
    }
    return status;
}

static sp_status read_good(struct sp_error *err)
{
    struct sp_config config = {0};
    struct sp_config_problems problems = {0};
    sp_status status = parse(sp_bytes_of(every_key), &config, &problems, err);
    if (status == SP_OK) {
        assert_int_equal(config.worker_count, 3);
        assert_string_equal(config.workers[0].stages[0].argv[2], "a b");
        assert_int_equal(config.workers[1].stage_count, 2);
    }
    assert_int_equal(problems.count, 0);
    sp_config_deinit(&config);
    sp_config_problems_deinit(&problems);
    return status;
}

static void a_config_is_read_as_a_whole_or_not_at_all(void **state)
{
    (void)state;
    torture(read_good, TORTURE_FAILS);
}

/* A file with mistakes is refused for its mistakes, or for want of memory, and never taken. */
static sp_status refuse(const char *text, size_t expected, struct sp_error *err)
{
    struct sp_config config = {0};
    struct sp_config_problems problems = {0};
    struct sp_buffer out = {0};
    sp_status status = parse(sp_bytes_of(text), &config, &problems, err);
    assert_int_not_equal(status, SP_OK);
    assert_true(status == SP_ENOMEM || problems.count == expected);
    if (status == SP_ESYNTAX) {
        status = sp_config_problems_print(&problems, &out, err);
        assert_true(status == SP_OK || out.len == 0);
    } else {
        assert_int_equal(status, SP_ENOMEM);
    }
    sp_buffer_deinit(&out);
    sp_config_problems_deinit(&problems);
    return status;
}

static sp_status refuse_mistakes(struct sp_error *err)
{
    return refuse(mistakes, 18, err);
}

static void all_mistakes_are_said_or_that_there_is_no_memory(void **state)
{
    (void)state;
    torture(refuse_mistakes, TORTURE_FAILS);
}

static sp_status refuse_no_yaml(struct sp_error *err)
{
    return refuse("workers:\n  a: {command: [x]}\n\tb: 1\n", 1, err);
}

static sp_status refuse_no_text(struct sp_error *err)
{
    return refuse("log: \xff\n", 1, err);
}

static void a_file_that_is_no_yaml_is_explained_or_there_is_no_memory(void **state)
{
    (void)state;
    torture(refuse_no_yaml, TORTURE_FAILS);
    torture(refuse_no_text, TORTURE_FAILS);
}

static sp_status print_reference(struct sp_error *err)
{
    struct sp_buffer out = {0};
    sp_status status = sp_config_reference(&out, err);
    assert_int_equal(status == SP_OK, out.len > 0);
    sp_buffer_deinit(&out);
    return status;
}

static void the_reference_is_whole_or_nothing(void **state)
{
    (void)state;
    torture(print_reference, TORTURE_FAILS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_config_is_read_as_a_whole_or_not_at_all),
        cmocka_unit_test(all_mistakes_are_said_or_that_there_is_no_memory),
        cmocka_unit_test(a_file_that_is_no_yaml_is_explained_or_there_is_no_memory),
        cmocka_unit_test(the_reference_is_whole_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
