/* client/top_tables.h - the two tables of `top`: what moves now, and what that takes. No I/O. */
#ifndef CLI_TOP_TABLES_H
#define CLI_TOP_TABLES_H

#include <jansson.h>

#include "core/buffer.h"
#include "core/error.h"

/** Prints workers. @param workers an array, of a board @param out is appended to @param err may be
 *  NULL @return SP_OK, SP_ENOMEM, SP_ETOOBIG */
SP_NODISCARD sp_status cli_top_workers(json_t *workers, struct sp_buffer *out,
                                       struct sp_error *err);

/** Prints sessions. @param sessions an array, of a board @param service `status`' answer: what
 * their age counts by @param out is appended to @param err may be NULL @return as above */
SP_NODISCARD sp_status cli_top_sessions(json_t *sessions, json_t *service, struct sp_buffer *out,
                                        struct sp_error *err);

#endif
