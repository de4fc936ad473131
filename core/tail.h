/* core/tail.h - the last lines of a text, to show why something ended. One thread at a time. */
#ifndef SP_TAIL_H
#define SP_TAIL_H

#include <stddef.h>

#include <jansson.h>

enum {
    SP_TAIL_BYTES = 2048, /**< what is kept */
    SP_TAIL_LINES = 10,   /**< the most lines that are given back */
};

/** The end of a text. {0} is empty. */
struct sp_tail {
    char bytes[SP_TAIL_BYTES];
    size_t len;
};

/** Adds to it; the oldest bytes go. */
void sp_tail_add(struct sp_tail *tail, const void *data, size_t len);

/** Forgets it. */
void sp_tail_clear(struct sp_tail *tail);

/** The last lines as an array of JSON strings: at most SP_TAIL_LINES, without line ends and without
 *  empty ones at the end, without a first one that may be cut (unless it is the only one), and with
 *  a '?' for each byte of what is no UTF-8 or a control character.
 *  @return a new reference; NULL: no memory */
json_t *sp_tail_lines(const struct sp_tail *tail);

#endif
