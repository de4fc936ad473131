/* core/logon.c - the name of an account, as a config has it. */
#include "core/logon.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"

static enum sp_logon_kind kind_of(const char *domain, const char *name)
{
    if (domain != NULL && sp_text_same(domain, "NT AUTHORITY"))
        return SP_LOGON_BUILTIN;
    if (domain != NULL && sp_text_same(domain, "NT SERVICE"))
        return SP_LOGON_VIRTUAL;
    return name[strlen(name) - 1] == '$' ? SP_LOGON_MANAGED : SP_LOGON_USER;
}

sp_status sp_logon_parse(const char *text, struct sp_logon *out, struct sp_error *err)
{
    struct sp_logon account = {0};
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
        sp_logon_deinit(&account);
        return status;
    }
    account.kind = kind_of(account.domain, account.name);
    *out = account;
    return SP_OK;
}

void sp_logon_deinit(struct sp_logon *account)
{
    free(account->domain);
    free(account->name);
    *account = (struct sp_logon){0};
}
