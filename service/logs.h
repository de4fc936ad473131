/* service/logs.h - what answers `logs`: a data pipe on which a worker's kept log comes, and with
 * follow all that is added to it. Lives on one loop; files are read on the pool.
 *
 * What comes are the bytes of the log files: lines as core/loglines.h describes them. If a file
 * can't be read, the last line says why; its tag is "-" and its stream "log", as of all that the
 * log itself says. */
#ifndef SVC_LOGS_H
#define SVC_LOGS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "service/capture.h"
#include "service/state.h"
#include "win32/identity.h"
#include "win32/npipe.h"

enum {
    SVC_LOGS_MAX = 64,        /**< at once, a shard */
    SVC_LOGS_OPEN_MS = 30000, /**< for the client to open the pipe */
};

/**
 * Begins to send a log. It ends by itself: when all was sent, when the client closes the pipe (at
 * once, also while there is nothing to send), when the client does not open it within
 * SVC_LOGS_OPEN_MS, and at svc_logs_stop_all(). A client that reads slowly waits for itself alone:
 * at most one buffer is kept for it. It must not write to the pipe: that ends it, too.
 *
 * @param shard    on its loop, not stopping
 * @param peer     who may open the pipe; borrowed for the call
 * @param capture  of the worker; lives until the shard's loop has ended. NULL: SP_EUNSUPPORTED
 * @param lines    the last so many; 0: all that is kept
 * @param follow   whether it goes on with what is added
 * @param out      the pipe's leaf name; its client reads. Written on success only
 * @param err      filled on failure; may be NULL
 * @return SP_OK; SP_EUNSUPPORTED nothing is kept of this worker; SP_ESTATE too many at once, or the
 *         service is stopping; SP_ENOMEM; w32_npipe_create()'s
 */
SP_NODISCARD sp_status svc_logs_open(struct svc_shard *shard, const struct w32_peer *peer,
                                     struct svc_capture *capture, uint64_t lines, bool follow,
                                     struct w32_npipe_leaf *out, struct sp_error *err);

/** Whether somebody reads a capture's files on a shard. On its loop, or while it stands still.
 *  @param capture may be NULL */
bool svc_logs_has(const struct svc_shard *shard, const struct svc_capture *capture);

/** Ends those that read a capture's files: they may ask again. On the loop. */
void svc_logs_stop(struct svc_shard *shard, const struct svc_capture *capture);

/** Ends all of a shard soon; the last one calls svc_shard_quit_if_empty(). On its loop. */
void svc_logs_stop_all(struct svc_shard *shard);

#endif
