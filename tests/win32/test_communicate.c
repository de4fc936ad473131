/* tests/win32/test_communicate.c - input and output of any size at once, with every kind of program
 * that does not do its part. */
#include "win32/communicate.h"

#include "children.h"

#include <windows.h>

#include "win32/job.h"

static const struct sp_bytes NOTHING = {0};

static struct sp_bytes pattern_of(size_t len)
{
    return (struct sp_bytes){make_pattern(len), len};
}

static void free_bytes(struct sp_bytes bytes)
{
    free((void *)(uintptr_t)bytes.data);
}

/* ------------------------------------------------------------------ bytes both ways */

static void what_goes_in_comes_out(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){CHILD("upper")}, sp_bytes_of("some text\n"), &outcome);
    assert_text(&outcome.output, "SOME TEXT\n");
    assert_int_equal(outcome.errors.len, 0);
    assert_int_equal(outcome.exit_code, 0);
    w32_outcome_deinit(&outcome);
    assert_null(outcome.output.data);
}

static void no_input_is_an_end_at_once(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){CHILD("sink", "4")}, NOTHING, &outcome);
    assert_text(&outcome.output, "0\n");
    assert_int_equal(outcome.exit_code, 4);
    w32_outcome_deinit(&outcome);
}

static void output_errors_and_exit_code_come_apart(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){CHILD("talk", "out", "err", "0xC000013A")}, NOTHING, &outcome);
    assert_text(&outcome.output, "out");
    assert_text(&outcome.errors, "err");
    assert_int_equal(outcome.exit_code, 0xC000013A);
    w32_outcome_deinit(&outcome);
}

static void large_input_and_output_at_once_is_no_deadlock(void **state)
{
    (void)state;
    struct sp_bytes input = pattern_of(64 * MIB);
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){CHILD("cat")}, input, &outcome);
    assert_pattern(&outcome.output, 64 * MIB);
    assert_int_equal(outcome.exit_code, 0);
    w32_outcome_deinit(&outcome);
    free_bytes(input);
}

static void a_program_that_writes_all_before_it_reads_is_no_deadlock(void **state)
{
    (void)state;
    struct sp_bytes input = pattern_of(16 * MIB);
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){CHILD("both-ways", "16777216")}, input, &outcome);
    assert_pattern(&outcome.output, 16 * MIB);
    assert_text(&outcome.errors, "16777216\n");
    w32_outcome_deinit(&outcome);
    free_bytes(input);
}

static void much_on_stderr_is_read_too(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){CHILD("stderr", "8388608")}, NOTHING, &outcome);
    assert_pattern(&outcome.errors, 8 * MIB);
    assert_int_equal(outcome.output.len, 0);
    w32_outcome_deinit(&outcome);
}

static void a_write_of_nothing_is_no_end(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){CHILD("zero")}, NOTHING, &outcome);
    assert_text(&outcome.output, "ab");
    w32_outcome_deinit(&outcome);
}

/* ------------------------------------------------------------------ programs that don't do it all
 */

static void a_program_that_never_reads_is_no_hang(void **state)
{
    (void)state;
    struct sp_bytes input = pattern_of(8 * MIB);
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){CHILD("talk", "unasked", "", "3")}, input, &outcome);
    assert_text(&outcome.output, "unasked");
    assert_int_equal(outcome.exit_code, 3);
    w32_outcome_deinit(&outcome);
    free_bytes(input);
}

static void a_program_that_closes_its_input_early_is_no_hang(void **state)
{
    (void)state;
    struct sp_bytes input = pattern_of(8 * MIB);
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){CHILD("close-stdin", "50")}, input, &outcome);
    assert_text(&outcome.output, "closed\n");
    assert_int_equal(outcome.exit_code, 0);
    w32_outcome_deinit(&outcome);
    free_bytes(input);
}

static void a_program_that_reads_a_part_is_no_hang(void **state)
{
    (void)state;
    struct sp_bytes input = pattern_of(8 * MIB);
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){CHILD("read-some", "10")}, input, &outcome);
    assert_text(&outcome.output, "enough\n");
    w32_outcome_deinit(&outcome);
    free_bytes(input);
}

static void a_program_that_never_writes_is_waited_for(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){CHILD("sleep", "50")}, NOTHING, &outcome);
    assert_int_equal(outcome.output.len + outcome.errors.len, 0);
    assert_int_equal(outcome.exit_code, 0);
    w32_outcome_deinit(&outcome);
}

static void a_program_that_closes_its_output_early_still_gets_its_input(void **state)
{
    (void)state;
    struct sp_bytes input = pattern_of(8 * MIB);
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){CHILD("close-stdout")}, input, &outcome);
    assert_int_equal(outcome.output.len, 0);
    assert_int_equal(outcome.exit_code, 0); /* it has read something */
    w32_outcome_deinit(&outcome);
    free_bytes(input);
}

static void nothing_is_lost_when_a_program_exits_right_after_writing(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){CHILD("burst", "10485760", "6")}, NOTHING, &outcome);
    assert_pattern(&outcome.output, 10 * MIB);
    assert_int_equal(outcome.exit_code, 6);
    w32_outcome_deinit(&outcome);
}

static void a_crash_is_an_exit_code(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){CHILD("crash")}, NOTHING, &outcome);
    assert_int_equal(outcome.exit_code, 0xC0000005);
    w32_outcome_deinit(&outcome);
}

/* ------------------------------------------------------------------ bounds */

/* The end of this pipe is the proof that every process that held its other end has gone. */
struct witness {
    struct w32_pipe pipe;
};

static struct witness a_witness(void)
{
    struct witness w = {0};
    assert_int_equal(w32_pipe_open(NULL, &w.pipe, NULL), SP_OK);
    return w;
}

static void assert_all_gone(struct witness *w)
{
    char text[256];
    uint32_t got = 0;
    sp_status status = SP_OK;
    w32_handle_close(&w->pipe.write);
    while (status == SP_OK)
        status = w32_read(w->pipe.read, text, sizeof text, &got, NULL);
    assert_int_equal(status, SP_EEND);
    w32_pipe_close(&w->pipe);
}

static void a_program_that_does_not_end_in_time_is_ended(void **state)
{
    (void)state;
    struct witness w = a_witness();
    struct w32_outcome outcome = {0};
    struct sp_error err = {0};
    struct w32_spawn_options what = {CHILD("hang"), .err = w.pipe.write};
    assert_int_equal(w32_communicate(&what, NOTHING, 200, &outcome, &err), SP_ETIMEOUT);
    assert_says(err.what, "ran out");
    assert_all_gone(&w);
    w32_outcome_deinit(&outcome);
}

static void a_program_that_takes_no_input_is_ended_in_time(void **state)
{
    (void)state;
    struct sp_bytes input = pattern_of(8 * MIB);
    struct w32_outcome outcome = {0};
    struct w32_spawn_options what = {CHILD("hang")};
    assert_int_equal(w32_communicate(&what, input, 200, &outcome, NULL), SP_ETIMEOUT);
    w32_outcome_deinit(&outcome);
    free_bytes(input);
}

static void the_time_limit_ends_the_whole_tree(void **state)
{
    (void)state;
    struct witness w = a_witness();
    struct w32_outcome outcome = {0};
    struct w32_spawn_options what = {CHILD("tree", "120000"), .err = w.pipe.write};
    assert_int_equal(w32_communicate(&what, NOTHING, 1000, &outcome, NULL), SP_ETIMEOUT);
    assert_all_gone(&w);
    w32_outcome_deinit(&outcome);
}

static void no_time_at_all_is_a_time_limit_too(void **state)
{
    (void)state;
    struct w32_outcome outcome = {0};
    struct w32_spawn_options what = {CHILD("hang")};
    assert_int_equal(w32_communicate(&what, NOTHING, 0, &outcome, NULL), SP_ETIMEOUT);
    w32_outcome_deinit(&outcome);
}

static void output_held_by_a_grandchild_is_given_up(void **state)
{
    (void)state;
    struct witness w = a_witness();
    struct w32_outcome outcome = {0};
    struct sp_error err = {0};
    struct w32_spawn_options what = {CHILD("grandchild", "sleep", "120000"), .err = w.pipe.write};
    if (w32_communicate(&what, NOTHING, PATIENCE_MS, &outcome, &err) != SP_OK)
        fail_msg("%s", err.what);
    assert_int_equal(outcome.exit_code, 0);
    assert_true(outcome.output.len > 1); /* the grandchild's pid */
    assert_all_gone(&w);
    w32_outcome_deinit(&outcome);
}

static void what_a_grandchild_writes_after_its_parent_s_end_is_read(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){CHILD("heir", "late")}, NOTHING, &outcome);
    assert_text(&outcome.output, "late");
    assert_int_equal(outcome.exit_code, 0);
    w32_outcome_deinit(&outcome);
}

static void an_output_up_to_its_ceiling_is_taken(void **state)
{
    (void)state;
    struct w32_outcome outcome = {.output = {.max = 100000}};
    struct w32_spawn_options what = {CHILD("source", "100000")};
    assert_int_equal(w32_communicate(&what, NOTHING, PATIENCE_MS, &outcome, NULL), SP_OK);
    assert_pattern(&outcome.output, 100000);
    w32_outcome_deinit(&outcome);
}

static void an_output_beyond_its_ceiling_ends_the_program(void **state)
{
    (void)state;
    struct witness w = a_witness();
    struct w32_outcome outcome = {.output = {.max = 100000}};
    struct sp_error err = {0};
    struct w32_spawn_options what = {CHILD("source", "0x40000000"), .err = w.pipe.write};
    assert_int_equal(w32_communicate(&what, NOTHING, PATIENCE_MS, &outcome, &err), SP_ETOOBIG);
    assert_says(err.what, "100000");
    assert_pattern(&outcome.output, 100000);
    assert_all_gone(&w);
    w32_outcome_deinit(&outcome);
}

static void errors_have_a_ceiling_of_their_own(void **state)
{
    (void)state;
    struct w32_outcome outcome = {.errors = {.max = 10}};
    struct w32_spawn_options what = {CHILD("stderr", "11")};
    assert_int_equal(w32_communicate(&what, NOTHING, PATIENCE_MS, &outcome, NULL), SP_ETOOBIG);
    assert_pattern(&outcome.errors, 10);
    w32_outcome_deinit(&outcome);
}

/* ------------------------------------------------------------------ how it is asked */

static void a_stderr_that_is_given_is_not_captured(void **state)
{
    (void)state;
    struct w32_pipe err = {0};
    struct w32_outcome outcome;
    char text[16];
    uint32_t got = 0;
    assert_int_equal(w32_pipe_open(NULL, &err, NULL), SP_OK);
    run(&(struct w32_spawn_options){CHILD("talk", "out", "err", "0"), .err = err.write}, NOTHING,
        &outcome);
    assert_text(&outcome.output, "out");
    assert_int_equal(outcome.errors.len, 0);
    assert_int_equal(w32_read(err.read, text, sizeof text, &got, NULL), SP_OK);
    assert_int_equal(got, 3);
    assert_memory_equal(text, "err", 3);
    w32_pipe_close(&err);
    w32_outcome_deinit(&outcome);
}

static void what_is_ours_can_not_be_given(void **state)
{
    (void)state;
    struct w32_pipe p = {0};
    struct w32_outcome outcome = {0};
    w32_handle job = NULL;
    assert_int_equal(w32_pipe_open(NULL, &p, NULL), SP_OK);
    assert_int_equal(w32_job_open(&job, NULL), SP_OK);
    const struct w32_spawn_options wrong[] = {
        {CHILD("cat"), .in = p.read},
        {CHILD("cat"), .out = p.write},
        {CHILD("cat"), .job = job},
    };
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(w32_communicate(&wrong[i], NOTHING, PATIENCE_MS, &outcome, NULL),
                         SP_EINVAL);
    w32_handle_close(&job);
    w32_pipe_close(&p);
    w32_outcome_deinit(&outcome);
}

static void a_program_that_is_not_there_is_not_found(void **state)
{
    (void)state;
    const char *const argv[] = {"no-such-program"};
    struct w32_outcome outcome = {0};
    struct sp_error err = {0};
    assert_int_equal(w32_communicate(&(struct w32_spawn_options){.argv = argv, .argc = 1}, NOTHING,
                                     PATIENCE_MS, &outcome, &err),
                     SP_ENOTFOUND);
    assert_says(err.what, "no-such-program");
    w32_outcome_deinit(&outcome);
}

/* ------------------------------------------------------------------ pipelines */

static void a_pipeline_takes_and_gives_any_size(void **state)
{
    (void)state;
    const struct w32_stage stages[] = {{CHILD("cat")}, {CHILD("cat")}, {CHILD("cat")}};
    struct sp_bytes input = pattern_of(16 * MIB);
    struct w32_outcome outcome = {0};
    struct w32_pipeline_options what = {.stages = stages, .stage_count = 3};
    assert_int_equal(w32_pipeline_communicate(&what, input, PATIENCE_MS, &outcome, NULL), SP_OK);
    assert_pattern(&outcome.output, 16 * MIB);
    assert_int_equal(outcome.exit_code, 0);
    w32_outcome_deinit(&outcome);
    free_bytes(input);
}

static void a_pipeline_whose_first_program_fails_says_so(void **state)
{
    (void)state;
    const struct w32_stage stages[] = {{CHILD("talk", "part", "broken", "5")}, {CHILD("upper")}};
    struct w32_outcome outcome = {0};
    struct w32_pipeline_options what = {.stages = stages, .stage_count = 2};
    assert_int_equal(w32_pipeline_communicate(&what, NOTHING, PATIENCE_MS, &outcome, NULL), SP_OK);
    assert_text(&outcome.output, "PART");
    assert_text(&outcome.errors, "broken");
    assert_int_equal(outcome.exit_code, 5);
    w32_outcome_deinit(&outcome);
}

static void a_pipeline_whose_last_program_closes_its_output_goes_on(void **state)
{
    (void)state;
    /* The last one's output ends at once, its exit comes when it has read everything. */
    const struct w32_stage stages[] = {{CHILD("cat")}, {CHILD("close-stdout")}};
    struct sp_bytes input = pattern_of(4 * MIB);
    struct w32_outcome outcome = {0};
    struct w32_pipeline_options what = {.stages = stages, .stage_count = 2};
    assert_int_equal(w32_pipeline_communicate(&what, input, PATIENCE_MS, &outcome, NULL), SP_OK);
    assert_int_equal(outcome.exit_code, 0);
    w32_outcome_deinit(&outcome);
    free_bytes(input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_goes_in_comes_out),
        TEST(no_input_is_an_end_at_once),
        TEST(output_errors_and_exit_code_come_apart),
        TEST(large_input_and_output_at_once_is_no_deadlock),
        TEST(a_program_that_writes_all_before_it_reads_is_no_deadlock),
        TEST(much_on_stderr_is_read_too),
        TEST(a_write_of_nothing_is_no_end),
        TEST(a_program_that_never_reads_is_no_hang),
        TEST(a_program_that_closes_its_input_early_is_no_hang),
        TEST(a_program_that_reads_a_part_is_no_hang),
        TEST(a_program_that_never_writes_is_waited_for),
        TEST(a_program_that_closes_its_output_early_still_gets_its_input),
        TEST(nothing_is_lost_when_a_program_exits_right_after_writing),
        TEST(a_crash_is_an_exit_code),
        TEST(a_program_that_does_not_end_in_time_is_ended),
        TEST(a_program_that_takes_no_input_is_ended_in_time),
        TEST(the_time_limit_ends_the_whole_tree),
        TEST(no_time_at_all_is_a_time_limit_too),
        TEST(output_held_by_a_grandchild_is_given_up),
        TEST(what_a_grandchild_writes_after_its_parent_s_end_is_read),
        TEST(an_output_up_to_its_ceiling_is_taken),
        TEST(an_output_beyond_its_ceiling_ends_the_program),
        TEST(errors_have_a_ceiling_of_their_own),
        TEST(a_stderr_that_is_given_is_not_captured),
        TEST(what_is_ours_can_not_be_given),
        TEST(a_program_that_is_not_there_is_not_found),
        TEST(a_pipeline_takes_and_gives_any_size),
        TEST(a_pipeline_whose_first_program_fails_says_so),
        TEST(a_pipeline_whose_last_program_closes_its_output_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
