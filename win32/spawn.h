/* win32/spawn.h - starting a program with exactly the handles named, in a job from its first
 * instruction. Any thread; CreateProcess may take milliseconds, so never on a loop's thread. */
#ifndef W32_SPAWN_H
#define W32_SPAWN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"
#include "win32/handle.h"
#include "win32/terminal.h"
#include "win32/token.h"

/** The console a child gets. */
enum w32_console {
    W32_CONSOLE_HIDDEN = 0, /**< one of its own without a window: Ctrl-C can be sent to it */
    W32_CONSOLE_SHARED,     /**< ours: a command line's child */
    W32_CONSOLE_NONE,       /**< none at all: starts faster; Ctrl-C can't be sent to it */
};

/** What to start, and how. {0} plus argv is a good default. Everything is borrowed for the call. */
struct w32_spawn_options {
    const char *const *argv; /**< UTF-8, argc of them; argv[0] names the program as
                              *   w32_program_find() finds it. The child sees argv[0] as it is. */
    size_t argc;             /**< at least 1 */
    const char *const *env;  /**< "NAME=value", set on top of our own environment, or the token's;
                              *   "NAME=" removes NAME; NULL: none */
    size_t env_count;
    const char *folder; /**< working folder; NULL is the token's, or ours */
    w32_handle in;      /**< stdin; NULL is NUL: an end at once. The three may be the same handle
                         *   where that is safe: one synchronous duplex pipe as both in and out is
                         *   refused, Windows would deadlock on it. */
    w32_handle out;     /**< stdout; NULL is NUL */
    w32_handle err;     /**< stderr; NULL is NUL */
    w32_handle job;     /**< put it into this job; NULL: into one of its own, in child->job */
    enum w32_console console;
    const struct w32_terminal *terminal; /**< its console, screen and keyboard, and its stdin,
                                          *   stdout and stderr: in, out, err and console are not
                                          *   looked at, and it inherits nothing. NULL: none */
    const struct w32_token *token;       /**< whom it runs as; NULL: as we do */
};

/** A started program. {0} is the empty child. */
struct w32_child {
    w32_handle process; /**< owned */
    w32_handle job;     /**< owned; NULL when the caller gave one. Closing it ends the tree. */
    uint32_t pid;
};

/**
 * Finds a program as Windows users expect, but never in the current folder: a name with a slash
 * or a drive is a path (relative to folder, if given); any other is looked for in this program's
 * own folder, the system folder, the Windows folder and PATH. Without an extension .exe, .com,
 * .bat and .cmd are tried in this order.
 *
 * @param name    UTF-8
 * @param folder  base for a relative path; NULL is the current folder
 * @param out     full path, UTF-8; written on success only; free()
 * @param err     filled on failure, naming where was looked; may be NULL
 * @return SP_OK, SP_ENOTFOUND, SP_ENOMEM, SP_EINVAL
 */
SP_NODISCARD sp_status w32_program_find(const char *name, const char *folder, char **out,
                                        struct sp_error *err);

/**
 * Starts a program. It inherits inheritable duplicates of in, out and err and nothing else, even
 * while other threads start other programs; our own handles stay uninheritable and ours. It is in
 * its job before it runs. A batch file is run by cmd.exe, see sp_cmdline_quote_batch(). Neither it
 * nor, from then on, this process shows a box for a missing DLL or disk (SEM_FAILCRITICALERRORS):
 * it ends with a code instead.
 *
 * @param options  what to start
 * @param out      written on success only; the caller closes it: w32_child_close()
 * @param err      filled on failure, naming the program; may be NULL
 * @return SP_OK; SP_ENOTFOUND no such program or folder; SP_EINVAL an argument that can't be
 *         passed, or one pipe as both stdin and an output; SP_EUNSUPPORTED the file is no program
 *         for this Windows; SP_EACCESS; other w32_fail() statuses
 * @see https://learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-updateprocthreadattribute
 */
SP_NODISCARD sp_status w32_spawn(const struct w32_spawn_options *options, struct w32_child *out,
                                 struct sp_error *err);

/**
 * Waits for the end of a child (not of its tree). Blocks up to timeout_ms.
 *
 * @param child       a started one
 * @param timeout_ms  W32_FOREVER: no limit
 * @param exit_code   written on success only; may be NULL
 * @param err         filled on failure; may be NULL
 * @return SP_OK, SP_ETIMEOUT, w32_fail()'s status
 */
SP_NODISCARD sp_status w32_child_wait(const struct w32_child *child, uint32_t timeout_ms,
                                      uint32_t *exit_code, struct sp_error *err);

/** Closes the handles and empties *child; if it owns its job, that ends the child's whole tree. */
void w32_child_close(struct w32_child *child);

#endif
