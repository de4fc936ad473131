/* service/config_file.h - the config as a file on this machine: where it is, how a first one comes
 * to be, what is wrong with it. Blocking: any thread that is not a loop's. */
#ifndef SVC_CONFIG_FILE_H
#define SVC_CONFIG_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"
#include "core/error.h"

/** A config file that was looked at. {0} is empty; svc_config_file_deinit(). */
struct svc_config_file {
    struct sp_config config;            /**< {0} when the file could not be read */
    struct sp_config_problems problems; /**< what is wrong with its text */
    struct sp_config_problems warnings; /**< what is wrong with this machine: programs and folders
                                         *   that are not there */
    char *logs; /**< owned: folder of the workers' logs: the config's, or `logs` beside the file */
};

/**
 * The full path of a config file.
 *
 * @param given  as people wrote it; NULL: %ProgramData%\\Standpipe\\standpipe.yaml
 * @param out    written on success only; free()
 * @param err    filled on failure; may be NULL
 * @return SP_OK, w32_path_full()'s
 */
SP_NODISCARD sp_status svc_config_file_path(const char *given, char **out, struct sp_error *err);

/** Who may change a config file that is created here, in a folder that is created with it. */
enum svc_config_guard {
    SVC_CONFIG_OWN,     /**< whoever the folder above lets: for `run`, which acts as that user */
    SVC_CONFIG_GUARDED, /**< administrators: it decides what SYSTEM runs */
};

/**
 * Creates a config file with comments that teach it. One that is there is left as it is.
 *
 * @param path   where
 * @param guard  who may change it
 * @param made   whether it was created; written on success only
 * @param err    filled on failure, naming the path; may be NULL
 * @return SP_OK, w32_file_create()'s
 */
SP_NODISCARD sp_status svc_config_file_make(const char *path, enum svc_config_guard guard,
                                            bool *made, struct sp_error *err);

/**
 * Reads and checks a config file, and looks whether what it names is on this machine. A relative
 * log or folder in it is one beside the file.
 *
 * @param path  which; problems are named with it
 * @param out   {0}; the caller frees it in any case: svc_config_file_deinit()
 * @param err   filled on failure, naming the path; may be NULL
 * @return SP_OK; SP_ESYNTAX: see problems; SP_ENOTFOUND there is no such file; SP_EINVAL it
 *         is a folder; w32_file_read()'s
 */
SP_NODISCARD sp_status svc_config_file_read(const char *path, struct svc_config_file *out,
                                            struct sp_error *err);

/** Frees everything and empties *file. */
void svc_config_file_deinit(struct svc_config_file *file);

/**
 * Where the service that uses a config file writes its log: where the config says, otherwise
 * standpiped.log beside the file.
 *
 * @param path    the config file
 * @param config  what was read from it; {0} when it could not be read
 * @param out     written on success only; free()
 * @param err     filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM
 */
SP_NODISCARD sp_status svc_config_file_log(const char *path, const struct sp_config *config,
                                           char **out, struct sp_error *err);

/** The same for its audit: where the config says, otherwise audit.jsonl beside the log. */
SP_NODISCARD sp_status svc_config_file_audit(const char *path, const struct sp_config *config,
                                             char **out, struct sp_error *err);
/**
 * Deletes a config file, the log and audit of its service and the logs of its workers, and then the
 * folders of these that are empty. The logs of a config that has mistakes are looked for in their
 * default place, those of its workers stay.
 *
 * @param path  the config file, of a service that no longer runs
 * @param err   filled on failure, naming the path; may be NULL
 * @return SP_OK: there is no config; w32_file_delete()'s: it stays. Logs that can't be deleted stay
 *         without a word.
 */
SP_NODISCARD sp_status svc_config_file_remove(const char *path, struct sp_error *err);

#endif
