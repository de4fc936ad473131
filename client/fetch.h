/* client/fetch.h - what a service tells of itself, fetched whole. One thread. */
#ifndef CLI_FETCH_H
#define CLI_FETCH_H

#include <jansson.h>

#include "client/control.h"
#include "core/buffer.h"
#include "core/error.h"

/** What was told. {0} is nothing. */
struct cli_view {
    json_t *service;  /**< owned: what `status` answers */
    json_t *workers;  /**< owned: an array of what `workers` answers */
    json_t *sessions; /**< owned: an array of what `sessions` answers */
};

/**
 * Asks for all of it, all pages of a list.
 *
 * @param c       open
 * @param worker  only this one, with its settings, and its sessions; NULL: everything
 * @param out     written on success only; cli_view_deinit()
 * @param err     filled on failure; may be NULL
 * @return SP_OK, cli_control_call()'s, SP_EPROTOCOL
 */
SP_NODISCARD sp_status cli_fetch(struct cli_control *c, const char *worker, struct cli_view *out,
                                 struct sp_error *err);

/** Frees it and empties *view. */
void cli_view_deinit(struct cli_view *view);

/** The whole as one object: {"service", "workers", "sessions"}. @return a new reference; NULL: no
 *  memory */
json_t *cli_view_json(const struct cli_view *view);

/** A text of an object the service told. @return borrowed; "": it has no such key, or no text there
 */
const char *cli_text_of(json_t *object, const char *key);

/** Prints JSON for people and programs: indented, '\n' at its end. @param out is appended to
 *  @param err may be NULL @return SP_OK, SP_ENOMEM, SP_ETOOBIG */
SP_NODISCARD sp_status cli_print_json(json_t *value, struct sp_buffer *out, struct sp_error *err);

#endif
