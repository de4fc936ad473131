/* win32/text.c - UTF-8 to UTF-16 and back. */
#include "win32/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "win32/error.h"

static sp_status refuse(struct sp_error *err, DWORD os, const char *what)
{
    if (os == ERROR_NO_UNICODE_TRANSLATION)
        return sp_fail(err, SP_EINVAL, os, "%s", what);
    return w32_fail(err, os, "converting a text");
}

sp_status w32_wide(const char *utf8, wchar_t **out, struct sp_error *err)
{
    if (strlen(utf8) >= INT_MAX)
        return sp_fail(err, SP_EINVAL, 0, "a text of more than 2 GiB can't be converted");
    int size = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8, -1, NULL, 0);
    if (size <= 0)
        return refuse(err, GetLastError(), "a text is not valid UTF-8");
    wchar_t *wide = calloc((size_t)size, sizeof *wide);
    if (wide == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a text of %d characters", size);
    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8, -1, wide, size) <= 0) {
        sp_status status = refuse(err, GetLastError(), "a text is not valid UTF-8");
        free(wide);
        return status;
    }
    *out = wide;
    return SP_OK;
}

sp_status w32_utf8(const wchar_t *wide, char **out, struct sp_error *err)
{
    if (wcslen(wide) >= INT_MAX)
        return sp_fail(err, SP_EINVAL, 0, "a text of more than 4 GiB can't be converted");
    int size = WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, -1, NULL, 0, NULL, NULL);
    if (size <= 0)
        return refuse(err, GetLastError(), "a text holds half a surrogate pair");
    char *utf8 = calloc((size_t)size, 1);
    if (utf8 == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a text of %d bytes", size);
    if (WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, -1, utf8, size, NULL, NULL) <= 0) {
        sp_status status = refuse(err, GetLastError(), "a text holds half a surrogate pair");
        free(utf8);
        return status;
    }
    *out = utf8;
    return SP_OK;
}
