/* win32/usage.c - what processes take of the machine: memory and processor time. */
#include "win32/usage.h"

#include <windows.h>

#include <psapi.h>

#include "win32/handle.h"
#include "win32/job.h"

static uint64_t ticks_of(FILETIME time)
{
    ULARGE_INTEGER ticks = {.LowPart = time.dwLowDateTime, .HighPart = time.dwHighDateTime};
    return ticks.QuadPart;
}

/* In the system's ticks of 100 ns; of one that has ended, too. */
static uint64_t cpu_of(HANDLE process)
{
    FILETIME created, exited, kernel, user;
    if (!GetProcessTimes(process, &created, &exited, &kernel, &user))
        return 0;
    return ticks_of(kernel) + ticks_of(user);
}

static uint64_t memory_of(HANDLE process)
{
    PROCESS_MEMORY_COUNTERS counters = {.cb = sizeof counters};
    return K32GetProcessMemoryInfo(process, &counters, sizeof counters) ? counters.WorkingSetSize
                                                                        : 0;
}

/* The handle of a process that we have started. NULL: it is somebody else's child. */
static HANDLE own_child(const struct w32_pipeline *p, uint32_t pid)
{
    for (size_t i = 0; i < p->child_count; i++)
        if (p->children[i].pid == pid)
            return p->children[i].process;
    return NULL;
}

/* Adds one of the job that runs. @return its ticks, if nobody else adds them */
static uint64_t add_process(const struct w32_pipeline *p, uint32_t pid, struct w32_usage *all)
{
    HANDLE child = own_child(p, pid);
    if (child != NULL) {
        all->memory_bytes += memory_of(child);
        return 0;
    }
    w32_handle other = w32_take(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid));
    if (other == NULL)
        return 0; /* it has just ended */
    uint64_t ticks = cpu_of(other);
    all->memory_bytes += memory_of(other);
    w32_handle_close(&other);
    return ticks;
}

static uint64_t job_cpu(HANDLE job)
{
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION so_far = {0};
    if (!QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &so_far, sizeof so_far,
                                   NULL))
        return 0;
    return (uint64_t)so_far.TotalUserTime.QuadPart + (uint64_t)so_far.TotalKernelTime.QuadPart;
}

sp_status w32_usage_of(const struct w32_pipeline *p, struct w32_usage *out, struct sp_error *err)
{
    uint32_t ids[W32_USAGE_PROCESSES_MAX];
    struct w32_usage all = {0};
    size_t count = 0;
    sp_status status = w32_job_processes(p->job, ids, W32_USAGE_PROCESSES_MAX, &count, err);
    if (status != SP_OK)
        return status;
    uint64_t sum = 0, job = job_cpu(p->job);
    for (size_t i = 0; i < p->child_count; i++)
        sum += cpu_of(p->children[i].process);
    for (size_t i = 0; i < count && i < W32_USAGE_PROCESSES_MAX; i++)
        sum += add_process(p, ids[i], &all);
    /* Wine's jobs keep no time; what can be added up is what there is, then. */
    all.cpu_ms = (job > sum ? job : sum) / 10000;
    all.processes = (uint32_t)count;
    *out = all;
    return SP_OK;
}

struct w32_usage w32_usage_own(void)
{
    HANDLE self = GetCurrentProcess();
    return (struct w32_usage){
        .memory_bytes = memory_of(self), .cpu_ms = cpu_of(self) / 10000, .processes = 1};
}
