/* service/transport.c - which way the bytes of a session go, stream by stream. */
#include "service/transport.h"

#include "service/capture.h"
#include "service/worker.h"

/* Why only the relay will do, whatever the stream. */
static const char *needs_relay(const struct svc_worker *w, const struct svc_wish *wish)
{
    if (w->config->mode == SP_MODE_SHARED)
        return "this worker has many clients (mode: shared), which takes the relay";
    if (w->config->tty)
        return "this worker has a terminal (tty: true), which takes the relay";
    if (wish->resumable)
        return "this session can be resumed (resume), which takes the relay";
    if (w->config->limits.idle_ms > 0)
        return "this worker ends sessions in which nothing moves (limits: idle_time), which takes "
               "the relay";
    return NULL;
}

/* A worker that was started ahead has its pipes already. */
static bool takes_relay(const struct svc_worker *w, const struct svc_wish *wish)
{
    return wish->transport == SP_TRANSPORT_RELAY ||
           (wish->transport == SP_TRANSPORT_AUTO &&
            (needs_relay(w, wish) != NULL || w->config->warm > 0));
}

bool svc_transport_would_take(const struct svc_worker *w, const struct svc_wish *wish)
{
    return !takes_relay(w, wish) && !wish->remote;
}

static bool can_hand_over(const struct svc_wish *wish, enum sp_stream stream)
{
    return wish->stranger == NULL && wish->transport != SP_TRANSPORT_DIRECT &&
           !(stream == SP_STDIN && wish->read_only) && wish->offers[stream] != 0;
}

static enum sp_transport one(const struct svc_worker *w, const struct svc_wish *wish,
                             enum sp_stream stream)
{
    if ((stream == SP_STDIN && wish->read_only) || svc_capture_wants(w->capture, stream))
        return SP_TRANSPORT_RELAY;
    if (can_hand_over(wish, stream))
        return SP_TRANSPORT_HANDOFF;
    return stream == SP_STDIN && wish->stranger != NULL ? SP_TRANSPORT_RELAY : SP_TRANSPORT_DIRECT;
}

static const char *why_no_handoff(const struct svc_wish *wish)
{
    if (wish->stranger != NULL)
        return wish->stranger;
    for (int i = SP_STDIN; i < SP_STREAM_COUNT; i++)
        if (can_hand_over(wish, (enum sp_stream)i))
            return NULL;
    return "neither stdin nor stdout nor stderr is a file or a pipe that can be handed over";
}

/* Why what is asked for can't be had. */
static const char *why_not(const struct svc_worker *w, const struct svc_wish *wish)
{
    const char *why = needs_relay(w, wish);
    if (why != NULL)
        return why;
    if (svc_capture_wants(w->capture, SP_STDOUT) || svc_capture_wants(w->capture, SP_STDERR))
        return "what this worker writes is logged (logs), which takes the relay";
    return wish->transport == SP_TRANSPORT_HANDOFF ? why_no_handoff(wish) : NULL;
}

const char *svc_transport_choose(const struct svc_worker *w, const struct svc_wish *wish,
                                 enum sp_transport out[SP_STREAM_COUNT])
{
    bool is_auto = wish->transport == SP_TRANSPORT_AUTO;
    bool relay = takes_relay(w, wish);
    const char *why = relay || is_auto ? NULL : why_not(w, wish);
    for (int i = SP_STDIN; why == NULL && i < SP_STREAM_COUNT; i++)
        out[i] = relay ? SP_TRANSPORT_RELAY : one(w, wish, (enum sp_stream)i);
    return why;
}

enum sp_transport svc_transport_of(const enum sp_transport streams[SP_STREAM_COUNT])
{
    enum sp_transport best = SP_TRANSPORT_RELAY;
    for (int i = SP_STDIN; i < SP_STREAM_COUNT; i++)
        if (streams[i] > best)
            best = streams[i];
    return best;
}
