/* win32/text.h - UTF-8 to UTF-16 and back. UTF-16 lives in win32's .c files and in wmain alone.
 * Any thread. */
#ifndef W32_TEXT_H
#define W32_TEXT_H

#include <wchar.h>

#include "core/error.h"

/**
 * UTF-8 to UTF-16.
 *
 * @param utf8  NUL-terminated; bytes that are not UTF-8 are refused
 * @param out   written on success only; the caller frees it with free()
 * @param err   filled on failure; may be NULL
 * @return SP_OK, SP_EINVAL (not UTF-8), SP_ENOMEM
 */
SP_NODISCARD sp_status w32_wide(const char *utf8, wchar_t **out, struct sp_error *err);

/**
 * UTF-16 to UTF-8. A lone surrogate, which Windows allows in names, is refused.
 *
 * @param wide  NUL-terminated
 * @param out   written on success only; the caller frees it with free()
 * @param err   filled on failure; may be NULL
 * @return SP_OK, SP_EINVAL, SP_ENOMEM
 */
SP_NODISCARD sp_status w32_utf8(const wchar_t *wide, char **out, struct sp_error *err);

#endif
