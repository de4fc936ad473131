/* win32/clock.c - a clock to measure with, and the one on the wall. */
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

uint64_t w32_unix_ms_of(uint32_t high, uint32_t low)
{
    enum { TICKS_A_MS = 10000 }; /* a tick is 100 ns, counted from 1601-01-01 */
    static const uint64_t ticks_to_1970 = 116444736000000000;
    uint64_t ticks = (uint64_t)high << 32 | low;
    return ticks < ticks_to_1970 ? 0 : (ticks - ticks_to_1970) / TICKS_A_MS;
}

uint64_t w32_unix_ms(void)
{
    FILETIME now;
    GetSystemTimePreciseAsFileTime(&now);
    return w32_unix_ms_of(now.dwHighDateTime, now.dwLowDateTime);
}
