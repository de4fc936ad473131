/* client/trust.c - whether a pipe is the service's. */
#include "client/trust.h"

#include <stdlib.h>
#include <string.h>

#include "core/account.h"
#include "core/text.h"
#include "win32/owner.h"

static bool is_known(const char *owner)
{
    return strcmp(owner, "S-1-5-18") == 0 ||     /* SYSTEM */
           strcmp(owner, "S-1-5-32-544") == 0 || /* Administrators */
           w32_owner_is_self(owner);
}

sp_status cli_trust_check(w32_handle pipe, const char *name, struct sp_error *err)
{
    char owner[W32_SID_TEXT_MAX];
    struct sp_error why = {0};
    const char *expected = getenv("STANDPIPE_OWNER");
    if (expected != NULL && *expected != '\0' && !sp_sid_valid(expected))
        return sp_fail(err, SP_EINVAL, 0,
                       "STANDPIPE_OWNER is \"%s\", which is no SID; \"sc showsid\" and \"whoami "
                       "/user\" show some",
                       sp_text_excerpt(expected).text);
    sp_status status = w32_owner_of(pipe, owner, &why);
    if (status != SP_OK)
        return sp_fail(err, status, why.os, "not attaching: pipe '%s' does not say whose it is: %s",
                       name, why.what);
    if (is_known(owner) || (expected != NULL && strcmp(owner, expected) == 0))
        return SP_OK;
    return sp_fail(err, SP_EACCESS, 0,
                   "not attaching: pipe '%s' was made by %s, who is neither SYSTEM nor the "
                   "administrators nor you; if the service runs as that account, set "
                   "STANDPIPE_OWNER=%s",
                   name, owner, owner);
}
