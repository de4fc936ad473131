/* core/tail.c - the last lines of a text. */
#include "core/tail.h"

#include <stdbool.h>
#include <string.h>

#include "core/text.h"

void sp_tail_add(struct sp_tail *tail, const void *data, size_t len)
{
    const char *bytes = data;
    if (len > SP_TAIL_BYTES) {
        bytes += len - SP_TAIL_BYTES;
        len = SP_TAIL_BYTES;
    }
    size_t stay = SP_TAIL_BYTES - len < tail->len ? SP_TAIL_BYTES - len : tail->len;
    memmove(tail->bytes, tail->bytes + (tail->len - stay), stay);
    memcpy(tail->bytes + stay, bytes, len);
    tail->len = stay + len;
}

void sp_tail_clear(struct sp_tail *tail)
{
    tail->len = 0;
}

static json_t *line_of(const char *bytes, size_t len)
{
    char line[SP_TAIL_BYTES];
    memcpy(line, bytes, len);
    for (size_t i = 0; i < len;) {
        size_t size = sp_text_character(line + i, len - i);
        if (size == 0)
            line[i] = '?';
        i += size == 0 ? 1 : size;
    }
    return json_stringn(line, len);
}

json_t *sp_tail_lines(const struct sp_tail *tail)
{
    json_t *lines = json_array();
    size_t end = tail->len;
    while (end > 0 && (tail->bytes[end - 1] == '\n' || tail->bytes[end - 1] == '\r'))
        end--;
    bool more = end > 0;
    while (lines != NULL && more && json_array_size(lines) < SP_TAIL_LINES) {
        size_t begin = end, stop = end;
        while (begin > 0 && tail->bytes[begin - 1] != '\n')
            begin--;
        if (begin == 0 && tail->len == SP_TAIL_BYTES && json_array_size(lines) > 0)
            break; /* it may have begun earlier */
        if (stop > begin && tail->bytes[stop - 1] == '\r')
            stop--;
        if (json_array_insert_new(lines, 0, line_of(tail->bytes + begin, stop - begin)) != 0) {
            json_decref(lines);
            return NULL;
        }
        more = begin > 0;
        end = more ? begin - 1 : 0;
    }
    return lines;
}
