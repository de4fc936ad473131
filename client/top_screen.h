/* client/top_screen.h - `standpipe top` without a console: what stands on the screen, and what keys
 * do. No I/O, no clock. One thread. */
#ifndef CLI_TOP_SCREEN_H
#define CLI_TOP_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/board.h"
#include "core/buffer.h"
#include "core/error.h"

enum {
    CLI_SCREEN_LINES_MAX = 512, /**< of a console that is taller the rest stays empty */
    CLI_TOP_NAME_MAX = 80,      /**< bytes of a worker's or session's name, with its NUL */
};

/** How a line looks. */
enum cli_look { CLI_LOOK_PLAIN, CLI_LOOK_HEAD, CLI_LOOK_CHOSEN, CLI_LOOK_NOTE };

/** A screen's text. {0} is empty. */
struct cli_screen {
    struct sp_buffer text; /**< owned: '\n' after each line; none is wider than asked for */
    enum cli_look looks[CLI_SCREEN_LINES_MAX];
    size_t line_count;
};

/** The two tables. */
enum cli_table { CLI_TABLE_WORKERS, CLI_TABLE_SESSIONS, CLI_TABLE_COUNT };

/** What somebody wants done, by its key and their yes. */
enum cli_wish {
    CLI_WISH_NONE,
    CLI_WISH_QUIT,
    CLI_WISH_DROP, /**< the session's connections cut */
    CLI_WISH_STOP, /**< the worker stopped; or, in the table of sessions, the worker of a session */
};

/** What the screen shows of the board. {0} to begin with. */
struct cli_top {
    enum cli_order order;
    enum cli_table table;                           /**< the one the keys are for */
    char chosen[CLI_TABLE_COUNT][CLI_TOP_NAME_MAX]; /**< "": the first row */
    size_t first[CLI_TABLE_COUNT];                  /**< the first row shown, of those there are */
    size_t page;                                    /**< rows shown of the keys' table */
    bool help;
    enum cli_wish asked; /**< a question is on the screen */
    char target[CLI_TOP_NAME_MAX];
    enum cli_table target_table; /**< where target is from */
    char note[160];              /**< what is to be said; "": the keys are */
};

/**
 * Does what a key is for.
 *
 * @param t    what the screen shows
 * @param b    what of
 * @param key  of w32_screen_key()
 * @return what is to be done, to t->target of t->target_table
 */
enum cli_wish cli_top_key(struct cli_top *t, const struct cli_board *b, uint32_t key);

/**
 * The screen: what the service does, a table of workers, one of sessions, and the keys. Lines are
 * cut at the width. Where not all rows have room each table shows some, around the one that is
 * chosen.
 *
 * @param t       what to show; where its tables begin is noted in it
 * @param b       what of
 * @param width   in characters; 0 counts as 1
 * @param height  in lines; less than 3 counts as 3: so many there are, and the rest is cut off
 * @param out     emptied first; height lines at most
 * @param err     filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM
 */
SP_NODISCARD sp_status cli_top_draw(struct cli_top *t, const struct cli_board *b, size_t width,
                                    size_t height, struct cli_screen *out, struct sp_error *err);

/** The same for paper: all rows, no keys, nothing cut. @param out is appended to */
SP_NODISCARD sp_status cli_top_print(const struct cli_top *t, const struct cli_board *b,
                                     struct sp_buffer *out, struct sp_error *err);

/** Frees it and empties *screen. */
void cli_screen_deinit(struct cli_screen *screen);

#endif
