/* service/capture.h - what a worker says, kept in its log files: one capture a worker, for all its
 * runs and all loops. Whoever writes to it never waits and never fails: the bytes are copied into a
 * queue of SVC_CAPTURE_QUEUE_BYTES, and a task on a pool thread makes lines of them (format: see
 * core/loglines.h) and writes these to the files (service/logfiles.h).
 *
 * Where a disk is full, a file locked or a folder gone, the task tries again once a second. What
 * the queue has no room for meanwhile is lost to the log, never to the stream, and when writing
 * works again a line of the log says how much and why:
 *
 *   2026-11-23T10:11:12.345Z - log 1234 bytes are missing here: C:\...: ... (error 112)
 *
 * At rest a capture has no file open and no buffer. */
#ifndef SVC_CAPTURE_H
#define SVC_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/error.h"
#include "core/list.h"
#include "core/stream.h"
#include "service/logfiles.h"
#include "win32/loop.h"

enum {
    SVC_CAPTURE_QUEUE_BYTES =
        1 << 20,                 /**< what may wait; as much again may be in the task's hands */
    SVC_CAPTURE_CLOSE_MS = 3000, /**< a good time for svc_capture_close() */
};

/** A capture. NULL is one that keeps nothing, and every function takes it. */
struct svc_capture;

/** What a capture needs to know. Borrowed for the call. */
struct svc_capture_options {
    const char *folder; /**< of the log files, UTF-8; created when the first is written */
    const char *worker; /**< its name */
    const struct sp_logs_config *config;
    uint64_t (*unix_ms)(void); /**< the time that lines and files go by; NULL: w32_unix_ms() */
};

/**
 * Makes a capture. Opens no file before there is a byte. Does not block; any thread.
 *
 * @param options  what it needs to know
 * @param out      written on success only; NULL when config->streams is SP_CAPTURE_NONE; closed
 * with svc_capture_close()
 * @param err      filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, w32_task_open()'s
 */
SP_NODISCARD sp_status svc_capture_open(const struct svc_capture_options *options,
                                        struct svc_capture **out, struct sp_error *err);

/**
 * Changes what is kept and how, from now on, while no other thread writes to it. Does not block.
 *
 * @param c       not NULL; one that is to keep nothing stays, for those who read what there is
 * @param config  copied
 */
void svc_capture_configure(struct svc_capture *c, const struct sp_logs_config *config);

/** Whether a stream is kept: then its bytes must come by here. Any thread. @param c may be NULL */
bool svc_capture_wants(const struct svc_capture *c, enum sp_stream stream);

/**
 * Keeps bytes of a run. Never blocks, never fails; the lock it takes is held for one copy. Any
 * thread, but no longer once svc_capture_close() was called.
 *
 * @param c       NULL: nothing happens
 * @param tag     whose run, for the reader of the log: "s17"; not empty, no space; at most
 *                SP_LOGLINES_TAG_MAX bytes of it count
 * @param stream  one that is not kept: nothing happens
 * @param data    len bytes
 * @param len     any
 */
void svc_capture_write(struct svc_capture *c, const char *tag, enum sp_stream stream,
                       const void *data, size_t len);

/**
 * Writes what is still there, and frees it. Nobody may use it any more; its followers have left.
 * Blocks: not on a loop. What can't be written is lost, and said in the service's log.
 *
 * @param c           NULL: nothing happens
 * @param timeout_ms  how long to wait for a disk that does not answer; then its memory is left to
 *                    the end of the process
 */
void svc_capture_close(struct svc_capture *c, uint32_t timeout_ms);

/** The files of a capture, for a reader. @param c not NULL */
struct svc_logfiles *svc_capture_files(struct svc_capture *c);

/* ------------------------------------------------------------------ following */

/** Somebody on a loop who wants to know when there is more in the files. {.more = f}. */
struct svc_follower {
    void (*more)(struct svc_follower *f); /**< on the loop */
    struct w32_loop *loop;                /**< the capture's own, and so is all that follows */
    struct svc_capture *capture;
    struct sp_link link; /* under the capture's lock, and so is posted */
    struct w32_post post;
    bool posted;
};

/**
 * Has f->more called whenever something was written to the files, until svc_unfollow(). On the
 * loop.
 *
 * @param c     not NULL
 * @param f     idle; lives until svc_unfollow() has let it go
 * @param loop  where it lives
 * @return whether bytes are on their way to the files by now: then f->more is called when they are
 *         there, unless they can't be written
 */
bool svc_follow(struct svc_capture *c, struct svc_follower *f, struct w32_loop *loop);

/**
 * Ends it; nothing happens when it does not follow. On the loop.
 *
 * @return false: a call of f->more is on its way; only after it may the memory be freed
 */
bool svc_unfollow(struct svc_follower *f);

#endif
