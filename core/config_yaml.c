/* core/config_yaml.c - YAML as a tree of texts, lists and maps, each with its place. */
#include "core/config_yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "core/config_yaml_error.h"
#include "core/text.h"

/* A tree in the making. Events come one by one, so that what is refused is refused before it has
 * cost memory. */
struct reader {
    yaml_parser_t parser;
    struct sp_config_problems *problems;
    struct sp_error *err;
    struct sp_yaml root;
    struct sp_yaml open[SP_YAML_DEPTH_MAX]; /* the lists and maps around what comes next */
    size_t depth;
    size_t node_count;
    size_t document_count;
    bool ended;
};

static struct sp_place place_of(yaml_mark_t mark)
{
    return (struct sp_place){(unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

void sp_yaml_deinit(struct sp_yaml *node)
{
    /* Recursion is bounded by SP_YAML_DEPTH_MAX. */
    for (size_t i = 0; i < node->item_count; i++)
        sp_yaml_deinit(&node->items[i]);
    free(node->items);
    free(node->text);
    *node = (struct sp_yaml){0};
}

static sp_status grow(struct reader *r, struct sp_yaml *node)
{
    size_t cap = node->item_cap == 0 ? 8 : node->item_cap * 2;
    struct sp_yaml *items = realloc(node->items, cap * sizeof *items);
    if (items == NULL)
        return sp_fail(r->err, SP_ENOMEM, 0, "no memory for a list of %zu values", cap);
    node->items = items;
    node->item_cap = cap;
    return SP_OK;
}

/* Whether what comes next is a key of the map that is open. */
static bool at_key(const struct reader *r)
{
    const struct sp_yaml *open = r->depth == 0 ? NULL : &r->open[r->depth - 1];
    return open != NULL && open->kind == SP_YAML_MAP && open->item_count % 2 == 0;
}

static sp_status check_key(struct reader *r, struct sp_yaml *node)
{
    if (!at_key(r) || node->kind == SP_YAML_TEXT || node->kind == SP_YAML_BAD)
        return SP_OK;
    node->kind = SP_YAML_BAD;
    return sp_config_problem_add(r->problems, r->err, node->place,
                                 "a key must be a word; put quotes around what begins with [, {, ? "
                                 "or ~");
}

/* Puts a whole node where it belongs. Takes it over in any case. */
static sp_status attach(struct reader *r, struct sp_yaml *node)
{
    sp_status status = SP_OK;
    if (r->depth == 0) {
        sp_yaml_deinit(&r->root);
        r->root = *node;
        return SP_OK;
    }
    struct sp_yaml *open = &r->open[r->depth - 1];
    status = check_key(r, node);
    if (status == SP_OK && open->item_count == open->item_cap)
        status = grow(r, open);
    if (status == SP_OK)
        open->items[open->item_count++] = *node;
    else
        sp_yaml_deinit(node);
    return status;
}

/* The ceilings end the reading: a file that meets one was not written by hand. */
static sp_status check_ceilings(struct reader *r, struct sp_place place)
{
    sp_status status = SP_OK;
    if (++r->node_count > SP_YAML_NODES_MAX)
        status = sp_config_problem_add(r->problems, r->err, place,
                                       "the file has more than %d values: nothing behind this is "
                                       "read",
                                       SP_YAML_NODES_MAX);
    else if (r->depth == SP_YAML_DEPTH_MAX)
        status = sp_config_problem_add(r->problems, r->err, place,
                                       "lists and sections are nested more than %d deep: nothing "
                                       "behind this is read",
                                       SP_YAML_DEPTH_MAX);
    else
        return SP_OK;
    return status == SP_OK ? sp_fail(r->err, SP_ESYNTAX, 0, "YAML beyond its limits") : status;
}

static struct sp_excerpt excerpt(const yaml_char_t *text)
{
    return sp_text_excerpt((const char *)text);
}

static sp_status check_decoration(struct reader *r, struct sp_place place,
                                  const yaml_char_t *anchor, const yaml_char_t *tag)
{
    sp_status status = SP_OK;
    if (anchor != NULL)
        status = sp_config_problem_add(r->problems, r->err, place,
                                       "anchors (&%s) have no meaning here: put a text that "
                                       "begins with & in quotes",
                                       excerpt(anchor).text);
    if (status == SP_OK && tag != NULL)
        status = sp_config_problem_add(r->problems, r->err, place,
                                       "tags (%s) have no meaning here: put a text that begins "
                                       "with ! in quotes",
                                       excerpt(tag).text);
    return status;
}

static bool is_null(const char *text)
{
    return *text == 0 || strcmp(text, "~") == 0 || strcmp(text, "null") == 0 ||
           strcmp(text, "Null") == 0 || strcmp(text, "NULL") == 0;
}

static sp_status take_scalar(struct reader *r, const yaml_event_t *event)
{
    struct sp_yaml node = {.kind = SP_YAML_TEXT, .place = place_of(event->start_mark)};
    struct sp_bytes text = {event->data.scalar.value, event->data.scalar.length};
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    sp_status status = check_ceilings(r, node.place);
    if (status == SP_OK)
        status = check_decoration(r, node.place, event->data.scalar.anchor, event->data.scalar.tag);
    if (status == SP_OK && memchr(text.data, 0, text.len) != NULL) {
        node.kind = SP_YAML_BAD;
        status = sp_config_problem_add(r->problems, r->err, node.place,
                                       "a text can't hold a NUL character (\\0): no program could "
                                       "be given it");
    }
    if (status == SP_OK)
        status = sp_text_copy(text, &node.text, r->err);
    if (status != SP_OK)
        return status;
    /* A key is a text even where a value would be null: `NULL: x` sets a variable. */
    if (node.kind == SP_YAML_TEXT && plain && is_null(node.text) &&
        !(at_key(r) && *node.text != 0 && *node.text != '~'))
        node.kind = SP_YAML_NULL;
    return attach(r, &node);
}

static sp_status take_alias(struct reader *r, const yaml_event_t *event)
{
    struct sp_yaml node = {.kind = SP_YAML_BAD, .place = place_of(event->start_mark)};
    sp_status status = check_ceilings(r, node.place);
    if (status == SP_OK)
        status = sp_config_problem_add(r->problems, r->err, node.place,
                                       "aliases (*%s) have no meaning here: write the value out, "
                                       "or put a text that begins with * in quotes",
                                       excerpt(event->data.alias.anchor).text);
    return status == SP_OK ? attach(r, &node) : status;
}

static sp_status open_node(struct reader *r, enum sp_yaml_kind kind, yaml_mark_t mark,
                           const yaml_char_t *anchor, const yaml_char_t *tag)
{
    struct sp_yaml node = {.kind = kind, .place = place_of(mark)};
    sp_status status = check_ceilings(r, node.place);
    if (status == SP_OK)
        status = check_decoration(r, node.place, anchor, tag);
    if (status == SP_OK)
        r->open[r->depth++] = node;
    return status;
}

static sp_status close_node(struct reader *r)
{
    struct sp_yaml node = r->open[--r->depth];
    r->open[r->depth] = (struct sp_yaml){0};
    return attach(r, &node);
}

static sp_status begin_document(struct reader *r, const yaml_event_t *event)
{
    if (++r->document_count == 1)
        return SP_OK;
    r->ended = true;
    return sp_config_problem_add(r->problems, r->err, place_of(event->start_mark),
                                 "a second document begins here: a config is one, so take this "
                                 "--- out");
}

static sp_status take_event(struct reader *r, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_STREAM_END_EVENT:
        r->ended = true;
        return SP_OK;
    case YAML_DOCUMENT_START_EVENT:
        return begin_document(r, event);
    case YAML_ALIAS_EVENT:
        return take_alias(r, event);
    case YAML_SCALAR_EVENT:
        return take_scalar(r, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_node(r, SP_YAML_LIST, event->start_mark, event->data.sequence_start.anchor,
                         event->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return open_node(r, SP_YAML_MAP, event->start_mark, event->data.mapping_start.anchor,
                         event->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_node(r);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    return SP_OK;
}

static sp_status read_events(struct reader *r, struct sp_bytes text)
{
    sp_status status = SP_OK;
    while (status == SP_OK && !r->ended) {
        yaml_event_t event;
        if (!yaml_parser_parse(&r->parser, &event))
            return sp_yaml_explain(&r->parser, text, r->problems, r->err);
        status = take_event(r, &event);
        yaml_event_delete(&event);
    }
    return status;
}

sp_status sp_yaml_read(struct sp_bytes text, struct sp_yaml *out,
                       struct sp_config_problems *problems, struct sp_error *err)
{
    struct reader r = {.problems = problems, .err = err};
    if (!yaml_parser_initialize(&r.parser))
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a YAML reader");
    r.root = (struct sp_yaml){.kind = SP_YAML_NULL, .place = {1, 1}};
    yaml_parser_set_input_string(&r.parser, text.len == 0 ? (const void *)"" : text.data, text.len);
    sp_status status = read_events(&r, text);
    while (r.depth > 0)
        sp_yaml_deinit(&r.open[--r.depth]);
    yaml_parser_delete(&r.parser);
    if (status == SP_OK)
        *out = r.root;
    else
        sp_yaml_deinit(&r.root);
    return status;
}

const struct sp_yaml *sp_yaml_find(const struct sp_yaml *node, const char *key)
{
    for (size_t i = 0; node->kind == SP_YAML_MAP && i < node->item_count; i += 2) {
        if (node->items[i].kind == SP_YAML_TEXT && strcmp(node->items[i].text, key) == 0)
            return &node->items[i + 1];
    }
    return NULL;
}
