/* core/config_problems.c - what is wrong with a config file, in the order of its lines. */
#include "core/config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

static bool is_before(struct sp_place a, struct sp_place b)
{
    return a.line != b.line ? a.line < b.line : a.column < b.column;
}

/* Where a problem belongs: behind all that stand before it or at its own place. */
static size_t find_slot(const struct sp_config_problems *problems, struct sp_place place)
{
    size_t slot = problems->count;
    while (slot > 0 && is_before(place, problems->items[slot - 1].place))
        slot--;
    return slot;
}

/* All the room there will ever be, at the first problem: a good file needs none. */
static sp_status reserve(struct sp_config_problems *problems, struct sp_error *err)
{
    if (problems->items == NULL)
        problems->items = calloc(SP_CONFIG_PROBLEMS_MAX, sizeof *problems->items);
    return problems->items == NULL ? sp_fail(err, SP_ENOMEM, 0, "no memory for a list of problems")
                                   : SP_OK;
}

static void insert(struct sp_config_problems *problems, size_t slot,
                   struct sp_config_problem problem)
{
    if (problems->count == SP_CONFIG_PROBLEMS_MAX) {
        free(problems->items[--problems->count].text);
        problems->more++;
    }
    struct sp_config_problem *at = problems->items + slot;
    memmove(at + 1, at, (problems->count - slot) * sizeof *at);
    *at = problem;
    problems->count++;
}

sp_status sp_config_problem_add(struct sp_config_problems *problems, struct sp_error *err,
                                struct sp_place place, const char *format, ...)
{
    sp_status status = reserve(problems, err);
    if (status != SP_OK)
        return status;
    size_t slot = find_slot(problems, place);
    if (slot == SP_CONFIG_PROBLEMS_MAX) {
        problems->more++;
        return SP_OK;
    }
    struct sp_config_problem problem = {.place = place};
    va_list args;
    va_start(args, format);
    status = sp_text_vformat(&problem.text, err, format, args);
    va_end(args);
    if (status != SP_OK)
        return status;
    sp_text_disarm(problem.text);
    insert(problems, slot, problem);
    return SP_OK;
}

sp_status sp_config_problems_print(const struct sp_config_problems *problems, struct sp_buffer *out,
                                   struct sp_error *err)
{
    size_t start = out->len;
    sp_status status = SP_OK;
    for (size_t i = 0; i < problems->count && status == SP_OK; i++) {
        const struct sp_config_problem *p = &problems->items[i];
        status = sp_buffer_printf(out, err, "%s:%u:%u: %s\n",
                                  problems->file_name == NULL ? "config" : problems->file_name,
                                  p->place.line, p->place.column, p->text);
    }
    if (status == SP_OK && problems->more > 0)
        status = sp_buffer_printf(out, err, "and %zu more\n", problems->more);
    if (status != SP_OK)
        out->len = start;
    return status;
}

sp_status sp_config_problems_fail(const struct sp_config_problems *problems, struct sp_error *err)
{
    const struct sp_config_problem *first = &problems->items[0];
    size_t more = problems->count - 1 + problems->more;
    if (more > 0)
        return sp_fail(err, SP_ESYNTAX, 0, "%s:%u:%u: %s (and %zu more)", problems->file_name,
                       first->place.line, first->place.column, first->text, more);
    return sp_fail(err, SP_ESYNTAX, 0, "%s:%u:%u: %s", problems->file_name, first->place.line,
                   first->place.column, first->text);
}

void sp_config_problems_deinit(struct sp_config_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        free(problems->items[i].text);
    free(problems->items);
    free(problems->file_name);
    *problems = (struct sp_config_problems){0};
}
