/* service/run.h - one run of a worker, from its start to its last byte: the processes, their output
 * if it is kept, how they are stopped, how it is noticed that they have ended, and who holds their
 * output after that. Its sessions are its clients: one for a private worker, any number for a
 * shared one. Lives on one loop. */
#ifndef SVC_RUN_H
#define SVC_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/list.h"
#include "core/stream.h"
#include "service/feed.h"
#include "service/programs.h"
#include "service/state.h"
#include "service/transport.h"
#include "win32/identity.h"
#include "win32/loop.h"
#include "win32/token.h"

/** Where a run is in its life; only forwards. */
enum svc_run_state {
    SVC_RUN_STARTING, /**< the pool starts its processes */
    SVC_RUN_RUNNING,
    SVC_RUN_DRAINING, /**< its processes have ended, its output flows on */
    SVC_RUN_OVER,     /**< its output has ended, too; or it never started */
};

/** How far a stop has got. */
enum svc_run_step {
    SVC_RUN_UNSTOPPED,
    SVC_RUN_INPUT_CLOSED, /**< stdin was closed; or, behind the Ctrl-C, the terminal */
    SVC_RUN_INTERRUPTED,  /**< Ctrl-C was sent */
    SVC_RUN_KILLED,       /**< the job was ended */
};

/** What can be sent to a run. */
enum svc_run_signal { SVC_RUN_INT, SVC_RUN_BREAK, SVC_RUN_TERM, SVC_RUN_KILL };

/** A run. Freed by itself when it is over and no session is left. */
struct svc_run {
    struct sp_link link; /**< in shard->runs */
    struct svc_shard *shard;
    struct svc_worker *worker;
    const struct sp_worker_config *config;
    uint32_t version;     /**< of its worker, when it was made */
    char name[96];        /**< for the log: "session s17", "worker 'repl'" */
    char session[24];     /**< the session it is for, or "" */
    struct w32_peer peer; /**< whom it is for; {0}: everybody */
    json_t *args;         /**< owned: what the client adds to the command line; or NULL */
    /** What its programs get as their own, while it starts: borrowed of the session that lends it
     */
    w32_handle lent[SP_STREAM_COUNT];
    w32_handle client;                /**< owned: whose handles are handed over; NULL: nobody's */
    struct w32_token peer_token;      /**< owned: the client's, for a worker that runs as it */
    uint64_t handed[SP_STREAM_COUNT]; /**< and which, as its process knows them; 0: none */
    struct w32_terminal_size size;    /**< of its terminal's screen at first */
    struct w32_terminal_size next;    /**< and what it shall be as soon as it runs; {0}: the same */
    struct sp_link sessions;
    enum svc_run_state state; /**< atomic for other threads */
    struct w32_work start;    /**< starts the processes; out of the loop's hands while `starting` */
    sp_status start_status;
    struct sp_error start_error;
    struct svc_programs programs;
    uint32_t *codes; /**< owned: an exit code for each process, once they have exited */
    struct w32_job_watch watch;
    struct svc_feed feeds[SP_STREAM_COUNT]; /**< stdout and stderr, if `fed` */
    bool fed;                               /**< its output is kept in feeds */

    struct w32_timer timer; /**< bounds a step of a stop, and the drain */
    enum svc_run_step step;
    const char *reason;  /**< why it is being stopped, or NULL; a literal */
    uint64_t started_ms; /**< w32_now_ms() */
    uint64_t drain_mark; /**< bytes moved when the timer was set: is anything moving? */
    char held_by[256];   /**< who held the output after the exit, or "" */
    struct w32_work signal;
    enum svc_run_signal signal_what;
    bool starting, signaling; /**< these are with the pool: the memory must stay */
    bool interrupt_next;      /**< Ctrl-C is due once the signal under way is done */
    bool closing_input;       /**< stdin is closed once no session writes to it */
    bool met[2];              /**< by enum w32_job_met: that a limit was met has been logged */
    int walking;              /**< a call that uses it is on the stack: it must stay */
};

/** What a run keeps of a private session's output that was not confirmed by its client. */
enum { SVC_RUN_RESUME_BYTES = 4 << 20 };

/**
 * Makes a run that has not started.
 *
 * @param worker  whose
 * @param shard   where it is to live; on its loop
 * @param fed     whether its output is kept for several readers, or for resuming
 * @param err     filled on failure; may be NULL
 * @return NULL: no memory
 */
struct svc_run *svc_run_open(struct svc_worker *worker, struct svc_shard *shard, bool fed,
                             struct sp_error *err);

/** Starts its processes on the pool; its sessions and its worker are told. */
void svc_run_start(struct svc_run *run);

/** As svc_run_start(), with processes that run already. @param programs taken */
void svc_run_start_with(struct svc_run *run, struct svc_programs *programs);

/**
 * Stops it, step by step: stdin closed, Ctrl-C, the job ended; or, of a worker in a terminal,
 * Ctrl-C, the terminal closed, the job ended. Each step has its time from the config and is logged.
 * A second call changes nothing.
 *
 * @param run     any
 * @param reason  a literal, for people; NULL: a client asked, and the exit code speaks for itself
 */
void svc_run_stop(struct svc_run *run, const char *reason);

/** Ends its job at once. @param reason as in svc_run_stop() */
void svc_run_kill(struct svc_run *run, const char *reason);

/** Sends something. @return SP_OK, SP_ESTATE, SP_EUNSUPPORTED (no console) */
SP_NODISCARD sp_status svc_run_send(struct svc_run *run, enum svc_run_signal what,
                                    struct sp_error *err);

/** Gives its terminal another size, if it has one. @param size {0}: it stays as it is */
void svc_run_resize(struct svc_run *run, struct w32_terminal_size size);

/** Closes its stdin as soon as no session writes to it. That of a terminal is its keyboard, and
 *  stays until it is closed. */
void svc_run_close_input(struct svc_run *run);

/** Closes our end of an output: whoever writes to it is told so by the system. */
void svc_run_close_output(struct svc_run *run, enum sp_stream stream);

/** A session's input or output has stopped, or a session has left: looks what that means. May free
 *  the run. */
void svc_run_look(struct svc_run *run);

/** Its processes' ids as a JSON array, empty while it has none: a new reference; NULL: no memory.
 * Any thread, under the server's lock, or on the loop. @param run may be NULL */
json_t *svc_run_pids(const struct svc_run *run);

/** The exit code of the whole, once its processes have ended. */
uint32_t svc_run_code(const struct svc_run *run);

/** The name of a signal's enum value, or -1. @param name may be NULL */
int svc_run_signal_of(const char *name);

#endif
