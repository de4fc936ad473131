/* examples/c/raw.c - a client of a raw endpoint, with nothing but Windows: our stdin goes to the
 * worker, what it says to our stdout.
 *
 *   gcc -O2 raw.c -o raw.exe
 *   raw \\.\pipe\standpipe\sort < names.txt
 *
 * An overlapped handle: on a synchronous one Windows does one thing at a time, so a read that waits
 * would hold up every write. */
#include <stdio.h>
#include <windows.h>

static HANDLE worker;

/* Waits for what was begun on the worker's pipe. */
static BOOL finish(BOOL done, OVERLAPPED *o, DWORD *bytes)
{
    if (!done && GetLastError() != ERROR_IO_PENDING)
        return FALSE;
    return GetOverlappedResult(worker, o, bytes, TRUE);
}

static BOOL send_bytes(OVERLAPPED *o, const void *bytes, DWORD len)
{
    DWORD written = 0;
    return finish(WriteFile(worker, bytes, len, NULL, o), o, &written);
}

/* Our stdin, piece by piece, then an empty message: the end of the worker's stdin. A worker that
 * takes no more ends this, and may go on all the same. */
static DWORD WINAPI copy_input(void *unused)
{
    static char piece[65536];
    OVERLAPPED o = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD len = 0;
    BOOL ok = TRUE;
    (void)unused;
    while (ok && ReadFile(GetStdHandle(STD_INPUT_HANDLE), piece, sizeof piece, &len, NULL) &&
           len > 0)
        ok = send_bytes(&o, piece, len);
    if (ok)
        send_bytes(&o, "", 0);
    CloseHandle(o.hEvent);
    return 0;
}

/* The end of the pipe is the end of the worker's output. */
static DWORD copy_output(void)
{
    static char piece[65536];
    OVERLAPPED o = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD len = 0, written = 0;
    BOOL ok = TRUE;
    while (ok && finish(ReadFile(worker, piece, sizeof piece, NULL, &o), &o, &len))
        ok = WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), piece, len, &written, NULL);
    DWORD error = GetLastError();
    CloseHandle(o.hEvent);
    return error == ERROR_BROKEN_PIPE ? 0 : error;
}

/* The server may learn who we are and can't act as us. All instances taken: others have just come,
 * and the service makes room. */
static HANDLE open_pipe(const char *name)
{
    HANDLE h;
    do
        h = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                        FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION,
                        NULL);
    while (h == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PIPE_BUSY &&
           WaitNamedPipeA(name, 20000));
    return h;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: raw \\\\.\\pipe\\standpipe\\WORKER\n");
        return 2;
    }
    worker = open_pipe(argv[1]);
    if (worker == INVALID_HANDLE_VALUE) {
        fprintf(stderr, "opening %s: error %lu\n", argv[1], GetLastError());
        return 1;
    }
    HANDLE thread = CreateThread(NULL, 0, copy_input, NULL, 0, NULL);
    if (thread == NULL) {
        fprintf(stderr, "starting a thread: error %lu\n", GetLastError());
        return 1;
    }
    DWORD error = copy_output();
    if (error != 0)
        fprintf(stderr, "reading from %s: error %lu\n", argv[1], error);
    CloseHandle(thread);
    return error == 0 ? 0 : 1; /* whatever our stdin still has */
}
