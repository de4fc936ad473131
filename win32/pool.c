/* win32/pool.c - the process's thread pools. */
#include "win32/pool.h"

#include <windows.h>

enum { POOLS = 2 };

static const DWORD most_threads[POOLS] = {[W32_POOL_CALLS] = 4, [W32_POOL_FILES] = 2};

void *w32_pool_environment(enum w32_pool which)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    static TP_CALLBACK_ENVIRON environments[POOLS];
    BOOL first = FALSE;
    if (InitOnceBeginInitialize(&once, 0, &first, NULL) && first) {
        for (int i = 0; i < POOLS; i++) {
            InitializeThreadpoolEnvironment(&environments[i]);
            TP_POOL *threads = CreateThreadpool(NULL);
            if (threads == NULL) /* then the process's default pool must do */
                continue;
            SetThreadpoolThreadMaximum(threads, most_threads[i]);
            SetThreadpoolCallbackPool(&environments[i], threads);
        }
        InitOnceComplete(&once, 0, NULL);
    }
    return &environments[which];
}
