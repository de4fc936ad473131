/* tests/e2e/test_service_end.c - how a service ends when it does not end by itself: killed, stopped
 * while a worker does not care, removed while it runs, started without a config. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include <windows.h>

#include "win32/file.h"
#include "win32/pipe.h"

/* The service of a test, beside the fixture's. */
static struct {
    char name[80];
    char pipe[80];
    char config[1024];
    char log[1024];
} own;

static struct w32_outcome outcome;

/* Runs standpiped; what it printed is in outcome until the next call. */
static uint32_t verb(const char *const *words)
{
    w32_outcome_deinit(&outcome);
    return daemon_verb(words, &outcome);
}

/* An exit code other than this one shows what was printed. */
static void assert_code(uint32_t is, uint32_t expected)
{
    if (is != expected)
        fail_msg("exit code %u, not %u; it said: %.*s%.*s", (unsigned)is, (unsigned)expected,
                 (int)outcome.output.len, (const char *)outcome.output.data,
                 (int)outcome.errors.len, (const char *)outcome.errors.data);
}

#define VERB(...)              verb((const char *const[]){__VA_ARGS__, NULL})
#define ASSERT_VERB(code, ...) assert_code(VERB(__VA_ARGS__), code)

static int new_service(void **state)
{
    (void)state;
    static int number;
    char leaf[64];
    number++;
    snprintf(own.name, sizeof own.name, "%s-%d", fixture.name, number);
    snprintf(own.pipe, sizeof own.pipe, "%s-%d", fixture.pipe, number);
    snprintf(leaf, sizeof leaf, "end %d\\standpipe.yaml", number);
    snprintf(own.config, sizeof own.config, "%s", scratch(leaf));
    snprintf(leaf, sizeof leaf, "end %d\\standpiped.log", number);
    snprintf(own.log, sizeof own.log, "%s", scratch(leaf));
    return 0;
}

static int remove_service(void **state)
{
    (void)state;
    if (VERB("status", "--name", own.name) != 4)
        assert_code(VERB("uninstall", "--name", own.name), 0);
    w32_outcome_deinit(&outcome);
    return 0;
}

static void write_config(const char *text)
{
    w32_file_remove(own.config);
    assert_int_equal(w32_file_create(own.config, text, strlen(text), NULL), SP_OK);
}

static void install(void)
{
    ASSERT_VERB(0, "install", "--name", own.name, "--pipe", own.pipe, "--config", own.config);
}

static void assert_file_says(const char *path, const char *what)
{
    struct sp_buffer text = {0};
    assert_int_equal(w32_file_read(path, 1 << 20, &text, NULL), SP_OK);
    assert_says(&text, what);
    sp_buffer_deinit(&text);
}

/* The process id that `status` shows. */
static DWORD shown_pid(void)
{
    unsigned pid = 0;
    ASSERT_VERB(0, "status", "--name", own.name);
    assert_int_equal(sp_buffer_append(&outcome.output, "", 1, NULL), SP_OK);
    const char *line = strstr((const char *)outcome.output.data, "\npid");
    assert_non_null(line);
    assert_int_equal(sscanf(line, "\npid %u", &pid), 1);
    return pid;
}

static void uninstall_stops_a_running_service_first(void **state)
{
    (void)state;
    install();
    ASSERT_VERB(0, "start", "--name", own.name);
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, shown_pid());
    assert_non_null(process);
    ASSERT_VERB(0, "uninstall", "--name", own.name);
    assert_int_equal(WaitForSingleObject(process, 0), WAIT_OBJECT_0);
    CloseHandle(process);
}

static void a_service_that_was_killed_says_so(void **state)
{
    (void)state;
    install();
    ASSERT_VERB(0, "start", "--name", own.name);
    HANDLE process = OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, shown_pid());
    assert_non_null(process);
    assert_true(TerminateProcess(process, 1));
    assert_int_equal(WaitForSingleObject(process, FIXTURE_MS), WAIT_OBJECT_0);
    CloseHandle(process);
    /* The manager hears of it on a thread of its own; stopping waits until it has. */
    ASSERT_VERB(0, "stop", "--name", own.name);
    ASSERT_VERB(3, "status", "--name", own.name);
    assert_says(&outcome.output, "crashed or was killed");
}

static void stop_ends_what_does_not_end_by_itself(void **state)
{
    (void)state;
    char text[1024];
    char line[64];
    struct w32_pipe in = {0};
    struct w32_pipe out = {0};
    struct w32_child client = {0};
    snprintf(text, sizeof text,
             "stop: {stdin: 200ms, signal: 100ms}\nworkers:\n  deaf: {command: ['%s', deaf]}\n",
             fixture.child);
    write_config(text);
    install();
    ASSERT_VERB(0, "start", "--name", own.name);
    assert_int_equal(w32_pipe_open(NULL, &in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    const char *const argv[] = {fixture.client, "attach", "--pipe", own.pipe, "deaf"};
    const struct w32_spawn_options what = {
        .argv = argv, .argc = 5, .in = in.read, .out = out.write};
    assert_int_equal(w32_spawn(&what, &client, NULL), SP_OK);
    w32_handle_close(&out.write);
    w32_handle_close(&in.read);
    read_line(out.read, line, sizeof line);
    assert_string_equal(line, "READY");
    ASSERT_VERB(0, "stop", "--name", own.name);
    assert_int_not_equal(end_of(&client), 0);
    ASSERT_VERB(3, "status", "--name", own.name);
    assert_says(&outcome.output, "in order");
    w32_child_close(&client);
    w32_pipe_close(&in);
    w32_pipe_close(&out);
}

/* A folder where the file should be: nothing to read, and nothing that may be replaced. */
static void a_config_that_can_not_be_read_keeps_a_service_from_starting(void **state)
{
    (void)state;
    write_config("loops: 1\n");
    install();
    w32_file_remove(own.config);
    assert_int_equal(w32_folder_create(own.config, NULL, NULL), SP_OK);
    ASSERT_VERB(1, "start", "--name", own.name);
    assert_says(&outcome.errors, "its config could not be read");
    assert_file_says(own.log, "did not start");
}

static int open_service(void **state)
{
    (void)state;
    return fixture_open(NULL);
}

static int close_service(void **state)
{
    (void)state;
    return fixture_close();
}

#define END_TEST(f) cmocka_unit_test_setup_teardown(f, new_service, remove_service)

int main(void)
{
    const struct CMUnitTest tests[] = {
        END_TEST(uninstall_stops_a_running_service_first),
        END_TEST(a_service_that_was_killed_says_so),
        END_TEST(stop_ends_what_does_not_end_by_itself),
        END_TEST(a_config_that_can_not_be_read_keeps_a_service_from_starting),
    };
    return cmocka_run_group_tests(tests, open_service, close_service);
}
