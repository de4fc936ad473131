/* win32/thread.c - threads, locks, and how threads wait for each other. */
#include "win32/thread.h"

#include <stdlib.h>

#include <windows.h>

#include "win32/error.h"

_Static_assert(sizeof(SRWLOCK) == sizeof(struct w32_lock), "w32_lock has room for an SRWLOCK");
_Static_assert(sizeof(CONDITION_VARIABLE) == sizeof(struct w32_cond),
               "w32_cond has room for a CONDITION_VARIABLE");

void w32_lock_enter(struct w32_lock *lock)
{
    AcquireSRWLockExclusive((SRWLOCK *)lock);
}

void w32_lock_leave(struct w32_lock *lock)
{
    ReleaseSRWLockExclusive((SRWLOCK *)lock);
}

bool w32_cond_wait(struct w32_cond *cond, struct w32_lock *lock, uint32_t timeout_ms)
{
    return SleepConditionVariableSRW((CONDITION_VARIABLE *)cond, (SRWLOCK *)lock, timeout_ms, 0);
}

void w32_cond_wake(struct w32_cond *cond)
{
    WakeAllConditionVariable((CONDITION_VARIABLE *)cond);
}

sp_status w32_event_open(bool stays, w32_handle *out, struct sp_error *err)
{
    w32_handle event = w32_take(CreateEventW(NULL, stays, FALSE, NULL));
    if (event == NULL)
        return w32_fail(err, GetLastError(), "making an event");
    *out = event;
    return SP_OK;
}

void w32_event_set(w32_handle event)
{
    if (event != NULL)
        SetEvent(event);
}

sp_status w32_event_wait(w32_handle event, uint32_t timeout_ms)
{
    return WaitForSingleObject(event, timeout_ms) == WAIT_TIMEOUT ? SP_ETIMEOUT : SP_OK;
}

struct start {
    void (*run)(void *arg);
    void *arg;
};

static DWORD WINAPI enter(void *arg)
{
    struct start start = *(struct start *)arg;
    free(arg);
    start.run(start.arg);
    return 0;
}

sp_status w32_thread_start(void (*run)(void *arg), void *arg, w32_handle *out, struct sp_error *err)
{
    struct start *start = malloc(sizeof *start);
    if (start == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a thread");
    *start = (struct start){run, arg};
    w32_handle thread = w32_take(CreateThread(NULL, 0, enter, start, 0, NULL));
    if (thread == NULL) {
        uint32_t os = GetLastError();
        free(start);
        return w32_fail(err, os, "starting a thread");
    }
    *out = thread;
    return SP_OK;
}

sp_status w32_thread_join(w32_handle *thread, uint32_t timeout_ms)
{
    if (*thread != NULL && WaitForSingleObject(*thread, timeout_ms) == WAIT_TIMEOUT)
        return SP_ETIMEOUT;
    w32_handle_close(thread);
    return SP_OK;
}

void w32_thread_pause(uint32_t ms)
{
    Sleep(ms);
}

uint32_t w32_core_count(void)
{
    DWORD_PTR ours = 0, all = 0;
    uint32_t count = 0;
    if (GetProcessAffinityMask(GetCurrentProcess(), &ours, &all))
        for (; ours != 0; ours &= ours - 1)
            count++;
    return count == 0 ? 1 : count;
}
