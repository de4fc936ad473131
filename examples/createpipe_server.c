/* examples/createpipe_server.c - CreatePipe in C: start a child with one end of a pipe as its stdin
 * and one end of another as its stdout, say something to it, print what it answers. */
#include <stdio.h>

#include "win32/pipe.h"
#include "win32/spawn.h"

int wmain(void);

int wmain(void)
{
    struct w32_pipe down = {0}; /* to the child; one call makes both ends of a pipe */
    struct w32_pipe up = {0};   /* from the child */
    struct w32_child child = {0};
    const char *argv[] = {"createpipe_client.exe"}; /* found beside this program */
    struct sp_error err = {0};
    char text[256];
    uint32_t got, code = 1;

    sp_status status = w32_pipe_open(NULL, &down, &err);
    if (status == SP_OK)
        status = w32_pipe_open(NULL, &up, &err);
    struct w32_spawn_options what = {.argv = argv, .argc = 1, .in = down.read, .out = up.write};
    if (status == SP_OK)
        status = w32_spawn(&what, &child, &err);
    w32_handle_close(&down.read); /* the child has its own: with ours open there is no end */
    w32_handle_close(&up.write);
    if (status == SP_OK)
        status = w32_write(down.write, "Hello from the server", 21, &err);
    w32_handle_close(&down.write); /* the end of the child's stdin */
    while (status == SP_OK && w32_read(up.read, text, sizeof text, &got, NULL) == SP_OK)
        fwrite(text, 1, got, stdout);
    if (status != SP_OK || w32_child_wait(&child, W32_FOREVER, &code, &err) != SP_OK)
        fprintf(stderr, "%s\n", err.what);
    w32_child_close(&child);
    w32_handle_close(&up.read);
    return (int)code;
}
