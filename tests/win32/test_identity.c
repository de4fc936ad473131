/* tests/win32/test_identity.c - who we are, who is at the other end, and what an account is called.
 * Wine shows a server its own token for every client; here client and server are one process, so
 * that is right. */
#include "win32/identity.h"

#include "children.h"

#include <stdio.h>

#include <windows.h>
#include <sddl.h>

#include "win32/acl.h"
#include "win32/npipe.h"
#include "win32/overlapped.h"
#include "win32/process.h"

static void our_sid_is_that_of_our_token(void **state)
{
    (void)state;
    union {
        TOKEN_USER user;
        unsigned char room[256];
    } info;
    char sid[W32_SID_TEXT_MAX];
    char *expected = NULL;
    HANDLE token = NULL;
    DWORD size = 0;
    assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    assert_true(GetTokenInformation(token, TokenUser, &info, sizeof info, &size));
    CloseHandle(token);
    assert_true(ConvertSidToStringSidA(info.user.User.Sid, &expected));
    assert_int_equal(w32_own_sid(sid, NULL), SP_OK);
    assert_string_equal(sid, expected);
    LocalFree(expected);
}

/* An instance, and its client if this process is it. */
struct ends {
    struct w32_npipe_leaf leaf;
    w32_handle server;
    w32_handle client;
};

static void ends_open(struct ends *e)
{
    const struct w32_acl_entry everybody = {"WD", W32_ACL_SERVE};
    void *descriptor = NULL;
    *e = (struct ends){0};
    assert_int_equal(w32_npipe_random_leaf("test-identity-", &e->leaf, NULL), SP_OK);
    assert_int_equal(w32_acl_pipe(&everybody, 1, false, &descriptor, NULL), SP_OK);
    const struct w32_npipe_options options = {.leaf = e->leaf.text,
                                              .access = W32_NPIPE_BOTH,
                                              .size_bytes = 64,
                                              .security_descriptor = descriptor};
    assert_int_equal(w32_npipe_create(&options, &e->server, NULL), SP_OK);
    w32_acl_free(descriptor);
}

static void ends_connect(struct ends *e)
{
    assert_int_equal(
        w32_npipe_open(NULL, e->leaf.text, W32_NPIPE_BOTH, PATIENCE_MS, &e->client, NULL), SP_OK);
}

static void ends_close(struct ends *e)
{
    w32_handle_close(&e->client);
    w32_npipe_close(&e->server, e->leaf.text);
}

static void a_byte_comes_through(struct ends *e)
{
    struct w32_overlapped op = {0};
    char byte = 0;
    assert_int_equal(w32_overlapped_init(&op, e->client, NULL), SP_OK);
    assert_int_equal(w32_overlapped_write(&op, "x", 1, NULL), SP_OK);
    assert_int_equal(w32_overlapped_wait(&op, PATIENCE_MS, NULL, NULL), SP_OK);
    w32_overlapped_deinit(&op);
    assert_int_equal(w32_overlapped_init(&op, e->server, NULL), SP_OK);
    assert_int_equal(w32_overlapped_read(&op, &byte, 1, NULL), SP_OK);
    assert_int_equal(w32_overlapped_wait(&op, PATIENCE_MS, NULL, NULL), SP_OK);
    w32_overlapped_deinit(&op);
}

static void assert_it_is_us(const struct w32_peer *peer)
{
    char own[W32_SID_TEXT_MAX];
    assert_int_equal(w32_own_sid(own, NULL), SP_OK);
    assert_string_equal(peer->sid, own);
    assert_false(peer->remote);
    assert_int_equal(peer->pid, w32_process_id());
    assert_int_not_equal(strlen(peer->host), 0);
}

static void a_local_client_is_known_with_its_process(void **state)
{
    (void)state;
    struct ends e;
    struct w32_peer peer = {0};
    struct sp_error err = {0};
    ends_open(&e);
    ends_connect(&e);
    a_byte_comes_through(&e); /* Windows tells a client's token once something was read from it */
    if (w32_peer_of(e.server, &peer, &err) != SP_OK)
        fail_msg("%s", err.what);
    assert_it_is_us(&peer);
    assert_false(peer.by_process);

    /* And we are ourselves again. */
    HANDLE token = NULL;
    assert_false(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token));
    assert_int_equal(GetLastError(), ERROR_NO_TOKEN);
    ends_close(&e);
}

static void a_client_that_said_nothing_is_known_by_its_process(void **state)
{
    (void)state;
    struct ends e;
    struct w32_peer peer = {0};
    struct sp_error err = {0};
    ends_open(&e);
    ends_connect(&e);
    if (w32_peer_of_process(e.server, &peer, &err) != SP_OK)
        fail_msg("%s", err.what);
    assert_it_is_us(&peer);
    assert_true(peer.by_process);
    ends_close(&e);
}

/* Our own client shows its token when it opens a pipe; one that does not is the next test's. */
static void a_local_client_is_known_before_it_said_anything(void **state)
{
    (void)state;
    struct ends e;
    struct w32_peer peer = {0};
    ends_open(&e);
    ends_connect(&e);
    assert_int_equal(w32_peer_of_local(e.server, &peer, NULL), SP_OK);
    assert_it_is_us(&peer);
    ends_close(&e);
}

/* Another process, by plain CreateFile. */
static void start_toucher(struct ends *e, struct w32_child *child, struct w32_pipe *in)
{
    char name[W32_NPIPE_LEAF_MAX + 16];
    struct w32_pipe out = {0};
    char line[8] = "";
    uint32_t got = 0;
    snprintf(name, sizeof name, "\\\\.\\pipe\\%s", e->leaf.text);
    assert_int_equal(w32_pipe_open(NULL, in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    const struct w32_spawn_options what = {CHILD("touch", name), .in = in->read, .out = out.write};
    start(&what, child);
    w32_handle_close(&in->read);
    w32_handle_close(&out.write);
    assert_int_equal(w32_read(out.read, line, sizeof line, &got, NULL), SP_OK);
    assert_memory_equal(line, "open\n", 5);
    w32_pipe_close(&out);
}

static void another_process_is_known_whatever_windows_tells_of_its_token(void **state)
{
    (void)state;
    struct ends e;
    struct w32_child child = {0};
    struct w32_pipe in = {0};
    struct w32_peer peer = {0};
    char own[W32_SID_TEXT_MAX];
    ends_open(&e);
    start_toucher(&e, &child, &in);
    sp_status by_token = w32_peer_of(e.server, &peer, NULL);
    if (by_token != SP_ESTATE) { /* Windows' answer */
        print_message("windows-only: this system tells a token before a byte was read\n");
        assert_int_equal(by_token, SP_OK);
    }
    assert_int_equal(w32_peer_of_local(e.server, &peer, NULL), SP_OK);
    assert_int_equal(peer.by_process, by_token == SP_ESTATE);
    assert_int_equal(peer.pid, child.pid);
    assert_int_equal(w32_peer_of_process(e.server, &peer, NULL), SP_OK);
    assert_int_equal(peer.pid, child.pid);
    assert_int_equal(w32_own_sid(own, NULL), SP_OK);
    assert_string_equal(peer.sid, own);
    w32_handle_close(&in.write);
    assert_int_equal(end_of(&child), 0);
    w32_child_close(&child);
    ends_close(&e);
}

/* Wine keeps an ended process for half a second, and nothing tells when its number is free. */
static void wait_until_no_process_is(uint32_t pid)
{
    uint64_t deadline = GetTickCount64() + PATIENCE_MS;
    HANDLE process;
    while ((process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid)) != NULL) {
        CloseHandle(process);
        assert_true(GetTickCount64() < deadline);
        Sleep(10);
    }
}

static void a_process_that_has_ended_is_not_found(void **state)
{
    (void)state;
    struct ends e;
    struct w32_child child = {0};
    struct w32_pipe in = {0};
    struct w32_peer peer = {.pid = 77};
    struct sp_error err = {0};
    ends_open(&e);
    start_toucher(&e, &child, &in);
    w32_handle_close(&in.write);
    assert_int_equal(end_of(&child), 0);
    uint32_t pid = child.pid;
    w32_child_close(&child); /* no handle of ours keeps its number */
    wait_until_no_process_is(pid);
    assert_int_equal(w32_peer_of_process(e.server, &peer, &err), SP_ENOTFOUND);
    assert_int_equal(peer.pid, 77);
    assert_says(err.what, "has ended");
    ends_close(&e);
}

/* ------------------------------------------------------------------ its process */

static void the_process_of_a_client_is_the_one_that_opened_the_pipe(void **state)
{
    (void)state;
    struct ends e;
    w32_handle process = NULL;
    bool trusted = false;
    struct sp_error err = {0};
    ends_open(&e);
    ends_connect(&e);
    a_byte_comes_through(&e);
    if (w32_peer_process(e.server, &process, &trusted, &err) != SP_OK)
        fail_msg("%s", err.what);
    assert_int_equal(GetProcessId(process), GetCurrentProcessId());
    assert_true(trusted); /* administrator or not: it is of our own account and integrity */
    HANDLE copy = NULL;   /* what it is for */
    assert_true(DuplicateHandle(process, e.client, GetCurrentProcess(), &copy, 0, FALSE,
                                DUPLICATE_SAME_ACCESS));
    CloseHandle(copy);
    w32_handle_close(&process);
    ends_close(&e);
}

/* That a process of another standing than the token is refused no test shows: Wine shows the server
 * its own token whoever comes, and forgets that a token is restricted. */
static void the_process_of_a_client_that_said_nothing_is_not_told(void **state)
{
    (void)state;
    struct ends e;
    struct w32_child child = {0};
    struct w32_pipe in = {0};
    w32_handle process = NULL;
    bool trusted = false;
    struct sp_error err = {0};
    ends_open(&e);
    start_toucher(&e, &child, &in);
    sp_status status = w32_peer_process(e.server, &process, &trusted, &err);
    if (status != SP_ESTATE) { /* Windows' answer */
        print_message("windows-only: this system tells a token before a byte was read\n");
        assert_int_equal(status, SP_OK);
        assert_int_equal(GetProcessId(process), child.pid);
    } else
        assert_null(process);
    w32_handle_close(&process);
    w32_handle_close(&in.write);
    assert_int_equal(end_of(&child), 0);
    w32_child_close(&child);
    ends_close(&e);
}

static void the_process_of_a_client_that_has_ended_is_not_found(void **state)
{
    (void)state;
    struct ends e;
    struct w32_child child = {0};
    struct w32_pipe in = {0};
    w32_handle process = NULL;
    bool trusted = false;
    struct sp_error err = {0};
    ends_open(&e);
    start_toucher(&e, &child, &in);
    w32_handle_close(&in.write);
    assert_int_equal(end_of(&child), 0);
    uint32_t pid = child.pid;
    w32_child_close(&child);
    wait_until_no_process_is(pid);
    sp_status status = w32_peer_process(e.server, &process, &trusted, &err);
    assert_null(process);
    if (status == SP_ESTATE) { /* it never said anything */
        ends_close(&e);
        return;
    }
    assert_int_equal(status, SP_ENOTFOUND);
    assert_says(err.what, "has ended");
    ends_close(&e);
}

static void what_is_no_pipe_has_no_client(void **state)
{
    (void)state;
    struct w32_peer peer = {.pid = 77};
    struct sp_error err = {0};
    w32_handle process = NULL;
    bool trusted = false;
    w32_handle event = w32_take(CreateEventW(NULL, TRUE, FALSE, NULL));
    assert_int_not_equal(w32_peer_of(event, &peer, &err), SP_OK);
    assert_int_not_equal(w32_peer_of_process(event, &peer, &err), SP_OK);
    assert_int_not_equal(w32_peer_of_local(event, &peer, &err), SP_OK);
    assert_int_not_equal(w32_peer_process(event, &process, &trusted, &err), SP_OK);
    assert_null(process);
    assert_int_equal(peer.pid, 77);
    w32_handle_close(&event);
}

static void a_well_known_account_has_a_name(void **state)
{
    (void)state;
    char *name = NULL;
    assert_int_equal(w32_account_of("S-1-5-18", &name, NULL), SP_OK);
    assert_string_not_equal(name, "S-1-5-18");
    assert_int_not_equal(strlen(name), 0);
    free(name);
}

static void our_account_has_a_domain_and_a_name(void **state)
{
    (void)state;
    char own[W32_SID_TEXT_MAX];
    char *name = NULL;
    assert_int_equal(w32_own_sid(own, NULL), SP_OK);
    assert_int_equal(w32_account_of(own, &name, NULL), SP_OK);
    assert_says(name, "\\");
    free(name);
}

static void an_account_without_a_name_is_its_sid(void **state)
{
    (void)state;
    char *name = NULL;
    assert_int_equal(w32_account_of("S-1-5-21-1-2-3-999999", &name, NULL), SP_OK);
    assert_string_equal(name, "S-1-5-21-1-2-3-999999");
    free(name);
}

static void what_is_no_sid_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"ann", "S-1", "S-1-5-", "S-1-5-x", "\xff"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *name = NULL;
        assert_int_equal(w32_account_of(wrong[i], &name, NULL), SP_EINVAL);
        assert_null(name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(our_sid_is_that_of_our_token),
        TEST(a_local_client_is_known_with_its_process),
        TEST(a_client_that_said_nothing_is_known_by_its_process),
        TEST(a_local_client_is_known_before_it_said_anything),
        TEST(another_process_is_known_whatever_windows_tells_of_its_token),
        TEST(a_process_that_has_ended_is_not_found),
        TEST(the_process_of_a_client_is_the_one_that_opened_the_pipe),
        TEST(the_process_of_a_client_that_said_nothing_is_not_told),
        TEST(the_process_of_a_client_that_has_ended_is_not_found),
        TEST(what_is_no_pipe_has_no_client),
        TEST(a_well_known_account_has_a_name),
        TEST(our_account_has_a_domain_and_a_name),
        TEST(an_account_without_a_name_is_its_sid),
        TEST(what_is_no_sid_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
