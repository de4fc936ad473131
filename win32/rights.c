/* win32/rights.c - what somebody may do with an object of our own. */
#include "win32/rights.h"

#include <windows.h>

#include "win32/error.h"

sp_status w32_rights_sddl(const struct w32_rights_entry *entries, size_t count,
                          struct sp_buffer *out, struct sp_error *err)
{
    size_t start = out->len;
    /* AccessCheck refuses a descriptor without an owner and a group. */
    sp_status status = sp_buffer_printf(out, err, "O:SYG:SYD:P");
    for (size_t i = 0; status == SP_OK && i < count; i++)
        status = sp_buffer_printf(out, err, "(A;;0x%x;;;%s)", (unsigned)entries[i].rights,
                                  entries[i].sid);
    if (status == SP_OK)
        status = sp_buffer_append(out, "", 1, err);
    if (status != SP_OK)
        out->len = start;
    return status;
}

sp_status w32_rights_check(w32_handle token, void *list, uint32_t rights, bool *granted,
                           struct sp_error *err)
{
    /* We ask for no generic right, so nothing is mapped. */
    GENERIC_MAPPING mapping = {0};
    union {
        PRIVILEGE_SET set;
        unsigned char bytes[256];
    } privileges;
    DWORD size = sizeof privileges, mask = 0;
    BOOL yes = FALSE;
    if (!AccessCheck(list, token, rights, &mapping, &privileges.set, &size, &mask, &yes))
        return w32_fail(err, GetLastError(), "asking what a client may do");
    *granted = yes && (mask & rights) == rights;
    return SP_OK;
}
