/* win32/eventlog.h - entries in Windows' own event log, shown with the messages that are compiled
 * into the program that wrote them (service/events.mc). Advapi32. Blocking: any thread that is not
 * a loop's. */
#ifndef W32_EVENTLOG_H
#define W32_EVENTLOG_H

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

/** How much an event matters. */
enum w32_event_level { W32_EVENT_INFO, W32_EVENT_WARNING, W32_EVENT_ERROR };

/** The message whose text is all that an event says. */
enum { W32_EVENT_TEXT = 1 };

/** An event. Borrowed for the call. */
struct w32_event {
    enum w32_event_level level;
    uint16_t id;                /**< of the message that shows it */
    const char *const *strings; /**< UTF-8; what the message calls %1, %2, ... */
    size_t string_count;
    const char *sid; /**< "S-1-...": the user it is about; NULL: none */
};

/**
 * Tells Windows that the events of a source, in the Application log, are shown with this program's
 * messages, and where it is now. Needs an administrator. Registering twice is fine.
 *
 * @param source  its name; no backslash
 * @param err     filled on failure; may be NULL
 * @return SP_OK, SP_EACCESS, w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/eventlog/event-sources
 */
SP_NODISCARD sp_status w32_eventlog_register(const char *source, struct sp_error *err);

/** Takes a source's registration back. One that is not there is fine. Same errors. */
SP_NODISCARD sp_status w32_eventlog_unregister(const char *source, struct sp_error *err);

/**
 * Writes one event. Best effort: a log that is full or missing is nobody's reason to stop.
 *
 * @param source  as registered
 * @param event   which
 * @param err     filled on failure; may be NULL
 * @return SP_OK; SP_ETOOBIG: more than 16 strings, or one of more than 31,839 characters; SP_EINVAL
 *         one is no UTF-8; w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-reporteventw
 */
sp_status w32_eventlog_report(const char *source, const struct w32_event *event,
                              struct sp_error *err);

/** Writes an event that is a text alone, a W32_EVENT_TEXT. @param text UTF-8. Parameters and
 *  statuses else are w32_eventlog_report()'s */
sp_status w32_eventlog_write(const char *source, enum w32_event_level level, const char *text,
                             struct sp_error *err);

#endif
