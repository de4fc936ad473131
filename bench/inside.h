/* bench/inside.h - clients in the bench's own process: sessions without the cost of a process each.
 * They speak the protocol and keep all their pipes open. One thread. */
#ifndef BENCH_INSIDE_H
#define BENCH_INSIDE_H

#include "bench/bench.h"
#include "client/control.h"
#include "core/stream.h"

/** A session. {0} is none. */
struct bench_inside {
    struct cli_control control;
    w32_handle data[SP_STREAM_COUNT]; /**< owned */
    int64_t starting;                 /**< the id of a "start" that has no answer yet */
};

/**
 * Attaches to a worker and opens its data pipes; it is not started yet.
 *
 * @param s          {0}; bench_inside_close(), on failure, too
 * @param service    where
 * @param worker     whose name
 * @param transport  "relay" or "direct"
 * @param err        filled on failure; may be NULL
 * @return SP_OK, or what failed
 */
SP_NODISCARD sp_status bench_inside_attach(struct bench_inside *s,
                                           const struct bench_server *service, const char *worker,
                                           const char *transport, struct sp_error *err);

/** Asks for its start, without waiting. */
SP_NODISCARD sp_status bench_inside_start(struct bench_inside *s, struct sp_error *err);

/** Waits until it is started. */
SP_NODISCARD sp_status bench_inside_started(struct bench_inside *s, struct sp_error *err);

/** Writes a byte to a worker that echoes. */
SP_NODISCARD sp_status bench_inside_send(struct bench_inside *s, struct sp_error *err);

/** Waits for a byte. */
SP_NODISCARD sp_status bench_inside_receive(struct bench_inside *s, struct sp_error *err);

/** Closes all at once, as a client does that is ended. */
void bench_inside_close(struct bench_inside *s);

#endif
