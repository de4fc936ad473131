/* win32/random.h - random bits nobody can guess. Any thread. */
#ifndef W32_RANDOM_H
#define W32_RANDOM_H

#include <stdint.h>

#include "core/error.h"

/**
 * Fills memory with random bits of the system's generator.
 *
 * @param data  receives them; undefined on failure
 * @param len   in bytes
 * @param err   filled on failure; may be NULL
 * @return SP_OK, SP_EOS
 * @see https://learn.microsoft.com/windows/win32/api/ntsecapi/nf-ntsecapi-rtlgenrandom
 */
SP_NODISCARD sp_status w32_random(void *data, uint32_t len, struct sp_error *err);

#endif
