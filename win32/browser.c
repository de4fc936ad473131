/* win32/browser.c - the user's web browser. */
#include "win32/browser.h"

#include <stdint.h>
#include <stdlib.h>

#include <windows.h>

#include "win32/text.h"

sp_status w32_browser_open(const char *url, struct sp_error *err)
{
    typedef HINSTANCE(WINAPI * execute_fn)(HWND, LPCWSTR, LPCWSTR, LPCWSTR, LPCWSTR, INT);
    enum { FAILED_UP_TO = 32 }; /* what ShellExecute returns beyond is success */
    wchar_t *wide = NULL;
    sp_status status = w32_wide(url, &wide, err);
    if (status != SP_OK)
        return status;
    HMODULE shell32 = LoadLibraryExW(L"shell32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    execute_fn execute = NULL;
    if (shell32 != NULL)
        execute = (execute_fn)(void (*)(void))GetProcAddress(shell32, "ShellExecuteW");
    INT_PTR code =
        execute == NULL ? 0 : (INT_PTR)execute(NULL, L"open", wide, NULL, NULL, SW_SHOWNORMAL);
    if (code <= FAILED_UP_TO)
        status = sp_fail(err, SP_EOS, (uint32_t)code, "the browser can't be opened (code %d)",
                         (int)code);
    if (shell32 != NULL)
        FreeLibrary(shell32);
    free(wide);
    return status;
}
