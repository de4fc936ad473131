/* win32/browser.h - the user's web browser. */
#ifndef W32_BROWSER_H
#define W32_BROWSER_H

#include "core/error.h"

/**
 * Opens an address in the user's browser. Loads shell32.dll. Blocks until the browser was asked;
 * not on a loop's thread.
 *
 * @param url  "http://...", UTF-8
 * @param err  filled on failure; may be NULL
 * @return SP_OK; SP_EINVAL not UTF-8; SP_EOS there is no browser, or it can't be started
 * @see https://learn.microsoft.com/windows/win32/api/shellapi/nf-shellapi-shellexecutew
 */
SP_NODISCARD sp_status w32_browser_open(const char *url, struct sp_error *err);

#endif
