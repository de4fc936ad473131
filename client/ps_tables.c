/* client/ps_tables.c - what `ps` shows to people. */
#include "client/ps_tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/fetch.h"
#include "core/human.h"
#include "core/table.h"
#include "core/text.h"

static json_int_t number_of(json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static bool is(json_t *object, const char *key, const char *text)
{
    return strcmp(cli_text_of(object, key), text) == 0;
}

static void add_age(struct sp_table *table, json_int_t seconds)
{
    char text[SP_HUMAN_MAX];
    sp_human_age(seconds, text);
    sp_table_add(table, text);
}

/* What nobody counts is null. */
static void add_bytes(struct sp_table *table, json_t *s, const char *key)
{
    char text[SP_HUMAN_MAX];
    json_t *bytes = json_object_get(s, key);
    sp_human_size((double)json_integer_value(bytes), text);
    sp_table_add(table, json_is_null(bytes) ? "-" : text);
}

/* ------------------------------------------------------------------ workers */

/* A program's file name as people say it: without folder and .exe. */
static sp_status print_program(const char *path, struct sp_buffer *out, struct sp_error *err)
{
    const char *slash = strrchr(path, '\\');
    const char *name = slash == NULL ? path : slash + 1;
    size_t len = strlen(name);
    if (len > 4 && sp_text_same(name + len - 4, ".exe"))
        len -= 4;
    return sp_buffer_append(out, name, len, err);
}

sp_status cli_ps_programs(json_t *programs, struct sp_buffer *out, struct sp_error *err)
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
            if (status == SP_OK)
                status = sp_buffer_printf(out, err, "%s", k > 0 ? " " : i > 0 ? " | " : "");
            if (status == SP_OK && k == 0 && text != NULL)
                status = print_program(text, out, err);
            else if (status == SP_OK)
                status = sp_buffer_printf(out, err, "%s", text == NULL ? "?" : text);
        }
    }
    return status == SP_OK ? sp_buffer_append(out, "", 1, err) : status;
}

/* 3, or 0xC0000005: codes of Windows' own are known by their digits. */
static void print_code(char *text, size_t size, json_int_t code)
{
    snprintf(text, size, code > INT32_MAX ? "0x%08llX" : "%lld", (long long)code);
}

void cli_ps_state(json_t *w, char *text, size_t size)
{
    const char *state = cli_text_of(w, "state");
    json_int_t warm_wanted = number_of(w, "warm_wanted");
    char detail[SP_HUMAN_MAX] = "";
    if (!is(w, "mode", "shared")) {
        if (warm_wanted > 0)
            snprintf(text, size, "%lld of %lld warm", (long long)number_of(w, "warm"),
                     (long long)warm_wanted);
        else
            snprintf(text, size, "%s", *state == '\0' ? "on demand" : state);
        return;
    }
    if (strcmp(state, "backoff") == 0)
        sp_human_age((number_of(w, "backoff_ms") + 999) / 1000, detail);
    else if (strcmp(state, "failed") == 0 && json_is_integer(json_object_get(w, "exit_code")))
        print_code(detail, sizeof detail, number_of(w, "exit_code"));
    snprintf(text, size, "%.31s%s%s", state, *detail == '\0' ? "" : " ", detail);
    for (size_t i = 0; i < strlen(state) && text[i] != '\0'; i++)
        if (text[i] >= 'a' && text[i] <= 'z')
            text[i] = (char)(text[i] - 'a' + 'A');
}

static sp_status print_workers(json_t *workers, struct sp_buffer *out, struct sp_error *err)
{
    static const struct sp_column columns[] = {
        {"WORKER", false},  {"MODE", false}, {"STATE", false},      {"SESSIONS", true},
        {"RESTARTS", true}, {"RUNS", false}, {"DESCRIPTION", false}};
    struct sp_table table = sp_table_of(columns, sizeof columns / sizeof *columns);
    struct sp_buffer programs = {0};
    sp_status status = SP_OK;
    size_t i;
    json_t *w;
    json_array_foreach(workers, i, w)
    {
        char state[CLI_PS_STATE_MAX];
        if (status == SP_OK)
            status = cli_ps_programs(json_object_get(w, "programs"), &programs, err);
        if (status != SP_OK)
            break;
        cli_ps_state(w, state, sizeof state);
        sp_table_add(&table, cli_text_of(w, "worker"));
        sp_table_add(&table, cli_text_of(w, "mode"));
        sp_table_add(&table, state);
        sp_table_addf(&table, "%lld", (long long)number_of(w, "sessions"));
        if (is(w, "mode", "shared"))
            sp_table_addf(&table, "%lld", (long long)number_of(w, "restarts"));
        else
            sp_table_add(&table, "-");
        sp_table_add(&table, (const char *)programs.data);
        sp_table_add(&table, cli_text_of(w, "description"));
    }
    if (status == SP_OK)
        status = sp_table_print(&table, out, err);
    sp_buffer_deinit(&programs);
    sp_table_deinit(&table);
    return status;
}

/* One line of somebody else's text, indented and harmless. */
static sp_status print_line(const char *line, struct sp_buffer *out, struct sp_error *err)
{
    size_t from = out->len;
    sp_status status = sp_buffer_printf(out, err, "  %s", line);
    if (status == SP_OK)
        status = sp_buffer_append(out, "", 1, err);
    if (status != SP_OK)
        return status;
    sp_text_disarm((char *)out->data + from);
    out->data[out->len - 1] = '\n';
    return SP_OK;
}

sp_status cli_ps_last_words(json_t *workers, struct sp_buffer *out, struct sp_error *err)
{
    size_t i, k;
    json_t *w, *line;
    sp_status status = SP_OK;
    json_array_foreach(workers, i, w)
    {
        char code[32] = "";
        json_t *words = json_object_get(w, "last_words");
        if (status != SP_OK || json_array_size(words) == 0)
            continue;
        if (json_is_integer(json_object_get(w, "exit_code")))
            print_code(code, sizeof code, number_of(w, "exit_code"));
        /* One that has never run has no words of its own: they say why it does not. */
        status = sp_buffer_printf(out, err, "\n%s%s%s%s:\n", cli_text_of(w, "worker"),
                                  *code == '\0' ? " could not be started" : " exited with ", code,
                                  *code == '\0' ? "" : ", its last words");
        json_array_foreach(words, k, line)
        {
            const char *text = json_string_value(line);
            if (status == SP_OK)
                status = print_line(text == NULL ? "" : text, out, err);
        }
    }
    return status;
}

/* ------------------------------------------------------------------ sessions */

static bool any_dropped(json_t *sessions)
{
    size_t i;
    json_t *s;
    json_array_foreach(sessions, i, s)
    {
        if (number_of(s, "dropped") > 0)
            return true;
    }
    return false;
}

static void add_session(struct sp_table *table, json_t *s, int64_t now, bool dropped)
{
    char age[SP_HUMAN_MAX];
    json_t *pids = json_object_get(s, "pids");
    sp_table_add(table, cli_text_of(s, "session"));
    sp_table_add(table, cli_text_of(s, "worker"));
    if (is(s, "state", "detached")) {
        sp_human_age(number_of(s, "detached_ms") / 1000, age);
        sp_table_addf(table, "detached %s", age);
    } else
        sp_table_add(table, cli_text_of(s, "state"));
    sp_table_add(table,
                 json_is_true(json_object_get(s, "raw")) ? "raw" : cli_text_of(s, "transport"));
    sp_table_addf(table, "%s/%lld", cli_text_of(s, "host"), (long long)number_of(s, "client_pid"));
    if (json_array_size(pids) == 0)
        sp_table_add(table, "-");
    else
        sp_table_addf(table, "%lld", (long long)json_integer_value(json_array_get(pids, 0)));
    add_age(table, now - number_of(s, "started"));
    if (json_is_true(json_object_get(s, "read_only")))
        sp_table_add(table, "-");
    else
        add_bytes(table, s, "stdin");
    add_bytes(table, s, "stdout");
    add_bytes(table, s, "stderr");
    if (dropped)
        add_bytes(table, s, "dropped");
}

sp_status cli_ps_sessions(json_t *sessions, int64_t now, struct sp_buffer *out,
                          struct sp_error *err)
{
    static const struct sp_column columns[] = {
        {"SESSION", false}, {"WORKER", false}, {"STATE", false}, {"VIA", false},
        {"FROM", false},    {"PID", true},     {"AGE", true},    {"STDIN", true},
        {"STDOUT", true},   {"STDERR", true},  {"DROPPED", true}};
    if (json_array_size(sessions) == 0)
        return sp_buffer_printf(out, err, "No sessions.\n");
    bool dropped = any_dropped(sessions);
    struct sp_table table = sp_table_of(columns, sizeof columns / sizeof *columns - !dropped);
    size_t i;
    json_t *s;
    json_array_foreach(sessions, i, s)
    {
        add_session(&table, s, now, dropped);
    }
    sp_status status = sp_table_print(&table, out, err);
    sp_table_deinit(&table);
    return status;
}

sp_status cli_ps_tables(json_t *service, json_t *workers, json_t *sessions, int64_t now,
                        struct sp_buffer *out, struct sp_error *err)
{
    sp_status status =
        sp_buffer_printf(out, err, "Standpipe %s, process %lld, pipe %s, config %s\n\n",
                         cli_text_of(service, "version"), (long long)number_of(service, "pid"),
                         cli_text_of(service, "pipe"), cli_text_of(service, "config"));
    if (status == SP_OK)
        status = print_workers(workers, out, err);
    if (status == SP_OK)
        status = cli_ps_last_words(workers, out, err);
    if (status == SP_OK)
        status = sp_buffer_append(out, "\n", 1, err);
    if (status == SP_OK)
        status = cli_ps_sessions(sessions, now, out, err);
    return status;
}
