/* win32/service.c - a Windows service seen from inside. One a process, on three threads: the
 * dispatcher's, which calls the handler; the service's main thread; and the watchdog. */
#include "win32/service.h"

#include <stdbool.h>
#include <stdlib.h>
#include <windows.h>

#include "win32/error.h"
#include "win32/handle.h"
#include "win32/text.h"

enum { WATCHDOG_STACK_BYTES = 64 * 1024 };

static const DWORD accepted =
    SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PRESHUTDOWN | SERVICE_ACCEPT_SHUTDOWN;

/* Static, as the dispatcher passes nothing to its main function. */
static struct {
    struct w32_service *service;
    wchar_t *name;
    SRWLOCK lock; /* over handle's reports: checkpoints grow, and nothing follows STOPPED */
    SERVICE_STATUS_HANDLE handle;
    SERVICE_STATUS last;
    w32_handle stop;   /* set by the handler */
    w32_handle closed; /* set when close has returned */
    DWORD os;          /* why the main function could not even begin, or 0 */
} here = {.lock = SRWLOCK_INIT};

static bool is_pending(DWORD state)
{
    return state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING;
}

static void report(DWORD state, DWORD exit_code)
{
    AcquireSRWLockExclusive(&here.lock);
    SERVICE_STATUS *s = &here.last;
    if (s->dwCurrentState != SERVICE_STOPPED) {
        s->dwCheckPoint = is_pending(state) ? s->dwCheckPoint + 1 : 0;
        s->dwWaitHint = is_pending(state) ? here.service->step_hint_ms : 0;
        s->dwControlsAccepted = state == SERVICE_RUNNING ? accepted : 0;
        s->dwWin32ExitCode = exit_code == 0 ? NO_ERROR : ERROR_SERVICE_SPECIFIC_ERROR;
        s->dwServiceSpecificExitCode = exit_code;
        s->dwCurrentState = state;
        SetServiceStatus(here.handle, s);
    }
    ReleaseSRWLockExclusive(&here.lock);
}

/* The checkpoint of whatever step we are in. */
static void progress(void *arg)
{
    (void)arg;
    AcquireSRWLockShared(&here.lock);
    DWORD state = here.last.dwCurrentState;
    ReleaseSRWLockShared(&here.lock);
    if (is_pending(state))
        report(state, 0);
}

static DWORD WINAPI on_control(DWORD control, DWORD type, void *data, void *context)
{
    (void)type;
    (void)data;
    (void)context;
    switch (control) {
    case SERVICE_CONTROL_STOP:
    case SERVICE_CONTROL_PRESHUTDOWN:
    case SERVICE_CONTROL_SHUTDOWN:
        report(SERVICE_STOP_PENDING, 0);
        SetEvent(here.stop);
        return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE:
        return NO_ERROR;
    default:
        return ERROR_CALL_NOT_IMPLEMENTED;
    }
}

/* Never stuck: when close does not return, the process goes, and its jobs take the workers along.
 * A thread of its own, as a pool may be full of what hangs. */
static DWORD WINAPI watchdog(void *arg)
{
    struct w32_service *service = arg;
    WaitForSingleObject(here.stop, INFINITE);
    uint32_t limit_ms = __atomic_load_n(&service->stop_limit_ms, __ATOMIC_ACQUIRE);
    if (WaitForSingleObject(here.closed, limit_ms) == WAIT_OBJECT_0)
        return 0;
    report(SERVICE_STOPPED, service->stop_limit_code);
    TerminateProcess(GetCurrentProcess(), service->stop_limit_code);
    return 0;
}

static void run_between_reports(void)
{
    struct w32_service *service = here.service;
    report(SERVICE_START_PENDING, 0);
    uint32_t code = service->open(service->arg, progress, NULL);
    if (code != 0) {
        report(SERVICE_STOPPED, code);
        return;
    }
    w32_handle dog = w32_take(CreateThread(NULL, WATCHDOG_STACK_BYTES, watchdog, service, 0, NULL));
    report(SERVICE_RUNNING, 0);
    WaitForSingleObject(here.stop, INFINITE);
    service->close(service->arg, progress, NULL);
    SetEvent(here.closed);
    if (dog != NULL)
        WaitForSingleObject(dog, INFINITE);
    w32_handle_close(&dog);
    report(SERVICE_STOPPED, 0);
}

static void WINAPI service_main(DWORD argc, wchar_t **argv)
{
    (void)argc;
    (void)argv;
    here.handle = RegisterServiceCtrlHandlerExW(here.name, on_control, NULL);
    if (here.handle == NULL) {
        here.os = GetLastError();
        return;
    }
    run_between_reports();
}

static sp_status dispatch(struct sp_error *err)
{
    const SERVICE_TABLE_ENTRYW table[] = {{here.name, service_main}, {NULL, NULL}};
    DWORD os = StartServiceCtrlDispatcherW(table) ? here.os : GetLastError();
    if (os == ERROR_FAILED_SERVICE_CONTROLLER_CONNECT)
        return sp_fail(err, SP_ESTATE, os,
                       "this process was not started by the service control manager");
    return os == 0 ? SP_OK : w32_fail(err, os, "running as the service %s", here.service->name);
}

sp_status w32_service_run(struct w32_service *service, struct sp_error *err)
{
    here.service = service;
    here.last = (SERVICE_STATUS){.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
                                 .dwCurrentState = SERVICE_START_PENDING};
    sp_status status = w32_wide(service->name, &here.name, err);
    if (status != SP_OK)
        return status;
    here.stop = w32_take(CreateEventW(NULL, TRUE, FALSE, NULL));
    here.closed = w32_take(CreateEventW(NULL, TRUE, FALSE, NULL));
    if (here.stop == NULL || here.closed == NULL)
        status = w32_fail(err, GetLastError(), "making an event");
    else
        status = dispatch(err);
    w32_handle_close(&here.closed);
    w32_handle_close(&here.stop);
    free(here.name);
    here.name = NULL;
    return status;
}
