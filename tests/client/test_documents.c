/* tests/client/test_documents.c - every command line of standpipe in the documents is one that it
 * takes. */
#include "tests/documents_commands.h"

#include "client/verbs.h"

static void every_command_line_of_the_documents_is_taken(void **state)
{
    (void)state;
    check_commands(&cli_program, 80);
}

static void one_that_is_wrong_is_found(void **state)
{
    (void)state;
    static const char *const wrong[] = {"attach", "--replay-all", "repl"};
    static const char *const right[] = {"attach", "--replay", "all", "repl"};
    struct sp_error err = {0};
    assert_int_equal(command_check(&cli_program, wrong, 3, &err), SP_EINVAL);
    assert_int_equal(command_check(&cli_program, right, 4, &err), SP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_line_of_the_documents_is_taken),
        cmocka_unit_test(one_that_is_wrong_is_found),
    };
    return cmocka_run_group_tests(tests, documents_read, documents_free);
}
