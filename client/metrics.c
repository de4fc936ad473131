/* client/metrics.c - `standpipe metrics`: a service's figures for Prometheus and its kind. */
#include <stdio.h>
#include <string.h>

#include "client/fetch.h"
#include "client/metrics_text.h"
#include "client/verbs.h"
#include "core/units.h"
#include "win32/console.h"
#include "win32/file.h"
#include "win32/thread.h"

/* The verb's options, by their place in the table. */
enum { OPTION_OUTPUT = 2, OPTION_INTERVAL };

enum {
    INTERVAL_LEAST_MS = 1000,
    INTERVAL_MOST_MS = 3600000,
    ANSWER_MS = 10000,
};

/* Asks on a connection of its own: between two looks the service may have been replaced. */
static sp_status ask(const struct cli_target *target, struct cli_view *view, struct sp_error *err)
{
    static struct cli_control c;
    c.answer_ms = ANSWER_MS;
    sp_status status = cli_control_open(&c, target, err);
    if (status == SP_OK)
        status = cli_fetch(&c, NULL, view, err);
    cli_control_close(&c);
    return status;
}

static int print(const struct cli_target *target)
{
    struct cli_view view = {0};
    struct sp_buffer out = {0};
    struct sp_error err = {0};
    sp_status status = ask(target, &view, &err);
    if (status == SP_OK)
        status = cli_metrics_text(&view, &out, &err);
    if (status == SP_OK)
        status = w32_print(W32_STDOUT, (const char *)out.data, out.len);
    else
        cli_complain("%s", err.what);
    cli_view_deinit(&view);
    sp_buffer_deinit(&out);
    return status == SP_OK ? 0 : CLI_REFUSED;
}

/* What goes on wrong in the same way is said once. */
static void say_if_new(const struct sp_error *err, char *last, size_t size)
{
    if (strcmp(err->what, last) != 0 && err->what[0] != '\0')
        cli_complain("%s", err->what);
    snprintf(last, size, "%s", err->what);
}

/* A service that is not there is a figure, too: the file says so. */
static sp_status write_once(const struct cli_target *target, const char *path, bool *up,
                            struct sp_error *err)
{
    struct cli_view view = {0};
    struct sp_buffer out = {0};
    struct sp_error why = {0};
    *up = ask(target, &view, err) == SP_OK;
    sp_status status = cli_metrics_text(*up ? &view : NULL, &out, &why);
    if (status == SP_OK)
        status = w32_file_replace(path, out.data, out.len, &why);
    if (status != SP_OK && err != NULL)
        *err = why;
    cli_view_deinit(&view);
    sp_buffer_deinit(&out);
    return status;
}

/* Until Ctrl-C: a file that can't be written now may be writable the next time. */
static int write_on(const struct cli_target *target, const char *path, uint32_t interval_ms)
{
    char last[SP_ERROR_TEXT_MAX] = "";
    for (;;) {
        struct sp_error err = {0};
        bool up = false;
        sp_status status = write_once(target, path, &up, &err);
        say_if_new(&err, last, sizeof last);
        if (interval_ms == 0)
            return status == SP_OK && up ? 0 : CLI_REFUSED;
        w32_thread_pause(interval_ms);
    }
}

static sp_status read_interval(const char *text, const char *output, uint32_t *out,
                               struct sp_error *err)
{
    uint64_t ms = 0;
    *out = 0;
    if (text == NULL)
        return SP_OK;
    sp_status status = sp_duration_parse(text, &ms, err);
    if (status == SP_OK && (ms < INTERVAL_LEAST_MS || ms > INTERVAL_MOST_MS))
        status = sp_fail(err, SP_EINVAL, 0, "%s is not between 1s and 1h", text);
    if (status == SP_OK && output == NULL)
        status = sp_fail(err, SP_EINVAL, 0, "it is for a file: name one with --output");
    if (status == SP_OK)
        *out = (uint32_t)ms;
    else
        sp_error_prefix(err, "--interval: ");
    return status;
}

static int metrics(const struct sp_args *args)
{
    struct cli_target target = cli_target_of(args);
    const char *output = args->values[OPTION_OUTPUT];
    struct sp_error err = {0};
    uint32_t interval_ms = 0;
    if (read_interval(args->values[OPTION_INTERVAL], output, &interval_ms, &err) != SP_OK) {
        cli_complain("%s", err.what);
        return CLI_REFUSED;
    }
    return output == NULL ? print(&target) : write_on(&target, output, interval_ms);
}

static const struct sp_option options[] = {
    CLI_TARGET_OPTIONS,
    {"output", "FILE", "Write them to a file, in one piece, instead of to stdout", 'o'},
    {"interval", "TIME", "Write the file again and again: 15s, 1m; Ctrl-C ends it", 0}};

const struct sp_verb cli_metrics_verb = {
    .name = "metrics",
    .summary = "Print figures for Prometheus",
    .description =
        "Prints what the service counts, as OpenMetrics text: sessions, attaches, refusals, bytes, "
        "starts and exits of each worker, its state, memory and processor time, and those of the "
        "service itself. docs/metrics.md lists the names.\n"
        "\n"
        "With --output they go to a file, which is replaced in one step, so that whoever reads it "
        "sees all of it or the one before: name one that ends in .prom in the folder of "
        "windows_exporter's textfile collector, and say --interval to stay and write it again and "
        "again. When the service is not there the file says standpipe_up 0.\n"
        "\n"
        "Exit codes: 0, 125 refused, or there is no service, or the file can't be written.\n"
        "\n"
        "Examples:\n"
        "  standpipe metrics\n"
        "  standpipe metrics -o D:\\textfile\\standpipe.prom --interval 15s",
    .options = options,
    .run = metrics,
    .option_count = sizeof options / sizeof *options,
};
