/* win32/keyboard.h - what somebody types at a console, as bytes. One thread at a time. */
#ifndef W32_KEYBOARD_H
#define W32_KEYBOARD_H

#include <stdint.h>

#include "core/error.h"
#include "win32/handle.h"

/** The least room for a read. */
enum { W32_KEYBOARD_ROOM = 4096 };

/** A console that is read. {.console = h} is ready. */
struct w32_keyboard {
    w32_handle console; /**< borrowed */
    uint32_t wake_mask; /**< control characters that end a line as Enter does, by their bits: bit 28
                         *   is Ctrl-\. They are part of the text. */
    uint16_t held;      /**< half a character, whose other half comes next */
};

/**
 * Reads a line, or what stands there when a key of the mask is pressed; in the code page of the
 * console's input, as ReadFile would. Blocks until then.
 *
 * @param k     whose
 * @param data  receives up to size bytes
 * @param size  at least W32_KEYBOARD_ROOM; a longer line comes in parts
 * @param got   bytes read, at least 1; written on success only
 * @param err   filled on failure; may be NULL
 * @return SP_OK; SP_EEND a line that begins with Ctrl-Z; SP_ECANCELED Ctrl-C ended it; w32_fail()'s
 * @see https://learn.microsoft.com/windows/console/console-readconsole-control
 */
SP_NODISCARD sp_status w32_keyboard_read(struct w32_keyboard *k, void *data, uint32_t size,
                                         uint32_t *got, struct sp_error *err);

#endif
