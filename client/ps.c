/* client/ps.c - `standpipe ps`: what a service serves, and to whom. */
#include "client/ps_tables.h"
#include "client/verbs.h"
#include "win32/console.h"
#include "win32/process.h"

/* All pages of a list in one array. */
static sp_status fetch(struct cli_control *c, const char *method, json_t **out,
                       struct sp_error *err)
{
    json_t *all = json_array();
    json_int_t from = 0;
    for (;;) {
        json_t *page = NULL, *items = NULL, *next = NULL;
        sp_status status =
            cli_control_call(c, method, json_pack("{s:I}", "from", from), &page, err);
        if (status == SP_OK && json_unpack(page, "{s:o, s:o}", "items", &items, "next", &next) != 0)
            status = sp_fail(err, SP_EPROTOCOL, 0, "the service's list of %s has no items", method);
        if (status == SP_OK)
            json_array_extend(all, items);
        bool last = !json_is_integer(next) || json_integer_value(next) <= from;
        if (status == SP_OK && !last)
            from = json_integer_value(next);
        json_decref(page);
        if (status == SP_OK && !last)
            continue;
        if (status == SP_OK)
            *out = all;
        else
            json_decref(all);
        return status;
    }
}

static sp_status print_json(json_t *status_, json_t *workers, json_t *sessions,
                            struct sp_buffer *out, struct sp_error *err)
{
    json_t *all =
        json_pack("{s:O, s:O, s:O}", "service", status_, "workers", workers, "sessions", sessions);
    size_t len = all == NULL ? 0 : json_dumpb(all, NULL, 0, JSON_INDENT(2));
    sp_status status = len == 0 ? sp_fail(err, SP_ENOMEM, 0, "no memory for the list")
                                : sp_buffer_reserve(out, len + 1, err);
    if (status == SP_OK) {
        json_dumpb(all, (char *)out->data, len, JSON_INDENT(2));
        out->data[len] = '\n';
        out->len = len + 1;
    }
    json_decref(all);
    return status;
}

static int list(const struct sp_args *args)
{
    struct cli_target target = cli_target_of(args);
    static struct cli_control c;
    json_t *status_ = NULL, *workers = NULL, *sessions = NULL;
    struct sp_buffer out = {0};
    struct sp_error err = {0};
    sp_status status = cli_control_open(&c, &target, &err);
    if (status == SP_OK)
        status = cli_control_call(&c, "status", NULL, &status_, &err);
    if (status == SP_OK)
        status = fetch(&c, "workers", &workers, &err);
    if (status == SP_OK)
        status = fetch(&c, "sessions", &sessions, &err);
    bool json = args->values[2] != NULL;
    if (status == SP_OK && json)
        status = print_json(status_, workers, sessions, &out, &err);
    else if (status == SP_OK)
        status = cli_ps_tables(status_, workers, sessions, w32_unix_time(), &out, &err);
    if (status == SP_OK)
        status = w32_print(W32_STDOUT, (const char *)out.data, out.len);
    else
        cli_complain("%s", err.what);
    cli_control_close(&c);
    json_decref(status_);
    json_decref(workers);
    json_decref(sessions);
    sp_buffer_deinit(&out);
    return status == SP_OK ? 0 : CLI_REFUSED;
}

static const struct sp_option options[] = {
    CLI_TARGET_OPTIONS, {"json", NULL, "As one JSON object; docs/protocol.md has its shape", 0}};

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
