/* client/metrics_text.c - a service's figures as OpenMetrics text. docs/metrics.md lists the names.
 */
#include "client/metrics_text.h"

#include <stdio.h>
#include <string.h>

#include "core/openmetrics.h"

/* ------------------------------------------------------------------ the service */

/* A figure of `status`, one sample. */
struct service_figure {
    struct sp_family family;
    const char *key;
    double factor; /* from what the service tells to the metric's unit */
};

static const struct service_figure service_figures[] = {
    {{"standpipe_start_time_seconds", "When the service started, as Unix time.", "seconds", false},
     "started",
     1},
    {{"standpipe_uptime_seconds", "How long the service runs.", "seconds", false},
     "uptime_ms",
     1e-3},
    {{"standpipe_workers", "Workers that are served.", NULL, false}, "workers", 1},
    {{"standpipe_sessions", "Sessions there are now.", NULL, false}, "sessions", 1},
    {{"standpipe_attaches", "Sessions there were in all.", NULL, true}, "sessions_total", 1},
    {{"standpipe_refusals", "Requests of clients that were refused, of whatever kind.", NULL, true},
     "refusals",
     1},
    {{"standpipe_memory_bytes", "Memory of the service itself (working set).", "bytes", false},
     "memory",
     1},
    {{"standpipe_cpu_seconds", "Processor time of the service itself.", "seconds", true},
     "cpu_ms",
     1e-3},
    {{"standpipe_handles", "Handles that the service has open.", NULL, false}, "handles", 1},
};

static void print_service(struct sp_metrics *m, json_t *service)
{
    static const struct sp_family build = {"standpipe_build_info",
                                           "Version of the service and of its protocol; always 1.",
                                           NULL, false};
    char protocol[24];
    snprintf(protocol, sizeof protocol, "%lld",
             (long long)json_integer_value(json_object_get(service, "protocol")));
    const struct sp_label labels[] = {{"version", cli_text_of(service, "version")},
                                      {"protocol", protocol}};
    sp_metrics_family(m, &build);
    sp_metrics_sample(m, labels, 2, 1);
    for (size_t i = 0; i < sizeof service_figures / sizeof *service_figures; i++) {
        const struct service_figure *f = &service_figures[i];
        sp_metrics_family(m, &f->family);
        sp_metrics_sample(m, NULL, 0,
                          json_number_value(json_object_get(service, f->key)) * f->factor);
    }
}

/* ------------------------------------------------------------------ workers */

/* A figure of `workers`: one sample a worker, or one for each word of `words`. */
struct worker_figure {
    struct sp_family family;
    const char *key;      /* what holds it */
    const char *label;    /* beside the worker's name; NULL: none */
    const char *words[7]; /* the label's values: keys below `key` */
    double factor;
};

static const struct worker_figure worker_figures[] = {
    {{"standpipe_worker_sessions", "Sessions now, by the way their bytes go.", NULL, false},
     "ways",
     "transport",
     {"relay", "direct", "handoff"},
     1},
    {{"standpipe_worker_attaches", "Sessions in all.", NULL, true}, "attaches", NULL, {0}, 1},
    {{"standpipe_worker_refusals", "Wishes to attach that were refused.", NULL, true},
     "refusals",
     NULL,
     {0},
     1},
    {{"standpipe_worker_moved_bytes",
      "Bytes that went through the service, of stdin from clients, of the others to them.", "bytes",
      true},
     "bytes",
     "stream",
     {"stdin", "stdout", "stderr"},
     1},
    {{"standpipe_worker_starts", "Starts in all.", NULL, true}, "starts", NULL, {0}, 1},
    {{"standpipe_worker_restarts", "Starts of a shared worker that nobody asked for.", NULL, true},
     "restarts",
     NULL,
     {0},
     1},
    {{"standpipe_worker_exits", "Ends of the worker, by how.", NULL, true},
     "exits",
     "kind",
     {"success", "failure", "stopped", "not_started"},
     1},
    {{"standpipe_worker_uptime_seconds", "How long a shared worker runs; none while it does not.",
      "seconds", false},
     "uptime_ms",
     NULL,
     {0},
     1e-3},
    {{"standpipe_worker_processes", "Processes now, with all that were started by them.", NULL,
      false},
     "processes",
     NULL,
     {0},
     1},
    {{"standpipe_worker_memory_bytes", "Memory of its processes (working sets).", "bytes", false},
     "memory",
     NULL,
     {0},
     1},
    {{"standpipe_worker_cpu_seconds", "Processor time of its processes in all.", "seconds", true},
     "cpu_ms",
     NULL,
     {0},
     1e-3},
};

/* What is null nobody knows, and it has no sample. */
static void print_value(struct sp_metrics *m, const struct worker_figure *f,
                        const struct sp_label *labels, size_t count, json_t *value)
{
    if (json_is_number(value))
        sp_metrics_sample(m, labels, count, json_number_value(value) * f->factor);
}

static void print_figure(struct sp_metrics *m, const struct worker_figure *f, json_t *workers)
{
    size_t i;
    json_t *w;
    sp_metrics_family(m, &f->family);
    json_array_foreach(workers, i, w)
    {
        struct sp_label labels[] = {{"worker", cli_text_of(w, "worker")}, {f->label, NULL}};
        json_t *value = json_object_get(w, f->key);
        if (f->label == NULL)
            print_value(m, f, labels, 1, value);
        for (size_t k = 0; f->words[k] != NULL; k++) {
            labels[1].value = f->words[k];
            print_value(m, f, labels, 2, json_object_get(value, f->words[k]));
        }
    }
}

/* One of them is 1. Prometheus' older format knows no better type for it. */
static void print_states(struct sp_metrics *m, json_t *workers)
{
    static const struct sp_family family = {
        "standpipe_worker_state", "Whether a shared worker is in this state.", NULL, false};
    static const char *const states[] = {"stopped",  "starting", "running",
                                         "stopping", "backoff",  "failed"};
    size_t i;
    json_t *w;
    sp_metrics_family(m, &family);
    json_array_foreach(workers, i, w)
    {
        for (size_t k = 0; k < sizeof states / sizeof *states; k++) {
            const struct sp_label labels[] = {{"worker", cli_text_of(w, "worker")},
                                              {"state", states[k]}};
            if (strcmp(cli_text_of(w, "mode"), "shared") == 0)
                sp_metrics_sample(m, labels, 2, strcmp(cli_text_of(w, "state"), states[k]) == 0);
        }
    }
}

sp_status cli_metrics_text(const struct cli_view *view, struct sp_buffer *out, struct sp_error *err)
{
    static const struct sp_family up = {"standpipe_up", "Whether the service could be asked.", NULL,
                                        false};
    struct sp_metrics m = {.out = out};
    sp_metrics_family(&m, &up);
    sp_metrics_sample(&m, NULL, 0, view != NULL);
    if (view != NULL) {
        print_service(&m, view->service);
        for (size_t i = 0; i < sizeof worker_figures / sizeof *worker_figures; i++)
            print_figure(&m, &worker_figures[i], view->workers);
        print_states(&m, view->workers);
    }
    return sp_metrics_end(&m, err);
}
