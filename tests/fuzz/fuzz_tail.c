/* tests/fuzz/fuzz_tail.c - the last words of a worker: what is kept of any bytes are texts that can
 * be sent as JSON and shown, and they are its last lines.
 *
 * Input: a seed for the pieces; a byte for how much stands before; the bytes. */
#include <stdlib.h>
#include <string.h>

#include "core/tail.h"
#include "tests/fuzz/fuzz.h"

/* Whether a line is the end of the kept bytes, but for a '?' in the place of each byte that was
 * none of a text. Steps back over it. */
static void check_line(const struct sp_tail *tail, json_t *line, size_t *end)
{
    const char *text = json_string_value(line);
    size_t len = json_string_length(line);
    FUZZ_CHECK(json_is_string(line) && len <= *end && strlen(text) == len);
    if (len > 0)
        fuzz_check_text(text);
    *end -= len;
    for (size_t i = 0; i < len; i++)
        FUZZ_CHECK(text[i] == tail->bytes[*end + i] || text[i] == '?');
}

static void check_lines(const struct sp_tail *tail, json_t *lines)
{
    size_t count = json_array_size(lines);
    FUZZ_CHECK(json_is_array(lines) && count <= SP_TAIL_LINES);
    size_t end = tail->len;
    while (end > 0 && strchr("\r\n", tail->bytes[end - 1]) != NULL && tail->bytes[end - 1] != 0)
        end--;
    FUZZ_CHECK((count == 0) == (end == 0));
    for (size_t i = count; i > 0; i--) {
        check_line(tail, json_array_get(lines, i - 1), &end);
        if (i > 1) {
            FUZZ_CHECK(end > 0 && tail->bytes[--end] == '\n');
            end -= end > 0 && tail->bytes[end - 1] == '\r';
        }
    }
    FUZZ_CHECK(count == 0 || end == 0 || tail->bytes[end - 1] == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    uint32_t seed = fuzz_byte(&in) + 1u;
    size_t before = fuzz_byte(&in) * 9u;
    size_t len = before + in.len;
    uint8_t *stream = fuzz_alloc(len);
    for (size_t i = 0; i < before; i++)
        stream[i] = i % 400 == 399 ? '\n' : 'a';
    if (in.len > 0)
        memcpy(stream + before, in.data, in.len);

    struct sp_tail tail = {0};
    for (size_t at = 0; at < len;) {
        size_t piece = 1 + fuzz_random(&seed) % (seed % 8 == 0 ? 3000 : 300);
        piece = piece < len - at ? piece : len - at;
        sp_tail_add(&tail, stream + at, piece);
        at += piece;
    }
    FUZZ_CHECK(tail.len == (len < SP_TAIL_BYTES ? len : SP_TAIL_BYTES));
    FUZZ_CHECK(memcmp(tail.bytes, stream + len - tail.len, tail.len) == 0);
    json_t *lines = sp_tail_lines(&tail);
    check_lines(&tail, lines);
    json_decref(lines);
    sp_tail_clear(&tail);
    FUZZ_CHECK(tail.len == 0);
    free(stream);
    return 0;
}
