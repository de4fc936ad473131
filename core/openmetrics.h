/* core/openmetrics.h - metrics as text, in the format of OpenMetrics 1.0 that Prometheus' own older
 * format can read, too: hence counters and gauges alone. Any thread, one at a time.
 * @see https://github.com/OpenObservability/OpenMetrics/blob/main/specification/OpenMetrics.md */
#ifndef SP_OPENMETRICS_H
#define SP_OPENMETRICS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buffer.h"
#include "core/error.h"

/** What a family of samples is. */
struct sp_family {
    const char *name; /**< "standpipe_worker_moved_bytes": ends with its unit, if it has one */
    const char *help; /**< one line */
    const char *unit; /**< "bytes", "seconds"; NULL: none */
    bool counter;     /**< its samples have "_total" behind the name; else it is a gauge */
};

/** A label: its value is any UTF-8. */
struct sp_label {
    const char *name;
    const char *value;
};

/** A text in the making. {.out = buffer} is one that is empty; a failure is kept for
 *  sp_metrics_end(). */
struct sp_metrics {
    struct sp_buffer *out; /**< borrowed */
    const struct sp_family *family;
    sp_status status;
};

/** Begins a family: TYPE, UNIT and HELP. All its samples follow. @param family borrowed until the
 *  next one begins, or the end; each once */
void sp_metrics_family(struct sp_metrics *m, const struct sp_family *family);

/** Adds a sample of the family. @param labels label_count of them */
void sp_metrics_sample(struct sp_metrics *m, const struct sp_label *labels, size_t label_count,
                       double value);

/** Ends the text. @param err filled on failure; may be NULL @return SP_OK, SP_ENOMEM, SP_ETOOBIG */
SP_NODISCARD sp_status sp_metrics_end(struct sp_metrics *m, struct sp_error *err);

#endif
