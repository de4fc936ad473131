/* core/stream.c - the three streams of a session, by number and by name. */
#include "core/stream.h"

#include <string.h>

static const char *const names[] = {"stdin", "stdout", "stderr"};

const char *sp_stream_name(enum sp_stream stream)
{
    return stream < SP_STREAM_COUNT ? names[stream] : "?";
}

enum sp_stream sp_stream_of(const char *name)
{
    enum sp_stream stream = SP_STDIN;
    while (stream < SP_STREAM_COUNT && (name == NULL || strcmp(name, names[stream]) != 0))
        stream++;
    return stream;
}
