/* core/ring.c - the latest part of a byte stream, addressed by position from the stream's start. */
#include "core/ring.h"

#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 4096 };

static uint64_t clamp(const struct sp_ring *r, uint64_t position)
{
    return position < r->base ? r->base : position > r->head ? r->head : position;
}

/* How many of len bytes from a position lie side by side in a memory of cap bytes. */
static size_t unbroken(size_t cap, uint64_t at, size_t len)
{
    size_t to_the_end = cap - (size_t)(at % cap);
    return len < to_the_end ? len : to_the_end;
}

static void put(struct sp_ring *r, uint64_t at, const unsigned char *from, size_t len)
{
    size_t first = unbroken(r->cap, at, len);
    memcpy(r->data + at % r->cap, from, first);
    memcpy(r->data, from + first, len - first);
}

/* Room for need bytes or, where that is beyond the ceiling, for as many as there can be. */
static sp_status grow(struct sp_ring *r, uint64_t need, struct sp_error *err)
{
    size_t cap = r->cap < SMALLEST ? SMALLEST : r->cap;
    while (cap < need && cap < r->max)
        cap = cap > r->max / 2 ? r->max : cap * 2;
    if (cap > r->max)
        cap = r->max;
    if (cap <= r->cap)
        return SP_OK;
    struct sp_ring larger = {.cap = cap, .max = r->max, .base = r->base, .head = r->head};
    larger.data = malloc(cap);
    if (larger.data == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for %zu bytes of a stream", cap);
    size_t len = (size_t)(r->head - r->base);
    if (len > 0) {
        size_t first = unbroken(r->cap, r->base, len);
        put(&larger, r->base, r->data + r->base % r->cap, first);
        put(&larger, r->base + first, r->data, len - first);
    }
    free(r->data);
    *r = larger;
    return SP_OK;
}

void sp_ring_init(struct sp_ring *r, size_t max_bytes)
{
    *r = (struct sp_ring){.max = max_bytes};
}

size_t sp_ring_room(const struct sp_ring *r, uint64_t floor)
{
    return r->max - (size_t)(r->head - clamp(r, floor));
}

sp_status sp_ring_append(struct sp_ring *r, const void *data, size_t len, struct sp_error *err)
{
    if (len == 0)
        return SP_OK;
    if (len > r->max)
        return sp_fail(err, SP_ETOOBIG, 0, "%zu bytes of a stream at once: %zu can be kept", len,
                       r->max);
    uint64_t need = r->head - r->base + len;
    sp_status status = need > r->cap ? grow(r, need, err) : SP_OK;
    if (status != SP_OK)
        return status;
    if (need > r->cap)
        r->base = r->head + len - r->cap;
    put(r, r->head, data, len);
    r->head += len;
    return SP_OK;
}

size_t sp_ring_copy(const struct sp_ring *r, uint64_t at, void *to, size_t size)
{
    if (at < r->base || at >= r->head)
        return 0;
    size_t len = r->head - at < size ? (size_t)(r->head - at) : size;
    size_t first = unbroken(r->cap, at, len);
    memcpy(to, r->data + at % r->cap, first);
    memcpy((unsigned char *)to + first, r->data, len - first);
    return len;
}

void sp_ring_trim(struct sp_ring *r, uint64_t before)
{
    r->base = clamp(r, before);
    if (r->base != r->head)
        return;
    free(r->data);
    r->data = NULL;
    r->cap = 0;
}

void sp_ring_deinit(struct sp_ring *r)
{
    free(r->data);
    sp_ring_init(r, r->max);
}
