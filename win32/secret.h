/* win32/secret.h - passwords: kept in Windows' store of private data, which only SYSTEM and
 * administrators of this machine may ask, and read from people without being shown. Needs advapi32.
 * Blocking: any thread that is not a loop's. */
#ifndef W32_SECRET_H
#define W32_SECRET_H

#include "core/error.h"

enum { W32_SECRET_MAX = 1024 /**< bytes of a password in UTF-8 */ };

/**
 * Keeps a secret under a name, in the place of one that is there.
 *
 * @param name    "L$...": one that never leaves this machine
 * @param secret  UTF-8; NULL: there is to be none, which is an error if there was none
 * @param err     filled on failure; may be NULL
 * @return SP_OK; SP_ENOTFOUND there was none, or (Wine) there is no such store; SP_EACCESS not an
 * administrator; SP_ENOMEM; w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/api/ntsecapi/nf-ntsecapi-lsastoreprivatedata
 */
SP_NODISCARD sp_status w32_secret_set(const char *name, const char *secret, struct sp_error *err);

/**
 * Gets it back.
 *
 * @param name  as it was set
 * @param out   written on success only; w32_secret_free()
 * @param err   filled on failure; may be NULL
 * @return SP_OK; SP_ENOTFOUND there is none; SP_EACCESS; SP_ENOMEM; w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/api/ntsecapi/nf-ntsecapi-lsaretrieveprivatedata
 */
SP_NODISCARD sp_status w32_secret_get(const char *name, char **out, struct sp_error *err);

/** Wipes a secret and frees it. NULL: nothing happens. */
void w32_secret_free(char *secret);

/**
 * Reads a password: from a console one line, which is asked for on stderr and not shown; from
 * anything else all of stdin, less one line end.
 *
 * @param prompt  what a console shows: "Password of CORP\ann"
 * @param out     not empty; written on success only; w32_secret_free()
 * @param err     filled on failure; may be NULL
 * @return SP_OK; SP_EINVAL it is empty, not UTF-8, more than a line or holds a NUL; SP_ETOOBIG;
 *         SP_ENOMEM; what reading failed with
 */
SP_NODISCARD sp_status w32_secret_ask(const char *prompt, char **out, struct sp_error *err);

#endif
