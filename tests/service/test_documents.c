/* tests/service/test_documents.c - every command line of standpiped in the documents is one that it
 * takes. */
#include "tests/documents_commands.h"

#include "service/verbs.h"

static void every_command_line_of_the_documents_is_taken(void **state)
{
    (void)state;
    check_commands(&svc_program, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_line_of_the_documents_is_taken),
    };
    return cmocka_run_group_tests(tests, documents_read, documents_free);
}
