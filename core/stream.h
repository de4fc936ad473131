/* core/stream.h - the three streams of a session, by number and by name. */
#ifndef SP_STREAM_H
#define SP_STREAM_H

/** The streams, numbered as everywhere. */
enum sp_stream { SP_STDIN, SP_STDOUT, SP_STDERR, SP_STREAM_COUNT };

/** "stdin", "stdout", "stderr". Never NULL. */
const char *sp_stream_name(enum sp_stream stream);

/** The stream of a name, or SP_STREAM_COUNT when there is none. @param name may be NULL */
enum sp_stream sp_stream_of(const char *name);

#endif
