/* tests/e2e/test_raw.c - raw endpoints: any program that can open a file reaches a worker. The
 * clients here are plain CreateFile, ReadFile and WriteFile, and Node.js, which isn't ours. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "win32/file.h"
#include "win32/pipe.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static int open_service(void **state)
{
    (void)state;
    return fixture_open_with(NULL, "  cat: {command: [@, cat]}\n"
                                   "  obey: {command: [@, obey]}\n"
                                   "  heed: {command: [@, heed]}\n"
                                   "  talk: {command: [@, talk, said, to the log, '7']}\n"
                                   "  room: {command: [@, cat], mode: shared}\n");
}

static int close_service(void **state)
{
    (void)state;
    return fixture_close();
}

/* ------------------------------------------------------------------ plain clients */

static const char *endpoint(const char *worker)
{
    static char name[256];
    snprintf(name, sizeof name, "\\\\.\\pipe\\%s\\%s", fixture.pipe, worker);
    return name;
}

/* Clients that come one soon after the other may find both instances taken. */
static w32_handle open_raw_for(const char *worker, DWORD access)
{
    w32_handle h;
    do
        h = w32_take(CreateFileA(endpoint(worker), access, 0, NULL, OPEN_EXISTING, 0, NULL));
    while (h == NULL && GetLastError() == ERROR_PIPE_BUSY &&
           WaitNamedPipeA(endpoint(worker), FIXTURE_MS));
    if (h == NULL)
        fail_msg("opening %s: error %lu", endpoint(worker), GetLastError());
    return h;
}

static w32_handle open_raw(const char *worker)
{
    return open_raw_for(worker, GENERIC_READ | GENERIC_WRITE);
}

static void say(w32_handle raw, const char *text)
{
    assert_int_equal(w32_write(raw, text, strlen(text), NULL), SP_OK);
}

static void half_close(w32_handle raw)
{
    DWORD written = 0;
    assert_true(WriteFile(raw, "", 0, &written, NULL));
}

static void hears(w32_handle raw, const char *expected)
{
    char line[256];
    read_line(raw, line, sizeof line);
    assert_string_equal(line, expected);
}

static void assert_at_end(w32_handle raw)
{
    char byte = 0;
    uint32_t got = 0;
    assert_int_equal(w32_read(raw, &byte, 1, &got, NULL), SP_EEND);
}

static void assert_pattern(w32_handle raw, uint64_t size)
{
    static unsigned char piece[65536];
    for (uint64_t at = 0; at < size;) {
        uint32_t got = 0;
        uint32_t most = size - at < sizeof piece ? (uint32_t)(size - at) : sizeof piece;
        assert_int_equal(w32_read(raw, piece, most, &got, NULL), SP_OK);
        for (uint32_t i = 0; i < got; i++, at++)
            if (piece[i] != (unsigned char)(at * 31 + (at >> 8) * 7 + (at >> 16)))
                fail_msg("byte %llu is wrong", (unsigned long long)at);
    }
}

static void bytes_come_back_and_then_the_end(void **state)
{
    (void)state;
    w32_handle raw = open_raw("cat");
    say(raw, "one\n");
    hears(raw, "one");
    say(raw, "two\n");
    half_close(raw); /* right behind the bytes */
    hears(raw, "two");
    assert_at_end(raw);
    w32_handle_close(&raw);
    wait_for_sessions(0);
}

static void all_output_comes_after_the_half_close(void **state)
{
    (void)state;
    w32_handle raw = open_raw("obey");
    say(raw, "out 10485760\necho that was all\n");
    half_close(raw);
    hears(raw, "READY");
    assert_pattern(raw, 10485760);
    hears(raw, "that was all");
    hears(raw, "END"); /* what it says at the end of its input */
    assert_at_end(raw);
    w32_handle_close(&raw);
    wait_for_sessions(0);
}

static void half_closing_at_once_is_an_empty_input(void **state)
{
    (void)state;
    w32_handle raw = open_raw("obey");
    half_close(raw);
    hears(raw, "READY");
    hears(raw, "END");
    assert_at_end(raw);
    w32_handle_close(&raw);
    wait_for_sessions(0);
}

static void a_client_that_only_reads_gets_all(void **state)
{
    (void)state;
    char said[5] = "";
    uint32_t got = 0;
    w32_handle raw = open_raw_for("talk", GENERIC_READ);
    assert_int_equal(w32_read(raw, said, 4, &got, NULL), SP_OK);
    assert_string_equal(said, "said"); /* and not what went to stderr */
    assert_at_end(raw);
    w32_handle_close(&raw);
    wait_for_sessions(0);
}

static void ps_tells_a_raw_client(void **state)
{
    (void)state;
    w32_handle raw = open_raw("cat");
    say(raw, "here\n");
    hears(raw, "here");
    json_t *root = ps();
    json_t *session = json_array_get(json_object_get(root, "sessions"), 0);
    assert_true(json_is_true(json_object_get(session, "raw")));
    assert_string_equal(json_string_value(json_object_get(session, "worker")), "cat");
    assert_int_equal(json_integer_value(json_object_get(session, "client_pid")),
                     GetCurrentProcessId());
    json_decref(root);
    half_close(raw);
    assert_at_end(raw);
    w32_handle_close(&raw);
    wait_for_sessions(0);
}

/* ------------------------------------------------------------------ ends that are none */

static bool exists(const char *path)
{
    w32_handle file = NULL;
    bool there = w32_file_open(path, W32_FILE_READ, &file, NULL) == SP_OK;
    w32_handle_close(&file);
    return there;
}

/* The worker makes a file when its input ends. */
static w32_handle open_heed(const char *path, uint32_t *pid)
{
    char line[1024];
    w32_handle raw = open_raw("heed");
    snprintf(line, sizeof line, "%s\n", path);
    say(raw, line);
    read_line(raw, line, sizeof line);
    *pid = (uint32_t)strtoul(line, NULL, 10);
    assert_int_not_equal(*pid, 0);
    return raw;
}

static void a_half_close_is_an_end_of_input(void **state)
{
    (void)state;
    uint32_t pid = 0;
    w32_handle raw = open_heed(scratch("half-closed"), &pid);
    half_close(raw);
    assert_at_end(raw);
    assert_true(exists(scratch("half-closed")));
    w32_handle_close(&raw);
    wait_for_sessions(0);
}

static void a_client_that_leaves_ends_its_worker_and_not_its_input(void **state)
{
    (void)state;
    uint32_t pid = 0;
    w32_handle raw = open_heed(scratch("left"), &pid);
    w32_handle_close(&raw);
    wait_for_process_end(pid);
    wait_for_sessions(0);
    assert_false(exists(scratch("left")));
}

/* As what only looks whether a file is there does it. */
static void a_client_that_comes_and_goes_leaves_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        w32_handle raw = open_raw("heed");
        w32_handle_close(&raw);
    }
    wait_for_sessions(0);
    bytes_come_back_and_then_the_end(state);
}

static void a_client_may_be_gone_before_anybody_looked(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    const char *const argv[] = {fixture.child, "touch", endpoint("heed")};
    run_program(argv, 3, (struct sp_bytes){0}, &outcome);
    assert_int_equal(outcome.exit_code, 0);
    w32_outcome_deinit(&outcome);
    wait_for_sessions(0);
    bytes_come_back_and_then_the_end(state);
}

/* ------------------------------------------------------------------ what is not there */

static void a_worker_that_does_not_exist_is_not_found(void **state)
{
    (void)state;
    w32_handle raw = w32_take(CreateFileA(endpoint("nobody"), GENERIC_READ | GENERIC_WRITE, 0, NULL,
                                          OPEN_EXISTING, 0, NULL));
    assert_null(raw);
    assert_int_equal(GetLastError(), ERROR_FILE_NOT_FOUND);
}

static void a_worker_that_can_not_start_is_an_end_at_once(void **state)
{
    (void)state;
    w32_handle raw = open_raw("missing");
    assert_at_end(raw);
    w32_handle_close(&raw);
    wait_for_sessions(0);
}

/* ------------------------------------------------------------------ Node.js */

static void run_node(const char *size, struct w32_outcome *outcome)
{
    /* Tests run in the root of the repository. */
    const char *const argv[] = {"build/node/node.exe", "tests/e2e/node/raw.js", endpoint("cat"),
                                size};
    if (!exists(argv[0]))
        fail_msg("%s is not there: run tools/node, which fetches it", argv[0]);
    run_program(argv, 4, (struct sp_bytes){0}, outcome);
    if (outcome->exit_code != 0)
        fail_msg("raw.js: exit code %u: %.*s%.*s", (unsigned)outcome->exit_code,
                 (int)outcome->output.len, (const char *)outcome->output.data,
                 (int)outcome->errors.len, (const char *)outcome->errors.data);
}

static void node_gets_back_the_very_bytes_it_sent(void **state)
{
    (void)state;
    static const struct {
        const char *size;
        const char *words;
    } sizes[] = {
        {"8388608", "\"ok\":true,\"sent\":8388608,\"came\":8388608"},
        {"1", "\"ok\":true,\"sent\":1,\"came\":1"},
        {"0", "\"ok\":true,\"sent\":0,\"came\":0"},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct w32_outcome outcome;
        run_node(sizes[i].size, &outcome);
        assert_says(&outcome.output, sizes[i].words);
        w32_outcome_deinit(&outcome);
    }
    wait_for_sessions(0);
}

/* ------------------------------------------------------------------ shared workers */

/* A client of ours, with its stdin and stdout in our hands. */
struct talker {
    struct w32_child child;
    struct w32_pipe in, out;
};

static void start_talker(struct talker *t, const char *worker)
{
    *t = (struct talker){0};
    assert_int_equal(w32_pipe_open(NULL, &t->in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &t->out, NULL), SP_OK);
    start_attach(WORDS(worker), t->in.read, t->out.write, NULL, &t->child);
    w32_handle_close(&t->in.read);
    w32_handle_close(&t->out.write);
}

static void kill_talker(struct talker *t)
{
    w32_child_close(&t->child); /* ends its job */
    w32_pipe_close(&t->in);
    w32_pipe_close(&t->out);
}

static void a_shared_worker_is_one_for_raw_clients_and_ours(void **state)
{
    (void)state;
    struct talker t;
    start_talker(&t, "room");
    say(t.in.write, "from ours\n");
    hears(t.out.read, "from ours");

    w32_handle raw = open_raw("room");
    say(raw, "from raw\n");
    hears(raw, "from raw"); /* and none of what was before it came */
    hears(t.out.read, "from raw");
    say(t.in.write, "to both\n");
    hears(raw, "to both");
    hears(t.out.read, "to both");

    half_close(raw); /* its own input alone, and not the session */
    say(t.in.write, "still here\n");
    hears(raw, "still here");
    hears(t.out.read, "still here");

    w32_handle_close(&raw);
    wait_for_sessions(1);
    say(t.in.write, "alone\n");
    hears(t.out.read, "alone");
    kill_talker(&t);
    wait_for_sessions(0);
}

static void a_raw_client_starts_a_shared_worker_and_leaves_it_running(void **state)
{
    (void)state;
    w32_handle raw = open_raw("room");
    say(raw, "anybody?\n");
    hears(raw, "anybody?");
    w32_handle_close(&raw);
    wait_for_sessions(0);
    json_decref(wait_for_state("room", "running"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_back_and_then_the_end),
        cmocka_unit_test(all_output_comes_after_the_half_close),
        cmocka_unit_test(half_closing_at_once_is_an_empty_input),
        cmocka_unit_test(a_client_that_only_reads_gets_all),
        cmocka_unit_test(ps_tells_a_raw_client),
        cmocka_unit_test(a_half_close_is_an_end_of_input),
        cmocka_unit_test(a_client_that_leaves_ends_its_worker_and_not_its_input),
        cmocka_unit_test(a_client_that_comes_and_goes_leaves_nothing),
        cmocka_unit_test(a_client_may_be_gone_before_anybody_looked),
        cmocka_unit_test(a_worker_that_does_not_exist_is_not_found),
        cmocka_unit_test(a_worker_that_can_not_start_is_an_end_at_once),
        cmocka_unit_test(node_gets_back_the_very_bytes_it_sent),
        cmocka_unit_test(a_raw_client_starts_a_shared_worker_and_leaves_it_running),
        cmocka_unit_test(a_shared_worker_is_one_for_raw_clients_and_ours),
    };
    return cmocka_run_group_tests(tests, open_service, close_service);
}
