/* core/text.h - small things about C strings that more than one noun needs. Any thread. */
#ifndef SP_TEXT_H
#define SP_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/buffer.h"
#include "core/error.h"

/**
 * Copies bytes into a C string of its own.
 *
 * @param text  what to copy; must not hold a NUL
 * @param out   written on success only; the caller frees it with free()
 * @param err   filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM
 */
SP_NODISCARD sp_status sp_text_copy(struct sp_bytes text, char **out, struct sp_error *err);

/**
 * Formats into a C string of its own.
 *
 * @param out     written on success only; the caller frees it with free()
 * @param err     filled on failure; may be NULL
 * @param format  vprintf's
 * @param args    used up, as vprintf does
 * @return SP_OK, SP_ENOMEM, SP_EINVAL (what printf can't format)
 */
SP_NODISCARD sp_status sp_text_vformat(char **out, struct sp_error *err, const char *format,
                                       va_list args) SP_PRINTF(3, 0);

/**
 * Appends a text between single quotes, as YAML and PowerShell read them: nothing means anything
 * between them but a quote, which is written twice.
 *
 * @param text  without line ends, if YAML is to read it
 * @param out   on failure a part may have been appended
 * @param err   filled on failure; may be NULL
 * @return as sp_buffer_append()
 */
SP_NODISCARD sp_status sp_text_quote(const char *text, struct sp_buffer *out, struct sp_error *err);

/** Whether two C strings are the same when the case of ASCII letters is ignored. */
bool sp_text_same(const char *a, const char *b);

/** Whether a text begins with a prefix when the case of ASCII letters is ignored. */
bool sp_text_begins(const char *text, const char *prefix);

/**
 * How long the character is that a text begins with.
 *
 * @param text  any bytes
 * @param len   of them, at least 1
 * @return bytes of the UTF-8; 0: it begins with none, or with a control character (U+0000 to
 *         U+001F, U+007F to U+009F)
 */
size_t sp_text_character(const void *text, size_t len);

/** Makes each byte of a control character, or of what is no UTF-8, a '?', in place, so that a text
 *  of others is one line, can be sent on as JSON, and is never a command to a terminal. */
void sp_text_disarm(char *text);

/** The beginning of a text of any length, for a message. */
struct sp_excerpt {
    char text[64]; /**< UTF-8; ends in "..." where there was more */
};

/** The beginning of a text, cut between two characters. */
struct sp_excerpt sp_text_excerpt(const char *text);

/** How many code points a UTF-8 text has; a byte that is not UTF-8 may count as one or none. */
size_t sp_text_width(struct sp_bytes text);

/** How many bytes of a text its first characters take: as sp_text_width() counts them, and never a
 *  part of one. @param width how many at most */
size_t sp_text_cut(struct sp_bytes text, size_t width);

/** A search for the known word that somebody most likely meant: sp_nearest_to(), then
 *  sp_nearest_offer() for each known word, then look at best. */
struct sp_nearest {
    const char *word; /**< what was written; borrowed */
    const char *best; /**< the nearest known word; NULL while none is near enough to be meant */
    size_t distance;  /**< edits from word to best; while best is NULL: one more than is near */
};

/** Begins a search. @param word borrowed until the search is over */
struct sp_nearest sp_nearest_to(const char *word);

/**
 * Offers a known word. An edit is a letter added, lost, changed (its case is no change) or two
 * neighbours swapped. Of two words equally near the first one stays.
 *
 * @param n      the search
 * @param known  borrowed; is best afterwards if it is nearer than what was offered before
 */
void sp_nearest_offer(struct sp_nearest *n, const char *known);

#endif
