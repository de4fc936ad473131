/* win32/pipeline.c - a | b | c: programs linked stdout to stdin, in one job. */
#include "win32/pipeline.h"

#include <stdlib.h>
#include <windows.h>

#include "win32/error.h"
#include "win32/job.h"
#include "win32/pipe.h"

/* The exit code of programs that are ended because another could not be started. */
enum { STARTED_IN_VAIN = 1 };

static sp_status at_stage(const struct w32_pipeline_options *o, size_t i, sp_status status,
                          struct sp_error *err)
{
    if (status != SP_OK && o->stage_count > 1)
        sp_error_prefix(err, "program %zu of %zu: ", i + 1, o->stage_count);
    return status;
}

/* Starts stage i between the pipe from the stage before and the pipe to the one after. */
static sp_status start_stage(const struct w32_pipeline_options *o, size_t i, w32_handle in,
                             w32_handle out, struct w32_pipeline *p, struct sp_error *err)
{
    struct w32_spawn_options what = {
        .argv = o->stages[i].argv,
        .argc = o->stages[i].argc,
        .env = o->env,
        .env_count = o->env_count,
        .folder = o->folder,
        .in = in,
        .out = out,
        .err = o->err,
        .job = p->job,
        .console = o->console,
        .terminal = o->terminal,
        .token = o->token,
    };
    return at_stage(o, i, w32_spawn(&what, &p->children[i], err), err);
}

/* Before the first is started: half a pipeline may do harm that none would have done. */
static sp_status find_all(const struct w32_pipeline_options *o, struct sp_error *err)
{
    sp_status status = SP_OK;
    for (size_t i = 0; i < o->stage_count && status == SP_OK; i++) {
        char *path = NULL;
        if (o->stages[i].argc == 0 || o->stages[i].argv[0] == NULL)
            status = sp_fail(err, SP_EINVAL, 0, "there is no program to start");
        else
            status = w32_program_find(o->stages[i].argv[0], o->folder, &path, err);
        status = at_stage(o, i, status, err);
        free(path);
    }
    return status;
}

static sp_status start_all(const struct w32_pipeline_options *o, struct w32_pipeline *p,
                           struct sp_error *err)
{
    sp_status status = SP_OK;
    w32_handle from_before = NULL; /* owned: what the stage before writes */
    for (size_t i = 0; i < o->stage_count && status == SP_OK; i++) {
        bool last = i + 1 == o->stage_count;
        struct w32_pipe link = {0};
        if (!last)
            status = w32_pipe_open(NULL, &link, err);
        if (status == SP_OK)
            status =
                start_stage(o, i, i == 0 ? o->in : from_before, last ? o->out : link.write, p, err);
        /* First of all those that run are ended: they shall not see a pipe break and complain. */
        if (status != SP_OK)
            w32_job_end(p->job, STARTED_IN_VAIN);
        /* An end that stays open here would keep its neighbour waiting for ever. */
        w32_handle_close(&from_before);
        w32_handle_close(&link.write);
        from_before = link.read;
    }
    w32_handle_close(&from_before);
    return status;
}

static sp_status limit(const struct w32_pipeline_options *o, struct w32_pipeline *p,
                       struct sp_error *err)
{
    if (o->limits == NULL)
        return SP_OK;
    sp_status status = w32_job_limit(p->job, o->limits, err);
    p->cpu_free = status == SP_EUNSUPPORTED;
    return p->cpu_free ? SP_OK : status;
}

sp_status w32_pipeline_open(const struct w32_pipeline_options *options, struct w32_pipeline *out,
                            struct sp_error *err)
{
    if (options->stage_count == 0)
        return sp_fail(err, SP_EINVAL, 0, "a pipeline needs at least one program");
    struct w32_pipeline p = {.child_count = options->stage_count};
    p.children = calloc(p.child_count, sizeof *p.children);
    if (p.children == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a pipeline of %zu programs",
                       p.child_count);
    sp_status status = options->stage_count > 1 ? find_all(options, err) : SP_OK;
    if (status == SP_OK)
        status = w32_job_open(&p.job, err);
    if (status == SP_OK)
        status = limit(options, &p, err);
    if (status == SP_OK)
        status = start_all(options, &p, err);
    if (status != SP_OK) {
        w32_pipeline_close(&p);
        return status;
    }
    *out = p;
    return SP_OK;
}

static uint32_t time_left(uint64_t start, uint32_t timeout_ms)
{
    if (timeout_ms == W32_FOREVER)
        return W32_FOREVER;
    uint64_t passed = GetTickCount64() - start;
    return passed >= timeout_ms ? 0 : (uint32_t)(timeout_ms - passed);
}

sp_status w32_pipeline_wait(const struct w32_pipeline *p, uint32_t timeout_ms, uint32_t *codes,
                            struct sp_error *err)
{
    uint64_t start = GetTickCount64();
    uint32_t *ended = calloc(p->child_count, sizeof *ended);
    if (ended == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for %zu exit codes", p->child_count);
    sp_status status = SP_OK;
    /* One after the other: all have to end, and there may be more than one wait can take. */
    for (size_t i = 0; i < p->child_count && status == SP_OK; i++)
        status = w32_child_wait(&p->children[i], time_left(start, timeout_ms), &ended[i], err);
    for (size_t i = 0; i < p->child_count && status == SP_OK && codes != NULL; i++)
        codes[i] = ended[i];
    free(ended);
    return status;
}

uint32_t w32_pipeline_code(const uint32_t *codes, size_t count)
{
    for (size_t i = count; i > 0; i--)
        if (codes[i - 1] != 0)
            return codes[i - 1];
    return 0;
}

void w32_pipeline_close(struct w32_pipeline *p)
{
    for (size_t i = 0; i < p->child_count; i++)
        w32_child_close(&p->children[i]);
    free(p->children);
    w32_handle_close(&p->job);
    *p = (struct w32_pipeline){0};
}
