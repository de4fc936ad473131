/* service/verbs.h - the verbs of standpiped, and what several of them share. A verb's run returns
 * the program's exit code. */
#ifndef SVC_VERBS_H
#define SVC_VERBS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/args.h"
#include "core/config.h"
#include "core/error.h"

/** Exit codes of standpiped. */
enum {
    SVC_EXIT_OK = 0,
    SVC_EXIT_FAILED = 1,        /**< and stderr says why */
    SVC_EXIT_USAGE = 2,         /**< a wrong command line */
    SVC_EXIT_STOPPED = 3,       /**< `status`: it doesn't run */
    SVC_EXIT_NOT_INSTALLED = 4, /**< `status`: there is none */
    SVC_EXIT_LEFTOVERS = 70,    /**< strict builds: handles or operations were left at the end */
};

/** The service's own codes, which `sc query` shows as SERVICE_EXIT_CODE. */
enum svc_code {
    SVC_CODE_CONFIG = 1, /**< the config can't be read, or is wrong */
    SVC_CODE_PIPE = 2,   /**< another server has the pipe */
    SVC_CODE_OTHER = 3,  /**< anything else; the log says what */
    SVC_CODE_STUCK = 4,  /**< it did not stop in time and was ended */
};

enum {
    SVC_PIPE_NAME_MAX = 100,   /**< bytes, without the NUL */
    SVC_STOP_GRACE_MS = 20000, /**< on top of the config's `stop`: for what can't be hurried */
};

#define SVC_DEFAULT_NAME "Standpipe"
#define SVC_DEFAULT_PIPE "standpipe"

extern const struct sp_verb svc_run_verb, svc_check_verb, svc_install_verb, svc_uninstall_verb,
    svc_start_verb, svc_stop_verb, svc_status_verb, svc_secret_verb;

/** Verbs for this program itself: the SCM's entry, the demo workers, the helper for Ctrl-C. */
extern const struct sp_verb svc_service_verb, svc_worker_verb, svc_signal_verb;

/** All verbs, those of main.c among them, which this is in. */
extern const struct sp_program svc_program;

/** What the service's entry is told on its command line: the order of svc_service_verb's options,
 *  for install, which writes them, and status, which reads them. */
enum svc_service_option {
    SVC_SERVICE_NAME,
    SVC_SERVICE_CONFIG,
    SVC_SERVICE_PIPE,
    SVC_SERVICE_INSTALLER,
};

/**
 * Opens the audit of a service: svc_audit_close().
 *
 * @param service  its name
 * @param path     of its config file
 * @param config   what was read from it; {0} when it could not be read
 * @param err      filled on failure; may be NULL
 * @return SP_OK, svc_audit_open()'s
 */
SP_NODISCARD sp_status svc_open_audit(const char *service, const char *path,
                                      const struct sp_config *config, struct sp_error *err);

/** Prints "standpiped: <text>" on stderr. */
void svc_complain(const char *format, ...) SP_PRINTF(1, 2);

/** The same for an error, with what to do where that is known: a refusal needs an administrator.
 *  @param err filled */
void svc_complain_error(const struct sp_error *err);

/** The value of an option of the verb, or a default. @param option its place in the table */
const char *svc_option(const struct sp_args *args, size_t option, const char *otherwise);

/** Whether a text can be --pipe: 1 to SVC_PIPE_NAME_MAX of [A-Za-z0-9._-]. Complains if not. */
bool svc_pipe_name_check(const char *name);

/**
 * Prints problems, each as `FILE:LINE:COLUMN: text`.
 *
 * @param to_stderr  stderr or stdout
 * @param label      before the text: "warning: "; or ""
 * @param problems   which
 */
void svc_print_problems(bool to_stderr, const char *label,
                        const struct sp_config_problems *problems);

/** How long a service may take to stop. @param stop_ms sp_config_stop_ms() of its config */
uint32_t svc_stop_limit_ms(uint64_t stop_ms);

/**
 * Says on stderr what was not given back by the end of the program; only strict builds look.
 *
 * @param log        a file where it is said, too; NULL: none. The log is closed afterwards.
 * @param exit_code  for when everything was
 * @return SVC_EXIT_LEFTOVERS, or exit_code
 */
int svc_check_leftovers(const char *log, int exit_code);

#endif
