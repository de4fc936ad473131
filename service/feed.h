/* service/feed.h - one output stream of a run that is kept for a while: read once into a ring of
 * the latest bytes, and given from there to any number of readers, each at its own position. What a
 * shared worker's clients, and clients that may resume, get their output from. Lives on one loop.
 *
 * A position counts bytes from the start of the stream. A reader that holds (`holds`) keeps the
 * ring from forgetting what it has not confirmed: when the ring is full of that, the worker waits.
 * For one that does not hold the worker waits, too, but never longer than SVC_FEED_PATIENCE_MS for
 * one piece: so it keeps pace with clients that read, and a client that stalls is overtaken, skips
 * what was forgotten, and is told how much.
 *
 * Callbacks may come from inside a call that starts, halts or confirms something. */
#ifndef SVC_FEED_H
#define SVC_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/flow.h"
#include "core/list.h"
#include "core/ring.h"
#include "service/cell.h"
#include "win32/loop.h"

enum {
    SVC_FEED_PIECE_BYTES = 256 << 10, /**< the most that is written to a reader at once */
    SVC_FEED_PATIENCE_MS = 250,       /**< for a reader that does not hold to take a piece */
};

/** A feed. Zeroed, with ended, perhaps seen and history set, then svc_feed_start(). */
struct svc_feed {
    /** The source has ended and all of it is in the ring; readers may still be at it. */
    void (*ended)(struct svc_feed *f);
    /** Bytes have come; may be NULL. */
    void (*seen)(struct svc_feed *f, const void *data, size_t len);
    void *owner;               /**< for the callbacks */
    struct svc_budget *budget; /**< borrowed: its loop's; NULL: none */
    struct w32_loop *loop;
    w32_handle source; /**< borrowed until ended was called */
    struct sp_ring ring;
    struct sp_link readers;
    struct w32_op read;
    struct svc_cell cell; /**< what is read into; empty at rest */
    uint32_t failed; /**< the system's code, if it ended before the source did; what came stays */
    uint32_t asked;  /**< the most that the read in flight can bring */
    struct sp_flow flow;
    struct w32_timer rest; /**< looks whether the stream is idle */
    uint64_t rest_mark;
    struct w32_timer patience; /**< for the slowest reader, while the ring is full */
    bool history; /**< what was read stays for those who come later, as long as there is room */
    bool running, resting, stopping;
    bool over; /**< ended was called */
};

/** One reader of a feed. Zeroed, then svc_reader_join(). */
struct svc_reader {
    /** All of the stream was written to the target. The reader is idle and still joined. */
    void (*finished)(struct svc_reader *r);
    /** The target failed, or svc_reader_halt() is done: idle, still joined.
     *  @param os the system's code; 0: halted */
    void (*halted)(struct svc_reader *r, uint32_t os);
    /** It is not waited for any more and will be overtaken (bytes 0), or was: so many bytes at its
     *  position were forgotten before they were written. Called before the position moves on.
     *  Returning false halts the reader. */
    bool (*skipped)(struct svc_reader *r, uint64_t bytes);
    void *owner;         /**< for the callbacks */
    struct sp_link link; /**< in feed->readers */
    struct svc_feed *feed;
    w32_handle target; /**< borrowed while running */
    struct w32_op write;
    struct svc_cell piece; /**< what is written; empty while there is nothing */
    uint64_t at;   /**< all before it was written, or skipped; read by other threads for `ps` */
    uint64_t sent; /**< nothing behind it was given to the target. It is beyond at while a write is
                    *   in flight, and stays so when that fails: the target's owner may have it */
    uint64_t kept; /**< the ring keeps what comes from here on, if the reader holds */
    uint64_t skipped_bytes;
    bool holds;
    bool confirms; /**< kept moves by svc_reader_confirm() alone; else with at */
    bool stalled;  /**< it took too long for a piece: nobody waits until it has taken that */
    bool running, halting;
};

/**
 * Starts to read a source.
 *
 * @param f          zeroed, with ended set
 * @param loop       on its thread
 * @param source     bound to the loop; borrowed until ended was called
 * @param max_bytes  what the ring may hold; at least 4 KiB
 */
void svc_feed_start(struct svc_feed *f, struct w32_loop *loop, w32_handle source, size_t max_bytes);

/** Ends it soon, by way of ended; what has come stays for its readers. Nothing happens when it has
 *  ended. */
void svc_feed_stop(struct svc_feed *f);

/** Whether it waits for a reader before it reads on. */
bool svc_feed_waits(const struct svc_feed *f);

/** Frees what it holds; it has ended or never started, and nobody is joined. */
void svc_feed_deinit(struct svc_feed *f);

/**
 * Joins a feed, idle.
 *
 * @param r     zeroed, with its callbacks and `holds` and `confirms` set
 * @param feed  may have ended: what the ring has can still be read
 * @param past  how many bytes of the past to begin with; UINT64_MAX: all that is kept. One that
 *              holds may get a little less: what the read in flight is about to push out
 */
void svc_reader_join(struct svc_reader *r, struct svc_feed *feed, uint64_t past);

/**
 * Starts to write to a target, from a position on.
 *
 * @param r       joined and idle
 * @param target  bound to the feed's loop; borrowed until finished or halted was called
 * @param at      between r->kept and the stream's end
 */
void svc_reader_start(struct svc_reader *r, w32_handle target, uint64_t at);

/** Stops writing soon, by way of halted. Nothing happens when idle. */
void svc_reader_halt(struct svc_reader *r);

/** The target's owner has all before a position: it may be forgotten. Positions beyond r->sent, and
 *  ones confirmed before, change nothing. */
void svc_reader_confirm(struct svc_reader *r, uint64_t position);

/** Leaves the feed; must be idle. Nothing happens when it is not joined. */
void svc_reader_leave(struct svc_reader *r);

#endif
