/* win32/scm.c - a Windows service seen from outside: start, stop, ask, uninstall. Installing is in
 * win32/scm_install.c. */
#include "win32/scm.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "win32/error.h"
#include "win32/handle.h"
#include "win32/scm_open.h"
#include "win32/text.h"

/* How often the manager is asked while we wait: it tells nobody by itself whom it was not asked
 * to, and NotifyServiceStatusChange needs an alertable thread for the same answer. */
enum { POLL_MS = 50 };

static sp_status remap(struct sp_error *err, sp_status status)
{
    if (err != NULL)
        err->status = status;
    return status;
}

sp_status w32_scm_fail(struct sp_error *err, uint32_t os, const char *doing, const char *name)
{
    w32_fail(err, os, "%s the service %s", doing, name);
    switch (os) {
    case ERROR_SERVICE_DOES_NOT_EXIST:
        return sp_fail(err, SP_ENOTFOUND, os, "there is no service %s", name);
    case ERROR_SERVICE_EXISTS:
        return sp_fail(err, SP_ESTATE, os, "there is a service %s already", name);
    case ERROR_DUPLICATE_SERVICE_NAME:
        return sp_fail(err, SP_ESTATE, os, "there is a service that shows itself as %s already",
                       name);
    case ERROR_SERVICE_MARKED_FOR_DELETE:
        return sp_fail(err, SP_ESTATE, os,
                       "the service %s is being removed and goes when the last program that looks "
                       "at it (services.msc?) is closed",
                       name);
    case ERROR_SERVICE_DISABLED:
        return remap(err, SP_ESTATE);
    case ERROR_INVALID_NAME:
        return sp_fail(err, SP_EINVAL, os, "\"%s\" can't be the name of a service", name);
    case ERROR_ACCESS_DENIED:
        return remap(err, SP_EACCESS);
    default:
        /* ENOTFOUND means the service here, and never its program. */
        return remap(err, SP_EOS);
    }
}

sp_status w32_scm_open(const char *name, uint32_t access, struct w32_scm_handles *out,
                       struct sp_error *err)
{
    wchar_t *wide = NULL;
    sp_status status = w32_wide(name, &wide, err);
    if (status != SP_OK)
        return status;
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    DWORD os = manager == NULL ? GetLastError() : 0;
    SC_HANDLE service = NULL;
    if (manager != NULL) {
        service = OpenServiceW(manager, wide, access);
        os = service == NULL ? GetLastError() : 0;
    }
    free(wide);
    if (service == NULL) {
        if (manager != NULL)
            CloseServiceHandle(manager);
        return w32_scm_fail(err, os, "opening", name);
    }
    *out = (struct w32_scm_handles){.manager = manager, .service = service};
    return SP_OK;
}

void w32_scm_close(struct w32_scm_handles *h)
{
    if (h->service != NULL)
        CloseServiceHandle(h->service);
    if (h->manager != NULL)
        CloseServiceHandle(h->manager);
    *h = (struct w32_scm_handles){0};
}

static enum w32_scm_state state_of(DWORD state)
{
    return state >= SERVICE_STOPPED && state <= SERVICE_RUNNING ? (enum w32_scm_state)state
                                                                : W32_SCM_OTHER;
}

static sp_status query(SC_HANDLE service, const char *name, struct w32_scm_status *out,
                       struct sp_error *err)
{
    SERVICE_STATUS_PROCESS now;
    DWORD needed = 0;
    if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&now, sizeof now, &needed))
        return w32_scm_fail(err, GetLastError(), "asking for the state of", name);
    *out = (struct w32_scm_status){.state = state_of(now.dwCurrentState),
                                   .pid = now.dwProcessId,
                                   .exit_code = now.dwWin32ExitCode,
                                   .service_code = now.dwServiceSpecificExitCode};
    /* Windows says so itself; Wine only forgets the process. */
    if (out->state == W32_SCM_RUNNING && out->pid == 0) {
        out->state = W32_SCM_STOPPED;
        out->exit_code = ERROR_PROCESS_ABORTED;
    }
    return SP_OK;
}

sp_status w32_scm_query(const char *name, struct w32_scm_status *out, struct sp_error *err)
{
    struct w32_scm_handles h = {0};
    sp_status status = w32_scm_open(name, SERVICE_QUERY_STATUS, &h, err);
    if (status == SP_OK)
        status = query(h.service, name, out, err);
    w32_scm_close(&h);
    return status;
}

/* Waits a moment; false when the time is up. */
static bool wait_more(uint64_t deadline)
{
    if (GetTickCount64() >= deadline)
        return false;
    Sleep(POLL_MS);
    return true;
}

/* Right after boot, and while another service starts, the manager's database may be locked. */
static DWORD start_unlocked(SC_HANDLE service, uint64_t deadline)
{
    for (;;) {
        DWORD os = StartServiceW(service, 0, NULL) ? 0 : GetLastError();
        if (os != ERROR_SERVICE_DATABASE_LOCKED || !wait_more(deadline))
            return os;
    }
}

static sp_status start_opened(SC_HANDLE service, const char *name, uint64_t deadline,
                              enum w32_scm_state *was, struct w32_scm_status *now,
                              struct sp_error *err)
{
    struct w32_scm_status before = {0};
    sp_status status = query(service, name, &before, err);
    if (status != SP_OK)
        return status;
    *was = before.state;
    DWORD os = start_unlocked(service, deadline);
    if (os != 0 && os != ERROR_SERVICE_ALREADY_RUNNING)
        return w32_scm_fail(err, os, "starting", name);
    do {
        status = query(service, name, now, err);
        if (status != SP_OK)
            return status;
        if (now->state == W32_SCM_RUNNING || now->state == W32_SCM_STOPPED)
            return SP_OK;
    } while (wait_more(deadline));
    return sp_fail(err, SP_ETIMEOUT, 0, "the service %s is still %s", name,
                   w32_scm_state_name(now->state));
}

sp_status w32_scm_start(const char *name, uint32_t timeout_ms, enum w32_scm_state *was,
                        struct w32_scm_status *now, struct sp_error *err)
{
    struct w32_scm_handles h = {0};
    enum w32_scm_state before = W32_SCM_OTHER;
    struct w32_scm_status after = {0};
    uint64_t deadline = GetTickCount64() + timeout_ms;
    sp_status status = w32_scm_open(name, SERVICE_START | SERVICE_QUERY_STATUS, &h, err);
    if (status == SP_OK)
        status = start_opened(h.service, name, deadline, &before, &after, err);
    w32_scm_close(&h);
    if (status != SP_OK)
        return status;
    if (was != NULL)
        *was = before;
    *now = after;
    return SP_OK;
}

/* A service that is starting takes no control: it is asked again when it runs. One that has just
 * crashed takes none either, and the manager is about to hear of it. */
static bool may_be_asked_again(DWORD os, w32_handle process)
{
    return os == ERROR_SERVICE_CANNOT_ACCEPT_CTRL || os == ERROR_SERVICE_NOT_ACTIVE ||
           (process != NULL && WaitForSingleObject(process, 0) == WAIT_OBJECT_0);
}

/* Asks until it has stopped. */
static sp_status stop_opened(SC_HANDLE service, const char *name, w32_handle process,
                             uint64_t deadline, struct w32_scm_status *now, struct sp_error *err)
{
    do {
        SERVICE_STATUS ignored;
        sp_status status = query(service, name, now, err);
        if (status != SP_OK || now->state == W32_SCM_STOPPED)
            return status;
        if (now->state == W32_SCM_STOPPING)
            continue;
        DWORD os = ControlService(service, SERVICE_CONTROL_STOP, &ignored) ? 0 : GetLastError();
        if (os != 0 && !may_be_asked_again(os, process))
            return w32_scm_fail(err, os, "stopping", name);
    } while (wait_more(deadline));
    return sp_fail(err, SP_ETIMEOUT, 0, "the service %s is still %s", name,
                   w32_scm_state_name(now->state));
}

/* A service says "stopped" shortly before its process ends, and until then its program's file can't
 * be replaced. Not being allowed to wait is no failure of stopping. */
static void wait_for_process(w32_handle process, uint64_t deadline)
{
    uint64_t now = GetTickCount64();
    if (process != NULL)
        WaitForSingleObject(process, now < deadline ? (DWORD)(deadline - now) : 0);
}

sp_status w32_scm_stop(const char *name, uint32_t timeout_ms, enum w32_scm_state *was,
                       struct w32_scm_status *now, struct sp_error *err)
{
    struct w32_scm_handles h = {0};
    struct w32_scm_status before = {0};
    struct w32_scm_status after = {0};
    w32_handle process = NULL;
    uint64_t deadline = GetTickCount64() + timeout_ms;
    sp_status status = w32_scm_open(name, SERVICE_STOP | SERVICE_QUERY_STATUS, &h, err);
    if (status == SP_OK)
        status = query(h.service, name, &before, err);
    if (status != SP_OK)
        goto done;
    if (before.pid != 0)
        process = w32_take(OpenProcess(SYNCHRONIZE, FALSE, before.pid));
    status = stop_opened(h.service, name, process, deadline, &after, err);
    if (status != SP_OK)
        goto done;
    wait_for_process(process, deadline);
    if (was != NULL)
        *was = before.state;
    if (now != NULL)
        *now = after;
done:
    w32_handle_close(&process);
    w32_scm_close(&h);
    return status;
}

static sp_status delete_opened(SC_HANDLE service, const char *name, struct sp_error *err)
{
    if (DeleteService(service))
        return SP_OK;
    DWORD os = GetLastError();
    return os == ERROR_SERVICE_MARKED_FOR_DELETE ? SP_OK : w32_scm_fail(err, os, "removing", name);
}

sp_status w32_scm_uninstall(const char *name, uint32_t timeout_ms, struct sp_error *err)
{
    struct w32_scm_handles h = {0};
    struct w32_scm_status ignored = {0};
    uint64_t deadline = GetTickCount64() + timeout_ms;
    sp_status status = w32_scm_open(name, DELETE, &h, err);
    if (status == SP_OK)
        status = delete_opened(h.service, name, err);
    w32_scm_close(&h);
    if (status != SP_OK)
        return status;
    do {
        if (w32_scm_query(name, &ignored, NULL) == SP_ENOTFOUND)
            return SP_OK;
    } while (wait_more(deadline));
    w32_scm_fail(err, ERROR_SERVICE_MARKED_FOR_DELETE, "removing", name);
    return remap(err, SP_ETIMEOUT);
}

const char *w32_scm_state_name(enum w32_scm_state state)
{
    switch (state) {
    case W32_SCM_STOPPED:
        return "stopped";
    case W32_SCM_STARTING:
        return "starting";
    case W32_SCM_STOPPING:
        return "stopping";
    case W32_SCM_RUNNING:
        return "running";
    case W32_SCM_OTHER:
    default:
        return "paused";
    }
}
