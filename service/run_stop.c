/* service/run_stop.c - how a run is stopped, step by step, and what can be sent to it. */
#include "service/log.h"
#include "service/run_parts.h"
#include "service/session.h"
#include "win32/job.h"
#include "win32/signal.h"

enum {
    SIGNAL_MS = 5000, /* for the helper that sends Ctrl-C */
};

static void run_signal(struct w32_work *work)
{
    struct svc_run *run = SP_CONTAINER(work, struct svc_run, signal);
    enum w32_signal which = run->signal_what == SVC_RUN_BREAK ? W32_SIGNAL_BREAK : W32_SIGNAL_INT;
    for (size_t i = 0; i < run->programs.pipeline.child_count; i++) {
        struct sp_error err;
        const struct w32_child *child = &run->programs.pipeline.children[i];
        if (w32_child_wait(child, 0, NULL, NULL) == SP_ETIMEOUT &&
            w32_signal_send(child->pid, which, SIGNAL_MS, &err) != SP_OK)
            svc_log(SVC_LOG_WARNING, "%s: %s", run->name, err.what);
    }
}

static void interrupt(struct svc_run *run, enum svc_run_signal what);

static void signal_done(struct w32_work *work)
{
    struct svc_run *run = SP_CONTAINER(work, struct svc_run, signal);
    run->signaling = false;
    if (run->interrupt_next && run->state == SVC_RUN_RUNNING)
        interrupt(run, SVC_RUN_INT);
    svc_run_look(run);
}

static void interrupt(struct svc_run *run, enum svc_run_signal what)
{
    run->interrupt_next = run->signaling && what == SVC_RUN_INT;
    if (run->signaling)
        return; /* one is on its way */
    run->signaling = true;
    run->signal_what = what;
    run->signal = (struct w32_work){.run = run_signal, .done = signal_done};
    w32_loop_work(run->shard->loop, &run->signal);
}

/* Whoever works at a terminal is used to Ctrl-C, and most shells are not to its end. */
static void next_step_of_terminal(struct svc_run *run)
{
    unsigned long long stdin_ms = run->config->stop_stdin_ms;
    unsigned long long signal_ms = run->config->stop_signal_ms;
    if (run->step == SVC_RUN_UNSTOPPED) {
        run->step = SVC_RUN_INTERRUPTED;
        interrupt(run, SVC_RUN_INT);
        w32_timer_start(run->shard->loop, &run->timer, (uint32_t)signal_ms);
    } else if (run->step == SVC_RUN_INTERRUPTED) {
        svc_log(SVC_LOG_WARNING, "%s did not end within %llu ms of Ctrl-C; closing its terminal",
                run->name, signal_ms);
        run->step = SVC_RUN_INPUT_CLOSED;
        w32_terminal_close(&run->programs.terminal);
        w32_timer_start(run->shard->loop, &run->timer, (uint32_t)stdin_ms);
    } else {
        svc_log(SVC_LOG_WARNING,
                "%s did not end within %llu ms of the end of its terminal; ending its job",
                run->name, stdin_ms);
        svc_run_kill(run, run->reason);
    }
}

void svc_run_next_step(struct svc_run *run)
{
    if (run->config->tty) {
        next_step_of_terminal(run);
        return;
    }
    bool has_console = run->config->console != SP_CONSOLE_NONE;
    bool is_theirs = run->handed[SP_STDIN] != 0; /* nobody here can close it */
    unsigned long long stdin_ms = run->config->stop_stdin_ms;
    unsigned long long signal_ms = run->config->stop_signal_ms;
    if (run->step == SVC_RUN_UNSTOPPED) {
        run->step = SVC_RUN_INPUT_CLOSED;
        svc_run_close_input(run);
        w32_timer_start(run->shard->loop, &run->timer,
                        is_theirs && has_console ? 0 : (uint32_t)stdin_ms);
    } else if (run->step == SVC_RUN_INPUT_CLOSED && has_console) {
        if (is_theirs)
            svc_log(SVC_LOG_INFO, "%s reads its client's own stdin; sending Ctrl-C", run->name);
        else
            svc_log(SVC_LOG_WARNING,
                    "%s did not end within %llu ms of the end of its stdin; sending Ctrl-C",
                    run->name, stdin_ms);
        run->step = SVC_RUN_INTERRUPTED;
        interrupt(run, SVC_RUN_INT);
        w32_timer_start(run->shard->loop, &run->timer, (uint32_t)signal_ms);
    } else {
        svc_log(SVC_LOG_WARNING, "%s did not end within %llu ms of %s; ending its job", run->name,
                has_console ? signal_ms : stdin_ms,
                has_console ? "Ctrl-C"
                : is_theirs ? "the stop (it reads its client's own stdin)"
                            : "the end of its stdin");
        svc_run_kill(run, run->reason);
    }
}

static void tell_stopping(struct svc_session *s)
{
    svc_session_stopping(s, s->run->reason);
}

void svc_run_stop(struct svc_run *run, const char *reason)
{
    if (run->step != SVC_RUN_UNSTOPPED || run->state > SVC_RUN_RUNNING)
        return;
    run->reason = reason;
    if (run->state == SVC_RUN_STARTING) {
        run->step = SVC_RUN_INPUT_CLOSED; /* started() takes it up */
        return;
    }
    if (reason != NULL)
        svc_run_tell_sessions(run, tell_stopping);
    svc_run_next_step(run);
}

void svc_run_kill(struct svc_run *run, const char *reason)
{
    if (run->step == SVC_RUN_KILLED || run->state == SVC_RUN_OVER)
        return;
    run->reason = reason;
    run->step = SVC_RUN_KILLED;
    if (run->state == SVC_RUN_STARTING)
        return; /* started() takes it up */
    if (run->state == SVC_RUN_RUNNING)
        w32_timer_start(run->shard->loop, &run->timer, SVC_RUN_LOOK_MS);
    w32_job_end(run->programs.pipeline.job, SVC_RUN_ENDED_BY_US);
}

sp_status svc_run_send(struct svc_run *run, enum svc_run_signal what, struct sp_error *err)
{
    if (run->state != SVC_RUN_RUNNING)
        return sp_fail(err, SP_ESTATE, 0, "the worker is not running");
    if (what == SVC_RUN_TERM)
        svc_run_stop(run, "a client asked for its end");
    else if (what == SVC_RUN_KILL)
        svc_run_kill(run, "a client asked for its end");
    else if (run->config->console == SP_CONSOLE_NONE)
        return sp_fail(err, SP_EUNSUPPORTED, 0,
                       "worker '%s' has no console (console: none), so %s can't reach it",
                       run->config->name, what == SVC_RUN_INT ? "Ctrl-C" : "Ctrl-Break");
    else
        interrupt(run, what);
    return SP_OK;
}
