/* core/isotime.c - a moment as text. */
#include "core/isotime.h"

#include <stdio.h>
#include <string.h>

enum { DAY_MS = 86400000, DAYS_TO_1970 = 719468, DAYS_OF_ERA = 146097, YEARS_OF_ERA = 400 };

static const uint64_t last_ms = 253402300799999; /* 9999-12-31T23:59:59.999Z */

struct date {
    unsigned year, month, day;
};

/* Years that begin in March have their leap day at the end, and every 400 of them are alike. Days
 * count from 0000-03-01. */
static struct date date_of(uint64_t days)
{
    unsigned era = (unsigned)(days / DAYS_OF_ERA);
    unsigned day = (unsigned)(days % DAYS_OF_ERA);
    unsigned year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    unsigned month = (5 * day + 2) / 153; /* 0 is March */
    day -= (153 * month + 2) / 5;
    return (struct date){.year = era * YEARS_OF_ERA + year + (month >= 10),
                         .month = month < 10 ? month + 3 : month - 9,
                         .day = day + 1};
}

static uint64_t days_of(struct date d)
{
    unsigned year = d.year - (d.month <= 2);
    unsigned month = d.month > 2 ? d.month - 3 : d.month + 9;
    unsigned of_era = year % YEARS_OF_ERA;
    unsigned day = (153 * month + 2) / 5 + d.day - 1;
    return (uint64_t)(year / YEARS_OF_ERA) * DAYS_OF_ERA + of_era * 365 + of_era / 4 -
           of_era / 100 + day;
}

void sp_isotime(uint64_t unix_ms, char out[SP_ISOTIME_LEN + 1])
{
    if (unix_ms > last_ms)
        unix_ms = last_ms;
    struct date d = date_of(unix_ms / DAY_MS + DAYS_TO_1970);
    unsigned ms = (unsigned)(unix_ms % DAY_MS);
    /* The bounds are known; the compiler is told them by way of the modulo. */
    snprintf(out, SP_ISOTIME_LEN + 1, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", d.year % 10000,
             d.month % 100, d.day % 100, ms / 3600000 % 100, ms / 60000 % 60, ms / 1000 % 60,
             ms % 1000);
}

static unsigned number(const char *text, size_t digits)
{
    unsigned value = 0;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (unsigned)(text[i] - '0');
    return value;
}

bool sp_isotime_parse(const void *text, size_t len, uint64_t *unix_ms)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddZ";
    const char *t = text;
    char again[SP_ISOTIME_LEN + 1];
    if (len < SP_ISOTIME_LEN)
        return false;
    for (size_t i = 0; i < SP_ISOTIME_LEN; i++)
        if (shape[i] == 'd' ? t[i] < '0' || t[i] > '9' : t[i] != shape[i])
            return false;
    struct date d = {number(t, 4), number(t + 5, 2), number(t + 8, 2)};
    if (d.year < 1970 || d.month < 1 || d.month > 12 || d.day < 1)
        return false;
    uint64_t ms = (days_of(d) - DAYS_TO_1970) * DAY_MS + (uint64_t)number(t + 11, 2) * 3600000 +
                  (uint64_t)number(t + 14, 2) * 60000 + (uint64_t)number(t + 17, 2) * 1000 +
                  number(t + 20, 3);
    sp_isotime(ms, again); /* the 31st of February is another day there */
    if (memcmp(again, t, SP_ISOTIME_LEN) != 0)
        return false;
    *unix_ms = ms;
    return true;
}
