/* core/progress.h - how far something of a known size has come, as a bar: share, rate and the time
 * that is left. Asks no clock. Any thread, one at a time. */
#ifndef SP_PROGRESS_H
#define SP_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

/** A progress. {.total = bytes} has just begun, at 0 ms. */
struct sp_progress {
    uint64_t total; /**< in bytes; may be 0 */
    uint64_t done;
    uint64_t at_ms; /**< the last look */
    double rate;    /**< bytes a second of late; 0 before the second look */
};

/** Takes in a look. @param done bytes so far; more than total counts as total @param at_ms since it
 *  began */
void sp_progress_look(struct sp_progress *p, uint64_t done, uint64_t at_ms);

/**
 * Writes the bar: " 42% [====>      ] 1.2 GiB of 3.0 GiB  85.0 MiB/s  21 s left". What does not fit
 * is left out from the end on, the bar last of all.
 *
 * @param p      as it stands
 * @param width  in characters, at most
 * @param text   receives it; ASCII
 * @param size   room, in bytes, at least 1
 */
void sp_progress_bar(const struct sp_progress *p, size_t width, char *text, size_t size);

/** Writes what it was in all: "100%, 3.0 GiB in 36 s, 85.3 MiB/s". @param text as above */
void sp_progress_sum(const struct sp_progress *p, char *text, size_t size);

#endif
