/* tests/fuzz/fuzz_table.c - tables for people whose cells others have written: each row is a line,
 * each column begins where its head does.
 *
 * Input: a byte for the columns; the cells with a NUL between them. */
#include <stdlib.h>
#include <string.h>

#include "core/table.h"
#include "core/text.h"
#include "tests/fuzz/fuzz.h"

enum { CELLS_MAX = 60, COLUMNS_MAX = 4, GAP = 2 };

static const struct sp_column columns[COLUMNS_MAX] = {
    {"NAME", false}, {"N", true}, {"STÄTE", false}, {"", true}};

static size_t width_of(const char *text)
{
    return sp_text_width(sp_bytes_of(text));
}

/* What a table must look like, spaces at the ends of its lines and all. */
static void print_cell(struct sp_buffer *out, const char *text, size_t width, bool right)
{
    char *shown = NULL;
    FUZZ_CHECK(sp_text_copy(sp_bytes_of(text), &shown, NULL) == SP_OK);
    sp_text_disarm(shown);
    size_t padding = width - width_of(shown);
    for (size_t i = 0; right && i < padding; i++)
        FUZZ_CHECK(sp_buffer_append(out, " ", 1, NULL) == SP_OK);
    FUZZ_CHECK(sp_buffer_append(out, shown, strlen(shown), NULL) == SP_OK);
    for (size_t i = 0; i < (right ? 0 : padding) + GAP; i++)
        FUZZ_CHECK(sp_buffer_append(out, " ", 1, NULL) == SP_OK);
    free(shown);
}

static void print_row(struct sp_buffer *out, const char *const *cells, const size_t *widths,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        print_cell(out, cells[i], widths[i], columns[i].right);
    while (out->len > 0 && out->data[out->len - 1] == ' ')
        out->len--;
    FUZZ_CHECK(sp_buffer_append(out, "\n", 1, NULL) == SP_OK);
}

static size_t shown_width(const char *text)
{
    char *shown = NULL;
    FUZZ_CHECK(sp_text_copy(sp_bytes_of(text), &shown, NULL) == SP_OK);
    sp_text_disarm(shown);
    size_t width = width_of(shown);
    free(shown);
    return width;
}

static void print(struct sp_buffer *out, const struct fuzz_argv *cells, size_t column_count)
{
    const char *heads[COLUMNS_MAX];
    size_t widths[COLUMNS_MAX];
    for (size_t i = 0; i < column_count; i++) {
        heads[i] = columns[i].title;
        widths[i] = width_of(heads[i]);
    }
    for (size_t i = 0; i < cells->count; i++) {
        size_t width = shown_width(cells->texts[i]);
        if (width > widths[i % column_count])
            widths[i % column_count] = width;
    }
    print_row(out, heads, widths, column_count);
    for (size_t i = 0; i < cells->count; i += column_count)
        print_row(out, fuzz_argv_of(cells) + i, widths, column_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    size_t column_count = 1 + fuzz_byte(&in) % (size_t)COLUMNS_MAX;
    struct fuzz_argv cells = fuzz_argv(&in, CELLS_MAX);
    struct sp_table table = sp_table_of(columns, column_count);
    struct sp_buffer out = {0}, expected = {0};
    struct sp_error err = {0};
    for (size_t i = 0; i < cells.count; i++) {
        if (i % 2 == 0)
            sp_table_add(&table, cells.texts[i]);
        else
            sp_table_addf(&table, "%s", cells.texts[i]);
    }
    FUZZ_CHECK(sp_buffer_append(&out, "was", 3, NULL) == SP_OK);
    sp_status status = sp_table_print(&table, &out, &err);
    if (cells.count % column_count == 0) {
        FUZZ_CHECK(status == SP_OK);
        print(&expected, &cells, column_count);
        FUZZ_CHECK(out.len == 3 + expected.len && memcmp(out.data, "was", 3) == 0);
        FUZZ_CHECK(memcmp(out.data + 3, expected.data, expected.len) == 0);
    } else {
        FUZZ_CHECK(status == SP_EINVAL && out.len == 3);
        fuzz_check_error(&err, status);
    }
    sp_table_deinit(&table);
    sp_buffer_deinit(&out);
    sp_buffer_deinit(&expected);
    fuzz_argv_free(&cells);
    return 0;
}
