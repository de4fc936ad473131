/* tests/win32/test_loop.c - the loop: timers, posts, work, operations, ends of processes. Each test
 * has a loop of its own and a watchdog, and leaves no operation in flight and no handle open. */
#include "win32/loop.h"

#include "children.h"

#include <stdio.h>

#include <windows.h>

#include "win32/acl.h"
#include "win32/job.h"
#include "win32/npipe.h"
#include "win32/strict.h"
#include "win32/thread.h"

/* What all tests have: zeroed before each. */
static struct {
    struct w32_loop *loop;
    struct w32_timer watchdog;
    char trace[256]; /* what happened, a letter each */
    size_t left;     /* events still to come; at 0 the loop ends */
    DWORD thread;    /* the loop's */
} t;

static void bark(struct w32_timer *timer)
{
    (void)timer;
    fail_msg("the loop waits for %zu more; until then: %s", t.left, t.trace);
}

static int loop_open(void **state)
{
    memset(&t, 0, sizeof t);
    t.watchdog.fire = bark;
    t.thread = GetCurrentThreadId();
    return remember_open(state) == 0 && w32_loop_open(&t.loop, NULL) == SP_OK ? 0 : -1;
}

static int loop_close(void **state)
{
    w32_loop_close(t.loop);
    return nothing_new_open(state);
}

/* Runs the loop until so many events were noted. */
static void run_until(size_t events)
{
    t.left = events;
    w32_timer_start(t.loop, &t.watchdog, PATIENCE_MS);
    w32_loop_run(t.loop);
    w32_timer_stop(t.loop, &t.watchdog);
}

static void note(char letter)
{
    size_t len = strlen(t.trace);
    assert_int_equal(GetCurrentThreadId(), t.thread);
    if (len + 1 < sizeof t.trace)
        t.trace[len] = letter;
    assert_int_not_equal(t.left, 0);
    if (--t.left == 0)
        w32_loop_quit(t.loop);
}

/* ------------------------------------------------------------------ timers */

struct letter_timer {
    struct w32_timer timer; /* first: the two are one address */
    char letter;
};

static void fire_letter(struct w32_timer *timer)
{
    note(((struct letter_timer *)timer)->letter);
}

static void timers_fire_in_the_order_of_their_time(void **state)
{
    (void)state;
    static const uint32_t after_ms[] = {40, 0, 60, 20, 40, 10, 5, 55, 10, 20};
    struct letter_timer timers[10];
    char expected[11] = "";
    for (size_t i = 0; i < 10; i++) {
        timers[i] = (struct letter_timer){{.fire = fire_letter}, (char)('a' + i)};
        w32_timer_start(t.loop, &timers[i].timer, after_ms[i]);
    }
    /* What is due when is taken from the timers: this test may be slow in starting them. */
    for (size_t i = 0; i < 10; i++) {
        size_t earlier = 0;
        for (size_t k = 0; k < 10; k++)
            earlier += timers[k].timer.due_ms < timers[i].timer.due_ms ||
                       (k < i && timers[k].timer.due_ms == timers[i].timer.due_ms);
        expected[earlier] = timers[i].letter;
    }
    run_until(10);
    assert_string_equal(t.trace, expected);
}

static void timers_of_one_time_fire_in_the_order_of_their_start(void **state)
{
    (void)state;
    struct letter_timer timers[20];
    for (size_t i = 0; i < 20; i++) {
        timers[i] = (struct letter_timer){{.fire = fire_letter}, (char)('a' + i)};
        w32_timer_start(t.loop, &timers[i].timer, 10);
    }
    run_until(20);
    assert_string_equal(t.trace, "abcdefghijklmnopqrst");
}

static void a_timer_does_not_fire_early(void **state)
{
    (void)state;
    struct letter_timer a = {{.fire = fire_letter}, 'a'};
    uint64_t start = w32_now_ms();
    w32_timer_start(t.loop, &a.timer, 50);
    run_until(1);
    assert_true(w32_now_ms() - start >= 50); /* late it may be */
}

static void a_stopped_timer_does_not_fire(void **state)
{
    (void)state;
    struct letter_timer a = {{.fire = fire_letter}, 'a'};
    struct letter_timer b = {{.fire = fire_letter}, 'b'};
    w32_timer_start(t.loop, &a.timer, 5);
    w32_timer_start(t.loop, &b.timer, 10);
    w32_timer_stop(t.loop, &a.timer);
    w32_timer_stop(t.loop, &a.timer); /* idle by now */
    run_until(1);
    assert_string_equal(t.trace, "b");
}

static void a_restarted_timer_fires_once_at_its_new_time(void **state)
{
    (void)state;
    struct letter_timer a = {{.fire = fire_letter}, 'a'};
    struct letter_timer b = {{.fire = fire_letter}, 'b'};
    struct letter_timer c = {{.fire = fire_letter}, 'c'};
    w32_timer_start(t.loop, &a.timer, 0);
    w32_timer_start(t.loop, &b.timer, 10);
    w32_timer_start(t.loop, &a.timer, 20);
    w32_timer_start(t.loop, &c.timer, 30);
    run_until(3);
    assert_string_equal(t.trace, "bac");
}

static void fire_again(struct w32_timer *timer)
{
    if (t.left > 1)
        w32_timer_start(t.loop, timer, 0);
    note('x');
}

static void a_timer_may_start_itself_again(void **state)
{
    (void)state;
    struct w32_timer timer = {.fire = fire_again};
    w32_timer_start(t.loop, &timer, 0);
    run_until(3);
    assert_string_equal(t.trace, "xxx");
}

static struct letter_timer victim;

static void fire_and_stop_victim(struct w32_timer *timer)
{
    (void)timer;
    w32_timer_stop(t.loop, &victim.timer);
    note('s');
}

static void a_timer_may_stop_one_that_is_due_with_it(void **state)
{
    (void)state;
    struct w32_timer stops = {.fire = fire_and_stop_victim};
    struct letter_timer after = {{.fire = fire_letter}, 'z'};
    victim = (struct letter_timer){{.fire = fire_letter}, 'v'};
    w32_timer_start(t.loop, &stops, 5);
    w32_timer_start(t.loop, &victim.timer, 5);
    w32_timer_start(t.loop, &after.timer, 10);
    run_until(2);
    assert_string_equal(t.trace, "sz");
}

static void a_loop_runs_again_after_it_was_quit(void **state)
{
    (void)state;
    struct letter_timer a = {{.fire = fire_letter}, 'a'};
    struct letter_timer b = {{.fire = fire_letter}, 'b'};
    w32_timer_start(t.loop, &a.timer, 0);
    w32_timer_start(t.loop, &b.timer, 10);
    run_until(1);
    assert_string_equal(t.trace, "a");
    run_until(1);
    assert_string_equal(t.trace, "ab");
}

/* ------------------------------------------------------------------ posts */

enum { POSTERS = 4, POSTS = 500 };

struct poster {
    struct w32_post posts[POSTS];
    w32_handle thread;
};

static void posted(struct w32_post *post)
{
    (void)post;
    note('p');
}

static void post_all(void *arg)
{
    struct poster *p = arg;
    for (size_t i = 0; i < POSTS; i++) {
        p->posts[i].call = posted;
        w32_loop_post(t.loop, &p->posts[i]);
    }
}

static void posts_of_many_threads_are_all_called_on_the_loop(void **state)
{
    (void)state;
    static struct poster posters[POSTERS];
    for (size_t i = 0; i < POSTERS; i++)
        assert_int_equal(w32_thread_start(post_all, &posters[i], &posters[i].thread, NULL), SP_OK);
    run_until((size_t)POSTERS * POSTS); /* note() checks the thread */
    for (size_t i = 0; i < POSTERS; i++)
        assert_int_equal(w32_thread_join(&posters[i].thread, PATIENCE_MS), SP_OK);
}

struct letter_post {
    struct w32_post post;
    char letter;
};

static void post_letter(struct w32_post *post)
{
    note(((struct letter_post *)post)->letter);
}

static void posts_of_one_thread_keep_their_order(void **state)
{
    (void)state;
    struct letter_post posts[26];
    for (size_t i = 0; i < 26; i++) {
        posts[i] = (struct letter_post){{post_letter}, (char)('a' + i)};
        w32_loop_post(t.loop, &posts[i].post);
    }
    run_until(26);
    assert_string_equal(t.trace, "abcdefghijklmnopqrstuvwxyz");
}

static void post_again(struct w32_post *post)
{
    size_t before = strlen(t.trace);
    if (t.left > 1)
        w32_loop_post(t.loop, post);
    assert_int_equal(strlen(t.trace), before); /* not called inside the call */
    note('p');
}

static void a_post_may_post_itself_again(void **state)
{
    (void)state;
    struct w32_post post = {post_again};
    w32_loop_post(t.loop, &post);
    run_until(3);
    assert_string_equal(t.trace, "ppp");
}

/* ------------------------------------------------------------------ work */

enum { WORKS = 20 };

struct job {
    struct w32_work work;
    DWORD ran_on;
};

static void work_elsewhere(struct w32_work *work)
{
    ((struct job *)work)->ran_on = GetCurrentThreadId();
}

static void work_done(struct w32_work *work)
{
    DWORD thread = ((struct job *)work)->ran_on;
    assert_int_not_equal(thread, 0);
    assert_int_not_equal(thread, t.thread);
    note('w');
}

static void work_is_done_elsewhere_and_comes_back(void **state)
{
    (void)state;
    struct job jobs[WORKS];
    for (size_t i = 0; i < WORKS; i++) {
        jobs[i] = (struct job){.work = {.run = work_elsewhere, .done = work_done}};
        w32_loop_work(t.loop, &jobs[i].work);
    }
    run_until(WORKS);
}

/* The first work waits for what the loop does meanwhile. */
static HANDLE go_on;

static void wait_to_go_on(struct w32_work *work)
{
    work_elsewhere(work);
    WaitForSingleObject(go_on, INFINITE);
}

static void let_go_on(struct w32_timer *timer)
{
    (void)timer;
    SetEvent(go_on);
    note('t');
}

static void the_loop_goes_on_while_work_blocks(void **state)
{
    (void)state;
    struct job job = {.work = {.run = wait_to_go_on, .done = work_done}};
    struct w32_timer timer = {.fire = let_go_on};
    go_on = CreateEventW(NULL, TRUE, FALSE, NULL);
    w32_loop_work(t.loop, &job.work);
    w32_timer_start(t.loop, &timer, 0);
    run_until(2);
    assert_string_equal(t.trace, "tw");
    CloseHandle(go_on);
}

/* ------------------------------------------------------------------ operations */

struct op {
    struct w32_op op; /* first: the two are one address */
    char letter;
    uint32_t os;
    uint32_t bytes;
};

static void op_done(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    struct op *o = (struct op *)op;
    assert_false(op->busy);
    o->os = os;
    o->bytes = bytes;
    note(o->letter);
}

static struct op an_op(char letter)
{
    return (struct op){.op = {.done = op_done}, .letter = letter};
}

/* Both ends of a named pipe on the loop. */
struct pair {
    struct w32_npipe_leaf leaf;
    w32_handle server;
    w32_handle client;
};

static void pair_listen(struct pair *p)
{
    const struct w32_acl_entry everybody = {"WD", W32_ACL_SERVE};
    void *descriptor = NULL;
    *p = (struct pair){0};
    assert_int_equal(w32_npipe_random_leaf("test-loop-", &p->leaf, NULL), SP_OK);
    assert_int_equal(w32_acl_pipe(&everybody, 1, false, &descriptor, NULL), SP_OK);
    const struct w32_npipe_options options = {.leaf = p->leaf.text,
                                              .access = W32_NPIPE_BOTH,
                                              .size_bytes = 4096,
                                              .security_descriptor = descriptor};
    assert_int_equal(w32_npipe_create(&options, &p->server, NULL), SP_OK);
    assert_int_equal(w32_loop_bind(t.loop, p->server, NULL), SP_OK);
    w32_acl_free(descriptor);
}

static void pair_open_client(struct pair *p)
{
    assert_int_equal(
        w32_npipe_open(NULL, p->leaf.text, W32_NPIPE_BOTH, PATIENCE_MS, &p->client, NULL), SP_OK);
    assert_int_equal(w32_loop_bind(t.loop, p->client, NULL), SP_OK);
}

static void pair_open(struct pair *p)
{
    pair_listen(p);
    pair_open_client(p);
}

static void pair_close(struct pair *p)
{
    w32_handle_close(&p->client);
    w32_npipe_close(&p->server, p->leaf.text);
}

static void a_client_that_comes_ends_the_wait_for_it(void **state)
{
    (void)state;
    struct pair p;
    struct op connect = an_op('c');
    pair_listen(&p);
    w32_op_connect(t.loop, &connect.op, p.server);
    assert_true(connect.op.busy);
    assert_int_equal(w32_strict_ops_in_flight(), 1);
    pair_open_client(&p);
    run_until(1);
    assert_int_equal(connect.os, 0);
    pair_close(&p);
}

static void a_client_that_came_before_is_a_success(void **state)
{
    (void)state;
    struct pair p;
    struct op connect = an_op('c');
    pair_open(&p);
    w32_op_connect(t.loop, &connect.op, p.server);
    assert_string_equal(t.trace, ""); /* not called inside the call */
    run_until(1);
    assert_int_equal(connect.os, 0);
    assert_int_equal(connect.bytes, 0);
    pair_close(&p);
}

static void a_client_that_came_and_went_is_told(void **state)
{
    (void)state;
    struct pair p;
    struct op connect = an_op('c');
    pair_open(&p);
    w32_handle_close(&p.client);
    w32_op_connect(t.loop, &connect.op, p.server);
    run_until(1);
    assert_int_equal(connect.os, ERROR_NO_DATA);
    pair_close(&p);
}

static void a_read_waits_for_a_write(void **state)
{
    (void)state;
    struct pair p;
    struct op read = an_op('r');
    struct op write = an_op('w');
    char got[16] = "";
    pair_open(&p);
    w32_op_read(t.loop, &read.op, p.server, got, sizeof got);
    w32_op_write(t.loop, &write.op, p.client, "abc", 3);
    assert_int_equal(w32_strict_ops_in_flight(), 2);
    assert_string_equal(t.trace, "");
    run_until(2);
    assert_int_equal(read.os, 0);
    assert_int_equal(read.bytes, 3);
    assert_memory_equal(got, "abc", 3);
    assert_int_equal(write.os, 0);
    assert_int_equal(write.bytes, 3);
    pair_close(&p);
}

static void both_ways_work_at_once(void **state)
{
    (void)state;
    struct pair p;
    struct op ops[4] = {an_op('1'), an_op('2'), an_op('3'), an_op('4')};
    char at_server[4] = "";
    char at_client[4] = "";
    pair_open(&p);
    w32_op_read(t.loop, &ops[0].op, p.server, at_server, 4);
    w32_op_read(t.loop, &ops[1].op, p.client, at_client, 4);
    w32_op_write(t.loop, &ops[2].op, p.server, "to c", 4);
    w32_op_write(t.loop, &ops[3].op, p.client, "to s", 4);
    run_until(4);
    assert_memory_equal(at_server, "to s", 4);
    assert_memory_equal(at_client, "to c", 4);
    pair_close(&p);
}

static void the_other_side_s_end_ends_a_read_and_a_write(void **state)
{
    (void)state;
    struct pair p;
    struct op read = an_op('r');
    struct op write = an_op('w');
    char got[4];
    pair_open(&p);
    w32_op_read(t.loop, &read.op, p.server, got, sizeof got);
    w32_handle_close(&p.client);
    run_until(1);
    assert_int_equal(read.os, ERROR_BROKEN_PIPE);
    w32_op_write(t.loop, &write.op, p.server, "x", 1);
    assert_string_equal(t.trace, "r"); /* a failure comes to done, too, and later */
    run_until(1);
    assert_true(write.os == ERROR_NO_DATA || write.os == ERROR_BROKEN_PIPE);
    pair_close(&p);
}

static void a_canceled_operation_is_done_all_the_same(void **state)
{
    (void)state;
    struct pair p;
    struct op read = an_op('r');
    struct op connect = an_op('c');
    char got[4];
    pair_open(&p);
    w32_op_read(t.loop, &read.op, p.server, got, sizeof got);
    w32_op_cancel(&read.op, p.server);
    assert_true(read.op.busy); /* until its end was dequeued */
    run_until(1);
    assert_int_equal(read.os, ERROR_OPERATION_ABORTED);
    w32_op_cancel(&read.op, p.server); /* idle: nothing happens */
    pair_close(&p);

    pair_listen(&p);
    w32_op_connect(t.loop, &connect.op, p.server);
    w32_op_cancel(&connect.op, p.server);
    run_until(1);
    assert_int_equal(connect.os, ERROR_OPERATION_ABORTED);
    pair_close(&p);
}

static void closing_a_handle_ends_what_is_in_flight_on_it(void **state)
{
    (void)state;
    struct pair p;
    struct op read = an_op('r');
    char got[4];
    pair_open(&p);
    w32_op_read(t.loop, &read.op, p.client, got, sizeof got);
    w32_handle_close(&p.client);
    run_until(1);
    assert_int_not_equal(read.os, 0);
    pair_close(&p);
}

static void canceling_one_operation_leaves_the_other(void **state)
{
    (void)state;
    struct pair p;
    struct op first = an_op('1');
    struct op second = an_op('2');
    struct op write = an_op('w');
    char a[4];
    char b[4] = "";
    pair_open(&p);
    w32_op_read(t.loop, &first.op, p.server, a, sizeof a);
    w32_op_read(t.loop, &second.op, p.server, b, sizeof b);
    w32_op_cancel(&first.op, p.server);
    run_until(1);
    assert_string_equal(t.trace, "1");
    w32_op_write(t.loop, &write.op, p.client, "x", 1);
    run_until(2);
    assert_int_equal(first.os, ERROR_OPERATION_ABORTED);
    assert_int_equal(second.os, 0);
    assert_int_equal(b[0], 'x');
    pair_close(&p);
}

static void quit_first(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    struct op *o = (struct op *)op;
    (void)os;
    (void)bytes;
    note(o->letter);
    w32_loop_quit(t.loop);
}

/* What has finished is no longer in flight anywhere: if it were not told, it never would be. */
static void quitting_loses_no_finished_operation(void **state)
{
    (void)state;
    struct pair p;
    struct op writes[3] = {an_op('1'), an_op('2'), an_op('3')};
    struct letter_timer timer = {{.fire = fire_letter}, 't'};
    pair_open(&p);
    writes[0].op.done = quit_first;
    for (size_t i = 0; i < 3; i++)
        w32_op_write(t.loop, &writes[i].op, p.client, "x", 1);
    w32_timer_start(t.loop, &timer.timer, 0);
    run_until(4); /* returns before that */
    if (t.left > 0)
        run_until(t.left);
    assert_int_equal(strlen(t.trace), 4);
    assert_int_equal(strchr(t.trace, '1') != NULL && strchr(t.trace, '2') != NULL &&
                         strchr(t.trace, '3') != NULL,
                     1);
    pair_close(&p);
}

/* ------------------------------------------------------------------ a stream */

enum { STREAM_BYTES = 8 * MIB, PIECE = 256 * 1024 };

static struct {
    struct pair pair;
    struct op read;
    struct op write;
    unsigned char *bytes;
    size_t written;
    struct sp_buffer got;
    unsigned char piece[PIECE];
} s;

static void write_more(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    assert_int_equal(os, 0);
    s.written += bytes;
    if (s.written < STREAM_BYTES)
        w32_op_write(t.loop, op, s.pair.client, s.bytes + s.written, PIECE);
    else
        w32_handle_close(&s.pair.client);
}

static void read_more(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    if (os == 0) {
        assert_int_equal(sp_buffer_append(&s.got, s.piece, bytes, NULL), SP_OK);
        w32_op_read(t.loop, op, s.pair.server, s.piece, PIECE);
    } else {
        assert_int_equal(os, ERROR_BROKEN_PIPE);
        note('e');
    }
}

static void a_stream_arrives_whole_and_in_order_before_its_end(void **state)
{
    (void)state;
    memset(&s, 0, sizeof s);
    s.bytes = make_pattern(STREAM_BYTES);
    s.read.op.done = read_more;
    s.write.op.done = write_more;
    pair_open(&s.pair);
    w32_op_read(t.loop, &s.read.op, s.pair.server, s.piece, PIECE);
    w32_op_write(t.loop, &s.write.op, s.pair.client, s.bytes, PIECE);
    run_until(1);
    assert_pattern(&s.got, STREAM_BYTES);
    pair_close(&s.pair);
    sp_buffer_deinit(&s.got);
    free(s.bytes);
}

/* An operation that is always done at once must let the timers have their turn. */
static void write_at_once(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    (void)bytes;
    assert_int_equal(os, 0);
    if (t.left > 0)
        w32_op_write(t.loop, op, s.pair.client, "", 0);
}

static void what_is_always_ready_does_not_starve_the_rest(void **state)
{
    (void)state;
    struct letter_timer timer = {{.fire = fire_letter}, 't'};
    struct letter_post post = {{post_letter}, 'p'};
    struct op endless = {.op = {.done = write_at_once}};
    memset(&s, 0, sizeof s);
    pair_open(&s.pair);
    w32_op_write(t.loop, &endless.op, s.pair.client, "", 0);
    w32_timer_start(t.loop, &timer.timer, 5);
    w32_loop_post(t.loop, &post.post);
    run_until(2);
    /* The last of it comes to its end on one more round. */
    if (endless.op.busy) {
        timer.letter = 'z';
        w32_timer_start(t.loop, &timer.timer, 0);
        endless.op.done = op_done;
        endless.letter = 'o';
        run_until(2);
    }
    pair_close(&s.pair);
}

/* ------------------------------------------------------------------ another loop's handle */

/* A loop in a thread of its own, to which the server's end of a pair is bound. What this thread's
 * loop begins on that end comes back here; note() checks it. */
static struct {
    struct w32_loop *loop;
    w32_handle thread;
    struct w32_post quit;
    struct pair own; /* it is busy with this one the whole time */
    struct w32_op read, write;
    char byte;
    uint32_t rounds;
    bool ending;
} second;

static void second_quits(struct w32_post *post)
{
    (void)post;
    second.ending = true;
    w32_op_cancel(&second.read, second.own.server);
    w32_op_cancel(&second.write, second.own.client);
}

static void second_goes_on(struct w32_op *op, uint32_t os, uint32_t bytes)
{
    (void)op;
    (void)bytes;
    if (second.read.busy || second.write.busy)
        return;
    if (second.ending || os != 0) {
        w32_loop_quit(second.loop);
        return;
    }
    second.rounds++;
    w32_op_read(second.loop, &second.read, second.own.server, &second.byte, 1);
    w32_op_write(second.loop, &second.write, second.own.client, "x", 1);
}

static void second_runs(void *arg)
{
    (void)arg;
    second_goes_on(NULL, 0, 0);
    w32_loop_run(second.loop);
}

/* A pair whose server's end is the other loop's, and whose client's end is this one's. */
static void pair_open_between(struct pair *p)
{
    struct w32_loop *here = t.loop;
    t.loop = second.loop;
    pair_listen(p);
    t.loop = here;
    pair_open_client(p);
}

static int loops_open(void **state)
{
    memset(&second, 0, sizeof second);
    if (loop_open(state) != 0 || w32_loop_open(&second.loop, NULL) != SP_OK)
        return -1;
    second.quit.call = second_quits;
    second.read.done = second.write.done = second_goes_on;
    struct w32_loop *here = t.loop;
    t.loop = second.loop;
    pair_open(&second.own);
    t.loop = here;
    return w32_thread_start(second_runs, NULL, &second.thread, NULL) == SP_OK ? 0 : -1;
}

static int loops_close(void **state)
{
    w32_loop_post(second.loop, &second.quit);
    assert_int_equal(w32_thread_join(&second.thread, PATIENCE_MS), SP_OK);
    assert_true(second.rounds > 0);
    pair_close(&second.own);
    w32_loop_close(second.loop);
    return loop_close(state);
}

static void an_operation_on_another_loop_s_handle_comes_back_here(void **state)
{
    (void)state;
    struct pair p;
    struct op read = an_op('r');
    struct op write = an_op('w');
    char got[4] = "";
    pair_open_between(&p);
    w32_op_read(t.loop, &read.op, p.server, got, sizeof got); /* waits */
    w32_op_write(t.loop, &write.op, p.client, "abc", 3);
    run_until(2);
    assert_int_equal(read.os, 0);
    assert_int_equal(read.bytes, 3);
    assert_memory_equal(got, "abc", 3);
    pair_close(&p);
}

static void what_is_done_at_once_on_another_loop_s_handle_comes_back_here(void **state)
{
    (void)state;
    struct pair p;
    struct op read = an_op('r');
    struct op write = an_op('w');
    char got[4] = "";
    pair_open_between(&p);
    w32_op_write(t.loop, &write.op, p.server, "abc", 3); /* fits the pipe */
    assert_string_equal(t.trace, "");                    /* not called inside the call */
    run_until(1);
    assert_int_equal(write.os, 0);
    assert_int_equal(write.bytes, 3);
    w32_op_read(t.loop, &read.op, p.client, got, sizeof got);
    run_until(1);
    assert_memory_equal(got, "abc", 3);

    write = an_op('w');
    read = an_op('r');
    w32_op_write(t.loop, &write.op, p.client, "de", 2);
    run_until(1);
    w32_op_read(t.loop, &read.op, p.server, got, sizeof got); /* it is there already */
    run_until(1);
    assert_int_equal(read.os, 0);
    assert_int_equal(read.bytes, 2);
    assert_memory_equal(got, "de", 2);
    assert_string_equal(t.trace, "wrwr");
    pair_close(&p);
}

static void what_is_canceled_on_another_loop_s_handle_comes_back_here(void **state)
{
    (void)state;
    static char much[1 << 20]; /* more than the pipe takes without a reader */
    struct pair p;
    struct op read = an_op('r');
    struct op write = an_op('w');
    char got[4];
    pair_open_between(&p);
    w32_op_read(t.loop, &read.op, p.server, got, sizeof got);
    w32_op_write(t.loop, &write.op, p.server, much, sizeof much);
    assert_int_equal(read.op.busy + write.op.busy, 2);
    w32_op_cancel(&read.op, p.server);
    run_until(1);
    assert_int_equal(read.os, ERROR_OPERATION_ABORTED);
    assert_true(write.op.busy);
    w32_op_cancel(&write.op, p.server);
    run_until(1);
    assert_int_equal(write.os, ERROR_OPERATION_ABORTED);
    assert_string_equal(t.trace, "rw");
    pair_close(&p);
}

static void what_fails_on_another_loop_s_handle_comes_back_here(void **state)
{
    (void)state;
    struct pair p;
    struct op read = an_op('r');
    struct op write = an_op('w');
    char got[4];
    pair_open_between(&p);
    w32_op_read(t.loop, &read.op, p.server, got, sizeof got);
    w32_handle_close(&p.client);
    run_until(1); /* it had been waiting */
    assert_int_equal(read.os, ERROR_BROKEN_PIPE);

    w32_op_write(t.loop, &write.op, p.server, "x", 1); /* fails at once */
    assert_string_equal(t.trace, "r");
    run_until(1);
    assert_true(write.os == ERROR_NO_DATA || write.os == ERROR_BROKEN_PIPE);
    read = an_op('r');
    w32_op_read(t.loop, &read.op, p.server, got, sizeof got);
    run_until(1);
    assert_int_equal(read.os, ERROR_BROKEN_PIPE);
    pair_close(&p);
}

static void a_stream_over_another_loop_s_handle_arrives_whole_and_in_order(void **state)
{
    (void)state;
    memset(&s, 0, sizeof s);
    s.bytes = make_pattern(STREAM_BYTES);
    s.read.op.done = read_more;
    s.write.op.done = write_more;
    pair_open_between(&s.pair);
    w32_op_read(t.loop, &s.read.op, s.pair.server, s.piece, PIECE);
    w32_op_write(t.loop, &s.write.op, s.pair.client, s.bytes, PIECE);
    run_until(1);
    assert_pattern(&s.got, STREAM_BYTES);
    pair_close(&s.pair);
    sp_buffer_deinit(&s.got);
    free(s.bytes);
}

/* ------------------------------------------------------------------ a child */

static void a_child_s_pipes_work_on_the_loop(void **state)
{
    (void)state;
    struct w32_pipe in = {0};
    struct w32_pipe out = {0};
    struct w32_child child = {0};
    struct op read = an_op('r');
    struct op write = an_op('w');
    char got[16] = "";
    const struct w32_pipe_options writing = {.async = W32_PIPE_ASYNC_WRITE};
    const struct w32_pipe_options reading = {.async = W32_PIPE_ASYNC_READ};
    assert_int_equal(w32_pipe_open(&writing, &in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(&reading, &out, NULL), SP_OK);
    assert_int_equal(w32_loop_bind(t.loop, in.write, NULL), SP_OK);
    assert_int_equal(w32_loop_bind(t.loop, out.read, NULL), SP_OK);
    w32_op_read(t.loop, &read.op, out.read, got, sizeof got);
    start(&(struct w32_spawn_options){CHILD("upper"), .in = in.read, .out = out.write}, &child);
    w32_handle_close(&in.read);
    w32_handle_close(&out.write);
    w32_op_write(t.loop, &write.op, in.write, "hello", 5);
    run_until(2);
    assert_int_equal(read.bytes, 5);
    assert_memory_equal(got, "HELLO", 5);

    w32_op_read(t.loop, &read.op, out.read, got, sizeof got);
    w32_handle_close(&in.write);
    run_until(1);
    assert_int_equal(read.os, ERROR_BROKEN_PIPE);
    assert_int_equal(end_of(&child), 0);
    w32_child_close(&child);
    w32_pipe_close(&in);
    w32_pipe_close(&out);
}

/* ------------------------------------------------------------------ jobs */

struct watched {
    struct w32_job_watch watch; /* first: the two are one address */
    struct w32_child child;
    bool ended;
};

static void job_changed(struct w32_job_watch *watch)
{
    struct watched *w = (struct watched *)watch;
    /* A hint: ask the handle. */
    if (w->ended || WaitForSingleObject(w->child.process, 0) != WAIT_OBJECT_0)
        return;
    w->ended = true;
    note('e');
}

static void the_end_of_a_process_is_seen(void **state)
{
    (void)state;
    struct watched w = {.watch = {.changed = job_changed}};
    w32_handle job = NULL;
    assert_int_equal(w32_job_open(&job, NULL), SP_OK);
    assert_int_equal(w32_job_watch(t.loop, &w.watch, job, NULL), SP_OK);
    start(&(struct w32_spawn_options){CHILD("exit", "7"), .job = job}, &w.child);
    run_until(1);
    assert_int_equal(end_of(&w.child), 7);
    w32_job_unwatch(t.loop, &w.watch);
    w32_child_close(&w.child);
    w32_handle_close(&job);
}

static void the_end_of_a_process_of_each_of_many_jobs_is_seen(void **state)
{
    (void)state;
    enum { MANY = 8 };
    static struct watched many[MANY];
    w32_handle jobs[MANY] = {0};
    memset(many, 0, sizeof many);
    for (size_t i = 0; i < MANY; i++) {
        many[i].watch.changed = job_changed;
        assert_int_equal(w32_job_open(&jobs[i], NULL), SP_OK);
        assert_int_equal(w32_job_watch(t.loop, &many[i].watch, jobs[i], NULL), SP_OK);
        start(&(struct w32_spawn_options){CHILD("exit", "0"), .job = jobs[i]}, &many[i].child);
    }
    run_until(MANY);
    for (size_t i = 0; i < MANY; i++) {
        assert_true(many[i].ended);
        w32_job_unwatch(t.loop, &many[i].watch);
        w32_child_close(&many[i].child);
        w32_handle_close(&jobs[i]);
    }
}

static void job_must_not_change(struct w32_job_watch *watch)
{
    (void)watch;
    fail_msg("an ended watch was called");
}

static void an_ended_watch_is_not_called(void **state)
{
    (void)state;
    struct w32_job_watch watch = {.changed = job_must_not_change};
    struct watched other = {.watch = {.changed = job_changed}};
    struct w32_child child = {0};
    w32_handle job = NULL;
    w32_handle other_job = NULL;
    assert_int_equal(w32_job_open(&job, NULL), SP_OK);
    assert_int_equal(w32_job_watch(t.loop, &watch, job, NULL), SP_OK);
    start(&(struct w32_spawn_options){CHILD("exit", "0"), .job = job}, &child);
    assert_int_equal(end_of(&child), 0); /* its end is in the loop's queue, or soon will be */
    w32_job_unwatch(t.loop, &watch);
    w32_job_unwatch(t.loop, &watch); /* idle by now */
    assert_int_equal(watch.key, 0);

    /* What comes behind it in the queue is called. */
    assert_int_equal(w32_job_open(&other_job, NULL), SP_OK);
    assert_int_equal(w32_job_watch(t.loop, &other.watch, other_job, NULL), SP_OK);
    start(&(struct w32_spawn_options){CHILD("exit", "0"), .job = other_job}, &other.child);
    run_until(1);
    w32_job_unwatch(t.loop, &other.watch);
    w32_child_close(&other.child);
    w32_child_close(&child);
    w32_handle_close(&other_job);
    w32_handle_close(&job);
}

/* ------------------------------------------------------------------ life */

static void closing_no_loop_does_nothing(void **state)
{
    (void)state;
    w32_loop_close(NULL);
}

static void a_synchronous_handle_can_not_be_bound(void **state)
{
    (void)state;
    struct w32_pipe p = {0};
    struct sp_error err = {0};
    assert_int_equal(w32_pipe_open(NULL, &p, NULL), SP_OK);
    assert_int_not_equal(w32_loop_bind(t.loop, p.read, &err), SP_OK);
    w32_pipe_close(&p);
}

#define LOOP_TEST(name)  cmocka_unit_test_setup_teardown(name, loop_open, loop_close)
#define LOOPS_TEST(name) cmocka_unit_test_setup_teardown(name, loops_open, loops_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOP_TEST(timers_fire_in_the_order_of_their_time),
        LOOP_TEST(timers_of_one_time_fire_in_the_order_of_their_start),
        LOOP_TEST(a_timer_does_not_fire_early),
        LOOP_TEST(a_stopped_timer_does_not_fire),
        LOOP_TEST(a_restarted_timer_fires_once_at_its_new_time),
        LOOP_TEST(a_timer_may_start_itself_again),
        LOOP_TEST(a_timer_may_stop_one_that_is_due_with_it),
        LOOP_TEST(a_loop_runs_again_after_it_was_quit),
        LOOP_TEST(posts_of_many_threads_are_all_called_on_the_loop),
        LOOP_TEST(posts_of_one_thread_keep_their_order),
        LOOP_TEST(a_post_may_post_itself_again),
        LOOP_TEST(work_is_done_elsewhere_and_comes_back),
        LOOP_TEST(the_loop_goes_on_while_work_blocks),
        LOOP_TEST(a_client_that_comes_ends_the_wait_for_it),
        LOOP_TEST(a_client_that_came_before_is_a_success),
        LOOP_TEST(a_client_that_came_and_went_is_told),
        LOOP_TEST(a_read_waits_for_a_write),
        LOOP_TEST(both_ways_work_at_once),
        LOOP_TEST(the_other_side_s_end_ends_a_read_and_a_write),
        LOOP_TEST(a_canceled_operation_is_done_all_the_same),
        LOOP_TEST(closing_a_handle_ends_what_is_in_flight_on_it),
        LOOP_TEST(canceling_one_operation_leaves_the_other),
        LOOP_TEST(quitting_loses_no_finished_operation),
        LOOP_TEST(a_stream_arrives_whole_and_in_order_before_its_end),
        LOOP_TEST(what_is_always_ready_does_not_starve_the_rest),
        LOOPS_TEST(an_operation_on_another_loop_s_handle_comes_back_here),
        LOOPS_TEST(what_is_done_at_once_on_another_loop_s_handle_comes_back_here),
        LOOPS_TEST(what_is_canceled_on_another_loop_s_handle_comes_back_here),
        LOOPS_TEST(what_fails_on_another_loop_s_handle_comes_back_here),
        LOOPS_TEST(a_stream_over_another_loop_s_handle_arrives_whole_and_in_order),
        LOOP_TEST(a_child_s_pipes_work_on_the_loop),
        LOOP_TEST(the_end_of_a_process_is_seen),
        LOOP_TEST(the_end_of_a_process_of_each_of_many_jobs_is_seen),
        LOOP_TEST(an_ended_watch_is_not_called),
        TEST(closing_no_loop_does_nothing),
        LOOP_TEST(a_synchronous_handle_can_not_be_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
