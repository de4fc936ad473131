/* client/verbs.h - the verbs of standpipe: each one's run gives the program's exit code, whose bits
 * an int carries whole. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "client/control.h"
#include "core/args.h"

/** Exit codes of our own; any other is the worker's. */
enum {
    CLI_REFUSED = 125,  /**< the service refused, or can't be reached, or we were used wrongly */
    CLI_NO_START = 126, /**< the program could not be started */
    CLI_NO_WORKER = 127 /**< there is no such worker or program */
};

extern const struct sp_verb cli_attach_verb, cli_ps_verb, cli_pipe_verb, cli_signal_verb,
    cli_drop_verb, cli_start_verb, cli_stop_verb, cli_restart_verb, cli_reload_verb, cli_logs_verb,
    cli_status_verb, cli_top_verb, cli_metrics_verb, cli_access_verb, cli_dashboard_verb,
    cli_doctor_verb;

/** All verbs, those of main.c among them, which this is in. */
extern const struct sp_program cli_program;

/** Prints "standpipe: <text>" on stderr. */
void cli_complain(const char *format, ...) SP_PRINTF(1, 2);

/** What --pipe and -H say. The verb's first two options are these. */
struct cli_target cli_target_of(const struct sp_args *args);

/** The first two options of every verb that talks to a service. */
#define CLI_TARGET_OPTIONS                                                                         \
    {"pipe", "NAME", "The service's pipe; default: standpipe", 0},                                 \
    {                                                                                              \
        "host", "HOST", "The machine it runs on; default: this one", 'H'                           \
    }

#endif
