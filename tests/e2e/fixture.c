/* tests/e2e/fixture.c - a service of its own, and the real client against it. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>
#include <bcrypt.h>

#include "core/line.h"
#include "core/rpc.h"
#include "win32/clock.h"
#include "win32/console.h"
#include "win32/file.h"
#include "win32/npipe.h"
#include "win32/overlapped.h"
#include "win32/path.h"
#include "win32/pipe.h"

enum { WORDS_MAX = 32, PIECE = 1 << 20 };

struct fixture fixture;

/* ------------------------------------------------------------------ set-up and tear-down */

static sp_status neighbour(const char *leaf, char **out, struct sp_error *err)
{
    char *self = NULL, *folder = NULL;
    sp_status status = w32_path_self(&self, err);
    if (status == SP_OK)
        status = w32_path_folder(self, &folder, err);
    if (status == SP_OK)
        status = w32_path_join(folder, leaf, out, err);
    free(self);
    free(folder);
    return status;
}

static sp_status add_workers(const char *workers, struct sp_buffer *text, struct sp_error *err)
{
    sp_status status = SP_OK;
    for (const char *p = workers; p != NULL && *p != '\0' && status == SP_OK; p++)
        status = *p == '@' ? sp_buffer_printf(text, err, "'%s'", fixture.child)
                           : sp_buffer_append(text, p, 1, err);
    return status;
}

static sp_status write_config(const char *yaml, const char *workers, struct sp_error *err)
{
    struct sp_buffer text = {0};
    sp_status status = sp_buffer_printf(
        &text, err,
        "%sworkers:\n"
        "  child: {command: ['%s'], args: allow, description: does what a test says}\n"
        "  upper: {pipeline: [['%s', cat], ['%s', upper]]}\n"
        "  missing: {command: ['C:\\no\\such\\program.exe']}\n"
        "  deny: {command: ['%s', cat]}\n"
        "  silent: {command: ['%s', console], console: none}\n",
        yaml == NULL ? "" : yaml, fixture.child, fixture.child, fixture.child, fixture.child,
        fixture.child);
    if (status == SP_OK)
        status = add_workers(workers, &text, err);
    if (status == SP_OK)
        status = w32_file_create(fixture.config, text.data, text.len, err);
    sp_buffer_deinit(&text);
    return status;
}

static sp_status prepare(const char *yaml, const char *workers, struct sp_error *err)
{
    struct w32_npipe_leaf leaf;
    sp_status status = neighbour("standpiped.exe", &fixture.daemon, err);
    if (status == SP_OK)
        status = neighbour("standpipe.exe", &fixture.client, err);
    if (status == SP_OK)
        status = neighbour("test-child.exe", &fixture.child, err);
    if (status == SP_OK)
        status = w32_folder_temporary("standpipe-e2e-", &fixture.folder, err);
    if (status == SP_OK)
        status = w32_path_join(fixture.folder, "standpipe.yaml", &fixture.config, err);
    if (status == SP_OK)
        status = w32_npipe_random_leaf("e2e-", &leaf, err);
    if (status != SP_OK)
        return status;
    snprintf(fixture.name, sizeof fixture.name, "Standpipe-%s", leaf.text);
    snprintf(fixture.pipe, sizeof fixture.pipe, "%s", leaf.text);
    return write_config(yaml, workers, err);
}

static int complain(const char *what, struct w32_outcome *outcome)
{
    w32_printf(W32_STDERR, "fixture: %s: %.*s%.*s\n", what, (int)outcome->output.len,
               (const char *)outcome->output.data, (int)outcome->errors.len,
               (const char *)outcome->errors.data);
    return -1;
}

int fixture_open(const char *yaml)
{
    return fixture_open_with(yaml, NULL);
}

int fixture_open_with(const char *yaml, const char *workers)
{
    struct sp_error err = {0};
    struct w32_outcome outcome = {0};
    int result = 0;
    fixture.transport = getenv("SP_E2E_TRANSPORT");
    fixture.workers = workers;
    if (prepare(yaml, workers, &err) != SP_OK) {
        w32_printf(W32_STDERR, "fixture: %s\n", err.what);
        return -1;
    }
    const char *const install[] = {"install",      "--name", fixture.name, "--config",
                                   fixture.config, "--pipe", fixture.pipe, NULL};
    const char *const start[] = {"start", "--name", fixture.name, NULL};
    if (daemon_verb(install, &outcome) != 0)
        result = complain("install", &outcome);
    w32_outcome_deinit(&outcome);
    if (result == 0 && daemon_verb(start, &outcome) != 0)
        result = complain("start", &outcome);
    w32_outcome_deinit(&outcome);
    return result;
}

void fixture_write_config(const char *yaml, const char *workers)
{
    struct sp_error err = {0};
    sp_status ignored = w32_file_delete(fixture.config, NULL);
    (void)ignored;
    if (write_config(yaml, workers, &err) != SP_OK)
        fail_msg("%s", err.what);
    fixture.workers = workers;
}

int fixture_close(void)
{
    struct w32_outcome outcome = {0};
    const char *const uninstall[] = {"uninstall", "--name", fixture.name, NULL};
    int result = daemon_verb(uninstall, &outcome) == 0 ? 0 : complain("uninstall", &outcome);
    w32_outcome_deinit(&outcome);
    w32_file_remove(fixture.folder);
    free(fixture.daemon);
    free(fixture.client);
    free(fixture.child);
    free(fixture.folder);
    free(fixture.config);
    fixture = (struct fixture){0};
    return result;
}

/* ------------------------------------------------------------------ programs */

void run_program(const char *const *argv, size_t argc, struct sp_bytes input,
                 struct w32_outcome *outcome)
{
    struct w32_spawn_options what = {.argv = argv, .argc = argc};
    struct sp_error err = {0};
    *outcome = (struct w32_outcome){{0}, {0}, 0};
    if (w32_communicate(&what, input, FIXTURE_MS, outcome, &err) != SP_OK)
        fail_msg("%s: %s; it said: %.*s", argv[0], err.what, (int)outcome->errors.len,
                 (const char *)outcome->errors.data);
}

/* A program and its options, then words up to NULL. */
static size_t command(const char **argv, const char *program, const char *const *options,
                      const char *const *words)
{
    size_t argc = 0;
    argv[argc++] = program;
    for (; *options != NULL; options++)
        argv[argc++] = *options;
    for (; *words != NULL && argc < WORDS_MAX; words++)
        argv[argc++] = *words;
    return argc;
}

bool runs_over(const char *transport)
{
    return fixture.transport != NULL && strcmp(fixture.transport, transport) == 0;
}

/* Whether a word is a worker of the test's own that only the relay can serve. */
static bool takes_relay(const char *word)
{
    static const char *const keys[] = {"mode: shared", "resume:", "warm:", "logs:", "idle_time:"};
    char start[64], line[512];
    snprintf(start, sizeof start, "  %s: {", word);
    const char *found = fixture.workers == NULL ? NULL : strstr(fixture.workers, start);
    if (found == NULL)
        return false;
    snprintf(line, sizeof line, "%.*s", (int)strcspn(found, "\n"), found);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strstr(line, keys[i]) != NULL)
            return true;
    return false;
}

size_t attach_argv(const char **argv, const char *const *words)
{
    bool insist = fixture.transport != NULL;
    for (const char *const *word = words; *word != NULL; word++)
        insist = insist && !takes_relay(*word);
    const char *const options[] = {
        "attach", "--pipe", fixture.pipe, insist ? "--transport" : NULL, fixture.transport, NULL};
    return command(argv, fixture.client, options, words);
}

void attach(const char *const *words, struct sp_bytes input, struct w32_outcome *outcome)
{
    const char *argv[ATTACH_WORDS_MAX];
    run_program(argv, attach_argv(argv, words), input, outcome);
}

void start_attach(const char *const *words, w32_handle in, w32_handle out, w32_handle err,
                  struct w32_child *child)
{
    const char *argv[ATTACH_WORDS_MAX];
    struct w32_spawn_options what = {
        .argv = argv, .argc = attach_argv(argv, words), .in = in, .out = out, .err = err};
    struct sp_error why = {0};
    if (w32_spawn(&what, child, &why) != SP_OK)
        fail_msg("starting the client: %s", why.what);
}

uint32_t end_of(struct w32_child *child)
{
    uint32_t code = 0;
    assert_int_equal(w32_child_wait(child, FIXTURE_MS, &code, NULL), SP_OK);
    return code;
}

uint32_t daemon_verb(const char *const *words, struct w32_outcome *outcome)
{
    const char *argv[WORDS_MAX];
    const char *const none[] = {NULL};
    struct w32_spawn_options what = {.argv = argv,
                                     .argc = command(argv, fixture.daemon, none, words)};
    *outcome = (struct w32_outcome){{0}, {0}, 0};
    if (w32_communicate(&what, (struct sp_bytes){0}, FIXTURE_MS, outcome, NULL) != SP_OK)
        return UINT32_MAX;
    return outcome->exit_code;
}

void send_ctrl_c(uint32_t pid)
{
    char text[16];
    snprintf(text, sizeof text, "%u", (unsigned)pid);
    const char *const argv[] = {fixture.daemon, "signal", text};
    /* The helper of win32/signal.h: it has no console, and goes to that of the process. */
    struct w32_spawn_options what = {.argv = argv, .argc = 3, .console = W32_CONSOLE_NONE};
    struct w32_child helper = {0};
    assert_int_equal(w32_spawn(&what, &helper, NULL), SP_OK);
    assert_int_equal(end_of(&helper), 0);
    w32_child_close(&helper);
}

/* ------------------------------------------------------------------ looking at the service */

uint32_t client_verb(const char *const *words, struct w32_outcome *outcome)
{
    const char *argv[WORDS_MAX];
    const char *const options[] = {words[0], "--pipe", fixture.pipe, NULL};
    run_program(argv, command(argv, fixture.client, options, words + 1), (struct sp_bytes){0},
                outcome);
    return outcome->exit_code;
}

/* Reads lines until one answers request 1. */
static json_t *read_answer(struct w32_overlapped *o)
{
    struct sp_line_reader in = {0};
    static _Thread_local unsigned char bytes[4096];
    json_t *result = NULL;
    bool answered = false;
    while (!answered) {
        struct sp_bytes line;
        struct sp_rpc rpc = {0};
        uint32_t got = 0;
        if (sp_line_next(&in, &line, NULL) == SP_OK) {
            if (sp_rpc_parse(line, &rpc, NULL) != SP_OK)
                break;
            answered = rpc.kind == SP_RPC_RESULT || rpc.kind == SP_RPC_ERROR;
            result = rpc.kind == SP_RPC_RESULT ? json_incref(rpc.result) : NULL;
            sp_rpc_deinit(&rpc);
        } else if (w32_overlapped_read(o, bytes, sizeof bytes, NULL) != SP_OK ||
                   w32_overlapped_wait(o, FIXTURE_MS, &got, NULL) != SP_OK ||
                   sp_line_feed(&in, bytes, got, NULL) != SP_OK)
            break;
    }
    sp_line_deinit(&in);
    return result;
}

json_t *ask(const char *method, json_t *params)
{
    struct sp_buffer line = {0};
    struct w32_overlapped o = {0};
    w32_handle pipe = NULL;
    json_t *result = NULL;
    sp_status status = sp_rpc_request(&line, 1, method, params, NULL);
    if (status == SP_OK)
        status = w32_npipe_open(NULL, fixture.pipe, W32_NPIPE_BOTH, FIXTURE_MS, &pipe, NULL);
    if (status == SP_OK)
        status = w32_overlapped_init(&o, pipe, NULL);
    if (status == SP_OK)
        status = w32_overlapped_write(&o, line.data, (uint32_t)line.len, NULL);
    if (status == SP_OK)
        status = w32_overlapped_wait(&o, FIXTURE_MS, NULL, NULL);
    if (status == SP_OK)
        result = read_answer(&o);
    w32_overlapped_deinit(&o);
    w32_handle_close(&pipe);
    sp_buffer_deinit(&line);
    return result;
}

static json_t *worker_of(json_t *root, const char *name)
{
    size_t i;
    json_t *worker;
    json_array_foreach(json_object_get(root, "workers"), i, worker)
    {
        if (strcmp(json_string_value(json_object_get(worker, "worker")), name) == 0)
            return worker;
    }
    fail_msg("there is no worker %s", name);
    return NULL;
}

json_t *wait_for_state(const char *worker, const char *state)
{
    uint64_t deadline = w32_clock_us() + FIXTURE_MS * (uint64_t)1000;
    char last[32] = "";
    do {
        json_t *root = ps();
        json_t *found = json_incref(worker_of(root, worker));
        json_decref(root);
        snprintf(last, sizeof last, "%s", json_string_value(json_object_get(found, "state")));
        if (strcmp(last, state) == 0)
            return found;
        json_decref(found);
    } while (w32_clock_us() < deadline);
    fail_msg("worker %s is %s, not %s", worker, last, state);
    return NULL;
}

uint32_t lowered(const char *const *words, struct sp_bytes input, struct w32_outcome *out)
{
    const char *argv[ATTACH_WORDS_MAX] = {fixture.child, "lowered", fixture.client,
                                          words[0],      "--pipe",  fixture.pipe};
    size_t argc = 6;
    for (const char *const *word = words + 1; *word != NULL; word++)
        argv[argc++] = *word;
    run_program(argv, argc, input, out);
    return out->exit_code;
}

json_t *ps(void)
{
    struct w32_outcome outcome;
    const char *const argv[] = {fixture.client, "ps", "--pipe", fixture.pipe, "--json"};
    run_program(argv, 5, (struct sp_bytes){0}, &outcome);
    json_error_t where;
    json_t *root = json_loadb((const char *)outcome.output.data, outcome.output.len, 0, &where);
    if (root == NULL)
        fail_msg("ps --json: %s; it said: %.*s", where.text, (int)outcome.errors.len,
                 (const char *)outcome.errors.data);
    w32_outcome_deinit(&outcome);
    return root;
}

void wait_for_sessions(size_t count)
{
    uint64_t deadline = w32_clock_us() + FIXTURE_MS * (uint64_t)1000;
    size_t now = SIZE_MAX;
    do {
        json_t *status = ask("status", NULL); /* and not ps(): that starts a program each time */
        assert_non_null(status);
        now = (size_t)json_integer_value(json_object_get(status, "sessions"));
        json_decref(status);
    } while (now != count && w32_clock_us() < deadline);
    assert_int_equal(now, count);
}

void wait_for_process_end(uint32_t pid)
{
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, pid);
    if (process == NULL)
        return;
    DWORD waited = WaitForSingleObject(process, FIXTURE_MS);
    CloseHandle(process);
    assert_int_equal(waited, WAIT_OBJECT_0);
}

/* ------------------------------------------------------------------ files and texts */

const char *scratch(const char *leaf)
{
    static char paths[4][1024];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s\\%s", fixture.folder, leaf);
    return path;
}

void write_random(const char *path, uint64_t size)
{
    unsigned char *piece = malloc(PIECE);
    w32_handle file = NULL;
    assert_non_null(piece);
    assert_int_equal(w32_file_open(path, W32_FILE_WRITE, &file, NULL), SP_OK);
    while (size > 0) {
        uint32_t len = size < PIECE ? (uint32_t)size : PIECE;
        assert_int_equal(BCryptGenRandom(NULL, piece, len, BCRYPT_USE_SYSTEM_PREFERRED_RNG), 0);
        assert_int_equal(w32_write(file, piece, len, NULL), SP_OK);
        size -= len;
    }
    w32_handle_close(&file);
    free(piece);
}

void sha256_of(const char *path, char hex[65])
{
    BCRYPT_ALG_HANDLE algorithm = NULL;
    BCRYPT_HASH_HANDLE hash = NULL;
    unsigned char digest[32];
    unsigned char *piece = malloc(PIECE);
    w32_handle file = NULL;
    uint32_t got = 0;
    assert_non_null(piece);
    assert_int_equal(w32_file_open(path, W32_FILE_READ, &file, NULL), SP_OK);
    assert_int_equal(BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_SHA256_ALGORITHM, NULL, 0), 0);
    assert_int_equal(BCryptCreateHash(algorithm, &hash, NULL, 0, NULL, 0, 0), 0);
    while (w32_read(file, piece, PIECE, &got, NULL) == SP_OK)
        assert_int_equal(BCryptHashData(hash, piece, got, 0), 0);
    assert_int_equal(BCryptFinishHash(hash, digest, sizeof digest, 0), 0);
    BCryptDestroyHash(hash);
    BCryptCloseAlgorithmProvider(algorithm, 0);
    w32_handle_close(&file);
    free(piece);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

void read_line(w32_handle from, char *line, size_t size)
{
    size_t len = 0;
    for (;;) {
        uint32_t got = 0;
        assert_true(len + 1 < size);
        assert_int_equal(w32_read(from, line + len, 1, &got, NULL), SP_OK);
        if (line[len] == '\n')
            break;
        len++;
    }
    line[len] = '\0';
}

void assert_says(const struct sp_buffer *text, const char *what)
{
    size_t len = strlen(what);
    for (size_t i = 0; i + len <= text->len; i++)
        if (memcmp(text->data + i, what, len) == 0)
            return;
    fail_msg("'%s' is not in: %.*s", what, (int)text->len, (const char *)text->data);
}

void assert_text(const struct sp_buffer *buffer, const char *text)
{
    if (buffer->len != strlen(text) || memcmp(buffer->data, text, buffer->len) != 0)
        fail_msg("'%.*s' is not '%s'", (int)buffer->len, (const char *)buffer->data, text);
}
