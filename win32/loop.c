/* win32/loop.c - one thread on one completion port. What arrives there is told apart by its key:
 * KEY_OP an operation of a bound handle, KEY_POST a posted call, any other the watch of a job. */
#include "win32/loop.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "core/list.h"
#include "win32/error.h"
#include "win32/strict.h"

enum { KEY_OP, KEY_POST, KEY_FIRST_WATCH };
enum { WATCH_BUCKETS = 256, POOL_THREADS = 4 };

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

sp_status w32_loop_bind(struct w32_loop *loop, w32_handle h, struct sp_error *err)
{
    if (CreateIoCompletionPort(h, loop->port, KEY_OP, 0) == NULL)
        return w32_fail(err, GetLastError(), "binding a handle to a completion port");
    /* An operation that finishes at once says so by its return value: no trip through the port. */
    if (!SetFileCompletionNotificationModes(h, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS |
                                                   FILE_SKIP_SET_EVENT_ON_HANDLE))
        return w32_fail(err, GetLastError(), "setting a handle's completion mode");
    w32_strict_handle_is(h, W32_HANDLE_ASYNC);
    return SP_OK;
}

/* ------------------------------------------------------------------ operations */

static void begin(struct w32_op *op)
{
    w32_strict_op_begin(op);
    memset(&op->overlapped, 0, sizeof op->overlapped);
    op->busy = true;
}

/* Takes the outcome of the call that began op: what did not pend is due on the next round. */
static void began(struct w32_loop *loop, struct w32_op *op, BOOL ok, uint32_t os)
{
    if (!ok && os == ERROR_IO_PENDING)
        return;
    const OVERLAPPED *overlapped = (const OVERLAPPED *)&op->overlapped;
    op->os = ok ? 0 : os;
    op->bytes = ok ? (uint32_t)overlapped->InternalHigh : 0;
    op->next = NULL;
    *loop->ready_tail = op;
    loop->ready_tail = &op->next;
}

static void finish(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    w32_strict_op_end(op);
    op->busy = false;
    op->done(op, os, bytes);
}

void w32_op_read(struct w32_loop *loop, struct w32_op *op, w32_handle h, void *data, uint32_t size)
{
    begin(op);
    BOOL ok = ReadFile(h, data, size, NULL, (OVERLAPPED *)&op->overlapped);
    began(loop, op, ok, ok ? 0 : GetLastError());
}

void w32_op_write(struct w32_loop *loop, struct w32_op *op, w32_handle h, const void *data,
                  uint32_t len)
{
    begin(op);
    BOOL ok = WriteFile(h, data, len, NULL, (OVERLAPPED *)&op->overlapped);
    began(loop, op, ok, ok ? 0 : GetLastError());
}

void w32_op_connect(struct w32_loop *loop, struct w32_op *op, w32_handle h)
{
    begin(op);
    BOOL ok = ConnectNamedPipe(h, (OVERLAPPED *)&op->overlapped);
    uint32_t os = ok ? 0 : GetLastError();
    if (os == ERROR_PIPE_CONNECTED) {
        ok = TRUE;
        ((OVERLAPPED *)&op->overlapped)->InternalHigh = 0;
    }
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

void w32_timer_start(struct w32_loop *loop, struct w32_timer *timer, uint32_t after_ms)
{
    w32_timer_stop(loop, timer);
    timer->due_ms = w32_now_ms() + after_ms + 1; /* 0 means idle */
    /* From the back: most timers of a loop have the same length, so the newest is the last. */
    struct w32_timer *before = loop->last;
    while (before != NULL && before->due_ms > timer->due_ms)
        before = before->prev;
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

void w32_loop_post(struct w32_loop *loop, struct w32_post *post)
{
    /* It fails only when the kernel has no memory for a packet; losing a call would hang its
     * session, so it is tried until there is some again. */
    while (!PostQueuedCompletionStatus(loop->port, 0, KEY_POST, (OVERLAPPED *)post))
        Sleep(1);
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

/* The pool has few threads however many calls wait: they take turns in the kernel anyway. */
static TP_CALLBACK_ENVIRON *pool(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    static TP_CALLBACK_ENVIRON environment;
    BOOL first = FALSE;
    if (InitOnceBeginInitialize(&once, 0, &first, NULL) && first) {
        InitializeThreadpoolEnvironment(&environment);
        TP_POOL *threads = CreateThreadpool(NULL);
        if (threads != NULL) {
            SetThreadpoolThreadMaximum(threads, POOL_THREADS);
            SetThreadpoolCallbackPool(&environment, threads);
        }
        InitOnceComplete(&once, 0, NULL);
    }
    return &environment;
}

void w32_loop_work(struct w32_loop *loop, struct w32_work *work)
{
    work->loop = loop;
    work->post.call = work_done;
    if (!TrySubmitThreadpoolCallback(run_work, work, pool()))
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
    if (message != JOB_OBJECT_MSG_EXIT_PROCESS && message != JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS &&
        message != JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO)
        return;
    struct w32_job_watch *watch = *bucket(loop, key);
    while (watch != NULL && watch->key != key)
        watch = watch->next;
    if (watch != NULL)
        watch->changed(watch);
}

/* ------------------------------------------------------------------ the loop */

static void run_ready(struct w32_loop *loop)
{
    /* Only this round's: a stream that always finishes at once must not starve the port. */
    struct w32_op *op = loop->ready;
    loop->ready = NULL;
    loop->ready_tail = &loop->ready;
    while (op != NULL) {
        struct w32_op *next = op->next;
        finish(op, op->os, op->bytes);
        op = next;
    }
}

static void run_packet(struct w32_loop *loop, const OVERLAPPED_ENTRY *packet, uint32_t os)
{
    if (packet->lpCompletionKey == KEY_OP)
        finish((struct w32_op *)packet->lpOverlapped, os, packet->dwNumberOfBytesTransferred);
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
