/* service/run_as.c - whom a worker's programs run as. */
#include "service/run_as.h"

#include <stdio.h>

#include "core/logon.h"
#include "win32/secret.h"

bool svc_run_as_has_password(const struct sp_worker_config *config)
{
    struct sp_logon account = {0};
    bool has = config->run_as == SP_RUN_AS_USER &&
               sp_logon_parse(config->run_as_user, &account, NULL) == SP_OK &&
               account.kind == SP_LOGON_USER;
    sp_logon_deinit(&account);
    return has;
}

/* L$: it is for this machine alone, and no other one may ask for it. */
sp_status svc_run_as_secret(const char *service, const char *worker, char name[SVC_SECRET_NAME_MAX],
                            struct sp_error *err)
{
    int len = snprintf(name, SVC_SECRET_NAME_MAX, "L$Standpipe.%s.%s", service, worker);
    return len > 0 && len < SVC_SECRET_NAME_MAX
               ? SP_OK
               : sp_fail(err, SP_ETOOBIG, 0, "the service's name is too long for a password's");
}

static sp_status log_on(const struct sp_worker_config *config, const char *service,
                        struct w32_token *out, struct sp_error *err)
{
    char name[SVC_SECRET_NAME_MAX];
    char *password = NULL;
    sp_status status = SP_OK;
    if (svc_run_as_has_password(config)) {
        status = svc_run_as_secret(service, config->name, name, err);
        if (status == SP_OK)
            status = w32_secret_get(name, &password, err);
        if (status == SP_ENOTFOUND)
            return sp_fail(err, status, 0,
                           "worker '%s' runs as %s, whose password nobody has set (\"standpiped "
                           "secret set %s\")",
                           config->name, config->run_as_user, config->name);
    }
    if (status == SP_OK)
        status = w32_token_logon(config->run_as_user, password, out, err);
    w32_secret_free(password);
    return status;
}

static sp_status open_token(const struct sp_worker_config *config, const char *service,
                            struct w32_token *client, struct w32_token *out, struct sp_error *err)
{
    switch (config->run_as) {
    case SP_RUN_AS_SERVICE:
        return config->restricted ? w32_token_own(out, err) : SP_OK;
    case SP_RUN_AS_CLIENT:
        *out = *client;
        *client = (struct w32_token){0};
        return out->primary != NULL ? SP_OK
                                    : sp_fail(err, SP_EACCESS, 0, "the client's token is missing");
    case SP_RUN_AS_USER:
        return log_on(config, service, out, err);
    }
    return sp_fail(err, SP_EINVAL, 0, "it is not known whom the worker runs as");
}

sp_status svc_run_as_open(const struct sp_worker_config *config, const char *service,
                          struct w32_token *client, struct w32_token *out, struct sp_error *err)
{
    struct w32_token token = {0};
    sp_status status = open_token(config, service, client, &token, err);
    /* Before it is restricted: what its user has is asked for with all its rights. */
    if (status == SP_OK && config->run_as != SP_RUN_AS_SERVICE)
        status = w32_token_load_user(&token, err);
    if (status == SP_OK && config->restricted)
        status = w32_token_restrict(&token, err);
    if (status == SP_OK)
        *out = token;
    else
        w32_token_close(&token);
    w32_token_close(client);
    return status;
}
