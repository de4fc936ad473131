/* service/run_as.h - whom a worker's programs run as: the token for its `run_as` and `restricted`,
 * and where an account's password is kept. Blocking: on the pool, never on a loop. */
#ifndef SVC_RUN_AS_H
#define SVC_RUN_AS_H

#include <stdbool.h>

#include "core/config.h"
#include "core/error.h"
#include "win32/token.h"

enum { SVC_SECRET_NAME_MAX = 512 };

/** Whether an account's password is its owner's to know, so that somebody has to set it. */
bool svc_run_as_has_password(const struct sp_worker_config *config);

/**
 * The name under which a worker's password is kept.
 *
 * @param service  the Windows service's name
 * @param worker   as the config writes it
 * @param name     receives it
 * @param err      filled on failure; may be NULL
 * @return SP_OK, SP_ETOOBIG
 */
SP_NODISCARD sp_status svc_run_as_secret(const char *service, const char *worker,
                                         char name[SVC_SECRET_NAME_MAX], struct sp_error *err);

/**
 * Makes the token that a worker's programs are started with.
 *
 * @param config   the worker's
 * @param service  whose passwords are taken
 * @param client   the client's token, for `run_as: client`: taken, whatever happens
 * @param out      {0} when they run as the service does; written on success only; w32_token_close()
 * @param err      filled on failure, in words for the client; may be NULL
 * @return SP_OK, or what failed
 */
SP_NODISCARD sp_status svc_run_as_open(const struct sp_worker_config *config, const char *service,
                                       struct w32_token *client, struct w32_token *out,
                                       struct sp_error *err);

#endif
