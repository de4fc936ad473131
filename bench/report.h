/* bench/report.h - what came out, for people, for programs and as a picture. Pure: from results to
 * text. Any thread, one at a time. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "bench/results.h"
#include "core/buffer.h"
#include "core/error.h"

/**
 * Prints a table of times relative to LIMIT's best of its three buffers in the same run (below 1 is
 * faster), and one of what has no LIMIT: memory, threads, the sessions that are idle.
 *
 * @param r    results
 * @param out  the lines are appended
 * @param err  filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM
 */
SP_NODISCARD sp_status bench_print_table(const struct bench_results *r, struct sp_buffer *out,
                                         struct sp_error *err);

/** Prints all of it, each sample, as one JSON object; as bench_print_table(). */
SP_NODISCARD sp_status bench_print_json(const struct bench_results *r, struct sp_buffer *out,
                                        struct sp_error *err);

/** Draws it as an SVG of its own: a panel for each figure, a bar for each contestant, on one scale
 *  for all that is relative to LIMIT; as bench_print_table(). */
SP_NODISCARD sp_status bench_print_svg(const struct bench_results *r, struct sp_buffer *out,
                                       struct sp_error *err);

#endif
