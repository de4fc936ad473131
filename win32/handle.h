/* win32/handle.h - one empty value, one way to close, one tally for every handle we own. */
#ifndef W32_HANDLE_H
#define W32_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"

/** A Windows HANDLE; NULL is the only empty one. */
typedef void *w32_handle;

/** "No time limit", for every timeout_ms that allows it: Windows' INFINITE. */
#define W32_FOREVER UINT32_MAX

/**
 * Takes a handle from a Windows call into our care and counts it: every handle that this layer
 * owns passes through here once. Any thread.
 *
 * @param raw  what the call returned; INVALID_HANDLE_VALUE and NULL both become NULL, uncounted
 * @return the handle, or NULL
 */
w32_handle w32_take(void *raw);

/**
 * Closes a handle and empties the variable; nothing happens when it is empty already. Strict
 * builds stop the program when the handle was closed before. Any thread.
 *
 * @param h  the variable that holds it
 */
void w32_handle_close(w32_handle *h);

/**
 * Gives a counted handle away: it leaves the tally and stays open.
 *
 * @param h  the variable that holds it; empty afterwards
 * @return the handle; the caller closes it with CloseHandle, or a system call owns it
 */
void *w32_give(w32_handle *h);

/**
 * Whether two handles stand for one object (a duplicate of the other). Where the system can't say,
 * whether they are the same value. Never blocks.
 *
 * @param a  may be NULL: then the answer is false
 * @param b  may be NULL: then the answer is false
 * @see https://learn.microsoft.com/windows/win32/api/handleapi/nf-handleapi-compareobjecthandles
 */
bool w32_handle_same(w32_handle a, w32_handle b);

/**
 * Makes a second handle for what a handle stands for, with the same rights, not inheritable.
 *
 * @param h    borrowed
 * @param out  written on success only; close with w32_handle_close()
 * @param err  filled on failure; may be NULL
 * @return SP_OK, or w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/api/handleapi/nf-handleapi-duplicatehandle
 */
SP_NODISCARD sp_status w32_handle_copy(w32_handle h, w32_handle *out, struct sp_error *err);

/** How many handles are open that came through w32_take(). */
int32_t w32_handle_tally(void);

#endif
