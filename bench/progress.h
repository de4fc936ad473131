/* bench/progress.h - how far a run is, on stderr: one line in place on a terminal, else a line for
 * each figure of each round. One thread. */
#ifndef BENCH_PROGRESS_H
#define BENCH_PROGRESS_H

#include <stddef.h>

/** Begins. @param steps how many there will be in all */
void bench_progress_begin(size_t steps);

/** The next step begins. @param round from 1 @param rounds of how many @param figure what is
 *  measured @param contestant of whom */
void bench_progress_step(size_t round, size_t rounds, const char *figure, const char *contestant);

/** All is done, or has failed: on a terminal the line is gone. */
void bench_progress_end(void);

#endif
