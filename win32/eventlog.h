/* win32/eventlog.h - entries in Windows' own event log. Advapi32. Any thread. */
#ifndef W32_EVENTLOG_H
#define W32_EVENTLOG_H

#include "core/error.h"

/** How much an event matters. */
enum w32_event_level { W32_EVENT_INFO, W32_EVENT_WARNING, W32_EVENT_ERROR };

/**
 * Tells Windows how to show the events of a source, in the Application log. Needs an administrator.
 * Registering twice is fine.
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
 * @param level   how much it matters
 * @param text    UTF-8; as one string, at most 31,839 characters
 * @param err     filled on failure; may be NULL
 * @return SP_OK, SP_ETOOBIG, w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-reporteventw
 */
sp_status w32_eventlog_write(const char *source, enum w32_event_level level, const char *text,
                             struct sp_error *err);

#endif
