/* tests/core/test_config.c - what a good config file says. */
#include "core/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_parses_bytes(struct sp_bytes text, struct sp_config *config)
{
    struct sp_config_problems problems = {0};
    struct sp_error err = {0};
    sp_status status = sp_config_parse("t.yaml", text, config, &problems, &err);
    if (status != SP_OK)
        print_error("%s\n", err.what);
    assert_int_equal(status, SP_OK);
    assert_int_equal(problems.count, 0);
    sp_config_problems_deinit(&problems);
}

static void assert_parses(const char *text, struct sp_config *config)
{
    assert_parses_bytes(sp_bytes_of(text), config);
}

static void assert_argv(const struct sp_command *command, const char *const *expected)
{
    size_t count = 0;
    for (; expected[count] != NULL; count++) {
        assert_true(count < command->argc);
        assert_string_equal(command->argv[count], expected[count]);
    }
    assert_int_equal(command->argc, count);
}

#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})

static void an_empty_file_is_a_config_of_defaults(void **state)
{
    (void)state;
    static const char *const empty[] = {
        "",          "\n",           "# only a comment\n", "---\n",
        "~",         "\xef\xbb\xbf", "workers:\n",         "workers: {}\n",
        "---\n...\n"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        struct sp_config config = {0};
        assert_parses(empty[i], &config);
        assert_int_equal(config.loops, 0);
        assert_null(config.log);
        assert_null(config.logs);
        assert_null(config.audit);
        assert_true(config.drain_ms == 2000);
        assert_true(config.stop_stdin_ms == 2000);
        assert_true(config.stop_signal_ms == 5000);
        assert_int_equal(config.worker_count, 0);
        sp_config_deinit(&config);
    }
}

static void every_key_of_the_file_is_read(void **state)
{
    (void)state;
    struct sp_config config = {0};
    assert_parses("loops: 64\nlog: D:\\logs\\s.log\nlogs: D:\\logs\ndrain: 500ms\n"
                  "audit: D:\\audit.jsonl\nstop: {stdin: 1m, signal: 0}\n"
                  "dashboard: {port: 8717}\nworkers: {}\n",
                  &config);
    assert_int_equal(config.loops, 64);
    assert_string_equal(config.log, "D:\\logs\\s.log");
    assert_string_equal(config.logs, "D:\\logs");
    assert_string_equal(config.audit, "D:\\audit.jsonl");
    assert_true(config.drain_ms == 500);
    assert_true(config.stop_stdin_ms == 60000);
    assert_true(config.stop_signal_ms == 0);
    assert_int_equal(config.dashboard_port, 8717);
    sp_config_deinit(&config);
    assert_null(config.log);
    assert_null(config.logs);
    assert_null(config.audit);
}

static void every_key_of_a_worker_is_read(void **state)
{
    (void)state;
    struct sp_config config = {0};
    assert_parses("workers:\n"
                  "  py.3_x-y:\n"
                  "    description: Python, é\n"
                  "    command: [C:\\Python312\\python.exe, -i, -u]\n"
                  "    env: {A: b, EMPTY: '', Path: \"x;y\"}\n"
                  "    folder: C:\\My Data\n"
                  "    args: allow\n"
                  "    remote: true\n"
                  "    console: none\n",
                  &config);
    assert_int_equal(config.worker_count, 1);
    const struct sp_worker_config *w = &config.workers[0];
    assert_string_equal(w->name, "py.3_x-y");
    assert_string_equal(w->description, "Python, é");
    assert_int_equal(w->stage_count, 1);
    assert_argv(&w->stages[0], ARGV("C:\\Python312\\python.exe", "-i", "-u"));
    assert_int_equal(w->env_count, 3);
    assert_string_equal(w->env[0].name, "A");
    assert_string_equal(w->env[0].value, "b");
    assert_string_equal(w->env[1].value, "");
    assert_string_equal(w->env[2].value, "x;y");
    assert_string_equal(w->folder, "C:\\My Data");
    assert_true(w->args_allowed);
    assert_true(w->remote);
    assert_int_equal(w->console, SP_CONSOLE_NONE);
    sp_config_deinit(&config);
}

static void a_worker_in_a_terminal_has_no_stderr_to_log(void **state)
{
    (void)state;
    struct sp_config config = {0};
    assert_parses("workers: {a: {command: [x], tty: true, mode: shared, console: hidden, warm: 0},"
                  " b: {command: [x], tty: true, logs: {streams: both}},"
                  " c: {command: [x], tty: false, console: none}}",
                  &config);
    assert_true(config.workers[0].tty);
    assert_int_equal(config.workers[0].logs.streams, SP_CAPTURE_NONE);
    assert_int_equal(config.workers[1].logs.streams, SP_CAPTURE_BOTH);
    assert_false(config.workers[2].tty);
    sp_config_deinit(&config);
}

static void limits_are_read_and_nothing_is_limited_by_default(void **state)
{
    (void)state;
    struct sp_config config = {0};
    assert_parses(
        "workers:\n"
        "  v: {command: [x]}\n"
        "  w:\n"
        "    command: [x]\n"
        "    limits: {memory: 512MiB, processes: 8, cpu: 25, instances: 20, per_user: 4,\n"
        "             connect_rate: 30, session_time: 8h, idle_time: 15m}\n",
        &config);
    const struct sp_limits_config none = {0}, *l = &config.workers[1].limits;
    assert_memory_equal(&config.workers[0].limits, &none, sizeof none);
    assert_true(l->memory_bytes == 512 << 20);
    assert_int_equal(l->processes, 8);
    assert_int_equal(l->cpu_percent, 25);
    assert_int_equal(l->instances, 20);
    assert_int_equal(l->per_user, 4);
    assert_int_equal(l->connect_rate, 30);
    assert_true(l->session_ms == 8 * 3600 * 1000);
    assert_true(l->idle_ms == 15 * 60 * 1000);
    sp_config_deinit(&config);
}

static void a_worker_runs_as_the_service_a_client_or_an_account(void **state)
{
    (void)state;
    struct sp_config config = {0};
    assert_parses("workers:\n"
                  "  a: {command: [x]}\n"
                  "  b: {command: [x], run_as: client, restricted: true}\n"
                  "  c: {command: [x], run_as: {user: CORP\\svc}}\n"
                  "  d: {command: [x], run_as: {user: NT AUTHORITY\\LocalService}, warm: 2}\n",
                  &config);
    assert_int_equal(config.workers[0].run_as, SP_RUN_AS_SERVICE);
    assert_false(config.workers[0].restricted);
    assert_null(config.workers[0].run_as_user);
    assert_int_equal(config.workers[1].run_as, SP_RUN_AS_CLIENT);
    assert_true(config.workers[1].restricted);
    assert_int_equal(config.workers[2].run_as, SP_RUN_AS_USER);
    assert_string_equal(config.workers[2].run_as_user, "CORP\\svc");
    assert_string_equal(config.workers[3].run_as_user, "NT AUTHORITY\\LocalService");
    sp_config_deinit(&config);
}

static void a_worker_has_defaults(void **state)
{
    (void)state;
    struct sp_config config = {0};
    assert_parses("workers: {w: {command: [x]}, v: {command: [x], env: , args: deny}}", &config);
    for (size_t i = 0; i < 2; i++) {
        const struct sp_worker_config *w = &config.workers[i];
        assert_null(w->description);
        assert_null(w->folder);
        assert_int_equal(w->env_count, 0);
        assert_false(w->args_allowed);
        assert_false(w->remote);
        assert_int_equal(w->console, SP_CONSOLE_HIDDEN);
        assert_false(w->tty);
        assert_int_equal(w->mode, SP_MODE_PRIVATE);
        assert_int_equal(w->restart, SP_RESTART_ON_FAILURE);
        assert_int_equal(w->warm, 0);
        assert_true(w->resume_ms == SP_MS_UNSET);
        assert_true(w->drain_ms == 2000);
        assert_true(w->stop_stdin_ms == 2000);
        assert_true(w->stop_signal_ms == 5000);
        assert_int_equal(w->logs.streams, SP_CAPTURE_NONE);
        assert_true(w->logs.size_bytes == 10 << 20);
        assert_true(w->logs.age_ms == UINT64_C(7) * 24 * 60 * 60 * 1000);
        assert_int_equal(w->logs.files, 5);
        assert_int_equal(w->folder_place.line, 0);
    }
    sp_config_deinit(&config);
}

static void every_key_of_a_shared_worker_is_read(void **state)
{
    (void)state;
    struct sp_config config = {0};
    assert_parses("workers:\n"
                  "  repl:\n"
                  "    command: [x]\n"
                  "    mode: shared\n"
                  "    autostart: true\n"
                  "    restart: never\n"
                  "    slow: disconnect\n"
                  "    history: 64MiB\n"
                  "    resume: 24h\n"
                  "    drain: 10m\n"
                  "    stop: {stdin: 0s, signal: 1ms}\n"
                  "    logs: {streams: both, size: 4KiB, age: 1h, files: 1}\n",
                  &config);
    const struct sp_worker_config *w = &config.workers[0];
    assert_int_equal(w->mode, SP_MODE_SHARED);
    assert_true(w->autostart);
    assert_int_equal(w->restart, SP_RESTART_NEVER);
    assert_int_equal(w->slow, SP_SLOW_DISCONNECT);
    assert_true(w->history_bytes == 64 << 20);
    assert_true(w->resume_ms == 24 * 60 * 60 * 1000);
    assert_true(w->drain_ms == 600000);
    assert_true(w->stop_stdin_ms == 0);
    assert_true(w->stop_signal_ms == 1);
    assert_int_equal(w->logs.streams, SP_CAPTURE_BOTH);
    assert_true(w->logs.size_bytes == 4096);
    assert_true(w->logs.age_ms == 60 * 60 * 1000);
    assert_int_equal(w->logs.files, 1);
    sp_config_deinit(&config);
}

static void a_shared_worker_has_defaults_of_its_own(void **state)
{
    (void)state;
    struct sp_config config = {0};
    assert_parses("workers:\n"
                  "  a: {command: [x], mode: shared}\n"
                  "  b: {logs: {files: 2}, command: [x], mode: shared, stop: , history: 64KiB}\n"
                  "  c: {logs: {streams: none}, command: [x], mode: shared, slow: block}\n",
                  &config);
    const struct sp_worker_config *a = &config.workers[0];
    assert_false(a->autostart);
    assert_int_equal(a->restart, SP_RESTART_ON_FAILURE);
    assert_int_equal(a->slow, SP_SLOW_DROP);
    assert_true(a->history_bytes == 1 << 20);
    assert_int_equal(a->logs.streams, SP_CAPTURE_STDERR);
    assert_int_equal(config.workers[1].logs.streams, SP_CAPTURE_STDERR);
    assert_int_equal(config.workers[1].logs.files, 2);
    assert_true(config.workers[1].logs.size_bytes == 10 << 20);
    assert_true(config.workers[1].history_bytes == 65536);
    assert_int_equal(config.workers[2].logs.streams, SP_CAPTURE_NONE);
    assert_int_equal(config.workers[2].slow, SP_SLOW_BLOCK);
    sp_config_deinit(&config);
}

static void a_private_worker_can_be_warm_resumed_and_logged(void **state)
{
    (void)state;
    struct sp_config config = {0};
    assert_parses("workers: {w: {command: [x], mode: private, warm: 64, restart: always, "
                  "resume: 0, logs: {streams: stderr}}}",
                  &config);
    const struct sp_worker_config *w = &config.workers[0];
    assert_int_equal(w->warm, 64);
    assert_int_equal(w->restart, SP_RESTART_ALWAYS);
    assert_true(w->resume_ms == 0);
    assert_int_equal(w->logs.streams, SP_CAPTURE_STDERR);
    sp_config_deinit(&config);
}

static void what_is_switched_off_does_no_harm_in_the_other_mode(void **state)
{
    (void)state;
    struct sp_config config = {0};
    assert_parses("workers:\n"
                  "  a: {command: [x], mode: private, autostart: false}\n"
                  "  b: {command: [x], mode: shared, warm: 0, args: deny}\n",
                  &config);
    assert_int_equal(config.worker_count, 2);
    sp_config_deinit(&config);
}

/* Also when the file's keys stand below its workers. */
static void a_worker_without_times_has_the_files(void **state)
{
    (void)state;
    struct sp_config config = {0};
    assert_parses("workers:\n"
                  "  a: {command: [x]}\n"
                  "  b: {command: [x], drain: 0s, stop: {signal: 9s}}\n"
                  "  c: {command: [x], stop: {stdin: 8s}}\n"
                  "stop: {stdin: 3s}\n"
                  "drain: 7s\n",
                  &config);
    const struct sp_worker_config *w = config.workers;
    assert_true(w[0].drain_ms == 7000);
    assert_true(w[0].stop_stdin_ms == 3000);
    assert_true(w[0].stop_signal_ms == 5000);
    assert_true(w[1].drain_ms == 0);
    assert_true(w[1].stop_stdin_ms == 3000);
    assert_true(w[1].stop_signal_ms == 9000);
    assert_true(w[2].drain_ms == 7000);
    assert_true(w[2].stop_stdin_ms == 8000);
    assert_true(w[2].stop_signal_ms == 5000);
    assert_true(sp_config_stop_ms(&config) == 13000);
    sp_config_deinit(&config);
}

static void a_stop_takes_as_long_as_the_file_says_when_no_worker_needs_more(void **state)
{
    (void)state;
    struct sp_config config = {0};
    assert_parses("stop: {stdin: 20s}\nworkers: {a: {command: [x], stop: {stdin: 1s}}}", &config);
    assert_true(sp_config_stop_ms(&config) == 25000);
    sp_config_deinit(&config);
    assert_parses("", &config);
    assert_true(sp_config_stop_ms(&config) == 7000);
    sp_config_deinit(&config);
}

static void a_pipeline_has_a_stage_for_each_program(void **state)
{
    (void)state;
    struct sp_config config = {0};
    assert_parses("workers:\n"
                  "  report:\n"
                  "    pipeline:\n"
                  "      - [C:\\tools\\extract.exe, --since, yesterday]\n"
                  "      - [C:\\tools\\render.exe]\n"
                  "      - - third\n"
                  "        - ''\n",
                  &config);
    const struct sp_worker_config *w = &config.workers[0];
    assert_int_equal(w->stage_count, 3);
    assert_argv(&w->stages[0], ARGV("C:\\tools\\extract.exe", "--since", "yesterday"));
    assert_argv(&w->stages[1], ARGV("C:\\tools\\render.exe"));
    assert_argv(&w->stages[2], ARGV("third", ""));
    sp_config_deinit(&config);
}

static void plain_words_are_texts_whatever_yaml_would_make_of_them(void **state)
{
    (void)state;
    struct sp_config config = {0};
    assert_parses(
        "workers:\n  1:\n    command: [x, -i, 1, yes, 0x10, 1e3, 2026-01-01, \"~\", 'null', "
        "a b, \"\\t\", '%PATH%', C:\\, --x=a:b]\n"
        "    env: {1: 2, NULL: true}\n",
        &config);
    assert_string_equal(config.workers[0].name, "1");
    assert_argv(&config.workers[0].stages[0],
                ARGV("x", "-i", "1", "yes", "0x10", "1e3", "2026-01-01", "~", "null", "a b", "\t",
                     "%PATH%", "C:\\", "--x=a:b"));
    assert_string_equal(config.workers[0].env[1].name, "NULL");
    assert_string_equal(config.workers[0].env[1].value, "true");
    sp_config_deinit(&config);
}

static void who_may_do_what_is_read_in_lists(void **state)
{
    (void)state;
    struct sp_config config = {0};
    assert_parses("allow: {admin: [CORP\\ops]}\n"
                  "workers:\n"
                  "  w: {command: [x], allow: {write: [CORP\\ann, S-1-5-32-545], control: []}}\n",
                  &config);
    const struct sp_worker_config *w = &config.workers[0];
    assert_int_equal(config.admin.count, 1);
    assert_string_equal(config.admin.items[0].name, "CORP\\ops");
    assert_null(config.admin.items[0].sid);
    assert_int_equal(w->allow[SP_RIGHT_READ].count, 0);
    assert_int_equal(w->allow[SP_RIGHT_WRITE].count, 2);
    assert_string_equal(w->allow[SP_RIGHT_WRITE].items[1].name, "S-1-5-32-545");
    assert_int_equal(w->allow[SP_RIGHT_WRITE].items[1].place.line, 3);
    assert_int_equal(w->allow[SP_RIGHT_CONTROL].count, 0);
    sp_config_deinit(&config);
}

static void places_are_kept_for_what_only_the_machine_can_check(void **state)
{
    (void)state;
    struct sp_config config = {0};
    assert_parses("workers:\n"
                  "  w: {description: é, command: [x], folder: C:\\x}\n"
                  "  v:\n"
                  "    pipeline: [[x],\n"
                  "      [y]]\n",
                  &config);
    const struct sp_worker_config *w = &config.workers[0];
    const struct sp_worker_config *v = &config.workers[1];
    assert_int_equal(w->place.line, 2);
    assert_int_equal(w->place.column, 3);
    assert_int_equal(w->stages[0].place.line, 2);
    assert_int_equal(w->stages[0].place.column, 32); /* in characters, not bytes */
    assert_int_equal(w->folder_place.column, 45);
    assert_int_equal(v->place.line, 3);
    assert_int_equal(v->stages[1].place.line, 5);
    assert_int_equal(v->stages[1].place.column, 7);
    sp_config_deinit(&config);
}

static void crlf_line_ends_and_utf16_are_read(void **state)
{
    (void)state;
    struct sp_config config = {0};
    assert_parses("loops: 3\r\nworkers:\r\n  w:\r\n    command: [x, y]\r\n", &config);
    assert_int_equal(config.loops, 3);
    assert_argv(&config.workers[0].stages[0], ARGV("x", "y"));
    sp_config_deinit(&config);
    static const char utf16[] = "\xff\xfel\0o\0o\0p\0s\0:\0 \0"
                                "7\0\n\0";
    assert_parses_bytes((struct sp_bytes){utf16, sizeof utf16 - 1}, &config);
    assert_int_equal(config.loops, 7);
    sp_config_deinit(&config);
}

static void a_worker_is_found_in_any_case(void **state)
{
    (void)state;
    struct sp_config config = {0};
    assert_parses("workers: {Sort: {command: [x]}, sort2: {command: [y]}}", &config);
    assert_ptr_equal(sp_config_find(&config, "sort"), &config.workers[0]);
    assert_ptr_equal(sp_config_find(&config, "SORT2"), &config.workers[1]);
    assert_null(sp_config_find(&config, "sor"));
    assert_null(sp_config_find(&config, ""));
    sp_config_deinit(&config);
    assert_null(sp_config_find(&config, "sort"));
}

static void worker_names_are_what_a_pipe_name_can_hold(void **state)
{
    (void)state;
    char longest[SP_WORKER_NAME_MAX + 2] = {0};
    memset(longest, 'a', SP_WORKER_NAME_MAX);
    assert_true(sp_worker_name_valid("a"));
    assert_true(sp_worker_name_valid("9.x_Y-z"));
    assert_true(sp_worker_name_valid(longest));
    longest[SP_WORKER_NAME_MAX] = 'a';
    assert_false(sp_worker_name_valid(longest));
    static const char *const wrong[] = {"",     ".a",  "_a", "-a",  "a b",
                                        "a\\b", "a/b", "é",  "a\n", "a:b"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(sp_worker_name_valid(wrong[i]));
}

/* count times a text with its number in it. */
static void repeat(struct sp_buffer *out, const char *before, size_t count, const char *after)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(sp_buffer_printf(out, NULL, "%s%zu%s", before, i, after), SP_OK);
}

static void the_largest_config_is_read(void **state)
{
    (void)state;
    struct sp_buffer text = {0};
    struct sp_config config = {0};
    assert_int_equal(sp_buffer_printf(&text, NULL, "workers:\n"), SP_OK);
    repeat(&text, "  w", SP_CONFIG_WORKERS_MAX - 2, ": {command: [x]}\n");
    assert_int_equal(sp_buffer_printf(&text, NULL, "  args: {command: [x"), SP_OK);
    repeat(&text, ", a", SP_CONFIG_ARGS_MAX - 1, "");
    assert_int_equal(sp_buffer_printf(&text, NULL, "], env: {"), SP_OK);
    repeat(&text, "V", SP_CONFIG_ENV_MAX, ": x, ");
    assert_int_equal(sp_buffer_printf(&text, NULL, "}}\n  stages: {pipeline: ["), SP_OK);
    repeat(&text, "[x", SP_CONFIG_STAGES_MAX, "], ");
    assert_int_equal(sp_buffer_printf(&text, NULL, "]}\n"), SP_OK);
    while (text.len < SP_CONFIG_SIZE_MAX)
        assert_int_equal(sp_buffer_append(&text, "#", 1, NULL), SP_OK);
    assert_parses_bytes((struct sp_bytes){text.data, text.len}, &config);
    assert_int_equal(config.worker_count, SP_CONFIG_WORKERS_MAX);
    assert_int_equal(sp_config_find(&config, "args")->stages[0].argc, SP_CONFIG_ARGS_MAX);
    assert_int_equal(sp_config_find(&config, "args")->env_count, SP_CONFIG_ENV_MAX);
    assert_int_equal(sp_config_find(&config, "stages")->stage_count, SP_CONFIG_STAGES_MAX);
    sp_config_deinit(&config);
    sp_buffer_deinit(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_is_a_config_of_defaults),
        cmocka_unit_test(every_key_of_the_file_is_read),
        cmocka_unit_test(every_key_of_a_worker_is_read),
        cmocka_unit_test(a_worker_in_a_terminal_has_no_stderr_to_log),
        cmocka_unit_test(limits_are_read_and_nothing_is_limited_by_default),
        cmocka_unit_test(a_worker_runs_as_the_service_a_client_or_an_account),
        cmocka_unit_test(a_worker_has_defaults),
        cmocka_unit_test(every_key_of_a_shared_worker_is_read),
        cmocka_unit_test(a_shared_worker_has_defaults_of_its_own),
        cmocka_unit_test(a_private_worker_can_be_warm_resumed_and_logged),
        cmocka_unit_test(what_is_switched_off_does_no_harm_in_the_other_mode),
        cmocka_unit_test(a_worker_without_times_has_the_files),
        cmocka_unit_test(a_stop_takes_as_long_as_the_file_says_when_no_worker_needs_more),
        cmocka_unit_test(a_pipeline_has_a_stage_for_each_program),
        cmocka_unit_test(plain_words_are_texts_whatever_yaml_would_make_of_them),
        cmocka_unit_test(who_may_do_what_is_read_in_lists),
        cmocka_unit_test(places_are_kept_for_what_only_the_machine_can_check),
        cmocka_unit_test(crlf_line_ends_and_utf16_are_read),
        cmocka_unit_test(a_worker_is_found_in_any_case),
        cmocka_unit_test(worker_names_are_what_a_pipe_name_can_hold),
        cmocka_unit_test(the_largest_config_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
