/* service/server.h - the running service: loops, listeners, sessions. What `run` in a console and
 * the service control manager's entry both drive. */
#ifndef SVC_SERVER_H
#define SVC_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/error.h"

/** What a server needs to know. Borrowed until svc_server_close(). */
struct svc_server_options {
    const struct sp_config *config;
    const char *config_file;   /**< its path, for `ps`; UTF-8 */
    const char *service_name;  /**< the Windows service's, or what a console's stands for */
    const char *pipe_name;     /**< the control pipe's leaf name, e.g. "standpipe" */
    const char *logs_folder;   /**< of the workers' logs; NULL: nothing is kept */
    const char *installer_sid; /**< "S-1-...": may attach beside SYSTEM and Administrators; NULL:
                                *   the user this process runs as */
    /** Told how long a stop may take by now, when the config has changed; on any thread, while all
     *  loops stand still. NULL: nobody wants to know. */
    void (*stop_takes)(void *arg, uint64_t ms);
    void *stop_takes_arg;
};

/** A running server. */
struct svc_server;

/**
 * Starts the loops and listens. When it returns SP_OK clients can attach. May block for
 * milliseconds; not on a loop's thread.
 *
 * @param options  borrowed until svc_server_close()
 * @param out      written on success only; ended with svc_server_stop() and svc_server_close()
 * @param err      filled on failure (SP_EACCESS: another server has that pipe); may be NULL
 * @return SP_OK or what failed; nothing is left running then
 */
SP_NODISCARD sp_status svc_server_open(const struct svc_server_options *options,
                                       struct svc_server **out, struct sp_error *err);

/**
 * Ends it in order: no new clients, every session told why and given its time, then ended
 * with all that it started. Blocks until done; bounded by the sum of its steps.
 *
 * @param server    a running one
 * @param progress  called from time to time (at least every second) while it works, for
 *                  checkpoints; may be NULL
 * @param arg       passed to progress
 */
void svc_server_stop(struct svc_server *server, void (*progress)(void *arg), void *arg);

/** Frees a stopped server. NULL: nothing happens. */
void svc_server_close(struct svc_server *server);

#endif
