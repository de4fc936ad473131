/* service/session_limits.c - how many sessions a worker's limits grant, and for how long. */
#include "service/connection.h"
#include "service/log.h"
#include "service/session_parts.h"
#include "service/worker.h"

enum {
    LOOKS = 8,        /* at an idle session, in its time: how late its end may come */
    LEAVE_MS = 30000, /* for a client that is told of the exit to take its last bytes */
};

/* ------------------------------------------------------------------ how many */

sp_status svc_session_count(struct svc_session *s, struct sp_error *err)
{
    const struct sp_limits_config *l = &s->config->limits;
    const struct sp_quota_limits limits = {l->instances, l->per_user, l->connect_rate};
    w32_lock_enter(&s->worker->lock);
    sp_status status = sp_quota_take(&s->worker->quota, &limits, s->peer.sid, w32_now_ms(),
                                     &s->counted_of_user, err);
    w32_lock_leave(&s->worker->lock);
    s->counted = status == SP_OK;
    return status;
}

void svc_session_uncount(struct svc_session *s)
{
    if (!s->counted)
        return;
    s->counted = false;
    w32_lock_enter(&s->worker->lock);
    sp_quota_give_back(&s->worker->quota, s->counted_of_user ? s->peer.sid : NULL);
    w32_lock_leave(&s->worker->lock);
}

/* ------------------------------------------------------------------ how long */

static uint64_t bytes_moved(const struct svc_session *s)
{
    uint64_t moved = svc_session_input(s);
    for (int i = SP_STDIN; i < SP_STREAM_COUNT; i++)
        moved += svc_session_bytes(s, (enum sp_stream)i);
    return moved;
}

/* Why it has to end now, or NULL. */
static const char *why_now(struct svc_session *s, uint64_t now_ms)
{
    const struct sp_limits_config *l = &s->config->limits;
    uint64_t moved = bytes_moved(s);
    if (moved != s->moved) {
        s->moved = moved;
        s->moved_ms = now_ms;
    }
    if (l->session_ms > 0 && now_ms - s->running_ms >= l->session_ms)
        return "the session lasted as long as it may (limits: session_time)";
    if (l->idle_ms > 0 && now_ms - s->moved_ms >= l->idle_ms)
        return "nothing moved in the session for as long as may be (limits: idle_time)";
    return NULL;
}

static void look_later(struct svc_session *s, uint64_t now_ms)
{
    const struct sp_limits_config *l = &s->config->limits;
    uint64_t wait_ms = UINT64_MAX;
    if (l->session_ms > 0)
        wait_ms = s->running_ms + l->session_ms - now_ms;
    if (l->idle_ms > 0) {
        uint64_t left_ms = s->moved_ms + l->idle_ms - now_ms;
        uint64_t step_ms = l->idle_ms / LOOKS;
        left_ms = left_ms < step_ms ? left_ms : step_ms;
        wait_ms = wait_ms < left_ms ? wait_ms : left_ms;
    }
    if (wait_ms != UINT64_MAX)
        w32_timer_start(s->shard->loop, &s->clock, (uint32_t)wait_ms);
}

/* Frees s, now or soon. */
static void send_away(struct svc_session *s, const char *why)
{
    svc_session_uncount(s);
    svc_session_audit_end(s, why);
    if (s->connection != NULL)
        svc_connection_error(s->connection, NULL, SP_RPC_REFUSED, why);
    svc_session_finish(s);
}

static void look(struct w32_timer *timer);

/* Its worker has the time that a stop takes. A client that does not take what it says then has had
 * enough time, too. */
static void stop_worker(struct svc_session *s, const char *why)
{
    const struct sp_worker_config *c = s->config;
    s->out_of_time = true;
    s->clock.fire = look;
    w32_timer_start(s->shard->loop, &s->clock,
                    (uint32_t)(c->stop_stdin_ms + c->stop_signal_ms + c->drain_ms) + LEAVE_MS);
    svc_run_stop(s->run, why);
}

static void look(struct w32_timer *timer)
{
    struct svc_session *s = SP_CONTAINER(timer, struct svc_session, clock);
    uint64_t now_ms = w32_now_ms();
    const char *why = s->sent_away != NULL ? s->sent_away : why_now(s, now_ms);
    if (why == NULL) {
        look_later(s, now_ms);
        return;
    }
    if (!s->out_of_time)
        svc_log(SVC_LOG_WARNING, "session %s of worker '%s' is ended: %s", s->id, s->config->name,
                why);
    if (s->config->mode == SP_MODE_PRIVATE && !s->out_of_time)
        stop_worker(s, why);
    else
        send_away(s, why);
}

void svc_session_start_clock(struct svc_session *s)
{
    if (s->out_of_time)
        return; /* its end was begun before its worker ran */
    s->clock.fire = look;
    s->running_ms = s->moved_ms = w32_now_ms();
    look_later(s, s->running_ms);
}

/* ------------------------------------------------------------------ by what right */

static bool may_stay(const struct svc_session *s)
{
    const struct svc_access *access = &s->worker->access;
    enum sp_right right = svc_access_to_use(s->config, s->read_only);
    if (s->peer.remote && !s->worker->config->remote)
        return false;
    if (!s->raw)
        return svc_access_of_client(s->connection->pipe, access, right);
    w32_handle token = NULL;
    bool granted = w32_peer_token_local(s->data[SP_STDIN], &token, NULL) == SP_OK &&
                   svc_access_granted(token, access, right);
    w32_handle_close(&token);
    return granted;
}

void svc_session_review(struct svc_session *s)
{
    bool is_there = s->raw || (s->connection != NULL && !s->lost);
    if (s->state >= SVC_SESSION_DONE || !is_there || may_stay(s))
        return;
    s->sent_away = "you may no longer use this worker: its config has changed";
    svc_log(SVC_LOG_WARNING, "session %s of worker '%s' is ended: %s", s->id, s->config->name,
            s->sent_away);
    if (s->config->mode == SP_MODE_PRIVATE && s->run != NULL)
        stop_worker(s, s->sent_away);
    else
        send_away(s, s->sent_away);
}
