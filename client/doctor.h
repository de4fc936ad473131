/* client/doctor.h - what the parts of `doctor` share: where it looks, what came of it. One thread.
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "client/control.h"
#include "client/findings.h"

enum { CLI_DOCTOR_WORDS = 600 };

/** A look at a service. {0}, but for what is asked. */
struct cli_doctor {
    struct cli_target target;
    const char *service; /**< its name for Windows, on this machine */
    const char *worker;  /**< NULL: none in particular */
    /** What commands that are advised need to speak of the same: options, each with a space before;
     *  or "". */
    char name_option[CLI_DOCTOR_WORDS], pipe_option[CLI_DOCTOR_WORDS], options[CLI_DOCTOR_WORDS];
    struct cli_findings findings;

    struct cli_control control; /**< open while `served` is there */
    sp_status opened;           /**< what came of opening the pipe */
    struct sp_error open_error;
    sp_status trusted; /**< whether it is the service's; once it was opened */
    struct sp_error trust_error;
    sp_status answered; /**< whether it answers; once it is trusted */
    struct sp_error answer_error;
    json_t *served;    /**< owned: what the service tells of itself; NULL: it was not reached */
    json_t *installed; /**< owned: what `standpiped status` tells of it; NULL: nothing */
    bool down;         /**< the service is not installed or does not run, which has been said */
    bool no_worker;    /**< the worker is not there */
};

/** A text of an object, or NULL. @return borrowed */
const char *cli_doctor_text(json_t *object, const char *key);

/**
 * Checks what only the machine of the service knows: whether it is installed and runs, and what its
 * config says. Asks standpiped.exe beside this program, a minute at most. Elsewhere both are
 * skipped.
 *
 * @param d  after the service was tried to be reached; `installed` and `down` are set
 */
void cli_doctor_machine(struct cli_doctor *d);

/** Checks what the service serves to this account; or d->worker alone. @param d `served` is there
 */
void cli_doctor_workers(struct cli_doctor *d);

#endif
