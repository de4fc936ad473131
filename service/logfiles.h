/* service/logfiles.h - the log files kept of one worker: where they are, in which order, and when
 * the next one begins. All that touches the disk blocks: on a pool's threads, never on a loop's.
 *
 * WORKER.log is the one that is written, WORKER.1.log the newest of the old ones, up to
 * config.files in all. A name that Windows keeps for a device ("con") becomes _con.log, and one
 * that would look like another worker's old file ("a.1") a.1~.log.
 *
 * Each file has a generation: larger means newer, and it stays when the file is renamed. So a
 * reader finds its way on, however often the names have moved meanwhile. */
#ifndef SVC_LOGFILES_H
#define SVC_LOGFILES_H

#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/error.h"
#include "win32/handle.h"

/** The log files of a worker. */
struct svc_logfiles;

/**
 * Makes the noun; touches no file. Does not block.
 *
 * @param folder  where they are, or will be; UTF-8
 * @param worker  its name
 * @param config  size, age and number of the files; copied
 * @param out     written on success only; svc_logfiles_close()
 * @param err     filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM
 */
SP_NODISCARD sp_status svc_logfiles_open(const char *folder, const char *worker,
                                         const struct sp_logs_config *config,
                                         struct svc_logfiles **out, struct sp_error *err);

/**
 * The same for a log that is no worker's: old files of D:\\x\\audit.jsonl are
 * D:\\x\\audit.1.jsonl and so on.
 *
 * @param path    of the file that is written; UTF-8
 * @param config  as in svc_logfiles_open()
 * @param out     written on success only; svc_logfiles_close()
 * @param err     filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM
 */
SP_NODISCARD sp_status svc_logfiles_open_at(const char *path, const struct sp_logs_config *config,
                                            struct svc_logfiles **out, struct sp_error *err);

/**
 * Lets nobody but administrators, SYSTEM and the account of this process open the files that are
 * created from now on, under whatever name they are kept. One that is there stays as it is. Does
 * not block.
 *
 * @param f    before anything was appended; once
 * @param err  filled on failure; may be NULL
 * @return SP_OK, w32_trust_private()'s
 */
SP_NODISCARD sp_status svc_logfiles_make_private(struct svc_logfiles *f, struct sp_error *err);

/** Frees it; nobody uses it any more. NULL: nothing happens. */
void svc_logfiles_close(struct svc_logfiles *f);

/** The path of the file that is written. Any thread, does not block. */
const char *svc_logfiles_path(const struct svc_logfiles *f);

/* ------------------------------------------------------------------ the one who writes */

/**
 * Appends lines, and begins the next file where the current one would grow larger than
 * config.size_bytes, or was begun config.age_ms ago by the moment its first line begins with. A
 * file that somebody moved away or emptied is begun anew. Where the next file can't be begun,
 * because an old one is held by somebody who lets nobody rename it, the current one may grow to
 * twice its size until it can. Nothing is written to two files: a line is whole in one of them.
 *
 * @param f        the files; one thread at a time
 * @param unix_ms  now
 * @param data     lines as core/loglines.h makes them; after a failure what was not written of them
 * @param len      of data
 * @param written  how many bytes are in a file, on failure, too
 * @param err      filled on failure, naming the file; may be NULL
 * @return SP_OK: all of them; anything else: the disk is full, the file is locked, ...; later it
 *         may be better
 */
SP_NODISCARD sp_status svc_logfiles_append(struct svc_logfiles *f, uint64_t unix_ms,
                                           const void *data, size_t len, size_t *written,
                                           struct sp_error *err);

/**
 * Changes size, age and number of the files from now on; what is too much by that is deleted. By
 * the one who writes. Without memory for more files it keeps as many as before.
 *
 * @param config   copied
 * @param unix_ms  now
 */
void svc_logfiles_configure(struct svc_logfiles *f, const struct sp_logs_config *config,
                            uint64_t unix_ms);

/** Closes the current file's handle: at rest none is held. The next append opens it again. By the
 *  one who writes. */
void svc_logfiles_rest(struct svc_logfiles *f);

/** Deletes the old files that were last written to config.age_ms ago, and those that are more than
 *  config.files. What can't be deleted stays. By the one who writes. @param unix_ms now */
void svc_logfiles_expire(struct svc_logfiles *f, uint64_t unix_ms);

/* ------------------------------------------------------------------ those who read */

/** The generation of the file that is written, or will be. Any thread, does not block. */
uint64_t svc_logfiles_current(struct svc_logfiles *f);

/** Which file is meant when the one asked for is not there. */
enum svc_logfiles_way { SVC_LOGFILES_OLDER, SVC_LOGFILES_NEWER };

/**
 * Opens the file of a generation for reading, or the nearest to it that is there.
 *
 * @param f           the files
 * @param wanted      which; 0: the oldest, UINT64_MAX: the newest
 * @param way         where to go on when it isn't there
 * @param out         written on success only; w32_handle_close()
 * @param generation  what was opened; written on success only
 * @param err         filled on failure; may be NULL
 * @return SP_OK; SP_EEND: there is none on that side; what w32_file_open() says
 */
SP_NODISCARD sp_status svc_logfiles_read(struct svc_logfiles *f, uint64_t wanted,
                                         enum svc_logfiles_way way, w32_handle *out,
                                         uint64_t *generation, struct sp_error *err);

#endif
