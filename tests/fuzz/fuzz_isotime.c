/* tests/fuzz/fuzz_isotime.c - moments as text: what is read is what would be written, and nothing
 * else is; texts sort as their moments do.
 *
 * Input: two moments, eight bytes each; the text. */
#include <stdlib.h>
#include <string.h>

#include "core/isotime.h"
#include "tests/fuzz/fuzz.h"

static const uint64_t last_ms = 253402300799999;

static void write_and_read(uint64_t unix_ms, char text[SP_ISOTIME_LEN + 1])
{
    uint64_t again = 77;
    sp_isotime(unix_ms, text);
    FUZZ_CHECK(strlen(text) == SP_ISOTIME_LEN);
    FUZZ_CHECK(sp_isotime_parse(text, SP_ISOTIME_LEN, &again));
    FUZZ_CHECK(again == (unix_ms < last_ms ? unix_ms : last_ms));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    char first[SP_ISOTIME_LEN + 1], second[SP_ISOTIME_LEN + 1];
    uint64_t a = fuzz_number(&in) >> 16, b = fuzz_number(&in) >> 16;
    write_and_read(a, first);
    write_and_read(b, second);
    a = a < last_ms ? a : last_ms;
    b = b < last_ms ? b : last_ms;
    int order = memcmp(first, second, SP_ISOTIME_LEN);
    FUZZ_CHECK(a < b ? order < 0 : a > b ? order > 0 : order == 0);

    struct sp_bytes text = fuzz_bytes(&in, SIZE_MAX);
    uint64_t read = 77;
    if (sp_isotime_parse(text.data, text.len, &read)) {
        FUZZ_CHECK(text.len >= SP_ISOTIME_LEN && read <= last_ms);
        sp_isotime(read, first);
        FUZZ_CHECK(memcmp(first, text.data, SP_ISOTIME_LEN) == 0);
    } else {
        FUZZ_CHECK(read == 77);
    }
    free((void *)text.data);
    return 0;
}
