/* client/attach.c - `standpipe attach`: our stdin, stdout and stderr coupled to a worker's. */
#include <string.h>

#include "client/attachment.h"
#include "client/call.h"
#include "client/plain.h"
#include "client/progress.h"
#include "client/resumable.h"
#include "client/verbs.h"
#include "core/units.h"
#include "win32/handover.h"
#include "win32/rawmode.h"

/* The verb's options, by their place in the table. */
enum {
    OPTION_REPLAY = 2,
    OPTION_READ_ONLY,
    OPTION_TRANSPORT,
    OPTION_DETACH_KEYS,
    OPTION_PROGRESS,
    OPTION_IMPERSONATE
};

enum { REPLAY_NONE = 0, REPLAY_ALL = -1 };

/* What was asked for on the command line, beside the attachment's own. */
struct wish {
    const struct sp_args *args;
    json_int_t replay; /* bytes, or REPLAY_ALL */
};

static sp_status read_replay(const char *text, json_int_t *replay, struct sp_error *err)
{
    uint64_t bytes = 0;
    if (text == NULL || strcmp(text, "all") == 0) {
        *replay = text == NULL ? REPLAY_NONE : REPLAY_ALL;
        return SP_OK;
    }
    sp_status status = sp_size_parse_short(text, &bytes, err);
    if (status == SP_OK && bytes > INT64_MAX)
        status = sp_fail(err, SP_ETOOBIG, 0, "%s is too large for a size", text);
    if (status == SP_OK)
        *replay = (json_int_t)bytes;
    else
        sp_error_prefix(err, "--replay takes a size, or \"all\": ");
    return status;
}

/* Without a word they are looked for at a console alone: any byte may be part of a file. */
static sp_status read_keys(const char *text, struct sp_keys *keys, struct sp_error *err)
{
    if (text == NULL && w32_stream_kind(W32_STDIN) != W32_STREAM_TERMINAL)
        return SP_OK;
    sp_status status = sp_keys_parse(text == NULL ? "ctrl-\\" : text, keys, err);
    if (status != SP_OK)
        sp_error_prefix(err, "--detach-keys: ");
    return status;
}

static sp_status read_transport(const char *text, enum sp_transport *transport,
                                struct sp_error *err)
{
    *transport = text == NULL ? SP_TRANSPORT_AUTO : sp_transport_of(text);
    return *transport != SP_TRANSPORT_COUNT
               ? SP_OK
               : sp_fail(err, SP_EINVAL, 0,
                         "--transport takes auto, relay, direct or handoff, not '%s'", text);
}

/* What the worker may have of ours for its own. Of a pipe that is both stdin and an output one
 * would wait for the other, and detach keys are ours to find. */
static json_t *offers(const struct cli_attachment *a)
{
    json_t *handles = json_object();
    w32_handle in = cli_attachment_std(SP_STDIN);
    bool one = w32_handle_same(in, cli_attachment_std(SP_STDOUT)) ||
               w32_handle_same(in, cli_attachment_std(SP_STDERR));
    for (int i = SP_STDIN; i < SP_STREAM_COUNT; i++) {
        enum sp_stream stream = (enum sp_stream)i;
        w32_handle h = cli_attachment_std(stream);
        if (stream == SP_STDIN && (one || a->read_only || a->keys.count > 0))
            continue;
        if (w32_handover_kind(h) != W32_HANDOVER_NEVER)
            json_object_set_new(handles, sp_stream_name(stream),
                                json_integer((json_int_t)(uintptr_t)h));
    }
    return handles;
}

static sp_status ask(struct cli_attachment *a, const struct wish *wish, json_t **answer,
                     struct sp_error *err)
{
    bool is_auto = a->transport == SP_TRANSPORT_AUTO;
    /* Whoever wants the service out of the way gives up what it could do. */
    bool resume = is_auto || a->transport == SP_TRANSPORT_RELAY;
    json_t *arguments = json_array();
    for (size_t i = 0; i < wish->args->rest_count; i++)
        json_array_append_new(arguments, json_string(wish->args->rest[i]));
    json_t *params = json_pack("{s:s, s:i, s:o, s:b, s:s}", "worker", a->worker, "protocol",
                               SP_PROTOCOL_VERSION, "args", arguments, "resume", (int)resume,
                               "transport", sp_transport_name(a->transport));
    if (params == NULL)
        return sp_fail(err, SP_EINVAL, 0, "the worker's name or an argument is not valid text");
    if (wish->replay != REPLAY_NONE)
        json_object_set_new(params, "replay", json_integer(wish->replay));
    if (a->read_only)
        json_object_set_new(params, "read_only", json_true());
    if (a->target.host == NULL && (is_auto || a->transport == SP_TRANSPORT_HANDOFF))
        json_object_set_new(params, "handles", offers(a));
    return cli_control_call(&a->control, "attach", params, answer, err);
}

static sp_status run(struct cli_attachment *a, const struct wish *wish, struct sp_error *err)
{
    static struct cli_progress progress; /* there as long as its thread is */
    json_t *answer = NULL;
    sp_status status = cli_attachment_init(a, err);
    if (status == SP_OK)
        status = cli_control_open(&a->control, &a->target, err);
    a->target.impersonate = false; /* once will do: who comes back needs not be acted for again */
    if (status == SP_OK)
        status = ask(a, wish, &answer, err);
    if (status == SP_OK)
        status = cli_session_attached(&a->session, answer, err);
    if (status == SP_OK && a->session.tty)
        status = cli_screen_open(&a->screen, err);
    if (status == SP_OK && !a->session.tty && wish->args->values[OPTION_PROGRESS] != NULL)
        status = cli_progress_begin(&progress, err);
    if (status == SP_OK)
        status = a->session.resume_ms > 0 ? cli_resumable_run(a, answer, err)
                                          : cli_plain_run(a, answer, err);
    cli_progress_end(&progress);
    w32_rawmode_leave(); /* there may be something to say */
    json_decref(answer);
    return status;
}

static int attach(const struct sp_args *args)
{
    static struct cli_attachment a; /* zeroed, and there as long as its threads are */
    struct wish wish = {.args = args};
    struct sp_error err = {0};
    a.target = cli_target_of(args);
    a.target.impersonate = args->values[OPTION_IMPERSONATE] != NULL;
    a.worker = args->operands[0];
    a.read_only = args->values[OPTION_READ_ONLY] != NULL;
    if (a.read_only && args->values[OPTION_PROGRESS] != NULL) {
        cli_complain("--progress is of stdin, which --read-only keeps from the worker");
        return CLI_REFUSED;
    }
    if (read_replay(args->values[OPTION_REPLAY], &wish.replay, &err) != SP_OK ||
        read_transport(args->values[OPTION_TRANSPORT], &a.transport, &err) != SP_OK ||
        read_keys(args->values[OPTION_DETACH_KEYS], &a.keys, &err) != SP_OK) {
        cli_complain("%s", err.what);
        return CLI_REFUSED;
    }
    if (run(&a, &wish, &err) != SP_OK) {
        cli_complain("%s: %s", a.worker, err.what);
        return cli_exit_code_of(&a.control);
    }
    if (a.detached) {
        if (!a.quiet)
            cli_attachment_say_detached(&a);
        return 0;
    }
    /* If it does not arrive the service finds out by our going. */
    sp_status ignored = cli_control_notify(&a.control, "ack", NULL, NULL);
    (void)ignored;
    return (int)a.session.code;
}

static const struct sp_option options[] = {
    CLI_TARGET_OPTIONS,
    {"replay", "SIZE", "Of a shared worker: begin with so much of its past: 64k, 1m, all", 0},
    {"read-only", NULL, "Only look: stdin does not go to the worker", 0},
    {"transport", "WAY", "Which way the bytes go: auto (the default), relay, direct, handoff", 0},
    {"detach-keys", "KEYS", "Leave a shared worker running; default: ctrl-\\, at a console", 0},
    {"progress", NULL, "Show on stderr how far stdin has been read, if it is a file", 0},
    {"impersonate", NULL, "Let the service act as you, for a worker that runs as its client", 0}};

const struct sp_verb cli_attach_verb = {
    .name = "attach",
    .summary = "Couple this program's stdin, stdout and stderr to a worker",
    .operands = "WORKER [-- ARGUMENT...]",
    .description =
        "Starts a worker for you alone, or joins one that is shared, and is from then on as good "
        "as the worker itself: what comes on stdin goes to it byte for byte, what it writes to "
        "stdout and stderr comes out here, Ctrl-C reaches it, and its exit code is this "
        "program's. Arguments behind -- are added to the worker's own, if it allows them (args: "
        "allow).\n"
        "\n"
        "A connection that breaks is made anew, if the worker's config says so (resume), and all "
        "three streams go on at the same byte; one line on stderr says that it happened.\n"
        "\n"
        "Detaching leaves a shared worker running: press Ctrl-\\, or close the window. "
        "--detach-keys names other keys, as ctrl-X or a character, with commas between several: "
        "ctrl-p,ctrl-q. They are then looked for in any stdin. \"none\" looks for none. A worker "
        "of your own ends with its client, and can't be detached from.\n"
        "\n"
        "The bytes of a worker of your own go past the service where that is possible: direct is a "
        "pipe between this program and the worker, with handoff the worker has this program's own "
        "stdin, stdout and stderr where they are files or pipes. auto takes the fastest that can "
        "be had; another word insists on one, or says why it can't be had. Whoever insists on "
        "direct or handoff gives resuming up.\n"
        "\n"
        "--progress draws a bar on stderr, with the rate and the time left, while a file that is stdin "
        "is read by us or by the worker; nothing where stderr is no terminal.\n"
        "\n"
        "A worker whose config says run_as: client runs as you do, and for that --impersonate lets "
        "the service act as you, on its machine, with all that you may do there: only where you "
        "trust whoever runs it.\n"
        "\n"
        "Exit codes of its own: 0 detached, 125 the service refused, can't be reached or was lost, "
        "126 the worker could not be started, 127 there is no such worker. Ctrl-Break ends this "
        "program at once.\n"
        "\n"
        "Examples:\n"
        "  standpipe attach upper < in.txt > out.txt\n"
        "  standpipe attach -H FILESERVER sort -- /R < names.txt\n"
        "  standpipe attach --progress import < large.csv\n"
        "  standpipe attach --read-only --replay 64k repl",
    .operand_min = 1,
    .operand_max = 1,
    .takes_rest = true,
    .options = options,
    .run = attach,
    .option_count = sizeof options / sizeof *options,
};
