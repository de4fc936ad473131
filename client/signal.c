/* client/signal.c - `standpipe signal`: Ctrl-C and its kin for a worker, without being attached. */
#include <string.h>

#include "client/call.h"
#include "client/verbs.h"
#include "core/text.h"

/* What a worker may be sent, and what people write for it. */
static const struct {
    const char *name;
    const char *aliases[3];
} signals[] = {
    {"int", {"ctrl-c", "sigint"}},
    {"break", {"ctrl-break", "sigbreak"}},
    {"term", {"sigterm"}},
    {"kill", {"sigkill"}},
};

static const char *signal_of(const char *word)
{
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        if (sp_text_same(word, signals[i].name))
            return signals[i].name;
        for (const char *const *alias = signals[i].aliases; *alias != NULL; alias++)
            if (sp_text_same(word, *alias))
                return signals[i].name;
    }
    return NULL;
}

static int send_signal(const struct sp_args *args)
{
    const char *to = args->operands[0];
    const char *name = signal_of(args->operands[1]);
    if (name == NULL) {
        cli_complain("%s is no signal: int (Ctrl-C), break (Ctrl-Break), term (stop it) or kill",
                     args->operands[1]);
        return CLI_REFUSED;
    }
    return cli_call_once(
        args, "signal",
        json_pack("{s:s, s:s}", "name", name, cli_is_session(to) ? "session" : "worker", to), 0,
        NULL);
}

static const struct sp_option options[] = {CLI_TARGET_OPTIONS};

const struct sp_verb cli_signal_verb = {
    .name = "signal",
    .summary = "Send Ctrl-C or the like to a session's worker, or to a shared worker",
    .operands = "SESSION|WORKER int|break|term|kill",
    .description =
        "Sends a signal to the worker of a session, which has a name like s17, or to a shared "
        "worker. \"standpipe ps\" lists both.\n"
        "\n"
        "  int    Ctrl-C, as if it were pressed at the worker's console\n"
        "  break  Ctrl-Break, which fewer programs ignore\n"
        "  term   the whole stop: its stdin is closed, then Ctrl-C, then it is ended,\n"
        "         each after the time that the config gives it (stop)\n"
        "  kill   it is ended at once, with all that it started\n"
        "\n"
        "Exit codes: 0 it was sent, 125 refused, 127 there is no such session or worker.\n"
        "\n"
        "Examples:\n"
        "  standpipe signal s17 int\n"
        "  standpipe signal -H FILESERVER repl kill",
    .operand_min = 2,
    .operand_max = 2,
    .options = options,
    .run = send_signal,
    .option_count = sizeof options / sizeof *options,
};
