/* client/ps.c - `standpipe ps`: what a service serves, and to whom. */
#include "client/fetch.h"
#include "client/ps_tables.h"
#include "client/verbs.h"
#include "win32/console.h"
#include "win32/process.h"

static sp_status print(const struct cli_view *view, bool as_json, struct sp_buffer *out,
                       struct sp_error *err)
{
    if (!as_json)
        return cli_ps_tables(view->service, view->workers, view->sessions, w32_unix_time(), out,
                             err);
    json_t *all = cli_view_json(view);
    sp_status status = cli_print_json(all, out, err);
    json_decref(all);
    return status;
}

static int list(const struct sp_args *args)
{
    struct cli_target target = cli_target_of(args);
    static struct cli_control c;
    struct cli_view view = {0};
    struct sp_buffer out = {0};
    struct sp_error err = {0};
    sp_status status = cli_control_open(&c, &target, &err);
    if (status == SP_OK)
        status = cli_fetch(&c, NULL, &view, &err);
    if (status == SP_OK)
        status = print(&view, args->values[2] != NULL, &out, &err);
    if (status == SP_OK)
        status = w32_print(W32_STDOUT, (const char *)out.data, out.len);
    else
        cli_complain("%s", err.what);
    cli_control_close(&c);
    cli_view_deinit(&view);
    sp_buffer_deinit(&out);
    return status == SP_OK ? 0 : CLI_REFUSED;
}

static const struct sp_option options[] = {
    CLI_TARGET_OPTIONS, {"json", NULL, "As one JSON object; docs/json.md has its shape", 0}};

const struct sp_verb cli_ps_verb = {
    .name = "ps",
    .summary = "List workers and sessions",
    .description =
        "Lists the workers of a service and the sessions it has now. The state of a shared worker "
        "is RUNNING, STARTING, STOPPING, STOPPED, BACKOFF with the time until it is started again, "
        "or FAILED with its exit code; below the table are the last lines of stderr of those that "
        "wait or failed. A private worker is started on demand, or some are kept warm.\n"
        "\n"
        "Examples:\n"
        "  standpipe ps\n"
        "  standpipe ps -H FILESERVER --json",
    .options = options,
    .run = list,
    .option_count = sizeof options / sizeof *options,
};
