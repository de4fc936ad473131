/* service/events.h - the last entries of the service's log, in memory, for those who look on. Any
 * thread. Nothing is kept before svc_events_open(). */
#ifndef SVC_EVENTS_H
#define SVC_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/error.h"
#include "service/log.h"

enum {
    SVC_EVENTS_MAX = 100, /**< entries; of one more, the oldest goes */
    SVC_EVENT_TEXT = 240, /**< bytes of an entry that are kept; the log has all of it */
};

/** Keeps entries from now on, until svc_events_close(). @param err may be NULL
 *  @return SP_OK, SP_ENOMEM */
SP_NODISCARD sp_status svc_events_open(struct sp_error *err);

/** Keeps an entry, if somebody wants them. @param unix_ms when @param text UTF-8; what is none, or
 *  a control character, becomes '?' */
void svc_events_put(enum svc_log_level level, uint64_t unix_ms, const char *text);

/** What is kept, the newest first: [{at, level, text}]; at in Unix milliseconds. @return a new
 *  reference; NULL: no memory */
json_t *svc_events_list(void);

/** Keeps none any more. */
void svc_events_close(void);

#endif
