/* win32/job.h - a job object: processes that end together. Any thread. */
#ifndef W32_JOB_H
#define W32_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "win32/handle.h"

/**
 * Makes an unnamed job whose processes are all ended when its last handle is closed; nothing in it
 * can break away. Never blocks.
 *
 * @param out  written on success only; close with w32_handle_close()
 * @param err  filled on failure; may be NULL
 * @return SP_OK, or w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/procthread/job-objects
 */
SP_NODISCARD sp_status w32_job_open(w32_handle *out, struct sp_error *err);

/** What the processes of a job may take together. 0: no limit. */
struct w32_job_limits {
    uint64_t memory_bytes; /**< what they commit; beyond it their own allocations fail */
    uint32_t processes;    /**< at once; one more is ended, or not started */
    uint32_t cpu_percent;  /**< of all processors, up to 100 */
};

/**
 * Sets a job's limits. Before the first process is in it. Never blocks.
 *
 * @param job     from w32_job_open()
 * @param limits  all of them
 * @param err     filled on failure; may be NULL
 * @return SP_OK; SP_EUNSUPPORTED all but cpu_percent is set, which this system has no limit of;
 *         w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/api/winnt/ns-winnt-jobobject_extended_limit_information
 * @see https://learn.microsoft.com/windows/win32/api/winnt/ns-winnt-jobobject_cpu_rate_control_information
 */
SP_NODISCARD sp_status w32_job_limit(w32_handle job, const struct w32_job_limits *limits,
                                     struct sp_error *err);

/** Ends every process in the job with an exit code. Nothing happens for a NULL job. */
void w32_job_end(w32_handle job, uint32_t exit_code);

/**
 * The ids of the processes in a job now.
 *
 * @param job    the job
 * @param ids    receives up to max ids
 * @param max    room, in elements
 * @param count  how many there are, perhaps more than max; written on success only
 * @param err    filled on failure; may be NULL
 * @return SP_OK, or w32_fail()'s status
 */
SP_NODISCARD sp_status w32_job_processes(w32_handle job, uint32_t *ids, size_t max, size_t *count,
                                         struct sp_error *err);

#endif
