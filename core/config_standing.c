/* core/config_standing.c - whom a worker runs as, and what that and its limits ask of its other
 * keys. */
#include <stdlib.h>
#include <string.h>

#include "core/logon.h"
#include "core/config_read.h"
#include "core/text.h"

static const struct sp_schema_key user_keys[] = {
    {
        .name = "user",
        .type = SP_SCHEMA_TEXT,
        .offset = offsetof(struct sp_worker_config, run_as_user),
        .example = "CORP\\svc-reports",
    },
};

static const struct sp_schema user_schema = {
    .noun = "run_as",
    .keys = user_keys,
    .key_count = sizeof user_keys / sizeof *user_keys,
};

static sp_status check_account(const struct sp_config_reader *r, const struct sp_yaml *value,
                               const struct sp_worker_config *worker)
{
    struct sp_logon account = {0};
    struct sp_error why = {0};
    size_t len = strlen(worker->run_as_user);
    if (len > SP_CONFIG_ACCOUNT_MAX)
        return sp_config_problem_add(r->problems, r->err, value->place,
                                     "the account's name has %zu bytes: at most %d are allowed",
                                     len, SP_CONFIG_ACCOUNT_MAX);
    sp_status status = sp_logon_parse(worker->run_as_user, &account, &why);
    sp_logon_deinit(&account);
    if (status == SP_EINVAL)
        return sp_config_problem_add(r->problems, r->err, value->place, "%s", why.what);
    return status == SP_OK ? SP_OK : sp_fail(r->err, status, 0, "%s", why.what);
}

static sp_status read_user(const struct sp_config_reader *r, const struct sp_yaml *value,
                           struct sp_worker_config *worker)
{
    const struct sp_yaml *user = sp_yaml_find(value, "user");
    worker->run_as = SP_RUN_AS_USER;
    sp_status status = sp_config_read_section(r, &user_schema, value, "run_as", worker);
    if (status == SP_OK && user == NULL && value->item_count == 0)
        status = sp_config_problem_add(r->problems, r->err, value->place,
                                       "run_as names no account: {user: CORP\\svc-reports}");
    if (status == SP_OK && user != NULL && worker->run_as_user != NULL)
        status = check_account(r, user, worker);
    return status;
}

sp_status sp_config_read_run_as(const struct sp_config_reader *r, const struct sp_schema_key *key,
                                const struct sp_yaml *value, void *owner)
{
    struct sp_worker_config *worker = owner;
    if (value->kind == SP_YAML_MAP)
        return read_user(r, value, worker);
    for (int i = SP_RUN_AS_SERVICE; i <= SP_RUN_AS_CLIENT; i++)
        if (strcmp(key->words[i], value->text) == 0) {
            worker->run_as = (enum sp_run_as)i;
            return SP_OK;
        }
    return sp_config_problem_add(r->problems, r->err, value->place,
                                 "%s must be service, client or {user: NAME}, not \"%s\"",
                                 key->name, sp_text_excerpt(value->text).text);
}

/* What can't be with the mode or number of programs that the worker has. */
sp_status sp_config_check_standing(const struct sp_config_reader *r, const struct sp_yaml *keys,
                                   const struct sp_worker_config *worker, bool mode_known)
{
    const struct sp_limits_config *limits = &worker->limits;
    const struct sp_yaml *section = sp_yaml_find(keys, "limits");
    const struct sp_yaml *run_as = sp_yaml_find(keys, "run_as");
    bool shared = mode_known && worker->mode == SP_MODE_SHARED;
    bool as_client = run_as != NULL && worker->run_as == SP_RUN_AS_CLIENT;
    sp_status status = SP_OK;
    if (shared && limits->instances > 0)
        status =
            sp_config_problem_add(r->problems, r->err, sp_yaml_find(section, "instances")->place,
                                  "instances is not for mode: shared, which has one process: "
                                  "per_user bounds its clients");
    if (status == SP_OK && limits->processes > 0 && worker->stage_count > limits->processes)
        status =
            sp_config_problem_add(r->problems, r->err, sp_yaml_find(section, "processes")->place,
                                  "processes: %u is too few for a pipeline of %zu programs",
                                  (unsigned)limits->processes, worker->stage_count);
    if (status == SP_OK && shared && as_client)
        status = sp_config_problem_add(r->problems, r->err, run_as->place,
                                       "run_as: client is not for mode: shared, whose one process "
                                       "serves many clients");
    if (status == SP_OK && as_client && worker->warm > 0)
        status = sp_config_problem_add(r->problems, r->err, run_as->place,
                                       "run_as: client is not for a worker with warm: what is "
                                       "started ahead does not know its client yet");
    return status;
}
