/* win32/trust.h - files that decide what a service runs, or that tell of its clients: who, besides
 * administrators, can change or read them. Needs advapi32. Blocking: any thread that is not a
 * loop's. */
#ifndef W32_TRUST_H
#define W32_TRUST_H

#include "core/error.h"

/**
 * Creates a folder, and those above it, that administrators and SYSTEM change and everybody on this
 * machine can read: nobody can put a file there first. One that exists is left as it is.
 *
 * @param path  UTF-8
 * @param err   filled on failure, naming the path; may be NULL
 * @return SP_OK, w32_folder_create()'s
 */
SP_NODISCARD sp_status w32_trust_folder(const char *path, struct sp_error *err);

/**
 * The descriptor of a file that administrators, SYSTEM and the account of this process can open,
 * and nobody else, whatever its folder says.
 *
 * @param out  self-relative; written on success only; w32_acl_free()
 * @param err  filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, w32_fail()'s status
 */
SP_NODISCARD sp_status w32_trust_private(void **out, struct sp_error *err);

/**
 * Finds somebody who can change a file, or the folder it is in, and is neither SYSTEM, an
 * administrator nor a service: its owner, or who is granted to write, to delete, or to grant.
 * Denied rights are not looked at, so it may name somebody who can't after all; the folders above
 * are not looked at either.
 *
 * @param path     UTF-8; of a file that exists
 * @param trusted  the SID of one more who may, e.g. whoever installed it; NULL: nobody
 * @param who      "BUILTIN\Users"; NULL when there is nobody; written on success only; free()
 * @param err      filled on failure, naming the path; may be NULL
 * @return SP_OK, SP_ENOTFOUND, SP_EACCESS, other w32_fail() statuses
 * @see https://learn.microsoft.com/windows/win32/api/aclapi/nf-aclapi-getnamedsecurityinfow
 */
SP_NODISCARD sp_status w32_trust_check(const char *path, const char *trusted, char **who,
                                       struct sp_error *err);

#endif
