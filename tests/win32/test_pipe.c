/* tests/win32/test_pipe.c - pipes of both kinds, and reading and writing synchronous ends. */
#include "win32/pipe.h"

#include "children.h"

#include <stdio.h>
#include <wchar.h>

#include <windows.h>
#include <sddl.h>

#include "win32/acl.h"
#include "win32/overlapped.h"
#include "win32/strict.h"
#include "win32/thread.h"

static struct w32_pipe a_pipe(enum w32_pipe_async async)
{
    struct w32_pipe p = {0};
    struct w32_pipe_options options = {.async = async};
    struct sp_error err = {0};
    if (w32_pipe_open(&options, &p, &err) != SP_OK)
        fail_msg("%s", err.what);
    return p;
}

static void assert_reads(w32_handle h, const char *text)
{
    char got[256];
    uint32_t count = 0;
    assert_int_equal(w32_read(h, got, sizeof got, &count, NULL), SP_OK);
    assert_int_equal(count, strlen(text));
    assert_memory_equal(got, text, count);
}

static void assert_end(w32_handle h)
{
    char c = 'x';
    uint32_t count = 77;
    struct sp_error err = {0};
    assert_int_equal(w32_read(h, &c, 1, &count, &err), SP_EEND);
    assert_int_equal(count, 77);
    assert_int_equal(c, 'x');
}

/* ------------------------------------------------------------------ synchronous */

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct w32_pipe p = a_pipe(W32_PIPE_SYNC);
    assert_int_equal(w32_write(p.write, "some bytes", 10, NULL), SP_OK);
    assert_reads(p.read, "some bytes");
    w32_pipe_close(&p);
    assert_null(p.read);
    assert_null(p.write);
}

static void no_options_are_the_default(void **state)
{
    (void)state;
    struct w32_pipe p = {0};
    assert_int_equal(w32_pipe_open(NULL, &p, NULL), SP_OK);
    assert_int_equal(w32_write(p.write, "x", 1, NULL), SP_OK);
    assert_reads(p.read, "x");
    w32_pipe_close(&p);
    w32_pipe_close(&p); /* empty by now */
}

static void pipe_read_reports_the_end_after_the_last_byte(void **state)
{
    (void)state;
    struct w32_pipe p = a_pipe(W32_PIPE_SYNC);
    assert_int_equal(w32_write(p.write, "last", 4, NULL), SP_OK);
    w32_handle_close(&p.write);
    assert_reads(p.read, "last");
    assert_end(p.read);
    assert_end(p.read);
    w32_pipe_close(&p);
}

static void a_read_gets_no_more_than_its_room(void **state)
{
    (void)state;
    struct w32_pipe p = a_pipe(W32_PIPE_SYNC);
    char got[4] = "...";
    uint32_t count = 0;
    assert_int_equal(w32_write(p.write, "abc", 3, NULL), SP_OK);
    assert_int_equal(w32_read(p.read, got, 2, &count, NULL), SP_OK);
    assert_int_equal(count, 2);
    assert_memory_equal(got, "ab.", 3);
    assert_reads(p.read, "c");
    w32_pipe_close(&p);
}

static void writing_nothing_sends_nothing(void **state)
{
    (void)state;
    struct w32_pipe p = a_pipe(W32_PIPE_SYNC);
    assert_int_equal(w32_write(p.write, "", 0, NULL), SP_OK);
    assert_int_equal(w32_write(p.write, "x", 1, NULL), SP_OK);
    assert_reads(p.read, "x");
    w32_pipe_close(&p);
}

static void a_write_without_a_reader_is_broken(void **state)
{
    (void)state;
    struct sp_error err = {0};
    struct w32_pipe p = a_pipe(W32_PIPE_SYNC);
    w32_handle_close(&p.read);
    assert_int_equal(w32_write(p.write, "x", 1, &err), SP_EBROKEN);
    assert_says(err.what, "writing");
    w32_pipe_close(&p);
}

enum { LARGE = 5 * MIB + 3 };

struct sender {
    w32_handle to;
    const unsigned char *bytes;
    sp_status status;
};

static void send_all(void *arg)
{
    struct sender *s = arg;
    s->status = w32_write(s->to, s->bytes, LARGE, NULL);
    w32_handle_close(&s->to);
}

static void a_write_of_any_size_is_written_in_whole(void **state)
{
    (void)state;
    struct w32_pipe p = a_pipe(W32_PIPE_SYNC);
    unsigned char *bytes = make_pattern(LARGE);
    struct sender sender = {.to = p.write, .bytes = bytes};
    struct sp_buffer got = {0};
    w32_handle thread = NULL;
    uint32_t count = 0;
    assert_int_equal(sp_buffer_reserve(&got, LARGE + 1, NULL), SP_OK);
    assert_int_equal(w32_thread_start(send_all, &sender, &thread, NULL), SP_OK);
    while (w32_read(p.read, got.data + got.len, (uint32_t)(got.cap - got.len), &count, NULL) ==
           SP_OK)
        got.len += count;
    assert_int_equal(w32_thread_join(&thread, PATIENCE_MS), SP_OK);
    assert_int_equal(sender.status, SP_OK);
    assert_pattern(&got, LARGE);
    p.write = NULL; /* the thread has closed it */
    w32_pipe_close(&p);
    sp_buffer_deinit(&got);
    free(bytes);
}

/* ------------------------------------------------------------------ overlapped at our end */

static void an_overlapped_reader_gets_what_a_plain_writer_writes(void **state)
{
    (void)state;
    struct w32_pipe p = a_pipe(W32_PIPE_ASYNC_READ);
    struct w32_overlapped op = {0};
    char got[16];
    uint32_t count = 0;
    assert_int_equal(w32_overlapped_init(&op, p.read, NULL), SP_OK);
    /* Begun first: on a synchronous end this would wait for ever. */
    assert_int_equal(w32_overlapped_read(&op, got, sizeof got, NULL), SP_OK);
    assert_int_equal(w32_write(p.write, "late", 4, NULL), SP_OK);
    assert_int_equal(w32_overlapped_wait(&op, PATIENCE_MS, &count, NULL), SP_OK);
    assert_int_equal(count, 4);
    assert_memory_equal(got, "late", 4);

    assert_int_equal(w32_overlapped_read(&op, got, sizeof got, NULL), SP_OK);
    w32_handle_close(&p.write);
    assert_int_equal(w32_overlapped_wait(&op, PATIENCE_MS, &count, NULL), SP_EEND);
    w32_overlapped_deinit(&op);
    w32_pipe_close(&p);
}

static void a_plain_reader_gets_what_an_overlapped_writer_writes(void **state)
{
    (void)state;
    struct w32_pipe p = a_pipe(W32_PIPE_ASYNC_WRITE);
    struct w32_overlapped op = {0};
    uint32_t count = 0;
    assert_int_equal(w32_overlapped_init(&op, p.write, NULL), SP_OK);
    assert_int_equal(w32_overlapped_write(&op, "early", 5, NULL), SP_OK);
    assert_reads(p.read, "early");
    assert_int_equal(w32_overlapped_wait(&op, PATIENCE_MS, &count, NULL), SP_OK);
    assert_int_equal(count, 5);
    w32_overlapped_deinit(&op);
    w32_handle_close(&p.write);
    assert_end(p.read);
    w32_pipe_close(&p);
}

static void an_overlapped_writer_learns_that_the_reader_left(void **state)
{
    (void)state;
    struct w32_pipe p = a_pipe(W32_PIPE_ASYNC_WRITE);
    struct w32_overlapped op = {0};
    unsigned char *bytes = make_pattern(MIB);
    assert_int_equal(w32_overlapped_init(&op, p.write, NULL), SP_OK);
    /* More than the pipe holds, so it is still under way when the reader goes. */
    assert_int_equal(w32_overlapped_write(&op, bytes, MIB, NULL), SP_OK);
    w32_handle_close(&p.read);
    sp_status status = w32_overlapped_wait(&op, PATIENCE_MS, NULL, NULL);
    assert_true(status == SP_EEND || status == SP_EBROKEN);
    w32_overlapped_deinit(&op);
    w32_pipe_close(&p);
    free(bytes);
}

static void every_overlapped_pipe_is_its_own(void **state)
{
    (void)state;
    struct w32_pipe a = a_pipe(W32_PIPE_ASYNC_WRITE);
    struct w32_pipe b = a_pipe(W32_PIPE_ASYNC_WRITE);
    struct w32_overlapped op = {0};
    assert_int_equal(w32_overlapped_init(&op, a.write, NULL), SP_OK);
    assert_int_equal(w32_overlapped_write(&op, "for a", 5, NULL), SP_OK);
    assert_int_equal(w32_overlapped_wait(&op, PATIENCE_MS, NULL, NULL), SP_OK);
    w32_overlapped_deinit(&op);
    w32_handle_close(&b.write);
    assert_end(b.read);
    assert_reads(a.read, "for a");
    w32_pipe_close(&a);
    w32_pipe_close(&b);
}

/* ------------------------------------------------------------------ both kinds */

static const enum w32_pipe_async KINDS[] = {W32_PIPE_SYNC, W32_PIPE_ASYNC_READ,
                                            W32_PIPE_ASYNC_WRITE};

static void neither_end_is_inheritable(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct w32_pipe p = a_pipe(KINDS[i]);
        DWORD flags = HANDLE_FLAG_INHERIT;
        assert_true(GetHandleInformation(p.read, &flags));
        assert_int_equal(flags & HANDLE_FLAG_INHERIT, 0);
        flags = HANDLE_FLAG_INHERIT;
        assert_true(GetHandleInformation(p.write, &flags));
        assert_int_equal(flags & HANDLE_FLAG_INHERIT, 0);
        w32_pipe_close(&p);
    }
}

static void each_end_goes_one_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct w32_pipe p = a_pipe(KINDS[i]);
        OVERLAPPED overlapped = {0};
        DWORD moved = 0;
        char c = 'x';
        assert_false(WriteFile(p.read, &c, 1, &moved, &overlapped));
        assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
        assert_false(ReadFile(p.write, &c, 1, &moved, &overlapped));
        assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
        w32_pipe_close(&p);
    }
}

/* What node and the C runtime ask of a std handle. */
static void each_end_tells_and_takes_its_mode(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct w32_pipe p = a_pipe(KINDS[i]);
        DWORD flags = 0;
        DWORD mode = PIPE_READMODE_BYTE | PIPE_WAIT;
        w32_handle ends[] = {p.read, p.write};
        for (size_t k = 0; k < 2; k++) {
            assert_int_equal(GetFileType(ends[k]), FILE_TYPE_PIPE);
            assert_true(GetNamedPipeInfo(ends[k], &flags, NULL, NULL, NULL));
            assert_int_equal(flags & PIPE_TYPE_MESSAGE, 0);
            assert_true(SetNamedPipeHandleState(ends[k], &mode, NULL, NULL));
        }
        w32_pipe_close(&p);
    }
}

static void strict_mode_knows_which_end_is_overlapped(void **state)
{
    (void)state;
    if (!W32_STRICT)
        skip();
    static const enum w32_handle_kind expected[][2] = {
        {W32_HANDLE_SYNC, W32_HANDLE_SYNC},
        {W32_HANDLE_ASYNC, W32_HANDLE_SYNC},
        {W32_HANDLE_SYNC, W32_HANDLE_ASYNC},
    };
    for (size_t i = 0; i < 3; i++) {
        struct w32_pipe p = a_pipe(KINDS[i]);
        assert_int_equal(w32_strict_handle_kind(p.read), expected[i][0]);
        assert_int_equal(w32_strict_handle_kind(p.write), expected[i][1]);
        w32_pipe_close(&p);
    }
}

/* The access list of an object in text; free with LocalFree. */
static char *access_of(w32_handle h)
{
    union {
        void *align;
        unsigned char bytes[1024];
    } descriptor;
    DWORD size = 0;
    char *text = NULL;
    assert_true(GetKernelObjectSecurity(h, DACL_SECURITY_INFORMATION, &descriptor,
                                        sizeof descriptor, &size));
    assert_true(ConvertSecurityDescriptorToStringSecurityDescriptorA(
        &descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, NULL));
    return text;
}

static void a_pipe_has_the_access_list_it_was_given(void **state)
{
    (void)state;
    const struct w32_acl_entry owner = {"S-1-5-21-1-2-3-1234", W32_ACL_SERVE};
    void *descriptor = NULL;
    assert_int_equal(w32_acl_pipe(&owner, 1, false, &descriptor, NULL), SP_OK);
    for (size_t i = 0; i < 3; i++) {
        struct w32_pipe_options options = {.async = KINDS[i], .security_descriptor = descriptor};
        struct w32_pipe p = {0};
        assert_int_equal(w32_pipe_open(&options, &p, NULL), SP_OK);
        char *text = access_of(KINDS[i] == W32_PIPE_ASYNC_WRITE ? p.write : p.read);
        assert_says(text, "S-1-5-21-1-2-3-1234");
        LocalFree(text);
        w32_pipe_close(&p);
    }
    w32_acl_free(descriptor);
}

static void pipes_of_many_sizes_open(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0, 1, 4096, 65536, MIB};
    for (size_t i = 0; i < 3 * sizeof sizes / sizeof *sizes; i++) {
        struct w32_pipe_options options = {.async = KINDS[i % 3], .size_bytes = sizes[i / 3]};
        struct w32_pipe p = {0};
        assert_int_equal(w32_pipe_open(&options, &p, NULL), SP_OK);
        w32_pipe_close(&p);
    }
}

/* ------------------------------------------------------------------ other synchronous handles */

static struct w32_pipe a_message_pipe(void)
{
    static int number;
    wchar_t name[64];
    swprintf(name, 64, L"\\\\.\\pipe\\test-pipe-%lu-%d", GetCurrentProcessId(), number++);
    struct w32_pipe p = {0};
    p.write = w32_take(CreateNamedPipeW(
        name, PIPE_ACCESS_OUTBOUND, PIPE_TYPE_MESSAGE | PIPE_READMODE_BYTE, 1, 4096, 0, 0, NULL));
    p.read = w32_take(
        CreateFileW(name, GENERIC_READ | FILE_WRITE_ATTRIBUTES, 0, NULL, OPEN_EXISTING, 0, NULL));
    assert_non_null(p.read);
    assert_non_null(p.write);
    DWORD mode = PIPE_READMODE_MESSAGE;
    assert_true(SetNamedPipeHandleState(p.read, &mode, NULL, NULL));
    return p;
}

static void a_long_message_comes_in_parts(void **state)
{
    (void)state;
    struct w32_pipe p = a_message_pipe();
    char got[4];
    uint32_t count = 0;
    assert_int_equal(w32_write(p.write, "abcdef", 6, NULL), SP_OK);
    assert_int_equal(w32_read(p.read, got, 4, &count, NULL), SP_OK);
    assert_int_equal(count, 4);
    assert_memory_equal(got, "abcd", 4);
    assert_reads(p.read, "ef");
    w32_pipe_close(&p);
}

static void an_empty_message_is_an_end(void **state)
{
    (void)state;
    struct w32_pipe p = a_message_pipe();
    DWORD moved = 0;
    assert_int_equal(w32_write(p.write, "a", 1, NULL), SP_OK);
    assert_true(WriteFile(p.write, "", 0, &moved, NULL));
    assert_reads(p.read, "a");
    assert_end(p.read);
    w32_pipe_close(&p);
}

static void a_full_pipe_in_no_wait_mode_is_refused_not_cut(void **state)
{
    (void)state;
    static const unsigned char bytes[MIB];
    struct w32_pipe p = a_pipe(W32_PIPE_SYNC);
    DWORD mode = PIPE_READMODE_BYTE | PIPE_NOWAIT;
    bool has_mode = SetNamedPipeHandleState(p.write, &mode, NULL, NULL);
    sp_status status = has_mode ? w32_write(p.write, bytes, MIB, NULL) : SP_OK;
    w32_pipe_close(&p);
    if (!has_mode)
        skip(); /* Wine 8 */
    assert_int_equal(status, SP_EUNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_read),
        TEST(no_options_are_the_default),
        TEST(pipe_read_reports_the_end_after_the_last_byte),
        TEST(a_read_gets_no_more_than_its_room),
        TEST(writing_nothing_sends_nothing),
        TEST(a_write_without_a_reader_is_broken),
        TEST(a_write_of_any_size_is_written_in_whole),
        TEST(an_overlapped_reader_gets_what_a_plain_writer_writes),
        TEST(a_plain_reader_gets_what_an_overlapped_writer_writes),
        TEST(an_overlapped_writer_learns_that_the_reader_left),
        TEST(every_overlapped_pipe_is_its_own),
        TEST(neither_end_is_inheritable),
        TEST(each_end_goes_one_way),
        TEST(each_end_tells_and_takes_its_mode),
        TEST(strict_mode_knows_which_end_is_overlapped),
        TEST(a_pipe_has_the_access_list_it_was_given),
        TEST(pipes_of_many_sizes_open),
        TEST(a_long_message_comes_in_parts),
        TEST(an_empty_message_is_an_end),
        TEST(a_full_pipe_in_no_wait_mode_is_refused_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
