/* examples/communicate.c - the same in one call: give a program its input, however much, and take
 * all that it answers, with a time limit. */
#include <stdio.h>

#include "win32/communicate.h"

int wmain(void);

int wmain(void)
{
    const char *argv[] = {"createpipe_client.exe"}; /* found beside this program */
    struct w32_spawn_options what = {.argv = argv, .argc = 1};
    struct sp_bytes input = sp_bytes_of("Hello from communicate");
    struct w32_outcome outcome = {.output.max = 1024 * 1024};
    struct sp_error err = {0};

    sp_status status = w32_communicate(&what, input, 10000, &outcome, &err);
    if (status != SP_OK)
        fprintf(stderr, "%s\n", err.what);
    fwrite(outcome.output.data, 1, outcome.output.len, stdout);
    fwrite(outcome.errors.data, 1, outcome.errors.len, stderr);
    int code = status == SP_OK ? (int)outcome.exit_code : 1;
    w32_outcome_deinit(&outcome);
    return code;
}
