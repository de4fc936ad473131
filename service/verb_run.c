/* service/verb_run.c - `standpiped run`: the server in a console, for whoever writes a config or a
 * worker. */
#include <stdlib.h>

#include "service/audit.h"
#include "service/config_file.h"
#include "service/log.h"
#include "service/server.h"
#include "service/verbs.h"
#include "win32/console.h"

enum run_option { RUN_CONFIG, RUN_PIPE, RUN_VERBOSE, RUN_UNTIL_STDIN_ENDS };

static sp_status read_config(const char *path, struct svc_config_file *file, struct sp_error *err)
{
    bool made = false;
    sp_status status = svc_config_file_make(path, SVC_CONFIG_OWN, &made, err);
    if (status == SP_OK && made)
        svc_complain("created %s; its comments explain it", path);
    if (status == SP_OK)
        status = svc_config_file_read(path, file, err);
    if (status == SP_ESYNTAX)
        svc_print_problems(true, "", &file->problems);
    else
        svc_print_problems(true, "warning: ", &file->warnings);
    return status;
}

static sp_status serve(const struct sp_args *args, const char *path,
                       const struct svc_config_file *file, struct sp_error *err)
{
    const struct svc_server_options options = {
        .config = &file->config,
        .config_file = path,
        .service_name = SVC_DEFAULT_NAME,
        .pipe_name = svc_option(args, RUN_PIPE, SVC_DEFAULT_PIPE),
        .logs_folder = file->logs,
    };
    struct svc_server *server = NULL;
    sp_status status = svc_server_open(&options, &server, err);
    if (status != SP_OK)
        return status;
    svc_audit_service(SP_AUDIT_SERVE, NULL, path, NULL);
    status = w32_print(W32_STDOUT, "ready\n", sizeof "ready\n" - 1);
    if (status != SP_OK)
        sp_fail(err, status, 0, "whoever waits for \"ready\" on stdout is gone");
    else
        status = w32_interrupt_wait(args->values[RUN_UNTIL_STDIN_ENDS] != NULL, err);
    svc_server_stop(server, NULL, NULL);
    svc_audit_service(SP_AUDIT_END, NULL, path, NULL);
    svc_server_close(server);
    return status;
}

static int run(const struct sp_args *args)
{
    struct svc_config_file file = {0};
    struct sp_error err = {0};
    char *path = NULL;
    if (!svc_pipe_name_check(svc_option(args, RUN_PIPE, SVC_DEFAULT_PIPE)))
        return SVC_EXIT_USAGE;
    svc_log_stderr_from(args->values[RUN_VERBOSE] != NULL ? SVC_LOG_INFO : SVC_LOG_WARNING);
    /* From the first moment a Ctrl-C ends it in order. */
    sp_status status = w32_interrupt_arm(&err);
    if (status == SP_OK)
        status = svc_config_file_path(args->values[RUN_CONFIG], &path, &err);
    if (status == SP_OK)
        status = read_config(path, &file, &err);
    if (status == SP_OK && file.config.log != NULL)
        status = svc_log_open(file.config.log, true, &err);
    if (status == SP_OK && file.config.audit != NULL)
        status = svc_open_audit(NULL, path, &file.config, &err);
    if (status == SP_OK)
        status = serve(args, path, &file, &err);
    if (status != SP_OK && status != SP_ESYNTAX)
        svc_complain("%s", err.what);
    svc_audit_close(SVC_AUDIT_CLOSE_MS);
    svc_log_close();
    svc_config_file_deinit(&file);
    free(path);
    return svc_check_leftovers(NULL, status == SP_OK ? SVC_EXIT_OK : SVC_EXIT_FAILED);
}

static const struct sp_option options[] = {
    [RUN_CONFIG] = {"config", "FILE",
                    "The config; default: %ProgramData%\\Standpipe\\standpipe.yaml. Created if it "
                    "isn't there.",
                    0},
    [RUN_PIPE] = {"pipe", "NAME", "The pipe clients attach through; default: standpipe", 0},
    [RUN_VERBOSE] = {"verbose", NULL, "Show on stderr what goes well, too", 'v'},
    [RUN_UNTIL_STDIN_ENDS] = {"until-stdin-ends", NULL,
                              "Stop when stdin ends, too: for a program that starts this one", 0},
};

const struct sp_verb svc_run_verb = {
    .name = "run",
    .summary = "Serve in this console until Ctrl-C",
    .description =
        "Serves the workers of a config as the service would, in this console and as you. Prints "
        "ready once clients can attach. Ctrl-C stops it in order: sessions are told, and workers "
        "get the config's time to end.\n"
        "\n"
        "Examples:\n"
        "  standpiped run\n"
        "  standpiped run --config new.yaml --pipe test",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = run,
};
