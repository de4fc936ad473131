/* bench/bench.h - a run of the bench: what it stands on, and what takes the samples. One thread. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/results.h"
#include "core/error.h"
#include "win32/handle.h"
#include "win32/spawn.h"

/** Exits of the programs the bench starts of itself. */
enum { BENCH_OK = 0, BENCH_FAILED = 1, BENCH_USAGE = 2 };

enum {
    BENCH_ARGS_MAX = 12,
    BENCH_END_MS = 900000,       /**< for any one client to end */
    BENCH_CROWD_BYTES = 1 << 20, /**< what each of a crowd echoes */
    BENCH_SHARED = 8,            /**< workers that the idle sessions share */
    BENCH_SETTLE_MS = 1200,      /**< a stream at rest makes its buffer small after a second */
};

/** A worker's name in the configs. */
enum bench_worker_kind { BENCH_SINK, BENCH_SOURCE, BENCH_ECHOES, BENCH_WORKERS };

/** A server of the bench's own: the service, or NODE's bridge. {0} is none. */
struct bench_server {
    struct w32_child child;
    w32_handle in; /**< owned: the service's stdin, whose end stops it */
    char pipe[64]; /**< its leaf name */
    bool stops;    /**< ends by itself when its stdin does */
};

/** All that a run needs. */
struct bench {
    struct bench_results results;
    char *self;                   /**< owned: path of this program */
    char *client;                 /**< owned: path of standpipe.exe */
    char *daemon;                 /**< owned: path of standpiped.exe */
    char *folder;                 /**< owned: temporary, with all the files */
    char *input, *small, *output; /**< owned: paths in it */
    char *config, *many;          /**< owned: of the service, and of one for many sessions */
    char *errors;                 /**< owned: what clients say on stderr */
    w32_handle errors_file;       /**< owned: the same, for appending */
    char *node, *bridge, *peer;   /**< owned: node.exe and its programs; NULL: no NODE */
    struct bench_server service;  /**< for all but crowds and idle sessions */
    struct bench_server bridges[BENCH_WORKERS];
};

/* ------------------------------------------------------------------ programs of its own */

/** LIMIT: starts argv, pumps stdin to it and its stdout to ours. @return its exit code */
uint32_t bench_limit(uint32_t piece_bytes, const char *const *argv, size_t argc);

/** The workers: BLOCK sink, BLOCK source BYTES, BLOCK echo, where BLOCK is how many bytes they read
 *  and write at once. @return the exit code */
uint32_t bench_worker(const char *const *argv, size_t argc);

/* ------------------------------------------------------------------ the ground */

/**
 * Finds the programs, makes the inputs and the configs, starts the service and NODE's bridges.
 *
 * @param b     with its results' plan; bench_clean_up() afterwards, on failure, too
 * @param node  path of node.exe; NULL: it is looked for beside this program and on PATH, and NODE
 *              is left out of the plan with a word on stderr when it is not there
 * @param err   filled on failure; may be NULL
 * @return SP_OK, or what failed
 */
SP_NODISCARD sp_status bench_prepare(struct bench *b, const char *node, struct sp_error *err);

/** Stops everything and removes the files. */
void bench_clean_up(struct bench *b);

/**
 * Starts a service and waits until it is ready.
 *
 * @param b       prepared
 * @param config  path of its config
 * @param out     written on success only; bench_server_stop()
 * @param err     filled on failure; may be NULL
 * @return SP_OK, or what failed
 */
SP_NODISCARD sp_status bench_service_start(const struct bench *b, const char *config,
                                           struct bench_server *out, struct sp_error *err);

/** Starts a service for one crowd and has it serve a session first, so that what is made only once
 *  is there. Nothing happens for who is not the product. As bench_service_start(). */
SP_NODISCARD sp_status bench_service_open(const struct bench *b, enum bench_contestant who,
                                          struct bench_server *out, struct sp_error *err);

/** Starts NODE's bridge to a worker, as bench_service_start(). */
SP_NODISCARD sp_status bench_bridge_start(const struct bench *b, enum bench_worker_kind worker,
                                          struct bench_server *out, struct sp_error *err);

/** Stops a service or ends a bridge, and empties *s. */
void bench_server_stop(struct bench_server *s);

/* ------------------------------------------------------------------ clients */

/** A contestant's command line. Points into itself: not to be copied. */
struct bench_command {
    const char *argv[BENCH_ARGS_MAX];
    size_t argc;
    char limit[16], block[16], size[24], pipe[96];
};

/** A worker's name: "sink", "source", "echo". */
extern const char *const bench_worker_names[BENCH_WORKERS];

/**
 * Puts a contestant's command line together.
 *
 * @param b        prepared; outlives *c
 * @param who      the contestant
 * @param service  where the product's client attaches; outlives *c
 * @param worker   what to; the product's is another where the contestant says so (warm, console)
 * @param c        the command line
 */
void bench_command_of(const struct bench *b, enum bench_contestant who,
                      const struct bench_server *service, enum bench_worker_kind worker,
                      struct bench_command *c);

/** The command line of a worker itself, as bench_command_of(). */
void bench_command_of_worker(const struct bench *b, enum bench_worker_kind worker,
                             struct bench_command *c);

/** Whether a contestant is a client of the service. */
bool bench_is_product(enum bench_contestant who);

/** Starts a command without a console. @param in its stdin @param out its stdout; either may be
 *  NULL: NUL @return as w32_spawn() */
SP_NODISCARD sp_status bench_start(const struct bench *b, const struct bench_command *c,
                                   w32_handle in, w32_handle out, struct w32_child *child,
                                   struct sp_error *err);

/** Whether a client's end was one with 0. @param code how it ended
 *  @param err filled with what clients have said last @return SP_OK, SP_ESTATE */
SP_NODISCARD sp_status bench_judge(const struct bench *b, enum bench_contestant who, uint32_t code,
                                   struct sp_error *err);

/** Waits for a client's end and closes it. @return SP_OK: it ended with 0; as bench_judge() */
SP_NODISCARD sp_status bench_wait_end(const struct bench *b, struct w32_child *child,
                                      enum bench_contestant who, struct sp_error *err);

/** Writes bytes to a session that echoes and waits until they are back.
 *  @param len at most 128 @return SP_OK; SP_EBROKEN other bytes came back */
SP_NODISCARD sp_status bench_trip(w32_handle to, w32_handle from, uint32_t len,
                                  struct sp_error *err);

/** A session that echoes, for as long as its stdin stays open. {0} is none. */
struct bench_session {
    struct w32_child child;
    w32_handle to, from; /**< owned: our ends of its stdin and stdout */
};

/** Starts a session that finds one byte in its stdin and so has something to give back.
 *  @param service as for bench_command_of() @param s bench_session_close(), on failure, too */
SP_NODISCARD sp_status bench_session_open(const struct bench *b, enum bench_contestant who,
                                          const struct bench_server *service,
                                          struct bench_session *s, struct sp_error *err);

/** The same of a command line that echoes. */
SP_NODISCARD sp_status bench_session_open_with(const struct bench *b,
                                               const struct bench_command *command,
                                               struct bench_session *s, struct sp_error *err);

/** Waits for the byte that was there at the start. @return SP_OK; as bench_judge() when the client
 *  ended instead */
SP_NODISCARD sp_status bench_session_first(const struct bench *b, struct bench_session *s,
                                           enum bench_contestant who, struct sp_error *err);

/** Ends its stdin and waits for its end. @return SP_OK: it ended with 0 */
SP_NODISCARD sp_status bench_session_end(const struct bench *b, struct bench_session *s,
                                         enum bench_contestant who, struct sp_error *err);

/** Closes whatever is open and empties *s. */
void bench_session_close(struct bench_session *s);

/* ------------------------------------------------------------------ samples */

/** One sample of a contestant for upload, download or echo. Checks what came out. */
SP_NODISCARD sp_status bench_take_transfer(struct bench *b, enum bench_figure figure,
                                           enum bench_contestant who, struct sp_error *err);

/** One of the first byte, and of the round trips behind it. */
SP_NODISCARD sp_status bench_take_session(struct bench *b, enum bench_figure figure,
                                          enum bench_contestant who, struct sp_error *err);

/** One of a crowd that echoes: the time, and of the product's the service's peaks. The service is
 *  a new one each time, so that no memory of an earlier crowd is left in it. */
SP_NODISCARD sp_status bench_take_crowd(struct bench *b, enum bench_figure figure,
                                        enum bench_contestant who, struct sp_error *err);

/** One of a crowd until each has its first byte: the time, and of the product's the service's
 *  memory before and with all of them attached. */
SP_NODISCARD sp_status bench_take_gather(struct bench *b, enum bench_figure figure,
                                         enum bench_contestant who, struct sp_error *err);

/** One of many workers, all asked for at once from this process, until each has given back its
 * first byte. LIMIT's are started by the bench itself, one after the other. */
SP_NODISCARD sp_status bench_take_workers(struct bench *b, enum bench_figure figure,
                                          enum bench_contestant who, struct sp_error *err);

/** One of many idle sessions of shared workers, attached from this process: the time, memory a
 *  session, threads. */
SP_NODISCARD sp_status bench_take_idle(struct bench *b, enum bench_figure figure,
                                       enum bench_contestant who, struct sp_error *err);

/** One of very much through one session: the time, and the service's memory meanwhile. */
SP_NODISCARD sp_status bench_take_flat(struct bench *b, enum bench_figure figure,
                                       enum bench_contestant who, struct sp_error *err);

#endif
