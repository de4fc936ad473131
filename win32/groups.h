/* win32/groups.h - which groups an account belongs to, when there is no token of it to ask. Needs
 * advapi32; loads authz. Any thread. */
#ifndef W32_GROUPS_H
#define W32_GROUPS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"
#include "win32/account.h"

/** Who somebody is: the account itself, and its groups. {0} is empty; w32_groups_close(). */
struct w32_groups {
    char (*sids)[W32_SID_TEXT_MAX]; /**< owned; the account's own is the first */
    size_t count;
    bool known; /**< false: Windows could not say, so there are only the account, Everyone and
                 *   Authenticated Users */
};

/**
 * The groups that an account would have if it logged on here. May ask a domain controller:
 * blocking, not on a loop. Of a group it tells the groups above it.
 *
 * @param sid  "S-1-..."
 * @param out  {0}; written on success only; w32_groups_close()
 * @param err  filled on failure; may be NULL
 * @return SP_OK, also if the groups could not be found out; SP_EINVAL; SP_ENOMEM
 * @see https://learn.microsoft.com/windows/win32/api/authz/nf-authz-authzinitializecontextfromsid
 */
SP_NODISCARD sp_status w32_groups_of(const char *sid, struct w32_groups *out, struct sp_error *err);

/** Whether a SID is among them. */
bool w32_groups_have(const struct w32_groups *groups, const char *sid);

/** Frees everything and makes it {0}. */
void w32_groups_close(struct w32_groups *groups);

#endif
