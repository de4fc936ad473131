/* core/config_schema.h - every key of the config: its type, its default, its meaning, and where its
 * value goes. To add a key, add its line here and its field in config.h; the reader, the messages
 * and the reference follow. */
#ifndef SP_CONFIG_SCHEMA_H
#define SP_CONFIG_SCHEMA_H

#include <stddef.h>

/** How a value is written, and what the field is that it goes to. */
enum sp_schema_type {
    SP_SCHEMA_TEXT,     /**< one line of text, not empty: char * */
    SP_SCHEMA_FLAG,     /**< words[1] or words[0]: bool */
    SP_SCHEMA_CHOICE,   /**< one of words: an enum that counts from 0 */
    SP_SCHEMA_NUMBER,   /**< min to max: uint32_t */
    SP_SCHEMA_DURATION, /**< min to max: uint64_t, milliseconds */
    SP_SCHEMA_SIZE,     /**< min to max: uint64_t, bytes */
    SP_SCHEMA_COMMAND,  /**< a list of texts: stages of struct sp_worker_config */
    SP_SCHEMA_PIPELINE, /**< a list of commands: the same */
    SP_SCHEMA_SECTION,  /**< a section of the keys of `section`: fields of the same struct */
    SP_SCHEMA_ENV,      /**< a section of texts: env of struct sp_worker_config */
    SP_SCHEMA_ACCOUNTS, /**< a list of accounts: struct sp_accounts */
    SP_SCHEMA_RUN_AS,   /**< one of words, or a section of `user`: run_as of the same */
    SP_SCHEMA_WORKERS,  /**< a section of sections: workers of struct sp_config */
};

/** The most words a flag or choice has, and the most keys a section has. */
enum { SP_SCHEMA_WORDS_MAX = 8, SP_SCHEMA_KEYS_MAX = 32 };

struct sp_schema;

/** A key. Constant. */
struct sp_schema_key {
    const char *name;
    enum sp_schema_type type;
    size_t offset;       /**< of the field, in the struct of the section; a section has none */
    size_t place_offset; /**< of a struct sp_place that receives the value's place; 0: none */
    const char *value;   /**< the default as it would stand in the file; NULL: the field stays as
                              the caller left it, and a section's keys have their own */
    const char *without; /**< in words what holds when neither the file nor value says anything */
    const char *min;     /**< of a number, duration or size, as it would stand in the file */
    const char *max;
    const char *words[SP_SCHEMA_WORDS_MAX]; /**< in the order of the enum; NULL behind the last */
    const struct sp_schema *section;        /**< the keys of a SP_SCHEMA_SECTION */
    const char *example;                    /**< a value as it could stand in the file */
    const char *help;                       /**< Markdown, one paragraph */
};

/** The keys of a section. Constant. */
struct sp_schema {
    const char *title; /**< of its part of the reference; NULL: it is part of another section's */
    const char *noun;  /**< "a worker", for messages */
    const char *help;  /**< Markdown, one paragraph; NULL: the same */
    const struct sp_schema_key *keys;
    size_t key_count;
};

/** What a file holds: the keys of struct sp_config. */
extern const struct sp_schema sp_schema_file;

/** What stands under a worker's name: the keys of struct sp_worker_config. */
extern const struct sp_schema sp_schema_worker;

/** What stands under `stop`, in a file and in a worker, and under a worker's `logs`. */
extern const struct sp_schema sp_schema_file_stop, sp_schema_worker_stop, sp_schema_worker_logs;

/** What stands under `allow`, in a file and in a worker. */
extern const struct sp_schema sp_schema_file_allow, sp_schema_worker_allow;
/** What stands under a worker's `limits`. */
extern const struct sp_schema sp_schema_worker_limits;

/** What stands under a file's `dashboard`. */
extern const struct sp_schema sp_schema_file_dashboard;

/** The key of a name. @return NULL when the section has none */
const struct sp_schema_key *sp_schema_find(const struct sp_schema *schema, const char *name);

#endif
