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

/* The byte at a line and column, or 0; the column counts characters. */
static unsigned char byte_at(struct sp_bytes text, yaml_mark_t mark)
{
    const unsigned char *p = text.data;
    const unsigned char *end = p + text.len;
    for (size_t line = 0; line < mark.line; line++) {
        p = p == end ? NULL : memchr(p, '\n', (size_t)(end - p));
        if (p == NULL)
            return 0;
        p++;
    }
    for (size_t column = 0; p < end && column < mark.column; column++) {
        p++;
        while (p < end && (*p & 0xC0) == 0x80)
            p++;
    }
    return p < end ? *p : 0;
}

static const char *advice_for(const yaml_parser_t *parser, struct sp_bytes text)
{
    const char *problem = parser->problem == NULL ? "" : parser->problem;
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
    struct sp_place place = {1, 1};
    const unsigned char *bytes = text.data;
    for (size_t i = 0; i < offset && i < text.len; i++) {
        if (bytes[i] == '\n')
            place = (struct sp_place){place.line + 1, 1};
        else if ((bytes[i] & 0xC0) != 0x80)
            place.column++;
    }
    return place;
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
    const char *problem = parser->problem == NULL ? "syntax error" : parser->problem;
    if (parser->context == NULL)
        return sp_config_problem_add(problems, err, place, "%s (YAML: %s)", advice, problem);
    return sp_config_problem_add(problems, err, place, "%s (YAML: %s, %s from line %u on)", advice,
                                 problem, parser->context, (unsigned)parser->context_mark.line + 1);
}

sp_status sp_yaml_explain(const yaml_parser_t *parser, struct sp_bytes text,
                          struct sp_config_problems *problems, struct sp_error *err)
{
    sp_status status = SP_OK;
    if (parser->error == YAML_MEMORY_ERROR)
        status = sp_fail(err, SP_ENOMEM, 0, "no memory for reading YAML");
    else if (parser->error == YAML_READER_ERROR)
        status = explain_character(parser, text, problems, err);
    else
        status = explain_syntax(parser, text, problems, err);
    return status == SP_OK ? sp_fail(err, SP_ESYNTAX, 0, "the file is no YAML") : status;
}
