/* service/access.c - who may do what. */
#include "service/access.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "service/generation.h"
#include "service/log.h"
#include "service/state.h"
#include "win32/acl.h"
#include "win32/identity.h"
#include "win32/rights.h"

enum {
    ALL_RIGHTS = (1 << SP_RIGHT_COUNT) - 1,
    ACCOUNTS_MAX = 1000, /* an access list has 64 KiB at most */
};

/* ------------------------------------------------------------------ accounts and their rights */

struct grants {
    struct w32_rights_entry *items;
    size_t count, cap;
};

static sp_status grant(struct grants *g, const char *sid, uint32_t rights, struct sp_error *err)
{
    for (size_t i = 0; i < g->count; i++)
        if (strcmp(g->items[i].sid, sid) == 0) {
            g->items[i].rights |= rights;
            return SP_OK;
        }
    if (g->count == ACCOUNTS_MAX)
        return sp_fail(err, SP_EINVAL, 0,
                       "the config allows more than %d different accounts; make groups of them",
                       ACCOUNTS_MAX);
    if (g->count == g->cap) {
        size_t cap = g->cap == 0 ? 16 : g->cap * 2;
        struct w32_rights_entry *items = realloc(g->items, cap * sizeof *items);
        if (items == NULL)
            return sp_fail(err, SP_ENOMEM, 0, "no memory for a list of rights");
        g->items = items;
        g->cap = cap;
    }
    g->items[g->count++] = (struct w32_rights_entry){sid, rights};
    return SP_OK;
}

static sp_status grant_all(struct grants *g, const struct sp_accounts *list, uint32_t rights,
                           struct sp_error *err)
{
    sp_status status = SP_OK;
    for (size_t i = 0; status == SP_OK && i < list->count; i++)
        status = grant(g, list->items[i].sid, rights, err);
    return status;
}

/* SYSTEM and the administrators could take every right, so they have it. */
static sp_status grant_admins(const struct svc_server *server, const struct sp_accounts *admin,
                              struct grants *g, struct sp_error *err)
{
    const char *installer = server->options.installer_sid;
    sp_status status = grant(g, "S-1-5-18", ALL_RIGHTS, err);
    if (status == SP_OK)
        status = grant(g, "S-1-5-32-544", ALL_RIGHTS, err);
    if (status == SP_OK && admin->count > 0)
        return grant_all(g, admin, ALL_RIGHTS, err);
    if (status == SP_OK)
        status = grant(g, installer == NULL ? server->own_sid : installer, ALL_RIGHTS, err);
    return status;
}

static sp_status grant_worker(const struct sp_worker_config *worker, struct grants *g,
                              struct sp_error *err)
{
    static const uint32_t rights[SP_RIGHT_ADMIN] = {
        [SP_RIGHT_READ] = 1 << SP_RIGHT_READ,
        [SP_RIGHT_WRITE] = 1 << SP_RIGHT_WRITE | 1 << SP_RIGHT_READ,
        [SP_RIGHT_CONTROL] = 1 << SP_RIGHT_CONTROL,
    };
    sp_status status = SP_OK;
    for (int i = 0; status == SP_OK && i < SP_RIGHT_ADMIN; i++)
        status = grant_all(g, &worker->allow[i], rights[i], err);
    return status;
}

/* ------------------------------------------------------------------ descriptors */

static sp_status keep(struct sp_buffer *sddl, char **text, void **descriptor, struct sp_error *err)
{
    sp_status status = sp_text_copy(sp_bytes_of((const char *)sddl->data), text, err);
    if (status == SP_OK)
        status = w32_acl_of(*text, descriptor, err);
    sddl->len = 0;
    return status;
}

/* A pipe for all who have one of some rights; our own account makes its instances. */
static sp_status pipe_of(const struct svc_server *server, const struct grants *g, uint32_t rights,
                         bool remote, struct sp_buffer *sddl, struct sp_error *err)
{
    size_t count = 0;
    struct w32_acl_entry *entries = calloc(g->count + 1, sizeof *entries);
    if (entries == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a pipe's access list");
    entries[count++] = (struct w32_acl_entry){server->own_sid, W32_ACL_SERVE};
    for (size_t i = 0; i < g->count; i++)
        if ((g->items[i].rights & rights) != 0)
            entries[count++] = (struct w32_acl_entry){g->items[i].sid, W32_ACL_USE};
    sp_status status = w32_acl_sddl(entries, count, remote, sddl, err);
    free(entries);
    return status;
}

static sp_status make(const struct svc_server *server, const struct grants *all,
                      const struct grants *own, uint32_t pipe_rights, bool remote,
                      struct svc_access *access, struct sp_error *err)
{
    struct sp_buffer sddl = {0};
    sp_status status = w32_rights_sddl(own->items, own->count, &sddl, err);
    if (status == SP_OK)
        status = keep(&sddl, &access->rights_sddl, &access->rights, err);
    if (status == SP_OK)
        status = pipe_of(server, all, pipe_rights, remote, &sddl, err);
    if (status == SP_OK)
        status = keep(&sddl, &access->pipe_sddl, &access->pipe, err);
    sp_buffer_deinit(&sddl);
    return status;
}

sp_status svc_access_open_server(const struct svc_server *server, const struct svc_generation *g,
                                 struct svc_access *out, struct sp_error *err)
{
    struct grants admins = {0}, all = {0};
    sp_status status = grant_admins(server, &g->base->admin, &admins, err);
    if (status == SP_OK)
        status = grant_admins(server, &g->base->admin, &all, err);
    for (size_t i = 0; status == SP_OK && i < g->config->worker_count; i++)
        status = grant_worker(&g->config->workers[i], &all, err);
    if (status == SP_OK)
        status = make(server, &all, &admins, ALL_RIGHTS, svc_generation_is_remote(g), out, err);
    free(admins.items);
    free(all.items);
    return status;
}

sp_status svc_access_open_worker(const struct svc_server *server, const struct svc_generation *g,
                                 const struct sp_worker_config *worker, struct svc_access *out,
                                 struct sp_error *err)
{
    struct grants grants = {0};
    sp_status status = grant_admins(server, &g->base->admin, &grants, err);
    if (status == SP_OK)
        status = grant_worker(worker, &grants, err);
    if (status == SP_OK) /* a raw endpoint is duplex: who opens it writes; and it is never remote */
        status = make(server, &grants, &grants, 1 << SP_RIGHT_WRITE, false, out, err);
    free(grants.items);
    return status;
}

void svc_access_close(struct svc_access *access)
{
    w32_acl_free(access->rights);
    w32_acl_free(access->pipe);
    free(access->rights_sddl);
    free(access->pipe_sddl);
    *access = (struct svc_access){0};
}

/* ------------------------------------------------------------------ asking */

enum sp_right svc_access_to_use(const struct sp_worker_config *worker, bool read_only)
{
    return read_only && worker->mode == SP_MODE_SHARED ? SP_RIGHT_READ : SP_RIGHT_WRITE;
}

bool svc_access_granted(w32_handle token, const struct svc_access *access, enum sp_right right)
{
    struct sp_error err;
    bool granted = false;
    if (w32_rights_check(token, access->rights, 1u << right, &granted, &err) == SP_OK)
        return granted;
    svc_log(SVC_LOG_ERROR, "%s", err.what);
    return false;
}

bool svc_access_of_client(w32_handle pipe, const struct svc_access *access, enum sp_right right)
{
    struct sp_error err;
    w32_handle token = NULL;
    if (w32_peer_token(pipe, &token, &err) != SP_OK) {
        svc_log(SVC_LOG_WARNING, "what a client may do can't be found out: %s", err.what);
        return false;
    }
    bool granted = svc_access_granted(token, access, right);
    w32_handle_close(&token);
    return granted;
}
