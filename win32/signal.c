/* win32/signal.c - Ctrl-C for a process that has a console of its own. */
#include "win32/signal.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include "win32/error.h"
#include "win32/path.h"
#include "win32/spawn.h"

enum { PID_TEXT_SIZE = 11 };

/* Asked afterwards, as AttachConsole has a code for this only while nobody holds the process. */
static bool has_ended(uint32_t pid)
{
    w32_handle process = w32_take(OpenProcess(SYNCHRONIZE, FALSE, pid));
    bool ended = process == NULL ? GetLastError() == ERROR_INVALID_PARAMETER
                                 : WaitForSingleObject(process, 0) == WAIT_OBJECT_0;
    w32_handle_close(&process);
    return ended;
}

/* The helper's exit code is the code of the call that failed. */
static sp_status explain(uint32_t pid, uint32_t helper_code, struct sp_error *err)
{
    if (helper_code == ERROR_SUCCESS)
        return SP_OK;
    if (has_ended(pid))
        return sp_fail(err, SP_ENOTFOUND, helper_code, "process %u has ended", (unsigned)pid);
    if (helper_code == ERROR_INVALID_HANDLE || helper_code == ERROR_GEN_FAILURE)
        return sp_fail(err, SP_EUNSUPPORTED, helper_code,
                       "process %u has no console, so Ctrl-C can't be sent to it", (unsigned)pid);
    return w32_fail(err, helper_code, "sending Ctrl-C to process %u", (unsigned)pid);
}

sp_status w32_signal_interrupt(uint32_t pid, uint32_t timeout_ms, struct sp_error *err)
{
    char *self = NULL;
    char pid_text[PID_TEXT_SIZE];
    struct w32_child helper = {0};
    uint32_t code = 0;
    sp_status status = w32_path_self(&self, err);
    if (status != SP_OK)
        return status;
    snprintf(pid_text, sizeof pid_text, "%u", (unsigned)pid);
    const char *const argv[] = {self, "signal", pid_text};
    const struct w32_spawn_options what = {
        .argv = argv, .argc = sizeof argv / sizeof argv[0], .console = W32_CONSOLE_NONE};
    status = w32_spawn(&what, &helper, err);
    if (status == SP_OK)
        status = w32_child_wait(&helper, timeout_ms, &code, err);
    if (status == SP_OK)
        status = explain(pid, code, err);
    else
        sp_error_prefix(err, "sending Ctrl-C to process %u: ", (unsigned)pid);
    w32_child_close(&helper);
    free(self);
    return status;
}

static BOOL WINAPI hear_nothing(DWORD event)
{
    (void)event;
    return TRUE;
}

int w32_signal_helper(uint32_t pid)
{
    /* Fails when there is none, and there should be none: w32_spawn() gave us none. */
    FreeConsole();
    if (!AttachConsole(pid))
        return (int)GetLastError();
    /* We are now one of those on that console: what we send comes to us, too. */
    if (!SetConsoleCtrlHandler(hear_nothing, TRUE) || !SetConsoleCtrlHandler(NULL, TRUE))
        return (int)GetLastError();
    /* Group 0 is everybody on the console; a single process can't be sent Ctrl-C. */
    if (!GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0))
        return (int)GetLastError();
    return 0;
}
