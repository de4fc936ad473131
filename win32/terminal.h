/* win32/terminal.h - a pseudo console (ConPTY): a program in it finds a screen and a keyboard,
 * which are two pipes: what is typed goes in as bytes, what the screen shows comes out as UTF-8
 * with control sequences. Any thread. */
#ifndef W32_TERMINAL_H
#define W32_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "win32/handle.h"

/** The least and the most of columns and of rows. */
enum { W32_TERMINAL_LEAST = 1, W32_TERMINAL_MOST = INT16_MAX };

/** The size of a screen, in characters. {0} is one that nobody knows. */
struct w32_terminal_size {
    uint16_t columns, rows;
};

/** A terminal. On the heap; gone with w32_terminal_close(). */
struct w32_terminal;

/**
 * Makes a terminal, which no program is in yet: w32_spawn() puts one into it. Starts a process of
 * the system's (conhost.exe), so blocks for milliseconds.
 *
 * @param size  its first size; {0}: 80 columns, 25 rows
 * @param in    the read end of its keyboard, synchronous; borrowed for the call
 * @param out   the write end of its screen, synchronous; borrowed for the call
 * @param t     written on success only; w32_terminal_close()
 * @param err   filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, w32_fail()'s status
 * @see https://learn.microsoft.com/windows/console/createpseudoconsole
 */
SP_NODISCARD sp_status w32_terminal_open(struct w32_terminal_size size, w32_handle in,
                                         w32_handle out, struct w32_terminal **t,
                                         struct sp_error *err);

/** The pseudo console itself, an HPCON, for w32_spawn(). */
void *w32_terminal_console(const struct w32_terminal *t);

/**
 * Changes its size, soon: of several wishes the last one counts. What the system can't do (Wine 8)
 * is not done. Never blocks.
 *
 * @param t     NULL: nothing happens
 * @param size  {0}: nothing happens
 */
void w32_terminal_resize(struct w32_terminal *t, struct w32_terminal_size size);

/**
 * Closes it, as the window of a console is closed: the programs in it are told (CTRL_CLOSE_EVENT)
 * and ended by the system some seconds later. Never blocks; the end of its screen's pipe tells
 * that it is done. Before that comes all that they wrote, so that pipe must be read on, or closed.
 *
 * @param t  emptied; an empty one: nothing happens
 * @see https://learn.microsoft.com/windows/console/closepseudoconsole
 */
void w32_terminal_close(struct w32_terminal **t);

#endif
