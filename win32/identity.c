/* win32/identity.c - who this process is, and who is at the other end of a pipe. */
#include "win32/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "win32/error.h"
#include "win32/text.h"
#include "win32/wine.h"

enum { TOKEN_USER_BYTES = sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE };

static sp_status token_sid(HANDLE token, char text[W32_SID_TEXT_MAX], struct sp_error *err)
{
    union {
        TOKEN_USER user;
        unsigned char bytes[TOKEN_USER_BYTES];
    } info;
    DWORD size = 0;
    if (!GetTokenInformation(token, TokenUser, &info, sizeof info, &size))
        return w32_fail(err, GetLastError(), "asking a token for its user");
    return w32_sid_text(info.user.User.Sid, text, err);
}

sp_status w32_own_token(uint32_t access, w32_handle *token, struct sp_error *err)
{
    HANDLE raw = NULL;
    if (!OpenProcessToken(GetCurrentProcess(), access, &raw))
        return w32_fail(err, GetLastError(), "opening this process's token");
    *token = w32_take(raw);
    return SP_OK;
}

sp_status w32_own_sid(char sid[W32_SID_TEXT_MAX], struct sp_error *err)
{
    w32_handle token = NULL;
    sp_status status = w32_own_token(TOKEN_QUERY, &token, err);
    if (status == SP_OK)
        status = token_sid(token, sid, err);
    w32_handle_close(&token);
    return status;
}

sp_status w32_peer_shown_token(w32_handle server_end, uint32_t access, w32_handle *token,
                               struct sp_error *err)
{
    if (!ImpersonateNamedPipeClient(server_end)) {
        uint32_t refused = GetLastError();
        if (refused == ERROR_CANNOT_IMPERSONATE)
            return sp_fail(err, SP_ESTATE, refused,
                           "a pipe can't say who its client is before something was read from it");
        return w32_fail(err, refused, "asking a pipe who its client is");
    }
    HANDLE raw = NULL;
    BOOL ok = OpenThreadToken(GetCurrentThread(), access, TRUE, &raw);
    DWORD os = ok ? 0 : GetLastError();
    /* A thread that stays somebody else would do everything after as that user. */
    if (!RevertToSelf())
        TerminateProcess(GetCurrentProcess(), GetLastError());
    if (!ok)
        return w32_fail(err, os, "opening the token of a pipe's client");
    *token = w32_take(raw);
    return SP_OK;
}

/* The pipe keeps the session of the process that opened it: a number that went on to a process of
 * another session, a service above all, is not the client's any more. */
static sp_status check_session(w32_handle server_end, uint32_t pid, struct sp_error *err)
{
    ULONG of_client = 0;
    DWORD of_process = 0;
    if (!GetNamedPipeClientSessionId(server_end, &of_client))
        return w32_fail(err, GetLastError(), "asking a pipe for its client's session");
    if (!ProcessIdToSessionId(pid, &of_process))
        return w32_fail(err, GetLastError(), "asking for the session of process %u", (unsigned)pid);
    if (of_client != of_process)
        return sp_fail(err, SP_EACCESS, 0,
                       "process %u is of session %u, and the pipe's client of session %u",
                       (unsigned)pid, (unsigned)of_process, (unsigned)of_client);
    return SP_OK;
}

static sp_status open_process(w32_handle server_end, DWORD access, uint32_t *pid,
                              w32_handle *process, struct sp_error *err)
{
    ULONG number = 0;
    if (!GetNamedPipeClientProcessId(server_end, &number))
        return w32_fail(err, GetLastError(), "asking a pipe for its client's process");
    w32_handle h = w32_take(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | access, FALSE, number));
    uint32_t os = h == NULL ? GetLastError() : 0;
    if (os == ERROR_INVALID_PARAMETER)
        return sp_fail(err, SP_ENOTFOUND, os, "a pipe's client, process %u, has ended",
                       (unsigned)number);
    if (h == NULL)
        return w32_fail(err, os, "opening a pipe's client, process %u", (unsigned)number);
    *pid = number;
    *process = h;
    return SP_OK;
}

static sp_status open_process_token(w32_handle process, uint32_t pid, w32_handle *token,
                                    struct sp_error *err)
{
    HANDLE raw = NULL;
    if (!OpenProcessToken(process, TOKEN_QUERY, &raw))
        return w32_fail(err, GetLastError(), "opening the token of process %u", (unsigned)pid);
    *token = w32_take(raw);
    return SP_OK;
}

static sp_status open_process_impersonation(w32_handle server_end, w32_handle *token,
                                            struct sp_error *err)
{
    w32_handle process = NULL;
    HANDLE primary = NULL, raw = NULL;
    uint32_t pid = 0;
    sp_status status = open_process(server_end, 0, &pid, &process, err);
    if (status == SP_OK)
        status = check_session(server_end, pid, err);
    if (status == SP_OK && !OpenProcessToken(process, TOKEN_QUERY | TOKEN_DUPLICATE, &primary))
        status = w32_fail(err, GetLastError(), "opening the token of process %u", (unsigned)pid);
    if (status == SP_OK && !DuplicateTokenEx(primary, TOKEN_QUERY, NULL, SecurityIdentification,
                                             TokenImpersonation, &raw))
        status =
            w32_fail(err, GetLastError(), "asking with the token of process %u", (unsigned)pid);
    if (status == SP_OK)
        *token = w32_take(raw);
    if (primary != NULL)
        CloseHandle(primary);
    w32_handle_close(&process);
    return status;
}

/* Of a client that has ended Wine still knows no more than our own token. */
sp_status w32_peer_token(w32_handle server_end, w32_handle *out, struct sp_error *err)
{
    w32_handle shown = NULL;
    sp_status status = w32_peer_shown_token(server_end, TOKEN_QUERY, &shown, err);
    if (status == SP_OK && w32_is_wine() &&
        open_process_impersonation(server_end, out, NULL) == SP_OK)
        w32_handle_close(&shown);
    else if (status == SP_OK)
        *out = shown;
    return status;
}

sp_status w32_peer_token_local(w32_handle server_end, w32_handle *out, struct sp_error *err)
{
    sp_status status = w32_peer_token(server_end, out, err);
    return status == SP_ESTATE ? open_process_impersonation(server_end, out, err) : status;
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

static sp_status is_member(w32_handle token, WELL_KNOWN_SID_TYPE group, bool *out,
                           struct sp_error *err)
{
    unsigned char sid[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof sid;
    BOOL member = FALSE;
    if (!CreateWellKnownSid(group, NULL, sid, &size) || !CheckTokenMembership(token, sid, &member))
        return w32_fail(err, GetLastError(), "asking a token for its groups");
    *out = member;
    return SP_OK;
}

sp_status w32_peer_of(w32_handle server_end, struct w32_peer *out, struct sp_error *err)
{
    struct w32_peer peer = {0};
    w32_handle token = NULL;
    sp_status status = w32_peer_token(server_end, &token, err);
    if (status != SP_OK)
        return status;
    status = token_sid(token, peer.sid, err);
    if (status != SP_OK)
        goto done;

    status = is_member(token, WinNetworkSid, &peer.remote, err);
    if (status != SP_OK)
        goto done;
    host_of(server_end, peer.remote, peer.host);
    ULONG pid = 0;
    if (GetNamedPipeClientProcessId(server_end, &pid))
        peer.pid = pid;
    *out = peer;
done:
    w32_handle_close(&token);
    return status;
}

sp_status w32_peer_of_process(w32_handle server_end, struct w32_peer *out, struct sp_error *err)
{
    struct w32_peer peer = {.by_process = true};
    w32_handle process = NULL;
    w32_handle token = NULL;
    sp_status status = open_process(server_end, 0, &peer.pid, &process, err);
    /* From here on the number can't go to yet another process. */
    if (status == SP_OK)
        status = check_session(server_end, peer.pid, err);
    if (status != SP_OK)
        goto done;
    status = open_process_token(process, peer.pid, &token, err);
    if (status == SP_OK)
        status = token_sid(token, peer.sid, err);
    if (status != SP_OK)
        goto done;
    host_of(server_end, false, peer.host);
    *out = peer;
done:
    w32_handle_close(&token);
    w32_handle_close(&process);
    return status;
}

sp_status w32_peer_of_local(w32_handle server_end, struct w32_peer *out, struct sp_error *err)
{
    sp_status status = w32_peer_of(server_end, out, err);
    return status == SP_ESTATE ? w32_peer_of_process(server_end, out, err) : status;
}

/* ------------------------------------------------------------------ its process */

/* What makes two tokens as good as each other. */
struct standing {
    char sid[W32_SID_TEXT_MAX];
    LUID logon;
    DWORD integrity;
    BOOL restricted;
    DWORD app_container;
};

static sp_status integrity_of(HANDLE token, DWORD *level, struct sp_error *err)
{
    union {
        TOKEN_MANDATORY_LABEL label;
        unsigned char bytes[sizeof(TOKEN_MANDATORY_LABEL) + SECURITY_MAX_SID_SIZE];
    } info;
    DWORD size = 0;
    if (!GetTokenInformation(token, TokenIntegrityLevel, &info, sizeof info, &size))
        return w32_fail(err, GetLastError(), "asking a token for its integrity");
    PSID sid = info.label.Label.Sid;
    *level = *GetSidSubAuthority(sid, (DWORD)*GetSidSubAuthorityCount(sid) - 1);
    return SP_OK;
}

static sp_status standing_of(HANDLE token, struct standing *out, struct sp_error *err)
{
    TOKEN_STATISTICS statistics;
    DWORD size = 0;
    sp_status status = token_sid(token, out->sid, err);
    if (status == SP_OK)
        status = integrity_of(token, &out->integrity, err);
    if (status != SP_OK)
        return status;
    if (!GetTokenInformation(token, TokenStatistics, &statistics, sizeof statistics, &size) ||
        !GetTokenInformation(token, TokenIsAppContainer, &out->app_container,
                             sizeof out->app_container, &size))
        return w32_fail(err, GetLastError(), "asking a token for its logon");
    out->logon = statistics.AuthenticationId;
    out->restricted = IsTokenRestricted(token);
    return SP_OK;
}

/* Two app containers may differ in what they may do: those are never as good as each other. */
static bool same_standing(const struct standing *a, const struct standing *b)
{
    return strcmp(a->sid, b->sid) == 0 && a->logon.LowPart == b->logon.LowPart &&
           a->logon.HighPart == b->logon.HighPart && a->integrity == b->integrity &&
           a->restricted == b->restricted && a->app_container == 0 && b->app_container == 0;
}

static sp_status is_trusted(w32_handle token, const struct standing *client, bool *out,
                            struct sp_error *err)
{
    struct standing own = {.sid = ""};
    w32_handle ours = NULL;
    bool administrator = false;
    sp_status status = w32_own_token(TOKEN_QUERY, &ours, err);
    if (status == SP_OK)
        status = standing_of(ours, &own, err);
    if (status == SP_OK)
        status = is_member(token, WinBuiltinAdministratorsSid, &administrator, err);
    if (status == SP_OK)
        *out = administrator ||
               (strcmp(own.sid, client->sid) == 0 && client->integrity >= own.integrity &&
                client->restricted == own.restricted);
    w32_handle_close(&ours);
    return status;
}

sp_status w32_peer_process(w32_handle server_end, w32_handle *out, bool *trusted,
                           struct sp_error *err)
{
    struct standing shown = {.sid = ""}, has = {.sid = ""};
    w32_handle client = NULL, process = NULL, token = NULL;
    uint32_t pid = 0;
    sp_status status = w32_peer_token(server_end, &client, err);
    if (status == SP_OK)
        status = open_process(server_end, PROCESS_DUP_HANDLE, &pid, &process, err);
    if (status == SP_OK)
        status = open_process_token(process, pid, &token, err);
    if (status == SP_OK)
        status = standing_of(client, &shown, err);
    if (status == SP_OK)
        status = standing_of(token, &has, err);
    if (status == SP_OK && !same_standing(&shown, &has))
        status = sp_fail(err, SP_EACCESS, 0,
                         "process %u is not of the same user, logon and integrity as its client",
                         (unsigned)pid);
    if (status == SP_OK)
        status = is_trusted(client, &shown, trusted, err);
    if (status == SP_OK) {
        *out = process;
        process = NULL;
    }
    w32_handle_close(&process);
    w32_handle_close(&token);
    w32_handle_close(&client);
    return status;
}
