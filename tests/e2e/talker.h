/* tests/e2e/talker.h - a client that speaks the control pipe by hand, so that it can misbehave.
 * Every wait is bounded, and a test fails when it runs out. One thread. */
#ifndef TESTS_E2E_TALKER_H
#define TESTS_E2E_TALKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/line.h"
#include "core/stream.h"
#include "win32/handle.h"
#include "win32/overlapped.h"

/** A client. Zeroed, then talker_open(). */
struct talker {
    w32_handle pipe; /**< of control */
    struct w32_overlapped reading, writing;
    struct sp_line_reader in;
    unsigned char bytes[4096];
    w32_handle data[SP_STREAM_COUNT]; /**< the data pipes, once they are open */
};

/** Opens one more connection to the fixture's service. @return the caller closes it */
w32_handle connection(void);

/** Opens the control connection. */
void talker_open(struct talker *t);

/** Goes on with a connection that is there. @param pipe taken */
void talker_take(struct talker *t, w32_handle pipe);

/** Closes all it has, as a client does that is killed. Nothing happens if it is closed. */
void talker_close(struct talker *t);

/** Writes bytes as they are. @return false: the service has hung up */
bool talker_write(struct talker *t, const void *data, size_t len);

/** Writes a line. */
void talker_say(struct talker *t, const char *line);

/** Writes a request with id 1. @param params JSON; NULL: none */
void talker_ask(struct talker *t, const char *method, const char *params);

/** The next message that is no notification. @return a new reference; NULL: the service hung up */
json_t *talker_hear(struct talker *t);

/** Asks, and asserts that it was granted. @return the result, a new reference */
json_t *talker_get(struct talker *t, const char *method, const char *params);

/** Attaches. @param more further params, as JSON behind a comma; "": none @return the result, a new
 *  reference */
json_t *talker_attach(struct talker *t, const char *worker, const char *more);

/** Opens the data pipes that an answer names. */
void talker_open_pipes(struct talker *t, json_t *answer);

#endif
