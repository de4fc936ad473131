/* win32/scm_config.c - a Windows service seen from outside: how it is installed, and with what
 * command line. */
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "win32/error.h"
#include "win32/scm.h"
#include "win32/scm_open.h"
#include "win32/text.h"

/* QueryServiceConfig's own limit. */
enum { CONFIG_MAX_BYTES = 8 * 1024, RESTARTS_MAX = 16 };

static void set(SC_HANDLE service, DWORD level, void *info, const char *what,
                const struct w32_scm_service *settings)
{
    struct sp_error err = {0};
    if (ChangeServiceConfig2W(service, level, info))
        return;
    w32_fail(&err, GetLastError(), "%s", what);
    if (settings->warn != NULL)
        settings->warn(settings->warn_arg, err.what);
}

static void set_description(SC_HANDLE service, const struct w32_scm_service *what)
{
    wchar_t *text = NULL;
    if (what->description == NULL || w32_wide(what->description, &text, NULL) != SP_OK)
        return;
    SERVICE_DESCRIPTIONW info = {.lpDescription = text};
    set(service, SERVICE_CONFIG_DESCRIPTION, &info, "setting its description", what);
    free(text);
}

static void set_restarts(SC_HANDLE service, const struct w32_scm_service *what)
{
    SC_ACTION actions[RESTARTS_MAX];
    size_t count = what->restart_count < RESTARTS_MAX ? what->restart_count : RESTARTS_MAX;
    for (size_t i = 0; i < count; i++)
        actions[i] = (SC_ACTION){.Type = SC_ACTION_RESTART, .Delay = what->restart_ms[i]};
    SERVICE_FAILURE_ACTIONSW info = {
        .dwResetPeriod = what->restart_reset_s, .cActions = (DWORD)count, .lpsaActions = actions};
    /* That they count for crashes only, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, is the default: a
     * service that can't read its config says so and stops, and starting it again won't help. */
    if (count > 0)
        set(service, SERVICE_CONFIG_FAILURE_ACTIONS, &info, "setting its restarts", what);
}

static void set_all(SC_HANDLE service, const struct w32_scm_service *what)
{
    set_description(service, what);
    set_restarts(service, what);
    SERVICE_PRESHUTDOWN_INFO preshutdown = {.dwPreshutdownTimeout = what->preshutdown_ms};
    if (what->preshutdown_ms != 0)
        set(service, SERVICE_CONFIG_PRESHUTDOWN_INFO, &preshutdown,
            "setting how long it may take when the machine shuts down", what);
    SERVICE_DELAYED_AUTO_START_INFO delayed = {.fDelayedAutostart = TRUE};
    if (what->delayed)
        set(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &delayed,
            "starting it after the others at boot", what);
    /* With a SID of its own, files and pipes can be granted to this service and no other. */
    SERVICE_SID_INFO sid = {.dwServiceSidType = SERVICE_SID_TYPE_UNRESTRICTED};
    set(service, SERVICE_CONFIG_SERVICE_SID_INFO, &sid, "giving it a SID of its own", what);
}

/* Opens the manager for installing. */
static sp_status open_manager(const char *name, struct w32_scm_handles *h, struct sp_error *err)
{
    /* Windows counts characters, of which UTF-8 has at least as many bytes. */
    if (name[0] == '\0' || strlen(name) > W32_SCM_NAME_MAX)
        return w32_scm_fail(err, ERROR_INVALID_NAME, "installing", name);
    h->manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
    return h->manager == NULL ? w32_scm_fail(err, GetLastError(), "installing", name) : SP_OK;
}

sp_status w32_scm_install_check(const char *name, struct sp_error *err)
{
    struct w32_scm_handles h = {0};
    struct w32_scm_status ignored = {0};
    sp_status status = open_manager(name, &h, err);
    w32_scm_close(&h);
    if (status != SP_OK)
        return status;
    status = w32_scm_query(name, &ignored, err);
    if (status == SP_OK)
        return w32_scm_fail(err, ERROR_SERVICE_EXISTS, "installing", name);
    return status == SP_ENOTFOUND ? SP_OK : status;
}

static sp_status create(const struct w32_scm_service *what, struct w32_scm_handles *h,
                        struct sp_error *err)
{
    wchar_t *name = NULL;
    wchar_t *display = NULL;
    wchar_t *command = NULL;
    sp_status status = w32_wide(what->name, &name, err);
    if (status == SP_OK)
        status = w32_wide(what->display, &display, err);
    if (status == SP_OK)
        status = w32_wide(what->command_line, &command, err);
    if (status == SP_OK) {
        h->service = CreateServiceW(h->manager, name, display, SERVICE_ALL_ACCESS,
                                    SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START,
                                    SERVICE_ERROR_NORMAL, command, NULL, NULL, NULL, NULL, NULL);
        if (h->service == NULL)
            status = w32_scm_fail(err, GetLastError(), "installing", what->name);
    }
    free(command);
    free(display);
    free(name);
    return status;
}

sp_status w32_scm_install(const struct w32_scm_service *what, struct sp_error *err)
{
    struct w32_scm_handles h = {0};
    sp_status status = open_manager(what->name, &h, err);
    if (status == SP_OK)
        status = create(what, &h, err);
    if (status == SP_OK)
        set_all(h.service, what);
    w32_scm_close(&h);
    return status;
}

/* Both are one block: the pointers, and behind them the strings. */
static sp_status pack(wchar_t *const *wide, int count, char ***out, struct sp_error *err)
{
    size_t size = (size_t)count * sizeof(char *);
    for (int i = 0; i < count; i++)
        size += (size_t)WideCharToMultiByte(CP_UTF8, 0, wide[i], -1, NULL, 0, NULL, NULL);
    char **argv = malloc(size);
    if (argv == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a command line");
    char *text = (char *)(argv + count);
    size_t room = size - (size_t)count * sizeof(char *);
    for (int i = 0; i < count; i++) {
        argv[i] = text;
        int len = WideCharToMultiByte(CP_UTF8, 0, wide[i], -1, text, (int)room, NULL, NULL);
        text += len;
        room -= (size_t)len;
    }
    *out = argv;
    return SP_OK;
}

typedef LPWSTR *(WINAPI *split_fn)(LPCWSTR, int *);

static sp_status split(const wchar_t *command, char ***argv, size_t *count, struct sp_error *err)
{
    /* Not linked: shell32 doubles the time that a program takes to start, and one verb needs it. */
    HMODULE shell32 = LoadLibraryExW(L"shell32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (shell32 == NULL)
        return w32_fail(err, GetLastError(), "loading shell32.dll");
    FARPROC found = GetProcAddress(shell32, "CommandLineToArgvW");
    split_fn to_argv = NULL;
    memcpy(&to_argv, &found, sizeof to_argv);
    int wide_count = 0;
    LPWSTR *wide = to_argv == NULL ? NULL : to_argv(command, &wide_count);
    sp_status status = SP_OK;
    if (wide == NULL)
        status = w32_fail(err, GetLastError(), "taking a command line apart");
    else
        status = pack(wide, wide_count, argv, err);
    if (status == SP_OK)
        *count = (size_t)wide_count;
    LocalFree((void *)wide);
    FreeLibrary(shell32);
    return status;
}

sp_status w32_scm_arguments(const char *name, char ***argv, size_t *count, struct sp_error *err)
{
    struct w32_scm_handles h = {0};
    DWORD needed = 0;
    QUERY_SERVICE_CONFIGW *config = NULL;
    sp_status status = w32_scm_open(name, SERVICE_QUERY_CONFIG, &h, err);
    if (status != SP_OK)
        return status;
    config = malloc(CONFIG_MAX_BYTES);
    if (config == NULL)
        status = sp_fail(err, SP_ENOMEM, 0, "no memory for the settings of a service");
    else if (!QueryServiceConfigW(h.service, config, CONFIG_MAX_BYTES, &needed))
        status = w32_scm_fail(err, GetLastError(), "reading the settings of", name);
    else
        status = split(config->lpBinaryPathName, argv, count, err);
    free(config);
    w32_scm_close(&h);
    return status;
}
