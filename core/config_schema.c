/* core/config_schema.c - every key of the config that stands in the first column. */
#include "core/config_schema.h"

#include <string.h>

#include "core/config.h"

static const struct sp_schema_key stop_keys[] = {
    {
        .name = "stdin",
        .type = SP_SCHEMA_DURATION,
        .offset = offsetof(struct sp_config, stop_stdin_ms),
        .value = "2s",
        .min = "0s",
        .max = "10m",
        .example = "10s",
        .help = "How long a worker gets to end by itself after its stdin was closed.",
    },
    {
        .name = "signal",
        .type = SP_SCHEMA_DURATION,
        .offset = offsetof(struct sp_config, stop_signal_ms),
        .value = "5s",
        .min = "0s",
        .max = "10m",
        .example = "30s",
        .help = "How long it gets after the Ctrl-C that follows. Then it is ended, with all that "
                "it has started.",
    },
};

const struct sp_schema sp_schema_file_stop = {
    .noun = "stop",
    .keys = stop_keys,
    .key_count = sizeof stop_keys / sizeof *stop_keys,
};

static const struct sp_schema_key allow_keys[] = {
    {
        .name = "admin",
        .type = SP_SCHEMA_ACCOUNTS,
        .offset = offsetof(struct sp_config, admin),
        .without = "the account that installed the service; with `standpiped run` the one that "
                   "runs it",
        .example = "[CORP\\standpipe-admins]",
        .help = "Who may do everything with the service and with every worker. SYSTEM and the "
                "machine's administrators always may.",
    },
};

const struct sp_schema sp_schema_file_allow = {
    .noun = "the file's allow",
    .keys = allow_keys,
    .key_count = sizeof allow_keys / sizeof *allow_keys,
};

static const struct sp_schema_key dashboard_keys[] = {
    {
        .name = "port",
        .type = SP_SCHEMA_NUMBER,
        .offset = offsetof(struct sp_config, dashboard_port),
        .without = "no page",
        .min = "1024",
        .max = "65535",
        .example = "8717",
        .help = "The port of 127.0.0.1 on which the page is served. Nobody else may use it.",
    },
};

const struct sp_schema sp_schema_file_dashboard = {
    .noun = "dashboard",
    .keys = dashboard_keys,
    .key_count = sizeof dashboard_keys / sizeof *dashboard_keys,
};

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
        .help = "The service's log file; at 10 MiB a new one is begun, and the last 5 are kept. A "
                "relative path is one beside the config file. `standpiped run` writes to its "
                "console, and to a file only where this key names one.",
    },
    {
        .name = "logs",
        .type = SP_SCHEMA_TEXT,
        .offset = offsetof(struct sp_config, logs),
        .without = "`logs` beside the config file",
        .example = "D:\\logs\\workers",
        .help = "The folder for the workers' log files; a relative path is one beside the config "
                "file. Which workers have some, each worker's own `logs` says.",
    },
    {
        .name = "audit",
        .type = SP_SCHEMA_TEXT,
        .offset = offsetof(struct sp_config, audit),
        .without = "`audit.jsonl` beside the service's log",
        .example = "D:\\audit\\standpipe.jsonl",
        .help =
            "The file of the audit: who attached, who was refused, how it ended, a line of JSON "
            "each. At 10 MiB a new one is begun, and the last 10 are kept. A relative path is "
            "one beside the config file. `standpiped run` keeps one only where this key names "
            "it.",
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
                "ended with the worker's job. A worker can have a `drain` of its own.",
    },
    {
        .name = "stop",
        .type = SP_SCHEMA_SECTION,
        .section = &sp_schema_file_stop,
        .without = "as below",
        .example = "{stdin: 10s, signal: 30s}",
        .help = "How a worker is stopped, by the service's end or on request: its stdin is "
                "closed, then Ctrl-C is sent to it, then it is ended. Each step has its time, and "
                "the next one is taken only if the worker still runs. A worker can have a `stop` "
                "of its own.",
    },
    {
        .name = "allow",
        .type = SP_SCHEMA_SECTION,
        .section = &sp_schema_file_allow,
        .without = "as below",
        .example = "{admin: [CORP\\standpipe-admins]}",
        .help = "Who may do what with all of it. Accounts and groups are written as Windows shows "
                "them (`CORP\\ann`, `BUILTIN\\Users`), or as SIDs.",
    },
    {
        .name = "dashboard",
        .type = SP_SCHEMA_SECTION,
        .section = &sp_schema_file_dashboard,
        .without = "off",
        .example = "{port: 8717}",
        .help = "A page that shows workers, sessions, throughput and recent events, for browsers "
                "on this machine. `standpipe dashboard` opens it.",
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

const struct sp_schema sp_schema_file = {
    .title = "The file",
    .noun = "the file's top level",
    .help = "Keys that begin in the first column.",
    .keys = file_keys,
    .key_count = sizeof file_keys / sizeof *file_keys,
};

_Static_assert(sizeof stop_keys / sizeof *stop_keys <= SP_SCHEMA_KEYS_MAX, "too many keys");
_Static_assert(sizeof file_keys / sizeof *file_keys <= SP_SCHEMA_KEYS_MAX, "too many keys");

const struct sp_schema_key *sp_schema_find(const struct sp_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->key_count; i++) {
        if (strcmp(schema->keys[i].name, name) == 0)
            return &schema->keys[i];
    }
    return NULL;
}
