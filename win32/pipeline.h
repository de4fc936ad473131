/* win32/pipeline.h - a | b | c: programs linked stdout to stdin, in one job. Any thread; starting
 * may take milliseconds a program. */
#ifndef W32_PIPELINE_H
#define W32_PIPELINE_H

#include <stddef.h>

#include "core/error.h"
#include "win32/handle.h"
#include "win32/job.h"
#include "win32/spawn.h"

/** One program of a pipeline. Borrowed for the call. */
struct w32_stage {
    const char *const *argv;
    size_t argc;
};

/** What to start. Borrowed for the call. A pipeline of one stage is a plain spawn. */
struct w32_pipeline_options {
    const struct w32_stage *stages;
    size_t stage_count;     /**< at least 1 */
    const char *const *env; /**< as in w32_spawn_options, for every stage */
    size_t env_count;
    const char *folder;
    w32_handle in;  /**< stdin of the first; borrowed, NULL is NUL */
    w32_handle out; /**< stdout of the last; borrowed */
    w32_handle err; /**< stderr of all; borrowed */
    enum w32_console console;
    const struct w32_terminal *terminal; /**< as in w32_spawn_options; of one stage alone */
    const struct w32_job_limits *limits; /**< of all together; NULL: none */
    const struct w32_token *token;       /**< whom all run as; NULL: as we do */
};

/** Running programs. {0} is the empty pipeline. */
struct w32_pipeline {
    struct w32_child *children; /**< owned, child_count of them, in order; their job is NULL */
    size_t child_count;
    w32_handle job; /**< owned: closing it ends all that is left */
    bool cpu_free;  /**< this system has no limit of a job's processor time, so there is none */
};

/**
 * Starts all stages, the pipes between them made by w32_pipe_open(); this process keeps none of
 * those ends. All programs are found before the first is started; should one not start all the
 * same, the others are ended.
 *
 * @param options  what to start
 * @param out      written on success only; the caller closes it: w32_pipeline_close()
 * @param err      filled on failure, naming the stage; may be NULL
 * @return as w32_spawn()
 */
SP_NODISCARD sp_status w32_pipeline_open(const struct w32_pipeline_options *options,
                                         struct w32_pipeline *out, struct sp_error *err);

/**
 * Waits until every program has ended. Blocks up to timeout_ms in all.
 *
 * @param p           a started one
 * @param timeout_ms  W32_FOREVER: no limit
 * @param codes       receives child_count exit codes on success; may be NULL
 * @param err         filled on failure; may be NULL
 * @return SP_OK, SP_ETIMEOUT, w32_fail()'s status
 */
SP_NODISCARD sp_status w32_pipeline_wait(const struct w32_pipeline *p, uint32_t timeout_ms,
                                         uint32_t *codes, struct sp_error *err);

/** One exit code for all, as a shell's pipefail: the last one that is not 0, or 0. */
uint32_t w32_pipeline_code(const uint32_t *codes, size_t count);

/** Closes everything and empties *p; programs that still run are ended. */
void w32_pipeline_close(struct w32_pipeline *p);

#endif
