/* client/intake.c - our stdin on its way into a session that can be resumed. */
#include "client/intake.h"

#include <stdlib.h>

#include "client/verbs.h"

/* ------------------------------------------------------------------ from stdin */

/* Waits for room. @return how much to read; 0: nobody wants more */
static uint32_t wait_for_room(struct cli_intake *i)
{
    size_t room;
    w32_lock_enter(&i->lock);
    while ((room = sp_ring_room(&i->ring, i->ring.base)) < CLI_INPUT_ROOM && !i->closed)
        w32_cond_wait(&i->changed, &i->lock, W32_FOREVER);
    if (i->closed)
        room = 0;
    w32_lock_leave(&i->lock);
    return room < i->piece_bytes ? (uint32_t)room : i->piece_bytes;
}

static sp_status keep(struct cli_intake *i, const void *data, uint32_t len, struct sp_error *err)
{
    w32_lock_enter(&i->lock);
    sp_status status = sp_ring_append(&i->ring, data, len, err);
    w32_cond_wake(&i->changed);
    w32_lock_leave(&i->lock);
    return status;
}

static void reading_ended(struct cli_intake *i, sp_status status, const struct sp_error *err)
{
    w32_lock_enter(&i->lock);
    i->ended = status == SP_EEND;
    w32_cond_wake(&i->changed);
    w32_lock_leave(&i->lock);
    if (status != SP_OK && status != SP_EEND)
        cli_complain("reading stdin: %s; the worker's input stays open", err->what);
}

static void read_stdin(void *arg)
{
    struct cli_intake *i = arg;
    struct sp_error err = {0};
    unsigned char *cell = malloc(i->piece_bytes);
    sp_status status = cell == NULL ? sp_fail(&err, SP_ENOMEM, 0, "no memory for stdin") : SP_OK;
    while (status == SP_OK) {
        uint32_t got = 0, size = wait_for_room(i);
        if (size == 0)
            break;
        status = cli_input_read(i->input, cell, size, &got, &err);
        if (status == SP_OK)
            status = keep(i, cell, got, &err);
        else if (status == SP_ECANCELED)
            status = SP_OK; /* a console's read that Ctrl-C interrupted */
    }
    free(cell);
    reading_ended(i, status, &err);
}

sp_status cli_intake_start(struct cli_intake *i, struct sp_error *err)
{
    return w32_thread_start(read_stdin, i, &i->reader, err);
}

/* ------------------------------------------------------------------ into the pipe */

/* Waits for something to write. @return how much was copied; 0: no more comes */
static uint32_t wait_for_bytes(struct cli_intake *i, void *cell)
{
    w32_lock_enter(&i->lock);
    while (i->sent == i->ring.head && !i->ended && !i->closed && !i->cutting)
        w32_cond_wait(&i->changed, &i->lock, W32_FOREVER);
    size_t len =
        i->cutting || i->closed ? 0 : sp_ring_copy(&i->ring, i->sent, cell, i->piece_bytes);
    i->offered = i->sent + len;
    w32_lock_leave(&i->lock);
    return (uint32_t)len;
}

static sp_status write_pipe(struct cli_intake *i, struct w32_overlapped *o, const void *cell,
                            uint32_t len, struct sp_error *err)
{
    uint32_t wrote = 0;
    sp_status status = w32_overlapped_write(o, cell, len, err);
    if (status != SP_OK)
        return status;
    if (w32_overlapped_ready(o, i->cut, W32_FOREVER) == SP_ECANCELED)
        return SP_ECANCELED; /* the service will say how far it came */
    status = w32_overlapped_wait(o, W32_FOREVER, &wrote, err);
    if (status != SP_OK)
        return status;
    w32_lock_enter(&i->lock);
    i->sent += wrote;
    bool all = i->sent == i->ring.head;
    w32_lock_leave(&i->lock);
    if (all && cli_input_found(i->input, NULL))
        w32_event_set(i->wake);
    return SP_OK;
}

static void feed_pipe(void *arg)
{
    struct cli_intake *i = arg;
    struct w32_overlapped o = {0};
    struct sp_error err = {0};
    unsigned char *cell = malloc(i->piece_bytes);
    sp_status status = cell == NULL ? sp_fail(&err, SP_ENOMEM, 0, "no memory for a stream")
                                    : w32_overlapped_init(&o, i->pipe, &err);
    while (status == SP_OK) {
        uint32_t len = wait_for_bytes(i, cell);
        if (len == 0)
            break;
        status = write_pipe(i, &o, cell, len, &err);
    }
    w32_overlapped_deinit(&o);
    free(cell);
    w32_handle_close(&i->pipe); /* at the end of stdin this is the half-close */
    w32_lock_enter(&i->lock);
    i->flow = i->cutting ? CLI_FLOW_STOPPED : status == SP_OK ? CLI_FLOW_ENDED : CLI_FLOW_BROKEN;
    i->error = err;
    w32_lock_leave(&i->lock);
    w32_event_set(i->wake);
}

sp_status cli_intake_couple(struct cli_intake *i, w32_handle *pipe, uint64_t at,
                            struct sp_error *err)
{
    sp_status status = SP_OK;
    i->pipe = *pipe;
    *pipe = NULL;
    if (i->ring.max == 0)
        sp_ring_init(&i->ring, CLI_INTAKE_MAX);
    w32_lock_enter(&i->lock);
    if (at < i->ring.base || at > i->ring.head)
        status = sp_fail(err, SP_EPROTOCOL, 0,
                         "the service has %llu bytes of stdin, and we have those from %llu to %llu",
                         (unsigned long long)at, (unsigned long long)i->ring.base,
                         (unsigned long long)i->ring.head);
    i->sent = i->offered = at;
    i->flow = CLI_FLOW_OPEN;
    i->cutting = false;
    w32_lock_leave(&i->lock);
    if (status == SP_OK)
        status = w32_event_open(true, &i->cut, err);
    if (status == SP_OK)
        status = w32_thread_start(feed_pipe, i, &i->writer, err);
    if (status != SP_OK) {
        w32_handle_close(&i->pipe);
        w32_handle_close(&i->cut);
        i->flow = CLI_FLOW_STOPPED;
    }
    return status;
}

void cli_intake_uncouple(struct cli_intake *i)
{
    w32_lock_enter(&i->lock);
    i->cutting = true;
    w32_cond_wake(&i->changed);
    w32_lock_leave(&i->lock);
    w32_event_set(i->cut);
    sp_status ignored = w32_thread_join(&i->writer, W32_FOREVER);
    (void)ignored;
    w32_handle_close(&i->cut);
}

/* ------------------------------------------------------------------ for its owner */

void cli_intake_received(struct cli_intake *i, uint64_t bytes)
{
    w32_lock_enter(&i->lock);
    if (bytes <= i->offered) {
        sp_ring_trim(&i->ring, bytes);
        w32_cond_wake(&i->changed);
    }
    w32_lock_leave(&i->lock);
}

void cli_intake_close(struct cli_intake *i)
{
    w32_lock_enter(&i->lock);
    i->closed = true;
    w32_cond_wake(&i->changed);
    w32_lock_leave(&i->lock);
}

struct cli_intake_view cli_intake_look(struct cli_intake *i, struct sp_error *err)
{
    w32_lock_enter(&i->lock);
    struct cli_intake_view view = {
        .flow = i->flow,
        .len = i->ring.head,
        .ended = i->ended,
        .sent = i->closed || i->sent == i->ring.head,
    };
    if (err != NULL && i->flow == CLI_FLOW_BROKEN)
        *err = i->error;
    w32_lock_leave(&i->lock);
    return view;
}
