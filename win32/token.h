/* win32/token.h - whom a program runs as, if not as this process does: tokens that w32_spawn()
 * starts programs with. Needs advapi32; userenv is loaded when it is asked. Any thread. */
#ifndef W32_TOKEN_H
#define W32_TOKEN_H

#include <wchar.h>

#include "core/error.h"
#include "win32/handle.h"

/** A primary token, and what comes with its user. {0} is none: as this process. */
struct w32_token {
    w32_handle primary;   /**< owned */
    wchar_t *environment; /**< owned: a block, as CreateProcess takes it; NULL: this process's */
    char *folder;         /**< owned: that of its profile; NULL: this process's current one */
};

/** This process's own, to be restricted. @param out written on success only; w32_token_close()
 *  @param err filled on failure; may be NULL @return SP_OK, w32_fail()'s status */
SP_NODISCARD sp_status w32_token_own(struct w32_token *out, struct sp_error *err);

/**
 * A pipe's client's: a program that gets it may do what that user may on this machine, and, unless
 * the client is trusted for delegation, nothing on others. Does not block.
 *
 * @param server_end  a connected instance from which something was read
 * @param out         written on success only; w32_token_close()
 * @param err         filled on failure; may be NULL
 * @return SP_OK; SP_EACCESS the client lets itself be identified and not acted for
 *         (SECURITY_IDENTIFICATION); w32_peer_shown_token()'s
 * @see https://learn.microsoft.com/windows/win32/secauthz/impersonation-levels
 */
SP_NODISCARD sp_status w32_token_of_client(w32_handle server_end, struct w32_token *out,
                                           struct sp_error *err);

/**
 * Logs an account on, as a service is. Accounts of Windows' own, virtual ones (`NT SERVICE\NAME`)
 * and managed ones (`CORP\name$`) have no password of their owner's. May ask a domain controller:
 * blocking, not on a loop.
 *
 * @param account   as sp_logon_parse() takes it
 * @param password  UTF-8; NULL for those that have none
 * @param out       written on success only; w32_token_close()
 * @param err       filled on failure, naming the account; may be NULL
 * @return SP_OK, SP_EINVAL, SP_EACCESS (a wrong password, or not allowed to log on so), SP_ENOMEM,
 *         w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-logonuserw
 */
SP_NODISCARD sp_status w32_token_logon(const char *account, const char *password,
                                       struct w32_token *out, struct sp_error *err);

/**
 * Takes every privilege but SeChangeNotifyPrivilege and the rights of Administrators out of a
 * token, which is then another one.
 *
 * @param token  has a primary
 * @param err    filled on failure; may be NULL
 * @return SP_OK, w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/api/securitybaseapi/nf-securitybaseapi-createrestrictedtoken
 */
SP_NODISCARD sp_status w32_token_restrict(struct w32_token *token, struct sp_error *err);

/**
 * Asks for the environment of a token's user and the folder of its profile. A user without a
 * profile on this machine gets the default's environment, and no folder. Blocks for milliseconds.
 *
 * @param token  has a primary
 * @param err    filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/api/userenv/nf-userenv-createenvironmentblock
 */
SP_NODISCARD sp_status w32_token_load_user(struct w32_token *token, struct sp_error *err);

/** Closes and frees everything and empties *token. */
void w32_token_close(struct w32_token *token);

#endif
