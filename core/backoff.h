/* core/backoff.h - how long to wait before something that failed is tried again: longer each time,
 * and never the same for all who wait. */
#ifndef SP_BACKOFF_H
#define SP_BACKOFF_H

#include <stdint.h>

enum {
    SP_BACKOFF_FIRST_MS = 1000,    /**< at most, after the first failure */
    SP_BACKOFF_MAX_MS = 60000,     /**< at most, after any */
    SP_BACKOFF_HEALTHY_MS = 60000, /**< what ran for so long has recovered: sp_backoff_reset() */
};

/** The failures in a row. {0}: none. */
struct sp_backoff {
    uint32_t failures;
};

/**
 * Counts a failure and says how long to wait: 1 s after the first, doubling to 60 s, of which the
 * last half is left to chance.
 *
 * @param b       the failures so far
 * @param random  any 32 bits, new ones each time: 0 gives the half, UINT32_MAX the whole
 * @return milliseconds
 */
uint64_t sp_backoff_next(struct sp_backoff *b, uint32_t random);

/** Forgets all failures: it works again. */
void sp_backoff_reset(struct sp_backoff *b);

#endif
