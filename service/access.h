/* service/access.h - who may do what: lists made of the config's `allow` when it is read, asked
 * anew with the client's token for every request. */
#ifndef SVC_ACCESS_H
#define SVC_ACCESS_H

#include <stdbool.h>

#include "core/buffer.h"
#include "core/config.h"
#include "core/error.h"
#include "win32/handle.h"

struct svc_generation;
struct svc_server;

/** Who may do what with a worker, or with the service. {0} is empty. */
struct svc_access {
    void *rights;      /**< owned: for AccessCheck; a bit for each enum sp_right */
    void *pipe;        /**< owned: of the raw endpoint, or the control pipe */
    char *rights_sddl; /**< owned */
    char *pipe_sddl;   /**< owned */
};

/**
 * The lists of the service: who may do everything, and who may open the control pipe, which is
 * whoever may do anything at all. Any thread.
 *
 * @param server  has its options and own_sid
 * @param g       the config
 * @param out     {0}; svc_access_close() in any case
 * @param err     filled on failure; may be NULL
 * @return SP_OK; SP_EINVAL too many accounts; SP_ENOMEM; w32_fail()'s status
 */
SP_NODISCARD sp_status svc_access_open_server(const struct svc_server *server,
                                              const struct svc_generation *g,
                                              struct svc_access *out, struct sp_error *err);

/** The lists of a worker. @param worker one of the config's @return as svc_access_open_server() */
SP_NODISCARD sp_status svc_access_open_worker(const struct svc_server *server,
                                              const struct svc_generation *g,
                                              const struct sp_worker_config *worker,
                                              struct svc_access *out, struct sp_error *err);

/** Frees it and makes it {0}. */
void svc_access_close(struct svc_access *access);

/**
 * Whether somebody may do something.
 *
 * @param token   w32_peer_token()'s
 * @param access  of the worker; or of the service, for SP_RIGHT_ADMIN
 * @param right   which
 * @return false, too, if it can't be found out, which is logged
 */
bool svc_access_granted(w32_handle token, const struct svc_access *access, enum sp_right right);

/** The right it takes to be a worker's client. Only a shared one can be watched: whoever attaches
 * to a private one starts a process. */
enum sp_right svc_access_to_use(const struct sp_worker_config *worker, bool read_only);

/** Somebody who asks for more than one thing at once. Borrowed for one request. */
struct svc_asker {
    struct svc_server *server;
    w32_handle token; /**< w32_peer_token()'s */
    const char *sid;
    bool everything; /**< the page, which shows itself to administrators alone: not asked */
};

/** Whether the client of a pipe may do something: the token it shows now is asked. On a loop.
 *  @param pipe a connected control pipe @return as svc_access_granted() */
bool svc_access_of_client(w32_handle pipe, const struct svc_access *access, enum sp_right right);

#endif
