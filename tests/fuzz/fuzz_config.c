/* tests/fuzz/fuzz_config.c - a config file: either it is right, and what was read of it keeps what
 * its types promise and is the same when it is written out and read again; or all that is wrong
 * with it is said, in order, with places that are in the file.
 *
 * Input: the file. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/cmdline.h"
#include "core/config.h"
#include "tests/fuzz/fuzz.h"

/* ------------------------------------------------------------------ what is wrong */

/* How many characters the lines of a text have, for any of them that a place may name. Lines end
 * as YAML's do; in UTF-16 nothing is claimed. */
static bool is_in(struct sp_bytes text, struct sp_place place)
{
    const uint8_t *p = text.data;
    const uint8_t *end = text.len == 0 ? p : p + text.len;
    unsigned line = 1, column = 1;
    if (place.line == 0 || place.column == 0)
        return false;
    if (text.len >= 2 && (memcmp(p, "\xff\xfe", 2) == 0 || memcmp(p, "\xfe\xff", 2) == 0))
        return place.line <= text.len + 1 && place.column <= text.len + 1;
    for (; p < end && line < place.line; p++) {
        bool is_break = *p == '\n' || (*p == '\r' && (p + 1 == end || p[1] != '\n'));
        bool nel = end - p > 1 && memcmp(p, "\xc2\x85", 2) == 0;
        bool separator = end - p > 2 && p[0] == 0xE2 && p[1] == 0x80 && (p[2] & 0xFE) == 0xA8;
        p += nel ? 1 : separator ? 2 : 0;
        line += is_break || nel || separator;
    }
    if (p == end && line + 1 == place.line)
        return place.column == 1; /* the end of a file whose last line has none */
    for (; p < end && column < place.column && *p != '\n'; p++)
        column += (*p & 0xC0) != 0x80;
    return line == place.line && column == place.column;
}

static void check_problems(const struct sp_config_problems *problems, struct sp_bytes text)
{
    FUZZ_CHECK(problems->count > 0 && problems->count <= SP_CONFIG_PROBLEMS_MAX);
    FUZZ_CHECK(problems->more == 0 || problems->count == SP_CONFIG_PROBLEMS_MAX);
    FUZZ_CHECK(strcmp(problems->file_name, "t.yaml") == 0);
    for (size_t i = 0; i < problems->count; i++) {
        const struct sp_config_problem *p = &problems->items[i];
        fuzz_check_text(p->text);
        FUZZ_CHECK(is_in(text, p->place));
        FUZZ_CHECK(i == 0 || p[-1].place.line < p->place.line ||
                   (p[-1].place.line == p->place.line && p[-1].place.column <= p->place.column));
    }
}

static void print_problems(const struct sp_config_problems *problems)
{
    struct sp_buffer out = {0};
    size_t lines = 0;
    FUZZ_CHECK(sp_config_problems_print(problems, &out, NULL) == SP_OK);
    FUZZ_CHECK(out.data[out.len - 1] == '\n');
    for (size_t i = 0; i < out.len; i++)
        lines += out.data[i] == '\n';
    FUZZ_CHECK(lines == problems->count + (problems->more > 0));
    FUZZ_CHECK(fuzz_is_utf8((struct sp_bytes){out.data, out.len}));
    sp_buffer_deinit(&out);
}

/* ------------------------------------------------------------------ what was read */

static void check_text(const char *text)
{
    if (text == NULL)
        return;
    FUZZ_CHECK(*text != 0 && fuzz_is_utf8(sp_bytes_of(text)));
    for (; *text != 0; text++)
        FUZZ_CHECK((unsigned char)*text >= ' ');
}

/* A command of a config can be started: nothing about its command line is left to go wrong. */
static void check_command(const struct sp_command *command)
{
    struct sp_buffer line = {0};
    const char *const *argv = (const char *const *)command->argv;
    FUZZ_CHECK(command->argc >= 1 && command->argc <= SP_CONFIG_ARGS_MAX);
    FUZZ_CHECK(command->argv[command->argc] == NULL && *command->argv[0] != 0);
    FUZZ_CHECK(command->place.line > 0);
    for (size_t i = 0; i < command->argc; i++)
        FUZZ_CHECK(fuzz_is_utf8(sp_bytes_of(command->argv[i])));
    sp_status status = sp_cmdline_is_batch(argv[0])
                           ? sp_cmdline_quote_batch("cmd.exe", argv, command->argc, &line, NULL)
                           : sp_cmdline_quote(argv, command->argc, &line, NULL);
    FUZZ_CHECK(status == SP_OK);
    sp_buffer_deinit(&line);
}

static void check_env(const struct sp_worker_config *w)
{
    FUZZ_CHECK(w->env_count <= SP_CONFIG_ENV_MAX);
    for (size_t i = 0; i < w->env_count; i++) {
        FUZZ_CHECK(*w->env[i].name != 0 && strchr(w->env[i].name, '=') == NULL);
        FUZZ_CHECK(strncmp(w->env[i].name, "STANDPIPE_", 10) != 0);
        FUZZ_CHECK(fuzz_is_utf8(sp_bytes_of(w->env[i].name)));
        FUZZ_CHECK(fuzz_is_utf8(sp_bytes_of(w->env[i].value)));
    }
}

static void check_limits(const struct sp_worker_config *w)
{
    const struct sp_limits_config *l = &w->limits;
    FUZZ_CHECK(l->memory_bytes == 0 || l->memory_bytes >= 1 << 20);
    FUZZ_CHECK(l->processes == 0 || (l->processes >= w->stage_count && l->processes <= 10000));
    FUZZ_CHECK(l->cpu_percent <= 100 && l->connect_rate <= 60000);
    FUZZ_CHECK(l->instances == 0 || w->mode == SP_MODE_PRIVATE);
    FUZZ_CHECK(l->session_ms == 0 || l->session_ms >= 1000);
    FUZZ_CHECK(l->idle_ms <= UINT64_C(30) * 24 * 3600000);
    check_text(w->run_as_user);
    FUZZ_CHECK((w->run_as_user != NULL) == (w->run_as == SP_RUN_AS_USER));
    FUZZ_CHECK(w->run_as != SP_RUN_AS_CLIENT || (w->mode == SP_MODE_PRIVATE && w->warm == 0));
}

static void check_worker(const struct sp_config *c, const struct sp_worker_config *w)
{
    static const uint64_t ten_minutes = 600000;
    FUZZ_CHECK(sp_worker_name_valid(w->name) && strlen(w->name) <= SP_WORKER_NAME_MAX);
    FUZZ_CHECK(sp_config_find(c, w->name) == w); /* and so there is no other one of that name */
    FUZZ_CHECK(w->stage_count >= 1 && w->stage_count <= SP_CONFIG_STAGES_MAX);
    for (size_t i = 0; i < w->stage_count; i++)
        check_command(&w->stages[i]);
    check_env(w);
    check_text(w->description);
    check_text(w->folder);
    FUZZ_CHECK((w->folder == NULL) == (w->folder_place.line == 0));
    FUZZ_CHECK(!w->args_allowed || (w->stage_count == 1 && w->mode == SP_MODE_PRIVATE));
    FUZZ_CHECK(w->mode == SP_MODE_SHARED ? w->warm == 0 : !w->autostart);
    FUZZ_CHECK(w->console <= SP_CONSOLE_NONE && w->restart <= SP_RESTART_NEVER);
    FUZZ_CHECK(w->slow <= SP_SLOW_DISCONNECT && w->logs.streams <= SP_CAPTURE_BOTH);
    FUZZ_CHECK(w->history_bytes >= 65536 && w->history_bytes <= 64 << 20 && w->warm <= 64);
    FUZZ_CHECK(w->resume_ms == SP_MS_UNSET || w->resume_ms <= 24 * 3600000);
    FUZZ_CHECK(w->drain_ms <= ten_minutes && w->stop_stdin_ms <= ten_minutes &&
               w->stop_signal_ms <= ten_minutes);
    FUZZ_CHECK(w->stop_stdin_ms + w->stop_signal_ms <= sp_config_stop_ms(c));
    FUZZ_CHECK(w->logs.size_bytes >= 4096 && w->logs.size_bytes <= UINT64_C(4) << 30);
    FUZZ_CHECK(w->logs.age_ms >= 1000 && w->logs.files >= 1 && w->logs.files <= 1000);
    check_limits(w);
}

static void check_config(const struct sp_config *c)
{
    FUZZ_CHECK(c->loops <= 64 && c->worker_count <= SP_CONFIG_WORKERS_MAX);
    check_text(c->log);
    check_text(c->logs);
    check_text(c->audit);
    for (size_t i = 0; i < c->worker_count; i++)
        check_worker(c, &c->workers[i]);
    FUZZ_CHECK(sp_config_find(c, "no such worker") == NULL);
}

/* ------------------------------------------------------------------ written out again */

static void put_key(struct sp_buffer *out, const char *key, const char *text)
{
    if (text == NULL)
        return;
    fuzz_printf(out, "%s: ", key);
    fuzz_put_yaml(out, text);
    fuzz_printf(out, ", ");
}

static void put_command(struct sp_buffer *out, const struct sp_command *command)
{
    fuzz_printf(out, "[");
    for (size_t i = 0; i < command->argc; i++) {
        fuzz_put_yaml(out, command->argv[i]);
        fuzz_printf(out, ", ");
    }
    fuzz_printf(out, "], ");
}

static void put_times(struct sp_buffer *out, uint64_t drain_ms, uint64_t stdin_ms,
                      uint64_t signal_ms)
{
    fuzz_printf(out, "drain: %" PRIu64 "ms, stop: {stdin: %" PRIu64 "ms, signal: %" PRIu64 "ms}, ",
                drain_ms, stdin_ms, signal_ms);
}

static void put_choices(struct sp_buffer *out, const struct sp_worker_config *w)
{
    static const char *const consoles[] = {"hidden", "none"};
    static const char *const restarts[] = {"on-failure", "always", "never"};
    static const char *const slows[] = {"drop", "block", "disconnect"};
    static const char *const streams[] = {"none", "stderr", "both"};
    fuzz_printf(out, "args: %s, remote: %s, console: %s, restart: %s, warm: %u, ",
                w->args_allowed ? "allow" : "deny", w->remote ? "true" : "false",
                consoles[w->console], restarts[w->restart], (unsigned)w->warm);
    if (w->mode == SP_MODE_SHARED)
        fuzz_printf(out, "mode: shared, autostart: %s, slow: %s, history: %" PRIu64 "B, ",
                    w->autostart ? "true" : "false", slows[w->slow], w->history_bytes);
    if (w->resume_ms != SP_MS_UNSET)
        fuzz_printf(out, "resume: %" PRIu64 "ms, ", w->resume_ms);
    fuzz_printf(out, "logs: {streams: %s, size: %" PRIu64 "B, age: %" PRIu64 "ms, files: %u}, ",
                streams[w->logs.streams], w->logs.size_bytes, w->logs.age_ms,
                (unsigned)w->logs.files);
}

static void put_limit(struct sp_buffer *out, const char *key, uint64_t value, const char *unit)
{
    if (value > 0)
        fuzz_printf(out, "%s: %" PRIu64 "%s, ", key, value, unit);
}

static void put_standing(struct sp_buffer *out, const struct sp_worker_config *w)
{
    const struct sp_limits_config *l = &w->limits;
    fuzz_printf(out, "limits: {");
    put_limit(out, "memory", l->memory_bytes, "B");
    put_limit(out, "processes", l->processes, "");
    put_limit(out, "cpu", l->cpu_percent, "");
    put_limit(out, "instances", l->instances, "");
    put_limit(out, "per_user", l->per_user, "");
    put_limit(out, "connect_rate", l->connect_rate, "");
    put_limit(out, "session_time", l->session_ms, "ms");
    put_limit(out, "idle_time", l->idle_ms, "ms");
    fuzz_printf(out, "}, restricted: %s, ", w->restricted ? "true" : "false");
    if (w->run_as == SP_RUN_AS_USER) {
        fuzz_printf(out, "run_as: {");
        put_key(out, "user", w->run_as_user);
        fuzz_printf(out, "}, ");
    } else
        fuzz_printf(out, "run_as: %s, ", w->run_as == SP_RUN_AS_CLIENT ? "client" : "service");
}

static void put_worker(struct sp_buffer *out, const struct sp_worker_config *w)
{
    fuzz_printf(out, "%s: {%s: ", w->name, w->stage_count == 1 ? "command" : "pipeline");
    if (w->stage_count > 1)
        fuzz_printf(out, "[");
    for (size_t i = 0; i < w->stage_count; i++)
        put_command(out, &w->stages[i]);
    if (w->stage_count > 1)
        fuzz_printf(out, "], ");
    fuzz_printf(out, "env: {");
    for (size_t i = 0; i < w->env_count; i++) {
        fuzz_printf(out, "? "); /* a key without it is at most 1024 characters long */
        fuzz_put_yaml(out, w->env[i].name);
        fuzz_printf(out, " : ");
        fuzz_put_yaml(out, w->env[i].value);
        fuzz_printf(out, ", ");
    }
    fuzz_printf(out, "}, ");
    put_key(out, "description", w->description);
    put_key(out, "folder", w->folder);
    put_choices(out, w);
    put_standing(out, w);
    put_times(out, w->drain_ms, w->stop_stdin_ms, w->stop_signal_ms);
    fuzz_printf(out, "},\n");
}

static void put_config(struct sp_buffer *out, const struct sp_config *c)
{
    fuzz_printf(out, "{");
    if (c->loops > 0)
        fuzz_printf(out, "loops: %u, ", (unsigned)c->loops);
    put_key(out, "log", c->log);
    put_key(out, "logs", c->logs);
    put_key(out, "audit", c->audit);
    put_times(out, c->drain_ms, c->stop_stdin_ms, c->stop_signal_ms);
    fuzz_printf(out, "workers: {\n");
    for (size_t i = 0; i < c->worker_count; i++)
        put_worker(out, &c->workers[i]);
    fuzz_printf(out, "}}\n");
}

/* A config that was written out, read, and written out again is the same text. */
static void check_round_trip(const struct sp_config *config)
{
    struct sp_buffer first = {0}, second = {0};
    struct sp_config again = {0};
    struct sp_config_problems problems = {0};
    put_config(&first, config);
    if (first.len <= SP_CONFIG_SIZE_MAX) {
        struct sp_bytes text = {first.data, first.len};
        FUZZ_CHECK(sp_config_parse("again", text, &again, &problems, NULL) == SP_OK);
        put_config(&second, &again);
        FUZZ_CHECK(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
    }
    sp_config_deinit(&again);
    sp_config_problems_deinit(&problems);
    sp_buffer_deinit(&first);
    sp_buffer_deinit(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    struct sp_bytes text = fuzz_bytes(&in, SIZE_MAX);
    struct sp_config config = {.loops = 77};
    struct sp_config_problems problems = {0};
    struct sp_error err = {0};
    sp_status status = sp_config_parse("t.yaml", text, &config, &problems, &err);
    if (status == SP_OK) {
        FUZZ_CHECK(problems.count == 0 && problems.more == 0);
        check_config(&config);
        check_round_trip(&config);
        sp_config_deinit(&config);
    } else {
        FUZZ_CHECK(status == SP_ESYNTAX && config.loops == 77 && config.workers == NULL);
        fuzz_check_error(&err, status);
        check_problems(&problems, text);
        print_problems(&problems);
    }
    sp_config_problems_deinit(&problems);
    free((void *)text.data);
    return 0;
}
