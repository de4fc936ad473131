/* win32/owner.c - whose a pipe is, asked by its client. */
#include "win32/owner.h"

#include <string.h>

#include <windows.h>
#include <winternl.h>

#include "win32/error.h"

NTSTATUS NTAPI NtQuerySecurityObject(HANDLE object, SECURITY_INFORMATION what,
                                     PSECURITY_DESCRIPTOR out, ULONG size, PULONG needed);
NTSTATUS NTAPI NtOpenProcessToken(HANDLE process, ACCESS_MASK access, PHANDLE token);
NTSTATUS NTAPI NtQueryInformationToken(HANDLE token, TOKEN_INFORMATION_CLASS what, PVOID out,
                                       ULONG size, PULONG needed);
NTSTATUS NTAPI RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, PSID *owner,
                                             PBOOLEAN defaulted);

static sp_status text_of(PSID sid, char text[W32_SID_TEXT_MAX], struct sp_error *err)
{
    wchar_t wide[W32_SID_TEXT_MAX];
    UNICODE_STRING string = {.Buffer = wide, .MaximumLength = sizeof wide};
    NTSTATUS nt = RtlConvertSidToUnicodeString(&string, sid, FALSE);
    if (nt < 0)
        return w32_fail(err, RtlNtStatusToDosError(nt), "putting a SID into text");
    size_t len = string.Length / sizeof *wide;
    if (len >= W32_SID_TEXT_MAX)
        return sp_fail(err, SP_ETOOBIG, 0, "a SID of %zu characters", len);
    for (size_t i = 0; i < len; i++) /* a SID's text is ASCII */
        text[i] = (char)wide[i];
    text[len] = '\0';
    return SP_OK;
}

sp_status w32_owner_of(w32_handle h, char sid[W32_SID_TEXT_MAX], struct sp_error *err)
{
    union {
        SECURITY_DESCRIPTOR_RELATIVE descriptor;
        unsigned char bytes[sizeof(SECURITY_DESCRIPTOR_RELATIVE) + SECURITY_MAX_SID_SIZE];
    } info;
    ULONG needed = 0;
    PSID owner = NULL;
    BOOLEAN defaulted = FALSE;
    NTSTATUS nt = NtQuerySecurityObject(h, OWNER_SECURITY_INFORMATION, &info, sizeof info, &needed);
    if (nt >= 0)
        nt = RtlGetOwnerSecurityDescriptor(&info, &owner, &defaulted);
    if (nt < 0)
        return w32_fail(err, RtlNtStatusToDosError(nt), "asking whose it is");
    if (owner == NULL)
        return sp_fail(err, SP_EACCESS, 0, "it has no owner");
    return text_of(owner, sid, err);
}

/* TOKEN_USER and TOKEN_OWNER both begin with a pointer to a SID. */
static bool is_token_s(HANDLE token, TOKEN_INFORMATION_CLASS what, const char *sid)
{
    union {
        PSID sid;
        unsigned char bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } info;
    char text[W32_SID_TEXT_MAX];
    ULONG needed = 0;
    return NtQueryInformationToken(token, what, &info, sizeof info, &needed) >= 0 &&
           text_of(info.sid, text, NULL) == SP_OK && strcmp(text, sid) == 0;
}

bool w32_owner_is_self(const char *sid)
{
    HANDLE token = NULL;
    if (NtOpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) < 0)
        return false;
    bool is = is_token_s(token, TokenUser, sid) || is_token_s(token, TokenOwner, sid);
    CloseHandle(token);
    return is;
}
