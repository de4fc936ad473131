/* win32/wine.c - what Wine needs and Windows does not. */
#include "win32/wine.h"

#include <stdlib.h>

#include <windows.h>

#include "win32/pipe.h"

enum { LARGE = 16 << 20 };

bool w32_is_wine(void)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    return ntdll != NULL && GetProcAddress(ntdll, "wine_get_version") != NULL;
}

/* The pipe has room for all of it, so the write waits for nobody; one write, unlike w32_write()'s.
 */
static void pass_through(struct w32_pipe *pipe, void *block)
{
    DWORD moved = 0;
    if (!WriteFile(pipe->write, block, LARGE, &moved, NULL))
        return;
    for (DWORD left = moved; left > 0; left -= moved)
        if (!ReadFile(pipe->read, block, left, &moved, NULL) || moved == 0)
            return;
}

void w32_wine_keep_memory(void)
{
    struct w32_pipe pipe = {0};
    const struct w32_pipe_options options = {.size_bytes = LARGE + 65536};
    if (!w32_is_wine() || w32_pipe_open(&options, &pipe, NULL) != SP_OK)
        return;
    void *block = calloc(1, LARGE);
    if (block != NULL)
        pass_through(&pipe, block);
    free(block);
    w32_pipe_close(&pipe);
}
