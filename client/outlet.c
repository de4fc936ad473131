/* client/outlet.c - one output of a session that can be resumed, on its way out of here. */
#include "client/outlet.h"

#include <stdlib.h>

#include "win32/pipe.h"

enum { CELLS = 2 };

/* ------------------------------------------------------------------ out of the pipe */

/* Waits for an empty cell. @return its number; -1: the pipe is taken away */
static int wait_for_cell(struct cli_outlet *o)
{
    w32_lock_enter(&o->lock);
    while (o->filled - o->emptied == CELLS && !o->cutting)
        w32_cond_wait(&o->changed, &o->lock, W32_FOREVER);
    int cell = o->cutting ? -1 : (int)(o->filled % CELLS);
    w32_lock_leave(&o->lock);
    return cell;
}

static void fill(struct cli_outlet *o, int cell, uint32_t len)
{
    if (len == 0)
        return;
    w32_lock_enter(&o->lock);
    o->lens[cell] = len;
    o->filled++;
    o->got += len;
    w32_cond_wake(&o->changed);
    w32_lock_leave(&o->lock);
}

/* One read. What it has brought by the moment it is cut short counts: its bytes are here. */
static sp_status read_pipe(struct cli_outlet *o, struct w32_overlapped *op, int cell,
                           struct sp_error *err)
{
    uint32_t got = 0;
    sp_status status = w32_overlapped_read(op, o->cells[cell], o->piece_bytes, err);
    if (status != SP_OK)
        return status;
    bool cut = w32_overlapped_ready(op, o->cut, W32_FOREVER) == SP_ECANCELED;
    status = w32_overlapped_wait(op, cut ? 0 : W32_FOREVER, &got, err);
    if (status == SP_OK)
        fill(o, cell, got);
    return status;
}

static void drain_pipe(void *arg)
{
    struct cli_outlet *o = arg;
    struct w32_overlapped op = {0};
    struct sp_error err = {0};
    int cell = 0;
    sp_status status = w32_overlapped_init(&op, o->pipe, &err);
    while (status == SP_OK && (cell = wait_for_cell(o)) >= 0)
        status = read_pipe(o, &op, cell, &err);
    w32_overlapped_deinit(&op);
    w32_handle_close(&o->pipe);
    w32_lock_enter(&o->lock);
    o->flow = o->cutting ? CLI_FLOW_STOPPED : status == SP_EEND ? CLI_FLOW_ENDED : CLI_FLOW_BROKEN;
    o->error = err;
    w32_lock_leave(&o->lock);
    w32_event_set(o->wake);
}

/* ------------------------------------------------------------------ into our own stream */

static int wait_for_full(struct cli_outlet *o)
{
    w32_lock_enter(&o->lock);
    while (o->filled == o->emptied)
        w32_cond_wait(&o->changed, &o->lock, W32_FOREVER);
    int cell = (int)(o->emptied % CELLS);
    w32_lock_leave(&o->lock);
    return cell;
}

static void empty(struct cli_outlet *o, int cell, bool gone)
{
    w32_lock_enter(&o->lock);
    o->written += o->lens[cell];
    o->emptied++;
    bool wake = o->written - o->woken_at >= CLI_OUTLET_ACK || gone != o->gone ||
                (o->expects_end && o->filled == o->emptied);
    o->gone = gone;
    if (wake)
        o->woken_at = o->written;
    w32_cond_wake(&o->changed);
    w32_lock_leave(&o->lock);
    if (wake)
        w32_event_set(o->wake);
}

/* Lives as long as the process. */
static void write_std(void *arg)
{
    struct cli_outlet *o = arg;
    bool gone = false;
    for (;;) {
        int cell = wait_for_full(o);
        if (!gone && o->std != NULL)
            gone = cli_screen_write(o->screen, o->std, o->cells[cell], o->lens[cell]) != SP_OK;
        empty(o, cell, gone);
    }
}

/* ------------------------------------------------------------------ for its owner */

static sp_status prepare(struct cli_outlet *o, struct sp_error *err)
{
    if (o->writer != NULL)
        return SP_OK;
    for (int i = 0; i < CELLS; i++) {
        if (o->cells[i] == NULL)
            o->cells[i] = malloc(o->piece_bytes);
        if (o->cells[i] == NULL)
            return sp_fail(err, SP_ENOMEM, 0, "no memory for a stream");
    }
    return w32_thread_start(write_std, o, &o->writer, err);
}

sp_status cli_outlet_couple(struct cli_outlet *o, w32_handle *pipe, struct sp_error *err)
{
    o->pipe = *pipe;
    *pipe = NULL;
    o->cutting = false;
    o->flow = CLI_FLOW_OPEN;
    sp_status status = prepare(o, err);
    if (status == SP_OK)
        status = w32_event_open(true, &o->cut, err);
    if (status == SP_OK)
        status = w32_thread_start(drain_pipe, o, &o->reader, err);
    if (status != SP_OK) {
        w32_handle_close(&o->pipe);
        w32_handle_close(&o->cut);
        o->flow = CLI_FLOW_STOPPED;
    }
    return status;
}

void cli_outlet_uncouple(struct cli_outlet *o)
{
    w32_lock_enter(&o->lock);
    o->cutting = true;
    w32_cond_wake(&o->changed);
    w32_lock_leave(&o->lock);
    w32_event_set(o->cut);
    sp_status ignored = w32_thread_join(&o->reader, W32_FOREVER);
    (void)ignored;
    w32_handle_close(&o->cut);
}

void cli_outlet_expect_end(struct cli_outlet *o)
{
    w32_lock_enter(&o->lock);
    o->expects_end = true;
    w32_lock_leave(&o->lock);
}

struct cli_outlet_view cli_outlet_look(struct cli_outlet *o, struct sp_error *err)
{
    w32_lock_enter(&o->lock);
    struct cli_outlet_view view = {
        .flow = o->flow, .got = o->got, .written = o->written, .gone = o->gone};
    if (err != NULL && o->flow == CLI_FLOW_BROKEN)
        *err = o->error;
    w32_lock_leave(&o->lock);
    return view;
}
