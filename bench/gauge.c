/* bench/gauge.c - memory and threads of another process. */
#include "bench/gauge.h"

#include <windows.h>

#include <psapi.h>
#include <tlhelp32.h>

#include "win32/error.h"

sp_status bench_gauge_memory(const struct w32_child *child, struct bench_gauge *out,
                             struct sp_error *err)
{
    PROCESS_MEMORY_COUNTERS counters = {.cb = sizeof counters};
    if (!K32GetProcessMemoryInfo(child->process, &counters, sizeof counters))
        return w32_fail(err, GetLastError(), "asking for the memory of process %u",
                        (unsigned)child->pid);
    /* PagefileUsage is the same as PrivateUsage, which not every Wine fills in. */
    *out = (struct bench_gauge){.working_set = counters.WorkingSetSize,
                                .working_set_peak = counters.PeakWorkingSetSize,
                                .private_bytes = counters.PagefileUsage};
    return SP_OK;
}

/* The system tells threads only with all processes listed. */
static sp_status count_threads(uint32_t pid, uint32_t *threads, struct sp_error *err)
{
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    w32_handle list = w32_take(CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0));
    if (list == NULL)
        return w32_fail(err, GetLastError(), "listing the processes");
    bool found = false;
    for (BOOL more = Process32FirstW(list, &entry); more && !found;
         more = Process32NextW(list, &entry))
        if (entry.th32ProcessID == pid) {
            *threads = entry.cntThreads;
            found = true;
        }
    w32_handle_close(&list);
    return found ? SP_OK : sp_fail(err, SP_ENOTFOUND, 0, "process %u has ended", (unsigned)pid);
}

sp_status bench_gauge_read(const struct w32_child *child, struct bench_gauge *out,
                           struct sp_error *err)
{
    struct bench_gauge gauge;
    sp_status status = bench_gauge_memory(child, &gauge, err);
    if (status == SP_OK)
        status = count_threads(child->pid, &gauge.threads, err);
    if (status == SP_OK)
        *out = gauge;
    return status;
}
