/* tests/e2e/test_warm.c - private workers that were started ahead. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "win32/pipe.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct sp_bytes nothing = {0};

static int open_service(void **state)
{
    (void)state;
    return fixture_open_with(NULL, "  warm: {command: [@, obey], warm: 2}\n"
                                   "  hasty: {command: [@, exit, '0'], warm: 1}\n"
                                   "  args: {command: [@, args], args: allow, warm: 1}\n");
}

static int close_service(void **state)
{
    (void)state;
    return fixture_close();
}

static json_int_t ready(const char *name)
{
    json_t *worker = wait_for_state(name, "on demand");
    json_int_t count = json_integer_value(json_object_get(worker, "warm"));
    json_decref(worker);
    return count;
}

static void wait_until_ready(const char *name, json_int_t count)
{
    for (int i = 0; i < 500; i++)
        if (ready(name) == count)
            return;
    fail_msg("%s has %lld ready, not %lld", name, (long long)ready(name), (long long)count);
}

static void each_client_gets_one_of_its_own_and_another_takes_its_place(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    for (int i = 0; i < 4; i++) {
        wait_until_ready("warm", 2);
        attach(WORDS("warm"), sp_bytes_of("echo hello\nexit 5\n"), &outcome);
        assert_int_equal(outcome.exit_code, 5);
        assert_text(&outcome.output, "READY\nhello\n"); /* it had said READY before we came */
        w32_outcome_deinit(&outcome);
    }
}

static void a_client_with_arguments_gets_a_new_one(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("args", "--", "mine"), nothing, &outcome);
    assert_int_equal(outcome.exit_code, 0);
    assert_text(&outcome.output, "4:mine\n");
    w32_outcome_deinit(&outcome);
}

static void a_worker_that_ends_while_it_waits_is_none_for_a_client(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    attach(WORDS("hasty"), nothing, &outcome);
    assert_int_equal(outcome.exit_code, 0);
    w32_outcome_deinit(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_client_gets_one_of_its_own_and_another_takes_its_place),
        cmocka_unit_test(a_client_with_arguments_gets_a_new_one),
        cmocka_unit_test(a_worker_that_ends_while_it_waits_is_none_for_a_client),
    };
    return cmocka_run_group_tests(tests, open_service, close_service);
}
