/* tests/win32/children.h - starting the helper programs that lie beside a test, and looking at what
 * they said. Every wait is bounded by PATIENCE_MS: long enough for the slowest machine, short
 * enough that a hang is told from slowness. Any thread, except what fails a test. */
#ifndef TESTS_WIN32_CHILDREN_H
#define TESTS_WIN32_CHILDREN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "win32/communicate.h"
#include "win32/handle.h"
#include "win32/pipe.h"
#include "win32/spawn.h"

enum { PATIENCE_MS = 60000, MIB = 1024 * 1024 };

/** The number of words in a literal list of them. */
#define WORD_COUNT(...) (sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/** A stage or the argv of spawn options: `test-child.exe` with these words. */
#define CHILD(...)                                                                                 \
    .argv = (const char *const[]){child_program(), __VA_ARGS__}, .argc = 1 + WORD_COUNT(__VA_ARGS__)

/** The full path of test-child.exe. */
const char *child_program(void);

/** The full path of a program beside the test; until the fourth call after this one. */
const char *beside(const char *leaf);

/** Runs a program to its end; the test fails when that can't be done.
 *  @param outcome written; the caller frees it */
void run(const struct w32_spawn_options *what, struct sp_bytes input, struct w32_outcome *outcome);

/** Starts a program; the test fails when that can't be done. */
void start(const struct w32_spawn_options *what, struct w32_child *child);

/** Waits for a child's end. @return its exit code */
uint32_t end_of(const struct w32_child *child);

/** Waits for the end of a process that is not a child of ours. It must still run, or have been
 *  opened by process_of() while it did. Closes the handle. */
void assert_ends(w32_handle *process);

/** Opens a process by its id; the test fails when there is none. @return closed by the caller */
w32_handle process_of(uint32_t pid);

/** Reads a decimal number and its line end from a pipe. */
uint32_t read_number(w32_handle from);

/** Asserts that a buffer holds just this text. */
void assert_text(const struct sp_buffer *buffer, const char *text);

/** Asserts that a text holds another. */
void assert_says(const char *text, const char *part);

/** Asserts that a buffer holds just len bytes of the pattern of test-child's `source`. */
void assert_pattern(const struct sp_buffer *buffer, size_t len);

/** len bytes of that pattern. @return free() */
unsigned char *make_pattern(size_t len);

/** CMocka's set-up: how much is open before a test. One that fails leaves its own open. */
int remember_open(void **state);

/** CMocka's tear-down: no test may leave a handle open or an operation in flight. */
int nothing_new_open(void **state);

/** A test that leaves nothing open. */
#define TEST(name) cmocka_unit_test_setup_teardown(name, remember_open, nothing_new_open)

#endif
