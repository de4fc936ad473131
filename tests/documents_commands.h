/* tests/documents_commands.h - the command lines that documents show, read by the program's own
 * table of verbs. */
#ifndef TESTS_DOCUMENTS_COMMANDS_H
#define TESTS_DOCUMENTS_COMMANDS_H

#include "core/args.h"
#include "tests/documents.h"

/* Whether a word names a program, with or without its folder and its ".exe". */
static inline bool command_is_of(const char *word, const char *program)
{
    const char *slash = strrchr(word, '\\');
    const char *name = slash == NULL ? word : slash + 1;
    size_t len = strlen(program);
    return strncmp(name, program, len) == 0 &&
           (name[len] == '\0' || strcmp(name + len, ".exe") == 0);
}

/* What a program's start would say to its words. @return SP_OK, or with what is wrong in err */
static inline sp_status command_check(const struct sp_program *program, const char *const *words,
                                      size_t count, struct sp_error *err)
{
    const struct sp_verb *verb = NULL;
    struct sp_args args = {0};
    if (count > 0 && (strcmp(words[0], "--help") == 0 || strcmp(words[0], "--version") == 0))
        return SP_OK;
    sp_status status = sp_verb_find(program, count == 0 ? NULL : words[0], &verb, err);
    if (status == SP_OK)
        status = sp_args_parse(program, verb, words + 1, count - 1, &args, err);
    sp_args_deinit(&args);
    return status;
}

/* Prose names a verb or an option without all that it takes: `standpipe attach --replay`. */
static inline sp_status command_check_part(const struct sp_program *program, struct command *c,
                                           struct sp_error *err)
{
    sp_status status = SP_EINVAL;
    for (int more = 0; more < 4 && status != SP_OK && c->count < COMMAND_WORDS_MAX; more++) {
        status = command_check(program, c->words + 1, c->count - 1, err);
        c->words[c->count++] = "WORD";
    }
    return status;
}

static inline bool is_shell(const char *kind)
{
    static const char *const shells[] = {"bat", "sh", "powershell", "console", "text"};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (strcmp(kind, shells[i]) == 0)
            return true;
    return false;
}

struct command_tally {
    size_t count, mistakes;
};

static inline void command_complain(const struct document_line *l, const struct sp_error *err,
                                    struct command_tally *tally)
{
    print_error("%s:%u: %s, in: %.*s\n", l->document->path, l->number, err->what, (int)l->text.len,
                (const char *)l->text.data);
    tally->mistakes++;
}

/* A program may stand behind another one that starts it, "node session.js standpipe attach x"; what
 * is behind "--" is that one's. */
static inline void check_commands_of(const struct document_line *l, const char *s,
                                     const struct sp_program *program, struct command_tally *tally)
{
    const char *end = (const char *)l->text.data + l->text.len;
    struct command c;
    struct sp_error err = {0};
    while ((s = command_next(&c, s, end)) != NULL)
        for (size_t i = 0; i < c.count && strcmp(c.words[i], "--") != 0; i++) {
            if (!command_is_of(c.words[i], program->name) || (i > 0 && i + 1 == c.count))
                continue;
            tally->count++;
            if (command_check(program, c.words + i + 1, c.count - i - 1, &err) != SP_OK)
                command_complain(l, &err, tally);
            break;
        }
}

/* In blocks that show what a program prints, too, commands stand behind a prompt. */
static inline void check_block_line(const struct document_line *l, const struct sp_program *program,
                                    struct command_tally *tally)
{
    const char *s = l->text.data;
    bool has_prompts = strcmp(l->kind, "console") == 0 || strcmp(l->kind, "text") == 0;
    if (!is_shell(l->kind))
        return;
    s += strspn(s, " ");
    if (has_prompts && strncmp(s, "> ", 2) == 0)
        check_commands_of(l, s + 2, program, tally);
    else if (!has_prompts)
        check_commands_of(l, s, program, tally);
}

/* What stands between backticks, unless it says what may be there. */
static inline void check_prose_line(const struct document_line *l, const struct sp_program *program,
                                    struct command_tally *tally)
{
    const char *at = l->text.data;
    struct sp_bytes span;
    while ((span = document_next_span(l, &at)).data != NULL) {
        const char *start = span.data, *end = start + span.len;
        struct command c;
        struct sp_error err = {0};
        bool is_cut = span.len >= 3 && strncmp(end - 3, "...", 3) == 0;
        if (strcspn(start, "[|`") < span.len || is_cut || command_next(&c, start, end) == NULL ||
            c.count < 2 || !command_is_of(c.words[0], program->name))
            continue;
        tally->count++;
        if (command_check_part(program, &c, &err) != SP_OK)
            command_complain(l, &err, tally);
    }
}

/** Asserts that a program takes every command line of its that documents show.
 *  @param program its table @param least how many there are at least */
static inline void check_commands(const struct sp_program *program, size_t least)
{
    struct command_tally tally = {0};
    for (size_t i = 0; i < document_count; i++) {
        struct document_line l = {.document = &documents[i]};
        while (document_next_line(&l)) {
            if (l.in_block && !l.is_fence)
                check_block_line(&l, program, &tally);
            else if (!l.in_block)
                check_prose_line(&l, program, &tally);
        }
    }
    print_message("%zu command lines of %s\n", tally.count, program->name);
    assert_true(tally.count >= least);
    assert_int_equal(tally.mistakes, 0);
}

#endif
