/* core/history.h - the last ten minutes of a figure that only grows, as rates: a ring of samples.
 * The caller locks. */
#ifndef SP_HISTORY_H
#define SP_HISTORY_H

#include <stddef.h>
#include <stdint.h>

enum {
    SP_HISTORY_STEP_MS = 2000, /**< between two samples */
    SP_HISTORY_SAMPLES = 300,  /**< ten minutes of them */
};

/** A moment. */
struct sp_sample {
    uint64_t at_ms;
    uint64_t in_rate; /**< bytes a second, since the moment before */
    uint64_t out_rate;
    uint32_t sessions; /**< at this moment */
};

/** The samples. {0} is empty. */
struct sp_history {
    struct sp_sample samples[SP_HISTORY_SAMPLES];
    size_t first; /**< the oldest one's index */
    size_t count;
    uint64_t at_ms; /**< of the totals below; 0: there were none yet */
    uint64_t in_total;
    uint64_t out_total;
};

/**
 * Adds a moment; the oldest one goes when there are too many. The first one only says from where
 * on is counted.
 *
 * @param now_ms     not 0, of a clock that never goes back; nothing happens when it did not go on
 * @param in_total   bytes since the beginning; one that is less than before counts as no more
 * @param out_total  the same
 * @param sessions   how many there are now
 */
void sp_history_add(struct sp_history *history, uint64_t now_ms, uint64_t in_total,
                    uint64_t out_total, uint32_t sessions);

/** A moment. @param i from 0, the oldest; less than history->count */
const struct sp_sample *sp_history_at(const struct sp_history *history, size_t i);

#endif
