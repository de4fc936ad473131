/* client/plain.c - a session that lives and dies with its connection. The order is the service's
 * promise: every byte, the end of each stream, the exit. */
#include "client/plain.h"

#include "client/pump.h"
#include "client/verbs.h"
#include "win32/console.h"

/* The least that an output may be held after the exit. */
enum { HELD_MS = 100, REMOTE_HELD_MS = 30000 };

/* One for a process, and there as long as its threads are. */
struct plain {
    struct cli_attachment *a;
    struct cli_pump pumps[SP_STREAM_COUNT];
    bool left; /* whoever reads our stdout has left a shared session */
};

/* ------------------------------------------------------------------ coupling */

/* Tells the service where stdin ended: until then its end of the pipe waits. */
static void input_ended(struct cli_pump *p)
{
    struct plain *d = p->arg;
    if (p->status == SP_OK) {
        sp_status ignored = cli_control_notify(
            &d->a->control, "input_end", json_pack("{s:I}", "bytes", (json_int_t)p->bytes), NULL);
        (void)ignored; /* a lost connection is noticed by the reading thread */
    } else if (!p->target_failed)
        cli_complain("reading stdin: %s; the worker's input stays open", p->error.what);
}

/* A worker of our own ends by what its output runs into; a shared one does not, so we leave it. And
 * an output that goes past the service has ended when we say so. */
static void output_ended(struct cli_pump *p)
{
    struct plain *d = p->arg;
    enum sp_stream stream = (enum sp_stream)(p - d->pumps);
    if (d->a->session.transport[stream] == SP_TRANSPORT_DIRECT) {
        sp_status ignored =
            cli_control_notify(&d->a->control, "output_closed",
                               json_pack("{s:s}", "stream", sp_stream_name(stream)), NULL);
        (void)ignored;
    }
    if (!d->a->session.shared || !p->target_failed || stream != SP_STDOUT)
        return;
    __atomic_store_n(&d->left, true, __ATOMIC_RELEASE);
    w32_event_set(d->a->wake);
}

static sp_status open_pipes(struct plain *d, json_t *answer, struct sp_error *err)
{
    sp_status status = SP_OK;
    for (int i = 0; status == SP_OK && i < SP_STREAM_COUNT; i++) {
        enum sp_stream stream = (enum sp_stream)i;
        struct cli_pump *p = &d->pumps[i];
        if ((stream == SP_STDIN && d->a->read_only) ||
            d->a->session.transport[i] == SP_TRANSPORT_HANDOFF)
            continue;
        p->input = stream == SP_STDIN ? &d->a->input : NULL;
        p->std = cli_attachment_std(stream);
        p->screen = stream == SP_STDOUT ? &d->a->screen : NULL;
        p->piece_bytes = d->a->piece_bytes;
        p->arg = d;
        p->ended = stream == SP_STDIN ? input_ended : output_ended;
        status = cli_attachment_open(d->a, stream, answer, &p->pipe, err);
    }
    return status;
}

/* Starts one that has a pipe. */
static sp_status start_pump(struct plain *d, enum sp_stream stream, struct sp_error *err)
{
    struct cli_pump *p = &d->pumps[stream];
    return p->pipe == NULL ? SP_OK : cli_pump_start(p, err);
}

/* What was handed over is the worker's: whoever is at the other end shall see its end, not ours. */
static void let_go(const struct cli_attachment *a)
{
    for (int i = SP_STDIN; i <= SP_STDOUT; i++)
        if (a->session.transport[i] == SP_TRANSPORT_HANDOFF)
            w32_stream_close(i == SP_STDIN ? W32_STDIN : W32_STDOUT);
}

static sp_status start(struct plain *d, struct sp_error *err)
{
    struct cli_attachment *a = d->a;
    json_t *answer = NULL, *params = NULL;
    int64_t id = 0;
    if (a->session.transport[SP_STDIN] == SP_TRANSPORT_DIRECT)
        params = json_pack("{s:I}", "stdin", (json_int_t)(uintptr_t)d->pumps[SP_STDIN].pipe);
    params = cli_screen_tell_size(&a->screen, params);
    sp_status status = cli_control_request(&a->control, "start", params, &id, err);
    /* While the worker starts we get ready to read; stdin stays untouched until it has. */
    if (status == SP_OK)
        status = start_pump(d, SP_STDOUT, err);
    if (status == SP_OK)
        status = start_pump(d, SP_STDERR, err);
    if (status == SP_OK)
        status = cli_control_answer(&a->control, id, &answer, err);
    if (status == SP_OK)
        cli_session_started(&a->session, answer);
    json_decref(answer);
    if (status == SP_OK)
        status = cli_attachment_started(a, err);
    if (status != SP_OK)
        return status;
    let_go(a);
    return a->read_only ? cli_attachment_watch_keys(a, err) : start_pump(d, SP_STDIN, err);
}

/* ------------------------------------------------------------------ until the exit */

/* The exit was told, so none of the worker's processes is left, and what they wrote is in the pipe.
 * If it does not end behind that, somebody else holds it. */
static sp_status join_direct(struct plain *d, enum sp_stream stream, struct sp_error *err)
{
    bool remote = d->a->target.host != NULL;
    uint64_t least_ms = remote ? REMOTE_HELD_MS : HELD_MS;
    uint64_t wait_ms = d->a->session.drain_ms < least_ms ? least_ms : d->a->session.drain_ms;
    sp_status status = cli_pump_join_moving(&d->pumps[stream], (uint32_t)wait_ms);
    if (status != SP_ETIMEOUT)
        return status;
    if (remote) /* who knows what is still on its way */
        return sp_fail(err, SP_EPROTOCOL, 0,
                       "the worker's %s did not end within %llu ms of its exit",
                       sp_stream_name(stream), (unsigned long long)wait_ms);
    cli_complain(
        "after its exit the worker's %s was held open, and was given up: a process outside "
        "the worker's job",
        sp_stream_name(stream));
    d->pumps[stream].target_failed = true; /* as if we had closed it */
    return SP_OK;
}

/* Every byte that was announced must have come out of the pipe and gone into our own stdout. */
static sp_status check_output(struct plain *d, enum sp_stream stream, struct sp_error *err)
{
    struct cli_pump *p = &d->pumps[stream];
    enum sp_transport transport = d->a->session.transport[stream];
    if (transport == SP_TRANSPORT_HANDOFF)
        return SP_OK;
    sp_status status = transport == SP_TRANSPORT_DIRECT ? join_direct(d, stream, err)
                                                        : cli_pump_join(p, W32_FOREVER);
    if (status != SP_OK)
        return status;
    if (p->target_failed)
        return SP_OK; /* our reader left first, as `| head -1` does; the exit code is the worker's
                       */
    if (p->status != SP_OK)
        return sp_fail(err, p->status, p->error.os, "reading the worker's %s: %s",
                       sp_stream_name(stream), p->error.what);
    if (transport == SP_TRANSPORT_DIRECT)
        return SP_OK; /* nobody counts; that the exit was told behind it says that it is whole */
    if (cli_session_ending(&d->a->session, stream, p->bytes) != CLI_ENDING_WHOLE)
        return cli_session_incomplete(&d->a->session, stream, p->bytes, err);
    return SP_OK;
}

/* What can't be sent is no loss yet: the service may have said its last word and gone, and that is
 * still to be read. */
static void send_due(struct plain *d)
{
    sp_status ignored = cli_attachment_send_due(d->a, true, NULL);
    (void)ignored;
    if (__atomic_load_n(&d->left, __ATOMIC_ACQUIRE))
        ignored = cli_attachment_detach(d->a, NULL);
    (void)ignored;
}

static sp_status follow(struct plain *d, struct sp_error *err)
{
    struct cli_attachment *a = d->a;
    while (!a->session.exited && !a->detached) {
        send_due(d);
        sp_status status = cli_attachment_next(a, W32_FOREVER, err);
        if (status != SP_OK && __atomic_load_n(&d->left, __ATOMIC_ACQUIRE))
            a->detached = true; /* the service may see first that we have left */
        else if (status != SP_OK)
            return status;
        if (a->session.input_closed && a->session.transport[SP_STDIN] == SP_TRANSPORT_DIRECT)
            cli_pump_close_pipe(&d->pumps[SP_STDIN]);
    }
    return SP_OK;
}

/* No more will come, but what has come so far still goes out. */
static void flush(struct plain *d)
{
    for (int i = SP_STDOUT; i <= SP_STDERR; i++) {
        sp_status ignored = cli_pump_join(&d->pumps[i], CLI_FLUSH_MS);
        (void)ignored;
    }
}

sp_status cli_plain_run(struct cli_attachment *a, json_t *answer, struct sp_error *err)
{
    static struct plain d;
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
