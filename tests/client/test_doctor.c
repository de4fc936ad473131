/* tests/client/test_doctor.c - what doctor makes of errors, and how it looks; then the real client
 * against a service that is of another version, hangs up, or is somebody else's. Errors of a
 * network are given to the table alone: Wine has no SMB behind pipe names. */
#include "fake.h"

#include <stdio.h>
#include <string.h>

#include "client/causes.h"
#include "client/findings.h"
#include "core/rpc.h"
#include "win32/acl.h"
#include "win32/communicate.h"

#define MALLORY "S-1-5-21-1-2-3-1234"
#define NOBODY  "Standpipe-of-nobody"

enum { HIGHEST_CODE = 20000 };

static struct fake f;
static struct fake_client c;
static const char *complaint;

/* All that the client printed, with a NUL. */
static char said[16384];

static void assert_said(const char *what)
{
    if (strstr(said, what) == NULL)
        fail_msg("'%s' is not in:\n%s", what, said);
}

/* ------------------------------------------------------------------ causes */

/* What is told of an error: why, and below it all advice. */
static const char *told(uint32_t os, bool remote)
{
    struct sp_buffer out = {0};
    const struct cli_cause *cause = cli_cause_of(os, remote);
    const char *host = remote ? "FILESERVER" : NULL;
    assert_non_null(cause);
    assert_int_equal(cli_cause_print(cause->why, host, "reports", &out, NULL), SP_OK);
    for (size_t i = 0; i < CLI_ADVICE_MAX && cause->advice[i] != NULL; i++) {
        assert_int_equal(sp_buffer_append(&out, "\n", 1, NULL), SP_OK);
        assert_int_equal(cli_cause_print(cause->advice[i], host, "reports", &out, NULL), SP_OK);
    }
    assert_true(out.len < sizeof said);
    memcpy(said, out.data, out.len);
    said[out.len] = '\0';
    sp_buffer_deinit(&out);
    return said;
}

static void assert_told(uint32_t os, bool remote, enum cli_leg leg, const char *what)
{
    told(os, remote);
    assert_said(what);
    assert_int_equal(cli_cause_of(os, remote)->leg, leg);
}

static void an_error_of_the_network_is_told_from_one_of_the_account(void **state)
{
    (void)state;
    assert_told(53, true, CLI_LEG_NETWORK, "nslookup FILESERVER");
    assert_told(53, true, CLI_LEG_NETWORK, "Test-NetConnection FILESERVER -Port 445");
    assert_told(67, true, CLI_LEG_NETWORK, "IPC$");
    assert_told(1231, true, CLI_LEG_NETWORK, "VPN");
    assert_told(1326, true, CLI_LEG_LOGON, "net use \\\\FILESERVER\\IPC$ /user:");
    assert_told(1385, true, CLI_LEG_LOGON, "Access this computer from the network");
    assert_told(1219, true, CLI_LEG_LOGON, "net use \\\\FILESERVER\\IPC$ /delete");
}

static void an_error_of_the_pipe_is_told_from_one_of_its_access_list(void **state)
{
    (void)state;
    assert_told(2, true, CLI_LEG_PIPE, "standpipe doctor --pipe reports");
    assert_told(2, true, CLI_LEG_PIPE, "remote: true");
    assert_told(5, true, CLI_LEG_ACCESS, "standpipe access --account");
    assert_told(2, false, CLI_LEG_PIPE, "pipe 'reports' of this machine");
    assert_told(5, false, CLI_LEG_ACCESS, "elevated prompt");
    assert_told(121, false, CLI_LEG_PIPE, "no connection in time");
}

static void whatever_is_known_of_says_why_and_what_to_do_in_lines(void **state)
{
    (void)state;
    size_t count = 0;
    for (uint32_t os = 0; os < 2 * HIGHEST_CODE; os++) {
        bool remote = os >= HIGHEST_CODE;
        const struct cli_cause *cause = cli_cause_of(os % HIGHEST_CODE, remote);
        if (cause == NULL)
            continue;
        count++;
        assert_non_null(cause->advice[0]);
        assert_int_not_equal(cause->why[strlen(cause->why) - 1], '.');
        assert_null(strpbrk(told(os % HIGHEST_CODE, remote), "@#\r\t"));
        if (!remote) /* of this machine neither the network nor a log-on fails */
            assert_true(cause->leg >= CLI_LEG_PIPE);
    }
    assert_true(count > 20);
    assert_null(cli_cause_of(0, true));
    assert_null(cli_cause_of(53, false));
}

/* ------------------------------------------------------------------ findings */

static void findings_are_lines_for_people_and_objects_for_programs(void **state)
{
    (void)state;
    struct cli_findings found = {0};
    struct sp_buffer out = {0};
    cli_found(&found, "pipe", CLI_CHECK_OK, "%s", "fine");
    cli_found(&found, "config", CLI_CHECK_WRONG, "%s has mistakes", "a.yaml");
    cli_found_detail(&found, "a.yaml:1:2: %s", "no\033[31m");
    cli_found_advice(&found, "mend it");
    cli_found_advice(&found, "and again");
    assert_int_equal(cli_findings_text(&found, &out, NULL), SP_OK);
    assert_int_equal(sp_buffer_append(&out, "", 1, NULL), SP_OK);
    assert_string_equal((char *)out.data, "ok       pipe     fine\n"
                                          "wrong    config   a.yaml has mistakes\n"
                                          "                  a.yaml:1:2: no?[31m\n"
                                          "         to do:   mend it\n"
                                          "                  and again\n"
                                          "\n1 thing is wrong, 0 warnings.\n");
    json_t *json = cli_findings_json(&found);
    const char *advice = NULL;
    int wrong = 0;
    assert_int_equal(json_unpack(json, "{s:[o, {s:[s, s]}], s:i}", "checks", &(json_t *){0},
                                 "advice", &advice, &(const char *){0}, "wrong", &wrong),
                     0);
    assert_string_equal(advice, "mend it");
    assert_int_equal(wrong, 1);
    json_decref(json);
    sp_buffer_deinit(&out);
    cli_findings_deinit(&found);
}

/* ------------------------------------------------------------------ the program */

static int open_fake(void **state)
{
    (void)state;
    fake_open(&f);
    return 0;
}

static int close_fake(void **state)
{
    (void)state;
    fake_close(&f);
    return w32_handle_tally() == 0 ? 0 : -1;
}

/* Starts `standpipe doctor`, up to its first question. */
static void ask_status(void)
{
    fake_start_verb(&f, &c, "doctor", (const char *const[]){"--name", NOBODY, NULL});
    fake_accept(&f);
    fake_expect(&f, "status");
}

static uint32_t end(void)
{
    uint32_t len = 0, got = 0;
    while (len < sizeof said - 1 &&
           w32_read(c.out.read, said + len, (uint32_t)(sizeof said - 1 - len), &got, NULL) == SP_OK)
        len += got;
    said[len] = '\0';
    uint32_t code = fake_client_end(&c, &complaint);
    assert_string_equal(complaint, "");
    return code;
}

static void answer_lists(void)
{
    static const char *const methods[] = {"status", "workers", "sessions"};
    for (size_t i = 0; i < 3; i++) {
        fake_expect(&f, methods[i]);
        fake_answer(&f, json_pack("{s:[], s:n}", "items", "next"));
    }
}

static void a_service_of_another_protocol_is_wrong(void **state)
{
    (void)state;
    ask_status();
    fake_answer(&f, json_pack("{s:s, s:i}", "version", "9.0", "protocol", 9));
    answer_lists();
    assert_int_equal(end(), 125);
    assert_said("wrong    version  the service (9.0) speaks version 9 of the protocol");
    assert_said("ok       service  no service " NOBODY " is installed; the pipe is another");
    assert_said("skipped  config   nobody knows which file");
    assert_said("wrong    workers  the service serves nothing to this account");
}

static void a_service_of_another_version_is_a_warning(void **state)
{
    (void)state;
    ask_status();
    fake_answer(&f, json_pack("{s:s, s:i}", "version", "9.0", "protocol", SP_PROTOCOL_VERSION));
    answer_lists();
    end();
    assert_said("warning  version  the service is 9.0, this program " SP_VERSION);
}

static void a_service_that_hangs_up_is_wrong(void **state)
{
    (void)state;
    ask_status();
    fake_cut(&f);
    assert_int_equal(end(), 125);
    assert_said("ok       pipe     ");
    assert_said("wrong    version  the service does not say: the service closed the connection");
    assert_said("skipped  workers  nobody was asked");
}

static void a_service_that_talks_nonsense_is_no_more_than_wrong(void **state)
{
    (void)state;
    ask_status();
    fake_answer(&f, json_pack("{s:i, s:n, s:[]}", "version", 7, "protocol", "config"));
    fake_expect(&f, "status");
    fake_answer(&f, json_null());
    fake_expect(&f, "workers");
    fake_answer(&f, json_pack("{s:[i, {}, {s:i, s:s}], s:n}", "items", 5, "worker", 6, "state",
                              "failed", "next"));
    fake_expect(&f, "sessions");
    fake_answer(&f, json_pack("{s:[], s:n}", "items", "next"));
    assert_int_equal(end(), 125);
    assert_said("wrong    version  the service (of no version) speaks version 0 of the protocol");
    assert_said("warning  workers  3 for this account: ?, ?, ?");
    assert_said("?: failed");
}

static void a_pipe_of_somebody_else_is_wrong_and_told_nothing(void **state)
{
    (void)state;
    struct w32_npipe_leaf leaf;
    struct w32_outcome outcome = {0};
    void *access = NULL;
    w32_handle server = NULL;
    const char *const argv[] = {"standpipe.exe", "doctor", "--pipe", leaf.text, "--name", NOBODY};
    struct w32_spawn_options what = {.argv = argv, .argc = 6};
    assert_int_equal(w32_npipe_random_leaf("test-doctor-", &leaf, NULL), SP_OK);
    assert_int_equal(w32_acl_of("O:" MALLORY "D:P(A;;GA;;;WD)", &access, NULL), SP_OK);
    const struct w32_npipe_options options = {
        .leaf = leaf.text, .access = W32_NPIPE_BOTH, .first = true, .security_descriptor = access};
    sp_status status = w32_npipe_create(&options, &server, NULL);
    w32_acl_free(access);
    if (status != SP_OK)
        skip(); /* Windows wants SeRestorePrivilege for naming another owner */
    assert_int_equal(w32_communicate(&what, (struct sp_bytes){0}, PATIENCE_MS, &outcome, NULL),
                     SP_OK);
    assert_int_equal(w32_npipe_waiting(server), 0);
    snprintf(said, sizeof said, "%.*s", (int)outcome.output.len, (char *)outcome.output.data);
    assert_int_equal(outcome.exit_code, 125);
    assert_said("wrong    owner    not attaching: pipe '");
    assert_said("was made by " MALLORY);
    assert_said("wrong    service  the service " NOBODY " is not installed");
    assert_said("skipped  version  nobody was asked");
    w32_outcome_deinit(&outcome);
    w32_npipe_close(&server, leaf.text);
}

#define FAKE_TEST(name) cmocka_unit_test_setup_teardown(name, open_fake, close_fake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_of_the_network_is_told_from_one_of_the_account),
        cmocka_unit_test(an_error_of_the_pipe_is_told_from_one_of_its_access_list),
        cmocka_unit_test(whatever_is_known_of_says_why_and_what_to_do_in_lines),
        cmocka_unit_test(findings_are_lines_for_people_and_objects_for_programs),
        FAKE_TEST(a_service_of_another_protocol_is_wrong),
        FAKE_TEST(a_service_of_another_version_is_a_warning),
        FAKE_TEST(a_service_that_hangs_up_is_wrong),
        FAKE_TEST(a_service_that_talks_nonsense_is_no_more_than_wrong),
        cmocka_unit_test(a_pipe_of_somebody_else_is_wrong_and_told_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
