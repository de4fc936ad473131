/* service/run_parts.h - between service/run.c and run_stop.c alone. On the run's loop. */
#ifndef SVC_RUN_PARTS_H
#define SVC_RUN_PARTS_H

#include "service/run.h"

struct svc_session;

enum {
    SVC_RUN_LOOK_MS = 10000, /**< between two looks whether it has ended */
    SVC_RUN_ENDED_BY_US = 1, /**< exit code of processes that the service ends */
};

/** Calls something for each session; neither the session nor the run may be gone meanwhile. */
void svc_run_tell_sessions(struct svc_run *run, void (*tell)(struct svc_session *s));

/** The next step of a stop, when the time of the one before is over. */
void svc_run_next_step(struct svc_run *run);

#endif
