/* tests/helpers/test-child.c - the program that tests start: one verb for each way a program can
 * treat its stdin, stdout, stderr, arguments and children. Plain Win32 and no function of ours, so
 * that it is an independent witness. `test-child.exe` alone prints what it can do. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <winternl.h>

#include "core/error.h"

enum {
    BLOCK = 64 * 1024,
    LINE_MAX_BYTES = 4096,
    HIGHEST_HANDLE = 0x1000,
    LONG_MS = 120000,
    HEIR_PAUSE_MS = 300, /* whoever gives up at once misses what comes then */
    EXIT_USAGE = 99,     /* the verb or its arguments are wrong */
    EXIT_IO = 98,        /* a read, write or start failed that should not */
    EXIT_CTRL = 42,
};

static HANDLE in;
static HANDLE out;
static HANDLE err;
static unsigned char block[BLOCK];

static void fail(const char *what)
{
    char line[LINE_MAX_BYTES];
    DWORD n;
    snprintf(line, sizeof line, "test-child: %s: error %lu\n", what, (unsigned long)GetLastError());
    WriteFile(err, line, (DWORD)strlen(line), &n, NULL);
    ExitProcess(EXIT_IO);
}

static void write_all(HANDLE to, const void *data, size_t len)
{
    const unsigned char *next = data;
    while (len > 0) {
        DWORD n = len < INT32_MAX ? (DWORD)len : INT32_MAX;
        if (!WriteFile(to, next, n, &n, NULL))
            fail("writing");
        next += n;
        len -= n;
    }
}

static void say(const char *format, ...) SP_PRINTF(1, 2);

static void say(const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    write_all(out, line, strlen(line));
}

/* Reading nothing from a pipe means that somebody wrote nothing, and is no end. From all else,
 * Wine's view of a Unix pipe among it, it is the end. */
static bool is_real_pipe(void)
{
    DWORD flags;
    return GetFileType(in) == FILE_TYPE_PIPE && GetNamedPipeInfo(in, &flags, NULL, NULL, NULL);
}

/* 0 at the end. */
static DWORD read_some(void)
{
    DWORD n = 0;
    do {
        if (!ReadFile(in, block, sizeof block, &n, NULL)) {
            DWORD os = GetLastError();
            if (os == ERROR_BROKEN_PIPE || os == ERROR_HANDLE_EOF)
                return 0;
            fail("reading");
        }
    } while (n == 0 && is_real_pipe());
    return n;
}

static uint64_t number(const wchar_t *text)
{
    wchar_t *end;
    uint64_t value = _wcstoui64(text, &end, 0);
    if (end == text || *end != L'\0') {
        SetLastError(ERROR_INVALID_PARAMETER);
        fail("an argument is not a number");
    }
    return value;
}

static char *utf8(const wchar_t *wide)
{
    int size = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    char *text = calloc((size_t)size + 1, 1);
    if (text == NULL || WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL) == 0)
        fail("an argument is not UTF-16");
    return text;
}

static void say_text(HANDLE to, const wchar_t *wide)
{
    char *text = utf8(wide);
    write_all(to, text, strlen(text));
    free(text);
}

/* Byte i of every generated stream: no period that a block size could hide. */
static unsigned char pattern(uint64_t i)
{
    return (unsigned char)(i * 31 + (i >> 8) * 7 + (i >> 16));
}

static void write_pattern(HANDLE to, uint64_t len)
{
    for (uint64_t done = 0; done < len;) {
        size_t piece = len - done < BLOCK ? (size_t)(len - done) : BLOCK;
        for (size_t i = 0; i < piece; i++)
            block[i] = pattern(done + i);
        write_all(to, block, piece);
        done += piece;
    }
}

static int do_cat(wchar_t **args)
{
    (void)args;
    for (DWORD n = read_some(); n > 0; n = read_some())
        write_all(out, block, n);
    return 0;
}

static int do_slow_cat(wchar_t **args)
{
    DWORD pause_ms = (DWORD)number(args[0]);
    for (DWORD n = read_some(); n > 0; n = read_some()) {
        Sleep(pause_ms);
        write_all(out, block, n);
    }
    return 0;
}

static int do_upper(wchar_t **args)
{
    (void)args;
    for (DWORD n = read_some(); n > 0; n = read_some()) {
        for (DWORD i = 0; i < n; i++)
            if (block[i] >= 'a' && block[i] <= 'z')
                block[i] = (unsigned char)(block[i] - 'a' + 'A');
        write_all(out, block, n);
    }
    return 0;
}

static uint64_t read_all(void)
{
    uint64_t total = 0;
    for (DWORD n = read_some(); n > 0; n = read_some())
        total += n;
    return total;
}

static int do_sink(wchar_t **args)
{
    uint64_t total = read_all();
    say("%llu\n", (unsigned long long)total);
    return args[0] == NULL ? 0 : (int)number(args[0]);
}

static int do_source(wchar_t **args)
{
    write_pattern(out, number(args[0]));
    return 0;
}

static int do_stderr(wchar_t **args)
{
    write_pattern(err, number(args[0]));
    return 0;
}

static int do_burst(wchar_t **args)
{
    uint64_t len = number(args[0]);
    unsigned char *all = malloc((size_t)len + 1);
    if (all == NULL)
        fail("no memory");
    for (uint64_t i = 0; i < len; i++)
        all[i] = pattern(i);
    DWORD n;
    if (!WriteFile(out, all, (DWORD)len, &n, NULL) || n != len)
        fail("writing");
    ExitProcess((UINT)number(args[1])); /* at once: nothing is flushed, closed or waited for */
}

static int do_exit(wchar_t **args)
{
    ExitProcess((UINT)number(args[0]));
}

static int do_talk(wchar_t **args)
{
    say_text(out, args[0]);
    say_text(err, args[1]);
    return (int)number(args[2]);
}

static int do_args(wchar_t **args)
{
    for (; *args != NULL; args++) {
        char *text = utf8(*args);
        say("%zu:", strlen(text));
        write_all(out, text, strlen(text));
        say("\n");
        free(text);
    }
    return 0;
}

static int do_command_line(wchar_t **args)
{
    (void)args;
    say_text(out, GetCommandLineW());
    return 0;
}

static int do_env(wchar_t **args)
{
    SetLastError(ERROR_SUCCESS);
    DWORD size = GetEnvironmentVariableW(args[0], NULL, 0);
    if (size == 0 && GetLastError() == ERROR_ENVVAR_NOT_FOUND)
        return 1;
    wchar_t *value = calloc((size_t)size + 1, sizeof *value);
    if (value == NULL)
        fail("no memory");
    GetEnvironmentVariableW(args[0], value, size);
    say_text(out, value);
    free(value);
    return 0;
}

static int do_folder(wchar_t **args)
{
    (void)args;
    wchar_t folder[LINE_MAX_BYTES];
    if (GetCurrentDirectoryW(LINE_MAX_BYTES, folder) == 0)
        fail("asking for the current folder");
    say_text(out, folder);
    return 0;
}

static const char *file_type(HANDLE h)
{
    switch (GetFileType(h)) {
    case FILE_TYPE_PIPE:
        return "pipe";
    case FILE_TYPE_DISK:
        return "disk";
    case FILE_TYPE_CHAR:
        return "char";
    default:
        return "other";
    }
}

static int do_handles(wchar_t **args)
{
    (void)args;
    for (uintptr_t value = 4; value < HIGHEST_HANDLE; value += 4) {
        HANDLE h = (HANDLE)value;
        DWORD flags;
        if (!GetHandleInformation(h, &flags))
            continue;
        /* The public structure, and behind it room for the name it points to. */
        union {
            PUBLIC_OBJECT_TYPE_INFORMATION info;
            unsigned char room[1024];
        } type = {0};
        NTSTATUS nt = NtQueryObject(h, ObjectTypeInformation, &type, sizeof type, NULL);
        char *name =
            utf8(nt == 0 && type.info.TypeName.Buffer != NULL ? type.info.TypeName.Buffer : L"?");
        bool is_file = strcmp(name, "File") == 0;
        say("0x%llx %s %s\n", (unsigned long long)value, name, is_file ? file_type(h) : "-");
        free(name);
    }
    return 0;
}

static int do_std_handles(wchar_t **args)
{
    (void)args;
    say("%llu\n%llu\n%llu\n", (unsigned long long)(uintptr_t)in, (unsigned long long)(uintptr_t)out,
        (unsigned long long)(uintptr_t)err);
    Sleep(LONG_MS);
    return 1;
}

static void say_pipe(const char *name, HANDLE h)
{
    DWORD flags = 0;
    bool has_info = GetNamedPipeInfo(h, &flags, NULL, NULL, NULL);
    DWORD mode = PIPE_READMODE_BYTE | PIPE_WAIT;
    bool can_set = SetNamedPipeHandleState(h, &mode, NULL, NULL);
    say("%s %s info=%d set=%d\n", name, file_type(h), has_info, can_set);
}

static int do_pipes(wchar_t **args)
{
    (void)args;
    say_pipe("stdin", in);
    say_pipe("stdout", out);
    say_pipe("stderr", err);
    return 0;
}

static int do_console(wchar_t **args)
{
    (void)args;
    HANDLE console = CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    if (console == INVALID_HANDLE_VALUE) {
        say("none\n");
        return 0;
    }
    CloseHandle(console);
    say("console\n");
    return 0;
}

static int do_job(wchar_t **args)
{
    (void)args;
    BOOL inside = FALSE;
    IsProcessInJob(GetCurrentProcess(), NULL, &inside);
    say("%d\n", inside);
    return 0;
}

static int do_error_mode(wchar_t **args)
{
    (void)args;
    say("0x%x\n", GetErrorMode());
    return 0;
}

static int do_close_stdin(wchar_t **args)
{
    CloseHandle(in);
    say("closed\n");
    Sleep((DWORD)number(args[0]));
    return 0;
}

static int do_close_stdout(wchar_t **args)
{
    (void)args;
    CloseHandle(out);
    uint64_t total = read_all();
    return total > 0 ? 0 : 1;
}

static int do_read_some(wchar_t **args)
{
    uint64_t wanted = number(args[0]);
    for (uint64_t total = 0; total < wanted;) {
        DWORD n = read_some();
        if (n == 0)
            return 1;
        total += n;
    }
    say("enough\n");
    return 0;
}

static int do_sleep(wchar_t **args)
{
    Sleep((DWORD)number(args[0]));
    return 0;
}

static int do_hang(wchar_t **args)
{
    (void)args;
    say("READY\n");
    Sleep(LONG_MS);
    return 0;
}

static int do_both_ways(wchar_t **args)
{
    write_pattern(out, number(args[0]));
    uint64_t total = read_all();
    char line[32];
    snprintf(line, sizeof line, "%llu\n", (unsigned long long)total);
    write_all(err, line, strlen(line));
    return 0;
}

static int do_zero(wchar_t **args)
{
    (void)args;
    DWORD n;
    write_all(out, "a", 1);
    WriteFile(out, "", 0, &n, NULL);
    write_all(out, "b", 1);
    return 0;
}

/* Starts a copy of this program with all that can be inherited. */
static HANDLE start_copy(const wchar_t *verb, const wchar_t *argument, DWORD *pid)
{
    wchar_t self[MAX_PATH];
    wchar_t line[MAX_PATH + 256];
    if (GetModuleFileNameW(NULL, self, MAX_PATH) == 0)
        fail("asking for this program's path");
    swprintf(line, sizeof line / sizeof *line, L"\"%ls\" %ls %ls", self, verb, argument);
    /* The copies that the parent made for us are inheritable, and so go on to the next. */
    STARTUPINFOW startup = {
        .cb = sizeof startup,
        .dwFlags = STARTF_USESTDHANDLES,
        .hStdInput = in,
        .hStdOutput = out,
        .hStdError = err,
    };
    PROCESS_INFORMATION info;
    if (!CreateProcessW(self, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &info))
        fail("starting a copy");
    CloseHandle(info.hThread);
    *pid = info.dwProcessId;
    return info.hProcess;
}

static int do_grandchild(wchar_t **args)
{
    DWORD pid;
    start_copy(args[0], args[1], &pid);
    say("%lu\n", (unsigned long)pid);
    return 0;
}

static int do_tree(wchar_t **args)
{
    DWORD pid;
    HANDLE copy = start_copy(L"sleep", args[0], &pid);
    say("%lu\n", (unsigned long)pid);
    WaitForSingleObject(copy, INFINITE);
    return 0;
}

/* The copy is up before this one ends, so that what it writes comes soon after. */
static int do_heir(wchar_t **args)
{
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    HANDLE up = CreateEventW(&inheritable, TRUE, FALSE, NULL);
    HANDLE self = GetCurrentProcess();
    wchar_t argument[128];
    DWORD pid;
    if (up == NULL || !DuplicateHandle(self, self, self, &self, SYNCHRONIZE, TRUE, 0))
        fail("making handles for a copy");
    swprintf(argument, sizeof argument / sizeof *argument, L"%llu %llu %ls",
             (unsigned long long)(uintptr_t)up, (unsigned long long)(uintptr_t)self, args[0]);
    start_copy(L"inherit", argument, &pid);
    WaitForSingleObject(up, INFINITE);
    CloseHandle(self);
    CloseHandle(up);
    return 0;
}

static int do_inherit(wchar_t **args)
{
    SetEvent((HANDLE)(uintptr_t)number(args[0]));
    WaitForSingleObject((HANDLE)(uintptr_t)number(args[1]), INFINITE);
    Sleep(HEIR_PAUSE_MS);
    say_text(out, args[2]);
    return 0;
}

/* As any program opens a file that it reads and writes. */
static int do_touch(wchar_t **args)
{
    HANDLE pipe =
        CreateFileW(args[0], GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (pipe == INVALID_HANDLE_VALUE)
        fail("opening a file");
    say("open\n");
    read_all();
    CloseHandle(pipe);
    return 0;
}

static HANDLE open_pipe(const wchar_t *path)
{
    for (;;) {
        HANDLE pipe =
            CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
        if (pipe != INVALID_HANDLE_VALUE)
            return pipe;
        if (GetLastError() != ERROR_PIPE_BUSY || !WaitNamedPipeW(path, LONG_MS))
            fail("opening a pipe");
    }
}

/* Clients that are there, and ask for nothing that takes a right. */
static int do_clients(wchar_t **args)
{
    static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}\n";
    DWORD n = 0;
    for (uint64_t i = number(args[1]); i > 0; i--) {
        HANDLE pipe = open_pipe(args[0]);
        write_all(pipe, line, sizeof line - 1);
        if (!ReadFile(pipe, block, sizeof block - 1, &n, NULL))
            fail("reading an answer");
    }
    block[n] = '\0';
    say("%s\n", strstr((char *)block, "\"result\"") == NULL ? "refused" : "served");
    read_all();
    return 0;
}

static BOOL WINAPI on_ctrl(DWORD event)
{
    if (event != CTRL_C_EVENT)
        return FALSE;
    say("CTRL-C\n");
    ExitProcess(EXIT_CTRL);
}

static int do_ctrl(wchar_t **args)
{
    (void)args;
    SetConsoleCtrlHandler(on_ctrl, TRUE);
    say("READY\n");
    Sleep(LONG_MS);
    return 1;
}

static BOOL WINAPI ignore_ctrl(DWORD event)
{
    return event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT;
}

static int do_deaf(wchar_t **args)
{
    (void)args;
    SetConsoleCtrlHandler(ignore_ctrl, TRUE);
    say("READY\n");
    Sleep(LONG_MS);
    return 1;
}

/* Deaf to Ctrl-C and to the end of its input, and so are its children, their children, and so on.
 */
static int do_deaf_tree(wchar_t **args)
{
    wchar_t less[16];
    uint64_t levels = number(args[0]);
    DWORD pid;
    SetConsoleCtrlHandler(ignore_ctrl, TRUE);
    say("%lu\n", (unsigned long)GetCurrentProcessId());
    if (levels > 1) {
        swprintf(less, sizeof less / sizeof *less, L"%llu", (unsigned long long)(levels - 1));
        start_copy(L"deaf-tree", less, &pid);
    } else
        say("READY\n");
    Sleep(LONG_MS);
    return 1;
}

static uint64_t written; /* of the pattern, by `out` */

/* One line of `obey`. */
static void obey(char *line)
{
    char *rest = strchr(line, ' ');
    if (rest != NULL)
        *rest++ = '\0';
    else
        rest = line + strlen(line);
    if (strcmp(line, "echo") == 0)
        say("%s\n", rest);
    else if (strcmp(line, "complain") == 0) {
        write_all(err, rest, strlen(rest));
        write_all(err, "\n", 1);
    } else if (strcmp(line, "out") == 0) {
        for (uint64_t left = strtoull(rest, NULL, 10); left > 0;) {
            size_t piece = left < BLOCK ? (size_t)left : BLOCK;
            static unsigned char bytes[BLOCK]; /* `block` holds the lines */
            for (size_t i = 0; i < piece; i++)
                bytes[i] = pattern(written + i);
            write_all(out, bytes, piece);
            written += piece;
            left -= piece;
        }
    } else if (strcmp(line, "exit") == 0)
        ExitProcess((UINT)strtoul(rest, NULL, 10));
    else
        fail(line);
}

static int do_obey(wchar_t **args)
{
    static char line[LINE_MAX_BYTES];
    size_t len = 0;
    (void)args;
    say("READY\n");
    for (DWORD n = read_some(); n > 0; n = read_some()) {
        for (DWORD i = 0; i < n; i++) {
            if (block[i] != '\n' && len + 1 < sizeof line) {
                line[len++] = (char)block[i];
                continue;
            }
            line[len] = '\0';
            len = 0;
            obey(line);
        }
    }
    say("END\n");
    return 0;
}

/* Starts a program as somebody who is no administrator, whatever we are. */
static int do_lowered(wchar_t **args)
{
    unsigned char admins[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof admins, code = EXIT_IO;
    HANDLE own = NULL, lowered = NULL;
    PROCESS_INFORMATION process = {0};
    STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    wchar_t *line = wcsstr(GetCommandLineW(), L" lowered ");
    SID_AND_ATTRIBUTES without = {.Sid = admins};
    (void)args;
    if (line == NULL)
        return EXIT_USAGE;
    line += wcslen(L" lowered ");
    if (!CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, admins, &size) ||
        !OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &own) ||
        !CreateRestrictedToken(own, DISABLE_MAX_PRIVILEGE, 1, &without, 0, NULL, 0, NULL, &lowered))
        fail("making a token");
    start.hStdInput = in;
    start.hStdOutput = out;
    start.hStdError = err;
    SetHandleInformation(in, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    SetHandleInformation(out, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    SetHandleInformation(err, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    if (!CreateProcessAsUserW(lowered, NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &start,
                              &process))
        fail("starting a program");
    WaitForSingleObject(process.hProcess, LONG_MS);
    GetExitCodeProcess(process.hProcess, &code);
    return (int)code;
}

static BOOL WINAPI on_close(DWORD event)
{
    if (event == CTRL_C_EVENT)
        return TRUE;
    say("CLOSED\n");
    return FALSE;
}

static int do_window(wchar_t **args)
{
    (void)args;
    CONSOLE_SCREEN_BUFFER_INFO info;
    if (!GetConsoleScreenBufferInfo(out, &info))
        fail("asking for the screen's size");
    SetConsoleCtrlHandler(on_close, TRUE);
    say("%dx%d\n", info.srWindow.Right - info.srWindow.Left + 1,
        info.srWindow.Bottom - info.srWindow.Top + 1);
    Sleep(LONG_MS);
    return 1;
}

static HANDLE open_console(const wchar_t *name)
{
    HANDLE console = CreateFileW(name, GENERIC_READ | GENERIC_WRITE,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    if (console == INVALID_HANDLE_VALUE)
        fail("opening the console");
    return console;
}

static int do_verb(int argc, wchar_t **argv);

/* Windows gives a program in a terminal its console as std handles; Wine gives it none. */
static int do_terminal(wchar_t **args)
{
    int count = 0;
    while (args[count] != NULL)
        count++;
    in = open_console(L"CONIN$");
    out = err = open_console(L"CONOUT$");
    SetConsoleCP(CP_UTF8);
    SetConsoleOutputCP(CP_UTF8);
    return do_verb(count, args);
}

static int do_crash(wchar_t **args)
{
    (void)args;
    /* Not 0: a build that traps on undefined behaviour would end by that instead. */
    volatile uintptr_t nowhere = 16;
    *(volatile int *)nowhere = 1;
    return 0;
}

static void make_file(const char *path)
{
    wchar_t wide[LINE_MAX_BYTES];
    HANDLE file = INVALID_HANDLE_VALUE;
    if (MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, LINE_MAX_BYTES) > 0)
        file = CreateFileW(wide, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        fail("making a file");
    CloseHandle(file);
}

/* Nobody need listen any more to learn whether the input has ended. */
static int do_heed(wchar_t **args)
{
    static char path[LINE_MAX_BYTES];
    size_t len = 0;
    (void)args;
    while (len + 1 < sizeof path && (len == 0 || path[len - 1] != '\n')) {
        DWORD n = 0;
        if (!ReadFile(in, path + len, 1, &n, NULL))
            return 1; /* ended before it was told where */
        len += n;
    }
    path[len - 1] = '\0';
    say("%lu\n", (unsigned long)GetCurrentProcessId());
    read_all();
    make_file(path);
    return 0;
}

static int do_hog(wchar_t **args)
{
    uint64_t wanted = number(args[0]);
    uint64_t got = 0;
    const void *piece = block;
    while (got < wanted && piece != NULL) {
        piece = VirtualAlloc(NULL, 1 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        got += piece != NULL;
    }
    say("%s\n", got == wanted ? "all" : "refused");
    return 0;
}

static int do_crowd(wchar_t **args)
{
    uint64_t wanted = number(args[0]);
    uint64_t got = 0;
    wchar_t self[MAX_PATH], line[MAX_PATH + 64];
    if (GetModuleFileNameW(NULL, self, MAX_PATH) == 0)
        fail("asking for this program's path");
    for (; got < wanted; got++) {
        STARTUPINFOW startup = {.cb = sizeof startup};
        PROCESS_INFORMATION info;
        swprintf(line, sizeof line / sizeof *line, L"\"%ls\" sleep %d", self, LONG_MS);
        if (!CreateProcessW(self, line, NULL, NULL, FALSE, DETACHED_PROCESS, NULL, NULL, &startup,
                            &info))
            break;
        CloseHandle(info.hThread);
        CloseHandle(info.hProcess);
    }
    say("%llu\n", (unsigned long long)got);
    return 0;
}

/* SeChangeNotifyPrivilege is everybody's. */
static unsigned count_privileges(HANDLE token)
{
    DWORD size = 0;
    unsigned count = 0;
    LUID walking;
    GetTokenInformation(token, TokenPrivileges, NULL, 0, &size);
    TOKEN_PRIVILEGES *privileges = calloc(1, size + sizeof *privileges);
    if (privileges == NULL || !LookupPrivilegeValueW(NULL, L"SeChangeNotifyPrivilege", &walking) ||
        !GetTokenInformation(token, TokenPrivileges, privileges, size, &size))
        fail("asking a token for its privileges");
    for (DWORD i = 0; i < privileges->PrivilegeCount; i++)
        count += privileges->Privileges[i].Luid.LowPart != walking.LowPart;
    free(privileges);
    return count;
}

static int do_token(wchar_t **args)
{
    (void)args;
    unsigned char sid[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof sid;
    BOOL administrator = FALSE;
    HANDLE token = NULL;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) ||
        !CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, sid, &size) ||
        !CheckTokenMembership(NULL, sid, &administrator))
        fail("looking at this program's token");
    say("%s privileges, %s\n", count_privileges(token) > 0 ? "some" : "no",
        administrator ? "an administrator" : "no administrator");
    CloseHandle(token);
    return 0;
}

struct verb {
    const wchar_t *name;
    const char *arguments;
    const char *about;
    int least; /* arguments it needs */
    int (*run)(wchar_t **args);
};

static const struct verb VERBS[] = {
    {L"cat", "", "copies stdin to stdout", 0, do_cat},
    {L"slow-cat", "MS", "copies stdin to stdout with a pause before each block", 1, do_slow_cat},
    {L"upper", "", "copies, with ASCII letters in upper case", 0, do_upper},
    {L"sink", "[CODE]", "reads all, prints the count, exits with CODE", 0, do_sink},
    {L"source", "N", "writes N bytes of the pattern", 1, do_source},
    {L"stderr", "N", "writes N bytes of the pattern to stderr", 1, do_stderr},
    {L"burst", "N CODE", "writes N bytes in one piece and exits at once", 2, do_burst},
    {L"exit", "CODE", "exits", 1, do_exit},
    {L"talk", "OUT ERR CODE", "prints OUT to stdout, ERR to stderr, exits with CODE", 3, do_talk},
    {L"args", "...", "prints each argument as LENGTH:TEXT, LENGTH in UTF-8 bytes", 0, do_args},
    {L"command-line", "", "prints its whole command line", 0, do_command_line},
    {L"env", "NAME", "prints a variable; exits with 1 when there is none", 1, do_env},
    {L"folder", "", "prints its working folder", 0, do_folder},
    {L"handles", "", "prints VALUE TYPE KIND of each handle it has", 0, do_handles},
    {L"std-handles", "", "prints the numbers of its std handles, waits for two minutes", 0,
     do_std_handles},
    {L"pipes", "", "prints of each std handle what a pipe lets it ask and set", 0, do_pipes},
    {L"console", "", "prints console or none", 0, do_console},
    {L"job", "", "prints 1 in a job, else 0", 0, do_job},
    {L"error-mode", "", "prints which errors show no box", 0, do_error_mode},
    {L"close-stdin", "MS", "closes stdin, prints closed, sleeps", 1, do_close_stdin},
    {L"close-stdout", "", "closes stdout, reads all, exits with 1 if that was nothing", 0,
     do_close_stdout},
    {L"read-some", "N", "reads at least N bytes, prints enough, exits", 1, do_read_some},
    {L"sleep", "MS", "sleeps", 1, do_sleep},
    {L"hang", "", "prints READY; never reads, for two minutes", 0, do_hang},
    {L"both-ways", "N", "writes N bytes before it reads all; the count goes to stderr", 1,
     do_both_ways},
    {L"zero", "", "writes a, then zero bytes, then b", 0, do_zero},
    {L"grandchild", "VERB ARGUMENT", "starts a copy that does VERB, prints its pid, exits", 2,
     do_grandchild},
    {L"heir", "TEXT", "starts a copy that prints TEXT when this one has ended, and ends", 1,
     do_heir},
    {L"inherit", "...", "what the copy of heir does", 3, do_inherit},
    {L"tree", "MS", "starts a copy that sleeps, prints its pid, waits for it", 1, do_tree},
    {L"touch", "FILE", "opens FILE to read and write, prints open, waits for the end of stdin", 1,
     do_touch},
    {L"clients", "PIPE N",
     "asks in N connections, prints served or refused of the last, waits for the end of stdin", 2,
     do_clients},
    {L"ctrl", "", "prints READY, waits; at Ctrl-C prints CTRL-C and exits with 42", 0, do_ctrl},
    {L"deaf", "", "prints READY, ignores Ctrl-C, waits for two minutes", 0, do_deaf},
    {L"deaf-tree", "LEVELS", "deaf, with LEVELS - 1 below it; each prints its pid", 1,
     do_deaf_tree},
    {L"heed", "", "takes a line as the path of a file, prints its pid, makes the file at the end",
     0, do_heed},
    {L"obey", "", "does what lines say: echo TEXT, complain TEXT, out N (pattern), exit CODE", 0,
     do_obey},
    {L"lowered", "PROGRAM...", "starts PROGRAM as no administrator, exits with its code", 1,
     do_lowered},
    {L"window", "", "prints its screen's size, waits for two minutes, prints CLOSED at its close",
     0, do_window},
    {L"terminal", "VERB ...", "does VERB with its console as stdin, stdout and stderr", 1,
     do_terminal},
    {L"hog", "N", "takes N MiB of memory, prints all or refused", 1, do_hog},
    {L"crowd", "N", "starts N copies that sleep, prints how many it could", 1, do_crowd},
    {L"token", "", "prints whether it has privileges, and is an administrator", 0, do_token},
    {L"crash", "", "writes to an address that is not there", 0, do_crash},
};

enum { VERB_COUNT = sizeof VERBS / sizeof *VERBS };

static int usage(void)
{
    say("test-child VERB [ARGUMENT...]; numbers are decimal or 0x...\n"
        "Byte i of the pattern is (i * 31 + (i >> 8) * 7 + (i >> 16)) & 0xFF.\n"
        "It exits with %d when a verb is used wrongly, %d when a read or write fails.\n\n",
        EXIT_USAGE, EXIT_IO);
    for (size_t i = 0; i < VERB_COUNT; i++)
        say("  %-14ls %-14s %s\n", VERBS[i].name, VERBS[i].arguments, VERBS[i].about);
    return EXIT_USAGE;
}

static int do_verb(int argc, wchar_t **argv)
{
    for (size_t i = 0; argc > 0 && i < VERB_COUNT; i++)
        if (wcscmp(argv[0], VERBS[i].name) == 0 && argc - 1 >= VERBS[i].least)
            return VERBS[i].run(argv + 1);
    return usage();
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    in = GetStdHandle(STD_INPUT_HANDLE);
    out = GetStdHandle(STD_OUTPUT_HANDLE);
    err = GetStdHandle(STD_ERROR_HANDLE);
    return do_verb(argc - 1, argv + 1);
}
