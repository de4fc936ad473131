/* win32/strict.c - the book of live handles, of operations in flight and of pipe names. */
#include "win32/strict.h"

#include <stdatomic.h>

static _Atomic int32_t ops_in_flight;

int32_t w32_strict_ops_in_flight(void)
{
    return atomic_load(&ops_in_flight);
}

#if !W32_STRICT

void w32_strict_op_begin(const void *op)
{
    (void)op;
    atomic_fetch_add(&ops_in_flight, 1);
}

void w32_strict_op_end(const void *op)
{
    (void)op;
    atomic_fetch_sub(&ops_in_flight, 1);
}

#else

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "core/error.h"

enum { BUCKETS = 4096, MESSAGE_MAX = 512 };

/* A table from an address to what is known of it. Chained, because a debug build may hold tens
 * of thousands of handles and must not search them one by one. */
struct entry {
    const void *key;
    enum w32_handle_kind kind;
    struct entry *next;
};

/* A thread that is inside a synchronous call. There are few: a list will do. */
struct caller {
    w32_handle handle;
    DWORD thread;
    const char *what;
    bool is_pipe;
    struct caller *next;
};

/* A pipe name of which this process has instances. */
struct pipe_name {
    char *text;
    size_t instances;
    struct pipe_name *next;
};

static SRWLOCK lock = SRWLOCK_INIT; /* guards all below */
static struct entry *handles[BUCKETS];
static struct entry *ops[BUCKETS];
static struct caller *callers;
static struct pipe_name *pipe_names;

/* Straight to the handle: the CRT's stderr may be locked by the very thread that hangs. */
static void stop(const char *format, ...) SP_PRINTF(1, 2) __attribute__((noreturn));

static void stop(const char *format, ...)
{
    char what[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    char line[MESSAGE_MAX + 32];
    int len = snprintf(line, sizeof line, "standpipe strict: %s\n", what);
    DWORD written;
    WriteFile(GetStdHandle(STD_ERROR_HANDLE), line, len > 0 ? (DWORD)len : 0, &written, NULL);
    TerminateProcess(GetCurrentProcess(), W32_STRICT_EXIT_CODE);
    abort();
}

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (memory == NULL)
        stop("no memory for the book");
    return memory;
}

static struct entry **find(struct entry **table, const void *key)
{
    /* Handles and heap blocks are multiples of 4 to 16: the lowest bits say nothing. */
    uintptr_t number = (uintptr_t)key;
    struct entry **at = &table[((number >> 2) ^ (number >> 14)) % BUCKETS];
    while (*at != NULL && (*at)->key != key)
        at = &(*at)->next;
    return at;
}

/* False when it is in there already. */
static bool enter(struct entry **table, const void *key)
{
    struct entry **at = find(table, key);
    if (*at != NULL)
        return false;
    *at = allocate(sizeof **at);
    (*at)->key = key;
    return true;
}

/* False when it was not in there. */
static bool strike(struct entry **table, const void *key)
{
    struct entry **at = find(table, key);
    struct entry *gone = *at;
    if (gone == NULL)
        return false;
    *at = gone->next;
    free(gone);
    return true;
}

void w32_strict_op_begin(const void *op)
{
    AcquireSRWLockExclusive(&lock);
    if (!enter(ops, op))
        stop("operation %p was started while it is still in flight: Windows would write to one "
             "OVERLAPPED twice",
             op);
    ReleaseSRWLockExclusive(&lock);
    atomic_fetch_add(&ops_in_flight, 1);
}

void w32_strict_op_end(const void *op)
{
    AcquireSRWLockExclusive(&lock);
    if (!strike(ops, op))
        stop("operation %p ended, but was not in flight (ended twice?)", op);
    ReleaseSRWLockExclusive(&lock);
    atomic_fetch_sub(&ops_in_flight, 1);
}

void w32_strict_op_check_idle(const void *op)
{
    AcquireSRWLockShared(&lock);
    if (*find(ops, op) != NULL)
        stop("operation %p is in flight and its memory is about to be freed: Windows would write "
             "into whatever comes there next",
             op);
    ReleaseSRWLockShared(&lock);
}

void w32_strict_handle_opened(w32_handle h)
{
    AcquireSRWLockExclusive(&lock);
    if (!enter(handles, h))
        stop("w32_take of %p, which is taken already (taken twice, or closed with CloseHandle?)",
             h);
    ReleaseSRWLockExclusive(&lock);
}

void w32_strict_handle_closing(w32_handle h, const char *by)
{
    AcquireSRWLockExclusive(&lock);
    if (!strike(handles, h))
        stop("%s of %p, which is not open (closed twice?)", by, h);
    for (struct caller *c = callers; c != NULL; c = c->next)
        if (c->handle == h && c->thread != GetCurrentThreadId())
            stop("%s of %p while thread %lu is in %s on it: Windows would wait for that", by, h,
                 (unsigned long)c->thread, c->what);
    ReleaseSRWLockExclusive(&lock);
}

void w32_strict_handle_is(w32_handle h, enum w32_handle_kind kind)
{
    AcquireSRWLockExclusive(&lock);
    struct entry *e = *find(handles, h);
    if (e == NULL)
        stop("%p is not an open handle of ours", h);
    e->kind = kind;
    ReleaseSRWLockExclusive(&lock);
}

enum w32_handle_kind w32_strict_handle_kind(w32_handle h)
{
    AcquireSRWLockShared(&lock);
    struct entry *e = *find(handles, h);
    enum w32_handle_kind kind = e == NULL ? W32_HANDLE_UNKNOWN : e->kind;
    ReleaseSRWLockShared(&lock);
    return kind;
}

static bool is_overlapped(w32_handle h)
{
    enum w32_handle_kind kind = w32_strict_handle_kind(h);
    return kind == W32_HANDLE_ASYNC || kind == W32_HANDLE_POSTED;
}

void w32_strict_check_posted(w32_handle h, bool posted)
{
    enum w32_handle_kind kind = w32_strict_handle_kind(h);
    if (kind != W32_HANDLE_UNKNOWN && (kind == W32_HANDLE_POSTED) != posted)
        stop("an operation with posted=%d on %p, which was %s", posted, h,
             posted ? "not bound by w32_loop_bind_messages" : "bound by w32_loop_bind_messages");
}

/* The other thread that is inside a call on the same pipe; files and consoles do serialise, too,
 * but their calls come to an end. The lock is held. */
static struct caller *rival(w32_handle h)
{
    for (struct caller *c = callers; c != NULL; c = c->next)
        if (c->is_pipe && c->thread != GetCurrentThreadId() && w32_handle_same(c->handle, h))
            return c;
    return NULL;
}

/* The lock is held. */
static void stop_if_taken(w32_handle h, const char *what)
{
    struct caller *other = rival(h);
    if (other != NULL)
        stop("%s on %p while thread %lu is in %s on the same synchronous pipe: Windows would wait "
             "for that",
             what, h, (unsigned long)other->thread, other->what);
}

void w32_strict_sync_begin(w32_handle h, const char *what)
{
    if (is_overlapped(h))
        stop("%s on %p, which is overlapped: Windows would return before it is done", what, h);
    AcquireSRWLockShared(&lock);
    stop_if_taken(h, what);
    ReleaseSRWLockShared(&lock);

    /* Without the lock, and not before the look above: on Windows this question, too, would wait
     * for a call that is under way. */
    bool is_pipe = GetFileType(h) == FILE_TYPE_PIPE;
    struct caller *c = allocate(sizeof *c);
    *c = (struct caller){
        .handle = h, .thread = GetCurrentThreadId(), .what = what, .is_pipe = is_pipe};
    AcquireSRWLockExclusive(&lock);
    stop_if_taken(h, what); /* another thread may have come here at the same time */
    c->next = callers;
    callers = c;
    ReleaseSRWLockExclusive(&lock);
}

void w32_strict_sync_end(w32_handle h)
{
    AcquireSRWLockExclusive(&lock);
    struct caller **at = &callers;
    while (*at != NULL && ((*at)->handle != h || (*at)->thread != GetCurrentThreadId()))
        at = &(*at)->next;
    struct caller *gone = *at;
    if (gone == NULL)
        stop("a synchronous operation on %p ended that had not begun", h);
    *at = gone->next;
    ReleaseSRWLockExclusive(&lock);
    free(gone);
}

void w32_strict_check_inheritable(w32_handle h, const char *role)
{
    if (is_overlapped(h))
        stop("%p as a child's %s is overlapped: a plain program can't read or write it", h, role);
    AcquireSRWLockShared(&lock);
    struct caller *other = rival(h);
    if (other != NULL)
        stop("%p as a child's %s while thread %lu is in %s on it: on Windows the child would hang "
             "before its main",
             h, role, (unsigned long)other->thread, other->what);
    ReleaseSRWLockShared(&lock);
}

static struct pipe_name **find_name(const char *name)
{
    struct pipe_name **at = &pipe_names;
    while (*at != NULL && _stricmp((*at)->text, name) != 0)
        at = &(*at)->next;
    return at;
}

uint32_t w32_strict_pipe_name_taken(const char *name, bool first)
{
    uint32_t os = 0;
    AcquireSRWLockExclusive(&lock);
    struct pipe_name **at = find_name(name);
    if (*at == NULL) {
        *at = allocate(sizeof **at);
        (*at)->text = allocate(strlen(name) + 1);
        memcpy((*at)->text, name, strlen(name) + 1);
    }
    if (first && (*at)->instances > 0)
        os = ERROR_ACCESS_DENIED;
    else
        (*at)->instances++;
    ReleaseSRWLockExclusive(&lock);
    return os;
}

void w32_strict_pipe_name_released(const char *name)
{
    AcquireSRWLockExclusive(&lock);
    struct pipe_name **at = find_name(name);
    struct pipe_name *gone = *at;
    if (gone == NULL)
        stop("an instance of %s was released that was not taken", name);
    if (--gone->instances == 0) {
        *at = gone->next;
        free(gone->text);
        free(gone);
    }
    ReleaseSRWLockExclusive(&lock);
}

#endif
