/* tests/e2e/test_access.c - who may do what: the service's own accounts against a client that is no
 * administrator, with the real token of its process. Under Wine a pipe's access list keeps nobody
 * out, so what is refused here is refused by the service. Two different users, and a client of
 * another machine, only Windows can show. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "win32/clock.h"
#include "win32/file.h"
#include "win32/pipe.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define USERS      "S-1-5-32-545"

static const struct sp_bytes nothing = {0};

static int open_service(void **state)
{
    (void)state;
    return fixture_open_with(
        "allow: {admin: [S-1-5-32-544]}\n",
        "  open: {command: [@, cat], allow: {write: [" USERS "]}}\n"
        "  closed: {command: [@, cat]}\n"
        "  watched: {command: [@, obey], mode: shared, autostart: true, allow: {read: [" USERS
        "]}}\n"
        "  run: {command: [@, obey], mode: shared, allow: {control: [" USERS "]}}\n");
}

static int close_service(void **state)
{
    (void)state;
    return fixture_close();
}

/* By and by. */
static void assert_logged(const char *words)
{
    uint64_t deadline = w32_clock_us() + FIXTURE_MS * (uint64_t)1000;
    struct sp_buffer text = {0};
    bool told = false;
    while (!told && w32_clock_us() < deadline) {
        text.len = 0;
        if (w32_file_read(scratch("standpiped.log"), 1 << 20, &text, NULL) == SP_OK &&
            sp_buffer_append(&text, "", 1, NULL) == SP_OK)
            told = strstr((const char *)text.data, words) != NULL;
    }
    assert_true(told);
    sp_buffer_deinit(&text);
}

static void is_refused(const char *const *words, const char *right)
{
    struct w32_outcome out;
    if (lowered(words, nothing, &out) != 125)
        fail_msg("%s: %u: %.*s", words[0], (unsigned)out.exit_code, (int)out.errors.len,
                 (const char *)out.errors.data);
    assert_says(&out.errors, right);
    w32_outcome_deinit(&out);
}

static void who_may_write_may_attach(void **state)
{
    (void)state;
    struct w32_outcome out;
    assert_int_equal(lowered(WORDS("attach", "open"), sp_bytes_of("let in\n"), &out), 0);
    assert_text(&out.output, "let in\n");
    w32_outcome_deinit(&out);
}

static void who_is_not_named_is_refused_and_told_what_it_takes(void **state)
{
    (void)state;
    is_refused(WORDS("attach", "closed"), "the right to write");
    is_refused(WORDS("attach", "closed"), "allow.write");
    is_refused(WORDS("attach", "--read-only", "closed"), "the right to write");
    is_refused(WORDS("start", "closed"), "the right to control");
    is_refused(WORDS("logs", "closed"), "the right to control");
    is_refused(WORDS("dashboard", "--print"), "the right to administer");
}

static void who_may_read_may_watch_and_no_more(void **state)
{
    (void)state;
    struct w32_pipe pipe = {0}, in = {0};
    struct w32_child child = {0}, admin = {0};
    char line[256];
    const char *const argv[] = {fixture.child, "lowered",    fixture.client, "attach",
                                "--pipe",      fixture.pipe, "--read-only",  "watched"};
    assert_int_equal(w32_pipe_open(NULL, &pipe, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &in, NULL), SP_OK);
    struct w32_spawn_options what = {.argv = argv, .argc = 8, .out = pipe.write};
    assert_int_equal(w32_spawn(&what, &child, NULL), SP_OK);
    w32_handle_close(&pipe.write);
    wait_for_sessions(1);
    start_attach(WORDS("watched"), in.read, NULL, NULL, &admin);
    assert_int_equal(w32_write(in.write, "echo for all\n", 13, NULL), SP_OK);
    read_line(pipe.read, line, sizeof line);
    assert_string_equal(line, "for all");
    w32_child_close(&admin);
    w32_pipe_close(&in);
    is_refused(WORDS("attach", "watched"), "the right to write");
    is_refused(WORDS("signal", "watched", "int"), "the right to write");
    is_refused(WORDS("stop", "watched"), "the right to control");
    w32_child_close(&child);
    w32_pipe_close(&pipe);
    wait_for_sessions(0);
}

static void who_may_control_may_start_and_stop_and_no_more(void **state)
{
    (void)state;
    struct w32_outcome out;
    assert_int_equal(lowered(WORDS("start", "run"), nothing, &out), 0);
    w32_outcome_deinit(&out);
    json_decref(wait_for_state("run", "running"));
    is_refused(WORDS("attach", "run"), "the right to write");
    is_refused(WORDS("attach", "--read-only", "run"), "the right to read");
    assert_int_equal(lowered(WORDS("stop", "run"), nothing, &out), 0);
    w32_outcome_deinit(&out);
    json_decref(wait_for_state("run", "stopped"));
}

/* The service hears of the end of its clients one by one. */
static void is_served_again(void)
{
    uint64_t deadline = w32_clock_us() + FIXTURE_MS * (uint64_t)1000;
    struct w32_outcome out;
    bool served = false;
    while (!served && w32_clock_us() < deadline) {
        served = lowered(WORDS("ps"), nothing, &out) == 0;
        w32_outcome_deinit(&out);
    }
    assert_true(served);
}

/* Administrators are not refused, though these here have the same SID. */
static void an_account_with_a_quarter_of_all_connections_gets_no_more(void **state)
{
    (void)state;
    struct w32_pipe in = {0}, out = {0};
    struct w32_child child = {0};
    char path[256], line[256];
    snprintf(path, sizeof path, "\\\\.\\pipe\\%s", fixture.pipe);
    const char *const argv[] = {fixture.child, "lowered", fixture.child, "clients", path, "2500"};
    assert_int_equal(w32_pipe_open(NULL, &in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    struct w32_spawn_options what = {.argv = argv, .argc = 6, .in = in.read, .out = out.write};
    assert_int_equal(w32_spawn(&what, &child, NULL), SP_OK);
    w32_handle_close(&in.read);
    w32_handle_close(&out.write);
    read_line(out.read, line, sizeof line);
    assert_string_equal(line, "served"); /* the last of them, too */
    is_refused(WORDS("ps"), "this account has 2500 connections");
    assert_logged("a client is cut off: this account has 2500 connections");
    json_decref(ps());
    w32_handle_close(&in.write);
    assert_int_equal(end_of(&child), 0);
    w32_child_close(&child);
    w32_pipe_close(&out);
    is_served_again();
}

static void a_list_has_only_what_is_ones_own(void **state)
{
    (void)state;
    struct w32_outcome out;
    json_error_t where;
    assert_int_equal(lowered(WORDS("ps", "--json"), nothing, &out), 0);
    json_t *seen = json_loadb((const char *)out.output.data, out.output.len, 0, &where);
    json_t *all = ps();
    assert_int_equal(json_array_size(json_object_get(seen, "workers")), 3);
    assert_true(json_array_size(json_object_get(all, "workers")) > 3);
    json_decref(seen);
    json_decref(all);
    w32_outcome_deinit(&out);
}

static void a_raw_client_is_refused_too(void **state)
{
    (void)state;
    char pipe[256];
    struct w32_outcome out;
    snprintf(pipe, sizeof pipe, "\\\\.\\pipe\\%s\\closed", fixture.pipe);
    const char *const argv[] = {fixture.child, "lowered", fixture.child, "touch", pipe};
    run_program(argv, 5, nothing, &out);
    w32_outcome_deinit(&out);
    assert_logged("refused a raw client of worker 'closed'");
}

static void access_shows_the_lists_and_why(void **state)
{
    (void)state;
    struct w32_outcome out;
    assert_int_equal(client_verb(WORDS("access", "watched"), &out), 0);
    assert_says(&out.output, "you may  read, write, control, admin");
    assert_says(&out.output, "allow.read");
    assert_says(&out.output, "allow.admin");
    assert_says(&out.output,
                "O:SYG:SYD:P(A;;0xf;;;S-1-5-18)(A;;0xf;;;S-1-5-32-544)(A;;0x1;;;" USERS ")");
    w32_outcome_deinit(&out);
    assert_int_equal(lowered(WORDS("access", "watched"), nothing, &out), 0);
    assert_says(&out.output, "you may  read\n");
    assert_says(&out.output, "shown to those who may control");
    w32_outcome_deinit(&out);
    is_refused(WORDS("access", "--account", USERS, "watched"), "may control");
}

static void access_tells_of_an_account_whether_it_may_attach(void **state)
{
    (void)state;
    struct w32_outcome out;
    assert_int_equal(client_verb(WORDS("access", "--account", USERS, "open"), &out), 0);
    assert_says(&out.output, "may attach to 'open', from this machine alone");
    assert_says(&out.output, "(allow.write)");
    w32_outcome_deinit(&out);
    assert_int_equal(client_verb(WORDS("access", "--account", USERS, "watched"), &out), 1);
    assert_says(&out.output, "may not attach");
    w32_outcome_deinit(&out);
    assert_int_equal(client_verb(WORDS("access", "--account", "NO\\body", "open"), &out), 125);
    assert_says(&out.errors, "NO\\body");
    w32_outcome_deinit(&out);
}

static void check_finds_a_name_that_nobody_has(void **state)
{
    (void)state;
    static const char text[] = "allow: {admin: [S-1-5-32-544]}\n"
                               "workers:\n"
                               "  a:\n"
                               "    command: [cmd.exe]\n"
                               "    allow: {write: [S-1-5-32-545, NOWHERE\\nobody-at-all]}\n";
    struct w32_outcome out;
    const char *path = scratch("unknown.yaml");
    assert_int_equal(w32_file_create(path, text, sizeof text - 1, NULL), SP_OK);
    assert_int_not_equal(daemon_verb(WORDS("check", path), &out), 0);
    struct sp_buffer *said = out.errors.len > 0 ? &out.errors : &out.output;
    assert_says(said, ":5:35:");
    assert_says(said, "NOWHERE\\nobody-at-all");
    w32_outcome_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_may_write_may_attach),
        cmocka_unit_test(who_is_not_named_is_refused_and_told_what_it_takes),
        cmocka_unit_test(who_may_read_may_watch_and_no_more),
        cmocka_unit_test(who_may_control_may_start_and_stop_and_no_more),
        cmocka_unit_test(an_account_with_a_quarter_of_all_connections_gets_no_more),
        cmocka_unit_test(a_list_has_only_what_is_ones_own),
        cmocka_unit_test(a_raw_client_is_refused_too),
        cmocka_unit_test(access_shows_the_lists_and_why),
        cmocka_unit_test(access_tells_of_an_account_whether_it_may_attach),
        cmocka_unit_test(check_finds_a_name_that_nobody_has),
    };
    return cmocka_run_group_tests(tests, open_service, close_service);
}
