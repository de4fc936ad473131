/* client/ps_tables.h - what `ps` shows to people, and the parts of it that other verbs show, too:
 * workers, the last words of those that failed, and sessions. No I/O. */
#ifndef CLI_PS_TABLES_H
#define CLI_PS_TABLES_H

#include <stdint.h>

#include <jansson.h>

#include "core/buffer.h"
#include "core/error.h"

enum { CLI_PS_STATE_MAX = 64 /**< bytes of a state, with its NUL */ };

/** What a worker does: "RUNNING", "BACKOFF 4 s", "FAILED 3", "on demand", "2 of 4 warm".
 *  @param w what `workers` answers @param size CLI_PS_STATE_MAX suffices */
void cli_ps_state(json_t *w, char *text, size_t size);

/** Prints "extract --since yesterday | render", and a NUL. @param programs `workers`' @param out is
 *  emptied first @param err may be NULL @return SP_OK, SP_ENOMEM, SP_ETOOBIG */
SP_NODISCARD sp_status cli_ps_programs(json_t *programs, struct sp_buffer *out,
                                       struct sp_error *err);

/** Prints why workers wait or failed, as far as they said it themselves. @param out is appended to
 *  @param err may be NULL @return SP_OK, SP_ENOMEM, SP_ETOOBIG */
SP_NODISCARD sp_status cli_ps_last_words(json_t *workers, struct sp_buffer *out,
                                         struct sp_error *err);

/** Prints the table of sessions, or that there are none. @param now Unix time @param out is
 * appended to @param err may be NULL @return SP_OK, SP_ENOMEM, SP_ETOOBIG */
SP_NODISCARD sp_status cli_ps_sessions(json_t *sessions, int64_t now, struct sp_buffer *out,
                                       struct sp_error *err);

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
