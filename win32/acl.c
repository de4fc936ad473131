/* win32/acl.c - who may open our pipes: security descriptors. */
#include "win32/acl.h"

#include <stdlib.h>

#include <windows.h>
#include <sddl.h>

#include "win32/error.h"
#include "win32/text.h"

/* What any program asks for that opens a file to read and write (GENERIC_READ, GENERIC_WRITE), and
 * nothing more; notably not FILE_APPEND_DATA (0x4), which is FILE_CREATE_PIPE_INSTANCE on a pipe.
 * Windows leaves that bit out of what a pipe's client asks for. */
#define USE_MASK (FILE_GENERIC_READ | (FILE_GENERIC_WRITE & ~FILE_CREATE_PIPE_INSTANCE))
_Static_assert((USE_MASK & FILE_CREATE_PIPE_INSTANCE) == 0, "a client can't make instances");

sp_status w32_acl_sddl(const struct w32_acl_entry *entries, size_t count, bool remote,
                       struct sp_buffer *out, struct sp_error *err)
{
    if (count == 0)
        return sp_fail(err, SP_EINVAL, 0, "an access list without an entry");
    size_t start = out->len;
    sp_status status = sp_buffer_printf(out, err, "D:P%s", remote ? "" : "(D;;GA;;;NU)");
    for (size_t i = 0; status == SP_OK && i < count; i++) {
        unsigned mask = entries[i].right == W32_ACL_SERVE ? FILE_ALL_ACCESS : USE_MASK;
        status = sp_buffer_printf(out, err, "(A;;0x%x;;;%s)", mask, entries[i].sid);
    }
    if (status == SP_OK)
        status = sp_buffer_append(out, "", 1, err);
    if (status != SP_OK)
        out->len = start;
    return status;
}

sp_status w32_acl_pipe(const struct w32_acl_entry *entries, size_t count, bool remote, void **out,
                       struct sp_error *err)
{
    struct sp_buffer sddl = {0};
    sp_status status = w32_acl_sddl(entries, count, remote, &sddl, err);
    if (status == SP_OK)
        status = w32_acl_of((const char *)sddl.data, out, err);
    sp_buffer_deinit(&sddl);
    return status;
}

sp_status w32_acl_of(const char *sddl, void **out, struct sp_error *err)
{
    wchar_t *wide = NULL;
    PSECURITY_DESCRIPTOR made = NULL;
    sp_status status = w32_wide(sddl, &wide, err);
    if (status == SP_OK &&
        !ConvertStringSecurityDescriptorToSecurityDescriptorW(wide, SDDL_REVISION_1, &made, NULL))
        status = w32_fail(err, GetLastError(), "making an access list of %s", sddl);
    if (status == SP_OK)
        *out = made;
    free(wide);
    return status;
}

sp_status w32_acl_change(w32_handle pipe, void *security_descriptor, struct sp_error *err)
{
    if (SetKernelObjectSecurity(pipe, DACL_SECURITY_INFORMATION, security_descriptor))
        return SP_OK;
    return w32_fail(err, GetLastError(), "changing the access list of a pipe");
}

void w32_acl_free(void *security_descriptor)
{
    LocalFree(security_descriptor);
}
