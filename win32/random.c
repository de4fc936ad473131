/* win32/random.c - random bits nobody can guess. */
#include "win32/random.h"

#include <stdbool.h>
#include <windows.h>

/* advapi32's RtlGenRandom, by the name it is exported under; loaded so that whoever only opens
 * pipes does not import advapi32. */
sp_status w32_random(void *data, uint32_t len, struct sp_error *err)
{
    typedef BOOLEAN(APIENTRY * generate_fn)(void *, ULONG);
    HMODULE advapi32 = LoadLibraryExW(L"advapi32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    bool ok = false;
    if (advapi32 != NULL) {
        generate_fn generate =
            (generate_fn)(void (*)(void))GetProcAddress(advapi32, "SystemFunction036");
        ok = generate != NULL && generate(data, len);
        FreeLibrary(advapi32);
    }
    return ok ? SP_OK : sp_fail(err, SP_EOS, 0, "the system's random generator failed");
}
