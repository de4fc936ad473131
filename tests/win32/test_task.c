/* tests/win32/test_task.c - something done again and again on a pool thread, never twice at once.
 */
#include "win32/task.h"

#include "children.h"

#include <stdatomic.h>
#include <windows.h>

#include "core/list.h"
#include "win32/loop.h"
#include "win32/thread.h"

enum { WAKERS = 4, WAKES = 2000, NEVER_MS = 10 * PATIENCE_MS };

/* A task that counts its calls. */
struct bed {
    struct w32_task *task;
    _Atomic int runs, inside;
    _Atomic bool at_once, wakes_itself;
    w32_handle came; /* an event: run is in */
    w32_handle go;   /* an event: run may leave, from then on always */
};

static void run_task(void *arg)
{
    struct bed *bed = arg;
    if (atomic_fetch_add(&bed->inside, 1) > 0)
        atomic_store(&bed->at_once, true);
    if (atomic_load(&bed->wakes_itself) && atomic_load(&bed->runs) < WAKERS)
        w32_task_wake(bed->task, 1);
    atomic_fetch_add(&bed->runs, 1);
    SetEvent(bed->came);
    WaitForSingleObject(bed->go, PATIENCE_MS);
    atomic_fetch_sub(&bed->inside, 1);
}

static void open_bed(struct bed *bed, bool may_leave)
{
    bed->came = w32_take(CreateEventW(NULL, FALSE, FALSE, NULL));
    bed->go = w32_take(CreateEventW(NULL, TRUE, may_leave, NULL));
    assert_int_equal(w32_task_open(run_task, bed, &bed->task, NULL), SP_OK);
}

static void close_bed(struct bed *bed, int runs)
{
    SetEvent(bed->go);
    assert_int_equal(w32_task_close(bed->task, PATIENCE_MS), SP_OK);
    assert_int_equal(atomic_load(&bed->runs), runs);
    assert_false(atomic_load(&bed->at_once));
    w32_handle_close(&bed->came);
    w32_handle_close(&bed->go);
    assert_int_equal(w32_handle_tally(), 0);
}

static void assert_comes(struct bed *bed)
{
    assert_int_equal(WaitForSingleObject(bed->came, PATIENCE_MS), WAIT_OBJECT_0);
}

static void a_task_runs_when_it_is_woken_and_once_more_at_its_close(void **state)
{
    (void)state;
    struct bed bed = {0};
    open_bed(&bed, true);
    w32_task_wake(bed.task, 1);
    assert_comes(&bed);
    close_bed(&bed, 2);
}

static void a_task_that_is_never_woken_runs_at_its_close(void **state)
{
    (void)state;
    struct bed bed = {0};
    open_bed(&bed, true);
    close_bed(&bed, 1);
}

static void of_several_wishes_the_soonest_counts(void **state)
{
    (void)state;
    struct bed bed = {0};
    open_bed(&bed, true);
    w32_task_wake(bed.task, NEVER_MS);
    w32_task_wake(bed.task, 0);
    w32_task_wake(bed.task, NEVER_MS);
    assert_comes(&bed);
    close_bed(&bed, 2);
}

static void wakes_while_it_runs_make_one_more_call(void **state)
{
    (void)state;
    struct bed bed = {0};
    open_bed(&bed, false);
    w32_task_wake(bed.task, 0);
    assert_comes(&bed);
    for (int i = 0; i < WAKES; i++)
        w32_task_wake(bed.task, 0);
    SetEvent(bed.go);
    assert_comes(&bed);
    close_bed(&bed, 3);
}

static void a_task_may_wake_itself(void **state)
{
    (void)state;
    struct bed bed = {.wakes_itself = true};
    open_bed(&bed, true);
    w32_task_wake(bed.task, 0);
    while (atomic_load(&bed.runs) < WAKERS + 1)
        assert_comes(&bed);
    close_bed(&bed, WAKERS + 2);
}

static void wake_often(void *arg)
{
    struct bed *bed = arg;
    for (int i = 0; i < WAKES; i++)
        w32_task_wake(bed->task, (uint32_t)i % 3);
}

static void wakes_of_many_threads_never_run_it_twice_at_once(void **state)
{
    (void)state;
    struct bed bed = {0};
    w32_handle wakers[WAKERS] = {0};
    open_bed(&bed, true);
    for (int i = 0; i < WAKERS; i++)
        assert_int_equal(w32_thread_start(wake_often, &bed, &wakers[i], NULL), SP_OK);
    for (int i = 0; i < WAKERS; i++)
        assert_int_equal(w32_thread_join(&wakers[i], PATIENCE_MS), SP_OK);
    assert_comes(&bed);
    assert_int_equal(w32_task_close(bed.task, PATIENCE_MS), SP_OK);
    assert_in_range(atomic_load(&bed.runs), 2, WAKERS * WAKES + 1);
    bed.task = NULL;
    close_bed(&bed, atomic_load(&bed.runs));
}

static void a_task_that_does_not_come_back_is_left_alone(void **state)
{
    (void)state;
    static struct bed bed;
    open_bed(&bed, false);
    w32_task_wake(bed.task, 0);
    assert_comes(&bed);
    assert_int_equal(w32_task_close(bed.task, 1), SP_ETIMEOUT);
    bed.task = NULL;
    SetEvent(bed.go);
    assert_comes(&bed); /* the call that close wanted comes after all */
    close_bed(&bed, 2);
}

/* Something that is done on the pool of a loop. */
struct errand {
    struct w32_work work;
    struct w32_loop *loop;
    bool done;
};

static void run_errand(struct w32_work *work)
{
    (void)work;
}

static void errand_done(struct w32_work *work)
{
    struct errand *errand = SP_CONTAINER(work, struct errand, work);
    errand->done = true;
    w32_loop_quit(errand->loop);
}

static void tasks_that_hang_do_not_hold_up_a_loop_s_work(void **state)
{
    (void)state;
    enum { HANGING = 6 }; /* more than either pool has threads */
    static struct bed beds[HANGING];
    struct errand errand = {.work = {.run = run_errand, .done = errand_done}};
    for (int i = 0; i < HANGING; i++) {
        open_bed(&beds[i], false);
        w32_task_wake(beds[i].task, 0);
    }
    assert_int_equal(w32_loop_open(&errand.loop, NULL), SP_OK);
    w32_loop_work(errand.loop, &errand.work);
    w32_loop_run(errand.loop);
    assert_true(errand.done);
    w32_loop_close(errand.loop);
    for (int i = 0; i < HANGING; i++)
        SetEvent(beds[i].go);
    for (int i = 0; i < HANGING; i++) {
        assert_comes(&beds[i]);
        assert_int_equal(w32_task_close(beds[i].task, PATIENCE_MS), SP_OK);
        w32_handle_close(&beds[i].came);
        w32_handle_close(&beds[i].go);
    }
    assert_int_equal(w32_handle_tally(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_runs_when_it_is_woken_and_once_more_at_its_close),
        cmocka_unit_test(a_task_that_is_never_woken_runs_at_its_close),
        cmocka_unit_test(of_several_wishes_the_soonest_counts),
        cmocka_unit_test(wakes_while_it_runs_make_one_more_call),
        cmocka_unit_test(a_task_may_wake_itself),
        cmocka_unit_test(wakes_of_many_threads_never_run_it_twice_at_once),
        cmocka_unit_test(a_task_that_does_not_come_back_is_left_alone),
        cmocka_unit_test(tasks_that_hang_do_not_hold_up_a_loop_s_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
