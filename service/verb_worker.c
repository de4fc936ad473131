/* service/verb_worker.c - what this program is to itself: the demo workers, and the helper that
 * sends Ctrl-C. Hidden from the help. */
#include <stdlib.h>
#include <string.h>

#include "service/verbs.h"
#include "win32/console.h"
#include "win32/pipe.h"
#include "win32/signal.h"

enum { PIECE_BYTES = 1 << 20 };

/* ------------------------------------------------------------------ worker */

static void to_upper(unsigned char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (data[i] >= 'a' && data[i] <= 'z')
            data[i] = (unsigned char)(data[i] - 'a' + 'A');
}

static sp_status copy(bool upper, unsigned char *piece, struct sp_error *err)
{
    w32_handle in = w32_stream_handle(W32_STDIN);
    w32_handle out = w32_stream_handle(W32_STDOUT);
    if (in == NULL || out == NULL)
        return sp_fail(err, SP_ENOTFOUND, 0, "there is no stdin or no stdout");
    for (;;) {
        uint32_t got = 0;
        sp_status status = w32_read(in, piece, PIECE_BYTES, &got, err);
        if (status == SP_EEND)
            return SP_OK;
        if (status == SP_OK && upper)
            to_upper(piece, got);
        if (status == SP_OK)
            status = w32_write(out, piece, got, err);
        if (status != SP_OK)
            return status;
    }
}

static int worker(const struct sp_args *args)
{
    struct sp_error err = {0};
    bool upper = strcmp(args->operands[0], "upper") == 0;
    if (!upper && strcmp(args->operands[0], "echo") != 0) {
        svc_complain("there is no demo worker %.80s; there are echo and upper", args->operands[0]);
        return SVC_EXIT_USAGE;
    }
    unsigned char *piece = malloc(PIECE_BYTES);
    sp_status status = piece == NULL ? sp_fail(&err, SP_ENOMEM, 0, "no memory for a buffer")
                                     : copy(upper, piece, &err);
    free(piece);
    if (status == SP_OK)
        return SVC_EXIT_OK;
    svc_complain("worker %s: %s", args->operands[0], err.what);
    return SVC_EXIT_FAILED;
}

const struct sp_verb svc_worker_verb = {
    .name = "worker",
    .operands = "echo|upper",
    .description = "Copies stdin to stdout, byte for byte or with ASCII letters in upper case.",
    .operand_min = 1,
    .operand_max = 1,
    .run = worker,
};

/* ------------------------------------------------------------------ signal */

static int send_signal(const struct sp_args *args)
{
    char *end = NULL;
    unsigned long pid = strtoul(args->operands[0], &end, 10);
    if (*end != '\0' || pid == 0 || pid == UINT32_MAX) {
        svc_complain("signal: %.80s is no process id", args->operands[0]);
        return SVC_EXIT_USAGE;
    }
    enum w32_signal which = W32_SIGNAL_INT;
    if (args->operand_count > 1 && !w32_signal_by_name(args->operands[1], &which)) {
        svc_complain("signal: %.80s is neither int nor break", args->operands[1]);
        return SVC_EXIT_USAGE;
    }
    return w32_signal_helper((uint32_t)pid, which);
}

const struct sp_verb svc_signal_verb = {
    .name = "signal",
    .operands = "PID [int|break]",
    .description = "Sends Ctrl-C or Ctrl-Break to all processes on the console of one.",
    .operand_min = 1,
    .operand_max = 2,
    .run = send_signal,
};
