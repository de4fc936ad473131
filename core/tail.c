/* core/tail.c - the last lines of a text. */
#include "core/tail.h"

#include <stdbool.h>
#include <string.h>

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

/* How long the UTF-8 sequence at text is; 0: it is none, or no character to show. */
static size_t sequence(const unsigned char *text, size_t len)
{
    if (text[0] < 0x80)
        return text[0] >= 0x20 && text[0] != 0x7F;
    size_t size = text[0] >= 0xF0 ? 4 : text[0] >= 0xE0 ? 3 : 2;
    if (text[0] < 0xC2 || text[0] > 0xF4 || size > len)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    /* What is encoded longer than need be, surrogates, and what lies beyond Unicode. */
    bool wrong = (text[0] == 0xC2 && text[1] < 0xA0) || /* controls, too: U+0080 to U+009F */
                 (text[0] == 0xE0 && text[1] < 0xA0) || (text[0] == 0xED && text[1] > 0x9F) ||
                 (text[0] == 0xF0 && text[1] < 0x90) || (text[0] == 0xF4 && text[1] > 0x8F);
    return wrong ? 0 : size;
}

static json_t *line_of(const char *bytes, size_t len)
{
    char line[SP_TAIL_BYTES];
    memcpy(line, bytes, len);
    for (size_t i = 0; i < len;) {
        size_t size = sequence((const unsigned char *)line + i, len - i);
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
        json_array_insert_new(lines, 0, line_of(tail->bytes + begin, stop - begin));
        more = begin > 0;
        end = more ? begin - 1 : 0;
    }
    return lines;
}
