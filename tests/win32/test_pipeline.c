/* tests/win32/test_pipeline.c - programs linked stdout to stdin: their bytes, their ends, their
 * exit codes. */
#include "win32/pipeline.h"

#include "children.h"

#include <windows.h>

#include "win32/job.h"

static const struct sp_bytes NOTHING = {0};

#define STAGES(...)                                                                                \
    .stages = (const struct w32_stage[]){__VA_ARGS__},                                             \
    .stage_count = sizeof((const struct w32_stage[]){__VA_ARGS__}) / sizeof(struct w32_stage)

/* A line of words, and a NULL behind them. */
struct words {
    const char *argv[6];
};

/* Starts `test-child` stages, each given by one line of words; a line ends at NULL. */
static void open_pipeline(const struct words *lines, size_t count, w32_handle in, w32_handle out,
                          w32_handle err, struct w32_pipeline *p)
{
    struct w32_stage stages[8];
    struct sp_error why = {0};
    assert_in_range(count, 1, 8);
    for (size_t i = 0; i < count; i++) {
        stages[i] = (struct w32_stage){.argv = lines[i].argv, .argc = 0};
        while (lines[i].argv[stages[i].argc] != NULL)
            stages[i].argc++;
    }
    const struct w32_pipeline_options options = {
        .stages = stages, .stage_count = count, .in = in, .out = out, .err = err};
    if (w32_pipeline_open(&options, p, &why) != SP_OK)
        fail_msg("%s", why.what);
}

static struct w32_pipe a_pipe(void)
{
    struct w32_pipe p = {0};
    assert_int_equal(w32_pipe_open(NULL, &p, NULL), SP_OK);
    return p;
}

/* All that comes until the end, which needs every writer to have closed its end. */
static size_t read_to_end(w32_handle h, char *text, size_t size)
{
    size_t len = 0;
    uint32_t got = 0;
    while (len + 1 < size &&
           w32_read(h, text + len, (uint32_t)(size - 1 - len), &got, NULL) == SP_OK)
        len += got;
    text[len] = '\0';
    return len;
}

/* ------------------------------------------------------------------ bytes */

static void three_programs_pass_bytes_from_first_to_last(void **state)
{
    (void)state;
    const struct words lines[] = {
        {{child_program(), "cat"}}, {{child_program(), "upper"}}, {{child_program(), "cat"}}};
    struct w32_pipe in = a_pipe();
    struct w32_pipe out = a_pipe();
    struct w32_pipeline p = {0};
    char text[64];
    uint32_t codes[3] = {77, 77, 77};
    open_pipeline(lines, 3, in.read, out.write, NULL, &p);
    w32_handle_close(&in.read);
    w32_handle_close(&out.write);
    assert_int_equal(w32_write(in.write, "from first to last", 18, NULL), SP_OK);
    w32_handle_close(&in.write);
    read_to_end(out.read, text, sizeof text);
    assert_string_equal(text, "FROM FIRST TO LAST");
    assert_int_equal(w32_pipeline_wait(&p, PATIENCE_MS, codes, NULL), SP_OK);
    assert_int_equal(codes[0] | codes[1] | codes[2], 0);
    w32_pipeline_close(&p);
    w32_pipe_close(&out);
    assert_null(p.children);
    assert_null(p.job);
}

static void one_program_is_a_pipeline_too(void **state)
{
    (void)state;
    const struct words lines[] = {{{child_program(), "exit", "9"}}};
    struct w32_pipeline p = {0};
    uint32_t code = 0;
    open_pipeline(lines, 1, NULL, NULL, NULL, &p);
    assert_int_equal(w32_pipeline_wait(&p, PATIENCE_MS, &code, NULL), SP_OK);
    assert_int_equal(code, 9);
    w32_pipeline_close(&p);
}

static void all_programs_share_one_stderr(void **state)
{
    (void)state;
    const struct words lines[] = {{{child_program(), "talk", "", "a", "0"}},
                                  {{child_program(), "talk", "", "b", "0"}},
                                  {{child_program(), "talk", "", "c", "0"}}};
    struct w32_pipe err = a_pipe();
    struct w32_pipeline p = {0};
    char text[16];
    open_pipeline(lines, 3, NULL, NULL, err.write, &p);
    w32_handle_close(&err.write);
    assert_int_equal(read_to_end(err.read, text, sizeof text), 3);
    assert_non_null(strchr(text, 'a'));
    assert_non_null(strchr(text, 'b'));
    assert_non_null(strchr(text, 'c'));
    w32_pipeline_close(&p);
    w32_pipe_close(&err);
}

static void more_programs_than_one_wait_can_take(void **state)
{
    (void)state;
    enum { MANY = MAXIMUM_WAIT_OBJECTS + 2 };
    const char *const argv[] = {child_program(), "cat"};
    struct w32_stage stages[MANY];
    for (size_t i = 0; i < MANY; i++)
        stages[i] = (struct w32_stage){argv, 2};
    const struct w32_pipeline_options options = {
        .stages = stages, .stage_count = MANY, .console = W32_CONSOLE_NONE};
    struct w32_outcome outcome = {0};
    struct sp_error err = {0};
    if (w32_pipeline_communicate(&options, sp_bytes_of("through them all"), PATIENCE_MS, &outcome,
                                 &err) != SP_OK)
        fail_msg("%s", err.what);
    assert_text(&outcome.output, "through them all");
    assert_int_equal(outcome.exit_code, 0);
    w32_outcome_deinit(&outcome);
}

/* ------------------------------------------------------------------ exit codes */

static void every_program_has_its_exit_code(void **state)
{
    (void)state;
    const struct words lines[] = {{{child_program(), "sink", "3"}},
                                  {{child_program(), "sink", "0"}},
                                  {{child_program(), "sink", "0xC000013A"}}};
    struct w32_pipeline p = {0};
    uint32_t codes[3] = {0};
    open_pipeline(lines, 3, NULL, NULL, NULL, &p);
    assert_int_equal(w32_pipeline_wait(&p, PATIENCE_MS, codes, NULL), SP_OK);
    assert_int_equal(codes[0], 3);
    assert_int_equal(codes[1], 0);
    assert_int_equal(codes[2], 0xC000013A);
    assert_int_equal(w32_pipeline_code(codes, 3), 0xC000013A);
    w32_pipeline_close(&p);
}

static void the_exit_code_of_all_is_the_last_that_is_not_0(void **state)
{
    (void)state;
    assert_int_equal(w32_pipeline_code((const uint32_t[]){0, 0, 0}, 3), 0);
    assert_int_equal(w32_pipeline_code((const uint32_t[]){3, 0, 0}, 3), 3);
    assert_int_equal(w32_pipeline_code((const uint32_t[]){3, 5, 0}, 3), 5);
    assert_int_equal(w32_pipeline_code((const uint32_t[]){3, 5, 1}, 3), 1);
    assert_int_equal(w32_pipeline_code((const uint32_t[]){0}, 1), 0);
    assert_int_equal(w32_pipeline_code(NULL, 0), 0);
}

static void a_program_that_dies_in_the_middle_ends_the_others(void **state)
{
    (void)state;
    /* The first has far more to write than a pipe holds, the last waits for what never comes. */
    const struct words lines[] = {{{child_program(), "source", "67108864"}},
                                  {{child_program(), "exit", "9"}},
                                  {{child_program(), "sink", "0"}}};
    struct w32_pipe out = a_pipe();
    struct w32_pipeline p = {0};
    char text[16];
    uint32_t codes[3] = {0};
    open_pipeline(lines, 3, NULL, out.write, NULL, &p);
    w32_handle_close(&out.write);
    read_to_end(out.read, text, sizeof text);
    assert_string_equal(text, "0\n");
    assert_int_equal(w32_pipeline_wait(&p, PATIENCE_MS, codes, NULL), SP_OK);
    assert_int_equal(codes[0], 98); /* test-child's code for a write that failed */
    assert_int_equal(codes[1], 9);
    assert_int_equal(codes[2], 0);
    assert_int_equal(w32_pipeline_code(codes, 3), 9);
    w32_pipeline_close(&p);
    w32_pipe_close(&out);
}

/* ------------------------------------------------------------------ one job, one end */

static void all_programs_are_in_one_job(void **state)
{
    (void)state;
    const struct words lines[] = {
        {{child_program(), "hang"}}, {{child_program(), "hang"}}, {{child_program(), "hang"}}};
    struct w32_pipeline p = {0};
    uint32_t ids[16] = {0};
    size_t count = 0;
    size_t found = 0;
    open_pipeline(lines, 3, NULL, NULL, NULL, &p);
    assert_int_equal(p.child_count, 3);
    assert_int_equal(w32_job_processes(p.job, ids, 16, &count, NULL), SP_OK);
    assert_in_range(count, 3, 16);
    for (size_t i = 0; i < 3; i++) {
        assert_null(p.children[i].job);
        for (size_t k = 0; k < count; k++)
            found += ids[k] == p.children[i].pid;
    }
    assert_int_equal(found, 3);
    w32_pipeline_close(&p);
}

static void closing_a_pipeline_ends_all_of_it(void **state)
{
    (void)state;
    const struct words lines[] = {{{child_program(), "hang"}},
                                  {{child_program(), "tree", "120000"}},
                                  {{child_program(), "hang"}}};
    struct w32_pipeline p = {0};
    w32_handle processes[3];
    open_pipeline(lines, 3, NULL, NULL, NULL, &p);
    for (size_t i = 0; i < 3; i++) {
        processes[i] = process_of(p.children[i].pid);
        assert_int_equal(WaitForSingleObject(processes[i], 0), WAIT_TIMEOUT);
    }
    w32_pipeline_close(&p);
    for (size_t i = 0; i < 3; i++)
        assert_ends(&processes[i]);
}

static void waiting_for_programs_that_run_on_runs_out(void **state)
{
    (void)state;
    const struct words lines[] = {{{child_program(), "exit", "1"}}, {{child_program(), "hang"}}};
    struct w32_pipeline p = {0};
    uint32_t codes[2] = {77, 77};
    open_pipeline(lines, 2, NULL, NULL, NULL, &p);
    assert_int_equal(w32_pipeline_wait(&p, 1, codes, NULL), SP_ETIMEOUT);
    assert_int_equal(codes[0], 77);
    assert_int_equal(codes[1], 77);
    w32_pipeline_close(&p);
}

/* ------------------------------------------------------------------ what can't be started */

static void no_program_is_started_when_one_is_not_there(void **state)
{
    (void)state;
    struct w32_pipe said = a_pipe();
    const struct w32_pipeline_options options = {
        STAGES({CHILD("talk", "", "started", "0")},
               {.argv = (const char *const[]){"no-such-program"}, .argc = 1}, {CHILD("cat")}),
        .err = said.write,
    };
    struct w32_pipeline p = {0};
    struct sp_error err = {0};
    char text[16];
    assert_int_equal(w32_pipeline_open(&options, &p, &err), SP_ENOTFOUND);
    assert_says(err.what, "program 2 of 3");
    assert_says(err.what, "no-such-program");
    assert_null(p.children);
    w32_handle_close(&said.write);
    assert_int_equal(read_to_end(said.read, text, sizeof text), 0);
    w32_pipe_close(&said);
}

static void a_pipeline_that_can_not_be_started_in_whole_is_ended_in_whole(void **state)
{
    (void)state;
    static char too_long[40000];
    memset(too_long, 'x', sizeof too_long - 1);
    struct w32_pipe in = a_pipe();
    const struct w32_pipeline_options options = {
        STAGES({CHILD("cat")}, {CHILD("args", too_long)}, {CHILD("cat")}),
        .in = in.read,
    };
    struct w32_pipeline p = {0};
    struct sp_error err = {0};
    assert_int_equal(w32_pipeline_open(&options, &p, &err), SP_ETOOBIG);
    assert_says(err.what, "program 2 of 3");
    assert_null(p.children);
    /* Writing fails only when nobody is left who could read. */
    w32_handle_close(&in.read);
    sp_status status = SP_OK;
    while (status == SP_OK)
        status = w32_write(in.write, "x", 1, NULL);
    assert_int_equal(status, SP_EBROKEN);
    w32_pipe_close(&in);
}

static void a_single_program_that_is_not_there_has_no_number(void **state)
{
    (void)state;
    const struct w32_pipeline_options options = {
        STAGES({.argv = (const char *const[]){"no-such-program"}, .argc = 1})};
    struct w32_pipeline p = {0};
    struct sp_error err = {0};
    assert_int_equal(w32_pipeline_open(&options, &p, &err), SP_ENOTFOUND);
    assert_null(strstr(err.what, "1 of 1"));
}

static void a_pipeline_of_nothing_is_refused(void **state)
{
    (void)state;
    struct w32_pipeline p = {0};
    assert_int_equal(w32_pipeline_open(&(struct w32_pipeline_options){0}, &p, NULL), SP_EINVAL);
    w32_pipeline_close(&p);
}

static void a_pipeline_shares_folder_and_environment(void **state)
{
    (void)state;
    const char *const env[] = {"SP_TEST_PIPELINE=for all"};
    const struct w32_pipeline_options options = {
        STAGES({CHILD("source", "1")}, {CHILD("env", "SP_TEST_PIPELINE")}),
        .env = env,
        .env_count = 1,
    };
    struct w32_outcome outcome = {0};
    assert_int_equal(w32_pipeline_communicate(&options, NOTHING, PATIENCE_MS, &outcome, NULL),
                     SP_OK);
    assert_text(&outcome.output, "for all");
    w32_outcome_deinit(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(three_programs_pass_bytes_from_first_to_last),
        TEST(one_program_is_a_pipeline_too),
        TEST(all_programs_share_one_stderr),
        TEST(more_programs_than_one_wait_can_take),
        TEST(every_program_has_its_exit_code),
        TEST(the_exit_code_of_all_is_the_last_that_is_not_0),
        TEST(a_program_that_dies_in_the_middle_ends_the_others),
        TEST(all_programs_are_in_one_job),
        TEST(closing_a_pipeline_ends_all_of_it),
        TEST(waiting_for_programs_that_run_on_runs_out),
        TEST(no_program_is_started_when_one_is_not_there),
        TEST(a_pipeline_that_can_not_be_started_in_whole_is_ended_in_whole),
        TEST(a_single_program_that_is_not_there_has_no_number),
        TEST(a_pipeline_of_nothing_is_refused),
        TEST(a_pipeline_shares_folder_and_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
