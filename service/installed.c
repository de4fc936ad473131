/* service/installed.c - an installed service, seen from outside. */
#include "service/installed.h"

#include <stdlib.h>
#include <string.h>

#include "service/config_file.h"
#include "service/verbs.h"
#include "win32/error.h"

enum {
    CODE_SERVICE_SPECIFIC = 1066, /* ERROR_SERVICE_SPECIFIC_ERROR: service_code says more */
    CODE_NEVER_STARTED = 1077,    /* ERROR_SERVICE_NEVER_STARTED, since the machine has started */
    CODE_CRASHED = 1067,          /* ERROR_PROCESS_ABORTED */
};

enum {
    UNKNOWN_STOP_MS = 120000, /* while it runs its config may have been broken */
    STOP_MARGIN_MS = 10000,
};

/* The program and the verb stand in front of what the verb takes. */
enum { WORDS_BEFORE = 2 };

/* A service of that name may be anybody's. */
static bool is_ours(char *const *argv, size_t count)
{
    return count > WORDS_BEFORE && strcmp(argv[1], svc_service_verb.name) == 0;
}

sp_status svc_installed_read(const char *name, struct svc_installed *out, struct sp_error *err)
{
    static const struct sp_program nobody = {.name = "standpiped"};
    struct svc_installed made = {0};
    size_t count = 0;
    sp_status status = w32_scm_arguments(name, &made.argv, &count, err);
    if (status != SP_OK)
        return status;
    if (is_ours(made.argv, count) &&
        sp_args_parse(&nobody, &svc_service_verb, (const char *const *)made.argv + WORDS_BEFORE,
                      count - WORDS_BEFORE, &made.args, NULL) == SP_OK &&
        !made.args.help) {
        made.config = made.args.values[SVC_SERVICE_CONFIG];
        made.pipe = svc_option(&made.args, SVC_SERVICE_PIPE, SVC_DEFAULT_PIPE);
    }
    *out = made;
    return SP_OK;
}

sp_status svc_installed_find(const char *name, struct svc_installed *out, struct sp_error *err)
{
    struct svc_installed made = {0};
    sp_status status = svc_installed_read(name, &made, err);
    if (status != SP_OK)
        return status;
    if (made.config == NULL) {
        svc_installed_deinit(&made);
        return sp_fail(err, SP_EINVAL, 0,
                       "the service %s is no Standpipe service and is left alone; for any other "
                       "use sc.exe",
                       name);
    }
    *out = made;
    return SP_OK;
}

void svc_installed_deinit(struct svc_installed *installed)
{
    sp_args_deinit(&installed->args);
    free(installed->argv);
    *installed = (struct svc_installed){0};
}

uint32_t svc_installed_stop_ms(const struct svc_installed *installed)
{
    struct svc_config_file file = {0};
    sp_status status = installed->config == NULL
                           ? SP_ENOTFOUND
                           : svc_config_file_read(installed->config, &file, NULL);
    uint32_t limit =
        status == SP_OK ? svc_stop_limit_ms(sp_config_stop_ms(&file.config)) : UNKNOWN_STOP_MS;
    svc_config_file_deinit(&file);
    return limit < UINT32_MAX - STOP_MARGIN_MS ? limit + STOP_MARGIN_MS : limit;
}

static const char *words_of(uint32_t service_code)
{
    switch (service_code) {
    case SVC_CODE_CONFIG:
        return "its config could not be read or has errors";
    case SVC_CODE_PIPE:
        return "another server has its pipe";
    case SVC_CODE_OTHER:
        return "it failed, and its log says why";
    case SVC_CODE_STUCK:
        return "it did not stop in time and was ended";
    default:
        return NULL;
    }
}

sp_status svc_last_exit(const struct w32_scm_status *status, struct sp_buffer *out,
                        struct sp_error *err)
{
    struct sp_error why = {0};
    const char *words = NULL;
    switch (status->exit_code) {
    case 0:
        return sp_buffer_printf(out, err, "in order");
    case CODE_NEVER_STARTED:
        return sp_buffer_printf(out, err, "never started since the machine was");
    case CODE_CRASHED:
        return sp_buffer_printf(out, err, "it crashed or was killed (error %d)", CODE_CRASHED);
    case CODE_SERVICE_SPECIFIC:
        words = words_of(status->service_code);
        if (words == NULL)
            return sp_buffer_printf(out, err, "it failed with code %u",
                                    (unsigned)status->service_code);
        return sp_buffer_printf(out, err, "%s (code %u)", words, (unsigned)status->service_code);
    default:
        w32_fail(&why, status->exit_code, "it ended with an error");
        return sp_buffer_printf(out, err, "%s", why.what);
    }
}

bool svc_ended_by_config(const struct w32_scm_status *status)
{
    return status->exit_code == CODE_SERVICE_SPECIFIC && status->service_code == SVC_CODE_CONFIG;
}
