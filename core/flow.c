/* core/flow.c - how large the next read of a stream should be: large under load, small at rest. */
#include "core/flow.h"

enum { STEP = 8, PATIENCE = 8 };

void sp_flow_init(struct sp_flow *f)
{
    *f = (struct sp_flow){.size_bytes = SP_FLOW_MIN};
}

void sp_flow_read(struct sp_flow *f, uint32_t got_bytes)
{
    f->small_run = got_bytes <= f->size_bytes / STEP ? f->small_run + 1 : 0;
    if (got_bytes >= f->size_bytes)
        f->size_bytes = f->size_bytes > SP_FLOW_MAX / STEP ? SP_FLOW_MAX : f->size_bytes * STEP;
    else if (f->small_run >= PATIENCE && f->size_bytes > SP_FLOW_MIN) {
        f->size_bytes = f->size_bytes / STEP < SP_FLOW_MIN ? SP_FLOW_MIN : f->size_bytes / STEP;
        f->small_run = 0;
    }
}
