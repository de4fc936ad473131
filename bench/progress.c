/* bench/progress.c - how far a run is, on stderr. */
#include "bench/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "win32/clock.h"
#include "win32/console.h"

enum { LINE = 78 };

static struct {
    bool terminal;
    size_t step, steps;
    uint64_t begun_us;
    char last[96]; /* what was printed last where it is no terminal */
} progress;

void bench_progress_begin(size_t steps)
{
    memset(&progress, 0, sizeof progress);
    progress.terminal = w32_stream_kind(W32_STDERR) == W32_STREAM_TERMINAL;
    progress.steps = steps;
    progress.begun_us = w32_clock_us();
}

static void in_place(const char *text)
{
    w32_printf(W32_STDERR, "\r%-*.*s", LINE, LINE, text);
}

void bench_progress_step(size_t round, size_t rounds, const char *figure, const char *contestant)
{
    char text[160];
    progress.step++;
    snprintf(text, sizeof text, "round %zu of %zu: %s", round, rounds, figure);
    if (progress.terminal) {
        size_t len = strlen(text);
        uint64_t seconds = (w32_clock_us() - progress.begun_us) / 1000000;
        snprintf(text + len, sizeof text - len, ", %s (step %zu of %zu, %llu min %02llu s)",
                 contestant, progress.step, progress.steps, (unsigned long long)(seconds / 60),
                 (unsigned long long)(seconds % 60));
        in_place(text);
    } else if (strcmp(text, progress.last) != 0) {
        snprintf(progress.last, sizeof progress.last, "%s", text);
        w32_printf(W32_STDERR, "%s (step %zu of %zu)\n", text, progress.step, progress.steps);
    }
}

void bench_progress_end(void)
{
    if (!progress.terminal || progress.step == 0)
        return;
    in_place("");
    w32_print(W32_STDERR, "\r", 1);
}
