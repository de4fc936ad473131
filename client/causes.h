/* client/causes.h - what stands behind an error of opening a service's pipe: which part of the way
 * failed, why that happens, and what to do. A table and no I/O; any thread. */
#ifndef CLI_CAUSES_H
#define CLI_CAUSES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buffer.h"
#include "core/error.h"

/** The way to a service, part by part: one that fails says nothing of those behind it. */
enum cli_leg {
    CLI_LEG_NETWORK, /**< the machine answers over SMB; there is none on this machine */
    CLI_LEG_LOGON,   /**< it lets this account log on from the network; nor this one */
    CLI_LEG_PIPE,    /**< somebody listens on the pipe */
    CLI_LEG_ACCESS,  /**< the pipe's access list lets this account in */
};

enum { CLI_ADVICE_MAX = 3 };

/** What an error means. Constant; in the texts '@' stands for the machine, '#' for the pipe. */
struct cli_cause {
    uint32_t os; /**< the system's code; 0 ends a table */
    enum cli_leg leg;
    const char *why;                    /**< no full stop */
    const char *advice[CLI_ADVICE_MAX]; /**< what to do, in this order; NULL: no more */
};

/**
 * The cause of an error.
 *
 * @param os      the system's code
 * @param remote  whether the pipe is another machine's
 * @return NULL: one of which we know no more than the system's own text
 * @see https://learn.microsoft.com/windows/win32/debug/system-error-codes
 */
const struct cli_cause *cli_cause_of(uint32_t os, bool remote);

/**
 * Prints a text of a cause.
 *
 * @param text  of struct cli_cause
 * @param host  the machine; NULL: this one
 * @param pipe  the pipe's leaf name
 * @param out   the text is appended, without an end of line; on failure unchanged
 * @param err   filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, SP_ETOOBIG
 */
SP_NODISCARD sp_status cli_cause_print(const char *text, const char *host, const char *pipe,
                                       struct sp_buffer *out, struct sp_error *err);

#endif
