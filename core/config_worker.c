/* core/config_worker.c - workers of a config and their environments, from a YAML tree. */
#include <stdlib.h>
#include <string.h>

#include "core/config_read.h"
#include "core/text.h"

bool sp_worker_name_valid(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "._-";
    size_t len = strlen(name);
    return len > 0 && len <= SP_WORKER_NAME_MAX && strspn(name, letters) == len &&
           strchr("._-", name[0]) == NULL;
}

static sp_status check_env_name(const struct sp_config_reader *r, const struct sp_yaml *name,
                                const struct sp_worker_config *worker, bool *good)
{
    *good = false;
    if (*name->text == 0)
        return sp_config_problem_add(r->problems, r->err, name->place,
                                     "env: a variable needs a name");
    struct sp_excerpt shown = sp_text_excerpt(name->text);
    if (strchr(name->text, '=') != NULL)
        return sp_config_problem_add(r->problems, r->err, name->place,
                                     "env: the name \"%s\" can't hold an =; write NAME: value",
                                     shown.text);
    if (sp_text_begins(name->text, "STANDPIPE_"))
        return sp_config_problem_add(r->problems, r->err, name->place,
                                     "env: %s can't be set: names that begin with STANDPIPE_ are "
                                     "the service's",
                                     shown.text);
    for (size_t i = 0; i < worker->env_count; i++) {
        if (sp_text_same(worker->env[i].name, name->text))
            return sp_config_problem_add(r->problems, r->err, name->place,
                                         "env: %s is given twice (to Windows upper and lower case "
                                         "are the same)",
                                         shown.text);
    }
    *good = true;
    return SP_OK;
}

static sp_status check_env_value(const struct sp_config_reader *r, const struct sp_yaml *name,
                                 const struct sp_yaml *value, bool *good)
{
    *good = value->kind == SP_YAML_TEXT;
    if (*good || value->kind == SP_YAML_BAD)
        return SP_OK;
    return sp_config_problem_add(r->problems, r->err, value->place,
                                 "env: %s must be a text; '' takes the variable out of the "
                                 "environment",
                                 sp_text_excerpt(name->text).text);
}

static sp_status read_variable(const struct sp_config_reader *r, const struct sp_yaml *pair,
                               struct sp_worker_config *worker)
{
    bool good_name = false, good_value = false;
    if (pair[0].kind == SP_YAML_BAD)
        return SP_OK;
    sp_status status = check_env_name(r, &pair[0], worker, &good_name);
    if (status == SP_OK)
        status = check_env_value(r, &pair[0], &pair[1], &good_value);
    if (status != SP_OK || !good_name || !good_value)
        return status;
    struct sp_env *env = &worker->env[worker->env_count++];
    status = sp_text_copy(sp_bytes_of(pair[0].text), &env->name, r->err);
    return status == SP_OK ? sp_text_copy(sp_bytes_of(pair[1].text), &env->value, r->err) : status;
}

sp_status sp_config_read_env(const struct sp_config_reader *r, const struct sp_schema_key *key,
                             const struct sp_yaml *value, void *owner)
{
    struct sp_worker_config *worker = owner;
    size_t count = value->item_count / 2;
    if (count > SP_CONFIG_ENV_MAX)
        return sp_config_problem_add(r->problems, r->err, value->place,
                                     "%s has %zu variables: at most %d are allowed", key->name,
                                     count, SP_CONFIG_ENV_MAX);
    worker->env = calloc(count + 1, sizeof *worker->env);
    if (worker->env == NULL)
        return sp_fail(r->err, SP_ENOMEM, 0, "no memory for an environment");
    sp_status status = SP_OK;
    for (size_t i = 0; i < count && status == SP_OK; i++)
        status = read_variable(r, &value->items[2 * i], worker);
    return status;
}

static sp_status check_program(const struct sp_config_reader *r, const struct sp_yaml *pair,
                               const struct sp_worker_config *worker)
{
    const struct sp_yaml *command = sp_yaml_find(&pair[1], "command");
    const struct sp_yaml *pipeline = sp_yaml_find(&pair[1], "pipeline");
    sp_status status = SP_OK;
    if (command == NULL && pipeline == NULL)
        status = sp_config_problem_add(r->problems, r->err, pair[0].place,
                                       "worker %s has no command: add command: [PROGRAM, "
                                       "ARGUMENT...], or a pipeline",
                                       worker->name);
    else if (command != NULL && pipeline != NULL)
        status = sp_config_problem_add(r->problems, r->err, pair[0].place,
                                       "worker %s has both a command and a pipeline: it can have "
                                       "only one of them",
                                       worker->name);
    if (status == SP_OK && worker->args_allowed && pipeline != NULL)
        status = sp_config_problem_add(r->problems, r->err, sp_yaml_find(&pair[1], "args")->place,
                                       "args can't be allowed for a pipeline: arguments need one "
                                       "program to go to");
    return status;
}

/* Whether a worker's mode is what the file says: a wrong word has its problem, and the mode that it
 * was meant to be is not known. */
static bool is_mode_known(const struct sp_yaml *keys, const struct sp_worker_config *worker)
{
    const struct sp_yaml *mode = sp_yaml_find(keys, "mode");
    const struct sp_schema_key *key = sp_schema_find(&sp_schema_worker, "mode");
    return mode == NULL ||
           (mode->kind == SP_YAML_TEXT && strcmp(mode->text, key->words[worker->mode]) == 0);
}

/* What only one of the modes can have. What is switched off does no harm in the other one. */
static sp_status check_mode(const struct sp_config_reader *r, const struct sp_yaml *keys,
                            const struct sp_worker_config *worker)
{
    bool shared = worker->mode == SP_MODE_SHARED;
    const struct {
        const char *key;
        bool wrong;
        const char *text;
    } rules[] = {
        {"warm", shared && worker->warm > 0,
         "warm is not for mode: shared, which has one process: autostart: true starts it ahead of "
         "its clients"},
        {"args", shared && worker->args_allowed,
         "args can't be allowed with mode: shared: its one process is not started for a client"},
        {"autostart", !shared && worker->autostart,
         "autostart needs mode: shared: a private worker belongs to a client (warm starts some "
         "ahead)"},
        {"slow", !shared, "slow needs mode: shared: a private worker waits for its one client"},
        {"history", !shared,
         "history needs mode: shared: a private worker's client is there from the start"},
    };
    sp_status status = SP_OK;
    for (size_t i = 0; i < sizeof rules / sizeof *rules && status == SP_OK; i++) {
        const struct sp_yaml *value = sp_yaml_find(keys, rules[i].key);
        if (rules[i].wrong && value != NULL)
            status = sp_config_problem_add(r->problems, r->err, value->place, "%s", rules[i].text);
    }
    return status;
}

/* What stands under a key of a section. NULL: nothing does. */
static const struct sp_yaml *find_in_section(const struct sp_yaml *node, const char *section,
                                             const char *key)
{
    const struct sp_yaml *found = sp_yaml_find(node, section);
    return found == NULL ? NULL : sp_yaml_find(found, key);
}

/* What a terminal leaves no sense to. */
static sp_status check_terminal(const struct sp_config_reader *r, const struct sp_yaml *keys,
                                const struct sp_worker_config *worker)
{
    const struct sp_yaml *streams = find_in_section(keys, "logs", "streams");
    const struct {
        const struct sp_yaml *value;
        bool wrong;
        const char *text;
    } rules[] = {
        {sp_yaml_find(keys, "pipeline"), true,
         "a pipeline is not for tty: true: between its programs there are pipes, and no terminal; "
         "give one command"},
        {sp_yaml_find(keys, "console"), worker->console == SP_CONSOLE_NONE,
         "console: none is not for tty: true: a terminal is a console"},
        {sp_yaml_find(keys, "warm"), worker->warm > 0,
         "warm is not for tty: true: a terminal is as large as its client's window, and there is "
         "no client yet"},
        {streams, worker->logs.streams == SP_CAPTURE_STDERR,
         "logs: stderr is empty with tty: true, whose screen is all stdout: both keeps that, with "
         "its control sequences, none keeps nothing"},
    };
    sp_status status = SP_OK;
    for (size_t i = 0; i < sizeof rules / sizeof *rules && status == SP_OK; i++)
        if (worker->tty && rules[i].wrong && rules[i].value != NULL)
            status = sp_config_problem_add(r->problems, r->err, rules[i].value->place, "%s",
                                           rules[i].text);
    return status;
}

/* What one key alone can't know. */
static sp_status check_worker(const struct sp_config_reader *r, const struct sp_yaml *pair,
                              const struct sp_worker_config *worker)
{
    bool mode_known = is_mode_known(&pair[1], worker);
    sp_status status = check_program(r, pair, worker);
    if (status == SP_OK && mode_known)
        status = check_mode(r, &pair[1], worker);
    if (status == SP_OK)
        status = check_terminal(r, &pair[1], worker);
    if (status == SP_OK)
        status = sp_config_check_standing(r, &pair[1], worker, mode_known);
    return status;
}

static sp_status check_worker_name(const struct sp_config_reader *r, const struct sp_yaml *name,
                                   const struct sp_config *config)
{
    if (!sp_worker_name_valid(name->text))
        return sp_config_problem_add(r->problems, r->err, name->place,
                                     "\"%s\" can't name a worker: a name is a letter or a digit, "
                                     "then up to %d letters, digits, '.', '_' or '-'",
                                     sp_text_excerpt(name->text).text, SP_WORKER_NAME_MAX - 1);
    const struct sp_worker_config *same = sp_config_find(config, name->text);
    if (same != NULL)
        return sp_config_problem_add(r->problems, r->err, name->place,
                                     "there is a worker %s in line %u already (upper and lower "
                                     "case are no difference)",
                                     same->name, same->place.line);
    return SP_OK;
}

static bool is_a_value(const struct sp_yaml *node)
{
    return node->kind == SP_YAML_TEXT || node->kind == SP_YAML_LIST;
}

/* A worker is read even where its name is wrong: its other mistakes are to be found, too. */
static sp_status read_worker(const struct sp_config_reader *r, const struct sp_yaml *pair,
                             struct sp_config *config)
{
    if (pair[0].kind == SP_YAML_BAD)
        return SP_OK;
    sp_status status = check_worker_name(r, &pair[0], config);
    if (status != SP_OK)
        return status;
    struct sp_worker_config *worker = &config->workers[config->worker_count];
    worker->place = pair[0].place;
    worker->resume_ms = worker->drain_ms = SP_MS_UNSET;
    worker->stop_stdin_ms = worker->stop_signal_ms = SP_MS_UNSET;
    status = sp_text_copy(sp_bytes_of(pair[0].text), &worker->name, r->err);
    if (status != SP_OK)
        return status;
    config->worker_count++; /* a worker has a name, also for whoever frees it */
    if (sp_schema_find(&sp_schema_worker, worker->name) != NULL && is_a_value(&pair[1]))
        status = sp_config_problem_add(r->problems, r->err, pair[0].place,
                                       "%s stands where a worker's name belongs: indent it by more "
                                       "spaces than the name of its worker",
                                       worker->name);
    else
        status = sp_config_read_section(r, &sp_schema_worker, &pair[1], worker->name, worker);
    if (find_in_section(&pair[1], "logs", "streams") == NULL)
        worker->logs.streams =
            worker->mode == SP_MODE_SHARED && !worker->tty ? SP_CAPTURE_STDERR : SP_CAPTURE_NONE;
    if (status != SP_OK || pair[1].kind == SP_YAML_BAD || is_a_value(&pair[1]))
        return status;
    return check_worker(r, pair, worker);
}

sp_status sp_config_read_workers(const struct sp_config_reader *r, const struct sp_schema_key *key,
                                 const struct sp_yaml *value, void *owner)
{
    struct sp_config *config = owner;
    size_t count = value->item_count / 2;
    if (count > SP_CONFIG_WORKERS_MAX)
        return sp_config_problem_add(r->problems, r->err, value->place,
                                     "%s: there are %zu of them, at most %d are allowed", key->name,
                                     count, SP_CONFIG_WORKERS_MAX);
    config->workers = calloc(count + 1, sizeof *config->workers);
    if (config->workers == NULL)
        return sp_fail(r->err, SP_ENOMEM, 0, "no memory for %zu workers", count);
    sp_status status = SP_OK;
    for (size_t i = 0; i < count && status == SP_OK; i++)
        status = read_worker(r, &value->items[2 * i], config);
    return status;
}
