/* win32/identity.h - who this process is, and who is at the other end of a pipe. Needs advapi32.
 * Any thread, but never one that impersonates. */
#ifndef W32_IDENTITY_H
#define W32_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "win32/account.h"
#include "win32/handle.h"

enum {
    W32_HOST_TEXT_MAX = 257 /**< a machine's name with its NUL */
};

/** The client of a pipe. {0} is nobody. */
struct w32_peer {
    char sid[W32_SID_TEXT_MAX];   /**< "S-1-..." of its user */
    bool remote;                  /**< came over the network */
    char host[W32_HOST_TEXT_MAX]; /**< the machine it came from; "" when Windows doesn't say */
    uint32_t pid;                 /**< as the pipe says; can be forged: for people to read only */
    bool by_process;              /**< who the process at pid runs as, not what the pipe showed */
};

/**
 * This process's own token. Never blocks.
 *
 * @param access  TOKEN_... rights of the handle
 * @param token   written on success only; close with w32_handle_close()
 * @param err     filled on failure; may be NULL
 * @return SP_OK, w32_fail()'s status
 */
SP_NODISCARD sp_status w32_own_token(uint32_t access, w32_handle *token, struct sp_error *err);

/**
 * The user this process runs as.
 *
 * @param sid  receives "S-1-..."; written on success only
 * @param err  filled on failure; may be NULL
 * @return SP_OK, w32_fail()'s status
 */
SP_NODISCARD sp_status w32_own_sid(char sid[W32_SID_TEXT_MAX], struct sp_error *err);

/**
 * The token that the client showed when it opened the pipe, to ask what it may do. Needs that
 * something was read from the pipe. Does not block.
 *
 * Wine, whose pipes show the server's own token, gives that of the client's process instead.
 *
 * @param server_end  a connected instance
 * @param out         an impersonation token with TOKEN_QUERY; written on success only; close with
 *                    w32_handle_close()
 * @param err         filled on failure; may be NULL
 * @return SP_OK; SP_ESTATE nothing was read yet; w32_fail()'s status; the process ends if
 *         impersonation can't be undone
 */
SP_NODISCARD sp_status w32_peer_token(w32_handle server_end, w32_handle *out, struct sp_error *err);

/**
 * The same, or before something was read the token of the process that opened the pipe: see
 * w32_peer_of_process() for what that is worth.
 *
 * @param server_end  a connected instance made without `remote`
 * @param out         as w32_peer_token()'s
 * @param err         filled on failure; may be NULL
 * @return as w32_peer_token() and w32_peer_of_process()
 */
SP_NODISCARD sp_status w32_peer_token_local(w32_handle server_end, w32_handle *out,
                                            struct sp_error *err);

/**
 * Who is at the other end: the one answer to "who is this client?". From the token that the
 * client showed when it opened the pipe, by impersonating it for a moment; of most clients Windows
 * has one only once something was read from the pipe. Does not block.
 *
 * @param server_end  a connected instance
 * @param out         written on success only
 * @param err         filled on failure; may be NULL
 * @return SP_OK; SP_ESTATE nothing was read yet; w32_fail()'s status; the process ends if
 *         impersonation can't be undone
 * @see https://learn.microsoft.com/windows/win32/api/namedpipeapi/nf-namedpipeapi-impersonatenamedpipeclient
 */
SP_NODISCARD sp_status w32_peer_of(w32_handle server_end, struct w32_peer *out,
                                   struct sp_error *err);

/**
 * The token that a client showed when it opened the pipe, as w32_peer_of() finds it.
 *
 * @param server_end  a connected instance
 * @param access      TOKEN_... rights of the handle
 * @param token       written on success only; close with w32_handle_close()
 * @param err         filled on failure; may be NULL
 * @return as w32_peer_of()
 */
SP_NODISCARD sp_status w32_peer_shown_token(w32_handle server_end, uint32_t access,
                                            w32_handle *token, struct sp_error *err);

/**
 * Who the process runs as that opened the pipe, whether or not it has said anything. Good enough
 * for a name, a log or a limit, not for granting anything, because it is not always the client:
 *
 * - A thread that acts as somebody else opens the pipe as that user, in a process of another.
 * - A process that ends leaves its number to the next one. It may have left the pipe to a child,
 *   and time enough to be mistaken lies between its open and this call. A number that now belongs
 *   to another session is refused; within one session nothing tells.
 *
 * Who may open the pipe is decided by its access list, with the true token; and w32_peer_of()
 * after the first bytes tells for certain. Over SMB the number is the other machine's, and that
 * machine's to choose: so this is only for instances that reject remote clients, which includes
 * whoever comes to this machine by way of SMB. Does not block.
 *
 * @param server_end  a connected instance made without `remote`
 * @param out         written on success only, with by_process set
 * @param err         filled on failure; may be NULL
 * @return SP_OK; SP_ENOTFOUND that process has ended: what it wrote, or its end, is most likely
 *         there to be read, and then w32_peer_of() knows; SP_EACCESS it may not be looked at, or
 *         is of another session than the client; w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-getnamedpipeclientprocessid
 */
SP_NODISCARD sp_status w32_peer_of_process(w32_handle server_end, struct w32_peer *out,
                                           struct sp_error *err);

/** Who is at the other end of an instance made without `remote`: w32_peer_of(), and before
 *  something was read w32_peer_of_process(). Parameters and statuses are theirs. */
SP_NODISCARD sp_status w32_peer_of_local(w32_handle server_end, struct w32_peer *out,
                                         struct sp_error *err);

/**
 * Opens the process of a pipe's client so that handles can be taken out of it. The number that the
 * pipe gives can be forged, and belong to another process by now: so what is opened counts only if
 * it runs as the same user, in the same logon, with the same integrity and the same restrictions as
 * the token that the client showed. Whoever is all that could take those handles itself. After
 * something was read from the pipe. Does not block.
 *
 * @param server_end     a connected instance
 * @param out            written on success only; close with w32_handle_close()
 * @param trusted        written on success only: whether it could do to this process what it likes,
 *                       since it acts as an administrator, or is of our account and integrity
 * @param err            filled on failure, in words for the client; may be NULL
 * @return SP_OK; SP_ENOTFOUND it has ended; SP_EACCESS it may not be opened, or is not the client;
 *         SP_ESTATE nothing was read yet; w32_fail()'s status
 */
SP_NODISCARD sp_status w32_peer_process(w32_handle server_end, w32_handle *out, bool *trusted,
                                        struct sp_error *err);

#endif
