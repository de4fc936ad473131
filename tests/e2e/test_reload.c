/* tests/e2e/test_reload.c - `standpipe reload`: what a new config means for those who are attached,
 * for the workers that run and for those who come. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "win32/file.h"
#include "win32/loop.h"
#include "win32/pipe.h"
#include "win32/thread.h"

#define WORDS(...)   ((const char *const[]){__VA_ARGS__, NULL})
#define USERS        "S-1-5-32-545"
#define OBEYED(text) "READY\n" text "END\n"
#define ADMINS       "allow: {admin: [S-1-5-32-544]}\n"

/* The workers at the beginning of each test. */
#define OWN   "  own: {command: [@, obey]}\n"
#define CHAT  "  chat: {command: [@, obey], mode: shared, autostart: true}\n"
#define OPEN  "  open: {command: [@, obey], allow: {write: [" USERS "]}}\n"
#define AHEAD "  ahead: {command: [@, obey], warm: 1}\n"
#define BEGIN OWN CHAT OPEN AHEAD

static const struct sp_bytes nothing = {0};

static int open_service(void **state)
{
    (void)state;
    return fixture_open_with(ADMINS, BEGIN);
}

static int close_service(void **state)
{
    (void)state;
    return fixture_close();
}

/* ------------------------------------------------------------------ what the tests say */

/* Writes a config and reloads. @return what `reload --json` printed, a new reference */
static json_t *reload_of(const char *yaml, const char *workers)
{
    struct w32_outcome out;
    json_error_t where;
    fixture_write_config(yaml, workers);
    if (client_verb(WORDS("reload", "--json"), &out) != 0)
        fail_msg("%.*s", (int)out.errors.len, (const char *)out.errors.data);
    json_t *answer = json_loadb((const char *)out.output.data, out.output.len, 0, &where);
    if (answer == NULL)
        fail_msg("%s", where.text);
    w32_outcome_deinit(&out);
    return answer;
}

static json_t *reload(const char *workers)
{
    return reload_of(ADMINS, workers);
}

static void begin_again(void)
{
    wait_for_sessions(0);
    json_decref(reload(BEGIN));
}

/* Asserts what a reload says of a worker, as "change key,key". */
static void changed(json_t *answer, const char *name, const char *expected)
{
    char text[256] = "unchanged";
    size_t i, k, len = 0;
    json_t *worker, *key;
    json_array_foreach(json_object_get(answer, "workers"), i, worker)
    {
        if (strcmp(json_string_value(json_object_get(worker, "worker")), name) != 0)
            continue;
        len = (size_t)snprintf(text, sizeof text, "%s",
                               json_string_value(json_object_get(worker, "change")));
        json_array_foreach(json_object_get(worker, "keys"), k, key) len += (size_t)snprintf(
            text + len, sizeof text - len, "%s%s", k == 0 ? " " : ",", json_string_value(key));
    }
    assert_string_equal(text, expected);
}

static bool warns_of(json_t *answer, const char *what)
{
    size_t i;
    json_t *warning;
    json_array_foreach(json_object_get(answer, "warnings"), i,
                       warning) if (strstr(json_string_value(json_object_get(warning, "text")),
                                           what) != NULL) return true;
    return false;
}

/* A client with its streams in our hands. */
struct person {
    struct w32_child child;
    struct w32_pipe in, out, err;
};

static void comes(struct person *p, const char *worker)
{
    *p = (struct person){0};
    assert_int_equal(w32_pipe_open(NULL, &p->in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &p->out, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &p->err, NULL), SP_OK);
    start_attach(WORDS(worker), p->in.read, p->out.write, p->err.write, &p->child);
    w32_handle_close(&p->in.read);
    w32_handle_close(&p->out.write);
    w32_handle_close(&p->err.write);
}

static void says(struct person *p, const char *text)
{
    assert_int_equal(w32_write(p->in.write, text, strlen(text), NULL), SP_OK);
}

static void hears(struct person *p, const char *expected)
{
    char line[256];
    do {
        read_line(p->out.read, line, sizeof line);
    } while (strcmp(line, "READY") == 0); /* what obey begins with */
    assert_string_equal(line, expected);
}

static void is_served(struct person *p, const char *word)
{
    char line[64];
    snprintf(line, sizeof line, "echo %s\n", word);
    says(p, line);
    hears(p, word);
}

static void is_told(struct person *p, const char *what)
{
    char line[512];
    do {
        read_line(p->err.read, line, sizeof line);
    } while (strstr(line, what) == NULL);
}

static void is_gone(struct person *p)
{
    w32_child_close(&p->child);
    w32_pipe_close(&p->in);
    w32_pipe_close(&p->out);
    w32_pipe_close(&p->err);
}

static uint32_t leaves(struct person *p)
{
    w32_handle_close(&p->in.write);
    uint32_t code = end_of(&p->child);
    is_gone(p);
    return code;
}

static json_int_t pid_of(const char *worker)
{
    json_t *running = wait_for_state(worker, "running");
    json_int_t pid = json_integer_value(json_array_get(json_object_get(running, "pids"), 0));
    json_decref(running);
    return pid;
}

static uint32_t attach_once(const char *worker, const char *text, const char *expected)
{
    struct w32_outcome out;
    attach(WORDS(worker), sp_bytes_of(text), &out);
    uint32_t code = out.exit_code;
    if (expected != NULL)
        assert_text(&out.output, expected);
    w32_outcome_deinit(&out);
    return code;
}

static void comes_lowered(struct person *p, const char *worker)
{
    const char *const argv[] = {fixture.child, "lowered",    fixture.client, "attach",
                                "--pipe",      fixture.pipe, worker};
    *p = (struct person){0};
    assert_int_equal(w32_pipe_open(NULL, &p->in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &p->out, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &p->err, NULL), SP_OK);
    struct w32_spawn_options what = {.argv = argv,
                                     .argc = sizeof argv / sizeof *argv,
                                     .in = p->in.read,
                                     .out = p->out.write,
                                     .err = p->err.write};
    assert_int_equal(w32_spawn(&what, &p->child, NULL), SP_OK);
    w32_handle_close(&p->in.read);
    w32_handle_close(&p->out.write);
    w32_handle_close(&p->err.write);
}

/* ------------------------------------------------------------------ the tests */

static void what_is_as_before_is_not_touched(void **state)
{
    (void)state;
    struct w32_outcome out;
    struct person own, chat;
    comes(&own, "own");
    comes(&chat, "chat");
    is_served(&own, "one");
    is_served(&chat, "two");
    json_int_t pid = pid_of("chat");
    assert_int_equal(client_verb(WORDS("reload"), &out), 0);
    assert_says(&out.output, "Reloaded ");
    assert_says(&out.output, "9 workers are as before.");
    w32_outcome_deinit(&out);
    is_served(&own, "three");
    is_served(&chat, "four");
    assert_int_equal(pid_of("chat"), pid);
    assert_int_equal(leaves(&own), 0);
    is_gone(&chat);
    begin_again();
}

static void a_private_session_goes_on_as_it_began(void **state)
{
    (void)state;
    struct person own;
    comes(&own, "own");
    is_served(&own, "before");
    json_t *answer = reload("  own: {command: [@, upper], env: {A: b}}\n" CHAT OPEN AHEAD);
    changed(answer, "own", "changed command,env");
    changed(answer, "chat", "unchanged");
    json_decref(answer);
    is_served(&own, "after");
    assert_int_equal(attach_once("own", "new\n", "NEW\n"), 0);
    assert_int_equal(leaves(&own), 0);
    begin_again();
}

static void a_shared_worker_goes_on_if_its_process_is_the_same(void **state)
{
    (void)state;
    struct person chat;
    comes(&chat, "chat");
    is_served(&chat, "before");
    json_int_t pid = pid_of("chat");
    json_t *answer = reload(OWN OPEN AHEAD "  chat: {command: [@, obey], mode: shared, "
                                           "autostart: true, restart: never, history: 64KiB, "
                                           "description: all of us, stop: {stdin: 7s}}\n");
    changed(answer, "chat", "changed description,restart,history,stop.stdin");
    json_decref(answer);
    is_served(&chat, "after");
    assert_int_equal(pid_of("chat"), pid);
    says(&chat, "exit 3\n");
    assert_int_equal(end_of(&chat.child), 3);
    is_gone(&chat);
    json_decref(wait_for_state("chat", "failed")); /* restart: never */
    begin_again();
    json_decref(wait_for_state("chat", "failed")); /* a restart is no other program */
    struct w32_outcome out;
    assert_int_equal(client_verb(WORDS("start", "chat"), &out), 0);
    w32_outcome_deinit(&out);
}

static void a_shared_worker_of_another_program_is_restarted(void **state)
{
    (void)state;
    struct w32_outcome out;
    struct person chat;
    comes(&chat, "chat");
    is_served(&chat, "before");
    json_int_t pid = pid_of("chat");
    fixture_write_config(ADMINS, OWN OPEN AHEAD
                         "  chat: {command: [@, obey, more], mode: shared, autostart: true}\n");
    assert_int_equal(client_verb(WORDS("reload"), &out), 0);
    assert_says(&out.output, "restarted");
    assert_says(&out.output, "1 ended");
    w32_outcome_deinit(&out);
    is_told(&chat, "its config has changed");
    (void)end_of(&chat.child);
    is_gone(&chat);
    wait_for_process_end((uint32_t)pid);
    assert_int_not_equal(pid_of("chat"), pid);
    comes(&chat, "chat");
    is_served(&chat, "after");
    is_gone(&chat);
    begin_again();
}

static void a_worker_that_was_mended_is_started(void **state)
{
    (void)state;
    json_t *answer =
        reload(BEGIN "  gone: {command: ['C:\\no\\such.exe'], mode: shared, autostart: true}\n");
    changed(answer, "gone", "added");
    assert_true(warns_of(answer, "such.exe"));
    json_decref(answer);
    json_decref(wait_for_state("gone", "backoff"));
    answer = reload(BEGIN "  gone: {command: [@, obey], mode: shared, autostart: true}\n");
    changed(answer, "gone", "changed command");
    json_decref(answer);
    json_decref(wait_for_state("gone", "running"));
    begin_again();
}

static void what_is_taken_out_serves_nobody_else_and_can_come_back(void **state)
{
    (void)state;
    struct w32_outcome out;
    struct person own, chat;
    char raw[256];
    comes(&own, "own");
    comes(&chat, "chat");
    is_served(&own, "one");
    is_served(&chat, "two");
    json_int_t pid = pid_of("chat");
    json_t *answer = reload(OPEN AHEAD);
    changed(answer, "own", "removed");
    changed(answer, "chat", "removed");
    json_decref(answer);
    is_told(&chat, "it was taken out of the config");
    (void)end_of(&chat.child);
    is_gone(&chat);
    wait_for_process_end((uint32_t)pid);
    is_served(&own, "still");
    assert_int_equal(attach_once("own", "", ""), 127);
    assert_int_equal(attach_once("chat", "", ""), 127);
    snprintf(raw, sizeof raw, "\\\\.\\pipe\\%s\\own", fixture.pipe);
    run_program(WORDS(fixture.child, "touch", raw), 3, nothing, &out);
    assert_int_not_equal(out.exit_code, 0);
    w32_outcome_deinit(&out);
    answer = reload(BEGIN);
    changed(answer, "own", "added");
    changed(answer, "chat", "added");
    json_decref(answer);
    is_served(&own, "once more");
    assert_int_equal(attach_once("own", "echo again\n", OBEYED("again\n")), 0);
    json_decref(wait_for_state("chat", "running"));
    run_program(WORDS(fixture.child, "touch", raw), 3, nothing, &out);
    assert_int_equal(out.exit_code, 0);
    w32_outcome_deinit(&out);
    assert_int_equal(leaves(&own), 0);
    begin_again();
}

static void a_mode_can_change_both_ways(void **state)
{
    (void)state;
    json_int_t pid = pid_of("chat");
    json_t *answer = reload("  own: {command: [@, obey], mode: shared, autostart: true}\n"
                            "  chat: {command: [@, obey]}\n" OPEN AHEAD);
    changed(answer, "own", "changed mode,autostart,logs.streams");
    changed(answer, "chat", "restarted mode,autostart,logs.streams");
    json_decref(answer);
    wait_for_process_end((uint32_t)pid);
    pid = pid_of("own");
    assert_int_equal(attach_once("chat", "echo mine\n", OBEYED("mine\n")), 0);
    begin_again();
    wait_for_process_end((uint32_t)pid);
    assert_int_equal(attach_once("own", "echo mine\n", OBEYED("mine\n")), 0);
    (void)pid_of("chat");
}

static void what_was_started_ahead_is_what_the_config_says(void **state)
{
    (void)state;
    assert_int_equal(attach_once("ahead", "echo warm\n", OBEYED("warm\n")), 0);
    json_decref(reload(OWN CHAT OPEN "  ahead: {command: [@, upper], warm: 3}\n"));
    for (int i = 0; i < 5; i++)
        assert_int_equal(attach_once("ahead", "echo warm\n", "ECHO WARM\n"), 0);
    json_decref(reload(OWN CHAT OPEN "  ahead: {command: [@, upper]}\n"));
    assert_int_equal(attach_once("ahead", "cold\n", "COLD\n"), 0);
    begin_again();
}

static void mistakes_change_nothing(void **state)
{
    (void)state;
    struct w32_outcome out;
    struct person chat;
    comes(&chat, "chat");
    is_served(&chat, "before");
    fixture_write_config(ADMINS, "  own: {comand: [x]}\n  chat: {command: [@, cat], mode: no}\n");
    assert_int_equal(client_verb(WORDS("reload"), &out), 1);
    assert_int_equal(out.output.len, 0);
    assert_says(&out.errors, fixture.config);
    assert_says(&out.errors, ":8:9: ");
    assert_says(&out.errors, "comand");
    assert_says(&out.errors, "mode");
    assert_says(&out.errors, "nothing has changed");
    w32_outcome_deinit(&out);
    assert_int_equal(w32_file_delete(fixture.config, NULL), SP_OK);
    assert_int_equal(client_verb(WORDS("reload"), &out), 125);
    assert_says(&out.errors, fixture.config);
    w32_outcome_deinit(&out);
    is_served(&chat, "after");
    is_gone(&chat);
    assert_int_equal(attach_once("own", "echo there\n", OBEYED("there\n")), 0);
    begin_again();
}

static void who_lost_the_right_is_sent_away(void **state)
{
    (void)state;
    struct w32_outcome out;
    struct person stranger, admin;
    comes_lowered(&stranger, "open");
    comes(&admin, "open");
    is_served(&stranger, "let in");
    is_served(&admin, "too");
    json_t *answer = reload(OWN CHAT AHEAD "  open: {command: [@, obey]}\n");
    changed(answer, "open", "changed allow.write");
    json_decref(answer);
    is_told(&stranger, "you may no longer use this worker");
    assert_int_not_equal(end_of(&stranger.child), 0);
    is_gone(&stranger);
    is_served(&admin, "still");
    assert_int_equal(leaves(&admin), 0);
    assert_int_equal(lowered(WORDS("attach", "open"), nothing, &out), 125);
    w32_outcome_deinit(&out);
    begin_again();
    assert_int_equal(lowered(WORDS("attach", "open"), sp_bytes_of("echo back\n"), &out), 0);
    assert_text(&out.output, OBEYED("back\n"));
    w32_outcome_deinit(&out);
}

static void who_follows_a_log_is_asked_anew(void **state)
{
    (void)state;
    char line[256];
    struct w32_pipe pipe = {0};
    struct w32_child child = {0};
    struct w32_outcome out;
    const char *const argv[] = {fixture.child, "lowered",    fixture.client, "logs",
                                "--pipe",      fixture.pipe, "-f",           "chat"};
    json_decref(reload(OWN OPEN AHEAD "  chat: {command: [@, obey], mode: shared, autostart: true, "
                                      "allow: {read: [" USERS "]}}\n"));
    (void)pid_of("chat");
    struct person chat;
    comes(&chat, "chat");
    says(&chat, "complain for the log\n");
    assert_int_equal(w32_pipe_open(NULL, &pipe, NULL), SP_OK);
    struct w32_spawn_options what = {
        .argv = argv, .argc = sizeof argv / sizeof *argv, .out = pipe.write};
    assert_int_equal(w32_spawn(&what, &child, NULL), SP_OK);
    w32_handle_close(&pipe.write);
    do {
        read_line(pipe.read, line, sizeof line);
    } while (strstr(line, "for the log") == NULL);
    json_decref(reload(BEGIN));
    assert_int_equal(end_of(&child), 125);
    w32_child_close(&child);
    w32_pipe_close(&pipe);
    assert_int_equal(lowered(WORDS("logs", "chat"), nothing, &out), 125);
    w32_outcome_deinit(&out);
    is_served(&chat, "still");
    is_gone(&chat);
    begin_again();
}

static void limits_may_be_set_while_somebody_is_there(void **state)
{
    (void)state;
    struct w32_outcome out;
    struct person first, second;
    comes(&first, "own");
    is_served(&first, "one");
    json_decref(reload(CHAT OPEN AHEAD "  own: {command: [@, obey], limits: {per_user: 1}}\n"));
    comes(&second, "own");
    is_served(&second, "two");
    assert_int_equal(leaves(&first), 0);
    wait_for_sessions(1);
    attach(WORDS("own"), nothing, &out);
    assert_int_equal(out.exit_code, 125);
    assert_says(&out.errors, "this user has 1 session, and may have no more");
    w32_outcome_deinit(&out);
    assert_int_equal(leaves(&second), 0);
    wait_for_sessions(0);
    assert_int_equal(attach_once("own", "echo three\n", OBEYED("three\n")), 0);
    begin_again();
}

/* The second change comes while the first one's stop is under way: it ends by its third step. */
static void changes_that_come_quickly_are_followed_in_the_end(void **state)
{
    (void)state;
    const char *const deaf = "  chat: {command: [@, deaf], mode: shared, autostart: true, "
                             "stop: {stdin: 1s, signal: 1s}}\n";
    char text[512];
    snprintf(text, sizeof text, "%s%s", OWN OPEN AHEAD, deaf);
    json_decref(reload(text));
    json_int_t pid = pid_of("chat");
    json_decref(reload(OWN OPEN AHEAD "  chat: {command: [@, upper]}\n"));
    json_decref(reload(OWN OPEN AHEAD "  chat: {command: [@, upper], description: d}\n"));
    json_decref(reload(OWN OPEN AHEAD));
    json_decref(reload(BEGIN));
    wait_for_process_end((uint32_t)pid);
    assert_int_not_equal(pid_of("chat"), pid);
    struct person chat;
    comes(&chat, "chat");
    is_served(&chat, "there");
    is_gone(&chat);
    begin_again();
}

static void it_takes_the_right_to_administer(void **state)
{
    (void)state;
    struct w32_outcome out;
    assert_int_equal(lowered(WORDS("reload"), nothing, &out), 125);
    assert_says(&out.errors, "the right to administer the service");
    w32_outcome_deinit(&out);
    json_t *answer = reload_of("allow: {admin: [" USERS "]}\n", BEGIN);
    assert_true(json_is_true(json_object_get(answer, "admin")));
    json_decref(answer);
    assert_int_equal(lowered(WORDS("reload"), nothing, &out), 0);
    w32_outcome_deinit(&out);
    begin_again();
    assert_int_equal(lowered(WORDS("reload"), nothing, &out), 125);
    w32_outcome_deinit(&out);
}

static void what_takes_a_restart_of_the_service_is_said(void **state)
{
    (void)state;
    struct w32_outcome out;
    fixture_write_config(ADMINS "loops: 3\ndashboard: {port: 8899}\n", BEGIN);
    assert_int_equal(client_verb(WORDS("reload"), &out), 0);
    assert_says(&out.output, "when the service is started again: loops, dashboard.port.");
    w32_outcome_deinit(&out);
    begin_again();
}

/* Wine lets nobody in from other machines; that the pipe is made anew and serves on can be seen. */
static void the_network_is_let_in_without_a_restart(void **state)
{
    (void)state;
    struct w32_outcome out;
    struct person own;
    comes(&own, "own");
    is_served(&own, "before");
    for (int i = 0; i < 6; i++) {
        fixture_write_config(ADMINS, i % 2 == 0 ? OWN CHAT AHEAD
                                         "  open: {command: [@, obey], remote: true}\n"
                                                : BEGIN);
        assert_int_equal(client_verb(WORDS("reload"), &out), 0);
        assert_int_equal(sp_buffer_append(&out.output, "", 1, NULL), SP_OK);
        assert_null(strstr((const char *)out.output.data, "started again"));
        w32_outcome_deinit(&out);
        assert_int_equal(client_verb(WORDS("access", "chat"), &out), 0);
        assert_int_equal(sp_buffer_append(&out.output, "", 1, NULL), SP_OK);
        bool denied =
            strstr((const char *)out.output.data, "control pipe  D:P(D;;GA;;;NU)") != NULL;
        assert_int_equal(denied, i % 2 == 1);
        w32_outcome_deinit(&out);
    }
    is_served(&own, "after");
    assert_int_equal(leaves(&own), 0);
    begin_again();
}

static void logs_follow_too(void **state)
{
    (void)state;
    struct w32_outcome out;
    json_decref(reload(BEGIN "  noted: {command: [@, obey]}\n"));
    assert_int_equal(client_verb(WORDS("logs", "noted"), &out), 125);
    w32_outcome_deinit(&out);
    json_decref(reload(BEGIN "  noted: {command: [@, obey], logs: {streams: both}}\n"));
    assert_int_equal(attach_once("noted", "echo kept\n", OBEYED("kept\n")), 0);
    json_decref(reload(BEGIN "  noted: {command: [@, obey], logs: {streams: stderr, files: 2}}\n"));
    assert_int_equal(attach_once("noted", "echo not\ncomplain kept too\n", OBEYED("not\n")), 0);
    assert_int_equal(client_verb(WORDS("logs", "noted"), &out), 0);
    assert_says(&out.output, "kept");
    assert_says(&out.output, "kept too");
    assert_int_equal(sp_buffer_append(&out.output, "", 1, NULL), SP_OK);
    assert_null(strstr((const char *)out.output.data, "not"));
    w32_outcome_deinit(&out);
    begin_again();
}

/* Bytes flow through all that time, and nothing stays behind: neither handles nor sessions. */
static void fifty_reloads_lose_nothing(void **state)
{
    (void)state;
    enum { SIZE = 64 << 20, RELOADS = 50 };
    struct w32_child child = {0};
    w32_handle in = NULL, out = NULL;
    char sent[65], got[65];
    json_t *status = ask("status", NULL);
    json_int_t handles = json_integer_value(json_object_get(status, "handles"));
    json_decref(status);
    write_random(scratch("sent"), SIZE);
    assert_int_equal(w32_file_open(scratch("sent"), W32_FILE_READ, &in, NULL), SP_OK);
    assert_int_equal(w32_file_open(scratch("got"), W32_FILE_WRITE, &out, NULL), SP_OK);
    start_attach(WORDS("deny"), in, out, NULL, &child);
    wait_for_sessions(1);
    for (int i = 0; i < RELOADS; i++)
        json_decref(reload(i % 2 == 0 ? "  own: {command: [@, upper]}\n"
                                        "  extra: {command: [@, cat], warm: 1}\n" CHAT
                                      : BEGIN));
    assert_int_equal(end_of(&child), 0);
    w32_child_close(&child);
    w32_handle_close(&in);
    w32_handle_close(&out);
    sha256_of(scratch("sent"), sent);
    sha256_of(scratch("got"), got);
    assert_string_equal(got, sent);
    wait_for_sessions(0);
    json_decref(reload(BEGIN));
    json_decref(reload(BEGIN)); /* frees what was taken out just before */
    (void)pid_of("chat");
    json_int_t now = 0;
    for (uint64_t end = w32_now_ms() + FIXTURE_MS; w32_now_ms() < end; w32_thread_pause(50)) {
        status = ask("status", NULL);
        now = json_integer_value(json_object_get(status, "handles"));
        json_decref(status);
        if (now <= handles)
            return;
    }
    fail_msg("%lld handles, %lld before", (long long)now, (long long)handles);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_as_before_is_not_touched),
        cmocka_unit_test(a_private_session_goes_on_as_it_began),
        cmocka_unit_test(a_shared_worker_goes_on_if_its_process_is_the_same),
        cmocka_unit_test(a_shared_worker_of_another_program_is_restarted),
        cmocka_unit_test(a_worker_that_was_mended_is_started),
        cmocka_unit_test(what_is_taken_out_serves_nobody_else_and_can_come_back),
        cmocka_unit_test(a_mode_can_change_both_ways),
        cmocka_unit_test(what_was_started_ahead_is_what_the_config_says),
        cmocka_unit_test(mistakes_change_nothing),
        cmocka_unit_test(who_lost_the_right_is_sent_away),
        cmocka_unit_test(who_follows_a_log_is_asked_anew),
        cmocka_unit_test(limits_may_be_set_while_somebody_is_there),
        cmocka_unit_test(changes_that_come_quickly_are_followed_in_the_end),
        cmocka_unit_test(it_takes_the_right_to_administer),
        cmocka_unit_test(what_takes_a_restart_of_the_service_is_said),
        cmocka_unit_test(the_network_is_let_in_without_a_restart),
        cmocka_unit_test(logs_follow_too),
        cmocka_unit_test(fifty_reloads_lose_nothing),
    };
    return cmocka_run_group_tests(tests, open_service, close_service);
}
