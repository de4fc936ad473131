/* win32/loop.c - one thread on one completion port. What arrives there is told apart by its key:
 * KEY_OP an operation of a bound handle, KEY_HANDED one that another loop handed on, KEY_POST a
 * posted call, any other the watch of a job. */
#include "win32/loop.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "core/list.h"
#include "win32/error.h"
#include "win32/pool.h"
#include "win32/strict.h"

enum { KEY_OP, KEY_HANDED, KEY_POST, KEY_FIRST_WATCH };
enum { WATCH_BUCKETS = 256, ROUNDS_MAX = 16 };

struct w32_loop {
    HANDLE port;
    bool quit;
    struct w32_op *ready, **ready_tail; /* finished at once; their turn comes on the next round */
    struct w32_timer *first, *last;     /* by due_ms */
    uintptr_t next_key;
    struct w32_job_watch *watches[WATCH_BUCKETS];
};

_Static_assert(sizeof(OVERLAPPED) == sizeof(((struct w32_op *)0)->overlapped),
               "w32_op has room for Windows' OVERLAPPED");
_Static_assert(offsetof(struct w32_op, overlapped) == 0, "the OVERLAPPED is the operation");

/* ------------------------------------------------------------------ life */

sp_status w32_loop_open(struct w32_loop **out, struct sp_error *err)
{
    struct w32_loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a loop");
    loop->port = w32_take(CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1));
    if (loop->port == NULL) {
        uint32_t os = GetLastError();
        free(loop);
        return w32_fail(err, os, "making a completion port");
    }
    loop->ready_tail = &loop->ready;
    loop->next_key = KEY_FIRST_WATCH;
    *out = loop;
    return SP_OK;
}

void w32_loop_close(struct w32_loop *loop)
{
    if (loop == NULL)
        return;
    w32_handle_close(&loop->port);
    free(loop);
}

void w32_loop_quit(struct w32_loop *loop)
{
    loop->quit = true;
}

static sp_status bind_handle(struct w32_loop *loop, w32_handle h, uint8_t modes,
                             struct sp_error *err)
{
    if (CreateIoCompletionPort(h, loop->port, KEY_OP, 0) == NULL)
        return w32_fail(err, GetLastError(), "binding a handle to a completion port");
    if (!SetFileCompletionNotificationModes(h, modes))
        return w32_fail(err, GetLastError(), "setting a handle's completion mode");
    return SP_OK;
}

sp_status w32_loop_bind(struct w32_loop *loop, w32_handle h, struct sp_error *err)
{
    /* An operation that finishes at once says so by its return value: no trip through the port. */
    sp_status status = bind_handle(
        loop, h, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE, err);
    if (status == SP_OK)
        w32_strict_handle_is(h, W32_HANDLE_ASYNC);
    return status;
}

sp_status w32_loop_bind_messages(struct w32_loop *loop, w32_handle h, struct sp_error *err)
{
    sp_status status = bind_handle(loop, h, FILE_SKIP_SET_EVENT_ON_HANDLE, err);
    if (status == SP_OK)
        w32_strict_handle_is(h, W32_HANDLE_POSTED);
    return status;
}

/* ------------------------------------------------------------------ operations */

static void begin(struct w32_loop *loop, struct w32_op *op, w32_handle h)
{
    w32_strict_op_begin(op);
    w32_strict_check_posted(h, op->posted);
    op->loop = loop;
    memset(&op->overlapped, 0, sizeof op->overlapped);
    op->busy = true;
}

static void due(struct w32_loop *loop, struct w32_op *op, uint32_t os, uint32_t bytes)
{
    op->os = os;
    op->bytes = bytes;
    op->next = NULL;
    *loop->ready_tail = op;
    loop->ready_tail = &op->next;
}

/* Takes the outcome of the call that began op: what no packet follows is due on the next round. */
static void began(struct w32_loop *loop, struct w32_op *op, BOOL ok, uint32_t os)
{
    if (!ok && os == ERROR_IO_PENDING)
        return;
    /* Only what never began, being an error and no warning, has no packet. */
    if (op->posted && (ok || os == ERROR_MORE_DATA))
        return;
    const OVERLAPPED *overlapped = (const OVERLAPPED *)&op->overlapped;
    due(loop, op, ok ? 0 : os, ok ? (uint32_t)overlapped->InternalHigh : 0);
}

static void finish(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    w32_strict_op_end(op);
    op->busy = false;
    op->done(op, os, bytes);
}

void w32_op_read(struct w32_loop *loop, struct w32_op *op, w32_handle h, void *data, uint32_t size)
{
    begin(loop, op, h);
    BOOL ok = ReadFile(h, data, size, NULL, (OVERLAPPED *)&op->overlapped);
    began(loop, op, ok, ok ? 0 : GetLastError());
}

void w32_op_write(struct w32_loop *loop, struct w32_op *op, w32_handle h, const void *data,
                  uint32_t len)
{
    begin(loop, op, h);
    BOOL ok = WriteFile(h, data, len, NULL, (OVERLAPPED *)&op->overlapped);
    began(loop, op, ok, ok ? 0 : GetLastError());
}

void w32_op_connect(struct w32_loop *loop, struct w32_op *op, w32_handle h)
{
    begin(loop, op, h);
    BOOL ok = ConnectNamedPipe(h, (OVERLAPPED *)&op->overlapped);
    uint32_t os = ok ? 0 : GetLastError();
    if (os == ERROR_PIPE_CONNECTED)
        due(loop, op, 0, 0);
    else
        began(loop, op, ok, os);
}

void w32_op_cancel(struct w32_op *op, w32_handle h)
{
    /* ERROR_NOT_FOUND: it has finished meanwhile, and its completion is on its way. */
    if (op->busy)
        CancelIoEx(h, (OVERLAPPED *)&op->overlapped);
}

/* ------------------------------------------------------------------ timers */

uint64_t w32_now_ms(void)
{
    return GetTickCount64();
}

/* The last timer that is due no later. Most of a loop have the same length, so the newest is the
 * last; what is due at once is looked for from the other end. */
static struct w32_timer *last_before(const struct w32_loop *loop, uint64_t due_ms)
{
    struct w32_timer *t = loop->last;
    if (t == NULL || t->due_ms <= due_ms)
        return t;
    if (due_ms < loop->first->due_ms)
        return NULL;
    if (due_ms - loop->first->due_ms < t->due_ms - due_ms) {
        for (t = loop->first; t->next->due_ms <= due_ms;)
            t = t->next;
        return t;
    }
    while (t->due_ms > due_ms)
        t = t->prev;
    return t;
}

void w32_timer_start(struct w32_loop *loop, struct w32_timer *timer, uint32_t after_ms)
{
    w32_timer_stop(loop, timer);
    timer->due_ms = w32_now_ms() + after_ms + 1; /* 0 means idle */
    struct w32_timer *before = last_before(loop, timer->due_ms);
    timer->prev = before;
    timer->next = before == NULL ? loop->first : before->next;
    *(timer->prev == NULL ? &loop->first : &timer->prev->next) = timer;
    *(timer->next == NULL ? &loop->last : &timer->next->prev) = timer;
}

void w32_timer_stop(struct w32_loop *loop, struct w32_timer *timer)
{
    if (timer->due_ms == 0)
        return;
    *(timer->prev == NULL ? &loop->first : &timer->prev->next) = timer->next;
    *(timer->next == NULL ? &loop->last : &timer->next->prev) = timer->prev;
    timer->prev = timer->next = NULL;
    timer->due_ms = 0;
}

static void fire_timers(struct w32_loop *loop)
{
    if (loop->first == NULL)
        return;
    uint64_t now = w32_now_ms();
    while (!loop->quit && loop->first != NULL && loop->first->due_ms <= now) {
        struct w32_timer *timer = loop->first;
        w32_timer_stop(loop, timer);
        timer->fire(timer);
    }
}

static uint32_t time_to_wait(const struct w32_loop *loop)
{
    if (loop->ready != NULL)
        return 0;
    if (loop->first == NULL)
        return INFINITE;
    uint64_t now = w32_now_ms();
    uint64_t rest = loop->first->due_ms > now ? loop->first->due_ms - now : 0;
    return rest < INFINITE ? (uint32_t)rest : INFINITE - 1;
}

/* ------------------------------------------------------------------ posts and work */

static void post_packet(struct w32_loop *loop, ULONG_PTR key, OVERLAPPED *what)
{
    /* It fails only when the kernel has no memory for a packet; losing a call would hang its
     * session, so it is tried until there is some again. */
    while (!PostQueuedCompletionStatus(loop->port, 0, key, what))
        Sleep(1);
}

void w32_loop_post(struct w32_loop *loop, struct w32_post *post)
{
    post_packet(loop, KEY_POST, (OVERLAPPED *)post);
}

static void work_done(struct w32_post *post)
{
    struct w32_work *work = SP_CONTAINER(post, struct w32_work, post);
    work->done(work);
}

static void CALLBACK run_work(TP_CALLBACK_INSTANCE *instance, void *arg)
{
    (void)instance;
    struct w32_work *work = arg;
    work->run(work);
    w32_loop_post(work->loop, &work->post);
}

void w32_loop_work(struct w32_loop *loop, struct w32_work *work)
{
    work->loop = loop;
    work->post.call = work_done;
    if (!TrySubmitThreadpoolCallback(run_work, work, w32_pool_environment(work->pool)))
        run_work(NULL, work); /* no memory for the pool: blocking the loop beats losing the call */
}

/* ------------------------------------------------------------------ jobs */

static struct w32_job_watch **bucket(struct w32_loop *loop, uintptr_t key)
{
    return &loop->watches[key % WATCH_BUCKETS];
}

sp_status w32_job_watch(struct w32_loop *loop, struct w32_job_watch *watch, w32_handle job,
                        struct sp_error *err)
{
    /* A key is never used again: what is still queued for an ended watch finds nothing. */
    uintptr_t key = loop->next_key++;
    JOBOBJECT_ASSOCIATE_COMPLETION_PORT port = {(void *)key, loop->port};
    if (!SetInformationJobObject(job, JobObjectAssociateCompletionPortInformation, &port,
                                 sizeof port))
        return w32_fail(err, GetLastError(), "watching a job");
    watch->key = key;
    watch->next = *bucket(loop, key);
    *bucket(loop, key) = watch;
    return SP_OK;
}

void w32_job_unwatch(struct w32_loop *loop, struct w32_job_watch *watch)
{
    if (watch->key == 0)
        return;
    struct w32_job_watch **at = bucket(loop, watch->key);
    while (*at != watch)
        at = &(*at)->next;
    *at = watch->next;
    watch->key = 0;
}

static void job_message(struct w32_loop *loop, uintptr_t key, uint32_t message)
{
    struct w32_job_watch *watch = *bucket(loop, key);
    while (watch != NULL && watch->key != key)
        watch = watch->next;
    if (watch == NULL)
        return;
    switch (message) {
    case JOB_OBJECT_MSG_EXIT_PROCESS:
    case JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS:
    case JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO:
        watch->changed(watch);
        break;
    case JOB_OBJECT_MSG_JOB_MEMORY_LIMIT:
    case JOB_OBJECT_MSG_ACTIVE_PROCESS_LIMIT:
        if (watch->limited != NULL)
            watch->limited(watch, message == JOB_OBJECT_MSG_JOB_MEMORY_LIMIT ? W32_JOB_MEMORY
                                                                             : W32_JOB_PROCESSES);
        break;
    default:
        break;
    }
}

/* ------------------------------------------------------------------ the loop */

static void run_round(struct w32_loop *loop)
{
    struct w32_op *op = loop->ready;
    loop->ready = NULL;
    loop->ready_tail = &loop->ready;
    while (op != NULL) {
        struct w32_op *next = op->next;
        finish(op, op->os, op->bytes);
        op = next;
    }
}

/* Asking the port costs as much as a small operation, so what finishes at once is followed for a
 * while; not for ever: a stream that always does must not starve the port. */
static void run_ready(struct w32_loop *loop)
{
    int round = 0;
    do
        run_round(loop);
    while (loop->ready != NULL && !loop->quit && ++round < ROUNDS_MAX);
}

static void run_packet(struct w32_loop *loop, const OVERLAPPED_ENTRY *packet, uint32_t os)
{
    struct w32_op *op = (struct w32_op *)packet->lpOverlapped;
    if (os == ERROR_MORE_DATA)
        os = 0;
    if (packet->lpCompletionKey == KEY_OP && op->loop == loop)
        finish(op, os, packet->dwNumberOfBytesTransferred);
    else if (packet->lpCompletionKey == KEY_OP) {
        op->os = os;
        op->bytes = packet->dwNumberOfBytesTransferred;
        post_packet(op->loop, KEY_HANDED, packet->lpOverlapped);
    } else if (packet->lpCompletionKey == KEY_HANDED)
        finish(op, op->os, op->bytes);
    else if (packet->lpCompletionKey == KEY_POST) {
        struct w32_post *post = (struct w32_post *)packet->lpOverlapped;
        post->call(post);
    } else
        job_message(loop, packet->lpCompletionKey, packet->dwNumberOfBytesTransferred);
}

void w32_loop_run(struct w32_loop *loop)
{
    loop->quit = false;
    while (!loop->quit) {
        OVERLAPPED_ENTRY packet = {0};
        DWORD bytes = 0;
        BOOL ok = GetQueuedCompletionStatus(loop->port, &bytes, &packet.lpCompletionKey,
                                            &packet.lpOverlapped, time_to_wait(loop));
        uint32_t os = ok ? 0 : GetLastError();
        packet.dwNumberOfBytesTransferred = bytes;
        /* A failed operation's packet has its OVERLAPPED; a time-out has none. A job's packet
         * may have none, but then the call has succeeded. */
        if (ok || packet.lpOverlapped != NULL)
            run_packet(loop, &packet, os);
        run_ready(loop);
        fire_timers(loop);
    }
}
