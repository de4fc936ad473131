/* tests/e2e/fixture.h - a service of its own, installed and started through the service control
 * manager, and the real client against it. One for a test program; one thread. */
#ifndef TESTS_E2E_FIXTURE_H
#define TESTS_E2E_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "win32/communicate.h"
#include "win32/handle.h"
#include "win32/spawn.h"

enum { FIXTURE_MS = 120000 }; /* the bound of every wait */

/** What a test needs; all strings UTF-8, alive until fixture_close(). */
struct fixture {
    char *daemon; /**< standpiped.exe */
    char *client; /**< standpipe.exe */
    char *child;  /**< test-child.exe */
    char *folder; /**< temporary */
    char *config;
    const char *transport; /**< SP_E2E_TRANSPORT: what attach() and start_attach() insist on, where
                            *   the worker allows it; NULL: nothing */
    const char *workers;   /**< as given to fixture_open_with() */
    char name[64];         /**< the service's */
    char pipe[64];
};

extern struct fixture fixture;

/** Writes a config of the workers `child` (test-child.exe, args: allow), `upper` (a pipeline of
 *  two) and `missing` (a program that is not there), installs the service and starts it.
 *  @param yaml more of the config, top level keys first; may be NULL @return 0, or -1 with a word
 *  on stderr */
int fixture_open(const char *yaml);

/** As fixture_open(), with workers of the test's own behind the usual ones: lines indented by two,
 *  where every '@' stands for the path of test-child.exe in quotes. */
int fixture_open_with(const char *yaml, const char *workers);

/** Writes the config anew, as fixture_open_with() did. Not in force before a reload or a start. */
void fixture_write_config(const char *yaml, const char *workers);

/** Stops the service, uninstalls it and removes the files. @return 0, or -1 */
int fixture_close(void);

/** Runs a program to its end with an input; fails the test when it does not end in time.
 *  @param outcome freed by the caller: w32_outcome_deinit() */
void run_program(const char *const *argv, size_t argc, struct sp_bytes input,
                 struct w32_outcome *outcome);

enum { ATTACH_WORDS_MAX = 40 };

/** The command line of `standpipe attach`. @param argv room for ATTACH_WORDS_MAX @param words as in
 *  attach() @return how many */
size_t attach_argv(const char **argv, const char *const *words);

/** Runs `standpipe attach`. @param words what follows the options: the worker, "--" and its
 *  arguments, then NULL */
void attach(const char *const *words, struct sp_bytes input, struct w32_outcome *outcome);

/** Starts `standpipe attach` with handles; NULL is NUL. The caller closes the child. */
void start_attach(const char *const *words, w32_handle in, w32_handle out, w32_handle err,
                  struct w32_child *child);

/** Whether the tests run over this transport: some things can't be the same. */
bool runs_over(const char *transport);

/** Waits for the end of a child. @return its exit code */
uint32_t end_of(struct w32_child *child);

/** Runs standpiped with words, then NULL. @return its exit code */
uint32_t daemon_verb(const char *const *words, struct w32_outcome *outcome);

/** Sends Ctrl-C to a process with a console of its own, as somebody at its keyboard would. */
void send_ctrl_c(uint32_t pid);

/** Runs another verb of standpipe. @param words the verb and what follows the options, then NULL
 *  @return its exit code */
uint32_t client_verb(const char *const *words, struct w32_outcome *outcome);

/** Runs a verb of standpipe as somebody who is no administrator. @param words as in client_verb()
 *  @return its exit code */
uint32_t lowered(const char *const *words, struct sp_bytes input, struct w32_outcome *outcome);

/** What `standpipe ps --json` prints. @return a new reference */
json_t *ps(void);

/** One request on a control connection of its own, without the client.
 *  @param params taken; may be NULL @return the result, a new reference; NULL: it was refused, or
 *  the service is not there */
json_t *ask(const char *method, json_t *params);

/** Waits until the service has so many sessions; fails the test when it does not in time. */
void wait_for_sessions(size_t count);

/** Waits until a worker's `state` is this; fails the test when it is not in time. @return a new
 *  reference to the worker's object */
json_t *wait_for_state(const char *worker, const char *state);

/** Waits until no process has an id any more; fails the test when one has it for too long. */
void wait_for_process_end(uint32_t pid);

/** A path in the fixture's folder; until the fourth call after this one. */
const char *scratch(const char *leaf);

/** Writes size pseudo-random bytes to a file. */
void write_random(const char *path, uint64_t size);

/** The SHA-256 of a file, in hexadecimal. */
void sha256_of(const char *path, char hex[65]);

/** Reads until a line is there; fails the test at the end of the stream. @param line without LF */
void read_line(w32_handle from, char *line, size_t size);

/** Asserts that a text holds another. */
void assert_says(const struct sp_buffer *text, const char *what);

/** Asserts that a buffer holds just this text. */
void assert_text(const struct sp_buffer *buffer, const char *text);

#endif
