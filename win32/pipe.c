/* win32/pipe.c - one-way byte pipes between this process and a child, or between two children. */
#include "win32/pipe.h"

#include <stdbool.h>
#include <string.h>
#include <windows.h>
#include <winternl.h>

#include "win32/error.h"
#include "win32/strict.h"

enum { ASYNC_SIZE_BYTES = 64 * 1024, WRITE_PIECE_BYTES = 1024 * 1024 };

/* The names of <ntifs.h>, which is the driver kit's. */
enum { PIPE_BYTE_STREAM_TYPE = 0, PIPE_BYTE_STREAM_MODE = 0, PIPE_QUEUE_OPERATION = 0 };

/* What CreatePipe's ends may do. The attributes' right of the other direction lets a child ask
 * for and set its pipe's state (GetNamedPipeInfo, SetNamedPipeHandleState), as node and the C
 * runtime do. */
enum {
    READ_ACCESS = FILE_GENERIC_READ | FILE_WRITE_ATTRIBUTES,
    WRITE_ACCESS = FILE_GENERIC_WRITE | FILE_READ_ATTRIBUTES,
};

/* winternl.h doesn't declare it; libntdll.a has it. */
NTSTATUS NTAPI NtCreateNamedPipeFile(PHANDLE handle, ULONG access, POBJECT_ATTRIBUTES attributes,
                                     PIO_STATUS_BLOCK io, ULONG share, ULONG disposition,
                                     ULONG options, ULONG type, ULONG read_mode,
                                     ULONG completion_mode, ULONG instances, ULONG in_quota,
                                     ULONG out_quota, PLARGE_INTEGER timeout);

static sp_status nt_fail(struct sp_error *err, NTSTATUS nt, const char *what)
{
    return w32_fail(err, RtlNtStatusToDosError(nt), "%s", what);
}

static sp_status open_sync(const struct w32_pipe_options *options, struct w32_pipe *out,
                           struct sp_error *err)
{
    SECURITY_ATTRIBUTES security = {
        .nLength = sizeof security,
        .lpSecurityDescriptor = options->security_descriptor,
    };
    HANDLE read;
    HANDLE write;
    if (!CreatePipe(&read, &write, &security, options->size_bytes))
        return w32_fail(err, GetLastError(), "creating a pipe");
    *out = (struct w32_pipe){.read = w32_take(read), .write = w32_take(write)};
    w32_strict_handle_is(out->read, W32_HANDLE_SYNC);
    w32_strict_handle_is(out->write, W32_HANDLE_SYNC);
    return SP_OK;
}

/* The root of the pipe file system: an instance without a name is created relative to it. */
static sp_status open_pipe_root(w32_handle *out, struct sp_error *err)
{
    wchar_t text[] = L"\\Device\\NamedPipe\\";
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, text);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, 0, NULL, NULL);
    IO_STATUS_BLOCK io;
    HANDLE root;
    NTSTATUS nt = NtOpenFile(&root, GENERIC_READ | SYNCHRONIZE, &attributes, &io,
                             FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_SYNCHRONOUS_IO_NONALERT);
    if (nt != 0)
        return nt_fail(err, nt, "opening the pipe file system");
    *out = w32_take(root);
    return SP_OK;
}

/* Our end: overlapped, since no FILE_SYNCHRONOUS_IO flag is given. */
static sp_status create_server(w32_handle root, const struct w32_pipe_options *options,
                               w32_handle *out, struct sp_error *err)
{
    bool reads = options->async == W32_PIPE_ASYNC_READ;
    ULONG size = options->size_bytes == 0 ? ASYNC_SIZE_BYTES : options->size_bytes;
    UNICODE_STRING no_name = {0};
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &no_name, 0, root, options->security_descriptor);
    LARGE_INTEGER timeout = {.QuadPart = -500000}; /* must be given; counts for WaitNamedPipe */
    IO_STATUS_BLOCK io;
    HANDLE server;
    NTSTATUS nt = NtCreateNamedPipeFile(
        &server, reads ? READ_ACCESS : WRITE_ACCESS, &attributes, &io,
        reads ? FILE_SHARE_WRITE : FILE_SHARE_READ, FILE_CREATE, 0, PIPE_BYTE_STREAM_TYPE,
        PIPE_BYTE_STREAM_MODE, PIPE_QUEUE_OPERATION, 1, size, size, &timeout);
    if (nt != 0)
        return nt_fail(err, nt, "creating an overlapped pipe");
    *out = w32_take(server);
    w32_strict_handle_is(*out, W32_HANDLE_ASYNC);
    return SP_OK;
}

/* The child's end. Opening an empty name relative to the server's handle connects to it. */
static sp_status open_client(w32_handle server, bool reads, w32_handle *out, struct sp_error *err)
{
    UNICODE_STRING no_name = {0};
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &no_name, 0, server, NULL);
    IO_STATUS_BLOCK io;
    HANDLE client;
    NTSTATUS nt = NtOpenFile(&client, reads ? READ_ACCESS : WRITE_ACCESS, &attributes, &io, 0,
                             FILE_NON_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT);
    if (nt != 0)
        return nt_fail(err, nt, "opening the other end of an overlapped pipe");
    *out = w32_take(client);
    w32_strict_handle_is(*out, W32_HANDLE_SYNC);
    return SP_OK;
}

static sp_status open_async(const struct w32_pipe_options *options, struct w32_pipe *out,
                            struct sp_error *err)
{
    bool we_read = options->async == W32_PIPE_ASYNC_READ;
    w32_handle root = NULL;
    w32_handle server = NULL;
    w32_handle client = NULL;
    sp_status status = open_pipe_root(&root, err);
    if (status != SP_OK)
        goto done;
    status = create_server(root, options, &server, err);
    if (status != SP_OK)
        goto done;
    status = open_client(server, !we_read, &client, err);
    if (status != SP_OK)
        goto done;
    *out = (struct w32_pipe){.read = we_read ? server : client, .write = we_read ? client : server};
    server = NULL;
done:
    w32_handle_close(&server);
    w32_handle_close(&root);
    return status;
}

sp_status w32_pipe_open(const struct w32_pipe_options *options, struct w32_pipe *out,
                        struct sp_error *err)
{
    struct w32_pipe_options defaults = {0};
    if (options == NULL)
        options = &defaults;
    return options->async == W32_PIPE_SYNC ? open_sync(options, out, err)
                                           : open_async(options, out, err);
}

void w32_pipe_close(struct w32_pipe *p)
{
    w32_handle_close(&p->read);
    w32_handle_close(&p->write);
}

static sp_status read_failed(DWORD os, struct sp_error *err)
{
    if (os == ERROR_BROKEN_PIPE || os == ERROR_HANDLE_EOF)
        return sp_fail(err, SP_EEND, os, "the end of the stream");
    return w32_fail(err, os, "reading");
}

/* Nothing came, and no error. From a file that is the end, and from a message pipe, where an empty
 * message stands for one. In a byte pipe somebody wrote zero bytes, and the next may follow. */
static bool is_pause(w32_handle h)
{
    DWORD flags;
    return GetFileType(h) == FILE_TYPE_PIPE && GetNamedPipeInfo(h, &flags, NULL, NULL, NULL) &&
           (flags & PIPE_TYPE_MESSAGE) == 0;
}

/* One ReadFile. @return the system's code, 0 for none */
static DWORD read_once(w32_handle h, void *data, uint32_t size, DWORD *count)
{
    w32_strict_sync_begin(h, "w32_read");
    SetLastError(ERROR_SUCCESS);
    BOOL ok = ReadFile(h, data, size, count, NULL);
    DWORD os = GetLastError();
    w32_strict_sync_end(h);
    /* A message longer than the room comes in parts: its bytes are good. A console's read that
     * Ctrl-C interrupts succeeds with nothing, and is no end. */
    bool good = ok ? os != ERROR_OPERATION_ABORTED || *count > 0 : os == ERROR_MORE_DATA;
    return good ? ERROR_SUCCESS : os;
}

sp_status w32_read(w32_handle h, void *data, uint32_t size, uint32_t *got, struct sp_error *err)
{
    if (size == 0)
        return sp_fail(err, SP_EINVAL, 0, "reading: there is no room to read into");
    DWORD count = 0;
    do {
        DWORD os = read_once(h, data, size, &count);
        if (os != ERROR_SUCCESS)
            return read_failed(os, err);
    } while (count == 0 && is_pause(h));
    if (count == 0)
        return sp_fail(err, SP_EEND, 0, "the end of the stream");
    *got = count;
    return SP_OK;
}

static sp_status write_failed(DWORD os, struct sp_error *err)
{
    /* For a reader this is the end of a stream; for a writer its reader has gone. */
    if (os == ERROR_BROKEN_PIPE)
        return sp_fail(err, SP_EBROKEN, os, "writing: the reader has closed its end (error %u)",
                       (unsigned)os);
    return w32_fail(err, os, "writing");
}

sp_status w32_write(w32_handle h, const void *data, size_t len, struct sp_error *err)
{
    const unsigned char *next = data;
    while (len > 0) {
        DWORD piece = len < WRITE_PIECE_BYTES ? (DWORD)len : WRITE_PIECE_BYTES;
        DWORD count = 0;
        w32_strict_sync_begin(h, "w32_write");
        BOOL ok = WriteFile(h, next, piece, &count, NULL);
        DWORD os = GetLastError();
        w32_strict_sync_end(h);
        if (!ok)
            return write_failed(os, err);
        /* A pipe that somebody set to PIPE_NOWAIT takes nothing when it is full. */
        if (count == 0)
            return sp_fail(err, SP_EUNSUPPORTED, 0, "writing: the pipe is in no-wait mode");
        next += count;
        len -= count;
    }
    return SP_OK;
}
