/* tests/torture/torture.c - each allocation of a scenario fails in turn. */
#include "tests/torture/torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RUNS_MAX = 100000 };

/* What the next allocations meet. */
static struct {
    bool armed;
    bool for_good;  /* all that follow the failing one fail, too */
    size_t number;  /* allocations so far */
    size_t fail_at; /* the number of the one that fails */
    size_t failed;  /* how many have failed */
    size_t live;    /* blocks that were not freed yet */
} now;

/* The linker's --wrap gives these names.
 * NOLINTBEGIN(bugprone-reserved-identifier) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *block);

/* Whether this allocation fails. */
static bool fails(void)
{
    if (!now.armed)
        return false;
    now.number++;
    bool failing = now.number == now.fail_at || (now.for_good && now.number > now.fail_at);
    now.failed += failing;
    return failing;
}

/* Counts a block, which may be NULL. */
static void *counted(void *block)
{
    now.live += block != NULL;
    return block;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    if (fails())
        return NULL;
    return block == NULL ? counted(__real_malloc(size)) : __real_realloc(block, size);
}

char *__wrap_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = fails() ? NULL : counted(__real_malloc(size));
    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

void __wrap_free(void *block)
{
    now.live -= block != NULL;
    __real_free(block);
}
/* NOLINTEND(bugprone-reserved-identifier) */

bool torture_has_failed(void)
{
    return now.failed > 0;
}

void torture_pause(void)
{
    now.armed = false;
}

void torture_resume(void)
{
    now.armed = true;
}

/* One run. @return whether an allocation has failed in it */
static bool run(torture_scenario scenario, enum torture_rule rule, size_t fail_at, bool for_good)
{
    struct sp_error err = {0};
    size_t live = now.live;
    now.fail_at = fail_at;
    now.for_good = for_good;
    now.number = now.failed = 0;
    now.armed = true;
    sp_status status = scenario(&err);
    now.armed = false;
    bool failed = now.failed > 0;
    bool right = status == SP_OK ? !failed || rule == TORTURE_COPES : failed && status == SP_ENOMEM;
    if (!right || now.live != live)
        print_error("allocation %zu%s: %s (%s), %zu blocks more than before\n", fail_at,
                    for_good ? " and all behind it" : "", sp_status_name(status), err.what,
                    now.live - live);
    assert_true(right);
    assert_int_equal(now.live, live);
    if (status != SP_OK) {
        assert_int_equal(err.status, status);
        assert_true(err.what[0] != 0);
    }
    return failed;
}

void torture(torture_scenario scenario, enum torture_rule rule)
{
    size_t runs = 0;
    for (int for_good = 0; for_good < 2; for_good++) {
        size_t fail_at = 1;
        while (run(scenario, rule, fail_at, for_good == 1))
            fail_at++;
        assert_in_range(fail_at, 2, RUNS_MAX); /* something was allocated */
        runs += fail_at;
    }
    print_message("%zu runs\n", runs);
}
