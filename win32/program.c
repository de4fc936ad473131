/* win32/program.c - finding a program by its name, as Windows users expect but never in the
 * current folder. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "core/buffer.h"
#include "win32/error.h"
#include "win32/file.h"
#include "win32/path.h"
#include "win32/spawn.h"
#include "win32/text.h"

static const char *const EXTENSIONS[] = {".exe", ".com", ".bat", ".cmd"};

enum { EXTENSION_COUNT = sizeof EXTENSIONS / sizeof *EXTENSIONS };

static bool is_slash(char c)
{
    return c == '\\' || c == '/';
}

static bool has_drive(const char *name)
{
    return name[0] != '\0' && name[1] == ':';
}

static bool is_path(const char *name)
{
    return strpbrk(name, "\\/") != NULL || has_drive(name);
}

/* Only these mean the same wherever we stand: "C:x" and "\x" depend on the current folder. */
static bool is_absolute(const char *path)
{
    return (is_slash(path[0]) && is_slash(path[1])) || (has_drive(path) && is_slash(path[2]));
}

static bool has_extension(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL && dot[1] != '\0' && strpbrk(dot, "\\/") == NULL;
}

/* SP_ENOTFOUND is an answer here, not a failure, and leaves *err alone. */
static sp_status try_path(const char *path, const char *extension, char **out, struct sp_error *err)
{
    struct sp_buffer text = {0};
    sp_status status = sp_buffer_printf(&text, err, "%s%s%c", path, extension, '\0');
    if (status == SP_OK)
        status = w32_file_exists((char *)text.data) ? w32_path_full((char *)text.data, out, err)
                                                    : SP_ENOTFOUND;
    sp_buffer_deinit(&text);
    return status;
}

/* A name with an extension is tried as it is first; but "python3.12" has none in truth. */
static sp_status try_extensions(const char *path, char **out, struct sp_error *err)
{
    sp_status status = has_extension(path) ? try_path(path, "", out, err) : SP_ENOTFOUND;
    for (size_t i = 0; i < EXTENSION_COUNT && status == SP_ENOTFOUND; i++)
        status = try_path(path, EXTENSIONS[i], out, err);
    return status;
}

static sp_status try_folder(const char *folder, const char *name, char **out, struct sp_error *err)
{
    char *path = NULL;
    sp_status status = w32_path_join(folder, name, &path, err);
    if (status == SP_OK)
        status = try_extensions(path, out, err);
    free(path);
    return status;
}

static sp_status try_own_folder(const char *name, char **out, struct sp_error *err)
{
    char *self = NULL;
    char *folder = NULL;
    sp_status status = w32_path_self(&self, err);
    if (status == SP_OK)
        status = w32_path_folder(self, &folder, err);
    if (status == SP_OK)
        status = try_folder(folder, name, out, err);
    free(folder);
    free(self);
    return status;
}

typedef UINT(WINAPI *folder_function)(LPWSTR buffer, UINT size);

static sp_status try_system_folder(folder_function get, const char *name, char **out,
                                   struct sp_error *err)
{
    wchar_t wide[MAX_PATH];
    UINT len = get(wide, MAX_PATH);
    if (len == 0 || len >= MAX_PATH)
        return w32_fail(err, len == 0 ? GetLastError() : ERROR_INSUFFICIENT_BUFFER,
                        "asking for Windows' own folder");
    char *folder = NULL;
    sp_status status = w32_utf8(wide, &folder, err);
    if (status == SP_OK)
        status = try_folder(folder, name, out, err);
    free(folder);
    return status;
}

/* NULL when there is no PATH. */
static sp_status path_variable(char **out, struct sp_error *err)
{
    DWORD size = GetEnvironmentVariableW(L"PATH", NULL, 0);
    wchar_t *wide = calloc((size_t)size + 1, sizeof *wide);
    if (wide == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for PATH");
    /* Should another thread have made it longer meanwhile, nothing is written: no PATH. */
    if (size > 0)
        GetEnvironmentVariableW(L"PATH", wide, size);
    sp_status status = w32_utf8(wide, out, err);
    free(wide);
    return status;
}

/* Cuts the first folder off a list "a;"b;c";d": quotes hide a ';' and are no part of a name. */
static char *next_folder(char **list)
{
    char *from = *list;
    char *to = from;
    char *folder = from;
    bool quoted = false;
    for (; *from != '\0' && (quoted || *from != ';'); from++) {
        if (*from == '"')
            quoted = !quoted;
        else
            *to++ = *from;
    }
    *list = *from == '\0' ? from : from + 1;
    *to = '\0';
    return folder;
}

static sp_status try_path_variable(const char *name, char **out, struct sp_error *err)
{
    char *path = NULL;
    sp_status status = path_variable(&path, err);
    if (status != SP_OK)
        return status;
    status = SP_ENOTFOUND;
    for (char *rest = path; *rest != '\0' && status == SP_ENOTFOUND;) {
        const char *folder = next_folder(&rest);
        /* An entry like "." would be the current folder by another name. */
        if (is_absolute(folder))
            status = try_folder(folder, name, out, err);
    }
    free(path);
    return status;
}

static sp_status find_path(const char *name, const char *folder, char **out, struct sp_error *err)
{
    bool relative = !has_drive(name) && !is_slash(name[0]);
    sp_status status = relative && folder != NULL ? try_folder(folder, name, out, err)
                                                  : try_extensions(name, out, err);
    if (status == SP_ENOTFOUND)
        return sp_fail(err, status, ERROR_FILE_NOT_FOUND, "there is no program \"%s\"%s%s%s", name,
                       relative && folder != NULL ? " in the folder \"" : "",
                       relative && folder != NULL ? folder : "",
                       relative && folder != NULL ? "\"" : "");
    return status;
}

static sp_status find_name(const char *name, char **out, struct sp_error *err)
{
    sp_status status = try_own_folder(name, out, err);
    if (status == SP_ENOTFOUND)
        status = try_system_folder(GetSystemDirectoryW, name, out, err);
    if (status == SP_ENOTFOUND)
        status = try_system_folder(GetWindowsDirectoryW, name, out, err);
    if (status == SP_ENOTFOUND)
        status = try_path_variable(name, out, err);
    if (status == SP_ENOTFOUND)
        return sp_fail(err, status, ERROR_FILE_NOT_FOUND,
                       "there is no program \"%s\" beside this one, in Windows' own folders or in "
                       "PATH; the current folder is not looked in: \".\\%s\" would name it there",
                       name, name);
    return status;
}

sp_status w32_program_find(const char *name, const char *folder, char **out, struct sp_error *err)
{
    if (name[0] == '\0')
        return sp_fail(err, SP_EINVAL, 0, "the name of a program is empty");
    return is_path(name) ? find_path(name, folder, out, err) : find_name(name, out, err);
}
