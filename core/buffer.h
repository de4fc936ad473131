/* core/buffer.h - bytes: a view that owns nothing, and a growing buffer that has a ceiling. */
#ifndef SP_BUFFER_H
#define SP_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

/** A view of bytes owned by somebody else. {0} is empty. */
struct sp_bytes {
    const void *data;
    size_t len;
};

/** A growing buffer. {.max = N} is an empty one with a ceiling of N bytes; {0} has none. */
struct sp_buffer {
    unsigned char *data; /**< owned; NULL while nothing was ever reserved */
    size_t len;          /**< bytes in use */
    size_t cap;          /**< bytes reserved */
    size_t max;          /**< ceiling for len; 0 is no ceiling but memory */
};

/** A view of a C string without its NUL. @param text may be NULL: empty. */
struct sp_bytes sp_bytes_of(const char *text);

/**
 * Makes room for more bytes behind len.
 *
 * @param b     the buffer
 * @param more  how many
 * @param err   filled on failure; may be NULL
 * @return SP_OK, SP_ETOOBIG (the ceiling), SP_ENOMEM; on failure *b is unchanged
 */
SP_NODISCARD sp_status sp_buffer_reserve(struct sp_buffer *b, size_t more, struct sp_error *err);

/** Appends bytes; all or none. Same errors as sp_buffer_reserve(). */
SP_NODISCARD sp_status sp_buffer_append(struct sp_buffer *b, const void *data, size_t len,
                                        struct sp_error *err);

/** Appends a formatted text without its NUL; all or none. Same errors as sp_buffer_reserve(). */
SP_NODISCARD sp_status sp_buffer_printf(struct sp_buffer *b, struct sp_error *err,
                                        const char *format, ...) SP_PRINTF(3, 4);

/** Drops len bytes from the front; what is behind them moves up. @param len at most b->len */
void sp_buffer_consume(struct sp_buffer *b, size_t len);

/** Frees the memory; *b is empty afterwards and keeps its ceiling. */
void sp_buffer_deinit(struct sp_buffer *b);

#endif
