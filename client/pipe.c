/* client/pipe.c - `standpipe pipe`: a pipeline from the command line, without a service. The
 * programs get our own stdin, stdout, stderr and console, as a shell would give them. */
#include <stdlib.h>
#include <string.h>

#include "client/verbs.h"
#include "win32/console.h"
#include "win32/pipeline.h"

static bool is_bar(const char *word)
{
    return strcmp(word, "|") == 0;
}

/* Splits words at "|". A place where a program should be and is not is an error that says where. */
static sp_status split(const char *const *words, size_t count, struct w32_stage *stages,
                       size_t stage_count, struct sp_error *err)
{
    size_t from = 0;
    for (size_t i = 0; i < stage_count; i++) {
        size_t to = from;
        while (to < count && !is_bar(words[to]))
            to++;
        if (to == from)
            return sp_fail(err, SP_EINVAL, 0, "there is no program %s \"|\"",
                           from == 0     ? "before the first"
                           : to == count ? "behind the last"
                                         : "between one \"|\" and the next");
        stages[i] = (struct w32_stage){.argv = words + from, .argc = to - from};
        from = to + 1;
    }
    return SP_OK;
}

/* The programs share our console, so Ctrl-C and Ctrl-Break reach them without our doing, and what
 * they make of it is their affair. We stay, to tell how they ended. */
static void leave_it_to_them(enum w32_interrupt what, void *arg)
{
    (void)what;
    (void)arg;
}

static uint32_t code_of(sp_status status)
{
    return status == SP_ENOTFOUND ? CLI_NO_WORKER : CLI_NO_START;
}

static uint32_t run(const struct w32_stage *stages, size_t stage_count, struct sp_error *err)
{
    struct w32_pipeline_options options = {
        .stages = stages,
        .stage_count = stage_count,
        .in = w32_stream_handle(W32_STDIN),
        .out = w32_stream_handle(W32_STDOUT),
        .err = w32_stream_handle(W32_STDERR),
        .console = W32_CONSOLE_SHARED,
    };
    struct w32_pipeline programs = {0};
    uint32_t code = CLI_REFUSED;
    uint32_t *codes = calloc(stage_count, sizeof *codes);
    sp_status status = codes == NULL ? sp_fail(err, SP_ENOMEM, 0, "no memory")
                                     : w32_on_interrupt(leave_it_to_them, NULL, err);
    if (status != SP_OK)
        goto done;
    status = w32_pipeline_open(&options, &programs, err);
    if (status != SP_OK) {
        code = code_of(status);
        goto done;
    }
    status = w32_pipeline_wait(&programs, W32_FOREVER, codes, err);
    if (status == SP_OK)
        code = w32_pipeline_code(codes, stage_count);
done:
    if (status != SP_OK)
        cli_complain("%s", err->what);
    w32_pipeline_close(&programs);
    free(codes);
    return code;
}

static int run_pipe(const struct sp_args *args)
{
    if (args->rest_count == 0) {
        cli_complain("there is no program to start: standpipe pipe -- PROGRAM [ARGUMENT...] "
                     "\"|\" PROGRAM [ARGUMENT...]");
        return CLI_REFUSED;
    }
    size_t stage_count = 1;
    for (size_t i = 0; i < args->rest_count; i++)
        stage_count += is_bar(args->rest[i]);
    struct sp_error err = {0};
    uint32_t code = CLI_REFUSED;
    struct w32_stage *stages = calloc(stage_count, sizeof *stages);
    sp_status status = stages == NULL
                           ? sp_fail(&err, SP_ENOMEM, 0, "no memory")
                           : split(args->rest, args->rest_count, stages, stage_count, &err);
    if (status == SP_OK)
        code = run(stages, stage_count, &err);
    else
        cli_complain("%s", err.what);
    free(stages);
    return (int)code;
}

const struct sp_verb cli_pipe_verb = {
    .name = "pipe",
    .summary = "Run a pipeline of programs, without a service",
    .operands = "-- PROGRAM [ARGUMENT...] [\"|\" PROGRAM [ARGUMENT...]]...",
    .description =
        "Starts programs linked stdout to stdin. The first reads this program's stdin, the last "
        "writes its stdout, all share its stderr and its console, so Ctrl-C reaches them. Each "
        "argument arrives as it was given. The exit code is the last one that is not 0. "
        "What a program leaves running in the background ends with the pipeline. "
        "The \"|\" is a word of its own, in quotes, so that no shell takes it.\n"
        "\n"
        "A program's name without a folder is looked for beside this program, in Windows' folders "
        "and in PATH, never in the current folder.\n"
        "\n"
        "Exit codes of its own: 125 used wrongly, 126 a program could not be started, 127 there "
        "is no such program.\n"
        "\n"
        "Examples:\n"
        "  standpipe pipe -- sort.exe /R \"|\" more.com < names.txt\n"
        "  standpipe pipe -- .\\extract.exe --since yesterday \"|\" .\\render.exe > report.html",
    .takes_rest = true,
    .run = run_pipe,
};
