/* core/backoff.c - how long to wait before something that failed is tried again. */
#include "core/backoff.h"

uint64_t sp_backoff_next(struct sp_backoff *b, uint32_t random)
{
    uint64_t whole = SP_BACKOFF_FIRST_MS;
    for (uint32_t i = 0; i < b->failures && whole < SP_BACKOFF_MAX_MS; i++)
        whole *= 2;
    if (whole > SP_BACKOFF_MAX_MS)
        whole = SP_BACKOFF_MAX_MS;
    if (b->failures < UINT32_MAX)
        b->failures++;
    uint64_t half = whole / 2;
    return half + (whole - half) * random / UINT32_MAX;
}

void sp_backoff_reset(struct sp_backoff *b)
{
    b->failures = 0;
}
