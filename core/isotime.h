/* core/isotime.h - a moment as text: "2026-11-23T10:11:12.345Z". Asks no clock. Any thread. */
#ifndef SP_ISOTIME_H
#define SP_ISOTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SP_ISOTIME_LEN = 24 /**< bytes of the text, without the NUL */ };

/**
 * Writes a moment, in UTC. Texts sort as their moments do.
 *
 * @param unix_ms  milliseconds since 1970-01-01; what lies behind the year 9999 is its last moment
 * @param out      receives the text and a NUL
 */
void sp_isotime(uint64_t unix_ms, char out[SP_ISOTIME_LEN + 1]);

/**
 * Reads what sp_isotime() wrote, and nothing else.
 *
 * @param text     begins with the moment; any bytes
 * @param len      of text
 * @param unix_ms  written on success only
 * @return whether it is one
 */
bool sp_isotime_parse(const void *text, size_t len, uint64_t *unix_ms);

#endif
