/* win32/pipe.h - one-way byte pipes between this process and a child, or between two children.
 * Any thread. */
#ifndef W32_PIPE_H
#define W32_PIPE_H

#include <stddef.h>

#include "core/error.h"
#include "win32/handle.h"

/** Which end this process keeps and drives through a completion port. */
enum w32_pipe_async {
    W32_PIPE_SYNC,        /**< both ends synchronous: CreatePipe */
    W32_PIPE_ASYNC_READ,  /**< we read, a child writes */
    W32_PIPE_ASYNC_WRITE, /**< we write, a child reads */
};

/** Both ends of a pipe; {0} is the empty pair. Neither end is inheritable: w32_spawn() alone
 *  decides what a child receives. */
struct w32_pipe {
    w32_handle read;  /**< owned */
    w32_handle write; /**< owned */
};

/** How a pipe is made; {0} is a good default. */
struct w32_pipe_options {
    enum w32_pipe_async async;
    uint32_t size_bytes;       /**< the kernel's buffer, a hint; 0 is the system's default */
    void *security_descriptor; /**< a self-relative SECURITY_DESCRIPTOR, borrowed for the call;
                                *   NULL is the token's default. Without a name nobody else can
                                *   open the pipe; it counts for handles passed on. An overlapped
                                *   pair needs it to let this process read and write. */
};

/**
 * Makes a pipe and gives both its ends. Never blocks. The overlapped end comes from an unnamed
 * NtCreateNamedPipeFile pair: no name, so nobody can open it first.
 *
 * @param options  NULL is {0}
 * @param out      written on success only; the caller closes it: w32_pipe_close()
 * @param err      filled on failure; may be NULL
 * @return SP_OK, or w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/api/namedpipeapi/nf-namedpipeapi-createpipe
 */
SP_NODISCARD sp_status w32_pipe_open(const struct w32_pipe_options *options, struct w32_pipe *out,
                                     struct sp_error *err);

/** Closes whichever ends are open and empties *p. */
void w32_pipe_close(struct w32_pipe *p);

/**
 * Reads once from a synchronous end or file. Blocks until there is something, or the end.
 *
 * @param h     a synchronous handle
 * @param data  receives up to size bytes
 * @param size  room, in bytes; at least 1
 * @param got   bytes read, at least 1; written on success only
 * @param err   filled on failure; may be NULL
 * @return SP_OK; SP_EEND at the end of the stream, which an empty message of a message pipe is,
 *         too; SP_ECANCELED Ctrl-C ended the read of a console; w32_fail()'s status
 */
SP_NODISCARD sp_status w32_read(w32_handle h, void *data, uint32_t size, uint32_t *got,
                                struct sp_error *err);

/**
 * Writes all of it to a synchronous end or file. Blocks until the kernel has it.
 *
 * @param h     a synchronous handle
 * @param data  len bytes
 * @param len   any size: it is written in pieces of at most 1 MiB
 * @param err   filled on failure; may be NULL
 * @return SP_OK; SP_EBROKEN when the reader has closed its end; w32_fail()'s status
 */
SP_NODISCARD sp_status w32_write(w32_handle h, const void *data, size_t len, struct sp_error *err);

#endif
