/* core/config_schema_limits.c - every key of the config that stands below a worker's `limits`. */
#include "core/config.h"
#include "core/config_schema.h"

static const struct sp_schema_key limits_keys[] = {
    {
        .name = "memory",
        .type = SP_SCHEMA_SIZE,
        .offset = offsetof(struct sp_worker_config, limits.memory_bytes),
        .without = "no limit",
        .min = "1MiB",
        .max = "16TiB",
        .example = "512MiB",
        .help = "How much memory the worker and all that it starts may have together. What they "
                "ask for beyond it they don't get, and it is up to them what comes of that.",
    },
    {
        .name = "processes",
        .type = SP_SCHEMA_NUMBER,
        .offset = offsetof(struct sp_worker_config, limits.processes),
        .without = "no limit",
        .min = "1",
        .max = "10000",
        .example = "8",
        .help = "How many processes the worker and all that it starts may be at once. A batch file "
                "takes one of its own, beside the programs that it runs.",
    },
    {
        .name = "cpu",
        .type = SP_SCHEMA_NUMBER,
        .offset = offsetof(struct sp_worker_config, limits.cpu_percent),
        .without = "no limit",
        .min = "1",
        .max = "100",
        .example = "25",
        .help = "How much of the machine's processors they may take together, in percent of all of "
                "them.",
    },
    {
        .name = "instances",
        .type = SP_SCHEMA_NUMBER,
        .offset = offsetof(struct sp_worker_config, limits.instances),
        .without = "no limit",
        .min = "1",
        .max = "100000",
        .example = "20",
        .help = "How many sessions there may be at once, of all users together. Those that `warm` "
                "starts ahead are not counted until they have a client. Not with `mode: shared`, "
                "which has one process.",
    },
    {
        .name = "per_user",
        .type = SP_SCHEMA_NUMBER,
        .offset = offsetof(struct sp_worker_config, limits.per_user),
        .without = "no limit",
        .min = "1",
        .max = "100000",
        .example = "4",
        .help = "How many sessions one user may have at once.",
    },
    {
        .name = "connect_rate",
        .type = SP_SCHEMA_NUMBER,
        .offset = offsetof(struct sp_worker_config, limits.connect_rate),
        .without = "no limit",
        .min = "1",
        .max = "60000",
        .example = "30",
        .help = "How often one user may attach, in times a minute. So many at once are fine; after "
                "that they come back evenly, at 30 a minute one every 2 s. What is refused is not "
                "counted.",
    },
    {
        .name = "session_time",
        .type = SP_SCHEMA_DURATION,
        .offset = offsetof(struct sp_worker_config, limits.session_ms),
        .without = "no limit",
        .min = "1s",
        .max = "30d",
        .example = "8h",
        .help = "How long a session may last. Then a private worker is stopped as `stop` says, and "
                "a client of a shared one is sent away.",
    },
    {
        .name = "idle_time",
        .type = SP_SCHEMA_DURATION,
        .offset = offsetof(struct sp_worker_config, limits.idle_ms),
        .without = "no limit",
        .min = "1s",
        .max = "30d",
        .example = "15m",
        .help = "How long a session may last without a byte that moves, in any of its streams; up "
                "to an eighth more. It ends in the same way. Bytes that go past the service nobody "
                "counts, so this worker's take the relay.",
    },
};

const struct sp_schema sp_schema_worker_limits = {
    .noun = "limits",
    .keys = limits_keys,
    .key_count = sizeof limits_keys / sizeof *limits_keys,
};

_Static_assert(sizeof limits_keys / sizeof *limits_keys <= SP_SCHEMA_KEYS_MAX, "too many keys");
