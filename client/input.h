/* client/input.h - our own stdin: a file, a pipe or a console, and the detach keys in it. It is
 * read by one thread, which may be blocked in it for ever; the rest is for another one. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "core/keys.h"
#include "win32/handle.h"
#include "win32/keyboard.h"
#include "win32/thread.h"

/** Our stdin. Zeroed but for the first part. */
struct cli_input {
    w32_handle std;      /**< borrowed; NULL: there is none, and it ends at once */
    bool console;        /**< std is one */
    bool at_once;        /**< and gives each key at once: a line need not be entered */
    struct sp_keys keys; /**< what to look for; none: nothing */
    w32_handle wake;     /**< borrowed: set when the keys were found; may be NULL */

    struct w32_keyboard keyboard;
    unsigned char *raw; /**< owned: what was read and has not passed yet; NULL while unused */
    uint32_t raw_len, raw_at;
    bool ended;
    bool pending; /**< the keys stood behind what was given out last */

    struct w32_lock lock;
    struct w32_cond answered;
    bool found;      /**< the reading thread waits for the answer */
    uint64_t passed; /**< bytes that were given out */
};

/** The least room for a read. */
enum { CLI_INPUT_ROOM = W32_KEYBOARD_ROOM + SP_KEYS_MAX };

/**
 * Reads what comes, without the detach keys. Blocks until there is something. When the keys were
 * found it blocks on, until cli_input_go_on(): what stood before them was given out by the call
 * before. A line of a console that was not entered when the keys came is dropped.
 *
 * @param in    the stdin
 * @param data  receives up to size bytes
 * @param size  at least CLI_INPUT_ROOM
 * @param got   bytes read, at least 1; written on success only
 * @param err   filled on failure; may be NULL
 * @return SP_OK; SP_EEND; SP_ECANCELED Ctrl-C ended the read of a console; w32_read()'s
 */
SP_NODISCARD sp_status cli_input_read(struct cli_input *in, void *data, uint32_t size,
                                      uint32_t *got, struct sp_error *err);

/** Whether the detach keys were found and nobody has said how to go on. Any thread.
 *  @param passed how many bytes stood before them in all; may be NULL */
bool cli_input_found(struct cli_input *in, uint64_t *passed);

/** We could not detach: reading goes on behind the keys. Any thread. */
void cli_input_go_on(struct cli_input *in);

#endif
