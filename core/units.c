/* core/units.c - durations and sizes as people write them: a whole number and its unit. */
#include "core/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

struct unit {
    const char *name;
    uint64_t factor;
    const char *mistakes[6]; /* what people write for it, to tell them the right one */
};

/* What the two kinds of quantity have of their own. */
struct quantity {
    const char *noun; /* "duration" */
    const char *examples;
    const struct unit *units;
    size_t unit_count;
    const char *likely; /* the unit that is proposed for a bare number */
};

static const struct unit duration_units[] = {
    {"ms", 1, {"msec", "msecs", "millisecond", "milliseconds"}},
    {"s", 1000, {"sec", "secs", "second", "seconds"}},
    {"m", 60 * 1000, {"min", "mins", "minute", "minutes"}},
    {"h", 60 * 60 * 1000, {"hr", "hrs", "hour", "hours"}},
    {"d", 24 * 60 * 60 * 1000, {"day", "days"}},
};

static const struct unit size_units[] = {
    {"B", 1, {"byte", "bytes"}},
    {"KiB", UINT64_C(1) << 10, {"K", "KB"}},
    {"MiB", UINT64_C(1) << 20, {"M", "MB"}},
    {"GiB", UINT64_C(1) << 30, {"G", "GB"}},
    {"TiB", UINT64_C(1) << 40, {"T", "TB"}},
};

/* What is proposed for a wrong one comes first, so each short form stands before the long one. */
static const struct unit short_size_units[] = {
    {"B", 1, {"byte", "bytes"}},
    {"k", UINT64_C(1) << 10, {"KB"}},
    {"m", UINT64_C(1) << 20, {"MB"}},
    {"g", UINT64_C(1) << 30, {"GB"}},
    {"K", UINT64_C(1) << 10, {0}},
    {"M", UINT64_C(1) << 20, {0}},
    {"G", UINT64_C(1) << 30, {0}},
    {"KiB", UINT64_C(1) << 10, {0}},
    {"MiB", UINT64_C(1) << 20, {0}},
    {"GiB", UINT64_C(1) << 30, {0}},
    {"TiB", UINT64_C(1) << 40, {"T", "TB"}},
};

static const struct quantity duration = {
    .noun = "duration",
    .examples = "500ms, 2s, 5m, 1h, 1d",
    .units = duration_units,
    .unit_count = sizeof duration_units / sizeof *duration_units,
    .likely = "s",
};

static const struct quantity size = {
    .noun = "size",
    .examples = "512B, 64KiB, 1MiB, 10GiB",
    .units = size_units,
    .unit_count = sizeof size_units / sizeof *size_units,
    .likely = "KiB",
};

static const struct quantity short_size = {
    .noun = "size",
    .examples = "64k, 1m, 2g, 64KiB, 1MiB",
    .units = short_size_units,
    .unit_count = sizeof short_size_units / sizeof *short_size_units,
    .likely = "k",
};

static const struct unit *find_exact(const struct quantity *q, const char *name)
{
    for (size_t i = 0; i < q->unit_count; i++) {
        if (strcmp(q->units[i].name, name) == 0)
            return &q->units[i];
    }
    return NULL;
}

static bool means(const struct unit *unit, const char *written)
{
    if (sp_text_same(unit->name, written))
        return true;
    for (size_t i = 0; unit->mistakes[i] != NULL; i++) {
        if (sp_text_same(unit->mistakes[i], written))
            return true;
    }
    return false;
}

/* The unit that was meant by a wrong one: 2sec, 64kb, 1 MiB. NULL when that can't be told. */
static const struct unit *find_meant(const struct quantity *q, const char *written)
{
    written += strspn(written, " \t");
    for (size_t i = 0; i < q->unit_count; i++) {
        if (means(&q->units[i], written))
            return &q->units[i];
    }
    return NULL;
}

static sp_status refuse_unit(const struct quantity *q, const char *text, int digits,
                             struct sp_error *err)
{
    const char *written = text + digits;
    if (*written == 0)
        return sp_fail(err, SP_EINVAL, 0, "%s is a %s without a unit: write %s%s? (%s)", text,
                       q->noun, text, q->likely, q->examples);
    const struct unit *meant = find_meant(q, written);
    if (meant == NULL)
        return sp_fail(err, SP_EINVAL, 0, "%s has an unknown unit: a %s is written as %s", text,
                       q->noun, q->examples);
    return sp_fail(err, SP_EINVAL, 0, "%s has an unknown unit: write %.*s%s? (%s)", text, digits,
                   text, meant->name, q->examples);
}

static sp_status parse(const struct quantity *q, const char *text, uint64_t *out,
                       struct sp_error *err)
{
    if (strcmp(text, "0") == 0) {
        *out = 0; /* the same in every unit */
        return SP_OK;
    }
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || text[digits] == '.' || text[digits] == ',')
        return sp_fail(err, SP_EINVAL, 0,
                       "\"%s\" is no %s: write a whole number and its unit, as in %s", text,
                       q->noun, q->examples);
    const struct unit *unit = find_exact(q, text + digits);
    if (unit == NULL)
        return refuse_unit(q, text, (int)digits, err);
    uint64_t number = 0;
    for (size_t i = 0; i < digits; i++) {
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (number > (UINT64_MAX / unit->factor - digit) / 10)
            return sp_fail(err, SP_ETOOBIG, 0, "%s is too large for a %s", text, q->noun);
        number = number * 10 + digit;
    }
    *out = number * unit->factor;
    return SP_OK;
}

sp_status sp_duration_parse(const char *text, uint64_t *ms, struct sp_error *err)
{
    return parse(&duration, text, ms, err);
}

sp_status sp_size_parse(const char *text, uint64_t *bytes, struct sp_error *err)
{
    return parse(&size, text, bytes, err);
}

sp_status sp_size_parse_short(const char *text, uint64_t *bytes, struct sp_error *err)
{
    return parse(&short_size, text, bytes, err);
}

static void print(const struct quantity *q, uint64_t value, char text[SP_UNITS_MAX])
{
    const struct unit *unit = &q->units[0];
    for (size_t i = 1; value > 0 && i < q->unit_count; i++)
        if (value % q->units[i].factor == 0)
            unit = &q->units[i];
    snprintf(text, SP_UNITS_MAX, "%" PRIu64 "%s", value / unit->factor, unit->name);
}

void sp_duration_print(uint64_t ms, char text[SP_UNITS_MAX])
{
    print(&duration, ms, text);
}

void sp_size_print(uint64_t bytes, char text[SP_UNITS_MAX])
{
    print(&size, bytes, text);
}
