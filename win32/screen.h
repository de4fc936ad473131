/* win32/screen.h - a whole console to draw on and to take keys from, and the console as it was
 * afterwards, whatever happens: at the end, at Ctrl-C, when the window is closed, at a crash. One a
 * process; one thread, but for w32_screen_close(). */
#ifndef W32_SCREEN_H
#define W32_SCREEN_H

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

/** What a key is that is no character. */
enum w32_key {
    W32_KEY_NONE = 0, /**< none was pressed in time */
    W32_KEY_UP = 0x110000,
    W32_KEY_DOWN,
    W32_KEY_PAGE_UP,
    W32_KEY_PAGE_DOWN,
    W32_KEY_HOME,
    W32_KEY_END,
    W32_KEY_RESIZED, /**< none: the window has another size now */
    W32_KEY_QUIT,    /**< none: Ctrl-C, or the window is being closed */
};

/**
 * Takes the console over: an alternate screen, where what is there already is kept from; no cursor;
 * keys come at once and are not shown. Ctrl-C is W32_KEY_QUIT from now on.
 *
 * @param err  filled on failure; may be NULL
 * @return SP_OK; SP_EUNSUPPORTED: stdout is no console, or one that obeys no VT sequences; what
 *         failed. The console is then as it was
 * @see https://learn.microsoft.com/windows/console/console-virtual-terminal-sequences
 */
SP_NODISCARD sp_status w32_screen_open(struct sp_error *err);

/** Gives the console back as it was. A second call changes nothing. Any thread. */
void w32_screen_close(void);

/** Draws: UTF-8 with VT sequences. @return w32_print()'s */
SP_NODISCARD sp_status w32_screen_draw(const char *utf8, size_t len);

/** Waits for a key. @return a character's code point, or one of enum w32_key */
uint32_t w32_screen_key(uint32_t timeout_ms);

#endif
