/* tests/service/test_feed.c - a feed between real pipes on a real loop. The far ends are on the
 * same loop, so a test decides byte by byte who writes and who reads; it waits by looking whether
 * something has come true. Each test ends with no operation in flight and no handle open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/list.h"
#include "service/feed.h"
#include "win32/acl.h"
#include "win32/npipe.h"
#include "win32/strict.h"

enum { MANY = 4 << 20, RING = 64 << 10, PIPE_BYTES = 4096, PATIENCE_MS = 20000, LOOK_MS = 1 };
enum { GAPS = 64, CHUNK = 32 << 10 };

/* A named pipe: the feed has one end, the test the other. */
struct pair {
    struct w32_npipe_leaf leaf;
    w32_handle ours, far;
};

/* Who writes what the feed reads. */
struct source {
    struct pair pipe;
    struct w32_op write;
    uint64_t written, goal; /* it writes on until it has come to its goal */
    uint32_t os;
    uint32_t piece; /* bytes of the last write */
    unsigned char bytes[CHUNK];
};

/* A reader with its target, and who reads that. */
struct sink {
    struct svc_reader reader;
    struct pair pipe;
    struct w32_op read;
    uint64_t at;         /* position of the next byte */
    uint64_t got, wants; /* it reads on until it has got so many */
    struct {
        uint64_t at, bytes;
    } gaps[GAPS];
    size_t gap_count, gaps_passed;
    bool correct, ended; /* every byte was right; its pipe has ended */
    bool confirms_all;   /* says at once what it has got */
    bool refuses_gaps;
    uint32_t finished, halted, os;
    unsigned char bytes[CHUNK];
};

static struct bed {
    struct w32_loop *loop;
    struct svc_feed feed;
    struct source source;
    struct sink sinks[2];
    uint64_t seen;
    uint32_t ended;
    int32_t handles; /* open before */
    struct w32_timer look;
    bool (*until)(void);
    uint32_t looks;
    uint64_t began_ms;
} bed;

static unsigned char pattern(uint64_t at)
{
    return (unsigned char)(at * 7 + (at >> 9));
}

/* ------------------------------------------------------------------ pipes */

static void pair_open(struct pair *p, enum w32_npipe_access ours, enum w32_npipe_access far)
{
    const struct w32_acl_entry everybody = {"WD", W32_ACL_SERVE};
    void *descriptor = NULL;
    assert_int_equal(w32_npipe_random_leaf("test-feed-", &p->leaf, NULL), SP_OK);
    assert_int_equal(w32_acl_pipe(&everybody, 1, false, &descriptor, NULL), SP_OK);
    const struct w32_npipe_options options = {.leaf = p->leaf.text,
                                              .access = ours,
                                              .size_bytes = PIPE_BYTES,
                                              .security_descriptor = descriptor};
    assert_int_equal(w32_npipe_create(&options, &p->ours, NULL), SP_OK);
    w32_acl_free(descriptor);
    assert_int_equal(w32_npipe_open(NULL, p->leaf.text, far, PATIENCE_MS, &p->far, NULL), SP_OK);
    assert_int_equal(w32_loop_bind(bed.loop, p->ours, NULL), SP_OK);
    assert_int_equal(w32_loop_bind(bed.loop, p->far, NULL), SP_OK);
}

static void pair_close(struct pair *p)
{
    w32_handle_close(&p->far);
    w32_npipe_close(&p->ours, p->leaf.text);
}

/* ------------------------------------------------------------------ waiting */

static void look(struct w32_timer *timer)
{
    bed.looks++;
    if (bed.until() || w32_now_ms() - bed.began_ms >= PATIENCE_MS)
        w32_loop_quit(bed.loop);
    else
        w32_timer_start(bed.loop, timer, LOOK_MS);
}

static void run_until(bool (*until)(void))
{
    bed.until = until;
    bed.looks = 0;
    bed.began_ms = w32_now_ms();
    bed.look.fire = look;
    w32_timer_start(bed.loop, &bed.look, 0);
    w32_loop_run(bed.loop);
    w32_timer_stop(bed.loop, &bed.look);
    assert_true(until());
}

/* Lets all that can happen without the test doing something happen: a few rounds of the loop. */
static bool some_looks_later(void)
{
    return bed.looks >= 20;
}

/* ------------------------------------------------------------------ the source */

static void write_on(struct source *source)
{
    uint64_t rest = source->goal - source->written;
    if (rest == 0 || source->write.busy || source->os != 0)
        return;
    source->piece = source->piece * 3 % (CHUNK - 1) + 1;
    uint32_t len = source->piece < rest ? source->piece : (uint32_t)rest;
    for (uint32_t i = 0; i < len; i++)
        source->bytes[i] = pattern(source->written + i);
    w32_op_write(bed.loop, &source->write, source->pipe.far, source->bytes, len);
}

static void source_wrote(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    struct source *source = SP_CONTAINER(op, struct source, write);
    source->os = os;
    source->written += bytes;
    write_on(source);
}

/* Has it write until it has written so much in all. */
static void write_up_to(uint64_t goal)
{
    bed.source.goal = goal;
    write_on(&bed.source);
}

static bool all_is_written(void)
{
    return bed.source.written == bed.source.goal && !bed.source.write.busy;
}

static bool all_is_seen(void)
{
    return bed.seen == bed.source.goal;
}

static void close_source(void)
{
    w32_handle_close(&bed.source.pipe.far);
}

/* ------------------------------------------------------------------ a sink */

static struct sink *sink_of(struct svc_reader *r)
{
    return SP_CONTAINER(r, struct sink, reader);
}

static void read_on(struct sink *sink)
{
    uint64_t rest = sink->wants - sink->got;
    if (rest == 0 || sink->read.busy || sink->ended)
        return;
    w32_op_read(bed.loop, &sink->read, sink->pipe.far, sink->bytes,
                rest < CHUNK ? (uint32_t)rest : CHUNK);
}

static void check(struct sink *sink, const unsigned char *bytes, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        while (sink->gaps_passed < sink->gap_count && sink->gaps[sink->gaps_passed].at == sink->at)
            sink->at += sink->gaps[sink->gaps_passed++].bytes;
        sink->correct = sink->correct && bytes[i] == pattern(sink->at);
        sink->at++;
    }
}

static void sink_read(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    struct sink *sink = SP_CONTAINER(op, struct sink, read);
    sink->ended = os != 0;
    check(sink, sink->bytes, bytes);
    sink->got += bytes;
    if (sink->confirms_all)
        svc_reader_confirm(&sink->reader, sink->at);
    read_on(sink);
}

/* Has it read until it has so much in all. */
static void read_up_to(struct sink *sink, uint64_t wants)
{
    sink->wants = wants;
    read_on(sink);
}

static void finished(struct svc_reader *r)
{
    assert_false(r->running);
    assert_null(r->piece.data);
    sink_of(r)->finished++;
    w32_npipe_close(&sink_of(r)->pipe.ours, sink_of(r)->pipe.leaf.text);
}

static void halted(struct svc_reader *r, uint32_t os)
{
    assert_false(r->running);
    assert_null(r->piece.data);
    sink_of(r)->halted++;
    sink_of(r)->os = os;
}

static bool skipped(struct svc_reader *r, uint64_t bytes)
{
    struct sink *sink = sink_of(r);
    if (bytes == 0) /* it is about to be overtaken */
        return !sink->refuses_gaps;
    assert_true(sink->gap_count < GAPS);
    sink->gaps[sink->gap_count].at = r->at;
    sink->gaps[sink->gap_count++].bytes = bytes;
    return !sink->refuses_gaps;
}

/* A reader with a pipe of its own, which begins with so much of the past. */
static struct sink *join(size_t i, uint64_t past)
{
    struct sink *sink = &bed.sinks[i];
    sink->reader.finished = finished;
    sink->reader.halted = halted;
    sink->reader.skipped = skipped;
    sink->read.done = sink_read;
    sink->correct = true;
    pair_open(&sink->pipe, W32_NPIPE_WRITE, W32_NPIPE_READ);
    svc_reader_join(&sink->reader, &bed.feed, past);
    sink->at = sink->reader.at;
    svc_reader_start(&sink->reader, sink->pipe.ours, sink->reader.at);
    return sink;
}

static struct sink *join_holding(size_t i)
{
    bed.sinks[i].reader.holds = true;
    return join(i, 0);
}

/* ------------------------------------------------------------------ the bed */

static void seen(struct svc_feed *f, const void *data, size_t len)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < len; i++)
        assert_int_equal(bytes[i], pattern(bed.seen + i));
    assert_int_equal(f->ring.head, bed.seen);
    bed.seen += len;
}

static void ended(struct svc_feed *f)
{
    assert_true(f->over);
    assert_false(f->running);
    bed.ended++;
    w32_npipe_close(&bed.source.pipe.ours, bed.source.pipe.leaf.text);
}

static int open_bed(void **state)
{
    (void)state;
    memset(&bed, 0, sizeof bed);
    bed.handles = w32_handle_tally();
    assert_int_equal(w32_loop_open(&bed.loop, NULL), SP_OK);
    bed.source.write.done = source_wrote;
    pair_open(&bed.source.pipe, W32_NPIPE_READ, W32_NPIPE_WRITE);
    bed.feed.ended = ended;
    bed.feed.seen = seen;
    return 0;
}

static void start(size_t max_bytes, bool history)
{
    bed.feed.history = history;
    svc_feed_start(&bed.feed, bed.loop, bed.source.pipe.ours, max_bytes);
}

static bool nothing_is_in_flight(void)
{
    return w32_strict_ops_in_flight() == 0;
}

/* Whatever a test leaves open is closed, and then nothing is left. */
static int close_bed(void **state)
{
    (void)state;
    assert_int_equal(bed.ended, 1);
    for (size_t i = 0; i < 2; i++) {
        svc_reader_halt(&bed.sinks[i].reader);
        w32_op_cancel(&bed.sinks[i].read, bed.sinks[i].pipe.far);
    }
    w32_op_cancel(&bed.source.write, bed.source.pipe.far);
    run_until(nothing_is_in_flight);
    for (size_t i = 0; i < 2; i++) {
        assert_false(bed.sinks[i].reader.running);
        svc_reader_leave(&bed.sinks[i].reader);
        svc_reader_leave(&bed.sinks[i].reader); /* it has left already */
        pair_close(&bed.sinks[i].pipe);
    }
    assert_true(sp_list_empty(&bed.feed.readers));
    assert_int_equal(bed.feed.rest.due_ms, 0);
    assert_null(bed.feed.cell.data);
    svc_feed_deinit(&bed.feed);
    assert_null(bed.feed.ring.data);
    pair_close(&bed.source.pipe);
    w32_loop_close(bed.loop);
    assert_int_equal(w32_handle_tally(), bed.handles);
    return 0;
}

static bool it_has_ended(void)
{
    return bed.ended > 0;
}

static bool first_has_what_it_wants(void)
{
    return bed.sinks[0].got == bed.sinks[0].wants;
}

static bool second_has_what_it_wants(void)
{
    return bed.sinks[1].got == bed.sinks[1].wants;
}

static bool both_have_finished(void)
{
    return bed.sinks[0].finished > 0 && bed.sinks[1].finished > 0 && bed.sinks[0].ended &&
           bed.sinks[1].ended;
}

static bool first_has_finished(void)
{
    return bed.sinks[0].finished > 0 && bed.sinks[0].ended;
}

static bool second_has_finished(void)
{
    return bed.sinks[1].finished > 0 && bed.sinks[1].ended;
}

static bool first_was_halted(void)
{
    return bed.sinks[0].halted > 0;
}

static bool second_was_halted(void)
{
    return bed.sinks[1].halted > 0;
}

static bool it_waits(void)
{
    return svc_feed_waits(&bed.feed);
}

static bool first_writes(void)
{
    return bed.sinks[0].reader.write.busy;
}

/* The source writes up to a position and leaves, and all comes to its end. */
static void end_at(uint64_t position)
{
    write_up_to(position);
    run_until(all_is_written);
    close_source();
    run_until(it_has_ended);
}

/* ------------------------------------------------------------------ one reader */

static void every_byte_arrives_in_order_and_then_the_end(void **state)
{
    (void)state;
    start(RING, false);
    struct sink *sink = join_holding(0);
    read_up_to(sink, UINT64_MAX);
    end_at(MANY);
    run_until(first_has_finished);
    assert_true(sink->correct);
    assert_int_equal(sink->got, MANY);
    assert_int_equal(sink->gap_count, 0);
    assert_int_equal(sink->reader.at, MANY);
    assert_int_equal(bed.seen, MANY);
    assert_null(bed.feed.ring.data); /* all was taken: nothing is kept */
}

static void a_stream_without_a_byte_just_ends(void **state)
{
    (void)state;
    start(RING, false);
    struct sink *sink = join_holding(0);
    read_up_to(sink, UINT64_MAX);
    end_at(0);
    run_until(first_has_finished);
    assert_int_equal(sink->got, 0);
    assert_int_equal(sink->reader.at, 0);
}

static bool the_ring_is_full(void)
{
    const struct sp_ring *ring = &bed.feed.ring;
    return it_waits() && ring->head - bed.sinks[0].reader.kept == ring->max;
}

static void a_full_ring_stops_the_reading_and_confirming_lets_it_go_on(void **state)
{
    (void)state;
    start(RING, false);
    bed.sinks[0].reader.confirms = true;
    struct sink *sink = join_holding(0);
    read_up_to(sink, UINT64_MAX);
    write_up_to(MANY);
    run_until(the_ring_is_full);
    assert_int_equal(bed.feed.ring.head, RING);
    run_until(some_looks_later);
    assert_int_equal(bed.feed.ring.head, RING);
    assert_true(it_waits());
    assert_int_equal(sink->got, RING); /* written it was, but not confirmed */

    svc_reader_confirm(&sink->reader, 10000);
    assert_int_equal(sink->reader.kept, 10000);
    run_until(the_ring_is_full);
    assert_int_equal(bed.feed.ring.head, RING + 10000);

    sink->confirms_all = true;
    svc_reader_confirm(&sink->reader, sink->at);
    end_at(MANY);
    run_until(first_has_finished);
    assert_true(sink->correct);
    assert_int_equal(sink->got, MANY);
    assert_int_equal(sink->reader.kept, MANY);
    assert_null(bed.feed.ring.data);
}

static void what_was_never_sent_can_not_be_confirmed(void **state)
{
    (void)state;
    start(RING, false);
    bed.sinks[0].reader.confirms = true;
    struct sink *sink = join_holding(0);
    write_up_to(1000);
    read_up_to(sink, 1000);
    run_until(first_has_what_it_wants);
    svc_reader_confirm(&sink->reader, 1001);
    svc_reader_confirm(&sink->reader, UINT64_MAX);
    assert_int_equal(sink->reader.kept, 0);
    svc_reader_confirm(&sink->reader, 600);
    svc_reader_confirm(&sink->reader, 500);
    assert_int_equal(sink->reader.kept, 600);
    assert_int_equal(bed.feed.ring.base, 600);
    read_up_to(sink, UINT64_MAX);
    end_at(1000);
    run_until(first_has_finished);
}

/* What a reader's target has taken of a write that is not done yet may be confirmed. */
static void a_part_of_what_is_in_flight_can_be_confirmed(void **state)
{
    (void)state;
    start(RING, false);
    bed.sinks[0].reader.confirms = true;
    struct sink *sink = join_holding(0);
    write_up_to(RING);
    run_until(all_is_seen);
    read_up_to(sink, RING - 2 * PIPE_BYTES);
    run_until(first_has_what_it_wants);
    svc_reader_confirm(&sink->reader, sink->got);
    assert_int_equal(sink->reader.kept, sink->got);
    assert_int_equal(bed.feed.ring.base, sink->got);
    sink->confirms_all = true;
    read_up_to(sink, UINT64_MAX);
    end_at(2 * RING);
    run_until(first_has_finished);
    assert_true(sink->correct);
    assert_int_equal(sink->got, 2 * RING);
    assert_int_equal(sink->gap_count, 0);
}

static void a_reader_that_holds_and_stalls_holds_up_the_source(void **state)
{
    (void)state;
    start(RING, true);
    struct sink *fast = join_holding(0), *slow = join_holding(1);
    read_up_to(fast, UINT64_MAX);
    write_up_to(MANY);
    run_until(it_waits);
    run_until(some_looks_later);
    assert_true(it_waits());
    assert_false(all_is_written());
    assert_true(bed.feed.ring.head <= slow->reader.at + RING);
    assert_int_equal(fast->got, bed.feed.ring.head);

    read_up_to(slow, UINT64_MAX);
    end_at(MANY);
    run_until(both_have_finished);
    assert_true(fast->correct && slow->correct);
    assert_int_equal(fast->got, MANY);
    assert_int_equal(slow->got, MANY);
    assert_int_equal(fast->gap_count + slow->gap_count, 0);
}

/* ------------------------------------------------------------------ slow readers */

static void one_that_stalls_skips_and_the_other_gets_everything(void **state)
{
    (void)state;
    start(RING, true);
    struct sink *all = join_holding(0), *slow = join(1, 0);
    read_up_to(all, UINT64_MAX);
    read_up_to(slow, 1000);
    write_up_to(MANY / 2);
    run_until(all_is_seen);
    run_until(second_has_what_it_wants);

    read_up_to(slow, UINT64_MAX);
    end_at(MANY);
    run_until(both_have_finished);
    assert_true(all->correct);
    assert_int_equal(all->got, MANY);
    assert_int_equal(all->gap_count, 0);
    /* Each byte before and after a gap is the one of its position. */
    assert_true(slow->correct);
    assert_true(slow->gap_count > 0);
    assert_int_equal(slow->gaps_passed, slow->gap_count);
    assert_int_equal(slow->at, MANY);
    assert_int_equal(slow->reader.at, MANY);
    assert_int_equal(slow->got + slow->reader.skipped_bytes, MANY);
    assert_true(slow->reader.skipped_bytes >= MANY / 2 - 2 * RING);
}

static void one_that_stalls_can_be_cut_off(void **state)
{
    (void)state;
    start(RING, true);
    struct sink *all = join_holding(0), *slow = join(1, 0);
    slow->refuses_gaps = true;
    read_up_to(all, UINT64_MAX);
    write_up_to(MANY / 2);
    run_until(second_was_halted); /* while it reads nothing */
    run_until(all_is_seen);
    assert_int_equal(slow->os, 0);
    assert_int_equal(slow->gap_count, 0);
    assert_true(slow->correct);
    assert_non_null(slow->reader.link.next); /* still joined */
    end_at(MANY);
    run_until(first_has_finished);
    assert_true(all->correct);
    assert_int_equal(all->got, MANY);
    assert_int_equal(slow->halted, 1);
    assert_int_equal(slow->finished, 0);
}

/* ------------------------------------------------------------------ joining with a past */

static void one_that_joins_gets_as_much_of_the_past_as_it_asks_for(void **state)
{
    (void)state;
    start(RING, true);
    write_up_to(3 * RING);
    run_until(all_is_seen);
    struct sink *little = join(0, 1000), *none = join(1, 0);
    assert_int_equal(little->reader.at, 3 * RING - 1000);
    assert_int_equal(none->reader.at, 3 * RING);
    read_up_to(little, UINT64_MAX);
    read_up_to(none, UINT64_MAX);
    end_at(4 * RING);
    run_until(both_have_finished);
    assert_true(little->correct && none->correct);
    assert_int_equal(little->got + little->reader.skipped_bytes, RING + 1000);
    assert_int_equal(none->got + none->reader.skipped_bytes, RING);
}

static void one_that_joins_gets_no_more_of_the_past_than_is_kept(void **state)
{
    (void)state;
    start(RING, true);
    write_up_to(3 * RING);
    run_until(all_is_seen);
    struct sink *more = join(0, 5 * RING), *all = join(1, UINT64_MAX);
    assert_int_equal(bed.feed.ring.base, 2 * RING);
    assert_int_equal(more->reader.at, 2 * RING);
    assert_int_equal(all->reader.at, 2 * RING);
    read_up_to(more, UINT64_MAX);
    read_up_to(all, UINT64_MAX);
    end_at(3 * RING);
    run_until(both_have_finished);
    assert_true(more->correct && all->correct);
    assert_int_equal(more->got, RING);
    assert_int_equal(all->got, RING);
}

/* The read that is in flight when it joins must not push out what it holds. */
static void one_that_holds_gets_the_past_it_joined_with(void **state)
{
    (void)state;
    start(RING, true);
    write_up_to(3 * RING);
    run_until(all_is_seen);
    assert_false(it_waits());
    bed.sinks[0].reader.holds = true;
    struct sink *sink = join(0, UINT64_MAX);
    uint64_t first = sink->reader.at;
    assert_true(first >= 2 * RING && first <= 2 * RING + RING / 4);
    write_up_to(MANY);
    run_until(it_waits);
    assert_true(bed.feed.ring.base <= sink->reader.kept);
    read_up_to(sink, UINT64_MAX);
    end_at(MANY);
    run_until(first_has_finished);
    assert_true(sink->correct);
    assert_int_equal(sink->gap_count, 0);
    assert_int_equal(sink->got, MANY - first);
}

static void one_that_joins_after_the_end_gets_what_is_kept(void **state)
{
    (void)state;
    start(RING, true);
    end_at(3 * RING);
    struct sink *all = join(0, UINT64_MAX), *none = join(1, 0);
    assert_int_equal(none->finished, 1); /* inside the call */
    read_up_to(all, UINT64_MAX);
    read_up_to(none, UINT64_MAX);
    run_until(both_have_finished);
    assert_true(all->correct);
    assert_int_equal(all->got, RING);
    assert_int_equal(none->got, 0);
}

/* ------------------------------------------------------------------ halting and going on */

/* As a client whose connection breaks: a new pipe, from where it has got to. */
static void go_on_at(struct sink *sink, uint64_t position)
{
    assert_false(sink->reader.running);
    w32_op_cancel(&sink->read, sink->pipe.far);
    run_until(some_looks_later);
    assert_false(sink->read.busy);
    pair_close(&sink->pipe);
    sink->ended = false;
    sink->at = position;
    pair_open(&sink->pipe, W32_NPIPE_WRITE, W32_NPIPE_READ);
    svc_reader_start(&sink->reader, sink->pipe.ours, position);
}

static void one_that_was_halted_goes_on_without_loss_or_repetition(void **state)
{
    (void)state;
    start(RING, false);
    bed.sinks[0].reader.confirms = true;
    struct sink *sink = join_holding(0);
    sink->confirms_all = true;
    write_up_to(MANY);
    for (uint64_t cut = 100000; cut < MANY; cut += MANY / 8) {
        /* It has a part of what is being written to it, and confirms a part of that. */
        read_up_to(sink, cut);
        run_until(first_has_what_it_wants);
        run_until(first_writes);
        assert_true(sink->at >= sink->reader.kept && sink->at <= sink->reader.sent);
        svc_reader_halt(&sink->reader);
        svc_reader_halt(&sink->reader); /* it is being halted */
        sink->halted = 0;
        run_until(first_was_halted);
        assert_int_equal(sink->os, 0);
        assert_int_equal(sink->halted, 1);
        assert_true(sink->at <= sink->reader.sent);
        go_on_at(sink, cut);
    }
    read_up_to(sink, UINT64_MAX);
    end_at(MANY);
    run_until(first_has_finished);
    assert_true(sink->correct);
    assert_int_equal(sink->got, MANY);
    assert_int_equal(sink->gap_count, 0);
}

static void one_that_was_halted_gets_again_what_it_did_not_confirm(void **state)
{
    (void)state;
    start(RING, false);
    bed.sinks[0].reader.confirms = true;
    struct sink *sink = join_holding(0);
    write_up_to(40000);
    read_up_to(sink, 40000);
    run_until(first_has_what_it_wants);
    svc_reader_confirm(&sink->reader, 30000);
    svc_reader_halt(&sink->reader); /* idle: it is done inside the call */
    assert_int_equal(sink->halted, 1);
    assert_int_equal(sink->os, 0);
    write_up_to(50000);
    run_until(all_is_seen);
    go_on_at(sink, 30000);
    read_up_to(sink, UINT64_MAX);
    end_at(50000);
    run_until(first_has_finished);
    assert_true(sink->correct);
    assert_int_equal(sink->got, 40000 + 20000);
}

static void one_that_has_finished_can_be_started_again(void **state)
{
    (void)state;
    start(RING, false);
    bed.sinks[0].reader.confirms = true;
    struct sink *sink = join_holding(0);
    read_up_to(sink, UINT64_MAX);
    end_at(1000);
    run_until(first_has_finished);
    sink->finished = 0;
    go_on_at(sink, 400);
    read_up_to(sink, UINT64_MAX);
    run_until(first_has_finished);
    assert_true(sink->correct);
    assert_int_equal(sink->got, 1600);
}

static void halting_what_is_idle_does_nothing(void **state)
{
    (void)state;
    start(RING, false);
    struct sink *sink = join_holding(0);
    svc_reader_halt(&sink->reader);
    svc_reader_halt(&sink->reader);
    assert_int_equal(sink->halted, 1);
    end_at(0);
    assert_int_equal(sink->finished, 0);
}

static void a_target_that_breaks_halts_its_reader_alone(void **state)
{
    (void)state;
    start(RING, true);
    struct sink *gone = join(0, 0), *stays = join_holding(1);
    w32_handle_close(&gone->pipe.far);
    read_up_to(stays, UINT64_MAX);
    write_up_to(1000);
    run_until(first_was_halted);
    assert_int_not_equal(gone->os, 0);
    end_at(MANY);
    run_until(second_has_finished);
    assert_true(stays->correct);
    assert_int_equal(stays->got, MANY);
    assert_int_equal(gone->halted, 1);
}

static void one_that_held_up_the_source_lets_it_go_when_it_leaves(void **state)
{
    (void)state;
    start(RING, true);
    struct sink *fast = join_holding(0), *slow = join_holding(1);
    read_up_to(fast, UINT64_MAX);
    write_up_to(MANY);
    run_until(it_waits);
    svc_reader_halt(&slow->reader);
    run_until(second_was_halted);
    assert_true(it_waits()); /* idle it holds still */
    svc_reader_leave(&slow->reader);
    end_at(MANY);
    run_until(first_has_finished);
    assert_int_equal(fast->got, MANY);
}

/* ------------------------------------------------------------------ the end */

static void an_end_comes_after_the_last_byte_to_one_that_is_behind(void **state)
{
    (void)state;
    start(RING, false);
    struct sink *sink = join_holding(0);
    end_at(RING);
    run_until(some_looks_later);
    assert_int_equal(sink->finished, 0);
    read_up_to(sink, RING - PIPE_BYTES - 1);
    run_until(first_has_what_it_wants);
    run_until(some_looks_later);
    assert_int_equal(sink->finished, 0);
    read_up_to(sink, UINT64_MAX);
    run_until(first_has_finished);
    assert_true(sink->correct);
    assert_int_equal(sink->got, RING);
    assert_int_equal(sink->reader.at, RING);
}

static void a_stop_ends_it_and_its_readers_get_what_has_come(void **state)
{
    (void)state;
    start(RING, false);
    struct sink *sink = join_holding(0);
    write_up_to(5000);
    run_until(all_is_seen);
    svc_feed_stop(&bed.feed);
    svc_feed_stop(&bed.feed);
    assert_int_equal(bed.ended, 0); /* not inside the call */
    run_until(it_has_ended);
    svc_feed_stop(&bed.feed); /* it has ended */
    assert_int_equal(bed.feed.rest.due_ms, 0);
    read_up_to(sink, UINT64_MAX);
    run_until(first_has_finished);
    assert_true(sink->correct);
    assert_int_equal(sink->got, 5000);
}

static void a_stop_ends_one_that_waits_for_room(void **state)
{
    (void)state;
    start(RING, false);
    struct sink *sink = join_holding(0);
    write_up_to(MANY);
    run_until(it_waits);
    svc_feed_stop(&bed.feed);
    assert_int_equal(bed.ended, 0);
    run_until(it_has_ended);
    assert_false(it_waits());
    uint64_t all = bed.feed.ring.head;
    read_up_to(sink, UINT64_MAX);
    run_until(first_has_finished);
    assert_true(sink->correct);
    assert_int_equal(sink->got, all);
    assert_int_equal(bed.feed.ring.head, all);
}

static void finished_and_stops(struct svc_reader *r)
{
    finished(r);
    svc_feed_stop(&bed.feed);
}

/* As a session does that wants no more: nothing may be left behind for a feed that is freed. */
static void a_stop_by_a_reader_that_hears_of_the_end_does_nothing(void **state)
{
    (void)state;
    start(RING, false);
    struct sink *sink = join_holding(0);
    write_up_to(1000);
    read_up_to(sink, 1000);
    run_until(first_has_what_it_wants);
    run_until(
        some_looks_later); /* the reader has all there is, so it finishes when the feed ends */
    sink->reader.finished = finished_and_stops;
    read_up_to(sink, UINT64_MAX);
    end_at(1000);
    assert_int_equal(bed.feed.rest.due_ms, 0);
    run_until(first_has_finished);
    assert_int_equal(bed.ended, 1);
}

static void leave_and_halt(struct svc_reader *r, uint32_t os)
{
    halted(r, os);
    svc_reader_leave(r);
}

/* Whoever is told something may leave inside that call, while the feed goes through its readers. */
static void readers_may_leave_inside_their_callbacks(void **state)
{
    (void)state;
    start(RING, true);
    struct sink *slow = join(0, 0), *all = join_holding(1);
    slow->refuses_gaps = true;
    slow->reader.halted = leave_and_halt;
    read_up_to(all, UINT64_MAX);
    write_up_to(MANY / 2);
    run_until(all_is_seen);
    read_up_to(slow, UINT64_MAX);
    run_until(first_was_halted);
    assert_null(slow->reader.link.next);
    end_at(MANY);
    run_until(second_has_finished);
    assert_int_equal(all->got, MANY);
}

/* ------------------------------------------------------------------ memory */

static bool nothing_is_kept(void)
{
    return all_is_seen() && first_has_what_it_wants() && bed.feed.cell.cap <= SP_FLOW_MIN &&
           bed.feed.ring.data == NULL && bed.sinks[0].reader.piece.data == NULL &&
           bed.feed.read.busy;
}

static void a_stream_at_rest_gives_its_memory_back(void **state)
{
    (void)state;
    start(RING, false);
    struct sink *sink = join_holding(0);
    write_up_to(MANY);
    read_up_to(sink, MANY);
    run_until(all_is_seen);
    run_until(nothing_is_kept);
    read_up_to(sink, UINT64_MAX);
    end_at(MANY + 1000); /* and it goes on */
    run_until(first_has_finished);
    assert_true(sink->correct);
    assert_int_equal(sink->got, MANY + 1000);
}

static bool it_has_no_buffer(void)
{
    return bed.feed.cell.data == NULL;
}

static void one_that_waits_for_room_gives_its_buffer_back(void **state)
{
    (void)state;
    start(RING, false);
    struct sink *sink = join_holding(0);
    write_up_to(MANY);
    run_until(it_waits);
    run_until(it_has_no_buffer);
    read_up_to(sink, UINT64_MAX);
    end_at(MANY);
    run_until(first_has_finished);
    assert_true(sink->correct);
    assert_int_equal(sink->got, MANY);
}

#define FEED_TEST(name) cmocka_unit_test_setup_teardown(name, open_bed, close_bed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FEED_TEST(every_byte_arrives_in_order_and_then_the_end),
        FEED_TEST(a_stream_without_a_byte_just_ends),
        FEED_TEST(a_full_ring_stops_the_reading_and_confirming_lets_it_go_on),
        FEED_TEST(what_was_never_sent_can_not_be_confirmed),
        FEED_TEST(a_part_of_what_is_in_flight_can_be_confirmed),
        FEED_TEST(a_reader_that_holds_and_stalls_holds_up_the_source),
        FEED_TEST(one_that_stalls_skips_and_the_other_gets_everything),
        FEED_TEST(one_that_stalls_can_be_cut_off),
        FEED_TEST(one_that_joins_gets_as_much_of_the_past_as_it_asks_for),
        FEED_TEST(one_that_joins_gets_no_more_of_the_past_than_is_kept),
        FEED_TEST(one_that_holds_gets_the_past_it_joined_with),
        FEED_TEST(one_that_joins_after_the_end_gets_what_is_kept),
        FEED_TEST(one_that_was_halted_goes_on_without_loss_or_repetition),
        FEED_TEST(one_that_was_halted_gets_again_what_it_did_not_confirm),
        FEED_TEST(one_that_has_finished_can_be_started_again),
        FEED_TEST(halting_what_is_idle_does_nothing),
        FEED_TEST(a_target_that_breaks_halts_its_reader_alone),
        FEED_TEST(one_that_held_up_the_source_lets_it_go_when_it_leaves),
        FEED_TEST(an_end_comes_after_the_last_byte_to_one_that_is_behind),
        FEED_TEST(a_stop_ends_it_and_its_readers_get_what_has_come),
        FEED_TEST(a_stop_ends_one_that_waits_for_room),
        FEED_TEST(a_stop_by_a_reader_that_hears_of_the_end_does_nothing),
        FEED_TEST(readers_may_leave_inside_their_callbacks),
        FEED_TEST(a_stream_at_rest_gives_its_memory_back),
        FEED_TEST(one_that_waits_for_room_gives_its_buffer_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
