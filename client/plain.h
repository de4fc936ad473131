/* client/plain.h - a session that lives and dies with its connection: three pumps, nothing kept.
 */
#ifndef CLI_PLAIN_H
#define CLI_PLAIN_H

#include <jansson.h>

#include "client/attachment.h"

/**
 * Couples our streams to the session's, and stays until the worker's exit or until we detached.
 *
 * @param a       attached; its session says what there is in the end
 * @param answer  to `attach`, borrowed
 * @param err     filled on failure; may be NULL
 * @return SP_OK; SP_EACCESS refused, and a->control.refusal says how; SP_EBROKEN the connection was
 *         lost; SP_EPROTOCOL bytes are missing; what else failed
 */
SP_NODISCARD sp_status cli_plain_run(struct cli_attachment *a, json_t *answer,
                                     struct sp_error *err);

#endif
