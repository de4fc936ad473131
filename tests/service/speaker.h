/* tests/service/speaker.h - a server in the test's own process, so that strict mode and the tallies
 * see all of it, and clients that speak the protocol by hand, so that they can misbehave. One
 * server for a test; one thread. Every wait is bounded, and a test fails when it runs out. */
#ifndef TESTS_SERVICE_SPEAKER_H
#define TESTS_SERVICE_SPEAKER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "core/config.h"
#include "core/line.h"
#include "core/stream.h"
#include "service/server.h"
#include "win32/handle.h"
#include "win32/npipe.h"
#include "win32/overlapped.h"

enum { SPEAKER_MS = 30000 /* the bound of every wait */, SPEAKER_HEARD = 64 };

/** A client. Zeroed, then speaker_open(). */
struct speaker {
    w32_handle control;
    struct w32_overlapped reading, writing; /* of control */
    struct sp_line_reader in;
    char bytes[4096];
    int64_t last_id;
    json_t *heard[SPEAKER_HEARD]; /* owned: notifications nobody has asked for yet */
    size_t heard_count;
    char session[32], token[64];
    struct w32_npipe_leaf leaves[SP_STREAM_COUNT];
    w32_handle data[SP_STREAM_COUNT];
    struct w32_overlapped ops[SP_STREAM_COUNT]; /* one on each data pipe */
    uint64_t received[SP_STREAM_COUNT];         /* bytes of an output; of stdin: bytes written */
};

/** Starts a server. @param yaml the config, where every '@' is the path of test-child.exe, quoted
 */
void serve(const char *yaml);

/** Stops and frees it, and asserts that it left nothing open. */
void stop_serving(void);

/** The running server. */
extern struct svc_server *server;

/** Opens the control connection. */
void speaker_open(struct speaker *s);

/** Closes everything at once, as a client does that is killed. Idle if it is closed. */
void speaker_break(struct speaker *s);

/** Sends a request without waiting. @param params taken; may be NULL @return its id */
int64_t speaker_ask(struct speaker *s, const char *method, json_t *params);

/** Sends a notification. @param params taken; may be NULL */
void speaker_tell(struct speaker *s, const char *method, json_t *params);

/** Waits for the answer to a request. @param code 0 for a result, else the error's
 *  @return the result, or the error: a new reference */
json_t *speaker_answer(struct speaker *s, int64_t id, int *code);

/** Asks, waits, and asserts that it was granted. @return the result, a new reference */
json_t *speaker_get(struct speaker *s, const char *method, json_t *params);

/** Asks, waits, and returns the code of the refusal; 0: it was granted. */
int speaker_code(struct speaker *s, const char *method, json_t *params);

/** Waits for a notification. @return its params, a new reference */
json_t *speaker_hear(struct speaker *s, const char *method);

/** Waits until the service closes the connection; what it says before is kept. */
void speaker_hear_end(struct speaker *s);

/** Attaches and opens the data pipes. @param more further params, taken; may be NULL */
void speaker_attach(struct speaker *s, const char *worker, json_t *more);

/** Attaches, opens the data pipes and starts. @param more as above */
void speaker_start(struct speaker *s, const char *worker, json_t *more);

/** Comes back on a new connection with what it has of the outputs, and opens the data pipes.
 *  @param old whose session; broken or not. Its counts are taken over
 *  @return how much stdin the service has */
uint64_t speaker_resume(struct speaker *s, const struct speaker *old);

/** Writes to stdin and waits until it is written. */
void speaker_write(struct speaker *s, const char *text);

/** Reads so much of an output, or up to its end. @param to receives it; NULL: it is dropped
 *  @return how much was read */
uint64_t speaker_read(struct speaker *s, enum sp_stream stream, void *to, uint64_t len);

/** Closes a data pipe. */
void speaker_close(struct speaker *s, enum sp_stream stream);

/** How many sessions the server has, asked on a connection of its own. */
size_t session_count(void);

/** Waits until the server has so many sessions. */
void wait_for_sessions(size_t count);

#endif
