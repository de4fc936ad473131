/* client/board.h - what a service does now: two looks at its figures make rates. No I/O, no clock.
 * One thread. */
#ifndef CLI_BOARD_H
#define CLI_BOARD_H

#include <stddef.h>
#include <stdint.h>

#include "client/fetch.h"

/**
 * A board. {0} is one that has seen nothing. Each worker and session of its view has these keys on
 * top of what the service tells, null where nobody knows: `in_per_s` and `out_per_s` (bytes a
 * second to the worker, and from it), `cpu_percent` (100 is one processor).
 */
struct cli_board {
    struct cli_view view; /**< owned: the last look */
    uint64_t at_us;       /**< when that was */
    json_t *workers;      /**< owned: those of the view by their name */
    json_t *sessions;     /**< owned: the same */
};

/** What rows are ordered by: the largest first, but for the name. */
enum cli_order {
    CLI_ORDER_NAME, /**< as the service lists them */
    CLI_ORDER_IN,
    CLI_ORDER_OUT,
    CLI_ORDER_MEMORY,
    CLI_ORDER_CPU,
    CLI_ORDER_COUNT,
};

/** "name", "in", "out", "memory", "cpu". Never NULL. */
const char *cli_order_name(enum cli_order order);

/**
 * Takes in a look. Rates are against the one before, if the service is still the same.
 *
 * @param b      any
 * @param view   taken, whatever is returned
 * @param at_us  w32_clock_us() of the look
 * @param err    filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM
 */
SP_NODISCARD sp_status cli_board_take(struct cli_board *b, struct cli_view *view, uint64_t at_us,
                                      struct sp_error *err);

/**
 * Workers or sessions in an order; where two are equal, as the service lists them.
 *
 * @param items  an array of the board's view
 * @param order  by what
 * @param err    filled on failure; may be NULL
 * @return a new array of the same objects; NULL: no memory
 */
json_t *cli_board_sorted(json_t *items, enum cli_order order, struct sp_error *err);

/** A figure of a worker or session. @return below 0: nobody knows */
double cli_board_figure(json_t *item, const char *key);

/** The sum of a figure over an array; what nobody knows counts as 0. */
double cli_board_sum(json_t *items, const char *key);

/** Frees it and empties *b. */
void cli_board_deinit(struct cli_board *b);

#endif
