/* win32/strict.h - what Windows would not forgive and Wine does: a book of live handles, of
 * operations in flight and of pipe names, kept by builds with W32_STRICT=1. Any thread.
 *
 * A violation is a mistake in this program, never in its input: the program says in one line what
 * it did ("standpipe strict: ...") and ends with W32_STRICT_EXIT_CODE. Without W32_STRICT only
 * the tally of operations remains. */
#ifndef W32_STRICT_H
#define W32_STRICT_H

#include <stdbool.h>
#include <stdint.h>

#include "win32/handle.h"

#ifndef W32_STRICT
#define W32_STRICT 0
#endif

/** STATUS_ASSERTION_FAILURE: the exit code of a program that strict mode stopped. */
#define W32_STRICT_EXIT_CODE 0xC0000420u

/** What is known of a live handle. */
enum w32_handle_kind {
    W32_HANDLE_UNKNOWN, /**< as w32_take() leaves it: nothing is assumed */
    W32_HANDLE_SYNC,    /**< a synchronous file or pipe: Windows lets one operation in at a time */
    W32_HANDLE_ASYNC,   /**< an overlapped one: never a child's, never for w32_read() */
    W32_HANDLE_POSTED,  /**< the same, bound by w32_loop_bind_messages() */
};

/**
 * Notes that an OVERLAPPED was handed to Windows: from here on it and its buffer must live, until
 * its completion has been dequeued. Strict builds stop when it is still in flight. All builds
 * count it.
 *
 * @param op  the address that stands for the operation, the same in every call
 */
void w32_strict_op_begin(const void *op);

/** Notes that the completion of an operation was dequeued (or that it never started). Strict
 *  builds stop when it was not in flight. @param op as given to w32_strict_op_begin() */
void w32_strict_op_end(const void *op);

/** How many operations are in flight, in every build. A test of the loop ends with 0. */
int32_t w32_strict_ops_in_flight(void);

#if W32_STRICT

/** Stops the program when an operation is in flight: call it before its memory is freed or used
 *  for something else. @param op as given to w32_strict_op_begin() */
void w32_strict_op_check_idle(const void *op);

/** Enters a handle into the book; stops when it is in there already. @param h as taken */
void w32_strict_handle_opened(w32_handle h);

/**
 * Strikes a handle from the book before it is closed or given away. Stops when it is not in
 * there, and when another thread is inside a synchronous operation on it: Windows' CloseHandle
 * would wait for that.
 *
 * @param h   the handle
 * @param by  the operation, for the message
 */
void w32_strict_handle_closing(w32_handle h, const char *by);

/** Notes what a handle is. @param h in the book @param kind what it is */
void w32_strict_handle_is(w32_handle h, enum w32_handle_kind kind);

/** What was noted of a handle. @param h any; W32_HANDLE_UNKNOWN for one not in the book */
enum w32_handle_kind w32_strict_handle_kind(w32_handle h);

/**
 * Notes that this thread starts a synchronous operation. Stops when another thread is inside one
 * on the same file object (Windows makes the second wait, often for ever), or when the handle is
 * known as overlapped.
 *
 * @param h     the handle; need not be in the book
 * @param what  the operation, a literal
 */
void w32_strict_sync_begin(w32_handle h, const char *what);

/** Notes that this thread's synchronous operation has ended. @param h as in the begin */
void w32_strict_sync_end(w32_handle h);

/**
 * Stops when a child can't be given this as a std handle: it is overlapped, or another thread is
 * inside a synchronous operation on it, and the child's GetFileType would wait for that.
 *
 * @param h     need not be in the book
 * @param role  what it is to be, for the message: "stdin"
 */
void w32_strict_check_inheritable(w32_handle h, const char *role);

/**
 * Stops when an operation is told otherwise than its handle was bound: the loop would wait for a
 * packet that never comes, or get one for an operation that is over.
 *
 * @param h       need not be in the book
 * @param posted  as in struct w32_op
 */
void w32_strict_check_posted(w32_handle h, bool posted);

/**
 * Notes that this process is about to make an instance of a named pipe.
 *
 * @param name   the pipe's full name, UTF-8; ASCII letters are compared without case
 * @param first  with FILE_FLAG_FIRST_PIPE_INSTANCE
 * @return 0; or ERROR_ACCESS_DENIED when first is asked for and this process has an instance
 *         already, as Windows refuses it: then nothing was noted
 */
uint32_t w32_strict_pipe_name_taken(const char *name, bool first);

/** Notes that an instance was closed, or was not made after all. @param name as taken */
void w32_strict_pipe_name_released(const char *name);

#else

static inline void w32_strict_op_check_idle(const void *op)
{
    (void)op;
}

static inline void w32_strict_handle_opened(w32_handle h)
{
    (void)h;
}

static inline void w32_strict_handle_closing(w32_handle h, const char *by)
{
    (void)h;
    (void)by;
}

static inline void w32_strict_handle_is(w32_handle h, enum w32_handle_kind kind)
{
    (void)h;
    (void)kind;
}

static inline enum w32_handle_kind w32_strict_handle_kind(w32_handle h)
{
    (void)h;
    return W32_HANDLE_UNKNOWN;
}

static inline void w32_strict_sync_begin(w32_handle h, const char *what)
{
    (void)h;
    (void)what;
}

static inline void w32_strict_sync_end(w32_handle h)
{
    (void)h;
}

static inline void w32_strict_check_inheritable(w32_handle h, const char *role)
{
    (void)h;
    (void)role;
}

static inline void w32_strict_check_posted(w32_handle h, bool posted)
{
    (void)h;
    (void)posted;
}

static inline uint32_t w32_strict_pipe_name_taken(const char *name, bool first)
{
    (void)name;
    (void)first;
    return 0;
}

static inline void w32_strict_pipe_name_released(const char *name)
{
    (void)name;
}

#endif
#endif
