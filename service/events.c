/* service/events.c - the last entries of the service's log, in memory. */
#include "service/events.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "win32/thread.h"

struct event {
    uint64_t unix_ms;
    enum svc_log_level level;
    char text[SVC_EVENT_TEXT + sizeof "..."];
};

static struct w32_lock lock;
static struct event *ring; /* owned; NULL: nobody looks on */
static size_t first, count;

sp_status svc_events_open(struct sp_error *err)
{
    struct event *fresh = calloc(SVC_EVENTS_MAX, sizeof *fresh);
    if (fresh == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for events");
    w32_lock_enter(&lock);
    free(ring);
    ring = fresh;
    first = count = 0;
    w32_lock_leave(&lock);
    return SP_OK;
}

/* Cut between two characters. */
static void put_text(char *out, const char *text)
{
    size_t len = 0, step = 0, size = strlen(text);
    while (len < size && (step = sp_text_character(text + len, size - len)) + len <= SVC_EVENT_TEXT)
        len += step == 0 ? 1 : step;
    len = len > SVC_EVENT_TEXT ? SVC_EVENT_TEXT : len;
    memcpy(out, text, len);
    memcpy(out + len, len < size ? "..." : "", len < size ? sizeof "..." : 1);
    sp_text_disarm(out);
}

void svc_events_put(enum svc_log_level level, uint64_t unix_ms, const char *text)
{
    w32_lock_enter(&lock);
    if (ring != NULL) {
        struct event *event = &ring[(first + count) % SVC_EVENTS_MAX];
        event->unix_ms = unix_ms;
        event->level = level;
        put_text(event->text, text);
        if (count < SVC_EVENTS_MAX)
            count++;
        else
            first = (first + 1) % SVC_EVENTS_MAX;
    }
    w32_lock_leave(&lock);
}

json_t *svc_events_list(void)
{
    static const char *const levels[] = {"info", "warning", "error"};
    json_t *list = json_array();
    w32_lock_enter(&lock);
    for (size_t i = ring == NULL ? 0 : count; i > 0; i--) {
        const struct event *event = &ring[(first + i - 1) % SVC_EVENTS_MAX];
        json_array_append_new(list, json_pack("{s:I, s:s, s:s}", "at", (json_int_t)event->unix_ms,
                                              "level", levels[event->level], "text", event->text));
    }
    w32_lock_leave(&lock);
    return list;
}

void svc_events_close(void)
{
    w32_lock_enter(&lock);
    free(ring);
    ring = NULL;
    first = count = 0;
    w32_lock_leave(&lock);
}
