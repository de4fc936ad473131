/* win32/handover.c - a std handle that goes from one process to another. */
#include "win32/handover.h"

#include <windows.h>
#include <winternl.h>

#include "win32/error.h"

/* winternl.h doesn't have the class, nor the structure, which is a ULONG. */
enum { FILE_MODE_INFORMATION_CLASS = 16 };

static BOOL is_synchronous(HANDLE h)
{
    IO_STATUS_BLOCK io;
    ULONG mode = 0;
    NTSTATUS nt = NtQueryInformationFile(h, &io, &mode, sizeof mode,
                                         (FILE_INFORMATION_CLASS)FILE_MODE_INFORMATION_CLASS);
    return nt == 0 && (mode & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)) != 0;
}

/* A socket is of the same type, and no pipe. A pipe may not let its state be asked for, and then it
 * says so. */
static BOOL is_pipe(HANDLE h)
{
    return GetNamedPipeInfo(h, NULL, NULL, NULL, NULL) || GetLastError() == ERROR_ACCESS_DENIED;
}

enum w32_handover w32_handover_kind(w32_handle h)
{
    DWORD type = h == NULL ? FILE_TYPE_UNKNOWN : GetFileType(h);
    if ((type != FILE_TYPE_DISK && type != FILE_TYPE_PIPE) || !is_synchronous(h))
        return W32_HANDOVER_NEVER;
    if (type == FILE_TYPE_DISK)
        return W32_HANDOVER_FILE;
    return is_pipe(h) ? W32_HANDOVER_PIPE : W32_HANDOVER_NEVER;
}

sp_status w32_handover_take(w32_handle process, uint64_t value, w32_handle *out,
                            struct sp_error *err)
{
    HANDLE copy = NULL;
    /* A handle has 32 bits. From the highest on there are names for the process and thread
     * themselves, or rather for ours. */
    if (value == 0 || value >= INT32_MAX)
        return sp_fail(err, SP_EINVAL, 0, "%llu is no handle", (unsigned long long)value);
    if (!DuplicateHandle(process, (HANDLE)(uintptr_t)value, GetCurrentProcess(), &copy, 0, FALSE,
                         DUPLICATE_SAME_ACCESS)) {
        uint32_t os = GetLastError();
        if (os == ERROR_INVALID_HANDLE)
            return sp_fail(err, SP_EINVAL, os, "its process has no handle %llu",
                           (unsigned long long)value);
        return w32_fail(err, os, "taking a handle out of a process");
    }
    *out = w32_take(copy);
    return SP_OK;
}
