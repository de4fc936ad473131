/* client/attach.c - `standpipe attach`: our stdin, stdout and stderr coupled to a worker's. The
 * order is the service's promise: every byte, the end of each stream, the exit. */
#include <string.h>

#include "client/pump.h"
#include "client/verbs.h"
#include "core/stream.h"
#include "win32/console.h"
#include "win32/npipe.h"
#include "win32/process.h"

enum {
    LOCAL_PIECE = 1 << 20,
    OPEN_MS = 5000,  /* for a data pipe that was just made for us */
    FLUSH_MS = 2000, /* for what has arrived, when the connection is lost */
};

/* An attachment. One for a process: the interrupt handler needs it. */
struct attachment {
    struct cli_control control;
    struct cli_pump pumps[SP_STREAM_COUNT];
    bool announced[SP_STREAM_COUNT];  /* the service has told the stream's end... */
    uint64_t totals[SP_STREAM_COUNT]; /* ...and how many bytes it had */
    bool started;
    uint32_t code;
};

/* ------------------------------------------------------------------ coupling */

static sp_status open_stream(struct attachment *a, const struct cli_target *target,
                             enum sp_stream stream, json_t *answer, struct sp_error *err)
{
    const char *leaf = json_string_value(json_object_get(answer, sp_stream_name(stream)));
    if (leaf == NULL)
        return sp_fail(err, SP_EPROTOCOL, 0, "the service named no pipe for %s",
                       sp_stream_name(stream));
    static const enum w32_stream std[] = {W32_STDIN, W32_STDOUT, W32_STDERR};
    struct cli_pump *p = &a->pumps[stream];
    p->upload = stream == SP_STDIN;
    p->std = w32_stream_handle(std[stream]);
    p->piece_bytes = target->host == NULL ? LOCAL_PIECE : W32_NPIPE_REMOTE_WRITE;
    return w32_npipe_open(target->host, leaf, p->upload ? W32_NPIPE_WRITE : W32_NPIPE_READ, OPEN_MS,
                          &p->pipe, err);
}

static sp_status ask(struct attachment *a, const struct sp_args *args, json_t **answer,
                     struct sp_error *err)
{
    json_t *arguments = json_array();
    for (size_t i = 0; i < args->rest_count; i++)
        json_array_append_new(arguments, json_string(args->rest[i]));
    json_t *params = json_pack("{s:s, s:i, s:o}", "worker", args->operands[0], "protocol",
                               SP_PROTOCOL_VERSION, "args", arguments);
    if (params == NULL)
        return sp_fail(err, SP_EINVAL, 0, "the worker's name or an argument is not valid text");
    return cli_control_call(&a->control, "attach", params, answer, err);
}

/* Tells the service where stdin ended: until then its end of the pipe waits. */
static void input_ended(struct cli_pump *p)
{
    struct attachment *a = p->arg;
    if (p->status == SP_OK) {
        sp_status ignored = cli_control_notify(
            &a->control, "input_end", json_pack("{s:I}", "bytes", (json_int_t)p->bytes), NULL);
        (void)ignored; /* a lost connection is noticed by the reading thread */
    } else if (!p->target_failed)
        cli_complain("reading stdin: %s; the worker's input stays open", p->error.what);
}

static void interrupted(enum w32_interrupt what, void *arg)
{
    struct attachment *a = arg;
    if (what != W32_INTERRUPT_CTRL_C || !a->started)
        w32_exit(0xC000013A); /* as if we had not caught it */
    sp_status ignored =
        cli_control_notify(&a->control, "signal", json_pack("{s:s}", "name", "int"), NULL);
    (void)ignored;
}

static sp_status couple(struct attachment *a, const struct cli_target *target,
                        const struct sp_args *args, struct sp_error *err)
{
    json_t *answer = NULL;
    int64_t start = 0;
    sp_status status = cli_control_open(&a->control, target, err);
    if (status == SP_OK)
        status = ask(a, args, &answer, err);
    for (int i = 0; status == SP_OK && i < SP_STREAM_COUNT; i++)
        status = open_stream(a, target, (enum sp_stream)i, answer, err);
    json_decref(answer);
    answer = NULL;
    if (status == SP_OK)
        status = w32_on_interrupt(interrupted, a, err);
    if (status == SP_OK)
        status = cli_control_request(&a->control, "start", NULL, &start, err);
    /* While the worker starts we get ready to read; stdin stays untouched until it has. */
    if (status == SP_OK)
        status = cli_pump_start(&a->pumps[SP_STDOUT], err);
    if (status == SP_OK)
        status = cli_pump_start(&a->pumps[SP_STDERR], err);
    if (status == SP_OK)
        status = cli_control_answer(&a->control, start, &answer, err);
    json_decref(answer);
    if (status != SP_OK)
        return status;
    a->started = true;
    a->pumps[SP_STDIN].ended = input_ended;
    a->pumps[SP_STDIN].arg = a;
    return cli_pump_start(&a->pumps[SP_STDIN], err);
}

/* ------------------------------------------------------------------ until the exit */

static void stream_ended(struct attachment *a, json_t *params)
{
    const char *name = NULL;
    json_int_t bytes = 0;
    if (json_unpack(params, "{s:s, s:I}", "stream", &name, "bytes", &bytes) != 0 || bytes < 0)
        return;
    enum sp_stream stream = sp_stream_of(name);
    if (stream == SP_STREAM_COUNT)
        return;
    a->announced[stream] = true;
    a->totals[stream] = (uint64_t)bytes;
}

/* The exit code; and in words what else happened. */
static sp_status exited(struct attachment *a, json_t *params, struct sp_error *err)
{
    json_int_t code = 0;
    const char *reason = NULL, *held_by = NULL;
    if (json_unpack(params, "{s:I, s?s, s?s}", "code", &code, "reason", &reason, "held_by",
                    &held_by) != 0)
        return sp_fail(err, SP_EPROTOCOL, 0, "the service told an exit without a code");
    a->code = (uint32_t)code;
    if (held_by != NULL)
        cli_complain("after its exit the worker's output was held open, and was ended: %s",
                     held_by);
    if (reason != NULL) {
        cli_complain("the worker was ended (its exit code: %u): %s", (unsigned)a->code, reason);
        a->code = CLI_REFUSED;
    }
    return SP_OK;
}

static sp_status wait_for_exit(struct attachment *a, struct sp_error *err)
{
    for (;;) {
        struct sp_rpc rpc = {0};
        sp_status status = cli_control_next(&a->control, W32_FOREVER, &rpc, err);
        if (status != SP_OK)
            return status;
        bool is_exit = false;
        if (rpc.kind == SP_RPC_NOTIFICATION && strcmp(rpc.method, "output_end") == 0)
            stream_ended(a, rpc.params);
        else if (rpc.kind == SP_RPC_NOTIFICATION && strcmp(rpc.method, "exit") == 0) {
            is_exit = true;
            status = exited(a, rpc.params, err);
        } else if (rpc.kind == SP_RPC_ERROR)
            cli_complain("%s", rpc.message);
        sp_rpc_deinit(&rpc);
        if (is_exit)
            return status;
    }
}

/* Every byte that was announced must have come out of the pipe and gone into our own stdout. */
static sp_status check_output(struct attachment *a, enum sp_stream stream, struct sp_error *err)
{
    struct cli_pump *p = &a->pumps[stream];
    sp_status status = cli_pump_join(p, W32_FOREVER); /* as slow as whoever reads our output */
    if (status != SP_OK)
        return status;
    if (p->target_failed)
        return SP_OK; /* our reader left first, as `| head -1` does; the exit code is the worker's
                       */
    if (p->status != SP_OK)
        return sp_fail(err, p->status, p->error.os, "reading the worker's %s: %s",
                       sp_stream_name(stream), p->error.what);
    if (!a->announced[stream] || p->bytes != a->totals[stream])
        return sp_fail(err, SP_EPROTOCOL, 0, "of %llu bytes of the worker's %s only %llu came",
                       (unsigned long long)a->totals[stream], sp_stream_name(stream),
                       (unsigned long long)p->bytes);
    return SP_OK;
}

/* The connection is lost, but what has come so far still goes out. */
static void flush(struct attachment *a)
{
    for (int i = SP_STDOUT; i <= SP_STDERR; i++) {
        sp_status ignored = cli_pump_join(&a->pumps[i], FLUSH_MS);
        (void)ignored;
    }
}

static int exit_code_of(const struct attachment *a)
{
    switch (a->control.refusal) {
    case SP_RPC_NO_WORKER:
        return CLI_NO_WORKER;
    case SP_RPC_NO_START:
        return CLI_NO_START;
    default:
        return CLI_REFUSED;
    }
}

static int attach(const struct sp_args *args)
{
    static struct attachment a; /* zeroed, and there as long as its threads are */
    struct cli_target target = cli_target_of(args);
    struct sp_error err = {0};
    if (couple(&a, &target, args, &err) != SP_OK) {
        cli_complain("%s: %s", args->operands[0], err.what);
        return exit_code_of(&a);
    }
    sp_status status = wait_for_exit(&a, &err);
    if (status == SP_OK)
        status = check_output(&a, SP_STDOUT, &err);
    if (status == SP_OK)
        status = check_output(&a, SP_STDERR, &err);
    if (status != SP_OK) {
        flush(&a);
        cli_complain("%s: %s", args->operands[0], err.what);
        return CLI_REFUSED;
    }
    /* If it does not arrive the service finds out by our going. */
    sp_status ignored = cli_control_notify(&a.control, "ack", NULL, NULL);
    (void)ignored;
    return (int)a.code;
}

static const struct sp_option options[] = {CLI_TARGET_OPTIONS};

const struct sp_verb cli_attach_verb = {
    .name = "attach",
    .summary = "Couple this program's stdin, stdout and stderr to a worker",
    .operands = "WORKER [-- ARGUMENT...]",
    .description =
        "Starts a worker for you alone, and is from then on as good as the worker "
        "itself: what comes on stdin goes to it byte for byte, what it writes to stdout and "
        "stderr comes out here, Ctrl-C reaches it, and its exit code is this program's. "
        "Arguments behind -- are added to the worker's own, if it allows them (args: allow).\n"
        "\n"
        "Exit codes of its own: 125 the service refused or can't be reached, 126 the worker could "
        "not be started, 127 there is no such worker. Ctrl-Break ends this program at once.\n"
        "\n"
        "Examples:\n"
        "  standpipe attach upper < in.txt > out.txt\n"
        "  standpipe attach -H FILESERVER sort -- /R < names.txt",
    .operand_min = 1,
    .operand_max = 1,
    .takes_rest = true,
    .options = options,
    .run = attach,
    .option_count = sizeof options / sizeof *options,
};
