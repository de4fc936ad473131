/* win32/handle.c - one empty value, one way to close, one tally for every handle we own. */
#include "win32/handle.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <windows.h>

#include "win32/error.h"
#include "win32/strict.h"

static _Atomic int32_t tally;

w32_handle w32_take(void *raw)
{
    if (raw == NULL || raw == INVALID_HANDLE_VALUE)
        return NULL;
    w32_strict_handle_opened(raw);
    atomic_fetch_add(&tally, 1);
    return raw;
}

/* The handle leaves the book before it is closed: once closed, another thread may be given the
 * same value at once, and takes it while we would still be striking it out. */
static void *release(w32_handle *h, const char *by)
{
    void *raw = *h;
    if (raw == NULL)
        return NULL;
    w32_strict_handle_closing(raw, by);
    atomic_fetch_sub(&tally, 1);
    *h = NULL;
    return raw;
}

void w32_handle_close(w32_handle *h)
{
    void *raw = release(h, "w32_handle_close");
    if (raw != NULL)
        CloseHandle(raw);
}

void *w32_give(w32_handle *h)
{
    return release(h, "w32_give");
}

typedef BOOL(WINAPI *compare_function)(HANDLE a, HANDLE b);

/* Loaded, not linked: it lives in kernelbase.dll, and the import library of that would be one
 * more thing to have. Asked for each time: this is rare, and a cached pointer needs a guard. */
static compare_function load_compare(void)
{
    HMODULE module = GetModuleHandleW(L"kernelbase.dll");
    compare_function compare = NULL;
    if (module != NULL) {
        FARPROC raw = GetProcAddress(module, "CompareObjectHandles");
        memcpy(&compare, &raw, sizeof compare);
    }
    return compare;
}

bool w32_handle_same(w32_handle a, w32_handle b)
{
    if (a == NULL || b == NULL)
        return false;
    if (a == b)
        return true;
    compare_function compare = load_compare();
    return compare != NULL && compare(a, b);
}

int32_t w32_handle_tally(void)
{
    return atomic_load(&tally);
}

sp_status w32_handle_copy(w32_handle h, w32_handle *out, struct sp_error *err)
{
    HANDLE copy = NULL;
    if (!DuplicateHandle(GetCurrentProcess(), h, GetCurrentProcess(), &copy, 0, FALSE,
                         DUPLICATE_SAME_ACCESS))
        return w32_fail(err, GetLastError(), "duplicating a handle");
    *out = w32_take(copy);
    return SP_OK;
}
