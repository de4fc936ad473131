/* win32/pool.h - the process's thread pools: small ones, since calls that block take turns in the
 * kernel anyway. For win32's own .c files; others name a pool and no more. Any thread. */
#ifndef W32_POOL_H
#define W32_POOL_H

/** Which pool. Each has threads of its own, so one that hangs holds up none of the other. */
enum w32_pool {
    W32_POOL_CALLS, /**< starting programs, looking up accounts */
    W32_POOL_FILES, /**< reading and writing logs: a disk or a share may not answer for long */
};

/** Its environment for Windows' functions: a TP_CALLBACK_ENVIRON, never NULL. */
void *w32_pool_environment(enum w32_pool which);

#endif
