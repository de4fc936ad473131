/* core/ring.h - the latest part of a byte stream, addressed by position from the stream's start:
 * what must be there again after a reconnect, a replay or a slow reader. One thread at a time. */
#ifndef SP_RING_H
#define SP_RING_H

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

/** A byte stream's latest part: the bytes at the positions from base up to head. {0}, then
 *  sp_ring_init(). Fields are read freely and written by the functions below alone. */
struct sp_ring {
    unsigned char *data; /**< owned; NULL while there is no memory; position p is at p % cap */
    size_t cap;          /**< bytes reserved */
    size_t max;          /**< ceiling for cap */
    uint64_t base;       /**< position of the oldest byte that is there */
    uint64_t head;       /**< position behind the newest: how many bytes the stream had in all */
};

/**
 * Makes a ring empty, at position 0. Allocates nothing.
 *
 * @param r          must hold no memory
 * @param max_bytes  how much it may ever keep
 */
void sp_ring_init(struct sp_ring *r, size_t max_bytes);

/**
 * How many bytes can be appended without losing any that is still wanted.
 *
 * @param r      the ring
 * @param floor  all before this position may be forgotten; clamped to [base, head]
 */
size_t sp_ring_room(const struct sp_ring *r, uint64_t floor);

/**
 * Appends the stream's next bytes; all or none. Memory grows in doublings from 4 KiB to the
 * ceiling; from there on the oldest bytes are forgotten, and base moves.
 *
 * @param r     the ring
 * @param data  the bytes, not those of the ring itself; may be NULL when len is 0
 * @param len   how many
 * @param err   filled on failure; may be NULL
 * @return SP_OK, SP_ETOOBIG (len is more than the ceiling), SP_ENOMEM; on failure *r is unchanged
 */
SP_NODISCARD sp_status sp_ring_append(struct sp_ring *r, const void *data, size_t len,
                                      struct sp_error *err);

/**
 * Copies bytes out; they stay in the ring.
 *
 * @param r     the ring
 * @param at    position of the first byte: base <= at <= head; elsewhere there is nothing to copy
 * @param to    where to
 * @param size  at most so many
 * @return how many were copied: fewer than size only where the stream has no more yet
 */
size_t sp_ring_copy(const struct sp_ring *r, uint64_t at, void *to, size_t size);

/**
 * Forgets what is before a position. When nothing is left, the memory is given back.
 *
 * @param r       the ring
 * @param before  clamped to [base, head]
 */
void sp_ring_trim(struct sp_ring *r, uint64_t before);

/** Frees the memory; *r is empty at position 0 afterwards and keeps its ceiling. */
void sp_ring_deinit(struct sp_ring *r);

#endif
