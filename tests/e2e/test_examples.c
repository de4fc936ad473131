/* tests/e2e/test_examples.c - the examples in other languages, and language servers: each as its
 * first comment says, against the real service. Those in Go run where it was built, see
 * tools/examples. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include <windows.h>

#include "win32/file.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Tests run in the root of the repository. */
#define NODE    "build/node/node.exe"
#define PYRIGHT "build/pyright/langserver.index.js"

static int open_service(void **state)
{
    (void)state;
    static char workers[4096]; /* the fixture borrows it */
    char here[MAX_PATH];
    if (GetCurrentDirectoryA(sizeof here, here) == 0)
        return -1;
    snprintf(workers, sizeof workers,
             "  cat: {command: [@, cat]}\n"
             "  talk: {command: [@, talk, said, to the side, '7']}\n"
             "  words: {command: ['%s/" NODE "', '%s/examples/mcp/server.js']}\n"
             "  pyright: {command: ['%s/" NODE "', '%s/" PYRIGHT "', --stdio]}\n",
             here, here, here, here);
    return fixture_open_with(NULL, workers);
}

static int close_service(void **state)
{
    (void)state;
    return fixture_close();
}

/* ------------------------------------------------------------------ running one */

static bool exists(const char *path)
{
    w32_handle file = NULL;
    bool there = w32_file_open(path, W32_FILE_READ, &file, NULL) == SP_OK;
    w32_handle_close(&file);
    return there;
}

static void need(const char *path, const char *tool)
{
    if (!exists(path))
        fail_msg("%s is not there: run %s, which fetches it", path, tool);
}

/* A program beside the tests. */
static const char *beside(const char *leaf)
{
    static char path[1024];
    const char *self = fixture.child;
    size_t folder = (size_t)(strrchr(self, '\\') - self) + 1;
    snprintf(path, sizeof path, "%.*s%s", (int)folder, self, leaf);
    return path;
}

static const char *endpoint(const char *worker)
{
    static char name[256];
    snprintf(name, sizeof name, "\\\\.\\pipe\\%s\\%s", fixture.pipe, worker);
    return name;
}

enum { WORDS_MAX = 8 };

/* A program and its first words, then NULL, and what comes behind them, then NULL. */
static void run_example(const char *const *words, const char *const *more, const char *input,
                        struct w32_outcome *outcome)
{
    const char *argv[WORDS_MAX];
    size_t argc = 0;
    for (; *words != NULL; words++)
        argv[argc++] = *words;
    for (; *more != NULL; more++)
        argv[argc++] = *more;
    run_program(argv, argc, sp_bytes_of(input), outcome);
}

static void assert_outcome(struct w32_outcome *outcome, const char *output, const char *errors,
                           uint32_t code)
{
    assert_text(&outcome->output, output);
    assert_text(&outcome->errors, errors);
    assert_int_equal(outcome->exit_code, code);
    w32_outcome_deinit(outcome);
}

/* Bytes in, stdout out, and the end of stdin, without which this worker would not end. */
static void raw_works(const char *const *words)
{
    struct w32_outcome outcome;
    run_example(words, WORDS(endpoint("cat")), "one\ntwo\n", &outcome);
    assert_outcome(&outcome, "one\ntwo\n", "", 0);
    run_example(words, WORDS(endpoint("cat")), "", &outcome);
    assert_outcome(&outcome, "", "", 0);
    wait_for_sessions(0);
}

/* All three streams apart, the end of stdin, the exit code; and a refusal. */
static void attach_works(const char *const *words)
{
    struct w32_outcome outcome;
    run_example(words, WORDS(fixture.pipe, "upper"), "one\ntwo\n", &outcome);
    assert_outcome(&outcome, "ONE\nTWO\n", "", 0);
    run_example(words, WORDS(fixture.pipe, "talk"), "", &outcome);
    assert_outcome(&outcome, "said", "to the side", 7);
    run_example(words, WORDS(fixture.pipe, "nobody"), "", &outcome);
    assert_says(&outcome.errors, "there is no worker 'nobody'");
    assert_int_equal(outcome.exit_code, 127);
    w32_outcome_deinit(&outcome);
    wait_for_sessions(0);
}

/* ------------------------------------------------------------------ the languages */

static void raw_in_c(void **state)
{
    (void)state;
    raw_works(WORDS(beside("example-raw.exe")));
}

static void attach_in_c(void **state)
{
    (void)state;
    attach_works(WORDS(beside("example-attach.exe")));
}

static void raw_in_node(void **state)
{
    (void)state;
    need(NODE, "tools/node");
    raw_works(WORDS(NODE, "examples/node/raw.js"));
}

static void attach_in_node(void **state)
{
    (void)state;
    need(NODE, "tools/node");
    attach_works(WORDS(NODE, "examples/node/attach.js"));
}

static void raw_in_go(void **state)
{
    (void)state;
    if (!exists("build/go/raw.exe"))
        skip();
    raw_works(WORDS("build/go/raw.exe"));
}

static void attach_in_go(void **state)
{
    (void)state;
    if (!exists("build/go/attach.exe"))
        skip();
    attach_works(WORDS("build/go/attach.exe"));
}

/* ------------------------------------------------------------------ servers over stdin and stdout
 */

static void an_mcp_server_answers_its_client(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    const char *const argv[] = {
        NODE, "examples/mcp/session.js", fixture.client, "attach", "--pipe", fixture.pipe, "words"};
    need(NODE, "tools/node");
    run_program(argv, sizeof argv / sizeof *argv, (struct sp_bytes){0}, &outcome);
    assert_outcome(&outcome,
                   "words speaks MCP 2025-06-18\n"
                   "count_words: Counts the words of a text.\n"
                   "count_words(\"one two  three\") is 3\n"
                   "no such tool, or no text for it: nope\n",
                   "", 0);
    wait_for_sessions(0);
}

static void a_language_server_finds_an_editor_s_error(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    const char *const argv[] = {NODE,           "examples/lsp/session.js",
                                "python",       "examples/lsp/wrong.py",
                                fixture.client, "attach",
                                "--pipe",       fixture.pipe,
                                "pyright"};
    need(NODE, "tools/node");
    need(PYRIGHT, "tools/pyright");
    run_program(argv, sizeof argv / sizeof *argv, (struct sp_bytes){0}, &outcome);
    assert_outcome(&outcome,
                   "initialized: a server\n"
                   "wrong.py:1: Type \"Literal['three']\" is not assignable to declared type "
                   "\"int\"\n"
                   "shut down\n",
                   "", 0);
    wait_for_sessions(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_in_c),
        cmocka_unit_test(attach_in_c),
        cmocka_unit_test(raw_in_node),
        cmocka_unit_test(attach_in_node),
        cmocka_unit_test(raw_in_go),
        cmocka_unit_test(attach_in_go),
        cmocka_unit_test(an_mcp_server_answers_its_client),
        cmocka_unit_test(a_language_server_finds_an_editor_s_error),
    };
    return cmocka_run_group_tests(tests, open_service, close_service);
}
