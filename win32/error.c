/* win32/error.c - Windows' error codes in our words. */
#include "win32/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

enum { SYSTEM_TEXT_MAX = 512 };

static sp_status status_of(uint32_t os)
{
    switch (os) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        return SP_ENOTFOUND;
    case ERROR_ACCESS_DENIED:
        return SP_EACCESS;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
        return SP_ENOMEM;
    case ERROR_HANDLE_EOF:
    case ERROR_BROKEN_PIPE:
        return SP_EEND;
    case ERROR_SEM_TIMEOUT:
    case WAIT_TIMEOUT:
        return SP_ETIMEOUT;
    case ERROR_NO_DATA:
    case ERROR_PIPE_NOT_CONNECTED:
        return SP_EBROKEN;
    case ERROR_OPERATION_ABORTED:
        return SP_ECANCELED;
    case ERROR_INVALID_FUNCTION:
    case ERROR_NOT_SUPPORTED:
    case ERROR_CALL_NOT_IMPLEMENTED:
        return SP_EUNSUPPORTED;
    default:
        return SP_EOS;
    }
}

/* The system's texts end in ".\r\n" and are written for a box; ours go into a sentence. */
static void trim(char *text)
{
    size_t len = strlen(text);
    while (len > 0 && strchr(" .\r\n", text[len - 1]) != NULL)
        text[--len] = '\0';
    for (char *c = text; *c != '\0'; c++)
        if (*c == '\r' || *c == '\n')
            *c = ' ';
}

static void system_text(uint32_t os, char *text, size_t size)
{
    wchar_t wide[SYSTEM_TEXT_MAX];
    DWORD len = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, os,
                               0, wide, SYSTEM_TEXT_MAX, NULL);
    if (len == 0 || WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, (int)size, NULL, NULL) == 0)
        snprintf(text, size, "the system has no text for this");
    trim(text);
}

sp_status w32_fail(struct sp_error *err, uint32_t os, const char *format, ...)
{
    sp_status status = status_of(os);
    if (err == NULL)
        return status;
    char head[SP_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(head, sizeof head, format, args);
    va_end(args);
    char tail[SYSTEM_TEXT_MAX * 3];
    system_text(os, tail, sizeof tail);
    return sp_fail(err, status, os, "%s: %s (error %u)", head, tail, (unsigned)os);
}
