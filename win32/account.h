/* win32/account.h - accounts and groups by name and by SID. Needs advapi32. Any thread. */
#ifndef W32_ACCOUNT_H
#define W32_ACCOUNT_H

#include "core/error.h"

enum {
    W32_SID_TEXT_MAX = 192, /**< a SID in text with its NUL: 15 parts of 10 digits at most */
};

/**
 * A SID in text. Never blocks.
 *
 * @param sid   a PSID
 * @param text  receives "S-1-..."; written on success only
 * @param err   filled on failure; may be NULL
 * @return SP_OK, SP_ETOOBIG, w32_fail()'s status
 */
SP_NODISCARD sp_status w32_sid_text(void *sid, char text[W32_SID_TEXT_MAX], struct sp_error *err);

/**
 * The SID of an account or group. May ask a domain controller: blocking, not on a loop.
 *
 * @param name  "CORP\ann", "BUILTIN\Users", "ann", "ann@corp.example", or a SID, which is given
 *              back as it is, whether or not anybody has it
 * @param sid   receives "S-1-..."; written on success only
 * @param err   filled on failure; may be NULL
 * @return SP_OK; SP_ENOTFOUND no such account is known here; SP_ENOMEM; w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-lookupaccountnamew
 */
SP_NODISCARD sp_status w32_sid_of(const char *name, char sid[W32_SID_TEXT_MAX],
                                  struct sp_error *err);

/**
 * The account name of a SID: "CORP\ann". May ask a domain controller: blocking, not on a loop.
 *
 * @param sid  "S-1-..."
 * @param out  written on success only; UTF-8, free(). A SID without a name is given back as it is.
 * @param err  filled on failure; may be NULL
 * @return SP_OK, SP_EINVAL, SP_ENOMEM
 */
SP_NODISCARD sp_status w32_account_of(const char *sid, char **out, struct sp_error *err);

#endif
