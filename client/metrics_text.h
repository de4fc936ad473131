/* client/metrics_text.h - what `metrics` prints: a service's figures as OpenMetrics text. No I/O.
 */
#ifndef CLI_METRICS_TEXT_H
#define CLI_METRICS_TEXT_H

#include "client/fetch.h"

/**
 * Prints it.
 *
 * @param view  of all workers; NULL: the service can't be reached, and that is all that is said
 * @param out   the text is appended
 * @param err   filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, SP_ETOOBIG
 */
SP_NODISCARD sp_status cli_metrics_text(const struct cli_view *view, struct sp_buffer *out,
                                        struct sp_error *err);

#endif
