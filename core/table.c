/* core/table.c - a table of text with aligned columns, for people. */
#include "core/table.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

enum { GAP = 2, SMALLEST = 16 };

struct sp_table sp_table_of(const struct sp_column *columns, size_t count)
{
    return (struct sp_table){.columns = columns, .column_count = count};
}

static sp_status reserve(struct sp_table *t)
{
    if (t->cell_count < t->cell_cap)
        return SP_OK;
    size_t cap = t->cell_cap == 0 ? SMALLEST : t->cell_cap * 2;
    if (cap > SIZE_MAX / sizeof *t->cells)
        return SP_ENOMEM;
    char **cells = realloc(t->cells, cap * sizeof *cells);
    if (cells == NULL)
        return SP_ENOMEM;
    t->cells = cells;
    t->cell_cap = cap;
    return SP_OK;
}

/* Takes the text over in any case. */
static void add(struct sp_table *t, char *text)
{
    if (t->status == SP_OK)
        t->status = reserve(t);
    if (t->status == SP_OK) {
        sp_text_disarm(text);
        t->cells[t->cell_count++] = text;
    } else {
        free(text);
    }
}

void sp_table_add(struct sp_table *t, const char *text)
{
    char *copy = NULL;
    if (t->status == SP_OK)
        t->status = sp_text_copy(sp_bytes_of(text), &copy, NULL);
    if (t->status == SP_OK)
        add(t, copy);
}

void sp_table_addf(struct sp_table *t, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    if (t->status == SP_OK)
        t->status = sp_text_vformat(&text, NULL, format, args);
    va_end(args);
    if (t->status == SP_OK)
        add(t, text);
}

static size_t width_of(const char *text)
{
    return sp_text_width(sp_bytes_of(text));
}

static void measure(const struct sp_table *t, size_t *widths)
{
    for (size_t i = 0; i < t->column_count; i++)
        widths[i] = width_of(t->columns[i].title);
    for (size_t i = 0; i < t->cell_count; i++) {
        size_t width = width_of(t->cells[i]);
        if (width > widths[i % t->column_count])
            widths[i % t->column_count] = width;
    }
}

/* A line in the making: spaces, a text's own last ones too, are owed until something follows them,
 * so that none ends a line. */
struct line {
    struct sp_buffer *out;
    size_t spaces;
};

static sp_status print_text(struct line *line, const char *text, struct sp_error *err)
{
    size_t whole = strlen(text), len = whole;
    sp_status status = SP_OK;
    while (len > 0 && text[len - 1] == ' ')
        len--;
    if (len > 0)
        status = sp_buffer_reserve(line->out, line->spaces + len, err);
    if (status == SP_OK && len > 0) {
        memset(line->out->data + line->out->len, ' ', line->spaces);
        line->out->len += line->spaces;
        line->spaces = 0;
        status = sp_buffer_append(line->out, text, len, err);
    }
    line->spaces += whole - len;
    return status;
}

static sp_status print_cell(struct line *line, const char *text, size_t width, bool right,
                            struct sp_error *err)
{
    size_t padding = width - width_of(text);
    if (right)
        line->spaces += padding;
    sp_status status = print_text(line, text, err);
    if (!right)
        line->spaces += padding;
    line->spaces += GAP;
    return status;
}

/* A row of cells, or the heads where cells is NULL. */
static sp_status print_row(const struct sp_table *t, const size_t *widths, char *const *cells,
                           struct sp_buffer *out, struct sp_error *err)
{
    struct line line = {.out = out};
    sp_status status = SP_OK;
    for (size_t i = 0; i < t->column_count && status == SP_OK; i++) {
        const struct sp_column *column = &t->columns[i];
        const char *text = cells == NULL ? column->title : cells[i];
        status = print_cell(&line, text, widths[i], column->right, err);
    }
    return status == SP_OK ? sp_buffer_append(out, "\n", 1, err) : status;
}

sp_status sp_table_print(const struct sp_table *t, struct sp_buffer *out, struct sp_error *err)
{
    if (t->status != SP_OK)
        return sp_fail(err, t->status, 0, "a table can't be filled: %s", sp_status_name(t->status));
    if (t->column_count == 0 || t->cell_count % t->column_count != 0)
        return sp_fail(err, SP_EINVAL, 0, "a table's last row lacks cells");
    size_t *widths = calloc(t->column_count, sizeof *widths);
    if (widths == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a table of %zu columns", t->column_count);
    measure(t, widths);
    size_t start = out->len;
    sp_status status = print_row(t, widths, NULL, out, err);
    for (size_t i = 0; i < t->cell_count && status == SP_OK; i += t->column_count)
        status = print_row(t, widths, t->cells + i, out, err);
    if (status != SP_OK)
        out->len = start;
    free(widths);
    return status;
}

void sp_table_deinit(struct sp_table *t)
{
    for (size_t i = 0; i < t->cell_count; i++)
        free(t->cells[i]);
    free(t->cells);
    *t = sp_table_of(t->columns, t->column_count);
}
