/* win32/groups.c - which groups an account belongs to. */
#include "win32/groups.h"

#include <stdlib.h>
#include <string.h>

#include <windows.h>
#include <authz.h>
#include <sddl.h>

#include "win32/error.h"
#include "win32/identity.h"
#include "win32/text.h"

static sp_status add(struct w32_groups *g, const char *sid, struct sp_error *err)
{
    char(*sids)[W32_SID_TEXT_MAX] = realloc(g->sids, (g->count + 1) * sizeof *sids);
    if (sids == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for an account's groups");
    g->sids = sids;
    memcpy(g->sids[g->count++], sid, strlen(sid) + 1);
    return SP_OK;
}

/* Those that only deny something make nobody a member. */
static sp_status add_groups(struct w32_groups *g, const TOKEN_GROUPS *groups, struct sp_error *err)
{
    char text[W32_SID_TEXT_MAX];
    sp_status status = SP_OK;
    for (DWORD i = 0; status == SP_OK && i < groups->GroupCount; i++) {
        if ((groups->Groups[i].Attributes & SE_GROUP_ENABLED) == 0)
            continue;
        status = w32_sid_text(groups->Groups[i].Sid, text, err);
        if (status == SP_OK)
            status = add(g, text, err);
    }
    return status;
}

/* ------------------------------------------------------------------ somebody else's */

typedef BOOL(WINAPI *open_fn)(DWORD, PFN_AUTHZ_DYNAMIC_ACCESS_CHECK,
                              PFN_AUTHZ_COMPUTE_DYNAMIC_GROUPS, PFN_AUTHZ_FREE_DYNAMIC_GROUPS,
                              PCWSTR, PAUTHZ_RESOURCE_MANAGER_HANDLE);
typedef BOOL(WINAPI *close_fn)(AUTHZ_RESOURCE_MANAGER_HANDLE);
typedef BOOL(WINAPI *context_fn)(DWORD, PSID, AUTHZ_RESOURCE_MANAGER_HANDLE, PLARGE_INTEGER, LUID,
                                 PVOID, PAUTHZ_CLIENT_CONTEXT_HANDLE);
typedef BOOL(WINAPI *ask_fn)(AUTHZ_CLIENT_CONTEXT_HANDLE, AUTHZ_CONTEXT_INFORMATION_CLASS, DWORD,
                             PDWORD, PVOID);
typedef BOOL(WINAPI *close_context_fn)(AUTHZ_CLIENT_CONTEXT_HANDLE);

/* authz's functions, loaded so that nothing imports it. */
struct authz {
    HMODULE module;
    open_fn open;
    close_fn close;
    context_fn context;
    ask_fn ask;
    close_context_fn close_context;
};

static void (*find(const struct authz *a, const char *name))(void)
{
    return (void (*)(void))GetProcAddress(a->module, name);
}

static bool load(struct authz *a)
{
    a->module = LoadLibraryExW(L"authz.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (a->module == NULL)
        return false;
    a->open = (open_fn)find(a, "AuthzInitializeResourceManager");
    a->close = (close_fn)find(a, "AuthzFreeResourceManager");
    a->context = (context_fn)find(a, "AuthzInitializeContextFromSid");
    a->ask = (ask_fn)find(a, "AuthzGetInformationFromContext");
    a->close_context = (close_context_fn)find(a, "AuthzFreeContext");
    return a->open != NULL && a->close != NULL && a->context != NULL && a->ask != NULL &&
           a->close_context != NULL;
}

/* @return NULL: Windows can't say; free() */
static TOKEN_GROUPS *ask(const struct authz *a, PSID sid)
{
    AUTHZ_RESOURCE_MANAGER_HANDLE manager = NULL;
    AUTHZ_CLIENT_CONTEXT_HANDLE context = NULL;
    TOKEN_GROUPS *groups = NULL;
    LUID nobody = {0};
    DWORD size = 0;
    if (!a->open(AUTHZ_RM_FLAG_NO_AUDIT, NULL, NULL, NULL, NULL, &manager))
        return NULL;
    if (a->context(0, sid, manager, NULL, nobody, NULL, &context)) {
        a->ask(context, AuthzContextInfoGroupsSids, 0, &size, NULL);
        groups = size == 0 ? NULL : malloc(size);
        if (groups != NULL && !a->ask(context, AuthzContextInfoGroupsSids, size, &size, groups)) {
            free(groups);
            groups = NULL;
        }
        a->close_context(context);
    }
    a->close(manager);
    return groups;
}

static sp_status of_somebody(const char *sid, struct w32_groups *g, struct sp_error *err)
{
    struct authz a = {0};
    wchar_t *wide = NULL;
    PSID binary = NULL;
    TOKEN_GROUPS *groups = NULL;
    sp_status status = w32_wide(sid, &wide, err);
    if (status == SP_OK && !ConvertStringSidToSidW(wide, &binary))
        status = sp_fail(err, SP_EINVAL, GetLastError(), "'%s' is not a SID", sid);
    if (status == SP_OK && load(&a))
        groups = ask(&a, binary);
    if (groups != NULL) {
        g->known = true;
        status = add_groups(g, groups, err);
    }
    free(groups);
    if (a.module != NULL)
        FreeLibrary(a.module);
    LocalFree(binary);
    free(wide);
    return status;
}

/* ------------------------------------------------------------------ our own */

static sp_status of_ourselves(struct w32_groups *g, struct sp_error *err)
{
    w32_handle token = NULL;
    TOKEN_GROUPS *groups = NULL;
    DWORD size = 0;
    sp_status status = w32_own_token(TOKEN_QUERY, &token, err);
    if (status != SP_OK)
        return status;
    GetTokenInformation(token, TokenGroups, NULL, 0, &size);
    groups = malloc(size + 1);
    if (groups == NULL)
        status = sp_fail(err, SP_ENOMEM, 0, "no memory for groups");
    if (status == SP_OK && !GetTokenInformation(token, TokenGroups, groups, size, &size))
        status = w32_fail(err, GetLastError(), "asking a token for its groups");
    if (status == SP_OK)
        status = add_groups(g, groups, err);
    g->known = status == SP_OK;
    free(groups);
    w32_handle_close(&token);
    return status;
}

sp_status w32_groups_of(const char *sid, struct w32_groups *out, struct sp_error *err)
{
    struct w32_groups g = {0};
    char own[W32_SID_TEXT_MAX];
    sp_status status = w32_own_sid(own, err);
    if (status == SP_OK)
        status = add(&g, sid, err);
    if (status == SP_OK)
        status = strcmp(own, sid) == 0 ? of_ourselves(&g, err) : of_somebody(sid, &g, err);
    if (status == SP_OK && !g.known) {
        status = add(&g, "S-1-1-0", err);
        if (status == SP_OK)
            status = add(&g, "S-1-5-11", err);
    }
    if (status == SP_OK)
        *out = g;
    else
        w32_groups_close(&g);
    return status;
}

bool w32_groups_have(const struct w32_groups *groups, const char *sid)
{
    for (size_t i = 0; i < groups->count; i++)
        if (strcmp(groups->sids[i], sid) == 0)
            return true;
    return false;
}

void w32_groups_close(struct w32_groups *groups)
{
    free(groups->sids);
    *groups = (struct w32_groups){0};
}
