/* win32/job.c - a job object: processes that end together. */
#include "win32/job.h"

#include <stdlib.h>
#include <windows.h>

#include "win32/error.h"

enum { CPU_RATE_OF_A_PERCENT = 100 };

static sp_status set_up(w32_handle job, const struct w32_job_limits *o, struct sp_error *err)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    /* A crash ends the process instead of showing a box that nobody may ever see: to whoever
     * waits for the program's output that box is a hang. */
    limits.BasicLimitInformation.LimitFlags =
        JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION;
    if (o->memory_bytes > 0)
        limits.BasicLimitInformation.LimitFlags |= JOB_OBJECT_LIMIT_JOB_MEMORY;
    if (o->processes > 0)
        limits.BasicLimitInformation.LimitFlags |= JOB_OBJECT_LIMIT_ACTIVE_PROCESS;
    limits.JobMemoryLimit = (SIZE_T)o->memory_bytes;
    limits.BasicLimitInformation.ActiveProcessLimit = o->processes;
    return SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits)
               ? SP_OK
               : w32_fail(err, GetLastError(), "setting up a job");
}

sp_status w32_job_open(w32_handle *out, struct sp_error *err)
{
    static const struct w32_job_limits none;
    w32_handle job = w32_take(CreateJobObjectW(NULL, NULL));
    if (job == NULL)
        return w32_fail(err, GetLastError(), "creating a job");
    sp_status status = set_up(job, &none, err);
    if (status != SP_OK)
        w32_handle_close(&job);
    else
        *out = job;
    return status;
}

/* Windows knows no such limit where its own scheduling shares processors out among users. */
static sp_status limit_cpu(w32_handle job, uint32_t percent, struct sp_error *err)
{
    JOBOBJECT_CPU_RATE_CONTROL_INFORMATION rate = {0};
    rate.ControlFlags = JOB_OBJECT_CPU_RATE_CONTROL_ENABLE | JOB_OBJECT_CPU_RATE_CONTROL_HARD_CAP;
    rate.CpuRate = percent * CPU_RATE_OF_A_PERCENT;
    if (percent == 0 ||
        SetInformationJobObject(job, JobObjectCpuRateControlInformation, &rate, sizeof rate))
        return SP_OK;
    sp_status ignored = w32_fail(err, GetLastError(), "limiting the processor time of a job");
    (void)ignored;
    if (err != NULL)
        err->status = SP_EUNSUPPORTED;
    return SP_EUNSUPPORTED;
}

sp_status w32_job_limit(w32_handle job, const struct w32_job_limits *limits, struct sp_error *err)
{
    sp_status status = set_up(job, limits, err);
    return status == SP_OK ? limit_cpu(job, limits->cpu_percent, err) : status;
}

void w32_job_end(w32_handle job, uint32_t exit_code)
{
    if (job != NULL)
        TerminateJobObject(job, exit_code);
}

sp_status w32_job_processes(w32_handle job, uint32_t *ids, size_t max, size_t *count,
                            struct sp_error *err)
{
    size_t room = max == 0 ? 1 : max; /* the structure has one at least */
    size_t size = sizeof(JOBOBJECT_BASIC_PROCESS_ID_LIST) + room * sizeof(ULONG_PTR);
    JOBOBJECT_BASIC_PROCESS_ID_LIST *list = size > UINT32_MAX ? NULL : calloc(1, size);
    if (list == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a list of %zu processes", max);
    BOOL ok = QueryInformationJobObject(job, JobObjectBasicProcessIdList, list, (DWORD)size, NULL);
    DWORD os = GetLastError();
    if (!ok && os != ERROR_MORE_DATA) {
        free(list);
        return w32_fail(err, os, "listing a job's processes");
    }
    for (size_t i = 0; i < list->NumberOfProcessIdsInList && i < max; i++)
        ids[i] = (uint32_t)list->ProcessIdList[i];
    *count = list->NumberOfAssignedProcesses;
    free(list);
    return SP_OK;
}
