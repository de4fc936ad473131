/* win32/pool.c - the process's thread pools. */
#include "win32/pool.h"

#include <windows.h>

#include "win32/thread.h"

enum { POOLS = 2, LEAST = 2, MOST_CALLS = 4 };

/* A thread a core starts programs as fast as more would; and one that hangs is not the last. */
static DWORD most_threads(enum w32_pool which)
{
    uint32_t cores = w32_core_count();
    if (which == W32_POOL_FILES || cores < LEAST)
        return LEAST;
    return cores < MOST_CALLS ? cores : MOST_CALLS;
}

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
            SetThreadpoolThreadMaximum(threads, most_threads((enum w32_pool)i));
            SetThreadpoolCallbackPool(&environments[i], threads);
        }
        InitOnceComplete(&once, 0, NULL);
    }
    return &environments[which];
}
