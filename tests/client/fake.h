/* tests/client/fake.h - a service with one session, which says and does just what a test wants, and
 * the real client against it. Everything fails the test when it can't be had in time. One thread,
 * but for fake_read_some() and fake_write_some(): one for each stream. */
#ifndef TESTS_CLIENT_FAKE_H
#define TESTS_CLIENT_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "core/buffer.h"
#include "core/line.h"
#include "core/stream.h"
#include "win32/handle.h"
#include "win32/npipe.h"
#include "win32/overlapped.h"
#include "win32/pipe.h"
#include "win32/spawn.h"

enum { PATIENCE_MS = 60000, FAKE_RESUME_MS = 60000 };

/** The service's end of a data pipe. */
struct fake_data {
    struct w32_npipe_leaf leaf;
    w32_handle h;
    struct w32_overlapped op;
};

/** A service. {0} is none. */
struct fake {
    char pipe[64];
    void *access;
    w32_handle next; /* the instance that listens */
    w32_handle cut;  /* set: fake_read_some() and fake_write_some() return */

    w32_handle control;
    struct w32_overlapped read, write;
    struct sp_line_reader in;
    char bytes[4096];
    json_t *id; /* of the request to be answered */
    struct fake_data data[SP_STREAM_COUNT];
    uint64_t received[SP_STREAM_COUNT]; /* what the client has acknowledged */
};

/** A client that runs. */
struct fake_client {
    struct w32_child child;
    struct w32_pipe in, out, err; /* our ends of its std handles */
};

/** Begins to listen. */
void fake_open(struct fake *f);

/** Ends all that is left. */
void fake_close(struct fake *f);

/** Ends the listening: from now on there is no such pipe. */
void fake_vanish(struct fake *f);

/** Waits for a client's control connection. */
void fake_accept(struct fake *f);

/** The same, for so long. @return whether one came */
bool fake_accepts(struct fake *f, uint32_t timeout_ms);

/** The next request or notification, which must be of this method; `received` on the way is noted.
 *  @return its params, a new reference; NULL when it has none */
json_t *fake_next(struct fake *f, const char *method);

/** The same, dropped. */
void fake_expect(struct fake *f, const char *method);

/** The next message of any method, within a time or until f->cut is set. @param out a new reference
 *  to the whole message; written on success only @return SP_OK; SP_ECANCELED; SP_EBROKEN */
sp_status fake_message(struct fake *f, json_t **out);

/** Answers the request that came last. @param result taken */
void fake_answer(struct fake *f, json_t *result);

/** Refuses it. */
void fake_refuse(struct fake *f, int code, const char *why);

/** Says something. @param params taken */
void fake_notify(struct fake *f, const char *method, json_t *params);

/** Says that an output has ended. */
void fake_output_end(struct fake *f, enum sp_stream stream, uint64_t bytes);

/** Says that both have, and that the worker exited with a code; without a word more. */
void fake_exit(struct fake *f, uint64_t out, uint64_t err, int code);

/** Makes data pipes, and an answer that names them. @param read_only without stdin @return a new
 *  reference, to which a test adds what it likes */
json_t *fake_pipes(struct fake *f, bool read_only);

/** Waits until the client has opened a data pipe. */
void fake_wait_for_data(struct fake *f, enum sp_stream stream);

/** Expects `start`, and answers it. @param stdout_position of the first byte */
void fake_start(struct fake *f, uint64_t stdout_position);

/** Takes an attachment from accept to start. @param resume_ms 0: a session that does not resume */
void fake_attach(struct fake *f, const char *mode, uint64_t resume_ms);

/** Takes a resumption from accept to start: `resume` must come, and is granted. @param input what
 *  is said of stdin @param out what the client must say of stdout @param err and of stderr */
void fake_resume(struct fake *f, uint64_t input, uint64_t out, uint64_t err);

/** Writes all of it to an output. */
void fake_say(struct fake *f, enum sp_stream stream, const void *data, size_t len);

/** Reads this text from stdin. */
void fake_hear(struct fake *f, const char *text);

/** Expects that stdin's pipe is closed and its end told. */
void fake_hear_end(struct fake *f, uint64_t bytes);

/** Writes or reads once, until f->cut is set. @return SP_OK, SP_ECANCELED, SP_EEND, SP_EBROKEN */
sp_status fake_write_some(struct fake *f, enum sp_stream stream, const void *data, uint32_t len,
                          uint32_t *done);
sp_status fake_read_some(struct fake *f, void *data, uint32_t size, uint32_t *got);

/** Closes one data pipe. What was written stays for the client. */
void fake_close_data(struct fake *f, enum sp_stream stream);

/** Closes the control connection alone. */
void fake_close_control(struct fake *f);

/** Closes all pipes of the connection, as a broken network would. */
void fake_cut(struct fake *f);

/** Expects that the client hangs up without another word. */
void fake_expect_gone(struct fake *f);

/** Starts `standpipe attach --pipe ...`. @param words what follows, then NULL */
void fake_start_client(struct fake *f, struct fake_client *c, const char *const *words);

/** Starts another verb the same way. */
void fake_start_verb(struct fake *f, struct fake_client *c, const char *verb,
                     const char *const *words);

/** Starts `standpipe attach` at our own console. @param in its input, as stdin */
void fake_start_client_at(struct fake *f, struct fake_client *c, const char *const *words,
                          w32_handle in);

/** The same, with our console's screen as its stdout, too. */
void fake_start_client_on(struct fake *f, struct fake_client *c, const char *const *words,
                          w32_handle in, w32_handle out);

/** Starts `standpipe attach` without a console, whose host would have its std handles, too, on
 * Wine.
 *  @param std stay the test's; NULL: a pipe, as with fake_start_client() */
void fake_start_client_with(struct fake *f, struct fake_client *c, const char *const *words,
                            const w32_handle std[SP_STREAM_COUNT]);

/** Reads one piece of this text from the client's stdout. */
void fake_client_says(struct fake_client *c, const char *text);

/** Waits for the client's end, closes it. @param err all of its stderr, with a NUL, in a buffer of
 *  the fake's own until the next call @return its exit code */
uint32_t fake_client_end(struct fake_client *c, const char **err);

#endif
