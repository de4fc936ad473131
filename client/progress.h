/* client/progress.h - a bar on stderr that shows how far a file that is our stdin has been read,
 * whoever reads it: this program or, where it was handed over, the worker, since both have the same
 * open file. Drawn by a thread of its own. Calls: one thread. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdint.h>

#include "core/error.h"
#include "core/progress.h"
#include "win32/handle.h"

/** A bar. {0} is none. There as long as its thread is. */
struct cli_progress {
    w32_handle file; /**< owned: a duplicate of stdin, which may be handed over and closed */
    w32_handle stop, thread; /**< owned */
    uint64_t start;          /**< position in the file, in bytes */
    uint64_t start_us;
    struct sp_progress p;
    size_t drawn; /**< characters on the line */
};

/**
 * Begins to draw, before stdin is handed over. Nothing is drawn when stderr is no terminal; when
 * stdin is no file that is said, and nothing is drawn either.
 *
 * @param progress  {0}
 * @param err       filled on failure; may be NULL
 * @return SP_OK, w32_fail()'s
 */
SP_NODISCARD sp_status cli_progress_begin(struct cli_progress *progress, struct sp_error *err);

/** Ends it, with a last line that says how much it was. Nothing happens if nothing is drawn. */
void cli_progress_end(struct cli_progress *progress);

#endif
