/* core/error.h - how every function of this project says what went wrong. Any thread. */
#ifndef SP_ERROR_H
#define SP_ERROR_H

#include <stdint.h>

#if defined(__MINGW32__) && !defined(__clang__)
#define SP_PRINTF(text, first) __attribute__((format(gnu_printf, text, first)))
#else
#define SP_PRINTF(text, first) __attribute__((format(printf, text, first)))
#endif
#define SP_NODISCARD __attribute__((warn_unused_result))

/** What kind of failure it was; the words are in struct sp_error. */
typedef enum sp_status {
    SP_OK = 0,
    SP_EOS,          /**< a system call failed; its code is in sp_error.os */
    SP_ENOMEM,       /**< no memory, or a buffer reached its ceiling */
    SP_EINVAL,       /**< an argument that can never be right */
    SP_ETOOBIG,      /**< it does not fit, and nothing is ever cut */
    SP_ENOTFOUND,    /**< no such program, worker, file or session */
    SP_EACCESS,      /**< refused: not granted */
    SP_ETIMEOUT,     /**< the time given ran out */
    SP_EEND,         /**< end of the stream */
    SP_EBROKEN,      /**< the other side went away without saying so */
    SP_ESYNTAX,      /**< foreign text that breaks its grammar */
    SP_EPROTOCOL,    /**< a peer that breaks the protocol */
    SP_ESTATE,       /**< right request, wrong moment */
    SP_EUNSUPPORTED, /**< this system can't do that */
    SP_ECANCELED,    /**< we ended it ourselves */
} sp_status;

enum { SP_ERROR_TEXT_MAX = 1024 };

/** A failure in words. {0} is the empty error. */
struct sp_error {
    sp_status status;
    uint32_t os;                  /**< the system's code, or 0 */
    char what[SP_ERROR_TEXT_MAX]; /**< UTF-8, one line: the operation, the object, the reason, what
                                   *   to do */
};

/**
 * Fills an error and hands its status back, so that failing is one statement.
 *
 * @param err     may be NULL: then only the status is returned
 * @param status  what is returned; never SP_OK
 * @param os      the system's code, or 0
 * @param format  printf's; a text longer than SP_ERROR_TEXT_MAX ends in "...". A control character,
 *                and what is no UTF-8, is written as '?': what others have sent is quoted here, and
 *                ends in answers, in logs and on terminals
 * @return status
 */
sp_status sp_fail(struct sp_error *err, sp_status status, uint32_t os, const char *format, ...)
    SP_PRINTF(4, 5);

/**
 * Puts words in front of an error that is passed on: "loading the config: " + what stood there.
 *
 * @param err     may be NULL
 * @param format  printf's; as in sp_fail()
 */
void sp_error_prefix(struct sp_error *err, const char *format, ...) SP_PRINTF(2, 3);

/** The name of a status in lower case ("not found"), for logs. Never NULL. */
const char *sp_status_name(sp_status status);

#endif
