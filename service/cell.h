/* service/cell.h - the buffer of a stream: as large as its next read should be. One thread. */
#ifndef SVC_CELL_H
#define SVC_CELL_H

#include <stdbool.h>
#include <stdint.h>

/** A buffer. {0} is empty; svc_cell_free(). */
struct svc_cell {
    unsigned char *data; /**< owned */
    uint32_t cap;
    uint32_t len; /**< bytes that wait in it; 0: free */
};

/** Gives a free cell room for the next read; what was in it is gone. One that can't grow stays as
 *  large as it is. @return false: it has no room at all, and there is no memory */
bool svc_cell_fit(struct svc_cell *cell, uint32_t size);

/** Gives its memory back and empties it. */
void svc_cell_free(struct svc_cell *cell);

#endif
