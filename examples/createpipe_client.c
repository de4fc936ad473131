/* examples/createpipe_client.c - the child that createpipe_server starts. It knows nothing of pipes
 * or of our library: a stdin to its end, an answer on stdout, as any program has them. */
#include <stdio.h>

int wmain(void);

int wmain(void)
{
    char text[256];
    size_t len = fread(text, 1, sizeof text, stdin);
    printf("The client got %u bytes: \"%.*s\"", (unsigned)len, (int)len, text);
    return ferror(stdin) || fflush(stdout) != 0 ? 1 : 0;
}
