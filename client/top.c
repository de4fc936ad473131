/* client/top.c - `standpipe top`: what a service does now, again and again. */
#include <stdio.h>
#include <string.h>

#include "client/call.h"
#include "client/fetch.h"
#include "client/top_screen.h"
#include "client/verbs.h"
#include "core/units.h"
#include "win32/clock.h"
#include "win32/console.h"
#include "win32/screen.h"
#include "win32/thread.h"

/* The verb's options, by their place in the table. */
enum { OPTION_INTERVAL = 2, OPTION_SORT, OPTION_ONCE, OPTION_JSON };

enum {
    INTERVAL_MS = 1000,
    INTERVAL_LEAST_MS = 100,
    INTERVAL_MOST_MS = 3600000,
    ANSWER_MS = 5000, /* longer than that the screen stands still for no answer */
};

/* What runs until somebody quits. */
struct house {
    struct cli_target target;
    struct cli_control control; /* asks for the figures */
    struct cli_control hand;    /* does what a key asks for */
    int64_t doing;              /* its request that is not answered yet; 0: none */
    bool connected, drawn;
    struct cli_board board;
    struct cli_top top;
    struct cli_screen screen;
    uint32_t interval_ms;
};

/* ------------------------------------------------------------------ looking */

static sp_status look(struct house *h, struct sp_error *err)
{
    struct cli_view view = {0};
    sp_status status = SP_OK;
    if (!h->connected)
        status = cli_control_open(&h->control, &h->target, err);
    h->connected = status == SP_OK;
    if (status == SP_OK)
        status = cli_fetch(&h->control, NULL, &view, err);
    if (status == SP_OK)
        status = cli_board_take(&h->board, &view, w32_clock_us(), err);
    if (status != SP_OK) {
        cli_control_close(&h->control);
        h->connected = false;
    }
    return status;
}

/* ------------------------------------------------------------------ once */

static sp_status print(struct house *h, bool as_json, struct sp_buffer *out, struct sp_error *err)
{
    if (!as_json)
        return cli_top_print(&h->top, &h->board, out, err);
    json_t *all = cli_view_json(&h->board.view);
    sp_status status = cli_print_json(all, out, err);
    json_decref(all);
    return status;
}

/* Two looks, since one alone has no rates. */
static sp_status once(struct house *h, bool as_json, struct sp_error *err)
{
    struct sp_buffer out = {0};
    sp_status status = look(h, err);
    if (status == SP_OK) {
        w32_thread_pause(h->interval_ms);
        status = look(h, err);
    }
    if (status == SP_OK)
        status = print(h, as_json, &out, err);
    if (status == SP_OK && w32_print(W32_STDOUT, (const char *)out.data, out.len) != SP_OK)
        status = sp_fail(err, SP_EBROKEN, 0, "nobody reads stdout");
    sp_buffer_deinit(&out);
    return status;
}

/* ------------------------------------------------------------------ the screen */

/* Each line is cleared before it is written: behind a full one there would be nothing to clear. */
static sp_status show(const struct cli_screen *screen, struct sp_error *err)
{
    static const char *const starts[] = {[CLI_LOOK_PLAIN] = "\x1b[0m",
                                         [CLI_LOOK_HEAD] = "\x1b[0;1m",
                                         [CLI_LOOK_CHOSEN] = "\x1b[0;7m",
                                         [CLI_LOOK_NOTE] = "\x1b[0;1;33m"};
    struct sp_buffer out = {0};
    const char *line = (const char *)screen->text.data;
    sp_status status = sp_buffer_printf(&out, err, "\x1b[H");
    for (size_t i = 0; status == SP_OK && i < screen->line_count; i++) {
        size_t len = strcspn(line, "\n");
        status = sp_buffer_printf(&out, err, "%s\x1b[0m\x1b[2K%s%.*s\x1b[0m", i == 0 ? "" : "\r\n",
                                  starts[screen->looks[i]], (int)len, line);
        line += len + 1;
    }
    if (status == SP_OK && w32_screen_draw((const char *)out.data, out.len) != SP_OK)
        status = sp_fail(err, SP_EBROKEN, 0, "the console takes no more");
    sp_buffer_deinit(&out);
    return status;
}

static sp_status draw(struct house *h, struct sp_error *err)
{
    size_t width, height;
    w32_console_size(W32_STDOUT, &width, &height);
    sp_status status = cli_top_draw(&h->top, &h->board, width, height, &h->screen, err);
    return status == SP_OK ? show(&h->screen, err) : status;
}

static void note(struct house *h, const char *what, const char *how)
{
    snprintf(h->top.note, sizeof h->top.note, "%s: %s", what, how);
}

/* ------------------------------------------------------------------ doing */

/* The mode of a session's worker decides what stopping it is. */
static const char *shared_worker_of(const struct house *h, const char *session)
{
    json_t *s = json_object_get(h->board.sessions, session);
    const char *name = json_string_value(json_object_get(s, "worker"));
    json_t *w = name == NULL ? NULL : json_object_get(h->board.workers, name);
    const char *mode = json_string_value(json_object_get(w, "mode"));
    return mode != NULL && strcmp(mode, "shared") == 0 ? name : NULL;
}

/* The request for a wish. @param method receives its name @return its params */
static json_t *request_of(const struct house *h, enum cli_wish wish, const char **method)
{
    const char *target = h->top.target;
    *method = wish == CLI_WISH_DROP ? "drop" : "stop_worker";
    if (wish == CLI_WISH_DROP)
        return json_pack("{s:s}", "session", target);
    if (h->top.target_table == CLI_TABLE_WORKERS)
        return json_pack("{s:s}", "worker", target);
    const char *worker = shared_worker_of(h, target);
    if (worker != NULL)
        return json_pack("{s:s}", "worker", worker);
    *method = "signal";
    return json_pack("{s:s, s:s}", "name", "term", "session", target);
}

static void begin(struct house *h, enum cli_wish wish)
{
    struct sp_error err = {0};
    const char *method = NULL;
    if (h->doing != 0) {
        note(h, h->top.target, "the last one is not done yet");
        return;
    }
    json_t *params = request_of(h, wish, &method);
    sp_status status = cli_control_open(&h->hand, &h->target, &err);
    if (status == SP_OK)
        status = cli_control_request(&h->hand, method, params, &h->doing, &err);
    else
        json_decref(params);
    if (status != SP_OK) {
        h->doing = 0;
        cli_control_close(&h->hand);
    }
    note(h, h->top.target, status == SP_OK ? "asked for" : err.what);
}

/* Looks for the answer, without waiting for it. */
static void finish_if_answered(struct house *h)
{
    struct sp_rpc rpc = {0};
    struct sp_error err = {0};
    if (h->doing == 0)
        return;
    sp_status status = cli_control_next(&h->hand, 0, &rpc, &err);
    if (status == SP_ETIMEOUT)
        return;
    if (status != SP_OK)
        note(h, h->top.target, err.what);
    else if (rpc.kind == SP_RPC_ERROR)
        note(h, h->top.target, rpc.message);
    else
        note(h, h->top.target, "done");
    sp_rpc_deinit(&rpc);
    cli_control_close(&h->hand);
    h->doing = 0;
}

/* Takes keys until it is time for another look. @return whether somebody wants to quit */
static bool take_keys(struct house *h, struct sp_error *err, sp_status *status)
{
    uint64_t due_us = w32_clock_us() + (uint64_t)h->interval_ms * 1000;
    for (;;) {
        uint64_t now_us = w32_clock_us();
        if (now_us >= due_us)
            return false;
        uint32_t key = w32_screen_key((uint32_t)((due_us - now_us + 999) / 1000));
        if (key == W32_KEY_NONE)
            return false;
        enum cli_wish wish = cli_top_key(&h->top, &h->board, key);
        if (wish == CLI_WISH_QUIT)
            return true;
        if (wish != CLI_WISH_NONE)
            begin(h, wish);
        *status = draw(h, err);
        if (*status != SP_OK)
            return true;
    }
}

static sp_status run(struct house *h, struct sp_error *err)
{
    sp_status status = look(h, err); /* before the screen: what is wrong at once is said plainly */
    if (status == SP_OK)
        status = w32_screen_open(err);
    bool quit = false;
    while (status == SP_OK && !quit) {
        struct sp_error why = {0};
        finish_if_answered(h);
        if (h->drawn && look(h, &why) != SP_OK)
            note(h, "no figures", why.what); /* the last ones stay, until it is back */
        h->drawn = true;
        status = draw(h, err);
        if (status == SP_OK)
            quit = take_keys(h, err, &status);
    }
    w32_screen_close();
    return status;
}

/* ------------------------------------------------------------------ the verb */

static sp_status read_interval(const char *text, uint32_t *out, struct sp_error *err)
{
    uint64_t ms = INTERVAL_MS;
    sp_status status = text == NULL ? SP_OK : sp_duration_parse(text, &ms, err);
    if (status == SP_OK && (ms < INTERVAL_LEAST_MS || ms > INTERVAL_MOST_MS))
        status = sp_fail(err, SP_EINVAL, 0, "%s is not between 100ms and 1h", text);
    if (status != SP_OK)
        sp_error_prefix(err, "--interval: ");
    else
        *out = (uint32_t)ms;
    return status;
}

static sp_status read_order(const char *text, enum cli_order *out, struct sp_error *err)
{
    for (int i = 0; i < CLI_ORDER_COUNT; i++)
        if (text == NULL || strcmp(text, cli_order_name((enum cli_order)i)) == 0) {
            *out = (enum cli_order)i;
            return SP_OK;
        }
    return sp_fail(err, SP_EINVAL, 0, "--sort takes name, in, out, memory or cpu, not '%s'", text);
}

static int top(const struct sp_args *args)
{
    static struct house h;
    struct sp_error err = {0};
    bool as_json = args->values[OPTION_JSON] != NULL;
    h.target = cli_target_of(args);
    h.control.answer_ms = ANSWER_MS;
    sp_status status = read_interval(args->values[OPTION_INTERVAL], &h.interval_ms, &err);
    if (status == SP_OK)
        status = read_order(args->values[OPTION_SORT], &h.top.order, &err);
    if (status == SP_OK && (as_json || args->values[OPTION_ONCE] != NULL ||
                            w32_stream_kind(W32_STDOUT) != W32_STREAM_TERMINAL))
        status = once(&h, as_json, &err);
    else if (status == SP_OK)
        status = run(&h, &err);
    if (status != SP_OK)
        cli_complain("%s", err.what);
    cli_control_close(&h.control);
    cli_control_close(&h.hand);
    cli_board_deinit(&h.board);
    cli_screen_deinit(&h.screen);
    return status == SP_OK ? 0 : CLI_REFUSED;
}

static const struct sp_option options[] = {
    CLI_TARGET_OPTIONS,
    {"interval", "TIME", "How often it looks: 500ms, 1s (the default), 10s", 0},
    {"sort", "BY", "name (the default), in, out, memory or cpu", 0},
    {"once", NULL, "Print one table and end; so it is when stdout is no console", 0},
    {"json", NULL, "The same as one JSON object; docs/json.md has its shape", 0}};

const struct sp_verb cli_top_verb = {
    .name = "top",
    .summary = "Watch workers and sessions",
    .description =
        "Shows what moves: workers and sessions, bytes a second each way, which way they go, memory "
        "and processor time of the programs with all that they have started, restarts. It looks "
        "again every second, until q or Ctrl-C. h shows the keys: to sort, to choose a row, to drop "
        "a session, to stop a worker.\n"
        "\n"
        "IN/S is what goes to a worker's stdin, OUT/S what comes from its stdout and stderr; - is "
        "what goes past the service and is counted by nobody.\n"
        "\n"
        "Where stdout is no console, and with --once, it looks twice, an interval apart, prints "
        "one table and ends.\n"
        "\n"
        "Exit codes: 0, 125 refused, or there is no service.\n"
        "\n"
        "Examples:\n"
        "  standpipe top\n"
        "  standpipe top -H FILESERVER --interval 5s --sort cpu\n"
        "  standpipe top --once > now.txt",
    .options = options,
    .run = top,
    .option_count = sizeof options / sizeof *options,
};
