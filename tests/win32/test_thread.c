/* tests/win32/test_thread.c - threads, locks, and waiting for each other. */
#include "win32/thread.h"

#include "children.h"

#include <windows.h>

static void set_one(void *arg)
{
    *(int *)arg = 1;
}

static void a_joined_thread_has_run(void **state)
{
    (void)state;
    int done = 0;
    w32_handle thread = NULL;
    assert_int_equal(w32_thread_start(set_one, &done, &thread, NULL), SP_OK);
    assert_non_null(thread);
    assert_int_equal(w32_thread_join(&thread, PATIENCE_MS), SP_OK);
    assert_null(thread);
    assert_int_equal(done, 1);
}

static void wait_for(void *arg)
{
    WaitForSingleObject(arg, INFINITE);
}

static void joining_a_thread_that_runs_on_runs_out_and_leaves_it(void **state)
{
    (void)state;
    w32_handle go = w32_take(CreateEventW(NULL, TRUE, FALSE, NULL));
    w32_handle thread = NULL;
    assert_int_equal(w32_thread_start(wait_for, go, &thread, NULL), SP_OK);
    assert_int_equal(w32_thread_join(&thread, 0), SP_ETIMEOUT);
    assert_non_null(thread);
    SetEvent(go);
    assert_int_equal(w32_thread_join(&thread, W32_FOREVER), SP_OK);
    w32_handle_close(&go);
}

static void joining_no_thread_is_done_at_once(void **state)
{
    (void)state;
    w32_handle thread = NULL;
    assert_int_equal(w32_thread_join(&thread, W32_FOREVER), SP_OK);
}

enum { THREADS = 4, ROUNDS = 20000 };

struct counter {
    struct w32_lock lock;
    int inside;
    int most;
    long count;
};

static void count_up(void *arg)
{
    struct counter *c = arg;
    for (int i = 0; i < ROUNDS; i++) {
        w32_lock_enter(&c->lock);
        c->inside++;
        if (c->inside > c->most)
            c->most = c->inside;
        c->count++;
        c->inside--;
        w32_lock_leave(&c->lock);
    }
}

static void a_lock_lets_one_thread_in_at_a_time(void **state)
{
    (void)state;
    struct counter c = {0};
    w32_handle threads[THREADS] = {0};
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(w32_thread_start(count_up, &c, &threads[i], NULL), SP_OK);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(w32_thread_join(&threads[i], PATIENCE_MS), SP_OK);
    assert_int_equal(c.most, 1);
    assert_int_equal(c.count, THREADS * ROUNDS);
}

struct ball {
    struct w32_lock lock;
    struct w32_cond changed;
    int side; /* where it is: 0 or 1 */
    int hits;
};

static void play(struct ball *b, int side)
{
    w32_lock_enter(&b->lock);
    for (int i = 0; i < 1000; i++) {
        while (b->side != side)
            w32_cond_wait(&b->changed, &b->lock, W32_FOREVER);
        b->side = !side;
        b->hits++;
        w32_cond_wake(&b->changed);
    }
    w32_lock_leave(&b->lock);
}

static void play_back(void *arg)
{
    play(arg, 1);
}

static void two_threads_wait_for_each_other_under_a_lock(void **state)
{
    (void)state;
    struct ball b = {0};
    w32_handle thread = NULL;
    assert_int_equal(w32_thread_start(play_back, &b, &thread, NULL), SP_OK);
    play(&b, 0);
    assert_int_equal(w32_thread_join(&thread, PATIENCE_MS), SP_OK);
    assert_int_equal(b.hits, 2000);
}

static void a_condition_that_nobody_wakes_runs_out(void **state)
{
    (void)state;
    struct ball b = {0};
    w32_lock_enter(&b.lock);
    assert_false(w32_cond_wait(&b.changed, &b.lock, 1));
    w32_lock_leave(&b.lock);
}

static void an_event_that_stays_is_seen_by_every_wait(void **state)
{
    (void)state;
    w32_handle stays = NULL, once = NULL;
    assert_int_equal(w32_event_open(true, &stays, NULL), SP_OK);
    assert_int_equal(w32_event_open(false, &once, NULL), SP_OK);
    w32_event_set(stays);
    w32_event_set(once);
    w32_event_set(NULL);
    assert_int_equal(w32_event_wait(stays, 0), SP_OK);
    assert_int_equal(w32_event_wait(stays, 0), SP_OK);
    assert_int_equal(w32_event_wait(once, 0), SP_OK);
    assert_int_equal(w32_event_wait(once, 0), SP_ETIMEOUT);
    w32_handle_close(&stays);
    w32_handle_close(&once);
}

static void there_is_a_processor(void **state)
{
    (void)state;
    assert_in_range(w32_core_count(), 1, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_joined_thread_has_run),
        TEST(joining_a_thread_that_runs_on_runs_out_and_leaves_it),
        TEST(joining_no_thread_is_done_at_once),
        TEST(a_lock_lets_one_thread_in_at_a_time),
        TEST(two_threads_wait_for_each_other_under_a_lock),
        TEST(a_condition_that_nobody_wakes_runs_out),
        TEST(an_event_that_stays_is_seen_by_every_wait),
        TEST(there_is_a_processor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
