/* core/config_read.c - sections and simple values of a config, by the schema. */
#include "core/config_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "core/units.h"

typedef sp_status (*setter)(const struct sp_config_reader *r, const struct sp_schema_key *key,
                            const struct sp_yaml *value, void *owner);

static void *field_of(const struct sp_schema_key *key, void *owner)
{
    return (char *)owner + key->offset;
}

/* A line break or a tab in a path is nearly always "C:\new\tools" inside double quotes. */
static sp_status set_text(const struct sp_config_reader *r, const struct sp_schema_key *key,
                          const struct sp_yaml *value, void *owner)
{
    for (const char *p = value->text; *p != 0; p++) {
        if ((unsigned char)*p < ' ')
            return sp_config_problem_add(r->problems, r->err, value->place,
                                         "%s must be one line without control characters; inside "
                                         "double quotes a backslash begins one: write a path "
                                         "without quotes or inside single quotes",
                                         key->name);
    }
    char **field = field_of(key, owner);
    free(*field); /* a default */
    *field = NULL;
    return sp_text_copy(sp_bytes_of(value->text), field, r->err);
}

/* The words a value may be: "deny or allow". */
struct words {
    char text[128];
};

static struct words words_of(const struct sp_schema_key *key)
{
    struct words words = {0};
    size_t len = 0;
    for (size_t i = 0; key->words[i] != NULL && len < sizeof words.text; i++) {
        const char *between = i == 0 ? "" : key->words[i + 1] == NULL ? " or " : ", ";
        len += (size_t)snprintf(words.text + len, sizeof words.text - len, "%s%s", between,
                                key->words[i]);
    }
    return words;
}

/* Finds which of the words a value is; a value that is none of them is a problem. */
static sp_status find_word(const struct sp_config_reader *r, const struct sp_schema_key *key,
                           const struct sp_yaml *value, int *index, bool *found)
{
    *found = false;
    for (int i = 0; key->words[i] != NULL; i++) {
        if (strcmp(key->words[i], value->text) == 0) {
            *index = i;
            *found = true;
            return SP_OK;
        }
    }
    return sp_config_problem_add(r->problems, r->err, value->place, "%s must be %s, not \"%s\"",
                                 key->name, words_of(key).text, sp_text_excerpt(value->text).text);
}

static sp_status set_flag(const struct sp_config_reader *r, const struct sp_schema_key *key,
                          const struct sp_yaml *value, void *owner)
{
    int index = 0;
    bool found = false;
    sp_status status = find_word(r, key, value, &index, &found);
    bool *field = field_of(key, owner);
    if (found)
        *field = index == 1;
    return status;
}

static sp_status set_choice(const struct sp_config_reader *r, const struct sp_schema_key *key,
                            const struct sp_yaml *value, void *owner)
{
    int index = 0;
    bool found = false;
    sp_status status = find_word(r, key, value, &index, &found);
    /* Every enum of a config counts from 0 without gaps, and so is as wide as an int. */
    if (found)
        memcpy(field_of(key, owner), &index, sizeof index);
    return status;
}

static sp_status parse_number(const char *text, uint64_t *out, struct sp_error *err)
{
    size_t len = strlen(text);
    if (len == 0 || strspn(text, "0123456789") != len)
        return sp_fail(err, SP_EINVAL, 0, "\"%s\" is no whole number", sp_text_excerpt(text).text);
    if (len > 18)
        return sp_fail(err, SP_ETOOBIG, 0, "%s is too large", sp_text_excerpt(text).text);
    uint64_t number = 0;
    for (size_t i = 0; i < len; i++)
        number = number * 10 + (uint64_t)(text[i] - '0');
    *out = number;
    return SP_OK;
}

static sp_status parse_quantity(const struct sp_schema_key *key, const char *text, uint64_t *out,
                                struct sp_error *err)
{
    if (key->type == SP_SCHEMA_DURATION)
        return sp_duration_parse(text, out, err);
    if (key->type == SP_SCHEMA_SIZE)
        return sp_size_parse(text, out, err);
    return parse_number(text, out, err);
}

static sp_status set_quantity(const struct sp_config_reader *r, const struct sp_schema_key *key,
                              const struct sp_yaml *value, void *owner)
{
    uint64_t number = 0, min = 0, max = 0;
    struct sp_error why = {0};
    if (parse_quantity(key, value->text, &number, &why) != SP_OK)
        return sp_config_problem_add(r->problems, r->err, value->place, "%s: %s", key->name,
                                     why.what);
    sp_status status = parse_quantity(key, key->min, &min, r->err);
    if (status == SP_OK)
        status = parse_quantity(key, key->max, &max, r->err);
    if (status != SP_OK)
        return status;
    if (number < min || number > max)
        return sp_config_problem_add(r->problems, r->err, value->place,
                                     "%s must be from %s to %s, not %s", key->name, key->min,
                                     key->max, sp_text_excerpt(value->text).text);
    if (key->type == SP_SCHEMA_NUMBER)
        *(uint32_t *)field_of(key, owner) = (uint32_t)number;
    else
        *(uint64_t *)field_of(key, owner) = number;
    return SP_OK;
}

static sp_status set_section(const struct sp_config_reader *r, const struct sp_schema_key *key,
                             const struct sp_yaml *value, void *owner);

/* What each type of the schema takes. */
static const struct type {
    enum sp_yaml_kind kind;
    bool null_is_empty; /* a section whose lines are all commented out */
    bool or_section;    /* it may be a section, too */
    const char *noun;
    setter set;
} types[] = {
    [SP_SCHEMA_TEXT] = {SP_YAML_TEXT, false, false, "a text", set_text},
    [SP_SCHEMA_FLAG] = {SP_YAML_TEXT, false, false, "one word", set_flag},
    [SP_SCHEMA_CHOICE] = {SP_YAML_TEXT, false, false, "one word", set_choice},
    [SP_SCHEMA_NUMBER] = {SP_YAML_TEXT, false, false, "a number", set_quantity},
    [SP_SCHEMA_DURATION] = {SP_YAML_TEXT, false, false, "a duration", set_quantity},
    [SP_SCHEMA_SIZE] = {SP_YAML_TEXT, false, false, "a size", set_quantity},
    [SP_SCHEMA_SECTION] = {SP_YAML_MAP, true, false, "a section", set_section},
    [SP_SCHEMA_COMMAND] = {SP_YAML_LIST, false, false, "a list of a program and its arguments",
                           sp_config_read_command},
    [SP_SCHEMA_PIPELINE] = {SP_YAML_LIST, false, false, "a list of commands",
                            sp_config_read_pipeline},
    [SP_SCHEMA_ENV] = {SP_YAML_MAP, true, false, "a section of NAME: value", sp_config_read_env},
    [SP_SCHEMA_ACCOUNTS] = {SP_YAML_LIST, false, false, "a list of accounts",
                            sp_config_read_accounts},
    [SP_SCHEMA_WORKERS] = {SP_YAML_MAP, true, false, "a section of workers",
                           sp_config_read_workers},
    [SP_SCHEMA_RUN_AS] = {SP_YAML_TEXT, false, true, "service, client or {user: NAME}",
                          sp_config_read_run_as},
};

static const char *kind_noun(const struct sp_yaml *node)
{
    switch (node->kind) {
    case SP_YAML_NULL:
        return "nothing";
    case SP_YAML_TEXT:
        return *node->text == 0 ? "an empty text" : "a text";
    case SP_YAML_LIST:
        return "a list";
    case SP_YAML_MAP:
        return "a section";
    case SP_YAML_BAD:
        break;
    }
    return "this";
}

static sp_status set_value(const struct sp_config_reader *r, const struct sp_schema_key *key,
                           const struct sp_yaml *value, void *owner)
{
    const struct type *type = &types[key->type];
    bool right = value->kind == type->kind && !(value->kind == SP_YAML_TEXT && *value->text == 0);
    right = right || (type->or_section && value->kind == SP_YAML_MAP);
    if (value->kind == SP_YAML_BAD || (value->kind == SP_YAML_NULL && type->null_is_empty))
        return SP_OK;
    if (!right)
        return sp_config_problem_add(r->problems, r->err, value->place,
                                     "%s must be %s, not %s: %s: %s", key->name, type->noun,
                                     kind_noun(value), key->name, key->example);
    if (key->place_offset != 0)
        *(struct sp_place *)(void *)((char *)owner + key->place_offset) = value->place;
    return type->set(r, key, value, owner);
}

/* Through the setters, so that the text of a default is what counts, here and in the reference. */
static sp_status set_defaults(const struct sp_config_reader *r, const struct sp_schema *schema,
                              void *owner)
{
    sp_status status = SP_OK;
    for (size_t i = 0; i < schema->key_count && status == SP_OK; i++) {
        const struct sp_schema_key *key = &schema->keys[i];
        struct sp_yaml value = {.kind = SP_YAML_TEXT};
        if (key->section != NULL)
            status = set_defaults(r, key->section, owner);
        if (key->value == NULL)
            continue;
        status = sp_text_copy(sp_bytes_of(key->value), &value.text, r->err);
        if (status == SP_OK)
            status = set_value(r, key, &value, owner);
        sp_yaml_deinit(&value);
    }
    return status;
}

/* The section where a key would be right that is none of this one's. NULL: there is no such key. */
static const struct sp_schema *other_section(const struct sp_schema *schema, const char *key)
{
    static const struct sp_schema *const all[] = {&sp_schema_worker,       &sp_schema_file,
                                                  &sp_schema_worker_stop,  &sp_schema_worker_logs,
                                                  &sp_schema_file_allow,   &sp_schema_worker_allow,
                                                  &sp_schema_worker_limits};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i] != schema && sp_schema_find(all[i], key) != NULL)
            return all[i];
    }
    return NULL;
}

static sp_status list_keys(const struct sp_schema *schema, struct sp_buffer *out,
                           struct sp_error *err)
{
    sp_status status = SP_OK;
    for (size_t i = 0; i < schema->key_count && status == SP_OK; i++)
        status = sp_buffer_printf(out, err, "%s%s", i == 0 ? "" : ", ", schema->keys[i].name);
    return status;
}

/* Whether it is a worker by what stands in it. */
static bool is_like_a_worker(const struct sp_yaml *node)
{
    for (size_t i = 0; node->kind == SP_YAML_MAP && i < node->item_count; i += 2) {
        const struct sp_yaml *key = &node->items[i];
        if (key->kind != SP_YAML_BAD &&
            (strcmp(key->text, "command") == 0 || strcmp(key->text, "pipeline") == 0))
            return true;
    }
    return false;
}

/* @param key with its value behind it */
static sp_status refuse_key(const struct sp_config_reader *r, const struct sp_schema *schema,
                            const struct sp_yaml *key)
{
    if (schema == &sp_schema_file && is_like_a_worker(&key[1]))
        return sp_config_problem_add(r->problems, r->err, key->place,
                                     "unknown key \"%s\": a worker stands below \"workers:\", and "
                                     "is indented by more spaces than that",
                                     sp_text_excerpt(key->text).text);
    const struct sp_schema *other = other_section(schema, key->text);
    if (other != NULL)
        return sp_config_problem_add(r->problems, r->err, key->place,
                                     "%s is a key of %s, not of %s: is it indented right?",
                                     key->text, other->noun, schema->noun);
    struct sp_nearest nearest = sp_nearest_to(key->text);
    for (size_t i = 0; i < schema->key_count; i++)
        sp_nearest_offer(&nearest, schema->keys[i].name);
    struct sp_buffer known = {0};
    sp_status status = list_keys(schema, &known, r->err);
    if (status == SP_OK)
        status = sp_config_problem_add(
            r->problems, r->err, key->place, "unknown key \"%s\"%s%s%s the keys of %s are %.*s",
            sp_text_excerpt(key->text).text, nearest.best == NULL ? "" : ": did you mean ",
            nearest.best == NULL ? "" : nearest.best, nearest.best == NULL ? ":" : "?",
            schema->noun, (int)known.len, (const char *)known.data);
    sp_buffer_deinit(&known);
    return status;
}

/* One key and its value. @param seen for each key of the schema where it stood already */
static sp_status read_pair(const struct sp_config_reader *r, const struct sp_schema *schema,
                           const struct sp_yaml *pair, const struct sp_yaml **seen, void *owner)
{
    if (pair[0].kind == SP_YAML_BAD)
        return SP_OK;
    const struct sp_schema_key *key = sp_schema_find(schema, pair[0].text);
    if (key == NULL)
        return refuse_key(r, schema, &pair[0]);
    const struct sp_yaml **first = &seen[key - schema->keys];
    if (*first != NULL)
        return sp_config_problem_add(r->problems, r->err, pair[0].place,
                                     "%s is given twice: it stands in line %u already", key->name,
                                     (*first)->place.line);
    *first = &pair[0];
    return set_value(r, key, &pair[1], owner);
}

static sp_status read_pairs(const struct sp_config_reader *r, const struct sp_schema *schema,
                            const struct sp_yaml *map, void *owner)
{
    const struct sp_yaml *seen[SP_SCHEMA_KEYS_MAX] = {0};
    sp_status status = SP_OK;
    for (size_t i = 0; i < map->item_count && status == SP_OK; i += 2)
        status = read_pair(r, schema, &map->items[i], seen, owner);
    return status;
}

static sp_status set_section(const struct sp_config_reader *r, const struct sp_schema_key *key,
                             const struct sp_yaml *value, void *owner)
{
    return read_pairs(r, key->section, value, owner);
}

sp_status sp_config_read_section(const struct sp_config_reader *r, const struct sp_schema *schema,
                                 const struct sp_yaml *node, const char *name, void *owner)
{
    sp_status status = set_defaults(r, schema, owner);
    if (status != SP_OK || node->kind == SP_YAML_BAD || node->kind == SP_YAML_NULL)
        return status;
    if (node->kind != SP_YAML_MAP)
        return sp_config_problem_add(
            r->problems, r->err, node->place, "%s must be a section of keys, not %s: %s: %s", name,
            kind_noun(node), schema->keys[0].name, schema->keys[0].example);
    return read_pairs(r, schema, node, owner);
}
