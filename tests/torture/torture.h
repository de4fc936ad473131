/* tests/torture/torture.h - each allocation of a scenario fails in turn. The programs of this
 * folder are linked such that malloc, calloc, realloc, strdup and free of ours, and where the
 * static libraries are there those of jansson and libyaml, go through here. One thread.
 *
 * A scenario runs once for each allocation it makes, which fails, and once more for each, which
 * fails with all that follow it; until it is through without a failure. What it leaves allocated is
 * counted, and must be nothing. */
#ifndef TESTS_TORTURE_H
#define TESTS_TORTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

/**
 * What is done while allocations fail. It frees all it makes, whatever happens, and looks at what
 * must be so in any case; for that it asks cmocka's assertions.
 *
 * @param err  to be passed on to what is tested
 * @return what became of it: SP_OK, or the failure
 */
typedef sp_status (*torture_scenario)(struct sp_error *err);

/** What a scenario may say when an allocation failed in it. */
enum torture_rule {
    TORTURE_FAILS, /**< SP_ENOMEM, with words: whoever needs memory says so */
    TORTURE_COPES, /**< SP_OK, too: it does without, and looks itself that nothing is lost */
};

/** Runs a scenario in all these ways, and asserts. The first allocation of all must be one. */
void torture(torture_scenario scenario, enum torture_rule rule);

/** Whether an allocation has failed since the scenario began: then less may be asserted. */
bool torture_has_failed(void);

/** Until torture_resume() all allocations succeed: for what a scenario needs only to look at what
 *  was done. */
void torture_pause(void);
void torture_resume(void);

#endif
