/* win32/eventlog.c - entries in Windows' own event log. */
#include "win32/eventlog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <sddl.h>

#include "win32/error.h"
#include "win32/path.h"
#include "win32/text.h"

enum { TEXT_MAX_UNITS = 31839, STRINGS_MAX = 16 };

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

/* This program's path, as text that nothing in it is expanded of. */
static sp_status own_path(wchar_t **out, struct sp_error *err)
{
    char *self = NULL;
    sp_status status = w32_path_self(&self, err);
    if (status == SP_OK)
        status = w32_wide(self, out, err);
    free(self);
    return status;
}

static LSTATUS write_key(const wchar_t *path, const wchar_t *message_file)
{
    HKEY key = NULL;
    const DWORD types = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
    DWORD size = (DWORD)((wcslen(message_file) + 1) * sizeof *message_file);
    LSTATUS os =
        RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL);
    if (os == ERROR_SUCCESS)
        os = RegSetValueExW(key, L"EventMessageFile", 0, REG_SZ, (const BYTE *)message_file, size);
    if (os == ERROR_SUCCESS)
        os = RegSetValueExW(key, L"TypesSupported", 0, REG_DWORD, (const BYTE *)&types,
                            sizeof types);
    if (key != NULL)
        RegCloseKey(key);
    return os;
}

sp_status w32_eventlog_register(const char *source, struct sp_error *err)
{
    wchar_t *path = NULL;
    wchar_t *message_file = NULL;
    sp_status status = key_of(source, &path, err);
    if (status == SP_OK)
        status = own_path(&message_file, err);
    if (status == SP_OK) {
        LSTATUS os = write_key(path, message_file);
        if (os != ERROR_SUCCESS)
            status = w32_fail(err, (uint32_t)os, "registering %s with the event log", source);
    }
    free(path);
    free(message_file);
    return status;
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

static sp_status widen(const struct w32_event *event, wchar_t *wide[STRINGS_MAX],
                       struct sp_error *err)
{
    if (event->string_count > STRINGS_MAX)
        return sp_fail(err, SP_ETOOBIG, 0, "an event has more than %d strings", STRINGS_MAX);
    for (size_t i = 0; i < event->string_count; i++) {
        sp_status status = w32_wide(event->strings[i], &wide[i], err);
        if (status != SP_OK)
            return status;
        if (wcslen(wide[i]) > TEXT_MAX_UNITS)
            return sp_fail(err, SP_ETOOBIG, 0, "a text is too long for the event log");
    }
    return SP_OK;
}

/* A user is for the viewer's column; without one the event says as much. LocalFree(). */
static PSID user_of(const struct w32_event *event)
{
    wchar_t *wide = NULL;
    PSID sid = NULL;
    if (event->sid == NULL || w32_wide(event->sid, &wide, NULL) != SP_OK)
        return NULL;
    if (!ConvertStringSidToSidW(wide, &sid))
        sid = NULL;
    free(wide);
    return sid;
}

static sp_status report(const wchar_t *source, const struct w32_event *event,
                        wchar_t *const strings[STRINGS_MAX], struct sp_error *err)
{
    HANDLE log = RegisterEventSourceW(NULL, source);
    if (log == NULL)
        return w32_fail(err, GetLastError(), "opening the event log");
    sp_status status = SP_OK;
    PSID user = user_of(event);
    if (!ReportEventW(log, type_of(event->level), 0, event->id, user, (WORD)event->string_count, 0,
                      (LPCWSTR *)strings, NULL))
        status = w32_fail(err, GetLastError(), "writing to the event log");
    LocalFree(user);
    DeregisterEventSource(log);
    return status;
}

sp_status w32_eventlog_report(const char *source, const struct w32_event *event,
                              struct sp_error *err)
{
    wchar_t *wide_source = NULL;
    wchar_t *strings[STRINGS_MAX] = {0};
    sp_status status = w32_wide(source, &wide_source, err);
    if (status == SP_OK)
        status = widen(event, strings, err);
    if (status == SP_OK)
        status = report(wide_source, event, strings, err);
    for (size_t i = 0; i < STRINGS_MAX; i++)
        free(strings[i]);
    free(wide_source);
    return status;
}

sp_status w32_eventlog_write(const char *source, enum w32_event_level level, const char *text,
                             struct sp_error *err)
{
    const struct w32_event event = {
        .level = level, .id = W32_EVENT_TEXT, .strings = &text, .string_count = 1};
    return w32_eventlog_report(source, &event, err);
}
