/* tests/client/test_control.c - where a service may be looked for: names, and no paths. */
#include "client/control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_refused(const char *host, const char *pipe, const char *words)
{
    struct cli_control c = {0};
    struct sp_error err = {0};
    const struct cli_target target = {.host = host, .pipe = pipe};
    assert_int_equal(cli_control_open(&c, &target, &err), SP_EINVAL);
    if (strstr(err.what, words) == NULL)
        fail_msg("not \"%s\" in \"%s\"", words, err.what);
}

static void a_path_is_no_name_of_a_pipe(void **state)
{
    (void)state;
    assert_refused(NULL, "\\\\.\\pipe\\standpipe",
                   "--pipe takes the name alone, not '\\\\.\\pipe\\standpipe'");
    assert_refused(NULL, "//./pipe/standpipe", "--pipe takes the name alone");
    assert_refused("PC", "standpipe\\sort", "--pipe takes the name alone");
}

static void slashes_are_no_part_of_a_machines_name(void **state)
{
    (void)state;
    assert_refused("\\\\PC", "standpipe", "FILESERVER, not '\\\\PC'");
    assert_refused("//PC", "standpipe", "without slashes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_no_name_of_a_pipe),
        cmocka_unit_test(slashes_are_no_part_of_a_machines_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
