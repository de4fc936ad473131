/* win32/file.c - whole files and their folders, by UTF-8 path. */
#include "win32/file.h"

#include <stdint.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>
#include <winternl.h>

#include "win32/clock.h"
#include "win32/error.h"
#include "win32/npipe.h"
#include "win32/path.h"
#include "win32/pipe.h"
#include "win32/strict.h"
#include "win32/text.h"

enum {
    READ_PIECE_BYTES = 64 * 1024,
    WRITE_PIECE_BYTES = 1 << 20,
    REPLACE_TRIES = 20, /* of a file that somebody reads just now */
    REPLACE_PAUSE_MS = 50,
    FILE_POSITION_INFORMATION_CLASS = 14, /* its structure is a LARGE_INTEGER */
};

static const DWORD share_all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

/* Opens a file; with a disposition that may create it, makes the folders above it once they turn
 * out to be missing. *os is 0 or the code of CreateFile, for callers to whom one means something.
 */
static sp_status open_file(const char *path, DWORD access, DWORD disposition,
                           SECURITY_ATTRIBUTES *security, w32_handle *out, DWORD *os,
                           struct sp_error *err)
{
    wchar_t *wide = NULL;
    char *folder = NULL;
    *os = 0;
    sp_status status = w32_wide(path, &wide, err);
    if (status != SP_OK)
        return status;
    HANDLE raw =
        CreateFileW(wide, access, share_all, security, disposition, FILE_ATTRIBUTE_NORMAL, 0);
    *os = raw == INVALID_HANDLE_VALUE ? GetLastError() : 0;
    if (*os == ERROR_PATH_NOT_FOUND && disposition != OPEN_EXISTING) {
        status = w32_path_folder(path, &folder, err);
        if (status == SP_OK)
            status = w32_folder_create(folder, NULL, err);
        if (status != SP_OK)
            goto done;
        raw = CreateFileW(wide, access, share_all, security, disposition, FILE_ATTRIBUTE_NORMAL, 0);
        *os = raw == INVALID_HANDLE_VALUE ? GetLastError() : 0;
    }
    if (*os != 0)
        status = w32_fail(err, *os, "opening %s", path);
    else
        *out = w32_take(raw);
done:
    free(folder);
    free(wide);
    return status;
}

static sp_status read_all(w32_handle h, const char *path, struct sp_buffer *out,
                          struct sp_error *err)
{
    for (;;) {
        uint32_t got = 0;
        sp_status status = sp_buffer_reserve(out, READ_PIECE_BYTES, err);
        if (status != SP_OK)
            return status;
        status = w32_read(h, out->data + out->len, READ_PIECE_BYTES, &got, err);
        if (status == SP_EEND)
            return SP_OK;
        if (status != SP_OK) {
            sp_error_prefix(err, "reading %s: ", path);
            return status;
        }
        out->len += got;
    }
}

static sp_status too_big(const char *path, size_t max, struct sp_error *err)
{
    return sp_fail(err, SP_ETOOBIG, 0, "%s is larger than %zu bytes", path, max);
}

sp_status w32_file_read(const char *path, size_t max, struct sp_buffer *out, struct sp_error *err)
{
    w32_handle h = NULL;
    DWORD os = 0;
    LARGE_INTEGER size;
    /* Room to notice that it has grown behind the ceiling since its size was asked. */
    struct sp_buffer bytes = {.max =
                                  max < SIZE_MAX - READ_PIECE_BYTES ? max + READ_PIECE_BYTES : 0};
    sp_status status = open_file(path, GENERIC_READ, OPEN_EXISTING, NULL, &h, &os, err);
    if (status != SP_OK)
        return status;
    if (GetFileSizeEx(h, &size) && (uint64_t)size.QuadPart > max) {
        status = too_big(path, max, err);
        goto done;
    }
    status = read_all(h, path, &bytes, err);
    if (status == SP_ETOOBIG || bytes.len > max)
        status = too_big(path, max, err);
    if (status == SP_OK)
        status = sp_buffer_append(out, bytes.data, bytes.len, err);
done:
    sp_buffer_deinit(&bytes);
    w32_handle_close(&h);
    return status;
}

static DWORD attributes_of(const char *path)
{
    wchar_t *wide = NULL;
    if (w32_wide(path, &wide, NULL) != SP_OK)
        return INVALID_FILE_ATTRIBUTES;
    DWORD attributes = GetFileAttributesW(wide);
    free(wide);
    return attributes;
}

bool w32_file_exists(const char *path)
{
    DWORD attributes = attributes_of(path);
    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) == 0;
}

bool w32_folder_exists(const char *path)
{
    DWORD attributes = attributes_of(path);
    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

/* Deletes the file that a handle opened with DELETE stands for, whatever its name is by now. */
static void delete_opened(w32_handle h)
{
    FILE_DISPOSITION_INFO gone = {.DeleteFile = TRUE};
    SetFileInformationByHandle(h, FileDispositionInfo, &gone, sizeof gone);
}

sp_status w32_file_create(const char *path, const void *data, size_t len, struct sp_error *err)
{
    w32_handle h = NULL;
    DWORD os = 0;
    sp_status status = open_file(path, GENERIC_WRITE | DELETE, CREATE_NEW, NULL, &h, &os, err);
    if (os == ERROR_FILE_EXISTS || os == ERROR_ALREADY_EXISTS)
        return sp_fail(err, SP_ESTATE, os, "%s exists already", path);
    if (status != SP_OK)
        return status;
    status = w32_write(h, data, len, err);
    if (status != SP_OK) {
        sp_error_prefix(err, "writing %s: ", path);
        delete_opened(h);
    }
    w32_handle_close(&h);
    return status;
}

sp_status w32_file_append(const char *path, w32_handle *out, struct sp_error *err)
{
    return w32_file_append_guarded(path, NULL, out, err);
}

sp_status w32_file_append_guarded(const char *path, void *security_descriptor, w32_handle *out,
                                  struct sp_error *err)
{
    SECURITY_ATTRIBUTES security = {.nLength = sizeof security,
                                    .lpSecurityDescriptor = security_descriptor};
    DWORD os = 0;
    /* Without FILE_WRITE_DATA the system itself puts each write at the end, whoever else writes. */
    return open_file(path, FILE_APPEND_DATA | SYNCHRONIZE, OPEN_ALWAYS,
                     security_descriptor == NULL ? NULL : &security, out, &os, err);
}

static DWORD make_folder(const wchar_t *path, SECURITY_ATTRIBUTES *security)
{
    if (CreateDirectoryW(path, security))
        return 0;
    DWORD os = GetLastError();
    /* A root, or a folder whose parent we may not write to, answers "access denied" though it is
     * there; a file of that name answers "already exists" though it is no folder. */
    DWORD attributes = GetFileAttributesW(path);
    if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0)
        return 0;
    return os;
}

/* Makes the folders above, too, by ending the path at each of its slashes in turn. */
static DWORD make_folders(wchar_t *path, SECURITY_ATTRIBUTES *security)
{
    DWORD os = make_folder(path, security);
    if (os != ERROR_PATH_NOT_FOUND)
        return os;
    for (wchar_t *c = path + 1; *c != L'\0'; c++) {
        if (*c != L'\\' && *c != L'/')
            continue;
        wchar_t slash = *c;
        *c = L'\0';
        make_folder(path, security);
        *c = slash;
    }
    return make_folder(path, security);
}

sp_status w32_folder_create(const char *path, void *security_descriptor, struct sp_error *err)
{
    wchar_t *wide = NULL;
    SECURITY_ATTRIBUTES security = {.nLength = sizeof security,
                                    .lpSecurityDescriptor = security_descriptor};
    sp_status status = w32_wide(path, &wide, err);
    if (status != SP_OK)
        return status;
    DWORD os = make_folders(wide, security_descriptor == NULL ? NULL : &security);
    if (os != 0)
        status = w32_fail(err, os, "creating the folder %s", path);
    free(wide);
    return status;
}

sp_status w32_file_open(const char *path, enum w32_file_mode mode, w32_handle *out,
                        struct sp_error *err)
{
    DWORD os = 0;
    return mode == W32_FILE_READ
               ? open_file(path, GENERIC_READ, OPEN_EXISTING, NULL, out, &os, err)
               : open_file(path, GENERIC_READ | GENERIC_WRITE, CREATE_ALWAYS, NULL, out, &os, err);
}

sp_status w32_file_size(const char *path, uint64_t *size, struct sp_error *err)
{
    w32_handle h = NULL;
    sp_status status = w32_file_open(path, W32_FILE_READ, &h, err);
    if (status != SP_OK)
        return status;
    status = w32_file_handle_size(h, size, err);
    if (status != SP_OK)
        sp_error_prefix(err, "%s: ", path);
    w32_handle_close(&h);
    return status;
}

sp_status w32_file_handle_size(w32_handle h, uint64_t *size, struct sp_error *err)
{
    LARGE_INTEGER bytes;
    if (!GetFileSizeEx(h, &bytes))
        return w32_fail(err, GetLastError(), "asking for the size of a file");
    *size = (uint64_t)bytes.QuadPart;
    return SP_OK;
}

/* ------------------------------------------------------------------ parts of files */

sp_status w32_file_read_at(w32_handle h, uint64_t offset, void *data, uint32_t size, uint32_t *got,
                           struct sp_error *err)
{
    OVERLAPPED at = {.Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32)};
    DWORD count = 0;
    w32_strict_sync_begin(h, "w32_file_read_at");
    BOOL ok = ReadFile(h, data, size, &count, &at);
    DWORD os = GetLastError();
    w32_strict_sync_end(h);
    if (!ok && os != ERROR_HANDLE_EOF)
        return w32_fail(err, os, "reading a file");
    if (!ok || count == 0)
        return sp_fail(err, SP_EEND, ERROR_HANDLE_EOF, "the end of the file");
    *got = count;
    return SP_OK;
}

sp_status w32_file_write(w32_handle h, const void *data, size_t len, size_t *written,
                         struct sp_error *err)
{
    const unsigned char *next = data;
    *written = 0;
    while (*written < len) {
        size_t rest = len - *written;
        DWORD count = 0;
        w32_strict_sync_begin(h, "w32_file_write");
        BOOL ok =
            WriteFile(h, next + *written,
                      rest < WRITE_PIECE_BYTES ? (DWORD)rest : WRITE_PIECE_BYTES, &count, NULL);
        DWORD os = GetLastError();
        w32_strict_sync_end(h);
        *written += ok ? count : 0;
        if (!ok)
            return w32_fail(err, os, "writing");
        if (count == 0)
            return w32_fail(err, ERROR_DISK_FULL, "writing");
    }
    return SP_OK;
}

/* ------------------------------------------------------------------ names */

sp_status w32_file_write_time(const char *path, uint64_t *unix_ms, struct sp_error *err)
{
    wchar_t *wide = NULL;
    WIN32_FILE_ATTRIBUTE_DATA found;
    sp_status status = w32_wide(path, &wide, err);
    if (status != SP_OK)
        return status;
    if (!GetFileAttributesExW(wide, GetFileExInfoStandard, &found))
        status = w32_fail(err, GetLastError(), "looking at %s", path);
    else
        *unix_ms = w32_unix_ms_of(found.ftLastWriteTime.dwHighDateTime,
                                  found.ftLastWriteTime.dwLowDateTime);
    free(wide);
    return status;
}

sp_status w32_file_rename(const char *from, const char *to, struct sp_error *err)
{
    wchar_t *old_name = NULL, *new_name = NULL;
    sp_status status = w32_wide(from, &old_name, err);
    if (status == SP_OK)
        status = w32_wide(to, &new_name, err);
    if (status == SP_OK && !MoveFileExW(old_name, new_name, 0))
        status = w32_fail(err, GetLastError(), "renaming %s to %s", from, to);
    free(old_name);
    free(new_name);
    return status;
}

sp_status w32_file_position(w32_handle h, uint64_t *position, struct sp_error *err)
{
    IO_STATUS_BLOCK io;
    LARGE_INTEGER at = {.QuadPart = 0};
    /* SetFilePointerEx may set what it was asked for, and so turn back who reads meanwhile. */
    NTSTATUS nt = NtQueryInformationFile(h, &io, &at, sizeof at,
                                         (FILE_INFORMATION_CLASS)FILE_POSITION_INFORMATION_CLASS);
    if (nt != 0)
        return w32_fail(err, RtlNtStatusToDosError(nt), "asking where a file is read");
    *position = (uint64_t)at.QuadPart;
    return SP_OK;
}

static sp_status put_in_place(const char *from, const char *to, struct sp_error *err)
{
    wchar_t *old_name = NULL, *new_name = NULL;
    sp_status status = w32_wide(from, &old_name, err);
    if (status == SP_OK)
        status = w32_wide(to, &new_name, err);
    for (int i = 0; status == SP_OK; i++) {
        if (MoveFileExW(old_name, new_name, MOVEFILE_REPLACE_EXISTING))
            break;
        DWORD os = GetLastError();
        bool held = os == ERROR_SHARING_VIOLATION || os == ERROR_ACCESS_DENIED;
        if (held && i < REPLACE_TRIES)
            Sleep(REPLACE_PAUSE_MS);
        else
            status = w32_fail(err, os, "replacing %s", to);
    }
    free(old_name);
    free(new_name);
    return status;
}

sp_status w32_file_replace(const char *path, const void *data, size_t len, struct sp_error *err)
{
    struct sp_buffer beside = {0};
    w32_handle h = NULL;
    size_t written = 0;
    sp_status status =
        sp_buffer_printf(&beside, err, "%s.%u.tmp", path, (unsigned)GetCurrentProcessId());
    if (status == SP_OK)
        status = sp_buffer_append(&beside, "", 1, err);
    if (status == SP_OK)
        status = w32_file_open((const char *)beside.data, W32_FILE_WRITE, &h, err);
    if (status == SP_OK) {
        status = w32_file_write(h, data, len, &written, err);
        w32_handle_close(&h);
        if (status == SP_OK)
            status = put_in_place((const char *)beside.data, path, err);
        if (status != SP_OK)
            w32_file_remove((const char *)beside.data);
    }
    sp_buffer_deinit(&beside);
    return status;
}

sp_status w32_file_delete(const char *path, struct sp_error *err)
{
    wchar_t *wide = NULL;
    sp_status status = w32_wide(path, &wide, err);
    if (status == SP_OK && !DeleteFileW(wide))
        status = w32_fail(err, GetLastError(), "deleting %s", path);
    free(wide);
    return status;
}

static void remove_entries(const wchar_t *folder);

static void remove_path(const wchar_t *path)
{
    DWORD attributes = GetFileAttributesW(path);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return;
    if (!(attributes & FILE_ATTRIBUTE_DIRECTORY)) {
        DeleteFileW(path);
        return;
    }
    /* A link to a folder elsewhere is removed, not followed. */
    if (!(attributes & FILE_ATTRIBUTE_REPARSE_POINT))
        remove_entries(path);
    RemoveDirectoryW(path);
}

static void remove_entries(const wchar_t *folder)
{
    wchar_t path[1024];
    WIN32_FIND_DATAW entry;
    swprintf(path, sizeof path / sizeof *path, L"%ls\\*", folder);
    HANDLE find = FindFirstFileW(path, &entry);
    if (find == INVALID_HANDLE_VALUE)
        return;
    do {
        if (wcscmp(entry.cFileName, L".") == 0 || wcscmp(entry.cFileName, L"..") == 0)
            continue;
        swprintf(path, sizeof path / sizeof *path, L"%ls\\%ls", folder, entry.cFileName);
        remove_path(path);
    } while (FindNextFileW(find, &entry));
    FindClose(find);
}

void w32_file_remove(const char *path)
{
    wchar_t *wide = NULL;
    if (w32_wide(path, &wide, NULL) == SP_OK)
        remove_path(wide);
    free(wide);
}

sp_status w32_folder_remove(const char *path, struct sp_error *err)
{
    wchar_t *wide = NULL;
    sp_status status = w32_wide(path, &wide, err);
    if (status == SP_OK && !RemoveDirectoryW(wide))
        status = w32_fail(err, GetLastError(), "removing the folder %s", path);
    free(wide);
    return status;
}

sp_status w32_folder_temporary(const char *prefix, char **out, struct sp_error *err)
{
    wchar_t wide[MAX_PATH + 1];
    char *base = NULL, *path = NULL;
    DWORD len = GetTempPathW(MAX_PATH + 1, wide);
    if (len == 0 || len > MAX_PATH)
        return w32_fail(err, GetLastError(), "asking for the temporary folder");
    wide[len - 1] = L'\0'; /* it ends in a backslash, which w32_path_join() adds */
    struct w32_npipe_leaf leaf;
    sp_status status = w32_npipe_random_leaf(prefix, &leaf, err);
    if (status == SP_OK)
        status = w32_utf8(wide, &base, err);
    if (status == SP_OK)
        status = w32_path_join(base, leaf.text, &path, err);
    if (status == SP_OK)
        status = w32_folder_create(path, NULL, err);
    if (status == SP_OK) {
        *out = path;
        path = NULL;
    }
    free(path);
    free(base);
    return status;
}
