/* core/line.c - bytes of a control connection in, whole lines out. */
#include "core/line.h"

#include <string.h>

sp_status sp_line_feed(struct sp_line_reader *r, const void *data, size_t len, struct sp_error *err)
{
    if (r->taken > 0) {
        sp_buffer_consume(&r->pending, r->taken);
        r->scanned -= r->taken;
        r->taken = 0;
    }
    return sp_buffer_append(&r->pending, data, len, err);
}

sp_status sp_line_next(struct sp_line_reader *r, struct sp_bytes *line, struct sp_error *err)
{
    if (r->taken == r->pending.len)
        return SP_EEND; /* there may be no memory yet to look at */
    const unsigned char *start = r->pending.data + r->taken;
    size_t rest = r->pending.len - r->scanned;
    const unsigned char *end = rest == 0 ? NULL : memchr(r->pending.data + r->scanned, '\n', rest);
    size_t len = end == NULL ? r->pending.len - r->taken : (size_t)(end - start);

    if (len > SP_LINE_MAX)
        return sp_fail(err, SP_ETOOBIG, 0,
                       "a line of the control connection is longer than %d bytes", SP_LINE_MAX);
    if (end == NULL) {
        r->scanned = r->pending.len;
        return SP_EEND;
    }
    r->taken += len + 1;
    r->scanned = r->taken;
    if (len > 0 && start[len - 1] == '\r')
        len--;
    *line = (struct sp_bytes){start, len};
    return SP_OK;
}

void sp_line_deinit(struct sp_line_reader *r)
{
    sp_buffer_deinit(&r->pending);
    *r = (struct sp_line_reader){0};
}
