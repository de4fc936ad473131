/* tests/win32/test_usage.c - what processes take of the machine. */
#include "win32/usage.h"

#include "children.h"

#include "win32/pipeline.h"

static void start_pipeline(struct w32_pipeline *p, const char *verb, const char *word,
                           w32_handle in)
{
    const char *const words[] = {child_program(), verb, word};
    const struct w32_stage stage = {.argv = words, .argc = word == NULL ? 2 : 3};
    const struct w32_pipeline_options what = {
        .stages = &stage, .stage_count = 1, .in = in, .console = W32_CONSOLE_NONE};
    assert_int_equal(w32_pipeline_open(&what, p, NULL), SP_OK);
}

static void a_program_that_runs_takes_memory(void **state)
{
    (void)state;
    struct w32_pipe in = {0};
    struct w32_pipeline p = {0};
    struct w32_usage usage = {0};
    assert_int_equal(w32_pipe_open(NULL, &in, NULL), SP_OK);
    start_pipeline(&p, "cat", NULL, in.read);
    assert_int_equal(w32_usage_of(&p, &usage, NULL), SP_OK);
    assert_true(usage.processes >= 1);
    assert_true(usage.memory_bytes > 0);
    w32_pipe_close(&in);
    w32_pipeline_close(&p);
}

static void one_that_has_ended_takes_none_and_its_time_is_known(void **state)
{
    (void)state;
    struct w32_pipeline p = {0};
    struct w32_usage usage = {.memory_bytes = 1, .processes = 1};
    start_pipeline(&p, "exit", "3", NULL);
    assert_int_equal(w32_pipeline_wait(&p, PATIENCE_MS, NULL, NULL), SP_OK);
    /* A job may know of its last process's end a moment later than the process does. */
    while (usage.processes > 0)
        assert_int_equal(w32_usage_of(&p, &usage, NULL), SP_OK);
    assert_int_equal(usage.memory_bytes, 0);
    w32_pipeline_close(&p);
}

static void this_process_knows_its_own(void **state)
{
    (void)state;
    struct w32_usage usage = w32_usage_own();
    assert_int_equal(usage.processes, 1);
    assert_true(usage.memory_bytes > 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_program_that_runs_takes_memory),
        TEST(one_that_has_ended_takes_none_and_its_time_is_known),
        TEST(this_process_knows_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
