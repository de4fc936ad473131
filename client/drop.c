/* client/drop.c - `standpipe drop`: a session's connections are cut, as a broken network would. */
#include "client/call.h"
#include "client/verbs.h"

static int drop(const struct sp_args *args)
{
    const char *session = args->operands[0];
    if (!cli_is_session(session)) {
        cli_complain("%s is no session: their names are like s17; \"standpipe ps\" lists them",
                     session);
        return CLI_REFUSED;
    }
    return cli_call_once(args, "drop", json_pack("{s:s}", "session", session), 0, NULL);
}

static const struct sp_option options[] = {CLI_TARGET_OPTIONS};

const struct sp_verb cli_drop_verb = {
    .name = "drop",
    .summary = "Cut a session's connections, as a broken network would",
    .operands = "SESSION",
    .description =
        "Cuts all connections of a session. A client that can resume comes back by itself and goes "
        "on at the same byte, within the time that the worker's config gives it (resume). Any other "
        "is lost, and a worker of its own ends with it: this is how to get rid of a client that "
        "hangs. A shared worker goes on in any case.\n"
        "\n"
        "Exit codes: 0 they were cut, 125 refused, 127 there is no such session.\n"
        "\n"
        "Examples:\n"
        "  standpipe drop s17\n"
        "  standpipe drop -H FILESERVER s3",
    .operand_min = 1,
    .operand_max = 1,
    .options = options,
    .run = drop,
    .option_count = sizeof options / sizeof *options,
};
