/* core/args_help.c - the help of a program and its verbs, made from the tables that drive them. */
#include "core/args.h"

#include <string.h>

#include "core/text.h"

/* One less than a console's 80: some begin a new line when the last column is filled. */
enum { WIDTH = 79, MARGIN = 2, GAP = 2, LEFT_MAX = 30 };

/* A help text in the making. After a failure nothing more is written. */
struct page {
    struct sp_buffer *out;
    size_t start;  /* where it begins: what fails is taken back */
    size_t column; /* characters of the line so far */
    sp_status status;
    struct sp_error *err;
};

static void put(struct page *page, const char *text, size_t len)
{
    if (page->status != SP_OK)
        return;
    page->status = sp_buffer_append(page->out, text, len, page->err);
    page->column += sp_text_width((struct sp_bytes){text, len});
}

static void put_text(struct page *page, const char *text)
{
    put(page, text, strlen(text));
}

static void put_newline(struct page *page)
{
    put(page, "\n", 1);
    page->column = 0;
}

static void go_to_column(struct page *page, size_t column)
{
    while (page->column < column && page->status == SP_OK)
        put(page, " ", 1);
}

/* The words of one line of text, at a left edge. */
static void put_words(struct page *page, const char *text, size_t len, size_t left)
{
    const char *end = text + len;
    bool first = true;
    while (text < end) {
        size_t word_len = 0;
        while (text + word_len < end && text[word_len] != ' ')
            word_len++;
        size_t width = sp_text_width((struct sp_bytes){text, word_len});
        if (!first && page->column + 1 + width > WIDTH) {
            put_newline(page);
            first = true;
        }
        go_to_column(page, first ? left : page->column + 1);
        put(page, text, word_len);
        first = false;
        text += word_len;
        while (text < end && *text == ' ')
            text++;
    }
}

/* A text of one or more lines, at a left edge, with an end of line behind it. */
static void put_wrapped(struct page *page, const char *text, size_t left)
{
    for (;;) {
        size_t len = strcspn(text, "\n");
        if (*text == ' ') {
            go_to_column(page, left);
            put(page, text, len);
        } else {
            put_words(page, text, len, left);
        }
        put_newline(page);
        if (text[len] == 0)
            return;
        text += len + 1;
    }
}

/* `  -H, --host HOST`, as wide as needed. */
static void put_option_names(struct page *page, const struct sp_option *option)
{
    char letter[] = {'-', option->letter, ',', ' ', 0};
    go_to_column(page, MARGIN);
    put_text(page, option->letter == 0 ? "    " : letter);
    put_text(page, "--");
    put_text(page, option->name);
    if (option->value != NULL) {
        put_text(page, " ");
        put_text(page, option->value);
    }
}

static size_t option_width(const struct sp_option *option)
{
    size_t width = MARGIN + strlen("-x, --") + sp_text_width(sp_bytes_of(option->name));
    if (option->value != NULL)
        width += 1 + sp_text_width(sp_bytes_of(option->value));
    return width;
}

/* The column of the explanations; what is too wide for it has its explanation on the next line. */
static void widen(size_t *left, size_t width)
{
    if (width <= LEFT_MAX && width + GAP > *left)
        *left = width + GAP;
}

static void put_explanation(struct page *page, const char *text, size_t left)
{
    if (page->column + GAP > left)
        put_newline(page);
    put_wrapped(page, text, left);
}

static const struct sp_option help_option = {
    .name = "help",
    .help = "Show this help.",
    .letter = 'h',
};

static void put_options(struct page *page, const struct sp_verb *verb)
{
    size_t left = option_width(&help_option) + GAP;
    for (size_t i = 0; i < verb->option_count; i++)
        widen(&left, option_width(&verb->options[i]));
    put_newline(page);
    put_text(page, "Options:");
    put_newline(page);
    for (size_t i = 0; i <= verb->option_count; i++) {
        const struct sp_option *option = i < verb->option_count ? &verb->options[i] : &help_option;
        put_option_names(page, option);
        put_explanation(page, option->help, left);
    }
}

static void put_description(struct page *page, const char *description)
{
    if (description == NULL)
        return;
    put_newline(page);
    put_wrapped(page, description, 0);
}

static struct page page_open(struct sp_buffer *out, struct sp_error *err)
{
    return (struct page){.out = out, .start = out->len, .err = err};
}

static sp_status page_close(struct page *page)
{
    if (page->status != SP_OK)
        page->out->len = page->start;
    return page->status;
}

sp_status sp_verb_help(const struct sp_program *program, const struct sp_verb *verb,
                       struct sp_buffer *out, struct sp_error *err)
{
    struct page page = page_open(out, err);
    put_text(&page, "Usage: ");
    put_text(&page, program->name);
    put_text(&page, " ");
    put_text(&page, verb->name);
    if (verb->option_count > 0)
        put_text(&page, " [OPTIONS]");
    if (verb->operands != NULL) {
        put_text(&page, " ");
        put_text(&page, verb->operands);
    }
    put_newline(&page);
    put_description(&page, verb->description);
    put_options(&page, verb);
    return page_close(&page);
}

static void put_verbs(struct page *page, const struct sp_program *program)
{
    size_t left = 0;
    for (size_t i = 0; i < program->verb_count; i++) {
        if (program->verbs[i]->summary != NULL)
            widen(&left, MARGIN + sp_text_width(sp_bytes_of(program->verbs[i]->name)));
    }
    for (size_t i = 0; i < program->verb_count; i++) {
        if (program->verbs[i]->summary == NULL)
            continue;
        go_to_column(page, MARGIN);
        put_text(page, program->verbs[i]->name);
        put_explanation(page, program->verbs[i]->summary, left);
    }
}

sp_status sp_program_help(const struct sp_program *program, struct sp_buffer *out,
                          struct sp_error *err)
{
    struct page page = page_open(out, err);
    put_text(&page, "Usage: ");
    put_text(&page, program->name);
    put_text(&page, " VERB [OPTIONS] ...");
    put_newline(&page);
    put_description(&page, program->description);
    put_newline(&page);
    put_text(&page, "Verbs:");
    put_newline(&page);
    put_verbs(&page, program);
    put_newline(&page);
    put_text(&page, program->name);
    put_text(&page, " VERB --help tells more of a verb.");
    put_newline(&page);
    return page_close(&page);
}
