/* client/top_tables.c - the two tables of `top`. */
#include "client/top_tables.h"

#include <string.h>

#include "client/board.h"
#include "client/fetch.h"
#include "client/ps_tables.h"
#include "core/human.h"
#include "core/table.h"

/* What nobody knows is "-". */
static void add_size(struct sp_table *table, json_t *item, const char *key)
{
    char text[SP_HUMAN_MAX];
    double figure = cli_board_figure(item, key);
    sp_human_size(figure, text);
    sp_table_add(table, figure < 0 ? "-" : text);
}

static void add_percent(struct sp_table *table, json_t *item)
{
    double figure = cli_board_figure(item, "cpu_percent");
    if (figure < 0)
        sp_table_add(table, "-");
    else
        sp_table_addf(table, "%.0f%%", figure);
}

/* What moves, and what it takes: IN/S, OUT/S, MEMORY, CPU. */
static void add_figures(struct sp_table *table, json_t *item)
{
    add_size(table, item, "in_per_s");
    add_size(table, item, "out_per_s");
    add_size(table, item, "memory");
    add_percent(table, item);
}

static sp_status print(struct sp_table *table, struct sp_buffer *out, struct sp_error *err)
{
    sp_status status = sp_table_print(table, out, err);
    sp_table_deinit(table);
    return status;
}

sp_status cli_top_workers(json_t *workers, struct sp_buffer *out, struct sp_error *err)
{
    static const struct sp_column columns[] = {
        {"WORKER", false}, {"STATE", false}, {"SESSIONS", true}, {"IN/S", true},
        {"OUT/S", true},   {"MEMORY", true}, {"CPU", true},      {"RESTARTS", true}};
    struct sp_table table = sp_table_of(columns, sizeof columns / sizeof *columns);
    size_t i;
    json_t *w;
    json_array_foreach(workers, i, w)
    {
        char state[CLI_PS_STATE_MAX];
        cli_ps_state(w, state, sizeof state);
        sp_table_add(&table, cli_text_of(w, "worker"));
        sp_table_add(&table, state);
        sp_table_addf(&table, "%lld",
                      (long long)json_integer_value(json_object_get(w, "sessions")));
        add_figures(&table, w);
        if (strcmp(cli_text_of(w, "mode"), "shared") == 0)
            sp_table_addf(&table, "%lld",
                          (long long)json_integer_value(json_object_get(w, "restarts")));
        else
            sp_table_add(&table, "-");
    }
    return print(&table, out, err);
}

sp_status cli_top_sessions(json_t *sessions, json_t *service, struct sp_buffer *out,
                           struct sp_error *err)
{
    static const struct sp_column columns[] = {
        {"SESSION", false}, {"WORKER", false}, {"STATE", false}, {"VIA", false}, {"IN/S", true},
        {"OUT/S", true},    {"MEMORY", true},  {"CPU", true},    {"AGE", true},  {"FROM", false}};
    struct sp_table table = sp_table_of(columns, sizeof columns / sizeof *columns);
    /* By the service's own clock: ours may be another. */
    json_int_t now = json_integer_value(json_object_get(service, "started")) +
                     json_integer_value(json_object_get(service, "uptime_ms")) / 1000;
    size_t i;
    json_t *s;
    json_array_foreach(sessions, i, s)
    {
        char age[SP_HUMAN_MAX];
        sp_human_age(now - json_integer_value(json_object_get(s, "started")), age);
        sp_table_add(&table, cli_text_of(s, "session"));
        sp_table_add(&table, cli_text_of(s, "worker"));
        sp_table_add(&table, cli_text_of(s, "state"));
        sp_table_add(&table,
                     json_is_true(json_object_get(s, "raw")) ? "raw" : cli_text_of(s, "transport"));
        add_figures(&table, s);
        sp_table_add(&table, age);
        sp_table_addf(&table, "%s/%lld", cli_text_of(s, "host"),
                      (long long)json_integer_value(json_object_get(s, "client_pid")));
    }
    return print(&table, out, err);
}
