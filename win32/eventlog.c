/* win32/eventlog.c - entries in Windows' own event log. */
#include "win32/eventlog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "win32/error.h"
#include "win32/text.h"

/* Every Windows has eventcreate.exe, whose message table says "%1" for the ids 1 to 1000: our text
 * is shown as it is, by a file that outlives our uninstallation. */
static const wchar_t message_file[] = L"%SystemRoot%\\System32\\EventCreate.exe";
enum { EVENT_ID = 1, TEXT_MAX_UNITS = 31839 };

/* "SYSTEM\...\Application\SOURCE"; free(). */
static sp_status key_of(const char *source, wchar_t **out, struct sp_error *err)
{
    static const char parent[] = "SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\";
    size_t size = sizeof parent + strlen(source);
    char *path = malloc(size);
    if (path == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for the name of a registry key");
    snprintf(path, size, "%s%s", parent, source);
    sp_status status = w32_wide(path, out, err);
    free(path);
    return status;
}

sp_status w32_eventlog_register(const char *source, struct sp_error *err)
{
    wchar_t *path = NULL;
    HKEY key = NULL;
    const DWORD types = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
    sp_status status = key_of(source, &path, err);
    if (status != SP_OK)
        return status;
    LSTATUS os =
        RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL);
    if (os == ERROR_SUCCESS)
        os = RegSetValueExW(key, L"EventMessageFile", 0, REG_EXPAND_SZ, (const BYTE *)message_file,
                            sizeof message_file);
    if (os == ERROR_SUCCESS)
        os = RegSetValueExW(key, L"TypesSupported", 0, REG_DWORD, (const BYTE *)&types,
                            sizeof types);
    if (key != NULL)
        RegCloseKey(key);
    free(path);
    if (os != ERROR_SUCCESS)
        return w32_fail(err, (uint32_t)os, "registering %s with the event log", source);
    return SP_OK;
}

sp_status w32_eventlog_unregister(const char *source, struct sp_error *err)
{
    wchar_t *path = NULL;
    sp_status status = key_of(source, &path, err);
    if (status != SP_OK)
        return status;
    LSTATUS os = RegDeleteKeyW(HKEY_LOCAL_MACHINE, path);
    free(path);
    if (os != ERROR_SUCCESS && os != ERROR_FILE_NOT_FOUND)
        return w32_fail(err, (uint32_t)os, "taking %s out of the event log", source);
    return SP_OK;
}

static WORD type_of(enum w32_event_level level)
{
    switch (level) {
    case W32_EVENT_INFO:
        return EVENTLOG_INFORMATION_TYPE;
    case W32_EVENT_WARNING:
        return EVENTLOG_WARNING_TYPE;
    case W32_EVENT_ERROR:
    default:
        return EVENTLOG_ERROR_TYPE;
    }
}

sp_status w32_eventlog_write(const char *source, enum w32_event_level level, const char *text,
                             struct sp_error *err)
{
    wchar_t *wide_source = NULL;
    wchar_t *wide_text = NULL;
    HANDLE log = NULL;
    sp_status status = w32_wide(source, &wide_source, err);
    if (status == SP_OK)
        status = w32_wide(text, &wide_text, err);
    if (status != SP_OK)
        goto done;
    if (wcslen(wide_text) > TEXT_MAX_UNITS) {
        status = sp_fail(err, SP_ETOOBIG, 0, "a text is too long for the event log");
        goto done;
    }
    log = RegisterEventSourceW(NULL, wide_source);
    if (log == NULL) {
        status = w32_fail(err, GetLastError(), "opening the event log");
        goto done;
    }
    const wchar_t *strings[] = {wide_text};
    if (!ReportEventW(log, type_of(level), 0, EVENT_ID, NULL, 1, 0, strings, NULL))
        status = w32_fail(err, GetLastError(), "writing to the event log");
done:
    if (log != NULL)
        DeregisterEventSource(log);
    free(wide_text);
    free(wide_source);
    return status;
}
