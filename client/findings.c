/* client/findings.c - what `doctor` has found, check by check. */
#include "client/findings.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

static const char *const words[CLI_VERDICT_COUNT] = {"ok", "warning", "wrong", "skipped"};

/* ------------------------------------------------------------------ adding */

/* NULL: there is no memory, which is kept. */
static json_t *text_of(struct cli_findings *f, const char *format, va_list args) SP_PRINTF(2, 0);

static json_t *text_of(struct cli_findings *f, const char *format, va_list args)
{
    char *text = NULL;
    json_t *out = NULL;
    if (f->status == SP_OK)
        f->status = sp_text_vformat(&text, NULL, format, args);
    if (f->status == SP_OK) {
        sp_text_disarm(text);
        out = json_string(text);
    }
    free(text);
    return out;
}

void cli_found(struct cli_findings *f, const char *check, enum cli_verdict verdict,
               const char *found, ...)
{
    va_list args;
    va_start(args, found);
    json_t *text = text_of(f, found, args);
    va_end(args);
    if (f->checks == NULL)
        f->checks = json_array();
    f->counts[verdict]++;
    json_t *entry = json_pack("{s:s, s:s, s:o, s:[], s:[]}", "check", check, "result",
                              words[verdict], "found", text, "details", "advice");
    if (json_array_append_new(f->checks, entry) != 0)
        f->status = SP_ENOMEM;
}

static void add_line(struct cli_findings *f, const char *key, const char *text, va_list args)
    SP_PRINTF(3, 0);

static void add_line(struct cli_findings *f, const char *key, const char *text, va_list args)
{
    json_t *last = json_array_get(f->checks, json_array_size(f->checks) - 1);
    if (json_array_append_new(json_object_get(last, key), text_of(f, text, args)) != 0)
        f->status = SP_ENOMEM;
}

void cli_found_detail(struct cli_findings *f, const char *text, ...)
{
    va_list args;
    va_start(args, text);
    add_line(f, "details", text, args);
    va_end(args);
}

void cli_found_advice(struct cli_findings *f, const char *text, ...)
{
    va_list args;
    va_start(args, text);
    add_line(f, "advice", text, args);
    va_end(args);
}

/* ------------------------------------------------------------------ showing */

static const char *string_of(json_t *check, const char *key)
{
    return json_string_value(json_object_get(check, key));
}

static sp_status print_lines(json_t *lines, const char *label, struct sp_buffer *out,
                             struct sp_error *err)
{
    size_t i;
    json_t *line;
    sp_status status = SP_OK;
    json_array_foreach(lines, i, line)
    {
        if (status == SP_OK)
            status = sp_buffer_printf(out, err, "         %-9s%s\n", i == 0 ? label : "",
                                      json_string_value(line));
    }
    return status;
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static sp_status print_sum(const struct cli_findings *f, struct sp_buffer *out,
                           struct sp_error *err)
{
    size_t wrong = f->counts[CLI_CHECK_WRONG], warnings = f->counts[CLI_CHECK_WARNING];
    if (wrong > 0)
        return sp_buffer_printf(out, err, "\n%zu thing%s %s wrong, %zu warning%s.\n", wrong,
                                plural(wrong), wrong == 1 ? "is" : "are", warnings,
                                plural(warnings));
    if (warnings > 0)
        return sp_buffer_printf(out, err, "\nNothing is wrong, %zu warning%s.\n", warnings,
                                plural(warnings));
    return sp_buffer_printf(out, err, "\nNothing is wrong.\n");
}

static sp_status fail(const struct cli_findings *f, struct sp_error *err)
{
    return sp_fail(err, f->status, 0, "no memory for what was found");
}

sp_status cli_findings_text(const struct cli_findings *f, struct sp_buffer *out,
                            struct sp_error *err)
{
    size_t i;
    json_t *check;
    if (f->status != SP_OK)
        return fail(f, err);
    sp_status status = SP_OK;
    json_array_foreach(f->checks, i, check)
    {
        if (status == SP_OK)
            status = sp_buffer_printf(out, err, "%-8s %-8s %s\n", string_of(check, "result"),
                                      string_of(check, "check"), string_of(check, "found"));
        if (status == SP_OK)
            status = print_lines(json_object_get(check, "details"), "", out, err);
        if (status == SP_OK)
            status = print_lines(json_object_get(check, "advice"), "to do:", out, err);
    }
    return status == SP_OK ? print_sum(f, out, err) : status;
}

json_t *cli_findings_json(const struct cli_findings *f)
{
    if (f->status != SP_OK)
        return NULL;
    return json_pack("{s:O, s:I, s:I}", "checks", f->checks, "wrong",
                     (json_int_t)f->counts[CLI_CHECK_WRONG], "warnings",
                     (json_int_t)f->counts[CLI_CHECK_WARNING]);
}

void cli_findings_deinit(struct cli_findings *f)
{
    json_decref(f->checks);
    *f = (struct cli_findings){0};
}
