/* client/doctor_machine.c - the part of `doctor` that only the service's own machine can answer:
 * whether the service is installed and runs, and what its config says. Both are standpiped's to
 * know, so that is asked. */
#include <stdlib.h>
#include <string.h>

#include "client/doctor.h"
#include "core/text.h"
#include "win32/communicate.h"
#include "win32/file.h"
#include "win32/path.h"

enum {
    ASK_MS = 30000,
    SAID_MAX = 256 * 1024, /* bytes of each output */
    MISTAKES_SHOWN = 10,
};

const char *cli_doctor_text(json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* ------------------------------------------------------------------ asking standpiped */

/* The one beside us: another one in PATH would tell of another version. */
static sp_status find_standpiped(char **out, struct sp_error *err)
{
    char *self = NULL, *folder = NULL, *path = NULL;
    sp_status status = w32_path_self(&self, err);
    if (status == SP_OK)
        status = w32_path_folder(self, &folder, err);
    if (status == SP_OK)
        status = w32_path_join(folder, "standpiped.exe", &path, err);
    if (status == SP_OK && !w32_file_exists(path))
        status = sp_fail(err, SP_ENOTFOUND, 0,
                         "standpiped.exe, which would know, is not beside this program");
    if (status == SP_OK) {
        *out = path;
        path = NULL;
    }
    free(path);
    free(folder);
    free(self);
    return status;
}

/* @param words NULL at their end @param said {0}; the caller frees it in any case; both outputs end
 * in NUL on success */
static sp_status ask(const char *const *words, struct w32_outcome *said, struct sp_error *err)
{
    enum { WORDS_MAX = 8 };
    const char *argv[WORDS_MAX];
    char *program = NULL;
    struct w32_spawn_options what = {.argv = argv, .argc = 1, .console = W32_CONSOLE_NONE};
    sp_status status = find_standpiped(&program, err);
    argv[0] = program;
    while (*words != NULL)
        argv[what.argc++] = *words++;
    said->output.max = said->errors.max = SAID_MAX;
    if (status == SP_OK)
        status = w32_communicate(&what, (struct sp_bytes){0}, ASK_MS, said, err);
    said->output.max = said->errors.max = 0;
    if (status == SP_OK)
        status = sp_buffer_append(&said->output, "", 1, err);
    if (status == SP_OK)
        status = sp_buffer_append(&said->errors, "", 1, err);
    free(program);
    return status;
}

/* What a program has said, without the ends of its lines: the next one. @return NULL: no more */
static char *next_line(char **at)
{
    char *line = *at;
    size_t len = strcspn(line, "\r\n");
    if (*line == '\0')
        return NULL;
    *at = line + len + strspn(line + len, "\r\n");
    line[len] = '\0';
    return line;
}

/* ------------------------------------------------------------------ the service */

static sp_status ask_status(struct cli_doctor *d, struct sp_error *err)
{
    struct w32_outcome said = {0};
    sp_status status =
        ask((const char *const[]){"status", "--json", "--name", d->service, NULL}, &said, err);
    if (status == SP_OK) {
        d->installed = json_loads((const char *)said.output.data, 0, NULL);
        char *at = (char *)said.errors.data;
        char *line = next_line(&at);
        if (cli_doctor_text(d->installed, "state") == NULL)
            status = sp_fail(err, SP_EPROTOCOL, 0, "%s",
                             line != NULL ? line : "standpiped status said nothing of use");
    }
    w32_outcome_deinit(&said);
    return status;
}

/* Whether somebody who is trusted has the pipe, whom Windows need not know as this service. */
static bool is_served(const struct cli_doctor *d)
{
    return d->opened == SP_OK && d->trusted == SP_OK;
}

static void found_not_installed(struct cli_doctor *d)
{
    if (is_served(d)) {
        cli_found(&d->findings, "service", CLI_CHECK_OK,
                  "no service %s is installed; the pipe is another program's (standpiped run, or a "
                  "service of another name: --name)",
                  d->service);
        return;
    }
    d->down = true;
    cli_found(&d->findings, "service", CLI_CHECK_WRONG, "the service %s is not installed",
              d->service);
    cli_found_advice(&d->findings, "in an elevated prompt: standpiped install%s%s", d->name_option,
                     d->pipe_option);
    cli_found_advice(&d->findings, "and then: standpiped start%s", d->name_option);
    cli_found_advice(&d->findings, "or to try it without a service: standpiped run%s",
                     d->pipe_option);
}

static void found_stopped(struct cli_doctor *d, const char *state)
{
    const char *why = cli_doctor_text(d->installed, "last_exit");
    const char *log = cli_doctor_text(d->installed, "log");
    d->down = !is_served(d);
    cli_found(&d->findings, "service", d->down ? CLI_CHECK_WRONG : CLI_CHECK_WARNING,
              "the service %s does not run: it is %s%s%s%s", d->service, state,
              why == NULL ? "" : "; it ended: ", why == NULL ? "" : why,
              d->down ? "" : "; its pipe is served by another program");
    cli_found_advice(&d->findings, "in an elevated prompt: standpiped start%s", d->name_option);
    if (log != NULL)
        cli_found_advice(&d->findings, "if it does not stay up, its log says more: %s", log);
}

static void found_service(struct cli_doctor *d)
{
    const char *state = cli_doctor_text(d->installed, "state");
    const char *pipe = cli_doctor_text(d->installed, "pipe");
    if (strcmp(state, "not installed") == 0)
        found_not_installed(d);
    else if (pipe == NULL)
        cli_found(&d->findings, "service", CLI_CHECK_SKIPPED,
                  "the service %s is no Standpipe service: name another with --name", d->service);
    else if (!sp_text_same(pipe, d->target.pipe)) {
        cli_found(&d->findings, "service", CLI_CHECK_SKIPPED,
                  "the service %s is %s and has the pipe '%s', not '%s'", d->service, state, pipe,
                  d->target.pipe);
        cli_found_advice(&d->findings, "to look at that one: standpipe doctor%s --pipe %s",
                         d->name_option, pipe);
    } else if (strcmp(state, "running") == 0)
        cli_found(&d->findings, "service", CLI_CHECK_OK, "%s runs, process %lld", d->service,
                  (long long)json_integer_value(json_object_get(d->installed, "pid")));
    else
        found_stopped(d, state);
}

static void check_service(struct cli_doctor *d)
{
    struct sp_error err = {0};
    if (ask_status(d, &err) == SP_OK)
        found_service(d);
    else
        cli_found(&d->findings, "service", CLI_CHECK_SKIPPED, "%s", err.what);
}

/* ------------------------------------------------------------------ the config */

/* Of the service on our pipe: from itself, or else from Windows. NULL: not known. */
static const char *config_of(const struct cli_doctor *d)
{
    const char *pipe = cli_doctor_text(d->installed, "pipe");
    if (d->served != NULL)
        return cli_doctor_text(d->served, "config");
    if (pipe == NULL || !sp_text_same(pipe, d->target.pipe))
        return NULL;
    return cli_doctor_text(d->installed, "config");
}

/* Than what the service goes by. */
static bool is_newer(const struct cli_doctor *d, const char *path)
{
    uint64_t written_ms = 0;
    json_int_t read = json_integer_value(json_object_get(d->served, "config_read"));
    return read > 0 && w32_file_write_time(path, &written_ms, NULL) == SP_OK &&
           written_ms / 1000 > (uint64_t)read;
}

static void found_mistakes(struct cli_doctor *d, const char *path, char *text)
{
    const char *line;
    size_t count = 0;
    cli_found(&d->findings, "config", CLI_CHECK_WRONG, "%s has mistakes%s", path,
              is_served(d) ? "; the service goes on with what it has read before"
                           : ", with which the service does not start");
    while ((line = next_line(&text)) != NULL)
        if (count++ < MISTAKES_SHOWN)
            cli_found_detail(&d->findings, "%s", line);
    if (count > MISTAKES_SHOWN)
        cli_found_detail(&d->findings, "and %zu lines more", count - MISTAKES_SHOWN);
    cli_found_advice(&d->findings, "mend it, then: standpiped check \"%s\"", path);
    if (is_served(d))
        cli_found_advice(&d->findings, "and then: standpipe reload%s", d->pipe_option);
}

/* Cuts the last line off a text. @return it; the text itself, when that is one line, which leaves
 * *rest empty */
static const char *cut_last_line(char *text, char **rest)
{
    size_t len = strlen(text);
    while (len > 0 && strchr("\r\n", text[len - 1]) != NULL)
        text[--len] = '\0';
    char *end = strrchr(text, '\n');
    *rest = end == NULL ? text + len : text;
    if (end == NULL)
        return text;
    *end = '\0';
    return end + 1;
}

/* All lines but the last are warnings; that one says that it is good. */
static void found_good(struct cli_doctor *d, const char *path, char *text)
{
    char *warnings;
    const char *line, *last = cut_last_line(text, &warnings);
    bool newer = is_newer(d, path);
    cli_found(&d->findings, "config", newer || *warnings != '\0' ? CLI_CHECK_WARNING : CLI_CHECK_OK,
              "%s%s", last,
              newer
                  ? "; it was changed since the service read it, which goes by what it said before"
                  : "");
    while ((line = next_line(&warnings)) != NULL)
        cli_found_detail(&d->findings, "%s", line);
    if (newer)
        cli_found_advice(&d->findings, "standpipe reload%s", d->pipe_option);
}

static void check_config(struct cli_doctor *d)
{
    struct w32_outcome said = {0};
    struct sp_error err = {0};
    const char *path = config_of(d);
    if (path == NULL) {
        cli_found(&d->findings, "config", CLI_CHECK_SKIPPED, "nobody knows which file it would be");
        return;
    }
    sp_status status = ask((const char *const[]){"check", path, NULL}, &said, &err);
    if (status != SP_OK)
        cli_found(&d->findings, "config", CLI_CHECK_SKIPPED, "%s", err.what);
    else if (said.exit_code == 0)
        found_good(d, path, (char *)said.output.data);
    else if (said.output.len > 1)
        found_mistakes(d, path, (char *)said.output.data);
    else {
        char *at = (char *)said.errors.data;
        const char *line = next_line(&at);
        cli_found(&d->findings, "config", CLI_CHECK_WARNING, "%s", line == NULL ? path : line);
    }
    w32_outcome_deinit(&said);
}

void cli_doctor_machine(struct cli_doctor *d)
{
    if (d->target.host == NULL) {
        check_service(d);
        check_config(d);
        return;
    }
    for (size_t i = 0; i < 2; i++)
        cli_found(&d->findings, i == 0 ? "service" : "config", CLI_CHECK_SKIPPED,
                  "%s itself knows: run \"standpipe doctor\" there", d->target.host);
}
