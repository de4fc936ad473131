/* win32/process.c - what can be asked of processes. */
#include "win32/process.h"

#include <wchar.h>

#include <windows.h>

#include "win32/handle.h"
#include "win32/rawmode.h"

void w32_process_name(uint32_t pid, char *text, size_t size)
{
    wchar_t path[1024];
    DWORD len = sizeof path / sizeof *path;
    text[0] = '?';
    text[1] = '\0';
    w32_handle process = w32_take(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid));
    if (process != NULL && QueryFullProcessImageNameW(process, 0, path, &len)) {
        const wchar_t *leaf = wcsrchr(path, L'\\');
        leaf = leaf == NULL ? path : leaf + 1;
        if (WideCharToMultiByte(CP_UTF8, 0, leaf, -1, text, (int)size, NULL, NULL) == 0) {
            text[0] = '?';
            text[1] = '\0';
        }
    }
    w32_handle_close(&process);
}

uint32_t w32_process_id(void)
{
    return GetCurrentProcessId();
}

void w32_exit(uint32_t code)
{
    w32_rawmode_leave();
    ExitProcess(code);
}

int64_t w32_unix_time(void)
{
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    ULARGE_INTEGER ticks = {.LowPart = now.dwLowDateTime, .HighPart = now.dwHighDateTime};
    return (int64_t)(ticks.QuadPart / 10000000u) - INT64_C(11644473600);
}
