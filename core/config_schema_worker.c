/* core/config_schema_worker.c - every key of the config that stands below a worker's name. */
#include "core/config.h"
#include "core/config_schema.h"

static const struct sp_schema_key stop_keys[] = {
    {
        .name = "stdin",
        .type = SP_SCHEMA_DURATION,
        .offset = offsetof(struct sp_worker_config, stop_stdin_ms),
        .without = "the file's",
        .min = "0s",
        .max = "10m",
        .example = "10s",
        .help = "How long this worker gets to end by itself after its stdin was closed.",
    },
    {
        .name = "signal",
        .type = SP_SCHEMA_DURATION,
        .offset = offsetof(struct sp_worker_config, stop_signal_ms),
        .without = "the file's",
        .min = "0s",
        .max = "10m",
        .example = "30s",
        .help = "How long it gets after the Ctrl-C that follows.",
    },
};

const struct sp_schema sp_schema_worker_stop = {
    .noun = "stop",
    .keys = stop_keys,
    .key_count = sizeof stop_keys / sizeof *stop_keys,
};

static const struct sp_schema_key logs_keys[] = {
    {
        .name = "streams",
        .type = SP_SCHEMA_CHOICE,
        .offset = offsetof(struct sp_worker_config, logs.streams),
        .without = "`stderr` with `mode: shared` (`none` with `tty`), else `none`",
        .words = {"none", "stderr", "both"},
        .example = "both",
        .help = "Which outputs are kept in files: none, stderr, or stdout and stderr.",
    },
    {
        .name = "size",
        .type = SP_SCHEMA_SIZE,
        .offset = offsetof(struct sp_worker_config, logs.size_bytes),
        .value = "10MiB",
        .min = "4KiB",
        .max = "4GiB",
        .example = "1MiB",
        .help = "A file that would grow larger is closed, and the next one begun.",
    },
    {
        .name = "age",
        .type = SP_SCHEMA_DURATION,
        .offset = offsetof(struct sp_worker_config, logs.age_ms),
        .value = "7d",
        .min = "1s",
        .max = "3650d",
        .example = "1d",
        .help =
            "So is a file that was begun so long ago; and one that was last written so long ago "
            "is deleted.",
    },
    {
        .name = "files",
        .type = SP_SCHEMA_NUMBER,
        .offset = offsetof(struct sp_worker_config, logs.files),
        .value = "5",
        .min = "1",
        .max = "1000",
        .example = "10",
        .help = "How many files are kept, the one that is written among them; the oldest is "
                "deleted.",
    },
};

const struct sp_schema sp_schema_worker_logs = {
    .noun = "logs",
    .keys = logs_keys,
    .key_count = sizeof logs_keys / sizeof *logs_keys,
};

static const struct sp_schema_key allow_keys[] = {
    {
        .name = "read",
        .type = SP_SCHEMA_ACCOUNTS,
        .offset = offsetof(struct sp_worker_config, allow[SP_RIGHT_READ]),
        .without = "nobody else",
        .example = "[BUILTIN\\Users]",
        .help = "Who may see what a shared worker writes (`standpipe attach --read-only`, "
                "`standpipe logs`).",
    },
    {
        .name = "write",
        .type = SP_SCHEMA_ACCOUNTS,
        .offset = offsetof(struct sp_worker_config, allow[SP_RIGHT_WRITE]),
        .without = "nobody else",
        .example = "[CORP\\analysts]",
        .help = "Who may attach: write to its stdin, send it Ctrl-C, and read.",
    },
    {
        .name = "control",
        .type = SP_SCHEMA_ACCOUNTS,
        .offset = offsetof(struct sp_worker_config, allow[SP_RIGHT_CONTROL]),
        .without = "nobody else",
        .example = "[CORP\\operators]",
        .help = "Who may start, stop and restart it, see everybody's sessions and logs, and send "
                "signals to them or drop them.",
    },
};

const struct sp_schema sp_schema_worker_allow = {
    .noun = "a worker's allow",
    .keys = allow_keys,
    .key_count = sizeof allow_keys / sizeof *allow_keys,
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
                "arguments need one program to go to. Nor with `mode: shared`, whose one process "
                "is not started for a client.",
    },
    {
        .name = "allow",
        .type = SP_SCHEMA_SECTION,
        .section = &sp_schema_worker_allow,
        .without = "nobody but those who may administer the service",
        .example = "{write: [CORP\\analysts], read: [BUILTIN\\Users]}",
        .help = "Who may do what with this worker, besides those who may administer the service. "
                "Accounts and groups are written as Windows shows them, or as SIDs.",
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
        .name = "run_as",
        .type = SP_SCHEMA_RUN_AS,
        .value = "service",
        .words = {"service", "client"},
        .example = "{user: CORP\\svc-reports}",
        .help = "Whom the worker runs as. `service`: as the service does. `client`: as the client "
                "whom it serves, which must say so (`standpipe attach --impersonate`); not with "
                "`mode: shared` or `warm`. `{user: NAME}`: as that account, with its password from "
                "`standpiped secret set WORKER`. Both of these have the environment of that user, "
                "and start in the folder of its profile unless `folder` names one.",
    },
    {
        .name = "restricted",
        .type = SP_SCHEMA_FLAG,
        .offset = offsetof(struct sp_worker_config, restricted),
        .value = "false",
        .words = {"false", "true"},
        .example = "true",
        .help = "Whether the worker runs without any privilege (but for walking through folders, "
                "SeChangeNotifyPrivilege) and without the rights of Administrators, whomever it "
                "runs as.",
    },
    {
        .name = "console",
        .type = SP_SCHEMA_CHOICE,
        .offset = offsetof(struct sp_worker_config, console),
        .value = "hidden",
        .words = {"hidden", "none"},
        .example = "none",
        .help = "`hidden`: a console without a window, which programs that ask for one need, and "
                "through which Ctrl-C reaches the worker. `none`: no console, which starts faster.",
    },
    {
        .name = "tty",
        .type = SP_SCHEMA_FLAG,
        .offset = offsetof(struct sp_worker_config, tty),
        .value = "false",
        .words = {"false", "true"},
        .example = "true",
        .help = "Whether it runs in a terminal: it finds a screen and a keyboard, so that shells, "
                "editors and prompts do what they do at a console, and the client's console is "
                "both of them. stdout and stderr are one stream then, with control sequences. Not "
                "for a `pipeline`, nor with `console: none` or `warm`.",
    },
    {
        .name = "mode",
        .type = SP_SCHEMA_CHOICE,
        .offset = offsetof(struct sp_worker_config, mode),
        .value = "private",
        .words = {"private", "shared"},
        .example = "shared",
        .help = "`private`: a process for each client, which ends with it. `shared`: one process "
                "for all clients, which outlives them: they come, detach and come back, each sees "
                "all output, and what they type goes to the one stdin.",
    },
    {
        .name = "autostart",
        .type = SP_SCHEMA_FLAG,
        .offset = offsetof(struct sp_worker_config, autostart),
        .value = "false",
        .words = {"false", "true"},
        .example = "true",
        .help = "Whether it is started with the service, and not only when the first client "
                "attaches. Only with `mode: shared`.",
    },
    {
        .name = "restart",
        .type = SP_SCHEMA_CHOICE,
        .offset = offsetof(struct sp_worker_config, restart),
        .value = "on-failure",
        .words = {"on-failure", "always", "never"},
        .example = "always",
        .help = "When a worker that nobody stopped is started again: after an exit code other "
                "than 0, after every exit, or never. It waits before it does, 1 s at first and "
                "twice as long each time, up to 60 s; a run of 60 s begins anew. For `mode: "
                "shared` and for workers that `warm` starts ahead: a private worker ends with its "
                "client.",
    },
    {
        .name = "slow",
        .type = SP_SCHEMA_CHOICE,
        .offset = offsetof(struct sp_worker_config, slow),
        .value = "drop",
        .words = {"drop", "block", "disconnect"},
        .example = "disconnect",
        .help = "What becomes of a client that reads so slowly that what it has not read yet no "
                "longer fits the `history`. `drop`: it misses that part, and is told how much. "
                "`block`: the worker waits for it, and so do all other clients. `disconnect`: it "
                "is sent away. Only with `mode: shared`.",
    },
    {
        .name = "history",
        .type = SP_SCHEMA_SIZE,
        .offset = offsetof(struct sp_worker_config, history_bytes),
        .value = "1MiB",
        .min = "64KiB",
        .max = "64MiB",
        .example = "16MiB",
        .help = "How much of each output is kept in memory for clients that come later "
                "(`standpipe attach --replay`) or read slowly. Only with `mode: shared`.",
    },
    {
        .name = "warm",
        .type = SP_SCHEMA_NUMBER,
        .offset = offsetof(struct sp_worker_config, warm),
        .value = "0",
        .min = "0",
        .max = "64",
        .example = "2",
        .help = "How many workers are started ahead of their clients, so that the next one finds "
                "its worker running; one that is taken is replaced. They don't know whom they will "
                "serve, and a client that brings arguments gets a new one. Not with `mode: "
                "shared`.",
    },
    {
        .name = "resume",
        .type = SP_SCHEMA_DURATION,
        .offset = offsetof(struct sp_worker_config, resume_ms),
        .without = "`60s` for clients from the network, `0s` for others",
        .min = "0s",
        .max = "24h",
        .example = "5m",
        .help = "How long a session waits for a client whose connection broke. The client "
                "reconnects by itself, and all streams go on at the byte where they were. `0s`: "
                "not at all.",
    },
    {
        .name = "drain",
        .type = SP_SCHEMA_DURATION,
        .offset = offsetof(struct sp_worker_config, drain_ms),
        .without = "the file's `drain`",
        .min = "0s",
        .max = "10m",
        .example = "30s",
        .help = "How long output may still flow after this worker's exit.",
    },
    {
        .name = "stop",
        .type = SP_SCHEMA_SECTION,
        .section = &sp_schema_worker_stop,
        .without = "the file's `stop`",
        .example = "{stdin: 10s, signal: 30s}",
        .help = "How this worker is stopped; what is not said here is as the file says.",
    },
    {
        .name = "logs",
        .type = SP_SCHEMA_SECTION,
        .section = &sp_schema_worker_logs,
        .without = "as below",
        .example = "{streams: both, size: 1MiB, age: 1d, files: 10}",
        .help = "Log files of what the worker writes, for `standpipe logs`. Where a disk is full "
                "or a file can't be written, the log has a gap; clients never notice.",
    },
    {
        .name = "limits",
        .type = SP_SCHEMA_SECTION,
        .section = &sp_schema_worker_limits,
        .without = "none",
        .example = "{memory: 512MiB, processes: 8, per_user: 4, idle_time: 15m}",
        .help = "What the worker and its clients may take. Whoever is refused is told which limit "
                "it was, and so is the service's log.",
    },
};

const struct sp_schema sp_schema_worker = {
    .title = "A worker",
    .noun = "a worker",
    .help = "Keys below a worker's name, which stands below `workers`.",
    .keys = worker_keys,
    .key_count = sizeof worker_keys / sizeof *worker_keys,
};

/* The reader writes a choice as an int. */
_Static_assert(sizeof(enum sp_console) == sizeof(int), "enum sp_console is no int");
_Static_assert(sizeof(enum sp_mode) == sizeof(int), "enum sp_mode is no int");
_Static_assert(sizeof(enum sp_restart) == sizeof(int), "enum sp_restart is no int");
_Static_assert(sizeof(enum sp_slow) == sizeof(int), "enum sp_slow is no int");
_Static_assert(sizeof(enum sp_capture) == sizeof(int), "enum sp_capture is no int");
_Static_assert(sizeof stop_keys / sizeof *stop_keys <= SP_SCHEMA_KEYS_MAX, "too many keys");
_Static_assert(sizeof logs_keys / sizeof *logs_keys <= SP_SCHEMA_KEYS_MAX, "too many keys");
_Static_assert(sizeof allow_keys / sizeof *allow_keys <= SP_SCHEMA_KEYS_MAX, "too many keys");
_Static_assert(sizeof worker_keys / sizeof *worker_keys <= SP_SCHEMA_KEYS_MAX, "too many keys");
