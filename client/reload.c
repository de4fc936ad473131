/* client/reload.c - `standpipe reload`: the service reads its config again. */
#include <string.h>

#include "client/call.h"
#include "client/fetch.h"
#include "client/verbs.h"
#include "core/table.h"
#include "win32/console.h"

/* The verb's options, by their place in the table. */
enum { OPTION_JSON = 2 };

enum { CONFIG_IS_WRONG = 1 };

/* ------------------------------------------------------------------ what has changed */

static void add_keys(struct sp_table *table, json_t *keys)
{
    struct sp_buffer text = {0};
    size_t i;
    json_t *key;
    sp_status status = SP_OK;
    json_array_foreach(keys, i, key) if (status == SP_OK) status =
        sp_buffer_printf(&text, NULL, "%s%s", i == 0 ? "" : ", ", json_string_value(key));
    sp_table_addf(table, "%.*s", (int)text.len, text.len == 0 ? "" : (const char *)text.data);
    sp_buffer_deinit(&text);
}

/* What becomes of those who are attached. */
static void add_sessions(struct sp_table *table, json_t *worker)
{
    long long count = json_integer_value(json_object_get(worker, "sessions"));
    bool shared = strcmp(cli_text_of(worker, "mode"), "shared") == 0;
    const char *change = cli_text_of(worker, "change");
    if (count == 0 || strcmp(change, "added") == 0)
        sp_table_add(table, "");
    else if (strcmp(change, "restarted") == 0 || (strcmp(change, "removed") == 0 && shared))
        sp_table_addf(table, "%lld ended", count);
    else if (strcmp(change, "removed") == 0)
        sp_table_addf(table, count == 1 ? "%lld goes on to its end" : "%lld go on to their end",
                      count);
    else
        sp_table_addf(table, count == 1 ? "%lld goes on as it began" : "%lld go on as they began",
                      count);
}

static sp_status print_workers(json_t *workers, struct sp_buffer *out, struct sp_error *err)
{
    static const struct sp_column columns[] = {
        {"WORKER", false}, {"CHANGE", false}, {"KEYS", false}, {"SESSIONS", false}};
    struct sp_table table = sp_table_of(columns, sizeof columns / sizeof *columns);
    size_t i;
    json_t *worker;
    json_array_foreach(workers, i, worker)
    {
        sp_table_add(&table, cli_text_of(worker, "worker"));
        sp_table_add(&table, cli_text_of(worker, "change"));
        add_keys(&table, json_object_get(worker, "keys"));
        add_sessions(&table, worker);
    }
    sp_status status = sp_buffer_printf(out, err, "\n");
    if (status == SP_OK)
        status = sp_table_print(&table, out, err);
    sp_table_deinit(&table);
    return status;
}

static sp_status print_restart(json_t *keys, struct sp_buffer *out, struct sp_error *err)
{
    size_t i;
    json_t *key;
    sp_status status =
        sp_buffer_printf(out, err, "\nIn force only when the service is started again: ");
    json_array_foreach(keys, i, key) if (status == SP_OK) status =
        sp_buffer_printf(out, err, "%s%s", i == 0 ? "" : ", ", json_string_value(key));
    return status == SP_OK ? sp_buffer_printf(out, err, ".\n") : status;
}

static sp_status print_applied(json_t *answer, struct sp_buffer *out, struct sp_error *err)
{
    json_t *workers = json_object_get(answer, "workers");
    json_t *restart = json_object_get(answer, "restart");
    long long more = json_integer_value(json_object_get(answer, "more"));
    long long unchanged = json_integer_value(json_object_get(answer, "unchanged"));
    sp_status status = sp_buffer_printf(out, err, "Reloaded %s.\n", cli_text_of(answer, "config"));
    if (status == SP_OK && json_array_size(workers) > 0)
        status = print_workers(workers, out, err);
    if (status == SP_OK && more > 0)
        status = sp_buffer_printf(out, err, "and %lld more\n", more);
    if (status == SP_OK && json_is_true(json_object_get(answer, "admin")))
        status = sp_buffer_printf(out, err, "\nWho may administer the service has changed.\n");
    if (status == SP_OK && unchanged > 0)
        status = sp_buffer_printf(out, err,
                                  unchanged == 1 ? "\n%lld worker is as before.\n"
                                                 : "\n%lld workers are as before.\n",
                                  unchanged);
    if (status == SP_OK && json_array_size(restart) > 0)
        status = print_restart(restart, out, err);
    return status;
}

/* ------------------------------------------------------------------ what is wrong */

static void complain(const char *file, const char *label, json_t *problems)
{
    size_t i;
    json_t *p;
    json_array_foreach(problems, i, p)
    {
        long long more = json_integer_value(json_object_get(p, "more"));
        if (more > 0)
            w32_printf(W32_STDERR, "and %lld more\n", more);
        else
            w32_printf(W32_STDERR, "%s:%lld:%lld: %s%s\n", file,
                       (long long)json_integer_value(json_object_get(p, "line")),
                       (long long)json_integer_value(json_object_get(p, "column")), label,
                       cli_text_of(p, "text"));
    }
}

/* ------------------------------------------------------------------ the verb */

static int reload(const struct sp_args *args)
{
    struct sp_buffer out = {0};
    struct sp_error err = {0};
    json_t *answer = NULL;
    int code = cli_call_once(args, "reload", json_object(), 0, &answer);
    if (code != 0)
        return code;
    bool applied = json_is_true(json_object_get(answer, "applied"));
    bool json = args->values[OPTION_JSON] != NULL;
    sp_status status = SP_OK;
    if (json)
        status = cli_print_json(answer, &out, &err);
    else if (applied)
        status = print_applied(answer, &out, &err);
    if (status == SP_OK && out.len > 0)
        status = w32_print(W32_STDOUT, (const char *)out.data, out.len);
    if (!json) {
        complain(cli_text_of(answer, "config"), "warning: ", json_object_get(answer, "warnings"));
        complain(cli_text_of(answer, "config"), "", json_object_get(answer, "problems"));
    }
    if (status != SP_OK)
        cli_complain("%s", err.what);
    else if (!applied)
        cli_complain("the config has mistakes, so nothing has changed");
    sp_buffer_deinit(&out);
    json_decref(answer);
    return status != SP_OK ? CLI_REFUSED : applied ? 0 : CONFIG_IS_WRONG;
}

static const struct sp_option options[] = {
    CLI_TARGET_OPTIONS, {"json", NULL, "As one JSON object; docs/json.md has its shape", 0}};

const struct sp_verb cli_reload_verb = {
    .name = "reload",
    .summary = "Have the service read its config again",
    .description =
        "Has the service read its config again, check it, and put it in force. If there is a "
        "mistake in it, all are printed as \"standpiped check\" does, and nothing changes.\n"
        "\n"
        "Sessions that need not end go on: a private worker's as they began, a shared worker's "
        "unless its process is another one by the new config. That one is stopped as \"standpipe "
        "restart\" does, and started again. Whoever may no longer use a worker is sent away. It "
        "takes the right to administer the service.\n"
        "\n"
        "Exit codes: 0 it is in force, 1 there are mistakes in it, 125 refused or failed.\n"
        "\n"
        "Examples:\n"
        "  standpipe reload\n"
        "  standpipe reload -H FILESERVER",
    .options = options,
    .run = reload,
    .option_count = sizeof options / sizeof *options,
};
