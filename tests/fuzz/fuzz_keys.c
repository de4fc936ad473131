/* tests/fuzz/fuzz_keys.c - the keys that detach: how they are written, and what passes of a stream
 * that is typed, against a search of the whole stream.
 *
 * Input: a seed for the pieces; the sequence as text, up to a NUL; the stream. */
#include <stdlib.h>
#include <string.h>

#include "core/keys.h"
#include "tests/fuzz/fuzz.h"

/* Where the sequence begins that ends first; count is at least 1. */
static size_t search(const struct sp_keys *k, struct sp_bytes stream)
{
    for (size_t at = 0; at + k->count <= stream.len; at++)
        if (memcmp((const uint8_t *)stream.data + at, k->keys, k->count) == 0)
            return at;
    return SIZE_MAX;
}

static void check_parsed(const struct sp_keys *k, const char *text)
{
    size_t commas = 0;
    uint32_t mask = 0;
    for (const char *p = text; *p != 0; p++)
        commas += *p == ',';
    FUZZ_CHECK(k->matched == 0 && k->count <= SP_KEYS_MAX);
    FUZZ_CHECK(k->count == 0 || k->count == commas + 1);
    for (size_t i = 0; i < k->count; i++) {
        FUZZ_CHECK(k->keys[i] < 0x7F && k->keys[i] != ',');
        mask |= k->keys[i] < 32 ? UINT32_C(1) << k->keys[i] : 0;
    }
    FUZZ_CHECK(sp_keys_control_mask(k) == mask);
}

/* The stream in pieces. @return whether the sequence was found; all that passed is in out */
static bool pass(struct sp_keys *k, struct sp_bytes stream, uint32_t seed, struct sp_buffer *out,
                 size_t *used)
{
    bool found = false;
    *used = 0;
    while (*used < stream.len && !found) {
        size_t len = fuzz_random(&seed) % 20;
        if (len > stream.len - *used)
            len = stream.len - *used;
        struct fuzz_input in = {(const uint8_t *)stream.data + *used, len};
        struct sp_bytes piece = fuzz_bytes(&in, len);
        uint8_t *passed = fuzz_alloc(len + SP_KEYS_MAX);
        size_t passed_len = 0;
        size_t took = sp_keys_pass(k, piece.data, len, passed, &passed_len, &found);
        FUZZ_CHECK(took == len || (found && took < len));
        FUZZ_CHECK(passed_len <= len + SP_KEYS_MAX);
        FUZZ_CHECK(sp_buffer_append(out, passed, passed_len, NULL) == SP_OK);
        *used += took;
        free(passed);
        free((void *)piece.data);
    }
    return found;
}

static void check_stream(struct sp_keys *k, struct sp_bytes stream, uint32_t seed)
{
    struct sp_buffer out = {0};
    uint8_t held[SP_KEYS_MAX];
    size_t used = 0;
    size_t at = k->count == 0 ? SIZE_MAX : search(k, stream);
    bool found = pass(k, stream, seed, &out, &used);
    FUZZ_CHECK(found == (at != SIZE_MAX));
    size_t held_len = sp_keys_flush(k, held);
    FUZZ_CHECK(held_len < SP_KEYS_MAX && (!found || held_len == 0) && k->matched == 0);
    FUZZ_CHECK(sp_buffer_append(&out, held, held_len, NULL) == SP_OK);
    FUZZ_CHECK(used == (found ? at + k->count : stream.len));
    FUZZ_CHECK(out.len == (found ? at : stream.len));
    FUZZ_CHECK(out.len == 0 || memcmp(out.data, stream.data, out.len) == 0);
    sp_buffer_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    uint32_t seed = fuzz_byte(&in) + 1u;
    char *text = fuzz_text(&in);
    struct sp_keys keys = {.count = 77};
    struct sp_error err = {0};
    sp_status status = sp_keys_parse(text, &keys, &err);
    if (status == SP_OK) {
        check_parsed(&keys, text);
        check_stream(&keys, (struct sp_bytes){in.data, in.len}, seed);
    } else {
        FUZZ_CHECK(status == SP_EINVAL || status == SP_ETOOBIG);
        FUZZ_CHECK(keys.count == 77);
        fuzz_check_error(&err, status);
    }
    free(text);
    return 0;
}
