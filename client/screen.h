/* client/screen.h - our console as the screen and the keyboard of a worker's terminal. {0} is none:
 * the worker has no terminal, or our stdout is no console. The main thread's, but for
 * cli_screen_write(). */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/error.h"
#include "win32/handle.h"
#include "win32/terminal.h"

/** A screen. There as long as its thread is. */
struct cli_screen {
    bool shown;                    /**< our stdout is it */
    bool typed;                    /**< and our stdin its keyboard */
    w32_handle wake;               /**< borrowed: set when its size has changed */
    struct w32_terminal_size told; /**< the size that the service knows */
    size_t matched;                /**< cli_screen_write()'s: bytes of a sequence that it keeps */
};

/** Makes our stdout the screen, if it is a console. Before anything comes.
 *  @return SP_OK, w32_rawmode_screen()'s */
SP_NODISCARD sp_status cli_screen_open(struct cli_screen *s, struct sp_error *err);

/**
 * Makes our stdin its keyboard, if it is a console, too, and begins to look after the size. Once
 * the worker runs.
 *
 * @param s          open
 * @param read_only  nothing is typed: Ctrl-C is ours
 * @param wake       borrowed: set when the size has changed, as long as the process lives
 * @param err        filled on failure; may be NULL
 * @return SP_OK, w32_rawmode_keyboard()'s, w32_thread_start()'s
 */
SP_NODISCARD sp_status cli_screen_begin(struct cli_screen *s, bool read_only, w32_handle wake,
                                        struct sp_error *err);

/** Adds the size to the params of a message, and takes it for told. @param params NULL: an empty
 *  object is made, if there is something to add @return params, with "columns" and "rows" */
json_t *cli_screen_tell_size(struct cli_screen *s, json_t *params);

/** Whether the size is another one than was told. */
bool cli_screen_is_resized(const struct cli_screen *s);

/**
 * Writes to our stdout, as w32_write() does, but for one sequence: a pseudo console asks for keys
 * as records (win32-input-mode), in which nobody could find detach keys. A host that does not know
 * it ignores it. One thread.
 *
 * @param s  NULL, or not shown: w32_write()
 */
SP_NODISCARD sp_status cli_screen_write(struct cli_screen *s, w32_handle std,
                                        const unsigned char *data, size_t len);

#endif
