/* win32/scm_open.h - the service control manager's handles, for scm.c and scm_config.c alone. */
#ifndef W32_SCM_OPEN_H
#define W32_SCM_OPEN_H

#include <stdint.h>

#include "core/error.h"

struct SC_HANDLE__;

/** A service, and the manager it was opened through; {0} is empty. Not HANDLEs: w32_take() and
 *  CloseHandle know nothing of them. */
struct w32_scm_handles {
    struct SC_HANDLE__ *manager; /**< owned */
    struct SC_HANDLE__ *service; /**< owned */
};

/**
 * Opens a service.
 *
 * @param name    its name
 * @param access  what for: SERVICE_...
 * @param out     written on success only; w32_scm_close()
 * @param err     filled on failure; may be NULL
 * @return SP_OK; w32_scm_fail()'s status
 */
SP_NODISCARD sp_status w32_scm_open(const char *name, uint32_t access, struct w32_scm_handles *out,
                                    struct sp_error *err);

/** Closes both and empties *h. */
void w32_scm_close(struct w32_scm_handles *h);

/**
 * w32_fail() for the manager's calls: only a missing service is SP_ENOTFOUND; one that is there
 * already, or being removed, or disabled, is SP_ESTATE.
 *
 * @param err    may be NULL
 * @param os     GetLastError's code
 * @param doing  "starting"
 * @param name   of the service
 * @return the status
 */
sp_status w32_scm_fail(struct sp_error *err, uint32_t os, const char *doing, const char *name);

#endif
