/* client/top_screen.c - `standpipe top` without a console: what stands on the screen. */
#include "client/top_screen.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/fetch.h"
#include "client/top_tables.h"
#include "core/human.h"
#include "core/text.h"
#include "win32/screen.h"

enum { HEADER_LINES = 2, HEIGHT_LEAST = 3 };

static const char keys_line[] = "q quit  Tab table  n i o m c sort  d drop  s stop  h help";

static const char *const help_lines[] = {
    "Up Down PgUp PgDn Home End  choose a row",
    "Tab                         workers or sessions",
    "n i o m c                   sort: name, in, out, memory, CPU",
    "d                           drop the session: cut its connections",
    "s                           stop the worker, or the one of the session",
    "q                           quit, as does Ctrl-C",
    "",
    "IN/S and OUT/S count what goes through the service; - is what goes past it.",
    "MEMORY and CPU are those of a worker with all that it has started; 100% is",
    "one processor.",
};

/* ------------------------------------------------------------------ lines */

/* A screen in the making. */
struct canvas {
    struct cli_screen *to;
    size_t width, height;
    struct sp_error *err;
    sp_status status;
};

static void add_line(struct canvas *c, enum cli_look look, const char *text, size_t len)
{
    struct cli_screen *s = c->to;
    if (c->status != SP_OK || s->line_count >= c->height)
        return;
    size_t cut = sp_text_cut((struct sp_bytes){text, len}, c->width);
    c->status = sp_buffer_append(&s->text, text, cut, c->err);
    if (c->status == SP_OK)
        c->status = sp_buffer_append(&s->text, "\n", 1, c->err);
    if (c->status == SP_OK)
        s->looks[s->line_count++] = look;
}

static void SP_PRINTF(3, 4) say(struct canvas *c, enum cli_look look, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    if (c->status == SP_OK)
        c->status = sp_text_vformat(&text, c->err, format, args);
    va_end(args);
    if (c->status != SP_OK)
        return;
    sp_text_disarm(text);
    add_line(c, look, text, strlen(text));
    free(text);
}

/* ------------------------------------------------------------------ the head */

static void draw_service(struct canvas *c, const struct cli_board *b)
{
    json_t *service = b->view.service;
    char age[SP_HUMAN_MAX], memory[SP_HUMAN_MAX];
    size_t workers = json_array_size(b->view.workers);
    size_t sessions = json_array_size(b->view.sessions);
    sp_human_age(json_integer_value(json_object_get(service, "uptime_ms")) / 1000, age);
    sp_human_size(cli_board_figure(service, "memory"), memory);
    say(c, CLI_LOOK_PLAIN, "Standpipe %s, pipe %s, up %s: %zu worker%s, %zu session%s, itself %s",
        cli_text_of(service, "version"), cli_text_of(service, "pipe"), age, workers,
        workers == 1 ? "" : "s", sessions, sessions == 1 ? "" : "s", memory);
}

static void draw_sums(struct canvas *c, const struct cli_board *b)
{
    json_t *workers = b->view.workers;
    char in[SP_HUMAN_MAX], out[SP_HUMAN_MAX], memory[SP_HUMAN_MAX];
    sp_human_size(cli_board_sum(workers, "in_per_s"), in);
    sp_human_size(cli_board_sum(workers, "out_per_s"), out);
    sp_human_size(cli_board_sum(workers, "memory"), memory);
    say(c, CLI_LOOK_PLAIN, "in %s/s, out %s/s; programs: %.0f, memory %s, CPU %.0f%%", in, out,
        cli_board_sum(workers, "processes"), memory, cli_board_sum(workers, "cpu_percent"));
}

/* ------------------------------------------------------------------ tables */

static const char *name_of(json_t *item, enum cli_table table)
{
    return cli_text_of(item, table == CLI_TABLE_WORKERS ? "worker" : "session");
}

static json_t *items_of(const struct cli_board *b, enum cli_table table)
{
    return table == CLI_TABLE_WORKERS ? b->view.workers : b->view.sessions;
}

static size_t place_of(json_t *sorted, enum cli_table table, const char *name)
{
    size_t i;
    json_t *item;
    json_array_foreach(sorted, i, item)
    {
        if (strcmp(name_of(item, table), name) == 0)
            return i;
    }
    return 0; /* it has gone, or none was chosen */
}

/* Which rows are shown: as before, as far as the chosen one is among them. */
static void scroll(struct cli_top *t, enum cli_table table, size_t chosen, size_t rows,
                   size_t count)
{
    size_t *first = &t->first[table];
    if (chosen < *first)
        *first = chosen;
    if (rows > 0 && chosen >= *first + rows)
        *first = chosen + 1 - rows;
    if (count < *first + rows)
        *first = count < rows ? 0 : count - rows;
}

static void draw_caption(struct canvas *c, const struct cli_top *t, enum cli_table table,
                         size_t rows, size_t count)
{
    const char *mark = t->table == table ? ">" : " ";
    const char *noun = table == CLI_TABLE_WORKERS ? "Workers" : "Sessions";
    const char *order = cli_order_name(t->order);
    if (count == 0)
        say(c, CLI_LOOK_PLAIN, "%s No %s", mark,
            table == CLI_TABLE_WORKERS ? "workers" : "sessions");
    else if (rows < count)
        say(c, CLI_LOOK_PLAIN, "%s %s %zu to %zu of %zu, by %s", mark, noun,
            rows == 0 ? 0 : t->first[table] + 1, t->first[table] + rows, count, order);
    else
        say(c, CLI_LOOK_PLAIN, "%s %s, by %s", mark, noun, order);
}

/* The lines of a table's text: the heads, then the rows that are shown. */
static void draw_lines(struct canvas *c, const struct cli_top *t, enum cli_table table,
                       const struct sp_buffer *text, size_t chosen, size_t rows)
{
    const char *line = (const char *)text->data, *end = line + text->len;
    for (size_t i = 0; line < end; i++) {
        const char *lf = memchr(line, '\n', (size_t)(end - line));
        size_t len = lf == NULL ? (size_t)(end - line) : (size_t)(lf - line);
        size_t row = i - 1, first = t->first[table];
        if (i == 0)
            add_line(c, CLI_LOOK_HEAD, line, len);
        else if (row >= first && row < first + rows)
            add_line(c, t->table == table && row == chosen ? CLI_LOOK_CHOSEN : CLI_LOOK_PLAIN, line,
                     len);
        line += len + 1;
    }
}

/* A caption, the heads and as many rows. */
static void draw_table(struct canvas *c, struct cli_top *t, const struct cli_board *b,
                       enum cli_table table, size_t rows)
{
    struct sp_buffer text = {0};
    json_t *sorted = cli_board_sorted(items_of(b, table), t->order, c->err);
    size_t count = json_array_size(sorted);
    if (sorted == NULL)
        c->status = SP_ENOMEM;
    if (c->status == SP_OK && count > 0)
        c->status = table == CLI_TABLE_WORKERS
                        ? cli_top_workers(sorted, &text, c->err)
                        : cli_top_sessions(sorted, b->view.service, &text, c->err);
    if (c->status == SP_OK) {
        size_t chosen = place_of(sorted, table, t->chosen[table]);
        scroll(t, table, chosen, rows, count);
        draw_caption(c, t, table, rows < count ? rows : count, count);
        draw_lines(c, t, table, &text, chosen, rows);
    }
    sp_buffer_deinit(&text);
    json_decref(sorted);
}

/* How many lines a table takes beside its rows: its caption, and its heads if it has rows. */
static size_t frame_of(const struct cli_board *b, enum cli_table table)
{
    return json_array_size(items_of(b, table)) == 0 ? 1 : 2;
}

/* Both tables, in so many lines; only the keys' one where both have no room. */
static void draw_tables(struct canvas *c, struct cli_top *t, const struct cli_board *b,
                        size_t lines)
{
    size_t workers = json_array_size(b->view.workers);
    size_t frames = frame_of(b, CLI_TABLE_WORKERS) + frame_of(b, CLI_TABLE_SESSIONS);
    if (lines < frames + 2) {
        size_t frame = frame_of(b, t->table);
        t->page = lines > frame ? lines - frame : 0;
        draw_table(c, t, b, t->table, t->page);
        return;
    }
    size_t room = lines - frames, sessions = json_array_size(b->view.sessions);
    size_t half = room / 2;
    size_t least = sessions < room ? room - sessions : 0; /* what sessions leave over */
    size_t rows = least > half ? least : half;
    if (rows > workers)
        rows = workers;
    t->page = t->table == CLI_TABLE_WORKERS ? rows : room - rows;
    draw_table(c, t, b, CLI_TABLE_WORKERS, rows);
    draw_table(c, t, b, CLI_TABLE_SESSIONS, room - rows);
}

/* ------------------------------------------------------------------ all of it */

static void draw_help(struct canvas *c)
{
    for (size_t i = 0; i < sizeof help_lines / sizeof *help_lines; i++)
        say(c, CLI_LOOK_PLAIN, "%s", help_lines[i]);
}

/* The last line: a question, a word on what was done, or the keys. */
static void draw_last(struct canvas *c, const struct cli_top *t)
{
    c->height++; /* the line that was kept for it */
    while (c->status == SP_OK && c->to->line_count + 1 < c->height)
        add_line(c, CLI_LOOK_PLAIN, "", 0);
    if (t->asked == CLI_WISH_DROP)
        say(c, CLI_LOOK_NOTE, "Drop session %s? y or n", t->target);
    else if (t->asked == CLI_WISH_STOP)
        say(c, CLI_LOOK_NOTE, "Stop %s%s? y or n",
            t->target_table == CLI_TABLE_SESSIONS ? "the worker of session " : "worker ",
            t->target);
    else if (t->note[0] != '\0')
        say(c, CLI_LOOK_NOTE, "%s", t->note);
    else
        say(c, CLI_LOOK_HEAD, "%s", t->help ? "any key goes back" : keys_line);
}

sp_status cli_top_draw(struct cli_top *t, const struct cli_board *b, size_t width, size_t height,
                       struct cli_screen *out, struct sp_error *err)
{
    if (height < HEIGHT_LEAST)
        height = HEIGHT_LEAST;
    if (height > CLI_SCREEN_LINES_MAX)
        height = CLI_SCREEN_LINES_MAX;
    struct canvas c = {
        .to = out, .width = width == 0 ? 1 : width, .height = height - 1, .err = err};
    out->text.len = 0;
    out->line_count = 0;
    draw_service(&c, b);
    draw_sums(&c, b);
    if (t->help)
        draw_help(&c);
    else if (c.height > HEADER_LINES)
        draw_tables(&c, t, b, c.height - HEADER_LINES);
    draw_last(&c, t);
    return c.status;
}

sp_status cli_top_print(const struct cli_top *t, const struct cli_board *b, struct sp_buffer *out,
                        struct sp_error *err)
{
    struct cli_screen screen = {0};
    struct canvas c = {.to = &screen, .width = SIZE_MAX, .height = HEADER_LINES, .err = err};
    draw_service(&c, b);
    draw_sums(&c, b);
    sp_status status = c.status;
    if (status == SP_OK)
        status = sp_buffer_append(out, screen.text.data, screen.text.len, err);
    json_t *workers = cli_board_sorted(b->view.workers, t->order, err);
    json_t *sessions = cli_board_sorted(b->view.sessions, t->order, err);
    if (status == SP_OK && (workers == NULL || sessions == NULL))
        status = SP_ENOMEM;
    if (status == SP_OK)
        status = sp_buffer_append(out, "\n", 1, err);
    if (status == SP_OK)
        status = cli_top_workers(workers, out, err);
    if (status == SP_OK)
        status = sp_buffer_append(out, "\n", 1, err);
    if (status == SP_OK && json_array_size(sessions) == 0)
        status = sp_buffer_printf(out, err, "No sessions.\n");
    else if (status == SP_OK)
        status = cli_top_sessions(sessions, b->view.service, out, err);
    json_decref(workers);
    json_decref(sessions);
    cli_screen_deinit(&screen);
    return status;
}

void cli_screen_deinit(struct cli_screen *screen)
{
    sp_buffer_deinit(&screen->text);
    screen->line_count = 0;
}

/* ------------------------------------------------------------------ keys */

static void choose(struct cli_top *t, const struct cli_board *b, uint32_t key)
{
    json_t *sorted = cli_board_sorted(items_of(b, t->table), t->order, NULL);
    size_t count = json_array_size(sorted);
    size_t at = place_of(sorted, t->table, t->chosen[t->table]);
    size_t page = t->page == 0 ? 1 : t->page, last = count == 0 ? 0 : count - 1;
    if (key == W32_KEY_UP)
        at = at == 0 ? 0 : at - 1;
    else if (key == W32_KEY_DOWN)
        at = at + 1;
    else if (key == W32_KEY_PAGE_UP)
        at = at < page ? 0 : at - page;
    else if (key == W32_KEY_PAGE_DOWN)
        at += page;
    else
        at = key == W32_KEY_HOME ? 0 : last;
    if (count > 0)
        snprintf(t->chosen[t->table], CLI_TOP_NAME_MAX, "%s",
                 name_of(json_array_get(sorted, at < last ? at : last), t->table));
    json_decref(sorted);
}

/* Asks whether it is meant. */
static void ask(struct cli_top *t, const struct cli_board *b, enum cli_wish wish)
{
    if (wish == CLI_WISH_DROP && t->table != CLI_TABLE_SESSIONS) {
        snprintf(t->note, sizeof t->note, "Tab goes to the sessions: those can be dropped");
        return;
    }
    json_t *sorted = cli_board_sorted(items_of(b, t->table), t->order, NULL);
    size_t at = place_of(sorted, t->table, t->chosen[t->table]);
    if (at < json_array_size(sorted)) {
        t->asked = wish;
        t->target_table = t->table;
        snprintf(t->target, sizeof t->target, "%s", name_of(json_array_get(sorted, at), t->table));
    }
    json_decref(sorted);
}

static enum cli_wish answer(struct cli_top *t, uint32_t key)
{
    enum cli_wish wish = t->asked;
    t->asked = CLI_WISH_NONE;
    return key == 'y' || key == 'Y' ? wish : CLI_WISH_NONE;
}

static enum cli_wish press(struct cli_top *t, const struct cli_board *b, uint32_t key)
{
    static const char orders[CLI_ORDER_COUNT] = {'n', 'i', 'o', 'm', 'c'};
    if (key >= W32_KEY_UP && key <= W32_KEY_END)
        choose(t, b, key);
    else if (key == 'q' || key == 'Q')
        return CLI_WISH_QUIT;
    else if (key == '\t')
        t->table = t->table == CLI_TABLE_WORKERS ? CLI_TABLE_SESSIONS : CLI_TABLE_WORKERS;
    else if (key == 'h' || key == '?')
        t->help = true;
    else if (key == 'd')
        ask(t, b, CLI_WISH_DROP);
    else if (key == 's')
        ask(t, b, CLI_WISH_STOP);
    for (int i = 0; i < CLI_ORDER_COUNT; i++)
        if (key == (unsigned char)orders[i])
            t->order = (enum cli_order)i;
    return CLI_WISH_NONE;
}

enum cli_wish cli_top_key(struct cli_top *t, const struct cli_board *b, uint32_t key)
{
    if (key == W32_KEY_QUIT)
        return CLI_WISH_QUIT;
    if (key == W32_KEY_NONE || key == W32_KEY_RESIZED)
        return CLI_WISH_NONE;
    t->note[0] = '\0';
    if (t->asked != CLI_WISH_NONE)
        return answer(t, key);
    if (t->help) {
        t->help = false;
        return key == 'q' ? CLI_WISH_QUIT : CLI_WISH_NONE;
    }
    return press(t, b, key);
}
