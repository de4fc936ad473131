/* tests/win32/children.c - starting the helper programs that lie beside a test. */
#include "children.h"

#include <stdio.h>

#include <windows.h>

#include "win32/path.h"
#include "win32/strict.h"

const char *beside(const char *leaf)
{
    static char paths[4][1024];
    static unsigned next;
    char *path = paths[next++ % 4];
    char *self = NULL;
    char *folder = NULL;
    assert_int_equal(w32_path_self(&self, NULL), SP_OK);
    assert_int_equal(w32_path_folder(self, &folder, NULL), SP_OK);
    snprintf(path, sizeof paths[0], "%s\\%s", folder, leaf);
    free(folder);
    free(self);
    return path;
}

const char *child_program(void)
{
    static char path[1024];
    if (path[0] == '\0')
        snprintf(path, sizeof path, "%s", beside("test-child.exe"));
    return path;
}

void run(const struct w32_spawn_options *what, struct sp_bytes input, struct w32_outcome *outcome)
{
    struct sp_error err = {0};
    *outcome = (struct w32_outcome){{0}, {0}, 0};
    if (w32_communicate(what, input, PATIENCE_MS, outcome, &err) != SP_OK)
        fail_msg("%s: %s; it said: %.*s", what->argv[1], err.what, (int)outcome->errors.len,
                 (const char *)outcome->errors.data);
}

void start(const struct w32_spawn_options *what, struct w32_child *child)
{
    struct sp_error err = {0};
    if (w32_spawn(what, child, &err) != SP_OK)
        fail_msg("%s", err.what);
}

uint32_t end_of(const struct w32_child *child)
{
    uint32_t code = 0;
    assert_int_equal(w32_child_wait(child, PATIENCE_MS, &code, NULL), SP_OK);
    return code;
}

w32_handle process_of(uint32_t pid)
{
    w32_handle process = w32_take(OpenProcess(SYNCHRONIZE, FALSE, pid));
    if (process == NULL)
        fail_msg("there is no process %u: error %lu", (unsigned)pid, GetLastError());
    return process;
}

void assert_ends(w32_handle *process)
{
    assert_int_equal(WaitForSingleObject(*process, PATIENCE_MS), WAIT_OBJECT_0);
    w32_handle_close(process);
}

uint32_t read_number(w32_handle from)
{
    uint32_t number = 0;
    for (;;) {
        char c = 0;
        uint32_t got = 0;
        assert_int_equal(w32_read(from, &c, 1, &got, NULL), SP_OK);
        if (c == '\n')
            return number;
        assert_in_range(c, '0', '9');
        number = number * 10 + (uint32_t)(c - '0');
    }
}

void assert_text(const struct sp_buffer *buffer, const char *text)
{
    if (buffer->len != strlen(text) || memcmp(buffer->data, text, buffer->len) != 0)
        fail_msg("'%.*s' is not '%s'", (int)buffer->len, (const char *)buffer->data, text);
}

void assert_says(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("'%s' is not in: %s", part, text);
}

static unsigned char pattern(size_t i)
{
    return (unsigned char)(i * 31 + (i >> 8) * 7 + (i >> 16));
}

void assert_pattern(const struct sp_buffer *buffer, size_t len)
{
    assert_int_equal(buffer->len, len);
    for (size_t i = 0; i < len; i++)
        if (buffer->data[i] != pattern(i))
            fail_msg("byte %zu of %zu is %u, not %u", i, len, buffer->data[i], pattern(i));
}

unsigned char *make_pattern(size_t len)
{
    unsigned char *bytes = malloc(len + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = pattern(i);
    return bytes;
}

static int32_t handles_before;
static int32_t ops_before;

int remember_open(void **state)
{
    (void)state;
    handles_before = w32_handle_tally();
    ops_before = w32_strict_ops_in_flight();
    return 0;
}

int nothing_new_open(void **state)
{
    (void)state;
    int handles = (int)(w32_handle_tally() - handles_before);
    int ops = (int)(w32_strict_ops_in_flight() - ops_before);
    if (handles == 0 && ops == 0)
        return 0;
    print_error("%d handles are left open, %d operations in flight\n", handles, ops);
    return -1;
}
