/* core/flow.h - how large the next read of a stream should be: large under load, small at rest. */
#ifndef SP_FLOW_H
#define SP_FLOW_H

#include <stdint.h>

enum {
    SP_FLOW_MIN = 1024,        /**< bytes of a read at rest */
    SP_FLOW_MAX = 1024 * 1024, /**< bytes of a read under load; see docs/performance.md */
};

/** A stream's measure; sp_flow_init() first. */
struct sp_flow {
    uint32_t size_bytes; /**< of the next read */
    uint32_t small_run;  /**< reads in a row that used an eighth or less */
};

/** Starts at rest. */
void sp_flow_init(struct sp_flow *f);

/** Takes in what a read of f->size_bytes brought: one that was filled makes the next eight times
 *  as large, eight in a row that used an eighth or less make it an eighth. */
void sp_flow_read(struct sp_flow *f, uint32_t got_bytes);

#endif
