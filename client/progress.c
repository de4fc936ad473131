/* client/progress.c - a bar on stderr that shows how far our stdin has been read. */
#include "client/progress.h"

#include <string.h>

#include "client/verbs.h"
#include "win32/clock.h"
#include "win32/console.h"
#include "win32/file.h"
#include "win32/thread.h"

enum { PAUSE_MS = 200, LINE_MAX_BYTES = 256 };

static void look(struct cli_progress *b)
{
    uint64_t at = 0;
    if (w32_file_position(b->file, &at, NULL) == SP_OK && at >= b->start)
        sp_progress_look(&b->p, at - b->start, (w32_clock_us() - b->start_us) / 1000);
}

/* Over what was drawn before. The cursor stays at the line's begin, so that what the worker writes
 * to the same console begins there, too. */
static void draw(struct cli_progress *b, const char *text, const char *end)
{
    int len = (int)strlen(text), blank = b->drawn > (size_t)len ? (int)b->drawn - len : 0;
    w32_printf(W32_STDERR, "\r%s%*s%s", text, blank, "", end);
    b->drawn = (size_t)len;
}

static void run(void *arg)
{
    struct cli_progress *b = arg;
    char text[LINE_MAX_BYTES];
    size_t width, height;
    do {
        look(b);
        w32_console_size(W32_STDERR, &width, &height);
        sp_progress_bar(&b->p, width - 1, text, sizeof text); /* a full line would begin another */
        draw(b, text, "\r");
    } while (w32_event_wait(b->stop, PAUSE_MS) == SP_ETIMEOUT);
}

sp_status cli_progress_begin(struct cli_progress *progress, struct sp_error *err)
{
    struct cli_progress *b = progress;
    uint64_t size = 0;
    w32_handle in = w32_stream_handle(W32_STDIN);
    if (w32_stream_kind(W32_STDERR) != W32_STREAM_TERMINAL)
        return SP_OK;
    if (w32_stream_kind(W32_STDIN) != W32_STREAM_FILE) {
        cli_complain("--progress: stdin is no file, so nobody knows how much there is");
        return SP_OK;
    }
    sp_status status = w32_handle_copy(in, &b->file, err);
    if (status == SP_OK)
        status = w32_file_handle_size(b->file, &size, err);
    if (status == SP_OK)
        status = w32_file_position(b->file, &b->start, err);
    if (status == SP_OK)
        status = w32_event_open(true, &b->stop, err);
    b->start_us = w32_clock_us();
    b->p = (struct sp_progress){.total = size > b->start ? size - b->start : 0};
    return status == SP_OK ? w32_thread_start(run, b, &b->thread, err) : status;
}

void cli_progress_end(struct cli_progress *progress)
{
    struct cli_progress *b = progress;
    char text[LINE_MAX_BYTES];
    if (b->thread != NULL) {
        w32_event_set(b->stop);
        sp_status ignored = w32_thread_join(&b->thread, W32_FOREVER);
        (void)ignored;
        look(b);
        sp_progress_sum(&b->p, text, sizeof text);
        draw(b, text, "\n");
    }
    w32_handle_close(&b->stop);
    w32_handle_close(&b->file);
}
