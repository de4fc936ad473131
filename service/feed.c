/* service/feed.c - one output stream of a run that is kept for a while, and its readers. */
#include "service/feed.h"

#include <stdlib.h>
#include <string.h>

enum {
    READ_MAX = 256 << 10, /* of one read, and no more than ... */
    READ_PART = 4,        /* ... this part of the ring, so that one read never pushes out most */
    REST_AFTER_MS = 1000,
};

static void read_more(struct svc_feed *f);
static void write_more(struct svc_reader *r);

static struct svc_reader *reader_of(struct sp_link *link)
{
    return SP_CONTAINER(link, struct svc_reader, link);
}

/* ------------------------------------------------------------------ reading the source */

/* From where on a reader needs what is in the ring; the end, if nobody waits for it. */
static uint64_t needs(const struct svc_reader *r, uint64_t end)
{
    if (r->holds)
        return r->kept;
    return r->running && !r->stalled ? r->at : end;
}

/* What may be forgotten ends where the slowest reader that is waited for has got to. */
static uint64_t floor_of(const struct svc_feed *f)
{
    uint64_t floor = f->ring.head;
    for (struct sp_link *l = f->readers.next; l != &f->readers; l = l->next) {
        uint64_t from = needs(reader_of(l), f->ring.head);
        floor = from < floor ? from : floor;
    }
    return floor;
}

/* The ring is full, and has been for a while: whoever does not hold and is slowest is overtaken. */
static void out_of_patience(struct w32_timer *timer)
{
    struct svc_feed *f = SP_CONTAINER(timer, struct svc_feed, patience);
    uint64_t floor = floor_of(f);
    for (struct sp_link *l = f->readers.next, *next; l != &f->readers; l = next) {
        struct svc_reader *r = reader_of(l);
        next = l->next;
        if (r->holds || !r->running || needs(r, f->ring.head) != floor)
            continue;
        r->stalled = true;
        if (!r->skipped(r, 0))
            svc_reader_halt(r);
    }
    read_more(f);
}

/* A reader may leave, and the feed may be freed, only after its last callback: the list is walked
 * with the next link at hand. */
static void wake_readers(struct svc_feed *f)
{
    for (struct sp_link *l = f->readers.next, *next; l != &f->readers; l = next) {
        next = l->next;
        write_more(reader_of(l));
    }
}

static void end(struct svc_feed *f)
{
    w32_timer_stop(f->loop, &f->rest);
    w32_timer_stop(f->loop, &f->patience);
    svc_cell_free(&f->cell, f->budget);
    f->over = true;
    wake_readers(f); /* while it runs it is not freed */
    f->running = false;
    f->ended(f);
}

/* From inside a call of a reader or its owner nothing may end: it does so on the next round. */
static void end_soon(struct svc_feed *f)
{
    f->stopping = true;
    w32_timer_start(f->loop, &f->rest, 0);
}

static void read_more(struct svc_feed *f)
{
    if (!f->running || f->over || f->stopping || f->read.busy)
        return;
    size_t room = sp_ring_room(&f->ring, floor_of(f));
    if (room == 0) { /* a reader that takes or confirms something wakes it */
        if (f->patience.due_ms == 0)
            w32_timer_start(f->loop, &f->patience, SVC_FEED_PATIENCE_MS);
        return;
    }
    w32_timer_stop(f->loop, &f->patience);
    uint32_t size = f->flow.size_bytes < READ_MAX ? f->flow.size_bytes : READ_MAX;
    if (size > f->ring.max / READ_PART)
        size = (uint32_t)(f->ring.max / READ_PART);
    if (!svc_cell_fit(&f->cell, size, f->budget)) {
        f->failed = W32_OS_NO_MEMORY;
        end_soon(f);
        return;
    }
    f->asked = room < f->cell.cap ? (uint32_t)room : f->cell.cap;
    w32_op_read(f->loop, &f->read, f->source, f->cell.data, f->asked);
    if (f->cell.cap > SP_FLOW_MIN && f->rest.due_ms == 0) {
        f->rest_mark = f->ring.head;
        w32_timer_start(f->loop, &f->rest, REST_AFTER_MS);
    }
}

static void read_done(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    struct svc_feed *f = SP_CONTAINER(op, struct svc_feed, read);
    bool rested = f->resting && os == W32_OS_ABORTED;
    f->resting = false;
    if (rested && !f->stopping) {
        sp_flow_init(&f->flow);
        read_more(f);
        return;
    }
    if (os == 0 && bytes > 0) {
        if (f->seen != NULL)
            f->seen(f, f->cell.data, bytes);
        sp_flow_read(&f->flow, bytes);
        if (sp_ring_append(&f->ring, f->cell.data, bytes, NULL) != SP_OK)
            os = W32_OS_NO_MEMORY;
    }
    if (os != 0 || f->stopping) {
        f->failed = f->stopping || w32_os_is_end(os) ? 0 : os;
        end(f);
        return;
    }
    wake_readers(f);
    read_more(f);
}

/* A stream that brought nothing for a while gives its buffer back. */
static void look_at_rest(struct w32_timer *timer)
{
    struct svc_feed *f = SP_CONTAINER(timer, struct svc_feed, rest);
    if (f->stopping) {
        if (!f->read.busy)
            end(f);
    } else if (f->ring.head != f->rest_mark) {
        f->rest_mark = f->ring.head;
        w32_timer_start(f->loop, &f->rest, REST_AFTER_MS);
    } else if (!f->read.busy)
        svc_cell_free(&f->cell, f->budget);
    else if (f->cell.cap > SP_FLOW_MIN) {
        f->resting = true;
        w32_op_cancel(&f->read, f->source);
    }
}

void svc_feed_start(struct svc_feed *f, struct w32_loop *loop, w32_handle source, size_t max_bytes)
{
    f->loop = loop;
    f->source = source;
    f->read.done = read_done;
    f->rest.fire = look_at_rest;
    f->patience.fire = out_of_patience;
    f->running = true;
    sp_list_init(&f->readers);
    sp_ring_init(&f->ring, max_bytes);
    sp_flow_init(&f->flow);
    read_more(f);
}

void svc_feed_stop(struct svc_feed *f)
{
    if (!f->running || f->over || f->stopping)
        return;
    end_soon(f);
    w32_op_cancel(&f->read, f->source);
}

bool svc_feed_waits(const struct svc_feed *f)
{
    return f->running && !f->read.busy;
}

void svc_feed_deinit(struct svc_feed *f)
{
    svc_cell_free(&f->cell, f->budget);
    sp_ring_deinit(&f->ring);
}

/* ------------------------------------------------------------------ readers */

static void move_to(struct svc_reader *r, uint64_t at)
{
    __atomic_store_n(&r->at, at, __ATOMIC_RELAXED);
}

static void idle(struct svc_reader *r)
{
    r->running = r->halting = r->stalled = false;
    svc_cell_free(&r->piece, r->feed->budget);
}

static void stop_with(struct svc_reader *r, uint32_t os)
{
    struct svc_feed *f = r->feed;
    idle(r);
    read_more(f); /* it may have waited for this one; it calls nobody back */
    r->halted(r, os);
}

/* A reader that was overtaken goes on in the middle of what is kept: at its oldest byte it would
 * be overtaken again at once. */
static bool skip_what_is_gone(struct svc_reader *r)
{
    const struct sp_ring *ring = &r->feed->ring;
    if (r->at >= ring->base)
        return true;
    uint64_t to = ring->head - (ring->head - ring->base) / 2;
    uint64_t bytes = to - r->at;
    bool goes_on = r->skipped(r, bytes);
    r->skipped_bytes += bytes;
    move_to(r, to);
    r->sent = to;
    if (!r->confirms)
        r->kept = to;
    return goes_on;
}

static void write_more(struct svc_reader *r)
{
    struct svc_feed *f = r->feed;
    if (!r->running || r->write.busy)
        return;
    if (r->halting || !skip_what_is_gone(r)) {
        stop_with(r, 0);
        return;
    }
    if (r->at == f->ring.head) {
        svc_cell_free(&r->piece, f->budget); /* nothing to do: no memory */
        if (f->over) {
            idle(r);
            r->finished(r);
        }
        return;
    }
    if (r->piece.data == NULL && !svc_cell_fit(&r->piece, SVC_FEED_PIECE_BYTES, f->budget)) {
        stop_with(r, W32_OS_NO_MEMORY);
        return;
    }
    r->piece.len = (uint32_t)sp_ring_copy(&f->ring, r->at, r->piece.data, r->piece.cap);
    r->sent = r->at + r->piece.len;
    w32_op_write(f->loop, &r->write, r->target, r->piece.data, r->piece.len);
}

static void moved(struct svc_reader *r)
{
    if (!r->confirms)
        r->kept = r->at;
    /* Nobody replays what a run of one client has had: it is forgotten as soon as it may be. */
    if (!r->feed->history)
        sp_ring_trim(&r->feed->ring, floor_of(r->feed));
    read_more(r->feed);
}

static void write_done(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    struct svc_reader *r = SP_CONTAINER(op, struct svc_reader, write);
    if (os != 0) {
        stop_with(r, r->halting ? 0 : os);
        return;
    }
    move_to(r, r->at + bytes);
    r->stalled = false;
    moved(r);
    write_more(r);
}

void svc_reader_join(struct svc_reader *r, struct svc_feed *feed, uint64_t past)
{
    uint64_t most = feed->ring.head - feed->ring.base;
    /* The read in flight was begun when nobody held this: it must find room. */
    if (r->holds && feed->read.busy && most > feed->ring.max - feed->asked)
        most = feed->ring.max - feed->asked;
    r->feed = feed;
    r->write.done = write_done;
    r->at = r->sent = r->kept = feed->ring.head - (past < most ? past : most);
    sp_list_add(&feed->readers, &r->link);
}

void svc_reader_start(struct svc_reader *r, w32_handle target, uint64_t at)
{
    r->target = target;
    r->sent = at;
    move_to(r, at);
    r->running = true;
    r->halting = false;
    write_more(r);
}

void svc_reader_halt(struct svc_reader *r)
{
    if (!r->running || r->halting)
        return;
    r->halting = true;
    if (r->write.busy)
        w32_op_cancel(&r->write, r->target);
    else
        write_more(r);
}

void svc_reader_confirm(struct svc_reader *r, uint64_t position)
{
    if (!r->confirms || position <= r->kept || position > r->sent)
        return;
    r->kept = position;
    moved(r);
}

void svc_reader_leave(struct svc_reader *r)
{
    if (r->link.next == NULL)
        return;
    sp_list_remove(&r->link);
    read_more(r->feed);
}
