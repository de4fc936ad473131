/* bench/svg.c - what came out, as a picture: a panel for each figure, a bar for each contestant.
 * What is relative to LIMIT shares one logarithmic scale, on which bars begin at LIMIT itself. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report.h"
#include "core/text.h"

/* Pixels. */
enum {
    WIDTH = 900,
    MARGIN = 24,
    HEADER = 122,
    COLUMNS = 2,
    PANEL = (WIDTH - MARGIN * (COLUMNS + 1)) / COLUMNS,
    LABEL = 96,  /* names, left of the bars */
    VALUE = 118, /* values, right of them */
    PLOT = PANEL - LABEL - VALUE,
    TITLE = 24,
    ROW = 20,
    BAR = 13,
    AXIS = 30, /* the scale below the bars, and the space to the next panel */
    GAP = 18,  /* that space where there is no scale */
    LEGEND = 118,
    LINE = 19, /* a figure that is said in words */
};

/* What is drawn on; a failure is kept, so that drawing needs no if for each line. */
struct canvas {
    struct sp_buffer *out;
    struct sp_error *err;
    sp_status status;
};

/* From a value to a place between 0 and PLOT. */
struct scale {
    bool logarithmic;
    double low, high; /* of the values, or of their logarithms to the base of 2 */
};

static const char *const colours[BENCH_CONTESTANTS] = {
    "#6b7280", "#6b7280", "#6b7280", "#2563eb", "#0d9488",
    "#ea9a0c", "#93b4f8", "#86d0c8", "#c2262e",
};

static void draw(struct canvas *c, const char *format, ...) SP_PRINTF(2, 3);

static void draw(struct canvas *c, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    if (c->status == SP_OK)
        c->status = sp_text_vformat(&text, c->err, format, args);
    va_end(args);
    if (c->status == SP_OK)
        c->status = sp_buffer_append(c->out, text, strlen(text), c->err);
    free(text);
}

/* ------------------------------------------------------------------ scales */

static bool shown(const struct bench_results *r, int figure, int who)
{
    return bench_shown(r, (enum bench_figure)figure, (enum bench_contestant)who);
}

static double ratio(const struct bench_results *r, int figure, uint64_t value)
{
    return bench_to_limit(r, (enum bench_figure)figure, value);
}

/* One for all figures that are relative to LIMIT: whole powers of two around all of it. */
static struct scale relative_scale(const struct bench_results *r)
{
    struct scale s = {true, -1, 1};
    for (int figure = 0; figure < BENCH_FIGURES; figure++)
        for (int who = 0; who < BENCH_CONTESTANTS; who++) {
            if (!bench_figures[figure].to_limit || !shown(r, figure, who))
                continue;
            const struct bench_samples *of = &r->samples[figure][who];
            double least = ratio(r, figure, bench_samples_least(of));
            double most = ratio(r, figure, bench_samples_most(of));
            if (least > 0)
                s.low = fmin(s.low, floor(log2(least)));
            if (most > 0)
                s.high = fmax(s.high, ceil(log2(most)));
        }
    return s;
}

/* One for all figures of a unit: a bar of 20 MiB is as long everywhere. */
static struct scale absolute_scale(const struct bench_results *r, enum bench_unit unit)
{
    struct scale s = {false, 0, 1};
    for (int figure = 0; figure < BENCH_FIGURES; figure++)
        for (int who = 0; who < BENCH_CONTESTANTS; who++)
            if (!bench_figures[figure].to_limit && bench_figures[figure].unit == unit &&
                shown(r, figure, who))
                s.high = fmax(s.high, (double)bench_samples_most(&r->samples[figure][who]));
    return s;
}

static double place(const struct scale *s, double value)
{
    double x = s->logarithmic ? log2(fmax(value, exp2(s->low))) : value;
    return (x - s->low) / (s->high - s->low) * PLOT;
}

/* ------------------------------------------------------------------ a panel */

static void draw_axis(struct canvas *c, const struct scale *s, double x, double top, double bottom)
{
    int step = s->high - s->low > 8 ? 2 : 1;
    for (int power = (int)s->low; s->logarithmic && power <= (int)s->high; power++) {
        double at = x + place(s, exp2(power));
        draw(c, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", at, top,
             at, bottom, power == 0 ? "#374151" : "#e5e7eb");
        if (power % step != 0)
            continue;
        draw(c, "<text x=\"%.1f\" y=\"%.1f\" class=\"t\" text-anchor=\"middle\">", at, bottom + 11);
        draw(c, power < 0 ? "1/%.0f</text>\n" : "%.0f</text>\n", exp2(abs(power)));
    }
    if (!s->logarithmic)
        draw(c, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#374151\"/>\n", x,
             top, x, bottom);
}

static void draw_bar(struct canvas *c, const struct scale *s, double x, double y, double from,
                     double to, const char *colour)
{
    double a = place(s, from), b = place(s, to);
    draw(c, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" rx=\"1.5\" fill=\"%s\"/>\n",
         x + fmin(a, b) - (a == b ? 1 : 0), y, a == b ? 2 : fabs(a - b), BAR, colour);
}

static void draw_whisker(struct canvas *c, const struct scale *s, double x, double y, double least,
                         double most)
{
    double middle = y + BAR / 2.0;
    draw(c, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#111827\"/>\n",
         x + place(s, least), middle, x + place(s, most), middle);
}

static void draw_row(struct canvas *c, const struct bench_results *r, int figure, int who,
                     const struct scale *s, double x, double y)
{
    const struct bench_samples *of = &r->samples[figure][who];
    uint64_t median = bench_samples_median(of), least = bench_samples_least(of),
             most = bench_samples_most(of);
    bool relative = bench_figures[figure].to_limit;
    double plot = x + LABEL, text = y + BAR - 2.5;
    bool limit = bench_contestants[who].limit_bytes > 0;
    draw(c, "<text x=\"%.1f\" y=\"%.1f\" class=\"n\" text-anchor=\"end\">%s</text>\n", plot - 8,
         text, limit ? "LIMIT" : bench_contestants[who].name);
    draw_bar(c, s, plot, y, relative ? 1 : 0, relative ? ratio(r, figure, median) : (double)median,
             colours[who]);
    draw_whisker(c, s, plot, y, relative ? ratio(r, figure, least) : (double)least,
                 relative ? ratio(r, figure, most) : (double)most);
    draw(c, "<text x=\"%.1f\" y=\"%.1f\" class=\"v\">", plot + PLOT + 8, text);
    if (relative)
        draw(c, "<tspan font-weight=\"600\">%.2f</tspan>  ", ratio(r, figure, median));
    draw(c, "%s</text>\n", bench_value_text(bench_figures[figure].unit, median).text);
}

static int count_rows(const struct bench_results *r, int figure)
{
    int rows = 0;
    for (int who = 0; who < BENCH_CONTESTANTS; who++)
        rows += shown(r, figure, who);
    return rows;
}

/* Without a LIMIT, a figure of one contestant has nothing to be compared with: it is said in words.
 */
static bool is_words(const struct bench_results *r, int figure)
{
    return !bench_figures[figure].to_limit && count_rows(r, figure) == 1;
}

/* @return the height; 0: there is nothing of this figure */
static double draw_panel(struct canvas *c, const struct bench_results *r, int figure,
                         const struct scale *relative, double x, double y)
{
    struct scale own = absolute_scale(r, bench_figures[figure].unit);
    const struct scale *s = bench_figures[figure].to_limit ? relative : &own;
    int rows = count_rows(r, figure);
    if (rows == 0)
        return 0;
    double top = y + TITLE - 6, row = y + TITLE;
    draw(c, "<text x=\"%.1f\" y=\"%.1f\" class=\"h\">%s</text>\n", x, y + 11,
         bench_figure_title(r, (enum bench_figure)figure).text);
    draw_axis(c, s, x + LABEL, top, row + rows * ROW - (ROW - BAR) + 3);
    for (int who = 0; who < BENCH_CONTESTANTS; who++)
        if (shown(r, figure, who)) {
            draw_row(c, r, figure, who, s, x, row);
            row += ROW;
        }
    return row + (s == &own ? GAP : AXIS) - y;
}

static double draw_words(struct canvas *c, const struct bench_results *r, int figure, double x,
                         double y)
{
    int who = 0;
    while (!shown(r, figure, who))
        who++;
    uint64_t median = bench_samples_median(&r->samples[figure][who]);
    draw(c, "<text x=\"%.1f\" y=\"%.1f\" class=\"n\">%s, %s</text>\n", x, y + 11,
         bench_figure_title(r, (enum bench_figure)figure).text, bench_contestants[who].name);
    draw(c, "<text x=\"%.1f\" y=\"%.1f\" class=\"v\">%s</text>\n", x + LABEL + PLOT + 8, y + 11,
         bench_value_text(bench_figures[figure].unit, median).text);
    return LINE;
}

/* ------------------------------------------------------------------ the picture */

static bool anywhere(const struct bench_results *r, int who)
{
    for (int figure = 0; figure < BENCH_FIGURES; figure++)
        if (shown(r, figure, who))
            return true;
    return false;
}

static void draw_legend(struct canvas *c, const struct bench_results *r)
{
    bool limit = false;
    double x = MARGIN;
    for (int who = 0; who < BENCH_CONTESTANTS; who++) {
        bool is_limit = bench_contestants[who].limit_bytes > 0;
        if (!anywhere(r, who) || (is_limit && limit))
            continue;
        limit = limit || is_limit;
        draw(c, "<rect x=\"%.1f\" y=\"86\" width=\"11\" height=\"11\" rx=\"1.5\" fill=\"%s\"/>\n",
             x, colours[who]);
        draw(c, "<text x=\"%.1f\" y=\"96\" class=\"n\">%s</text>\n", x + 16,
             is_limit ? "LIMIT, a plain parent" : bench_contestants[who].name);
        x += is_limit ? LEGEND + 44 : LEGEND;
    }
}

static void draw_header(struct canvas *c, const struct bench_results *r, double height)
{
    draw(c,
         "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" viewBox=\"0 0 %d "
         "%.0f\" role=\"img\" font-family=\"Segoe UI, Helvetica, Arial, sans-serif\">\n"
         "<title>standpipe-bench %s, %zu rounds</title>\n"
         "<style>.h{font-size:13px;font-weight:600;fill:#111827}.n{font-size:12px;fill:#374151}"
         ".v{font-size:12px;fill:#111827;white-space:pre}.t{font-size:9px;fill:#6b7280}</style>\n"
         "<rect width=\"%d\" height=\"%.0f\" fill=\"#ffffff\"/>\n",
         WIDTH, height, WIDTH, height, SP_VERSION, r->rounds, WIDTH, height);
    draw(c,
         "<text x=\"%d\" y=\"34\" font-size=\"20\" font-weight=\"600\" fill=\"#111827\">Standpipe: "
         "time relative to LIMIT</text>\n",
         MARGIN);
    draw(c,
         "<text x=\"%d\" y=\"54\" class=\"n\">Bars to the left of the line: faster than LIMIT; to "
         "the right: slower. Each mark on the scale doubles.</text>\n",
         MARGIN);
    draw(
        c,
        "<text x=\"%d\" y=\"71\" class=\"n\">Medians of %zu round%s, thin line from least to most. "
        "%llu MiB a transfer, workers with blocks of %u KiB, %u cores.</text>\n",
        MARGIN, r->rounds, r->rounds == 1 ? "" : "s", (unsigned long long)(r->size_bytes >> 20),
        (unsigned)(r->block_bytes >> 10), (unsigned)r->cores);
    draw_legend(c, r);
}

/* Each panel goes into the shorter column, and below them all words into one. @return how far down
 * they reach */
static double draw_panels(struct canvas *c, const struct bench_results *r)
{
    struct scale relative = relative_scale(r);
    double bottom[COLUMNS] = {HEADER, HEADER};
    int column = 0;
    for (int figure = 0; figure < BENCH_FIGURES; figure++) {
        column = bottom[0] <= bottom[1] ? 0 : 1;
        if (!is_words(r, figure))
            bottom[column] += draw_panel(c, r, figure, &relative,
                                         MARGIN + column * (PANEL + MARGIN), bottom[column]);
    }
    column = bottom[0] <= bottom[1] ? 0 : 1;
    for (int figure = 0; figure < BENCH_FIGURES; figure++)
        if (is_words(r, figure))
            bottom[column] +=
                draw_words(c, r, figure, MARGIN + column * (PANEL + MARGIN), bottom[column]);
    return fmax(bottom[0], bottom[1]) + GAP;
}

sp_status bench_print_svg(const struct bench_results *r, struct sp_buffer *out,
                          struct sp_error *err)
{
    struct sp_buffer panels = {0};
    struct canvas inside = {.out = &panels, .err = err}, c = {.out = out, .err = err};
    double height = draw_panels(&inside, r);
    draw_header(&c, r, height);
    if (inside.status == SP_OK && c.status == SP_OK)
        c.status = sp_buffer_append(out, panels.data, panels.len, err);
    draw(&c, "</svg>\n");
    sp_buffer_deinit(&panels);
    return inside.status == SP_OK ? c.status : inside.status;
}
