/* client/status.c - `standpipe status WORKER`: all about one worker. */
#include "client/call.h"
#include "client/fetch.h"
#include "client/status_text.h"
#include "client/verbs.h"
#include "win32/console.h"
#include "win32/process.h"

/* The verb's options, by their place in the table. */
enum { OPTION_JSON = 2 };

static sp_status print(const struct cli_view *view, const struct sp_args *args,
                       struct sp_buffer *out, struct sp_error *err)
{
    if (args->values[OPTION_JSON] == NULL)
        return cli_status_text(view, cli_target_of(args).host, w32_unix_time(), out, err);
    json_t *all = json_pack("{s:O?, s:O}", "worker", json_array_get(view->workers, 0), "sessions",
                            view->sessions);
    sp_status status = cli_print_json(all, out, err);
    json_decref(all);
    return status;
}

static int show(const struct sp_args *args)
{
    struct cli_target target = cli_target_of(args);
    static struct cli_control c;
    struct cli_view view = {0};
    struct sp_buffer out = {0};
    struct sp_error err = {0};
    int code = 0;
    sp_status status = cli_control_open(&c, &target, &err);
    if (status == SP_OK)
        status = cli_fetch(&c, args->operands[0], &view, &err);
    if (status == SP_OK)
        status = print(&view, args, &out, &err);
    if (status != SP_OK) {
        code = cli_exit_code_of(&c);
        cli_complain("%s: %s", args->operands[0], err.what);
    } else if (w32_print(W32_STDOUT, (const char *)out.data, out.len) != SP_OK)
        code = CLI_REFUSED;
    cli_control_close(&c);
    cli_view_deinit(&view);
    sp_buffer_deinit(&out);
    return code;
}

static const struct sp_option options[] = {
    CLI_TARGET_OPTIONS, {"json", NULL, "As one JSON object; docs/json.md has its shape", 0}};

const struct sp_verb cli_status_verb = {
    .name = "status",
    .summary = "Show all about one worker",
    .operands = "WORKER",
    .description =
        "Shows what a worker does, what it has done, what its programs take of the machine, where "
        "its output is logged, what its config says, and its sessions. Bytes are those that went "
        "through the service: nobody counts what goes past it (direct, handoff).\n"
        "\n"
        "The service itself is looked at with \"standpiped status\".\n"
        "\n"
        "Exit codes: 0, 125 refused, 127 there is no such worker.\n"
        "\n"
        "Examples:\n"
        "  standpipe status repl\n"
        "  standpipe status -H FILESERVER --json repl",
    .operand_min = 1,
    .operand_max = 1,
    .options = options,
    .run = show,
    .option_count = sizeof options / sizeof *options,
};
