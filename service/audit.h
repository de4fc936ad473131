/* service/audit.h - the audit: who attached and who was refused, how it ended, who controlled what,
 * and with which config the service ran. Each entry goes to Windows' event log (service/events.mc)
 * and, as a line of JSON, to a file of its own. docs/audit.md describes both.
 *
 * Whoever has something to record never waits: the entry is copied into a queue, and a thread of
 * the audit's own asks for the account's name and writes. What the queue has no room for is
 * counted, and the count is an entry itself; and so it is with the refusals of an account that come
 * thick and fast (core/refusals.h). */
#ifndef SVC_AUDIT_H
#define SVC_AUDIT_H

#include <stdint.h>

#include "core/audit.h"
#include "core/error.h"
#include "win32/identity.h"

enum {
    SVC_AUDIT_QUEUE = 1000, /**< entries that may wait; as many again may be being written */
    SVC_AUDIT_FILE_BYTES = 10 << 20, /**< a file this large is closed and a new one begun */
    SVC_AUDIT_FILES = 10,            /**< how many are kept, the one that is written among them */
    SVC_AUDIT_CLOSE_MS = 5000,       /**< a good time for svc_audit_close() */
};

/** What an audit needs to know. Borrowed for the call. */
struct svc_audit_options {
    const char *file;   /**< UTF-8; created, with the folders above it, by the first entry, for
                         *   administrators, SYSTEM and the account of this process alone */
    const char *source; /**< of the events, as w32_eventlog_register() knows it; NULL: no events */
};

/**
 * Opens the audit of this process; before it, and after svc_audit_close(), entries go nowhere.
 * Touches no file. Does not block; one thread.
 *
 * @param options  what it needs to know
 * @param err      filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, w32_trust_private()'s, w32_thread_start()'s
 */
SP_NODISCARD sp_status svc_audit_open(const struct svc_audit_options *options,
                                      struct sp_error *err);

/**
 * Writes what waits, and ends the audit. Blocks: not on a loop. What can't be written is lost, and
 * said in the service's log.
 *
 * @param timeout_ms  how long to wait for a disk or an event log that does not answer; then its
 *                    thread is left to the end of the process
 */
void svc_audit_close(uint32_t timeout_ms);

/** An entry, as the caller knows it. Borrowed for the call; NULL is what it does not have. Texts
 * may be a client's: core/audit.h makes them harmless. */
struct svc_audit_entry {
    enum sp_audit_kind kind;
    const struct w32_peer *peer; /**< who; one without a SID is nobody */
    const char *worker;
    const char *session;
    const char *transport;
    const char *what; /**< the request that was refused, the signal that was sent */
    const char *reason;
    const uint32_t *code; /**< an exit code */
};

/** Records an entry. Never blocks, never fails; the lock it takes is held for one copy. Any thread.
 */
void svc_audit(const struct svc_audit_entry *entry);

/**
 * Records what becomes of the service and its config, as the account of this process. Reads when
 * the file was changed last: not on a loop.
 *
 * @param kind     SP_AUDIT_SERVE, SP_AUDIT_END, SP_AUDIT_CONFIG, SP_AUDIT_INSTALL, ...
 * @param service  its name; NULL: it is a server in a console
 * @param config   path of the config file
 * @param why      more in words; may be NULL
 */
void svc_audit_service(enum sp_audit_kind kind, const char *service, const char *config,
                       const char *why);

#endif
