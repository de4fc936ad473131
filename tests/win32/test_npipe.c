/* tests/win32/test_npipe.c - instances of named pipes and who opens them. */
#include "win32/npipe.h"

#include "children.h"

#include <stdio.h>

#include <windows.h>
#include <sddl.h>
#include <winternl.h>

#include "win32/acl.h"
#include "win32/overlapped.h"
#include "win32/thread.h"

static struct w32_npipe_leaf leaf; /* a new one for each test */
static void *descriptor;           /* lets everybody do everything */

static int pipe_open(void **state)
{
    const struct w32_acl_entry everybody = {"WD", W32_ACL_SERVE};
    return remember_open(state) == 0 &&
                   w32_npipe_random_leaf("test-npipe-", &leaf, NULL) == SP_OK &&
                   w32_acl_pipe(&everybody, 1, false, &descriptor, NULL) == SP_OK
               ? 0
               : -1;
}

static int pipe_close(void **state)
{
    w32_acl_free(descriptor);
    return nothing_new_open(state);
}

static w32_handle a_server(enum w32_npipe_access access)
{
    /* With a buffer a write needs no reader yet. */
    const struct w32_npipe_options options = {
        .leaf = leaf.text, .access = access, .size_bytes = 4096, .security_descriptor = descriptor};
    w32_handle h = NULL;
    struct sp_error err = {0};
    if (w32_npipe_create(&options, &h, &err) != SP_OK)
        fail_msg("%s", err.what);
    return h;
}

static w32_handle a_client(enum w32_npipe_access access)
{
    w32_handle h = NULL;
    struct sp_error err = {0};
    if (w32_npipe_open(NULL, leaf.text, access, PATIENCE_MS, &h, &err) != SP_OK)
        fail_msg("%s", err.what);
    return h;
}

static void send_text(w32_handle h, const char *text)
{
    struct w32_overlapped op = {0};
    assert_int_equal(w32_overlapped_init(&op, h, NULL), SP_OK);
    assert_int_equal(w32_overlapped_write(&op, text, (uint32_t)strlen(text), NULL), SP_OK);
    assert_int_equal(w32_overlapped_wait(&op, PATIENCE_MS, NULL, NULL), SP_OK);
    w32_overlapped_deinit(&op);
}

static sp_status receive(w32_handle h, char *text, uint32_t size)
{
    struct w32_overlapped op = {0};
    uint32_t bytes = 0;
    assert_int_equal(w32_overlapped_init(&op, h, NULL), SP_OK);
    sp_status status = w32_overlapped_read(&op, text, size - 1, NULL);
    if (status == SP_OK)
        status = w32_overlapped_wait(&op, PATIENCE_MS, &bytes, NULL);
    text[bytes] = '\0';
    w32_overlapped_deinit(&op);
    return status;
}

/* ------------------------------------------------------------------ bytes */

static void bytes_go_both_ways(void **state)
{
    (void)state;
    char text[16];
    w32_handle server = a_server(W32_NPIPE_BOTH);
    w32_handle client = a_client(W32_NPIPE_BOTH);
    send_text(client, "question");
    assert_int_equal(receive(server, text, sizeof text), SP_OK);
    assert_string_equal(text, "question");
    send_text(server, "answer");
    assert_int_equal(receive(client, text, sizeof text), SP_OK);
    assert_string_equal(text, "answer");
    w32_handle_close(&client);
    assert_int_equal(receive(server, text, sizeof text), SP_EEND);
    w32_npipe_close(&server, leaf.text);
    assert_null(server);
}

static void a_write_comes_in_while_a_read_waits(void **state)
{
    (void)state;
    char byte = 0;
    char text[16];
    struct w32_overlapped op = {0};
    w32_handle server = a_server(W32_NPIPE_BOTH);
    w32_handle client = a_client(W32_NPIPE_BOTH);
    assert_int_equal(w32_overlapped_init(&op, client, NULL), SP_OK);
    assert_int_equal(w32_overlapped_read(&op, &byte, 1, NULL), SP_OK);
    send_text(client, "meanwhile");
    assert_int_equal(receive(server, text, sizeof text), SP_OK);
    assert_string_equal(text, "meanwhile");
    w32_overlapped_deinit(&op);
    w32_handle_close(&client);
    w32_npipe_close(&server, leaf.text);
}

static void what_a_server_wrote_before_it_closed_is_still_read(void **state)
{
    (void)state;
    char text[32];
    w32_handle server = a_server(W32_NPIPE_WRITE);
    w32_handle client = a_client(W32_NPIPE_READ);
    send_text(server, "last words");
    w32_npipe_close(&server, leaf.text);
    assert_int_equal(receive(client, text, sizeof text), SP_OK);
    assert_string_equal(text, "last words");
    assert_int_equal(receive(client, text, sizeof text), SP_EEND);
    w32_handle_close(&client);
}

/* ------------------------------------------------------------------ rights */

static uint32_t rights_of(w32_handle h)
{
    PUBLIC_OBJECT_BASIC_INFORMATION info;
    assert_int_equal(NtQueryObject(h, ObjectBasicInformation, &info, sizeof info, NULL), 0);
    return info.GrantedAccess;
}

static void a_client_asks_for_no_right_to_make_instances(void **state)
{
    (void)state;
    static const enum w32_npipe_access ways[] = {W32_NPIPE_READ, W32_NPIPE_WRITE, W32_NPIPE_BOTH};
    w32_handle server = NULL;
    for (size_t i = 0; i < 3; i++) {
        server = a_server(W32_NPIPE_BOTH);
        w32_handle client = a_client(ways[i]);
        assert_int_equal(rights_of(client) & FILE_CREATE_PIPE_INSTANCE, 0);
        assert_int_equal((rights_of(client) & FILE_READ_DATA) != 0,
                         (ways[i] & W32_NPIPE_READ) != 0);
        assert_int_equal((rights_of(client) & FILE_WRITE_DATA) != 0,
                         (ways[i] & W32_NPIPE_WRITE) != 0);
        w32_handle_close(&client);
        w32_npipe_close(&server, leaf.text);
    }
}

static void the_wrong_direction_is_refused(void **state)
{
    (void)state;
    w32_handle wrong = NULL;
    struct sp_error err = {0};
    w32_handle server = a_server(W32_NPIPE_READ);
    sp_status status = w32_npipe_open(NULL, leaf.text, W32_NPIPE_READ, 0, &wrong, &err);
    bool opened = wrong != NULL;
    w32_handle_close(&wrong);
    w32_npipe_close(&server, leaf.text);
    if (opened) {
        print_message("windows-only: this system looks at generic rights alone\n");
        skip();
    }
    assert_int_equal(status, SP_EACCESS);
    assert_says(err.what, leaf.text);
}

static void neither_end_is_inheritable(void **state)
{
    (void)state;
    w32_handle server = a_server(W32_NPIPE_BOTH);
    w32_handle client = a_client(W32_NPIPE_BOTH);
    DWORD flags = HANDLE_FLAG_INHERIT;
    assert_true(GetHandleInformation(server, &flags));
    assert_int_equal(flags & HANDLE_FLAG_INHERIT, 0);
    flags = HANDLE_FLAG_INHERIT;
    assert_true(GetHandleInformation(client, &flags));
    assert_int_equal(flags & HANDLE_FLAG_INHERIT, 0);
    w32_handle_close(&client);
    w32_npipe_close(&server, leaf.text);
}

static void an_instance_has_the_access_list_it_was_given(void **state)
{
    (void)state;
    const struct w32_acl_entry entries[] = {{"SY", W32_ACL_SERVE},
                                            {"S-1-5-21-1-2-3-1234", W32_ACL_USE}};
    union {
        void *align;
        unsigned char bytes[1024];
    } read_back;
    DWORD size = 0;
    char *text = NULL;
    void *given = NULL;
    w32_handle server = NULL;
    assert_int_equal(w32_acl_pipe(entries, 2, false, &given, NULL), SP_OK);
    const struct w32_npipe_options options = {
        .leaf = leaf.text, .access = W32_NPIPE_BOTH, .security_descriptor = given};
    assert_int_equal(w32_npipe_create(&options, &server, NULL), SP_OK);
    assert_true(GetKernelObjectSecurity(server, DACL_SECURITY_INFORMATION, &read_back,
                                        sizeof read_back, &size));
    assert_true(ConvertSecurityDescriptorToStringSecurityDescriptorA(
        &read_back, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, NULL));
    assert_says(text, ";;;NU)");
    assert_says(text, ";;;SY)");
    assert_says(text, "0x12019b;;;S-1-5-21-1-2-3-1234)");
    LocalFree(text);
    w32_npipe_close(&server, leaf.text);
    w32_acl_free(given);
}

static void a_pipe_for_everybody_by_oversight_is_refused(void **state)
{
    (void)state;
    const struct w32_npipe_options options = {.leaf = leaf.text, .access = W32_NPIPE_BOTH};
    w32_handle server = NULL;
    assert_int_equal(w32_npipe_create(&options, &server, NULL), SP_EINVAL);
    assert_null(server);
}

/* ------------------------------------------------------------------ instances */

static void a_pipe_that_is_not_there_is_not_found_at_once(void **state)
{
    (void)state;
    w32_handle client = NULL;
    struct sp_error err = {0};
    assert_int_equal(w32_npipe_open(NULL, leaf.text, W32_NPIPE_BOTH, W32_FOREVER, &client, &err),
                     SP_ENOTFOUND);
    assert_says(err.what, leaf.text);
    assert_null(client);
}

static void a_pipe_that_is_busy_all_the_time_runs_out(void **state)
{
    (void)state;
    w32_handle late = NULL;
    w32_handle server = a_server(W32_NPIPE_BOTH);
    w32_handle client = a_client(W32_NPIPE_BOTH);
    assert_int_equal(w32_npipe_open(NULL, leaf.text, W32_NPIPE_BOTH, 0, &late, NULL), SP_ETIMEOUT);
    assert_int_equal(w32_npipe_open(NULL, leaf.text, W32_NPIPE_BOTH, 20, &late, NULL), SP_ETIMEOUT);
    assert_null(late);
    w32_handle_close(&client);
    w32_npipe_close(&server, leaf.text);
}

static void open_late(void *arg)
{
    sp_status ignored = w32_npipe_open(NULL, leaf.text, W32_NPIPE_BOTH, PATIENCE_MS, arg, NULL);
    (void)ignored;
}

static void a_client_waits_for_the_next_instance(void **state)
{
    (void)state;
    w32_handle late = NULL;
    w32_handle thread = NULL;
    w32_handle server = a_server(W32_NPIPE_BOTH);
    w32_handle client = a_client(W32_NPIPE_BOTH);
    assert_int_equal(w32_thread_start(open_late, &late, &thread, NULL), SP_OK);
    w32_handle next = a_server(W32_NPIPE_BOTH);
    assert_int_equal(w32_thread_join(&thread, PATIENCE_MS), SP_OK);
    assert_non_null(late);
    w32_handle_close(&late);
    w32_npipe_close(&next, leaf.text);
    w32_handle_close(&client);
    w32_npipe_close(&server, leaf.text);
}

static void an_only_instance_stays_the_only_one(void **state)
{
    (void)state;
    struct w32_npipe_options options = {.leaf = leaf.text,
                                        .access = W32_NPIPE_BOTH,
                                        .only = true,
                                        .first = true,
                                        .security_descriptor = descriptor};
    w32_handle server = NULL;
    w32_handle second = NULL;
    struct sp_error err = {0};
    assert_int_equal(w32_npipe_create(&options, &server, NULL), SP_OK);
    options.first = false;
    assert_int_not_equal(w32_npipe_create(&options, &second, &err), SP_OK);
    assert_says(err.what, leaf.text);
    assert_null(second);
    w32_npipe_close(&server, leaf.text);
}

/* ------------------------------------------------------------------ whether somebody is there */

static w32_handle a_server_like(enum w32_npipe_access access, bool synchronous)
{
    const struct w32_npipe_options options = {.leaf = leaf.text,
                                              .access = access,
                                              .synchronous = synchronous,
                                              .size_bytes = 4096,
                                              .security_descriptor = descriptor};
    w32_handle h = NULL;
    assert_int_equal(w32_npipe_create(&options, &h, NULL), SP_OK);
    return h;
}

/* The client's way to a server's. */
static enum w32_npipe_access other_way(enum w32_npipe_access access)
{
    return access == W32_NPIPE_BOTH   ? W32_NPIPE_BOTH
           : access == W32_NPIPE_READ ? W32_NPIPE_WRITE
                                      : W32_NPIPE_READ;
}

static const enum w32_npipe_access every_way[] = {W32_NPIPE_READ, W32_NPIPE_WRITE, W32_NPIPE_BOTH};

static void an_instance_knows_whether_a_client_came(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        enum w32_npipe_access access = every_way[i / 2];
        w32_handle server = a_server_like(access, i % 2 != 0);
        assert_false(w32_npipe_connected(server));
        assert_false(w32_npipe_connected(server)); /* asking leaves no trace */
        w32_handle client = a_client(other_way(access));
        assert_true(w32_npipe_connected(server));
        assert_true(w32_npipe_connected(server));
        w32_handle_close(&client);
        assert_false(w32_npipe_connected(server)); /* it has left */
        w32_npipe_close(&server, leaf.text);
    }
}

static void one_that_left_bytes_behind_counts_as_there(void **state)
{
    (void)state;
    for (int synchronous = 0; synchronous < 2; synchronous++) {
        w32_handle server = a_server_like(W32_NPIPE_READ, synchronous != 0);
        w32_handle client = a_client(W32_NPIPE_WRITE);
        send_text(client, "last words");
        w32_handle_close(&client);
        assert_true(w32_npipe_connected(server));
        w32_npipe_close(&server, leaf.text);
    }
}

static void send_from(void *arg)
{
    sp_status *status = arg;
    w32_handle h = NULL;
    *status = w32_npipe_open(NULL, leaf.text, W32_NPIPE_WRITE, PATIENCE_MS, &h, NULL);
    if (*status == SP_OK) {
        struct w32_overlapped op = {0};
        *status = w32_overlapped_init(&op, h, NULL);
        if (*status == SP_OK)
            *status = w32_overlapped_write(&op, "late", 4, NULL);
        if (*status == SP_OK)
            *status = w32_overlapped_wait(&op, PATIENCE_MS, NULL, NULL);
        w32_overlapped_deinit(&op);
    }
    w32_handle_close(&h);
}

/* A read of a pipe in which nothing waits would return at once, with nothing. */
static void asking_leaves_a_pipe_that_waits(void **state)
{
    (void)state;
    char text[8] = "";
    uint32_t got = 0;
    DWORD mode = PIPE_NOWAIT;
    w32_handle client = NULL, thread = NULL;
    w32_handle server = a_server_like(W32_NPIPE_WRITE, true);
    assert_false(w32_npipe_connected(server));
    client = a_client(W32_NPIPE_READ);
    assert_true(w32_npipe_connected(server));
    assert_true(GetNamedPipeHandleStateW(server, &mode, NULL, NULL, NULL, NULL, 0));
    assert_int_equal(mode & PIPE_NOWAIT, 0);
    assert_int_equal(w32_write(server, "more", 4, NULL), SP_OK);
    assert_int_equal(receive(client, text, sizeof text), SP_OK);
    assert_string_equal(text, "more");
    w32_handle_close(&client);
    w32_npipe_close(&server, leaf.text);

    sp_status sent = SP_OK;
    server = a_server_like(W32_NPIPE_READ, true);
    assert_false(w32_npipe_connected(server));
    assert_int_equal(w32_thread_start(send_from, &sent, &thread, NULL), SP_OK);
    while (!w32_npipe_connected(server))
        w32_thread_pause(1);
    assert_int_equal(w32_read(server, text, 4, &got, NULL), SP_OK);
    assert_int_equal(got, 4);
    assert_int_equal(w32_thread_join(&thread, PATIENCE_MS), SP_OK);
    assert_int_equal(sent, SP_OK);
    w32_npipe_close(&server, leaf.text);
}

/* As a child does that has it. On Windows an end that only writes could not be asked, and one that
 * only reads not be set. */
static void a_synchronous_end_can_be_asked_and_set_whichever_way_it_goes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof every_way / sizeof *every_way; i++) {
        DWORD flags = 0, mode = 0, bytes = PIPE_READMODE_BYTE | PIPE_WAIT;
        w32_handle server = a_server_like(every_way[i], true);
        w32_handle client = a_client(other_way(every_way[i])); /* which opens one way alone */
        assert_true(GetNamedPipeInfo(server, &flags, NULL, NULL, NULL));
        assert_true(GetNamedPipeHandleStateW(server, &mode, NULL, NULL, NULL, NULL, 0));
        assert_true(SetNamedPipeHandleState(server, &bytes, NULL, NULL));
        w32_handle_close(&client);
        w32_npipe_close(&server, leaf.text);
    }
}

static void what_waits_to_be_read_is_counted(void **state)
{
    (void)state;
    char text[8] = "";
    w32_handle server = a_server(W32_NPIPE_WRITE);
    w32_handle client = a_client(W32_NPIPE_READ);
    assert_int_equal(w32_npipe_waiting(client), 0);
    send_text(server, "four");
    assert_int_equal(w32_npipe_waiting(client), 4);
    assert_int_equal(w32_npipe_waiting(client), 4); /* and stays */
    send_text(server, "+");
    w32_npipe_close(&server, leaf.text);
    assert_int_equal(w32_npipe_waiting(client), 5); /* whoever wrote it may have left */
    assert_int_equal(receive(client, text, sizeof text), SP_OK);
    assert_string_equal(text, "four+");
    assert_int_equal(w32_npipe_waiting(client), 0);
    w32_handle_close(&client);
}

/* Of 64 KiB into a pipe of 4 KiB a write in which nothing waits would take a part, or nothing. */
static void write_much(void *arg)
{
    static char much[64 * 1024];
    w32_handle *server = arg;
    sp_status ignored = w32_write(*server, much, sizeof much, NULL);
    (void)ignored; /* whoever reads counts */
    w32_npipe_close(server, leaf.text);
}

static void asking_an_outbound_end_leaves_writes_that_wait(void **state)
{
    (void)state;
    char piece[1024];
    size_t all = 0;
    w32_handle thread = NULL;
    w32_handle server = a_server_like(W32_NPIPE_WRITE, true);
    w32_handle client = a_client(W32_NPIPE_READ);
    assert_true(w32_npipe_connected(server));
    assert_int_equal(w32_thread_start(write_much, &server, &thread, NULL), SP_OK);
    for (;;) {
        struct w32_overlapped op = {0};
        uint32_t bytes = 0;
        assert_int_equal(w32_overlapped_init(&op, client, NULL), SP_OK);
        sp_status status = w32_overlapped_read(&op, piece, sizeof piece, NULL);
        if (status == SP_OK)
            status = w32_overlapped_wait(&op, PATIENCE_MS, &bytes, NULL);
        w32_overlapped_deinit(&op);
        all += bytes;
        if (status != SP_OK)
            break;
    }
    assert_int_equal(all, 64 * 1024);
    assert_int_equal(w32_thread_join(&thread, PATIENCE_MS), SP_OK);
    w32_handle_close(&client);
}

static void closing_no_instance_does_nothing(void **state)
{
    (void)state;
    w32_handle none = NULL;
    w32_npipe_close(&none, leaf.text);
    assert_null(none);
}

/* ------------------------------------------------------------------ names */

static void a_random_leaf_has_its_prefix_and_128_bits(void **state)
{
    (void)state;
    struct w32_npipe_leaf a;
    struct w32_npipe_leaf b;
    assert_int_equal(w32_npipe_random_leaf("data-", &a, NULL), SP_OK);
    assert_int_equal(w32_npipe_random_leaf("data-", &b, NULL), SP_OK);
    assert_int_equal(strlen(a.text), 5 + 32);
    assert_memory_equal(a.text, "data-", 5);
    assert_int_equal(strspn(a.text + 5, "0123456789abcdef"), 32);
    assert_string_not_equal(a.text, b.text);
}

static void a_name_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    char text[W32_NPIPE_LEAF_MAX + 2];
    struct w32_npipe_leaf out = {"untouched"};
    w32_handle h = NULL;
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    const struct w32_npipe_options options = {
        .leaf = text, .access = W32_NPIPE_BOTH, .security_descriptor = descriptor};
    assert_int_equal(w32_npipe_create(&options, &h, NULL), SP_ETOOBIG);
    assert_int_equal(w32_npipe_open(NULL, text, W32_NPIPE_BOTH, 0, &h, NULL), SP_ETOOBIG);
    assert_null(h);
    text[169] = '\0';
    assert_int_equal(w32_npipe_random_leaf(text, &out, NULL), SP_EINVAL);
    assert_string_equal(out.text, "untouched");
    text[160] = '\0';
    assert_int_equal(w32_npipe_random_leaf(text, &out, NULL), SP_OK);
}

#define PIPE_TEST(name) cmocka_unit_test_setup_teardown(name, pipe_open, pipe_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PIPE_TEST(bytes_go_both_ways),
        PIPE_TEST(a_write_comes_in_while_a_read_waits),
        PIPE_TEST(what_a_server_wrote_before_it_closed_is_still_read),
        PIPE_TEST(a_client_asks_for_no_right_to_make_instances),
        PIPE_TEST(the_wrong_direction_is_refused),
        PIPE_TEST(neither_end_is_inheritable),
        PIPE_TEST(an_instance_has_the_access_list_it_was_given),
        PIPE_TEST(a_pipe_for_everybody_by_oversight_is_refused),
        PIPE_TEST(a_pipe_that_is_not_there_is_not_found_at_once),
        PIPE_TEST(a_pipe_that_is_busy_all_the_time_runs_out),
        PIPE_TEST(a_client_waits_for_the_next_instance),
        PIPE_TEST(an_only_instance_stays_the_only_one),
        PIPE_TEST(an_instance_knows_whether_a_client_came),
        PIPE_TEST(one_that_left_bytes_behind_counts_as_there),
        PIPE_TEST(asking_leaves_a_pipe_that_waits),
        PIPE_TEST(asking_an_outbound_end_leaves_writes_that_wait),
        PIPE_TEST(a_synchronous_end_can_be_asked_and_set_whichever_way_it_goes),
        PIPE_TEST(what_waits_to_be_read_is_counted),
        PIPE_TEST(closing_no_instance_does_nothing),
        TEST(a_random_leaf_has_its_prefix_and_128_bits),
        PIPE_TEST(a_name_that_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
