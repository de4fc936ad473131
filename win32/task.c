/* win32/task.c - something that blocks and is done again and again: on a pool thread, whenever
 * somebody wakes it, never twice at once. */
#include "win32/task.h"

#include <stdbool.h>
#include <stdlib.h>

#include <windows.h>

#include "win32/error.h"
#include "win32/loop.h"
#include "win32/pool.h"

enum { TICKS_A_MS = 10000 };

struct w32_task {
    void (*run)(void *arg);
    void *arg;
    TP_TIMER *timer;
    SRWLOCK lock; /* guards what follows */
    CONDITION_VARIABLE over_changed;
    uint64_t due_ms; /* 0: nobody wants it */
    bool running;
    bool closing; /* the next call is the last */
    bool over;    /* it was */
};

/* The lock is held. Setting the timer can't fail, and takes back what it was set to before. */
static void arm(struct w32_task *task)
{
    uint64_t now = w32_now_ms();
    int64_t after = task->due_ms > now ? (int64_t)(task->due_ms - now) * TICKS_A_MS : 1;
    uint64_t relative = (uint64_t)-after;
    FILETIME due = {(DWORD)relative, (DWORD)(relative >> 32)};
    SetThreadpoolTimer(task->timer, &due, 0, 0);
}

/* Whether run is to be called now; takes the wish off. */
static bool begin(struct w32_task *task, bool *is_last)
{
    bool wanted = false;
    AcquireSRWLockExclusive(&task->lock);
    if (!task->running && !task->over && task->due_ms != 0) {
        wanted = task->due_ms <= w32_now_ms();
        if (!wanted) /* the timer's clock is finer than ours */
            arm(task);
    }
    if (wanted) {
        task->running = true;
        task->due_ms = 0;
        *is_last = task->closing;
    }
    ReleaseSRWLockExclusive(&task->lock);
    return wanted;
}

static void CALLBACK fired(TP_CALLBACK_INSTANCE *instance, void *arg, TP_TIMER *timer)
{
    (void)instance;
    (void)timer;
    struct w32_task *task = arg;
    bool is_last = false;
    if (!begin(task, &is_last))
        return;
    task->run(task->arg);
    AcquireSRWLockExclusive(&task->lock);
    task->running = false;
    task->over = is_last;
    if (task->over)
        WakeAllConditionVariable(&task->over_changed);
    else if (task->due_ms != 0)
        arm(task);
    ReleaseSRWLockExclusive(&task->lock);
}

sp_status w32_task_open(void (*run)(void *arg), void *arg, struct w32_task **out,
                        struct sp_error *err)
{
    struct w32_task *task = calloc(1, sizeof *task);
    if (task == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a task");
    task->run = run;
    task->arg = arg;
    InitializeSRWLock(&task->lock);
    InitializeConditionVariable(&task->over_changed);
    task->timer = CreateThreadpoolTimer(fired, task, w32_pool_environment(W32_POOL_FILES));
    if (task->timer == NULL) {
        uint32_t os = GetLastError();
        free(task);
        return w32_fail(err, os, "making a timer of the thread pool");
    }
    *out = task;
    return SP_OK;
}

/* The lock is held. */
static void wake_at(struct w32_task *task, uint64_t due_ms)
{
    if (task->over || (task->due_ms != 0 && task->due_ms <= due_ms))
        return;
    task->due_ms = due_ms;
    if (!task->running) /* else whoever runs it looks when it comes back */
        arm(task);
}

void w32_task_wake(struct w32_task *task, uint32_t after_ms)
{
    AcquireSRWLockExclusive(&task->lock);
    wake_at(task, w32_now_ms() + after_ms);
    ReleaseSRWLockExclusive(&task->lock);
}

/* Waits for the last call. @return whether it came back */
static bool wait_until_over(struct w32_task *task, uint32_t timeout_ms)
{
    uint64_t now = w32_now_ms(), deadline = now + timeout_ms;
    AcquireSRWLockExclusive(&task->lock);
    task->closing = true;
    wake_at(task, now);
    for (; !task->over && now < deadline; now = w32_now_ms())
        SleepConditionVariableSRW(&task->over_changed, &task->lock, (DWORD)(deadline - now), 0);
    bool over = task->over;
    ReleaseSRWLockExclusive(&task->lock);
    return over;
}

sp_status w32_task_close(struct w32_task *task, uint32_t timeout_ms)
{
    if (task == NULL)
        return SP_OK;
    if (!wait_until_over(task, timeout_ms))
        return SP_ETIMEOUT;
    /* Whoever called it may not have left yet, and a timer may have fired in vain. */
    SetThreadpoolTimer(task->timer, NULL, 0, 0);
    WaitForThreadpoolTimerCallbacks(task->timer, TRUE);
    CloseThreadpoolTimer(task->timer);
    free(task);
    return SP_OK;
}
