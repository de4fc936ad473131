/* service/transport.h - which way the bytes of a session go, stream by stream: through the service,
 * or past it. Nothing here has a state. */
#ifndef SVC_TRANSPORT_H
#define SVC_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/stream.h"
#include "core/transport.h"

struct svc_worker;

/** What a client wants, and what is known of it. Borrowed for the call. */
struct svc_wish {
    enum sp_transport transport;
    uint64_t offers[SP_STREAM_COUNT]; /**< std handles that it would hand over, as its process
                                       *   knows them; 0: none */
    bool read_only;                   /**< no stdin */
    bool resumable;                   /**< its session outlives its connection */
    bool remote;                      /**< of another machine */
    const char *stranger; /**< why nothing is taken out of its process, or NULL: it is */
};

/** Whether something would be taken out of the client's process, so that it is worth to open it. */
bool svc_transport_would_take(const struct svc_worker *w, const struct svc_wish *wish);

/**
 * Chooses.
 *
 * What must see the bytes needs the relay: a shared worker, a terminal, resuming, a log, a limit of
 * idle time. And so does the stdin of a stranger, whatever he insists on: nothing but the relay
 * keeps a client that dies from looking like an end of input, unless a handle is taken out of it. A
 * stranger is who could not do to the service what it likes anyway. From him none is taken: he
 * could have a read of his wait in it, which holds up whoever asks what it is; and who writes to a
 * pipe can be impersonated by whoever has its other end.
 *
 * @param w     whose worker it is to be
 * @param wish  what the client wants
 * @param out   a transport for each stream, never SP_TRANSPORT_AUTO; written on success only
 * @return NULL; or in words for the client why it can't be had
 */
const char *svc_transport_choose(const struct svc_worker *w, const struct svc_wish *wish,
                                 enum sp_transport out[SP_STREAM_COUNT]);

/** The one that a session is said to have: the fastest of its streams'. */
enum sp_transport svc_transport_of(const enum sp_transport streams[SP_STREAM_COUNT]);

#endif
