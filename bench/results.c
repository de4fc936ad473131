/* bench/results.c - what is measured, of whom, and what came out. */
#include "bench/results.h"

#include <stdio.h>
#include <string.h>

#define BIT(contestant) (1u << (contestant))
#define LIMITS          (BIT(BENCH_LIMIT_64) | BIT(BENCH_LIMIT_256) | BIT(BENCH_LIMIT_1024))
#define PRODUCT         (BIT(BENCH_RELAY) | BIT(BENCH_DIRECT) | BIT(BENCH_HANDOFF))
#define ALL             (LIMITS | PRODUCT | BIT(BENCH_NODE))
/* A buffer's size makes no difference to 1 MiB, let alone to a byte: one LIMIT is enough. 200
 * clients of NODE alive at once take more memory than many machines have. */
#define CROWD     (BIT(BENCH_LIMIT_256) | PRODUCT | BIT(BENCH_NODE))
#define STARTERS  (BIT(BENCH_LIMIT_256) | BIT(BENCH_RELAY) | BIT(BENCH_DIRECT) | BIT(BENCH_CONSOLE))
#define GATHERERS (BIT(BENCH_LIMIT_256) | PRODUCT | BIT(BENCH_CONSOLE))

const struct bench_figure_info bench_figures[BENCH_FIGURES] = {
    {"upload", BENCH_TRANSFERS, BENCH_US, true, true, ALL},
    {"download", BENCH_TRANSFERS, BENCH_US, true, true, ALL},
    {"echo", BENCH_TRANSFERS, BENCH_US, true, true, ALL},
    {"trip_1_p50", BENCH_TRIPS, BENCH_US, true, false, ALL},
    {"trip_1_p99", BENCH_TRIPS, BENCH_US, true, false, ALL},
    {"trip_100_p50", BENCH_TRIPS, BENCH_US, true, false, ALL},
    {"trip_100_p99", BENCH_TRIPS, BENCH_US, true, false, ALL},
    {"first_byte", BENCH_START, BENCH_US, true, false, ALL | BIT(BENCH_WARM)},
    {"crowd_few", BENCH_CROWD, BENCH_US, true, false, ALL},
    {"crowd_many", BENCH_CROWD, BENCH_US, true, false, CROWD},
    {"gather", BENCH_CROWD, BENCH_US, true, false, GATHERERS},
    {"workers", BENCH_CROWD, BENCH_US, true, false, STARTERS},
    {"memory_before", BENCH_CROWD, BENCH_BYTES, false, false, PRODUCT},
    {"memory_attached", BENCH_CROWD, BENCH_BYTES, false, false, PRODUCT},
    {"memory_peak", BENCH_CROWD, BENCH_BYTES, false, false, PRODUCT},
    {"private_before", BENCH_CROWD, BENCH_BYTES, false, false, PRODUCT},
    {"private_attached", BENCH_CROWD, BENCH_BYTES, false, false, PRODUCT},
    {"threads_before", BENCH_CROWD, BENCH_COUNT, false, false, PRODUCT},
    {"threads_peak", BENCH_CROWD, BENCH_COUNT, false, false, PRODUCT},
    {"idle_attach", BENCH_IDLE, BENCH_US, false, false, BIT(BENCH_RELAY)},
    {"idle_private", BENCH_IDLE, BENCH_BYTES, false, false, BIT(BENCH_RELAY)},
    {"idle_working_set", BENCH_IDLE, BENCH_BYTES, false, false, BIT(BENCH_RELAY)},
    {"idle_threads", BENCH_IDLE, BENCH_COUNT, false, false, BIT(BENCH_RELAY)},
    {"flat_time", BENCH_FLAT, BENCH_US, false, false, BIT(BENCH_RELAY)},
    {"flat_memory_least", BENCH_FLAT, BENCH_BYTES, false, false, BIT(BENCH_RELAY)},
    {"flat_memory_most", BENCH_FLAT, BENCH_BYTES, false, false, BIT(BENCH_RELAY)},
};

const struct bench_contestant_info bench_contestants[BENCH_CONTESTANTS] = {
    {"LIMIT, 64 KiB", "limit", 64 << 10, NULL},
    {"LIMIT, 256 KiB", "limit", 256 << 10, NULL},
    {"LIMIT, 1 MiB", "limit", 1 << 20, NULL},
    {"relay", "relay", 0, "relay"},
    {"direct", "direct", 0, "direct"},
    {"handoff", "handoff", 0, "handoff"},
    {"relay, warm", "warm", 0, "relay"},
    {"direct, console", "console", 0, "direct"},
    {"NODE", "node", 0, NULL},
};

const char *const bench_group_keys[BENCH_GROUPS] = {"transfers", "trips", "start",
                                                    "crowd",     "idle",  "flat"};

/* ------------------------------------------------------------------ words */

/* %zu stands for how many. */
static const char *const titles[BENCH_FIGURES] = {
    "upload",
    "download",
    "echo",
    "round trip, 1 byte",
    "round trip, 1 byte, p99",
    "round trip, 100 bytes",
    "round trip, 100 bytes, p99",
    "first byte",
    "%zu sessions at once",
    "%zu sessions at once",
    "%zu clients at once, first bytes",
    "%zu workers at once, first bytes",
    "working set, nobody attached",
    "working set, %zu attached, idle",
    "working set, %zu at once, most",
    "private bytes, nobody attached",
    "private bytes, %zu attached, idle",
    "threads, nobody attached",
    "threads, %zu at once, most",
    "%zu idle sessions, attaching",
    "an idle session, private bytes",
    "an idle session, working set",
    "threads, %zu idle sessions",
    "%zu MiB through one session",
    "working set meanwhile, least",
    "working set meanwhile, most",
};

size_t bench_crowd_of(const struct bench_results *r, enum bench_figure figure)
{
    return figure == BENCH_CROWD_FEW ? (r->crowd + 3) / 4 : r->crowd;
}

struct bench_title bench_figure_title(const struct bench_results *r, enum bench_figure figure)
{
    struct bench_title title = {{0}};
    const char *text = titles[figure], *number = strstr(text, "%zu");
    size_t count = bench_figures[figure].group == BENCH_IDLE   ? r->idle
                   : bench_figures[figure].group == BENCH_FLAT ? (size_t)(r->flat_bytes >> 20)
                                                               : bench_crowd_of(r, figure);
    if (number == NULL)
        snprintf(title.text, sizeof title.text, "%s", text);
    else
        snprintf(title.text, sizeof title.text, "%.*s%zu%s", (int)(number - text), text, count,
                 number + 3);
    return title;
}

struct bench_title bench_value_text(enum bench_unit unit, uint64_t value)
{
    struct bench_title title = {{0}};
    size_t size = sizeof title.text;
    double x = (double)value;
    if (unit == BENCH_COUNT)
        snprintf(title.text, size, "%llu", (unsigned long long)value);
    else if (unit == BENCH_BYTES && value < 1u << 20)
        snprintf(title.text, size, "%.1f KiB", x / 1024);
    else if (unit == BENCH_BYTES)
        snprintf(title.text, size, "%.1f MiB", x / (1 << 20));
    else if (value < 10000)
        snprintf(title.text, size, "%llu us", (unsigned long long)value);
    else if (value < 1000000)
        snprintf(title.text, size, "%.0f ms", x / 1e3);
    else
        snprintf(title.text, size, "%.2f s", x / 1e6);
    return title;
}

/* ------------------------------------------------------------------ who, and how fast */

bool bench_takes_part(const struct bench_results *r, enum bench_figure figure,
                      enum bench_contestant contestant)
{
    return (r->groups >> bench_figures[figure].group & 1) != 0 &&
           (bench_figures[figure].contestants & r->contestants & BIT(contestant)) != 0;
}

bool bench_measured(const struct bench_results *r, enum bench_figure figure,
                    enum bench_contestant contestant)
{
    return r->samples[figure][contestant].count > 0;
}

enum bench_contestant bench_best_limit(const struct bench_results *r, enum bench_figure figure)
{
    enum bench_contestant best = BENCH_LIMIT_64;
    uint64_t least = UINT64_MAX;
    for (int i = BENCH_LIMIT_64; i <= BENCH_LIMIT_1024; i++) {
        uint64_t median = bench_samples_median(&r->samples[figure][i]);
        if (r->samples[figure][i].count == 0 || median >= least)
            continue;
        least = median;
        best = (enum bench_contestant)i;
    }
    return best;
}

bool bench_shown(const struct bench_results *r, enum bench_figure figure,
                 enum bench_contestant contestant)
{
    return bench_measured(r, figure, contestant) &&
           (bench_contestants[contestant].limit_bytes == 0 ||
            contestant == bench_best_limit(r, figure));
}

double bench_to_limit(const struct bench_results *r, enum bench_figure figure, uint64_t value)
{
    uint64_t limit = bench_samples_median(&r->samples[figure][bench_best_limit(r, figure)]);
    return limit == 0 ? 0 : (double)value / (double)limit;
}

/* ------------------------------------------------------------------ lists of words */

/* The words there are, each once. */
static void list_words(const char *const *keys, size_t count, char *text, size_t size)
{
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count && len < size; i++)
        if (keys[i] != NULL && (i == 0 || keys[i - 1] == NULL || strcmp(keys[i], keys[i - 1]) != 0))
            len += (size_t)snprintf(text + len, size - len, "%s%s", len == 0 ? "" : ", ", keys[i]);
}

sp_status bench_read_list(const char *text, const char *const *keys, size_t count, uint32_t *bits,
                          struct sp_error *err)
{
    uint32_t found = 0;
    for (const char *word = text;;) {
        size_t len = strcspn(word, ",");
        uint32_t before = found;
        for (size_t i = 0; i < count; i++)
            if (keys[i] != NULL && strlen(keys[i]) == len && memcmp(keys[i], word, len) == 0)
                found |= 1u << i;
        if (found == before) {
            char words[200];
            list_words(keys, count, words, sizeof words);
            return sp_fail(err, SP_EINVAL, 0,
                           "'%.*s' is none of %s, each at most once, "
                           "separated by commas",
                           (int)len, word, words);
        }
        if (word[len] == '\0')
            break;
        word += len + 1;
    }
    *bits = found;
    return SP_OK;
}
