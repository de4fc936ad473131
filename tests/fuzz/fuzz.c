/* tests/fuzz/fuzz.c - what the fuzzers share. */
#include "tests/fuzz/fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void fuzz_fail(const char *file, int line, const char *claim)
{
    fprintf(stderr, "%s:%d: not true: %s\n", file, line, claim);
    abort();
}

void *fuzz_alloc(size_t size)
{
    void *memory = malloc(size);
    FUZZ_CHECK(memory != NULL);
    return memory;
}

uint8_t fuzz_byte(struct fuzz_input *in)
{
    if (in->len == 0)
        return 0;
    in->len--;
    return *in->data++;
}

size_t fuzz_below(struct fuzz_input *in, size_t count)
{
    size_t number = fuzz_byte(in);
    number |= (size_t)fuzz_byte(in) << 8;
    return number % count;
}

uint64_t fuzz_number(struct fuzz_input *in)
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number |= (uint64_t)fuzz_byte(in) << (8 * i);
    return number;
}

bool fuzz_is_rare(const struct fuzz_input *in)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < in->len; i++)
        hash = (hash ^ in->data[i]) * 16777619u;
    return hash % 32 == 0;
}

struct sp_bytes fuzz_bytes(struct fuzz_input *in, size_t max)
{
    size_t len = in->len < max ? in->len : max;
    void *copy = fuzz_alloc(len);
    if (len > 0)
        memcpy(copy, in->data, len);
    in->data += len;
    in->len -= len;
    return (struct sp_bytes){copy, len};
}

char *fuzz_text(struct fuzz_input *in)
{
    const uint8_t *end = in->len == 0 ? NULL : memchr(in->data, 0, in->len);
    size_t len = end == NULL ? in->len : (size_t)(end - in->data);
    char *text = fuzz_alloc(len + 1);
    if (len > 0)
        memcpy(text, in->data, len);
    text[len] = 0;
    in->data += end == NULL ? len : len + 1;
    in->len -= end == NULL ? len : len + 1;
    return text;
}

struct fuzz_argv fuzz_argv(struct fuzz_input *in, size_t max)
{
    struct fuzz_argv argv = {.texts = fuzz_alloc(max * sizeof *argv.texts)};
    do
        argv.texts[argv.count++] = fuzz_text(in);
    while (in->len > 0 && argv.count < max);
    return argv;
}

void fuzz_argv_free(struct fuzz_argv *argv)
{
    for (size_t i = 0; i < argv->count; i++)
        free(argv->texts[i]);
    free(argv->texts);
    *argv = (struct fuzz_argv){0};
}

const char *const *fuzz_argv_of(const struct fuzz_argv *argv)
{
    return (const char *const *)argv->texts;
}

bool fuzz_argv_is_utf8(const struct fuzz_argv *argv)
{
    for (size_t i = 0; i < argv->count; i++)
        if (!fuzz_is_utf8(sp_bytes_of(argv->texts[i])))
            return false;
    return true;
}

uint32_t fuzz_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* Table 3-7 of the Unicode standard: well-formed UTF-8 byte sequences. */
static const struct sequence {
    uint8_t first_min, first_max, second_min, second_max;
    size_t size;
} sequences[] = {
    {0x00, 0x7F, 0x00, 0x00, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

static const struct sequence *sequence_of(uint8_t first)
{
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
        if (first >= sequences[i].first_min && first <= sequences[i].first_max)
            return &sequences[i];
    return NULL;
}

size_t fuzz_decode(const uint8_t *text, size_t len, uint32_t *code)
{
    const struct sequence *s = sequence_of(text[0]);
    if (s == NULL || s->size > len)
        return 0;
    uint32_t value = s->size == 1 ? text[0] : text[0] & (0xFFu >> (s->size + 1));
    for (size_t i = 1; i < s->size; i++) {
        uint8_t min = i == 1 ? s->second_min : 0x80;
        uint8_t max = i == 1 ? s->second_max : 0xBF;
        if (text[i] < min || text[i] > max)
            return 0;
        value = value << 6 | (text[i] & 0x3Fu);
    }
    *code = value;
    return s->size;
}

bool fuzz_is_utf8(struct sp_bytes bytes)
{
    const uint8_t *data = bytes.data;
    uint32_t code = 0;
    for (size_t at = 0, size = 0; at < bytes.len; at += size) {
        size = fuzz_decode(data + at, bytes.len - at, &code);
        if (size == 0)
            return false;
    }
    return true;
}

void fuzz_check_line(const char *text)
{
    FUZZ_CHECK(*text != 0);
    for (const uint8_t *p = (const uint8_t *)text; *p != 0; p++) {
        FUZZ_CHECK(*p >= ' ' && *p != 0x7F);
        FUZZ_CHECK(p[0] != 0xC2 || p[1] < 0x80 || p[1] > 0x9F);
    }
}

void fuzz_check_text(const char *text)
{
    fuzz_check_line(text);
    FUZZ_CHECK(fuzz_is_utf8(sp_bytes_of(text)));
}

void fuzz_check_error(const struct sp_error *err, sp_status status)
{
    FUZZ_CHECK(status != SP_OK);
    FUZZ_CHECK(err->status == status);
    FUZZ_CHECK(memchr(err->what, 0, sizeof err->what) != NULL);
    fuzz_check_text(err->what);
}

void fuzz_put_yaml(struct sp_buffer *out, const char *text)
{
    size_t len = strlen(text);
    uint32_t code = 0;
    fuzz_printf(out, "\"");
    for (size_t at = 0, size = 0; at < len; at += size) {
        size = fuzz_decode((const uint8_t *)text + at, len - at, &code);
        FUZZ_CHECK(size > 0);
        if (code >= ' ' && code < 0x7F && code != '"' && code != '\\')
            fuzz_printf(out, "%c", (char)code);
        else
            fuzz_printf(out, "\\U%08x", (unsigned)code);
    }
    fuzz_printf(out, "\"");
}

void fuzz_printf(struct sp_buffer *out, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    FUZZ_CHECK(len >= 0 && (size_t)len < sizeof text);
    FUZZ_CHECK(sp_buffer_append(out, text, (size_t)len, NULL) == SP_OK);
}
