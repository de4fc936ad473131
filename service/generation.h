/* service/generation.h - a config as it was read once. A reload brings another one; sessions and
 * runs that began under an older one go on under it, so it stays until nothing refers to it. */
#ifndef SVC_GENERATION_H
#define SVC_GENERATION_H

#include "core/config.h"
#include "core/error.h"
#include "core/list.h"
#include "service/config_file.h"

/** A generation. Never changed once it is in use, so that all threads may look at it. */
struct svc_generation {
    struct sp_link link;          /**< in server->generations */
    int64_t read_at;              /**< Unix time; what was written to the file later is not in it */
    struct svc_config_file file;  /**< owned; empty: `base` is somebody else's */
    struct sp_config demo;        /**< owned: the workers when the file names none */
    const struct sp_config *base; /**< what the file says */
    const struct sp_config *config; /**< base, or demo: whose workers are served */
};

/**
 * A generation of a config that was read before.
 *
 * @param config  borrowed as long as the generation lives
 * @param out     written on success only; svc_generation_close()
 * @param err     filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, svc_demo_config()'s
 */
SP_NODISCARD sp_status svc_generation_of(const struct sp_config *config,
                                         struct svc_generation **out, struct sp_error *err);

/**
 * Reads one from a file. Blocks: not on a loop.
 *
 * @param path  of the file
 * @param out   written on success, and with SP_ESYNTAX: then it has the problems alone;
 *              svc_generation_close()
 * @param err   filled on failure; may be NULL
 * @return SP_OK, svc_config_file_read()'s, svc_generation_of()'s
 */
SP_NODISCARD sp_status svc_generation_read(const char *path, struct svc_generation **out,
                                           struct sp_error *err);

/** Whether a worker's config is one of it. */
bool svc_generation_has(const struct svc_generation *g, const struct sp_worker_config *worker);

/** Whether a worker of it is for the network. */
bool svc_generation_is_remote(const struct svc_generation *g);

/** Frees it; it is in no list. NULL: nothing happens. */
void svc_generation_close(struct svc_generation *g);

#endif
