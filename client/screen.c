/* client/screen.c - our console as the screen and the keyboard of a worker's terminal. */
#include "client/screen.h"

#include "win32/console.h"
#include "win32/pipe.h"
#include "win32/rawmode.h"
#include "win32/thread.h"

/* Keys and sizes come the same way from Windows, and whoever reads keys as text never sees the
 * sizes: so we look. */
enum { LOOK_MS = 250 };

/* "\x1b[?9001h" */
static const unsigned char REQUEST[] = {0x1B, '[', '?', '9', '0', '0', '1', 'h'};

sp_status cli_screen_open(struct cli_screen *s, struct sp_error *err)
{
    s->shown = w32_stream_kind(W32_STDOUT) == W32_STREAM_TERMINAL;
    return s->shown ? w32_rawmode_screen(err) : SP_OK;
}

static bool is_same(struct w32_terminal_size a, struct w32_terminal_size b)
{
    return a.columns == b.columns && a.rows == b.rows;
}

/* As long as the process. */
static void look_after_size(void *arg)
{
    const struct cli_screen *s = arg;
    struct w32_terminal_size now = {0}, last = {0};
    for (;;) {
        if (w32_rawmode_size(&now) && !is_same(now, last))
            w32_event_set(s->wake);
        last = now;
        w32_thread_pause(LOOK_MS);
    }
}

sp_status cli_screen_begin(struct cli_screen *s, bool read_only, w32_handle wake,
                           struct sp_error *err)
{
    static w32_handle thread;
    if (!s->shown)
        return SP_OK;
    s->wake = wake;
    s->typed = w32_stream_kind(W32_STDIN) == W32_STREAM_TERMINAL;
    sp_status status = s->typed ? w32_rawmode_keyboard(read_only, err) : SP_OK;
    return status == SP_OK ? w32_thread_start(look_after_size, s, &thread, err) : status;
}

json_t *cli_screen_tell_size(struct cli_screen *s, json_t *params)
{
    struct w32_terminal_size now;
    if (!s->shown || !w32_rawmode_size(&now))
        return params;
    if (params == NULL)
        params = json_object();
    json_object_set_new(params, "columns", json_integer(now.columns));
    json_object_set_new(params, "rows", json_integer(now.rows));
    s->told = now;
    return params;
}

bool cli_screen_is_resized(const struct cli_screen *s)
{
    struct w32_terminal_size now;
    return s->shown && w32_rawmode_size(&now) && !is_same(now, s->told);
}

sp_status cli_screen_write(struct cli_screen *s, w32_handle std, const unsigned char *data,
                           size_t len)
{
    if (s == NULL || !s->shown)
        return w32_write(std, data, len, NULL);
    size_t kept = s->matched; /* of what came before */
    size_t from = 0;          /* what was not written yet begins here */
    sp_status status = SP_OK;
    for (size_t i = 0; i < len && status == SP_OK; i++) {
        if (data[i] != REQUEST[s->matched]) {
            if (kept > 0)
                status = w32_write(std, REQUEST, kept, NULL);
            kept = 0;
            s->matched = data[i] == REQUEST[0];
        } else if (++s->matched == sizeof REQUEST) {
            size_t before = i + 1 - from - (sizeof REQUEST - kept);
            if (before > 0)
                status = w32_write(std, data + from, before, NULL);
            from = i + 1;
            kept = s->matched = 0;
        }
    }
    size_t rest = len - from - (s->matched - kept);
    return status == SP_OK && rest > 0 ? w32_write(std, data + from, rest, NULL) : status;
}
