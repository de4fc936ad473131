/* tests/e2e/test_faults.c - two minutes of bad luck: while sessions run, workers, clients and
 * connections are killed at random. In the end every session is accounted for: its bytes are right,
 * or an error was reported and what came is the beginning of what is right; and the service is as
 * it was before. SP_FAULT_SECONDS in the environment makes it shorter or longer. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PSAPI_VERSION 2 /* kernel32's own: no further DLL */
#include <windows.h>
#include <psapi.h>

#include "win32/clock.h"
#include "win32/console.h"
#include "win32/thread.h"

enum {
    SETTLE_MS = 20000,   /* for the service to be as it was */
    SECONDS = 120,       /* over relay; a quarter of it over another transport */
    ACTORS = 6,          /* sessions at a time */
    INPUT_MAX = 6 << 20, /* bytes of a session, at most */
    PAUSE_MS = 60,       /* between two faults */
    HELD_MAX = 16384,
    CLIENT_KILLED = 77, /* exit codes of what we kill */
    WORKER_KILLED = 78,
    MEMORY_SLACK = 16 << 20,
};

static const char *const workers[] = {"plain", "echo", "warm", "slow"};

/* What has happened so far; under the lock. */
static struct {
    struct w32_lock lock;
    bool over;
    unsigned sessions, whole, reported, killed;
    unsigned cut_workers, cut_clients, cut_connections;
    uint64_t compared;
    unsigned wrong;
    char what[256]; /* the first that was wrong */
    struct {
        uint32_t pid;
        HANDLE process;
    } held[HELD_MAX]; /* every process of a session that was seen */
    size_t held_count;
} tally;

static int open_service(void **state)
{
    (void)state;
    return fixture_open_with("stop: {stdin: 200ms, signal: 200ms}\ndrain: 500ms\n",
                             "  plain: {command: [@, cat]}\n"
                             "  echo: {command: [@, cat], resume: 5s}\n"
                             "  warm: {command: [@, cat], warm: 2}\n"
                             "  slow: {command: [@, slow-cat, '1'], resume: 5s, console: none}\n"
                             "  chat: {command: [@, obey], mode: shared, autostart: true}\n");
}

static int close_service(void **state)
{
    (void)state;
    return fixture_close();
}

/* ------------------------------------------------------------------ sessions */

struct actor {
    w32_handle thread;
    uint64_t random;
};

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void wrong(const char *worker, const char *what, const struct w32_outcome *o, size_t sent)
{
    w32_lock_enter(&tally.lock);
    if (tally.wrong++ == 0)
        snprintf(tally.what, sizeof tally.what,
                 "%s: %s: code %u, %zu bytes sent, %zu came; it said: %.*s", worker, what,
                 (unsigned)o->exit_code, sent, o->output.len, (int)o->errors.len,
                 (const char *)o->errors.data);
    w32_lock_leave(&tally.lock);
}

static void account(const char *worker, const struct w32_outcome *o, const unsigned char *sent,
                    size_t len)
{
    bool prefix = o->output.len <= len && memcmp(o->output.data, sent, o->output.len) == 0;
    bool whole = prefix && o->output.len == len;
    if (!prefix)
        wrong(worker, "other bytes than were sent", o, len);
    else if (o->exit_code == 0 && !whole)
        wrong(worker, "bytes are missing, and no error", o, len);
    else if (o->exit_code != 0 && o->exit_code != CLIENT_KILLED && o->exit_code != WORKER_KILLED &&
             o->errors.len == 0)
        wrong(worker, "an error without a word", o, len);
    w32_lock_enter(&tally.lock);
    tally.sessions++;
    tally.compared += o->output.len;
    tally.whole += o->exit_code == 0;
    tally.killed += o->exit_code == CLIENT_KILLED;
    tally.reported += o->exit_code != 0 && o->exit_code != CLIENT_KILLED;
    w32_lock_leave(&tally.lock);
}

static void act(void *arg)
{
    struct actor *a = arg;
    unsigned char *bytes = malloc(INPUT_MAX);
    while (bytes != NULL && !__atomic_load_n(&tally.over, __ATOMIC_RELAXED)) {
        const char *worker = workers[next_random(&a->random) % 4];
        size_t len = 1 + (size_t)(next_random(&a->random) % INPUT_MAX);
        for (size_t i = 0; i + 8 <= len; i += 8) {
            uint64_t word = next_random(&a->random);
            memcpy(bytes + i, &word, 8);
        }
        const char *argv[ATTACH_WORDS_MAX];
        const char *const words[] = {worker, NULL};
        const struct w32_spawn_options what = {.argv = argv, .argc = attach_argv(argv, words)};
        struct w32_outcome outcome = {{0}, {0}, 0};
        struct sp_error err = {0};
        if (w32_communicate(&what, (struct sp_bytes){bytes, len}, FIXTURE_MS, &outcome, &err) ==
            SP_OK)
            account(worker, &outcome, bytes, len);
        else
            wrong(worker, err.what, &outcome, len);
        w32_outcome_deinit(&outcome);
    }
    free(bytes);
}

/* ------------------------------------------------------------------ bad luck */

/* Holds a process: its number can't become another one's meanwhile. */
static void hold(uint32_t pid)
{
    for (size_t i = 0; i < tally.held_count; i++)
        if (tally.held[i].pid == pid)
            return;
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, pid);
    if (process == NULL)
        return; /* it has ended */
    assert_true(tally.held_count < HELD_MAX);
    tally.held[tally.held_count].pid = pid;
    tally.held[tally.held_count++].process = process;
}

static void remember(json_t *sessions)
{
    size_t i, k;
    json_t *session, *pid;
    json_array_foreach(sessions, i, session)
    {
        json_array_foreach(json_object_get(session, "pids"), k, pid)
        {
            hold((uint32_t)json_integer_value(pid));
        }
    }
}

static void all_have_ended(void)
{
    for (size_t i = 0; i < tally.held_count; i++) {
        DWORD waited = WaitForSingleObject(tally.held[i].process, FIXTURE_MS);
        CloseHandle(tally.held[i].process);
        if (waited != WAIT_OBJECT_0)
            fail_msg("process %u is still there", (unsigned)tally.held[i].pid);
    }
}

static bool kill_process(json_int_t pid, UINT code)
{
    HANDLE process = OpenProcess(PROCESS_TERMINATE, FALSE, (DWORD)pid);
    bool killed = process != NULL && TerminateProcess(process, code);
    if (process != NULL)
        CloseHandle(process);
    return killed;
}

static bool drop_connection(const char *id)
{
    json_t *result = ask("drop", json_pack("{s:s}", "session", id));
    json_decref(result);
    return result != NULL;
}

static void strike(json_t *session, uint64_t random)
{
    json_int_t worker = json_integer_value(json_array_get(json_object_get(session, "pids"), 0));
    json_int_t client = json_integer_value(json_object_get(session, "client_pid"));
    if (random % 4 == 0 && worker != 0)
        tally.cut_workers += kill_process(worker, WORKER_KILLED);
    else if (random % 4 == 1)
        tally.cut_clients += kill_process(client, CLIENT_KILLED);
    else
        tally.cut_connections +=
            drop_connection(json_string_value(json_object_get(session, "session")));
}

static void strike_shared(json_t *items)
{
    json_t *worker;
    size_t i;
    json_array_foreach(items, i, worker)
    {
        json_t *pid = json_array_get(json_object_get(worker, "pids"), 0);
        if (pid != NULL)
            tally.cut_workers += kill_process(json_integer_value(pid), WORKER_KILLED);
    }
}

static SIZE_T memory_of_service(json_int_t pid)
{
    PROCESS_MEMORY_COUNTERS_EX counters = {.cb = sizeof counters};
    HANDLE process = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, (DWORD)pid);
    assert_non_null(process);
    assert_true(
        GetProcessMemoryInfo(process, (PROCESS_MEMORY_COUNTERS *)&counters, sizeof counters));
    CloseHandle(process);
    return counters.WorkingSetSize;
}

static json_int_t service_count(json_t *root, const char *key)
{
    return json_integer_value(json_object_get(json_object_get(root, "service"), key));
}

/* What is open once all is quiet; a warm worker and a restarted one may take a moment. */
static json_t *quiet(void)
{
    wait_for_sessions(0);
    json_decref(wait_for_state("chat", "running"));
    for (;;) {
        json_t *root = ps();
        size_t i;
        json_t *worker;
        bool ready = true;
        json_array_foreach(json_object_get(root, "workers"), i, worker)
        {
            if (json_integer_value(json_object_get(worker, "warm")) !=
                json_integer_value(json_object_get(worker, "warm_wanted")))
                ready = false;
        }
        if (ready)
            return root;
        json_decref(root);
    }
}

/* The same, once the audit has written what came and closed its file. */
static json_t *quiet_again(json_t *before)
{
    uint64_t deadline = w32_clock_us() + SETTLE_MS * (uint64_t)1000;
    json_t *root = quiet();
    while (service_count(root, "handles") != service_count(before, "handles") &&
           w32_clock_us() < deadline) {
        json_decref(root);
        root = quiet();
    }
    return root;
}

static void two_minutes_of_faults_are_survived_and_accounted_for(void **state)
{
    (void)state;
    struct actor actors[ACTORS] = {{0}};
    const char *seconds = getenv("SP_FAULT_SECONDS");
    uint64_t usual = runs_over("direct") || runs_over("handoff") ? SECONDS / 4 : SECONDS;
    uint64_t length = seconds == NULL ? usual : strtoul(seconds, NULL, 10);
    uint64_t random = 0x9E3779B97F4A7C15u;
    json_t *before = quiet();
    json_int_t service = service_count(before, "pid");
    uint64_t deadline = w32_clock_us() + length * 1000000;
    for (int i = 0; i < ACTORS; i++) {
        actors[i].random = next_random(&random);
        assert_int_equal(w32_thread_start(act, &actors[i], &actors[i].thread, NULL), SP_OK);
    }
    SIZE_T memory = 0, most = 0;
    while (w32_clock_us() < deadline) {
        json_t *answer = ask("sessions", json_object());
        json_t *sessions = json_object_get(answer, "items");
        size_t count = json_array_size(sessions);
        remember(sessions);
        if (next_random(&random) % 64 == 0) { /* the shared worker has bad luck, too */
            json_t *workers_now = ask("workers", json_object());
            strike_shared(json_object_get(workers_now, "items"));
            json_decref(workers_now);
        } else if (count > 0)
            strike(json_array_get(sessions, (size_t)(next_random(&random) % count)),
                   next_random(&random));
        json_decref(answer);
        SIZE_T now = memory_of_service(service);
        most = now > most ? now : most;
        if (memory == 0 && tally.sessions > ACTORS)
            memory = now; /* once it has warmed up */
        Sleep(PAUSE_MS);  /* else every session ended before it began */
    }
    __atomic_store_n(&tally.over, true, __ATOMIC_RELAXED);
    for (int i = 0; i < ACTORS; i++)
        assert_int_equal(w32_thread_join(&actors[i].thread, FIXTURE_MS), SP_OK);

    json_t *after = quiet_again(before);
    SIZE_T rest = memory_of_service(service);
    w32_printf(
        W32_STDOUT,
        "%u faults: %u workers, %u clients, %u connections; %u sessions: %u whole, %u ended "
        "with an error, %u killed; %llu MiB compared; memory %zu KiB, at most %zu KiB, in the end "
        "%zu KiB\n",
        tally.cut_workers + tally.cut_clients + tally.cut_connections, tally.cut_workers,
        tally.cut_clients, tally.cut_connections, tally.sessions, tally.whole, tally.reported,
        tally.killed, (unsigned long long)(tally.compared >> 20), (size_t)(memory >> 10),
        (size_t)(most >> 10), (size_t)(rest >> 10));
    if (tally.wrong > 0)
        fail_msg("%u sessions went wrong, the first: %s", tally.wrong, tally.what);
    assert_int_equal(tally.sessions, tally.whole + tally.reported + tally.killed);
    assert_true(tally.cut_workers > 0 && tally.cut_clients > 0 && tally.cut_connections > 0);
    all_have_ended();
    assert_int_equal(service_count(before, "pid"), service_count(after, "pid"));
    assert_int_equal(service_count(before, "handles"), service_count(after, "handles"));
    assert_int_equal(service_count(before, "operations"), service_count(after, "operations"));
    assert_true(rest < memory + MEMORY_SLACK);
    json_decref(before);
    json_decref(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_minutes_of_faults_are_survived_and_accounted_for),
    };
    return cmocka_run_group_tests(tests, open_service, close_service);
}
