/* core/table.h - a table of text with aligned columns, for people. Any thread, one at a time. */
#ifndef SP_TABLE_H
#define SP_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buffer.h"
#include "core/error.h"

/** A column's head. */
struct sp_column {
    const char *title; /**< UTF-8 */
    bool right;        /**< aligned to the right: numbers */
};

/** A table that is being filled, cell by cell, row by row. */
struct sp_table {
    const struct sp_column *columns; /**< borrowed until sp_table_deinit() */
    size_t column_count;
    char **cells; /**< owned */
    size_t cell_count;
    size_t cell_cap;
    sp_status status; /**< the first failure of an sp_table_add(); sp_table_print() returns it */
};

/**
 * An empty table.
 *
 * @param columns  borrowed until sp_table_deinit()
 * @param count    at least 1
 */
struct sp_table sp_table_of(const struct sp_column *columns, size_t count);

/**
 * Fills the next cell; after the last column a new row begins. A failure is kept for
 * sp_table_print(), so that a row is filled without an if for each cell.
 *
 * @param t     the table
 * @param text  UTF-8, copied; NULL is an empty cell
 */
void sp_table_add(struct sp_table *t, const char *text);

/** Fills the next cell with a formatted text, as sp_table_add(). */
void sp_table_addf(struct sp_table *t, const char *format, ...) SP_PRINTF(2, 3);

/**
 * Prints the heads and all rows: two spaces between columns, widths counted in code points, no
 * space at a line's end, '\n' after each line. A control character in a cell is printed as '?':
 * a cell is one line, and what others have written never reaches a terminal as a command.
 *
 * @param t    the table
 * @param out  the lines are appended; on failure unchanged
 * @param err  filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, SP_ETOOBIG (the ceiling of out), SP_EINVAL (the last row lacks cells)
 */
SP_NODISCARD sp_status sp_table_print(const struct sp_table *t, struct sp_buffer *out,
                                      struct sp_error *err);

/** Frees the cells; the table has its columns and no rows afterwards. */
void sp_table_deinit(struct sp_table *t);

#endif
