/* win32/file.h - whole files and their folders, by UTF-8 path. Kernel32 only. Blocking: any thread
 * that is not a loop's. */
#ifndef W32_FILE_H
#define W32_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"
#include "core/error.h"
#include "win32/handle.h"

/**
 * Reads a whole file. Others may go on reading, writing and renaming it.
 *
 * @param path  UTF-8
 * @param max   the most it may hold, in bytes
 * @param out   its bytes are appended; on failure unchanged
 * @param err   filled on failure, naming the path; may be NULL
 * @return SP_OK, SP_ENOTFOUND, SP_EACCESS, SP_ETOOBIG, SP_ENOMEM, other w32_fail() statuses
 */
SP_NODISCARD sp_status w32_file_read(const char *path, size_t max, struct sp_buffer *out,
                                     struct sp_error *err);

/**
 * Puts bytes in the place of a file in one step: whoever opens it reads all of them or all that was
 * there before. They are written beside it, to a file of its name with our process id and .tmp,
 * which takes its name then. Waits for one second at most while somebody who lets nobody replace it
 * has it open.
 *
 * @param path  UTF-8; made, with the folders above it, if it isn't there
 * @param data  len bytes
 * @param len   in bytes
 * @param err   filled on failure, naming the path; may be NULL
 * @return SP_OK, or w32_fail()'s status: then the file is as it was
 * @see https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-movefileexw
 */
SP_NODISCARD sp_status w32_file_replace(const char *path, const void *data, size_t len,
                                        struct sp_error *err);

/** Whether there is a file (not a folder) at a path. @param path UTF-8 */
bool w32_file_exists(const char *path);

/** Whether there is a folder at a path. @param path UTF-8 */
bool w32_folder_exists(const char *path);

/**
 * Creates a file that doesn't exist yet, with the folders above it, and writes its bytes. A file
 * that is there already is never touched. If the bytes can't be written no file is left.
 *
 * @param path  UTF-8
 * @param data  len bytes
 * @param len   in bytes
 * @param err   filled on failure, naming the path; may be NULL
 * @return SP_OK, SP_ESTATE (something has that name already), SP_EACCESS, SP_ENOTFOUND (no such
 *         drive), other w32_fail() statuses
 */
SP_NODISCARD sp_status w32_file_create(const char *path, const void *data, size_t len,
                                       struct sp_error *err);

/** What a file is opened for. */
enum w32_file_mode {
    W32_FILE_READ,
    W32_FILE_WRITE, /**< created with the folders above it, or emptied */
};

/**
 * Opens a file, synchronous and not inheritable. Others may read, write, rename and delete it.
 *
 * @param path  UTF-8
 * @param mode  what for
 * @param out   written on success only; close with w32_handle_close()
 * @param err   filled on failure, naming the path; may be NULL
 * @return SP_OK, or w32_fail()'s status
 */
SP_NODISCARD sp_status w32_file_open(const char *path, enum w32_file_mode mode, w32_handle *out,
                                     struct sp_error *err);

/**
 * The size of a file in bytes.
 *
 * @param path  UTF-8
 * @param size  written on success only
 * @param err   filled on failure, naming the path; may be NULL
 * @return SP_OK, or w32_fail()'s status
 */
SP_NODISCARD sp_status w32_file_size(const char *path, uint64_t *size, struct sp_error *err);

/**
 * The size of an open file in bytes, whatever it was opened for.
 *
 * @param h     a file
 * @param size  written on success only
 * @param err   filled on failure; may be NULL
 * @return SP_OK, or w32_fail()'s status
 */
SP_NODISCARD sp_status w32_file_handle_size(w32_handle h, uint64_t *size, struct sp_error *err);

/**
 * Where an open file is read or written next. It only looks: other holders of the same open file
 * may be reading meanwhile, and go on where they are. Waits for a read of theirs that is under way.
 *
 * @param h         a synchronous file
 * @param position  bytes from its beginning; written on success only
 * @param err       filled on failure; may be NULL
 * @return SP_OK, or w32_fail()'s status
 * @see https://learn.microsoft.com/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntqueryinformationfile
 */
SP_NODISCARD sp_status w32_file_position(w32_handle h, uint64_t *position, struct sp_error *err);

/**
 * Reads once from a place in an open file.
 *
 * @param h       a synchronous file, opened for reading
 * @param offset  where, in bytes from its beginning
 * @param data    receives up to size bytes
 * @param size    room, in bytes; at least 1
 * @param got     bytes read, at least 1; written on success only
 * @param err     filled on failure; may be NULL
 * @return SP_OK; SP_EEND there is nothing from there on; w32_fail()'s status
 */
SP_NODISCARD sp_status w32_file_read_at(w32_handle h, uint64_t offset, void *data, uint32_t size,
                                        uint32_t *got, struct sp_error *err);

/**
 * Writes bytes as w32_write() does, for whom it matters how many are in the file when it fails.
 *
 * @param h        a synchronous file
 * @param data     len bytes
 * @param len      any size
 * @param written  how many were written, on failure, too
 * @param err      filled on failure; may be NULL
 * @return SP_OK: all of them; SP_EOS (error 112: the disk is full), other w32_fail() statuses
 */
SP_NODISCARD sp_status w32_file_write(w32_handle h, const void *data, size_t len, size_t *written,
                                      struct sp_error *err);

/**
 * When a file was last written to.
 *
 * @param path     UTF-8
 * @param unix_ms  milliseconds since 1970-01-01 UTC; written on success only
 * @param err      filled on failure, naming the path; may be NULL
 * @return SP_OK, SP_ENOTFOUND, other w32_fail() statuses
 */
SP_NODISCARD sp_status w32_file_write_time(const char *path, uint64_t *unix_ms,
                                           struct sp_error *err);

/**
 * Gives a file another name in the same folder. Whoever has it open goes on with it, if they let
 * others delete it; the name it had is free at once.
 *
 * @param from  UTF-8
 * @param to    UTF-8; nothing has that name
 * @param err   filled on failure, naming both; may be NULL
 * @return SP_OK, SP_ENOTFOUND, SP_EACCESS, SP_EOS (error 32: somebody has it open and lets nobody
 *         rename it; 183: the new name is taken), other w32_fail() statuses
 */
SP_NODISCARD sp_status w32_file_rename(const char *from, const char *to, struct sp_error *err);

/**
 * Deletes a file, never a folder. While somebody has it open its name may stay taken.
 *
 * @param path  UTF-8
 * @param err   filled on failure, naming the path; may be NULL
 * @return SP_OK, SP_ENOTFOUND, SP_EACCESS, other w32_fail() statuses
 */
SP_NODISCARD sp_status w32_file_delete(const char *path, struct sp_error *err);

/** Removes a file, or a folder and all that is in it. What can't be removed stays. */
void w32_file_remove(const char *path);

/**
 * Opens a file for appending, creating it and the folders above it where they don't exist. Every
 * w32_write() goes to its end in one piece, even with several writers; others may read, write,
 * rename and delete it meanwhile.
 *
 * @param path  UTF-8
 * @param out   written on success only; close with w32_handle_close()
 * @param err   filled on failure, naming the path; may be NULL
 * @return SP_OK, or w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/fileio/file-security-and-access-rights
 */
SP_NODISCARD sp_status w32_file_append(const char *path, w32_handle *out, struct sp_error *err);

/**
 * The same, and who may open the file is said when it is created. One that exists is left as it is.
 *
 * @param path                 UTF-8
 * @param security_descriptor  self-relative, borrowed; NULL: as its folder says. The folders that
 * are created are as their parent says
 * @param out                  written on success only; close with w32_handle_close()
 * @param err                  filled on failure, naming the path; may be NULL
 * @return as w32_file_append()
 */
SP_NODISCARD sp_status w32_file_append_guarded(const char *path, void *security_descriptor,
                                               w32_handle *out, struct sp_error *err);

/**
 * Creates a folder and those above it; one that exists is left as it is.
 *
 * @param path                 UTF-8
 * @param security_descriptor  for the folders that are created, self-relative, borrowed; NULL: as
 *                             their parent says
 * @param err                  filled on failure, naming the path; may be NULL
 * @return SP_OK, or w32_fail()'s status
 */
SP_NODISCARD sp_status w32_folder_create(const char *path, void *security_descriptor,
                                         struct sp_error *err);

/**
 * Removes a folder in which nothing is.
 *
 * @param path  UTF-8
 * @param err   filled on failure, naming the path; may be NULL
 * @return SP_OK, SP_ENOTFOUND, SP_EACCESS, SP_EOS (error 145: something is in it), other w32_fail()
 *         statuses
 */
SP_NODISCARD sp_status w32_folder_remove(const char *path, struct sp_error *err);

/**
 * Makes a new folder of our own below the user's temporary folder.
 *
 * @param prefix  begins its name
 * @param out     full path, written on success only; free()
 * @param err     filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, other w32_fail() statuses
 */
SP_NODISCARD sp_status w32_folder_temporary(const char *prefix, char **out, struct sp_error *err);

#endif
