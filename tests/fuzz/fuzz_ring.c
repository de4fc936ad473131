/* tests/fuzz/fuzz_ring.c - a ring against the whole stream it is the end of: appended to, trimmed
 * and copied from in any order, at any place.
 *
 * Input: two bytes for the ceiling; steps, each a byte and what it needs. */
#include <stdlib.h>
#include <string.h>

#include "core/ring.h"
#include "tests/fuzz/fuzz.h"

enum { STEPS_MAX = 60, LEN_MAX = 12000, CEILING_MAX = 20000, PERIOD = 251 };

/* The stream from a position on, CEILING_MAX bytes of it; its period has no factor in common with a
 * ring's size. */
static const uint8_t *stream_at(uint64_t position)
{
    static uint8_t stream[CEILING_MAX + PERIOD];
    static bool is_made;
    for (size_t i = 0; !is_made && i < sizeof stream; i++)
        stream[i] = (uint8_t)(i % PERIOD);
    is_made = true;
    return stream + position % PERIOD;
}

/* What the ring must be like. */
struct model {
    uint64_t base, head;
};

static uint64_t clamp(const struct model *m, uint64_t position)
{
    return position < m->base ? m->base : position > m->head ? m->head : position;
}

static void append(struct sp_ring *r, struct model *m, size_t len)
{
    uint8_t *data = fuzz_alloc(len);
    memcpy(data, stream_at(m->head), len);
    struct sp_error err = {0};
    uint64_t floor = clamp(m, m->head > 100 ? m->head - 100 : 0);
    size_t room = sp_ring_room(r, floor);
    FUZZ_CHECK(room == r->max - (m->head - floor));
    sp_status status = sp_ring_append(r, data, len, &err);
    if (status == SP_OK) {
        m->head += len;
        FUZZ_CHECK(len == 0 || r->base >= m->base);
        FUZZ_CHECK(r->base <= floor || len > room);
        /* No more is forgotten than has to be. */
        FUZZ_CHECK(r->base == m->base || m->head - r->base == r->max);
        m->base = r->base;
    } else {
        FUZZ_CHECK(status == SP_ETOOBIG && len > r->max);
        fuzz_check_error(&err, status);
    }
    free(data);
}

/* A copy is what the stream has there, and not a byte more is written. */
static void copy(const struct sp_ring *r, const struct model *m, uint64_t at, size_t size)
{
    uint8_t *to = fuzz_alloc(size);
    size_t expected = 0;
    if (at >= m->base && at < m->head)
        expected = m->head - at < size ? (size_t)(m->head - at) : size;
    FUZZ_CHECK(sp_ring_copy(r, at, to, size) == expected);
    FUZZ_CHECK(memcmp(to, stream_at(at), expected) == 0);
    free(to);
}

/* A position near the ring: before it, in it, behind it. */
static uint64_t position(const struct model *m, struct fuzz_input *in)
{
    uint64_t far = fuzz_below(in, 65536);
    uint64_t span = m->head - m->base + 20;
    uint64_t from = m->base < 10 ? 0 : m->base - 10;
    return from + far % span;
}

static void step(struct sp_ring *r, struct model *m, struct fuzz_input *in)
{
    switch (fuzz_byte(in) % 6) {
    case 0:
        m->base = clamp(m, position(m, in));
        sp_ring_trim(r, m->base);
        FUZZ_CHECK(m->base != m->head || (r->data == NULL && r->cap == 0));
        break;
    case 1:
        copy(r, m, position(m, in), fuzz_below(in, LEN_MAX));
        break;
    case 2:
        append(r, m, fuzz_byte(in));
        break;
    case 3:
        append(r, m, r->max - (fuzz_byte(in) < r->max ? 1 : 0));
        break;
    default:
        append(r, m, fuzz_below(in, LEN_MAX));
    }
    FUZZ_CHECK(r->base == m->base && r->head == m->head);
    FUZZ_CHECK(r->cap <= r->max && r->head - r->base <= r->cap);
    FUZZ_CHECK((r->data == NULL) == (r->cap == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    struct sp_ring ring = {0};
    struct model model = {0};
    sp_ring_init(&ring, fuzz_below(&in, CEILING_MAX));
    for (int i = 0; i < STEPS_MAX && in.len > 0; i++)
        step(&ring, &model, &in);
    copy(&ring, &model, model.base, ring.max);
    sp_ring_deinit(&ring);
    FUZZ_CHECK(ring.data == NULL && ring.head == 0);
    return 0;
}
