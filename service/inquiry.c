/* service/inquiry.c - the `access` method: who may do what with a worker, and why. */
#include "service/inquiry.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "service/connection.h"
#include "service/generation.h"
#include "service/log.h"
#include "win32/account.h"
#include "win32/groups.h"

/* Lives until its work is done, whatever becomes of its client. */
struct svc_inquiry {
    struct w32_work work;
    struct svc_connection *connection; /* NULL: it has gone */
    struct svc_shard *shard;
    json_t *id;     /* owned */
    json_t *answer; /* owned; the pool's while it works */
    char *account;  /* owned; NULL: none */
    sp_status status;
    struct sp_error err;
};

enum {
    READ = 1 << SP_RIGHT_READ,
    WRITE = 1 << SP_RIGHT_WRITE,
    CONTROL = 1 << SP_RIGHT_CONTROL,
    EVERYTHING = (1 << SP_RIGHT_COUNT) - 1,
};

/* ------------------------------------------------------------------ the lists */

static json_t *words(unsigned rights)
{
    json_t *out = json_array();
    for (int i = 0; i < SP_RIGHT_COUNT; i++)
        if ((rights & 1u << i) != 0)
            json_array_append_new(out, json_string(sp_right_name((enum sp_right)i)));
    return out;
}

/* @param account NULL: not known yet */
static void add(json_t *entries, const char *sid, const char *account, const char *by,
                json_t *rights)
{
    json_array_append_new(entries, json_pack("{s:s, s:s?, s:s, s:o}", "sid", sid, "account",
                                             account, "by", by, "rights", rights));
}

static void add_admins(const struct svc_server *server, json_t *entries)
{
    const struct sp_accounts *admin = &server->now->base->admin;
    const char *installer = server->options.installer_sid;
    add(entries, "S-1-5-18", NULL, "always", words(EVERYTHING));
    add(entries, "S-1-5-32-544", NULL, "always", words(EVERYTHING));
    for (size_t i = 0; i < admin->count; i++)
        add(entries, admin->items[i].sid, admin->items[i].name, "allow.admin", words(EVERYTHING));
    if (admin->count == 0)
        add(entries, installer == NULL ? server->own_sid : installer, NULL,
            installer == NULL ? "runs the service" : "installed the service", words(EVERYTHING));
}

static json_t *entries_of(const struct svc_worker *w)
{
    static const char *const by[] = {"allow.read", "allow.write", "allow.control"};
    static const unsigned gives[] = {READ, READ | WRITE, CONTROL};
    json_t *entries = json_array();
    add_admins(w->server, entries);
    for (int i = 0; i < SP_RIGHT_ADMIN; i++)
        for (size_t k = 0; k < w->config->allow[i].count; k++)
            add(entries, w->config->allow[i].items[k].sid, w->config->allow[i].items[k].name, by[i],
                words(gives[i]));
    return entries;
}

json_t *svc_inquiry_rights(const struct svc_connection *c, const struct svc_worker *w)
{
    struct sp_error err;
    w32_handle token = NULL;
    unsigned rights = 0;
    if (w32_peer_token(c->pipe, &token, &err) != SP_OK)
        svc_log(SVC_LOG_WARNING, "what a client may do can't be found out: %s", err.what);
    for (int i = 0; token != NULL && i < SP_RIGHT_COUNT; i++)
        if (svc_access_granted(token, &w->access, (enum sp_right)i))
            rights |= 1u << i;
    w32_handle_close(&token);
    return words(rights);
}

/* ------------------------------------------------------------------ on the pool */

static sp_status find_names(json_t *entries, struct sp_error *err)
{
    size_t i;
    json_t *entry;
    sp_status status = SP_OK;
    json_array_foreach(entries, i, entry)
    {
        char *name = NULL;
        if (status != SP_OK || json_is_string(json_object_get(entry, "account")))
            continue;
        status = w32_account_of(json_string_value(json_object_get(entry, "sid")), &name, err);
        if (status == SP_OK)
            json_object_set_new(entry, "account", json_string(name));
        free(name);
    }
    return status;
}

static bool gives(json_t *entry, const char *right)
{
    size_t i;
    json_t *value;
    json_array_foreach(json_object_get(entry, "rights"), i,
                       value) if (strcmp(json_string_value(value), right) == 0) return true;
    return false;
}

/* The first entry that gives a right to one of these; or null. */
static json_t *why(json_t *entries, const struct w32_groups *who, const char *right)
{
    size_t i;
    json_t *entry;
    json_array_foreach(
        entries, i, entry) if (gives(entry, right) &&
                               w32_groups_have(who, json_string_value(json_object_get(
                                                        entry, "sid")))) return json_incref(entry);
    return json_null();
}

static sp_status look_at(const char *account, json_t *answer, struct sp_error *err)
{
    char sid[W32_SID_TEXT_MAX];
    char *name = NULL;
    struct w32_groups who = {0};
    json_t *rights = json_object();
    sp_status status = w32_sid_of(account, sid, err);
    if (status == SP_OK)
        status = w32_account_of(sid, &name, err);
    if (status == SP_OK)
        status = w32_groups_of(sid, &who, err);
    for (size_t i = 0; status == SP_OK && i < SP_RIGHT_COUNT; i++)
        json_object_set_new(
            rights, sp_right_name((enum sp_right)i),
            why(json_object_get(answer, "entries"), &who, sp_right_name((enum sp_right)i)));
    if (status == SP_OK)
        json_object_set_new(answer, "asked",
                            json_pack("{s:s, s:s, s:b, s:O}", "account", name, "sid", sid,
                                      "groups_known", who.known, "rights", rights));
    json_decref(rights);
    w32_groups_close(&who);
    free(name);
    return status;
}

static void run(struct w32_work *work)
{
    struct svc_inquiry *q = SP_CONTAINER(work, struct svc_inquiry, work);
    q->status = find_names(json_object_get(q->answer, "entries"), &q->err);
    if (q->status == SP_OK && q->account != NULL)
        q->status = look_at(q->account, q->answer, &q->err);
}

/* ------------------------------------------------------------------ on the loop */

static void done(struct w32_work *work)
{
    struct svc_inquiry *q = SP_CONTAINER(work, struct svc_inquiry, work);
    struct svc_connection *c = q->connection;
    struct svc_shard *shard = q->shard;
    if (c != NULL)
        c->inquiry = NULL;
    if (c != NULL && q->status == SP_OK)
        svc_connection_reply(c, q->id, json_incref(q->answer));
    else if (c != NULL)
        svc_connection_error(c, q->id, SP_RPC_REFUSED, q->err.what);
    json_decref(q->id);
    json_decref(q->answer);
    free(q->account);
    free(q);
    __atomic_sub_fetch(&shard->server->live, 1, __ATOMIC_ACQ_REL);
    svc_shard_quit_if_empty(shard);
}

void svc_inquiry_start(struct svc_connection *c, const struct svc_worker *w, json_t *id,
                       const char *account)
{
    struct svc_server *server = w->server;
    struct sp_error err = {0};
    struct svc_inquiry *q = calloc(1, sizeof *q);
    sp_status status = q == NULL ? sp_fail(&err, SP_ENOMEM, 0, "no memory to answer") : SP_OK;
    if (status == SP_OK && account != NULL)
        status = sp_text_copy(sp_bytes_of(account), &q->account, &err);
    if (status == SP_OK) {
        q->answer =
            json_pack("{s:s, s:b, s:o, s:o, s:s, s:s, s:s}", "worker", w->config->name, "remote",
                      w->config->remote, "you", svc_inquiry_rights(c, w), "entries", entries_of(w),
                      "rights_sddl", w->access.rights_sddl, "control_pipe_sddl",
                      server->access.pipe_sddl, "raw_pipe_sddl", w->access.pipe_sddl);
        if (q->answer == NULL)
            status = sp_fail(&err, SP_ENOMEM, 0, "no memory to answer");
    }
    if (status != SP_OK) {
        svc_connection_error(c, id, SP_RPC_INTERNAL, err.what);
        free(q);
        return;
    }
    q->work = (struct w32_work){.run = run, .done = done};
    q->connection = c;
    q->shard = c->shard;
    q->id = json_incref(id);
    c->inquiry = q;
    __atomic_add_fetch(&server->live, 1, __ATOMIC_ACQ_REL);
    w32_loop_work(c->shard->loop, &q->work);
}

void svc_inquiry_cancel(struct svc_inquiry *q)
{
    if (q != NULL)
        q->connection = NULL;
}
