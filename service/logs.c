/* service/logs.c - what answers `logs`: a data pipe on which a worker's kept log comes. */
#include "service/logs.h"

#include <stdlib.h>

#include "core/loglines.h"
#include "service/log.h"
#include "service/logreader.h"
#include "win32/acl.h"
#include "win32/clock.h"

enum {
    PIECE_BYTES = 64 * 1024, /* read and written at once */
    PIPE_BYTES = 256 * 1024, /* the kernel's buffer: a ceiling, not taken while idle */
    SETTLE_MS = 1000,        /* for what is on its way to the files */
};

enum step { STEP_CONNECT, STEP_SETTLE, STEP_READ, STEP_IDLE, STEP_WRITE, STEP_CLOSING };

/* One client's reading. Freed by itself when it has ended. */
struct svc_logs {
    struct sp_link link; /* in shard->logs */
    struct svc_shard *shard;
    struct svc_capture *capture;
    uint64_t lines;
    w32_handle pipe;
    struct w32_op connect, write;
    struct w32_op watch; /* a read that ends when the client goes */
    struct w32_timer timer;
    struct svc_follower follower;
    struct w32_work work;

    struct svc_logreader reader; /* the pool's while working, but for its cancel */
    struct sp_buffer piece;      /* the pool's while working */

    enum step step;
    bool follow, seek;
    bool working;
    bool failed; /* the piece is the last, and says why; the pool's while working */
    bool more;   /* something was written since the read at hand began */
    unsigned char watched[1];
    struct w32_npipe_leaf leaf;
};

/* Frees it when nothing can call it back any more. */
static void free_if_idle(struct svc_logs *l)
{
    if (l->step != STEP_CLOSING || l->connect.busy || l->write.busy || l->watch.busy ||
        l->working || !svc_unfollow(&l->follower))
        return;
    struct svc_shard *shard = l->shard;
    sp_list_remove(&l->link);
    svc_logreader_deinit(&l->reader);
    sp_buffer_deinit(&l->piece);
    w32_npipe_close(&l->pipe, l->leaf.text);
    free(l);
    svc_shard_quit_if_empty(shard);
}

/* From here on it only waits for what is in flight. The caller's last use of l. */
static void end(struct svc_logs *l)
{
    l->step = STEP_CLOSING;
    __atomic_store_n(&l->reader.cancel, true, __ATOMIC_RELAXED);
    w32_timer_stop(l->shard->loop, &l->timer);
    w32_op_cancel(&l->connect, l->pipe);
    w32_op_cancel(&l->write, l->pipe);
    w32_op_cancel(&l->watch, l->pipe);
    free_if_idle(l);
}

/* ------------------------------------------------------------------ on the pool */

/* The client has no other way to learn it. */
static void put_failure(struct svc_logs *l, const struct sp_error *err)
{
    l->failed = true;
    l->piece.len = 0;
    if (err->status != SP_ECANCELED)
        svc_log(SVC_LOG_WARNING, "a worker's log can't be read: %s", err->what);
    (void)sp_loglines_say(w32_unix_ms(), err->what, &l->piece);
}

static void run_work(struct w32_work *work)
{
    struct svc_logs *l = SP_CONTAINER(work, struct svc_logs, work);
    struct sp_error err;
    uint32_t got = 0;
    sp_status status = sp_buffer_reserve(&l->piece, PIECE_BYTES, &err);
    if (status == SP_OK && l->seek)
        status = svc_logreader_seek(&l->reader, l->lines, &err);
    if (status == SP_OK)
        status = svc_logreader_next(&l->reader, l->follow, l->piece.data, PIECE_BYTES, &got, &err);
    l->piece.len = got;
    if (status != SP_OK)
        put_failure(l, &err);
}

/* ------------------------------------------------------------------ on the loop */

static void begin_work(struct svc_logs *l, bool seek)
{
    l->step = STEP_READ;
    l->seek = seek;
    l->more = false;
    l->working = true;
    w32_loop_work(l->shard->loop, &l->work);
}

static void work_done(struct w32_work *work)
{
    struct svc_logs *l = SP_CONTAINER(work, struct svc_logs, work);
    l->working = false;
    if (l->step == STEP_CLOSING) {
        free_if_idle(l);
    } else if (l->piece.len > 0) {
        l->step = STEP_WRITE;
        w32_op_write(l->shard->loop, &l->write, l->pipe, l->piece.data, (uint32_t)l->piece.len);
    } else if (!l->follow || l->failed) {
        end(l); /* the client keeps what it has not read yet */
    } else if (l->more) {
        begin_work(l, false);
    } else {
        l->step = STEP_IDLE;
        sp_buffer_deinit(&l->piece);
    }
}

static void written(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    (void)bytes;
    struct svc_logs *l = SP_CONTAINER(op, struct svc_logs, write);
    l->piece.len = 0;
    if (l->step == STEP_CLOSING)
        free_if_idle(l);
    else if (os != 0 || l->failed)
        end(l);
    else
        begin_work(l, false);
}

static void more(struct svc_follower *f)
{
    struct svc_logs *l = SP_CONTAINER(f, struct svc_logs, follower);
    l->more = true;
    if (l->step == STEP_CLOSING) {
        free_if_idle(l);
    } else if (l->step == STEP_SETTLE) {
        w32_timer_stop(l->shard->loop, &l->timer);
        begin_work(l, true);
    } else if (l->step == STEP_IDLE) {
        begin_work(l, false);
    }
}

/* The client is gone, or says something where it has nothing to say. */
static void watch_done(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    (void)os;
    (void)bytes;
    struct svc_logs *l = SP_CONTAINER(op, struct svc_logs, watch);
    if (l->step == STEP_CLOSING)
        free_if_idle(l);
    else
        end(l);
}

static void connected(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    (void)bytes;
    struct svc_logs *l = SP_CONTAINER(op, struct svc_logs, connect);
    if (l->step == STEP_CLOSING) {
        free_if_idle(l);
        return;
    }
    if (os != 0) { /* it came and went */
        end(l);
        return;
    }
    w32_timer_stop(l->shard->loop, &l->timer);
    w32_op_read(l->shard->loop, &l->watch, l->pipe, l->watched, sizeof l->watched);
    if (svc_follow(l->capture, &l->follower, l->shard->loop)) {
        l->step = STEP_SETTLE;
        w32_timer_start(l->shard->loop, &l->timer, SETTLE_MS);
    } else {
        begin_work(l, true);
    }
}

static void timed_out(struct w32_timer *timer)
{
    struct svc_logs *l = SP_CONTAINER(timer, struct svc_logs, timer);
    if (l->step == STEP_SETTLE)
        begin_work(l, true); /* the disk does not take it: what is there must do */
    else
        end(l);
}

/* ------------------------------------------------------------------ opening */

/* Duplex, so that a pending read tells when the client goes; the client asks for reading alone. */
static sp_status open_pipe(struct svc_logs *l, const struct w32_peer *peer, struct sp_error *err)
{
    const struct w32_acl_entry entries[] = {
        {peer->sid, W32_ACL_USE}, {"SY", W32_ACL_USE}, {"BA", W32_ACL_USE}};
    void *access = NULL;
    sp_status status =
        w32_acl_pipe(entries, sizeof entries / sizeof *entries, peer->remote, &access, err);
    if (status == SP_OK)
        status = w32_npipe_random_leaf(l->shard->server->options.pipe_name, &l->leaf, err);
    struct w32_npipe_options options = {
        .leaf = l->leaf.text,
        .access = W32_NPIPE_BOTH,
        .first = true,
        .only = true,
        .remote = peer->remote,
        .size_bytes = PIPE_BYTES,
        .security_descriptor = access,
    };
    if (status == SP_OK)
        status = w32_npipe_create(&options, &l->pipe, err);
    if (status == SP_OK)
        status = w32_loop_bind(l->shard->loop, l->pipe, err);
    w32_acl_free(access);
    return status;
}

static sp_status check(struct svc_shard *shard, const struct svc_capture *capture,
                       struct sp_error *err)
{
    size_t count = 0;
    for (struct sp_link *k = shard->logs.next; k != &shard->logs; k = k->next)
        count++;
    if (shard->stopping)
        return sp_fail(err, SP_ESTATE, 0, "the service is stopping");
    if (capture == NULL)
        return sp_fail(err, SP_EUNSUPPORTED, 0,
                       "nothing is kept of this worker's output (logs: {streams: none})");
    if (count >= SVC_LOGS_MAX)
        return sp_fail(err, SP_ESTATE, 0, "%d clients read logs already; try again later",
                       SVC_LOGS_MAX);
    return SP_OK;
}

sp_status svc_logs_open(struct svc_shard *shard, const struct w32_peer *peer,
                        struct svc_capture *capture, uint64_t lines, bool follow,
                        struct w32_npipe_leaf *out, struct sp_error *err)
{
    sp_status status = check(shard, capture, err);
    if (status != SP_OK)
        return status;
    struct svc_logs *l = calloc(1, sizeof *l);
    if (l == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory to send a log");
    l->shard = shard;
    l->capture = capture;
    l->lines = lines;
    l->follow = follow;
    l->connect.done = connected;
    l->write.done = written;
    l->watch.done = watch_done;
    l->timer.fire = timed_out;
    l->follower.more = more;
    l->work = (struct w32_work){.run = run_work, .done = work_done, .pool = W32_POOL_FILES};
    l->reader.files = svc_capture_files(capture);
    status = open_pipe(l, peer, err);
    if (status != SP_OK) {
        w32_npipe_close(&l->pipe, l->leaf.text);
        free(l);
        return status;
    }
    sp_list_add(&shard->logs, &l->link);
    w32_op_connect(shard->loop, &l->connect, l->pipe);
    w32_timer_start(shard->loop, &l->timer, SVC_LOGS_OPEN_MS);
    *out = l->leaf;
    return SP_OK;
}

bool svc_logs_has(const struct svc_shard *shard, const struct svc_capture *capture)
{
    for (struct sp_link *k = shard->logs.next; k != &shard->logs; k = k->next)
        if (SP_CONTAINER(k, struct svc_logs, link)->capture == capture)
            return true;
    return false;
}

void svc_logs_stop(struct svc_shard *shard, const struct svc_capture *capture)
{
    for (struct sp_link *k = shard->logs.next, *next; k != &shard->logs; k = next) {
        next = k->next;
        struct svc_logs *l = SP_CONTAINER(k, struct svc_logs, link);
        if (l->capture == capture && l->step != STEP_CLOSING)
            end(l);
    }
}

void svc_logs_stop_all(struct svc_shard *shard)
{
    for (struct sp_link *k = shard->logs.next, *next; k != &shard->logs; k = next) {
        next = k->next;
        struct svc_logs *l = SP_CONTAINER(k, struct svc_logs, link);
        if (l->step != STEP_CLOSING)
            end(l);
    }
}
