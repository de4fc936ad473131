/* core/error.c - how every function of this project says what went wrong. */
#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

/* @param wanted bytes of the whole text, as vsnprintf counts them */
static void mark_if_cut(struct sp_error *err, int wanted)
{
    if (wanted < 0 || (size_t)wanted < sizeof err->what)
        return;
    char *cut = err->what + sizeof err->what - sizeof "...";
    while (cut > err->what && ((unsigned char)*cut & 0xC0) == 0x80)
        cut--; /* to where a character begins: half of one is no UTF-8 */
    memcpy(cut, "...", sizeof "...");
}

sp_status sp_fail(struct sp_error *err, sp_status status, uint32_t os, const char *format, ...)
{
    if (err == NULL)
        return status;
    err->status = status;
    err->os = os;
    va_list args;
    va_start(args, format);
    int wanted = vsnprintf(err->what, sizeof err->what, format, args);
    va_end(args);
    mark_if_cut(err, wanted);
    sp_text_disarm(err->what);
    return status;
}

void sp_error_prefix(struct sp_error *err, const char *format, ...)
{
    if (err == NULL)
        return;
    char old[SP_ERROR_TEXT_MAX];
    memcpy(old, err->what, sizeof old);
    va_list args;
    va_start(args, format);
    int head = vsnprintf(err->what, sizeof err->what, format, args);
    va_end(args);
    int wanted = head;
    if (head >= 0 && (size_t)head < sizeof err->what) {
        int tail = snprintf(err->what + head, sizeof err->what - (size_t)head, "%s", old);
        wanted = tail < 0 ? tail : head + tail;
    }
    mark_if_cut(err, wanted); /* what marks it may reach into the prefix */
    sp_text_disarm(err->what);
}

const char *sp_status_name(sp_status status)
{
    switch (status) {
    case SP_OK:
        return "ok";
    case SP_EOS:
        return "system error";
    case SP_ENOMEM:
        return "out of memory";
    case SP_EINVAL:
        return "invalid argument";
    case SP_ETOOBIG:
        return "too big";
    case SP_ENOTFOUND:
        return "not found";
    case SP_EACCESS:
        return "refused";
    case SP_ETIMEOUT:
        return "timed out";
    case SP_EEND:
        return "end of stream";
    case SP_EBROKEN:
        return "connection lost";
    case SP_ESYNTAX:
        return "syntax error";
    case SP_EPROTOCOL:
        return "protocol error";
    case SP_ESTATE:
        return "wrong state";
    case SP_EUNSUPPORTED:
        return "not supported";
    case SP_ECANCELED:
        return "canceled";
    }
    return "unknown status";
}
