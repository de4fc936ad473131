/* service/programs.h - the programs of one run: their processes and our ends of their three
 * streams. */
#ifndef SVC_PROGRAMS_H
#define SVC_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/error.h"
#include "core/stream.h"
#include "win32/pipeline.h"
#include "win32/usage.h"

/** What a run is told about whom it serves. Borrowed for the call. */
struct svc_programs_options {
    const struct sp_worker_config *config;
    const char *const *args; /**< from the client, behind the config's own */
    size_t arg_count;
    const char *session; /**< "s17": STANDPIPE_SESSION; NULL, as the next two: not set, since it
                          *   serves many, or somebody who is not known yet */
    const char *user;    /**< "CORP\ann": STANDPIPE_USER */
    const char *host;    /**< STANDPIPE_HOST */
    const char *service; /**< the Windows service's name: whose passwords are taken */
    struct w32_token *client;        /**< taken: whom they run as, with `run_as: client`; else NULL
                                      *   or empty */
    w32_handle std[SP_STREAM_COUNT]; /**< what they get as their own; NULL: the other end of a pipe,
                                      *   and ours is in `ends` */
    struct w32_terminal_size size;   /**< of its terminal, if it has one; {0}: the usual one */
};

/** Running programs. {0} is none. */
struct svc_programs {
    struct w32_pipeline pipeline;
    w32_handle ends[SP_STREAM_COUNT]; /**< owned, overlapped, not yet bound to a loop; NULL where
                                       *   theirs was given */
    struct w32_terminal *terminal;    /**< owned; NULL: none, or it was closed. Its keyboard is
                                       *   stdin, its screen stdout; stderr ends at once */
    struct w32_usage usage; /**< what they took when it was measured last: service/figures.h */
    uint64_t measured_ms;   /**< w32_now_ms() of that; 0: never */
};

/**
 * Starts the processes of a worker in one job, in a terminal if the config says so, or with
 * anonymous pipes as their std handles where no others are given. Blocks for milliseconds: on the
 * pool, never on a loop.
 *
 * @param options  what to start, and for whom
 * @param out      written on success only; svc_programs_close()
 * @param err      filled on failure, in words for the client; may be NULL
 * @return SP_OK, w32_pipeline_open()'s
 */
SP_NODISCARD sp_status svc_programs_open(const struct svc_programs_options *options,
                                         struct svc_programs *out, struct sp_error *err);

/**
 * Whether every process of the pipeline has ended. Never blocks.
 *
 * @param programs  a started one
 * @param codes   receives pipeline.child_count exit codes when they have
 */
bool svc_programs_exited(const struct svc_programs *programs, uint32_t *codes);

/**
 * Which processes are still there, in words: "conhost.exe (1234), sleep.exe (77)".
 *
 * @param programs  a started one
 * @param text    receives it, cut with "..." when there are many
 * @param size    room, in bytes
 * @return how many processes there are
 */
size_t svc_programs_holders(const struct svc_programs *programs, char *text, size_t size);

/** Closes everything; what still runs is ended. Empties *programs. Never blocks. */
void svc_programs_close(struct svc_programs *programs);

#endif
