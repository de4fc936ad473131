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

/** Places for programs that wait. {0} is none. */
struct svc_warm_room {
    struct svc_programs *places; /**< owned */
    uint32_t count;              /**< how many of them are taken */
};

/**
 * Gives a worker the places that its new config wants, while all loops stand still.
 *
 * @param w     has its new config
 * @param keep  whether the programs that wait are still what it says
 * @param room  config->warm places, none taken; receives the old ones with the programs that are
 *              not wanted any more, for svc_warm_discard()
 */
void svc_warm_exchange(struct svc_worker *w, bool keep, struct svc_warm_room *room);

/** Ends the programs in it and frees it. Blocks for moments: not on a loop. */
void svc_warm_discard(struct svc_warm_room *room);

#endif
