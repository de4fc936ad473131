/* client/ps.c - `standpipe ps`: what a service serves, and to whom. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/verbs.h"
#include "core/table.h"
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

static const char *text_of(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

static json_int_t number_of(json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* ------------------------------------------------------------------ for people */

/* "C:\tools\a.exe x | b.exe": every program's file name and its arguments. */
static sp_status print_programs(json_t *programs, struct sp_buffer *out, struct sp_error *err)
{
    size_t i, k;
    json_t *argv, *arg;
    sp_status status = SP_OK;
    out->len = 0;
    json_array_foreach(programs, i, argv)
    {
        json_array_foreach(argv, k, arg)
        {
            const char *text = json_string_value(arg);
            const char *slash = text == NULL || k > 0 ? NULL : strrchr(text, '\\');
            const char *gap = i > 0 && k == 0 ? " | " : k > 0 ? " " : "";
            if (status == SP_OK)
                status = sp_buffer_printf(out, err, "%s%s", gap,
                                          slash != NULL  ? slash + 1
                                          : text == NULL ? "?"
                                                         : text);
        }
    }
    return status == SP_OK ? sp_buffer_append(out, "", 1, err) : status;
}

static sp_status print_workers(json_t *workers, struct sp_buffer *out, struct sp_error *err)
{
    static const struct sp_column columns[] = {
        {"WORKER", false}, {"MODE", false}, {"SESSIONS", true},
        {"ARGS", false},   {"RUNS", false}, {"DESCRIPTION", false},
    };
    struct sp_table table = sp_table_of(columns, sizeof columns / sizeof *columns);
    struct sp_buffer programs = {0};
    sp_status status = SP_OK;
    size_t i;
    json_t *w;
    json_array_foreach(workers, i, w)
    {
        if (status == SP_OK)
            status = print_programs(json_object_get(w, "programs"), &programs, err);
        if (status != SP_OK)
            break;
        sp_table_add(&table, text_of(w, "worker"));
        sp_table_add(&table, text_of(w, "mode"));
        sp_table_addf(&table, "%lld", (long long)number_of(w, "sessions"));
        sp_table_add(&table, json_is_true(json_object_get(w, "args")) ? "allow" : "deny");
        sp_table_add(&table, (const char *)programs.data);
        sp_table_add(&table, text_of(w, "description"));
    }
    if (status == SP_OK)
        status = sp_table_print(&table, out, err);
    sp_buffer_deinit(&programs);
    sp_table_deinit(&table);
    return status;
}

/* "12 s", "3 min", "5 h", "2 d" */
static void add_age(struct sp_table *table, json_int_t seconds)
{
    if (seconds < 120)
        sp_table_addf(table, "%lld s", (long long)(seconds < 0 ? 0 : seconds));
    else if (seconds < 7200)
        sp_table_addf(table, "%lld min", (long long)(seconds / 60));
    else if (seconds < 172800)
        sp_table_addf(table, "%lld h", (long long)(seconds / 3600));
    else
        sp_table_addf(table, "%lld d", (long long)(seconds / 86400));
}

static void add_bytes(struct sp_table *table, json_int_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    size_t unit = 0;
    double value = (double)bytes;
    for (; value >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++)
        value /= 1024;
    sp_table_addf(table, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

static sp_status print_sessions(json_t *sessions, struct sp_buffer *out, struct sp_error *err)
{
    static const struct sp_column columns[] = {
        {"SESSION", false}, {"WORKER", false}, {"STATE", false}, {"TRANSPORT", false},
        {"FROM", false},    {"PID", true},     {"AGE", true},    {"STDIN", true},
        {"STDOUT", true},   {"STDERR", true},
    };
    struct sp_table table = sp_table_of(columns, sizeof columns / sizeof *columns);
    json_int_t now = (json_int_t)w32_unix_time();
    size_t i;
    json_t *s;
    json_array_foreach(sessions, i, s)
    {
        json_t *pids = json_object_get(s, "pids");
        sp_table_add(&table, text_of(s, "session"));
        sp_table_add(&table, text_of(s, "worker"));
        sp_table_add(&table, text_of(s, "state"));
        sp_table_add(&table, text_of(s, "transport"));
        sp_table_addf(&table, "%s/%lld", text_of(s, "host"), (long long)number_of(s, "client_pid"));
        if (json_array_size(pids) == 0)
            sp_table_add(&table, "-");
        else
            sp_table_addf(&table, "%lld", (long long)json_integer_value(json_array_get(pids, 0)));
        add_age(&table, now - number_of(s, "started"));
        add_bytes(&table, number_of(s, "stdin"));
        add_bytes(&table, number_of(s, "stdout"));
        add_bytes(&table, number_of(s, "stderr"));
    }
    sp_status status = sp_table_print(&table, out, err);
    sp_table_deinit(&table);
    return status;
}

static sp_status print_tables(json_t *status_, json_t *workers, json_t *sessions,
                              struct sp_buffer *out, struct sp_error *err)
{
    sp_status status = sp_buffer_printf(
        out, err, "Standpipe %s, process %lld, pipe %s, config %s\n\n", text_of(status_, "version"),
        (long long)number_of(status_, "pid"), text_of(status_, "pipe"), text_of(status_, "config"));
    if (status == SP_OK)
        status = print_workers(workers, out, err);
    if (status == SP_OK)
        status = sp_buffer_append(out, "\n", 1, err);
    if (status == SP_OK && json_array_size(sessions) == 0)
        status = sp_buffer_printf(out, err, "No sessions.\n");
    else if (status == SP_OK)
        status = print_sessions(sessions, out, err);
    return status;
}

/* ------------------------------------------------------------------ for programs */

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
    if (status == SP_OK)
        status = (json ? print_json : print_tables)(status_, workers, sessions, &out, &err);
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
    .description = "Lists the workers of a service and the sessions it has now.\n"
                   "\n"
                   "Examples:\n"
                   "  standpipe ps\n"
                   "  standpipe ps -H FILESERVER --json",
    .options = options,
    .run = list,
    .option_count = sizeof options / sizeof *options,
};
