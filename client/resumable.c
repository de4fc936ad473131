/* client/resumable.c - a session that outlives its connection. The main thread holds the control
 * connection and decides; intake and outlets move the bytes and wake it. Whatever breaks, a data
 * pipe or the control pipe, the whole connection is cut and made anew. */
#include "client/resumable.h"

#include <string.h>

#include "client/intake.h"
#include "client/outlet.h"
#include "client/verbs.h"
#include "win32/clock.h"

enum {
    GRACE_MS = 5000,  /* for the word that explains the end of a data pipe */
    STEADY_MS = 5000, /* a connection that held so long was none that fails at once */
    FIRST_PAUSE_MS = 50,
    LONGEST_PAUSE_MS = 2000,
    LEAST_ANSWER_MS = 1000,
};

/* One for a process, and there as long as its threads are. */
struct resumable {
    struct cli_attachment *a;
    struct cli_intake intake;
    struct cli_outlet outlets[SP_STREAM_COUNT]; /* of stdout and stderr */
    uint64_t acknowledged[SP_STREAM_COUNT];     /* the positions that `received` has told */
    /* Of this connection: */
    bool input_end_told;
    bool output_closed_told[SP_STREAM_COUNT];
    bool mute;           /* nothing can be sent any more; there may still be something to read */
    bool control_gone;   /* after the exit it may be */
    uint64_t doubt_ms;   /* since when a data pipe's end waits to be explained; 0: none does */
    uint64_t coupled_ms; /* when it was made */
    uint64_t moved;      /* bytes that had moved by then */
    uint64_t lost_ms;    /* when the first of a row of connections that fail at once was lost */
    bool said;           /* that a connection was lost and the session resumed */
};

static uint64_t now_ms(void)
{
    return w32_clock_us() / 1000;
}

/* ------------------------------------------------------------------ coupling */

static void uncouple(struct resumable *r)
{
    cli_intake_uncouple(&r->intake);
    cli_outlet_uncouple(&r->outlets[SP_STDOUT]);
    cli_outlet_uncouple(&r->outlets[SP_STDERR]);
}

static uint64_t moved(struct resumable *r)
{
    return cli_outlet_look(&r->outlets[SP_STDOUT], NULL).got +
           cli_outlet_look(&r->outlets[SP_STDERR], NULL).got + r->a->session.input_received;
}

static sp_status open_pipes(struct resumable *r, json_t *answer, w32_handle pipes[SP_STREAM_COUNT],
                            struct sp_error *err)
{
    sp_status status = SP_OK;
    for (int i = 0; status == SP_OK && i < SP_STREAM_COUNT; i++) {
        if (i == SP_STDIN && (r->a->read_only || json_object_get(answer, "stdin") == NULL))
            continue;
        status = cli_attachment_open(r->a, (enum sp_stream)i, answer, &pipes[i], err);
    }
    return status;
}

static sp_status start(struct resumable *r, struct sp_error *err)
{
    json_t *answer = NULL;
    int64_t id = 0;
    sp_status status = cli_control_request(&r->a->control, "start",
                                           cli_screen_tell_size(&r->a->screen, NULL), &id, err);
    if (status == SP_OK)
        status = cli_control_answer(&r->a->control, id, &answer, err);
    if (status == SP_OK)
        cli_session_started(&r->a->session, answer);
    json_decref(answer);
    return status;
}

/* Opens the pipes that an answer names, has the service start, and lets the bytes flow. */
static sp_status couple(struct resumable *r, json_t *answer, uint64_t input, struct sp_error *err)
{
    w32_handle pipes[SP_STREAM_COUNT] = {0};
    sp_status status = open_pipes(r, answer, pipes, err);
    if (status == SP_OK)
        status = start(r, err);
    for (int i = SP_STDOUT; status == SP_OK && i <= SP_STDERR; i++)
        status = cli_outlet_couple(&r->outlets[i], &pipes[i], err);
    if (status == SP_OK && pipes[SP_STDIN] != NULL)
        status = cli_intake_couple(&r->intake, &pipes[SP_STDIN], input, err);
    else if (status == SP_OK)
        cli_intake_close(&r->intake); /* by us, or by a worker that takes no more */
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        w32_handle_close(&pipes[i]);
    r->input_end_told = r->mute = r->control_gone = false;
    r->output_closed_told[SP_STDOUT] = r->output_closed_told[SP_STDERR] = false;
    r->doubt_ms = 0;
    r->coupled_ms = now_ms();
    r->moved = moved(r);
    return status;
}

/* ------------------------------------------------------------------ what is due to be told */

static sp_status notify(struct resumable *r, const char *method, json_t *params,
                        struct sp_error *err)
{
    return cli_control_notify(&r->a->control, method, params, err);
}

static bool is_whole(struct resumable *r, enum sp_stream stream)
{
    struct cli_outlet_view view = cli_outlet_look(&r->outlets[stream], NULL);
    return view.written == view.got &&
           cli_session_ending(&r->a->session, stream, view.got) == CLI_ENDING_WHOLE;
}

static sp_status tell_received(struct resumable *r, enum sp_stream stream, struct sp_error *err)
{
    struct cli_outlet_view view = cli_outlet_look(&r->outlets[stream], NULL);
    uint64_t position = cli_session_position(&r->a->session, stream, view.written);
    uint64_t news = position > r->acknowledged[stream] ? position - r->acknowledged[stream] : 0;
    if (news == 0 || (news < CLI_OUTLET_ACK && !is_whole(r, stream)))
        return SP_OK;
    r->acknowledged[stream] = position;
    return notify(
        r, "received",
        json_pack("{s:s, s:I}", "stream", sp_stream_name(stream), "bytes", (json_int_t)position),
        err);
}

/* Whoever reads our output has left: the service can end it at the worker, as a pipe would. */
static sp_status tell_output_closed(struct resumable *r, enum sp_stream stream,
                                    struct sp_error *err)
{
    if (r->output_closed_told[stream] || !cli_outlet_look(&r->outlets[stream], NULL).gone)
        return SP_OK;
    r->output_closed_told[stream] = true;
    if (!r->a->session.shared)
        return notify(r, "output_closed", json_pack("{s:s}", "stream", sp_stream_name(stream)),
                      err);
    if (stream == SP_STDERR)
        return SP_OK;
    r->a->quiet = true;
    return cli_attachment_detach(r->a, err);
}

static sp_status tell_input_end(struct resumable *r, struct sp_error *err)
{
    struct cli_intake_view view = cli_intake_look(&r->intake, NULL);
    if (r->input_end_told || view.flow != CLI_FLOW_ENDED || !view.ended ||
        r->a->session.input_closed)
        return SP_OK;
    r->input_end_told = true;
    return notify(r, "input_end", json_pack("{s:I}", "bytes", (json_int_t)view.len), err);
}

static sp_status tell_due(struct resumable *r, struct sp_error *err)
{
    if (r->control_gone)
        return SP_OK;
    sp_status status = tell_input_end(r, err);
    for (int i = SP_STDOUT; status == SP_OK && i <= SP_STDERR; i++) {
        status = tell_received(r, (enum sp_stream)i, err);
        if (status == SP_OK)
            status = tell_output_closed(r, (enum sp_stream)i, err);
    }
    if (status == SP_OK)
        status = cli_attachment_send_due(
            r->a, r->a->read_only || cli_intake_look(&r->intake, NULL).sent, err);
    return status;
}

/* ------------------------------------------------------------------ while the connection holds */

/* What the service has told goes to where it matters. */
static void heed(struct resumable *r)
{
    const struct cli_session *s = &r->a->session;
    cli_intake_received(&r->intake, s->input_received);
    if (s->input_closed || s->exited)
        cli_intake_close(&r->intake);
    for (int i = SP_STDOUT; i <= SP_STDERR; i++)
        if (s->outputs[i].ended)
            cli_outlet_expect_end(&r->outlets[i]);
}

/* The end of a pipe that the service has not explained is doubtful for a while, and then a lost
 * connection. */
static sp_status doubt(struct resumable *r, struct sp_error *err)
{
    uint64_t now = now_ms();
    if (r->doubt_ms == 0)
        r->doubt_ms = now;
    return now - r->doubt_ms < GRACE_MS
               ? SP_OK
               : sp_fail(err, SP_EBROKEN, 0, "a data pipe ended without a word of the service");
}

static sp_status look_at_output(struct resumable *r, enum sp_stream stream, bool *doubtful,
                                struct sp_error *err)
{
    struct cli_outlet_view view = cli_outlet_look(&r->outlets[stream], err);
    enum cli_ending ending = cli_session_ending(&r->a->session, stream, view.got);
    if (ending == CLI_ENDING_LONG)
        return cli_session_incomplete(&r->a->session, stream, view.got, err);
    if (ending == CLI_ENDING_WHOLE || view.flow == CLI_FLOW_OPEN)
        return SP_OK;
    if (view.flow == CLI_FLOW_BROKEN)
        return SP_EBROKEN;
    if (ending == CLI_ENDING_SHORT) {
        sp_status ignored = cli_session_incomplete(&r->a->session, stream, view.got, err);
        (void)ignored;
        return SP_EBROKEN;
    }
    *doubtful = true;
    return doubt(r, err);
}

/* Whether all pipes do what they should. @return SP_OK; SP_EBROKEN the connection is lost;
 * SP_EPROTOCOL */
static sp_status look_at_pipes(struct resumable *r, struct sp_error *err)
{
    bool doubtful = false;
    sp_status status = look_at_output(r, SP_STDOUT, &doubtful, err);
    if (status == SP_OK)
        status = look_at_output(r, SP_STDERR, &doubtful, err);
    if (status == SP_OK && !r->a->session.input_closed && !r->a->session.exited &&
        cli_intake_look(&r->intake, NULL).flow == CLI_FLOW_BROKEN) {
        doubtful = true;
        status = doubt(r, err);
    }
    if (!doubtful)
        r->doubt_ms = 0;
    return status;
}

static bool finished(struct resumable *r)
{
    return r->a->session.exited && is_whole(r, SP_STDOUT) && is_whole(r, SP_STDERR);
}

static sp_status wait_for_news(struct resumable *r, struct sp_error *err)
{
    uint32_t patience_ms = r->doubt_ms == 0 && !r->mute ? W32_FOREVER : GRACE_MS;
    sp_status status = r->control_gone ? w32_event_wait(r->a->wake, patience_ms)
                                       : cli_attachment_next(r->a, patience_ms, err);
    if (status == SP_ETIMEOUT && (!r->mute || r->a->session.exited))
        return SP_OK; /* look_at_pipes() knows what to make of it */
    if (status != SP_OK && r->a->session.exited) {
        r->control_gone = true; /* the service need not wait until we have written everything */
        return SP_OK;
    }
    return status;
}

/* @return SP_OK finished, or detached; else why the connection is not one any more */
static sp_status follow(struct resumable *r, struct sp_error *err)
{
    for (;;) {
        heed(r);
        sp_status status = look_at_pipes(r, err);
        if (status != SP_OK || r->a->detached || finished(r))
            return status;
        /* What can't be sent any more is no loss yet: the service may have said its last word and
         * gone, and that is still to be read. */
        if (!r->mute)
            r->mute = tell_due(r, err) != SP_OK;
        status = wait_for_news(r, err);
        if (status != SP_OK)
            return status;
    }
}

/* ------------------------------------------------------------------ and when it does not */

/* Whether another try may do better. */
static bool is_worth_another_try(const struct resumable *r, sp_status status)
{
    if (status == SP_EACCESS && r->a->control.refusal != 0)
        return r->a->control.refusal == SP_RPC_STATE || r->a->control.refusal == SP_RPC_INTERNAL;
    return status != SP_EPROTOCOL && status != SP_ESYNTAX && status != SP_ENOMEM;
}

static sp_status ask(struct resumable *r, json_t **answer, struct sp_error *err)
{
    for (int i = SP_STDOUT; i <= SP_STDERR; i++)
        r->acknowledged[i] = cli_session_position(&r->a->session, (enum sp_stream)i,
                                                  cli_outlet_look(&r->outlets[i], NULL).got);
    return cli_control_call(&r->a->control, "resume",
                            json_pack("{s:s, s:s, s:i, s:{s:I, s:I}}", "session", r->a->session.id,
                                      "token", r->a->session.token, "protocol", SP_PROTOCOL_VERSION,
                                      "received", "stdout", (json_int_t)r->acknowledged[SP_STDOUT],
                                      "stderr", (json_int_t)r->acknowledged[SP_STDERR]),
                            answer, err);
}

static sp_status try_once(struct resumable *r, uint64_t left_ms, struct sp_error *err)
{
    json_t *answer = NULL;
    uint64_t input = 0;
    r->a->control.refusal = 0;
    r->a->control.answer_ms = left_ms < LEAST_ANSWER_MS ? LEAST_ANSWER_MS
                              : left_ms < CLI_ANSWER_MS ? (uint32_t)left_ms
                                                        : CLI_ANSWER_MS;
    sp_status status = cli_control_open(&r->a->control, &r->a->target, err);
    if (status == SP_OK)
        status = ask(r, &answer, err);
    if (status == SP_OK)
        status = cli_session_resumed(&r->a->session, answer, &input, err);
    if (status == SP_OK)
        status = couple(r, answer, input, err);
    json_decref(answer);
    if (status != SP_OK) {
        int refusal = r->a->control.refusal;
        uncouple(r);
        cli_control_close(&r->a->control);
        r->a->control.refusal = refusal;
    }
    return status;
}

/* The service counts from when it noticed, we from when we did; a row of connections that fail at
 * once counts as one loss, so that it has an end. */
static uint64_t deadline_ms(struct resumable *r)
{
    uint64_t now = now_ms();
    if (r->lost_ms == 0 || now - r->coupled_ms >= STEADY_MS || moved(r) != r->moved)
        r->lost_ms = now;
    return r->lost_ms + r->a->session.resume_ms;
}

/* In words, and with the exit code of a loss. */
static void give_up(struct resumable *r, bool hopeless, struct sp_error *err)
{
    unsigned long long ms = r->a->session.resume_ms;
    r->a->control.refusal = 0;
    if (hopeless)
        sp_error_prefix(err, "the connection was lost, and session %s with it: ", r->a->session.id);
    else
        sp_error_prefix(err, "the connection was lost and could not be resumed within %llu %s: ",
                        ms < 1000 ? ms : ms / 1000, ms < 1000 ? "ms" : "s");
}

static sp_status try_until(struct resumable *r, uint64_t deadline, struct sp_error *err)
{
    sp_status status = SP_EBROKEN; /* err says why the last connection was lost */
    uint32_t pause_ms = FIRST_PAUSE_MS;
    for (uint64_t now = now_ms(); now < deadline; now = now_ms()) {
        status = try_once(r, deadline - now, err);
        if (status == SP_OK || !is_worth_another_try(r, status))
            break;
        w32_thread_pause(pause_ms);
        pause_ms = pause_ms * 2 < LONGEST_PAUSE_MS ? pause_ms * 2 : LONGEST_PAUSE_MS;
    }
    return status;
}

static sp_status resume(struct resumable *r, struct sp_error *err)
{
    uint64_t deadline = deadline_ms(r);
    bool leaving = r->a->detach_id != 0;
    __atomic_store_n(&r->a->lost, true, __ATOMIC_RELEASE);
    uncouple(r);
    cli_control_close(&r->a->control);
    r->a->detach_id = 0; /* it will be said again */
    sp_status status = try_until(r, deadline, err);
    if (status == SP_EACCESS && r->a->control.refusal == SP_RPC_NO_WORKER && leaving) {
        r->a->detached = true; /* the answer was lost with the connection */
        return SP_OK;
    }
    if (status != SP_OK) {
        give_up(r, !is_worth_another_try(r, status), err);
        return status;
    }
    __atomic_store_n(&r->a->lost, false, __ATOMIC_RELEASE);
    if (!r->said)
        cli_complain("the connection was lost and resumed");
    r->said = true;
    return SP_OK;
}

/* ------------------------------------------------------------------ all of it */

/* No more will come, but what has come so far still goes out. */
static void flush(struct resumable *r)
{
    uint64_t until = now_ms() + CLI_FLUSH_MS;
    for (int i = SP_STDOUT; i <= SP_STDERR; i++) {
        struct cli_outlet *o = &r->outlets[i];
        cli_outlet_expect_end(o);
        for (;;) {
            struct cli_outlet_view view = cli_outlet_look(o, NULL);
            uint64_t now = now_ms();
            if ((view.written == view.got && view.flow != CLI_FLOW_OPEN) || now >= until)
                break;
            sp_status ignored = w32_event_wait(r->a->wake, (uint32_t)(until - now));
            (void)ignored;
        }
    }
}

static void prepare(struct resumable *r, struct cli_attachment *a)
{
    r->a = a;
    r->intake.input = &a->input;
    r->intake.piece_bytes = a->piece_bytes;
    r->intake.wake = a->wake;
    for (int i = SP_STDOUT; i <= SP_STDERR; i++) {
        r->outlets[i].std = cli_attachment_std((enum sp_stream)i);
        r->outlets[i].screen = i == SP_STDOUT ? &a->screen : NULL;
        r->outlets[i].piece_bytes = a->piece_bytes;
        r->outlets[i].wake = a->wake;
    }
}

static sp_status begin(struct resumable *r, json_t *answer, struct sp_error *err)
{
    sp_status status = w32_on_interrupt(cli_attachment_interrupted, r->a, err);
    if (status == SP_OK)
        status = couple(r, answer, 0, err);
    for (int i = SP_STDOUT; i <= SP_STDERR; i++)
        r->acknowledged[i] = cli_session_position(&r->a->session, (enum sp_stream)i, 0);
    if (status == SP_OK)
        status = cli_attachment_started(r->a, err);
    if (status == SP_OK)
        status = r->a->read_only ? cli_attachment_watch_keys(r->a, err)
                                 : cli_intake_start(&r->intake, err);
    return status;
}

sp_status cli_resumable_run(struct cli_attachment *a, json_t *answer, struct sp_error *err)
{
    static struct resumable r;
    prepare(&r, a);
    sp_status status = begin(&r, answer, err);
    if (status != SP_OK)
        return status;
    status = follow(&r, err);
    while (status != SP_OK && is_worth_another_try(&r, status)) {
        status = resume(&r, err);
        if (status != SP_OK)
            break;
        status = follow(&r, err);
    }
    if (status != SP_OK || a->detached)
        flush(&r);
    for (int i = SP_STDOUT; status == SP_OK && i <= SP_STDERR; i++) {
        sp_status ignored = tell_received(&r, (enum sp_stream)i, NULL);
        (void)ignored; /* it is all here; whether the service hears of it is its affair */
    }
    return status;
}
