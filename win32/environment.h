/* win32/environment.h - the environment a child gets: ours, with some of it set otherwise. Any
 * thread. */
#ifndef W32_ENVIRONMENT_H
#define W32_ENVIRONMENT_H

#include <stddef.h>
#include <wchar.h>

#include "core/error.h"

/**
 * Makes an environment block for CreateProcess with CREATE_UNICODE_ENVIRONMENT: this process's
 * variables, overridden; sorted as Windows sorts them. Names are compared as Windows compares
 * them, without case.
 *
 * @param env    "NAME=value" sets, "NAME=" removes; of two for one name the later counts; UTF-8
 * @param count  how many; 0 gives a copy of our own
 * @param out    written on success only; free()
 * @param err    filled on failure, naming the entry; may be NULL
 * @return SP_OK, SP_EINVAL (an entry without a name or a "=", or not UTF-8), SP_ENOMEM
 * @see https://learn.microsoft.com/windows/win32/procthread/changing-environment-variables
 */
SP_NODISCARD sp_status w32_environment_block(const char *const *env, size_t count, wchar_t **out,
                                             struct sp_error *err);

/** The same on top of another environment. @param base a block of UTF-16 that ends in an empty
 *  string; NULL: our own */
SP_NODISCARD sp_status w32_environment_block_on(const wchar_t *base, const char *const *env,
                                                size_t count, wchar_t **out, struct sp_error *err);

#endif
