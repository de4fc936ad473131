/* win32/signal.c - Ctrl-C and Ctrl-Break for a process that has a console of its own. */
#include "win32/signal.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "win32/error.h"
#include "win32/path.h"
#include "win32/spawn.h"

enum { PID_TEXT_SIZE = 11 };

/* The helper's exit code is the code of the call that failed, with this when it was attached. */
enum { WAS_ATTACHED = 0x10000 };

static const struct {
    const char *name;
    const char *keys;
    DWORD event;
} SIGNALS[] = {
    [W32_SIGNAL_INT] = {"int", "Ctrl-C", CTRL_C_EVENT},
    [W32_SIGNAL_BREAK] = {"break", "Ctrl-Break", CTRL_BREAK_EVENT},
};

bool w32_signal_by_name(const char *name, enum w32_signal *out)
{
    for (size_t i = 0; i < sizeof SIGNALS / sizeof *SIGNALS; i++)
        if (strcmp(SIGNALS[i].name, name) == 0) {
            *out = (enum w32_signal)i;
            return true;
        }
    return false;
}

const char *w32_signal_keys(enum w32_signal which)
{
    return SIGNALS[which].keys;
}

/* Asked afterwards, as AttachConsole has a code for this only while nobody holds the process. */
static bool has_ended(uint32_t pid)
{
    w32_handle process = w32_take(OpenProcess(SYNCHRONIZE, FALSE, pid));
    bool ended = process == NULL ? GetLastError() == ERROR_INVALID_PARAMETER
                                 : WaitForSingleObject(process, 0) == WAIT_OBJECT_0;
    w32_handle_close(&process);
    return ended;
}

static sp_status explain(uint32_t pid, enum w32_signal which, uint32_t helper_code,
                         struct sp_error *err)
{
    const char *keys = SIGNALS[which].keys;
    uint32_t os = helper_code & ~(uint32_t)WAS_ATTACHED;
    if (helper_code == ERROR_SUCCESS)
        return SP_OK;
    if (has_ended(pid))
        return sp_fail(err, SP_ENOTFOUND, os, "process %u has ended", (unsigned)pid);
    if (helper_code == ERROR_INVALID_HANDLE || helper_code == ERROR_GEN_FAILURE)
        return sp_fail(err, SP_EUNSUPPORTED, os,
                       "process %u has no console, so %s can't be sent to it", (unsigned)pid, keys);
    /* Wine 8's answer to Ctrl-Break. */
    if (helper_code == (WAS_ATTACHED | ERROR_INVALID_HANDLE))
        return sp_fail(err, SP_EUNSUPPORTED, os, "this system can't send %s to process %u", keys,
                       (unsigned)pid);
    return w32_fail(err, os, "sending %s to process %u", keys, (unsigned)pid);
}

sp_status w32_signal_send(uint32_t pid, enum w32_signal which, uint32_t timeout_ms,
                          struct sp_error *err)
{
    char *self = NULL;
    char pid_text[PID_TEXT_SIZE];
    struct w32_child helper = {0};
    uint32_t code = 0;
    sp_status status = w32_path_self(&self, err);
    if (status != SP_OK)
        return status;
    snprintf(pid_text, sizeof pid_text, "%u", (unsigned)pid);
    const char *const argv[] = {self, "signal", pid_text, SIGNALS[which].name};
    const struct w32_spawn_options what = {
        .argv = argv, .argc = sizeof argv / sizeof argv[0], .console = W32_CONSOLE_NONE};
    status = w32_spawn(&what, &helper, err);
    if (status == SP_OK)
        status = w32_child_wait(&helper, timeout_ms, &code, err);
    if (status == SP_OK)
        status = explain(pid, which, code, err);
    else
        sp_error_prefix(err, "sending %s to process %u: ", SIGNALS[which].keys, (unsigned)pid);
    w32_child_close(&helper);
    free(self);
    return status;
}

static BOOL WINAPI hear_nothing(DWORD event)
{
    (void)event;
    return TRUE;
}

int w32_signal_helper(uint32_t pid, enum w32_signal which)
{
    /* Fails when there is none, and there should be none: w32_spawn() gave us none. */
    FreeConsole();
    if (!AttachConsole(pid))
        return (int)GetLastError();
    /* We are now one of those on that console: what we send comes to us, too. */
    if (!SetConsoleCtrlHandler(hear_nothing, TRUE) || !SetConsoleCtrlHandler(NULL, TRUE))
        return (int)(WAS_ATTACHED | GetLastError());
    /* Group 0 is everybody on the console; a single process can't be sent Ctrl-C. */
    if (!GenerateConsoleCtrlEvent(SIGNALS[which].event, 0))
        return (int)(WAS_ATTACHED | GetLastError());
    return 0;
}
