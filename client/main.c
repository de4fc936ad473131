/* client/main.c - standpipe: which verb, and what all verbs share. UTF-16 ends here. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "client/verbs.h"
#include "core/args_completion.h"
#include "core/text.h"
#include "win32/console.h"
#include "win32/process.h"
#include "win32/rawmode.h"
#include "win32/text.h"

/* MinGW's start-up would expand wildcards in our arguments; they are the worker's. */
extern int _dowildcard; /* NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
int _dowildcard = 0;    /* NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

int wmain(int argc, wchar_t **argv);

void cli_complain(const char *format, ...)
{
    char text[SP_ERROR_TEXT_MAX + 256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    w32_printf(W32_STDERR, "standpipe: %s%s\n", text, w32_rawmode_is_on() ? "\r" : "");
}

struct cli_target cli_target_of(const struct sp_args *args)
{
    return (struct cli_target){.host = args->values[1],
                               .pipe = args->values[0] == NULL ? "standpipe" : args->values[0]};
}

/* ------------------------------------------------------------------ help and version */

/* Prints a text that was put together with status, and drops it. */
static int print_text(sp_status status, struct sp_buffer *text, const struct sp_error *err)
{
    if (status == SP_OK)
        status = w32_print(W32_STDOUT, (const char *)text->data, text->len);
    else
        cli_complain("%s", err->what);
    sp_buffer_deinit(text);
    return status == SP_OK ? 0 : CLI_REFUSED;
}

static int print_help(const struct sp_verb *verb)
{
    struct sp_buffer text = {0};
    struct sp_error err = {0};
    sp_status status = verb == NULL ? sp_program_help(&cli_program, &text, &err)
                                    : sp_verb_help(&cli_program, verb, &text, &err);
    return print_text(status, &text, &err);
}

static int help(const struct sp_args *args)
{
    const struct sp_verb *verb = NULL;
    struct sp_error err;
    if (args->operand_count > 0 &&
        sp_verb_find(&cli_program, args->operands[0], &verb, &err) != SP_OK) {
        cli_complain("%s", err.what);
        return CLI_REFUSED;
    }
    return print_help(verb);
}

static int version(const struct sp_args *args)
{
    (void)args;
    sp_status status =
        w32_printf(W32_STDOUT, "standpipe %s (protocol %d)\n", SP_VERSION, SP_PROTOCOL_VERSION);
    return status == SP_OK ? 0 : CLI_REFUSED;
}

static int completion(const struct sp_args *args)
{
    struct sp_buffer text = {0};
    struct sp_error err = {0};
    if (strcmp(args->operands[0], "powershell") != 0) {
        cli_complain("there is a completion for \"powershell\", not for \"%s\"",
                     sp_text_excerpt(args->operands[0]).text);
        return CLI_REFUSED;
    }
    sp_status status = sp_completion_powershell(&cli_program, &text, &err);
    return print_text(status, &text, &err);
}

static const struct sp_verb completion_verb = {
    .name = "completion",
    .summary = "Print a script that completes command lines",
    .operands = "powershell",
    .description =
        "Prints a script with which PowerShell completes verbs, options and the names of "
        "workers, which it asks the service for. In your profile ($PROFILE):\n"
        "\n"
        "  standpipe completion powershell | Out-String | Invoke-Expression",
    .operand_min = 1,
    .operand_max = 1,
    .run = completion};

static const struct sp_verb version_verb = {
    .name = "version",
    .summary = "Print the version",
    .description = "Prints the version of this program and of the protocol it speaks.",
    .run = version};

static const struct sp_verb help_verb = {.name = "help",
                                         .summary = "Explain a verb",
                                         .operands = "[VERB]",
                                         .description = "Prints the verbs, or all about one.",
                                         .operand_max = 1,
                                         .run = help};

static const struct sp_verb *const verbs[] = {
    &cli_attach_verb, &cli_ps_verb,      &cli_status_verb,  &cli_top_verb,       &cli_start_verb,
    &cli_stop_verb,   &cli_restart_verb, &cli_logs_verb,    &cli_signal_verb,    &cli_drop_verb,
    &cli_access_verb, &cli_reload_verb,  &cli_metrics_verb, &cli_dashboard_verb, &cli_pipe_verb,
    &cli_doctor_verb, &completion_verb,  &version_verb,     &help_verb};

const struct sp_program cli_program = {
    .name = "standpipe",
    .description = "Attaches stdin, stdout and stderr to programs that the Standpipe service "
                   "hosts, on this machine or another one, over a named pipe.",
    .verbs = verbs,
    .verb_count = sizeof verbs / sizeof *verbs,
};

/* ------------------------------------------------------------------ which verb */

static int run(size_t count, const char *const *words)
{
    struct sp_args args = {0};
    struct sp_error err;
    const struct sp_verb *verb = NULL;
    if (count > 0 && sp_arg_is_help(words[0]))
        return print_help(NULL);
    if (count > 0 && strcmp(words[0], "--version") == 0)
        return version(NULL);
    sp_status status = sp_verb_find(&cli_program, count == 0 ? NULL : words[0], &verb, &err);
    if (status == SP_OK)
        status = sp_args_parse(&cli_program, verb, words + 1, count - 1, &args, &err);
    if (status != SP_OK) {
        cli_complain("%s", err.what);
        return CLI_REFUSED;
    }
    int code = args.help ? print_help(verb) : verb->run(&args);
    sp_args_deinit(&args);
    return code;
}

int wmain(int argc, wchar_t **argv)
{
    size_t count = argc < 1 ? 0 : (size_t)argc - 1;
    char **words = calloc(count + 1, sizeof *words);
    struct sp_error err = {0};
    sp_status status = words == NULL ? sp_fail(&err, SP_ENOMEM, 0, "no memory") : SP_OK;
    for (size_t i = 0; status == SP_OK && i < count; i++)
        status = w32_utf8(argv[i + 1], &words[i], &err);
    if (status != SP_OK) {
        cli_complain("%s", err.what);
        return CLI_REFUSED;
    }
    /* Threads of `attach` may still be at work and read the words: no clean-up, an end at once. */
    w32_exit((uint32_t)run(count, (const char *const *)words));
}
