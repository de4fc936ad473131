/* bench/samples.c - values of one figure, and what is said of them. */
#include "bench/samples.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void bench_samples_add(struct bench_samples *s, uint64_t value)
{
    if (s->count < BENCH_ROUNDS_MAX)
        s->values[s->count++] = value;
}

uint64_t bench_percentile(uint64_t *values, size_t count, unsigned percent)
{
    if (count == 0)
        return 0;
    qsort(values, count, sizeof *values, compare);
    size_t rank = (count * percent + 99) / 100;
    return values[rank == 0 ? 0 : rank - 1];
}

static uint64_t percentile_of(const struct bench_samples *s, unsigned percent)
{
    struct bench_samples copy = *s; /* the order of the rounds is worth keeping */
    return bench_percentile(copy.values, copy.count, percent);
}

uint64_t bench_samples_median(const struct bench_samples *s)
{
    return percentile_of(s, 50);
}

uint64_t bench_samples_least(const struct bench_samples *s)
{
    return percentile_of(s, 0);
}

uint64_t bench_samples_most(const struct bench_samples *s)
{
    return percentile_of(s, 100);
}
