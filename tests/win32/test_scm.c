/* tests/win32/test_scm.c - a service, installed and driven through the service control manager, and
 * its inside: this program is both. */
#include "win32/scm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <windows.h>

#include "core/cmdline.h"
#include "win32/eventlog.h"
#include "win32/handle.h"
#include "win32/path.h"
#include "win32/service.h"

/* Long enough for the slowest machine, short enough that a hang is told from slowness. */
enum { PATIENCE_MS = 60000, REFUSED = 3, OVERRUN = 42 };

/* --- The service: `test service NAME MODE`. --- */

static uint32_t open_service(void *arg, w32_progress_fn progress, void *progress_arg)
{
    progress(progress_arg);
    return strcmp(arg, "refuses") == 0 ? REFUSED : 0;
}

static void close_service(void *arg, w32_progress_fn progress, void *progress_arg)
{
    for (int i = 0; i < 3; i++)
        progress(progress_arg);
    if (strcmp(arg, "hangs") == 0)
        Sleep(INFINITE);
}

static int serve(const char *name, char *mode)
{
    struct w32_service service = {.name = name,
                                  .open = open_service,
                                  .close = close_service,
                                  .arg = mode,
                                  .step_hint_ms = 10000,
                                  .stop_limit_ms = strcmp(mode, "hangs") == 0 ? 300 : PATIENCE_MS,
                                  .stop_limit_code = OVERRUN};
    return w32_service_run(&service, NULL) == SP_OK ? 0 : 1;
}

/* --- The tests. --- */

static char name[64];

/* Which settings are refused is the system's affair; each has words. */
static void look_at_warning(void *arg, const char *what)
{
    (void)arg;
    assert_non_null(strstr(what, "error"));
}

static sp_status install_command(const char *command_line, struct sp_error *err)
{
    static const uint32_t restart_ms[] = {1000, 10000, 60000};
    char display[80];
    snprintf(display, sizeof display, "Test of %s", name);
    const struct w32_scm_service what = {.name = name,
                                         .display = display,
                                         .description = "Left behind by a test: remove it. Grüße.",
                                         .command_line = command_line,
                                         .delayed = true,
                                         .preshutdown_ms = 20000,
                                         .restart_ms = restart_ms,
                                         .restart_count = 3,
                                         .restart_reset_s = 86400,
                                         .warn = look_at_warning};
    return w32_scm_install(&what, err);
}

static void install(const char *mode)
{
    char *self = NULL;
    struct sp_buffer line = {0};
    assert_int_equal(w32_path_self(&self, NULL), SP_OK);
    const char *const argv[] = {self, "service", name, mode, "a \"b\"\\", "", "Grüße"};
    assert_int_equal(sp_cmdline_quote(argv, sizeof argv / sizeof *argv, &line, NULL), SP_OK);
    assert_int_equal(install_command((char *)line.data, NULL), SP_OK);
    sp_buffer_deinit(&line);
    free(self);
}

static int new_name(void **state)
{
    (void)state;
    static int number;
    snprintf(name, sizeof name, "StandpipeTest-%lu-%d", GetCurrentProcessId(), number++);
    return 0;
}

static int remove_service(void **state)
{
    (void)state;
    if (w32_scm_stop(name, PATIENCE_MS, NULL, NULL, NULL) == SP_OK)
        assert_int_equal(w32_scm_uninstall(name, PATIENCE_MS, NULL), SP_OK);
    assert_int_equal(w32_handle_tally(), 0);
    return 0;
}

static void assert_state(enum w32_scm_state expected)
{
    struct w32_scm_status now = {0};
    assert_int_equal(w32_scm_query(name, &now, NULL), SP_OK);
    assert_int_equal(now.state, expected);
    if (expected == W32_SCM_STOPPED)
        assert_int_equal(now.pid, 0);
    else
        assert_int_not_equal(now.pid, 0);
}

static void start(enum w32_scm_state expected, struct w32_scm_status *now)
{
    enum w32_scm_state was = W32_SCM_OTHER;
    assert_int_equal(w32_scm_start(name, PATIENCE_MS, &was, now, NULL), SP_OK);
    assert_int_equal(was, W32_SCM_STOPPED);
    assert_int_equal(now->state, expected);
}

static void a_service_lives_from_install_to_uninstall(void **state)
{
    (void)state;
    struct w32_scm_status now = {0};
    enum w32_scm_state was = W32_SCM_OTHER;
    assert_int_equal(w32_scm_install_check(name, NULL), SP_OK);
    install("works");
    assert_state(W32_SCM_STOPPED);
    start(W32_SCM_RUNNING, &now);
    assert_state(W32_SCM_RUNNING);
    assert_int_equal(w32_scm_stop(name, PATIENCE_MS, &was, &now, NULL), SP_OK);
    assert_int_equal(was, W32_SCM_RUNNING);
    assert_int_equal(now.exit_code, 0);
    assert_state(W32_SCM_STOPPED);
    assert_int_equal(w32_scm_uninstall(name, PATIENCE_MS, NULL), SP_OK);
    assert_int_equal(w32_scm_query(name, &now, NULL), SP_ENOTFOUND);
}

static void a_service_can_start_again(void **state)
{
    (void)state;
    struct w32_scm_status now = {0};
    install("works");
    for (int i = 0; i < 3; i++) {
        start(W32_SCM_RUNNING, &now);
        assert_int_equal(w32_scm_stop(name, PATIENCE_MS, NULL, NULL, NULL), SP_OK);
    }
}

static void starting_a_running_and_stopping_a_stopped_service_is_fine(void **state)
{
    (void)state;
    struct w32_scm_status now = {0};
    enum w32_scm_state was = W32_SCM_OTHER;
    install("works");
    assert_int_equal(w32_scm_stop(name, PATIENCE_MS, &was, &now, NULL), SP_OK);
    assert_int_equal(was, W32_SCM_STOPPED);
    start(W32_SCM_RUNNING, &now);
    assert_int_equal(w32_scm_start(name, PATIENCE_MS, &was, &now, NULL), SP_OK);
    assert_int_equal(was, W32_SCM_RUNNING);
    assert_int_equal(now.state, W32_SCM_RUNNING);
}

/* Its process has ended when stop returns: its program could be replaced now. */
static void stop_waits_for_the_process(void **state)
{
    (void)state;
    struct w32_scm_status now = {0};
    install("works");
    start(W32_SCM_RUNNING, &now);
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, now.pid);
    assert_non_null(process);
    assert_int_equal(w32_scm_stop(name, PATIENCE_MS, NULL, NULL, NULL), SP_OK);
    assert_int_equal(WaitForSingleObject(process, 0), WAIT_OBJECT_0);
    CloseHandle(process);
}

static void a_service_that_refuses_to_start_says_why(void **state)
{
    (void)state;
    struct w32_scm_status now = {0};
    install("refuses");
    start(W32_SCM_STOPPED, &now);
    assert_int_equal(now.exit_code, ERROR_SERVICE_SPECIFIC_ERROR);
    assert_int_equal(now.service_code, REFUSED);
}

static void a_service_that_hangs_while_it_stops_is_ended(void **state)
{
    (void)state;
    struct w32_scm_status now = {0};
    install("hangs");
    start(W32_SCM_RUNNING, &now);
    assert_int_equal(w32_scm_stop(name, PATIENCE_MS, NULL, &now, NULL), SP_OK);
    assert_int_equal(now.exit_code, ERROR_SERVICE_SPECIFIC_ERROR);
    assert_int_equal(now.service_code, OVERRUN);
}

static void a_service_that_crashed_is_stopped_and_says_so(void **state)
{
    (void)state;
    struct w32_scm_status now = {0};
    install("works");
    start(W32_SCM_RUNNING, &now);
    HANDLE process = OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, now.pid);
    assert_non_null(process);
    assert_true(TerminateProcess(process, 1));
    assert_int_equal(WaitForSingleObject(process, PATIENCE_MS), WAIT_OBJECT_0);
    CloseHandle(process);
    assert_int_equal(w32_scm_stop(name, PATIENCE_MS, NULL, &now, NULL), SP_OK);
    assert_int_equal(now.state, W32_SCM_STOPPED);
    assert_int_equal(now.exit_code, ERROR_PROCESS_ABORTED);
    assert_int_equal(w32_scm_query(name, &now, NULL), SP_OK);
    assert_int_equal(now.exit_code, ERROR_PROCESS_ABORTED);
    assert_int_equal(w32_scm_start(name, PATIENCE_MS, NULL, &now, NULL), SP_OK);
    assert_int_equal(now.state, W32_SCM_RUNNING);
}

static void a_service_whose_program_is_missing_is_an_error_of_its_own(void **state)
{
    (void)state;
    struct sp_error err = {0};
    struct w32_scm_status now = {0};
    assert_int_equal(install_command("\"C:\\no such folder\\no.exe\"", NULL), SP_OK);
    assert_int_equal(w32_scm_start(name, PATIENCE_MS, NULL, &now, &err), SP_EOS);
    assert_int_not_equal(err.os, 0);
    assert_non_null(strstr(err.what, name));
}

static void installing_twice_is_refused(void **state)
{
    (void)state;
    struct sp_error err = {0};
    install("works");
    assert_int_equal(w32_scm_install_check(name, NULL), SP_ESTATE);
    assert_int_equal(install_command("x.exe", &err), SP_ESTATE);
    assert_non_null(strstr(err.what, name));
    assert_non_null(strstr(err.what, "already"));
}

static void a_name_that_can_not_be_one_is_refused(void **state)
{
    (void)state;
    char good[sizeof name];
    memcpy(good, name, sizeof name);
    memcpy(name, "a/b", 4);
    assert_int_equal(w32_scm_install_check(name, NULL), SP_EINVAL);
    assert_int_equal(install_command("x.exe", NULL), SP_EINVAL);
    name[0] = '\0';
    assert_int_equal(install_command("x.exe", NULL), SP_EINVAL);
    memcpy(name, good, sizeof name);
}

static void every_verb_of_a_missing_service_is_not_found(void **state)
{
    (void)state;
    struct sp_error err = {0};
    struct w32_scm_status now = {0};
    char **argv = NULL;
    size_t count = 0;
    assert_int_equal(w32_scm_query(name, &now, &err), SP_ENOTFOUND);
    assert_non_null(strstr(err.what, name));
    assert_int_equal(w32_scm_start(name, PATIENCE_MS, NULL, &now, NULL), SP_ENOTFOUND);
    assert_int_equal(w32_scm_stop(name, PATIENCE_MS, NULL, NULL, NULL), SP_ENOTFOUND);
    assert_int_equal(w32_scm_uninstall(name, PATIENCE_MS, NULL), SP_ENOTFOUND);
    assert_int_equal(w32_scm_arguments(name, &argv, &count, NULL), SP_ENOTFOUND);
}

static void a_service_keeps_its_arguments(void **state)
{
    (void)state;
    char **argv = NULL;
    size_t count = 0;
    install("works");
    assert_int_equal(w32_scm_arguments(name, &argv, &count, NULL), SP_OK);
    assert_int_equal(count, 7);
    assert_string_equal(argv[1], "service");
    assert_string_equal(argv[2], name);
    assert_string_equal(argv[4], "a \"b\"\\");
    assert_string_equal(argv[5], "");
    assert_string_equal(argv[6], "Grüße");
    free(argv);
}

static void a_service_is_set_up_to_come_back_after_a_crash(void **state)
{
    (void)state;
    union {
        SERVICE_FAILURE_ACTIONSW actions;
        BYTE bytes[4096];
    } found;
    DWORD needed = 0;
    wchar_t wide[64];
    install("works");
    mbstowcs(wide, name, 64);
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = OpenServiceW(manager, wide, SERVICE_QUERY_CONFIG);
    assert_non_null(service);
    bool known = QueryServiceConfig2W(service, SERVICE_CONFIG_FAILURE_ACTIONS, found.bytes,
                                      sizeof found, &needed);
    CloseServiceHandle(service);
    CloseServiceHandle(manager);
    if (!known) {
        print_message("windows-only: this system does not give failure actions back\n");
        skip();
    }
    assert_int_equal(found.actions.cActions, 3);
    assert_int_equal(found.actions.lpsaActions[2].Type, SC_ACTION_RESTART);
    assert_int_equal(found.actions.lpsaActions[2].Delay, 60000);
}

static void a_process_that_the_manager_did_not_start_is_no_service(void **state)
{
    (void)state;
    struct sp_error err = {0};
    struct w32_service service = {.name = name, .open = open_service, .close = close_service};
    assert_int_equal(w32_service_run(&service, &err), SP_ESTATE);
    assert_non_null(strstr(err.what, "service control manager"));
}

/* Whoever shows the events looks for their messages in this program. */
static void assert_messages_are_ours(void)
{
    wchar_t key[256], file[MAX_PATH], self[MAX_PATH] = L"";
    DWORD size = sizeof file;
    swprintf(key, 256, L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\%hs", name);
    assert_int_equal(RegGetValueW(HKEY_LOCAL_MACHINE, key, L"EventMessageFile", RRF_RT_REG_SZ, NULL,
                                  file, &size),
                     ERROR_SUCCESS);
    assert_true(GetModuleFileNameW(NULL, self, MAX_PATH) > 0);
    assert_true(wcscmp(file, self) == 0);
}

/* What Wine's event log keeps can't be read back: that nothing fails is all there is to see. */
static void events_of_a_registered_source_are_accepted(void **state)
{
    (void)state;
    static const char *const strings[] = {"Grüße", "%1"};
    const struct w32_event event = {.level = W32_EVENT_WARNING,
                                    .id = 100,
                                    .strings = strings,
                                    .string_count = 2,
                                    .sid = "S-1-1-0"};
    assert_int_equal(w32_eventlog_register(name, NULL), SP_OK);
    assert_int_equal(w32_eventlog_register(name, NULL), SP_OK);
    assert_messages_are_ours();
    assert_int_equal(w32_eventlog_write(name, W32_EVENT_INFO, "Grüße", NULL), SP_OK);
    assert_int_equal(w32_eventlog_report(name, &event, NULL), SP_OK);
    assert_int_equal(w32_eventlog_unregister(name, NULL), SP_OK);
    assert_int_equal(w32_eventlog_unregister(name, NULL), SP_OK);
}

#define SCM_TEST(f) cmocka_unit_test_setup_teardown(f, new_name, remove_service)

int main(int argc, char **argv)
{
    if (argc > 3 && strcmp(argv[1], "service") == 0)
        return serve(argv[2], argv[3]);
    const struct CMUnitTest tests[] = {
        SCM_TEST(a_service_lives_from_install_to_uninstall),
        SCM_TEST(a_service_can_start_again),
        SCM_TEST(starting_a_running_and_stopping_a_stopped_service_is_fine),
        SCM_TEST(stop_waits_for_the_process),
        SCM_TEST(a_service_that_refuses_to_start_says_why),
        SCM_TEST(a_service_that_hangs_while_it_stops_is_ended),
        SCM_TEST(a_service_that_crashed_is_stopped_and_says_so),
        SCM_TEST(a_service_whose_program_is_missing_is_an_error_of_its_own),
        SCM_TEST(installing_twice_is_refused),
        SCM_TEST(a_name_that_can_not_be_one_is_refused),
        SCM_TEST(every_verb_of_a_missing_service_is_not_found),
        SCM_TEST(a_service_keeps_its_arguments),
        SCM_TEST(a_service_is_set_up_to_come_back_after_a_crash),
        SCM_TEST(a_process_that_the_manager_did_not_start_is_no_service),
        SCM_TEST(events_of_a_registered_source_are_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
