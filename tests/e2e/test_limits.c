/* tests/e2e/test_limits.c - what a worker's limits refuse and end, and what its clients are told;
 * whom a worker runs as. What Wine lacks is windows-only: limits of a job's memory, processes and
 * processor time that hold, clients that don't let themselves be acted for, accounts that are
 * logged on, and the store of their passwords. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "win32/file.h"
#include "win32/pipe.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

enum { CROWD = 5 };

static const struct sp_bytes nothing = {0};

static int open_service(void **state)
{
    (void)state;
    return fixture_open_with(
        "stop: {stdin: 5s, signal: 300ms}\n",
        "  two: {command: [@, obey], limits: {instances: 2}}\n"
        "  mine: {command: [@, obey], limits: {per_user: 1}}\n"
        "  rare: {command: [@, cat], limits: {connect_rate: 1}}\n"
        "  brief: {command: [@, obey], limits: {session_time: 1s}}\n"
        "  idle: {command: [@, obey], limits: {idle_time: 1s}}\n"
        "  room: {command: [@, obey], mode: shared, limits: {session_time: 1s}}\n"
        "  memory: {command: [@, hog, '256'], limits: {memory: 64MiB}}\n"
        "  processes: {command: [@, crowd, '3'], console: none, limits: {processes: 2}}\n"
        "  cpu: {command: [@, cat], limits: {cpu: 50}}\n"
        "  less: {command: [@, token], restricted: true}\n"
        "  client: {command: [@, token], run_as: client}\n"
        "  account: {command: [@, cat], run_as: {user: .\\nobody-at-all}}\n");
}

static int close_service(void **state)
{
    (void)state;
    return fixture_close();
}

/* A client whose stdin stays open. */
struct client {
    struct w32_pipe in, out, err;
    struct w32_child child;
};

/* Over the relay, so that it is the service's to end its stdin. */
static void start_client(struct client *c, const char *worker)
{
    assert_int_equal(w32_pipe_open(NULL, &c->in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &c->out, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &c->err, NULL), SP_OK);
    start_attach(WORDS("--transport", "relay", worker), c->in.read, c->out.write, c->err.write,
                 &c->child);
    w32_handle_close(&c->in.read);
    w32_handle_close(&c->out.write);
    w32_handle_close(&c->err.write);
}

/* Whether its worker runs for it, or it was refused. */
static bool is_in(struct client *c)
{
    char line[16];
    uint32_t got = 0;
    sp_status status = w32_read(c->out.read, line, sizeof line, &got, NULL);
    assert_true(status == SP_OK || status == SP_EEND);
    return status == SP_OK;
}

static uint32_t end_client(struct client *c, char *said, size_t size)
{
    uint32_t got = 0, len = 0;
    w32_handle_close(&c->in.write);
    while (len + 1 < size &&
           w32_read(c->err.read, said + len, (uint32_t)size - 1 - len, &got, NULL) == SP_OK)
        len += got;
    said[len] = '\0';
    uint32_t code = end_of(&c->child);
    w32_child_close(&c->child);
    w32_pipe_close(&c->in);
    w32_pipe_close(&c->out);
    w32_pipe_close(&c->err);
    return code;
}

static void assert_logged(const char *what)
{
    struct sp_buffer log = {0};
    assert_int_equal(w32_file_read(scratch("standpiped.log"), 1 << 20, &log, NULL), SP_OK);
    assert_says(&log, what);
    sp_buffer_deinit(&log);
}

static void assert_in(const char *text, const char *what)
{
    if (strstr(text, what) == NULL)
        fail_msg("'%s' is not in: %s", what, text);
}

/* ------------------------------------------------------------------ how many */

/* All at once, and on all loops: what is counted twice or not at all would show. */
static void of_many_who_come_at_once_as_many_as_are_granted_get_in(void **state)
{
    (void)state;
    struct client clients[CROWD] = {0};
    bool in[CROWD];
    char said[1024];
    int count = 0;
    for (int i = 0; i < CROWD; i++)
        start_client(&clients[i], "two");
    for (int i = 0; i < CROWD; i++)
        count += in[i] = is_in(&clients[i]);
    assert_int_equal(count, 2);
    for (int i = 0; i < CROWD; i++) {
        assert_int_equal(end_client(&clients[i], said, sizeof said), in[i] ? 0 : 125);
        if (!in[i])
            assert_in(said, "there are 2 sessions, and there may be no more (limits: instances)");
    }
    assert_logged("refused attach to S-1-");
    assert_logged("worker 'two': there are 2 sessions");
}

static void raw_client_is_cut_off(const char *worker)
{
    char name[256], byte = 0;
    uint32_t got = 0;
    snprintf(name, sizeof name, "\\\\.\\pipe\\%s\\%s", fixture.pipe, worker);
    w32_handle raw =
        w32_take(CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL));
    assert_non_null(raw);
    assert_int_equal(w32_read(raw, &byte, 1, &got, NULL), SP_EEND);
    w32_handle_close(&raw);
}

/* The next one comes right behind the exit of the one before: it must find the place free. */
static void a_user_may_have_so_many_and_another_when_one_has_ended(void **state)
{
    (void)state;
    struct client first = {0};
    struct w32_outcome outcome;
    char said[1024];
    start_client(&first, "mine");
    assert_true(is_in(&first));
    attach(WORDS("mine"), nothing, &outcome);
    assert_int_equal(outcome.exit_code, 125);
    assert_says(&outcome.errors,
                "this user has 1 session, and may have no more (limits: per_user)");
    w32_outcome_deinit(&outcome);
    raw_client_is_cut_off("mine");
    assert_logged("a raw client of worker 'mine', S-1-");
    assert_int_equal(end_client(&first, said, sizeof said), 0);
    attach(WORDS("mine"), sp_bytes_of("exit 7\n"), &outcome);
    assert_int_equal(outcome.exit_code, 7);
    w32_outcome_deinit(&outcome);
}

static void a_user_who_comes_too_often_is_told_when_to_come_again(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("rare"), sp_bytes_of("x"), &outcome);
    assert_int_equal(outcome.exit_code, 0);
    w32_outcome_deinit(&outcome);
    attach(WORDS("rare"), sp_bytes_of("x"), &outcome);
    assert_int_equal(outcome.exit_code, 125);
    assert_says(&outcome.errors, "may 1 time a minute (limits: connect_rate); again in ");
    w32_outcome_deinit(&outcome);
    assert_logged("(limits: connect_rate)");
}

/* ------------------------------------------------------------------ how long */

static void is_ended(const char *worker, const char *why)
{
    struct client c = {0};
    char said[1024], line[64];
    start_client(&c, worker);
    read_line(c.out.read, line, sizeof line);
    assert_string_equal(line, "READY");
    read_line(c.out.read, line, sizeof line);
    assert_string_equal(line, "END"); /* it was stopped as ever: by the end of its stdin */
    assert_int_equal(end_client(&c, said, sizeof said), 125);
    assert_in(said, "the worker was ended (its exit code: 0)");
    assert_in(said, why);
    assert_logged(why);
}

static void a_session_ends_when_its_time_is_over(void **state)
{
    (void)state;
    is_ended("brief", "the session lasted as long as it may (limits: session_time)");
}

static void a_session_in_which_nothing_moves_is_ended(void **state)
{
    (void)state;
    is_ended("idle", "nothing moved in the session for as long as may be (limits: idle_time)");
}

static void a_client_of_a_shared_worker_is_sent_away_and_the_worker_stays(void **state)
{
    (void)state;
    struct client c = {0};
    char said[1024], line[64];
    start_client(&c, "room");
    read_line(c.out.read, line, sizeof line);
    assert_false(is_in(&c));
    assert_int_equal(end_client(&c, said, sizeof said), 125);
    assert_in(said, "the session lasted as long as it may (limits: session_time)");
    json_decref(wait_for_state("room", "running"));
}

/* ------------------------------------------------------------------ what it may take */

/* Whether a limit that is Windows' to hold was held: its line then is in the log. */
static void assert_held(const char *worker, const char *held, const char *not_held,
                        const char *logged)
{
    struct w32_outcome outcome;
    attach(WORDS(worker), nothing, &outcome);
    assert_int_equal(outcome.exit_code, 0);
    bool ignored = outcome.output.len == strlen(not_held) &&
                   memcmp(outcome.output.data, not_held, outcome.output.len) == 0;
    if (!ignored) {
        assert_text(&outcome.output, held);
        assert_logged(logged);
    } else
        print_message("windows-only: this system takes a limit of %s and does not hold it\n",
                      worker);
    w32_outcome_deinit(&outcome);
}

static void what_a_worker_takes_is_limited_by_windows(void **state)
{
    (void)state;
    assert_held("memory", "refused\n", "all\n", "(limits: memory)");
    assert_held("processes", "1\n", "3\n", "(limits: processes)");
}

static void without_a_limit_of_processor_time_it_runs_and_the_log_says_so(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("cpu"), sp_bytes_of("here"), &outcome);
    assert_int_equal(outcome.exit_code, 0);
    assert_text(&outcome.output, "here");
    w32_outcome_deinit(&outcome);
    assert_logged("worker 'cpu' runs without its limit of processor time (limits: cpu)");
}

/* ------------------------------------------------------------------ whom it runs as */

static void a_restricted_worker_has_no_privilege_and_is_no_administrator(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("child", "--", "token"), nothing, &outcome);
    assert_text(&outcome.output, "some privileges, an administrator\n");
    w32_outcome_deinit(&outcome);
    attach(WORDS("less"), nothing, &outcome);
    assert_text(&outcome.output, "no privileges, no administrator\n");
    assert_int_equal(outcome.exit_code, 0);
    w32_outcome_deinit(&outcome);
}

static void a_worker_runs_as_a_client_that_lets_it(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("--impersonate", "client"), nothing, &outcome);
    assert_text(&outcome.output, "some privileges, an administrator\n");
    assert_int_equal(outcome.exit_code, 0);
    w32_outcome_deinit(&outcome);
    raw_client_is_cut_off("client");
    assert_logged("a raw client of worker 'client' is cut off: it runs as its client");
}

static void assert_listed(const char *what)
{
    struct w32_outcome outcome;
    assert_int_equal(daemon_verb(WORDS("secret", "list", "--name", fixture.name), &outcome), 0);
    assert_says(&outcome.output, what);
    w32_outcome_deinit(&outcome);
}

static void an_account_is_logged_on_with_the_password_that_was_set(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    const char *const set[] = {fixture.daemon, "secret", "set", "account", "--name", fixture.name};
    attach(WORDS("account"), nothing, &outcome);
    assert_int_equal(outcome.exit_code, 126);
    assert_says(&outcome.errors, "worker 'account' runs as .\\nobody-at-all, whose password nobody "
                                 "has set (\"standpiped secret set account\")");
    w32_outcome_deinit(&outcome);
    assert_listed("account  .\\nobody-at-all  missing");
    run_program(set, 6, sp_bytes_of("a wrong one\r\n"), &outcome);
    if (outcome.exit_code != 0) {
        assert_says(&outcome.errors, "writing to Windows' store of private data");
        print_message("windows-only: this system has no store of private data\n");
        w32_outcome_deinit(&outcome);
        return;
    }
    w32_outcome_deinit(&outcome);
    assert_listed("account  .\\nobody-at-all  set");
    attach(WORDS("account"), nothing, &outcome);
    assert_int_equal(outcome.exit_code, 126);
    assert_says(&outcome.errors, "logging .\\nobody-at-all on: ");
    w32_outcome_deinit(&outcome);
    assert_int_equal(
        daemon_verb(WORDS("secret", "remove", "account", "--name", fixture.name), &outcome), 0);
    w32_outcome_deinit(&outcome);
    assert_listed("account  .\\nobody-at-all  missing");
}

static void assert_not_set(const char *worker, const char *why)
{
    struct w32_outcome outcome;
    assert_int_equal(daemon_verb(WORDS("secret", "set", worker, "--name", fixture.name), &outcome),
                     1);
    assert_says(&outcome.errors, why);
    w32_outcome_deinit(&outcome);
}

static void a_password_is_set_only_where_one_is_needed(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    assert_not_set("less", "worker 'less' runs as its service and needs no password");
    assert_not_set("nosuch", "the config has no worker 'nosuch'");
    assert_not_set("account", "the password is empty"); /* nothing is on stdin */
    assert_int_equal(daemon_verb(WORDS("secret", "show", "less"), &outcome), 2);
    w32_outcome_deinit(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_many_who_come_at_once_as_many_as_are_granted_get_in),
        cmocka_unit_test(a_user_may_have_so_many_and_another_when_one_has_ended),
        cmocka_unit_test(a_user_who_comes_too_often_is_told_when_to_come_again),
        cmocka_unit_test(a_session_ends_when_its_time_is_over),
        cmocka_unit_test(a_session_in_which_nothing_moves_is_ended),
        cmocka_unit_test(a_client_of_a_shared_worker_is_sent_away_and_the_worker_stays),
        cmocka_unit_test(what_a_worker_takes_is_limited_by_windows),
        cmocka_unit_test(without_a_limit_of_processor_time_it_runs_and_the_log_says_so),
        cmocka_unit_test(a_restricted_worker_has_no_privilege_and_is_no_administrator),
        cmocka_unit_test(a_worker_runs_as_a_client_that_lets_it),
        cmocka_unit_test(an_account_is_logged_on_with_the_password_that_was_set),
        cmocka_unit_test(a_password_is_set_only_where_one_is_needed),
    };
    return cmocka_run_group_tests(tests, open_service, close_service);
}
