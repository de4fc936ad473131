/* core/units.h - durations and sizes as people write them: a whole number and its unit. Only 0
 * needs none. Any thread. */
#ifndef SP_UNITS_H
#define SP_UNITS_H

#include <stdint.h>

#include "core/error.h"

/**
 * Reads a duration: `500ms`, `2s`, `5m`, `1h`, `1d`. A number without a unit is refused: whoever
 * writes `drain: 5` means seconds to one reader and milliseconds to the next.
 *
 * @param text  a C string
 * @param ms    milliseconds; written on success only
 * @param err   filled on failure, saying what would be right; may be NULL
 * @return SP_OK, SP_EINVAL, SP_ETOOBIG (more than 64 bits of milliseconds)
 */
SP_NODISCARD sp_status sp_duration_parse(const char *text, uint64_t *ms, struct sp_error *err);

/**
 * Reads a size: `512B`, `64KiB`, `1MiB`, `10GiB`, `1TiB`. A number without a unit is refused, and
 * so is KB, which is 1000 bytes to some and 1024 to others.
 *
 * @param text   a C string
 * @param bytes  written on success only
 * @param err    filled on failure, saying what would be right; may be NULL
 * @return SP_OK, SP_EINVAL, SP_ETOOBIG (more than 64 bits of bytes)
 */
SP_NODISCARD sp_status sp_size_parse(const char *text, uint64_t *bytes, struct sp_error *err);

/**
 * Reads a size as people type it on a command line: whatever sp_size_parse() reads, and also `64k`,
 * `1m`, `2g` in either case, which are KiB, MiB and GiB. KB is still refused.
 *
 * @param text   a C string
 * @param bytes  written on success only
 * @param err    filled on failure, saying what would be right; may be NULL
 * @return SP_OK, SP_EINVAL, SP_ETOOBIG (more than 64 bits of bytes)
 */
SP_NODISCARD sp_status sp_size_parse_short(const char *text, uint64_t *bytes, struct sp_error *err);

enum { SP_UNITS_MAX = 32 /**< bytes of the longest text below, with its NUL */ };

/** Writes a duration as sp_duration_parse() reads it, in the largest unit that needs no fraction.
 *  @param ms milliseconds */
void sp_duration_print(uint64_t ms, char text[SP_UNITS_MAX]);

/** Writes a size as sp_size_parse() reads it, in the largest unit that needs no fraction. */
void sp_size_print(uint64_t bytes, char text[SP_UNITS_MAX]);

#endif
