/* service/session_resume.c - what happens to a session whose connection breaks: it ends, or it
 * waits for its client to come back and goes on at the same byte.
 *
 * Broken off, the old data pipes are done with: what the service has read of stdin still goes to
 * the worker, and what it has written of the outputs and the client has not confirmed is in the
 * run's feeds. Then new pipes are made, and both sides say how far they got. */
#include <string.h>

#include "service/audit.h"
#include "service/connection.h"
#include "service/log.h"
#include "service/session_parts.h"

/* ------------------------------------------------------------------ breaking */

/* A disconnected pipe forgets what nobody has read, as a broken network does, and ends whatever
 * operation is in flight on it; what the relay of stdin has read goes on to the worker. */
static void break_pipes(struct svc_session *s)
{
    s->holding = true; /* a reader that is idle calls back at once: nothing may come of it yet */
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        w32_npipe_disconnect(s->data[i]);
    for (int i = SP_STDOUT; i <= SP_STDERR; i++)
        svc_reader_halt(&s->readers[i]);
    /* It may be waiting for the worker, and must not come back to a pipe that is closed by then. */
    svc_relay_end_source(&s->relays[SP_STDIN]);
    s->holding = false;
}

static void wait_for_client(struct svc_session *s)
{
    svc_log(SVC_LOG_INFO, "session %s: the connection broke; it waits %llu ms for its client",
            s->id, (unsigned long long)s->resume_ms);
    s->lost = true;
    s->reopening = s->input_waits = false;
    json_decref(s->detach_id);
    s->detach_id = NULL;
    s->lost_at_ms = w32_now_ms();
    w32_timer_start(s->shard->loop, &s->timer, (uint32_t)s->resume_ms);
    break_pipes(s);
}

void svc_session_lost(struct svc_session *s)
{
    bool told = s->state == SVC_SESSION_DONE && s->resume_ms == 0;
    bool resumable = s->resume_ms > 0 && s->state >= SVC_SESSION_STARTING &&
                     s->state < SVC_SESSION_CLOSING && !s->shard->stopping && s->detach_id == NULL;
    s->connection = NULL;
    json_decref(s->resume_id);
    s->resume_id = NULL;
    if (resumable) {
        wait_for_client(s);
        return;
    }
    if (!told)
        svc_log(SVC_LOG_INFO, "session %s: the client of worker '%s' is gone", s->id,
                s->config->name);
    svc_session_audit_end(s, "the client is gone");
    svc_session_close(s);
}

void svc_session_cut(struct svc_session *s)
{
    struct svc_connection *c = s->connection;
    svc_log(SVC_LOG_WARNING, "session %s: its connection is cut", s->id);
    if (s->raw) {
        w32_npipe_disconnect(s->data[SP_STDIN]);
        return;
    }
    if (c == NULL)
        return; /* it is cut already */
    w32_npipe_disconnect(c->pipe);
    svc_connection_close(c);
    /* What the worker inherits is left alone: to ask for anything on a synchronous pipe is to wait
     * until its read is over. */
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        if (s->transport[i] == SP_TRANSPORT_RELAY)
            w32_npipe_disconnect(s->data[i]);
}

void svc_session_resume_timed_out(struct svc_session *s)
{
    svc_log(SVC_LOG_WARNING, "session %s: its client did not come back in time", s->id);
    svc_session_audit_end(s, "the client did not come back in time");
    svc_session_finish(s);
}

/* ------------------------------------------------------------------ coming back */

/* The same time for every wrong token: how much of it was right is nobody's to measure. */
static bool token_is(const struct svc_session *s, const char *token)
{
    unsigned difference = 0;
    if (strlen(token) != SVC_TOKEN_SIZE - 1)
        return false;
    for (size_t i = 0; i < SVC_TOKEN_SIZE - 1; i++)
        difference |= (unsigned)(unsigned char)token[i] ^ (unsigned)(unsigned char)s->token[i];
    return difference == 0;
}

/* Whether the old pipes are done with: nothing is read from or written to them any more. */
static bool is_settled(const struct svc_session *s)
{
    const struct svc_relay *input = &s->relays[SP_STDIN];
    return !input->read.busy && !s->readers[SP_STDOUT].running && !s->readers[SP_STDERR].running;
}

static bool can_go_on(const struct svc_session *s)
{
    for (int i = SP_STDOUT; i <= SP_STDERR; i++) {
        const struct svc_reader *r = &s->readers[i];
        if (r->link.next != NULL && (s->resume_from[i] < r->kept || s->resume_from[i] > r->sent))
            return false;
    }
    return true;
}

static void audit_resume(const struct svc_session *s, enum sp_audit_kind kind,
                         const struct w32_peer *peer, const char *reason)
{
    svc_audit(&(struct svc_audit_entry){.kind = kind,
                                        .peer = peer,
                                        .worker = s->config->name,
                                        .session = s->id,
                                        .transport = svc_session_transport_name(s),
                                        .what = kind == SP_AUDIT_REFUSAL ? "resume" : NULL,
                                        .reason = reason});
}

static void refuse(struct svc_session *s, enum sp_rpc_code code, const char *why)
{
    svc_log(SVC_LOG_WARNING, "session %s: not resumed: %s", s->id, why);
    audit_resume(s, SP_AUDIT_REFUSAL, &s->connection->peer, why);
    svc_session_audit_end(s, "it could not be resumed");
    svc_connection_error(s->connection, s->resume_id, code, why);
    svc_session_close(s);
}

static json_t *resumed_message(const struct svc_session *s)
{
    json_t *answer = svc_session_describe(s);
    json_object_set_new(answer, "input", json_integer((json_int_t)svc_session_input(s)));
    return answer;
}

void svc_session_resume_if_settled(struct svc_session *s)
{
    struct sp_error err;
    if (s->resume_id == NULL || s->state < SVC_SESSION_RUNNING || !is_settled(s))
        return;
    if (!can_go_on(s)) {
        refuse(s, SP_RPC_INVALID_PARAMS,
               "\"received\" is not between what was confirmed and what was sent");
        return;
    }
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        svc_session_close_pipe(s, (enum sp_stream)i);
    for (int i = SP_STDOUT; i <= SP_STDERR; i++)
        svc_session_received(s, (enum sp_stream)i, s->resume_from[i]);
    if (svc_session_make_pipes(s, &err) != SP_OK) {
        refuse(s, SP_RPC_INTERNAL, err.what);
        return;
    }
    s->reopening = true;
    s->input_told = svc_session_input(s);
    /* What was told may not have come: the exit is told again, too. */
    __atomic_store_n(&s->state, SVC_SESSION_RUNNING, __ATOMIC_RELAXED);
    w32_timer_start(s->shard->loop, &s->timer, SVC_SESSION_ATTACH_MS);
    json_t *id = s->resume_id;
    s->resume_id = NULL;
    svc_connection_reply(s->connection, id, resumed_message(s));
    json_decref(id);
}

void svc_session_resume(struct svc_session *s, struct svc_connection *c,
                        const struct svc_resume *resume, json_t *id)
{
    if (s->resume_ms == 0 || !token_is(s, resume->token) || strcmp(s->peer.sid, c->peer.sid) != 0 ||
        s->state < SVC_SESSION_STARTING || s->state >= SVC_SESSION_CLOSING) {
        svc_log_client(SVC_LOG_WARNING, "session %s: %s may not resume it", s->id, c->peer.sid);
        audit_resume(s, SP_AUDIT_REFUSAL, &c->peer, "it is not theirs, or can't be resumed");
        svc_connection_error(c, id, SP_RPC_NO_WORKER, "there is no such session to resume");
        return;
    }
    struct svc_connection *old = s->connection;
    if (old != NULL) { /* the client has noticed before us */
        old->session = NULL;
        svc_connection_close(old);
    }
    s->connection = c;
    c->session = s;
    json_decref(s->resume_id);
    s->resume_id = json_incref(id);
    memcpy(s->resume_from, resume->received, sizeof s->resume_from);
    svc_log(SVC_LOG_INFO, "session %s: its client comes back", s->id);
    audit_resume(s, SP_AUDIT_RESUME, &c->peer, NULL);
    if (!s->lost || s->reopening)
        wait_for_client(s);
    svc_session_resume_if_settled(s);
}
