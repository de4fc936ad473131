/* examples/c/attach.c - a client of the control protocol (docs/protocol.md), with nothing but
 * Windows: stdin, stdout, stderr and the exit code are the worker's.
 *
 *   gcc -O2 attach.c -o attach.exe
 *   attach standpipe sort < names.txt
 *
 * It picks what it needs out of the service's lines; a program of yours takes a JSON library. The
 * handles are synchronous, on which Windows does one thing at a time. So nobody reads the control
 * pipe before both outputs have ended; until then it belongs to the thread that copies stdin. */
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

struct copy {
    HANDLE from, to;
    unsigned long long bytes;
};

#define SAY(...) (fprintf(to_service, "{\"jsonrpc\":\"2.0\"," __VA_ARGS__), fflush(to_service))

static FILE *to_service, *from_service; /* one pipe */
static char line[65538];                /* the last one heard */

static void fail(int code, const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(code);
}

/* A pipe by its leaf name, which ends with the text or a quotation mark. */
static HANDLE open_pipe(const char *leaf, DWORD access)
{
    char name[300];
    HANDLE h;
    snprintf(name, sizeof name, "\\\\.\\pipe\\%.*s", (int)strcspn(leaf, "\""), leaf);
    do /* all instances taken: others have just come, and the service makes room */
        h = CreateFileA(name, access, 0, NULL, OPEN_EXISTING,
                        SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
    while (h == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PIPE_BUSY &&
           WaitNamedPipeA(name, 20000));
    if (h == INVALID_HANDLE_VALUE)
        fail(125, name, "it can't be opened");
    return h;
}

/* The service's next line. A refusal ends us. */
static void hear(void)
{
    if (fgets(line, sizeof line, from_service) == NULL)
        fail(125, "the service", "the connection was lost");
    if (strstr(line, "\"error\":{"))
        fail(strstr(line, "{\"code\":2,") ? 127 : 125, "refused", line);
}

/* What stands behind a text in the last line. */
static const char *behind(const char *text)
{
    const char *found = strstr(line, text);
    if (found == NULL)
        fail(125, text, line);
    return found + strlen(text);
}

static DWORD WINAPI copy_all(void *arg)
{
    struct copy *c = arg;
    char piece[16384];
    DWORD len = 0, written = 0;
    BOOL ok = TRUE;
    for (; ok && ReadFile(c->from, piece, sizeof piece, &len, NULL) && len > 0; c->bytes += len)
        ok = WriteFile(c->to, piece, len, &written, NULL);
    return (DWORD)ok;
}

static DWORD WINAPI copy_input(void *arg)
{
    struct copy *c = arg;
    DWORD all = copy_all(c);
    CloseHandle(c->to);
    if (all) /* else the worker takes no more, and may go on all the same */
        SAY("\"method\":\"input_end\",\"params\":{\"bytes\":%llu}}\n", c->bytes);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        fail(2, "usage", "attach PIPE WORKER");
    HANDLE control = open_pipe(argv[1], GENERIC_READ | GENERIC_WRITE);
    int fd = _open_osfhandle((intptr_t)control, _O_BINARY);
    to_service = _fdopen(fd, "wb");
    from_service = _fdopen(fd, "rb");
    SAY("\"id\":1,\"method\":\"attach\",\"params\":{\"worker\":\"%s\",\"protocol\":1}}\n", argv[2]);
    hear();
    HANDLE in_pipe = open_pipe(behind("\"stdin\":\""), GENERIC_WRITE);
    HANDLE out_pipe = open_pipe(behind("\"stdout\":\""), GENERIC_READ);
    HANDLE err_pipe = open_pipe(behind("\"stderr\":\""), GENERIC_READ);
    struct copy in = {GetStdHandle(STD_INPUT_HANDLE), in_pipe, 0};
    struct copy out = {out_pipe, GetStdHandle(STD_OUTPUT_HANDLE), 0};
    struct copy err = {err_pipe, GetStdHandle(STD_ERROR_HANDLE), 0};
    SAY("\"id\":2,\"method\":\"start\"}\n");
    hear();
    HANDLE threads[] = {CreateThread(NULL, 0, copy_all, &out, 0, NULL),
                        CreateThread(NULL, 0, copy_all, &err, 0, NULL),
                        CreateThread(NULL, 0, copy_input, &in, 0, NULL)};
    WaitForMultipleObjects(2, threads, TRUE, INFINITE); /* the outputs */
    for (hear(); !strstr(line, "\"method\":\"exit\""); hear()) {
        unsigned long long came = strstr(line, "\"stream\":\"stdout\"") ? out.bytes : err.bytes;
        if (strstr(line, "\"output_end\"") && strtoull(behind("\"bytes\":"), NULL, 10) != came)
            fail(125, "bytes are missing", line);
    }
    SAY("\"method\":\"ack\"}\n");
    if (strstr(line, "\"reason\":"))
        fail(125, "the worker was ended", line);
    return (int)strtoul(behind("\"code\":"), NULL, 10);
}
