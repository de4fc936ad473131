/* client/pump.c - moves the bytes of one stream between a std handle of ours and a data pipe. */
#include "client/pump.h"

#include <stdlib.h>

#include "win32/npipe.h"

#include "win32/pipe.h"

static void target_failed(struct cli_pump *p, sp_status status)
{
    p->status = status;
    p->target_failed = true;
}

/* Counts what was written, if something was. Under the lock. */
static bool written(struct cli_pump *p)
{
    uint32_t len = 0;
    sp_status status = p->o.busy ? w32_overlapped_wait(&p->o, W32_FOREVER, &len, &p->error) : SP_OK;
    p->bytes += len;
    if (status != SP_OK)
        target_failed(p, status);
    return status == SP_OK;
}

/* Writes the next piece behind the last one. @return false: it is over */
static bool write_next(struct cli_pump *p, const void *data, uint32_t len)
{
    /* Waited for without the lock: somebody may want to close the pipe meanwhile. */
    sp_status ready = w32_overlapped_ready(&p->o, NULL, W32_FOREVER);
    (void)ready;
    w32_lock_enter(&p->lock);
    bool go = !p->closed && written(p);
    if (p->closed)
        target_failed(p, SP_EBROKEN);
    sp_status status = go && len > 0 ? w32_overlapped_write(&p->o, data, len, &p->error) : SP_OK;
    if (status != SP_OK)
        target_failed(p, status);
    w32_lock_leave(&p->lock);
    return go && status == SP_OK;
}

static void upload(struct cli_pump *p, unsigned char *cells[2])
{
    for (int turn = 0;; turn ^= 1) {
        uint32_t got = 0;
        struct sp_error err = {0};
        sp_status status = cli_input_read(p->input, cells[turn], p->piece_bytes, &got, &err);
        if (!write_next(p, cells[turn], status == SP_OK ? got : 0))
            return;
        if (status != SP_OK && status != SP_ECANCELED) { /* canceled: a console's, by Ctrl-C */
            p->status = status == SP_EEND ? SP_OK : status;
            p->error = err;
            return;
        }
    }
}

static void download(struct cli_pump *p, unsigned char *cell)
{
    for (;;) {
        uint32_t got = 0;
        sp_status status = w32_overlapped_read(&p->o, cell, p->piece_bytes, &p->error);
        if (status == SP_OK)
            status = w32_overlapped_wait(&p->o, W32_FOREVER, &got, &p->error);
        if (status != SP_OK) {
            p->status = status == SP_EEND ? SP_OK : status;
            return;
        }
        __atomic_store_n(&p->target_busy, true, __ATOMIC_RELAXED);
        __atomic_store_n(&p->bytes, p->bytes + got, __ATOMIC_RELAXED);
        sp_status out = p->std == NULL ? SP_OK : cli_screen_write(p->screen, p->std, cell, got);
        __atomic_store_n(&p->target_busy, false, __ATOMIC_RELAXED);
        if (out != SP_OK) {
            target_failed(p, out);
            return;
        }
    }
}

static sp_status prepare(struct cli_pump *p)
{
    w32_lock_enter(&p->lock);
    sp_status status = p->closed ? sp_fail(&p->error, SP_EBROKEN, 0, "the worker takes no input")
                                 : w32_overlapped_init(&p->o, p->pipe, &p->error);
    w32_lock_leave(&p->lock);
    p->target_failed = p->closed;
    return status;
}

static void run(void *arg)
{
    struct cli_pump *p = arg;
    unsigned char *cells[2] = {malloc(p->piece_bytes),
                               p->input != NULL ? malloc(p->piece_bytes) : NULL};
    if (cells[0] == NULL || (p->input != NULL && cells[1] == NULL))
        p->status = sp_fail(&p->error, SP_ENOMEM, 0, "no memory for a stream");
    else
        p->status = prepare(p);
    if (p->status == SP_OK && p->input != NULL)
        upload(p, cells);
    else if (p->status == SP_OK)
        download(p, cells[0]);
    w32_lock_enter(&p->lock);
    p->closed = true;
    w32_overlapped_deinit(&p->o);
    w32_handle_close(&p->pipe);
    w32_lock_leave(&p->lock);
    free(cells[0]);
    free(cells[1]);
    if (p->ended != NULL)
        p->ended(p);
}

void cli_pump_close_pipe(struct cli_pump *p)
{
    w32_lock_enter(&p->lock);
    if (p->o.busy) { /* canceled: nobody reads it any more */
        uint32_t len = 0;
        sp_status ignored = w32_overlapped_wait(&p->o, 0, &len, NULL);
        (void)ignored;
        p->bytes += len;
    }
    p->closed = true;
    w32_handle_close(&p->pipe);
    w32_lock_leave(&p->lock);
}

sp_status cli_pump_start(struct cli_pump *p, struct sp_error *err)
{
    return w32_thread_start(run, p, &p->thread, err);
}

sp_status cli_pump_join(struct cli_pump *p, uint32_t timeout_ms)
{
    return w32_thread_join(&p->thread, timeout_ms);
}

/* Whether there are bytes that its thread has not taken yet. */
static bool is_waiting(struct cli_pump *p)
{
    w32_lock_enter(&p->lock); /* the pipe stays open meanwhile */
    bool waiting = p->pipe != NULL && w32_npipe_waiting(p->pipe) > 0;
    w32_lock_leave(&p->lock);
    return waiting;
}

sp_status cli_pump_join_moving(struct cli_pump *p, uint32_t timeout_ms)
{
    uint64_t before = 0, now = 0;
    bool busy = false;
    sp_status status = SP_OK;
    do {
        before = __atomic_load_n(&p->bytes, __ATOMIC_RELAXED);
        status = cli_pump_join(p, timeout_ms);
        busy = __atomic_load_n(&p->target_busy, __ATOMIC_RELAXED) || is_waiting(p);
        now = __atomic_load_n(&p->bytes, __ATOMIC_RELAXED);
    } while (status == SP_ETIMEOUT && (busy || now != before));
    return status;
}
