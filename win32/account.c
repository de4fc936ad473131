/* win32/account.c - accounts and groups by name and by SID. */
#include "win32/account.h"

#include <stdio.h>
#include <stdlib.h>

#include <windows.h>
#include <sddl.h>

#include "core/account.h"
#include "win32/error.h"
#include "win32/text.h"

sp_status w32_sid_text(void *sid, char text[W32_SID_TEXT_MAX], struct sp_error *err)
{
    wchar_t *wide = NULL;
    if (!ConvertSidToStringSidW(sid, &wide))
        return w32_fail(err, GetLastError(), "putting a SID into text");
    /* A SID's text is ASCII. */
    size_t len = wcslen(wide);
    sp_status status = SP_OK;
    if (len >= W32_SID_TEXT_MAX)
        status = sp_fail(err, SP_ETOOBIG, 0, "a SID of %zu characters", len);
    else
        for (size_t i = 0; i <= len; i++)
            text[i] = (char)wide[i];
    LocalFree(wide);
    return status;
}

sp_status w32_sid_of(const char *name, char sid[W32_SID_TEXT_MAX], struct sp_error *err)
{
    union {
        SID sid;
        unsigned char bytes[SECURITY_MAX_SID_SIZE];
    } binary;
    wchar_t *wide = NULL, domain[257];
    DWORD size = sizeof binary, domain_len = 257;
    SID_NAME_USE kind;
    if (sp_sid_valid(name)) {
        snprintf(sid, W32_SID_TEXT_MAX, "%s", name);
        return SP_OK;
    }
    sp_status status = w32_wide(name, &wide, err);
    if (status != SP_OK)
        return status;
    if (LookupAccountNameW(NULL, wide, &binary.sid, &size, domain, &domain_len, &kind))
        status = w32_sid_text(&binary.sid, sid, err);
    else if (GetLastError() == ERROR_NONE_MAPPED)
        status = sp_fail(err, SP_ENOTFOUND, ERROR_NONE_MAPPED,
                         "no account or group '%s' is known on this machine", name);
    else
        status = w32_fail(err, GetLastError(), "looking for the account '%s'", name);
    free(wide);
    return status;
}

sp_status w32_account_of(const char *sid, char **out, struct sp_error *err)
{
    wchar_t *wide = NULL;
    PSID binary = NULL;
    wchar_t name[257], domain[257], both[514];
    DWORD name_len = 257, domain_len = 257;
    SID_NAME_USE kind;
    sp_status status = w32_wide(sid, &wide, err);
    if (status != SP_OK)
        return status;
    if (!ConvertStringSidToSidW(wide, &binary)) {
        status = sp_fail(err, SP_EINVAL, GetLastError(), "'%s' is not a SID", sid);
        goto done;
    }
    if (!LookupAccountSidW(NULL, binary, name, &name_len, domain, &domain_len, &kind)) {
        status = w32_utf8(wide, out, err);
        goto done;
    }
    swprintf(both, 514, L"%ls%ls%ls", domain, domain[0] == 0 ? L"" : L"\\", name);
    status = w32_utf8(both, out, err);
done:
    LocalFree(binary);
    free(wide);
    return status;
}
