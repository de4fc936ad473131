/* tests/fuzz/fuzz_text.c - what is made of texts of others before a person reads them: excerpts,
 * widths, texts without commands to a terminal, words that were probably meant.
 *
 * Input: two texts with a NUL between them. */
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "tests/fuzz/fuzz.h"

/* Character by character, by a decoder of our own. */
static void check_disarmed(const char *before, const char *after)
{
    size_t len = strlen(before);
    FUZZ_CHECK(strlen(after) == len);
    for (size_t at = 0; at < len;) {
        uint32_t code = 0;
        size_t size = fuzz_decode((const uint8_t *)before + at, len - at, &code);
        bool stays = size > 0 && code >= ' ' && (code < 0x7F || code > 0x9F);
        FUZZ_CHECK(sp_text_character(before + at, len - at) == (stays ? size : 0));
        size = stays ? size : 1;
        FUZZ_CHECK(stays ? memcmp(before + at, after + at, size) == 0 : after[at] == '?');
        at += size;
    }
}

static void disarm(const char *text)
{
    char *copy = NULL;
    FUZZ_CHECK(sp_text_copy(sp_bytes_of(text), &copy, NULL) == SP_OK);
    FUZZ_CHECK(strcmp(copy, text) == 0);
    sp_text_disarm(copy);
    check_disarmed(text, copy);
    if (*copy != 0)
        fuzz_check_text(copy);
    free(copy);
}

static void excerpt(const char *text)
{
    size_t len = strlen(text);
    struct sp_excerpt e = sp_text_excerpt(text);
    size_t shown = strlen(e.text);
    FUZZ_CHECK(shown < sizeof e.text);
    if (len < sizeof e.text) {
        FUZZ_CHECK(strcmp(e.text, text) == 0);
        return;
    }
    FUZZ_CHECK(shown >= 3 && strcmp(e.text + shown - 3, "...") == 0);
    FUZZ_CHECK(memcmp(e.text, text, shown - 3) == 0);
    if (fuzz_is_utf8(sp_bytes_of(text))) {
        FUZZ_CHECK(fuzz_is_utf8(sp_bytes_of(e.text)));
        FUZZ_CHECK(shown > sizeof e.text - 5);
    }
}

static void width(const char *text)
{
    size_t len = strlen(text), count = 0;
    FUZZ_CHECK(sp_text_width(sp_bytes_of(text)) <= len);
    if (!fuzz_is_utf8(sp_bytes_of(text)))
        return;
    uint32_t code = 0;
    for (size_t at = 0; at < len; count++)
        at += fuzz_decode((const uint8_t *)text + at, len - at, &code);
    FUZZ_CHECK(sp_text_width(sp_bytes_of(text)) == count);
}

static size_t nearest(const char *word, const char *known)
{
    struct sp_nearest n = sp_nearest_to(word);
    size_t limit = n.distance;
    sp_nearest_offer(&n, known);
    FUZZ_CHECK((n.best == NULL && n.distance == limit) ||
               (n.best == known && n.distance < limit && limit <= 4));
    return n.best == NULL ? SIZE_MAX : n.distance;
}

static void compare(const char *a, const char *b)
{
    bool same = sp_text_same(a, b);
    FUZZ_CHECK(same == sp_text_same(b, a));
    FUZZ_CHECK(same == (sp_text_begins(a, b) && sp_text_begins(b, a)));
    FUZZ_CHECK(!same || strlen(a) == strlen(b));
    FUZZ_CHECK(sp_text_same(a, a) && sp_text_begins(a, ""));
    size_t there = nearest(a, b), back = nearest(b, a);
    /* How near is near depends on the word, the distance does not. */
    FUZZ_CHECK(there == SIZE_MAX || back == SIZE_MAX || there == back);
    FUZZ_CHECK(!same || strlen(a) > 64 || there == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    char *a = fuzz_text(&in), *b = fuzz_text(&in);
    disarm(a);
    excerpt(a);
    width(a);
    compare(a, b);
    free(a);
    free(b);
    return 0;
}
