/* core/audit.c - an entry of the audit, as a line of JSON and as the texts of an event. */
#include "core/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "core/isotime.h"
#include "core/text.h"

enum { ESCAPED = sizeof "\\xNN" - 1, NUMBER_MAX = 16 };

/* The ids stand in service/events.mc and docs/audit.md, too, and stay as they are: others look for
 * them. */
static const struct {
    const char *name;
    uint16_t id;
    enum sp_audit_level level;
} kinds[SP_AUDIT_KINDS] = {
    [SP_AUDIT_ATTACH] = {"attach", 100, SP_AUDIT_INFO},
    [SP_AUDIT_REFUSAL] = {"refusal", 101, SP_AUDIT_WARNING},
    [SP_AUDIT_DETACH] = {"detach", 102, SP_AUDIT_INFO},
    [SP_AUDIT_EXIT] = {"exit", 103, SP_AUDIT_INFO},
    [SP_AUDIT_RESUME] = {"resume", 104, SP_AUDIT_INFO},
    [SP_AUDIT_LOGS] = {"logs", 105, SP_AUDIT_INFO},
    [SP_AUDIT_REFUSALS] = {"refusals", 106, SP_AUDIT_WARNING},
    [SP_AUDIT_START] = {"start", 110, SP_AUDIT_INFO},
    [SP_AUDIT_STOP] = {"stop", 111, SP_AUDIT_INFO},
    [SP_AUDIT_RESTART] = {"restart", 112, SP_AUDIT_INFO},
    [SP_AUDIT_SIGNAL] = {"signal", 113, SP_AUDIT_INFO},
    [SP_AUDIT_DROP] = {"drop", 114, SP_AUDIT_INFO},
    [SP_AUDIT_SERVE] = {"serve", 120, SP_AUDIT_INFO},
    [SP_AUDIT_END] = {"end", 121, SP_AUDIT_INFO},
    [SP_AUDIT_CONFIG] = {"config", 122, SP_AUDIT_ERROR},
    [SP_AUDIT_INSTALL] = {"install", 123, SP_AUDIT_INFO},
    [SP_AUDIT_UNINSTALL] = {"uninstall", 124, SP_AUDIT_INFO},
    [SP_AUDIT_RELOAD] = {"reload", 125, SP_AUDIT_INFO},
    [SP_AUDIT_LOST] = {"lost", 130, SP_AUDIT_ERROR},
};

const char *sp_audit_name(enum sp_audit_kind kind)
{
    return kinds[kind].name;
}

uint16_t sp_audit_id(enum sp_audit_kind kind)
{
    return kinds[kind].id;
}

enum sp_audit_level sp_audit_level(enum sp_audit_kind kind)
{
    return kinds[kind].level;
}

/* ------------------------------------------------------------------ texts */

/* Characters of three bytes that nobody sees, and that change how others are shown: what separates
 * lines and paragraphs (U+2028, U+2029), joins, turns the direction of writing and isolates parts
 * of it (U+200B to U+200F, U+202A to U+202E, U+2060 to U+206F), and the byte order mark. */
static bool is_invisible(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    if (p[0] == 0xEF)
        return p[1] == 0xBB && p[2] == 0xBF;
    return p[0] == 0xE2 && ((p[1] == 0x80 && p[2] >= 0x8B && p[2] <= 0x8F) ||
                            (p[1] == 0x80 && p[2] >= 0xA8 && p[2] <= 0xAE) ||
                            (p[1] == 0x81 && p[2] >= 0xA0 && p[2] <= 0xAF));
}

static size_t put_byte(char *out, char byte)
{
    return (size_t)snprintf(out, ESCAPED + 1, "\\x%02X", (unsigned)(unsigned char)byte);
}

void sp_audit_text(char *out, size_t size, const char *text)
{
    size_t len = text == NULL ? 0 : strlen(text), used = 0, fits = 0;
    for (size_t i = 0; i < len;) {
        size_t step = sp_text_character(text + i, len - i);
        bool plain = step > 0 && !(step == 3 && is_invisible(text + i));
        size_t put = plain ? step : ESCAPED;
        if (used + sizeof "..." <= size)
            fits = used; /* the last place where the dots have room */
        if (used + put + 1 > size) {
            memcpy(out + fits, "...", sizeof "...");
            return;
        }
        if (plain)
            memcpy(out + used, text + i, step);
        else
            put_byte(out + used, text[i]);
        used += put;
        i += plain ? step : 1;
    }
    out[used] = '\0';
}

/* Those that were counted may have come from here and there. */
static const char *from_of(const struct sp_audit_entry *e)
{
    if (e->sid[0] == '\0' || e->kind == SP_AUDIT_REFUSALS)
        return "";
    return e->remote ? "remote" : "local";
}

/* ------------------------------------------------------------------ a line */

static int add_text(json_t *object, const char *key, const char *text)
{
    return text[0] == '\0' ? 0 : json_object_set_new(object, key, json_string(text));
}

/* In the order in which people read it. @return 0; anything else: no memory */
static int fill(json_t *object, const struct sp_audit_entry *e)
{
    char time[SP_ISOTIME_LEN + 1];
    sp_isotime(e->unix_ms, time);
    int failed = add_text(object, "time", time);
    failed |= add_text(object, "event", sp_audit_name(e->kind));
    failed |= json_object_set_new(object, "id", json_integer(sp_audit_id(e->kind)));
    failed |= add_text(object, "sid", e->sid);
    failed |= add_text(object, "account", e->account);
    failed |= add_text(object, "from", from_of(e));
    failed |= add_text(object, "host", e->host);
    failed |= add_text(object, "worker", e->worker);
    failed |= add_text(object, "session", e->session);
    failed |= add_text(object, "transport", e->transport);
    failed |= add_text(object, "what", e->what);
    failed |= add_text(object, "reason", e->reason);
    bool counts = e->kind == SP_AUDIT_LOST || e->kind == SP_AUDIT_REFUSALS;
    if (e->has_code)
        failed |= json_object_set_new(object, counts ? "count" : "code", json_integer(e->code));
    return failed;
}

/* Into room that is made for it, since what json_dumps() gives need not be whole: as in core/rpc.c.
 */
static sp_status put_line(const json_t *object, struct sp_buffer *out, struct sp_error *err)
{
    size_t len = json_dumpb(object, NULL, 0, JSON_COMPACT);
    sp_status status = sp_buffer_reserve(out, len + 1, err);
    if (status != SP_OK)
        return status;
    char *line = (char *)out->data + out->len;
    if (len == 0 || json_dumpb(object, line, len, JSON_COMPACT) != len)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for an entry of the audit");
    line[len] = '\n';
    out->len += len + 1;
    return SP_OK;
}

sp_status sp_audit_line(const struct sp_audit_entry *entry, struct sp_buffer *out,
                        struct sp_error *err)
{
    json_t *object = json_object();
    sp_status status = object != NULL && fill(object, entry) == 0
                           ? put_line(object, out, err)
                           : sp_fail(err, SP_ENOMEM, 0, "no memory for an entry of the audit");
    json_decref(object);
    return status;
}

/* ------------------------------------------------------------------ the texts of an event */

static const char *text_of(const struct sp_audit_entry *e, enum sp_audit_string which,
                           char number[NUMBER_MAX])
{
    switch (which) {
    case SP_AUDIT_STRING_SID:
        return e->sid;
    case SP_AUDIT_STRING_ACCOUNT:
        return e->account[0] != '\0' ? e->account : e->sid;
    case SP_AUDIT_STRING_FROM:
        return from_of(e);
    case SP_AUDIT_STRING_HOST:
        return e->host;
    case SP_AUDIT_STRING_WORKER:
        return e->worker;
    case SP_AUDIT_STRING_SESSION:
        return e->session;
    case SP_AUDIT_STRING_TRANSPORT:
        return e->transport;
    case SP_AUDIT_STRING_WHAT:
        return e->what;
    case SP_AUDIT_STRING_REASON:
        return e->reason;
    case SP_AUDIT_STRING_CODE:
    case SP_AUDIT_STRINGS:
    default:
        number[0] = '\0';
        if (e->has_code)
            snprintf(number, NUMBER_MAX, "%" PRIu32, e->code);
        return number;
    }
}

void sp_audit_string(const struct sp_audit_entry *entry, enum sp_audit_string which,
                     char out[SP_AUDIT_STRING_MAX])
{
    char number[NUMBER_MAX];
    const char *text = text_of(entry, which, number);
    size_t used = 0;
    if (text[0] == '\0')
        text = "-";
    for (; *text != '\0'; text++) {
        if (*text == '%')
            used += put_byte(out + used, *text);
        else
            out[used++] = *text;
    }
    out[used] = '\0';
}
