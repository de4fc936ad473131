/* service/verb_install.c - `standpiped install` and `uninstall`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cmdline.h"
#include "service/audit.h"
#include "service/config_file.h"
#include "service/installed.h"
#include "service/verbs.h"
#include "win32/console.h"
#include "win32/eventlog.h"
#include "win32/identity.h"
#include "win32/path.h"
#include "win32/scm.h"
#include "win32/trust.h"

enum {
    PRESHUTDOWN_MIN_MS = 60000, /* the config may become longer without a new installation */
    RESET_AFTER_S = 24 * 60 * 60,
    UNINSTALL_MS = 30000,
};

static void warn(void *arg, const char *what)
{
    (void)arg;
    svc_complain("warning: %s; the service works without it", what);
}

static void warn_of(const struct sp_error *err)
{
    warn(NULL, err->what);
}

/* ------------------------------------------------------------------ install */

enum install_option { INSTALL_NAME, INSTALL_CONFIG, INSTALL_PIPE, INSTALL_INSTALLER };

/* `"C:\...\standpiped.exe" service --name NAME ...`, as svc_installed_read() takes it apart. */
static sp_status print_command_line(const char *name, const char *config, const char *pipe,
                                    const char *sid, struct sp_buffer *out, struct sp_error *err)
{
    char *self = NULL;
    sp_status status = w32_path_self(&self, err);
    if (status == SP_OK) {
        const char *const argv[] = {
            self, svc_service_verb.name, "--name", name, "--config", config, "--pipe",
            pipe, "--installer",         sid};
        status = sp_cmdline_quote(argv, sizeof argv / sizeof *argv, out, err);
    }
    free(self);
    return status;
}

static sp_status install_service(const char *name, const char *config, const char *pipe,
                                 const char *sid, uint32_t stop_limit_ms, struct sp_error *err)
{
    static const uint32_t restart_ms[] = {1000, 10000, 60000};
    struct sp_buffer command_line = {0};
    sp_status status = print_command_line(name, config, pipe, sid, &command_line, err);
    if (status == SP_OK) {
        const struct w32_scm_service service = {
            .name = name,
            .display = name, /* which must be unique, too */
            .description = "Serves programs that talk over stdin and stdout to clients on this "
                           "machine and others, over named pipes.",
            .command_line = (const char *)command_line.data,
            .delayed = true,
            .preshutdown_ms =
                stop_limit_ms > PRESHUTDOWN_MIN_MS ? stop_limit_ms : PRESHUTDOWN_MIN_MS,
            .restart_ms = restart_ms,
            .restart_count = sizeof restart_ms / sizeof *restart_ms,
            .restart_reset_s = RESET_AFTER_S,
            .warn = warn,
        };
        status = w32_scm_install(&service, err);
    }
    sp_buffer_deinit(&command_line);
    return status;
}

/* Makes the config if there is none, and shows what is wrong with it: the service can be installed
 * all the same, and the config mended before the start. */
static sp_status prepare_config(const char *path, struct svc_config_file *file,
                                struct sp_error *err)
{
    bool made = false;
    sp_status status = svc_config_file_make(path, SVC_CONFIG_GUARDED, &made, err);
    if (status != SP_OK)
        return status;
    if (made)
        w32_printf(W32_STDOUT, "Created the config %s; its comments explain it.\n", path);
    status = svc_config_file_read(path, file, err);
    svc_print_problems(true, "warning: ", &file->warnings);
    if (status != SP_ESYNTAX)
        return status;
    svc_print_problems(true, "", &file->problems);
    svc_complain("warning: the service won't start until the config is mended");
    return SP_OK;
}

static void say_next_step(const char *name, const char *pipe)
{
    const char *quote = strchr(name, ' ') == NULL ? "" : "\"";
    w32_printf(W32_STDOUT,
               "Installed the service %s on \\\\.\\pipe\\%s; it starts with the machine.\n", name,
               pipe);
    if (strcmp(name, SVC_DEFAULT_NAME) == 0)
        w32_printf(W32_STDOUT, "To start it now: standpiped start\n");
    else
        w32_printf(W32_STDOUT, "To start it now: standpiped start --name %s%s%s\n", quote, name,
                   quote);
}

/* The service goes on all the same: on the machine of one person everything may belong to that
 * person, and be meant so. */
static void warn_who_can_change(const char *path, const char *sid)
{
    char *who = NULL;
    if (w32_trust_check(path, sid, &who, NULL) == SP_OK && who != NULL)
        svc_complain("warning: %s can be changed by %s, and so what the service runs; let only "
                     "administrators change it and its folder (icacls)",
                     path, who);
    free(who);
}

static void warn_of_others(const char *config, const char *sid)
{
    char *self = NULL;
    warn_who_can_change(config, sid);
    if (w32_path_self(&self, NULL) == SP_OK)
        warn_who_can_change(self, sid);
    free(self);
}

/* Who changes which service there is. It goes on without: the service is there, or is gone. */
static void record(enum sp_audit_kind kind, const char *name, const char *path,
                   const struct sp_config *config)
{
    struct sp_error err;
    if (svc_open_audit(name, path, config, &err) != SP_OK) {
        warn_of(&err);
        return;
    }
    svc_audit_service(kind, name, path, NULL);
    svc_audit_close(SVC_AUDIT_CLOSE_MS);
}

/* Whoever this is, unless somebody else installs through us: the installer runs us as SYSTEM. */
static sp_status find_installer(const char *given, char sid[W32_SID_TEXT_MAX], struct sp_error *err)
{
    char *account = NULL;
    if (given == NULL)
        return w32_own_sid(sid, err);
    sp_status status = strlen(given) < W32_SID_TEXT_MAX
                           ? w32_account_of(given, &account, err)
                           : sp_fail(err, SP_EINVAL, 0, "'%s' is not a SID", given);
    if (status == SP_OK)
        snprintf(sid, W32_SID_TEXT_MAX, "%s", given);
    free(account);
    return status;
}

static sp_status install_named(const char *name, const char *path, const char *pipe,
                               const char *installer, struct sp_error *err)
{
    char sid[W32_SID_TEXT_MAX];
    struct svc_config_file file = {0};
    struct sp_error ignored;
    /* First: whoever can't install must not leave a config of his own where the next one looks. */
    sp_status status = w32_scm_install_check(name, err);
    if (status == SP_OK)
        status = find_installer(installer, sid, err);
    if (status == SP_OK)
        status = prepare_config(path, &file, err);
    if (status == SP_OK)
        status = install_service(name, path, pipe, sid,
                                 svc_stop_limit_ms(sp_config_stop_ms(&file.config)), err);
    if (status == SP_OK) {
        warn_of_others(path, sid);
        if (w32_eventlog_register(name, &ignored) != SP_OK)
            warn_of(&ignored);
        record(SP_AUDIT_INSTALL, name, path, &file.config);
    }
    svc_config_file_deinit(&file);
    return status;
}

static int install(const struct sp_args *args)
{
    const char *name = svc_option(args, INSTALL_NAME, SVC_DEFAULT_NAME);
    const char *pipe = svc_option(args, INSTALL_PIPE, SVC_DEFAULT_PIPE);
    struct sp_error err = {0};
    char *path = NULL;
    if (!svc_pipe_name_check(pipe))
        return SVC_EXIT_USAGE;
    sp_status status = svc_config_file_path(args->values[INSTALL_CONFIG], &path, &err);
    if (status == SP_OK)
        status = install_named(name, path, pipe, args->values[INSTALL_INSTALLER], &err);
    if (status == SP_OK)
        say_next_step(name, pipe);
    else
        svc_complain_error(&err);
    free(path);
    return status == SP_OK ? SVC_EXIT_OK : SVC_EXIT_FAILED;
}

static const struct sp_option install_options[] = {
    [INSTALL_NAME] = {"name", "NAME", "The service's name; default: Standpipe", 0},
    [INSTALL_CONFIG] = {"config", "FILE",
                        "The config; default: %ProgramData%\\Standpipe\\standpipe.yaml. Created if "
                        "it isn't there.",
                        0},
    [INSTALL_PIPE] = {"pipe", "NAME", "The pipe clients attach through; default: standpipe", 0},
    [INSTALL_INSTALLER] = {"installer", "SID",
                           "The account that counts as the one that installs it; default: yours",
                           0},
};

const struct sp_verb svc_install_verb = {
    .name = "install",
    .summary = "Install the Windows service",
    .description =
        "Installs this program, where it is now, as a Windows service that starts with the "
        "machine, and creates its config if there is none. Administrators and the account that "
        "installs it may attach. Several services can be installed side by side, each with a "
        "name, a pipe and a config of its own. Needs an elevated prompt.\n"
        "\n"
        "Examples:\n"
        "  standpiped install\n"
        "  standpiped install --name Reports --pipe reports --config D:\\reports.yaml",
    .options = install_options,
    .option_count = sizeof install_options / sizeof *install_options,
    .run = install,
};

/* ------------------------------------------------------------------ uninstall */

enum uninstall_option { UNINSTALL_NAME, UNINSTALL_CONFIG };

static sp_status remove_service(const char *name, uint32_t stop_ms, struct sp_error *err)
{
    enum w32_scm_state was = W32_SCM_OTHER;
    sp_status status = w32_scm_stop(name, stop_ms, &was, NULL, err);
    if (status == SP_OK && was != W32_SCM_STOPPED)
        w32_printf(W32_STDOUT, "Stopped the service %s.\n", name);
    if (status == SP_OK)
        status = w32_scm_uninstall(name, UNINSTALL_MS, err);
    return status;
}

static void record_removal(const char *name, const char *path)
{
    struct svc_config_file file = {0};
    sp_status ignored = svc_config_file_read(path, &file, NULL);
    (void)ignored; /* then the audit is in its default place */
    record(SP_AUDIT_UNINSTALL, name, path, &file.config);
    svc_config_file_deinit(&file);
}

/* The service is gone by now, so what can't be removed is no failure. */
static void say_end(const char *name, const char *config, bool remove)
{
    struct sp_error err = {0};
    bool removed = remove && svc_config_file_remove(config, &err) == SP_OK;
    if (remove && !removed)
        svc_complain("warning: %s", err.what);
    w32_printf(W32_STDOUT, "Removed the service %s. Its config %s: %s\n", name,
               removed ? "is gone, too" : "stays", config);
}

static int uninstall(const struct sp_args *args)
{
    const char *name = svc_option(args, UNINSTALL_NAME, SVC_DEFAULT_NAME);
    struct svc_installed installed = {0};
    struct sp_error err = {0};
    sp_status status = svc_installed_find(name, &installed, &err);
    if (status == SP_OK)
        status = remove_service(name, svc_installed_stop_ms(&installed), &err);
    if (status == SP_OK) {
        record_removal(name, installed.config);
        if (w32_eventlog_unregister(name, &err) != SP_OK)
            warn_of(&err);
        say_end(name, installed.config, args->values[UNINSTALL_CONFIG] != NULL);
    } else {
        svc_complain_error(&err);
    }
    svc_installed_deinit(&installed);
    return status == SP_OK ? SVC_EXIT_OK : SVC_EXIT_FAILED;
}

static const struct sp_option uninstall_options[] = {
    [UNINSTALL_NAME] = {"name", "NAME", "The service's name; default: Standpipe", 0},
    [UNINSTALL_CONFIG] = {"remove-config", NULL,
                          "Also delete its config, its log and those of its workers, and their "
                          "folders where nothing else is in them",
                          0},
};

const struct sp_verb svc_uninstall_verb = {
    .name = "uninstall",
    .summary = "Stop and remove the service",
    .description =
        "Stops the service, removes it, and waits until it is gone. Its config and its logs stay "
        "where they are unless --remove-config is given. Needs an elevated prompt.\n"
        "\n"
        "Examples:\n"
        "  standpiped uninstall\n"
        "  standpiped uninstall --name Reports",
    .options = uninstall_options,
    .option_count = sizeof uninstall_options / sizeof *uninstall_options,
    .run = uninstall,
};
