/* core/config.c - the config file, read and checked. */
#include "core/config.h"

#include <stdlib.h>
#include <string.h>

#include "core/config_read.h"
#include "core/config_yaml.h"
#include "core/text.h"

static void command_deinit(struct sp_command *command)
{
    for (size_t i = 0; i < command->argc; i++)
        free(command->argv[i]);
    free(command->argv);
}

static void accounts_deinit(struct sp_accounts *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].name);
        free(list->items[i].sid);
    }
    free(list->items);
}

static void worker_deinit(struct sp_worker_config *worker)
{
    for (size_t i = 0; i < worker->stage_count; i++)
        command_deinit(&worker->stages[i]);
    for (size_t i = 0; i < worker->env_count; i++) {
        free(worker->env[i].name);
        free(worker->env[i].value);
    }
    for (size_t i = 0; i < SP_RIGHT_ADMIN; i++)
        accounts_deinit(&worker->allow[i]);
    free(worker->stages);
    free(worker->env);
    free(worker->name);
    free(worker->description);
    free(worker->folder);
    free(worker->run_as_user);
}

void sp_config_deinit(struct sp_config *config)
{
    for (size_t i = 0; i < config->worker_count; i++)
        worker_deinit(&config->workers[i]);
    accounts_deinit(&config->admin);
    free(config->workers);
    free(config->log);
    free(config->logs);
    free(config->audit);
    *config = (struct sp_config){0};
}

const struct sp_worker_config *sp_config_find(const struct sp_config *config, const char *name)
{
    for (size_t i = 0; i < config->worker_count; i++) {
        if (sp_text_same(config->workers[i].name, name))
            return &config->workers[i];
    }
    return NULL;
}

const char *sp_right_name(enum sp_right right)
{
    static const char *const names[] = {"read", "write", "control", "admin"};
    return names[right];
}

uint64_t sp_config_stop_ms(const struct sp_config *config)
{
    uint64_t longest = config->stop_stdin_ms + config->stop_signal_ms;
    for (size_t i = 0; i < config->worker_count; i++) {
        const struct sp_worker_config *worker = &config->workers[i];
        if (worker->stop_stdin_ms + worker->stop_signal_ms > longest)
            longest = worker->stop_stdin_ms + worker->stop_signal_ms;
    }
    return longest;
}

/* A file's keys may stand below its workers, so this comes when all of it is read. */
static void inherit(struct sp_config *config)
{
    for (size_t i = 0; i < config->worker_count; i++) {
        struct sp_worker_config *worker = &config->workers[i];
        if (worker->drain_ms == SP_MS_UNSET)
            worker->drain_ms = config->drain_ms;
        if (worker->stop_stdin_ms == SP_MS_UNSET)
            worker->stop_stdin_ms = config->stop_stdin_ms;
        if (worker->stop_signal_ms == SP_MS_UNSET)
            worker->stop_signal_ms = config->stop_signal_ms;
    }
}

static sp_status read_text(const struct sp_config_reader *r, struct sp_bytes text,
                           struct sp_config *config)
{
    struct sp_yaml tree = {0};
    if (text.len > SP_CONFIG_SIZE_MAX)
        return sp_config_problem_add(r->problems, r->err, (struct sp_place){1, 1},
                                     "the file has %zu bytes: at most %d are allowed", text.len,
                                     SP_CONFIG_SIZE_MAX);
    sp_status status = sp_yaml_read(text, &tree, r->problems, r->err);
    if (status == SP_OK)
        status = sp_config_read_section(r, &sp_schema_file, &tree, "the file", config);
    sp_yaml_deinit(&tree);
    inherit(config);
    return status;
}

sp_status sp_config_parse(const char *file_name, struct sp_bytes text, struct sp_config *out,
                          struct sp_config_problems *problems, struct sp_error *err)
{
    struct sp_config config = {0};
    struct sp_config_reader reader = {.problems = problems, .err = err};
    sp_status status = sp_text_copy(sp_bytes_of(file_name), &problems->file_name, err);
    if (status == SP_OK)
        status = read_text(&reader, text, &config);
    if ((status == SP_OK || status == SP_ESYNTAX) && problems->count > 0)
        status = sp_config_problems_fail(problems, err);
    if (status == SP_OK)
        *out = config;
    else
        sp_config_deinit(&config);
    return status;
}
