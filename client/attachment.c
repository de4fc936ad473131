/* client/attachment.c - what every attachment has: the control connection, what was told on it, our
 * stdin, Ctrl-C and the detach keys. */
#include "client/attachment.h"

#include <stdlib.h>
#include <string.h>

#include "client/verbs.h"
#include "win32/npipe.h"
#include "win32/process.h"

enum { OPEN_MS = 5000 /* for a data pipe that was just made for us */ };

static void other(void *arg, const struct sp_rpc *rpc)
{
    struct cli_attachment *a = arg;
    cli_session_told(&a->session, rpc);
}

sp_status cli_attachment_init(struct cli_attachment *a, struct sp_error *err)
{
    a->piece_bytes = cli_target_piece_bytes(&a->target);
    a->control.other = other;
    a->control.arg = a;
    sp_status status = w32_event_open(false, &a->wake, err);
    a->control.wake = a->wake;
    a->input = (struct cli_input){.std = cli_attachment_std(SP_STDIN),
                                  .console = w32_stream_kind(W32_STDIN) == W32_STREAM_TERMINAL,
                                  .keys = a->keys,
                                  .wake = a->wake};
    return status;
}

static void look_for_keys(void *arg)
{
    struct cli_attachment *a = arg;
    unsigned char *dropped = malloc(a->piece_bytes);
    uint32_t got = 0;
    sp_status status = dropped == NULL ? SP_ENOMEM : SP_OK;
    while (status == SP_OK || status == SP_ECANCELED)
        status = cli_input_read(&a->input, dropped, a->piece_bytes, &got, NULL);
    free(dropped);
}

sp_status cli_attachment_watch_keys(struct cli_attachment *a, struct sp_error *err)
{
    static w32_handle thread; /* as long as the process */
    return a->keys.count == 0 ? SP_OK : w32_thread_start(look_for_keys, a, &thread, err);
}

sp_status cli_attachment_started(struct cli_attachment *a, struct sp_error *err)
{
    sp_status status = cli_screen_begin(&a->screen, a->read_only, a->wake, err);
    a->input.at_once = a->screen.typed;
    __atomic_store_n(&a->started, status == SP_OK, __ATOMIC_RELEASE);
    return status;
}

w32_handle cli_attachment_std(enum sp_stream stream)
{
    static const enum w32_stream std[] = {W32_STDIN, W32_STDOUT, W32_STDERR};
    return w32_stream_handle(std[stream]);
}

sp_status cli_attachment_open(struct cli_attachment *a, enum sp_stream stream, json_t *answer,
                              w32_handle *out, struct sp_error *err)
{
    const char *leaf = json_string_value(json_object_get(answer, sp_stream_name(stream)));
    if (leaf == NULL)
        return sp_fail(err, SP_EPROTOCOL, 0, "the service named no pipe for %s",
                       sp_stream_name(stream));
    return w32_npipe_open(a->target.host, leaf,
                          stream == SP_STDIN ? W32_NPIPE_WRITE : W32_NPIPE_READ, OPEN_MS, out, err);
}

/* ------------------------------------------------------------------ Ctrl-C and detaching */

void cli_attachment_interrupted(enum w32_interrupt what, void *arg)
{
    struct cli_attachment *a = arg;
    bool to_worker = __atomic_load_n(&a->started, __ATOMIC_ACQUIRE) &&
                     !__atomic_load_n(&a->lost, __ATOMIC_ACQUIRE) && !a->read_only;
    if (what != W32_INTERRUPT_CTRL_C || !to_worker)
        w32_exit(0xC000013A); /* as if we had not caught it */
    __atomic_store_n(&a->interrupted, true, __ATOMIC_RELEASE);
    w32_event_set(a->wake);
}

sp_status cli_attachment_detach(struct cli_attachment *a, struct sp_error *err)
{
    uint64_t passed = 0;
    if (a->detach_id != 0)
        return SP_OK;
    cli_input_found(&a->input, &passed);
    return cli_control_request(&a->control, "detach",
                               json_pack("{s:I}", "input", (json_int_t)(a->read_only ? 0 : passed)),
                               &a->detach_id, err);
}

sp_status cli_attachment_send_due(struct cli_attachment *a, bool input_sent, struct sp_error *err)
{
    sp_status status = SP_OK;
    if (__atomic_exchange_n(&a->interrupted, false, __ATOMIC_ACQ_REL))
        status = cli_control_notify(&a->control, "signal", json_pack("{s:s}", "name", "int"), err);
    if (status == SP_OK && cli_screen_is_resized(&a->screen))
        status =
            cli_control_notify(&a->control, "resize", cli_screen_tell_size(&a->screen, NULL), err);
    if (status == SP_OK && input_sent && cli_input_found(&a->input, NULL))
        status = cli_attachment_detach(a, err);
    return status;
}

/* Whether a message is the answer to our wish to detach. */
static bool answers_detach(const struct cli_attachment *a, const struct sp_rpc *rpc)
{
    return a->detach_id != 0 && (rpc->kind == SP_RPC_RESULT || rpc->kind == SP_RPC_ERROR) &&
           json_is_integer(rpc->id) && json_integer_value(rpc->id) == a->detach_id;
}

sp_status cli_attachment_next(struct cli_attachment *a, uint32_t timeout_ms, struct sp_error *err)
{
    struct sp_rpc rpc = {0};
    sp_status status = cli_control_next(&a->control, timeout_ms, &rpc, err);
    if (status != SP_OK)
        return status == SP_ECANCELED ? SP_OK : status;
    bool answer = answers_detach(a, &rpc);
    a->detached = answer && rpc.kind == SP_RPC_RESULT;
    if (!a->detached)
        cli_session_told(&a->session, &rpc); /* a refusal is said, and the session goes on */
    if (answer)
        a->detach_id = 0;
    if (answer && !a->detached)
        cli_input_go_on(&a->input);
    sp_rpc_deinit(&rpc);
    return SP_OK;
}

void cli_attachment_say_detached(const struct cli_attachment *a)
{
    const char *host = a->target.host;
    bool is_default = strcmp(a->target.pipe, "standpipe") == 0;
    cli_complain("detached; \"standpipe attach %s%s%s%s%s%s%s\" comes back",
                 host == NULL ? "" : "-H ", host == NULL ? "" : host, host == NULL ? "" : " ",
                 is_default ? "" : "--pipe ", is_default ? "" : a->target.pipe,
                 is_default ? "" : " ", a->worker);
}
