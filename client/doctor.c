/* client/doctor.c - `standpipe doctor`: what usually goes wrong, and what to do about it. First the
 * service is tried, step by step as `attach` would; then what came of it is told, in the order in
 * which somebody would look. */
#include "client/doctor.h"

#include <stdio.h>
#include <string.h>

#include "client/causes.h"
#include "client/fetch.h"
#include "client/trust.h"
#include "client/verbs.h"
#include "core/rpc.h"
#include "core/text.h"
#include "win32/console.h"
#include "win32/npipe.h"

/* The verb's options, by their place in the table. */
enum { OPTION_NAME = 2, OPTION_JSON };

enum { ANSWER_MS = 10000 };

/* ------------------------------------------------------------------ trying */

static void reach(struct cli_doctor *d)
{
    w32_handle pipe = NULL;
    d->opened = w32_npipe_open(d->target.host, d->target.pipe, W32_NPIPE_BOTH, CLI_CONNECT_MS,
                               &pipe, &d->open_error);
    if (d->opened == SP_OK)
        d->trusted = cli_trust_check(pipe, d->target.pipe, &d->trust_error);
    if (d->opened == SP_OK && d->trusted == SP_OK) {
        d->control.answer_ms = ANSWER_MS;
        d->answered = cli_control_take(&d->control, &pipe, &d->answer_error);
        if (d->answered == SP_OK)
            d->answered =
                cli_control_call(&d->control, "status", NULL, &d->served, &d->answer_error);
    }
    w32_handle_close(&pipe);
}

/* ------------------------------------------------------------------ the way there */

/* Prints a text of a cause as a finding or as advice. */
static void say_cause(struct cli_doctor *d, const char *check, const char *text)
{
    struct sp_buffer line = {0};
    if (cli_cause_print(text, d->target.host, d->target.pipe, &line, NULL) != SP_OK)
        d->findings.status = SP_ENOMEM;
    else if (check != NULL)
        cli_found(&d->findings, check, CLI_CHECK_WRONG, "%.*s (error %u)", (int)line.len,
                  (const char *)line.data, (unsigned)d->open_error.os);
    else
        cli_found_advice(&d->findings, "%.*s", (int)line.len, (const char *)line.data);
    sp_buffer_deinit(&line);
}

static void found_cause(struct cli_doctor *d, const char *check, const struct cli_cause *cause)
{
    if (cause == NULL) { /* its text has the system's words and the code */
        cli_found(&d->findings, check, CLI_CHECK_WRONG, "%s", d->open_error.what);
        if (d->open_error.os != 0)
            cli_found_advice(&d->findings, "what Windows says of it: net helpmsg %u",
                             (unsigned)d->open_error.os);
        return;
    }
    say_cause(d, check, cause->why);
    for (size_t i = 0; i < CLI_ADVICE_MAX && cause->advice[i] != NULL; i++)
        say_cause(d, NULL, cause->advice[i]);
}

/* Each leg before the one that failed is good, those behind it nobody knows. */
static void check_way(struct cli_doctor *d)
{
    static const struct {
        enum cli_leg last; /* of those that the check stands for */
        const char *check, *good;
    } legs[] = {{CLI_LEG_NETWORK, "network", "the machine answers over SMB"},
                {CLI_LEG_LOGON, "logon", "it lets this account log on from the network"},
                {CLI_LEG_ACCESS, "pipe", "it lets this account in"}};
    bool remote = d->target.host != NULL;
    const struct cli_cause *cause =
        d->opened == SP_OK ? NULL : cli_cause_of(d->open_error.os, remote);
    enum cli_leg failed = cause != NULL ? cause->leg : remote ? CLI_LEG_NETWORK : CLI_LEG_PIPE;
    for (size_t i = remote ? 0 : 2; i < sizeof legs / sizeof *legs; i++) {
        bool is_before = i > 0 && failed <= legs[i - 1].last;
        if (d->opened == SP_OK || failed > legs[i].last)
            cli_found(&d->findings, legs[i].check, CLI_CHECK_OK, "%s", legs[i].good);
        else if (is_before)
            cli_found(&d->findings, legs[i].check, CLI_CHECK_SKIPPED, "the way ends before");
        else if (d->down && d->opened == SP_ENOTFOUND)
            cli_found(&d->findings, legs[i].check, CLI_CHECK_SKIPPED, "its service does not run");
        else
            found_cause(d, legs[i].check, cause);
    }
}

/* ------------------------------------------------------------------ who is there */

static void check_owner(struct cli_doctor *d)
{
    if (d->opened != SP_OK)
        cli_found(&d->findings, "owner", CLI_CHECK_SKIPPED, "there is no pipe to look at");
    else if (d->trusted == SP_OK)
        cli_found(&d->findings, "owner", CLI_CHECK_OK,
                  "the pipe is SYSTEM's, the administrators', yours or STANDPIPE_OWNER's");
    else {
        cli_found(&d->findings, "owner", CLI_CHECK_WRONG, "%s", d->trust_error.what);
        cli_found_advice(&d->findings,
                         "until you know who that is, send nothing there: somebody may have taken "
                         "the name while no service ran (standpiped status)");
    }
}

static void found_versions(struct cli_doctor *d)
{
    const char *version = cli_doctor_text(d->served, "version");
    json_int_t protocol = json_integer_value(json_object_get(d->served, "protocol"));
    bool same = version != NULL && strcmp(version, SP_VERSION) == 0;
    if (version == NULL)
        version = "of no version";
    if (protocol != SP_PROTOCOL_VERSION) {
        cli_found(&d->findings, "version", CLI_CHECK_WRONG,
                  "the service (%s) speaks version %lld of the protocol, this program (%s) version "
                  "%d",
                  version, (long long)protocol, SP_VERSION, SP_PROTOCOL_VERSION);
        cli_found_advice(&d->findings, "install the same version on both sides");
    } else if (same)
        cli_found(&d->findings, "version", CLI_CHECK_OK, "both are %s, protocol %d", SP_VERSION,
                  SP_PROTOCOL_VERSION);
    else {
        cli_found(&d->findings, "version", CLI_CHECK_WARNING,
                  "the service is %s, this program %s; both speak version %d of the protocol",
                  version, SP_VERSION, SP_PROTOCOL_VERSION);
        cli_found_advice(&d->findings,
                         "a service that was replaced while it ran serves the new version after: "
                         "standpiped stop, standpiped start");
    }
}

static void check_version(struct cli_doctor *d)
{
    if (d->opened != SP_OK || d->trusted != SP_OK)
        cli_found(&d->findings, "version", CLI_CHECK_SKIPPED, "nobody was asked");
    else if (d->answered == SP_OK)
        found_versions(d);
    else {
        cli_found(&d->findings, "version", CLI_CHECK_WRONG, "the service does not say: %s",
                  d->answer_error.what);
        cli_found_advice(&d->findings,
                         "if that lasts, its log may say why (standpiped status says where)");
    }
}

static void check_serving(struct cli_doctor *d)
{
    if (d->served != NULL)
        cli_doctor_workers(d);
    else
        cli_found(&d->findings, d->worker == NULL ? "workers" : "worker", CLI_CHECK_SKIPPED,
                  "nobody was asked");
}

/* ------------------------------------------------------------------ the verb */

/* " --name NAME", in quotes where it needs them; "" for the default. */
static void write_option(char *out, const char *option, const char *value, const char *otherwise)
{
    const char *quote = strpbrk(value, " \t&|<>^()") == NULL ? "" : "\"";
    if (sp_text_same(value, otherwise))
        out[0] = '\0';
    else
        snprintf(out, CLI_DOCTOR_WORDS, " %s %s%s%s", option, quote, value, quote);
}

/* What is asked, and how it is said. */
static void prepare(struct cli_doctor *d, const struct sp_args *args)
{
    char host[CLI_DOCTOR_WORDS];
    d->target = cli_target_of(args);
    d->service = args->values[OPTION_NAME] == NULL ? "Standpipe" : args->values[OPTION_NAME];
    d->worker = args->operand_count == 0 ? NULL : args->operands[0];
    write_option(d->name_option, "--name", d->service, "Standpipe");
    write_option(d->pipe_option, "--pipe", d->target.pipe, "standpipe");
    write_option(host, "-H", d->target.host == NULL ? "" : d->target.host, "");
    snprintf(d->options, sizeof d->options, "%s%.300s", d->pipe_option, host);
}

static sp_status print(const struct cli_doctor *d, bool as_json, struct sp_buffer *out,
                       struct sp_error *err)
{
    if (!as_json)
        return cli_findings_text(&d->findings, out, err);
    json_t *all = cli_findings_json(&d->findings);
    json_object_set_new(all, "host",
                        d->target.host == NULL ? json_null() : json_string(d->target.host));
    json_object_set_new(all, "pipe", json_string(d->target.pipe));
    json_object_set_new(all, "version", json_string(SP_VERSION));
    json_object_set_new(all, "protocol", json_integer(SP_PROTOCOL_VERSION));
    sp_status status = cli_print_json(all, out, err);
    json_decref(all);
    return status;
}

static int exit_code(const struct cli_doctor *d)
{
    size_t wrong = d->findings.counts[CLI_CHECK_WRONG];
    return wrong == 0 ? 0 : d->no_worker && wrong == 1 ? CLI_NO_WORKER : CLI_REFUSED;
}

static int doctor(const struct sp_args *args)
{
    static struct cli_doctor d;
    struct sp_buffer out = {0};
    struct sp_error err = {0};
    prepare(&d, args);
    if (cli_target_check(&d.target, &err) != SP_OK) {
        cli_complain("%s", err.what);
        return CLI_REFUSED;
    }
    reach(&d);
    cli_doctor_machine(&d);
    check_way(&d);
    check_owner(&d);
    check_version(&d);
    check_serving(&d);
    int code = exit_code(&d);
    sp_status status = print(&d, args->values[OPTION_JSON] != NULL, &out, &err);
    if (status == SP_OK)
        status = w32_print(W32_STDOUT, (const char *)out.data, out.len);
    else
        cli_complain("%s", err.what);
    sp_buffer_deinit(&out);
    cli_control_close(&d.control);
    cli_findings_deinit(&d.findings);
    json_decref(d.served);
    json_decref(d.installed);
    return status == SP_OK ? code : CLI_REFUSED;
}

static const struct sp_option options[] = {
    CLI_TARGET_OPTIONS,
    {"name", "NAME", "The service's name for Windows; default: Standpipe", 0},
    {"json", NULL, "As one JSON object; docs/json.md has its shape", 0}};

const struct sp_verb cli_doctor_verb = {
    .name = "doctor",
    .summary = "Find what is wrong, and say what to do",
    .operands = "[WORKER]",
    .description =
        "Checks what usually goes wrong between this account and a service, or one worker of it: "
        "whether the service is installed and runs, its config, the way to its pipe, whether this "
        "account is let in, whose the pipe is, versions, and what is served to this account. Below "
        "what is wrong stands what to do. Nothing is changed and no worker started.\n"
        "\n"
        "With -H the service is another machine's: what only that machine knows is skipped, so run "
        "it there, too.\n"
        "\n"
        "Exit codes: 0 nothing is wrong, 125 something is, 127 nothing but that there is no such "
        "worker.\n"
        "\n"
        "Examples:\n"
        "  standpipe doctor\n"
        "  standpipe doctor repl\n"
        "  standpipe doctor -H FILESERVER repl",
    .operand_max = 1,
    .options = options,
    .run = doctor,
    .option_count = sizeof options / sizeof *options,
};
