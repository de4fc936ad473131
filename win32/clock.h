/* win32/clock.h - a clock to measure with, and the one on the wall. Any thread. */
#ifndef W32_CLOCK_H
#define W32_CLOCK_H

#include <stdint.h>

/** Microseconds since some moment; never goes back. */
uint64_t w32_clock_us(void);

/** Milliseconds since 1970-01-01 UTC, by the system's clock: it can be set, and go back. */
uint64_t w32_unix_ms(void);

/** The same of the two halves of a FILETIME. @param high dwHighDateTime @param low dwLowDateTime */
uint64_t w32_unix_ms_of(uint32_t high, uint32_t low);

#endif
