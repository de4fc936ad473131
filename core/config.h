/* core/config.h - the config file, read and checked. UTF-8. Any thread; a read config is never
 * changed, so many threads may look at it. */
#ifndef SP_CONFIG_H
#define SP_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"
#include "core/error.h"

/** Ceilings: what is larger is refused, never cut. */
enum {
    SP_CONFIG_SIZE_MAX = 1 << 20, /**< bytes of a file */
    SP_CONFIG_WORKERS_MAX = 1000,
    SP_CONFIG_STAGES_MAX = 32, /**< programs of a pipeline */
    SP_CONFIG_ARGS_MAX = 256,  /**< arguments of a program, its name among them */
    SP_CONFIG_ENV_MAX = 256,
    SP_CONFIG_ACCOUNTS_MAX = 64,  /**< accounts of a list */
    SP_CONFIG_PROBLEMS_MAX = 100, /**< problems that are kept; the others are counted */
    SP_WORKER_NAME_MAX = 64,      /**< bytes, without the NUL */
    SP_CONFIG_ACCOUNT_MAX = 512,  /**< bytes of an account's name */
};

/** Where something stands in a file. Both count from 1; {0} is nowhere: a default. */
struct sp_place {
    unsigned line;
    unsigned column; /**< in characters */
};

/** A program and its arguments. */
struct sp_command {
    char **argv; /**< owned */
    size_t argc; /**< at least 1 */
    struct sp_place place;
};

/** A variable of a worker's environment. An empty value takes it out of the environment. */
struct sp_env {
    char *name;  /**< owned; never empty, no '=' */
    char *value; /**< owned */
};

/** What somebody may do. */
enum sp_right {
    SP_RIGHT_READ,    /**< see a worker's output */
    SP_RIGHT_WRITE,   /**< write to its stdin and send it signals; includes to read */
    SP_RIGHT_CONTROL, /**< start and stop it, and everything with everybody's sessions */
    SP_RIGHT_ADMIN,   /**< everything, with all workers and the service */
    SP_RIGHT_COUNT
};

/** An account or a group. */
struct sp_account {
    char *name; /**< owned; as the file has it */
    char *sid;  /**< owned; "S-1-...", from the machine; NULL until it was asked */
    struct sp_place place;
};

/** Accounts, each once. */
struct sp_accounts {
    struct sp_account *items; /**< owned */
    size_t count;
};

/** The console a worker gets: what of w32_console a config may ask for. */
enum sp_console {
    SP_CONSOLE_HIDDEN = 0, /**< one without a window: Ctrl-C can be sent to the worker */
    SP_CONSOLE_NONE,       /**< none: starts faster; Ctrl-C can't be sent to the worker */
};

/** Whose process a client gets. */
enum sp_mode {
    SP_MODE_PRIVATE = 0, /**< one of its own, which ends with it */
    SP_MODE_SHARED,      /**< the one that all clients share, which outlives them */
};

/** When a worker that nobody asked to end is started again. */
enum sp_restart {
    SP_RESTART_ON_FAILURE = 0, /**< after an exit code other than 0 */
    SP_RESTART_ALWAYS,
    SP_RESTART_NEVER,
};

/** What becomes of a client that reads more slowly than a shared worker writes. */
enum sp_slow {
    SP_SLOW_DROP = 0,   /**< it is told how much it missed */
    SP_SLOW_BLOCK,      /**< the worker waits for it, and so do the other clients */
    SP_SLOW_DISCONNECT, /**< its session ends */
};

/** Which outputs of a worker are kept in files. */
enum sp_capture {
    SP_CAPTURE_NONE = 0,
    SP_CAPTURE_STDERR,
    SP_CAPTURE_BOTH,
};

/** A worker's log files. */
struct sp_logs_config {
    enum sp_capture
        streams;         /**< when the file says nothing: stderr of a shared worker, else none */
    uint64_t size_bytes; /**< a file this large is closed and a new one begun */
    uint64_t age_ms;     /**< and so is one this old */
    uint32_t files;      /**< how many are kept, the one that is written among them */
};

/** What a worker and its clients may take. 0 is no limit. */
struct sp_limits_config {
    uint64_t memory_bytes; /**< of its processes together */
    uint32_t processes;    /**< at once */
    uint32_t cpu_percent;  /**< of all processors */
    uint32_t instances;    /**< private only: sessions at once */
    uint32_t per_user;     /**< sessions at once of one user */
    uint32_t connect_rate; /**< sessions a minute of one user */
    uint64_t session_ms;   /**< how long a session lasts */
    uint64_t idle_ms;      /**< how long it lasts without a byte that moves */
};

/** Whom a worker runs as. */
enum sp_run_as {
    SP_RUN_AS_SERVICE = 0, /**< as the service does */
    SP_RUN_AS_CLIENT,      /**< private only: as the client whom it serves */
    SP_RUN_AS_USER,        /**< as the account that the config names */
};

/** A time that the file leaves open. */
#define SP_MS_UNSET UINT64_MAX

/** What is served under a name. */
struct sp_worker_config {
    char *name;                /**< owned; [A-Za-z0-9][A-Za-z0-9._-]*, case is no difference */
    char *description;         /**< owned; NULL: none */
    struct sp_command *stages; /**< owned; one: `command`, more: `pipeline` */
    size_t stage_count;        /**< at least 1 */
    struct sp_env *env;        /**< owned */
    size_t env_count;
    char *folder;      /**< owned; NULL: the service's own */
    bool args_allowed; /**< a client may add arguments; never with a pipeline */
    bool remote;       /**< clients from the network may attach */
    struct sp_accounts allow[SP_RIGHT_ADMIN]; /**< by right; they need no more than to be named */
    enum sp_console console;
    bool tty; /**< it runs in a terminal; never with a pipeline, warm or no console */
    enum sp_mode mode;
    bool autostart;          /**< shared only: started with the service */
    enum sp_restart restart; /**< for a shared worker, and for one that is started ahead */
    enum sp_slow slow;       /**< shared only */
    uint64_t history_bytes;  /**< shared only: how much of each output is kept, for replay and for
                                  slow clients */
    uint32_t warm;           /**< private only: how many are started ahead of their clients */
    uint64_t resume_ms;      /**< how long a session waits for a client whose connection broke; 0:
                                  not at all; SP_MS_UNSET: the file leaves it to the caller */
    uint64_t drain_ms;       /**< as in struct sp_config: its own, or else the file's */
    uint64_t stop_stdin_ms;  /**< the same */
    uint64_t stop_signal_ms; /**< the same */
    struct sp_logs_config logs;
    struct sp_limits_config limits;
    enum sp_run_as run_as;
    char *run_as_user;     /**< owned; the account of SP_RUN_AS_USER, else NULL */
    bool restricted;       /**< without privileges and without the rights of Administrators */
    struct sp_place place; /**< of the name */
    struct sp_place folder_place; /**< {0} when folder is NULL */
};

/** A config. {0} is the empty one; sp_config_parse() of an empty text gives the defaults. */
struct sp_config {
    uint32_t loops; /**< 1 to 64; 0: one a core, at most 4 */
    char *log;      /**< owned; path of the service's log file; NULL: the default place */
    char *logs;     /**< owned; folder of the workers' log files; NULL: `logs` beside the file */
    char *audit;    /**< owned; path of the audit's file; NULL: `audit.jsonl` beside the log */
    struct sp_accounts admin; /**< empty: whoever installed the service */
    uint64_t drain_ms;        /**< how long output may still flow after a worker's exit */
    uint64_t stop_stdin_ms;   /**< a stop: how long a worker gets after its stdin was closed */
    uint64_t stop_signal_ms;  /**< and how long after the Ctrl-C that follows */
    uint32_t dashboard_port;  /**< of the page on 127.0.0.1; 0: there is none */
    struct sp_worker_config *workers; /**< owned; in the order of the file */
    size_t worker_count;
};

/** One thing that is wrong with a file. */
struct sp_config_problem {
    struct sp_place place;
    char *text; /**< owned; one line: what is wrong and what would be right */
};

/** All that is wrong with a file, by line and column. {0} is empty. */
struct sp_config_problems {
    char *file_name;                 /**< owned; NULL while there is none */
    struct sp_config_problem *items; /**< owned; the first SP_CONFIG_PROBLEMS_MAX */
    size_t count;
    size_t more; /**< how many there are behind them */
};

/**
 * Reads a config and checks all of it, so that one look at a file finds every mistake in it. What
 * can only be known on the machine (does the program exist?) is checked by the caller, who may add
 * to the problems.
 *
 * @param file_name  for messages
 * @param text       the file: UTF-8, or UTF-16 with a byte order mark; may be empty
 * @param out        written on success only; the caller frees it: sp_config_deinit()
 * @param problems   must be {0}; the caller frees it in any case: sp_config_problems_deinit()
 * @param err        filled on failure: the first problem, and how many more; may be NULL
 * @return SP_OK: not one problem; SP_ESYNTAX: see problems; SP_ENOMEM
 */
SP_NODISCARD sp_status sp_config_parse(const char *file_name, struct sp_bytes text,
                                       struct sp_config *out, struct sp_config_problems *problems,
                                       struct sp_error *err);

/** Frees everything and empties *config. */
void sp_config_deinit(struct sp_config *config);

/** The worker of a name, in any case. @return NULL when there is none */
const struct sp_worker_config *sp_config_find(const struct sp_config *config, const char *name);

/** The word of a right: "read". Never NULL. */
const char *sp_right_name(enum sp_right right);

/** How long a stop of all workers at once may take: the longest stop_stdin_ms + stop_signal_ms of
 *  the workers and of the file. */
uint64_t sp_config_stop_ms(const struct sp_config *config);

/** Whether a text can name a worker: a letter or digit, then letters, digits, '.', '_', '-', at
 *  most SP_WORKER_NAME_MAX of them. */
bool sp_worker_name_valid(const char *name);

/**
 * The config file of a first start: YAML with comments that teach it, every key and two example
 * workers commented out.
 *
 * @param out  the text is appended; on failure unchanged
 * @param err  filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, SP_ETOOBIG
 */
SP_NODISCARD sp_status sp_config_template(struct sp_buffer *out, struct sp_error *err);

/**
 * Prints the reference of all keys in Markdown: a table for the file and one for a worker with key,
 * type, default and meaning; `stop.stdin` is the key `stdin` below `stop`.
 *
 * @param out  the text is appended; on failure unchanged
 * @param err  filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, SP_ETOOBIG
 */
SP_NODISCARD sp_status sp_config_reference(struct sp_buffer *out, struct sp_error *err);

/**
 * Adds a problem.
 *
 * @param problems  where to
 * @param err       filled on failure; may be NULL
 * @param place     where it is
 * @param format    printf's: what is wrong and what would be right
 * @return SP_OK, SP_ENOMEM
 */
SP_NODISCARD sp_status sp_config_problem_add(struct sp_config_problems *problems,
                                             struct sp_error *err, struct sp_place place,
                                             const char *format, ...) SP_PRINTF(4, 5);

/**
 * Prints problems as `FILE:LINE:COLUMN: text`, one a line, and at the end "and N more".
 *
 * @param problems  which
 * @param out       the lines are appended; on failure unchanged
 * @param err       filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, SP_ETOOBIG
 */
SP_NODISCARD sp_status sp_config_problems_print(const struct sp_config_problems *problems,
                                                struct sp_buffer *out, struct sp_error *err);

/** The failure that problems are: the first one, and how many more there are.
 *  @param problems at least one @param err may be NULL @return SP_ESYNTAX */
sp_status sp_config_problems_fail(const struct sp_config_problems *problems, struct sp_error *err);

/** Frees everything and empties *problems. */
void sp_config_problems_deinit(struct sp_config_problems *problems);

#endif
