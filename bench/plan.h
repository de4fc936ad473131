/* bench/plan.h - the order of a run: rounds, in each the figures, in each the contestants. */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include "bench/bench.h"

/**
 * Takes all samples that are wanted. The contestants of a figure follow each other, and a round is
 * over before the next begins.
 *
 * @param b    prepared
 * @param err  filled on failure, naming the figure; may be NULL
 * @return SP_OK, or what failed
 */
SP_NODISCARD sp_status bench_run(struct bench *b, struct sp_error *err);

#endif
