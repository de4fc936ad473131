/* core/transport.c - the ways a stream's bytes can go, by number and by name. */
#include "core/transport.h"

#include <string.h>

static const char *const names[] = {"relay", "direct", "handoff", "auto"};

const char *sp_transport_name(enum sp_transport transport)
{
    return transport < SP_TRANSPORT_COUNT ? names[transport] : "?";
}

enum sp_transport sp_transport_of(const char *name)
{
    enum sp_transport transport = SP_TRANSPORT_RELAY;
    while (transport < SP_TRANSPORT_COUNT && (name == NULL || strcmp(name, names[transport]) != 0))
        transport++;
    return transport;
}
