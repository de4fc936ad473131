/* win32/job.c - a job object: processes that end together. */
#include "win32/job.h"

#include <stdlib.h>
#include <windows.h>

#include "win32/error.h"

sp_status w32_job_open(w32_handle *out, struct sp_error *err)
{
    w32_handle job = w32_take(CreateJobObjectW(NULL, NULL));
    if (job == NULL)
        return w32_fail(err, GetLastError(), "creating a job");
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    /* A crash ends the process instead of showing a box that nobody may ever see: to whoever
     * waits for the program's output that box is a hang. */
    limits.BasicLimitInformation.LimitFlags =
        JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION;
    if (!SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits)) {
        sp_status status = w32_fail(err, GetLastError(), "setting up a job");
        w32_handle_close(&job);
        return status;
    }
    *out = job;
    return SP_OK;
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
