/* service/connection_count.c - how many connections one account may have, so that it leaves some to
 * others. */
#include "core/quota.h"
#include "service/access.h"
#include "service/connection.h"
#include "win32/clock.h"

static sp_status take(struct svc_connection *c)
{
    static const struct sp_quota_limits limits = {.per_user = SVC_CONNECTIONS_EACH_MAX};
    struct svc_accounts *accounts = &c->shard->server->accounts;
    bool of_account = false; /* always, by these limits */
    w32_lock_enter(&accounts->lock);
    sp_status status =
        sp_quota_take(&accounts->quota, &limits, c->peer.sid, w32_now_ms(), &of_account, NULL);
    w32_lock_leave(&accounts->lock);
    c->counted = status == SP_OK;
    return status;
}

sp_status svc_connection_count(struct svc_connection *c, struct sp_error *err)
{
    sp_status status = take(c);
    /* Asked of those alone for whom it makes a difference. */
    if (status == SP_OK || svc_access_of_client(c->pipe, &c->shard->server->access, SP_RIGHT_ADMIN))
        return SP_OK;
    return sp_fail(err, status, 0,
                   "this account has %d connections, and may have no more, as only those may who "
                   "administer the service (allow.admin); close some, or try again later",
                   SVC_CONNECTIONS_EACH_MAX);
}

void svc_connection_uncount(struct svc_connection *c)
{
    struct svc_accounts *accounts = &c->shard->server->accounts;
    if (!c->counted)
        return;
    c->counted = false;
    w32_lock_enter(&accounts->lock);
    sp_quota_give_back(&accounts->quota, c->peer.sid);
    if (accounts->quota.count == 0)
        sp_quota_deinit(&accounts->quota);
    w32_lock_leave(&accounts->lock);
}
