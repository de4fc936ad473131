/* tests/service/logged.h - what the tests of log files share: looking at them, and waiting for
 * them. One thread. */
#ifndef TESTS_SERVICE_LOGGED_H
#define TESTS_SERVICE_LOGGED_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buffer.h"
#include "win32/handle.h"

enum { PATIENCE_MS = 60000 };

/** The whole of a file in the scratch folder with a NUL behind it; fails the test when it can't be
 *  read. @return free() */
char *text_of(const char *path);

/** Whether a file holds a text by now. What can't be read holds none. */
bool file_holds(const char *path, const char *text);

/** Whether anybody may open a file but SYSTEM, the administrators and ourselves. Of a descriptor
 * Wine keeps no more than what becomes a Linux mode. */
bool is_for_others(const char *path);

/** Asserts what a whole file is. */
void assert_file(const char *path, const char *text);

/** Waits until a file holds a text; fails the test when it never does. */
void assert_will_hold(const char *path, const char *text);

/** Waits until no more than so many handles are open. */
void assert_handles_will_be(int32_t count);

/** Opens a file so that nobody else can open, rename or delete it. @return w32_handle_close() */
w32_handle locked(const char *path);

/** The same, but others can read and write it. */
w32_handle readable(const char *path);

#endif
