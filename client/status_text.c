/* client/status_text.c - what `status WORKER` shows to people. */
#include "client/status_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/ps_tables.h"
#include "core/config_schema.h"
#include "core/human.h"
#include "core/text.h"

enum { NAME_WIDTH = 14, SETTING_WIDTH = 19 };

/* The text in the making, and what went wrong first. */
struct page {
    struct sp_buffer *out;
    struct sp_error *err;
    sp_status status;
};

static long long number_of(json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

/* "name          what there is to say of it": one line, and harmless. */
static void SP_PRINTF(3, 4) say(struct page *p, const char *name, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    if (p->status == SP_OK)
        p->status = sp_text_vformat(&text, p->err, format, args);
    va_end(args);
    if (p->status != SP_OK)
        return;
    sp_text_disarm(text);
    p->status = sp_buffer_printf(p->out, p->err, "%-*s  %s\n", NAME_WIDTH, name, text);
    free(text);
}

/* ------------------------------------------------------------------ what it does */

static void say_state(struct page *p, json_t *w)
{
    char state[CLI_PS_STATE_MAX], age[SP_HUMAN_MAX] = "", pids[128] = "";
    size_t i, used = 0;
    json_t *pid;
    cli_ps_state(w, state, sizeof state);
    if (json_is_integer(json_object_get(w, "uptime_ms")))
        sp_human_age(number_of(w, "uptime_ms") / 1000, age);
    json_array_foreach(json_object_get(w, "pids"), i, pid)
    {
        if (used < sizeof pids)
            used +=
                (size_t)snprintf(pids + used, sizeof pids - used, "%s%lld",
                                 i == 0 ? ", process " : ", ", (long long)json_integer_value(pid));
    }
    say(p, "state", "%s%s%s%s", state, *age == '\0' ? "" : " for ", age, pids);
}

static void say_mode(struct page *p, json_t *w)
{
    bool shared = strcmp(cli_text_of(w, "mode"), "shared") == 0;
    say(p, "mode", "%s",
        shared ? "shared: one process for all clients" : "private: a process for each client");
}

static void say_programs(struct page *p, json_t *w)
{
    struct sp_buffer programs = {0};
    if (p->status == SP_OK)
        p->status = cli_ps_programs(json_object_get(w, "programs"), &programs, p->err);
    if (p->status == SP_OK)
        say(p, "runs", "%s", (const char *)programs.data);
    sp_buffer_deinit(&programs);
}

static void say_history(struct page *p, json_t *w)
{
    json_t *exits = json_object_get(w, "exits");
    bool shared = strcmp(cli_text_of(w, "mode"), "shared") == 0;
    say(p, "starts", "%lld; restarts tried: %lld", number_of(w, "starts"),
        shared ? number_of(w, "restarts") : 0);
    say(p, "exits", "%lld with 0, %lld with another code, %lld stopped; %lld could not be started",
        number_of(exits, "success"), number_of(exits, "failure"), number_of(exits, "stopped"),
        number_of(exits, "not_started"));
    if (json_is_integer(json_object_get(w, "exit_code")))
        say(p, "last exit", "%lld", number_of(w, "exit_code"));
}

static void say_sessions(struct page *p, json_t *w)
{
    json_t *ways = json_object_get(w, "ways");
    long long now = number_of(w, "sessions");
    char how[96] = "";
    if (now > 0)
        snprintf(how, sizeof how, " (relay %lld, direct %lld, handoff %lld)",
                 number_of(ways, "relay"), number_of(ways, "direct"), number_of(ways, "handoff"));
    say(p, "sessions", "%lld now%s, %lld in all, %lld refused", now, how, number_of(w, "attaches"),
        number_of(w, "refusals"));
}

static void say_bytes(struct page *p, json_t *w)
{
    json_t *bytes = json_object_get(w, "bytes");
    char in[SP_HUMAN_MAX], out[SP_HUMAN_MAX], err[SP_HUMAN_MAX];
    sp_human_size((double)number_of(bytes, "stdin"), in);
    sp_human_size((double)number_of(bytes, "stdout"), out);
    sp_human_size((double)number_of(bytes, "stderr"), err);
    say(p, "bytes", "stdin %s, stdout %s, stderr %s through the service in all", in, out, err);
}

static void say_usage(struct page *p, json_t *w)
{
    char memory[SP_HUMAN_MAX];
    long long processes = number_of(w, "processes");
    sp_human_size((double)number_of(w, "memory"), memory);
    say(p, "takes", "%lld process%s, %s of memory; %.1f s of processor time in all", processes,
        processes == 1 ? "" : "es", memory, (double)number_of(w, "cpu_ms") / 1000);
}

/* ------------------------------------------------------------------ what it is */

/* What holds where the file says nothing, without Markdown's marks. */
static void say_default(struct page *p, const char *name, const char *setting)
{
    const struct sp_schema_key *key = sp_schema_find(&sp_schema_worker, setting);
    char text[160] = "none";
    size_t len = 0;
    for (const char *c = key == NULL || key->without == NULL ? "" : key->without;
         *c != '\0' && len + 1 < sizeof text; c++)
        if (*c != '`')
            text[len++] = *c;
    if (len > 0)
        text[len] = '\0';
    say(p, name, "%s (not set)", text);
}

static void say_setting(struct page *p, const char *key, json_t *value)
{
    char name[64];
    size_t i;
    json_t *word;
    snprintf(name, sizeof name, "  %-*s", SETTING_WIDTH, key);
    if (json_is_string(value))
        say(p, name, "%s", json_string_value(value));
    else if (json_is_integer(value))
        say(p, name, "%lld", (long long)json_integer_value(value));
    else if (json_is_array(value) && json_array_size(value) > 0) {
        char names[512] = "";
        size_t used = 0;
        json_array_foreach(value, i, word)
        {
            if (used < sizeof names)
                used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                         i == 0 ? "" : ", ", json_string_value(word));
        }
        say(p, name, "%s%s", names, used < sizeof names ? "" : "...");
    } else
        say_default(p, name, key);
}

static void say_settings(struct page *p, json_t *w)
{
    const char *name;
    json_t *value;
    if (p->status == SP_OK)
        p->status = sp_buffer_printf(p->out, p->err, "\nConfig:\n");
    json_object_foreach(json_object_get(w, "settings"), name, value)
    {
        say_setting(p, name, value);
    }
}

static void say_places(struct page *p, json_t *w, const char *host)
{
    json_t *log = json_object_get(w, "log");
    const char *raw = cli_text_of(w, "raw_pipe");
    say(p, "log", "%s", json_is_string(log) ? json_string_value(log) : "none is kept");
    if (*raw != '\0' && host == NULL)
        say(p, "raw pipe", "\\\\.\\pipe\\%s", raw);
}

sp_status cli_status_text(const struct cli_view *view, const char *host, int64_t now,
                          struct sp_buffer *out, struct sp_error *err)
{
    json_t *w = json_array_get(view->workers, 0);
    struct page p = {.out = out, .err = err};
    if (w == NULL)
        return sp_fail(err, SP_EPROTOCOL, 0, "the service tells nothing of this worker");
    const char *description = cli_text_of(w, "description");
    say(&p, "worker", "%s%s%s", cli_text_of(w, "worker"), *description == '\0' ? "" : ": ",
        description);
    say_mode(&p, w);
    say_state(&p, w);
    say_programs(&p, w);
    say_history(&p, w);
    say_sessions(&p, w);
    say_bytes(&p, w);
    say_usage(&p, w);
    say_places(&p, w, host);
    say_settings(&p, w);
    if (p.status == SP_OK)
        p.status = cli_ps_last_words(view->workers, out, err);
    if (p.status == SP_OK)
        p.status = sp_buffer_append(out, "\n", 1, err);
    return p.status == SP_OK ? cli_ps_sessions(view->sessions, now, out, err) : p.status;
}
