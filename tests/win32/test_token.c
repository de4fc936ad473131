/* tests/win32/test_token.c - programs that run as somebody else, or with less: what a token is left
 * with, and that they are started just as any other. That a client which only lets itself be
 * identified is refused, and what accounts can be logged on: windows-only. */
#include "win32/token.h"

#include <stdio.h>

#include "children.h"
#include "win32/overlapped.h"
#include "win32/npipe.h"
#include "win32/acl.h"
#include "win32/identity.h"

static void run_with(const struct w32_token *token, const char *verb, struct w32_outcome *outcome)
{
    const struct w32_spawn_options what = {CHILD(verb), .token = token};
    run(&what, (struct sp_bytes){0}, outcome);
    assert_int_equal(outcome->exit_code, 0);
}

static void a_restricted_program_has_no_privilege_and_is_no_administrator(void **state)
{
    (void)state;
    struct w32_token token = {0};
    struct w32_outcome outcome;
    run_with(NULL, "token", &outcome);
    assert_text(&outcome.output, "some privileges, an administrator\n"); /* as this test has */
    w32_outcome_deinit(&outcome);
    assert_int_equal(w32_token_own(&token, NULL), SP_OK);
    assert_int_equal(w32_token_restrict(&token, NULL), SP_OK);
    run_with(&token, "token", &outcome);
    assert_text(&outcome.output, "no privileges, no administrator\n");
    w32_outcome_deinit(&outcome);
    w32_token_close(&token);
    assert_null(token.primary);
}

/* The lines of a text. */
static size_t lines_of(const struct sp_buffer *text)
{
    size_t count = 0;
    for (size_t i = 0; i < text->len; i++)
        count += text->data[i] == '\n';
    return count;
}

static void it_is_in_its_job_and_has_the_handles_of_any_other(void **state)
{
    (void)state;
    struct w32_token token = {0};
    struct w32_outcome with, without;
    assert_int_equal(w32_token_own(&token, NULL), SP_OK);
    assert_int_equal(w32_token_restrict(&token, NULL), SP_OK);
    run_with(&token, "job", &with);
    assert_text(&with.output, "1\n");
    w32_outcome_deinit(&with);
    run_with(&token, "handles", &with);
    run_with(NULL, "handles", &without);
    assert_int_equal(lines_of(&with.output), lines_of(&without.output));
    w32_outcome_deinit(&with);
    w32_outcome_deinit(&without);
    w32_token_close(&token);
}

static void a_user_brings_an_environment_and_a_folder(void **state)
{
    (void)state;
    struct w32_token token = {0};
    struct w32_outcome outcome;
    char text[1024];
    assert_int_equal(w32_token_own(&token, NULL), SP_OK);
    assert_int_equal(w32_token_load_user(&token, NULL), SP_OK);
    assert_non_null(token.environment);
    assert_non_null(token.folder);
    run_with(&token, "folder", &outcome);
    snprintf(text, sizeof text, "%s", token.folder);
    assert_text(&outcome.output, text);
    w32_outcome_deinit(&outcome);
    const struct w32_spawn_options what = {
        CHILD("env", "MINE"),
        .token = &token,
        .env = (const char *const[]){"MINE=on top"},
        .env_count = 1,
    };
    run(&what, (struct sp_bytes){0}, &outcome);
    assert_text(&outcome.output, "on top");
    w32_outcome_deinit(&outcome);
    w32_token_close(&token);
}

static void a_client_that_lets_itself_be_acted_for_is(void **state)
{
    (void)state;
    struct w32_npipe_leaf leaf;
    char sid[W32_SID_TEXT_MAX];
    const struct w32_acl_entry entries[] = {{sid, W32_ACL_SERVE}};
    struct w32_npipe_options options = {
        .access = W32_NPIPE_BOTH, .first = true, .synchronous = true, .size_bytes = 64};
    w32_handle server = NULL, client = NULL;
    struct w32_token token = {0};
    struct w32_outcome outcome;
    char byte = 0;
    uint32_t got = 0;
    assert_int_equal(w32_own_sid(sid, NULL), SP_OK);
    assert_int_equal(w32_acl_pipe(entries, 1, false, &options.security_descriptor, NULL), SP_OK);
    assert_int_equal(w32_npipe_random_leaf("test-token-", &leaf, NULL), SP_OK);
    options.leaf = leaf.text;
    assert_int_equal(w32_npipe_create(&options, &server, NULL), SP_OK);
    assert_int_equal(
        w32_npipe_open_trusting(NULL, leaf.text, W32_NPIPE_BOTH, PATIENCE_MS, &client, NULL),
        SP_OK);
    struct w32_overlapped write = {0};
    assert_int_equal(w32_overlapped_init(&write, client, NULL), SP_OK);
    assert_int_equal(w32_overlapped_write(&write, "x", 1, NULL), SP_OK);
    assert_int_equal(w32_overlapped_wait(&write, PATIENCE_MS, NULL, NULL), SP_OK);
    assert_int_equal(w32_read(server, &byte, 1, &got, NULL), SP_OK);
    assert_int_equal(w32_token_of_client(server, &token, NULL), SP_OK);
    run_with(&token, "token", &outcome);
    assert_text(&outcome.output, "some privileges, an administrator\n");
    w32_outcome_deinit(&outcome);
    w32_token_close(&token);
    w32_overlapped_deinit(&write);
    w32_handle_close(&client);
    w32_npipe_close(&server, leaf.text);
    w32_acl_free(options.security_descriptor);
}

static void half_an_account_is_not_logged_on(void **state)
{
    (void)state;
    struct w32_token token = {0};
    struct sp_error err = {0};
    assert_int_equal(w32_token_logon("CORP\\", "secret", &token, &err), SP_EINVAL);
    assert_says(err.what, "DOMAIN\\NAME");
    assert_null(token.primary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_restricted_program_has_no_privilege_and_is_no_administrator),
        TEST(it_is_in_its_job_and_has_the_handles_of_any_other),
        TEST(a_user_brings_an_environment_and_a_folder),
        TEST(a_client_that_lets_itself_be_acted_for_is),
        TEST(half_an_account_is_not_logged_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
