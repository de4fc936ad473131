/* service/cell.c - the buffer of a stream, within the budget of its loop. */
#include "service/cell.h"

#include <stdlib.h>

static uint32_t affordable(const struct svc_cell *cell, uint32_t size,
                           const struct svc_budget *budget)
{
    bool fits = budget == NULL || budget->used - cell->cap + size <= SVC_BUDGET_BYTES;
    return fits || size < SVC_CELL_SMALL_BYTES ? size : SVC_CELL_SMALL_BYTES;
}

bool svc_cell_fit(struct svc_cell *cell, uint32_t size, struct svc_budget *budget)
{
    size = affordable(cell, size, budget);
    if (cell->cap == size)
        return true;
    unsigned char *data = malloc(size);
    if (data == NULL)
        return cell->data != NULL;
    svc_cell_free(cell, budget);
    cell->data = data;
    cell->cap = size;
    if (budget != NULL)
        budget->used += size;
    return true;
}

void svc_cell_free(struct svc_cell *cell, struct svc_budget *budget)
{
    if (budget != NULL)
        budget->used -= cell->cap;
    free(cell->data);
    *cell = (struct svc_cell){0};
}
