/* core/config_changes.c - what differs between two states of a config. */
#include "core/config_changes.h"

#include <string.h>

#include "core/config_settings.h"

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_commands(const struct sp_worker_config *a, const struct sp_worker_config *b)
{
    if (a->stage_count != b->stage_count)
        return false;
    for (size_t i = 0; i < a->stage_count; i++) {
        if (a->stages[i].argc != b->stages[i].argc)
            return false;
        for (size_t k = 0; k < a->stages[i].argc; k++)
            if (strcmp(a->stages[i].argv[k], b->stages[i].argv[k]) != 0)
                return false;
    }
    return true;
}

/* The settings have the names alone. */
static bool same_variables(const struct sp_worker_config *a, const struct sp_worker_config *b)
{
    if (a->env_count != b->env_count)
        return false;
    for (size_t i = 0; i < a->env_count; i++)
        if (strcmp(a->env[i].name, b->env[i].name) != 0 ||
            strcmp(a->env[i].value, b->env[i].value) != 0)
            return false;
    return true;
}

static const char *identity_of(const struct sp_account *account)
{
    return account->sid != NULL ? account->sid : account->name;
}

static bool has(const struct sp_accounts *list, const struct sp_account *account)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(identity_of(&list->items[i]), identity_of(account)) == 0)
            return true;
    return false;
}

/* Two names may be one account, so a list may be longer and the same. */
static bool has_all(const struct sp_accounts *list, const struct sp_accounts *others)
{
    for (size_t i = 0; i < others->count; i++)
        if (!has(list, &others->items[i]))
            return false;
    return true;
}

static bool same_accounts(const struct sp_accounts *a, const struct sp_accounts *b)
{
    return has_all(a, b) && has_all(b, a);
}

static void add(json_t *keys, bool same, const char *key)
{
    if (!same)
        json_array_append_new(keys, json_string(key));
}

static void add_settings(json_t *keys, json_t *before, json_t *after,
                         const struct sp_worker_config *a, const struct sp_worker_config *b)
{
    const char *key;
    json_t *value;
    json_object_foreach(after, key, value)
    {
        bool same = json_equal(json_object_get(before, key), value) != 0;
        if (strcmp(key, "env") == 0)
            same = same_variables(a, b);
        add(keys, same, key);
    }
}

json_t *sp_config_changes(const struct sp_worker_config *before,
                          const struct sp_worker_config *after)
{
    static const char *const lists[] = {"allow.read", "allow.write", "allow.control"};
    json_t *keys = json_array();
    json_t *was = sp_config_settings(before);
    json_t *is = sp_config_settings(after);
    if (was == NULL || is == NULL) {
        json_decref(keys);
        keys = NULL;
    } else {
        add(keys, same_commands(before, after), after->stage_count > 1 ? "pipeline" : "command");
        add(keys, same_text(before->description, after->description), "description");
        for (int i = 0; i < SP_RIGHT_ADMIN; i++)
            add(keys, same_accounts(&before->allow[i], &after->allow[i]), lists[i]);
        add_settings(keys, was, is, before, after);
    }
    json_decref(was);
    json_decref(is);
    return keys;
}

json_t *sp_config_changes_of_file(const struct sp_config *before, const struct sp_config *after)
{
    json_t *keys = json_array();
    add(keys, same_text(before->log, after->log), "log");
    add(keys, same_text(before->logs, after->logs), "logs");
    add(keys, same_text(before->audit, after->audit), "audit");
    add(keys, before->loops == after->loops, "loops");
    add(keys, before->dashboard_port == after->dashboard_port, "dashboard.port");
    return keys;
}

bool sp_config_same_admins(const struct sp_config *before, const struct sp_config *after)
{
    return same_accounts(&before->admin, &after->admin);
}

bool sp_config_key_is_of_process(const char *key)
{
    static const char *const keys[] = {
        "command", "pipeline", "env",        "folder",        "console",          "tty",
        "mode",    "run_as",   "restricted", "limits.memory", "limits.processes", "limits.cpu"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}
