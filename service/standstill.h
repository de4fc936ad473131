/* service/standstill.h - a moment in which all loops of a server stand still, so that what they all
 * look at can be changed: then none of them needs a lock to look at it. */
#ifndef SVC_STANDSTILL_H
#define SVC_STANDSTILL_H

#include "core/error.h"
#include "service/state.h"

/** What is done then. */
struct svc_standstill {
    /** Between two callbacks of each loop; must not block, and must not wait for a loop. */
    void (*change)(struct svc_standstill *s);
    /** On each loop, before anything else is called there. */
    void (*then)(struct svc_standstill *s, struct svc_shard *shard);
};

/**
 * Stops all loops, has the change made and lets them go on. Returns when each has called `then`.
 * Blocks, for as long as a loop needs to come back from what it does: on a thread of the pool,
 * for somebody who keeps the loops from ending meanwhile (server->live).
 *
 * @param server  its loops run
 * @param s       what to do
 * @param err     filled on failure; may be NULL
 * @return SP_OK; SP_ESTATE the service is stopping: nothing was done; SP_ETIMEOUT a loop did not
 *         come back within 3 s: nothing was done; SP_ENOMEM
 */
SP_NODISCARD sp_status svc_stand_still(struct svc_server *server, struct svc_standstill *s,
                                       struct sp_error *err);

#endif
