/* service/figures.c - the figures of workers and sessions. */
#include "service/figures.h"

#include <string.h>

#include "service/programs.h"
#include "service/run.h"
#include "service/session.h"
#include "service/worker.h"

/* ------------------------------------------------------------------ measuring */

struct svc_meter svc_meter_of(const struct svc_server *server)
{
    uint32_t count = 0;
    for (struct sp_link *l = server->all_sessions.next; l != &server->all_sessions; l = l->next)
        count++;
    return (struct svc_meter){
        .now_ms = w32_now_ms(),
        .fresh_ms = SVC_METER_FRESH_MS * (uint64_t)(count / SVC_METER_RUNS + 1),
        .left = SVC_METER_RUNS,
    };
}

struct w32_usage svc_meter_read(struct svc_meter *meter, struct svc_programs *programs)
{
    bool fresh =
        programs->measured_ms != 0 && meter->now_ms - programs->measured_ms < meter->fresh_ms;
    if (fresh || meter->left == 0)
        return programs->usage;
    meter->left--;
    programs->measured_ms = meter->now_ms;
    sp_status ignored = w32_usage_of(&programs->pipeline, &programs->usage, NULL);
    (void)ignored; /* the last one stays */
    return programs->usage;
}

static bool is_alive(const struct svc_run *run)
{
    return run != NULL && (run->state == SVC_RUN_RUNNING || run->state == SVC_RUN_DRAINING);
}

bool svc_figures_session(struct svc_meter *meter, const struct svc_session *s,
                         struct w32_usage *out)
{
    bool started = s->state >= SVC_SESSION_RUNNING && s->state < SVC_SESSION_CLOSING;
    if (s->config->mode == SP_MODE_SHARED || !started || !is_alive(s->run))
        return false;
    *out = svc_meter_read(meter, &s->run->programs);
    return true;
}

/* ------------------------------------------------------------------ adding up */

static void add_usage(struct svc_figures *f, struct w32_usage usage)
{
    f->usage.memory_bytes += usage.memory_bytes;
    f->usage.cpu_ms += usage.cpu_ms;
    f->usage.processes += usage.processes;
}

static void add_session(struct svc_meter *meter, struct svc_figures *f, const struct svc_session *s)
{
    struct w32_usage usage;
    f->sessions++;
    f->ways[svc_transport_of(s->transport)]++;
    for (int i = SP_STDIN; i < SP_STREAM_COUNT; i++)
        if (s->transport[i] == SP_TRANSPORT_RELAY)
            f->tally.bytes[i] += svc_session_bytes(s, (enum sp_stream)i);
    if (svc_figures_session(meter, s, &usage))
        add_usage(f, usage);
}

/* A shared one's run, and the programs that wait for a private one's clients. */
static void add_worker(struct svc_meter *meter, struct svc_figures *f, struct svc_worker *w)
{
    f->tally = w->tally;
    if (is_alive(w->run)) {
        f->runs = true;
        f->run_ms = meter->now_ms - w->run->started_ms;
        add_usage(f, svc_meter_read(meter, &w->run->programs));
    }
    w32_lock_enter(&w->lock);
    for (uint32_t i = 0; i < w->warm_count; i++)
        add_usage(f, svc_meter_read(meter, &w->warm[i]));
    w32_lock_leave(&w->lock);
}

static void never_back(uint64_t *now, uint64_t *told)
{
    if (*now < *told)
        *now = *told;
    *told = *now;
}

static void settle(struct svc_figures *f, struct svc_worker *w)
{
    f->tally.cpu_ms += f->usage.cpu_ms;
    never_back(&f->tally.cpu_ms, &w->tally.told_cpu_ms);
    for (int i = SP_STDIN; i < SP_STREAM_COUNT; i++)
        never_back(&f->tally.bytes[i], &w->tally.told_bytes[i]);
}

void svc_figures_of(struct svc_server *server, struct svc_figures *all)
{
    memset(all, 0, server->worker_count * sizeof *all);
    w32_lock_enter(&server->lock);
    struct svc_meter meter = svc_meter_of(server);
    for (size_t i = 0; i < server->worker_count; i++)
        add_worker(&meter, &all[i], server->workers[i]);
    for (struct sp_link *l = server->all_sessions.next; l != &server->all_sessions; l = l->next) {
        const struct svc_session *s = SP_CONTAINER(l, struct svc_session, all_link);
        if (!s->worker->retired)
            add_session(&meter, &all[s->worker->index], s);
    }
    for (size_t i = 0; i < server->worker_count; i++)
        settle(&all[i], server->workers[i]);
    w32_lock_leave(&server->lock);
}

/* ------------------------------------------------------------------ as JSON */

static json_t *ways_of(const struct svc_figures *f)
{
    json_t *ways = json_object();
    for (int i = SP_TRANSPORT_RELAY; i < SP_TRANSPORT_COUNT; i++)
        if (i != SP_TRANSPORT_AUTO)
            json_object_set_new(ways, sp_transport_name((enum sp_transport)i),
                                json_integer(f->ways[i]));
    return ways;
}

static json_t *exits_of(const struct svc_figures *f)
{
    json_t *exits = json_object();
    for (int i = 0; i < SVC_EXIT_KINDS; i++)
        json_object_set_new(exits, svc_exit_kind_name((enum svc_exit_kind)i),
                            json_integer((json_int_t)f->tally.exits[i]));
    return exits;
}

static json_t *bytes_of(const struct svc_figures *f)
{
    json_t *bytes = json_object();
    for (int i = SP_STDIN; i < SP_STREAM_COUNT; i++)
        json_object_set_new(bytes, sp_stream_name((enum sp_stream)i),
                            json_integer((json_int_t)f->tally.bytes[i]));
    return bytes;
}

void svc_figures_describe(const struct svc_figures *f, json_t *out)
{
    json_object_set_new(out, "sessions", json_integer(f->sessions));
    json_object_set_new(out, "ways", ways_of(f));
    json_object_set_new(out, "attaches", json_integer((json_int_t)f->tally.attaches));
    json_object_set_new(out, "refusals", json_integer((json_int_t)f->tally.refusals));
    json_object_set_new(out, "starts", json_integer((json_int_t)f->tally.starts));
    json_object_set_new(out, "exits", exits_of(f));
    json_object_set_new(out, "bytes", bytes_of(f));
    json_object_set_new(out, "uptime_ms",
                        f->runs ? json_integer((json_int_t)f->run_ms) : json_null());
    json_object_set_new(out, "processes", json_integer(f->usage.processes));
    json_object_set_new(out, "memory", json_integer((json_int_t)f->usage.memory_bytes));
    json_object_set_new(out, "cpu_ms", json_integer((json_int_t)f->tally.cpu_ms));
}
