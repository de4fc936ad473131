/* core/audit.h - an entry of the audit: who did what, or was refused what. Made into a line of JSON
 * and into the texts of an event of Windows' event log. Asks no clock. Any thread.
 *
 * What clients have sent can stand in an entry, and nobody can forge or split one by it: all texts
 * are bounded, one line, UTF-8 and without marks that change how the rest is shown. docs/audit.md
 * describes the entries. */
#ifndef SP_AUDIT_H
#define SP_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"
#include "core/error.h"

/** What has happened. */
enum sp_audit_kind {
    SP_AUDIT_ATTACH,    /**< a client has a session */
    SP_AUDIT_REFUSAL,   /**< a client was refused something */
    SP_AUDIT_REFUSALS,  /**< a client was refused more than is written; code says how often */
    SP_AUDIT_DETACH,    /**< a session ended in another way than by its worker's exit */
    SP_AUDIT_EXIT,      /**< a worker has exited */
    SP_AUDIT_RESUME,    /**< a client came back to its session */
    SP_AUDIT_LOGS,      /**< a client reads what a worker has said before */
    SP_AUDIT_START,     /**< a client starts a worker */
    SP_AUDIT_STOP,      /**< a client stops a worker */
    SP_AUDIT_RESTART,   /**< a client restarts a worker */
    SP_AUDIT_SIGNAL,    /**< a client sends a worker a signal */
    SP_AUDIT_DROP,      /**< a client cuts the connection of a session */
    SP_AUDIT_SERVE,     /**< the service has started with a config */
    SP_AUDIT_END,       /**< the service has stopped */
    SP_AUDIT_CONFIG,    /**< the service did not start: its config can't be read or is wrong */
    SP_AUDIT_INSTALL,   /**< the service was installed */
    SP_AUDIT_UNINSTALL, /**< the service was removed */
    SP_AUDIT_RELOAD,    /**< a client has put a new config in force */
    SP_AUDIT_LOST,      /**< entries that are missing before this one; code says how many */
    SP_AUDIT_KINDS
};

/** How much a kind matters. */
enum sp_audit_level { SP_AUDIT_INFO, SP_AUDIT_WARNING, SP_AUDIT_ERROR };

/** What of a text is kept, with its NUL; a longer one ends in "...". */
enum {
    SP_AUDIT_SID_MAX = 192,
    SP_AUDIT_ACCOUNT_MAX = 512,
    SP_AUDIT_HOST_MAX = 260,
    SP_AUDIT_NAME_MAX = 128,
    SP_AUDIT_SHORT_MAX = 32,
    SP_AUDIT_REASON_MAX = 1024,
};

/** An entry. {0} is empty; texts are put in with sp_audit_text(), and "" is none. */
struct sp_audit_entry {
    enum sp_audit_kind kind;
    uint64_t unix_ms;
    char sid[SP_AUDIT_SID_MAX];         /**< who; "": nobody of whom the service knows */
    char account[SP_AUDIT_ACCOUNT_MAX]; /**< the same by name */
    bool remote;                        /**< came over the network; not of SP_AUDIT_REFUSALS */
    char host[SP_AUDIT_HOST_MAX];       /**< from which machine */
    char worker[SP_AUDIT_NAME_MAX];
    char session[SP_AUDIT_SHORT_MAX];
    char transport[SP_AUDIT_SHORT_MAX];
    char what[SP_AUDIT_SHORT_MAX]; /**< the request that was refused, the signal that was sent */
    char reason[SP_AUDIT_REASON_MAX];
    bool has_code;
    uint32_t code; /**< an exit code; of SP_AUDIT_LOST and SP_AUDIT_REFUSALS a count */
};

/**
 * Puts a text into an entry, so that it can do no harm there: a control character, a mark that
 * separates lines or turns the direction of writing, and what is no UTF-8 is written as \xNN, byte
 * by byte.
 *
 * @param out   receives the text and a NUL
 * @param size  of out, at least 8
 * @param text  any bytes; NULL: none. A text that does not fit ends in "..."
 */
void sp_audit_text(char *out, size_t size, const char *text);

/** The name of a kind, as in the lines: "attach". Never NULL. */
const char *sp_audit_name(enum sp_audit_kind kind);

/** The number that a kind has in the event log. */
uint16_t sp_audit_id(enum sp_audit_kind kind);

/** How much a kind matters. */
enum sp_audit_level sp_audit_level(enum sp_audit_kind kind);

/**
 * Appends an entry as one line of JSON, with its line feed. What the entry does not have is left
 * out.
 *
 * @param entry  its texts are sp_audit_text()'s
 * @param out    unchanged on failure
 * @param err    filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, SP_ETOOBIG (the buffer's ceiling)
 */
SP_NODISCARD sp_status sp_audit_line(const struct sp_audit_entry *entry, struct sp_buffer *out,
                                     struct sp_error *err);

/** The texts of an event, in the order of the messages' %1, %2, ... */
enum sp_audit_string {
    SP_AUDIT_STRING_SID,
    SP_AUDIT_STRING_ACCOUNT, /**< the SID where the name is not known */
    SP_AUDIT_STRING_FROM,    /**< "local", "remote" */
    SP_AUDIT_STRING_HOST,
    SP_AUDIT_STRING_WORKER,
    SP_AUDIT_STRING_SESSION,
    SP_AUDIT_STRING_TRANSPORT,
    SP_AUDIT_STRING_WHAT,
    SP_AUDIT_STRING_REASON,
    SP_AUDIT_STRING_CODE,
    SP_AUDIT_STRINGS
};

/** Room for a text of which each character may become four bytes. */
enum { SP_AUDIT_STRING_MAX = 4 * SP_AUDIT_REASON_MAX };

/**
 * One text of an event. The event log's viewer would put other texts in the place of a "%1" in it:
 * a '%' is written as \x25.
 *
 * @param entry  as for sp_audit_line()
 * @param which  which text
 * @param out    receives it with a NUL; "-" when the entry does not have it
 */
void sp_audit_string(const struct sp_audit_entry *entry, enum sp_audit_string which,
                     char out[SP_AUDIT_STRING_MAX]);

#endif
