/* win32/service.h - a Windows service seen from inside: the entry that the service control manager
 * calls, its handler, and the reports it wants. Advapi32. Its outside is in win32/scm.h. */
#ifndef W32_SERVICE_H
#define W32_SERVICE_H

#include <stdint.h>

#include "core/error.h"

/** To be called before a step that may take long, and at least every second within one: the
 *  manager gives up on a service that says nothing. */
typedef void (*w32_progress_fn)(void *arg);

/** A service's two functions. Both are called on the service's main thread, one after the other. */
struct w32_service {
    const char *name; /**< the one it was installed with */

    /** Starts everything. Returns 0, and then the service runs; or a code of the program's own,
     *  which `sc query` and w32_scm_query() show, and then nothing is left running. */
    uint32_t (*open)(void *arg, w32_progress_fn progress, void *progress_arg);

    /** Stops everything. Called once, after a successful open. */
    void (*close)(void *arg, w32_progress_fn progress, void *progress_arg);

    void *arg;                /**< passed to both */
    uint32_t step_hint_ms;    /**< longest time between two calls of progress */
    uint32_t stop_limit_ms;   /**< close must have returned by then: after that this process reports
                               *   STOPPED with stop_limit_code and ends itself. open may set it,
                               *   and any thread later, atomically. */
    uint32_t stop_limit_code; /**< a code of the program's own */
};

/**
 * Runs a service from its start to its end: blocks until it has stopped. The handler accepts stop,
 * preshutdown and shutdown and returns at once; the service is in no pending state without a
 * growing checkpoint and a wait hint. To be called once, on the program's first thread.
 *
 * @param service  borrowed until the return
 * @param err      filled on failure; may be NULL
 * @return SP_OK when it ran, whatever it reported; SP_ESTATE when this process was not started by
 *         the service control manager; w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/api/winsvc/nf-winsvc-startservicectrldispatcherw
 */
SP_NODISCARD sp_status w32_service_run(struct w32_service *service, struct sp_error *err);

#endif
