/* service/config_file.c - the config as a file on this machine. */
#include "service/config_file.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "service/logfiles.h"
#include "win32/account.h"
#include "win32/file.h"
#include "win32/path.h"
#include "win32/spawn.h"
#include "win32/trust.h"

sp_status svc_config_file_path(const char *given, char **out, struct sp_error *err)
{
    return given == NULL ? w32_path_program_data("Standpipe\\standpipe.yaml", out, err)
                         : w32_path_full(given, out, err);
}

sp_status svc_config_file_make(const char *path, enum svc_config_guard guard, bool *made,
                               struct sp_error *err)
{
    struct sp_buffer text = {0};
    char *folder = NULL;
    if (w32_file_exists(path)) {
        *made = false;
        return SP_OK;
    }
    sp_status status = SP_OK;
    if (guard == SVC_CONFIG_GUARDED)
        status = w32_path_folder(path, &folder, err);
    if (status == SP_OK && folder != NULL)
        status = w32_trust_folder(folder, err);
    if (status == SP_OK)
        status = sp_config_template(&text, err);
    if (status == SP_OK)
        status = w32_file_create(path, text.data, text.len, err);
    if (status == SP_OK)
        *made = true;
    sp_buffer_deinit(&text);
    free(folder);
    return status;
}

/* ------------------------------------------------------------------ relative paths */

static bool is_slash(char c)
{
    return c == '\\' || c == '/';
}

static bool is_relative(const char *path)
{
    return !is_slash(path[0]) && (path[0] == '\0' || path[1] != ':');
}

/* What a relative path means must not depend on who looks: a service's current folder is Windows'
 * system folder, that of `check` is anything. */
static sp_status anchor(char **path, const char *folder, struct sp_error *err)
{
    char *joined = NULL;
    if (*path == NULL || !is_relative(*path))
        return SP_OK;
    sp_status status = w32_path_join(folder, *path, &joined, err);
    if (status != SP_OK)
        return status;
    free(*path);
    *path = joined;
    return SP_OK;
}

static sp_status anchor_all(struct sp_config *config, const char *path, struct sp_error *err)
{
    char *folder = NULL;
    sp_status status = w32_path_folder(path, &folder, err);
    if (status == SP_OK)
        status = anchor(&config->log, folder, err);
    if (status == SP_OK)
        status = anchor(&config->logs, folder, err);
    if (status == SP_OK)
        status = anchor(&config->audit, folder, err);
    for (size_t i = 0; status == SP_OK && i < config->worker_count; i++)
        status = anchor(&config->workers[i].folder, folder, err);
    free(folder);
    return status;
}

/* ------------------------------------------------------------------ what is not on this machine */

/* "bin\x.exe" is looked for in the worker's folder; a worker without one has the service's. */
static bool is_nowhere(const struct sp_worker_config *worker, const char *program)
{
    return worker->folder == NULL && is_relative(program) && strpbrk(program, "\\/") != NULL;
}

static sp_status look_for_program(const struct sp_worker_config *worker,
                                  const struct sp_command *command, struct svc_config_file *file,
                                  struct sp_error *err)
{
    char *found = NULL;
    struct sp_error why = {0};
    if (is_nowhere(worker, command->argv[0]))
        return sp_config_problem_add(&file->warnings, err, command->place,
                                     "worker %s: a service has no folder of its own to look for %s "
                                     "in: write its full path, or give the worker a folder",
                                     worker->name, command->argv[0]);
    sp_status status = w32_program_find(command->argv[0], worker->folder, &found, &why);
    free(found);
    if (status == SP_OK)
        return SP_OK;
    return sp_config_problem_add(&file->warnings, err, command->place, "worker %s: %s",
                                 worker->name, why.what);
}

static sp_status look_around(struct svc_config_file *file, const char *path, struct sp_error *err)
{
    sp_status status = sp_text_copy(sp_bytes_of(path), &file->warnings.file_name, err);
    for (size_t i = 0; status == SP_OK && i < file->config.worker_count; i++) {
        const struct sp_worker_config *worker = &file->config.workers[i];
        if (worker->folder != NULL && !w32_folder_exists(worker->folder))
            status = sp_config_problem_add(&file->warnings, err, worker->folder_place,
                                           "worker %s: there is no folder %s", worker->name,
                                           worker->folder);
        for (size_t k = 0; status == SP_OK && k < worker->stage_count; k++)
            status = look_for_program(worker, &worker->stages[k], file, err);
    }
    return status;
}

/* ------------------------------------------------------------------ accounts */

static sp_status find_accounts(struct sp_accounts *list, const char *key,
                               struct sp_config_problems *problems, struct sp_error *err)
{
    sp_status status = SP_OK;
    for (size_t i = 0; status == SP_OK && i < list->count; i++) {
        struct sp_account *account = &list->items[i];
        struct sp_error why = {0};
        char sid[W32_SID_TEXT_MAX];
        status = w32_sid_of(account->name, sid, &why) == SP_OK
                     ? sp_text_copy(sp_bytes_of(sid), &account->sid, err)
                     : sp_config_problem_add(problems, err, account->place,
                                             "%s: %s; write it as \"whoami /all\" shows it, or as "
                                             "a SID",
                                             key, why.what);
    }
    return status;
}

/* Whom a name means can't be guessed, so one that is unknown is an error, not a warning. */
static sp_status find_all_accounts(struct svc_config_file *file, struct sp_error *err)
{
    struct sp_config *config = &file->config;
    sp_status status = find_accounts(&config->admin, "admin", &file->problems, err);
    for (size_t i = 0; status == SP_OK && i < config->worker_count; i++)
        for (int k = 0; status == SP_OK && k < SP_RIGHT_ADMIN; k++)
            status = find_accounts(&config->workers[i].allow[k], sp_right_name((enum sp_right)k),
                                   &file->problems, err);
    if (status == SP_OK && file->problems.count > 0)
        status = sp_config_problems_fail(&file->problems, err);
    return status;
}

/* ------------------------------------------------------------------ reading */

/* What a key names, or a leaf beside the config file. */
static sp_status beside(const char *path, const char *given, const char *leaf, char **out,
                        struct sp_error *err)
{
    char *folder = NULL;
    if (given != NULL)
        return sp_text_copy(sp_bytes_of(given), out, err);
    sp_status status = w32_path_folder(path, &folder, err);
    if (status == SP_OK)
        status = w32_path_join(folder, leaf, out, err);
    free(folder);
    return status;
}

sp_status svc_config_file_read(const char *path, struct svc_config_file *out, struct sp_error *err)
{
    struct sp_buffer text = {0};
    /* Windows would only say "access denied". */
    if (w32_folder_exists(path))
        return sp_fail(err, SP_EINVAL, 0, "%s is a folder; name a file", path);
    sp_status status = w32_file_read(path, SP_CONFIG_SIZE_MAX, &text, err);
    if (status == SP_OK)
        status = sp_config_parse(path, (struct sp_bytes){text.data, text.len}, &out->config,
                                 &out->problems, err);
    if (status == SP_OK)
        status = find_all_accounts(out, err);
    if (status == SP_OK)
        status = anchor_all(&out->config, path, err);
    if (status == SP_OK)
        status = look_around(out, path, err);
    if (status == SP_OK)
        status = beside(path, out->config.logs, "logs", &out->logs, err);
    sp_buffer_deinit(&text);
    return status;
}

void svc_config_file_deinit(struct svc_config_file *file)
{
    sp_config_deinit(&file->config);
    sp_config_problems_deinit(&file->problems);
    sp_config_problems_deinit(&file->warnings);
    free(file->logs);
    file->logs = NULL;
}

sp_status svc_config_file_log(const char *path, const struct sp_config *config, char **out,
                              struct sp_error *err)
{
    return beside(path, config->log, "standpiped.log", out, err);
}

sp_status svc_config_file_audit(const char *path, const struct sp_config *config, char **out,
                                struct sp_error *err)
{
    char *log = NULL;
    sp_status status = svc_config_file_log(path, config, &log, err);
    if (status == SP_OK)
        status = beside(log, config->audit, "audit.jsonl", out, err);
    free(log);
    return status;
}

/* ------------------------------------------------------------------ removing */

/* What can't be deleted stays. */
static void discard(const char *path)
{
    sp_status ignored = w32_file_delete(path, NULL);
    (void)ignored;
}

/* Something else may be in it. */
static void discard_folder(const char *path)
{
    sp_status ignored = w32_folder_remove(path, NULL);
    (void)ignored;
}

/* A file that is written, and the old ones: it is to keep none of them. */
static void discard_files(struct svc_logfiles *files)
{
    svc_logfiles_expire(files, 0);
    discard(svc_logfiles_path(files));
    svc_logfiles_close(files);
}

static void remove_workers_logs(const struct svc_config_file *file)
{
    const struct sp_logs_config none = {0};
    for (size_t i = 0; i < file->config.worker_count; i++) {
        struct svc_logfiles *logs = NULL;
        if (svc_logfiles_open(file->logs, file->config.workers[i].name, &none, &logs, NULL) ==
            SP_OK)
            discard_files(logs);
    }
    discard_folder(file->logs);
}

static void remove_audit(const char *path, const struct sp_config *config)
{
    const struct sp_logs_config none = {0};
    struct svc_logfiles *files = NULL;
    char *audit = NULL;
    if (svc_config_file_audit(path, config, &audit, NULL) == SP_OK &&
        svc_logfiles_open_at(audit, &none, &files, NULL) == SP_OK)
        discard_files(files);
    free(audit);
}

static void remove_log(const char *path, const struct sp_config *config)
{
    const struct sp_logs_config none = {0};
    struct svc_logfiles *files = NULL;
    char *log = NULL;
    if (svc_config_file_log(path, config, &log, NULL) == SP_OK &&
        svc_logfiles_open_at(log, &none, &files, NULL) == SP_OK)
        discard_files(files);
    free(log);
}

sp_status svc_config_file_remove(const char *path, struct sp_error *err)
{
    struct svc_config_file file = {0};
    char *folder = NULL;
    if (svc_config_file_read(path, &file, NULL) == SP_OK)
        remove_workers_logs(&file);
    remove_log(path, &file.config);
    remove_audit(path, &file.config);
    svc_config_file_deinit(&file);
    sp_status status = w32_file_delete(path, err);
    if (status == SP_ENOTFOUND)
        status = SP_OK;
    if (status == SP_OK)
        status = w32_path_folder(path, &folder, err);
    if (status == SP_OK)
        discard_folder(folder);
    free(folder);
    return status;
}
