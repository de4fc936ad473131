/* core/account.c - the name of an account, as a config has it. */
#include "core/account.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"

static enum sp_account_kind kind_of(const char *domain, const char *name)
{
    if (domain != NULL && sp_text_same(domain, "NT AUTHORITY"))
        return SP_ACCOUNT_BUILTIN;
    if (domain != NULL && sp_text_same(domain, "NT SERVICE"))
        return SP_ACCOUNT_VIRTUAL;
    return name[strlen(name) - 1] == '$' ? SP_ACCOUNT_MANAGED : SP_ACCOUNT_USER;
}

sp_status sp_account_parse(const char *text, struct sp_account *out, struct sp_error *err)
{
    struct sp_account account = {0};
    const char *slash = strchr(text, '\\');
    const char *name = slash == NULL ? text : slash + 1;
    if (slash == text || *name == '\0' || strchr(name, '\\') != NULL)
        return sp_fail(err, SP_EINVAL, 0,
                       "'%s' is not the name of an account: write DOMAIN\\NAME, or NAME for one of "
                       "this machine",
                       sp_text_excerpt(text).text);
    struct sp_bytes domain = sp_bytes_of(".");
    if (slash != NULL)
        domain = (struct sp_bytes){text, (size_t)(slash - text)};
    sp_status status = sp_text_copy(sp_bytes_of(name), &account.name, err);
    if (status == SP_OK && (slash != NULL || strchr(name, '@') == NULL))
        status = sp_text_copy(domain, &account.domain, err);
    if (status != SP_OK) {
        sp_account_deinit(&account);
        return status;
    }
    account.kind = kind_of(account.domain, account.name);
    *out = account;
    return SP_OK;
}

void sp_account_deinit(struct sp_account *account)
{
    free(account->domain);
    free(account->name);
    *account = (struct sp_account){0};
}
