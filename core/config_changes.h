/* core/config_changes.h - what differs between two states of a config. Any thread. */
#ifndef SP_CONFIG_CHANGES_H
#define SP_CONFIG_CHANGES_H

#include <stdbool.h>

#include <jansson.h>

#include "core/config.h"

/**
 * The keys of a worker that say something else than before, as the file has them: `stop.stdin` is
 * the key `stdin` below `stop`. Where something stands in a file, how it is written and its order
 * are no difference; accounts are compared by their SIDs.
 *
 * @param before  as it was read
 * @param after   the same worker, read later
 * @return a new reference to an array of texts, empty if nothing differs; NULL: no memory
 */
json_t *sp_config_changes(const struct sp_worker_config *before,
                          const struct sp_worker_config *after);

/** The keys of the file itself that a running service can't follow: log, logs, audit, loops and
 *  dashboard.port. @return as sp_config_changes() */
json_t *sp_config_changes_of_file(const struct sp_config *before, const struct sp_config *after);

/** Whether the same accounts may administer the service. */
bool sp_config_same_admins(const struct sp_config *before, const struct sp_config *after);

/** Whether a key decides what a worker's processes are, so that those that run are not what it
 *  says. */
bool sp_config_key_is_of_process(const char *key);

#endif
