/* core/refusals.c - which refusals of an account the audit writes one by one, and which it counts.
 */
#include "core/refusals.h"

#include <string.h>

static uint64_t end_ms(const struct sp_refusals_span *s)
{
    return s->since_ms + SP_REFUSALS_MS;
}

/* The account's own span, or the one that makes room for it: one that is nobody's, or the oldest.
 */
static struct sp_refusals_span *span_of(struct sp_refusals *r, const char *sid)
{
    struct sp_refusals_span *room = &r->spans[0];
    for (size_t i = 0; i < SP_REFUSALS_ACCOUNTS; i++) {
        struct sp_refusals_span *s = &r->spans[i];
        if (s->written > 0 && strcmp(s->more.sid, sid) == 0)
            return s;
        if (room->written > 0 && (s->written == 0 || s->since_ms < room->since_ms))
            room = s;
    }
    return room;
}

bool sp_refusals_take(struct sp_refusals *r, const char *sid, uint64_t now_ms,
                      struct sp_refusals_count *ended)
{
    struct sp_refusals_span *s = span_of(r, sid);
    *ended = (struct sp_refusals_count){.count = 0};
    if (s->written == 0 || strcmp(s->more.sid, sid) != 0 || end_ms(s) <= now_ms) {
        *ended = s->more;
        *s = (struct sp_refusals_span){.since_ms = now_ms};
        memcpy(s->more.sid, sid, strlen(sid) + 1);
    }
    if (s->written < SP_REFUSALS_EACH) {
        s->written++;
        return true;
    }
    if (s->more.count < UINT32_MAX)
        s->more.count++;
    return false;
}

bool sp_refusals_ended(struct sp_refusals *r, uint64_t now_ms, struct sp_refusals_count *ended)
{
    for (size_t i = 0; i < SP_REFUSALS_ACCOUNTS; i++) {
        struct sp_refusals_span *s = &r->spans[i];
        if (s->more.count == 0 || end_ms(s) > now_ms)
            continue;
        *ended = s->more;
        *s = (struct sp_refusals_span){.written = 0};
        return true;
    }
    return false;
}

uint64_t sp_refusals_end_ms(const struct sp_refusals *r)
{
    uint64_t first = UINT64_MAX;
    for (size_t i = 0; i < SP_REFUSALS_ACCOUNTS; i++)
        if (r->spans[i].more.count > 0 && end_ms(&r->spans[i]) < first)
            first = end_ms(&r->spans[i]);
    return first;
}
