/* core/config_yaml_error.h - what libyaml says about a file, in words that help. Any thread. */
#ifndef SP_CONFIG_YAML_ERROR_H
#define SP_CONFIG_YAML_ERROR_H

#include <yaml.h>

#include "core/buffer.h"
#include "core/config.h"
#include "core/error.h"

/**
 * Makes a problem of the failure of a YAML parser.
 *
 * @param parser    one that has just failed
 * @param text      what it was reading
 * @param problems  what is wrong is added to
 * @param err       filled; may be NULL
 * @return SP_ESYNTAX: the problem was added; SP_ENOMEM: there was or is no memory
 */
SP_NODISCARD sp_status sp_yaml_explain(const yaml_parser_t *parser, struct sp_bytes text,
                                       struct sp_config_problems *problems, struct sp_error *err);

#endif
