/* win32/token.c - whom a program runs as, if not as this process does. */
#include "win32/token.h"

#include <stdlib.h>
#include <string.h>

#include <windows.h>
#include <userenv.h>

#include "core/logon.h"
#include "win32/error.h"
#include "win32/identity.h"
#include "win32/text.h"

/* What Windows takes for "ask the domain" in the place of a managed account's password.
 * https://learn.microsoft.com/windows/win32/api/lmaccess/nf-lmaccess-netaddserviceaccount */
#define MANAGED_PASSWORD L"_SA_{262E99C9-6160-4871-ACEC-4E61736B6F21}"

enum {
    /* To start programs with, to look at and to make others of. */
    TOKEN_RIGHTS = TOKEN_QUERY | TOKEN_DUPLICATE | TOKEN_ASSIGN_PRIMARY | TOKEN_ADJUST_DEFAULT |
                   TOKEN_ADJUST_SESSIONID,
    FOLDER_UNITS_MAX = 32768,
};

void w32_token_close(struct w32_token *token)
{
    w32_handle_close(&token->primary);
    free(token->environment);
    free(token->folder);
    *token = (struct w32_token){0};
}

/* ------------------------------------------------------------------ whose */

sp_status w32_token_own(struct w32_token *out, struct sp_error *err)
{
    struct w32_token token = {0};
    sp_status status = w32_own_token(TOKEN_RIGHTS, &token.primary, err);
    if (status == SP_OK)
        *out = token;
    return status;
}

/* Handles are inherited within a session alone, and a program starts in that of its token. */
static sp_status move_to_our_session(w32_handle token, struct sp_error *err)
{
    DWORD ours = 0, session = 0, size = 0;
    if (!ProcessIdToSessionId(GetCurrentProcessId(), &ours) ||
        !GetTokenInformation(token, TokenSessionId, &session, sizeof session, &size))
        return w32_fail(err, GetLastError(), "asking for a token's session");
    return session == ours || SetTokenInformation(token, TokenSessionId, &ours, sizeof ours)
               ? SP_OK
               : w32_fail(err, GetLastError(), "moving a token from session %u to %u",
                          (unsigned)session, (unsigned)ours);
}

sp_status w32_token_of_client(w32_handle server_end, struct w32_token *out, struct sp_error *err)
{
    SECURITY_IMPERSONATION_LEVEL level = SecurityAnonymous;
    w32_handle shown = NULL;
    HANDLE raw = NULL;
    DWORD size = 0;
    sp_status status = w32_peer_shown_token(server_end, TOKEN_QUERY | TOKEN_DUPLICATE, &shown, err);
    if (status != SP_OK)
        return status;
    if (!GetTokenInformation(shown, TokenImpersonationLevel, &level, sizeof level, &size))
        status = w32_fail(err, GetLastError(), "asking a token for its level");
    else if (level < SecurityImpersonation)
        status = sp_fail(err, SP_EACCESS, 0, "the client does not let itself be acted for");
    else if (!DuplicateTokenEx(shown, TOKEN_RIGHTS, NULL, SecurityImpersonation, TokenPrimary,
                               &raw))
        status = w32_fail(err, GetLastError(), "making a token of a client's");
    w32_handle_close(&shown);
    if (status != SP_OK)
        return status;
    struct w32_token token = {.primary = w32_take(raw)};
    status = move_to_our_session(token.primary, err);
    if (status == SP_OK)
        *out = token;
    else
        w32_token_close(&token);
    return status;
}

static sp_status logon_failed(DWORD os, const char *account, struct sp_error *err)
{
    if (os == ERROR_LOGON_TYPE_NOT_GRANTED)
        return sp_fail(err, SP_EACCESS, os,
                       "logging %s on: grant it the right to log on as a service (secpol.msc, User "
                       "Rights Assignment; error %u)",
                       account, (unsigned)os);
    sp_status status = w32_fail(err, os, "logging %s on", account);
    if (os != ERROR_LOGON_FAILURE && os != ERROR_ACCOUNT_RESTRICTION &&
        os != ERROR_PASSWORD_EXPIRED && os != ERROR_ACCOUNT_DISABLED)
        return status;
    if (err != NULL)
        err->status = SP_EACCESS;
    return SP_EACCESS;
}

static sp_status log_on(const struct sp_logon *a, const char *account, const wchar_t *password,
                        struct w32_token *out, struct sp_error *err)
{
    wchar_t *domain = NULL, *name = NULL;
    HANDLE raw = NULL;
    DWORD provider =
        a->kind == SP_LOGON_VIRTUAL ? LOGON32_PROVIDER_VIRTUAL : LOGON32_PROVIDER_DEFAULT;
    sp_status status = w32_wide(a->name, &name, err);
    if (status == SP_OK && a->domain != NULL)
        status = w32_wide(a->domain, &domain, err);
    if (status == SP_OK &&
        !LogonUserW(name, domain, password, LOGON32_LOGON_SERVICE, provider, &raw))
        status = logon_failed(GetLastError(), account, err);
    if (status == SP_OK)
        *out = (struct w32_token){.primary = w32_take(raw)};
    free(domain);
    free(name);
    return status;
}

sp_status w32_token_logon(const char *account, const char *password, struct w32_token *out,
                          struct sp_error *err)
{
    struct sp_logon a = {0};
    wchar_t *wide = NULL;
    sp_status status = sp_logon_parse(account, &a, err);
    if (status == SP_OK && a.kind == SP_LOGON_USER && password != NULL)
        status = w32_wide(password, &wide, err);
    if (status == SP_OK)
        status =
            log_on(&a, account, a.kind == SP_LOGON_MANAGED ? MANAGED_PASSWORD : wide, out, err);
    if (wide != NULL)
        SecureZeroMemory(wide, wcslen(wide) * sizeof *wide);
    free(wide);
    sp_logon_deinit(&a);
    return status;
}

/* ------------------------------------------------------------------ less of it */

/* All privileges of a token but SeChangeNotifyPrivilege, one by one: Windows has a flag for that
 * (DISABLE_MAX_PRIVILEGE), which Wine ignores. */
static sp_status list_privileges(HANDLE token, TOKEN_PRIVILEGES **out, struct sp_error *err)
{
    DWORD size = 0;
    LUID walking;
    if (!LookupPrivilegeValueW(NULL, SE_CHANGE_NOTIFY_NAME, &walking))
        return w32_fail(err, GetLastError(), "naming a privilege");
    GetTokenInformation(token, TokenPrivileges, NULL, 0, &size);
    TOKEN_PRIVILEGES *list = calloc(1, size + sizeof *list);
    if (list == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a token's privileges");
    if (!GetTokenInformation(token, TokenPrivileges, list, size, &size)) {
        sp_status status = w32_fail(err, GetLastError(), "asking a token for its privileges");
        free(list);
        return status;
    }
    DWORD kept = 0;
    for (DWORD i = 0; i < list->PrivilegeCount; i++)
        if (list->Privileges[i].Luid.LowPart != walking.LowPart)
            list->Privileges[kept++] = list->Privileges[i];
    list->PrivilegeCount = kept;
    *out = list;
    return SP_OK;
}

sp_status w32_token_restrict(struct w32_token *token, struct sp_error *err)
{
    unsigned char sid[SECURITY_MAX_SID_SIZE];
    SID_AND_ATTRIBUTES administrators = {.Sid = sid};
    TOKEN_PRIVILEGES *privileges = NULL;
    DWORD size = sizeof sid;
    HANDLE raw = NULL;
    if (!CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, sid, &size))
        return w32_fail(err, GetLastError(), "naming Administrators");
    sp_status status = list_privileges(token->primary, &privileges, err);
    if (status != SP_OK)
        return status;
    if (!CreateRestrictedToken(token->primary, DISABLE_MAX_PRIVILEGE, 1, &administrators,
                               privileges->PrivilegeCount, privileges->Privileges, 0, NULL, &raw))
        status = w32_fail(err, GetLastError(), "restricting a token");
    free(privileges);
    if (status != SP_OK)
        return status;
    w32_handle_close(&token->primary);
    token->primary = w32_take(raw);
    return SP_OK;
}

/* ------------------------------------------------------------------ its user's own */

/* What userenv is asked for. It brings other libraries with it, and most services never need it. */
struct userenv {
    HMODULE library;
    BOOL(WINAPI *create)(void **, HANDLE, BOOL);
    BOOL(WINAPI *destroy)(void *);
    BOOL(WINAPI *folder)(HANDLE, wchar_t *, DWORD *);
};

static FARPROC find(HMODULE library, const char *name)
{
    return library == NULL ? NULL : GetProcAddress(library, name);
}

static sp_status open_userenv(struct userenv *out, struct sp_error *err)
{
    HMODULE library = LoadLibraryExW(L"userenv.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    DWORD os = library == NULL ? GetLastError() : ERROR_PROC_NOT_FOUND;
    *out = (struct userenv){
        .library = library,
        .create = (BOOL(WINAPI *)(void **, HANDLE, BOOL))(void (*)(void))find(
            library, "CreateEnvironmentBlock"),
        .destroy = (BOOL(WINAPI *)(void *))(void (*)(void))find(library, "DestroyEnvironmentBlock"),
        .folder = (BOOL(WINAPI *)(HANDLE, wchar_t *, DWORD *))(void (*)(void))find(
            library, "GetUserProfileDirectoryW"),
    };
    return out->create != NULL && out->destroy != NULL && out->folder != NULL
               ? SP_OK
               : w32_fail(err, os, "loading userenv.dll");
}

/* Bytes of a block, with the empty string at its end. */
static size_t block_bytes(const wchar_t *block)
{
    const wchar_t *next = block;
    while (*next != L'\0')
        next += wcslen(next) + 1;
    return (size_t)(next + 1 - block) * sizeof *block;
}

static sp_status load_environment(const struct userenv *u, struct w32_token *token,
                                  struct sp_error *err)
{
    void *block = NULL;
    if (!u->create(&block, token->primary, FALSE))
        return w32_fail(err, GetLastError(), "asking for a user's environment");
    size_t size = block_bytes(block);
    token->environment = malloc(size);
    if (token->environment != NULL)
        memcpy(token->environment, block, size);
    u->destroy(block);
    return token->environment == NULL ? sp_fail(err, SP_ENOMEM, 0, "no memory for an environment")
                                      : SP_OK;
}

static sp_status load_folder(const struct userenv *u, struct w32_token *token, struct sp_error *err)
{
    DWORD units = FOLDER_UNITS_MAX;
    wchar_t *wide = calloc(units, sizeof *wide);
    if (wide == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a folder's name");
    sp_status status = SP_OK;
    if (u->folder(token->primary, wide, &units) &&
        GetFileAttributesW(wide) != INVALID_FILE_ATTRIBUTES)
        status = w32_utf8(wide, &token->folder, err);
    free(wide);
    return status;
}

sp_status w32_token_load_user(struct w32_token *token, struct sp_error *err)
{
    struct userenv userenv = {0};
    sp_status status = open_userenv(&userenv, err);
    if (status == SP_OK)
        status = load_environment(&userenv, token, err);
    if (status == SP_OK)
        status = load_folder(&userenv, token, err);
    if (userenv.library != NULL)
        FreeLibrary(userenv.library);
    return status;
}
