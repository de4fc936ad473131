/* service/relay.c - moves the bytes of one stream from one overlapped handle to another. */
#include "service/relay.h"

#include "core/list.h"

enum { REST_AFTER_MS = 1000 };

static void pump(struct svc_relay *r);

/* Ends the relay once nothing is in flight: the first reason counts. */
static void end(struct svc_relay *r, enum svc_relay_why why, uint32_t os)
{
    if (!r->ending) {
        r->ending = true;
        r->why = why;
        r->os = os;
        w32_timer_stop(r->loop, &r->rest);
        w32_op_cancel(&r->read, r->source);
        w32_op_cancel(&r->write, r->target);
    }
    if (r->read.busy || r->write.busy)
        return;
    svc_cell_free(&r->cells[0], r->budget);
    svc_cell_free(&r->cells[1], r->budget);
    r->running = false;
    r->ended(r, r->why, r->os);
}

static void begin_read(struct svc_relay *r)
{
    struct svc_cell *cell = &r->cells[r->reading];
    if (!svc_cell_fit(cell, r->flow.size_bytes, r->budget)) {
        end(r, SVC_RELAY_FAILED, W32_OS_NO_MEMORY);
        return;
    }
    w32_op_read(r->loop, &r->read, r->source, cell->data, cell->cap);
    if (cell->cap > SP_FLOW_MIN && r->rest.due_ms == 0) {
        r->rest_mark = r->reads;
        w32_timer_start(r->loop, &r->rest, REST_AFTER_MS);
    }
}

static bool may_read(const struct svc_relay *r)
{
    return !r->read.busy && r->cells[r->reading].len == 0 && (r->filled || !r->write.busy);
}

/* Starts whatever can be started. While it runs, at least one operation is in flight. */
static void pump(struct svc_relay *r)
{
    struct svc_cell *oldest = &r->cells[r->writing];
    if (!r->write.busy && oldest->len > 0)
        w32_op_write(r->loop, &r->write, r->target, oldest->data, oldest->len);
    if (r->source_ended) {
        if (!r->write.busy)
            end(r, r->source_failed ? SVC_RELAY_FAILED : SVC_RELAY_EOF,
                r->source_failed ? r->os : 0);
    } else if (may_read(r))
        begin_read(r);
}

static void read_failed(struct svc_relay *r, uint32_t os)
{
    if (os == W32_OS_ABORTED && (r->resting || r->source_ended)) {
        r->resting = false;
        sp_flow_init(&r->flow);
        pump(r);
    } else if (w32_os_is_end(os)) {
        r->source_ended = true;
        pump(r);
    } else { /* what came before is good, and is written */
        r->source_ended = r->source_failed = true;
        r->os = os;
        pump(r);
    }
}

static void count(struct svc_relay *r, uint32_t bytes)
{
    __atomic_store_n(&r->bytes, r->bytes + bytes, __ATOMIC_RELAXED);
    if (r->moved != NULL)
        r->moved(r);
}

static void read_done(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    struct svc_relay *r = SP_CONTAINER(op, struct svc_relay, read);
    struct svc_cell *cell = &r->cells[r->reading];
    if (r->ending) {
        end(r, r->why, r->os);
    } else if (os != 0) {
        read_failed(r, os);
    } else {
        r->resting = false;
        r->reads++;
        r->filled = bytes == cell->cap;
        r->received += bytes;
        if (bytes > 0) {
            if (r->seen != NULL)
                r->seen(r, cell->data, bytes);
            sp_flow_read(&r->flow, bytes);
            if (r->target != NULL) {
                cell->len = bytes;
                r->reading ^= 1;
            } else
                count(r, bytes);
        } else if (r->empty_is_end)
            r->source_ended = r->half_closed = true;
        /* Elsewhere a message of no bytes carries nothing: only an end ends the stream. */
        pump(r);
    }
}

static void write_done(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    struct svc_relay *r = SP_CONTAINER(op, struct svc_relay, write);
    if (os == 0)
        count(r, bytes);
    if (r->ending) {
        end(r, r->why, r->os);
    } else if (os != 0) {
        end(r, w32_os_is_gone(os) ? SVC_RELAY_TARGET_GONE : SVC_RELAY_FAILED, os);
    } else {
        r->cells[r->writing].len = 0;
        r->writing ^= 1;
        pump(r);
    }
}

/* A stream that brought nothing for a while gives its memory back: the pending read is taken back
 * and begun again with the smallest buffer. */
static void look_at_rest(struct w32_timer *timer)
{
    struct svc_relay *r = SP_CONTAINER(timer, struct svc_relay, rest);
    if (r->reads != r->rest_mark || r->write.busy || !r->read.busy) {
        r->rest_mark = r->reads;
        w32_timer_start(r->loop, &r->rest, REST_AFTER_MS);
        return;
    }
    svc_cell_free(&r->cells[r->reading ^ 1], r->budget);
    if (r->cells[r->reading].cap > SP_FLOW_MIN) {
        r->resting = true;
        w32_op_cancel(&r->read, r->source);
    }
}

void svc_relay_start(struct svc_relay *r, struct w32_loop *loop, w32_handle source,
                     w32_handle target)
{
    r->loop = loop;
    r->source = source;
    r->target = target;
    r->read.done = read_done;
    r->write.done = write_done;
    r->rest.fire = look_at_rest;
    r->running = true;
    sp_flow_init(&r->flow);
    pump(r);
}

void svc_relay_end_source(struct svc_relay *r)
{
    if (!r->running || r->ending || r->source_ended)
        return;
    r->source_ended = true;
    /* If no read is in flight, a write is, and the relay goes on from there. */
    w32_op_cancel(&r->read, r->source);
}

void svc_relay_stop(struct svc_relay *r)
{
    if (r->running && !r->ending)
        end(r, SVC_RELAY_STOPPED, W32_OS_ABORTED);
}
