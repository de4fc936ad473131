/* core/config_command.c - commands and pipelines of a config, from a YAML tree. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cmdline.h"
#include "core/config_read.h"
#include "core/text.h"

/* What can't be passed on a command line is found now and not when the first client comes. */
static sp_status check_command(const struct sp_config_reader *r, const char *name,
                               const struct sp_command *command)
{
    const char *const *argv = (const char *const *)command->argv;
    struct sp_buffer line = {0};
    struct sp_error why = {0};
    sp_status status = sp_cmdline_is_batch(argv[0])
                           ? sp_cmdline_quote_batch("cmd.exe", argv, command->argc, &line, &why)
                           : sp_cmdline_quote(argv, command->argc, &line, &why);
    sp_buffer_deinit(&line);
    if (status == SP_ENOMEM)
        return sp_fail(r->err, status, 0, "%s", why.what);
    if (status != SP_OK)
        return sp_config_problem_add(r->problems, r->err, command->place, "%s: %s", name, why.what);
    return SP_OK;
}

/* An argument of a command; number 0 is the program. */
static sp_status read_argument(const struct sp_config_reader *r, const char *name, size_t number,
                               const struct sp_yaml *value, struct sp_command *command)
{
    if (value->kind == SP_YAML_NULL)
        return sp_config_problem_add(r->problems, r->err, value->place,
                                     "%s: value %zu is nothing: write '' for an empty argument, "
                                     "and put ~ or null in quotes",
                                     name, number + 1);
    if (value->kind != SP_YAML_TEXT)
        return sp_config_problem_add(r->problems, r->err, value->place,
                                     "%s: value %zu must be a text: put what holds a colon and a "
                                     "space, or begins with [ or {, in quotes",
                                     name, number + 1);
    if (number == 0 && *value->text == 0)
        return sp_config_problem_add(r->problems, r->err, value->place,
                                     "%s: the program's name is empty", name);
    if (number == 0 && strpbrk(value->text, "\n\r\t\v\f\b\a\033") != NULL)
        return sp_config_problem_add(r->problems, r->err, value->place,
                                     "%s: the program's name holds a control character; inside "
                                     "double quotes a backslash begins one: write a path without "
                                     "quotes or inside single quotes",
                                     name);
    sp_status status =
        sp_text_copy(sp_bytes_of(value->text), &command->argv[command->argc], r->err);
    if (status == SP_OK)
        command->argc++;
    return status;
}

/* Whether every value of a list became an argument; what did not has its problem already. */
static sp_status read_arguments(const struct sp_config_reader *r, const char *name,
                                const struct sp_yaml *list, struct sp_command *command)
{
    sp_status status = SP_OK;
    bool whole = true;
    for (size_t i = 0; i < list->item_count && status == SP_OK; i++) {
        size_t before = command->argc;
        if (list->items[i].kind != SP_YAML_BAD)
            status = read_argument(r, name, i, &list->items[i], command);
        whole = whole && command->argc > before;
    }
    return status == SP_OK && whole ? check_command(r, name, command) : status;
}

/* The program of a worker that has not one yet, which owns it in any case. */
static sp_status read_stage(const struct sp_config_reader *r, const char *name,
                            const struct sp_yaml *value, struct sp_worker_config *worker)
{
    if (value->kind == SP_YAML_BAD)
        return SP_OK;
    if (value->kind != SP_YAML_LIST)
        return sp_config_problem_add(r->problems, r->err, value->place,
                                     "%s must be a list of a program and its arguments, as in "
                                     "[C:\\tools\\x.exe, --all]",
                                     name);
    if (value->item_count == 0)
        return sp_config_problem_add(r->problems, r->err, value->place,
                                     "%s is empty: it needs a program, as in [C:\\tools\\x.exe]",
                                     name);
    if (value->item_count > SP_CONFIG_ARGS_MAX)
        return sp_config_problem_add(r->problems, r->err, value->place,
                                     "%s has %zu values: at most %d are allowed", name,
                                     value->item_count, SP_CONFIG_ARGS_MAX);
    struct sp_command *command = &worker->stages[worker->stage_count++];
    command->place = value->place;
    command->argv = calloc(value->item_count + 1, sizeof *command->argv);
    if (command->argv == NULL)
        return sp_fail(r->err, SP_ENOMEM, 0, "no memory for a command");
    return read_arguments(r, name, value, command);
}

/* Room for the programs; none for a worker that has them by the other key of the two, which is
 * a problem that check_worker() finds. */
static sp_status open_stages(const struct sp_config_reader *r, size_t count,
                             struct sp_worker_config *worker, bool *open)
{
    *open = worker->stages == NULL;
    if (!*open)
        return SP_OK;
    worker->stages = calloc(count, sizeof *worker->stages);
    *open = worker->stages != NULL;
    return *open ? SP_OK : sp_fail(r->err, SP_ENOMEM, 0, "no memory for a worker");
}

sp_status sp_config_read_command(const struct sp_config_reader *r, const struct sp_schema_key *key,
                                 const struct sp_yaml *value, void *owner)
{
    bool open = false;
    sp_status status = open_stages(r, 1, owner, &open);
    return open ? read_stage(r, key->name, value, owner) : status;
}

sp_status sp_config_read_pipeline(const struct sp_config_reader *r, const struct sp_schema_key *key,
                                  const struct sp_yaml *value, void *owner)
{
    if (value->item_count < 2 || value->items[0].kind == SP_YAML_TEXT)
        return sp_config_problem_add(r->problems, r->err, value->place,
                                     "%s must be a list of two or more commands, each a list of "
                                     "its own: %s; a single program is a command",
                                     key->name, key->example);
    if (value->item_count > SP_CONFIG_STAGES_MAX)
        return sp_config_problem_add(r->problems, r->err, value->place,
                                     "%s has %zu commands: at most %d are allowed", key->name,
                                     value->item_count, SP_CONFIG_STAGES_MAX);
    bool open = false;
    sp_status status = open_stages(r, value->item_count, owner, &open);
    for (size_t i = 0; open && i < value->item_count && status == SP_OK; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s, command %zu", key->name, i + 1);
        status = read_stage(r, name, &value->items[i], owner);
    }
    return status;
}
