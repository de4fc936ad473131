/* tests/e2e/test_bench.c - the real standpipe-bench: that it measures everything of everybody, not
 * how fast anything is. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buffer.h"
#include "win32/file.h"
#include "win32/path.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NODE       "build/node/node.exe"

enum { WORDS_MAX = 32 };

static char *bench, *folder, *svg;

static int find_bench(void **state)
{
    (void)state;
    char *self = NULL, *beside = NULL;
    sp_status status = w32_path_self(&self, NULL);
    if (status == SP_OK)
        status = w32_path_folder(self, &beside, NULL);
    if (status == SP_OK)
        status = w32_path_join(beside, "standpipe-bench.exe", &bench, NULL);
    if (status == SP_OK)
        status = w32_folder_temporary("standpipe-e2e-bench-", &folder, NULL);
    if (status == SP_OK)
        status = w32_path_join(folder, "bench.svg", &svg, NULL);
    free(self);
    free(beside);
    return status == SP_OK ? 0 : -1;
}

static int clean_up(void **state)
{
    (void)state;
    w32_file_remove(folder);
    free(bench);
    free(folder);
    free(svg);
    return 0;
}

/* @return its exit code */
static uint32_t run(const char *const *words, struct w32_outcome *outcome)
{
    const char *argv[WORDS_MAX] = {bench};
    size_t argc = 1;
    for (; *words != NULL; words++)
        argv[argc++] = *words;
    run_program(argv, argc, (struct sp_bytes){0}, outcome);
    return outcome->exit_code;
}

static void fail_unless_ok(uint32_t code, const struct w32_outcome *outcome)
{
    if (code != 0)
        fail_msg("standpipe-bench ended with %u: %.*s", (unsigned)code, (int)outcome->errors.len,
                 (const char *)outcome->errors.data);
}

static void assert_says_nothing_of(const struct sp_buffer *text, const char *what)
{
    size_t len = strlen(what);
    for (size_t i = 0; i + len <= text->len; i++)
        assert_memory_not_equal(text->data + i, what, len);
}

/* What standpipe-bench says of a figure: a borrowed list of contestants. */
static json_t *contestants_of(json_t *root, const char *figure)
{
    json_t *list =
        json_object_get(json_object_get(json_object_get(root, "figures"), figure), "contestants");
    if (!json_is_array(list))
        fail_msg("there is no figure %s", figure);
    return list;
}

static void assert_measured(json_t *root, const char *figure, const char *contestant)
{
    size_t i;
    json_t *one;
    json_array_foreach(contestants_of(root, figure), i, one)
    {
        if (strcmp(json_string_value(json_object_get(one, "contestant")), contestant) == 0) {
            assert_int_equal(json_array_size(json_object_get(one, "samples")), 1);
            return;
        }
    }
    fail_msg("%s has no samples of %s", figure, contestant);
}

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* Of each of the contestants each of the figures. */
static void assert_all_measured(json_t *root, const char *const *figures, size_t figure_count,
                                const char *const *contestants, size_t contestant_count)
{
    for (size_t i = 0; i < figure_count; i++)
        for (size_t k = 0; k < contestant_count; k++)
            assert_measured(root, figures[i], contestants[k]);
}

static const char *const everybody[] = {"limit", "relay", "direct", "handoff", "node"};
static const char *const transports[] = {"relay", "direct", "handoff"};

static void assert_picture(const char *path)
{
    struct sp_buffer text = {0};
    assert_int_equal(w32_file_read(path, 1 << 20, &text, NULL), SP_OK);
    assert_says(&text, "<svg xmlns=");
    assert_says(&text, "</svg>");
    assert_says(&text, "round trip, 100 bytes, p99");
    assert_says(&text, "handoff");
    assert_says(&text, "NODE");
    sp_buffer_deinit(&text);
}

/* The least of everything. @return what it printed, a new reference */
static json_t *run_small(const char *figures, const char *path)
{
    struct w32_outcome outcome;
    if (!w32_file_exists(NODE))
        fail_msg("%s is not there: run tools/node, which fetches it", NODE);
    uint32_t code =
        run(WORDS("--rounds", "1", "--size", "1", "--trips", "20", "--crowd", "2", "--idle", "12",
                  "--flat", "1", "--figures", figures, "--node", NODE, "--json", "--svg", path),
            &outcome);
    fail_unless_ok(code, &outcome);
    json_t *root = json_loadb((const char *)outcome.output.data, outcome.output.len, 0, NULL);
    assert_non_null(root);
    assert_int_equal(json_integer_value(json_object_get(root, "rounds")), 1);
    w32_outcome_deinit(&outcome);
    return root;
}

static void single_sessions_of_everybody_are_measured_and_drawn(void **state)
{
    (void)state;
    static const char *const figures[] = {"upload",       "download",   "echo",
                                          "trip_1_p50",   "trip_1_p99", "trip_100_p50",
                                          "trip_100_p99", "first_byte"};
    json_t *root = run_small("transfers,trips,start", svg);
    assert_all_measured(root, figures, COUNT(figures), everybody, COUNT(everybody));
    assert_measured(root, "first_byte", "warm");
    assert_picture(svg);
    json_decref(root);
}

static void crowds_of_everybody_are_measured(void **state)
{
    (void)state;
    static const char *const all[] = {"crowd_few", "crowd_many"};
    static const char *const product[] = {"gather",         "memory_before",  "memory_attached",
                                          "memory_peak",    "private_before", "private_attached",
                                          "threads_before", "threads_peak"};
    static const char *const starters[] = {"limit", "relay", "direct", "console"};
    static const char *const workers[] = {"workers"};
    json_t *root = run_small("crowd", svg);
    assert_all_measured(root, all, COUNT(all), everybody, COUNT(everybody));
    assert_all_measured(root, product, COUNT(product), transports, COUNT(transports));
    assert_all_measured(root, workers, COUNT(workers), starters, COUNT(starters));
    assert_measured(root, "gather", "console");
    json_decref(root);
}

static void idle_sessions_and_a_long_one_are_measured(void **state)
{
    (void)state;
    static const char *const figures[] = {"idle_attach",     "idle_private", "idle_working_set",
                                          "idle_threads",    "flat_time",    "flat_memory_least",
                                          "flat_memory_most"};
    json_t *root = run_small("idle,flat", svg);
    assert_all_measured(root, figures, COUNT(figures), transports, 1);
    json_decref(root);
}

static void a_part_is_measured_of_some_and_printed_as_a_table(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    uint32_t code =
        run(WORDS("--rounds", "2", "--figures", "start", "--contestants", "direct"), &outcome);
    fail_unless_ok(code, &outcome);
    assert_says(&outcome.output, "TIME/LIMIT");
    assert_says(&outcome.output, "first byte");
    assert_says(&outcome.output, "direct");
    assert_says_nothing_of(&outcome.output, "upload");
    assert_says(&outcome.errors, "round 2 of 2: first byte (step 5 of 8)");
    w32_outcome_deinit(&outcome);
}

static void what_can_not_be_is_refused_with_what_can(void **state)
{
    (void)state;
    static const struct {
        const char *words[3], *says;
    } cases[] = {
        {{"--rounds", "0"}, "--rounds takes a whole number from 1 to 101, not '0'"},
        {{"--size", "1x"}, "--size takes a whole number"},
        {{"--crowd", "-1"}, "--crowd takes a whole number"},
        {{"--figures", "transfer"}, "--figures: 'transfer' is none of transfers, trips, start"},
        {{"--contestants", "relay,"}, "--contestants: '' is none of limit, relay, direct"},
        {{"--round", "1"}, "--rounds"},
        {{"upload"}, "upload"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct w32_outcome outcome;
        assert_int_equal(run(cases[i].words, &outcome), 2);
        assert_says(&outcome.errors, cases[i].says);
        assert_int_equal(outcome.output.len, 0);
        w32_outcome_deinit(&outcome);
    }
}

static void a_node_that_is_named_and_missing_is_no_reason_to_go_on_without(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    assert_int_equal(run(WORDS("--node", "no\\such\\node.exe"), &outcome), 1);
    assert_says(&outcome.errors, "no\\such\\node.exe");
    w32_outcome_deinit(&outcome);
}

static void a_picture_that_can_not_be_written_is_known_before_anything_is_measured(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    assert_int_equal(run(WORDS("--svg", "C:\\windows"), &outcome), 1);
    assert_says(&outcome.errors, "C:\\windows");
    assert_says_nothing_of(&outcome.errors, "round 1");
    w32_outcome_deinit(&outcome);
}

static void the_help_says_what_each_figure_is(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    assert_int_equal(run(WORDS("--help"), &outcome), 0);
    assert_says(&outcome.output, "transfers  upload, download and echo");
    assert_says(&outcome.output, "--svg FILE");
    w32_outcome_deinit(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_sessions_of_everybody_are_measured_and_drawn),
        cmocka_unit_test(crowds_of_everybody_are_measured),
        cmocka_unit_test(idle_sessions_and_a_long_one_are_measured),
        cmocka_unit_test(a_part_is_measured_of_some_and_printed_as_a_table),
        cmocka_unit_test(what_can_not_be_is_refused_with_what_can),
        cmocka_unit_test(a_node_that_is_named_and_missing_is_no_reason_to_go_on_without),
        cmocka_unit_test(a_picture_that_can_not_be_written_is_known_before_anything_is_measured),
        cmocka_unit_test(the_help_says_what_each_figure_is),
    };
    return cmocka_run_group_tests(tests, find_bench, clean_up);
}
