/* core/progress.c - how far something of a known size has come. */
#include "core/progress.h"

#include <stdio.h>
#include <string.h>

#include "core/human.h"

enum { BAR_MOST = 30, BAR_LEAST = 5, PERCENT_WIDTH = 4 };

/* How much of a rate is of the last seconds: what was longer ago than this counts little. */
static const double memory_ms = 1000;

void sp_progress_look(struct sp_progress *p, uint64_t done, uint64_t at_ms)
{
    uint64_t now = done < p->total ? done : p->total;
    if (at_ms > p->at_ms) {
        double passed_ms = (double)(at_ms - p->at_ms);
        double rate = now > p->done ? (double)(now - p->done) * 1000 / passed_ms : 0;
        double weight = p->rate == 0 ? 1 : passed_ms / (passed_ms + memory_ms);
        p->rate += (rate - p->rate) * weight;
        p->at_ms = at_ms;
    }
    p->done = now;
}

static unsigned percent_of(const struct sp_progress *p)
{
    return p->total == 0 ? 100 : (unsigned)((double)p->done * 100 / (double)p->total);
}

/* "[====>      ]", width characters of it in all. */
static void draw(const struct sp_progress *p, size_t width, char *bar)
{
    size_t room = width - 2;
    size_t full =
        p->total == 0 ? room : (size_t)((double)p->done * (double)room / (double)p->total);
    bar[0] = '[';
    for (size_t i = 0; i < room; i++)
        bar[1 + i] = i < full ? '=' : i == full ? '>' : ' ';
    bar[1 + room] = ']';
    bar[2 + room] = '\0';
}

static void print_left(const struct sp_progress *p, char *text, size_t size)
{
    char age[SP_HUMAN_MAX];
    if (p->rate < 1 || p->done == p->total) {
        text[0] = '\0';
        return;
    }
    sp_human_age((int64_t)((double)(p->total - p->done) / p->rate) + 1, age);
    snprintf(text, size, "%s left", age);
}

void sp_progress_bar(const struct sp_progress *p, size_t width, char *text, size_t size)
{
    char done[SP_HUMAN_MAX], total[SP_HUMAN_MAX], rate[SP_HUMAN_MAX], bar[BAR_MOST + 1];
    char parts[3][3 * SP_HUMAN_MAX], line[512];
    sp_human_size((double)p->done, done);
    sp_human_size((double)p->total, total);
    sp_human_size(p->rate, rate);
    snprintf(parts[0], sizeof parts[0], "  %s of %s", done, total);
    snprintf(parts[1], sizeof parts[1], "  %s/s", rate);
    print_left(p, rate, sizeof rate);
    snprintf(parts[2], sizeof parts[2], "%s%s", *rate == '\0' ? "" : "  ", rate);
    /* First the least of all, then what there is room for: words, and a longer bar. */
    size_t used = PERCENT_WIDTH + 1 + BAR_LEAST;
    int count = 0;
    while (count < 3 && used + strlen(parts[count]) <= width)
        used += strlen(parts[count++]);
    size_t bar_width = used < width ? BAR_LEAST + (width - used) : BAR_LEAST;
    draw(p, bar_width < BAR_MOST ? bar_width : BAR_MOST, bar);
    snprintf(line, sizeof line, "%3u%% %s%s%s%s", percent_of(p), bar, count > 0 ? parts[0] : "",
             count > 1 ? parts[1] : "", count > 2 ? parts[2] : "");
    if (width < strlen(line))
        line[width] = '\0';
    snprintf(text, size, "%s", line);
}

void sp_progress_sum(const struct sp_progress *p, char *text, size_t size)
{
    char done[SP_HUMAN_MAX], rate[SP_HUMAN_MAX], age[SP_HUMAN_MAX];
    sp_human_size((double)p->done, done);
    sp_human_size(p->at_ms == 0 ? 0 : (double)p->done * 1000 / (double)p->at_ms, rate);
    sp_human_age((int64_t)(p->at_ms / 1000), age);
    snprintf(text, size, "%u%%, %s in %s, %s/s", percent_of(p), done, age, rate);
}
