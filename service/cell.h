/* service/cell.h - the buffer of a stream: as large as its next read should be, as long as all of
 * its loop together stay within their budget. One thread. */
#ifndef SVC_CELL_H
#define SVC_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SVC_BUDGET_BYTES = 8 << 20,   /**< what the buffers of a loop may take */
    SVC_CELL_SMALL_BYTES = 16384, /**< what each may have beyond that */
};

/** What the buffers of a loop take. {0} is none. */
struct svc_budget {
    size_t used;
};

/** A buffer. {0} is empty; svc_cell_free(). */
struct svc_cell {
    unsigned char *data; /**< owned */
    uint32_t cap;
    uint32_t len; /**< bytes that wait in it; 0: free */
};

/**
 * Gives a free cell room for the next read; what was in it is gone. One that can't grow stays as
 * large as it is, and beyond the budget there are small ones alone.
 *
 * @param budget  of the loop; NULL: there is none
 * @return false: it has no room at all, and there is no memory
 */
bool svc_cell_fit(struct svc_cell *cell, uint32_t size, struct svc_budget *budget);

/** Gives its memory back and empties it. @param budget as before */
void svc_cell_free(struct svc_cell *cell, struct svc_budget *budget);

#endif
