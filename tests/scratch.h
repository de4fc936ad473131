/* tests/scratch.h - a folder of its own for a test, with a name that is not ASCII, gone afterwards.
 * For the tests that run under Windows; one thread. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include "win32/file.h"
#include "win32/path.h"
#include "win32/text.h"

static char scratch_folder[512];

/** A CMocka setup: makes the folder. */
static inline int scratch_open(void **state)
{
    (void)state;
    static int number;
    wchar_t wide[MAX_PATH];
    char *temp = NULL;
    if (GetTempPathW(MAX_PATH, wide) == 0 || w32_utf8(wide, &temp, NULL) != SP_OK)
        return -1;
    snprintf(scratch_folder, sizeof scratch_folder, "%sstandpipe prüfung %lu-%d", temp,
             GetCurrentProcessId(), number++);
    free(temp);
    return w32_folder_create(scratch_folder, NULL, NULL) == SP_OK ? 0 : -1;
}

/** The path of a file in it; until the fourth call after this one. */
static inline const char *scratch_path(const char *leaf)
{
    static char paths[4][1024];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s\\%s", scratch_folder, leaf);
    return path;
}

static inline void scratch_remove(const wchar_t *path)
{
    wchar_t pattern[2 * MAX_PATH];
    wchar_t child[2 * MAX_PATH];
    WIN32_FIND_DATAW found;
    _snwprintf(pattern, 2 * MAX_PATH, L"%ls\\*", path);
    HANDLE search = FindFirstFileW(pattern, &found);
    while (search != INVALID_HANDLE_VALUE) {
        _snwprintf(child, 2 * MAX_PATH, L"%ls\\%ls", path, found.cFileName);
        if ((found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0)
            DeleteFileW(child);
        else if (found.cFileName[0] != L'.')
            scratch_remove(child);
        if (!FindNextFileW(search, &found))
            break;
    }
    if (search != INVALID_HANDLE_VALUE)
        FindClose(search);
    RemoveDirectoryW(path);
}

/** A CMocka teardown: removes the folder and all that is in it. */
static inline int scratch_close(void **state)
{
    (void)state;
    wchar_t *wide = NULL;
    if (w32_wide(scratch_folder, &wide, NULL) != SP_OK)
        return -1;
    scratch_remove(wide);
    free(wide);
    return 0;
}

#endif
