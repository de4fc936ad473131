/* client/status_text.h - what `status WORKER` shows to people: all about one worker. No I/O. */
#ifndef CLI_STATUS_TEXT_H
#define CLI_STATUS_TEXT_H

#include <stdint.h>

#include "client/fetch.h"

/**
 * Prints it. A key that an older service does not tell shows as nothing.
 *
 * @param view  of one worker: cli_fetch() with its name
 * @param host  where it is, for its raw endpoint; NULL: this machine
 * @param now   Unix time
 * @param out   the text is appended
 * @param err   filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, SP_ETOOBIG; SP_EPROTOCOL the service tells nothing of the worker
 */
SP_NODISCARD sp_status cli_status_text(const struct cli_view *view, const char *host, int64_t now,
                                       struct sp_buffer *out, struct sp_error *err);

#endif
