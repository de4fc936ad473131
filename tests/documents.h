/* tests/documents.h - the documents of the repository, taken apart: blocks of code, and the command
 * lines in them. Tests run from the root of the repository. One thread. */
#ifndef TESTS_DOCUMENTS_H
#define TESTS_DOCUMENTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>

#include "core/buffer.h"

enum { DOCUMENTS_MAX = 64, DOCUMENT_PATH_MAX = 200 };

/** A document. */
struct document {
    char path[DOCUMENT_PATH_MAX]; /**< from the root, with slashes */
    char *text;                   /**< owned; ends in NUL */
};

/** All of them: documents_read(). */
static struct document documents[DOCUMENTS_MAX];
static size_t document_count;

/** A line of a document, and where it stands. {.document = D} is before the first one. */
struct document_line {
    const struct document *document;
    unsigned number;      /**< from 1 */
    struct sp_bytes text; /**< without its end */
    const char *next;     /**< the line behind it; NULL: not begun */
    bool is_fence;        /**< it begins or ends a block */
    bool in_block;        /**< between two fences */
    char kind[32];        /**< of the block: "yaml" */
    size_t indent;        /**< of the block's fence: so much of each line is not the block's */
};

static inline char *document_text(const char *path)
{
    struct sp_buffer text = {0};
    char piece[4096];
    size_t got = 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    while ((got = fread(piece, 1, sizeof piece, file)) > 0)
        assert_int_equal(sp_buffer_append(&text, piece, got, NULL), SP_OK);
    fclose(file);
    assert_int_equal(sp_buffer_append(&text, "", 1, NULL), SP_OK);
    return (char *)text.data;
}

static inline void documents_add(const char *folder)
{
    DIR *all = opendir(folder);
    struct dirent *entry;
    assert_non_null(all);
    while ((entry = readdir(all)) != NULL) {
        size_t len = strlen(entry->d_name);
        if (len < 4 || strcmp(entry->d_name + len - 3, ".md") != 0)
            continue;
        assert_true(document_count < DOCUMENTS_MAX);
        struct document *d = &documents[document_count++];
        bool is_root = strcmp(folder, ".") == 0;
        snprintf(d->path, sizeof d->path, "%s%s%.120s", is_root ? "" : folder, is_root ? "" : "/",
                 entry->d_name);
        d->text = document_text(d->path);
        assert_non_null(d->text);
    }
    closedir(all);
}

/** A CMocka setup: reads README.md, CHANGELOG.md and all below docs and examples. */
static inline int documents_read(void **state)
{
    (void)state;
    documents_add(".");
    documents_add("docs");
    documents_add("docs/howto");
    documents_add("examples");
    return document_count > 20 ? 0 : -1;
}

/** A CMocka teardown. */
static inline int documents_free(void **state)
{
    (void)state;
    while (document_count > 0)
        free(documents[--document_count].text);
    return 0;
}

/* A fence begins or ends a block. */
static inline void document_take_fence(struct document_line *l, size_t indent)
{
    const char *kind = (const char *)l->text.data + indent + 3;
    l->in_block = !l->in_block;
    l->indent = indent;
    if (l->in_block)
        snprintf(l->kind, sizeof l->kind, "%.*s", (int)(l->text.len - indent - 3), kind);
}

/** Goes to the next line. @return false: there is none */
static inline bool document_next_line(struct document_line *l)
{
    const char *start = l->next == NULL ? l->document->text : l->next;
    if (*start == '\0')
        return false;
    size_t len = strcspn(start, "\n");
    l->next = start + len + (start[len] == '\n');
    l->number++;
    l->text = (struct sp_bytes){start, len};
    size_t indent = strspn(start, " ");
    l->is_fence = indent + 3 <= len && strncmp(start + indent, "```", 3) == 0;
    if (l->is_fence)
        document_take_fence(l, indent);
    return true;
}

/** The next text between backticks of a line of prose. @param s where to look from; behind the text
 *  afterwards @return {0}: none that ends in this line */
static inline struct sp_bytes document_next_span(const struct document_line *l, const char **s)
{
    const char *end = (const char *)l->text.data + l->text.len;
    const char *start = memchr(*s, '`', (size_t)(end - *s));
    const char *stop = start == NULL ? NULL : memchr(start + 1, '`', (size_t)(end - start - 1));
    if (stop == NULL)
        return (struct sp_bytes){0};
    *s = stop + 1;
    return (struct sp_bytes){start + 1, (size_t)(stop - start - 1)};
}

/* ------------------------------------------------------------------ command lines */

enum { COMMAND_WORDS_MAX = 40, COMMAND_TEXT_MAX = 1000 };

/** The words of a command, as a shell would give them to it; what is behind a '|', '&' or ';' is
 *  another one. */
struct command {
    const char *words[COMMAND_WORDS_MAX];
    size_t count;
    char text[COMMAND_TEXT_MAX];
    size_t len;
};

static inline void command_keep(struct command *c, char letter)
{
    assert_true(c->len < sizeof c->text);
    c->text[c->len++] = letter;
}

/* One word; quotes keep what is between them together, and go. @return behind it */
static inline const char *command_word(struct command *c, const char *s, const char *end)
{
    char quote = 0;
    assert_true(c->count < COMMAND_WORDS_MAX);
    c->words[c->count++] = c->text + c->len;
    for (; s < end && (quote != 0 || strchr(" |&;<>", *s) == NULL); s++) {
        if (quote == 0 && (*s == '"' || *s == '\''))
            quote = *s;
        else if (quote != 0 && *s == quote)
            quote = 0;
        else
            command_keep(c, *s);
    }
    command_keep(c, '\0');
    return s;
}

/** Takes the next command off a line. A file that a stream is redirected to is no word of it.
 *  @return behind it; NULL: there was none */
static inline const char *command_next(struct command *c, const char *s, const char *end)
{
    bool is_target = false;
    *c = (struct command){0};
    while (s < end && strchr(" |&;", *s) != NULL)
        s++;
    if (s == end)
        return NULL;
    while (s < end && strchr("|&;", *s) == NULL) {
        if (*s == '<' || *s == '>') {
            is_target = true;
            s++;
        } else if (*s == ' ') {
            s++;
        } else {
            s = command_word(c, s, end);
            c->count -= is_target;
            is_target = false;
        }
    }
    return s;
}

#endif
