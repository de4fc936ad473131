/* service/tally.h - what is counted of a worker over all its runs and sessions. Nothing of it is on
 * the way of the bytes: it changes when something begins or ends, under the server's lock. */
#ifndef SVC_TALLY_H
#define SVC_TALLY_H

#include <stdint.h>

#include "core/stream.h"

/** How a run has ended. */
enum svc_exit_kind {
    SVC_EXIT_SUCCESS,     /**< by itself, with 0 */
    SVC_EXIT_FAILURE,     /**< by itself, with something else */
    SVC_EXIT_STOPPED,     /**< it was stopped: somebody asked, or its client left */
    SVC_EXIT_NOT_STARTED, /**< it never began: the program could not be started */
    SVC_EXIT_KINDS,
};

/** The counts. {0} to begin with. */
struct svc_tally {
    uint64_t attaches; /**< sessions that were made */
    uint64_t refusals; /**< wishes to attach that were refused */
    uint64_t starts;   /**< runs that began */
    uint64_t exits[SVC_EXIT_KINDS];
    uint64_t bytes[SP_STREAM_COUNT]; /**< of sessions that have ended; what went past the service
                                      *   nobody has counted */
    uint64_t cpu_ms;                 /**< of runs that are over */

    /** What was told last of the whole: a total never goes back, though a run that outlives its
     *  session is in neither part for a moment. */
    uint64_t told_bytes[SP_STREAM_COUNT];
    uint64_t told_cpu_ms;
};

/** The name of a kind, as the protocol has it. Never NULL. */
const char *svc_exit_kind_name(enum svc_exit_kind kind);

#endif
