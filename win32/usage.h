/* win32/usage.h - what processes take of the machine: memory and processor time. Never blocks: any
 * thread. Kernel32 only. */
#ifndef W32_USAGE_H
#define W32_USAGE_H

#include <stdint.h>

#include "core/error.h"
#include "win32/pipeline.h"

/** What one or more processes take. */
struct w32_usage {
    uint64_t memory_bytes; /**< what is in the machine's memory now (working set) */
    uint64_t cpu_ms;       /**< processor time so far */
    uint32_t processes;    /**< now */
};

/** How many processes of a job are asked for their memory: of those beyond it nothing is added. */
enum { W32_USAGE_PROCESSES_MAX = 256 };

/**
 * What a pipeline takes, with all that its programs have started: the processor time is the job's,
 * which knows that of processes that have ended, too; the memory is the sum of its processes'. A
 * few system calls for each process.
 *
 * @param p    a started one; its programs may have ended
 * @param out  written on success only
 * @param err  filled on failure; may be NULL
 * @return SP_OK, w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/api/jobapi2/nf-jobapi2-queryinformationjobobject
 */
SP_NODISCARD sp_status w32_usage_of(const struct w32_pipeline *p, struct w32_usage *out,
                                    struct sp_error *err);

/** What this process takes. */
struct w32_usage w32_usage_own(void);

#endif
