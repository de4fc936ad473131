/* client/ps_tables.h - what `ps` shows to people: workers, the last words of those that failed, and
 * sessions. No I/O. */
#ifndef CLI_PS_TABLES_H
#define CLI_PS_TABLES_H

#include <stdint.h>

#include <jansson.h>

#include "core/buffer.h"
#include "core/error.h"

/**
 * Prints the tables. A key that an older service does not tell shows as nothing.
 *
 * @param service   what `status` answers
 * @param workers   array of what `workers` answers
 * @param sessions  array of what `sessions` answers
 * @param now       Unix time
 * @param out       the text is appended
 * @param err       filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, SP_ETOOBIG
 */
SP_NODISCARD sp_status cli_ps_tables(json_t *service, json_t *workers, json_t *sessions,
                                     int64_t now, struct sp_buffer *out, struct sp_error *err);

#endif
