/* client/logs.c - `standpipe logs`: what the service has kept of a worker's output. */
#include <stdlib.h>
#include <string.h>

#include "client/call.h"
#include "client/pump.h"
#include "client/verbs.h"
#include "win32/console.h"
#include "win32/npipe.h"

/* The verb's options, by their place in the table. */
enum { OPTION_FOLLOW = 2, OPTION_LINES };

enum {
    EVERYTHING = 0,    /* the protocol's word for it */
    FOLLOW_LINES = 10, /* to begin with, as tail and journalctl do */
    LINES_MAX = 1000000000,
    OPEN_MS = 5000,
};

/* @return false: it is no number of lines */
static bool lines_of(const char *text, bool follow, json_int_t *lines)
{
    char *end = NULL;
    *lines = follow ? FOLLOW_LINES : EVERYTHING;
    if (text == NULL)
        return true;
    *lines = EVERYTHING;
    if (strcmp(text, "all") == 0)
        return true;
    if (text[strspn(text, "0123456789")] != '\0' || strlen(text) > 10)
        return false;
    *lines = strtoll(text, &end, 10);
    return *lines > 0 && *lines <= LINES_MAX;
}

/* Copies the log to stdout, up to its end. */
static sp_status copy(struct cli_pump *p, const struct cli_target *target, bool follow,
                      struct sp_error *err)
{
    p->std = w32_stream_handle(W32_STDOUT);
    p->piece_bytes = cli_target_piece_bytes(target);
    sp_status status = cli_pump_start(p, err);
    if (status == SP_OK)
        status = cli_pump_join(p, W32_FOREVER); /* Ctrl-C ends this program */
    if (status != SP_OK || p->target_failed)
        return status; /* whoever reads us has enough, as `| head` does */
    if (p->status != SP_OK)
        return sp_fail(err, p->status, p->error.os, "reading the log: %s", p->error.what);
    return follow ? sp_fail(err, SP_EBROKEN, 0, "the service closed the log") : SP_OK;
}

static sp_status run(struct cli_control *c, const struct cli_target *target, json_t *params,
                     bool follow, struct sp_error *err)
{
    static struct cli_pump p; /* there as long as its thread is */
    json_t *answer = NULL;
    sp_status status = cli_control_open(c, target, err);
    if (status == SP_OK)
        status = cli_control_call(c, "logs", json_incref(params), &answer, err);
    const char *leaf = json_string_value(json_object_get(answer, "pipe"));
    if (status == SP_OK && leaf == NULL)
        status = sp_fail(err, SP_EPROTOCOL, 0, "the service named no pipe for the log");
    if (status == SP_OK)
        status = w32_npipe_open(target->host, leaf, W32_NPIPE_READ, OPEN_MS, &p.pipe, err);
    json_decref(answer);
    return status == SP_OK ? copy(&p, target, follow, err) : status;
}

static int logs(const struct sp_args *args)
{
    static struct cli_control c;
    struct cli_target target = cli_target_of(args);
    struct sp_error err = {0};
    bool follow = args->values[OPTION_FOLLOW] != NULL;
    json_int_t lines = 0;
    if (!lines_of(args->values[OPTION_LINES], follow, &lines)) {
        cli_complain("--lines takes a number from 1, or \"all\"; %s is neither",
                     args->values[OPTION_LINES]);
        return CLI_REFUSED;
    }
    json_t *params =
        json_pack("{s:s, s:I, s:b}", "worker", args->operands[0], "lines", lines, "follow", follow);
    sp_status status = params == NULL ? sp_fail(&err, SP_EINVAL, 0, "its name is not valid text")
                                      : run(&c, &target, params, follow, &err);
    if (status != SP_OK)
        cli_complain("%s: %s", args->operands[0], err.what);
    json_decref(params);
    return status == SP_OK ? 0 : cli_exit_code_of(&c);
}

static const struct sp_option options[] = {
    CLI_TARGET_OPTIONS,
    {"follow", NULL, "Stay, and print what comes from now on; Ctrl-C ends it", 'f'},
    {"lines", "N", "Begin with the last N lines; \"all\": everything kept", 'n'}};

const struct sp_verb cli_logs_verb = {
    .name = "logs",
    .summary = "Print what was kept of a worker's output",
    .operands = "WORKER",
    .description =
        "Prints what the service has kept of a worker's stderr, and of its stdout if the config "
        "says so (logs: {streams: both}): everything, or the last lines with -n. With -f it begins "
        "with the last 10 lines, unless -n says otherwise, and stays.\n"
        "\n"
        "Exit codes: 0, 125 refused or nothing is kept of this worker, 127 there is no such "
        "worker.\n"
        "\n"
        "Examples:\n"
        "  standpipe logs repl\n"
        "  standpipe logs -n 100 repl\n"
        "  standpipe logs -H FILESERVER -f repl",
    .operand_min = 1,
    .operand_max = 1,
    .options = options,
    .run = logs,
    .option_count = sizeof options / sizeof *options,
};
