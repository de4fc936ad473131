/* client/resumable.h - a session that outlives its connection: when that breaks, another one is
 * made, and all three streams go on at the byte where they were. */
#ifndef CLI_RESUMABLE_H
#define CLI_RESUMABLE_H

#include <jansson.h>

#include "client/attachment.h"

/**
 * Couples our streams to the session's, and stays until the worker's exit or until we detached. A
 * connection that breaks is made anew, as long as the service waits for us.
 *
 * @param a       attached to a session with a token; its session says what there is in the end
 * @param answer  to `attach`, borrowed
 * @param err     filled on failure; may be NULL
 * @return SP_OK; SP_EACCESS refused, and a->control.refusal says how; SP_EBROKEN the connection was
 *         lost, and the session with it; SP_EPROTOCOL the service contradicts itself; what else
 *         failed
 */
SP_NODISCARD sp_status cli_resumable_run(struct cli_attachment *a, json_t *answer,
                                         struct sp_error *err);

#endif
