/* win32/path.h - paths as UTF-8 texts: whole ones, their folders, and the places we know. Kernel32
 * only. Any thread. */
#ifndef W32_PATH_H
#define W32_PATH_H

#include "core/error.h"

/**
 * A path with drive and without "." and "..", against the current folder. The file need not exist.
 *
 * @param path  UTF-8
 * @param out   written on success only; free()
 * @param err   filled on failure; may be NULL
 * @return SP_OK, SP_EINVAL, SP_ENOMEM, other w32_fail() statuses
 */
SP_NODISCARD sp_status w32_path_full(const char *path, char **out, struct sp_error *err);

/**
 * The folder of a path: everything before the last slash ("C:\a\b" gives "C:\a", "C:\a" gives
 * "C:\", "a" gives ".").
 *
 * @param path  UTF-8
 * @param out   written on success only; free()
 * @param err   filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM
 */
SP_NODISCARD sp_status w32_path_folder(const char *path, char **out, struct sp_error *err);

/**
 * Puts a folder and a leaf together with one backslash between them.
 *
 * @param folder  UTF-8
 * @param leaf    UTF-8
 * @param out     written on success only; free()
 * @param err     filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM
 */
SP_NODISCARD sp_status w32_path_join(const char *folder, const char *leaf, char **out,
                                     struct sp_error *err);

/**
 * Where a path of our own under %ProgramData% is, e.g. "C:\ProgramData\Standpipe\standpipe.yaml".
 * The environment variable counts, as everywhere in Windows; without it C:\ProgramData.
 *
 * @param leaf  what follows it, without a leading slash
 * @param out   written on success only; free()
 * @param err   filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, other w32_fail() statuses
 */
SP_NODISCARD sp_status w32_path_program_data(const char *leaf, char **out, struct sp_error *err);

/**
 * The full path of the program this process runs.
 *
 * @param out  written on success only; free()
 * @param err  filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, other w32_fail() statuses
 */
SP_NODISCARD sp_status w32_path_self(char **out, struct sp_error *err);

#endif
