/* core/line.h - bytes of a control connection in, whole lines out. One thread at a time. */
#ifndef SP_LINE_H
#define SP_LINE_H

#include <stdbool.h>

#include "core/buffer.h"
#include "core/error.h"

/** The longest line of a control connection, in bytes, without its LF. */
enum { SP_LINE_MAX = 65536 };

/** What has come and was not yet taken. {0} is empty. */
struct sp_line_reader {
    struct sp_buffer pending; /**< owned */
    size_t taken;             /**< bytes of pending already handed out */
    size_t scanned;           /**< bytes of pending known to hold no LF */
};

/**
 * Takes in bytes as they come. Lines handed out before are no longer valid.
 *
 * @param r    the reader
 * @param data len bytes, borrowed
 * @param len  any number
 * @param err  filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM
 */
SP_NODISCARD sp_status sp_line_feed(struct sp_line_reader *r, const void *data, size_t len,
                                    struct sp_error *err);

/**
 * The next whole line, without its LF and without a CR before it.
 *
 * @param r     the reader
 * @param line  a view, valid until the next call of sp_line_feed(); written on SP_OK only
 * @param err   filled on SP_ETOOBIG; may be NULL
 * @return SP_OK; SP_EEND no whole line is there yet; SP_ETOOBIG the line passes SP_LINE_MAX, and
 *         the connection can't be used any more
 */
SP_NODISCARD sp_status sp_line_next(struct sp_line_reader *r, struct sp_bytes *line,
                                    struct sp_error *err);

/** Frees what is held and empties the reader. */
void sp_line_deinit(struct sp_line_reader *r);

#endif
