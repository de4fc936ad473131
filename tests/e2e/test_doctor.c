/* tests/e2e/test_doctor.c - `standpipe doctor` beside a real service that is well, refuses, has a
 * broken config, is stopped or is not there. The ways to another machine only Windows can show;
 * client/test_doctor has their errors. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include <windows.h>

#include "win32/file.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define USERS      "S-1-5-32-545"

static const struct sp_bytes nothing = {0};

static struct w32_outcome out;

static int open_service(void **state)
{
    (void)state;
    return fixture_open_with("allow: {admin: [S-1-5-32-544]}\n",
                             "  open: {command: [@, cat], allow: {write: [" USERS "]}}\n"
                             "  seen: {command: [@, obey], mode: shared, allow: {read: [" USERS
                             "]}}\n"
                             "  down: {command: [@, exit, 3], mode: shared, autostart: true, "
                             "restart: never}\n");
}

static int close_service(void **state)
{
    (void)state;
    return fixture_close();
}

static int free_output(void **state)
{
    (void)state;
    w32_outcome_deinit(&out);
    return 0;
}

/* Runs `standpipe doctor` and asserts its exit code. @param words what follows its name */
static void doctor(uint32_t code, const char *const *words)
{
    const char *argv[ATTACH_WORDS_MAX] = {"doctor", "--name", fixture.name};
    size_t argc = 3;
    while (*words != NULL)
        argv[argc++] = *words++;
    w32_outcome_deinit(&out);
    if (client_verb(argv, &out) != code)
        fail_msg("%u and not %u: %.*s%.*s", (unsigned)out.exit_code, (unsigned)code,
                 (int)out.output.len, (const char *)out.output.data, (int)out.errors.len,
                 (const char *)out.errors.data);
}

static void is_said(const char *what)
{
    assert_says(&out.output, what);
}

/* Of the fixture's config, with another first line. */
static void write_config(const char *first)
{
    struct sp_buffer text = {0};
    assert_int_equal(sp_buffer_append(&text, first, strlen(first), NULL), SP_OK);
    assert_int_equal(w32_file_read(fixture.config, 1 << 20, &text, NULL), SP_OK);
    assert_int_equal(w32_file_replace(fixture.config, text.data, text.len, NULL), SP_OK);
    sp_buffer_deinit(&text);
}

/* As if somebody had changed it an hour from now: nothing waits. */
static void touch_config(void)
{
    FILETIME now;
    ULARGE_INTEGER later;
    HANDLE file = CreateFileA(fixture.config, FILE_WRITE_ATTRIBUTES, FILE_SHARE_READ, NULL,
                              OPEN_EXISTING, 0, NULL);
    GetSystemTimeAsFileTime(&now);
    later.LowPart = now.dwLowDateTime;
    later.HighPart = now.dwHighDateTime;
    later.QuadPart += 3600ULL * 10000000;
    now.dwLowDateTime = later.LowPart;
    now.dwHighDateTime = later.HighPart;
    assert_true(SetFileTime(file, NULL, NULL, &now));
    CloseHandle(file);
}

static void a_service_that_is_well_has_nothing_wrong(void **state)
{
    (void)state;
    char line[200];
    json_decref(wait_for_state("down", "failed"));
    doctor(0, WORDS("open"));
    snprintf(line, sizeof line, "ok       service  %s runs, process ", fixture.name);
    is_said(line);
    is_said(
        "there is no program \"C:\\no\\such\\program.exe\""); /* the fixture's worker `missing` */
    is_said("ok       pipe     ");
    is_said("ok       owner    ");
    is_said("ok       version  both are ");
    is_said("ok       worker   'open': this account may read, write, control, admin");
    is_said("\nNothing is wrong, 1 warning.\n");
    doctor(0, WORDS(NULL));
    is_said("warning  workers  8 for this account: ");
    is_said("down: failed");
}

static void json_has_each_check_with_its_result(void **state)
{
    (void)state;
    static const char *const checks[] = {"service", "config",  "pipe",
                                         "owner",   "version", "workers"};
    doctor(0, WORDS("--json"));
    json_t *all = json_loadb((const char *)out.output.data, out.output.len, 0, NULL);
    json_t *list = json_object_get(all, "checks");
    assert_int_equal(json_array_size(list), sizeof checks / sizeof *checks);
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        json_t *check = json_array_get(list, i);
        bool warns = strcmp(checks[i], "config") == 0 || strcmp(checks[i], "workers") == 0;
        assert_string_equal(json_string_value(json_object_get(check, "check")), checks[i]);
        assert_string_equal(json_string_value(json_object_get(check, "result")),
                            warns ? "warning" : "ok");
        assert_true(json_is_array(json_object_get(check, "details")));
        assert_true(json_is_array(json_object_get(check, "advice")));
    }
    assert_int_equal(json_integer_value(json_object_get(all, "wrong")), 0);
    assert_int_equal(json_integer_value(json_object_get(all, "warnings")), 2);
    assert_string_equal(json_string_value(json_object_get(all, "pipe")), fixture.pipe);
    json_decref(all);
}

static void a_worker_that_is_not_there_or_does_not_run_is_wrong(void **state)
{
    (void)state;
    doctor(127, WORDS("nowhere"));
    is_said("wrong    worker   there is no worker 'nowhere'");
    doctor(125, WORDS("down"));
    is_said("wrong    worker   'down' does not run: its state is failed");
    is_said("standpipe logs --pipe ");
}

/* Runs it as somebody who is no administrator. */
static void doctor_lowered(uint32_t code, const char *worker)
{
    w32_outcome_deinit(&out);
    assert_int_equal(lowered(WORDS("doctor", "--name", fixture.name, worker), nothing, &out), code);
}

static void who_may_not_attach_is_told_so_and_what_it_takes(void **state)
{
    (void)state;
    doctor_lowered(0, "open");
    is_said("'open': this account may read, write\n");
    doctor_lowered(125, "deny");
    is_said("this account may not attach to 'deny'; it may do nothing with it");
    is_said("to do:   allow: {write: [...]}");
    doctor_lowered(125, "seen");
    is_said("it may read\n");
    is_said("--read-only seen");
}

static void a_wrong_pipe_is_told_from_a_stopped_service(void **state)
{
    (void)state;
    char line[200];
    const char *const argv[] = {fixture.client, "doctor", "--pipe",
                                "no-such-pipe", "--name", fixture.name};
    run_program(argv, 6, nothing, &out);
    assert_int_equal(out.exit_code, 125);
    snprintf(line, sizeof line, "is running and has the pipe '%s', not 'no-such-pipe'",
             fixture.pipe);
    is_said(line);
    is_said("wrong    pipe     no service listens on pipe 'no-such-pipe' of this machine");
    is_said("skipped  config");
}

static void a_config_that_changed_under_the_service_is_told(void **state)
{
    (void)state;
    touch_config();
    doctor(0, WORDS("open"));
    is_said("it was changed since the service read it");
    is_said("to do:   standpipe reload --pipe ");
    write_config("colour: red\n");
    doctor(125, WORDS("open"));
    is_said("has mistakes; the service goes on with what it has read before");
    is_said("standpipe.yaml:1:1: ");
    is_said("and then: standpipe reload");
    is_said("ok       worker");
}

/* With the config that the last test broke. */
static void a_service_that_does_not_run_is_told_with_the_reason(void **state)
{
    (void)state;
    struct w32_outcome ignored = {0};
    assert_int_equal(daemon_verb(WORDS("stop", "--name", fixture.name), &ignored), 0);
    w32_outcome_deinit(&ignored);
    doctor(125, WORDS(NULL));
    is_said("does not run: it is stopped; it ended: in order");
    is_said("in an elevated prompt: standpiped start --name ");
    is_said("with which the service does not start");
    is_said("skipped  pipe     its service does not run");
    is_said("skipped  workers  ");
    is_said("2 things are wrong");
    assert_int_equal(daemon_verb(WORDS("start", "--name", fixture.name), &ignored), 1);
    w32_outcome_deinit(&ignored);
    doctor(125, WORDS(NULL));
    is_said("it ended: its config could not be read or has errors");
}

static void a_service_that_is_not_installed_is_told_how_to_install_it(void **state)
{
    (void)state;
    const char *const argv[] = {fixture.client, "doctor", "--pipe",
                                fixture.pipe,   "--name", "No one's"};
    run_program(argv, 6, nothing, &out);
    assert_int_equal(out.exit_code, 125);
    is_said("wrong    service  the service No one's is not installed");
    is_said("standpiped install --name \"No one's\" --pipe ");
}

#define DOCTOR_TEST(name) cmocka_unit_test_teardown(name, free_output)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DOCTOR_TEST(a_service_that_is_well_has_nothing_wrong),
        DOCTOR_TEST(json_has_each_check_with_its_result),
        DOCTOR_TEST(a_worker_that_is_not_there_or_does_not_run_is_wrong),
        DOCTOR_TEST(who_may_not_attach_is_told_so_and_what_it_takes),
        DOCTOR_TEST(a_wrong_pipe_is_told_from_a_stopped_service),
        DOCTOR_TEST(a_config_that_changed_under_the_service_is_told),
        DOCTOR_TEST(a_service_that_does_not_run_is_told_with_the_reason),
        DOCTOR_TEST(a_service_that_is_not_installed_is_told_how_to_install_it),
    };
    return cmocka_run_group_tests(tests, open_service, close_service);
}
