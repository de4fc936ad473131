/* bench/clients.c - contestants as command lines and as sessions. Every client is started the same
 * way, from here. */
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"
#include "core/text.h"
#include "win32/file.h"
#include "win32/pipe.h"

enum { WORDS_MAX = 1 << 20, TRIP_MAX = 128, EXCERPT = 300 };

const char *const bench_worker_names[BENCH_WORKERS] = {"sink", "source", "echo"};

/* ------------------------------------------------------------------ command lines */

static void word(struct bench_command *c, const char *text)
{
    c->argv[c->argc++] = text;
}

static void product(const struct bench *b, enum bench_contestant who,
                    const struct bench_server *service, const char *worker, struct bench_command *c)
{
    word(c, b->client);
    word(c, "attach");
    word(c, "--pipe");
    word(c, service->pipe);
    word(c, "--transport");
    word(c, bench_contestants[who].transport);
    word(c, who == BENCH_WARM ? "warm" : who == BENCH_CONSOLE ? "console" : worker);
}

static void node(const struct bench *b, enum bench_worker_kind worker, struct bench_command *c)
{
    snprintf(c->pipe, sizeof c->pipe, "\\\\.\\pipe\\%s", b->bridges[worker].pipe);
    word(c, b->node);
    word(c, b->peer);
    word(c, c->pipe);
}

static void worker_itself(const struct bench *b, enum bench_worker_kind worker,
                          struct bench_command *c)
{
    snprintf(c->block, sizeof c->block, "%u", (unsigned)b->results.block_bytes);
    snprintf(c->size, sizeof c->size, "%llu", (unsigned long long)b->results.size_bytes);
    word(c, b->self);
    word(c, "worker");
    word(c, c->block);
    word(c, bench_worker_names[worker]);
    if (worker == BENCH_SOURCE)
        word(c, c->size);
}

static void limit(const struct bench *b, enum bench_contestant who, enum bench_worker_kind worker,
                  struct bench_command *c)
{
    snprintf(c->limit, sizeof c->limit, "%u", (unsigned)bench_contestants[who].limit_bytes);
    word(c, b->self);
    word(c, "limit");
    word(c, c->limit);
    worker_itself(b, worker, c);
}

void bench_command_of_worker(const struct bench *b, enum bench_worker_kind worker,
                             struct bench_command *c)
{
    *c = (struct bench_command){0};
    worker_itself(b, worker, c);
}

bool bench_is_product(enum bench_contestant who)
{
    return bench_contestants[who].transport != NULL;
}

void bench_command_of(const struct bench *b, enum bench_contestant who,
                      const struct bench_server *service, enum bench_worker_kind worker,
                      struct bench_command *c)
{
    *c = (struct bench_command){0};
    if (who == BENCH_NODE)
        node(b, worker, c);
    else if (bench_is_product(who))
        product(b, who, service, bench_worker_names[worker], c);
    else
        limit(b, who, worker, c);
}

/* ------------------------------------------------------------------ beginning and end */

sp_status bench_start(const struct bench *b, const struct bench_command *c, w32_handle in,
                      w32_handle out, struct w32_child *child, struct sp_error *err)
{
    struct w32_spawn_options what = {.argv = c->argv,
                                     .argc = c->argc,
                                     .in = in,
                                     .out = out,
                                     .err = b->errors_file,
                                     .console = W32_CONSOLE_NONE};
    return w32_spawn(&what, child, err);
}

/* The end of what clients have said on stderr, as one line. */
static void last_words(const struct bench *b, char *text, size_t size)
{
    struct sp_buffer said = {0};
    text[0] = '\0';
    if (w32_file_read(b->errors, WORDS_MAX, &said, NULL) == SP_OK && said.len > 0) {
        size_t len = said.len < EXCERPT ? said.len : EXCERPT;
        snprintf(text, size, ": %.*s", (int)len, (const char *)said.data + said.len - len);
        sp_text_disarm(text);
    }
    sp_buffer_deinit(&said);
}

sp_status bench_judge(const struct bench *b, enum bench_contestant who, uint32_t code,
                      struct sp_error *err)
{
    char words[EXCERPT + 4];
    if (code == 0)
        return SP_OK;
    last_words(b, words, sizeof words);
    return sp_fail(err, SP_ESTATE, 0, "%s: a client ended with %u%s", bench_contestants[who].name,
                   (unsigned)code, words);
}

sp_status bench_wait_end(const struct bench *b, struct w32_child *child, enum bench_contestant who,
                         struct sp_error *err)
{
    uint32_t code = 0;
    sp_status status = w32_child_wait(child, BENCH_END_MS, &code, err);
    if (status == SP_OK)
        status = bench_judge(b, who, code, err);
    w32_child_close(child);
    return status;
}

/* ------------------------------------------------------------------ sessions that echo */

static sp_status read_back(w32_handle from, const char *sent, uint32_t len, struct sp_error *err)
{
    char back[TRIP_MAX] = {0};
    uint32_t all = 0;
    while (all < len) {
        uint32_t got = 0;
        sp_status status = w32_read(from, back + all, len - all, &got, err);
        if (status != SP_OK)
            return status;
        all += got;
    }
    if (memcmp(sent, back, len) != 0)
        return sp_fail(err, SP_EBROKEN, 0, "other bytes came back than were sent");
    return SP_OK;
}

static const char pattern[TRIP_MAX] = "b0123456789abcdefghijklmnopqrstuvwxyz";

sp_status bench_trip(w32_handle to, w32_handle from, uint32_t len, struct sp_error *err)
{
    sp_status status = w32_write(to, pattern, len, err);
    return status == SP_OK ? read_back(from, pattern, len, err) : status;
}

sp_status bench_session_open_with(const struct bench *b, const struct bench_command *command,
                                  struct bench_session *s, struct sp_error *err)
{
    struct w32_pipe in = {0}, out = {0};
    *s = (struct bench_session){0};
    sp_status status = w32_pipe_open(NULL, &in, err);
    if (status == SP_OK)
        status = w32_pipe_open(NULL, &out, err);
    if (status == SP_OK)
        status = w32_write(in.write, pattern, 1, err);
    if (status == SP_OK)
        status = bench_start(b, command, in.read, out.write, &s->child, err);
    w32_handle_close(&in.read);
    w32_handle_close(&out.write);
    s->to = in.write;
    s->from = out.read;
    return status;
}

sp_status bench_session_open(const struct bench *b, enum bench_contestant who,
                             const struct bench_server *service, struct bench_session *s,
                             struct sp_error *err)
{
    struct bench_command command;
    bench_command_of(b, who, service, BENCH_ECHOES, &command);
    return bench_session_open_with(b, &command, s, err);
}

sp_status bench_session_first(const struct bench *b, struct bench_session *s,
                              enum bench_contestant who, struct sp_error *err)
{
    sp_status status = read_back(s->from, pattern, 1, err);
    if (status != SP_EEND)
        return status;
    sp_status end = bench_wait_end(b, &s->child, who, err);
    return end == SP_OK
               ? sp_fail(err, SP_EBROKEN, 0, "%s: no byte came back", bench_contestants[who].name)
               : end;
}

sp_status bench_session_end(const struct bench *b, struct bench_session *s,
                            enum bench_contestant who, struct sp_error *err)
{
    w32_handle_close(&s->to);
    return bench_wait_end(b, &s->child, who, err);
}

void bench_session_close(struct bench_session *s)
{
    w32_handle_close(&s->to);
    w32_handle_close(&s->from);
    w32_child_close(&s->child);
}
