/* core/args.h - a program's verbs, their command lines and their help. Any thread. */
#ifndef SP_ARGS_H
#define SP_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"
#include "core/error.h"

/** For operand_max: as many as you like. */
#define SP_ARGS_ANY SIZE_MAX

/** An option of a verb. --help and -h are there for every verb and belong in no table. */
struct sp_option {
    const char *name;  /**< without its dashes: "pipe" for `--pipe NAME` and `--pipe=NAME` */
    const char *value; /**< the value's name in the help: "NAME"; NULL: a flag without a value */
    const char *help;  /**< one sentence */
    char letter;       /**< 'H' for `-H NAME`; 0: none */
};

struct sp_args;

/** Whether a word asks for help: --help, -h, or as Windows' own programs are asked, `/?`. */
bool sp_arg_is_help(const char *word);

/** A verb: what the help says of it, what it takes, what it does. Constant. */
struct sp_verb {
    const char *name;        /**< "attach" */
    const char *summary;     /**< one line, for the list of verbs; NULL: a verb that the program
                              *   itself uses: it is found, and neither listed nor suggested */
    const char *operands;    /**< for the usage line: "WORKER [-- ARGUMENT...]"; NULL: none */
    const char *description; /**< wrapped to 80 columns; "\n" begins a new line, a line that begins
                              *   with a space is kept as it is; may be NULL */
    size_t operand_min;      /**< operands it needs, not counting what follows `--` */
    size_t operand_max;      /**< and takes at most; SP_ARGS_ANY */
    bool takes_rest;         /**< what follows `--` is kept apart, in sp_args.rest; otherwise these
                              *   are operands, too */
    const struct sp_option *options;
    size_t option_count;
    int (*run)(const struct sp_args *args); /**< for the program that owns the verb, which calls it
                                             *   and makes of the result what it likes */
};

/** A program with verbs. Constant. */
struct sp_program {
    const char *name;                   /**< "standpipe" */
    const char *description;            /**< as in sp_verb */
    const struct sp_verb *const *verbs; /**< in the order of the help */
    size_t verb_count;
};

/** A command line, read. All strings are borrowed from argv. {0} is empty. */
struct sp_args {
    const struct sp_verb *verb;
    const char **values;   /**< for each option of the verb, by its place in the table: its value,
                            *   "" for a flag; NULL when it wasn't given. Owned. */
    const char **operands; /**< owned */
    size_t operand_count;
    const char *const *rest; /**< what follows `--`, of a verb that takes_rest */
    size_t rest_count;
    bool help; /**< help was asked for: print sp_verb_help(); nothing else was checked */
};

/**
 * Finds a verb.
 *
 * @param program  whose
 * @param name     what was written; NULL: nothing was
 * @param out      written on success only
 * @param err      filled on failure, suggesting the verb that was probably meant; may be NULL
 * @return SP_OK, SP_EINVAL
 */
SP_NODISCARD sp_status sp_verb_find(const struct sp_program *program, const char *name,
                                    const struct sp_verb **out, struct sp_error *err);

/**
 * Reads the command line of a verb. Options may stand before, between and after the operands, up
 * to `--`. An option with a value is given at most once, and its value is never empty.
 *
 * @param program  whose verb it is: messages name it
 * @param verb     what may be there
 * @param argv     count strings behind the verb's name; borrowed until sp_args_deinit()
 * @param count    may be 0
 * @param out      written on success only; the caller frees it: sp_args_deinit()
 * @param err      filled on failure with one line that says what would be right; may be NULL
 * @return SP_OK; SP_EINVAL: a command line that is wrong; SP_ENOMEM
 */
SP_NODISCARD sp_status sp_args_parse(const struct sp_program *program, const struct sp_verb *verb,
                                     const char *const *argv, size_t count, struct sp_args *out,
                                     struct sp_error *err);

/** Frees what sp_args_parse() has made and empties *args. */
void sp_args_deinit(struct sp_args *args);

/**
 * Prints a verb's help: usage, description, options, at most 80 columns wide.
 *
 * @param program  whose
 * @param verb     which
 * @param out      the text is appended, '\n' after each line; on failure unchanged
 * @param err      filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, SP_ETOOBIG
 */
SP_NODISCARD sp_status sp_verb_help(const struct sp_program *program, const struct sp_verb *verb,
                                    struct sp_buffer *out, struct sp_error *err);

/** Prints a program's help: usage, description, the list of verbs; as sp_verb_help(). */
SP_NODISCARD sp_status sp_program_help(const struct sp_program *program, struct sp_buffer *out,
                                       struct sp_error *err);

#endif
