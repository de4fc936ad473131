/* win32/npipe.h - named pipes: making instances, opening them, and who is at the other end. */
#ifndef W32_NPIPE_H
#define W32_NPIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "win32/handle.h"

enum {
    W32_NPIPE_LEAF_MAX = 200,       /**< bytes of a pipe's leaf name, ASCII */
    W32_NPIPE_REMOTE_WRITE = 61440, /**< the most to write at once over SMB: 60 KiB */
};

/** Which way bytes go, seen from the one who asks. */
enum w32_npipe_access { W32_NPIPE_READ = 1, W32_NPIPE_WRITE = 2, W32_NPIPE_BOTH = 3 };

/** How an instance is made. Borrowed for the call. */
struct w32_npipe_options {
    const char *leaf;             /**< behind \\.\pipe\ ; ASCII */
    enum w32_npipe_access access; /**< the server's */
    bool first;                   /**< refused if anybody has an instance of that name */
    bool only;                    /**< no second instance may be made */
    bool remote;                  /**< clients of other machines may come */
    bool synchronous;             /**< for a child's std handle; else overlapped. The child may ask
                                   *   for its state and set it whichever way bytes go, as node and
                                   *   the C runtime do */
    bool changeable;              /**< its access list can be changed: w32_acl_change() */
    bool message;                 /**< each write is a message, read one by one; see below */
    uint32_t size_bytes;          /**< kernel's buffer each way, a hint */
    void *security_descriptor;    /**< self-relative; never NULL: w32_acl_pipe() */
};

/**
 * Makes an instance that listens from now on. Never blocks.
 *
 * With `message` a client that writes zero bytes sends an empty message: read as a success with 0
 * bytes, which nothing else gives. The server's end reads one message at a time, because in byte
 * mode Windows loses an empty message that waits behind bytes; a longer one than the buffer comes
 * in parts. A client's end starts in byte mode and sees a stream. Bind the server's end with
 * w32_loop_bind_messages(). Never write zero bytes to it: its client would read that as an end.
 *
 * @param options  how
 * @param out      written on success only; close with w32_handle_close()
 * @param err      filled on failure, naming the pipe; may be NULL
 * @return SP_OK; SP_EACCESS the name is taken (first), or is another user's; w32_fail()'s
 * @see https://learn.microsoft.com/windows/win32/api/namedpipeapi/nf-namedpipeapi-createnamedpipew
 */
SP_NODISCARD sp_status w32_npipe_create(const struct w32_npipe_options *options, w32_handle *out,
                                        struct sp_error *err);

/** Closes an instance of a server: unread bytes stay with the client. Empties *h.
 *  @param leaf as it was created */
void w32_npipe_close(w32_handle *h, const char *leaf);

/** Breaks the connection of an instance with its client, as a failing network would: what was not
 *  read is lost, and what is in flight on it fails. NULL, or nobody there: nothing happens. */
void w32_npipe_disconnect(w32_handle server_end);

/**
 * Whether a client has opened this instance and is still there, or has left bytes behind. Never
 * blocks.
 *
 * @param server_end  byte type, not bound to a loop yet, nothing in flight on it
 */
bool w32_npipe_connected(w32_handle server_end);

/** How many bytes wait to be read from an overlapped end that reads. Never blocks. @return 0 when
 *  there are none, or the pipe is broken */
uint32_t w32_npipe_waiting(w32_handle end);

/** A leaf name with 128 random bits behind a prefix, from the system's generator. */
struct w32_npipe_leaf {
    char text[W32_NPIPE_LEAF_MAX + 1];
};

/**
 * Makes a leaf name nobody can guess.
 *
 * @param prefix  at most 160 bytes, ASCII
 * @param out     written on success only
 * @param err     filled on failure; may be NULL
 * @return SP_OK, SP_EINVAL, SP_EOS
 */
SP_NODISCARD sp_status w32_npipe_random_leaf(const char *prefix, struct w32_npipe_leaf *out,
                                             struct sp_error *err);

/**
 * Opens a pipe as a client, overlapped, not inheritable, with SECURITY_IDENTIFICATION: the server
 * may learn who we are and can't act as us. Asks for no right to make instances. Blocks up to
 * timeout_ms while all instances are taken.
 *
 * @param host        NULL: this machine
 * @param leaf        the pipe's leaf name
 * @param access      the client's
 * @param timeout_ms  bound of the wait
 * @param out         written on success only; close with w32_handle_close()
 * @param err         filled on failure, naming the pipe; may be NULL
 * @return SP_OK; SP_ENOTFOUND no such pipe; SP_EACCESS; SP_ETIMEOUT busy all the time; w32_fail()'s
 * @see https://learn.microsoft.com/windows/win32/fileio/impersonation-considerations
 */
SP_NODISCARD sp_status w32_npipe_open(const char *host, const char *leaf,
                                      enum w32_npipe_access access, uint32_t timeout_ms,
                                      w32_handle *out, struct sp_error *err);

/** As w32_npipe_open(), but the server may act as us (SECURITY_IMPERSONATION), with all that we may
 *  do on its machine. For whoever was told to trust it so far. */
SP_NODISCARD sp_status w32_npipe_open_trusting(const char *host, const char *leaf,
                                               enum w32_npipe_access access, uint32_t timeout_ms,
                                               w32_handle *out, struct sp_error *err);

#endif
