/* bench/bench.h - measures the product against the limit of the machine, in one run: what a plain
 * parent that starts the same worker over CreatePipe and pumps its own stdin and stdout takes. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "win32/spawn.h"

/** Exits of the programs the bench starts of itself. */
enum { BENCH_OK = 0, BENCH_FAILED = 1, BENCH_USAGE = 2 };

/** The most samples of one figure. */
enum { BENCH_ROUNDS_MAX = 101, BENCH_CONTESTANTS = 5, BENCH_ARGS_MAX = 12 };

/** What is measured. */
enum bench_figure {
    BENCH_UPLOAD,     /**< a file to a worker that reads it all */
    BENCH_DOWNLOAD,   /**< a worker's output to a file */
    BENCH_ECHO,       /**< a file to a worker that gives it back, to another file */
    BENCH_ROUND_TRIP, /**< one byte there and back, in a session that runs */
    BENCH_FIRST_BYTE, /**< from starting the client to the first byte back */
    BENCH_FIGURES,
};

/** A way to a worker: LIMIT with a buffer of some size, or the product. */
struct bench_contestant {
    const char *name;
    uint32_t limit_bytes; /**< LIMIT's buffer; 0: the product */
    bool warm;            /**< a worker that was started ahead: for what begins with a start */
};

/** The samples of a contestant for a figure, in microseconds; sorted by bench_sort(). */
struct bench_samples {
    uint64_t us[BENCH_ROUNDS_MAX];
    size_t count;
};

/** All that a run needs and gives. */
struct bench {
    uint64_t size_bytes;  /**< of an upload, download or echo */
    uint32_t block_bytes; /**< what a worker reads and writes at once */
    size_t rounds;
    size_t trips;                  /**< round trips a round */
    char *self;                    /**< owned: path of this program */
    char *client;                  /**< owned: path of standpipe.exe */
    char *daemon;                  /**< owned: path of standpiped.exe */
    char *folder;                  /**< owned: temporary, with input, output and config */
    char *input, *output, *config; /**< owned: paths in it */
    char pipe[64];
    struct w32_child service;
    w32_handle service_in; /**< its end stops the service */
    struct bench_samples samples[BENCH_FIGURES][BENCH_CONTESTANTS];
};

extern const struct bench_contestant bench_contestants[BENCH_CONTESTANTS];

/** LIMIT: starts argv, pumps stdin to it and its stdout to ours. @return its exit code */
uint32_t bench_limit(uint32_t piece_bytes, const char *const *argv, size_t argc);

/** The workers: BLOCK sink, BLOCK source BYTES, BLOCK echo, where BLOCK is how many bytes they read
 *  and write at once. @return the exit code */
uint32_t bench_worker(const char *const *argv, size_t argc);

/** Makes the input, starts the service and waits until it is ready. */
SP_NODISCARD sp_status bench_prepare(struct bench *b, struct sp_error *err);

/** Stops the service and removes the files. */
void bench_clean_up(struct bench *b);

/** One sample of each contestant for upload, download or echo. Checks what came out. */
SP_NODISCARD sp_status bench_transfer(struct bench *b, enum bench_figure figure,
                                      struct sp_error *err);

/** One sample of each contestant for the first byte, and its median round trip behind it. */
SP_NODISCARD sp_status bench_session(struct bench *b, struct sp_error *err);

/** Sorts samples. */
void bench_sort(struct bench_samples *s);

/** The median of sorted samples, in microseconds. */
uint64_t bench_median(const struct bench_samples *s);

/** Prints the table for people. */
void bench_print_table(struct bench *b);

/** Prints all of it as one JSON object. */
void bench_print_json(struct bench *b);

/** The name of a figure. */
const char *bench_figure_name(enum bench_figure figure);

#endif
