/* core/config_allow.c - lists of accounts of a config, from a YAML tree. */
#include <stdlib.h>
#include <string.h>

#include "core/account.h"
#include "core/config_read.h"
#include "core/text.h"

static bool has(const struct sp_accounts *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (sp_text_same(list->items[i].name, name))
            return true;
    return false;
}

static sp_status read_account(const struct sp_config_reader *r, const char *key,
                              const struct sp_yaml *value, struct sp_accounts *list)
{
    struct sp_error why = {0};
    if (value->kind == SP_YAML_BAD)
        return SP_OK;
    if (value->kind != SP_YAML_TEXT)
        return sp_config_problem_add(r->problems, r->err, value->place,
                                     "%s: an account must be a text, as in CORP\\analysts", key);
    if (sp_account_check(value->text, &why) != SP_OK)
        return sp_config_problem_add(r->problems, r->err, value->place, "%s: %s", key, why.what);
    if (has(list, value->text))
        return sp_config_problem_add(r->problems, r->err, value->place, "%s: %s is given twice",
                                     key, sp_text_excerpt(value->text).text);
    struct sp_account *account = &list->items[list->count];
    sp_status status = sp_text_copy(sp_bytes_of(value->text), &account->name, r->err);
    if (status != SP_OK)
        return status;
    account->place = value->place;
    list->count++;
    return SP_OK;
}

sp_status sp_config_read_accounts(const struct sp_config_reader *r, const struct sp_schema_key *key,
                                  const struct sp_yaml *value, void *owner)
{
    struct sp_accounts *list = (struct sp_accounts *)(void *)((char *)owner + key->offset);
    if (value->item_count > SP_CONFIG_ACCOUNTS_MAX)
        return sp_config_problem_add(r->problems, r->err, value->place,
                                     "%s has %zu accounts: at most %d are allowed; make a group of "
                                     "them",
                                     key->name, value->item_count, SP_CONFIG_ACCOUNTS_MAX);
    if (value->item_count == 0)
        return SP_OK;
    list->items = calloc(value->item_count, sizeof *list->items);
    if (list->items == NULL)
        return sp_fail(r->err, SP_ENOMEM, 0, "no memory for a list of accounts");
    sp_status status = SP_OK;
    for (size_t i = 0; status == SP_OK && i < value->item_count; i++)
        status = read_account(r, key->name, &value->items[i], list);
    return status;
}
