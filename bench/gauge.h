/* bench/gauge.h - memory and threads of another process. Any thread. */
#ifndef BENCH_GAUGE_H
#define BENCH_GAUGE_H

#include <stdint.h>

#include "core/error.h"
#include "win32/spawn.h"

/** What a process takes. */
struct bench_gauge {
    uint64_t working_set;      /**< bytes in memory, shared ones too */
    uint64_t working_set_peak; /**< the most since it started, by the system's own count */
    uint64_t private_bytes;    /**< committed for it alone */
    uint32_t threads;
};

/**
 * Looks at a process.
 *
 * @param child  one that runs
 * @param out    written on success only
 * @param err    filled on failure; may be NULL
 * @return SP_OK, SP_ENOTFOUND it has ended, w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/api/psapi/ns-psapi-process_memory_counters
 */
SP_NODISCARD sp_status bench_gauge_read(const struct w32_child *child, struct bench_gauge *out,
                                        struct sp_error *err);

/** Its memory alone: cheaper, since nobody lists all processes. out->threads is 0. */
SP_NODISCARD sp_status bench_gauge_memory(const struct w32_child *child, struct bench_gauge *out,
                                          struct sp_error *err);

#endif
