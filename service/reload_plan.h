/* service/reload_plan.h - what a new config means for the workers that are there: found out and
 * prepared while everything goes on, put in force while all loops stand still, so that it is done
 * whole or not at all. Blocks: on the pool, one at a time. */
#ifndef SVC_RELOAD_PLAN_H
#define SVC_RELOAD_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/error.h"
#include "service/access.h"
#include "service/state.h"
#include "service/warm.h"

/** What becomes of a worker. */
enum svc_fate {
    SVC_FATE_UNCHANGED,
    SVC_FATE_CHANGED,   /**< for those who come; what runs goes on */
    SVC_FATE_RESTARTED, /**< its one run, which is not what the config says any more, is ended */
    SVC_FATE_ADDED,
    SVC_FATE_REMOVED,
    SVC_FATE_GONE, /**< it was removed before, and somebody is still there */
};

/** A worker of the new config, or one that it has no more. */
struct svc_worker_plan {
    struct svc_worker *worker;             /**< the plan's own until it is in force, if `made` */
    const struct sp_worker_config *config; /**< the new one; of a removed worker its old one */
    json_t *keys;                          /**< owned: what differs */
    enum svc_fate fate;
    bool made;
    bool other_program;
    struct svc_access access;    /**< the new one, then the old one */
    struct svc_warm_room warm;   /**< the same */
    struct svc_capture *capture; /**< owned, until it is in force; NULL: not needed */
    uint32_t sessions;           /**< that were there */
    bool served_before; /**< it was in force until now, and so was its mode: it has what it needs */
};

/** All of it. {0} is empty. */
struct svc_reload_plan {
    struct svc_server *server;
    struct svc_generation *generation; /**< owned, until it is in force */
    struct svc_worker_plan *items;     /**< owned: the new config's workers, then those removed */
    size_t count, kept;                /**< kept: of the new config */
    struct svc_worker **workers;       /**< owned: server->workers as they are to be, then were */
    uint32_t *sessions;                /**< owned: how many each worker has, as they were */
    struct svc_access access;          /**< the service's new one, then the old one */
    bool renews;                       /**< the control pipe lets the network in, or no more */
    struct sp_link swept_workers, swept_generations; /**< owned: what nobody needs any more */
};

/**
 * Finds out what changes and prepares all that can fail.
 *
 * @param plan    empty; svc_reload_plan_close() in any case
 * @param server  nobody else changes its config
 * @param g       taken on success
 * @param err     filled on failure; may be NULL
 * @return SP_OK; SP_EACCESS somebody else has the name of a new worker's endpoint; SP_ENOMEM, ...
 */
SP_NODISCARD sp_status svc_reload_plan_open(struct svc_reload_plan *plan, struct svc_server *server,
                                            struct svc_generation *g, struct sp_error *err);

/** Puts it in force. @return SP_OK, svc_stand_still()'s: nothing has changed */
SP_NODISCARD sp_status svc_reload_plan_apply(struct svc_reload_plan *plan, struct sp_error *err);

/** Frees what is left of it: what was prepared for nothing, or what was in force before. */
void svc_reload_plan_close(struct svc_reload_plan *plan);

/** The word for a fate. Never NULL. */
const char *svc_fate_name(enum svc_fate fate);

#endif
