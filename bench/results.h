/* bench/results.h - what is measured, of whom, and what came out. Pure: no Windows. Any thread, one
 * at a time. */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/samples.h"
#include "core/error.h"

/** A way to a worker. The three of LIMIT differ in their buffers; the best of them counts. */
enum bench_contestant {
    BENCH_LIMIT_64,
    BENCH_LIMIT_256,
    BENCH_LIMIT_1024,
    BENCH_RELAY,
    BENCH_DIRECT,
    BENCH_HANDOFF,
    BENCH_WARM,    /**< relay, to a worker that was started ahead */
    BENCH_CONSOLE, /**< direct, to a worker with a hidden console */
    BENCH_NODE,
    BENCH_CONTESTANTS,
};

/** Figures that are measured together or not at all. */
enum bench_group {
    BENCH_TRANSFERS,
    BENCH_TRIPS,
    BENCH_START,
    BENCH_CROWD,
    BENCH_IDLE,
    BENCH_FLAT,
    BENCH_GROUPS,
};

/** What is measured. Times are in microseconds, memory is the service's. */
enum bench_figure {
    BENCH_UPLOAD,       /**< a file to a worker that reads it all */
    BENCH_DOWNLOAD,     /**< a worker's output to a file */
    BENCH_ECHO,         /**< a file to a worker that gives it back, to another file */
    BENCH_TRIP_1,       /**< one byte there and back in a session that runs: median of its trips */
    BENCH_TRIP_1_P99,   /**< the same, 99th percentile */
    BENCH_TRIP_100,     /**< 100 bytes */
    BENCH_TRIP_100_P99, /**< the same, 99th percentile */
    BENCH_FIRST_BYTE,   /**< from starting the client to the first byte back */
    BENCH_CROWD_FEW,  /**< clients that come at once and echo 1 MiB each, first start to last end */
    BENCH_CROWD_MANY, /**< four times as many */
    BENCH_GATHER,     /**< as many, from the first start until each has its first byte */
    BENCH_WORKERS_START,    /**< as many, from one process: their workers alone */
    BENCH_MEMORY_BEFORE,    /**< working set before a crowd, bytes */
    BENCH_MEMORY_ATTACHED,  /**< with all attached and nothing moving */
    BENCH_MEMORY_PEAK,      /**< the most while all echo */
    BENCH_PRIVATE_BEFORE,   /**< private bytes before a crowd */
    BENCH_PRIVATE_ATTACHED, /**< with all attached and nothing moving */
    BENCH_THREADS_BEFORE,
    BENCH_THREADS_PEAK,      /**< the most while all echo */
    BENCH_IDLE_ATTACH,       /**< attaching many idle sessions, one after the other: all of them */
    BENCH_IDLE_PRIVATE,      /**< private bytes for each of them */
    BENCH_IDLE_WORKING_SET,  /**< working set for each of them */
    BENCH_IDLE_THREADS,      /**< with all of them */
    BENCH_FLAT_TIME,         /**< very much through one session */
    BENCH_FLAT_MEMORY_LEAST, /**< working set meanwhile */
    BENCH_FLAT_MEMORY_MOST,
    BENCH_FIGURES,
};

/** In what a figure is measured. */
enum bench_unit { BENCH_US, BENCH_BYTES, BENCH_COUNT };

/** What is known of a figure. Constant. */
struct bench_figure_info {
    const char *key; /**< for programs: "trip_1_p99" */
    enum bench_group group;
    enum bench_unit unit;
    bool to_limit;        /**< given relative to LIMIT */
    bool rate;            /**< moves size_bytes: has a rate, too */
    uint32_t contestants; /**< who takes part: a bit for each enum bench_contestant */
};

/** What is known of a contestant. Constant. */
struct bench_contestant_info {
    const char *name;      /**< for people: "relay, warm" */
    const char *key;       /**< for options and programs: "warm" */
    uint32_t limit_bytes;  /**< LIMIT's buffer; 0: not LIMIT */
    const char *transport; /**< the client's option; NULL: not the product */
};

/** What was to be measured, and what came out. */
struct bench_results {
    uint64_t size_bytes;  /**< of an upload, download or echo */
    uint32_t block_bytes; /**< what a worker reads and writes at once */
    uint32_t cores;       /**< of the machine that measured */
    size_t rounds;
    size_t trips;         /**< round trips of each size a session */
    size_t crowd;         /**< how many clients come at once; a quarter of them first */
    size_t idle;          /**< how many sessions are idle */
    uint64_t flat_bytes;  /**< through one session */
    uint32_t groups;      /**< which figures: a bit for each enum bench_group */
    uint32_t contestants; /**< a bit for each enum bench_contestant; LIMIT's are always there */
    struct bench_samples samples[BENCH_FIGURES][BENCH_CONTESTANTS];
};

extern const struct bench_figure_info bench_figures[BENCH_FIGURES];
extern const struct bench_contestant_info bench_contestants[BENCH_CONTESTANTS];

/** The word for a group in `--figures`. */
extern const char *const bench_group_keys[BENCH_GROUPS];

/** A figure's name for people. */
struct bench_title {
    char text[64];
};

/** A figure's name for people: "200 sessions at once". */
struct bench_title bench_figure_title(const struct bench_results *r, enum bench_figure figure);

/** A value in words: "812 us", "1.23 s", "14.2 MiB", "7". */
struct bench_title bench_value_text(enum bench_unit unit, uint64_t value);

/** How many clients come at once for a figure of a crowd. */
size_t bench_crowd_of(const struct bench_results *r, enum bench_figure figure);

/** Whether a contestant takes part in a figure that is wanted. */
bool bench_takes_part(const struct bench_results *r, enum bench_figure figure,
                      enum bench_contestant contestant);

/** Whether there is anything of a contestant for a figure. */
bool bench_measured(const struct bench_results *r, enum bench_figure figure,
                    enum bench_contestant contestant);

/** Whether a contestant is to be shown for a figure: it was measured, and of LIMIT's three it is
 *  the best. */
bool bench_shown(const struct bench_results *r, enum bench_figure figure,
                 enum bench_contestant contestant);

/** Which of LIMIT's three has the least median; BENCH_LIMIT_64 when none was measured. */
enum bench_contestant bench_best_limit(const struct bench_results *r, enum bench_figure figure);

/** A value relative to the median of the best LIMIT; 0 when that was not measured. */
double bench_to_limit(const struct bench_results *r, enum bench_figure figure, uint64_t value);

/**
 * Reads a list of words, separated by commas, into bits.
 *
 * @param text   "transfers,trips"
 * @param keys   the words, by their bits; a NULL is skipped
 * @param count  of keys, at most 32
 * @param bits   written on success only
 * @param err    filled on failure with all words there are; may be NULL
 * @return SP_OK, SP_EINVAL
 */
SP_NODISCARD sp_status bench_read_list(const char *text, const char *const *keys, size_t count,
                                       uint32_t *bits, struct sp_error *err);

#endif
