/* service/programs.c - the programs of one run: their processes and our ends of their three
 * streams. */
#include "service/programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/log.h"
#include "service/run_as.h"
#include "win32/job.h"
#include "win32/pipe.h"
#include "win32/process.h"

enum {
    PIPE_BYTES = 1 << 20, /* the kernel's buffer of a stream: a ceiling, not taken while idle */
    OWN_VARIABLES = 4,
    HOLDERS_MAX = 8,
};

/* ------------------------------------------------------------------ what is started */

/* The config's variables and ours behind them: ours win. */
struct environment {
    char **items; /* owned, each owned */
    size_t count;
};

static void environment_deinit(struct environment *e)
{
    for (size_t i = 0; i < e->count; i++)
        free(e->items[i]);
    free(e->items);
    *e = (struct environment){0};
}

static sp_status add_variable(struct environment *e, const char *name, const char *value,
                              struct sp_error *err)
{
    size_t size = strlen(name) + strlen(value) + 2;
    char *item = malloc(size);
    if (item == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for the environment");
    snprintf(item, size, "%s=%s", name, value);
    e->items[e->count++] = item;
    return SP_OK;
}

static sp_status make_environment(const struct svc_programs_options *o, struct environment *out,
                                  struct sp_error *err)
{
    const char *const ours[OWN_VARIABLES][2] = {
        {"STANDPIPE_SESSION", o->session},
        {"STANDPIPE_WORKER", o->config->name},
        {"STANDPIPE_USER", o->user},
        {"STANDPIPE_HOST", o->host},
    };
    struct environment e = {calloc(o->config->env_count + OWN_VARIABLES, sizeof(char *)), 0};
    sp_status status = e.items == NULL ? sp_fail(err, SP_ENOMEM, 0, "no memory") : SP_OK;
    for (size_t i = 0; status == SP_OK && i < o->config->env_count; i++)
        status = add_variable(&e, o->config->env[i].name, o->config->env[i].value, err);
    for (size_t i = 0; status == SP_OK && i < OWN_VARIABLES; i++)
        if (ours[i][1] != NULL)
            status = add_variable(&e, ours[i][0], ours[i][1], err);
    if (status != SP_OK)
        environment_deinit(&e);
    else
        *out = e;
    return status;
}

/* The stages' argv arrays. A client's arguments follow those of the only stage: the config allows
 * them for a `command` alone. */
static sp_status make_stages(const struct svc_programs_options *o, struct w32_stage **out,
                             const char ***argv, struct sp_error *err)
{
    const struct sp_worker_config *c = o->config;
    size_t own = c->stages[0].argc;
    *argv = malloc((own + o->arg_count) * sizeof **argv);
    *out = calloc(c->stage_count, sizeof **out);
    if (*argv == NULL || *out == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a command line");
    for (size_t i = 0; i < c->stage_count; i++)
        (*out)[i] = (struct w32_stage){(const char *const *)c->stages[i].argv, c->stages[i].argc};
    memcpy(*argv, c->stages[0].argv, own * sizeof **argv);
    if (o->arg_count > 0)
        memcpy(*argv + own, o->args, o->arg_count * sizeof **argv);
    (*out)[0] = (struct w32_stage){*argv, own + o->arg_count};
    return SP_OK;
}

/* ------------------------------------------------------------------ starting */

static sp_status open_pipes(const struct svc_programs_options *o,
                            struct w32_pipe pipes[SP_STREAM_COUNT], struct sp_error *err)
{
    sp_status status = SP_OK;
    for (int i = 0; status == SP_OK && i < SP_STREAM_COUNT; i++) {
        if (o->std[i] != NULL)
            continue;
        struct w32_pipe_options options = {
            .async = i == SP_STDIN ? W32_PIPE_ASYNC_WRITE : W32_PIPE_ASYNC_READ,
            .size_bytes = PIPE_BYTES,
        };
        status = w32_pipe_open(&options, &pipes[i], err);
    }
    return status;
}

static sp_status open_pipeline(const struct svc_programs_options *o, const struct w32_pipe *pipes,
                               const struct w32_token *token, struct svc_programs *programs,
                               struct sp_error *err)
{
    const struct w32_job_limits limits = {
        o->config->limits.memory_bytes, o->config->limits.processes, o->config->limits.cpu_percent};
    bool limited = limits.memory_bytes > 0 || limits.processes > 0 || limits.cpu_percent > 0;
    struct environment environment = {0};
    struct w32_stage *stages = NULL;
    const char **argv = NULL;
    w32_handle std[SP_STREAM_COUNT] = {pipes[SP_STDIN].read, pipes[SP_STDOUT].write,
                                       pipes[SP_STDERR].write};
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        if (o->std[i] != NULL)
            std[i] = o->std[i];
    sp_status status = make_environment(o, &environment, err);
    if (status == SP_OK)
        status = make_stages(o, &stages, &argv, err);
    if (status == SP_OK) {
        struct w32_pipeline_options options = {
            .stages = stages,
            .stage_count = o->config->stage_count,
            .env = (const char *const *)environment.items,
            .env_count = environment.count,
            .folder = o->config->folder,
            .in = std[SP_STDIN],
            .out = std[SP_STDOUT],
            .err = std[SP_STDERR],
            .console =
                o->config->console == SP_CONSOLE_NONE ? W32_CONSOLE_NONE : W32_CONSOLE_HIDDEN,
            .terminal = programs->terminal,
            .limits = limited ? &limits : NULL,
            .token = token->primary == NULL ? NULL : token,
        };
        status = w32_pipeline_open(&options, &programs->pipeline, err);
    }
    if (status == SP_OK && programs->pipeline.cpu_free)
        svc_log(SVC_LOG_WARNING,
                "worker '%s' runs without its limit of processor time (limits: cpu): this Windows "
                "has none for jobs",
                o->config->name);
    free(argv);
    free(stages);
    environment_deinit(&environment);
    return status;
}

sp_status svc_programs_open(const struct svc_programs_options *options, struct svc_programs *out,
                            struct sp_error *err)
{
    struct w32_pipe pipes[SP_STREAM_COUNT] = {{0}};
    struct svc_programs programs = {0};
    struct w32_token none = {0}, token = {0};
    sp_status status =
        svc_run_as_open(options->config, options->service,
                        options->client == NULL ? &none : options->client, &token, err);
    if (status == SP_OK)
        status = open_pipes(options, pipes, err);
    if (status == SP_OK && options->config->tty)
        status = w32_terminal_open(options->size, pipes[SP_STDIN].read, pipes[SP_STDOUT].write,
                                   &programs.terminal, err);
    if (status == SP_OK)
        status = open_pipeline(options, pipes, &token, &programs, err);
    w32_token_close(&token);
    if (status == SP_OK) {
        for (int i = 0; i < SP_STREAM_COUNT; i++) {
            w32_handle *end = i == SP_STDIN ? &pipes[i].write : &pipes[i].read;
            programs.ends[i] = *end;
            *end = NULL;
        }
        *out = programs;
    }
    if (status != SP_OK)
        w32_terminal_close(&programs.terminal);
    /* The children's ends must be theirs alone, or we would never see the streams end. */
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        w32_pipe_close(&pipes[i]);
    return status;
}

/* ------------------------------------------------------------------ looking and ending */

bool svc_programs_exited(const struct svc_programs *programs, uint32_t *codes)
{
    return w32_pipeline_wait(&programs->pipeline, 0, codes, NULL) == SP_OK;
}

size_t svc_programs_holders(const struct svc_programs *programs, char *text, size_t size)
{
    uint32_t ids[HOLDERS_MAX];
    size_t count = 0, used = 0;
    text[0] = '\0';
    if (w32_job_processes(programs->pipeline.job, ids, HOLDERS_MAX, &count, NULL) != SP_OK)
        return 0;
    for (size_t i = 0; i < count && i < HOLDERS_MAX && used < size; i++) {
        char name[256];
        w32_process_name(ids[i], name, sizeof name);
        int len = snprintf(text + used, size - used, "%s%s (%u)", i == 0 ? "" : ", ", name,
                           (unsigned)ids[i]);
        used += len < 0 ? 0 : (size_t)len;
    }
    if ((used >= size || count > HOLDERS_MAX) && size > sizeof "...") {
        size_t at = used < size - sizeof "..." ? used : size - sizeof "...";
        memcpy(text + at, "...", sizeof "...");
    }
    return count;
}

void svc_programs_close(struct svc_programs *programs)
{
    w32_pipeline_close(&programs->pipeline);
    w32_terminal_close(&programs->terminal);
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        w32_handle_close(&programs->ends[i]);
    *programs = (struct svc_programs){0};
}
