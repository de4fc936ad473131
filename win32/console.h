/* win32/console.h - the three standard streams and Ctrl-C, for both programs. Kernel32 only.
 * Printing and asking: any thread. */
#ifndef W32_CONSOLE_H
#define W32_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"
#include "win32/handle.h"

/** A standard stream of this process. */
enum w32_stream { W32_STDIN, W32_STDOUT, W32_STDERR };

/** What a standard stream is connected to. */
enum w32_stream_kind {
    W32_STREAM_NONE,     /**< nothing: no handle, or one that was closed */
    W32_STREAM_TERMINAL, /**< a console: text, WriteConsoleW, people */
    W32_STREAM_FILE,
    W32_STREAM_PIPE,   /**< an anonymous or named pipe, or a socket */
    W32_STREAM_DEVICE, /**< NUL, or another device that is no console */
};

/**
 * The handle of a standard stream, as it was given to this process.
 *
 * @param stream  which
 * @return borrowed, never closed; NULL when there is none
 */
w32_handle w32_stream_handle(enum w32_stream stream);

/** Closes a standard stream of this process: from now on there is none. One whose handle is another
 *  stream's, too, stays open for that. Nothing may use it meanwhile. */
void w32_stream_close(enum w32_stream stream);

/**
 * What a standard stream is connected to. Asked of the system at each call.
 *
 * @param stream  which
 * @return its kind
 * @see https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-getfiletype
 */
enum w32_stream_kind w32_stream_kind(enum w32_stream stream);

/**
 * Prints UTF-8 to stdout or stderr: as text on a console, whatever its code page is, and as the
 * same bytes everywhere else (no text mode, no "\r\n", no buffer of ours). All of it or an error.
 * Blocks while the reader of a pipe does not read. One call's text is not mixed with another
 * thread's as long as it is shorter than 64 KiB.
 *
 * @param stream  W32_STDOUT or W32_STDERR
 * @param utf8    len bytes; what is not UTF-8 shows as U+FFFD on a console
 * @param len     in bytes
 * @return SP_OK, SP_EBROKEN (the reader is gone), SP_ENOTFOUND (no such stream), w32_fail()'s
 * @see https://learn.microsoft.com/windows/console/writeconsole
 */
sp_status w32_print(enum w32_stream stream, const char *utf8, size_t len);

/**
 * Prints a formatted text as w32_print() does.
 *
 * @param stream  W32_STDOUT or W32_STDERR
 * @param format  printf's, UTF-8
 * @return as w32_print(); SP_ENOMEM
 */
sp_status w32_printf(enum w32_stream stream, const char *format, ...) SP_PRINTF(2, 3);

/** How large the window of a console is. @param stream W32_STDOUT or W32_STDERR @param width in
 *  characters @param height in lines @return false: it is no console; then they are 80 and 25 */
bool w32_console_size(enum w32_stream stream, size_t *width, size_t *height);

/** What somebody did to this process's console. */
enum w32_interrupt {
    W32_INTERRUPT_CTRL_C,
    W32_INTERRUPT_BREAK, /**< Ctrl-Break */
    W32_INTERRUPT_CLOSE, /**< the window is closed, the user logs off, the machine shuts down:
                          *   Windows ends this process some seconds later, whatever it does */
};

/** Called on a thread of the system's own: set an event, post to a loop, and return. Not the place
 *  for w32_on_interrupt(). */
typedef void (*w32_interrupt_fn)(enum w32_interrupt what, void *arg);

/**
 * Has a function called at Ctrl-C, Ctrl-Break and close from now on; none of them ends this
 * process by itself any more. After W32_INTERRUPT_CLOSE the process must end itself, soon.
 *
 * @param fn   replaces the one before; NULL: Windows' own behaviour again
 * @param arg  passed to fn; lives until another call has replaced it and for ever after a CLOSE
 * @param err  filled on failure; may be NULL
 * @return SP_OK, or w32_fail()'s status
 * @see https://learn.microsoft.com/windows/console/setconsolectrlhandler
 */
SP_NODISCARD sp_status w32_on_interrupt(w32_interrupt_fn fn, void *arg, struct sp_error *err);

/**
 * Blocks until somebody interrupts this process, or, if asked, until its stdin ends. To be called
 * once, before which nothing is missed if w32_interrupt_arm() was called.
 *
 * @param or_stdin_end  whether the end of stdin counts; a thread of its own then reads and drops
 *                      what comes, and is still there when this returns
 * @param err           filled on failure; may be NULL
 * @return SP_OK, or w32_fail()'s status
 */
SP_NODISCARD sp_status w32_interrupt_wait(bool or_stdin_end, struct sp_error *err);

/**
 * From now on an interrupt is kept for w32_interrupt_wait() instead of ending the process. Ctrl-C
 * counts again for this process and those it starts, even if its parent had it ignored.
 *
 * @param err  filled on failure; may be NULL
 * @return SP_OK, or w32_fail()'s status
 */
SP_NODISCARD sp_status w32_interrupt_arm(struct sp_error *err);

#endif
