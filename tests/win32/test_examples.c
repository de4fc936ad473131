/* tests/win32/test_examples.c - the examples do what they promise, in no more lines than they
 * promise. */
#include "children.h"

#include <stdio.h>

#include <windows.h>

static void run_example(const char *leaf, const char *input, struct w32_outcome *outcome)
{
    const char *argv[] = {beside(leaf)};
    struct w32_spawn_options what = {.argv = argv, .argc = 1};
    struct sp_error err = {0};
    *outcome = (struct w32_outcome){{0}, {0}, 0};
    if (w32_communicate(&what, sp_bytes_of(input), PATIENCE_MS, outcome, &err) != SP_OK)
        fail_msg("%s: %s", leaf, err.what);
    assert_text(&outcome->errors, "");
    assert_int_equal(outcome->exit_code, 0);
}

static void the_server_prints_what_its_client_answers(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    run_example("createpipe_server.exe", NULL, &outcome);
    assert_text(&outcome.output, "The client got 21 bytes: \"Hello from the server\"");
    w32_outcome_deinit(&outcome);
}

static void the_client_answers_anybody(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    run_example("createpipe_client.exe", "abc", &outcome);
    assert_text(&outcome.output, "The client got 3 bytes: \"abc\"");
    w32_outcome_deinit(&outcome);
}

static void communicate_prints_what_the_client_answers(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    run_example("communicate.exe", NULL, &outcome);
    assert_text(&outcome.output, "The client got 22 bytes: \"Hello from communicate\"");
    w32_outcome_deinit(&outcome);
}

/* Run from the root of the repository, as ctest does. */
static void assert_shorter_than(const char *path, int most)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s is not there", path);
    int lines = 0;
    for (int c = fgetc(file); c != EOF; c = fgetc(file))
        lines += c == '\n';
    fclose(file);
    assert_in_range(lines, 1, most - 1);
}

static void each_is_under_forty_lines(void **state)
{
    (void)state;
    assert_shorter_than("examples/createpipe_server.c", 40);
    assert_shorter_than("examples/createpipe_client.c", 40);
    assert_shorter_than("examples/communicate.c", 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_server_prints_what_its_client_answers),
        TEST(the_client_answers_anybody),
        TEST(communicate_prints_what_the_client_answers),
        TEST(each_is_under_forty_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
