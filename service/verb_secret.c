/* service/verb_secret.c - `standpiped secret`: the passwords of the accounts that workers run as.
 * They are in Windows' store of private data, and never in a file or on a command line. */
#include <stdlib.h>
#include <string.h>

#include "core/table.h"
#include "core/text.h"
#include "service/config_file.h"
#include "service/installed.h"
#include "service/run_as.h"
#include "service/verbs.h"
#include "win32/console.h"
#include "win32/secret.h"

enum secret_option { SECRET_NAME, SECRET_CONFIG };

/* Which service's passwords, and the workers that its config has. */
struct place {
    const char *service;
    struct svc_config_file file;
};

/* The config of the service where it is installed, otherwise where one would be. */
static sp_status find_config(const struct sp_args *args, const char *service, char **path,
                             struct sp_error *err)
{
    struct svc_installed installed = {0};
    const char *given = args->values[SECRET_CONFIG];
    if (given == NULL && svc_installed_read(service, &installed, NULL) == SP_OK)
        given = installed.config;
    sp_status status = svc_config_file_path(given, path, err);
    svc_installed_deinit(&installed);
    return status;
}

static sp_status open_place(const struct sp_args *args, struct place *out, struct sp_error *err)
{
    char *path = NULL;
    out->service = svc_option(args, SECRET_NAME, SVC_DEFAULT_NAME);
    sp_status status = find_config(args, out->service, &path, err);
    if (status == SP_OK)
        status = svc_config_file_read(path, &out->file, err);
    free(path);
    return status;
}

/* The worker whose password is set: one that has a use for it. */
static sp_status find_worker(const struct place *p, const char *name,
                             const struct sp_worker_config **out, struct sp_error *err)
{
    const struct sp_worker_config *w = sp_config_find(&p->file.config, name);
    if (w == NULL)
        return sp_fail(err, SP_ENOTFOUND, 0, "the config has no worker '%s'",
                       sp_text_excerpt(name).text);
    if (w->run_as != SP_RUN_AS_USER)
        return sp_fail(err, SP_EINVAL, 0,
                       "worker '%s' runs as its %s and needs no password; for one its config says "
                       "run_as: {user: NAME}",
                       w->name, w->run_as == SP_RUN_AS_CLIENT ? "client" : "service");
    if (!svc_run_as_has_password(w))
        return sp_fail(err, SP_EINVAL, 0, "%s, whom worker '%s' runs as, needs no password",
                       w->run_as_user, w->name);
    *out = w;
    return SP_OK;
}

static sp_status set(const struct place *p, const char *name, struct sp_error *err)
{
    const struct sp_worker_config *w = NULL;
    char key[SVC_SECRET_NAME_MAX];
    struct sp_buffer prompt = {0};
    char *password = NULL;
    sp_status status = find_worker(p, name, &w, err);
    if (status == SP_OK)
        status = svc_run_as_secret(p->service, w->name, key, err);
    if (status == SP_OK)
        status = sp_buffer_printf(&prompt, err, "Password of %s%c", w->run_as_user, '\0');
    if (status == SP_OK)
        status = w32_secret_ask((const char *)prompt.data, &password, err);
    if (status == SP_OK)
        status = w32_secret_set(key, password, err);
    if (status == SP_OK)
        w32_printf(W32_STDOUT, "Set the password of %s for worker %s of the service %s.\n",
                   w->run_as_user, w->name, p->service);
    w32_secret_free(password);
    sp_buffer_deinit(&prompt);
    return status;
}

/* Of a worker that the config has no more, too: then it is the name as it was written. */
static sp_status unset(const struct place *p, const char *name, struct sp_error *err)
{
    char key[SVC_SECRET_NAME_MAX];
    const struct sp_worker_config *w = sp_config_find(&p->file.config, name);
    if (w == NULL && !sp_worker_name_valid(name))
        return sp_fail(err, SP_EINVAL, 0, "'%s' can't name a worker", sp_text_excerpt(name).text);
    if (w != NULL)
        name = w->name;
    sp_status status = svc_run_as_secret(p->service, name, key, err);
    if (status == SP_OK)
        status = w32_secret_set(key, NULL, err);
    if (status == SP_ENOTFOUND)
        return sp_fail(err, status, 0, "there is no password for worker '%s' of the service %s",
                       name, p->service);
    if (status == SP_OK)
        w32_printf(W32_STDOUT, "Removed the password for worker %s of the service %s.\n", name,
                   p->service);
    return status;
}

static sp_status add_row(const struct place *p, const struct sp_worker_config *w,
                         struct sp_table *table, struct sp_error *err)
{
    char key[SVC_SECRET_NAME_MAX];
    char *password = NULL;
    const char *state = "not needed";
    sp_status status = SP_OK;
    if (svc_run_as_has_password(w)) {
        status = svc_run_as_secret(p->service, w->name, key, err);
        if (status == SP_OK)
            status = w32_secret_get(key, &password, err);
        state = status == SP_OK ? "set" : "missing";
        w32_secret_free(password);
    }
    if (status != SP_OK && status != SP_ENOTFOUND)
        return status;
    sp_table_add(table, w->name);
    sp_table_add(table, w->run_as_user);
    sp_table_add(table, state);
    return SP_OK;
}

static sp_status list(const struct place *p, struct sp_error *err)
{
    static const struct sp_column columns[] = {
        {"WORKER", false}, {"RUNS AS", false}, {"PASSWORD", false}};
    struct sp_table table = sp_table_of(columns, sizeof columns / sizeof *columns);
    struct sp_buffer text = {0};
    sp_status status = SP_OK;
    for (size_t i = 0; i < p->file.config.worker_count && status == SP_OK; i++)
        if (p->file.config.workers[i].run_as == SP_RUN_AS_USER)
            status = add_row(p, &p->file.config.workers[i], &table, err);
    if (status == SP_OK)
        status = sp_table_print(&table, &text, err);
    if (status == SP_OK)
        status = w32_print(W32_STDOUT, (const char *)text.data, text.len);
    sp_buffer_deinit(&text);
    sp_table_deinit(&table);
    return status;
}

static int secret(const struct sp_args *args)
{
    const char *what = args->operands[0];
    const char *worker = args->operand_count > 1 ? args->operands[1] : NULL;
    struct place place = {0};
    struct sp_error err = {0};
    bool is_list = strcmp(what, "list") == 0;
    if ((strcmp(what, "set") != 0 && strcmp(what, "remove") != 0 && !is_list) ||
        is_list != (worker == NULL)) {
        svc_complain("secret: write set WORKER, remove WORKER or list");
        return SVC_EXIT_USAGE;
    }
    sp_status status = open_place(args, &place, &err);
    if (status == SP_OK && is_list)
        status = list(&place, &err);
    else if (status == SP_OK)
        status = strcmp(what, "set") == 0 ? set(&place, worker, &err) : unset(&place, worker, &err);
    if (status != SP_OK)
        svc_complain_error(&err);
    svc_config_file_deinit(&place.file);
    return status == SP_OK ? SVC_EXIT_OK : SVC_EXIT_FAILED;
}

static const struct sp_option options[] = {
    [SECRET_NAME] = {"name", "NAME", "The service's name; default: Standpipe", 0},
    [SECRET_CONFIG] = {"config", "FILE", "The config; default: the one of the installed service",
                       0},
};

const struct sp_verb svc_secret_verb = {
    .name = "secret",
    .summary = "Set the passwords of the accounts that workers run as",
    .operands = "set WORKER | remove WORKER | list",
    .description =
        "A worker with run_as: {user: NAME} runs as that account. set asks for its password, "
        "without showing it, or reads it from a stdin that is no console; it is kept in Windows' "
        "store of private data, which administrators and SYSTEM of this machine may ask. Whether "
        "it is right shows when the worker is started. Accounts of Windows' own, NT SERVICE\\NAME "
        "and managed ones (CORP\\name$) need none. Needs an elevated prompt.\n"
        "\n"
        "Examples:\n"
        "  standpiped secret set report\n"
        "  standpiped secret list --name Reports",
    .operand_min = 1,
    .operand_max = 2,
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = secret,
};
