/* tests/command_line.h - what a program's start-up code makes of a command line, written from the
 * rules that Microsoft publishes and from nothing of ours.
 *
 * Since 2008 a doubled quotation mark inside quotes is one mark and the quotes go on; before that,
 * and in CommandLineToArgvW, they end there.
 * https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments */
#ifndef TESTS_COMMAND_LINE_H
#define TESTS_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>

enum { COMMAND_LINE_ARGS_MAX = 64, COMMAND_LINE_TEXT_MAX = 1 << 17 };

/** The argv that came of a command line. */
struct command_line {
    size_t count;
    char *argv[COMMAND_LINE_ARGS_MAX];
    char text[COMMAND_LINE_TEXT_MAX];
    size_t len;
    bool full; /**< there was no room for all of it */
};

static inline void command_line_keep(struct command_line *c, char letter)
{
    c->full = c->full || c->len == COMMAND_LINE_TEXT_MAX;
    if (!c->full)
        c->text[c->len++] = letter;
}

static inline void command_line_begin(struct command_line *c)
{
    c->full = c->full || c->count == COMMAND_LINE_ARGS_MAX;
    if (!c->full)
        c->argv[c->count++] = c->text + c->len;
}

static inline const char *command_line_program(struct command_line *c, const char *s)
{
    bool quoted = false;
    command_line_begin(c);
    for (; *s != 0 && (quoted || (*s != ' ' && *s != '\t')); s++) {
        if (*s == '"')
            quoted = !quoted;
        else
            command_line_keep(c, *s);
    }
    command_line_keep(c, 0);
    return s;
}

static inline const char *command_line_argument(struct command_line *c, const char *s,
                                                bool quotes_go_on)
{
    bool quoted = false;
    command_line_begin(c);
    while (*s != 0 && (quoted || (*s != ' ' && *s != '\t'))) {
        size_t slashes = 0;
        while (s[slashes] == '\\')
            slashes++;
        s += slashes;
        for (size_t i = 0; i < (*s == '"' ? slashes / 2 : slashes); i++)
            command_line_keep(c, '\\');
        if (*s == '"' && slashes % 2 == 1) {
            command_line_keep(c, *s++);
        } else if (*s == '"' && quoted && s[1] == '"') {
            command_line_keep(c, '"');
            quoted = quotes_go_on;
            s += 2;
        } else if (*s == '"') {
            quoted = !quoted;
            s++;
        } else if (slashes == 0) {
            command_line_keep(c, *s++);
        }
    }
    command_line_keep(c, 0);
    return s;
}

/**
 * Parses a command line.
 *
 * @param c             receives the argv; may hold anything before
 * @param s             the line
 * @param quotes_go_on  the newer rule
 */
static inline void command_line_parse(struct command_line *c, const char *s, bool quotes_go_on)
{
    c->count = c->len = 0;
    c->full = false;
    s = command_line_program(c, s);
    while (!c->full) {
        while (*s == ' ' || *s == '\t')
            s++;
        if (*s == 0)
            return;
        s = command_line_argument(c, s, quotes_go_on);
    }
}

#endif
