/* tests/metrics_grammar.h - what OpenMetrics' grammar asks of a text, as far as we use it. */
#ifndef TESTS_METRICS_GRAMMAR_H
#define TESTS_METRICS_GRAMMAR_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GRAMMAR_FAMILIES_MAX = 64, GRAMMAR_NAME_MAX = 100 };

/* What has been read. */
struct grammar {
    char families[GRAMMAR_FAMILIES_MAX][GRAMMAR_NAME_MAX];
    size_t family_count;
    bool counter, has_help, has_samples;
};

/* @return the length of a name at the begin of a text */
static inline size_t grammar_name(const char *text)
{
    const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    return *text >= '0' && *text <= '9' ? 0 : strspn(text, letters);
}

static inline const char *grammar_meta(struct grammar *g, const char *line)
{
    char what[8], name[GRAMMAR_NAME_MAX], rest[200];
    if (sscanf(line, "# %7s %99s %199[^\n]", what, name, rest) != 3)
        return "a line of metadata is not complete";
    if (grammar_name(name) != strlen(name))
        return "a family's name is none";
    if (strcmp(what, "TYPE") == 0) {
        for (size_t i = 0; i < g->family_count; i++)
            if (strcmp(g->families[i], name) == 0)
                return "a family comes twice";
        if (g->family_count == GRAMMAR_FAMILIES_MAX)
            return "too many families for this check";
        snprintf(g->families[g->family_count++], GRAMMAR_NAME_MAX, "%s", name);
        g->counter = strcmp(rest, "counter") == 0;
        g->has_help = g->has_samples = false;
        /* Prometheus' older format, which windows_exporter reads, has no others of ours. */
        return g->counter || strcmp(rest, "gauge") == 0 ? NULL : "a type is neither";
    }
    if (g->family_count == 0 || strcmp(g->families[g->family_count - 1], name) != 0)
        return "metadata of another family";
    if (g->has_samples)
        return "metadata behind samples";
    if (strcmp(what, "UNIT") == 0) {
        size_t len = strlen(name), unit = strlen(rest);
        return len > unit && strcmp(name + len - unit, rest) == 0 && name[len - unit - 1] == '_'
                   ? NULL
                   : "a name does not end with its unit";
    }
    if (strcmp(what, "HELP") != 0 || g->has_help)
        return "HELP twice, or a word that is none";
    g->has_help = true;
    return NULL;
}

/* Labels up to their brace. @return behind it; NULL: they are none */
static inline const char *grammar_labels(const char *p)
{
    for (p++; *p != '}'; p += *p == ',') {
        size_t len = grammar_name(p);
        if (len == 0 || p[len] != '=' || p[len + 1] != '"')
            return NULL;
        for (p += len + 2; *p != '"'; p++) {
            if (*p == '\\' && strchr("\\\"n", p[1]) != NULL)
                p++;
            else if (*p == '\\' || *p == '\n' || *p == '\0')
                return NULL;
        }
        p++;
        if (*p != ',' && *p != '}')
            return NULL;
    }
    return p + 1;
}

static inline const char *grammar_sample(struct grammar *g, const char *line)
{
    char expected[GRAMMAR_NAME_MAX + 8];
    size_t len = grammar_name(line);
    char *end = NULL;
    if (g->family_count == 0 || !g->has_help)
        return "a sample before its family";
    snprintf(expected, sizeof expected, "%s%s", g->families[g->family_count - 1],
             g->counter ? "_total" : "");
    if (strlen(expected) != len || strncmp(expected, line, len) != 0)
        return "a sample of another name than its family";
    const char *p = line + len;
    if (*p == '{')
        p = grammar_labels(p);
    if (p == NULL || *p != ' ')
        return "labels that are none";
    g->has_samples = true;
    strtod(p + 1, &end);
    return end != p + 1 && *end == '\n' ? NULL : "a value that is no number";
}

/** @return what is wrong with a text; NULL: nothing. @param where receives the line */
static inline const char *grammar_check(const char *text, const char **where)
{
    static struct grammar g;
    memset(&g, 0, sizeof g);
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        *where = line;
        if (strchr(line, '\n') == NULL)
            return "a last line without its end";
        if (strncmp(line, "# EOF\n", 6) == 0)
            return line[6] == '\0' ? NULL : "something behind the end";
        const char *wrong = *line == '#' ? grammar_meta(&g, line) : grammar_sample(&g, line);
        if (wrong != NULL)
            return wrong;
    }
    return "no end";
}

#endif
