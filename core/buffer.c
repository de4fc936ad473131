/* core/buffer.c - bytes: a view that owns nothing, and a growing buffer that has a ceiling. */
#include "core/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 256 };

struct sp_bytes sp_bytes_of(const char *text)
{
    return (struct sp_bytes){text, text == NULL ? 0 : strlen(text)};
}

sp_status sp_buffer_reserve(struct sp_buffer *b, size_t more, struct sp_error *err)
{
    size_t max = b->max == 0 ? SIZE_MAX / 2 : b->max;
    if (more > max || b->len > max - more)
        return sp_fail(err, SP_ETOOBIG, 0, "a buffer would pass its limit of %zu bytes", max);
    size_t need = b->len + more;
    if (need <= b->cap)
        return SP_OK;
    size_t cap = b->cap < SMALLEST ? SMALLEST : b->cap;
    while (cap < need)
        cap *= 2;
    unsigned char *data = realloc(b->data, cap);
    if (data == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a buffer of %zu bytes", cap);
    b->data = data;
    b->cap = cap;
    return SP_OK;
}

sp_status sp_buffer_append(struct sp_buffer *b, const void *data, size_t len, struct sp_error *err)
{
    sp_status status = sp_buffer_reserve(b, len, err);
    if (status != SP_OK)
        return status;
    if (len > 0)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    return SP_OK;
}

sp_status sp_buffer_printf(struct sp_buffer *b, struct sp_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    /* vsnprintf ends with a NUL: room for it is reserved, but it is not counted. */
    size_t room = len < 0 ? 0 : (size_t)len + 1;
    sp_status status = len < 0 ? sp_fail(err, SP_EINVAL, 0, "text that can't be formatted")
                               : sp_buffer_reserve(b, room, err);
    if (status == SP_OK) {
        vsnprintf((char *)b->data + b->len, room, format, again);
        b->len += (size_t)len;
    }
    va_end(again);
    return status;
}

void sp_buffer_consume(struct sp_buffer *b, size_t len)
{
    b->len -= len;
    if (b->len > 0)
        memmove(b->data, b->data + len, b->len);
}

void sp_buffer_deinit(struct sp_buffer *b)
{
    free(b->data);
    *b = (struct sp_buffer){.max = b->max};
}
