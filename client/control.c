/* client/control.c - the client's end of the control connection. */
#include "client/control.h"

#include <string.h>

#include "client/trust.h"
#include "core/flow.h"
#include "win32/clock.h"
#include "win32/npipe.h"

uint32_t cli_target_piece_bytes(const struct cli_target *target)
{
    return target->host == NULL ? SP_FLOW_MAX : W32_NPIPE_REMOTE_WRITE;
}

/* What to do about a pipe that can't be opened, behind the system's words. */
static void advise(struct sp_error *err, const struct cli_target *target)
{
    if (err == NULL)
        return;
    struct sp_error why = *err;
    const char *host = target->host == NULL ? "this machine" : target->host;
    if (why.status == SP_ENOTFOUND && target->host == NULL)
        sp_fail(err, why.status, why.os,
                "no service listens on pipe '%s' of this machine; start it (\"standpiped start\") "
                "or name another with --pipe",
                target->pipe);
    else if (why.status == SP_ENOTFOUND)
        sp_fail(err, why.status, why.os,
                "no service listens on pipe '%s' of %s, or it serves no worker to other machines "
                "(remote: true); start it there (\"standpiped start\")",
                target->pipe, host);
    else if (why.status == SP_EACCESS)
        sp_fail(
            err, why.status, why.os,
            "the service on pipe '%s' of %s does not let this account in; ask its administrator",
            target->pipe, host);
    else if (why.status == SP_ETIMEOUT)
        sp_fail(err, why.status, why.os,
                "the service on pipe '%s' of %s is busy: no connection within %d s", target->pipe,
                host, CLI_CONNECT_MS / 1000);
}

sp_status cli_target_check(const struct cli_target *target, struct sp_error *err)
{
    if (strpbrk(target->pipe, "\\/") != NULL)
        return sp_fail(
            err, SP_EINVAL, 0,
            "--pipe takes the name alone, not '%.120s': what stands behind \\\\.\\pipe\\",
            target->pipe);
    if (target->host != NULL && strpbrk(target->host, "\\/") != NULL)
        return sp_fail(err, SP_EINVAL, 0,
                       "--host takes the machine's name or address alone, without slashes: "
                       "FILESERVER, not '%.120s'",
                       target->host);
    return SP_OK;
}

sp_status cli_control_open(struct cli_control *c, const struct cli_target *target,
                           struct sp_error *err)
{
    w32_handle pipe = NULL;
    sp_status status = cli_target_check(target, err);
    if (status != SP_OK)
        return status;
    status = (target->impersonate ? w32_npipe_open_trusting : w32_npipe_open)(
        target->host, target->pipe, W32_NPIPE_BOTH, CLI_CONNECT_MS, &pipe, err);
    if (status != SP_OK) {
        advise(err, target);
        return status;
    }
    status = cli_trust_check(pipe, target->pipe, err);
    if (status == SP_OK)
        return cli_control_take(c, &pipe, err);
    w32_handle_close(&pipe);
    return status;
}

sp_status cli_control_take(struct cli_control *c, w32_handle *pipe, struct sp_error *err)
{
    c->pipe = *pipe;
    *pipe = NULL;
    sp_status status = w32_overlapped_init(&c->read, c->pipe, err);
    if (status == SP_OK)
        status = w32_overlapped_init(&c->write, c->pipe, err);
    if (status != SP_OK)
        cli_control_close(c);
    return status;
}

/* Sends a line that was put together with status, and drops it. */
static sp_status send_line(struct cli_control *c, sp_status status, struct sp_buffer *line,
                           struct sp_error *err)
{
    if (status == SP_OK) {
        w32_lock_enter(&c->sending);
        status = w32_overlapped_write(&c->write, line->data, (uint32_t)line->len, err);
        if (status == SP_OK)
            status = w32_overlapped_wait(&c->write, CLI_SEND_MS, NULL, err);
        w32_lock_leave(&c->sending);
    }
    sp_buffer_deinit(line);
    return status;
}

sp_status cli_control_request(struct cli_control *c, const char *method, json_t *params,
                              int64_t *id, struct sp_error *err)
{
    struct sp_buffer line = {0};
    *id = ++c->last_id;
    return send_line(c, sp_rpc_request(&line, *id, method, params, err), &line, err);
}

sp_status cli_control_notify(struct cli_control *c, const char *method, json_t *params,
                             struct sp_error *err)
{
    struct sp_buffer line = {0};
    return send_line(c, sp_rpc_notify(&line, method, params, err), &line, err);
}

/* Takes in what comes next. A read that the event interrupts, or the clock, stays in flight:
 * nothing that comes is lost. */
static sp_status receive(struct cli_control *c, uint32_t timeout_ms, struct sp_error *err)
{
    uint32_t got = 0;
    sp_status status = SP_OK;
    if (!c->read.busy)
        status = w32_overlapped_read(&c->read, c->bytes, sizeof c->bytes, err);
    if (status == SP_OK)
        status = w32_overlapped_ready(&c->read, c->wake, timeout_ms);
    if (status == SP_ECANCELED && c->read.busy)
        return status;
    if (status == SP_ETIMEOUT)
        return sp_fail(err, status, 0, "the service did not answer within %u ms",
                       (unsigned)timeout_ms);
    if (status == SP_OK)
        status = w32_overlapped_wait(&c->read, W32_FOREVER, &got, err);
    if (status == SP_EEND || status == SP_EBROKEN)
        return sp_fail(err, SP_EBROKEN, err == NULL ? 0 : err->os,
                       "the service closed the connection");
    return status == SP_OK ? sp_line_feed(&c->in, c->bytes, got, err) : status;
}

sp_status cli_control_next(struct cli_control *c, uint32_t timeout_ms, struct sp_rpc *out,
                           struct sp_error *err)
{
    struct sp_bytes line;
    sp_status status;
    while ((status = sp_line_next(&c->in, &line, err)) == SP_EEND) {
        status = receive(c, timeout_ms, err);
        if (status != SP_OK)
            return status;
    }
    return status == SP_OK ? sp_rpc_parse(line, out, err) : status;
}

static bool answers(const struct sp_rpc *rpc, int64_t id)
{
    if (rpc->kind == SP_RPC_ERROR && rpc->id == NULL)
        return true; /* the service could not read what we said, and hangs up */
    return (rpc->kind == SP_RPC_RESULT || rpc->kind == SP_RPC_ERROR) && json_is_integer(rpc->id) &&
           json_integer_value(rpc->id) == id;
}

sp_status cli_control_answer(struct cli_control *c, int64_t id, json_t **result,
                             struct sp_error *err)
{
    struct sp_rpc rpc = {0};
    uint32_t patience_ms = c->answer_ms == 0 ? CLI_ANSWER_MS : c->answer_ms;
    uint64_t since_us = w32_clock_us();
    c->refusal = 0;
    for (;;) {
        uint64_t waited_ms = (w32_clock_us() - since_us) / 1000;
        uint32_t left_ms = patience_ms == W32_FOREVER ? W32_FOREVER
                           : waited_ms < patience_ms  ? patience_ms - (uint32_t)waited_ms
                                                      : 0;
        sp_status status = cli_control_next(c, left_ms, &rpc, err);
        if (status == SP_ECANCELED)
            continue;
        if (status == SP_ETIMEOUT)
            return sp_fail(err, status, 0, "the service did not answer within %u ms",
                           (unsigned)patience_ms);
        if (status != SP_OK)
            return status;
        if (answers(&rpc, id))
            break;
        if (c->other != NULL)
            c->other(c->arg, &rpc);
        sp_rpc_deinit(&rpc);
    }
    sp_status status = SP_OK;
    if (rpc.kind == SP_RPC_RESULT)
        *result = json_incref(rpc.result);
    else {
        c->refusal = rpc.code;
        status = sp_fail(err, SP_EACCESS, 0, "%s", rpc.message);
    }
    sp_rpc_deinit(&rpc);
    return status;
}

sp_status cli_control_call(struct cli_control *c, const char *method, json_t *params,
                           json_t **result, struct sp_error *err)
{
    int64_t id = 0;
    sp_status status = cli_control_request(c, method, params, &id, err);
    return status == SP_OK ? cli_control_answer(c, id, result, err) : status;
}

void cli_control_close(struct cli_control *c)
{
    w32_overlapped_deinit(&c->read);
    w32_overlapped_deinit(&c->write);
    w32_handle_close(&c->pipe);
    sp_line_deinit(&c->in);
    *c = (struct cli_control){
        .other = c->other, .arg = c->arg, .answer_ms = c->answer_ms, .wake = c->wake};
}
