/* service/verb_check.c - `standpiped check`: everything that is wrong with a config, at once. */
#include <stdlib.h>

#include "service/config_file.h"
#include "service/verbs.h"
#include "win32/console.h"

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static int report_broken(const struct sp_config_problems *problems)
{
    size_t count = problems->count + problems->more;
    svc_print_problems(false, "", problems);
    w32_printf(W32_STDOUT, "%zu problem%s\n", count, plural(count));
    return SVC_EXIT_FAILED;
}

static int report_good(const char *path, const struct svc_config_file *file)
{
    size_t workers = file->config.worker_count;
    size_t warnings = file->warnings.count + file->warnings.more;
    svc_print_problems(false, "warning: ", &file->warnings);
    if (workers == 0)
        w32_printf(W32_STDOUT,
                   "%s: ok, 0 workers: the demo workers echo and upper are served meanwhile\n",
                   path);
    else if (warnings == 0)
        w32_printf(W32_STDOUT, "%s: ok, %zu worker%s\n", path, workers, plural(workers));
    else
        w32_printf(W32_STDOUT, "%s: ok, %zu worker%s, %zu warning%s\n", path, workers,
                   plural(workers), warnings, plural(warnings));
    return SVC_EXIT_OK;
}

static int check(const struct sp_args *args)
{
    struct svc_config_file file = {0};
    struct sp_error err = {0};
    char *place = NULL;
    int code = SVC_EXIT_FAILED;
    sp_status status = SP_OK;
    /* A path is repeated as it was written: editors jump to it. */
    const char *path = args->operand_count > 0 ? args->operands[0] : NULL;
    if (path == NULL) {
        status = svc_config_file_path(NULL, &place, &err);
        path = place;
    }
    if (status == SP_OK)
        status = svc_config_file_read(path, &file, &err);
    if (status == SP_OK)
        code = report_good(path, &file);
    else if (status == SP_ESYNTAX)
        code = report_broken(&file.problems);
    else if (status == SP_ENOTFOUND)
        svc_complain("%s; \"standpiped install\" and \"standpiped run\" create one", err.what);
    else
        svc_complain_error(&err);
    svc_config_file_deinit(&file);
    free(place);
    return code;
}

const struct sp_verb svc_check_verb = {
    .name = "check",
    .summary = "Find all mistakes in a config file",
    .operands = "[FILE]",
    .description =
        "Reads a config file as the service would, and prints every mistake with its line, its "
        "column and what would be right. Programs and folders that are not on this machine are "
        "warnings. Without FILE it is %ProgramData%\\Standpipe\\standpipe.yaml. The exit code is 0 "
        "for a good file and 1 for one with mistakes.\n"
        "\n"
        "Examples:\n"
        "  standpiped check\n"
        "  standpiped check C:\\work\\new.yaml",
    .operand_max = 1,
    .run = check,
};
