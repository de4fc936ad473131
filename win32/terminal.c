/* win32/terminal.c - a pseudo console (ConPTY). To change its size or to close it may block for as
 * long as nobody reads its screen, so both are done on a thread of the system's pool, which is in
 * it only as long as there is something to do. */
#include "win32/terminal.h"

#include <stdlib.h>
#include <windows.h>

#include "win32/error.h"
#include "win32/thread.h"

enum { COLUMNS = 80, ROWS = 25 };

struct w32_terminal {
    HPCON console;
    struct w32_lock lock;
    struct w32_terminal_size wanted; /* {0}: as it is */
    bool closing;
    bool busy; /* a thread of the pool is in it, or on its way */
};

sp_status w32_terminal_open(struct w32_terminal_size size, w32_handle in, w32_handle out,
                            struct w32_terminal **t, struct sp_error *err)
{
    COORD first = {.X = (SHORT)(size.columns == 0 ? COLUMNS : size.columns),
                   .Y = (SHORT)(size.rows == 0 ? ROWS : size.rows)};
    struct w32_terminal *made = calloc(1, sizeof *made);
    if (made == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a terminal");
    HRESULT result = CreatePseudoConsole(first, in, out, 0, &made->console);
    if (FAILED(result)) {
        free(made);
        return w32_fail(err, HRESULT_CODE(result), "making a terminal (a pseudo console)");
    }
    *t = made;
    return SP_OK;
}

void *w32_terminal_console(const struct w32_terminal *t)
{
    return t->console;
}

/* What there is to do next. @return false: nothing; the terminal is not ours any more, unless it
 * is to be closed */
static bool next_size(struct w32_terminal *t, COORD *size, bool *closing)
{
    w32_lock_enter(&t->lock);
    bool any = !t->closing && t->wanted.columns != 0;
    *size = (COORD){.X = (SHORT)t->wanted.columns, .Y = (SHORT)t->wanted.rows};
    *closing = t->closing;
    t->wanted = (struct w32_terminal_size){0};
    t->busy = any || t->closing;
    w32_lock_leave(&t->lock);
    return any;
}

static void CALLBACK work(PTP_CALLBACK_INSTANCE instance, void *arg)
{
    struct w32_terminal *t = arg;
    COORD size;
    bool closing;
    if (instance != NULL)
        CallbackMayRunLong(instance);
    while (next_size(t, &size, &closing))
        ResizePseudoConsole(t->console, size); /* a size that can't be had leaves it as it is */
    if (!closing)
        return;
    ClosePseudoConsole(t->console);
    free(t);
}

/* The process's own pool has many threads: one that waits for a slow reader holds up none. */
static void begin_work(struct w32_terminal *t)
{
    if (!TrySubmitThreadpoolCallback(work, t, NULL))
        work(NULL, t); /* without memory late is better than never */
}

void w32_terminal_resize(struct w32_terminal *t, struct w32_terminal_size size)
{
    if (t == NULL || size.columns == 0 || size.rows == 0)
        return;
    w32_lock_enter(&t->lock);
    bool begin = !t->busy;
    t->wanted = size;
    t->busy = true;
    w32_lock_leave(&t->lock);
    if (begin)
        begin_work(t);
}

void w32_terminal_close(struct w32_terminal **t)
{
    struct w32_terminal *closing = *t;
    *t = NULL;
    if (closing == NULL)
        return;
    w32_lock_enter(&closing->lock);
    bool begin = !closing->busy;
    closing->closing = closing->busy = true;
    w32_lock_leave(&closing->lock);
    if (begin)
        begin_work(closing);
}
