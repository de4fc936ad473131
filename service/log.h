/* service/log.h - the service's own log: files, and stderr in a console. Any thread; each entry is
 * one write, so entries never mix. */
#ifndef SVC_LOG_H
#define SVC_LOG_H

#include <stdbool.h>

#include "core/error.h"

enum {
    SVC_LOG_FILE_BYTES =
        10 << 20,      /**< a file this large is given another name and a new one begun */
    SVC_LOG_FILES = 5, /**< how many are kept, the one that is written among them */
};

/** How much an entry matters. */
enum svc_log_level { SVC_LOG_INFO, SVC_LOG_WARNING, SVC_LOG_ERROR };

/**
 * Opens the log: from then on entries go to the file, and to stderr when told so. Before it, and
 * when the file can't be opened, they go to stderr alone.
 *
 * @param file       path, UTF-8; its folder is created; appended to; old ones get a number, as
 *                   service/logfiles.h says; NULL: no file
 * @param to_stderr  whether people watch
 * @param err        filled on failure; may be NULL
 * @return SP_OK, or why the file can't be written (logging to stderr works all the same)
 */
SP_NODISCARD sp_status svc_log_open(const char *file, bool to_stderr, struct sp_error *err);

/**
 * Writes one entry: "2026-11-23T10:11:12.345Z INFO text". Control characters in the text become
 * \xNN, so nobody can forge or split an entry.
 *
 * @param level   how much it matters
 * @param format  printf's, UTF-8, without a line end
 */
void svc_log(enum svc_log_level level, const char *format, ...) SP_PRINTF(2, 3);

/** How many entries of svc_log_client() are written in a second. */
enum { SVC_LOG_CLIENT_ENTRIES = 10 };

/**
 * As svc_log(), for what clients bring about as often as they like, before anybody has let them do
 * something: of all together SVC_LOG_CLIENT_ENTRIES a second are written. The others are counted,
 * and the next entry of any kind after that second, or svc_log_close(), says how many they were.
 */
void svc_log_client(enum svc_log_level level, const char *format, ...) SP_PRINTF(2, 3);

/** What goes to stderr from now on: entries that matter at least so much. Before: all of them. */
void svc_log_stderr_from(enum svc_log_level lowest);

/** Closes the file. */
void svc_log_close(void);

#endif
