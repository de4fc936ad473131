/* win32/rights.h - what somebody may do with an object of our own: a list of rights, and Windows'
 * own AccessCheck with the token of who asks. Needs advapi32. Any thread; never blocks. */
#ifndef W32_RIGHTS_H
#define W32_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"
#include "core/error.h"
#include "win32/handle.h"

/** What one account or group may do. Borrowed. */
struct w32_rights_entry {
    const char *sid; /**< "S-1-..." or SDDL's two letters */
    uint32_t rights; /**< bits below 0x10000, whose meaning is the caller's */
};

/**
 * A list in SDDL: owned by SYSTEM, protected, an entry each. What is not granted is refused.
 *
 * @param entries  count of them
 * @param count    may be 0: nobody may do anything
 * @param out      the text is appended, with its NUL counted
 * @param err      filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, SP_ETOOBIG
 */
SP_NODISCARD sp_status w32_rights_sddl(const struct w32_rights_entry *entries, size_t count,
                                       struct sp_buffer *out, struct sp_error *err);

/**
 * Whether all of some rights are granted to a token by a list.
 *
 * @param token    an impersonation token, as w32_peer_token() gives it
 * @param list     a descriptor made by w32_acl_of() of w32_rights_sddl()'s text
 * @param rights   which, not 0
 * @param granted  written on success only
 * @param err      filled on failure; may be NULL
 * @return SP_OK, w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/api/securitybaseapi/nf-securitybaseapi-accesscheck
 */
SP_NODISCARD sp_status w32_rights_check(w32_handle token, void *list, uint32_t rights,
                                        bool *granted, struct sp_error *err);

#endif
