/* core/text.c - small things about C strings that more than one noun needs. */
#include "core/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer words get no suggestion: what people type by mistake is short, and the rows of the
 * distance stay on the stack. */
enum { WORD_MAX = 64 };

sp_status sp_text_copy(struct sp_bytes text, char **out, struct sp_error *err)
{
    char *copy = malloc(text.len + 1);
    if (copy == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a text of %zu bytes", text.len);
    if (text.len > 0)
        memcpy(copy, text.data, text.len);
    copy[text.len] = 0;
    *out = copy;
    return SP_OK;
}

sp_status sp_text_vformat(char **out, struct sp_error *err, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (len < 0)
        return sp_fail(err, SP_EINVAL, 0, "a text can't be formatted");
    size_t size = (size_t)len + 1;
    char *text = malloc(size);
    if (text == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a text of %d bytes", len);
    vsnprintf(text, size, format, args);
    *out = text;
    return SP_OK;
}

sp_status sp_text_quote(const char *text, struct sp_buffer *out, struct sp_error *err)
{
    sp_status status = sp_buffer_append(out, "'", 1, err);
    for (const char *p = text; status == SP_OK && *p != '\0'; p++)
        status = sp_buffer_append(out, *p == '\'' ? "''" : p, *p == '\'' ? 2 : 1, err);
    return status == SP_OK ? sp_buffer_append(out, "'", 1, err) : status;
}

/* Not tolower(): that one asks the locale. */
static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

bool sp_text_begins(const char *text, const char *prefix)
{
    for (; *prefix != 0; text++, prefix++) {
        if (lower(*text) != lower(*prefix))
            return false;
    }
    return true;
}

bool sp_text_same(const char *a, const char *b)
{
    return sp_text_begins(a, b) && strlen(a) == strlen(b);
}

size_t sp_text_character(const void *text, size_t len)
{
    const unsigned char *p = text;
    if (p[0] < 0x80)
        return p[0] >= 0x20 && p[0] != 0x7F;
    size_t size = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || size > len)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    /* What is encoded longer than need be, surrogates, and what lies beyond Unicode. */
    bool wrong = (p[0] == 0xC2 && p[1] < 0xA0) || /* terminals obey U+0080 to U+009F, too */
                 (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
                 (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F);
    return wrong ? 0 : size;
}

void sp_text_disarm(char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len;) {
        size_t size = sp_text_character(text + i, len - i);
        if (size == 0)
            text[i] = '?';
        i += size == 0 ? 1 : size;
    }
}

struct sp_excerpt sp_text_excerpt(const char *text)
{
    struct sp_excerpt excerpt = {0};
    size_t len = strlen(text);
    if (len < sizeof excerpt.text) {
        memcpy(excerpt.text, text, len);
        return excerpt;
    }
    len = sizeof excerpt.text - sizeof "...";
    while (len > 0 && (text[len] & 0xC0) == 0x80)
        len--;
    memcpy(excerpt.text, text, len);
    memcpy(excerpt.text + len, "...", sizeof "...");
    return excerpt;
}

size_t sp_text_width(struct sp_bytes text)
{
    const unsigned char *bytes = text.data;
    size_t width = 0;
    for (size_t i = 0; i < text.len; i++)
        width += (bytes[i] & 0xC0) != 0x80;
    return width;
}

size_t sp_text_cut(struct sp_bytes text, size_t width)
{
    const unsigned char *bytes = text.data;
    size_t i = 0;
    for (size_t count = 0; i < text.len; i++) {
        count += (bytes[i] & 0xC0) != 0x80;
        if (count > width)
            break;
    }
    return i;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The number of edits from a to b, both at most WORD_MAX long: the "optimal string alignment"
 * distance, of which three rows are needed at a time. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t changed = last[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));
            row[j] = least(changed, least(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *free_row = before;
        before = last;
        last = row;
        row = free_row;
    }
    return last[b_len];
}

struct sp_nearest sp_nearest_to(const char *word)
{
    /* A third of the letters may be wrong: then "pip" is still "pipe", and "x" is nothing. */
    size_t near = (strlen(word) + 1) / 3;
    return (struct sp_nearest){.word = word, .distance = (near > 3 ? 3 : near) + 1};
}

void sp_nearest_offer(struct sp_nearest *n, const char *known)
{
    size_t word_len = strlen(n->word);
    size_t known_len = strlen(known);
    size_t apart = word_len > known_len ? word_len - known_len : known_len - word_len;
    if (apart >= n->distance || word_len > WORD_MAX || known_len > WORD_MAX)
        return;
    size_t edits = distance(n->word, word_len, known, known_len);
    if (edits < n->distance) {
        n->distance = edits;
        n->best = known;
    }
}
