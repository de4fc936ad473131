/* client/session.h - what the service has told of our session, and what follows from it. No I/O but
 * for words on stderr. One thread at a time. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/error.h"
#include "core/rpc.h"
#include "core/stream.h"
#include "core/transport.h"

enum {
    CLI_SESSION_ID_MAX = 32,    /**< bytes of a session's name */
    CLI_SESSION_TOKEN_MAX = 64, /**< bytes of its token */
    CLI_SESSION_GAPS = 64,      /**< runs that were left out and are remembered each for itself */
};

/** A run of bytes that the service left out for us. */
struct cli_gap {
    uint64_t at; /**< its first byte's position in the stream */
    uint64_t bytes;
};

/** One output. Positions count from the start of the worker's stream, which for a client of a
 *  shared worker is before its first byte. */
struct cli_output {
    uint64_t offset;  /**< position of our first byte, and the gaps that are long behind us */
    uint64_t dropped; /**< bytes in all gaps */
    struct cli_gap gaps[CLI_SESSION_GAPS];
    size_t gap_count;
    uint64_t total; /**< position of its end */
    bool ended;     /**< total was told */
};

/** A session. {0} is one that is not attached. */
struct cli_session {
    char id[CLI_SESSION_ID_MAX + 1];
    char token[CLI_SESSION_TOKEN_MAX + 1]; /**< empty: it can't be resumed */
    bool shared;                           /**< one worker, many clients */
    bool tty;                              /**< its worker has a terminal */
    uint64_t resume_ms;                    /**< how long the service waits for us; 0: not at all */
    uint64_t drain_ms; /**< how long an output may be held after the exit with nothing coming */
    enum sp_transport transport[SP_STREAM_COUNT];
    bool placed; /**< it is known where the outputs begin for us: `start` was answered */
    struct cli_output outputs[SP_STREAM_COUNT];
    uint64_t input_received; /**< how many bytes of stdin the service has */
    bool input_closed;       /**< the worker takes no more */
    bool stopping;
    bool exited;
    uint32_t code; /**< once exited: what our exit code shall be */
};

/** Takes in the answer to `attach`. @param s empty @param result borrowed
 *  @return SP_OK; SP_EPROTOCOL an answer that is none */
SP_NODISCARD sp_status cli_session_attached(struct cli_session *s, json_t *result,
                                            struct sp_error *err);

/** Takes in the answer to `start`: the positions, the first time. @param result borrowed */
void cli_session_started(struct cli_session *s, json_t *result);

/** Takes in the answer to `resume`. @param result borrowed @param input how many bytes of stdin the
 *  service has @return SP_OK; SP_EPROTOCOL an answer that is none */
SP_NODISCARD sp_status cli_session_resumed(struct cli_session *s, json_t *result, uint64_t *input,
                                           struct sp_error *err);

/** Takes in a message, and says on stderr what a person should know. What is told twice counts and
 *  is said once. @param rpc no answer to a request of ours */
void cli_session_told(struct cli_session *s, const struct sp_rpc *rpc);

/**
 * The position behind so many bytes of an output.
 *
 * @param s       the session
 * @param stream  stdout or stderr
 * @param bytes   counted from our first one, without what was left out
 */
uint64_t cli_session_position(const struct cli_session *s, enum sp_stream stream, uint64_t bytes);

/** How an output that has given its last byte compares with what was told of it. */
enum cli_ending {
    CLI_ENDING_OPEN,  /**< its end has not been told */
    CLI_ENDING_SHORT, /**< there are more bytes */
    CLI_ENDING_WHOLE,
    CLI_ENDING_LONG, /**< there are fewer: the service contradicts itself */
};

/** Compares. @param bytes how many came in all */
enum cli_ending cli_session_ending(const struct cli_session *s, enum sp_stream stream,
                                   uint64_t bytes);

/** What is wrong with an output that did not end whole, as an error. @return SP_EPROTOCOL */
sp_status cli_session_incomplete(const struct cli_session *s, enum sp_stream stream, uint64_t bytes,
                                 struct sp_error *err);

#endif
