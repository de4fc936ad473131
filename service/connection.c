/* service/connection.c - one client's control connection: lines in, lines out, and its way from one
 * loop to another. */
#include "service/connection.h"

#include <stdio.h>
#include <stdlib.h>

#include "service/audit.h"
#include "service/generation.h"
#include "service/inquiry.h"
#include "service/reload.h"
#include "service/log.h"
#include "service/requests.h"
#include "service/session.h"
#include "win32/npipe.h"

enum {
    FIRST_MS = 10000,    /* for the first whole line */
    SILENCE_MS = 30000,  /* between two lines of a connection without a session */
    SENT_MS = 5000,      /* to take its last lines */
    TOLD_MAX = 100,      /* how many too many are told so at once; the others are just closed */
    KEPT_EACH = 16384,   /* what may be kept for each connection beside KEPT_ALL */
    KEPT_ALL = 16 << 20, /* half lines and unread answers of all connections */
};

static void read_more(struct svc_connection *c);
static void leave_if_sent(struct svc_connection *c);
static void refuse(struct svc_connection *c, enum sp_rpc_code code, const char *why);

/* What is kept of its lines: whether there is room for it. Beside a small share of its own each
 * has what it needs, as long as all together stay within a ceiling. */
static bool has_room(struct svc_connection *c)
{
    size_t kept = c->in.pending.cap + c->out.cap + c->sending.cap;
    int64_t all = __atomic_add_fetch(&c->shard->server->kept, (int64_t)kept - (int64_t)c->kept,
                                     __ATOMIC_RELAXED);
    c->kept = kept;
    return kept <= KEPT_EACH || all <= KEPT_ALL;
}

/* ------------------------------------------------------------------ ending */

/* Called last in every callback: a connection that was closed meanwhile ends here, where nothing
 * of its session is on the stack. Returns whether it has. */
static bool end_if_closed(struct svc_connection *c)
{
    if (!c->closed)
        return false;
    struct svc_session *session = c->session;
    c->session = NULL; /* it may have another connection by the next time */
    if (session != NULL)
        svc_session_lost(session);
    w32_op_cancel(&c->read, c->pipe);
    w32_op_cancel(&c->write, c->pipe);
    if (c->read.busy || c->write.busy)
        return true;
    struct svc_shard *shard = c->shard;
    w32_timer_stop(shard->loop, &c->silence);
    svc_waiter_cancel(&c->waiter);
    svc_inquiry_cancel(c->inquiry);
    svc_reload_cancel(c->reload);
    sp_rpc_deinit(&c->moved);
    w32_npipe_close(&c->pipe, shard->server->options.pipe_name);
    sp_line_deinit(&c->in);
    sp_buffer_deinit(&c->out);
    sp_buffer_deinit(&c->sending);
    (void)has_room(c);
    svc_connection_uncount(c);
    sp_list_remove(&c->link);
    free(c);
    __atomic_sub_fetch(&shard->server->connections, 1, __ATOMIC_ACQ_REL);
    __atomic_sub_fetch(&shard->server->live, 1, __ATOMIC_ACQ_REL);
    svc_shard_quit_if_empty(shard);
    return true;
}

void svc_connection_close(struct svc_connection *c)
{
    c->closed = true;
    w32_timer_start(c->shard->loop, &c->silence, 0);
}

void svc_connection_close_after_sent(struct svc_connection *c)
{
    c->closing_after_sent = true;
    if (!c->write.busy && c->out.len == 0)
        svc_connection_close(c);
    else if (!c->closed)
        w32_timer_start(c->shard->loop, &c->silence, SENT_MS);
}

void svc_connection_session_ended(struct svc_connection *c)
{
    c->session = NULL;
    if (c->shard->stopping)
        svc_connection_close_after_sent(c);
    else if (!c->closed && !c->closing_after_sent)
        w32_timer_start(c->shard->loop, &c->silence, SILENCE_MS);
}

/* For us to answer. */
static bool waits(const struct svc_connection *c)
{
    return c->waiter.link.next != NULL || c->inquiry != NULL || c->reload != NULL;
}

static void silent(struct w32_timer *timer)
{
    struct svc_connection *c = SP_CONTAINER(timer, struct svc_connection, silence);
    if (c->closing_after_sent)
        c->closed = true;
    else if (!c->closed && waits(c))
        w32_timer_start(c->shard->loop, timer, SILENCE_MS);
    else if (!c->closed && c->session == NULL)
        refuse(c, SP_RPC_STATE, "a connection without a session, and no whole line came in time");
    end_if_closed(c);
}

/* ------------------------------------------------------------------ lines out */

static void send_more(struct svc_connection *c)
{
    if (c->write.busy || c->closed)
        return;
    if (c->out.len == 0) {
        if (c->closing_after_sent)
            svc_connection_close(c);
        return;
    }
    struct sp_buffer swap = c->sending;
    c->sending = c->out;
    c->out = swap;
    c->out.len = 0;
    w32_op_write(c->shard->loop, &c->write, c->pipe, c->sending.data, (uint32_t)c->sending.len);
}

static void written(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    (void)bytes;
    struct svc_connection *c = SP_CONTAINER(op, struct svc_connection, write);
    if (os != 0)
        c->closed = true;
    if (c->sending.cap > SVC_CONNECTION_READ)
        sp_buffer_deinit(&c->sending);
    send_more(c);
    (void)has_room(c);
    if (!end_if_closed(c))
        leave_if_sent(c);
}

/* Follows every line that was put into out. */
static void said(struct svc_connection *c, sp_status status)
{
    if (status == SP_OK && !has_room(c))
        status = SP_ENOMEM;
    if (status != SP_OK) {
        svc_log_client(SVC_LOG_WARNING, "a client is cut off: %s of messages it did not read",
                       sp_status_name(status));
        svc_connection_close(c);
    } else
        send_more(c);
}

void svc_connection_notify(struct svc_connection *c, const char *method, json_t *params)
{
    said(c, sp_rpc_notify(&c->out, method, params, NULL));
}

void svc_connection_reply(struct svc_connection *c, json_t *id, json_t *result)
{
    if (id == NULL)
        json_decref(result);
    else
        said(c, sp_rpc_result(&c->out, id, result, NULL));
}

void svc_connection_error(struct svc_connection *c, json_t *id, enum sp_rpc_code code,
                          const char *message)
{
    said(c, sp_rpc_error(&c->out, id, (int)code, message, NULL));
}

/* ------------------------------------------------------------------ lines in */

/* What a client that is cut off did; nobody may have known yet who it is. */
static void record_cut(const struct svc_connection *c, enum svc_log_level level, const char *why)
{
    svc_log_client(level, "a client is cut off: %s", why);
    svc_audit(&(struct svc_audit_entry){
        .kind = SP_AUDIT_REFUSAL, .peer = &c->peer, .what = "connection", .reason = why});
}

/* Hangs up, and says why. */
static void refuse(struct svc_connection *c, enum sp_rpc_code code, const char *why)
{
    record_cut(c, SVC_LOG_WARNING, why);
    sp_line_deinit(&c->in); /* nothing more of it is taken */
    svc_connection_error(c, NULL, code, why);
    svc_connection_close_after_sent(c);
}

/* Windows lets the server ask who the client is once something was read. @return false: it is no
 * client of ours */
static bool know_peer(struct svc_connection *c)
{
    struct sp_error err;
    if (c->known)
        return true;
    if (w32_peer_of(c->pipe, &c->peer, &err) != SP_OK) {
        record_cut(c, SVC_LOG_ERROR, err.what);
        c->closed = true;
        return false;
    }
    c->known = true;
    if (c->peer.remote && !svc_generation_is_remote(c->shard->server->now))
        refuse(c, SP_RPC_REFUSED, "no worker is served to other machines (remote: false)");
    else if (svc_connection_count(c, &err) == SP_OK)
        return true;
    else
        refuse(c, SP_RPC_REFUSED, err.what);
    return false;
}

static void take_lines(struct svc_connection *c)
{
    struct sp_error err = {0};
    struct sp_bytes line;
    sp_status status;
    while (!c->closed && !c->closing_after_sent && c->moving == NULL &&
           (status = sp_line_next(&c->in, &line, &err)) != SP_EEND) {
        struct sp_rpc rpc = {0};
        if (status == SP_OK)
            status = sp_rpc_parse(line, &rpc, &err);
        if (status != SP_OK) {
            refuse(c, status == SP_EPROTOCOL ? SP_RPC_INVALID_REQUEST : SP_RPC_PARSE, err.what);
            return;
        }
        if (c->session == NULL) /* half a line, byte by byte, is not a word */
            w32_timer_start(c->shard->loop, &c->silence, SILENCE_MS);
        svc_request(c, &rpc);
        sp_rpc_deinit(&rpc);
    }
    if (c->in.taken == c->in.pending.len && c->in.pending.cap > SVC_CONNECTION_READ)
        sp_line_deinit(&c->in);
    if (!has_room(c) && !c->closed && !c->closing_after_sent)
        refuse(c, SP_RPC_REFUSED,
               "the service keeps too many half lines and unread answers of its clients already; "
               "try again later");
}

/* Called last by whatever took lines: it ends, goes, or reads on. */
static void go_on(struct svc_connection *c)
{
    if (end_if_closed(c))
        return;
    if (c->moving != NULL)
        leave_if_sent(c);
    else
        read_more(c);
}

static void have_read(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    struct svc_connection *c = SP_CONTAINER(op, struct svc_connection, read);
    if (os != 0)
        c->closed = true;
    /* What a client says after its last word was refused is read and dropped. */
    if (!c->closed && !c->closing_after_sent && know_peer(c)) {
        if (sp_line_feed(&c->in, c->bytes, bytes, NULL) != SP_OK)
            c->closed = true;
        take_lines(c);
    }
    go_on(c);
}

static void read_more(struct svc_connection *c)
{
    w32_op_read(c->shard->loop, &c->read, c->pipe, c->bytes, sizeof c->bytes);
}

/* ------------------------------------------------------------------ from loop to loop */

static void arrived(struct w32_post *post)
{
    struct svc_connection *c = SP_CONTAINER(post, struct svc_connection, arrive);
    struct sp_rpc rpc = c->moved;
    c->moved = (struct sp_rpc){0};
    c->moving = NULL;
    sp_list_add(&c->shard->connections, &c->link);
    w32_timer_start(c->shard->loop, &c->silence, SILENCE_MS);
    if (c->shard->stopping)
        c->closed = true;
    else
        svc_request(c, &rpc);
    sp_rpc_deinit(&rpc);
    if (!c->closed)
        take_lines(c);
    go_on(c);
}

/* Nothing may be in flight when it goes. What it does over there is completed here, where its pipe
 * is bound for good, and handed on: so this loop goes on as long as there is any connection. */
static void leave_if_sent(struct svc_connection *c)
{
    if (c->moving == NULL || c->write.busy || c->read.busy)
        return;
    w32_timer_stop(c->shard->loop, &c->silence);
    sp_list_remove(&c->link);
    c->shard = c->moving;
    w32_loop_post(c->shard->loop, &c->arrive);
}

bool svc_connection_move(struct svc_connection *c, struct svc_shard *shard,
                         const struct sp_rpc *rpc)
{
    if (shard == c->shard)
        return false;
    if (c->session != NULL || waits(c)) {
        svc_connection_error(c, rpc->id, SP_RPC_STATE,
                             "not on a connection that has a session or waits for an answer; use "
                             "another one");
        return true;
    }
    c->moving = shard;
    c->moved = *rpc;
    json_incref(c->moved.root);
    return true;
}

/* Its account is not known yet, and need not be. */
static void refuse_one_too_many(struct svc_connection *c)
{
    char text[SP_ERROR_TEXT_MAX];
    snprintf(text, sizeof text, "the service has %d connections, and no more; try again later",
             SVC_CONNECTIONS_MAX);
    refuse(c, SP_RPC_REFUSED, text);
}

void svc_connection_open(struct svc_shard *shard, w32_handle pipe)
{
    int32_t count = __atomic_add_fetch(&shard->server->connections, 1, __ATOMIC_ACQ_REL);
    struct svc_connection *c =
        count <= SVC_CONNECTIONS_MAX + TOLD_MAX ? calloc(1, sizeof *c) : NULL;
    if (c == NULL) {
        __atomic_sub_fetch(&shard->server->connections, 1, __ATOMIC_ACQ_REL);
        svc_log_client(SVC_LOG_ERROR,
                       "a client is cut off: no room for it; a service has at most %d",
                       SVC_CONNECTIONS_MAX);
        w32_npipe_close(&pipe, shard->server->options.pipe_name);
        return;
    }
    c->shard = shard;
    c->pipe = pipe;
    c->read.done = have_read;
    c->write.done = written;
    c->silence.fire = silent;
    c->arrive.call = arrived;
    __atomic_add_fetch(&shard->server->live, 1, __ATOMIC_ACQ_REL);
    c->out.max = c->sending.max = SVC_CONNECTION_UNSENT;
    sp_list_add(&shard->connections, &c->link);
    if (count > SVC_CONNECTIONS_MAX) {
        refuse_one_too_many(c);
        return;
    }
    w32_timer_start(shard->loop, &c->silence, FIRST_MS);
    read_more(c);
}
