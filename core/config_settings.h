/* core/config_settings.h - what the config says of a worker, told back as it could stand in the
 * file. Any thread. */
#ifndef SP_CONFIG_SETTINGS_H
#define SP_CONFIG_SETTINGS_H

#include <jansson.h>

#include "core/config.h"

/**
 * The settings of a worker: an object with a text for each key of the schema, in its order;
 * `stop.stdin` is the key `stdin` below `stop`. A key that the file leaves open is null. The values
 * of variables are nobody's business: `env` is the array of their names. Of `run_as: {user: NAME}`
 * it is the NAME. The programs, the description and `allow` are not among them.
 *
 * @param worker  as it was read
 * @return a new reference; NULL: no memory
 */
json_t *sp_config_settings(const struct sp_worker_config *worker);

#endif
