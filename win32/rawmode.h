/* win32/rawmode.h - this process's console as the screen and the keyboard of a terminal elsewhere:
 * control sequences are obeyed, keys come as bytes, both in UTF-8. Kernel32 only. One console a
 * process, so one state. Its end restores all: w32_exit() and a crash do that, too. */
#ifndef W32_RAWMODE_H
#define W32_RAWMODE_H

#include <stdbool.h>

#include "core/error.h"
#include "win32/terminal.h"

/** The size of the window of the console that stdout is. Any thread. @param out written on success
 *  only @return false: it is no console */
bool w32_rawmode_size(struct w32_terminal_size *out);

/**
 * Makes stdout, a console, obey control sequences. One thread.
 *
 * @param err  filled on failure; may be NULL
 * @return SP_OK, SP_EUNSUPPORTED (a console in legacy mode), w32_fail()'s status
 * @see https://learn.microsoft.com/windows/console/setconsolemode
 */
SP_NODISCARD sp_status w32_rawmode_screen(struct sp_error *err);

/**
 * Makes stdin, a console, give each key at once, unseen, as the bytes that a terminal sends. Read
 * it with w32_keyboard_read(). One thread.
 *
 * @param ctrl_c  whether Ctrl-C still interrupts this process; else it is the byte 3
 * @param err     filled on failure; may be NULL
 * @return SP_OK, w32_fail()'s status
 */
SP_NODISCARD sp_status w32_rawmode_keyboard(bool ctrl_c, struct sp_error *err);

/** Whether stdout obeys control sequences now: a line's end then is "\r\n". Any thread. */
bool w32_rawmode_is_on(void);

/** Makes the console what it was, and ends what a terminal may have left on it: another screen,
 *  colours, a hidden cursor, reports of the mouse. Nothing happens when nothing was changed. Any
 *  thread. */
void w32_rawmode_leave(void);

#endif
