/* win32/acl.h - who may open our pipes: security descriptors. Needs advapi32. Any thread. */
#ifndef W32_ACL_H
#define W32_ACL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buffer.h"
#include "core/error.h"
#include "win32/handle.h"

/** What somebody may do with a pipe. */
enum w32_acl_right {
    W32_ACL_USE,   /**< open, read, write: without FILE_CREATE_PIPE_INSTANCE, so that nobody but
                    *   the service can make an instance that clients would take for it */
    W32_ACL_SERVE, /**< make instances too: the service's own account */
};

/** One entry. Borrowed. */
struct w32_acl_entry {
    const char *sid; /**< "S-1-..." or SDDL's two letters: "SY", "BA" */
    enum w32_acl_right right;
};

/**
 * The descriptor of a pipe in SDDL: protected, the network denied unless remote, then one entry
 * each.
 *
 * @param entries  count of them
 * @param count    at least 1: nobody at all is a mistake
 * @param remote   whether users of other machines may come
 * @param out      the text is appended, with its NUL counted
 * @param err      filled on failure; may be NULL
 * @return SP_OK, SP_EINVAL, SP_ENOMEM
 * @see https://learn.microsoft.com/windows/win32/secauthz/ace-strings
 */
SP_NODISCARD sp_status w32_acl_sddl(const struct w32_acl_entry *entries, size_t count, bool remote,
                                    struct sp_buffer *out, struct sp_error *err);

/**
 * The same as a descriptor.
 *
 * @param entries  count of them
 * @param count    at least 1
 * @param remote   whether users of other machines may come
 * @param out      self-relative; written on success only; w32_acl_free()
 * @param err      filled on failure; may be NULL
 * @return as w32_acl_sddl(), or w32_fail()'s status
 */
SP_NODISCARD sp_status w32_acl_pipe(const struct w32_acl_entry *entries, size_t count, bool remote,
                                    void **out, struct sp_error *err);

/**
 * A descriptor from its text.
 *
 * @param sddl  as w32_acl_sddl() or w32_rights_sddl() writes it
 * @param out   self-relative; written on success only; w32_acl_free()
 * @param err   filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, w32_fail()'s status
 */
SP_NODISCARD sp_status w32_acl_of(const char *sddl, void **out, struct sp_error *err);

/**
 * Gives a pipe another access list. On Windows all instances of a name have one list, so that of
 * one instance is that of all; whoever has opened one before keeps it.
 *
 * @param pipe                 a server's end, made with options.changeable
 * @param security_descriptor  w32_acl_of()'s
 * @param err                  filled on failure; may be NULL
 * @return SP_OK, w32_fail()'s status
 * @see https://learn.microsoft.com/windows/win32/ipc/named-pipe-security-and-access-rights
 */
SP_NODISCARD sp_status w32_acl_change(w32_handle pipe, void *security_descriptor,
                                      struct sp_error *err);

/** Frees a descriptor. NULL: nothing happens. */
void w32_acl_free(void *security_descriptor);

#endif
