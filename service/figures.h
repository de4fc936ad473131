/* service/figures.h - the figures of workers and sessions: what was counted, and what their
 * programs take of the machine. The latter is asked of the system when somebody looks, a few runs
 * at a time, and kept: whoever looks never holds up a loop for long, however many there are. On any
 * loop. */
#ifndef SVC_FIGURES_H
#define SVC_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/transport.h"
#include "service/state.h"
#include "service/tally.h"
#include "win32/usage.h"

struct svc_programs;
struct svc_run;
struct svc_session;

enum {
    SVC_METER_RUNS = 64,     /**< how many runs are measured for one who looks */
    SVC_METER_FRESH_MS = 500 /**< what was measured so long ago is fresh */
};

/** Measures what programs take, for one who looks. */
struct svc_meter {
    uint64_t now_ms;
    uint64_t fresh_ms; /**< longer where there are many, so that each has its turn */
    uint32_t left;     /**< how many may still be measured */
};

/** A meter for one look. Under the server's lock. */
struct svc_meter svc_meter_of(const struct svc_server *server);

/** What programs take, measured now if it was long ago. Under the lock that guards them.
 *  @param programs running */
struct w32_usage svc_meter_read(struct svc_meter *meter, struct svc_programs *programs);

/** The figures of a worker. */
struct svc_figures {
    struct svc_tally tally; /**< with what moves and runs now: bytes and cpu_ms are totals */
    uint32_t sessions;
    uint32_t ways[SP_TRANSPORT_COUNT]; /**< sessions by their transport */
    struct w32_usage usage;            /**< of what runs now */
    uint64_t run_ms;                   /**< how long the shared run runs; if `runs` */
    bool runs;
};

/**
 * The figures of all workers.
 *
 * @param server  running
 * @param all     receives server->worker_count, in the config's order
 */
void svc_figures_of(struct svc_server *server, struct svc_figures *all);

/** What a session's own run takes. Under the server's lock. @return false: it has none of its own,
 *  or that does not run */
bool svc_figures_session(struct svc_meter *meter, const struct svc_session *s,
                         struct w32_usage *out);

/** Adds a worker's figures to what `workers` answers. */
void svc_figures_describe(const struct svc_figures *f, json_t *out);

#endif
