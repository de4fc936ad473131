/* tests/helpers/test-misuse.c - makes one mistake, by name, that Windows would not forgive. A
 * strict build stops it in the act; it exits with 0 when nobody did. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "win32/loop.h"
#include "win32/npipe.h"
#include "win32/overlapped.h"
#include "win32/pipe.h"
#include "win32/spawn.h"
#include "win32/strict.h"

enum { EXIT_USAGE = 99, EXIT_SETUP = 98 };

/* What a mistake needs before it can be made must not fail. */
static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "test-misuse: %s: error %lu\n", what, (unsigned long)GetLastError());
    exit(EXIT_SETUP);
}

static w32_handle an_event(void)
{
    w32_handle event = w32_take(CreateEventW(NULL, TRUE, FALSE, NULL));
    must(event != NULL, "making an event");
    return event;
}

static struct w32_pipe a_pipe(enum w32_pipe_async async)
{
    struct w32_pipe p = {0};
    struct w32_pipe_options options = {.async = async};
    must(w32_pipe_open(&options, &p, NULL) == SP_OK, "making a pipe");
    return p;
}

static void run_thread(LPTHREAD_START_ROUTINE run, void *arg)
{
    HANDLE thread = CreateThread(NULL, 0, run, arg, 0, NULL);
    must(thread != NULL, "starting a thread");
    CloseHandle(thread);
}

/* ------------------------------------------------------------------ handles */

static void close_twice(void)
{
    w32_handle h = an_event();
    w32_handle copy = h;
    w32_handle_close(&h);
    w32_handle_close(&copy);
}

static void give_closed(void)
{
    w32_handle h = an_event();
    w32_handle copy = h;
    w32_handle_close(&h);
    w32_give(&copy);
}

static void take_twice(void)
{
    w32_handle h = an_event();
    w32_take(h);
}

static void close_raw(void)
{
    w32_handle h = an_event();
    CloseHandle(h); /* and not by w32_handle_close */
    for (int i = 0; i < 1000; i++)
        an_event(); /* one of these has the same value */
}

/* ------------------------------------------------------------------ synchronous pipes */

static DWORD WINAPI read_it(void *arg)
{
    char c;
    uint32_t got;
    sp_status ignored = w32_read(arg, &c, 1, &got, NULL);
    (void)ignored;
    return 0;
}

/* Whichever comes second, the thread or we, is the mistake. */
static void read_in_two_threads(void)
{
    struct w32_pipe p = a_pipe(W32_PIPE_SYNC);
    run_thread(read_it, p.read);
    read_it(p.read);
}

static void write_while_reading(void)
{
    wchar_t name[64];
    swprintf(name, 64, L"\\\\.\\pipe\\test-misuse-%lu", (unsigned long)GetCurrentProcessId());
    w32_handle server =
        w32_take(CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 64, 64, 0, NULL));
    w32_handle client =
        w32_take(CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL));
    must(server != NULL && client != NULL, "making a duplex pipe");
    HANDLE self = GetCurrentProcess();
    HANDLE raw = NULL;
    must(DuplicateHandle(self, client, self, &raw, 0, FALSE, DUPLICATE_SAME_ACCESS), "duplicating");
    w32_handle copy = w32_take(raw); /* another handle, the same pipe */
    run_thread(read_it, copy);
    sp_status status = SP_OK;
    while (status == SP_OK) /* until the thread reads; in the end the pipe is full and we wait */
        status = w32_write(client, "x", 1, NULL);
}

static w32_handle inside;

/* As w32_read() does it, but so that others know when this thread is inside. */
static DWORD WINAPI stay_inside(void *arg)
{
    w32_strict_sync_begin(arg, "w32_read");
    SetEvent(inside);
    Sleep(INFINITE);
    return 0;
}

static void have_a_reader(w32_handle h)
{
    inside = an_event();
    run_thread(stay_inside, h);
    WaitForSingleObject(inside, INFINITE);
}

static void close_while_reading(void)
{
    struct w32_pipe p = a_pipe(W32_PIPE_SYNC);
    have_a_reader(p.read);
    w32_handle_close(&p.read);
}

static void spawn_with(w32_handle in)
{
    const char *const argv[] = {"test-child", "sink"};
    const struct w32_spawn_options what = {.argv = argv, .argc = 2, .in = in};
    struct w32_child child = {0};
    must(w32_spawn(&what, &child, NULL) == SP_OK, "starting test-child");
    w32_child_close(&child);
}

static void inherit_while_reading(void)
{
    struct w32_pipe p = a_pipe(W32_PIPE_SYNC);
    have_a_reader(p.read);
    spawn_with(p.read);
}

static void inherit_overlapped(void)
{
    struct w32_pipe p = a_pipe(W32_PIPE_ASYNC_READ);
    spawn_with(p.read);
}

static void read_overlapped(void)
{
    struct w32_pipe p = a_pipe(W32_PIPE_ASYNC_READ);
    read_it(p.read);
}

static void end_without_begin(void)
{
    struct w32_pipe p = a_pipe(W32_PIPE_SYNC);
    w32_strict_sync_end(p.read);
}

/* ------------------------------------------------------------------ operations */

static void begin_read(struct w32_overlapped *op)
{
    static char c;
    static struct w32_pipe p;
    if (p.read == NULL) {
        p = a_pipe(W32_PIPE_ASYNC_READ);
        must(w32_overlapped_init(op, p.read, NULL) == SP_OK, "making an operation");
    }
    must(w32_overlapped_read(op, &c, 1, NULL) == SP_OK, "reading");
}

static void begin_twice(void)
{
    struct w32_overlapped op = {0};
    begin_read(&op);
    begin_read(&op);
}

static void free_in_flight(void)
{
    struct w32_overlapped *op = calloc(1, sizeof *op);
    must(op != NULL, "memory");
    begin_read(op);
    w32_strict_op_check_idle(op);
    free(op);
}

static void end_twice(void)
{
    int op = 0;
    w32_strict_op_begin(&op);
    w32_strict_op_end(&op);
    w32_strict_op_end(&op);
}

static void read_without_posted(void)
{
    static char c;
    static struct w32_op op;
    struct w32_loop *loop = NULL;
    struct w32_pipe p = a_pipe(W32_PIPE_ASYNC_READ);
    must(w32_loop_open(&loop, NULL) == SP_OK, "making a loop");
    must(w32_loop_bind_messages(loop, p.read, NULL) == SP_OK, "binding");
    w32_op_read(loop, &op, p.read, &c, 1);
}

static void read_with_posted(void)
{
    static char c;
    static struct w32_op op = {.posted = true};
    struct w32_loop *loop = NULL;
    struct w32_pipe p = a_pipe(W32_PIPE_ASYNC_READ);
    must(w32_loop_open(&loop, NULL) == SP_OK, "making a loop");
    must(w32_loop_bind(loop, p.read, NULL) == SP_OK, "binding");
    w32_op_read(loop, &op, p.read, &c, 1);
}

/* ------------------------------------------------------------------ names */

static void release_unknown_name(void)
{
    w32_strict_pipe_name_released("\\\\.\\pipe\\nobody-took-this");
}

static const struct {
    const char *name;
    void (*make)(void);
} MISTAKES[] = {
    {"close-twice", close_twice},
    {"give-closed", give_closed},
    {"take-twice", take_twice},
    {"close-raw", close_raw},
    {"read-in-two-threads", read_in_two_threads},
    {"write-while-reading", write_while_reading},
    {"close-while-reading", close_while_reading},
    {"inherit-while-reading", inherit_while_reading},
    {"inherit-overlapped", inherit_overlapped},
    {"read-overlapped", read_overlapped},
    {"end-without-begin", end_without_begin},
    {"begin-twice", begin_twice},
    {"free-in-flight", free_in_flight},
    {"end-twice", end_twice},
    {"read-without-posted", read_without_posted},
    {"read-with-posted", read_with_posted},
    {"release-unknown-name", release_unknown_name},
};

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    char name[64] = "";
    if (argc > 1)
        snprintf(name, sizeof name, "%ls", argv[1]);
    for (size_t i = 0; i < sizeof MISTAKES / sizeof *MISTAKES; i++) {
        if (strcmp(MISTAKES[i].name, name) == 0) {
            MISTAKES[i].make();
            return 0;
        }
    }
    fprintf(stderr, "test-misuse MISTAKE; this is none: '%s'\n", name);
    return EXIT_USAGE;
}
