/* core/config_settings.c - what the config says of a worker, told back, by the schema. */
#include "core/config_settings.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/config_schema.h"
#include "core/units.h"

static json_t *names_of(const struct sp_worker_config *worker)
{
    json_t *names = json_array();
    for (size_t i = 0; i < worker->env_count; i++)
        json_array_append_new(names, json_string(worker->env[i].name));
    return names;
}

static json_t *word_of(const struct sp_schema_key *key, const void *field)
{
    int choice = 0;
    memcpy(&choice, field, sizeof choice);
    return choice < 0 || choice >= SP_SCHEMA_WORDS_MAX || key->words[choice] == NULL
               ? json_null()
               : json_string(key->words[choice]);
}

/* A limit that the file does not set is 0, which could not stand there. */
static bool is_open(const struct sp_schema_key *key, uint64_t value)
{
    return value == 0 && key->value == NULL && key->min[0] != '0';
}

static json_t *quantity_of(const struct sp_schema_key *key, const void *field)
{
    char text[SP_UNITS_MAX];
    uint64_t value = 0;
    memcpy(&value, field, sizeof value);
    if (value == SP_MS_UNSET || is_open(key, value))
        return json_null();
    if (key->type == SP_SCHEMA_DURATION)
        sp_duration_print(value, text);
    else
        sp_size_print(value, text);
    return json_string(text);
}

/* NULL: it is none of the settings, or there is no memory. */
static json_t *value_of(const struct sp_schema_key *key, const struct sp_worker_config *worker)
{
    const unsigned char *field = (const unsigned char *)worker + key->offset;
    const char *text = NULL;
    uint32_t number = 0;
    switch (key->type) {
    case SP_SCHEMA_TEXT:
        memcpy(&text, field, sizeof text);
        return text == NULL ? json_null() : json_string(text);
    case SP_SCHEMA_FLAG:
        return json_string(key->words[*(const bool *)field]);
    case SP_SCHEMA_CHOICE:
        return word_of(key, field);
    case SP_SCHEMA_NUMBER:
        memcpy(&number, field, sizeof number);
        return is_open(key, number) ? json_null() : json_integer(number);
    case SP_SCHEMA_DURATION:
    case SP_SCHEMA_SIZE:
        return quantity_of(key, field);
    case SP_SCHEMA_ENV:
        return names_of(worker);
    case SP_SCHEMA_RUN_AS:
        return worker->run_as == SP_RUN_AS_USER ? json_string(worker->run_as_user)
                                                : word_of(key, &worker->run_as);
    default:
        return NULL;
    }
}

/* @param section the key whose section it is; NULL: the worker itself */
static void add(json_t *out, const struct sp_schema_key *section, const struct sp_schema *schema,
                const struct sp_worker_config *worker)
{
    char name[64];
    for (size_t i = 0; i < schema->key_count; i++) {
        const struct sp_schema_key *key = &schema->keys[i];
        if (key->type == SP_SCHEMA_SECTION) {
            add(out, key, key->section, worker);
            continue;
        }
        if (section == NULL && strcmp(key->name, "description") == 0)
            continue;
        snprintf(name, sizeof name, "%s%s%s", section == NULL ? "" : section->name,
                 section == NULL ? "" : ".", key->name);
        json_t *value = value_of(key, worker);
        if (value != NULL)
            json_object_set_new(out, name, value);
    }
}

json_t *sp_config_settings(const struct sp_worker_config *worker)
{
    json_t *out = json_object();
    if (out != NULL)
        add(out, NULL, &sp_schema_worker, worker);
    return out;
}
