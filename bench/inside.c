/* bench/inside.c - clients in the bench's own process. */
#include "bench/inside.h"

#include "core/rpc.h"
#include "win32/npipe.h"
#include "win32/overlapped.h"

enum { BYTE_MS = 60000 };

static sp_status open_data(struct bench_inside *s, json_t *answer, struct sp_error *err)
{
    sp_status status = SP_OK;
    for (int i = 0; status == SP_OK && i < SP_STREAM_COUNT; i++) {
        json_t *leaf = json_object_get(answer, sp_stream_name((enum sp_stream)i));
        if (!json_is_string(leaf))
            return sp_fail(err, SP_EPROTOCOL, 0, "the service names no pipe for %s",
                           sp_stream_name((enum sp_stream)i));
        status = w32_npipe_open(NULL, json_string_value(leaf),
                                i == SP_STDIN ? W32_NPIPE_WRITE : W32_NPIPE_READ, CLI_CONNECT_MS,
                                &s->data[i], err);
    }
    return status;
}

sp_status bench_inside_attach(struct bench_inside *s, const struct bench_server *service,
                              const char *worker, const char *transport, struct sp_error *err)
{
    const struct cli_target target = {.pipe = service->pipe};
    json_t *answer = NULL;
    sp_status status = cli_control_open(&s->control, &target, err);
    if (status == SP_OK)
        status = cli_control_call(&s->control, "attach",
                                  json_pack("{s:s, s:i, s:s}", "worker", worker, "protocol",
                                            SP_PROTOCOL_VERSION, "transport", transport),
                                  &answer, err);
    if (status == SP_OK)
        status = open_data(s, answer, err);
    json_decref(answer);
    return status;
}

sp_status bench_inside_start(struct bench_inside *s, struct sp_error *err)
{
    json_t *params = json_pack("{s:I}", "stdin", (json_int_t)(uintptr_t)s->data[SP_STDIN]);
    return cli_control_request(&s->control, "start", params, &s->starting, err);
}

sp_status bench_inside_started(struct bench_inside *s, struct sp_error *err)
{
    json_t *answer = NULL;
    sp_status status = cli_control_answer(&s->control, s->starting, &answer, err);
    json_decref(answer);
    return status;
}

/* One operation on a data pipe, from its beginning to its end. */
static sp_status move_byte(w32_handle h,
                           sp_status (*begin)(struct w32_overlapped *, char *, struct sp_error *),
                           struct sp_error *err)
{
    struct w32_overlapped o = {0};
    char byte = 'b';
    sp_status status = w32_overlapped_init(&o, h, err);
    if (status == SP_OK)
        status = begin(&o, &byte, err);
    if (status == SP_OK)
        status = w32_overlapped_wait(&o, BYTE_MS, NULL, err);
    w32_overlapped_deinit(&o);
    return status;
}

static sp_status begin_write(struct w32_overlapped *o, char *byte, struct sp_error *err)
{
    return w32_overlapped_write(o, byte, 1, err);
}

static sp_status begin_read(struct w32_overlapped *o, char *byte, struct sp_error *err)
{
    return w32_overlapped_read(o, byte, 1, err);
}

sp_status bench_inside_send(struct bench_inside *s, struct sp_error *err)
{
    return move_byte(s->data[SP_STDIN], begin_write, err);
}

sp_status bench_inside_receive(struct bench_inside *s, struct sp_error *err)
{
    return move_byte(s->data[SP_STDOUT], begin_read, err);
}

void bench_inside_close(struct bench_inside *s)
{
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        w32_handle_close(&s->data[i]);
    cli_control_close(&s->control);
}
