/* win32/error.h - Windows' error codes in our words. Any thread. */
#ifndef W32_ERROR_H
#define W32_ERROR_H

#include "core/error.h"

/**
 * Fills an error from a Windows code: "<format>: <the system's text> (error N)". Codes that have
 * a meaning of their own become that status: 2, 3 SP_ENOTFOUND; 5 SP_EACCESS; 8, 14 SP_ENOMEM;
 * 38, 109 SP_EEND; 121, 258 SP_ETIMEOUT; 232, 233 SP_EBROKEN; 995 SP_ECANCELED; 1, 50, 120
 * SP_EUNSUPPORTED; everything else is SP_EOS.
 *
 * @param err     may be NULL
 * @param os      GetLastError's code, read on the line before
 * @param format  printf's: the operation and the object, no full stop
 * @return the status
 * @see https://learn.microsoft.com/windows/win32/debug/system-error-codes
 */
sp_status w32_fail(struct sp_error *err, uint32_t os, const char *format, ...) SP_PRINTF(3, 4);

#endif
