/* win32/spawn.c - starting a program with exactly the handles named, in a job from its first
 * instruction. */
#include "win32/spawn.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "core/buffer.h"
#include "core/cmdline.h"
#include "win32/environment.h"
#include "win32/error.h"
#include "win32/job.h"
#include "win32/path.h"
#include "win32/strict.h"
#include "win32/text.h"

/* Of newer SDKs. */
#ifndef ERROR_ELEVATION_REQUIRED
#define ERROR_ELEVATION_REQUIRED 740
#endif

enum { STD_COUNT = 3, ATTRIBUTE_COUNT = 2 };

static const char *const STD_NAMES[STD_COUNT] = {"stdin", "stdout", "stderr"};

/* All that CreateProcess wants to be given, and that has to be released afterwards. */
struct launch {
    char *program; /* full path; of a batch file, the batch file's */
    wchar_t *application;
    wchar_t *command;
    wchar_t *environment; /* NULL: ours */
    wchar_t *folder;      /* NULL: ours */
    w32_handle std[STD_COUNT];
    w32_handle own_job;
    HANDLE inherited[STD_COUNT]; /* the attribute list refers to these two */
    HANDLE jobs[1];
    LPPROC_THREAD_ATTRIBUTE_LIST attributes;
};

static void launch_deinit(struct launch *l)
{
    if (l->attributes != NULL)
        DeleteProcThreadAttributeList(l->attributes);
    free(l->attributes);
    for (size_t i = 0; i < STD_COUNT; i++)
        w32_handle_close(&l->std[i]);
    w32_handle_close(&l->own_job);
    free(l->folder);
    free(l->environment);
    free(l->command);
    free(l->application);
    free(l->program);
    *l = (struct launch){0};
}

static sp_status check(const struct w32_spawn_options *o, struct sp_error *err)
{
    if (o->argc == 0 || o->argv[0] == NULL)
        return sp_fail(err, SP_EINVAL, 0, "there is no program to start");
    if (o->terminal != NULL)
        return SP_OK;
    w32_handle outs[] = {o->out, o->err};
    for (size_t i = 0; i < 2; i++) {
        /* Windows lets one operation at a time into a synchronous pipe: while the child waits for
         * its input it could not write. A file has no such wait, and may be both. */
        if (w32_handle_same(o->in, outs[i]) && GetFileType(o->in) == FILE_TYPE_PIPE)
            return sp_fail(err, SP_EINVAL, 0,
                           "starting \"%s\": one pipe can't be both its stdin and its %s, it would "
                           "hang as soon as it reads: make a pipe for each",
                           o->argv[0], STD_NAMES[i + 1]);
    }
    return SP_OK;
}

/* cmd.exe by its full path: COMSPEC is whatever somebody set it to. */
static sp_status find_cmd(char **out, struct sp_error *err)
{
    wchar_t wide[MAX_PATH];
    UINT len = GetSystemDirectoryW(wide, MAX_PATH);
    if (len == 0 || len >= MAX_PATH)
        return sp_fail(err, SP_ENOTFOUND, 0, "Windows' system folder can't be found");
    char *folder = NULL;
    sp_status status = w32_utf8(wide, &folder, err);
    if (status == SP_OK)
        status = w32_path_join(folder, "cmd.exe", out, err);
    free(folder);
    return status;
}

static sp_status prepare_batch(struct launch *l, const struct w32_spawn_options *o,
                               struct sp_buffer *line, struct sp_error *err)
{
    char *cmd = NULL;
    const char **argv = NULL;
    sp_status status = find_cmd(&cmd, err);
    if (status != SP_OK)
        goto done;
    argv = calloc(o->argc, sizeof *argv);
    if (argv == NULL) {
        status = sp_fail(err, SP_ENOMEM, 0, "no memory for %zu arguments", o->argc);
        goto done;
    }
    memcpy(argv, o->argv, o->argc * sizeof *argv);
    argv[0] = l->program;
    status = sp_cmdline_quote_batch(cmd, argv, o->argc, line, err);
    if (status == SP_OK)
        status = w32_wide(cmd, &l->application, err);
done:
    free(argv);
    free(cmd);
    return status;
}

/* The application is always named by its full path, so that nothing of the command line is ever
 * taken for a program. */
static sp_status prepare_program(struct launch *l, const struct w32_spawn_options *o,
                                 struct sp_error *err)
{
    struct sp_buffer line = {0};
    sp_status status = w32_program_find(o->argv[0], o->folder, &l->program, err);
    if (status != SP_OK)
        return status;
    if (sp_cmdline_is_batch(l->program)) {
        status = prepare_batch(l, o, &line, err);
    } else {
        status = sp_cmdline_quote(o->argv, o->argc, &line, err);
        if (status == SP_OK)
            status = w32_wide(l->program, &l->application, err);
    }
    if (status == SP_OK)
        status = w32_wide((char *)line.data, &l->command, err);
    sp_buffer_deinit(&line);
    if (status != SP_OK)
        sp_error_prefix(err, "starting \"%s\": ", o->argv[0]);
    return status;
}

static sp_status prepare_folder(struct launch *l, const struct w32_spawn_options *o,
                                struct sp_error *err)
{
    const char *folder = o->folder;
    if (folder == NULL && o->token != NULL)
        folder = o->token->folder;
    if (folder == NULL)
        return SP_OK;
    char *full = NULL;
    sp_status status = w32_path_full(folder, &full, err);
    if (status == SP_OK)
        status = w32_wide(full, &l->folder, err);
    free(full);
    if (status != SP_OK)
        return status;
    DWORD attributes = GetFileAttributesW(l->folder);
    if (attributes == INVALID_FILE_ATTRIBUTES || (attributes & FILE_ATTRIBUTE_DIRECTORY) == 0)
        return sp_fail(err, SP_ENOTFOUND, ERROR_DIRECTORY,
                       "starting \"%s\": there is no folder \"%s\" for it to work in", o->argv[0],
                       folder);
    return SP_OK;
}

static sp_status open_nul(DWORD access, w32_handle *out, struct sp_error *err)
{
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    *out = w32_take(CreateFileW(L"NUL", access, FILE_SHARE_READ | FILE_SHARE_WRITE, &inheritable,
                                OPEN_EXISTING, 0, NULL));
    return *out != NULL ? SP_OK : w32_fail(err, GetLastError(), "opening NUL");
}

static sp_status duplicate(w32_handle h, w32_handle *out, struct sp_error *err)
{
    HANDLE copy;
    HANDLE self = GetCurrentProcess();
    if (!DuplicateHandle(self, h, self, &copy, 0, TRUE, DUPLICATE_SAME_ACCESS))
        return w32_fail(err, GetLastError(), "passing a handle on");
    *out = w32_take(copy);
    return SP_OK;
}

/* A duplicate for each, even where two are the same: the list of inherited handles refuses a value
 * that comes twice. */
static sp_status prepare_std(struct launch *l, const struct w32_spawn_options *o,
                             struct sp_error *err)
{
    w32_handle given[STD_COUNT] = {o->in, o->out, o->err};
    for (size_t i = 0; i < STD_COUNT; i++) {
        sp_status status;
        if (given[i] == NULL) {
            status = open_nul(i == 0 ? GENERIC_READ : GENERIC_WRITE, &l->std[i], err);
        } else {
            w32_strict_check_inheritable(given[i], STD_NAMES[i]);
            status = duplicate(given[i], &l->std[i], err);
        }
        if (status != SP_OK) {
            sp_error_prefix(err, "starting \"%s\": its %s: ", o->argv[0], STD_NAMES[i]);
            return status;
        }
        l->inherited[i] = l->std[i];
    }
    return SP_OK;
}

static sp_status prepare_job(struct launch *l, const struct w32_spawn_options *o,
                             struct sp_error *err)
{
    l->jobs[0] = o->job;
    if (o->job != NULL)
        return SP_OK;
    sp_status status = w32_job_open(&l->own_job, err);
    l->jobs[0] = l->own_job;
    return status;
}

/* A program that inherits nothing gets its terminal here, any other its handles. */
static sp_status name_handles(struct launch *l, const struct w32_spawn_options *o,
                              struct sp_error *err)
{
    if (o->terminal != NULL)
        return UpdateProcThreadAttribute(l->attributes, 0, PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE,
                                         w32_terminal_console(o->terminal), sizeof(HPCON), NULL,
                                         NULL)
                   ? SP_OK
                   : w32_fail(err, GetLastError(), "naming the terminal of a process");
    return UpdateProcThreadAttribute(l->attributes, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
                                     l->inherited, sizeof l->inherited, NULL, NULL)
               ? SP_OK
               : w32_fail(err, GetLastError(), "naming the handles a process inherits");
}

static sp_status prepare_attributes(struct launch *l, const struct w32_spawn_options *o,
                                    struct sp_error *err)
{
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(NULL, ATTRIBUTE_COUNT, 0, &size);
    LPPROC_THREAD_ATTRIBUTE_LIST list = calloc(1, size);
    if (list == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a process's attributes");
    if (!InitializeProcThreadAttributeList(list, ATTRIBUTE_COUNT, 0, &size)) {
        sp_status status = w32_fail(err, GetLastError(), "preparing a process's attributes");
        free(list);
        return status;
    }
    l->attributes = list;
    sp_status status = name_handles(l, o, err);
    if (status != SP_OK)
        return status;
    if (!UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_JOB_LIST, l->jobs, sizeof l->jobs,
                                   NULL, NULL))
        return w32_fail(err, GetLastError(), "naming the job of a process");
    return SP_OK;
}

static sp_status prepare(struct launch *l, const struct w32_spawn_options *o, struct sp_error *err)
{
    sp_status status = check(o, err);
    if (status == SP_OK)
        status = prepare_folder(l, o, err);
    if (status == SP_OK)
        status = prepare_program(l, o, err);
    const wchar_t *base = o->token == NULL ? NULL : o->token->environment;
    if (status == SP_OK && (o->env_count > 0 || base != NULL))
        status = w32_environment_block_on(base, o->env, o->env_count, &l->environment, err);
    if (status == SP_OK && o->terminal == NULL)
        status = prepare_std(l, o, err);
    if (status == SP_OK)
        status = prepare_job(l, o, err);
    return status == SP_OK ? prepare_attributes(l, o, err) : status;
}

static DWORD console_flags(const struct w32_spawn_options *o)
{
    if (o->terminal != NULL)
        return 0; /* it has its console from there */
    /* Never CREATE_NEW_PROCESS_GROUP: that turns Ctrl-C off in the child and all it starts. */
    switch (o->console) {
    case W32_CONSOLE_HIDDEN:
        return CREATE_NO_WINDOW;
    case W32_CONSOLE_NONE:
        return DETACHED_PROCESS;
    case W32_CONSOLE_SHARED:
        return 0;
    }
    return CREATE_NO_WINDOW;
}

/* Another user may not use our desktop: an empty name is one that Windows makes for it. */
static wchar_t no_desktop[] = L"";

static BOOL create_process(const struct launch *l, const struct w32_spawn_options *o, DWORD flags,
                           STARTUPINFOEXW *startup, PROCESS_INFORMATION *info)
{
    const struct w32_token *token = o->token;
    BOOL inherits = o->terminal == NULL;
    if (token == NULL)
        return CreateProcessW(l->application, l->command, NULL, NULL, inherits, flags,
                              l->environment, l->folder, &startup->StartupInfo, info);
    if (token->environment != NULL)
        startup->StartupInfo.lpDesktop = no_desktop;
    return CreateProcessAsUserW(token->primary, l->application, l->command, NULL, NULL, inherits,
                                flags, l->environment, l->folder, &startup->StartupInfo, info);
}

static sp_status create_failed(const char *program, DWORD os, struct sp_error *err)
{
    switch (os) {
    case ERROR_BAD_EXE_FORMAT:
    case ERROR_EXE_MACHINE_TYPE_MISMATCH:
    case ERROR_INVALID_EXE_SIGNATURE:
        return sp_fail(err, SP_EUNSUPPORTED, os,
                       "starting \"%s\": the file is not a program this Windows can run (error %u)",
                       program, (unsigned)os);
    case ERROR_NOT_ENOUGH_QUOTA:
        return sp_fail(
            err, SP_EACCESS, os,
            "starting \"%s\": it would be more processes than its job may have (error %u)", program,
            (unsigned)os);
    case ERROR_PRIVILEGE_NOT_HELD:
        return sp_fail(err, SP_EACCESS, os,
                       "starting \"%s\" as somebody else: only a service may, that runs as SYSTEM "
                       "(error %u)",
                       program, (unsigned)os);
    case ERROR_ELEVATION_REQUIRED:
        return sp_fail(err, SP_EACCESS, os,
                       "starting \"%s\": it asks for an administrator's rights (error %u)", program,
                       (unsigned)os);
    default:
        return w32_fail(err, os, "starting \"%s\"", program);
    }
}

/* A program that lacks a DLL would show a box and wait for somebody to close it: in a service
 * nobody ever does. What a child does then it inherits from us. */
static void refuse_boxes(void)
{
    SetErrorMode(GetErrorMode() | SEM_FAILCRITICALERRORS);
}

static sp_status create(struct launch *l, const struct w32_spawn_options *o, struct w32_child *out,
                        struct sp_error *err)
{
    /* Of a terminal's program all three are empty, but named: else it would get ours, whatever
     * they are, in the place of its console's. */
    STARTUPINFOEXW startup = {
        .StartupInfo = {.cb = sizeof startup,
                        .dwFlags = STARTF_USESTDHANDLES,
                        .hStdInput = l->std[0],
                        .hStdOutput = l->std[1],
                        .hStdError = l->std[2]},
        .lpAttributeList = l->attributes,
    };
    DWORD flags = console_flags(o) | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT;
    PROCESS_INFORMATION info;
    refuse_boxes();
    DWORD os = ERROR_INTERNAL_ERROR;
    /* Once in many hundreds of starts Wine has an internal error, and the next one goes well. */
    for (int tries = 0; tries < 2 && os == ERROR_INTERNAL_ERROR; tries++)
        os = create_process(l, o, flags, &startup, &info) ? ERROR_SUCCESS : GetLastError();
    if (os != ERROR_SUCCESS)
        return create_failed(l->program, os, err);
    CloseHandle(info.hThread);
    *out = (struct w32_child){
        .process = w32_take(info.hProcess), .job = l->own_job, .pid = info.dwProcessId};
    l->own_job = NULL;
    return SP_OK;
}

sp_status w32_spawn(const struct w32_spawn_options *options, struct w32_child *out,
                    struct sp_error *err)
{
    struct launch launch = {0};
    sp_status status = prepare(&launch, options, err);
    if (status == SP_OK)
        status = create(&launch, options, out, err);
    launch_deinit(&launch);
    return status;
}

sp_status w32_child_wait(const struct w32_child *child, uint32_t timeout_ms, uint32_t *exit_code,
                         struct sp_error *err)
{
    DWORD waited = WaitForSingleObject(child->process, timeout_ms);
    if (waited == WAIT_TIMEOUT)
        return sp_fail(err, SP_ETIMEOUT, waited, "process %u still runs", (unsigned)child->pid);
    if (waited != WAIT_OBJECT_0)
        return w32_fail(err, GetLastError(), "waiting for process %u", (unsigned)child->pid);
    DWORD code;
    if (!GetExitCodeProcess(child->process, &code))
        return w32_fail(err, GetLastError(), "asking for the exit code of process %u",
                        (unsigned)child->pid);
    if (exit_code != NULL)
        *exit_code = code;
    return SP_OK;
}

void w32_child_close(struct w32_child *child)
{
    w32_handle_close(&child->process);
    w32_handle_close(&child->job);
    child->pid = 0;
}
