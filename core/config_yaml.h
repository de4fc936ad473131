/* core/config_yaml.h - YAML as a tree of texts, lists and maps, each with its place. What a config
 * has no use for (aliases, tags, many documents) is a problem here. Any thread. */
#ifndef SP_CONFIG_YAML_H
#define SP_CONFIG_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buffer.h"
#include "core/config.h"
#include "core/error.h"

/** Ceilings of a tree; beyond them lies no config, but an attack on its reader. */
enum {
    SP_YAML_DEPTH_MAX = 16,
    SP_YAML_NODES_MAX = 100000,
};

/** What a node is. */
enum sp_yaml_kind {
    SP_YAML_BAD = 0, /**< a problem was added: say nothing more about it */
    SP_YAML_NULL,    /**< nothing, `~` or `null`, without quotes */
    SP_YAML_TEXT,
    SP_YAML_LIST,
    SP_YAML_MAP,
};

/** A value and what is in it. */
struct sp_yaml {
    enum sp_yaml_kind kind;
    struct sp_place place;
    char *text;            /**< owned; a text's or a null's, without NUL inside */
    struct sp_yaml *items; /**< owned; of a map: key, value, key, value, ... (always even) */
    size_t item_count;
    size_t item_cap;
};

/**
 * Reads YAML.
 *
 * @param text      at most SP_CONFIG_SIZE_MAX bytes
 * @param out       written on success only: the document, or a null when there is none. The caller
 *                  frees it: sp_yaml_deinit()
 * @param problems  what is wrong is added to
 * @param err       filled on failure; may be NULL
 * @return SP_OK: the tree is whole, though there may be problems; SP_ESYNTAX: a problem was added
 *         behind which nothing can be read; SP_ENOMEM
 */
SP_NODISCARD sp_status sp_yaml_read(struct sp_bytes text, struct sp_yaml *out,
                                    struct sp_config_problems *problems, struct sp_error *err);

/** The value of a key. @return NULL when node is no map or has no such key */
const struct sp_yaml *sp_yaml_find(const struct sp_yaml *node, const char *key);

/** Frees everything below and empties *node. */
void sp_yaml_deinit(struct sp_yaml *node);

#endif
