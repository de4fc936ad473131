/* bench/samples.h - values of one figure, one a round, and what is said of them. Any thread. */
#ifndef BENCH_SAMPLES_H
#define BENCH_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

enum { BENCH_ROUNDS_MAX = 101 };

/** The values of one figure for one contestant. {0} is empty. */
struct bench_samples {
    uint64_t values[BENCH_ROUNDS_MAX];
    size_t count;
};

/** Adds a value; one that is more than BENCH_ROUNDS_MAX is dropped. */
void bench_samples_add(struct bench_samples *s, uint64_t value);

/** The middle value, of an even number the lower of the two; 0 without any. */
uint64_t bench_samples_median(const struct bench_samples *s);

/** The least value; 0 without any. */
uint64_t bench_samples_least(const struct bench_samples *s);

/** The largest value; 0 without any. */
uint64_t bench_samples_most(const struct bench_samples *s);

/**
 * The value that so many percent of all are not above: the nearest rank, always one that is there.
 *
 * @param values   count of them, sorted in place
 * @param count    may be 0: then the answer is 0
 * @param percent  0 to 100
 */
uint64_t bench_percentile(uint64_t *values, size_t count, unsigned percent);

#endif
