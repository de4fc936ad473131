/* tests/service/test_relay.c - the relay between two real pipes, on a real loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "core/list.h"
#include "service/relay.h"
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

/* Runs until the relay has ended; then nothing is in flight and nothing is kept. */
static void run_bed(struct bed *bed)
{
    svc_relay_start(&bed->relay, bed->loop, bed->in.read, bed->out.write);
    w32_loop_run(bed->loop);
    assert_true(bed->ended);
    assert_false(bed->relay.running);
    assert_null(bed->relay.cells[0].data);
    assert_null(bed->relay.cells[1].data);
    assert_int_equal(w32_strict_ops_in_flight(), 0);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_arrives_in_order_and_then_the_end),
        cmocka_unit_test(a_stream_without_a_byte_just_ends),
        cmocka_unit_test(a_reader_that_leaves_ends_it),
        cmocka_unit_test(a_stop_ends_it_whatever_it_waits_for),
        cmocka_unit_test(a_stream_at_rest_gives_its_memory_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
