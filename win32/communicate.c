/* win32/communicate.c - give a program its input, get its output: one call, no deadlock. One
 * thread waits for all of it at once: our ends of the pipes are overlapped. */
#include "win32/communicate.h"

#include <stdlib.h>
#include <windows.h>

#include "win32/error.h"
#include "win32/job.h"
#include "win32/overlapped.h"
#include "win32/pipe.h"

enum {
    PIPE_BYTES = 256 * 1024,
    LEAST_ROOM_BYTES = 64 * 1024,
    MOST_AT_ONCE_BYTES = 1024 * 1024,
    ENDED_CODE = 1, /* of what is ended because its time is over */
};

enum { TO_STDIN, FROM_STDOUT, FROM_STDERR, STREAM_COUNT };

/* Our end of a pipe and what moves through it. {0} is an ended one. */
struct stream {
    w32_handle pipe; /* owned; NULL: ended */
    struct w32_overlapped op;
    struct sp_bytes rest;   /* to write; borrowed */
    struct sp_buffer *into; /* to fill; borrowed; NULL: this one writes */
    unsigned char beyond;   /* where a byte goes that is one too many */
};

struct exchange {
    struct stream streams[STREAM_COUNT];
    const struct w32_pipeline *programs;
    size_t ended_count; /* the first so many of the programs have ended */
    bool job_ended;
    bool timed_out;
    uint64_t deadline;    /* UINT64_MAX: none */
    uint64_t drain_until; /* UINT64_MAX: a program still runs */
};

static void stream_close(struct stream *s)
{
    if (s->pipe == NULL)
        return;
    w32_overlapped_deinit(&s->op); /* the buffer is ours again only after this */
    w32_handle_close(&s->pipe);
}

/* The other side has closed its end: for a reader the end, for a writer nobody reads any more. */
static bool is_end(sp_status status)
{
    return status == SP_EEND || status == SP_EBROKEN;
}

static sp_status begin_write(struct stream *s, struct sp_error *err)
{
    if (s->rest.len == 0) {
        stream_close(s); /* this is how the program sees the end of its input */
        return SP_OK;
    }
    size_t len = s->rest.len < MOST_AT_ONCE_BYTES ? s->rest.len : MOST_AT_ONCE_BYTES;
    return w32_overlapped_write(&s->op, s->rest.data, (uint32_t)len, err);
}

static sp_status begin_read(struct stream *s, struct sp_error *err)
{
    struct sp_buffer *b = s->into;
    size_t allowed = b->max == 0 ? SIZE_MAX : b->max - b->len;
    /* Full: whether that was all can only be seen by asking for one byte more. */
    if (allowed == 0)
        return w32_overlapped_read(&s->op, &s->beyond, 1, err);
    size_t room = allowed < LEAST_ROOM_BYTES ? allowed : LEAST_ROOM_BYTES;
    sp_status status = sp_buffer_reserve(b, room, err);
    if (status != SP_OK)
        return status;
    room = b->cap - b->len;
    room = room < allowed ? room : allowed;
    room = room < MOST_AT_ONCE_BYTES ? room : MOST_AT_ONCE_BYTES;
    return w32_overlapped_read(&s->op, b->data + b->len, (uint32_t)room, err);
}

static sp_status stream_begin(struct stream *s, struct sp_error *err)
{
    struct sp_error why = {0};
    sp_status status = s->into == NULL ? begin_write(s, &why) : begin_read(s, &why);
    if (is_end(status)) {
        stream_close(s);
        return SP_OK;
    }
    if (status != SP_OK && err != NULL)
        *err = why;
    return status;
}

static sp_status count_moved(struct stream *s, uint32_t bytes, struct sp_error *err)
{
    if (s->into == NULL) {
        s->rest.data = (const unsigned char *)s->rest.data + bytes;
        s->rest.len -= bytes;
        return SP_OK;
    }
    if (bytes > 0 && s->into->max != 0 && s->into->len == s->into->max)
        return sp_fail(err, SP_ETOOBIG, 0, "a program wrote more than the %zu bytes allowed",
                       s->into->max);
    /* Nothing at all is no end: somebody wrote zero bytes. */
    s->into->len += bytes;
    return SP_OK;
}

/* Takes the outcome of a completed operation and begins the next. */
static sp_status stream_go_on(struct stream *s, struct sp_error *err)
{
    struct sp_error why = {0};
    uint32_t bytes = 0;
    sp_status status = w32_overlapped_wait(&s->op, W32_FOREVER, &bytes, &why);
    if (is_end(status)) {
        stream_close(s);
        return SP_OK;
    }
    if (status == SP_OK)
        status = count_moved(s, bytes, &why);
    if (status == SP_OK)
        return stream_begin(s, err);
    if (err != NULL)
        *err = why;
    return status;
}

static bool outputs_ended(const struct exchange *x)
{
    return x->streams[FROM_STDOUT].pipe == NULL && x->streams[FROM_STDERR].pipe == NULL;
}

static bool programs_ended(const struct exchange *x)
{
    return x->ended_count == x->programs->child_count;
}

static void end_job(struct exchange *x, uint64_t now)
{
    w32_job_end(x->programs->job, ENDED_CODE);
    x->job_ended = true;
    x->drain_until = now + W32_COMMUNICATE_DRAIN_MS;
}

/* False when there is nothing more to wait for. */
static bool watch_the_clock(struct exchange *x, bool silent)
{
    uint64_t now = GetTickCount64();
    if (now >= x->deadline) {
        x->timed_out = true;
        x->deadline = UINT64_MAX;
        end_job(x, now);
    }
    if (now < x->drain_until)
        return true;
    /* What the programs left in a pipe is there at once: only a silent one is given up. */
    if (x->job_ended)
        return !silent;
    end_job(x, now);
    return true;
}

static DWORD time_to_wait(const struct exchange *x)
{
    uint64_t until = x->deadline < x->drain_until ? x->deadline : x->drain_until;
    if (until == UINT64_MAX)
        return INFINITE;
    uint64_t now = GetTickCount64();
    uint64_t left = until > now ? until - now : 0;
    return left < INFINITE ? (DWORD)left : INFINITE - 1;
}

/* Waits for the streams and the next program to end. They end in any order, but all must. */
static sp_status wait_for_news(struct exchange *x, bool *silent, struct sp_error *err)
{
    HANDLE events[STREAM_COUNT + 1];
    DWORD count = 0;
    for (size_t i = 0; i < STREAM_COUNT; i++)
        if (x->streams[i].pipe != NULL)
            events[count++] = x->streams[i].op.event;
    if (!programs_ended(x))
        events[count++] = x->programs->children[x->ended_count].process;
    DWORD waited = WaitForMultipleObjects(count, events, FALSE, time_to_wait(x));
    if (waited == WAIT_FAILED)
        return w32_fail(err, GetLastError(), "waiting for a program");
    *silent = waited == WAIT_TIMEOUT;
    return SP_OK;
}

static bool is_signaled(w32_handle h)
{
    return WaitForSingleObject(h, 0) == WAIT_OBJECT_0;
}

/* All that is ready gets its turn, so that no stream can starve another. */
static sp_status take_news(struct exchange *x, struct sp_error *err)
{
    sp_status status = SP_OK;
    for (size_t i = 0; i < STREAM_COUNT && status == SP_OK; i++)
        if (x->streams[i].pipe != NULL && is_signaled(x->streams[i].op.event))
            status = stream_go_on(&x->streams[i], err);
    bool ran = !programs_ended(x);
    while (!programs_ended(x) && is_signaled(x->programs->children[x->ended_count].process))
        x->ended_count++;
    if (ran && programs_ended(x) && !x->job_ended)
        x->drain_until = GetTickCount64() + W32_COMMUNICATE_DRAIN_MS;
    return status;
}

static sp_status exchange_run(struct exchange *x, struct sp_error *err)
{
    bool silent = false;
    sp_status status = SP_OK;
    for (size_t i = 0; i < STREAM_COUNT && status == SP_OK; i++)
        if (x->streams[i].pipe != NULL)
            status = stream_begin(&x->streams[i], err);
    while (status == SP_OK && !(outputs_ended(x) && programs_ended(x)) &&
           watch_the_clock(x, silent)) {
        status = wait_for_news(x, &silent, err);
        if (status == SP_OK)
            status = take_news(x, err);
    }
    if (status == SP_OK && x->timed_out)
        status = sp_fail(err, SP_ETIMEOUT, 0, "the time given ran out, and the program was ended");
    return status;
}

/* Makes a pipe: our end goes into the stream, the child's into *theirs. */
static sp_status stream_open(struct stream *s, enum w32_pipe_async async, w32_handle *theirs,
                             struct sp_error *err)
{
    struct w32_pipe pipe = {0};
    struct w32_pipe_options options = {.async = async, .size_bytes = PIPE_BYTES};
    sp_status status = w32_pipe_open(&options, &pipe, err);
    if (status != SP_OK)
        return status;
    bool writes = async == W32_PIPE_ASYNC_WRITE;
    w32_handle ours = writes ? pipe.write : pipe.read;
    *theirs = writes ? pipe.read : pipe.write;
    status = w32_overlapped_init(&s->op, ours, err);
    if (status == SP_OK)
        s->pipe = ours;
    else
        w32_handle_close(&ours);
    return status;
}

/* Starts the programs with the other ends of our pipes, and keeps none of those ends. */
static sp_status start(const struct w32_pipeline_options *what, struct exchange *x,
                       struct w32_pipeline *programs, struct sp_error *err)
{
    struct w32_pipeline_options options = *what;
    w32_handle theirs[STREAM_COUNT] = {0};
    sp_status status =
        stream_open(&x->streams[TO_STDIN], W32_PIPE_ASYNC_WRITE, &theirs[TO_STDIN], err);
    if (status == SP_OK)
        status =
            stream_open(&x->streams[FROM_STDOUT], W32_PIPE_ASYNC_READ, &theirs[FROM_STDOUT], err);
    if (status == SP_OK && what->err == NULL)
        status =
            stream_open(&x->streams[FROM_STDERR], W32_PIPE_ASYNC_READ, &theirs[FROM_STDERR], err);
    options.in = theirs[TO_STDIN];
    options.out = theirs[FROM_STDOUT];
    if (what->err == NULL)
        options.err = theirs[FROM_STDERR];
    if (status == SP_OK)
        status = w32_pipeline_open(&options, programs, err);
    for (size_t i = 0; i < STREAM_COUNT; i++)
        w32_handle_close(&theirs[i]);
    return status;
}

static sp_status take_code(const struct w32_pipeline *programs, uint32_t *code,
                           struct sp_error *err)
{
    uint32_t *codes = calloc(programs->child_count, sizeof *codes);
    if (codes == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for %zu exit codes", programs->child_count);
    sp_status status = w32_pipeline_wait(programs, W32_FOREVER, codes, err);
    if (status == SP_OK)
        *code = w32_pipeline_code(codes, programs->child_count);
    free(codes);
    return status;
}

sp_status w32_pipeline_communicate(const struct w32_pipeline_options *what, struct sp_bytes input,
                                   uint32_t timeout_ms, struct w32_outcome *outcome,
                                   struct sp_error *err)
{
    if (what->in != NULL || what->out != NULL)
        return sp_fail(err, SP_EINVAL, 0, "w32_communicate makes stdin and stdout itself");
    struct w32_pipeline programs = {0};
    struct exchange x = {.programs = &programs, .deadline = UINT64_MAX, .drain_until = UINT64_MAX};
    if (timeout_ms != W32_FOREVER)
        x.deadline = GetTickCount64() + timeout_ms;
    x.streams[TO_STDIN].rest = input;
    x.streams[FROM_STDOUT].into = &outcome->output;
    x.streams[FROM_STDERR].into = &outcome->errors;
    sp_status status = start(what, &x, &programs, err);
    if (status == SP_OK)
        status = exchange_run(&x, err);
    if (status == SP_OK)
        status = take_code(&programs, &outcome->exit_code, err);
    for (size_t i = 0; i < STREAM_COUNT; i++)
        stream_close(&x.streams[i]);
    w32_pipeline_close(&programs); /* ends the job: nothing outlives the call */
    return status;
}

sp_status w32_communicate(const struct w32_spawn_options *what, struct sp_bytes input,
                          uint32_t timeout_ms, struct w32_outcome *outcome, struct sp_error *err)
{
    if (what->job != NULL)
        return sp_fail(err, SP_EINVAL, 0, "w32_communicate makes the job itself");
    struct w32_stage stage = {.argv = what->argv, .argc = what->argc};
    struct w32_pipeline_options options = {
        .stages = &stage,
        .stage_count = 1,
        .env = what->env,
        .env_count = what->env_count,
        .folder = what->folder,
        .in = what->in,
        .out = what->out,
        .err = what->err,
        .console = what->console,
        .token = what->token,
    };
    return w32_pipeline_communicate(&options, input, timeout_ms, outcome, err);
}

void w32_outcome_deinit(struct w32_outcome *outcome)
{
    sp_buffer_deinit(&outcome->output);
    sp_buffer_deinit(&outcome->errors);
    outcome->exit_code = 0;
}
