/* tests/win32/test_handover.c - what can be handed over, and taking it out of another process. */
#include "win32/handover.h"

#include "children.h"

#include <stdio.h>

#include <windows.h>
#include <winternl.h>

#include "tests/scratch.h"
#include "win32/acl.h"
#include "win32/file.h"
#include "win32/npipe.h"
#include "win32/process.h"

static int folder_open(void **state)
{
    return scratch_open(state) == 0 ? remember_open(state) : -1;
}

static int folder_close(void **state)
{
    int left = nothing_new_open(state);
    return scratch_close(state) == 0 ? left : -1;
}

/* A file or device, as CreateFile opens it. */
static w32_handle opened(const char *path, DWORD access, DWORD flags)
{
    wchar_t *wide = NULL;
    assert_int_equal(w32_wide(path, &wide, NULL), SP_OK);
    w32_handle h = w32_take(CreateFileW(wide, access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                                        OPEN_ALWAYS, flags, NULL));
    free(wide);
    return h;
}

static void assert_kind(w32_handle *h, enum w32_handover kind)
{
    assert_non_null(*h);
    assert_int_equal(w32_handover_kind(*h), kind);
    w32_handle_close(h);
}

/* ------------------------------------------------------------------ kinds */

static void a_file_can_be_handed_over(void **state)
{
    (void)state;
    static const DWORD ways[] = {GENERIC_READ, GENERIC_WRITE, GENERIC_READ | GENERIC_WRITE,
                                 FILE_APPEND_DATA | SYNCHRONIZE};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        w32_handle file = opened(scratch_path("f"), ways[i], 0);
        assert_kind(&file, W32_HANDOVER_FILE);
    }
    w32_handle ours = NULL;
    assert_int_equal(w32_file_append(scratch_path("f"), &ours, NULL), SP_OK);
    assert_kind(&ours, W32_HANDOVER_FILE);
}

/* A program that reads it with plain ReadFile would get wrong bytes, or none. */
static void an_overlapped_file_can_not(void **state)
{
    (void)state;
    w32_handle file = opened(scratch_path("f"), GENERIC_READ, FILE_FLAG_OVERLAPPED);
    assert_kind(&file, W32_HANDOVER_NEVER);
}

static void both_ends_of_a_pipe_can(void **state)
{
    (void)state;
    struct w32_pipe pipe = {0};
    assert_int_equal(w32_pipe_open(NULL, &pipe, NULL), SP_OK);
    assert_int_equal(w32_handover_kind(pipe.read), W32_HANDOVER_PIPE);
    assert_int_equal(w32_handover_kind(pipe.write), W32_HANDOVER_PIPE);
    w32_handle_close(&pipe.read);
    assert_int_equal(w32_handover_kind(pipe.write), W32_HANDOVER_PIPE); /* though it is broken */
    w32_pipe_close(&pipe);
}

static void of_an_overlapped_pair_the_synchronous_end_alone_can(void **state)
{
    (void)state;
    struct w32_pipe pipe = {0};
    struct w32_pipe_options options = {.async = W32_PIPE_ASYNC_READ};
    assert_int_equal(w32_pipe_open(&options, &pipe, NULL), SP_OK);
    assert_int_equal(w32_handover_kind(pipe.read), W32_HANDOVER_NEVER);
    assert_int_equal(w32_handover_kind(pipe.write), W32_HANDOVER_PIPE);
    w32_pipe_close(&pipe);
    options.async = W32_PIPE_ASYNC_WRITE;
    assert_int_equal(w32_pipe_open(&options, &pipe, NULL), SP_OK);
    assert_int_equal(w32_handover_kind(pipe.read), W32_HANDOVER_PIPE);
    assert_int_equal(w32_handover_kind(pipe.write), W32_HANDOVER_NEVER);
    w32_pipe_close(&pipe);
}

/* Inbound, outbound and duplex: an end that writes alone, as a client here, may not let its state
 * be asked for. */
static void a_named_pipe_can_where_it_is_synchronous(void **state)
{
    (void)state;
    static const enum w32_npipe_access ways[] = {W32_NPIPE_READ, W32_NPIPE_WRITE, W32_NPIPE_BOTH};
    const struct w32_acl_entry everybody = {"WD", W32_ACL_SERVE};
    void *descriptor = NULL;
    assert_int_equal(w32_acl_pipe(&everybody, 1, false, &descriptor, NULL), SP_OK);
    for (int i = 0; i < 6; i++) {
        struct w32_npipe_leaf leaf;
        char name[W32_NPIPE_LEAF_MAX + 16];
        w32_handle server = NULL;
        enum w32_npipe_access access = ways[i / 2];
        bool synchronous = i % 2 == 0;
        assert_int_equal(w32_npipe_random_leaf("test-handover-", &leaf, NULL), SP_OK);
        const struct w32_npipe_options options = {.leaf = leaf.text,
                                                  .access = access,
                                                  .synchronous = synchronous,
                                                  .security_descriptor = descriptor};
        assert_int_equal(w32_npipe_create(&options, &server, NULL), SP_OK);
        snprintf(name, sizeof name, "\\\\.\\pipe\\%s", leaf.text);
        DWORD rights = (access != W32_NPIPE_READ ? GENERIC_READ : 0) |
                       (access != W32_NPIPE_WRITE ? GENERIC_WRITE : 0);
        w32_handle client = w32_take(CreateFileA(name, rights, 0, NULL, OPEN_EXISTING,
                                                 synchronous ? 0 : FILE_FLAG_OVERLAPPED, NULL));
        assert_non_null(client);
        enum w32_handover kind = synchronous ? W32_HANDOVER_PIPE : W32_HANDOVER_NEVER;
        assert_int_equal(w32_handover_kind(server), kind);
        assert_int_equal(w32_handover_kind(client), kind);
        w32_handle_close(&client);
        w32_npipe_close(&server, leaf.text);
    }
    w32_acl_free(descriptor);
}

static void a_device_can_not(void **state)
{
    (void)state;
    w32_handle nul = opened("NUL", GENERIC_READ | GENERIC_WRITE, 0);
    assert_kind(&nul, W32_HANDOVER_NEVER);
    /* Whoever runs the tests without a console has none to show. */
    w32_handle console = opened("CONOUT$", GENERIC_READ | GENERIC_WRITE, 0);
    if (console == NULL)
        print_message("no console: not shown of one\n");
    else
        assert_kind(&console, W32_HANDOVER_NEVER);
}

static void what_is_no_file_can_not(void **state)
{
    (void)state;
    assert_int_equal(w32_handover_kind(NULL), W32_HANDOVER_NEVER);
    w32_handle process = w32_take(OpenProcess(SYNCHRONIZE, FALSE, GetCurrentProcessId()));
    assert_kind(&process, W32_HANDOVER_NEVER);
    w32_handle event = w32_take(CreateEventW(NULL, TRUE, FALSE, NULL));
    assert_kind(&event, W32_HANDOVER_NEVER);
    w32_handle job = w32_take(CreateJobObjectW(NULL, NULL));
    assert_kind(&job, W32_HANDOVER_NEVER);
}

/* A value that stands for no handle: the client's word is all there is before it was looked at. */
static void what_is_closed_can_not(void **state)
{
    (void)state;
    w32_handle file = opened(scratch_path("f"), GENERIC_READ, 0);
    w32_handle closed = file;
    w32_handle_close(&file);
    assert_int_equal(w32_handover_kind(closed), W32_HANDOVER_NEVER);
    assert_int_equal(w32_handover_kind((w32_handle)(uintptr_t)0x7ffff000), W32_HANDOVER_NEVER);
}

/* ------------------------------------------------------------------ taking */

static w32_handle this_process(void)
{
    w32_handle h = w32_take(OpenProcess(PROCESS_DUP_HANDLE, FALSE, GetCurrentProcessId()));
    assert_non_null(h);
    return h;
}

static ACCESS_MASK rights_of(w32_handle h)
{
    PUBLIC_OBJECT_BASIC_INFORMATION info;
    assert_int_equal(NtQueryObject(h, ObjectBasicInformation, &info, sizeof info, NULL), 0);
    return info.GrantedAccess;
}

static void what_is_taken_is_the_same_object_with_the_same_rights(void **state)
{
    (void)state;
    static const DWORD ways[] = {GENERIC_READ, GENERIC_WRITE, FILE_APPEND_DATA | SYNCHRONIZE};
    w32_handle process = this_process();
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        w32_handle file = opened(scratch_path("f"), ways[i], 0);
        w32_handle taken = NULL;
        DWORD flags = HANDLE_FLAG_INHERIT;
        assert_int_equal(w32_handover_take(process, (uintptr_t)file, &taken, NULL), SP_OK);
        assert_true(taken != file);
        assert_true(w32_handle_same(taken, file));
        assert_int_equal(rights_of(taken), rights_of(file));
        assert_true(GetHandleInformation(taken, &flags));
        assert_int_equal(flags & HANDLE_FLAG_INHERIT, 0);
        w32_handle_close(&file);
        assert_int_equal(w32_handover_kind(taken), W32_HANDOVER_FILE); /* ours as long as we like */
        w32_handle_close(&taken);
    }
    w32_handle_close(&process);
}

static void one_that_may_only_read_stays_one(void **state)
{
    (void)state;
    w32_handle process = this_process(), taken = NULL;
    w32_handle file = opened(scratch_path("f"), GENERIC_READ, 0);
    assert_int_equal(w32_handover_take(process, (uintptr_t)file, &taken, NULL), SP_OK);
    assert_int_equal(w32_write(taken, "x", 1, NULL), SP_EACCESS);
    w32_handle_close(&taken);
    w32_handle_close(&file);
    w32_handle_close(&process);
}

static void what_is_no_handle_is_refused_and_named(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        const char *words;
    } wrong[] = {
        {0, "0 is no handle"},
        {(uint64_t)(intptr_t)-1, "18446744073709551615 is no handle"}, /* the process itself */
        {(uint64_t)(intptr_t)-2, "18446744073709551614 is no handle"}, /* the thread */
        {(uint64_t)(intptr_t)-6, "18446744073709551610 is no handle"}, /* its token */
        {UINT64_C(1) << 63, "is no handle"},
        {0x7ffff000, "its process has no handle 2147479552"},
        {INT32_MAX, "2147483647 is no handle"}, /* to Wine's server the process that asks: ours */
        {INT64_MAX, "is no handle"},
    };
    w32_handle process = this_process();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        w32_handle taken = NULL;
        struct sp_error err = {0};
        assert_int_equal(w32_handover_take(process, wrong[i].value, &taken, &err), SP_EINVAL);
        assert_null(taken);
        assert_says(err.what, wrong[i].words);
    }
    w32_handle_close(&process);
}

/* The high half counts: one that is cut off would be somebody else's handle. */
static void a_number_is_taken_whole(void **state)
{
    (void)state;
    w32_handle process = this_process(), taken = NULL;
    w32_handle file = opened(scratch_path("f"), GENERIC_READ, 0);
    uint64_t value = (uintptr_t)file | UINT64_C(1) << 32;
    assert_int_equal(w32_handover_take(process, value, &taken, NULL), SP_EINVAL);
    w32_handle_close(&file);
    w32_handle_close(&process);
}

static void a_process_that_may_only_be_looked_at_gives_nothing(void **state)
{
    (void)state;
    w32_handle process =
        w32_take(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, GetCurrentProcessId()));
    w32_handle file = opened(scratch_path("f"), GENERIC_READ, 0), taken = NULL;
    struct sp_error err = {0};
    assert_int_equal(w32_handover_take(process, (uintptr_t)file, &taken, &err), SP_EACCESS);
    assert_null(taken);
    assert_says(err.what, "taking a handle out of a process");
    w32_handle_close(&file);
    w32_handle_close(&process);
}

/* The child says by which number it knows its stdin, and then only waits. */
static void what_was_taken_from_another_process_can_be_used(void **state)
{
    (void)state;
    struct w32_pipe in = {0}, out = {0};
    struct w32_child child = {0};
    char text[8] = "";
    uint32_t got = 0;
    w32_handle taken = NULL;
    assert_int_equal(w32_pipe_open(NULL, &in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    const struct w32_spawn_options what = {CHILD("std-handles"), .in = in.read, .out = out.write};
    start(&what, &child);
    w32_handle_close(&in.read);
    w32_handle_close(&out.write);
    uint32_t value = read_number(out.read);
    w32_handle process = w32_take(OpenProcess(PROCESS_DUP_HANDLE, FALSE, child.pid));
    assert_non_null(process);
    assert_int_equal(w32_handover_take(process, value, &taken, NULL), SP_OK);
    assert_int_equal(w32_handover_kind(taken), W32_HANDOVER_PIPE);
    w32_child_close(&child); /* with its job: the end is ours alone now */
    assert_int_equal(w32_write(in.write, "for us", 6, NULL), SP_OK);
    assert_int_equal(w32_read(taken, text, sizeof text, &got, NULL), SP_OK);
    assert_int_equal(got, 6);
    assert_memory_equal(text, "for us", 6);
    w32_handle_close(&taken);
    w32_handle_close(&process);
    w32_pipe_close(&in);
    w32_pipe_close(&out);
}

static void a_process_that_has_ended_has_nothing_to_give(void **state)
{
    (void)state;
    struct w32_child child = {0};
    w32_handle taken = NULL;
    const struct w32_spawn_options what = {CHILD("exit", "0")};
    start(&what, &child);
    w32_handle process = w32_take(OpenProcess(PROCESS_DUP_HANDLE, FALSE, child.pid));
    assert_non_null(process);
    assert_int_equal(end_of(&child), 0);
    assert_int_not_equal(w32_handover_take(process, 4, &taken, NULL), SP_OK);
    assert_null(taken);
    w32_handle_close(&process);
    w32_child_close(&child);
}

#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, folder_open, folder_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(a_file_can_be_handed_over),
        FOLDER_TEST(an_overlapped_file_can_not),
        TEST(both_ends_of_a_pipe_can),
        TEST(of_an_overlapped_pair_the_synchronous_end_alone_can),
        TEST(a_named_pipe_can_where_it_is_synchronous),
        TEST(a_device_can_not),
        TEST(what_is_no_file_can_not),
        FOLDER_TEST(what_is_closed_can_not),
        FOLDER_TEST(what_is_taken_is_the_same_object_with_the_same_rights),
        FOLDER_TEST(one_that_may_only_read_stays_one),
        TEST(what_is_no_handle_is_refused_and_named),
        FOLDER_TEST(a_number_is_taken_whole),
        FOLDER_TEST(a_process_that_may_only_be_looked_at_gives_nothing),
        TEST(what_was_taken_from_another_process_can_be_used),
        TEST(a_process_that_has_ended_has_nothing_to_give),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
