/* win32/clock.c - a clock to measure with. */
#include "win32/clock.h"

#include <windows.h>

uint64_t w32_clock_us(void)
{
    LARGE_INTEGER frequency, now;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&now);
    uint64_t ticks = (uint64_t)now.QuadPart, a_second = (uint64_t)frequency.QuadPart;
    return ticks / a_second * 1000000 + ticks % a_second * 1000000 / a_second;
}
