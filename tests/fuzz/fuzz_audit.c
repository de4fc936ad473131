/* tests/fuzz/fuzz_audit.c - entries of the audit in which all texts are a stranger's: each is one
 * line of JSON with just these texts, and none of them is more than a text in an event.
 *
 * Input: a byte for the kind, one that is odd for a remote client, then texts with NULs between. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/audit.h"
#include "tests/fuzz/fuzz.h"

enum { TEXTS = 8 };

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

/* What was put in is one line, and says what was given, as far as there was room. */
static void check_put(const char *out, size_t size, const char *given)
{
    size_t len = strlen(out), at = 0;
    FUZZ_CHECK(len < size);
    if (*given == 0) {
        FUZZ_CHECK(len == 0);
        return;
    }
    fuzz_check_text(out);
    bool cut = len >= 3 && strcmp(out + len - 3, "...") == 0 && len + 7 >= size;
    for (size_t i = 0; i < len - (cut ? 3u : 0u);) {
        if (out[i] == given[at]) {
            i++;
            at++;
            continue;
        }
        FUZZ_CHECK(out[i] == '\\' && out[i + 1] == 'x' && is_hex(out[i + 2]) && is_hex(out[i + 3]));
        char hex[] = {out[i + 2], out[i + 3], 0};
        FUZZ_CHECK((unsigned char)given[at] == strtoul(hex, NULL, 16));
        i += 4;
        at++;
    }
    FUZZ_CHECK(cut || given[at] == 0);
}

static void check_key(const json_t *object, const char *key, const char *text)
{
    const char *value = json_string_value(json_object_get(object, key));
    FUZZ_CHECK(*text == 0 ? value == NULL : value != NULL && strcmp(value, text) == 0);
}

static void check_line(const struct sp_audit_entry *e)
{
    struct sp_buffer out = {0};
    FUZZ_CHECK(sp_audit_line(e, &out, NULL) == SP_OK);
    FUZZ_CHECK(out.len > 0 && memchr(out.data, '\n', out.len) == out.data + out.len - 1);
    json_t *object = json_loadb((const char *)out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
    FUZZ_CHECK(json_is_object(object));
    check_key(object, "event", sp_audit_name(e->kind));
    check_key(object, "sid", e->sid);
    check_key(object, "account", e->account);
    check_key(object, "host", e->host);
    check_key(object, "worker", e->worker);
    check_key(object, "session", e->session);
    check_key(object, "transport", e->transport);
    check_key(object, "what", e->what);
    check_key(object, "reason", e->reason);
    bool is_from = e->sid[0] != 0 && e->kind != SP_AUDIT_REFUSALS;
    check_key(object, "from", !is_from ? "" : e->remote ? "remote" : "local");
    json_decref(object);
    sp_buffer_deinit(&out);
}

static void check_event(const struct sp_audit_entry *e)
{
    static char out[SP_AUDIT_STRING_MAX];
    for (int i = 0; i < SP_AUDIT_STRINGS; i++) {
        sp_audit_string(e, (enum sp_audit_string)i, out);
        fuzz_check_text(out);
        FUZZ_CHECK(strchr(out, '%') == NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sp_audit_entry e;
    struct fuzz_input in = {data, size};
    memset(&e, 0, sizeof e);
    e.kind = (enum sp_audit_kind)(fuzz_byte(&in) % SP_AUDIT_KINDS);
    e.remote = fuzz_byte(&in) % 2 != 0;
    char *const fields[TEXTS] = {e.sid,     e.account,   e.host, e.worker,
                                 e.session, e.transport, e.what, e.reason};
    const size_t sizes[TEXTS] = {sizeof e.sid,    sizeof e.account, sizeof e.host,
                                 sizeof e.worker, sizeof e.session, sizeof e.transport,
                                 sizeof e.what,   sizeof e.reason};
    for (int i = 0; i < TEXTS; i++) {
        char *text = fuzz_text(&in);
        sp_audit_text(fields[i], sizes[i], text);
        check_put(fields[i], sizes[i], text);
        free(text);
    }
    check_line(&e);
    check_event(&e);
    return 0;
}
