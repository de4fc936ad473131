/* client/dashboard.c - `standpipe dashboard`: the service's page, in the browser. */
#include "client/call.h"
#include "client/verbs.h"
#include "win32/browser.h"
#include "win32/console.h"

enum { OPTION_PRINT = 2 }; /* behind CLI_TARGET_OPTIONS */

static int dashboard(const struct sp_args *args)
{
    json_t *answer = NULL;
    struct sp_error err = {0};
    int code = cli_call_once(args, "dashboard", json_object(), 0, &answer);
    if (code != 0)
        return code;
    const char *url = json_string_value(json_object_get(answer, "url"));
    sp_status status = url == NULL ? sp_fail(&err, SP_EPROTOCOL, 0, "the service gave no address")
                       : args->values[OPTION_PRINT] != NULL ? w32_printf(W32_STDOUT, "%s\n", url)
                                                            : w32_browser_open(url, &err);
    if (status != SP_OK)
        cli_complain("dashboard: %s; --print prints the address",
                     err.what[0] == '\0' ? "it can't be printed" : err.what);
    json_decref(answer);
    return status == SP_OK ? 0 : CLI_REFUSED;
}

static const struct sp_option options[] = {
    CLI_TARGET_OPTIONS,
    {"print", NULL, "Print the address, and open nothing", 0},
};

const struct sp_verb cli_dashboard_verb = {
    .name = "dashboard",
    .summary = "Open the service's page in the browser",
    .description =
        "Opens a page with the service's workers, sessions, throughput and recent events. The "
        "service serves it on this machine alone, where its config says \"dashboard: {port: "
        "8717}\". It takes the right to administer the service (allow.admin in the config).\n"
        "\n"
        "The address holds a token that is good for 12 hours: whoever has it sees what you see, so "
        "keep it to yourself.\n"
        "\n"
        "Exit codes: 0, 125 refused, or the page is off.\n"
        "\n"
        "Examples:\n"
        "  standpipe dashboard\n"
        "  standpipe dashboard --print",
    .options = options,
    .run = dashboard,
    .option_count = sizeof options / sizeof *options,
};
