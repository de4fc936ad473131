/* core/config_yaml_error.c - what libyaml says about a file, in words that help. */
#include "core/config_yaml_error.h"

#include <string.h>

/* What people do wrong when libyaml says so. The first line whose words are found in its problem
 * and in its context counts. */
struct advice {
    const char *problem;
    const char *context;
    const char *text;
};

static const char in_quotes[] =
    "inside double quotes a backslash begins an escape; write a path without quotes or inside "
    "single quotes: 'C:\\tools\\x.exe'";

static const struct advice advices[] = {
    {"unknown escape character", "", in_quotes},
    {"expected hexdecimal number", "", in_quotes},
    {"invalid Unicode character escape", "", in_quotes},
    {"tab character", "", "lines are indented with spaces, never with tabs"},
    {"unexpected end of stream", "quoted scalar", "a quotation mark is not closed"},
    {"alphabetic or numeric character", "", "put a text that begins with * or & in quotes"},
    {"", "tag", "put a text that begins with ! in quotes"},
    {"mapping values are not allowed", "",
     "a key is further to the right than its neighbours, or a text that holds a colon and a space "
     "needs quotes"},
    {"sequence entries are not allowed", "",
     "a list begins on the line behind its key, or is written as [a, b]"},
    {"expected key", "",
     "the keys of one section begin in the same column; what follows a quoted text or a ] on its "
     "line is one too many"},
    {"could not find expected ':'", "", "a key is followed by a colon and a space"},
    {"expected ',' or ']'", "",
     "a list is closed with ], its values are separated by commas; put a text that holds one of "
     ", [ ] { } in quotes"},
    {"expected ',' or '}'", "",
     "a section in braces is closed with }, its keys are separated by commas; put a text that "
     "holds one of , [ ] { } in quotes"},
    {"expected '-' indicator", "", "the values of one list begin in the same column, each with -"},
    {"expected node content", "", "a value is missing before this"},
};

/* The bytes of what ends a line to libyaml; 0: nothing does here. */
static size_t line_end(const unsigned char *p, size_t len)
{
    if (p[0] == '\r')
        return len > 1 && p[1] == '\n' ? 2 : 1;
    if (len > 1 && p[0] == 0xC2 && p[1] == 0x85)
        return 2;
    if (len > 2 && p[0] == 0xE2 && p[1] == 0x80 && (p[2] == 0xA8 || p[2] == 0xA9))
        return 3;
    return p[0] == '\n';
}

/* A place in a text, as libyaml's marks count: lines and characters, the byte order mark is none.
 */
struct cursor {
    const unsigned char *at;
    size_t left;
    size_t line, column; /* from 0 */
};

static struct cursor cursor_at_start(struct sp_bytes text)
{
    struct cursor c = {.at = text.data, .left = text.len};
    if (c.left >= 3 && memcmp(c.at, "\xef\xbb\xbf", 3) == 0) {
        c.at += 3;
        c.left -= 3;
    }
    return c;
}

/* Goes to the next character. There must be one. */
static void step(struct cursor *c)
{
    size_t size = line_end(c->at, c->left);
    bool new_line = size > 0;
    if (!new_line) {
        size = 1;
        while (size < c->left && (c->at[size] & 0xC0) == 0x80)
            size++;
    }
    c->at += size;
    c->left -= size;
    c->line += new_line;
    c->column = new_line ? 0 : c->column + 1;
}

/* The byte at a mark, or 0. */
static unsigned char byte_at(struct sp_bytes text, yaml_mark_t mark)
{
    struct cursor c = cursor_at_start(text);
    while (c.left > 0 && (c.line < mark.line || (c.line == mark.line && c.column < mark.column)))
        step(&c);
    return c.left > 0 && c.line == mark.line && c.column == mark.column ? *c.at : 0;
}

static const char *advice_for(const yaml_parser_t *parser, struct sp_bytes text)
{
    const char *problem = parser->problem;
    const char *context = parser->context == NULL ? "" : parser->context;
    if (strstr(problem, "cannot start any token") != NULL) {
        if (byte_at(text, parser->problem_mark) == '\t')
            return "lines are indented with spaces, never with tabs";
        return "put a text that begins with @, %, ` or another sign in quotes";
    }
    for (size_t i = 0; i < sizeof advices / sizeof *advices; i++) {
        if (strstr(problem, advices[i].problem) != NULL &&
            strstr(context, advices[i].context) != NULL)
            return advices[i].text;
    }
    return "this is no YAML";
}

static struct sp_place place_of_offset(struct sp_bytes text, size_t offset)
{
    struct cursor c = cursor_at_start(text);
    while (c.left > 0 && text.len - c.left < offset)
        step(&c);
    return (struct sp_place){(unsigned)c.line + 1, (unsigned)c.column + 1};
}

/* A character that can't be read at all: the parser has only its offset. */
static sp_status explain_character(const yaml_parser_t *parser, struct sp_bytes text,
                                   struct sp_config_problems *problems, struct sp_error *err)
{
    struct sp_place place = place_of_offset(text, parser->problem_offset);
    unsigned value = (unsigned)parser->problem_value;
    if (strstr(parser->problem, "control characters") != NULL && value != 0)
        return sp_config_problem_add(problems, err, place,
                                     "the control character U+%04X can't stand in a config: take "
                                     "it out",
                                     value);
    return sp_config_problem_add(problems, err, place,
                                 "the file is not UTF-8 (%s): save it with that encoding",
                                 parser->problem);
}

static sp_status explain_syntax(const yaml_parser_t *parser, struct sp_bytes text,
                                struct sp_config_problems *problems, struct sp_error *err)
{
    yaml_mark_t at = parser->problem_mark;
    struct sp_place place = {(unsigned)at.line + 1, (unsigned)at.column + 1};
    const char *advice = advice_for(parser, text);
    const char *problem = parser->problem;
    if (parser->context == NULL)
        return sp_config_problem_add(problems, err, place, "%s (YAML: %s)", advice, problem);
    return sp_config_problem_add(problems, err, place, "%s (YAML: %s, %s from line %u on)", advice,
                                 problem, parser->context, (unsigned)parser->context_mark.line + 1);
}

sp_status sp_yaml_explain(const yaml_parser_t *parser, struct sp_bytes text,
                          struct sp_config_problems *problems, struct sp_error *err)
{
    sp_status status = SP_OK;
    /* It has words for everything else, and not always says when it had no memory. */
    if (parser->error == YAML_MEMORY_ERROR || parser->problem == NULL)
        status = sp_fail(err, SP_ENOMEM, 0, "no memory for reading YAML");
    else if (parser->error == YAML_READER_ERROR)
        status = explain_character(parser, text, problems, err);
    else
        status = explain_syntax(parser, text, problems, err);
    return status == SP_OK ? sp_fail(err, SP_ESYNTAX, 0, "the file is no YAML") : status;
}
