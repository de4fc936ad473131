/* win32/scm.h - a Windows service seen from outside: install, start, stop, ask, uninstall. For
 * people's commands: each call blocks, within the time it is given. Advapi32. Its inside is in
 * win32/service.h. */
#ifndef W32_SCM_H
#define W32_SCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

/** The longest name of a service, in bytes without its NUL. */
enum { W32_SCM_NAME_MAX = 256 };

/** What a service does now; Windows' numbers. */
enum w32_scm_state {
    W32_SCM_STOPPED = 1,
    W32_SCM_STARTING = 2,
    W32_SCM_STOPPING = 3,
    W32_SCM_RUNNING = 4,
    W32_SCM_OTHER = 5, /**< continuing, pausing, paused: ours never does */
};

/** What to install. Borrowed for the call. */
struct w32_scm_service {
    const char *name;           /**< its key: no slash, at most W32_SCM_NAME_MAX bytes */
    const char *display;        /**< what services.msc shows */
    const char *description;    /**< a sentence or two */
    const char *command_line;   /**< quoted: sp_cmdline_quote() */
    bool delayed;               /**< at boot: after the others */
    uint32_t preshutdown_ms;    /**< how long the machine waits for it when it shuts down */
    const uint32_t *restart_ms; /**< how long to wait after the first, second, ... crash */
    size_t restart_count;       /**< 0: no restarts; the last delay counts for all later ones */
    uint32_t restart_reset_s;   /**< after how long without a crash it counts from the first */
    void (*warn)(void *arg, const char *what); /**< called for each setting that this Windows
                                                *   refuses and a service can do without */
    void *warn_arg;
};

/** What the SCM knows about a service. */
struct w32_scm_status {
    enum w32_scm_state state;
    uint32_t pid;          /**< 0 when it doesn't run */
    uint32_t exit_code;    /**< Windows' code of its last end; 1066: service_code says more;
                            *   1077: never started since boot */
    uint32_t service_code; /**< its own code, with exit_code 1066 */
};

/**
 * Whether this user may install a service of a name, and nobody else has it. Changes nothing.
 *
 * @param name  as in struct w32_scm_service
 * @param err   filled on failure; may be NULL
 * @return as w32_scm_install()
 */
SP_NODISCARD sp_status w32_scm_install_check(const char *name, struct sp_error *err);

/**
 * Installs a service: own process, LocalSystem, started with the machine. Restarts count for
 * crashes only, not for a service that says in order that it can't run. If something that can't
 * be done without is refused nothing is left behind.
 *
 * @param what  its settings
 * @param err   filled on failure; may be NULL
 * @return SP_OK; SP_ESTATE there is a service of that name, or one that is being removed;
 *         SP_EACCESS; SP_EINVAL a name that can't be one; other w32_fail() statuses
 * @see https://learn.microsoft.com/windows/win32/api/winsvc/nf-winsvc-createservicew
 */
SP_NODISCARD sp_status w32_scm_install(const struct w32_scm_service *what, struct sp_error *err);

/**
 * Removes a stopped service and waits until its name is free.
 *
 * @param name        its name
 * @param timeout_ms  how long somebody else may keep it open (services.msc does)
 * @param err         filled on failure; may be NULL
 * @return SP_OK; SP_ENOTFOUND there is none; SP_EACCESS; SP_ETIMEOUT it goes when the last one
 *         closes it; other w32_fail() statuses
 */
SP_NODISCARD sp_status w32_scm_uninstall(const char *name, uint32_t timeout_ms,
                                         struct sp_error *err);

/**
 * Starts a service and waits until it runs, or has stopped again. One that runs is fine.
 *
 * @param name        its name
 * @param timeout_ms  for all of it
 * @param was         what it did before; written on success only; may be NULL
 * @param now         what it does now, RUNNING or STOPPED; written on success only
 * @param err         filled on failure; may be NULL
 * @return SP_OK (look at now->state); SP_ENOTFOUND; SP_EACCESS; SP_ETIMEOUT it is still starting;
 *         SP_EOS its program is missing or can't be started, or what the system says
 */
SP_NODISCARD sp_status w32_scm_start(const char *name, uint32_t timeout_ms, enum w32_scm_state *was,
                                     struct w32_scm_status *now, struct sp_error *err);

/**
 * Stops a service and waits until it has stopped and its process is gone. One that is stopped is
 * fine.
 *
 * @param name        its name
 * @param timeout_ms  for all of it
 * @param was         what it did before; written on success only; may be NULL
 * @param now         written on success only; may be NULL
 * @param err         filled on failure; may be NULL
 * @return SP_OK; SP_ENOTFOUND; SP_EACCESS; SP_ETIMEOUT; other w32_fail() statuses
 */
SP_NODISCARD sp_status w32_scm_stop(const char *name, uint32_t timeout_ms, enum w32_scm_state *was,
                                    struct w32_scm_status *now, struct sp_error *err);

/**
 * What a service does now. Doesn't wait.
 *
 * @param name  its name
 * @param out   written on success only
 * @param err   filled on failure; may be NULL
 * @return SP_OK; SP_ENOTFOUND; SP_EACCESS; other w32_fail() statuses
 */
SP_NODISCARD sp_status w32_scm_query(const char *name, struct w32_scm_status *out,
                                     struct sp_error *err);

/**
 * The command line a service was installed with, taken apart as the service's own program takes it.
 *
 * @param name   its name
 * @param argv   count strings, UTF-8; written on success only; free() gives them all back at once
 * @param count  written on success only
 * @param err    filled on failure; may be NULL
 * @return as w32_scm_query(); SP_ENOMEM
 * @see https://learn.microsoft.com/windows/win32/api/shellapi/nf-shellapi-commandlinetoargvw
 */
SP_NODISCARD sp_status w32_scm_arguments(const char *name, char ***argv, size_t *count,
                                         struct sp_error *err);

/** A state in a word: "running", "stopped". Never NULL. */
const char *w32_scm_state_name(enum w32_scm_state state);

#endif
