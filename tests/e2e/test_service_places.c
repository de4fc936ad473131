/* tests/e2e/test_service_places.c - where a service finds and leaves things: names and paths that
 * are hard to pass on, its config, its log, and nothing else. Installs services, so it needs an
 * elevated prompt on Windows. */
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

/* ------------------------------------------------------------------ the service */

static void names_and_paths_may_hold_spaces_and_umlauts(void **state)
{
    (void)state;
    install();
    expect_of(OK, "start");
    expect_of(OK, "status");
    assert_says(&said.output, fixture.name);
    assert_says(&said.output, fixture.config);
    assert_says(&said.output, scratch("standpiped.log"));
    assert_true(can_be_attached());
    expect_of(OK, "stop");
    assert_false(can_be_attached());
}

/* The worker hears nothing, so that the service has to end it: where handles are lost easily. */
static void a_stopped_service_gave_everything_back(void **state)
{
    (void)state;
    char text[1200], line[64];
    struct w32_pipe out = {0};
    struct w32_child client = {0};
    const char *const worker[] = {"deaf", NULL};
    snprintf(text, sizeof text, "stop: 100ms\nworkers:\n  deaf: {command: ['%s', deaf]}\n",
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

static void a_service_with_a_broken_config_does_not_start_half(void **state)
{
    (void)state;
    write_config("colour: red\n");
    install();
    expect_of(FAILED, "start");
    assert_false(can_be_attached());
    struct sp_buffer log = read_log();
    assert_says(&log, ":1:1: ");
    assert_quiet(&log, " left");
    sp_buffer_deinit(&log);
}

static void a_running_service_outlives_a_broken_config(void **state)
{
    (void)state;
    install();
    expect_of(OK, "start");
    write_config("colour: red\n");
    expect_of(OK, "status");
    assert_true(can_be_attached());
    expect_of(OK, "stop");
    expect_of(STOPPED, "status");
    assert_says(&said.output, "last exit  in order\n");
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

static void check_refuses_a_folder(void **state)
{
    (void)state;
    expect(FAILED, DAEMON("check", fixture.folder));
    assert_says(&said.errors, "is a folder");
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

static void the_demo_worker_passes_more_than_its_buffer_holds(void **state)
{
    (void)state;
    enum { SIZE = 3 << 20 };
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
    free(bytes);
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

#define PLACES_TEST(name) cmocka_unit_test_setup_teardown(name, open_test, close_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACES_TEST(names_and_paths_may_hold_spaces_and_umlauts),
        PLACES_TEST(a_stopped_service_gave_everything_back),
        PLACES_TEST(a_service_with_a_broken_config_does_not_start_half),
        PLACES_TEST(a_running_service_outlives_a_broken_config),
        PLACES_TEST(services_of_others_are_left_alone),
        PLACES_TEST(a_pipe_name_that_can_not_be_one_installs_nothing),
        PLACES_TEST(check_warns_of_what_is_not_on_this_machine),
        PLACES_TEST(check_refuses_a_folder),
        PLACES_TEST(relative_paths_start_at_the_config),
        PLACES_TEST(the_log_is_where_the_config_says),
        PLACES_TEST(the_demo_worker_passes_more_than_its_buffer_holds),
        PLACES_TEST(a_wildcard_is_an_argument_like_any_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
