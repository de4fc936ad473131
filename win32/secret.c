/* win32/secret.c - passwords: kept in Windows' store of private data, and read from people. */
#include "win32/secret.h"

#include <stdlib.h>
#include <string.h>

#include <windows.h>
#include <ntsecapi.h>

#include "core/text.h"
#include "win32/console.h"
#include "win32/error.h"
#include "win32/pipe.h"
#include "win32/text.h"

void w32_secret_free(char *secret)
{
    if (secret != NULL)
        SecureZeroMemory(secret, strlen(secret));
    free(secret);
}

static void free_wide(wchar_t *secret)
{
    if (secret != NULL)
        SecureZeroMemory(secret, wcslen(secret) * sizeof *secret);
    free(secret);
}

/* ------------------------------------------------------------------ the store */

static LSA_UNICODE_STRING text_of(wchar_t *text)
{
    USHORT bytes = (USHORT)(wcslen(text) * sizeof *text);
    return (LSA_UNICODE_STRING){.Length = bytes, .MaximumLength = bytes, .Buffer = text};
}

static sp_status fail_nt(NTSTATUS nt, const char *doing, struct sp_error *err)
{
    return w32_fail(err, LsaNtStatusToWinError(nt), "%s Windows' store of private data", doing);
}

static sp_status open_store(ACCESS_MASK access, LSA_HANDLE *out, struct sp_error *err)
{
    LSA_OBJECT_ATTRIBUTES attributes = {0};
    NTSTATUS nt = LsaOpenPolicy(NULL, &attributes, access, out);
    return nt == 0 ? SP_OK : fail_nt(nt, "opening", err);
}

sp_status w32_secret_set(const char *name, const char *secret, struct sp_error *err)
{
    wchar_t *wide_name = NULL, *wide = NULL;
    LSA_HANDLE store = NULL;
    sp_status status = w32_wide(name, &wide_name, err);
    if (status == SP_OK && secret != NULL)
        status = w32_wide(secret, &wide, err);
    if (status == SP_OK)
        status = open_store(POLICY_CREATE_SECRET, &store, err);
    if (status == SP_OK) {
        LSA_UNICODE_STRING key = text_of(wide_name);
        LSA_UNICODE_STRING data = {0};
        if (wide != NULL)
            data = text_of(wide);
        NTSTATUS nt = LsaStorePrivateData(store, &key, wide == NULL ? NULL : &data);
        if (nt != 0)
            status = fail_nt(nt, "writing to", err);
        LsaClose(store);
    }
    free_wide(wide);
    free(wide_name);
    return status;
}

static sp_status copy_secret(const LSA_UNICODE_STRING *data, char **out, struct sp_error *err)
{
    size_t units = data->Length / sizeof(wchar_t);
    wchar_t *wide = calloc(units + 1, sizeof *wide);
    if (wide == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a password");
    memcpy(wide, data->Buffer, units * sizeof *wide);
    sp_status status = w32_utf8(wide, out, err);
    free_wide(wide);
    return status;
}

sp_status w32_secret_get(const char *name, char **out, struct sp_error *err)
{
    wchar_t *wide_name = NULL;
    LSA_HANDLE store = NULL;
    LSA_UNICODE_STRING *data = NULL;
    sp_status status = w32_wide(name, &wide_name, err);
    if (status == SP_OK)
        status = open_store(POLICY_GET_PRIVATE_INFORMATION, &store, err);
    if (status == SP_OK) {
        LSA_UNICODE_STRING key = text_of(wide_name);
        NTSTATUS nt = LsaRetrievePrivateData(store, &key, &data);
        if (nt != 0)
            status = fail_nt(nt, "reading from", err);
        LsaClose(store);
    }
    if (status == SP_OK && data == NULL)
        status = sp_fail(err, SP_ENOTFOUND, 0, "there is no password");
    if (status == SP_OK)
        status = copy_secret(data, out, err);
    if (data != NULL) {
        SecureZeroMemory(data->Buffer, data->Length);
        LsaFreeMemory(data);
    }
    free(wide_name);
    return status;
}

/* ------------------------------------------------------------------ people */

static sp_status read_line(w32_handle console, char **out, struct sp_error *err)
{
    wchar_t line[W32_SECRET_MAX + 2];
    DWORD units = 0, mode = 0;
    if (!GetConsoleMode(console, &mode) ||
        !SetConsoleMode(console, (mode | ENABLE_LINE_INPUT | ENABLE_PROCESSED_INPUT) &
                                     ~(DWORD)ENABLE_ECHO_INPUT))
        return w32_fail(err, GetLastError(), "asking a console for a password");
    sp_status status = ReadConsoleW(console, line, W32_SECRET_MAX + 1, &units, NULL)
                           ? SP_OK
                           : w32_fail(err, GetLastError(), "reading a password");
    SetConsoleMode(console, mode);
    w32_print(W32_STDERR, "\n", 1);
    line[units] = L'\0';
    if (status == SP_OK)
        status = w32_utf8(line, out, err);
    SecureZeroMemory(line, sizeof line);
    return status;
}

static sp_status read_all(w32_handle in, char **out, struct sp_error *err)
{
    char text[W32_SECRET_MAX + 3]; /* and a line end, and one byte that is too many */
    uint32_t len = 0, got = 0;
    sp_status status = SP_OK;
    while (status == SP_OK && len < sizeof text) {
        status = w32_read(in, text + len, (uint32_t)(sizeof text - len), &got, err);
        len += status == SP_OK ? got : 0;
    }
    if (status == SP_EEND)
        status = memchr(text, '\0', len) == NULL
                     ? sp_text_copy((struct sp_bytes){text, len}, out, err)
                     : sp_fail(err, SP_EINVAL, 0, "a password can't hold a NUL");
    else if (status == SP_OK)
        status = sp_fail(err, SP_ETOOBIG, 0, "a password has at most %d bytes", W32_SECRET_MAX);
    SecureZeroMemory(text, sizeof text);
    return status;
}

/* Without its line end it is one line of text, and something. */
static sp_status check(char *secret, struct sp_error *err)
{
    size_t len = strlen(secret);
    if (len > 0 && secret[len - 1] == '\n')
        secret[--len] = '\0';
    if (len > 0 && secret[len - 1] == '\r')
        secret[--len] = '\0';
    if (len == 0)
        return sp_fail(err, SP_EINVAL, 0, "the password is empty");
    if (len > W32_SECRET_MAX)
        return sp_fail(err, SP_ETOOBIG, 0, "a password has at most %d bytes", W32_SECRET_MAX);
    for (size_t i = 0, step; i < len; i += step) {
        step = sp_text_character(secret + i, len - i);
        if (step == 0)
            return sp_fail(err, SP_EINVAL, 0,
                           "the password must be one line of UTF-8 without control characters");
    }
    return SP_OK;
}

sp_status w32_secret_ask(const char *prompt, char **out, struct sp_error *err)
{
    char *secret = NULL;
    w32_handle in = w32_stream_handle(W32_STDIN);
    if (in == NULL)
        return sp_fail(err, SP_ENOTFOUND, 0, "there is no stdin to read a password from");
    sp_status status = SP_OK;
    if (w32_stream_kind(W32_STDIN) == W32_STREAM_TERMINAL) {
        w32_printf(W32_STDERR, "%s: ", prompt);
        status = read_line(in, &secret, err);
    } else
        status = read_all(in, &secret, err);
    if (status == SP_OK)
        status = check(secret, err);
    if (status == SP_OK)
        *out = secret;
    else
        w32_secret_free(secret);
    return status;
}
