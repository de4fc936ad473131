/* core/config_reference.c - the reference of all keys of the config, made of the schema. */
#include "core/config.h"
#include "core/config_schema.h"

static sp_status print_words(const struct sp_schema_key *key, struct sp_buffer *out,
                             struct sp_error *err)
{
    sp_status status = SP_OK;
    for (size_t i = 0; key->words[i] != NULL && status == SP_OK; i++) {
        const char *between = i == 0 ? "" : key->words[i + 1] == NULL ? " or " : ", ";
        status = sp_buffer_printf(out, err, "%s`%s`", between, key->words[i]);
    }
    return status;
}

static sp_status print_type(const struct sp_schema_key *key, struct sp_buffer *out,
                            struct sp_error *err)
{
    switch (key->type) {
    case SP_SCHEMA_TEXT:
        return sp_buffer_printf(out, err, "text");
    case SP_SCHEMA_FLAG:
    case SP_SCHEMA_CHOICE:
        return print_words(key, out, err);
    case SP_SCHEMA_NUMBER:
        return sp_buffer_printf(out, err, "number, `%s` to `%s`", key->min, key->max);
    case SP_SCHEMA_DURATION:
        return sp_buffer_printf(out, err, "duration, `%s` to `%s`", key->min, key->max);
    case SP_SCHEMA_SIZE:
        return sp_buffer_printf(out, err, "size, `%s` to `%s`", key->min, key->max);
    case SP_SCHEMA_SECTION:
        return sp_buffer_printf(out, err, "section of the keys below");
    case SP_SCHEMA_COMMAND:
        return sp_buffer_printf(out, err, "list of texts");
    case SP_SCHEMA_PIPELINE:
        return sp_buffer_printf(out, err, "list of commands");
    case SP_SCHEMA_RUN_AS: {
        sp_status status = sp_buffer_printf(out, err, "`{user: NAME}`, ");
        return status == SP_OK ? print_words(key, out, err) : status;
    }
    case SP_SCHEMA_ENV:
        return sp_buffer_printf(out, err, "section: `NAME: value`");
    case SP_SCHEMA_ACCOUNTS:
        return sp_buffer_printf(out, err, "list of accounts");
    case SP_SCHEMA_WORKERS:
        return sp_buffer_printf(out, err, "section: `NAME:` and its keys");
    }
    return sp_fail(err, SP_EINVAL, 0, "%s has no type", key->name);
}

/* How a key is written in an example, alone or in its section. */
static sp_status print_example(const struct sp_schema_key *section, const struct sp_schema_key *key,
                               struct sp_buffer *out, struct sp_error *err)
{
    if (section == NULL)
        return sp_buffer_printf(out, err, "`%s: %s`", key->name, key->example);
    return sp_buffer_printf(out, err, "`%s: {%s: %s}`", section->name, key->name, key->example);
}

/* A line of a table. @param section the key's own, or NULL for one that stands in none */
static sp_status print_key(const struct sp_schema_key *section, const struct sp_schema_key *key,
                           struct sp_buffer *out, struct sp_error *err)
{
    sp_status status =
        sp_buffer_printf(out, err, "| `%s%s%s` | ", section == NULL ? "" : section->name,
                         section == NULL ? "" : ".", key->name);
    if (status == SP_OK)
        status = print_type(key, out, err);
    if (status == SP_OK && key->value != NULL)
        status = sp_buffer_printf(out, err, " | `%s`", key->value);
    else if (status == SP_OK)
        status = sp_buffer_printf(out, err, " | %s", key->without);
    if (status == SP_OK)
        status = sp_buffer_printf(out, err, " | %s For example: ", key->help);
    if (status == SP_OK)
        status = print_example(section, key, out, err);
    return status == SP_OK ? sp_buffer_printf(out, err, " |\n") : status;
}

/* A key, and behind it those of its section. */
static sp_status print_keys(const struct sp_schema_key *key, struct sp_buffer *out,
                            struct sp_error *err)
{
    sp_status status = print_key(NULL, key, out, err);
    for (size_t i = 0; key->section != NULL && i < key->section->key_count && status == SP_OK; i++)
        status = print_key(key, &key->section->keys[i], out, err);
    return status;
}

static sp_status print_schema(const struct sp_schema *schema, struct sp_buffer *out,
                              struct sp_error *err)
{
    sp_status status = sp_buffer_printf(out, err,
                                        "## %s\n\n%s\n\n"
                                        "| key | type | default | meaning |\n"
                                        "| --- | --- | --- | --- |\n",
                                        schema->title, schema->help);
    for (size_t i = 0; i < schema->key_count && status == SP_OK; i++)
        status = print_keys(&schema->keys[i], out, err);
    return status;
}

sp_status sp_config_reference(struct sp_buffer *out, struct sp_error *err)
{
    size_t start = out->len;
    sp_status status = print_schema(&sp_schema_file, out, err);
    if (status == SP_OK)
        status = sp_buffer_append(out, "\n", 1, err);
    if (status == SP_OK)
        status = print_schema(&sp_schema_worker, out, err);
    if (status != SP_OK)
        out->len = start;
    return status;
}
