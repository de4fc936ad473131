/* service/cell.c - the buffer of a stream. */
#include "service/cell.h"

#include <stdlib.h>

bool svc_cell_fit(struct svc_cell *cell, uint32_t size)
{
    if (cell->cap == size)
        return true;
    unsigned char *data = malloc(size);
    if (data == NULL)
        return cell->data != NULL;
    free(cell->data);
    cell->data = data;
    cell->cap = size;
    return true;
}

void svc_cell_free(struct svc_cell *cell)
{
    free(cell->data);
    *cell = (struct svc_cell){0};
}
