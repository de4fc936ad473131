/* service/reload.c - the `reload` method. */
#include "service/reload.h"

#include <stdlib.h>

#include "core/config_changes.h"
#include "service/audit.h"
#include "service/connection.h"
#include "service/generation.h"
#include "service/log.h"
#include "service/reload_plan.h"
#include "service/worker.h"

enum { ANSWER_BYTES = 48 * 1024 }; /* leaves room for the rest of the line */

/* Lives until its work is done, whatever becomes of its client. */
struct svc_reload {
    struct w32_work work;
    struct svc_connection *connection; /* NULL: it has gone */
    struct svc_shard *shard;
    struct w32_peer peer; /* who asks */
    json_t *id;           /* owned */
    json_t *answer;       /* owned; the pool's while it works */
    sp_status status;
    struct sp_error err;
};

/* ------------------------------------------------------------------ what is answered */

/* An array that takes as much as a line has room for. */
struct list {
    json_t *items;
    json_int_t more; /* how many it has not taken */
    size_t *used;
};

static void add(struct list *list, json_t *item)
{
    size_t len = item == NULL ? 0 : json_dumpb(item, NULL, 0, JSON_COMPACT);
    if (*list->used + len > ANSWER_BYTES) {
        json_decref(item);
        list->more++;
        return;
    }
    *list->used += len + 1;
    json_array_append_new(list->items, item);
}

static json_t *lines_of(const struct sp_config_problems *problems, size_t *used)
{
    struct list list = {.items = json_array(), .used = used};
    for (size_t i = 0; i < problems->count; i++)
        add(&list,
            json_pack("{s:i, s:i, s:s}", "line", (int)problems->items[i].place.line, "column",
                      (int)problems->items[i].place.column, "text", problems->items[i].text));
    list.more += (json_int_t)problems->more;
    if (list.more > 0)
        json_array_append_new(list.items, json_pack("{s:I}", "more", list.more));
    return list.items;
}

static json_t *describe(const struct svc_worker_plan *p)
{
    json_t *keys =
        p->keys == NULL || p->fate == SVC_FATE_ADDED ? json_array() : json_incref(p->keys);
    return json_pack("{s:s, s:s, s:s, s:o, s:i}", "worker", p->config->name, "change",
                     svc_fate_name(p->fate), "mode",
                     p->config->mode == SP_MODE_SHARED ? "shared" : "private", "keys", keys,
                     "sessions", (int)p->sessions);
}

/* What the service itself can't follow while it runs. */
static json_t *restart_for(const struct svc_server *server, const struct svc_generation *g)
{
    json_t *keys = sp_config_changes_of_file(server->options.config, g->base);
    if (svc_generation_is_remote(g) && !server->remote)
        json_array_append_new(keys, json_string("remote"));
    return keys;
}

static json_t *answer_applied(const struct svc_server *server, const struct svc_reload_plan *plan,
                              const struct svc_generation *g, bool other_admins)
{
    size_t used = 0;
    json_int_t unchanged = 0;
    struct list workers = {.items = json_array(), .used = &used};
    for (size_t i = 0; i < plan->count; i++)
        if (plan->items[i].fate == SVC_FATE_UNCHANGED)
            unchanged++;
        else if (plan->items[i].fate != SVC_FATE_GONE)
            add(&workers, describe(&plan->items[i]));
    return json_pack("{s:s, s:b, s:o, s:I, s:I, s:b, s:o, s:o}", "config",
                     server->options.config_file, "applied", true, "workers", workers.items, "more",
                     workers.more, "unchanged", unchanged, "admin", other_admins, "restart",
                     restart_for(server, g), "warnings", lines_of(&g->file.warnings, &used));
}

static json_t *answer_wrong(const struct svc_server *server,
                            const struct sp_config_problems *problems)
{
    size_t used = 0;
    return json_pack("{s:s, s:b, s:o}", "config", server->options.config_file, "applied", false,
                     "problems", lines_of(problems, &used));
}

/* ------------------------------------------------------------------ on the pool */

static size_t count_of(const struct svc_reload_plan *plan, enum svc_fate fate)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->count; i++)
        count += plan->items[i].fate == fate ? 1 : 0;
    return count;
}

/* "2 changed, 1 removed: changed sort, repl; removed old", for the log and the audit, where the end
 * of a long text may be lost. */
static void summarize(const struct svc_reload_plan *plan, struct sp_buffer *out)
{
    sp_status status = SP_OK;
    for (int fate = SVC_FATE_CHANGED; status == SP_OK && fate <= SVC_FATE_REMOVED; fate++) {
        size_t count = count_of(plan, (enum svc_fate)fate);
        if (count > 0)
            status = sp_buffer_printf(out, NULL, "%s%zu %s", out->len == 0 ? "" : ", ", count,
                                      svc_fate_name((enum svc_fate)fate));
    }
    if (out->len == 0) {
        sp_status ignored = sp_buffer_printf(out, NULL, "no worker changed");
        (void)ignored; /* without memory it says less */
        return;
    }
    const char *between = ": ";
    for (int fate = SVC_FATE_CHANGED; fate <= SVC_FATE_REMOVED; fate++) {
        bool first = true;
        for (size_t i = 0; status == SP_OK && i < plan->count; i++) {
            if (plan->items[i].fate != (enum svc_fate)fate)
                continue;
            status = first ? sp_buffer_printf(out, NULL, "%s%s %s", between,
                                              svc_fate_name((enum svc_fate)fate),
                                              plan->items[i].config->name)
                           : sp_buffer_printf(out, NULL, ", %s", plan->items[i].config->name);
            first = false;
            between = "; ";
        }
    }
}

static void record(const struct svc_reload *r, enum sp_audit_kind kind, const char *reason)
{
    svc_audit(&(struct svc_audit_entry){
        .kind = kind,
        .peer = &r->peer,
        .what = kind == SP_AUDIT_REFUSAL ? "reload" : NULL,
        .reason = reason,
    });
}

static void tell(const struct svc_reload *r, const struct svc_reload_plan *plan)
{
    struct sp_buffer text = {0};
    summarize(plan, &text);
    svc_log(SVC_LOG_INFO, "reloaded %s for %s: %.*s", r->shard->server->options.config_file,
            r->peer.sid, (int)text.len, text.len == 0 ? "" : (const char *)text.data);
    sp_status ignored = sp_buffer_append(&text, "", 1, NULL);
    (void)ignored;
    record(r, SP_AUDIT_RELOAD, text.len == 0 ? NULL : (const char *)text.data);
    sp_buffer_deinit(&text);
}

static sp_status reload(struct svc_reload *r, struct svc_generation *g, struct sp_error *err)
{
    struct svc_server *server = r->shard->server;
    struct svc_reload_plan plan = {0};
    bool other_admins = !sp_config_same_admins(server->now->base, g->base);
    sp_status status = svc_reload_plan_open(&plan, server, g, err);
    if (status != SP_OK)
        svc_generation_close(g);
    if (status == SP_OK)
        status = svc_reload_plan_apply(&plan, err);
    if (status == SP_OK) {
        r->answer = answer_applied(server, &plan, g, other_admins);
        tell(r, &plan);
    }
    svc_reload_plan_close(&plan);
    return status;
}

static void run(struct w32_work *work)
{
    struct svc_reload *r = SP_CONTAINER(work, struct svc_reload, work);
    const struct svc_server *server = r->shard->server;
    struct svc_generation *g = NULL;
    r->status = svc_generation_read(server->options.config_file, &g, &r->err);
    if (r->status == SP_OK) {
        r->status = reload(r, g, &r->err);
    } else if (r->status == SP_ESYNTAX) {
        r->answer = answer_wrong(server, &g->file.problems);
        svc_generation_close(g);
    }
    if (r->status == SP_OK)
        return;
    svc_log(SVC_LOG_WARNING, "%s asks to reload the config, and nothing has changed: %s",
            r->peer.sid, r->err.what);
    record(r, SP_AUDIT_REFUSAL, r->err.what);
}

/* ------------------------------------------------------------------ on the loop */

static void done(struct w32_work *work)
{
    struct svc_reload *r = SP_CONTAINER(work, struct svc_reload, work);
    struct svc_connection *c = r->connection;
    struct svc_shard *shard = r->shard;
    if (c != NULL)
        c->reload = NULL;
    if (c != NULL && r->answer != NULL)
        svc_connection_reply(c, r->id, json_incref(r->answer));
    else if (c != NULL)
        svc_connection_error(c, r->id, r->status == SP_OK ? SP_RPC_INTERNAL : SP_RPC_STATE,
                             r->status == SP_OK ? "reloaded, and no memory to say what has changed"
                                                : r->err.what);
    json_decref(r->id);
    json_decref(r->answer);
    free(r);
    __atomic_store_n(&shard->server->reloading, 0, __ATOMIC_RELEASE);
    __atomic_sub_fetch(&shard->server->live, 1, __ATOMIC_ACQ_REL);
    svc_shard_quit_if_empty(shard);
}

void svc_reload_start(struct svc_connection *c, json_t *id)
{
    struct svc_server *server = c->shard->server;
    if (__atomic_exchange_n(&server->reloading, 1, __ATOMIC_ACQ_REL) != 0) {
        svc_connection_error(c, id, SP_RPC_STATE,
                             "the config is being reloaded already; try again in a moment");
        return;
    }
    struct svc_reload *r = calloc(1, sizeof *r);
    if (r == NULL) {
        __atomic_store_n(&server->reloading, 0, __ATOMIC_RELEASE);
        svc_connection_error(c, id, SP_RPC_INTERNAL, "no memory to reload the config");
        return;
    }
    r->work = (struct w32_work){.run = run, .done = done};
    r->connection = c;
    r->shard = c->shard;
    r->peer = c->peer;
    r->id = json_incref(id);
    c->reload = r;
    __atomic_add_fetch(&server->live, 1, __ATOMIC_ACQ_REL);
    w32_loop_work(c->shard->loop, &r->work);
}

void svc_reload_cancel(struct svc_reload *r)
{
    if (r != NULL)
        r->connection = NULL;
}
