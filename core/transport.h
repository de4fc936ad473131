/* core/transport.h - the ways a stream's bytes can go, by number and by name. */
#ifndef SP_TRANSPORT_H
#define SP_TRANSPORT_H

/** The ways, from the one that can do everything to the fastest. */
enum sp_transport {
    SP_TRANSPORT_RELAY,   /**< through the service */
    SP_TRANSPORT_DIRECT,  /**< through a data pipe whose other end is the worker's own */
    SP_TRANSPORT_HANDOFF, /**< the worker has the client's own handle */
    SP_TRANSPORT_AUTO,    /**< a wish alone: the fastest that can be had */
    SP_TRANSPORT_COUNT
};

/** "relay", "direct", "handoff", "auto". Never NULL. */
const char *sp_transport_name(enum sp_transport transport);

/** The transport of a name, or SP_TRANSPORT_COUNT when there is none. @param name may be NULL */
enum sp_transport sp_transport_of(const char *name);

#endif
