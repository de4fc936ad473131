/* tests/e2e/test_service_control.c - standpiped as people use it: installed, started, asked,
 * stopped and removed, checking a config, and in a console. Runs the real program through the real
 * service control manager, so it needs an elevated prompt on Windows. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "win32/console.h"
#include "win32/file.h"
#include "win32/npipe.h"
#include "win32/path.h"
#include "win32/pipe.h"
#include "win32/scm.h"

/* Exit codes of standpiped, and one of standpipe. */
enum { OK, FAILED, USAGE, STOPPED, NOT_INSTALLED, REFUSED = 125 };

#define DAEMON(...)                                                                                \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

/* What the last run of standpiped printed. */
static struct w32_outcome said;

static int32_t handles_before;

/* Runs standpiped and asserts its exit code. */
static void expect(uint32_t code, const char *const *words)
{
    w32_outcome_deinit(&said);
    uint32_t was = daemon_verb(words, &said);
    if (was != code)
        fail_msg("%s: exit code %u instead of %u; it said: %.*s%.*s", words[0], (unsigned)was,
                 (unsigned)code, (int)said.output.len, (const char *)said.output.data,
                 (int)said.errors.len, (const char *)said.errors.data);
}

static void assert_quiet(const struct sp_buffer *text, const char *what)
{
    size_t len = strlen(what);
    for (size_t i = 0; i + len <= text->len; i++)
        if (memcmp(text->data + i, what, len) == 0)
            fail_msg("'%s' is in: %.*s", what, (int)text->len, (const char *)text->data);
}

/* ------------------------------------------------------------------ set-up */

static sp_status beside_us(const char *leaf, char **out)
{
    char *self = NULL, *folder = NULL;
    sp_status status = w32_path_self(&self, NULL);
    if (status == SP_OK)
        status = w32_path_folder(self, &folder, NULL);
    if (status == SP_OK)
        status = w32_path_join(folder, leaf, out, NULL);
    free(self);
    free(folder);
    return status;
}

/* Names with spaces and beyond ASCII go all the way through two command lines and the registry. */
static int open_test(void **state)
{
    (void)state;
    struct w32_npipe_leaf leaf;
    handles_before = w32_handle_tally();
    if (beside_us("standpiped.exe", &fixture.daemon) != SP_OK ||
        beside_us("standpipe.exe", &fixture.client) != SP_OK ||
        beside_us("test-child.exe", &fixture.child) != SP_OK ||
        w32_folder_temporary("standpipe prüfung ", &fixture.folder, NULL) != SP_OK ||
        w32_path_join(fixture.folder, "eine config ü.yaml", &fixture.config, NULL) != SP_OK ||
        w32_npipe_random_leaf("control-", &leaf, NULL) != SP_OK)
        return -1;
    snprintf(fixture.name, sizeof fixture.name, "Standpipe ü %s", leaf.text);
    snprintf(fixture.pipe, sizeof fixture.pipe, "%s", leaf.text);
    return 0;
}

static int close_test(void **state)
{
    (void)state;
    /* Nothing of a test that failed stays behind. */
    struct w32_outcome ignored = {0};
    daemon_verb(DAEMON("uninstall", "--name", fixture.name), &ignored);
    w32_outcome_deinit(&ignored);
    w32_outcome_deinit(&said);
    w32_file_remove(fixture.folder);
    free(fixture.daemon);
    free(fixture.client);
    free(fixture.child);
    free(fixture.folder);
    free(fixture.config);
    fixture = (struct fixture){0};
    return w32_handle_tally() == handles_before ? 0 : -1;
}

static void write_config(const char *text)
{
    w32_file_remove(fixture.config);
    assert_int_equal(w32_file_create(fixture.config, text, strlen(text), NULL), SP_OK);
}

static void install(void)
{
    expect(OK, DAEMON("install", "--name", fixture.name, "--config", fixture.config, "--pipe",
                      fixture.pipe));
}

/* `standpiped VERB --name NAME` */
static void expect_of(uint32_t code, const char *verb)
{
    expect(code, DAEMON(verb, "--name", fixture.name));
}

static bool can_be_attached(void)
{
    w32_handle pipe = NULL;
    sp_status status = w32_npipe_open(NULL, fixture.pipe, W32_NPIPE_BOTH, 0, &pipe, NULL);
    w32_handle_close(&pipe);
    return status == SP_OK;
}

static struct sp_buffer read_log(void)
{
    struct sp_buffer log = {0};
    assert_int_equal(w32_file_read(scratch("standpiped.log"), 1 << 20, &log, NULL), SP_OK);
    return log;
}

/* Five mistakes, of five kinds, and where they stand. */
static const char five_errors[] = "drain: 5\n"
                                  "colour: red\n"
                                  "workers:\n"
                                  "  a b: {command: [x.exe]}\n"
                                  "  sort:\n"
                                  "    command: []\n"
                                  "    args: perhaps\n";
static const char *const five_places[] = {":1:8: ", ":2:1: ", ":4:3: ", ":6:14: ", ":7:11: "};

static void assert_says_five(const struct sp_buffer *text, const char *file)
{
    for (size_t i = 0; i < sizeof five_places / sizeof *five_places; i++) {
        char start[600];
        snprintf(start, sizeof start, "%s%s", file, five_places[i]);
        assert_says(text, start);
    }
}

/* ------------------------------------------------------------------ the service's life */

static void a_service_is_installed_started_stopped_and_removed(void **state)
{
    (void)state;
    expect_of(NOT_INSTALLED, "status");
    assert_says(&said.output, "not installed");
    install();
    assert_says(&said.output, fixture.name);
    expect_of(STOPPED, "status");
    assert_says(&said.output, "state      stopped\n");
    expect_of(OK, "start");
    assert_true(can_be_attached());
    expect_of(OK, "status");
    assert_says(&said.output, "state      running\n");
    assert_says(&said.output, fixture.pipe);
    assert_says(&said.output, fixture.config);
    assert_says(&said.output, scratch("standpiped.log"));
    expect_of(OK, "stop");
    assert_false(can_be_attached());
    expect_of(STOPPED, "status");
    assert_says(&said.output, "last exit  in order\n");
    expect_of(OK, "uninstall");
    expect_of(NOT_INSTALLED, "status");
}

/* The worker hears nothing, so that the service has to end it: where handles are lost easily. */
static void a_stopped_service_gave_everything_back(void **state)
{
    (void)state;
    char text[1200], line[64];
    struct w32_pipe out = {0};
    struct w32_child client = {0};
    const char *const worker[] = {"deaf", NULL};
    snprintf(text, sizeof text,
             "stop: {stdin: 50ms, signal: 50ms}\nworkers:\n  deaf: {command: ['%s', deaf]}\n",
             fixture.child);
    write_config(text);
    install();
    expect_of(OK, "start");
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    start_attach(worker, NULL, out.write, NULL, &client);
    w32_handle_close(&out.write);
    read_line(out.read, line, sizeof line);
    assert_string_equal(line, "READY");
    expect_of(OK, "stop");
    assert_int_equal(end_of(&client), REFUSED);
    struct sp_buffer log = read_log();
    assert_says(&log, "has stopped");
    assert_quiet(&log, " left"); /* strict builds count handles and operations */
    assert_quiet(&log, "ERROR");
    sp_buffer_deinit(&log);
    w32_child_close(&client);
    w32_pipe_close(&out);
}

static void starting_and_stopping_twice_is_fine(void **state)
{
    (void)state;
    install();
    expect_of(OK, "stop");
    assert_says(&said.output, "stopped already");
    for (int i = 0; i < 2; i++) {
        expect_of(OK, "start");
        expect_of(OK, "start");
        assert_says(&said.output, "running already");
        expect_of(OK, "stop");
        expect_of(OK, "stop");
    }
}

static void a_running_service_is_stopped_when_it_is_removed(void **state)
{
    (void)state;
    install();
    expect_of(OK, "start");
    expect_of(OK, "uninstall");
    assert_false(can_be_attached());
    expect_of(NOT_INSTALLED, "status");
    assert_true(w32_file_exists(fixture.config)); /* which is the user's */
}

/* Beside the config lies somebody else's file. */
static void removing_the_config_takes_its_logs_and_nothing_else(void **state)
{
    (void)state;
    static const char *const logs[] = {"logs\\a.log", "logs\\a.1.log", "logs\\a.2.log",
                                       "standpiped.1.log", "audit.1.jsonl"};
    write_config("workers:\n  a: {command: [cmd.exe], logs: {streams: stderr}}\n");
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++)
        assert_int_equal(w32_file_create(scratch(logs[i]), "x", 1, NULL), SP_OK);
    assert_int_equal(w32_file_create(scratch("mine.txt"), "x", 1, NULL), SP_OK);
    install();
    expect_of(OK, "start");
    expect(OK, DAEMON("uninstall", "--name", fixture.name, "--remove-config"));
    assert_says(&said.output, "gone");
    assert_false(w32_file_exists(fixture.config));
    assert_false(w32_file_exists(scratch("standpiped.log")));
    assert_false(w32_file_exists(scratch("standpiped.1.log")));
    assert_false(w32_folder_exists(scratch("logs")));
    assert_true(w32_file_exists(scratch("mine.txt")));
    w32_file_remove(scratch("mine.txt"));
    write_config("colour: red\n"); /* one with mistakes goes, too, and so does its folder */
    install();
    expect(OK, DAEMON("uninstall", "--name", fixture.name, "--remove-config"));
    assert_false(w32_folder_exists(fixture.folder));
}

static void somebody_else_can_be_named_as_the_installer(void **state)
{
    (void)state;
    expect(FAILED, DAEMON("install", "--name", fixture.name, "--config", fixture.config,
                          "--installer", "nobody"));
    assert_says(&said.errors, "'nobody' is not a SID");
    expect_of(NOT_INSTALLED, "status");
    assert_false(w32_file_exists(fixture.config));
    expect(OK, DAEMON("install", "--name", fixture.name, "--config", fixture.config, "--pipe",
                      fixture.pipe, "--installer", "S-1-5-21-1-2-3-1001"));
    char **argv = NULL;
    size_t count = 0;
    assert_int_equal(w32_scm_arguments(fixture.name, &argv, &count, NULL), SP_OK);
    assert_string_equal(argv[count - 1], "S-1-5-21-1-2-3-1001");
    free(argv);
}

static void a_name_is_installed_once(void **state)
{
    (void)state;
    install();
    expect(FAILED, DAEMON("install", "--name", fixture.name, "--config", scratch("other.yaml")));
    assert_says(&said.errors, "already");
    expect_of(STOPPED, "status");
    assert_says(&said.output, fixture.config);
}

static void what_is_not_installed_can_not_be_controlled(void **state)
{
    (void)state;
    static const char *const verbs[] = {"start", "stop", "uninstall"};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        expect_of(FAILED, verbs[i]);
        assert_says(&said.errors, "there is no service");
    }
}

static void services_of_others_are_left_alone(void **state)
{
    (void)state;
    static const char *const verbs[] = {"start", "stop", "uninstall"};
    const struct w32_scm_service others = {
        .name = fixture.name, .display = fixture.name, .command_line = "C:\\no\\such\\program.exe"};
    assert_int_equal(w32_scm_install(&others, NULL), SP_OK);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        expect_of(FAILED, verbs[i]);
        assert_says(&said.errors, "left alone");
    }
    assert_int_equal(w32_scm_uninstall(fixture.name, FIXTURE_MS, NULL), SP_OK);
}

static void a_pipe_name_that_can_not_be_one_installs_nothing(void **state)
{
    (void)state;
    expect(USAGE,
           DAEMON("install", "--name", fixture.name, "--pipe", "a\\b", "--config", fixture.config));
    assert_says(&said.errors, "a\\b");
    expect_of(NOT_INSTALLED, "status");
    assert_false(w32_file_exists(fixture.config));
}

/* ------------------------------------------------------------------ the config */

static void a_missing_config_is_created_and_good(void **state)
{
    (void)state;
    install();
    assert_says(&said.output, "Created");
    assert_true(w32_file_exists(fixture.config));
    expect(OK, DAEMON("check", fixture.config));
    assert_says(&said.output, ": ok, 0 workers");
}

static void check_shows_all_five_errors_with_their_places(void **state)
{
    (void)state;
    write_config(five_errors);
    expect(FAILED, DAEMON("check", fixture.config));
    assert_says_five(&said.output, fixture.config);
    assert_says(&said.output, "\n5 problems\n");
}

static void check_warns_of_what_is_not_on_this_machine(void **state)
{
    (void)state;
    write_config("workers:\n"
                 "  a:\n"
                 "    command: ['C:\\no\\such\\program.exe']\n"
                 "    folder: C:\\no\\such\n");
    expect(OK, DAEMON("check", fixture.config));
    assert_says(&said.output, ":3:14: warning: ");
    assert_says(&said.output, ":4:13: warning: ");
    assert_says(&said.output, ": ok, 1 worker, 2 warnings\n");
}

static void check_needs_a_file(void **state)
{
    (void)state;
    expect(FAILED, DAEMON("check", fixture.config));
    assert_says(&said.errors, "create one");
    assert_false(w32_file_exists(fixture.config));
    expect(FAILED, DAEMON("check", fixture.folder));
    assert_says(&said.errors, "is a folder");
}

static void a_service_with_a_broken_config_does_not_start_and_says_why(void **state)
{
    (void)state;
    write_config(five_errors);
    install();
    assert_says_five(&said.errors, fixture.config);
    expect_of(FAILED, "start");
    assert_says_five(&said.errors, fixture.config);
    assert_false(can_be_attached());
    expect_of(STOPPED, "status");
    assert_says(&said.output, "config");
    assert_says_five(&said.output, fixture.config);
    struct sp_buffer log = read_log();
    assert_says_five(&log, fixture.config);
    assert_quiet(&log, " left");
    sp_buffer_deinit(&log);
    assert_int_equal(w32_file_read(scratch("audit.jsonl"), 1 << 20, &log, NULL), SP_OK);
    assert_says(&log, "\"event\":\"config\"");
    sp_buffer_deinit(&log);
}

static void a_service_starts_once_its_config_is_mended(void **state)
{
    (void)state;
    write_config(five_errors);
    install();
    expect_of(FAILED, "start");
    write_config("stop: {stdin: 500ms, signal: 500ms}\n");
    expect_of(STOPPED, "status");
    assert_says(&said.output, "ok now");
    expect_of(OK, "start");
    assert_true(can_be_attached());
    write_config(five_errors); /* a running one is not asked */
    expect_of(OK, "stop");
}

static void relative_paths_start_at_the_config(void **state)
{
    (void)state;
    write_config("log: logs\\mine.log\n"
                 "workers:\n"
                 "  a: {command: [cmd.exe], folder: sub}\n"
                 "  b: {command: ['sub\\b.exe']}\n");
    assert_int_equal(w32_folder_create(scratch("sub"), NULL, NULL), SP_OK);
    expect(OK, DAEMON("check", fixture.config));
    assert_says(&said.output, ":4:16: warning: worker b: a service has no folder");
    assert_says(&said.output, "2 workers, 1 warning\n");
    install();
    expect_of(OK, "start");
    expect_of(OK, "stop");
    assert_true(w32_file_exists(scratch("logs\\mine.log")));
}

static void the_log_is_where_the_config_says(void **state)
{
    (void)state;
    char text[600];
    snprintf(text, sizeof text, "log: '%s'\n", scratch("logs\\mine.log"));
    write_config(text);
    install();
    expect_of(OK, "start");
    expect_of(OK, "status");
    assert_says(&said.output, scratch("logs\\mine.log"));
    expect_of(OK, "stop");
    assert_true(w32_file_exists(scratch("logs\\mine.log")));
    assert_false(w32_file_exists(scratch("standpiped.log")));
}

/* ------------------------------------------------------------------ in a console */

static void run_says_ready_and_ends_with_its_stdin(void **state)
{
    (void)state;
    expect(OK,
           DAEMON("run", "--config", fixture.config, "--pipe", fixture.pipe, "--until-stdin-ends"));
    assert_text(&said.output, "ready\n");
    assert_says(&said.errors, "created");
    assert_true(w32_file_exists(fixture.config));
    assert_false(w32_file_exists(scratch("standpiped.log")));
}

static void run_stops_in_order_at_ctrl_c(void **state)
{
    (void)state;
    char line[64], pid[16];
    struct w32_pipe out = {0};
    struct w32_child child = {0};
    const char *const argv[] = {fixture.daemon, "run",    "--config",
                                fixture.config, "--pipe", fixture.pipe};
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    const struct w32_spawn_options what = {
        .argv = argv, .argc = sizeof argv / sizeof *argv, .out = out.write};
    assert_int_equal(w32_spawn(&what, &child, NULL), SP_OK);
    w32_handle_close(&out.write);
    read_line(out.read, line, sizeof line);
    assert_string_equal(line, "ready");
    assert_true(can_be_attached());
    snprintf(pid, sizeof pid, "%u", (unsigned)child.pid);
    expect(OK, DAEMON("signal", pid));
    assert_int_equal(end_of(&child), OK);
    assert_false(can_be_attached());
    w32_child_close(&child);
    w32_pipe_close(&out);
}

static void run_with_a_broken_config_is_never_ready(void **state)
{
    (void)state;
    write_config(five_errors);
    expect(FAILED,
           DAEMON("run", "--config", fixture.config, "--pipe", fixture.pipe, "--until-stdin-ends"));
    assert_text(&said.output, "");
    assert_says_five(&said.errors, fixture.config);
}

static void the_services_entry_is_not_for_consoles(void **state)
{
    (void)state;
    expect(FAILED, DAEMON("service", "--name", fixture.name, "--config", fixture.config));
    assert_says(&said.errors, "standpiped run");
}

static void demo_workers_pass_every_byte(void **state)
{
    (void)state;
    enum { SIZE = 3 << 20 }; /* more than their buffer */
    unsigned char *bytes = malloc(SIZE);
    struct w32_outcome outcome;
    assert_non_null(bytes);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (unsigned char)(i % 251 + i / 65536);
    run_program(DAEMON(fixture.daemon, "worker", "echo"), 3, (struct sp_bytes){bytes, SIZE},
                &outcome);
    assert_int_equal(outcome.exit_code, 0);
    assert_int_equal(outcome.output.len, SIZE);
    assert_memory_equal(outcome.output.data, bytes, SIZE);
    w32_outcome_deinit(&outcome);
    for (size_t i = 0; i < 256; i++)
        bytes[i] = (unsigned char)i;
    run_program(DAEMON(fixture.daemon, "worker", "upper"), 3, (struct sp_bytes){bytes, 256},
                &outcome);
    for (size_t i = 'a'; i <= 'z'; i++)
        bytes[i] = (unsigned char)(i - 'a' + 'A');
    assert_int_equal(outcome.output.len, 256);
    assert_memory_equal(outcome.output.data, bytes, 256);
    w32_outcome_deinit(&outcome);
    free(bytes);
}

/* ------------------------------------------------------------------ words */

static void every_verb_explains_itself_with_an_example(void **state)
{
    (void)state;
    static const char *const verbs[] = {"run",  "check",  "install",   "start",
                                        "stop", "status", "uninstall", "secret"};
    expect(OK, DAEMON("help"));
    assert_quiet(&said.output, "worker ");
    struct sp_buffer list = said.output;
    said.output = (struct sp_buffer){0};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        assert_says(&list, verbs[i]);
        expect(OK, DAEMON("help", verbs[i]));
        assert_says(&said.output, "Examples:\n");
        expect(OK, DAEMON(verbs[i], "--help"));
        assert_says(&said.output, "Usage: standpiped ");
    }
    sp_buffer_deinit(&list);
}

static void a_wrong_command_line_is_told_in_one_line(void **state)
{
    (void)state;
    expect(USAGE, DAEMON("strat"));
    assert_says(&said.errors, "did you mean start?");
    expect(USAGE, DAEMON("start", "--nmae", "x"));
    assert_int_equal(said.errors.data[said.errors.len - 1], '\n');
    assert_null(memchr(said.errors.data, '\n', said.errors.len - 1));
}

/* MinGW's start-up code would make a list of files of it. */
static void a_wildcard_is_an_argument_like_any_other(void **state)
{
    (void)state;
    char pattern[600];
    snprintf(pattern, sizeof pattern, "%s\\*", fixture.folder);
    write_config("");
    assert_int_equal(w32_file_create(scratch("second.yaml"), "", 0, NULL), SP_OK);
    expect(FAILED, DAEMON("check", pattern));
    assert_says(&said.errors, "\\*");
}

#define CONTROL_TEST(name) cmocka_unit_test_setup_teardown(name, open_test, close_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONTROL_TEST(a_service_is_installed_started_stopped_and_removed),
        CONTROL_TEST(a_stopped_service_gave_everything_back),
        CONTROL_TEST(starting_and_stopping_twice_is_fine),
        CONTROL_TEST(a_running_service_is_stopped_when_it_is_removed),
        CONTROL_TEST(removing_the_config_takes_its_logs_and_nothing_else),
        CONTROL_TEST(somebody_else_can_be_named_as_the_installer),
        CONTROL_TEST(a_name_is_installed_once),
        CONTROL_TEST(what_is_not_installed_can_not_be_controlled),
        CONTROL_TEST(services_of_others_are_left_alone),
        CONTROL_TEST(a_pipe_name_that_can_not_be_one_installs_nothing),
        CONTROL_TEST(a_missing_config_is_created_and_good),
        CONTROL_TEST(check_shows_all_five_errors_with_their_places),
        CONTROL_TEST(check_warns_of_what_is_not_on_this_machine),
        CONTROL_TEST(check_needs_a_file),
        CONTROL_TEST(a_service_with_a_broken_config_does_not_start_and_says_why),
        CONTROL_TEST(a_service_starts_once_its_config_is_mended),
        CONTROL_TEST(relative_paths_start_at_the_config),
        CONTROL_TEST(the_log_is_where_the_config_says),
        CONTROL_TEST(run_says_ready_and_ends_with_its_stdin),
        CONTROL_TEST(run_stops_in_order_at_ctrl_c),
        CONTROL_TEST(run_with_a_broken_config_is_never_ready),
        CONTROL_TEST(the_services_entry_is_not_for_consoles),
        CONTROL_TEST(demo_workers_pass_every_byte),
        CONTROL_TEST(every_verb_explains_itself_with_an_example),
        CONTROL_TEST(a_wrong_command_line_is_told_in_one_line),
        CONTROL_TEST(a_wildcard_is_an_argument_like_any_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
