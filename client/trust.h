/* client/trust.h - whether a pipe is the service's: whoever may create pipes could make one of that
 * name while no service runs, and wait for our input. */
#ifndef CLI_TRUST_H
#define CLI_TRUST_H

#include "core/error.h"
#include "win32/handle.h"

/**
 * Checks who made a pipe. It must be SYSTEM or the administrators; or, for `standpiped run`, the
 * user we run as; or the one whose SID the environment's STANDPIPE_OWNER names, for a service that
 * runs under an account of its own. Nothing is said before. Never blocks on this machine; of
 * another one it asks that one.
 *
 * @param pipe  opened to read
 * @param name  for messages
 * @param err   filled on failure: whose it is, and what to do; may be NULL
 * @return SP_OK; SP_EACCESS somebody else's; SP_EINVAL STANDPIPE_OWNER is no SID; w32_fail()'s
 */
SP_NODISCARD sp_status cli_trust_check(w32_handle pipe, const char *name, struct sp_error *err);

#endif
