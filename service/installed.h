/* service/installed.h - an installed service, seen from outside: what it was told, and why it
 * ended. Any thread; asks the service control manager, so not a loop's. */
#ifndef SVC_INSTALLED_H
#define SVC_INSTALLED_H

#include <stdbool.h>
#include <stdint.h>

#include "core/args.h"
#include "core/buffer.h"
#include "core/error.h"
#include "win32/scm.h"

/** What a service was installed with. {0} is empty; svc_installed_deinit(). */
struct svc_installed {
    char **argv;         /**< owned: all strings are in here */
    struct sp_args args; /**< owned */
    const char *config;  /**< full path of its config file; NULL: it is no Standpipe service */
    const char *pipe;    /**< the control pipe's leaf name; NULL with config */
};

/**
 * Reads what a service was installed with.
 *
 * @param name  the service's
 * @param out   written on success only; its config is NULL when it is another program's service
 * @param err   filled on failure; may be NULL
 * @return w32_scm_arguments()'s
 */
SP_NODISCARD sp_status svc_installed_read(const char *name, struct svc_installed *out,
                                          struct sp_error *err);

/** The same for who is going to change something: a mistyped name must not cost somebody a service
 *  of Windows. @return also SP_EINVAL: it is another program's service */
SP_NODISCARD sp_status svc_installed_find(const char *name, struct svc_installed *out,
                                          struct sp_error *err);

/** Frees everything and empties *installed. */
void svc_installed_deinit(struct svc_installed *installed);

/** How long to wait for a service to stop: by its config, where that can be read, and so much more
 *  that it is done or ended by itself before. */
uint32_t svc_installed_stop_ms(const struct svc_installed *installed);

/**
 * Why a service ended the last time, in words: "in order", "its config has errors".
 *
 * @param status  of a service
 * @param out     the words are appended; on failure unchanged
 * @param err     filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM
 */
SP_NODISCARD sp_status svc_last_exit(const struct w32_scm_status *status, struct sp_buffer *out,
                                     struct sp_error *err);

/** Whether a service's last end was SVC_CODE_CONFIG. */
bool svc_ended_by_config(const struct w32_scm_status *status);

#endif
