/* tests/win32/test_identity.c - who we are, who is at the other end, and what an account is called.
 * Wine shows a server its own token for every client; here client and server are one process, so
 * that is right. */
#include "win32/identity.h"

#include "children.h"

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

static void a_local_client_is_known_with_its_process(void **state)
{
    (void)state;
    const struct w32_acl_entry everybody = {"WD", W32_ACL_SERVE};
    struct w32_npipe_leaf leaf;
    struct w32_peer peer = {0};
    struct w32_overlapped op = {0};
    char own[W32_SID_TEXT_MAX];
    char byte = 0;
    void *descriptor = NULL;
    w32_handle server = NULL;
    w32_handle client = NULL;
    assert_int_equal(w32_npipe_random_leaf("test-identity-", &leaf, NULL), SP_OK);
    assert_int_equal(w32_acl_pipe(&everybody, 1, false, &descriptor, NULL), SP_OK);
    const struct w32_npipe_options options = {.leaf = leaf.text,
                                              .access = W32_NPIPE_BOTH,
                                              .size_bytes = 64,
                                              .security_descriptor = descriptor};
    assert_int_equal(w32_npipe_create(&options, &server, NULL), SP_OK);
    assert_int_equal(w32_npipe_open(NULL, leaf.text, W32_NPIPE_BOTH, PATIENCE_MS, &client, NULL),
                     SP_OK);

    /* Windows tells a client's token once something was read from it. */
    assert_int_equal(w32_overlapped_init(&op, client, NULL), SP_OK);
    assert_int_equal(w32_overlapped_write(&op, "x", 1, NULL), SP_OK);
    assert_int_equal(w32_overlapped_wait(&op, PATIENCE_MS, NULL, NULL), SP_OK);
    w32_overlapped_deinit(&op);
    assert_int_equal(w32_overlapped_init(&op, server, NULL), SP_OK);
    assert_int_equal(w32_overlapped_read(&op, &byte, 1, NULL), SP_OK);
    assert_int_equal(w32_overlapped_wait(&op, PATIENCE_MS, NULL, NULL), SP_OK);
    w32_overlapped_deinit(&op);

    struct sp_error err = {0};
    if (w32_peer_of(server, &peer, &err) != SP_OK)
        fail_msg("%s", err.what);
    assert_int_equal(w32_own_sid(own, NULL), SP_OK);
    assert_string_equal(peer.sid, own);
    assert_false(peer.remote);
    assert_int_equal(peer.pid, w32_process_id());
    assert_int_not_equal(strlen(peer.host), 0);

    /* And we are ourselves again. */
    HANDLE token = NULL;
    assert_false(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token));
    assert_int_equal(GetLastError(), ERROR_NO_TOKEN);
    w32_handle_close(&client);
    w32_npipe_close(&server, leaf.text);
    w32_acl_free(descriptor);
}

static void what_is_no_pipe_has_no_client(void **state)
{
    (void)state;
    struct w32_peer peer = {.pid = 77};
    struct sp_error err = {0};
    w32_handle event = w32_take(CreateEventW(NULL, TRUE, FALSE, NULL));
    assert_int_not_equal(w32_peer_of(event, &peer, &err), SP_OK);
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
        TEST(our_sid_is_that_of_our_token),        TEST(a_local_client_is_known_with_its_process),
        TEST(what_is_no_pipe_has_no_client),       TEST(a_well_known_account_has_a_name),
        TEST(our_account_has_a_domain_and_a_name), TEST(an_account_without_a_name_is_its_sid),
        TEST(what_is_no_sid_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
