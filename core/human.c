/* core/human.c - quantities as people read them in a table. */
#include "core/human.h"

#include <stdio.h>

void sp_human_size(double bytes, char text[SP_HUMAN_MAX])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    size_t unit = 0;
    double value = bytes > 0 ? bytes : 0;
    /* 1023.96 KiB would be printed as 1024.0. */
    for (; value >= (unit == 0 ? 1023.5 : 1023.95) && unit + 1 < sizeof units / sizeof *units;
         unit++)
        value /= 1024;
    snprintf(text, SP_HUMAN_MAX, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

void sp_human_age(int64_t seconds, char text[SP_HUMAN_MAX])
{
    long long s = seconds < 0 ? 0 : seconds;
    if (s < 120)
        snprintf(text, SP_HUMAN_MAX, "%lld s", s);
    else if (s < 7200)
        snprintf(text, SP_HUMAN_MAX, "%lld min", s / 60);
    else if (s < 172800)
        snprintf(text, SP_HUMAN_MAX, "%lld h", s / 3600);
    else
        snprintf(text, SP_HUMAN_MAX, "%lld d", s / 86400);
}
