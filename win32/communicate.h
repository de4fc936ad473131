/* win32/communicate.h - give a program its input, get its output: one call, no deadlock.
 * Blocking; any thread that is not a loop's. */
#ifndef W32_COMMUNICATE_H
#define W32_COMMUNICATE_H

#include "core/buffer.h"
#include "core/error.h"
#include "win32/pipeline.h"
#include "win32/spawn.h"

/** What came back. {0} is empty; set .output.max and .errors.max for a ceiling of your own
 *  (default 0: none but memory). */
struct w32_outcome {
    struct sp_buffer output; /**< all of stdout; owned: w32_outcome_deinit() */
    struct sp_buffer errors; /**< all of stderr, empty when options->err was given */
    uint32_t exit_code;      /**< a pipeline's: see w32_pipeline_code() */
};

/** How long an output may stay open after the program's own end, held by something it started. */
enum { W32_COMMUNICATE_DRAIN_MS = 2000 };

/**
 * Starts a program, writes input to its stdin and closes it, reads stdout and stderr to their
 * ends, all three at once, and waits for its end. A program that never reads its input, closes it
 * early, writes before it reads or exits at once is no hang and loses no byte of output.
 *
 * A process's end is not the end of its output: what it started may hold the pipe. That is given
 * W32_COMMUNICATE_DRAIN_MS from the program's end, then it is ended with all of the program's job;
 * what had been written is still read. Should even a process outside the job hold the pipe, it is
 * given up when nothing came for as long again. Whatever is left of the job ends with the call.
 *
 * @param what        in, out and job must be NULL: they are ours; err NULL: captured in outcome
 * @param input       borrowed; any size
 * @param timeout_ms  for all of it; W32_FOREVER: no limit. When it runs out the program's tree is
 *                    ended.
 * @param outcome     {0}, or with ceilings; on failure, too, its buffers hold what was read (on
 *                    SP_ETIMEOUT all that was written); the caller frees it in any case
 * @param err         filled on failure; may be NULL
 * @return SP_OK; SP_ETIMEOUT; SP_ETOOBIG (the ceiling of a buffer; the program was ended);
 *         SP_EINVAL; w32_spawn()'s
 */
SP_NODISCARD sp_status w32_communicate(const struct w32_spawn_options *what, struct sp_bytes input,
                                       uint32_t timeout_ms, struct w32_outcome *outcome,
                                       struct sp_error *err);

/** The same for a pipeline: input to the first, output of the last, stderr of all. */
SP_NODISCARD sp_status w32_pipeline_communicate(const struct w32_pipeline_options *what,
                                                struct sp_bytes input, uint32_t timeout_ms,
                                                struct w32_outcome *outcome, struct sp_error *err);

/** Frees both buffers and empties *outcome. */
void w32_outcome_deinit(struct w32_outcome *outcome);

#endif
