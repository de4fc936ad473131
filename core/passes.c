/* core/passes.c - the tokens that let a browser look at the page. */
#include "core/passes.h"

#include <stdio.h>

const char *sp_passes_give(struct sp_passes *passes, const unsigned char *random, uint64_t now_ms)
{
    size_t oldest = 0;
    for (size_t i = 1; i < SP_PASSES_MAX; i++)
        if (passes->items[i].end_ms < passes->items[oldest].end_ms)
            oldest = i;
    char *text = passes->items[oldest].text;
    for (size_t i = 0; i < SP_PASS_BYTES; i++)
        snprintf(text + 2 * i, 3, "%02x", random[i]);
    passes->items[oldest].end_ms = now_ms + SP_PASS_MS;
    return text;
}

bool sp_passes_check(const struct sp_passes *passes, struct sp_bytes text, uint64_t now_ms)
{
    const unsigned char *bytes = text.data;
    bool good = false;
    if (text.len != SP_PASS_TEXT)
        return false;
    for (size_t i = 0; i < SP_PASSES_MAX; i++) {
        unsigned different = 0;
        for (size_t k = 0; k < SP_PASS_TEXT; k++)
            different |= bytes[k] ^ (unsigned char)passes->items[i].text[k];
        good |= different == 0 && now_ms < passes->items[i].end_ms;
    }
    return good;
}
