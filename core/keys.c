/* core/keys.c - a sequence of keys in a stream of bytes. */
#include "core/keys.h"

#include <string.h>

#include "core/text.h"

/* The byte of one key, or -1. @param len of the key's spelling, without the comma behind it */
static int key_of(const char *text, size_t len)
{
    unsigned char c = (unsigned char)text[0];
    if (len == 1)
        return c >= 0x20 && c < 0x7F ? c : -1;
    if (len != 6 || !sp_text_begins(text, "ctrl-"))
        return -1;
    c = (unsigned char)text[5];
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 1;
    return c >= '@' && c <= '_' ? c - '@' : -1;
}

sp_status sp_keys_parse(const char *text, struct sp_keys *out, struct sp_error *err)
{
    struct sp_keys keys = {0};
    bool more = !sp_text_same(text, "none");
    for (const char *at = text; more;) {
        size_t len = strcspn(at, ",");
        int key = key_of(at, len);
        if (key < 0)
            return sp_fail(
                err, SP_EINVAL, 0,
                "\"%.*s\" is no key: write ctrl-X with X one of a-z @ [ \\ ] ^ _, or one "
                "character, and several with commas: ctrl-p,ctrl-q; or none",
                (int)(len < 32 ? len : 32), at);
        if (keys.count == SP_KEYS_MAX)
            return sp_fail(err, SP_ETOOBIG, 0, "more than %d keys", SP_KEYS_MAX);
        keys.keys[keys.count++] = (unsigned char)key;
        more = at[len] == ',';
        at += len + 1;
    }
    *out = keys;
    return SP_OK;
}

/* Whether the first len keys end in their own first n. */
static bool ends_in_beginning(const struct sp_keys *k, size_t len, size_t n)
{
    return memcmp(k->keys + len - n, k->keys, n) == 0;
}

/* Takes a byte behind the ones held back: the longest end of them all that still is a beginning of
 * the sequence is held back now. @return how many bytes from the front pass */
static size_t take(struct sp_keys *k, unsigned char byte)
{
    size_t held = k->matched;
    for (size_t n = held + 1; n > 0; n--) {
        if (k->keys[n - 1] == byte && ends_in_beginning(k, held, n - 1)) {
            k->matched = n;
            return held + 1 - n;
        }
    }
    k->matched = 0;
    return held + 1;
}

/* How many bytes pass at once: as long as nothing is held back, all up to the first key. */
static size_t plain_run(const struct sp_keys *k, const unsigned char *from, size_t len)
{
    if (k->matched > 0)
        return 0;
    const unsigned char *first = k->count == 0 ? NULL : memchr(from, k->keys[0], len);
    return first == NULL ? len : (size_t)(first - from);
}

size_t sp_keys_pass(struct sp_keys *k, const void *in, size_t len, void *out, size_t *out_len,
                    bool *found)
{
    const unsigned char *from = in;
    unsigned char *to = out;
    size_t used = 0;
    *found = false;
    while (used < len && !*found) {
        size_t plain = plain_run(k, from + used, len - used);
        if (plain > 0) {
            memcpy(to, from + used, plain);
            to += plain;
            used += plain;
            continue;
        }
        unsigned char held[SP_KEYS_MAX + 1];
        memcpy(held, k->keys, k->matched);
        held[k->matched] = from[used++];
        size_t pass = take(k, held[k->matched]);
        memcpy(to, held, pass);
        to += pass;
        *found = k->matched == k->count;
    }
    if (*found)
        k->matched = 0;
    *out_len = (size_t)(to - (unsigned char *)out);
    return used;
}

size_t sp_keys_flush(struct sp_keys *k, void *out)
{
    size_t held = k->matched;
    memcpy(out, k->keys, held);
    k->matched = 0;
    return held;
}

uint32_t sp_keys_control_mask(const struct sp_keys *k)
{
    uint32_t mask = 0;
    for (size_t i = 0; i < k->count; i++)
        if (k->keys[i] < 32)
            mask |= UINT32_C(1) << k->keys[i];
    return mask;
}
