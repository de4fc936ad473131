/* win32/clock.h - a clock to measure with. Any thread. */
#ifndef W32_CLOCK_H
#define W32_CLOCK_H

#include <stdint.h>

/** Microseconds since some moment; never goes back. */
uint64_t w32_clock_us(void);

#endif
