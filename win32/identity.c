/* win32/identity.c - who this process is, and who is at the other end of a pipe. */
#include "win32/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>
#include <sddl.h>

#include "win32/error.h"
#include "win32/text.h"

enum { TOKEN_USER_BYTES = sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE };

static sp_status sid_text(PSID sid, char text[W32_SID_TEXT_MAX], struct sp_error *err)
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

static sp_status token_sid(HANDLE token, char text[W32_SID_TEXT_MAX], struct sp_error *err)
{
    union {
        TOKEN_USER user;
        unsigned char bytes[TOKEN_USER_BYTES];
    } info;
    DWORD size = 0;
    if (!GetTokenInformation(token, TokenUser, &info, sizeof info, &size))
        return w32_fail(err, GetLastError(), "asking a token for its user");
    return sid_text(info.user.User.Sid, text, err);
}

sp_status w32_own_sid(char sid[W32_SID_TEXT_MAX], struct sp_error *err)
{
    HANDLE raw = NULL;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw))
        return w32_fail(err, GetLastError(), "opening this process's token");
    w32_handle token = w32_take(raw);
    sp_status status = token_sid(token, sid, err);
    w32_handle_close(&token);
    return status;
}

static sp_status open_client_token(w32_handle server_end, w32_handle *token, struct sp_error *err)
{
    if (!ImpersonateNamedPipeClient(server_end))
        return w32_fail(err, GetLastError(), "asking a pipe who its client is");
    HANDLE raw = NULL;
    BOOL ok = OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &raw);
    DWORD os = ok ? 0 : GetLastError();
    /* A thread that stays somebody else would do everything after as that user. */
    if (!RevertToSelf())
        TerminateProcess(GetCurrentProcess(), GetLastError());
    if (!ok)
        return w32_fail(err, os, "opening the token of a pipe's client");
    *token = w32_take(raw);
    return SP_OK;
}

/* The pipe knows the name of a remote machine; for a local client it is ours. */
static void host_of(w32_handle server_end, bool remote, char host[W32_HOST_TEXT_MAX])
{
    wchar_t wide[W32_HOST_TEXT_MAX] = {0};
    DWORD len = W32_HOST_TEXT_MAX;
    BOOL ok = remote ? GetNamedPipeClientComputerNameW(server_end, wide, sizeof wide)
                     : GetComputerNameW(wide, &len);
    if (!ok || WideCharToMultiByte(CP_UTF8, 0, wide, -1, host, W32_HOST_TEXT_MAX, NULL, NULL) == 0)
        host[0] = '\0';
}

sp_status w32_peer_of(w32_handle server_end, struct w32_peer *out, struct sp_error *err)
{
    struct w32_peer peer = {0};
    w32_handle token = NULL;
    sp_status status = open_client_token(server_end, &token, err);
    if (status != SP_OK)
        return status;
    status = token_sid(token, peer.sid, err);
    if (status != SP_OK)
        goto done;

    unsigned char network[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof network;
    BOOL is_network = FALSE;
    if (!CreateWellKnownSid(WinNetworkSid, NULL, network, &size) ||
        !CheckTokenMembership(token, network, &is_network)) {
        status = w32_fail(err, GetLastError(), "asking a token whether it came over the network");
        goto done;
    }
    peer.remote = is_network;
    host_of(server_end, peer.remote, peer.host);
    ULONG pid = 0;
    if (GetNamedPipeClientProcessId(server_end, &pid))
        peer.pid = pid;
    *out = peer;
done:
    w32_handle_close(&token);
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
