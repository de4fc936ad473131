/* core/history.c - the last ten minutes of a figure that only grows, as rates. */
#include "core/history.h"

static uint64_t rate(uint64_t before, uint64_t now, uint64_t ms)
{
    uint64_t more = now > before ? now - before : 0;
    return more > UINT64_MAX / 1000 ? more / ms * 1000 : more * 1000 / ms;
}

void sp_history_add(struct sp_history *history, uint64_t now_ms, uint64_t in_total,
                    uint64_t out_total, uint32_t sessions)
{
    if (history->at_ms != 0 && now_ms <= history->at_ms)
        return;
    if (history->at_ms != 0) {
        uint64_t ms = now_ms - history->at_ms;
        size_t end = (history->first + history->count) % SP_HISTORY_SAMPLES;
        history->samples[end] = (struct sp_sample){
            .at_ms = now_ms,
            .in_rate = rate(history->in_total, in_total, ms),
            .out_rate = rate(history->out_total, out_total, ms),
            .sessions = sessions,
        };
        if (history->count < SP_HISTORY_SAMPLES)
            history->count++;
        else
            history->first = (history->first + 1) % SP_HISTORY_SAMPLES;
    }
    history->at_ms = now_ms;
    history->in_total = in_total;
    history->out_total = out_total;
}

const struct sp_sample *sp_history_at(const struct sp_history *history, size_t i)
{
    return &history->samples[(history->first + i) % SP_HISTORY_SAMPLES];
}
