/* service/verb_control.c - `standpiped start`, `stop` and `status`. */
#include <stdlib.h>

#include <jansson.h>

#include "service/config_file.h"
#include "service/installed.h"
#include "service/verbs.h"
#include "win32/console.h"
#include "win32/scm.h"

enum { START_MS = 60000 };

enum control_option { CONTROL_NAME, CONTROL_JSON };

#define NAME_OPTION [CONTROL_NAME] = {"name", "NAME", "The service's name; default: Standpipe", 0}

static const struct sp_option options[] = {NAME_OPTION};

static const struct sp_option status_options[] = {
    NAME_OPTION,
    [CONTROL_JSON] = {"json", NULL, "As one JSON object; docs/json.md has its shape", 0},
};

static const char *name_of(const struct sp_args *args)
{
    return svc_option(args, CONTROL_NAME, SVC_DEFAULT_NAME);
}

/* What is wrong with the service's config now, which is what people can mend. */
static void print_config_problems(enum w32_stream stream, const char *path)
{
    struct svc_config_file file = {0};
    struct sp_error err = {0};
    sp_status status = svc_config_file_read(path, &file, &err);
    if (status == SP_ESYNTAX)
        svc_print_problems(stream == W32_STDERR, "", &file.problems);
    else if (status != SP_OK)
        w32_printf(stream, "%s\n", err.what);
    else
        w32_printf(stream, "%s: ok now; start the service again\n", path);
    svc_config_file_deinit(&file);
}

static char *log_of(const char *path)
{
    struct svc_config_file file = {0};
    char *log = NULL;
    sp_status status = svc_config_file_read(path, &file, NULL);
    (void)status; /* a config that can't be read is {0}: then the log is in its default place */
    status = svc_config_file_log(path, &file.config, &log, NULL);
    svc_config_file_deinit(&file);
    return status == SP_OK ? log : NULL;
}

/* ------------------------------------------------------------------ start */

/* It came up and went again: why, as far as it has said. */
static void explain_stopped(const char *name, const struct svc_installed *installed,
                            const struct w32_scm_status *now)
{
    struct sp_buffer why = {0};
    sp_status status = svc_last_exit(now, &why, NULL);
    svc_complain("the service %s did not stay up: %.*s", name, status == SP_OK ? (int)why.len : 0,
                 (const char *)why.data);
    sp_buffer_deinit(&why);
    if (svc_ended_by_config(now))
        print_config_problems(W32_STDERR, installed->config);
    char *log = log_of(installed->config);
    if (log != NULL)
        svc_complain("more may be in its log: %s", log);
    free(log);
}

static int start(const struct sp_args *args)
{
    const char *name = name_of(args);
    struct svc_installed installed = {0};
    enum w32_scm_state was = W32_SCM_OTHER;
    struct w32_scm_status now = {0};
    struct sp_error err = {0};
    sp_status status = svc_installed_find(name, &installed, &err);
    if (status == SP_OK)
        status = w32_scm_start(name, START_MS, &was, &now, &err);
    bool runs = status == SP_OK && now.state == W32_SCM_RUNNING;
    if (status != SP_OK)
        svc_complain_error(&err);
    else if (runs)
        w32_printf(W32_STDOUT, "The service %s %s (process %u).\n", name,
                   was == W32_SCM_RUNNING ? "was running already" : "runs", (unsigned)now.pid);
    else
        explain_stopped(name, &installed, &now);
    svc_installed_deinit(&installed);
    return runs ? SVC_EXIT_OK : SVC_EXIT_FAILED;
}

const struct sp_verb svc_start_verb = {
    .name = "start",
    .summary = "Start the service",
    .description = "Starts the service and waits until clients can attach. If it does not stay up, "
                   "says why. Needs an elevated prompt.\n"
                   "\n"
                   "Examples:\n"
                   "  standpiped start\n"
                   "  standpiped start --name Reports",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = start,
};

/* ------------------------------------------------------------------ stop */

static int stop(const struct sp_args *args)
{
    const char *name = name_of(args);
    struct svc_installed installed = {0};
    enum w32_scm_state was = W32_SCM_OTHER;
    struct sp_error err = {0};
    sp_status status = svc_installed_find(name, &installed, &err);
    if (status == SP_OK)
        status = w32_scm_stop(name, svc_installed_stop_ms(&installed), &was, NULL, &err);
    svc_installed_deinit(&installed);
    if (status != SP_OK) {
        svc_complain_error(&err);
        return SVC_EXIT_FAILED;
    }
    w32_printf(W32_STDOUT, "The service %s %s.\n", name,
               was == W32_SCM_STOPPED ? "was stopped already" : "has stopped");
    return SVC_EXIT_OK;
}

const struct sp_verb svc_stop_verb = {
    .name = "stop",
    .summary = "Stop the service",
    .description = "Stops the service in order and waits until it has stopped: sessions are told, "
                   "and workers get the config's time to end. Needs an elevated prompt.\n"
                   "\n"
                   "Examples:\n"
                   "  standpiped stop\n"
                   "  standpiped stop --name Reports",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = stop,
};

/* ------------------------------------------------------------------ status */

static void print_line(const char *what, const char *text)
{
    w32_printf(W32_STDOUT, "%-10s %s\n", what, text == NULL ? "-" : text);
}

static void print_ours(const struct svc_installed *installed)
{
    char *log = log_of(installed->config);
    w32_printf(W32_STDOUT, "%-10s \\\\.\\pipe\\%s\n", "pipe", installed->pipe);
    print_line("config", installed->config);
    print_line("log", log);
    free(log);
}

static void print_last_exit(const struct w32_scm_status *now)
{
    struct sp_buffer why = {0};
    sp_status status = SP_OK;
    if (now->state != W32_SCM_STOPPED)
        status = sp_buffer_printf(&why, NULL, "-");
    else
        status = svc_last_exit(now, &why, NULL);
    if (status == SP_OK)
        w32_printf(W32_STDOUT, "%-10s %.*s\n", "last exit", (int)why.len, (const char *)why.data);
    sp_buffer_deinit(&why);
}

static int print_status(const char *name, const struct w32_scm_status *now,
                        const struct svc_installed *installed)
{
    print_line("name", name);
    print_line("state", w32_scm_state_name(now->state));
    if (now->pid == 0)
        print_line("pid", NULL);
    else
        w32_printf(W32_STDOUT, "%-10s %u\n", "pid", (unsigned)now->pid);
    if (installed->config != NULL)
        print_ours(installed);
    print_last_exit(now);
    if (now->state == W32_SCM_STOPPED && installed->config != NULL && svc_ended_by_config(now))
        print_config_problems(W32_STDOUT, installed->config);
    if (installed->config == NULL)
        svc_complain("the service %s is no Standpipe service", name);
    return now->state == W32_SCM_RUNNING ? SVC_EXIT_OK : SVC_EXIT_STOPPED;
}

/* @param now NULL, and installed {0}: there is none */
static json_t *json_of(const char *name, const struct w32_scm_status *now,
                       const struct svc_installed *installed)
{
    struct sp_buffer why = {0};
    bool stopped = now != NULL && now->state == W32_SCM_STOPPED;
    bool told = stopped && svc_last_exit(now, &why, NULL) == SP_OK;
    char *log = installed->config == NULL ? NULL : log_of(installed->config);
    json_t *out =
        json_pack("{s:s, s:s, s:o, s:s?, s:s?, s:s?, s:o}", "name", name, "state",
                  now == NULL ? "not installed" : w32_scm_state_name(now->state), "pid",
                  now == NULL || now->pid == 0 ? json_null() : json_integer(now->pid), "pipe",
                  installed->pipe, "config", installed->config, "log", log, "last_exit",
                  told ? json_stringn((const char *)why.data, why.len) : json_null());
    free(log);
    sp_buffer_deinit(&why);
    return out;
}

static int print_json(const char *name, const struct w32_scm_status *now,
                      const struct svc_installed *installed)
{
    json_t *all = json_of(name, now, installed);
    char *text = json_dumps(all, JSON_INDENT(2));
    sp_status status = SP_ENOMEM;
    if (text != NULL)
        status = w32_printf(W32_STDOUT, "%s\n", text);
    else
        svc_complain("no memory for the state of the service %s", name);
    free(text);
    json_decref(all);
    return status != SP_OK                 ? SVC_EXIT_FAILED
           : now == NULL                   ? SVC_EXIT_NOT_INSTALLED
           : now->state == W32_SCM_RUNNING ? SVC_EXIT_OK
                                           : SVC_EXIT_STOPPED;
}

static int status_verb(const struct sp_args *args)
{
    const char *name = name_of(args);
    bool as_json = args->values[CONTROL_JSON] != NULL;
    struct svc_installed installed = {0};
    struct w32_scm_status now = {0};
    struct sp_error err = {0};
    int code = SVC_EXIT_FAILED;
    sp_status status = w32_scm_query(name, &now, &err);
    if (status == SP_OK)
        status = svc_installed_read(name, &installed, &err);
    if (as_json && (status == SP_OK || status == SP_ENOTFOUND)) {
        code = print_json(name, status == SP_OK ? &now : NULL, &installed);
    } else if (status == SP_OK) {
        code = print_status(name, &now, &installed);
    } else if (status == SP_ENOTFOUND) {
        print_line("name", name);
        print_line("state", "not installed");
        code = SVC_EXIT_NOT_INSTALLED;
    } else {
        svc_complain_error(&err);
    }
    svc_installed_deinit(&installed);
    return code;
}

const struct sp_verb svc_status_verb = {
    .name = "status",
    .summary = "Show what the service does, and why it stopped",
    .description =
        "Shows the service's state, process, pipe, config and log, and why it ended the last "
        "time. If that was its config, the config's mistakes follow. The exit code is 0 when it "
        "runs, 3 when it doesn't, 4 when it isn't installed.\n"
        "\n"
        "Examples:\n"
        "  standpiped status\n"
        "  standpiped status --name Reports",
    .options = status_options,
    .option_count = sizeof status_options / sizeof *status_options,
    .run = status_verb,
};
