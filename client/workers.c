/* client/workers.c - `standpipe start`, `stop` and `restart`: shared workers. */
#include "client/call.h"
#include "client/verbs.h"
#include "win32/console.h"

/* The service bounds each of them, by the times in its config: no bound of ours. */
static int call(const struct sp_args *args, const char *method)
{
    json_t *result = NULL;
    int code = cli_call_once(args, method, json_pack("{s:s}", "worker", args->operands[0]),
                             W32_FOREVER, &result);
    const char *state = json_string_value(json_object_get(result, "state"));
    if (code == 0 && state != NULL &&
        w32_printf(W32_STDOUT, "%s: %s\n", args->operands[0], state) != SP_OK)
        code = CLI_REFUSED;
    json_decref(result);
    return code;
}

static int start(const struct sp_args *args)
{
    return call(args, "start_worker");
}

static int stop(const struct sp_args *args)
{
    return call(args, "stop_worker");
}

static int restart(const struct sp_args *args)
{
    return call(args, "restart_worker");
}

static const struct sp_option options[] = {CLI_TARGET_OPTIONS};

const struct sp_verb cli_start_verb = {
    .name = "start",
    .summary = "Start a shared worker",
    .operands = "WORKER",
    .description =
        "Starts a shared worker (mode: shared) and prints its state, once it runs. One that runs "
        "stays as it is. A worker that failed, or waits for its next try, is started at once. The "
        "first client that attaches starts it, too; one with autostart: true runs as long as the "
        "service.\n"
        "\n"
        "The service itself is started with \"standpiped start\".\n"
        "\n"
        "Exit codes: 0 it runs, 125 refused, 126 it could not be started, 127 there is no such "
        "worker.\n"
        "\n"
        "Examples:\n"
        "  standpipe start repl\n"
        "  standpipe start -H FILESERVER repl",
    .operand_min = 1,
    .operand_max = 1,
    .options = options,
    .run = start,
    .option_count = sizeof options / sizeof *options,
};

const struct sp_verb cli_stop_verb = {
    .name = "stop",
    .summary = "Stop a shared worker",
    .operands = "WORKER",
    .description =
        "Stops a shared worker (mode: shared), waits for its end and prints its state: its stdin is "
        "closed, then Ctrl-C is sent, then it is ended with all that it started, each after the "
        "time that the config gives it (stop). Its clients see its exit. It is not started again "
        "by itself.\n"
        "\n"
        "Exit codes: 0 it does not run, 125 refused, 127 there is no such worker.\n"
        "\n"
        "Examples:\n"
        "  standpipe stop repl\n"
        "  standpipe signal repl kill     when there is no time for that",
    .operand_min = 1,
    .operand_max = 1,
    .options = options,
    .run = stop,
    .option_count = sizeof options / sizeof *options,
};

const struct sp_verb cli_restart_verb = {
    .name = "restart",
    .summary = "Stop a shared worker and start it again",
    .operands = "WORKER",
    .description = "Stops a shared worker (mode: shared) as \"standpipe stop\" does, starts it "
                   "again and prints its state.\n"
                   "\n"
                   "Exit codes: 0 it runs, 125 refused, 126 it could not be started, 127 there is "
                   "no such worker.\n"
                   "\n"
                   "Examples:\n"
                   "  standpipe restart repl",
    .operand_min = 1,
    .operand_max = 1,
    .options = options,
    .run = restart,
    .option_count = sizeof options / sizeof *options,
};
