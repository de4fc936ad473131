/* service/logreader.h - reads a worker's kept log files as one text: the last lines of it or all,
 * and what is appended meanwhile, from file to file. Blocking: one pool thread at a time. */
#ifndef SVC_LOGREADER_H
#define SVC_LOGREADER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "service/logfiles.h"
#include "win32/handle.h"

/** A place in the text. */
struct svc_logplace {
    uint64_t generation; /**< of the file */
    uint64_t offset;     /**< in bytes */
};

/** A reader. {.files = f} is at no place yet; svc_logreader_deinit(). */
struct svc_logreader {
    struct svc_logfiles *files; /**< borrowed */
    w32_handle file;            /**< owned: of at.generation, or NULL */
    struct svc_logplace at;     /**< what comes next */
    struct svc_logplace end;    /**< where the text ended when it was looked for */
    bool cancel; /**< set by any thread, atomically: a long search is given up with SP_ECANCELED */
};

/**
 * Goes to where the last lines begin, or to the beginning of the oldest file, and notes where the
 * text ends by now.
 *
 * @param r      {.files = f}
 * @param lines  how many; 0: all that is kept
 * @param err    filled on failure; may be NULL
 * @return SP_OK, also when there is no file yet; SP_ECANCELED; what opening or reading a file says
 */
SP_NODISCARD sp_status svc_logreader_seek(struct svc_logreader *r, uint64_t lines,
                                          struct sp_error *err);

/**
 * Reads on.
 *
 * @param r       at a place
 * @param follow  also what was appended behind the end that svc_logreader_seek() noted
 * @param data    receives bytes
 * @param size    room, in bytes; at least 1
 * @param got     bytes read; 0: there is no more, or with follow no more by now. Written on success
 *                only
 * @param err     filled on failure; may be NULL
 * @return SP_OK, or what opening or reading a file says
 */
SP_NODISCARD sp_status svc_logreader_next(struct svc_logreader *r, bool follow, void *data,
                                          uint32_t size, uint32_t *got, struct sp_error *err);

/** Closes what is open. */
void svc_logreader_deinit(struct svc_logreader *r);

#endif
