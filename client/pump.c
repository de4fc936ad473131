/* client/pump.c - moves the bytes of one stream between a std handle of ours and a data pipe. */
#include "client/pump.h"

#include <stdlib.h>

#include "win32/overlapped.h"
#include "win32/pipe.h"
#include "win32/thread.h"

static void target_failed(struct cli_pump *p, sp_status status)
{
    p->status = status;
    p->target_failed = true;
}

/* Waits for the write in flight, if there is one, and counts it. */
static bool written(struct cli_pump *p, struct w32_overlapped *o)
{
    uint32_t len = 0;
    sp_status status = o->busy ? w32_overlapped_wait(o, W32_FOREVER, &len, &p->error) : SP_OK;
    p->bytes += len;
    if (status != SP_OK)
        target_failed(p, status);
    return status == SP_OK;
}

static void upload(struct cli_pump *p, struct w32_overlapped *o, unsigned char *cells[2])
{
    for (int turn = 0;; turn ^= 1) {
        uint32_t got = 0;
        sp_status status = cli_input_read(p->input, cells[turn], p->piece_bytes, &got, &p->error);
        if (!written(p, o))
            return;
        if (status == SP_ECANCELED)
            continue; /* a console's read that Ctrl-C interrupted */
        if (status != SP_OK) {
            p->status = status == SP_EEND ? SP_OK : status;
            return;
        }
        status = w32_overlapped_write(o, cells[turn], got, &p->error);
        if (status != SP_OK) {
            target_failed(p, status);
            return;
        }
    }
}

static void download(struct cli_pump *p, struct w32_overlapped *o, unsigned char *cell)
{
    for (;;) {
        uint32_t got = 0;
        sp_status status = w32_overlapped_read(o, cell, p->piece_bytes, &p->error);
        if (status == SP_OK)
            status = w32_overlapped_wait(o, W32_FOREVER, &got, &p->error);
        if (status != SP_OK) {
            p->status = status == SP_EEND ? SP_OK : status;
            return;
        }
        p->bytes += got;
        sp_status out = p->std == NULL ? SP_OK : w32_write(p->std, cell, got, NULL);
        if (out != SP_OK) {
            target_failed(p, out);
            return;
        }
    }
}

static void run(void *arg)
{
    struct cli_pump *p = arg;
    struct w32_overlapped o = {0};
    unsigned char *cells[2] = {malloc(p->piece_bytes),
                               p->input != NULL ? malloc(p->piece_bytes) : NULL};
    if (cells[0] == NULL || (p->input != NULL && cells[1] == NULL))
        p->status = sp_fail(&p->error, SP_ENOMEM, 0, "no memory for a stream");
    else
        p->status = w32_overlapped_init(&o, p->pipe, &p->error);
    if (p->status == SP_OK && p->input != NULL)
        upload(p, &o, cells);
    else if (p->status == SP_OK)
        download(p, &o, cells[0]);
    w32_overlapped_deinit(&o);
    w32_handle_close(&p->pipe);
    free(cells[0]);
    free(cells[1]);
    if (p->ended != NULL)
        p->ended(p);
}

sp_status cli_pump_start(struct cli_pump *p, struct sp_error *err)
{
    return w32_thread_start(run, p, &p->thread, err);
}

sp_status cli_pump_join(struct cli_pump *p, uint32_t timeout_ms)
{
    return w32_thread_join(&p->thread, timeout_ms);
}
