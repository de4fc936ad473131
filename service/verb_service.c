/* service/verb_service.c - `standpiped service`: what the service control manager starts. Hidden
 * from the help. Everything that goes wrong is in the log; what keeps it from starting is in
 * Windows' event log, too. */
#include <stdlib.h>

#include "service/audit.h"
#include "service/config_file.h"
#include "service/log.h"
#include "service/server.h"
#include "service/verbs.h"
#include "win32/eventlog.h"
#include "win32/service.h"
#include "win32/trust.h"

enum { STEP_HINT_MS = 10000 };

/* The service, from its entry to its end. */
struct host {
    const struct sp_args *args;
    const char *name;
    char *path; /* of the config file; owned */
    char *log;  /* of the log file; owned, to the very end */
    struct svc_config_file file;
    struct svc_server *server;
    struct w32_service service;
};

/* ------------------------------------------------------------------ saying it */

static void say(const struct host *h, const char *text)
{
    svc_log(SVC_LOG_ERROR, "%s", text);
    sp_status ignored = w32_eventlog_write(h->name, W32_EVENT_ERROR, text, NULL);
    (void)ignored; /* it stands in our own log */
}

/* One event with all of it if it fits, an entry for each. */
static void say_problems(const struct host *h, const char *summary)
{
    const struct sp_config_problems *problems = &h->file.problems;
    struct sp_buffer text = {0};
    for (size_t i = 0; i < problems->count; i++)
        svc_log(SVC_LOG_ERROR, "%s:%u:%u: %s", problems->file_name, problems->items[i].place.line,
                problems->items[i].place.column, problems->items[i].text);
    if (problems->more > 0)
        svc_log(SVC_LOG_ERROR, "%s: and %zu more", problems->file_name, problems->more);
    sp_status status = sp_config_problems_print(problems, &text, NULL);
    if (status == SP_OK)
        status = sp_buffer_append(&text, "", 1, NULL);
    if (status == SP_OK)
        status = w32_eventlog_write(h->name, W32_EVENT_ERROR, (const char *)text.data, NULL);
    if (status != SP_OK)
        w32_eventlog_write(h->name, W32_EVENT_ERROR, summary, NULL);
    sp_buffer_deinit(&text);
}

static void say_warnings(const struct host *h)
{
    const struct sp_config_problems *warnings = &h->file.warnings;
    for (size_t i = 0; i < warnings->count; i++)
        svc_log(SVC_LOG_WARNING, "%s:%u:%u: %s", warnings->file_name, warnings->items[i].place.line,
                warnings->items[i].place.column, warnings->items[i].text);
}

/* It goes on all the same: on the machine of one person everything may belong to that person. */
static void say_who_can_change(const struct host *h)
{
    char *who = NULL;
    const char *installer = h->args->values[SVC_SERVICE_INSTALLER];
    if (w32_trust_check(h->path, installer, &who, NULL) == SP_OK && who != NULL)
        svc_log(SVC_LOG_WARNING,
                "%s can be changed by %s, and so what this service runs: let only administrators "
                "change it and its folder",
                h->path, who);
    free(who);
}

/* ------------------------------------------------------------------ opening */

static void open_log(struct host *h)
{
    struct sp_error err = {0};
    sp_status status = svc_config_file_log(h->path, &h->file.config, &h->log, &err);
    if (status == SP_OK)
        status = svc_log_open(h->log, false, &err);
    if (status != SP_OK) {
        sp_error_prefix(&err, "there is no log: ");
        w32_eventlog_write(h->name, W32_EVENT_WARNING, err.what, NULL);
    }
}

/* The log is where the config says, so the config is read before anything can be said. */
static uint32_t read_config(struct host *h)
{
    struct sp_error err = {0};
    bool made = false;
    sp_status status = svc_config_file_make(h->path, SVC_CONFIG_GUARDED, &made, &err);
    if (status == SP_OK)
        status = svc_config_file_read(h->path, &h->file, &err);
    open_log(h);
    struct sp_error refused = {0};
    if (svc_open_audit(h->name, h->path, &h->file.config, &refused) != SP_OK) {
        say(h, refused.what); /* it would serve unseen */
        return SVC_CODE_OTHER;
    }
    if (status == SP_OK && made)
        svc_log(SVC_LOG_INFO, "created %s", h->path);
    if (status == SP_OK) {
        say_warnings(h);
        say_who_can_change(h);
        return 0;
    }
    svc_audit_service(SP_AUDIT_CONFIG, h->name, h->path, err.what);
    if (status == SP_ESYNTAX)
        say_problems(h, err.what);
    else
        say(h, err.what);
    return SVC_CODE_CONFIG;
}

static void stop_takes(void *arg, uint64_t ms)
{
    struct host *h = arg;
    __atomic_store_n(&h->service.stop_limit_ms, svc_stop_limit_ms(ms), __ATOMIC_RELEASE);
}

static uint32_t open_server(struct host *h)
{
    const struct svc_server_options options = {
        .config = &h->file.config,
        .config_file = h->path,
        .service_name = h->name,
        .pipe_name = svc_option(h->args, SVC_SERVICE_PIPE, SVC_DEFAULT_PIPE),
        .logs_folder = h->file.logs,
        .installer_sid = svc_option(h->args, SVC_SERVICE_INSTALLER, NULL),
        .stop_takes = stop_takes,
        .stop_takes_arg = h,
    };
    struct sp_error err = {0};
    sp_status status = svc_server_open(&options, &h->server, &err);
    if (status == SP_OK) {
        svc_log(SVC_LOG_INFO, "%s serves \\\\.\\pipe\\%s from %s", h->name, options.pipe_name,
                h->path);
        svc_audit_service(SP_AUDIT_SERVE, h->name, h->path, NULL);
        return 0;
    }
    say(h, err.what);
    return status == SP_EACCESS ? SVC_CODE_PIPE : SVC_CODE_OTHER;
}

static void free_all(struct host *h)
{
    svc_server_close(h->server);
    h->server = NULL;
    svc_audit_close(SVC_AUDIT_CLOSE_MS);
    svc_log_close();
    svc_config_file_deinit(&h->file);
    free(h->path);
    h->path = NULL;
}

static uint32_t open_host(void *arg, w32_progress_fn progress, void *progress_arg)
{
    struct host *h = arg;
    struct sp_error err = {0};
    uint32_t code = SVC_CODE_OTHER;
    if (svc_config_file_path(h->args->values[SVC_SERVICE_CONFIG], &h->path, &err) != SP_OK)
        say(h, err.what);
    else
        code = read_config(h);
    if (code == 0) {
        progress(progress_arg);
        h->service.stop_limit_ms = svc_stop_limit_ms(sp_config_stop_ms(&h->file.config));
        code = open_server(h);
    }
    if (code != 0) {
        svc_log(SVC_LOG_ERROR, "%s did not start", h->name);
        free_all(h);
    }
    return code;
}

static void close_host(void *arg, w32_progress_fn progress, void *progress_arg)
{
    struct host *h = arg;
    svc_log(SVC_LOG_INFO, "%s stops", h->name);
    svc_server_stop(h->server, progress, progress_arg);
    svc_log(SVC_LOG_INFO, "%s has stopped", h->name);
    svc_audit_service(SP_AUDIT_END, h->name, h->path, NULL);
    free_all(h);
}

static int service(const struct sp_args *args)
{
    static struct host host; /* the watchdog may outlive this call */
    struct sp_error err = {0};
    host.args = args;
    host.name = svc_option(args, SVC_SERVICE_NAME, SVC_DEFAULT_NAME);
    host.service = (struct w32_service){.name = host.name,
                                        .open = open_host,
                                        .close = close_host,
                                        .arg = &host,
                                        .step_hint_ms = STEP_HINT_MS,
                                        .stop_limit_ms = SVC_STOP_GRACE_MS,
                                        .stop_limit_code = SVC_CODE_STUCK};
    sp_status status = w32_service_run(&host.service, &err);
    if (status == SP_ESTATE)
        svc_complain("%s; use \"standpiped run\" in a console, or \"standpiped install\"",
                     err.what);
    else if (status != SP_OK)
        say(&host, err.what);
    int code = svc_check_leftovers(host.log, status == SP_OK ? SVC_EXIT_OK : SVC_EXIT_FAILED);
    free(host.log);
    return code;
}

static const struct sp_option options[] = {
    [SVC_SERVICE_NAME] = {"name", "NAME", "The service's name", 0},
    [SVC_SERVICE_CONFIG] = {"config", "FILE", "The config", 0},
    [SVC_SERVICE_PIPE] = {"pipe", "NAME", "The pipe clients attach through", 0},
    [SVC_SERVICE_INSTALLER] = {"installer", "SID", "An account that may attach", 0},
};

const struct sp_verb svc_service_verb = {
    .name = "service",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = service,
};
