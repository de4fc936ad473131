/* core/account.h - accounts as a config names them: "CORP\\ann", "BUILTIN\\Users", "S-1-5-32-545".
 * Which account a name belongs to, only Windows knows. Any thread. */
#ifndef SP_ACCOUNT_H
#define SP_ACCOUNT_H

#include <stdbool.h>

#include "core/error.h"

/** The longest name, in bytes of UTF-8: a domain, a backslash and an account. */
enum { SP_ACCOUNT_NAME_MAX = 512 };

/** Whether a text is a SID in the form that Windows prints: "S-1-", the authority in decimal, and 1
 *  to 15 decimal numbers below 2^32, all without needless zeros. */
bool sp_sid_valid(const char *text);

/**
 * Whether a text can name an account: a SID, or a name without what no Windows name can hold.
 *
 * @param text  UTF-8
 * @param err   filled on failure: what is wrong, and what would be right; may be NULL
 * @return SP_OK, SP_EINVAL, SP_ETOOBIG
 * @see https://learn.microsoft.com/windows/win32/secauthz/sid-components
 */
SP_NODISCARD sp_status sp_account_check(const char *text, struct sp_error *err);

#endif
