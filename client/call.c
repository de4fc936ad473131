/* client/call.c - a verb that is one request to the service. */
#include "client/call.h"

#include "client/verbs.h"

int cli_exit_code_of(const struct cli_control *c)
{
    switch (c->refusal) {
    case SP_RPC_NO_WORKER:
        return CLI_NO_WORKER;
    case SP_RPC_NO_START:
        return CLI_NO_START;
    default:
        return CLI_REFUSED;
    }
}

bool cli_is_session(const char *name)
{
    const char *digits = name + 1;
    if (name[0] != 's' || *digits == '\0')
        return false;
    for (; *digits != '\0'; digits++)
        if (*digits < '0' || *digits > '9')
            return false;
    return true;
}

int cli_call_once(const struct sp_args *args, const char *method, json_t *params,
                  uint32_t answer_ms, json_t **result)
{
    static struct cli_control c;
    struct cli_target target = cli_target_of(args);
    struct sp_error err = {0};
    json_t *answer = NULL;
    int code = 0;
    c.answer_ms = answer_ms;
    if (params == NULL) {
        cli_complain("%s is not valid text", args->operands[0]);
        return CLI_REFUSED;
    }
    sp_status status = cli_control_open(&c, &target, &err);
    if (status == SP_OK)
        status = cli_control_call(&c, method, params, &answer, &err);
    else
        json_decref(params);
    if (status != SP_OK) {
        code = cli_exit_code_of(&c);
        cli_complain("%s: %s", args->operand_count > 0 ? args->operands[0] : method, err.what);
    }
    cli_control_close(&c);
    if (status == SP_OK && result != NULL)
        *result = json_incref(answer);
    json_decref(answer);
    return code;
}
