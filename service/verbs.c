/* service/verbs.c - what the verbs of standpiped share. */
#include "service/verbs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/audit.h"
#include "service/config_file.h"
#include "service/log.h"
#include "win32/console.h"
#include "win32/strict.h"

void svc_complain(const char *format, ...)
{
    char text[SP_ERROR_TEXT_MAX + 256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    w32_printf(W32_STDERR, "standpiped: %s\n", text);
}

void svc_complain_error(const struct sp_error *err)
{
    if (err->status == SP_EACCESS)
        svc_complain("%s; run this in an elevated prompt (Run as administrator)", err->what);
    else
        svc_complain("%s", err->what);
}

const char *svc_option(const struct sp_args *args, size_t option, const char *otherwise)
{
    return args->values[option] == NULL ? otherwise : args->values[option];
}

bool svc_pipe_name_check(const char *name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t len = strlen(name);
    if (len >= 1 && len <= SVC_PIPE_NAME_MAX && strspn(name, allowed) == len)
        return true;
    svc_complain("--pipe: \"%.120s\" can't name a pipe; use 1 to %d letters, digits, dots, dashes "
                 "and underscores",
                 name, SVC_PIPE_NAME_MAX);
    return false;
}

void svc_print_problems(bool to_stderr, const char *label,
                        const struct sp_config_problems *problems)
{
    enum w32_stream stream = to_stderr ? W32_STDERR : W32_STDOUT;
    for (size_t i = 0; i < problems->count; i++) {
        const struct sp_config_problem *p = &problems->items[i];
        w32_printf(stream, "%s:%u:%u: %s%s\n", problems->file_name, p->place.line, p->place.column,
                   label, p->text);
    }
    if (problems->more > 0)
        w32_printf(stream, "and %zu more\n", problems->more);
}

uint32_t svc_stop_limit_ms(uint64_t stop_ms)
{
    uint64_t limit = stop_ms + SVC_STOP_GRACE_MS;
    return limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX - 1;
}

sp_status svc_open_audit(const char *service, const char *path, const struct sp_config *config,
                         struct sp_error *err)
{
    char *file = NULL;
    sp_status status = svc_config_file_audit(path, config, &file, err);
    if (status == SP_OK)
        status = svc_audit_open(&(struct svc_audit_options){.file = file, .source = service}, err);
    free(file);
    return status;
}

int svc_check_leftovers(const char *log, int exit_code)
{
    int handles = (int)w32_handle_tally();
    int operations = (int)w32_strict_ops_in_flight();
    if (!W32_STRICT || (handles == 0 && operations == 0))
        return exit_code;
    svc_complain("%d handles, %d operations left", handles, operations);
    if (log != NULL && svc_log_open(log, false, NULL) == SP_OK)
        svc_log(SVC_LOG_ERROR, "%d handles, %d operations left", handles, operations);
    svc_log_close();
    return SVC_EXIT_LEFTOVERS;
}
