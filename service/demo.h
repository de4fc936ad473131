/* service/demo.h - the workers of a service whose config names none. Any thread. */
#ifndef SVC_DEMO_H
#define SVC_DEMO_H

#include "core/config.h"
#include "core/error.h"

/**
 * A config with the demo workers, `echo` and `upper`: the service's own program.
 *
 * @param base  what else is configured; borrowed for the call
 * @param out   written on success only; sp_config_deinit()
 * @param err   filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, w32_fail()'s status
 */
SP_NODISCARD sp_status svc_demo_config(const struct sp_config *base, struct sp_config *out,
                                       struct sp_error *err);

#endif
