/* tests/service/test_relay.c - the relay between two real pipes, on a real loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "core/list.h"
#include "service/relay.h"
#include "win32/acl.h"
#include "win32/npipe.h"
#include "win32/overlapped.h"
#include "win32/pipe.h"
#include "win32/strict.h"
#include "win32/thread.h"

enum { MANY = 8 << 20, PATIENCE_MS = 20000, LOOK_MS = 100 };

/* A relay from one pipe to another, and who uses their far ends. */
struct bed {
    struct w32_loop *loop;
    struct w32_pipe in, out; /* the relay reads in.read and writes out.write */
    struct svc_relay relay;
    struct w32_timer look;
    uint32_t looks;
    int32_t handles; /* open before */
    bool ended, correct;
    enum svc_relay_why why;
    uint64_t received;
    uint64_t seen, told; /* what seen and moved have come to */
    uint32_t moves;
    w32_handle left; /* an event: the source was ended */
};

static unsigned char pattern(uint64_t at)
{
    return (unsigned char)(at * 7 + (at >> 9));
}

static void ended(struct svc_relay *r, enum svc_relay_why why, uint32_t os)
{
    (void)os;
    struct bed *bed = SP_CONTAINER(r, struct bed, relay);
    bed->ended = true;
    bed->why = why;
    w32_loop_quit(bed->loop);
}

static void open_bed(struct bed *bed)
{
    *bed = (struct bed){.handles = w32_handle_tally(), .correct = true};
    struct w32_pipe_options in = {.async = W32_PIPE_ASYNC_READ};
    struct w32_pipe_options out = {.async = W32_PIPE_ASYNC_WRITE};
    assert_int_equal(w32_loop_open(&bed->loop, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(&in, &bed->in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(&out, &bed->out, NULL), SP_OK);
    assert_int_equal(w32_loop_bind(bed->loop, bed->in.read, NULL), SP_OK);
    assert_int_equal(w32_loop_bind(bed->loop, bed->out.write, NULL), SP_OK);
    bed->relay.ended = ended;
}

static void run_started(struct bed *bed)
{
    w32_loop_run(bed->loop);
    assert_true(bed->ended);
    assert_false(bed->relay.running);
    assert_null(bed->relay.cells[0].data);
    assert_null(bed->relay.cells[1].data);
    assert_int_equal(w32_strict_ops_in_flight(), 0);
}

/* Runs until the relay has ended; then nothing is in flight and nothing is kept. */
static void run_bed(struct bed *bed)
{
    svc_relay_start(&bed->relay, bed->loop, bed->in.read, bed->out.write);
    run_started(bed);
}

static void close_bed(struct bed *bed)
{
    w32_pipe_close(&bed->in);
    w32_pipe_close(&bed->out);
    w32_loop_close(bed->loop);
    assert_int_equal(w32_handle_tally(), bed->handles);
}

/* Writes the pattern in pieces of many sizes, then closes its end. */
static void write_many(void *arg)
{
    struct bed *bed = arg;
    unsigned char *bytes = malloc(MANY);
    for (uint64_t i = 0; bytes != NULL && i < MANY; i++)
        bytes[i] = pattern(i);
    size_t len = 1;
    for (size_t at = 0; bytes != NULL && at < MANY; at += len, len = len * 3 % 200003 + 1) {
        if (len > MANY - at)
            len = MANY - at;
        if (w32_write(bed->in.write, bytes + at, len, NULL) != SP_OK)
            break;
    }
    free(bytes);
    w32_handle_close(&bed->in.write);
}

static void read_all(void *arg)
{
    static unsigned char bytes[50000];
    struct bed *bed = arg;
    uint32_t got = 0;
    while (w32_read(bed->out.read, bytes, sizeof bytes, &got, NULL) == SP_OK) {
        for (uint32_t i = 0; i < got; i++)
            bed->correct = bed->correct && bytes[i] == pattern(bed->received + i);
        bed->received += got;
    }
}

static void every_byte_arrives_in_order_and_then_the_end(void **state)
{
    (void)state;
    struct bed bed;
    w32_handle writer = NULL, reader = NULL;
    open_bed(&bed);
    assert_int_equal(w32_thread_start(write_many, &bed, &writer, NULL), SP_OK);
    assert_int_equal(w32_thread_start(read_all, &bed, &reader, NULL), SP_OK);
    run_bed(&bed);
    assert_int_equal(bed.why, SVC_RELAY_EOF);
    assert_int_equal(bed.relay.bytes, MANY);
    w32_handle_close(&bed.out.write); /* the reader's end of the stream */
    assert_int_equal(w32_thread_join(&writer, PATIENCE_MS), SP_OK);
    assert_int_equal(w32_thread_join(&reader, PATIENCE_MS), SP_OK);
    assert_int_equal(bed.received, MANY);
    assert_true(bed.correct);
    close_bed(&bed);
}

static void a_stream_without_a_byte_just_ends(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed);
    w32_handle_close(&bed.in.write);
    run_bed(&bed);
    assert_int_equal(bed.why, SVC_RELAY_EOF);
    assert_int_equal(bed.relay.bytes, 0);
    close_bed(&bed);
}

static void a_reader_that_leaves_ends_it(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed);
    assert_int_equal(w32_write(bed.in.write, "x", 1, NULL), SP_OK);
    w32_handle_close(&bed.out.read);
    run_bed(&bed);
    assert_int_equal(bed.why, SVC_RELAY_TARGET_GONE);
    close_bed(&bed);
}

static void stop_now(struct w32_timer *timer)
{
    svc_relay_stop(&SP_CONTAINER(timer, struct bed, look)->relay);
}

static void a_stop_ends_it_whatever_it_waits_for(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed);
    bed.look.fire = stop_now;
    w32_timer_start(bed.loop, &bed.look, 1);
    run_bed(&bed);
    assert_int_equal(bed.why, SVC_RELAY_STOPPED);
    close_bed(&bed);
}

/* Looks again and again until the buffers are as small as can be. */
static void look_for_rest(struct w32_timer *timer)
{
    struct bed *bed = SP_CONTAINER(timer, struct bed, look);
    uint32_t kept = bed->relay.cells[0].cap + bed->relay.cells[1].cap;
    if (bed->received == MANY && kept <= SP_FLOW_MIN)
        w32_handle_close(&bed->in.write);
    else if (++bed->looks < PATIENCE_MS / LOOK_MS)
        w32_timer_start(bed->loop, timer, LOOK_MS);
    else
        svc_relay_stop(&bed->relay);
}

static void write_and_stay(void *arg)
{
    struct bed *bed = arg;
    unsigned char *bytes = malloc(MANY);
    for (uint64_t i = 0; bytes != NULL && i < MANY; i++)
        bytes[i] = pattern(i);
    sp_status status = bytes == NULL ? SP_ENOMEM : w32_write(bed->in.write, bytes, MANY, NULL);
    bed->correct = bed->correct && status == SP_OK;
    free(bytes);
}

static void a_stream_at_rest_gives_its_memory_back(void **state)
{
    (void)state;
    struct bed bed;
    w32_handle writer = NULL, reader = NULL;
    open_bed(&bed);
    bed.look.fire = look_for_rest;
    assert_int_equal(w32_thread_start(write_and_stay, &bed, &writer, NULL), SP_OK);
    assert_int_equal(w32_thread_start(read_all, &bed, &reader, NULL), SP_OK);
    w32_timer_start(bed.loop, &bed.look, LOOK_MS);
    run_bed(&bed);
    assert_int_equal(bed.why, SVC_RELAY_EOF); /* not STOPPED, which is the end of patience */
    w32_handle_close(&bed.out.write);
    assert_int_equal(w32_thread_join(&writer, PATIENCE_MS), SP_OK);
    assert_int_equal(w32_thread_join(&reader, PATIENCE_MS), SP_OK);
    assert_true(bed.correct);
    close_bed(&bed);
}

/* ------------------------------------------------------------------ what it tells on its way */

static void seen(struct svc_relay *r, const void *data, size_t len)
{
    struct bed *bed = SP_CONTAINER(r, struct bed, relay);
    const unsigned char *bytes = data;
    for (size_t i = 0; i < len; i++)
        bed->correct = bed->correct && bytes[i] == pattern(bed->seen + i);
    bed->seen += len;
    /* Counted before it is seen, and seen before it is written. */
    bed->correct = bed->correct && len > 0 && r->received == bed->seen && r->bytes < bed->seen;
}

static void moved(struct svc_relay *r)
{
    struct bed *bed = SP_CONTAINER(r, struct bed, relay);
    bed->correct = bed->correct && r->bytes > bed->told && r->bytes <= r->received;
    bed->told = r->bytes;
    bed->moves++;
}

static void what_comes_is_seen_and_what_is_written_is_told(void **state)
{
    (void)state;
    struct bed bed;
    w32_handle writer = NULL, reader = NULL;
    open_bed(&bed);
    bed.relay.seen = seen;
    bed.relay.moved = moved;
    assert_int_equal(w32_thread_start(write_many, &bed, &writer, NULL), SP_OK);
    assert_int_equal(w32_thread_start(read_all, &bed, &reader, NULL), SP_OK);
    run_bed(&bed);
    w32_handle_close(&bed.out.write);
    assert_int_equal(w32_thread_join(&writer, PATIENCE_MS), SP_OK);
    assert_int_equal(w32_thread_join(&reader, PATIENCE_MS), SP_OK);
    assert_int_equal(bed.received, MANY);
    assert_int_equal(bed.seen, MANY);
    assert_int_equal(bed.relay.received, MANY);
    assert_int_equal(bed.told, MANY);
    assert_true(bed.moves > 1);
    assert_true(bed.correct);
    close_bed(&bed);
}

static void without_a_target_all_is_dropped_and_counted(void **state)
{
    (void)state;
    struct bed bed;
    w32_handle writer = NULL;
    open_bed(&bed);
    bed.relay.seen = seen;
    bed.relay.moved = moved;
    assert_int_equal(w32_thread_start(write_many, &bed, &writer, NULL), SP_OK);
    svc_relay_start(&bed.relay, bed.loop, bed.in.read, NULL);
    run_started(&bed);
    assert_int_equal(w32_thread_join(&writer, PATIENCE_MS), SP_OK);
    assert_int_equal(bed.why, SVC_RELAY_EOF);
    assert_int_equal(bed.seen, MANY);
    assert_int_equal(bed.relay.received, MANY);
    assert_int_equal(bed.relay.bytes, MANY);
    assert_int_equal(bed.told, MANY);
    assert_true(bed.correct);
    close_bed(&bed);
}

static void without_a_target_it_can_be_stopped(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed);
    bed.look.fire = stop_now;
    w32_timer_start(bed.loop, &bed.look, 1);
    svc_relay_start(&bed.relay, bed.loop, bed.in.read, NULL);
    run_started(&bed);
    assert_int_equal(bed.why, SVC_RELAY_STOPPED);
    close_bed(&bed);
}

/* What was read counts as received while the target does not take it. */
static void stop_when_full(struct w32_timer *timer)
{
    struct bed *bed = SP_CONTAINER(timer, struct bed, look);
    struct svc_relay *r = &bed->relay;
    if (r->cells[0].len > 0 && r->cells[1].len > 0) {
        bed->correct = r->received == r->bytes + r->cells[0].len + r->cells[1].len;
        svc_relay_stop(r);
    } else if (++bed->looks < PATIENCE_MS / LOOK_MS)
        w32_timer_start(bed->loop, timer, LOOK_MS);
    else
        svc_relay_stop(r);
}

static void what_is_received_is_ahead_of_what_is_written(void **state)
{
    (void)state;
    struct bed bed;
    w32_handle writer = NULL;
    open_bed(&bed);
    bed.correct = false;
    bed.look.fire = stop_when_full;
    assert_int_equal(w32_thread_start(write_many, &bed, &writer, NULL), SP_OK);
    w32_timer_start(bed.loop, &bed.look, LOOK_MS);
    run_bed(&bed);
    assert_int_equal(bed.why, SVC_RELAY_STOPPED);
    assert_true(bed.correct);
    w32_handle_close(&bed.in.read); /* the writer is told */
    assert_int_equal(w32_thread_join(&writer, PATIENCE_MS), SP_OK);
    close_bed(&bed);
}

/* ------------------------------------------------------------------ a source that is left */

/* Ends the source while both buffers are full, and then lets the target be read. */
static void end_source_when_full(struct w32_timer *timer)
{
    struct bed *bed = SP_CONTAINER(timer, struct bed, look);
    struct svc_relay *r = &bed->relay;
    if (r->cells[0].len == 0 || r->cells[1].len == 0) {
        if (++bed->looks < PATIENCE_MS / LOOK_MS)
            w32_timer_start(bed->loop, timer, LOOK_MS);
        else
            svc_relay_stop(r);
        return;
    }
    svc_relay_end_source(r);
    svc_relay_end_source(r);
    bed->told = r->received;
    bed->correct = bed->correct && !bed->ended && !r->read.busy;
    w32_handle_close(&bed->in.read);
    w32_event_set(bed->left);
}

static void read_after_end(void *arg)
{
    struct bed *bed = arg;
    if (w32_event_wait(bed->left, PATIENCE_MS) == SP_OK)
        read_all(bed);
}

static void a_source_that_is_ended_may_be_closed_and_loses_nothing(void **state)
{
    (void)state;
    struct bed bed;
    w32_handle writer = NULL, reader = NULL;
    open_bed(&bed);
    bed.look.fire = end_source_when_full;
    assert_int_equal(w32_thread_start(write_many, &bed, &writer, NULL), SP_OK);
    w32_timer_start(bed.loop, &bed.look, LOOK_MS);
    svc_relay_start(&bed.relay, bed.loop, bed.in.read, bed.out.write);
    assert_int_equal(w32_event_open(true, &bed.left, NULL), SP_OK);
    assert_int_equal(w32_thread_start(read_after_end, &bed, &reader, NULL), SP_OK);
    run_started(&bed);
    assert_int_equal(bed.why, SVC_RELAY_EOF);
    assert_int_equal(bed.relay.received, bed.told); /* nothing was read after that */
    assert_int_equal(bed.relay.bytes, bed.told);
    w32_handle_close(&bed.out.write);
    assert_int_equal(w32_thread_join(&writer, PATIENCE_MS), SP_OK);
    assert_int_equal(w32_thread_join(&reader, PATIENCE_MS), SP_OK);
    assert_int_equal(bed.received, bed.told);
    assert_true(bed.correct);
    w32_handle_close(&bed.left);
    close_bed(&bed);
}

static void end_source_now(struct w32_timer *timer)
{
    struct bed *bed = SP_CONTAINER(timer, struct bed, look);
    svc_relay_end_source(&bed->relay);
    bed->correct = bed->correct && !bed->ended;
}

static void a_source_that_is_ended_while_it_is_read_just_ends(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed);
    bed.look.fire = end_source_now;
    w32_timer_start(bed.loop, &bed.look, 1);
    run_bed(&bed);
    assert_int_equal(bed.why, SVC_RELAY_EOF);
    svc_relay_end_source(&bed.relay); /* it does not run */
    assert_true(bed.correct);
    close_bed(&bed);
}

/* ------------------------------------------------------------------ a source of messages */

/* A duplex pipe like a raw client's, which stands in for bed->in. */
struct raw {
    struct w32_npipe_leaf leaf;
    w32_handle server, client;
    struct w32_overlapped write;
};

static void open_raw(struct bed *bed, struct raw *raw)
{
    const struct w32_acl_entry everybody = {"WD", W32_ACL_SERVE};
    void *descriptor = NULL;
    *raw = (struct raw){0};
    assert_int_equal(w32_npipe_random_leaf("test-relay-", &raw->leaf, NULL), SP_OK);
    assert_int_equal(w32_acl_pipe(&everybody, 1, false, &descriptor, NULL), SP_OK);
    const struct w32_npipe_options options = {.leaf = raw->leaf.text,
                                              .access = W32_NPIPE_BOTH,
                                              .message = true,
                                              .size_bytes = 65536,
                                              .security_descriptor = descriptor};
    assert_int_equal(w32_npipe_create(&options, &raw->server, NULL), SP_OK);
    assert_int_equal(
        w32_npipe_open(NULL, raw->leaf.text, W32_NPIPE_BOTH, PATIENCE_MS, &raw->client, NULL),
        SP_OK);
    assert_int_equal(w32_loop_bind_messages(bed->loop, raw->server, NULL), SP_OK);
    assert_int_equal(w32_overlapped_init(&raw->write, raw->client, NULL), SP_OK);
    w32_acl_free(descriptor);
    bed->relay.read.posted = true;
}

static void say(struct raw *raw, const void *data, uint32_t len)
{
    assert_int_equal(w32_overlapped_write(&raw->write, data, len, NULL), SP_OK);
    assert_int_equal(w32_overlapped_wait(&raw->write, PATIENCE_MS, NULL, NULL), SP_OK);
}

static void close_raw(struct raw *raw)
{
    w32_overlapped_deinit(&raw->write);
    w32_handle_close(&raw->client);
    w32_npipe_close(&raw->server, raw->leaf.text);
}

static void say_pattern(struct raw *raw, uint32_t len)
{
    static unsigned char bytes[20000];
    for (uint32_t i = 0; i < len; i++)
        bytes[i] = pattern(i);
    say(raw, bytes, len);
}

static void an_empty_message_ends_a_source_that_has_such_an_end(void **state)
{
    (void)state;
    struct bed bed;
    struct raw raw;
    w32_handle reader = NULL;
    open_bed(&bed);
    open_raw(&bed, &raw);
    bed.relay.empty_is_end = true;
    say_pattern(&raw, 20000); /* longer than the first reads: it comes in parts */
    say(&raw, "", 0);
    say(&raw, "behind the end", 14);
    assert_int_equal(w32_thread_start(read_all, &bed, &reader, NULL), SP_OK);
    svc_relay_start(&bed.relay, bed.loop, raw.server, bed.out.write);
    run_started(&bed);
    assert_int_equal(bed.why, SVC_RELAY_EOF);
    assert_true(bed.relay.half_closed);
    w32_handle_close(&bed.out.write);
    assert_int_equal(w32_thread_join(&reader, PATIENCE_MS), SP_OK);
    assert_int_equal(bed.received, 20000);
    assert_true(bed.correct);
    close_raw(&raw);
    close_bed(&bed);
}

static void an_empty_message_elsewhere_is_nothing(void **state)
{
    (void)state;
    struct bed bed;
    struct raw raw;
    w32_handle reader = NULL;
    open_bed(&bed);
    open_raw(&bed, &raw);
    say(&raw, "", 0);
    say_pattern(&raw, 20000);
    say(&raw, "", 0);
    assert_int_equal(w32_thread_start(read_all, &bed, &reader, NULL), SP_OK);
    svc_relay_start(&bed.relay, bed.loop, raw.server, bed.out.write);
    w32_overlapped_deinit(&raw.write);
    w32_handle_close(&raw.client);
    run_started(&bed);
    assert_int_equal(bed.why, SVC_RELAY_EOF);
    assert_false(bed.relay.half_closed);
    w32_handle_close(&bed.out.write);
    assert_int_equal(w32_thread_join(&reader, PATIENCE_MS), SP_OK);
    assert_int_equal(bed.received, 20000);
    assert_true(bed.correct);
    close_raw(&raw);
    close_bed(&bed);
}

static void a_client_that_just_leaves_has_not_closed_its_half(void **state)
{
    (void)state;
    struct bed bed;
    struct raw raw;
    open_bed(&bed);
    open_raw(&bed, &raw);
    bed.relay.empty_is_end = true;
    say(&raw, "x", 1);
    w32_overlapped_deinit(&raw.write);
    w32_handle_close(&raw.client);
    svc_relay_start(&bed.relay, bed.loop, raw.server, bed.out.write);
    run_started(&bed);
    assert_int_equal(bed.why, SVC_RELAY_EOF);
    assert_false(bed.relay.half_closed);
    assert_int_equal(bed.relay.bytes, 1);
    close_raw(&raw);
    close_bed(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_arrives_in_order_and_then_the_end),
        cmocka_unit_test(a_stream_without_a_byte_just_ends),
        cmocka_unit_test(a_reader_that_leaves_ends_it),
        cmocka_unit_test(a_stop_ends_it_whatever_it_waits_for),
        cmocka_unit_test(a_stream_at_rest_gives_its_memory_back),
        cmocka_unit_test(what_comes_is_seen_and_what_is_written_is_told),
        cmocka_unit_test(without_a_target_all_is_dropped_and_counted),
        cmocka_unit_test(without_a_target_it_can_be_stopped),
        cmocka_unit_test(what_is_received_is_ahead_of_what_is_written),
        cmocka_unit_test(a_source_that_is_ended_may_be_closed_and_loses_nothing),
        cmocka_unit_test(a_source_that_is_ended_while_it_is_read_just_ends),
        cmocka_unit_test(an_empty_message_ends_a_source_that_has_such_an_end),
        cmocka_unit_test(an_empty_message_elsewhere_is_nothing),
        cmocka_unit_test(a_client_that_just_leaves_has_not_closed_its_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
