/* win32/trust.c - files that decide what a service runs: who can change them. */
#include "win32/trust.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <aclapi.h>
#include <sddl.h>

#include "win32/acl.h"
#include "win32/error.h"
#include "win32/file.h"
#include "win32/identity.h"
#include "win32/path.h"
#include "win32/text.h"

/* P: nothing is inherited from above, where users may create files. Full access for SYSTEM and the
 * administrators, reading for users, for all that is created in it, too. */
static const wchar_t folder_sddl[] = L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)";

sp_status w32_trust_folder(const char *path, struct sp_error *err)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(folder_sddl, SDDL_REVISION_1,
                                                              &descriptor, NULL))
        return w32_fail(err, GetLastError(), "describing who may change the folder %s", path);
    sp_status status = w32_folder_create(path, descriptor, err);
    LocalFree(descriptor);
    return status;
}

sp_status w32_trust_private(void **out, struct sp_error *err)
{
    char own[W32_SID_TEXT_MAX];
    char sddl[sizeof "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;)" + W32_SID_TEXT_MAX];
    sp_status status = w32_own_sid(own, err);
    if (status != SP_OK)
        return status;
    snprintf(sddl, sizeof sddl, "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;%s)", own);
    return w32_acl_of(sddl, out, err);
}

/* Writing into it, deleting it, or giving oneself the right to. In a folder FILE_WRITE_DATA is
 * adding a file, which is enough to put one in another's place beforehand. */
static const DWORD changes = FILE_WRITE_DATA | FILE_DELETE_CHILD | DELETE | WRITE_DAC |
                             WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL;
/* Appending to a file changes it; the same bit lets create folders in a folder, which is harmless.
 */
static const DWORD file_changes = FILE_APPEND_DATA;

static bool begins(const wchar_t *text, const wchar_t *prefix)
{
    return wcsncmp(text, prefix, wcslen(prefix)) == 0;
}

static bool is_trusted(const wchar_t *sid, const wchar_t *trusted)
{
    return wcscmp(sid, L"S-1-5-18") == 0 ||     /* SYSTEM */
           wcscmp(sid, L"S-1-5-32-544") == 0 || /* Administrators */
           begins(sid, L"S-1-5-80-") ||         /* services, TrustedInstaller among them */
           begins(sid, L"S-1-3-") ||            /* the owner, who is looked at by himself */
           (trusted != NULL && wcscmp(sid, trusted) == 0);
}

/* Sets *who to a new text when this is somebody we don't trust. */
static sp_status judge(PSID sid, const wchar_t *trusted, char **who, struct sp_error *err)
{
    wchar_t *wide = NULL;
    char *text = NULL;
    sp_status status = SP_OK;
    if (!ConvertSidToStringSidW(sid, &wide))
        return w32_fail(err, GetLastError(), "reading a SID");
    if (!is_trusted(wide, trusted)) {
        status = w32_utf8(wide, &text, err);
        if (status == SP_OK)
            status = w32_account_of(text, who, err);
        free(text);
    }
    LocalFree(wide);
    return status;
}

static sp_status judge_list(PACL list, DWORD mask, const wchar_t *trusted, char **who,
                            struct sp_error *err)
{
    sp_status status = SP_OK;
    if (list == NULL) /* no list at all: everybody */
        return w32_account_of("S-1-1-0", who, err);
    for (DWORD i = 0; status == SP_OK && *who == NULL && i < list->AceCount; i++) {
        void *raw = NULL;
        if (!GetAce(list, i, &raw))
            return w32_fail(err, GetLastError(), "reading an access list");
        ACCESS_ALLOWED_ACE *ace = raw;
        if (ace->Header.AceType != ACCESS_ALLOWED_ACE_TYPE ||
            (ace->Header.AceFlags & INHERIT_ONLY_ACE) != 0 || (ace->Mask & mask) == 0)
            continue;
        status = judge(&ace->SidStart, trusted, who, err);
    }
    return status;
}

static sp_status judge_object(const char *path, DWORD mask, const wchar_t *trusted, char **who,
                              struct sp_error *err)
{
    wchar_t *wide = NULL;
    PSID owner = NULL;
    PACL list = NULL;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    sp_status status = w32_wide(path, &wide, err);
    if (status != SP_OK)
        return status;
    DWORD os = GetNamedSecurityInfoW(wide, SE_FILE_OBJECT,
                                     OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner,
                                     NULL, &list, NULL, &descriptor);
    free(wide);
    if (os != ERROR_SUCCESS)
        return w32_fail(err, os, "looking who may change %s", path);
    status = judge(owner, trusted, who, err);
    if (status == SP_OK && *who == NULL)
        status = judge_list(list, mask, trusted, who, err);
    LocalFree(descriptor);
    return status;
}

sp_status w32_trust_check(const char *path, const char *trusted, char **who, struct sp_error *err)
{
    wchar_t *wide_trusted = NULL;
    char *folder = NULL;
    char *found = NULL;
    sp_status status = SP_OK;
    if (trusted != NULL)
        status = w32_wide(trusted, &wide_trusted, err);
    if (status == SP_OK)
        status = w32_path_folder(path, &folder, err);
    if (status == SP_OK)
        status = judge_object(path, changes | file_changes, wide_trusted, &found, err);
    if (status == SP_OK && found == NULL)
        status = judge_object(folder, changes, wide_trusted, &found, err);
    if (status == SP_OK)
        *who = found;
    free(folder);
    free(wide_trusted);
    return status;
}
