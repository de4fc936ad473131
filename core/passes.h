/* core/passes.h - the tokens that let a browser look at the page: a few, each for a time. The
 * caller locks. */
#ifndef SP_PASSES_H
#define SP_PASSES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buffer.h"

enum {
    SP_PASS_BYTES = 16,               /**< random ones of a token */
    SP_PASS_TEXT = 2 * SP_PASS_BYTES, /**< of its text: lower case hexadecimal */
    SP_PASS_MS = 12 * 60 * 60 * 1000, /**< how long one is good */
    SP_PASSES_MAX = 8,                /**< of one more, the one that ends first goes */
};

/** The tokens. {0} is none. */
struct sp_passes {
    struct {
        char text[SP_PASS_TEXT + 1];
        uint64_t end_ms; /**< 0: none */
    } items[SP_PASSES_MAX];
};

/**
 * Makes a token good from now on.
 *
 * @param random  SP_PASS_BYTES that nobody can guess
 * @param now_ms  of a clock that never goes back
 * @return its text, borrowed until the next call
 */
const char *sp_passes_give(struct sp_passes *passes, const unsigned char *random, uint64_t now_ms);

/** Whether a text is a token that is good now. How long it takes says nothing of how much of it is
 *  right. @param text any bytes */
bool sp_passes_check(const struct sp_passes *passes, struct sp_bytes text, uint64_t now_ms);

#endif
