/* tests/helpers/misuse.c - does one thing that Windows would not forgive, so that a test sees
 * strict mode stop it. `misuse.exe` alone prints what it can do. Exits with 0 when it was let go
 * on. */
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

#include "win32/pipe.h"
#include "win32/spawn.h"
#include "win32/strict.h"

enum { EXIT_USAGE = 99, EXIT_SETUP = 98 };

/* What the test is not about must work. */
static void must(sp_status status, const struct sp_error *err)
{
    if (status == SP_OK)
        return;
    fprintf(stderr, "misuse: %s\n", err->what);
    exit(EXIT_SETUP);
}

static struct w32_pipe a_pipe(enum w32_pipe_async async)
{
    struct sp_error err = {0};
    struct w32_pipe p = {0};
    must(w32_pipe_open(&(struct w32_pipe_options){.async = async}, &p, &err), &err);
    return p;
}

static w32_handle an_event(void)
{
    return w32_take(CreateEventW(NULL, TRUE, FALSE, NULL));
}

static w32_handle a_duplicate_of(w32_handle h)
{
    HANDLE copy = NULL;
    DuplicateHandle(GetCurrentProcess(), h, GetCurrentProcess(), &copy, 0, FALSE,
                    DUPLICATE_SAME_ACCESS);
    return w32_take(copy);
}

/* A thread that is inside a read of a handle, as the book knows it, for as long as this runs. */
struct reader {
    w32_handle h;
    HANDLE inside;
};

static DWORD WINAPI stay_in_a_read(void *arg)
{
    struct reader *r = arg;
    w32_strict_sync_begin(r->h, "w32_read");
    SetEvent(r->inside);
    Sleep(INFINITE);
    return 0;
}

static void let_another_thread_read(w32_handle h)
{
    static struct reader r;
    r = (struct reader){.h = h, .inside = CreateEventW(NULL, TRUE, FALSE, NULL)};
    CreateThread(NULL, 0, stay_in_a_read, &r, 0, NULL);
    WaitForSingleObject(r.inside, INFINITE);
}

static void close_twice(void)
{
    w32_handle h = an_event();
    w32_handle copy = h;
    w32_handle_close(&h);
    w32_handle_close(&copy);
}

static void close_foreign(void)
{
    w32_handle h = CreateEventW(NULL, TRUE, FALSE, NULL);
    w32_handle_close(&h);
}

static void take_twice(void)
{
    w32_handle h = an_event();
    h = w32_take(h);
}

static void close_while_read(void)
{
    struct w32_pipe p = a_pipe(W32_PIPE_SYNC);
    let_another_thread_read(p.read);
    w32_handle_close(&p.read);
}

static void read_while_read(void)
{
    struct w32_pipe p = a_pipe(W32_PIPE_SYNC);
    struct sp_error err = {0};
    char c;
    uint32_t got;
    let_another_thread_read(p.read);
    must(w32_write(p.write, "x", 1, &err), &err);
    must(w32_read(p.read, &c, 1, &got, &err), &err);
}

static void read_duplicate_while_read(void)
{
    struct w32_pipe p = a_pipe(W32_PIPE_SYNC);
    struct sp_error err = {0};
    char c;
    uint32_t got;
    let_another_thread_read(p.read);
    must(w32_write(p.write, "x", 1, &err), &err);
    must(w32_read(a_duplicate_of(p.read), &c, 1, &got, &err), &err);
}

static void read_overlapped(void)
{
    struct w32_pipe p = a_pipe(W32_PIPE_ASYNC_READ);
    struct sp_error err = {0};
    char c;
    uint32_t got;
    must(w32_write(p.write, "x", 1, &err), &err);
    must(w32_read(p.read, &c, 1, &got, &err), &err);
}

static void spawn_with(w32_handle in)
{
    struct w32_child child = {0};
    struct sp_error err = {0};
    const char *argv[] = {"test-child.exe", "exit", "0"};
    struct w32_spawn_options what = {.argv = argv, .argc = 3, .in = in};
    must(w32_spawn(&what, &child, &err), &err);
    must(w32_child_wait(&child, W32_FOREVER, NULL, &err), &err);
    w32_child_close(&child);
}

static void spawn_overlapped(void)
{
    spawn_with(a_pipe(W32_PIPE_ASYNC_READ).read);
}

static void spawn_while_read(void)
{
    struct w32_pipe p = a_pipe(W32_PIPE_SYNC);
    let_another_thread_read(p.read);
    spawn_with(p.read);
}

static void start_in_flight(void)
{
    int op = 0;
    w32_strict_op_begin(&op);
    w32_strict_op_begin(&op);
}

static void end_idle(void)
{
    int op = 0;
    w32_strict_op_end(&op);
}

static void free_in_flight(void)
{
    int op = 0;
    w32_strict_op_begin(&op);
    w32_strict_op_check_idle(&op);
}

static void release_unknown_name(void)
{
    w32_strict_pipe_name_released("\\\\.\\pipe\\misuse");
}

static const struct misuse {
    const wchar_t *name;
    void (*commit)(void);
} MISUSES[] = {
    {L"close-twice", close_twice},
    {L"close-foreign", close_foreign},
    {L"take-twice", take_twice},
    {L"close-while-read", close_while_read},
    {L"read-while-read", read_while_read},
    {L"read-duplicate-while-read", read_duplicate_while_read},
    {L"read-overlapped", read_overlapped},
    {L"spawn-overlapped", spawn_overlapped},
    {L"spawn-while-read", spawn_while_read},
    {L"start-in-flight", start_in_flight},
    {L"end-idle", end_idle},
    {L"free-in-flight", free_in_flight},
    {L"release-unknown-name", release_unknown_name},
};

enum { MISUSE_COUNT = sizeof MISUSES / sizeof *MISUSES };

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    for (size_t i = 0; argc == 2 && i < MISUSE_COUNT; i++) {
        if (wcscmp(argv[1], MISUSES[i].name) == 0) {
            MISUSES[i].commit();
            return 0;
        }
    }
    printf("misuse WHAT, one of\n");
    for (size_t i = 0; i < MISUSE_COUNT; i++)
        printf("  %ls\n", MISUSES[i].name);
    return EXIT_USAGE;
}
