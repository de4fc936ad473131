/* service/listing.h - what the service says of itself, as JSON: status, workers, sessions. A long
 * list comes in pages, since a line of the control connection has a limit. On any loop. */
#ifndef SVC_LISTING_H
#define SVC_LISTING_H

#include <stdint.h>

#include <jansson.h>

#include "service/state.h"

/** The service: version, process, pipe, config file, start, counts. A new reference; NULL: no
 *  memory. */
json_t *svc_list_status(struct svc_server *server);

/** A page of the workers with which the asker may do something: {items, next}; next is the `from`
 * of the next page, or null. @param only this one alone, with its settings; NULL: all of them,
 * without
 *  @param from the first one's index @return a new reference; NULL: no memory */
json_t *svc_list_workers(const struct svc_asker *asker, const struct svc_worker *only,
                         uint64_t from);

/** A page of the asker's own sessions and of those of workers it may control, oldest first.
 *  @param only those of this worker; NULL: all of them @param from the least session number
 *  @return a new reference; NULL: no memory */
json_t *svc_list_sessions(const struct svc_asker *asker, const struct svc_worker *only,
                          uint64_t from);

#endif
