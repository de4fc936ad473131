/* service/main.c - standpiped: which verb, and its help. UTF-16 ends here. */
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "service/verbs.h"
#include "win32/console.h"
#include "win32/text.h"

/* MinGW's start-up would expand wildcards in our arguments. */
extern int _dowildcard; /* NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
int _dowildcard = 0;    /* NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

int wmain(int argc, wchar_t **argv);

static int help(const struct sp_args *args);
static int version(const struct sp_args *args);

static const struct sp_verb version_verb = {
    .name = "version", .summary = "Print the version", .run = version};

static const struct sp_verb help_verb = {.name = "help",
                                         .summary = "Explain a verb",
                                         .operands = "[VERB]",
                                         .operand_max = 1,
                                         .run = help};

/* The last three are what this program says to itself: hidden. */
static const struct sp_verb *const verbs[] = {
    &svc_run_verb,     &svc_check_verb,     &svc_install_verb, &svc_start_verb, &svc_stop_verb,
    &svc_status_verb,  &svc_uninstall_verb, &svc_secret_verb,  &version_verb,   &help_verb,
    &svc_service_verb, &svc_worker_verb,    &svc_signal_verb,
};

const struct sp_program svc_program = {
    .name = "standpiped",
    .description =
        "The Standpipe service: serves programs that talk over stdin and stdout to clients on "
        "this machine and others, over named pipes.\n"
        "\n"
        "To try it, in two consoles:\n"
        "  standpiped run\n"
        "  standpipe attach echo\n"
        "\n"
        "To have it start with the machine, in an elevated prompt:\n"
        "  standpiped install\n"
        "  standpiped start",
    .verbs = verbs,
    .verb_count = sizeof verbs / sizeof *verbs,
};

/* ------------------------------------------------------------------ help */

static int print_help(const struct sp_verb *verb)
{
    struct sp_buffer text = {0};
    struct sp_error err = {0};
    sp_status status = verb == NULL ? sp_program_help(&svc_program, &text, &err)
                                    : sp_verb_help(&svc_program, verb, &text, &err);
    if (status == SP_OK)
        status = w32_print(W32_STDOUT, (const char *)text.data, text.len);
    else
        svc_complain("%s", err.what);
    sp_buffer_deinit(&text);
    return status == SP_OK ? SVC_EXIT_OK : SVC_EXIT_FAILED;
}

static int help(const struct sp_args *args)
{
    const struct sp_verb *verb = NULL;
    struct sp_error err;
    if (args->operand_count > 0 &&
        sp_verb_find(&svc_program, args->operands[0], &verb, &err) != SP_OK) {
        svc_complain("%s", err.what);
        return SVC_EXIT_USAGE;
    }
    return print_help(verb);
}

static int version(const struct sp_args *args)
{
    (void)args;
    return w32_printf(W32_STDOUT, "standpiped %s\n", SP_VERSION) == SP_OK ? SVC_EXIT_OK
                                                                          : SVC_EXIT_FAILED;
}

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
    sp_status status = sp_verb_find(&svc_program, count == 0 ? NULL : words[0], &verb, &err);
    if (status == SP_OK)
        status = sp_args_parse(&svc_program, verb, words + 1, count - 1, &args, &err);
    if (status != SP_OK) {
        svc_complain("%s", err.what);
        return SVC_EXIT_USAGE;
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
    int code = SVC_EXIT_USAGE;
    if (status == SP_OK)
        code = run(count, (const char *const *)words);
    else
        svc_complain("%s", err.what);
    for (size_t i = 0; words != NULL && i < count; i++)
        free(words[i]);
    free(words);
    return code;
}
