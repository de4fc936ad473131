/* win32/path.c - paths as UTF-8 texts: whole ones, their folders, and the places we know. */
#include "win32/path.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "win32/error.h"
#include "win32/text.h"

/* What Windows allows a path to have, with its NUL. */
enum { PATH_MAX_UNITS = 32768 };

static bool is_slash(char c)
{
    return c == '\\' || c == '/';
}

static sp_status copy(const char *text, size_t len, char **out, struct sp_error *err)
{
    char *made = malloc(len + 1);
    if (made == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a path");
    memcpy(made, text, len);
    made[len] = '\0';
    *out = made;
    return SP_OK;
}

sp_status w32_path_full(const char *path, char **out, struct sp_error *err)
{
    wchar_t *wide = NULL;
    wchar_t *full = NULL;
    sp_status status = w32_wide(path, &wide, err);
    if (status != SP_OK)
        return status;
    full = calloc(PATH_MAX_UNITS, sizeof *full);
    if (full == NULL) {
        status = sp_fail(err, SP_ENOMEM, 0, "no memory for a path");
        goto done;
    }
    DWORD len = GetFullPathNameW(wide, PATH_MAX_UNITS, full, NULL);
    if (len == 0)
        status = w32_fail(err, GetLastError(), "\"%s\" is no path", path);
    else if (len >= PATH_MAX_UNITS)
        status = sp_fail(err, SP_ETOOBIG, 0, "\"%.200s...\": the path is too long", path);
    else
        status = w32_utf8(full, out, err);
done:
    free(full);
    free(wide);
    return status;
}

sp_status w32_path_folder(const char *path, char **out, struct sp_error *err)
{
    size_t slash = strlen(path);
    while (slash > 0 && !is_slash(path[slash - 1]))
        slash--;
    if (slash == 0)
        return copy(".", 1, out, err);
    size_t len = slash - 1;
    /* The slash of a root is part of it: "C:" alone is the current folder of that drive. */
    if (len == 0 || path[len - 1] == ':')
        len++;
    return copy(path, len, out, err);
}

sp_status w32_path_join(const char *folder, const char *leaf, char **out, struct sp_error *err)
{
    size_t folder_len = strlen(folder);
    size_t leaf_len = strlen(leaf);
    while (folder_len > 0 && is_slash(folder[folder_len - 1]))
        folder_len--;
    char *made = malloc(folder_len + 1 + leaf_len + 1);
    if (made == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a path");
    memcpy(made, folder, folder_len);
    made[folder_len] = '\\';
    memcpy(made + folder_len + 1, leaf, leaf_len + 1);
    *out = made;
    return SP_OK;
}

sp_status w32_path_program_data(const char *leaf, char **out, struct sp_error *err)
{
    wchar_t wide[MAX_PATH] = L"";
    char *folder = NULL;
    DWORD len = GetEnvironmentVariableW(L"ProgramData", wide, MAX_PATH);
    if (len >= MAX_PATH)
        return sp_fail(err, SP_ETOOBIG, 0, "the path in %%ProgramData%% is too long");
    sp_status status = w32_utf8(len > 0 ? wide : L"C:\\ProgramData", &folder, err);
    if (status != SP_OK)
        return status;
    status = w32_path_join(folder, leaf, out, err);
    free(folder);
    return status;
}

sp_status w32_path_self(char **out, struct sp_error *err)
{
    wchar_t *wide = calloc(PATH_MAX_UNITS, sizeof *wide);
    if (wide == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a path");
    sp_status status = SP_OK;
    DWORD len = GetModuleFileNameW(NULL, wide, PATH_MAX_UNITS);
    if (len == 0)
        status = w32_fail(err, GetLastError(), "finding this program's own file");
    else if (len >= PATH_MAX_UNITS)
        status = sp_fail(err, SP_ETOOBIG, 0, "the path of this program's own file is too long");
    else
        status = w32_utf8(wide, out, err);
    free(wide);
    return status;
}
