/* tests/fuzz/fuzz_units.c - durations and sizes, against an arithmetic of digits.
 *
 * Input: the text. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/units.h"
#include "tests/fuzz/fuzz.h"

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit durations[] = {{"ms", 1},      {"s", 1000},     {"m", 60000},
                                        {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
static const struct unit sizes[] = {{"B", 1},         {"KiB", 1 << 10},           {"MiB", 1 << 20},
                                    {"GiB", 1 << 30}, {"TiB", UINT64_C(1) << 40}, {NULL, 0}};
static const struct unit short_sizes[] = {{"B", 1},
                                          {"KiB", 1 << 10},
                                          {"MiB", 1 << 20},
                                          {"GiB", 1 << 30},
                                          {"k", 1 << 10},
                                          {"K", 1 << 10},
                                          {"m", 1 << 20},
                                          {"M", 1 << 20},
                                          {"g", 1 << 30},
                                          {"G", 1 << 30},
                                          {"TiB", UINT64_C(1) << 40},
                                          {NULL, 0}};

/* The unit of a text that is digits and a unit of the table; NULL: it is none. */
static const struct unit *unit_of(const struct unit *units, const char *text, size_t digits)
{
    while (digits > 0 && units->name != NULL) {
        if (strcmp(units->name, text + digits) == 0)
            return units;
        units++;
    }
    return NULL;
}

/* Compares two numbers in digits without zeros in front. */
static int compare(const char *a, size_t a_len, const char *b)
{
    size_t b_len = strlen(b);
    if (a_len != b_len)
        return a_len < b_len ? -1 : 1;
    return memcmp(a, b, a_len);
}

static void check(const struct unit *units, const char *text, sp_status status, uint64_t value,
                  const struct sp_error *err)
{
    char digits[24];
    size_t count = strspn(text, "0123456789");
    const struct unit *unit = unit_of(units, text, count);
    if (status != SP_OK) {
        FUZZ_CHECK(status == SP_EINVAL || status == SP_ETOOBIG);
        FUZZ_CHECK(value == 77);
        fuzz_check_error(err, status);
    }
    if (strcmp(text, "0") == 0) {
        FUZZ_CHECK(status == SP_OK && value == 0);
        return;
    }
    FUZZ_CHECK((status == SP_EINVAL) == (unit == NULL));
    if (unit == NULL)
        return;
    size_t zeros = strspn(text, "0");
    zeros = zeros == count ? count - 1 : zeros;
    snprintf(digits, sizeof digits, "%" PRIu64, UINT64_MAX / unit->factor);
    FUZZ_CHECK((status == SP_ETOOBIG) == (compare(text + zeros, count - zeros, digits) > 0));
    if (status != SP_OK)
        return;
    snprintf(digits, sizeof digits, "%" PRIu64, value / unit->factor);
    FUZZ_CHECK(value % unit->factor == 0);
    FUZZ_CHECK(compare(text + zeros, count - zeros, digits) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    char *text = fuzz_text(&in);
    struct sp_error err = {0};
    uint64_t value = 77;
    sp_status status = sp_duration_parse(text, &value, &err);
    check(durations, text, status, value, &err);
    value = 77;
    status = sp_size_parse(text, &value, &err);
    check(sizes, text, status, value, &err);
    value = 77;
    status = sp_size_parse_short(text, &value, &err);
    check(short_sizes, text, status, value, &err);
    free(text);
    return 0;
}
