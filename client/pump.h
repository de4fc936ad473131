/* client/pump.h - moves the bytes of one stream between a std handle of ours and a data pipe. Each
 * pump has a thread of its own: an inherited std handle is seldom overlapped, and a read of it
 * can't always be canceled. An upload has two buffers: one is written while the other is read. A
 * download has one: meanwhile the pipe holds what comes. */
#ifndef CLI_PUMP_H
#define CLI_PUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "client/input.h"
#include "client/screen.h"
#include "core/error.h"
#include "win32/handle.h"
#include "win32/overlapped.h"
#include "win32/thread.h"

/** A pump. Zeroed but for the first part. */
struct cli_pump {
    w32_handle pipe;      /**< owned: our end of the data pipe, overlapped; closed at the end */
    w32_handle std;       /**< borrowed: our stdout or stderr; NULL: everything is dropped */
    uint32_t piece_bytes; /**< the most to move at once; at least CLI_INPUT_ROOM */
    struct cli_screen *screen; /**< borrowed: what std shows; NULL: bytes */
    struct cli_input *input;   /**< borrowed: our stdin, moved to the pipe; NULL: from the pipe to
                                *   std */
    /** Called on the pump's thread when it has ended; may be NULL. */
    void (*ended)(struct cli_pump *p);
    void *arg; /**< for ended */

    w32_handle thread;    /**< owned */
    struct w32_lock lock; /**< an upload's: for pipe, closed and what is in flight */
    struct w32_overlapped o;
    bool closed;           /**< by cli_pump_close_pipe() */
    bool target_busy;      /**< atomic, a download's: it waits for our stdout or stderr */
    uint64_t bytes;        /**< moved; atomic, stable once it has ended */
    sp_status status;      /**< how it ended; SP_OK: the source's end */
    bool target_failed;    /**< status is the target's: the source was not read to its end */
    struct sp_error error; /**< the words for it */
};

/** Starts it. @return SP_OK, w32_thread_start()'s */
SP_NODISCARD sp_status cli_pump_start(struct cli_pump *p, struct sp_error *err);

/** Waits for its end. @return SP_OK, SP_ETIMEOUT */
SP_NODISCARD sp_status cli_pump_join(struct cli_pump *p, uint32_t timeout_ms);

/** As cli_pump_join(), of a download, as long as something moves or waits to be read: the time
 * counts from the last byte that came, and does not run while our own stdout or stderr takes its
 * time. */
SP_NODISCARD sp_status cli_pump_join_moving(struct cli_pump *p, uint32_t timeout_ms);

/** Closes the pipe of an upload, whatever its thread does: what was written stays in it. A read of
 *  our stdin may go on for ever, and is left alone. */
void cli_pump_close_pipe(struct cli_pump *p);

#endif
