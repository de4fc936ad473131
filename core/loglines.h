/* core/loglines.h - what several sources say, made into the lines of one log. Bytes in, bytes out,
 * no clock and no file. One thread at a time.
 *
 * Each line of the log is
 *
 *   2026-11-23T10:11:12.345Z s17 stderr the text, byte for byte
 *
 * the moment it was complete, in UTC; the tag of its source; the stream; after one space the text
 * as it came, whatever bytes these are, and a line feed. Only a line feed ends a line: a carriage
 * return in front of it is part of the text.
 *
 * A line is kept until it has ended, so that lines of several sources never mix. One that is longer
 * than SP_LOGLINES_TEXT_MAX, or does not end for a while, is written in pieces, and every piece but
 * the last has a '+' behind its stream: "stderr+" says that the text goes on in the next line of
 * the same tag and stream. So what a source said can be put together again exactly: the texts, with
 * a line feed behind each that has no '+'.
 *
 * A line with the tag "-" and the stream "log" is the log's own. No source can forge one, since
 * what it says is always behind its own tag. */
#ifndef SP_LOGLINES_H
#define SP_LOGLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"
#include "core/stream.h"

enum {
    SP_LOGLINES_TAG_MAX = 23,     /**< bytes of a tag, without the NUL */
    SP_LOGLINES_TEXT_MAX = 16384, /**< bytes of a line's text; a longer one is written in pieces */
    SP_LOGLINES_LINE_MAX = SP_LOGLINES_TEXT_MAX + 64, /**< bytes of a line in all */
    SP_LOGLINES_OPEN_MAX = 32, /**< lines kept that have not ended; then the oldest is written */
};

/** A line that has not ended. */
struct sp_logline {
    char tag[SP_LOGLINES_TAG_MAX + 1];
    enum sp_stream stream;
    uint64_t since_ms;     /**< when it began */
    struct sp_buffer text; /**< owned */
};

/** The lines of a log in the making. {0} is empty; sp_loglines_deinit(). */
struct sp_loglines {
    struct sp_logline *open; /**< owned; the oldest first; NULL while there is none */
    size_t open_count;
};

/**
 * Takes bytes of a source, and writes the lines that have ended. Needs no memory to succeed: where
 * there is none a line is written in more pieces.
 *
 * @param l        the lines
 * @param unix_ms  now
 * @param tag      whose; not empty, no space, no control character; of a longer one than
 *                 SP_LOGLINES_TAG_MAX the beginning counts
 * @param stream   which of its streams
 * @param bytes    any
 * @param out      lines are appended while it has SP_LOGLINES_LINE_MAX bytes reserved
 * @return how many bytes were taken; fewer than there are when out has to be emptied first
 */
size_t sp_loglines_add(struct sp_loglines *l, uint64_t unix_ms, const char *tag,
                       enum sp_stream stream, struct sp_bytes bytes, struct sp_buffer *out);

/**
 * Writes, as pieces, the lines that have not ended for a while.
 *
 * @param l        the lines
 * @param unix_ms  now
 * @param hold_ms  how long a line may stay; 0: none does
 * @param out      as in sp_loglines_add()
 * @return false: there are more, and out has to be emptied first
 */
bool sp_loglines_expire(struct sp_loglines *l, uint64_t unix_ms, uint64_t hold_ms,
                        struct sp_buffer *out);

/**
 * Writes a line of the log's own.
 *
 * @param unix_ms  now
 * @param text     one line
 * @param out      as in sp_loglines_add()
 * @return false: out has to be emptied first
 */
bool sp_loglines_say(uint64_t unix_ms, const char *text, struct sp_buffer *out);

/** Frees all, with what was not written yet. {0} afterwards. */
void sp_loglines_deinit(struct sp_loglines *l);

#endif
