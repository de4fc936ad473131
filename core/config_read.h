/* core/config_read.h - from a YAML tree to a config, by the schema. Any thread. */
#ifndef SP_CONFIG_READ_H
#define SP_CONFIG_READ_H

#include "core/config.h"
#include "core/config_schema.h"
#include "core/config_yaml.h"
#include "core/error.h"

/** What the functions that read a config hand on to each other. */
struct sp_config_reader {
    struct sp_config_problems *problems; /**< what is wrong is added to */
    struct sp_error *err;                /**< filled on failure; may be NULL */
};

/**
 * Fills the struct of a section: first with the defaults, then with what stands in the file. What
 * is wrong with the file is a problem and no failure.
 *
 * @param r       the reader
 * @param schema  the section's keys
 * @param node    a map, or a null, which is an empty one; anything else is a problem
 * @param name    what the section is called in messages
 * @param owner   the struct; when there are problems it is half filled, and freed as a whole one is
 * @return SP_OK, SP_ENOMEM
 */
SP_NODISCARD sp_status sp_config_read_section(const struct sp_config_reader *r,
                                              const struct sp_schema *schema,
                                              const struct sp_yaml *node, const char *name,
                                              void *owner);

/** Reads a value of SP_SCHEMA_COMMAND, a list, into the stages of a struct sp_worker_config. */
SP_NODISCARD sp_status sp_config_read_command(const struct sp_config_reader *r,
                                              const struct sp_schema_key *key,
                                              const struct sp_yaml *value, void *owner);

/** Reads a value of SP_SCHEMA_PIPELINE, as sp_config_read_command(). */
SP_NODISCARD sp_status sp_config_read_pipeline(const struct sp_config_reader *r,
                                               const struct sp_schema_key *key,
                                               const struct sp_yaml *value, void *owner);

/** Reads a value of SP_SCHEMA_ENV, a map, into the env of a struct sp_worker_config. */
SP_NODISCARD sp_status sp_config_read_env(const struct sp_config_reader *r,
                                          const struct sp_schema_key *key,
                                          const struct sp_yaml *value, void *owner);

/** Reads a value of SP_SCHEMA_ACCOUNTS, a list, into a struct sp_accounts. */
SP_NODISCARD sp_status sp_config_read_accounts(const struct sp_config_reader *r,
                                               const struct sp_schema_key *key,
                                               const struct sp_yaml *value, void *owner);
/** Reads a value of SP_SCHEMA_RUN_AS, a text or a map, into a struct sp_worker_config. */
SP_NODISCARD sp_status sp_config_read_run_as(const struct sp_config_reader *r,
                                             const struct sp_schema_key *key,
                                             const struct sp_yaml *value, void *owner);

/** Checks what a worker's limits, and whom it runs as, ask of its other keys.
 *  @param keys the worker's @param mode_known its mode is what the file says */
SP_NODISCARD sp_status sp_config_check_standing(const struct sp_config_reader *r,
                                                const struct sp_yaml *keys,
                                                const struct sp_worker_config *worker,
                                                bool mode_known);

/** Reads a value of SP_SCHEMA_WORKERS, a map, into the workers of a struct sp_config. */
SP_NODISCARD sp_status sp_config_read_workers(const struct sp_config_reader *r,
                                              const struct sp_schema_key *key,
                                              const struct sp_yaml *value, void *owner);

#endif
