/* win32/owner.h - whose a pipe is, asked by its client. Needs kernel32 and ntdll alone, since every
 * attach begins with it. Any thread; never blocks. */
#ifndef W32_OWNER_H
#define W32_OWNER_H

#include <stdbool.h>

#include "core/error.h"
#include "win32/account.h"
#include "win32/handle.h"

/**
 * The owner of an object: whoever made it, or an administrator who took it.
 *
 * @param h    with the right READ_CONTROL, as a pipe that was opened to read has
 * @param sid  receives "S-1-..."; written on success only
 * @param err  filled on failure; may be NULL
 * @return SP_OK, SP_ETOOBIG, w32_fail()'s status
 */
SP_NODISCARD sp_status w32_owner_of(w32_handle h, char sid[W32_SID_TEXT_MAX], struct sp_error *err);

/**
 * Whether an owner is this process's user, or whom Windows makes the owner of what this process
 * makes: that is the same one, or Administrators.
 *
 * @param sid  w32_owner_of()'s
 * @return false, too, if it can't be found out
 */
bool w32_owner_is_self(const char *sid);

#endif
