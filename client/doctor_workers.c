/* client/doctor_workers.c - the part of `doctor` that asks the service: what it serves to this
 * account, and whether that runs. */
#include <stdio.h>
#include <string.h>

#include "client/doctor.h"
#include "client/fetch.h"

enum { NAMES_SHOWN = 8 };

/* A text that the service told, which may tell anything. */
static const char *shown(json_t *text)
{
    return json_is_string(text) ? json_string_value(text) : "?";
}

static const char *name_of(json_t *worker)
{
    return shown(json_object_get(worker, "worker"));
}

static bool is_remote(json_t *worker)
{
    return json_is_true(json_object_get(worker, "remote"));
}

/* A shared worker that should run and does not. */
static bool is_down(json_t *worker)
{
    const char *state = cli_doctor_text(worker, "state");
    return state != NULL && (strcmp(state, "failed") == 0 || strcmp(state, "backoff") == 0);
}

static void advise_remote(struct cli_doctor *d, const char *worker)
{
    cli_found_advice(&d->findings, "in the config of %s, for %s: remote: true", d->target.host,
                     worker);
}

/* ------------------------------------------------------------------ one */

static void say_why_down(struct cli_doctor *d, json_t *worker)
{
    size_t i;
    json_t *line;
    json_array_foreach(json_object_get(worker, "last_words"), i, line)
    {
        cli_found_detail(&d->findings, "%s", shown(line));
    }
    cli_found_advice(&d->findings,
                     "standpipe logs%s %s, and once it is mended: standpipe start%s %s", d->options,
                     d->worker, d->options, d->worker);
}

/* "read, control" */
static void list_rights(json_t *rights, char *out, size_t size)
{
    size_t i, used = 0;
    json_t *right;
    out[0] = '\0';
    json_array_foreach(rights, i, right)
    {
        if (used < size)
            used +=
                (size_t)snprintf(out + used, size - used, "%s%s", i == 0 ? "" : ", ", shown(right));
    }
}

static bool has(json_t *rights, const char *wanted)
{
    size_t i;
    json_t *right;
    json_array_foreach(rights, i, right)
    {
        if (json_is_string(right) && strcmp(json_string_value(right), wanted) == 0)
            return true;
    }
    return false;
}

static void found_no_right(struct cli_doctor *d, json_t *rights)
{
    char may[128];
    list_rights(rights, may, sizeof may);
    cli_found(&d->findings, "worker", CLI_CHECK_WRONG,
              "this account may not attach to '%s'; it may %s", d->worker,
              *may == '\0' ? "do nothing with it" : may);
    if (has(rights, "read"))
        cli_found_advice(&d->findings, "to look on: standpipe attach%s --read-only %s", d->options,
                         d->worker);
    cli_found_advice(&d->findings,
                     "allow: {write: [...]} of that worker must name this account or a group of it "
                     "(whoami /all shows them): ask its administrator");
    cli_found_advice(&d->findings,
                     "who is let in, and why, for who may control it: standpipe access%s %s",
                     d->options, d->worker);
}

static void found_worker(struct cli_doctor *d, json_t *access, json_t *worker)
{
    json_t *rights = json_object_get(access, "you");
    char may[128];
    list_rights(rights, may, sizeof may);
    if (d->target.host != NULL && !is_remote(access)) {
        cli_found(&d->findings, "worker", CLI_CHECK_WRONG, "'%s' is not served to other machines",
                  d->worker);
        advise_remote(d, d->worker);
    } else if (!has(rights, "write"))
        found_no_right(d, rights);
    else if (is_down(worker)) {
        cli_found(&d->findings, "worker", CLI_CHECK_WRONG, "'%s' does not run: its state is %s",
                  d->worker, cli_doctor_text(worker, "state"));
        say_why_down(d, worker);
    } else
        cli_found(&d->findings, "worker", CLI_CHECK_OK, "'%s': this account may %s", d->worker,
                  may);
}

static void check_worker(struct cli_doctor *d)
{
    struct cli_view view = {0};
    struct sp_error err = {0};
    json_t *access = NULL;
    sp_status status = cli_control_call(&d->control, "access",
                                        json_pack("{s:s}", "worker", d->worker), &access, &err);
    d->no_worker = status != SP_OK && d->control.refusal == SP_RPC_NO_WORKER;
    if (status == SP_OK)
        status = cli_fetch(&d->control, d->worker, &view, &err);
    if (status == SP_OK)
        found_worker(d, access, json_array_get(view.workers, 0));
    else
        cli_found(&d->findings, "worker", CLI_CHECK_WRONG, "%s", err.what);
    cli_view_deinit(&view);
    json_decref(access);
}

/* ------------------------------------------------------------------ all */

/* "echo, upper and 3 more" */
static void list_names(json_t *workers, char *out, size_t size)
{
    size_t i, used = 0;
    json_t *worker;
    out[0] = '\0';
    json_array_foreach(workers, i, worker)
    {
        if (i < NAMES_SHOWN && used < size)
            used += (size_t)snprintf(out + used, size - used, "%s%s", i == 0 ? "" : ", ",
                                     name_of(worker));
    }
    if (i > NAMES_SHOWN && used < size)
        snprintf(out + used, size - used, " and %zu more", i - NAMES_SHOWN);
}

static size_t count_of(json_t *workers, bool (*is)(json_t *worker))
{
    size_t i, count = 0;
    json_t *worker;
    json_array_foreach(workers, i, worker)
    {
        count += is(worker);
    }
    return count;
}

static void found_down(struct cli_doctor *d, json_t *workers)
{
    size_t i;
    json_t *worker;
    json_array_foreach(workers, i, worker)
    {
        if (is_down(worker))
            cli_found_detail(&d->findings, "%s: %s", name_of(worker),
                             cli_doctor_text(worker, "state"));
    }
    cli_found_advice(&d->findings,
                     "what they said at last: standpipe ps%s; more: standpipe logs%s WORKER",
                     d->options, d->options);
}

static void found_workers(struct cli_doctor *d, json_t *workers)
{
    char names[1024];
    size_t down = count_of(workers, is_down);
    list_names(workers, names, sizeof names);
    if (json_array_size(workers) == 0) {
        cli_found(&d->findings, "workers", CLI_CHECK_WRONG,
                  "the service serves nothing to this account");
        cli_found_advice(&d->findings,
                         "allow of a worker must name this account or a group of it (whoami /all "
                         "shows them): ask its administrator");
    } else if (d->target.host != NULL && count_of(workers, is_remote) == 0) {
        cli_found(&d->findings, "workers", CLI_CHECK_WRONG, "none is served to other machines: %s",
                  names);
        advise_remote(d, "each that should be");
    } else {
        cli_found(&d->findings, "workers", down > 0 ? CLI_CHECK_WARNING : CLI_CHECK_OK,
                  "%zu for this account: %s", json_array_size(workers), names);
        if (down > 0)
            found_down(d, workers);
    }
}

static void check_workers(struct cli_doctor *d)
{
    struct cli_view view = {0};
    struct sp_error err = {0};
    if (cli_fetch(&d->control, NULL, &view, &err) == SP_OK)
        found_workers(d, view.workers);
    else
        cli_found(&d->findings, "workers", CLI_CHECK_WRONG, "%s", err.what);
    cli_view_deinit(&view);
}

void cli_doctor_workers(struct cli_doctor *d)
{
    if (d->worker != NULL)
        check_worker(d);
    else
        check_workers(d);
}
