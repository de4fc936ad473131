/* client/board.c - what a service does now: two looks at its figures make rates. */
#include "client/board.h"

#include <stdlib.h>

const char *cli_order_name(enum cli_order order)
{
    static const char *const names[] = {"name", "in", "out", "memory", "cpu"};
    return names[order];
}

/* ------------------------------------------------------------------ rates */

/* A count so far. A worker's bytes are below a key of their own. @return below 0: nobody counts */
static double count_of(json_t *item, const char *key)
{
    json_t *bytes = json_object_get(item, "bytes");
    json_t *value = json_object_get(item, key);
    if (value == NULL && bytes != NULL)
        value = json_object_get(bytes, key);
    return json_is_integer(value) ? (double)json_integer_value(value) : -1;
}

static double output_of(json_t *item)
{
    double out = count_of(item, "stdout"), err = count_of(item, "stderr");
    if (out < 0 || err < 0)
        return out < 0 ? err : out;
    return out + err;
}

/* What has been added in a time; a count that goes back begins anew, which nobody can make a rate
 * of. */
static json_t *rate_of(double before, double now, double seconds)
{
    return before < 0 || now < before || seconds <= 0 ? json_null()
                                                      : json_real((now - before) / seconds);
}

static void rate(json_t *item, json_t *before, double seconds)
{
    json_object_set_new(item, "in_per_s",
                        rate_of(count_of(before, "stdin"), count_of(item, "stdin"), seconds));
    json_object_set_new(item, "out_per_s", rate_of(output_of(before), output_of(item), seconds));
    json_object_set_new(
        item, "cpu_percent",
        rate_of(count_of(before, "cpu_ms") / 10, count_of(item, "cpu_ms") / 10, seconds));
}

/* Objects by their name, each with its rates. @param before the same of the last look; may be NULL
 */
static json_t *index_of(json_t *items, const char *key, json_t *before, double seconds)
{
    json_t *index = json_object(), *item;
    size_t i;
    json_array_foreach(items, i, item)
    {
        const char *name = json_string_value(json_object_get(item, key));
        if (name == NULL)
            continue;
        rate(item, json_object_get(before, name), seconds);
        json_object_set(index, name, item);
    }
    return index;
}

/* Counts of another process of the service have begun anew. */
static bool is_same_service(const struct cli_view *a, const struct cli_view *b)
{
    return json_equal(json_object_get(a->service, "pid"), json_object_get(b->service, "pid")) &&
           json_equal(json_object_get(a->service, "started"),
                      json_object_get(b->service, "started"));
}

sp_status cli_board_take(struct cli_board *b, struct cli_view *view, uint64_t at_us,
                         struct sp_error *err)
{
    double seconds = is_same_service(&b->view, view) ? (double)(at_us - b->at_us) / 1e6 : 0;
    struct cli_board next = {.view = *view, .at_us = at_us};
    next.workers = index_of(view->workers, "worker", b->workers, seconds);
    next.sessions = index_of(view->sessions, "session", b->sessions, seconds);
    *view = (struct cli_view){0};
    cli_board_deinit(b);
    *b = next;
    return next.workers == NULL || next.sessions == NULL
               ? sp_fail(err, SP_ENOMEM, 0, "no memory for the figures")
               : SP_OK;
}

void cli_board_deinit(struct cli_board *b)
{
    cli_view_deinit(&b->view);
    json_decref(b->workers);
    json_decref(b->sessions);
    *b = (struct cli_board){0};
}

/* ------------------------------------------------------------------ looking at it */

double cli_board_figure(json_t *item, const char *key)
{
    json_t *value = json_object_get(item, key);
    return json_is_number(value) ? json_number_value(value) : -1;
}

double cli_board_sum(json_t *items, const char *key)
{
    double sum = 0;
    size_t i;
    json_t *item;
    json_array_foreach(items, i, item)
    {
        double figure = cli_board_figure(item, key);
        sum += figure > 0 ? figure : 0;
    }
    return sum;
}

struct place {
    json_t *item;
    double figure;
    size_t at;
};

static int compare(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    if (a->figure != b->figure)
        return a->figure > b->figure ? -1 : 1;
    return a->at < b->at ? -1 : a->at > b->at;
}

json_t *cli_board_sorted(json_t *items, enum cli_order order, struct sp_error *err)
{
    static const char *const keys[] = {[CLI_ORDER_NAME] = "",
                                       [CLI_ORDER_IN] = "in_per_s",
                                       [CLI_ORDER_OUT] = "out_per_s",
                                       [CLI_ORDER_MEMORY] = "memory",
                                       [CLI_ORDER_CPU] = "cpu_percent"};
    size_t count = json_array_size(items);
    struct place *places = calloc(count + 1, sizeof *places);
    json_t *sorted = json_array();
    if (places == NULL || sorted == NULL) {
        sp_status ignored = sp_fail(err, SP_ENOMEM, 0, "no memory for a list");
        (void)ignored;
        free(places);
        json_decref(sorted);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        json_t *item = json_array_get(items, i);
        places[i] = (struct place){item, cli_board_figure(item, keys[order]), i};
    }
    qsort(places, count, sizeof *places, compare);
    for (size_t i = 0; i < count; i++)
        json_array_append(sorted, places[i].item);
    free(places);
    return sorted;
}
