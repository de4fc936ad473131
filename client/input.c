/* client/input.c - our own stdin, and the detach keys in it. */
#include "client/input.h"

#include <stdlib.h>

#include "win32/pipe.h"

enum { RAW_BYTES = 64 * 1024 };

static sp_status read_std(struct cli_input *in, void *data, uint32_t size, uint32_t *got,
                          struct sp_error *err)
{
    if (in->std == NULL)
        return SP_EEND;
    if (!in->console)
        return w32_read(in->std, data, size, got, err);
    in->keyboard.console = in->std;
    in->keyboard.wake_mask = in->at_once ? 0 : sp_keys_control_mask(&in->keys);
    return w32_keyboard_read(&in->keyboard, data, size, got, err);
}

/* Tells that the keys were found, and waits for what becomes of it. */
static void wait_for_answer(struct cli_input *in)
{
    w32_lock_enter(&in->lock);
    in->found = true;
    w32_event_set(in->wake);
    while (in->found)
        w32_cond_wait(&in->answered, &in->lock, W32_FOREVER);
    w32_lock_leave(&in->lock);
}

/* How much of what was typed stands in lines that were entered. */
static size_t entered(const unsigned char *text, size_t len)
{
    while (len > 0 && text[len - 1] != '\n')
        len--;
    return len;
}

/* One read, or what is left of it, through the matcher. */
static sp_status pass(struct cli_input *in, unsigned char *data, uint32_t size, size_t *len,
                      bool *found, struct sp_error *err)
{
    sp_status status = SP_OK;
    if (in->raw_at == in->raw_len) {
        in->raw_at = in->raw_len = 0;
        status = read_std(in, in->raw, RAW_BYTES, &in->raw_len, err);
    }
    if (status == SP_EEND) {
        in->ended = true;
        *len = sp_keys_flush(&in->keys, data);
        return *len > 0 ? SP_OK : status;
    }
    if (status != SP_OK)
        return status;
    uint32_t left = in->raw_len - in->raw_at;
    uint32_t room = size - SP_KEYS_MAX;
    in->raw_at += (uint32_t)sp_keys_pass(&in->keys, in->raw + in->raw_at, left < room ? left : room,
                                         data, len, found);
    if (*found && in->console && !in->at_once)
        *len = entered(data, *len);
    return SP_OK;
}

static sp_status read_without_keys(struct cli_input *in, void *data, uint32_t size, uint32_t *got,
                                   struct sp_error *err)
{
    size_t len = 0;
    if (in->raw == NULL)
        in->raw = malloc(RAW_BYTES);
    if (in->raw == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for stdin");
    while (len == 0) {
        bool found = false;
        if (in->ended)
            return SP_EEND;
        sp_status status = pass(in, data, size, &len, &found, err);
        if (status != SP_OK)
            return status;
        if (found && len > 0)
            in->pending = true;
        else if (found)
            wait_for_answer(in);
    }
    *got = (uint32_t)len;
    return SP_OK;
}

sp_status cli_input_read(struct cli_input *in, void *data, uint32_t size, uint32_t *got,
                         struct sp_error *err)
{
    if (size < CLI_INPUT_ROOM)
        return sp_fail(err, SP_EINVAL, 0, "reading stdin: there is no room to read into");
    if (in->pending)
        wait_for_answer(in);
    in->pending = false;
    sp_status status = in->keys.count == 0 ? read_std(in, data, size, got, err)
                                           : read_without_keys(in, data, size, got, err);
    if (status == SP_OK) {
        w32_lock_enter(&in->lock);
        in->passed += *got;
        w32_lock_leave(&in->lock);
    }
    return status;
}

bool cli_input_found(struct cli_input *in, uint64_t *passed)
{
    w32_lock_enter(&in->lock);
    bool found = in->found;
    if (passed != NULL)
        *passed = in->passed;
    w32_lock_leave(&in->lock);
    return found;
}

void cli_input_go_on(struct cli_input *in)
{
    w32_lock_enter(&in->lock);
    in->found = false;
    w32_cond_wake(&in->answered);
    w32_lock_leave(&in->lock);
}
