/* client/access.c - `standpipe access`: who may do what with a worker, and why. */
#include <string.h>

#include "client/call.h"
#include "client/fetch.h"
#include "client/verbs.h"
#include "core/table.h"
#include "core/text.h"
#include "win32/console.h"

/* The verb's options, by their place in the table. */
enum { OPTION_ACCOUNT = 2, OPTION_JSON };

/* "read, write". */
static sp_status print_rights(json_t *rights, struct sp_buffer *out, struct sp_error *err)
{
    size_t i;
    json_t *right;
    sp_status status = SP_OK;
    if (json_array_size(rights) == 0)
        return sp_buffer_printf(out, err, "nothing");
    json_array_foreach(rights, i, right) if (status == SP_OK) status =
        sp_buffer_printf(out, err, "%s%s", i == 0 ? "" : ", ", json_string_value(right));
    return status;
}

/* ------------------------------------------------------------------ the lists */

static sp_status print_head(json_t *answer, struct sp_buffer *out, struct sp_error *err)
{
    sp_status status =
        sp_buffer_printf(out, err, "worker   %s\nyou may  ", cli_text_of(answer, "worker"));
    if (status == SP_OK)
        status = print_rights(json_object_get(answer, "you"), out, err);
    if (status == SP_OK)
        status = sp_buffer_printf(out, err, "\nnetwork  %s\n",
                                  json_is_true(json_object_get(answer, "remote"))
                                      ? "served to other machines (remote: true)"
                                      : "not served to other machines (remote: false)");
    return status;
}

static sp_status add_entry(struct sp_table *table, json_t *entry, struct sp_error *err)
{
    struct sp_buffer rights = {0};
    sp_status status = print_rights(json_object_get(entry, "rights"), &rights, err);
    sp_table_add(table, cli_text_of(entry, "account"));
    if (status == SP_OK)
        sp_table_addf(table, "%.*s", (int)rights.len, (const char *)rights.data);
    sp_table_add(table, cli_text_of(entry, "by"));
    sp_table_add(table, cli_text_of(entry, "sid"));
    sp_buffer_deinit(&rights);
    return status;
}

static sp_status print_entries(json_t *entries, struct sp_buffer *out, struct sp_error *err)
{
    static const struct sp_column columns[] = {
        {"ACCOUNT", false}, {"MAY", false}, {"BECAUSE", false}, {"SID", false}};
    struct sp_table table = sp_table_of(columns, sizeof columns / sizeof *columns);
    size_t i;
    json_t *entry;
    sp_status status = sp_buffer_printf(out, err, "\n");
    json_array_foreach(entries, i, entry) if (status == SP_OK) status =
        add_entry(&table, entry, err);
    if (status == SP_OK)
        status = sp_table_print(&table, out, err);
    sp_table_deinit(&table);
    return status;
}

static sp_status print_lists(json_t *answer, struct sp_buffer *out, struct sp_error *err)
{
    json_t *entries = json_object_get(answer, "entries");
    sp_status status = print_head(answer, out, err);
    if (status == SP_OK && entries == NULL)
        return sp_buffer_printf(out, err,
                                "\nThe lists are shown to those who may control the worker.\n");
    if (status == SP_OK)
        status = print_entries(entries, out, err);
    if (status == SP_OK)
        status = sp_buffer_printf(out, err,
                                  "\nrights        %s\ncontrol pipe  %s\nraw pipe      %s\n"
                                  "\nIn rights 0x1 is read, 0x2 write, 0x4 control, 0x8 admin.\n",
                                  cli_text_of(answer, "rights_sddl"),
                                  cli_text_of(answer, "control_pipe_sddl"),
                                  cli_text_of(answer, "raw_pipe_sddl"));
    return status;
}

/* ------------------------------------------------------------------ one account */

static sp_status print_right(const char *right, json_t *why, struct sp_buffer *out,
                             struct sp_error *err)
{
    if (json_is_object(why))
        return sp_buffer_printf(out, err, "  %-8s yes  %s (%s)\n", right,
                                cli_text_of(why, "account"), cli_text_of(why, "by"));
    return sp_buffer_printf(out, err, "  %-8s no   nothing names this account or a group of it\n",
                            right);
}

static sp_status print_account(json_t *answer, bool may, struct sp_buffer *out,
                               struct sp_error *err)
{
    json_t *asked = json_object_get(answer, "asked");
    const char *key;
    json_t *why;
    sp_status status = sp_buffer_printf(out, err, "%s (%s) may %sattach to '%s'%s\n",
                                        cli_text_of(asked, "account"), cli_text_of(asked, "sid"),
                                        may ? "" : "not ", cli_text_of(answer, "worker"),
                                        may && !json_is_true(json_object_get(answer, "remote"))
                                            ? ", from this machine alone (remote: false)"
                                            : "");
    json_object_foreach(json_object_get(asked, "rights"), key, why) if (status == SP_OK) status =
        print_right(key, why, out, err);
    if (status == SP_OK && !json_is_true(json_object_get(asked, "groups_known")))
        status = sp_buffer_printf(out, err,
                                  "Windows could not say which groups this account belongs to; "
                                  "only Everyone and Authenticated Users were considered.\n");
    return status;
}

/* ------------------------------------------------------------------ the verb */

static int access_to(const struct sp_args *args)
{
    const char *account = args->values[OPTION_ACCOUNT];
    struct sp_buffer out = {0};
    struct sp_error err = {0};
    json_t *answer = NULL;
    int code = cli_call_once(
        args, "access", json_pack("{s:s, s:s*}", "worker", args->operands[0], "account", account),
        0, &answer);
    if (code != 0)
        return code;
    json_t *rights = json_object_get(json_object_get(answer, "asked"), "rights");
    bool may = account == NULL || json_is_object(json_object_get(rights, "write"));
    sp_status status = args->values[OPTION_JSON] != NULL ? cli_print_json(answer, &out, &err)
                       : account != NULL                 ? print_account(answer, may, &out, &err)
                                                         : print_lists(answer, &out, &err);
    if (status == SP_OK)
        status = w32_print(W32_STDOUT, (const char *)out.data, out.len);
    if (status != SP_OK)
        cli_complain("%s", err.what);
    sp_buffer_deinit(&out);
    json_decref(answer);
    return status != SP_OK ? CLI_REFUSED : may ? 0 : 1;
}

static const struct sp_option options[] = {
    CLI_TARGET_OPTIONS,
    {"account", "NAME", "Whether this account or group may attach, and why", 'a'},
    {"json", NULL, "As one JSON object; docs/protocol.md has its shape", 0}};

const struct sp_verb cli_access_verb = {
    .name = "access",
    .summary = "Show who may do what with a worker",
    .operands = "WORKER",
    .description =
        "Prints what you may do with a worker and, to those who may control it, who else may do "
        "what and why, and the access lists of its pipes in Windows' notation (SDDL). With "
        "--account it tells whether somebody else may attach: the account's groups are asked of "
        "Windows, which may have to ask a domain controller.\n"
        "\n"
        "Exit codes: 0, 1 the account of --account may not attach, 125 refused, 127 there is no "
        "such worker.\n"
        "\n"
        "Examples:\n"
        "  standpipe access repl\n"
        "  standpipe access --account CORP\\ann repl",
    .operand_min = 1,
    .operand_max = 1,
    .options = options,
    .run = access_to,
    .option_count = sizeof options / sizeof *options,
};
