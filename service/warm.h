/* service/warm.h - programs of a private worker that were started ahead: taken by the next client,
 * and replaced. They are started one after the other on the pool; the home shard sees to it. */
#ifndef SVC_WARM_H
#define SVC_WARM_H

#include <stdbool.h>

#include "service/worker.h"

/** Makes the places. @param err may be NULL @return SP_OK, SP_ENOMEM */
SP_NODISCARD sp_status svc_warm_init(struct svc_worker *w, struct sp_error *err);

/** Ends those that wait. */
void svc_warm_deinit(struct svc_worker *w);

/** Starts what is missing. On the home shard. */
void svc_warm_fill(struct svc_worker *w);

/**
 * Takes one that runs; another is started in its place.
 *
 * @param w      a private worker
 * @param shard  the caller's
 * @param out    written on success only; not bound to a loop; svc_programs_close()
 * @return whether there was one
 */
bool svc_warm_take(struct svc_worker *w, struct svc_shard *shard, struct svc_programs *out);

#endif
