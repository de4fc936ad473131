/* core/config_schema.c - every key of the config, and the reference made of them. */
#include "core/config_schema.h"

#include <string.h>

#include "core/config.h"

static const struct sp_schema_key file_keys[] = {
    {
        .name = "loops",
        .type = SP_SCHEMA_NUMBER,
        .offset = offsetof(struct sp_config, loops),
        .without = "one a core, at most 4",
        .min = "1",
        .max = "64",
        .example = "2",
        .help = "Threads that move bytes. A session lives on one of them. More than the default "
                "helps only where many sessions move much at once.",
    },
    {
        .name = "log",
        .type = SP_SCHEMA_TEXT,
        .offset = offsetof(struct sp_config, log),
        .without = "`standpiped.log` beside the config file",
        .example = "D:\\logs\\standpiped.log",
        .help =
            "The service's log file; a relative path is one beside the config file. `standpiped "
            "run` writes to its console, and to a file only where this key names one.",
    },
    {
        .name = "drain",
        .type = SP_SCHEMA_DURATION,
        .offset = offsetof(struct sp_config, drain_ms),
        .value = "2s",
        .min = "0s",
        .max = "10m",
        .example = "5s",
        .help = "How long output may still flow after a worker's exit. A program that a worker "
                "has started may hold its output open for ever; when this time is over, it is "
                "ended with the worker's job.",
    },
    {
        .name = "stop",
        .type = SP_SCHEMA_DURATION,
        .offset = offsetof(struct sp_config, stop_ms),
        .value = "5s",
        .min = "0s",
        .max = "10m",
        .example = "30s",
        .help = "How long a worker gets to end by itself when the service stops; after that its "
                "job is ended.",
    },
    {
        .name = "workers",
        .type = SP_SCHEMA_WORKERS,
        .offset = offsetof(struct sp_config, workers),
        .without = "none of your own: the demo workers are served",
        .example = "{sort: {command: [C:\\Windows\\System32\\sort.exe]}}",
        .help = "What is served: each worker under its name. A name is a letter or a digit, then "
                "up to 63 letters, digits, `.`, `_` or `-`; upper and lower case are no "
                "difference.",
    },
};

static const struct sp_schema_key worker_keys[] = {
    {
        .name = "command",
        .type = SP_SCHEMA_COMMAND,
        .offset = offsetof(struct sp_worker_config, stages),
        .without = "required, unless there is a `pipeline`",
        .example = "[C:\\Windows\\System32\\sort.exe, /R]",
        .help = "The program and its arguments, each a value of its own and written as the "
                "program is to see it: nothing is quoted for a command line. A program without a "
                "path is looked for beside the service, in the Windows folders and in PATH; one "
                "with a relative path is looked for in the worker's `folder`.",
    },
    {
        .name = "pipeline",
        .type = SP_SCHEMA_PIPELINE,
        .offset = offsetof(struct sp_worker_config, stages),
        .without = "required, unless there is a `command`",
        .example = "[[C:\\tools\\extract.exe, --all], [C:\\tools\\render.exe]]",
        .help = "Two or more commands, each one's stdout linked to the next one's stdin. The exit "
                "code is that of the last one that failed, or 0.",
    },
    {
        .name = "description",
        .type = SP_SCHEMA_TEXT,
        .offset = offsetof(struct sp_worker_config, description),
        .without = "none",
        .example = "Sorts lines, backwards",
        .help = "One line for `standpipe ps`.",
    },
    {
        .name = "env",
        .type = SP_SCHEMA_ENV,
        .offset = offsetof(struct sp_worker_config, env),
        .without = "the service's own environment",
        .example = "{LANG: en_US.UTF-8, PYTHONUNBUFFERED: 1}",
        .help = "Variables to set on top of the service's own environment; an empty text (`''`) "
                "takes one out. Names that begin with `STANDPIPE_` are the service's.",
    },
    {
        .name = "folder",
        .type = SP_SCHEMA_TEXT,
        .offset = offsetof(struct sp_worker_config, folder),
        .place_offset = offsetof(struct sp_worker_config, folder_place),
        .without = "the service's own",
        .example = "C:\\data",
        .help = "The folder the worker starts in; a relative path is one beside the config file.",
    },
    {
        .name = "args",
        .type = SP_SCHEMA_FLAG,
        .offset = offsetof(struct sp_worker_config, args_allowed),
        .value = "deny",
        .words = {"deny", "allow"},
        .example = "allow",
        .help = "Whether a client may add arguments of its own behind those of `command`. Think "
                "of what the program's options can do before you allow it. Not for a `pipeline`: "
                "arguments need one program to go to.",
    },
    {
        .name = "remote",
        .type = SP_SCHEMA_FLAG,
        .offset = offsetof(struct sp_worker_config, remote),
        .value = "false",
        .words = {"false", "true"},
        .example = "true",
        .help = "Whether clients from the network may attach.",
    },
    {
        .name = "console",
        .type = SP_SCHEMA_CHOICE,
        .offset = offsetof(struct sp_worker_config, console),
        .value = "hidden",
        .words = {"hidden", "none"},
        .example = "none",
        .help = "`hidden`: a console without a window, which programs that ask for one need, and "
                "through which Ctrl-C reaches the worker. `none`: no console, which starts "
                "faster.",
    },
};

const struct sp_schema sp_schema_file = {
    .title = "The file",
    .noun = "the file's top level",
    .help = "Keys that begin in the first column.",
    .keys = file_keys,
    .key_count = sizeof file_keys / sizeof *file_keys,
};

const struct sp_schema sp_schema_worker = {
    .title = "A worker",
    .noun = "a worker",
    .help = "Keys below a worker's name, which stands below `workers`.",
    .keys = worker_keys,
    .key_count = sizeof worker_keys / sizeof *worker_keys,
};

_Static_assert(sizeof(enum sp_console) == sizeof(int), "the reader writes a choice as an int");
_Static_assert(sizeof file_keys / sizeof *file_keys <= SP_SCHEMA_KEYS_MAX, "too many keys");
_Static_assert(sizeof worker_keys / sizeof *worker_keys <= SP_SCHEMA_KEYS_MAX, "too many keys");

const struct sp_schema_key *sp_schema_find(const struct sp_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->key_count; i++) {
        if (strcmp(schema->keys[i].name, name) == 0)
            return &schema->keys[i];
    }
    return NULL;
}

static sp_status print_words(const struct sp_schema_key *key, struct sp_buffer *out,
                             struct sp_error *err)
{
    sp_status status = SP_OK;
    for (size_t i = 0; key->words[i] != NULL && status == SP_OK; i++)
        status = sp_buffer_printf(out, err, "%s`%s`", i == 0 ? "" : " or ", key->words[i]);
    return status;
}

static sp_status print_type(const struct sp_schema_key *key, struct sp_buffer *out,
                            struct sp_error *err)
{
    switch (key->type) {
    case SP_SCHEMA_TEXT:
        return sp_buffer_printf(out, err, "text");
    case SP_SCHEMA_FLAG:
    case SP_SCHEMA_CHOICE:
        return print_words(key, out, err);
    case SP_SCHEMA_NUMBER:
        return sp_buffer_printf(out, err, "number, `%s` to `%s`", key->min, key->max);
    case SP_SCHEMA_DURATION:
        return sp_buffer_printf(out, err, "duration, `%s` to `%s`", key->min, key->max);
    case SP_SCHEMA_COMMAND:
        return sp_buffer_printf(out, err, "list of texts");
    case SP_SCHEMA_PIPELINE:
        return sp_buffer_printf(out, err, "list of commands");
    case SP_SCHEMA_ENV:
        return sp_buffer_printf(out, err, "section: `NAME: value`");
    case SP_SCHEMA_WORKERS:
        return sp_buffer_printf(out, err, "section: `NAME:` and its keys");
    }
    return sp_fail(err, SP_EINVAL, 0, "%s has no type", key->name);
}

static sp_status print_key(const struct sp_schema_key *key, struct sp_buffer *out,
                           struct sp_error *err)
{
    sp_status status = sp_buffer_printf(out, err, "| `%s` | ", key->name);
    if (status == SP_OK)
        status = print_type(key, out, err);
    if (status == SP_OK && key->value != NULL)
        status = sp_buffer_printf(out, err, " | `%s`", key->value);
    else if (status == SP_OK)
        status = sp_buffer_printf(out, err, " | %s", key->without);
    return status == SP_OK ? sp_buffer_printf(out, err, " | %s For example: `%s: %s` |\n",
                                              key->help, key->name, key->example)
                           : status;
}

static sp_status print_schema(const struct sp_schema *schema, struct sp_buffer *out,
                              struct sp_error *err)
{
    sp_status status = sp_buffer_printf(out, err,
                                        "## %s\n\n%s\n\n"
                                        "| key | type | default | meaning |\n"
                                        "| --- | --- | --- | --- |\n",
                                        schema->title, schema->help);
    for (size_t i = 0; i < schema->key_count && status == SP_OK; i++)
        status = print_key(&schema->keys[i], out, err);
    return status;
}

sp_status sp_config_reference(struct sp_buffer *out, struct sp_error *err)
{
    size_t start = out->len;
    sp_status status = print_schema(&sp_schema_file, out, err);
    if (status == SP_OK)
        status = sp_buffer_append(out, "\n", 1, err);
    if (status == SP_OK)
        status = print_schema(&sp_schema_worker, out, err);
    if (status != SP_OK)
        out->len = start;
    return status;
}
