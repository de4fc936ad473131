/* client/direct.c - a session that lives and dies with its connection. The order is the service's
 * promise: every byte, the end of each stream, the exit. */
#include "client/direct.h"

#include "client/pump.h"
#include "client/verbs.h"

/* One for a process, and there as long as its threads are. */
struct direct {
    struct cli_attachment *a;
    struct cli_pump pumps[SP_STREAM_COUNT];
    bool left; /* whoever reads our stdout has left a shared session */
};

/* ------------------------------------------------------------------ coupling */

/* Tells the service where stdin ended: until then its end of the pipe waits. */
static void input_ended(struct cli_pump *p)
{
    struct direct *d = p->arg;
    if (p->status == SP_OK) {
        sp_status ignored = cli_control_notify(
            &d->a->control, "input_end", json_pack("{s:I}", "bytes", (json_int_t)p->bytes), NULL);
        (void)ignored; /* a lost connection is noticed by the reading thread */
    } else if (!p->target_failed)
        cli_complain("reading stdin: %s; the worker's input stays open", p->error.what);
}

/* A worker of our own ends by what its output runs into; a shared one does not, so we leave it. */
static void output_ended(struct cli_pump *p)
{
    struct direct *d = p->arg;
    if (!p->target_failed || p != &d->pumps[SP_STDOUT])
        return;
    __atomic_store_n(&d->left, true, __ATOMIC_RELEASE);
    w32_event_set(d->a->wake);
}

static sp_status open_pipes(struct direct *d, json_t *answer, struct sp_error *err)
{
    sp_status status = SP_OK;
    for (int i = 0; status == SP_OK && i < SP_STREAM_COUNT; i++) {
        enum sp_stream stream = (enum sp_stream)i;
        struct cli_pump *p = &d->pumps[i];
        if (stream == SP_STDIN && d->a->read_only)
            continue;
        p->input = stream == SP_STDIN ? &d->a->input : NULL;
        p->std = cli_attachment_std(stream);
        p->piece_bytes = d->a->piece_bytes;
        p->arg = d;
        status = cli_attachment_open(d->a, stream, answer, &p->pipe, err);
    }
    d->pumps[SP_STDIN].ended = input_ended;
    if (d->a->session.shared)
        d->pumps[SP_STDOUT].ended = output_ended;
    return status;
}

static sp_status start(struct direct *d, struct sp_error *err)
{
    struct cli_attachment *a = d->a;
    json_t *answer = NULL;
    int64_t id = 0;
    sp_status status = cli_control_request(&a->control, "start", NULL, &id, err);
    /* While the worker starts we get ready to read; stdin stays untouched until it has. */
    if (status == SP_OK)
        status = cli_pump_start(&d->pumps[SP_STDOUT], err);
    if (status == SP_OK)
        status = cli_pump_start(&d->pumps[SP_STDERR], err);
    if (status == SP_OK)
        status = cli_control_answer(&a->control, id, &answer, err);
    if (status == SP_OK)
        cli_session_started(&a->session, answer);
    json_decref(answer);
    if (status != SP_OK)
        return status;
    __atomic_store_n(&a->started, true, __ATOMIC_RELEASE);
    return a->read_only ? cli_attachment_watch_keys(a, err)
                        : cli_pump_start(&d->pumps[SP_STDIN], err);
}

/* ------------------------------------------------------------------ until the exit */

/* Every byte that was announced must have come out of the pipe and gone into our own stdout. */
static sp_status check_output(struct direct *d, enum sp_stream stream, struct sp_error *err)
{
    struct cli_pump *p = &d->pumps[stream];
    sp_status status = cli_pump_join(p, W32_FOREVER); /* as slow as whoever reads our output */
    if (status != SP_OK)
        return status;
    if (p->target_failed)
        return SP_OK; /* our reader left first, as `| head -1` does; the exit code is the worker's
                       */
    if (p->status != SP_OK)
        return sp_fail(err, p->status, p->error.os, "reading the worker's %s: %s",
                       sp_stream_name(stream), p->error.what);
    if (cli_session_ending(&d->a->session, stream, p->bytes) != CLI_ENDING_WHOLE)
        return cli_session_incomplete(&d->a->session, stream, p->bytes, err);
    return SP_OK;
}

/* What can't be sent is no loss yet: the service may have said its last word and gone, and that is
 * still to be read. */
static void send_due(struct direct *d)
{
    sp_status ignored = cli_attachment_send_due(d->a, true, NULL);
    (void)ignored;
    if (__atomic_load_n(&d->left, __ATOMIC_ACQUIRE))
        ignored = cli_attachment_detach(d->a, NULL);
    (void)ignored;
}

static sp_status follow(struct direct *d, struct sp_error *err)
{
    struct cli_attachment *a = d->a;
    while (!a->session.exited && !a->detached) {
        send_due(d);
        sp_status status = cli_attachment_next(a, W32_FOREVER, err);
        if (status != SP_OK && __atomic_load_n(&d->left, __ATOMIC_ACQUIRE))
            a->detached = true; /* the service may see first that we have left */
        else if (status != SP_OK)
            return status;
    }
    return SP_OK;
}

/* No more will come, but what has come so far still goes out. */
static void flush(struct direct *d)
{
    for (int i = SP_STDOUT; i <= SP_STDERR; i++) {
        sp_status ignored = cli_pump_join(&d->pumps[i], CLI_FLUSH_MS);
        (void)ignored;
    }
}

sp_status cli_direct_run(struct cli_attachment *a, json_t *answer, struct sp_error *err)
{
    static struct direct d;
    d.a = a;
    sp_status status = open_pipes(&d, answer, err);
    if (status == SP_OK)
        status = w32_on_interrupt(cli_attachment_interrupted, a, err);
    if (status == SP_OK)
        status = start(&d, err);
    if (status != SP_OK)
        return status;
    status = follow(&d, err);
    if (status == SP_OK && !a->detached)
        status = check_output(&d, SP_STDOUT, err);
    if (status == SP_OK && !a->detached)
        status = check_output(&d, SP_STDERR, err);
    if (status != SP_OK || a->detached)
        flush(&d);
    a->quiet = d.left;
    return status;
}
