/* tests/client/test_attach.c - the client against a service that does what the test says: sessions
 * that end with their connection, shared workers, detaching. */
#include "fake.h"

#include <stdlib.h>
#include <string.h>

#include "core/rpc.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct fake f;
static struct fake_client c;
static const char *said; /* the client's stderr, once it has ended */

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

static void type(const char *text)
{
    assert_int_equal(w32_write(c.in.write, text, strlen(text), NULL), SP_OK);
}

static void close_outputs(void)
{
    fake_close_data(&f, SP_STDOUT);
    fake_close_data(&f, SP_STDERR);
}

/* The worker exits, the client acknowledges and ends. */
static void end_with(uint64_t out, uint64_t err, int code)
{
    close_outputs();
    fake_exit(&f, out, err, code);
    fake_expect(&f, "ack");
    assert_int_equal(fake_client_end(&c, &said), code);
}

static void assert_says(const char *text)
{
    if (strstr(said, text) == NULL)
        fail_msg("'%s' is not in: %s", text, said);
}

/* ------------------------------------------------------------------ without resume */

static void bytes_both_ways_and_the_exit_code(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("w"));
    fake_attach(&f, "private", 0);
    type("hello");
    fake_hear(&f, "hello");
    w32_handle_close(&c.in.write);
    fake_hear_end(&f, 5);
    fake_say(&f, SP_STDOUT, "out", 3);
    fake_client_says(&c, "out");
    fake_say(&f, SP_STDERR, "err", 3);
    end_with(3, 3, 7);
    assert_string_equal(said, "err");
}

static void a_lost_connection_is_said_and_125(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("w"));
    fake_attach(&f, "private", 0);
    fake_say(&f, SP_STDOUT, "out", 3);
    fake_client_says(&c, "out");
    fake_cut(&f);
    assert_int_equal(fake_client_end(&c, &said), 125);
    assert_string_equal(said, "standpipe: w: the service closed the connection\n");
}

static void bytes_that_are_missing_are_said_and_125(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("w"));
    fake_attach(&f, "private", 0);
    fake_say(&f, SP_STDOUT, "out", 3);
    fake_client_says(&c, "out");
    close_outputs();
    fake_exit(&f, 5, 0, 0);
    assert_int_equal(fake_client_end(&c, &said), 125);
    assert_string_equal(said, "standpipe: w: of 5 bytes of the worker's stdout only 3 came\n");
}

static void a_stop_is_said_with_its_reason(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("w"));
    fake_attach(&f, "private", 0);
    fake_notify(&f, "stopping", json_pack("{s:s}", "reason", "the service is stopping"));
    end_with(0, 0, 3);
    assert_string_equal(said, "standpipe: the worker is being stopped: the service is stopping\n");
}

/* ------------------------------------------------------------------ shared workers */

static void a_client_that_comes_in_the_middle_counts_from_there(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("--replay", "64k", "w"));
    fake_accept(&f);
    json_t *params = fake_next(&f, "attach");
    assert_int_equal(json_integer_value(json_object_get(params, "replay")), 65536);
    assert_null(json_object_get(params, "read_only"));
    json_decref(params);
    json_t *answer = fake_pipes(&f, false);
    json_object_set_new(answer, "mode", json_string("shared"));
    fake_answer(&f, answer);
    fake_start(&f, 1000000);
    fake_say(&f, SP_STDOUT, "out", 3);
    fake_client_says(&c, "out");
    end_with(1000003, 0, 0);
    assert_string_equal(said, "");
}

static void what_was_left_out_is_said_and_counts(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("w"));
    fake_attach(&f, "shared", 0);
    fake_say(&f, SP_STDOUT, "out", 3);
    fake_client_says(&c, "out");
    fake_notify(&f, "dropped",
                json_pack("{s:s, s:i, s:i}", "stream", "stdout", "at", 3, "bytes", 123456));
    fake_say(&f, SP_STDOUT, "more", 4);
    fake_client_says(&c, "more");
    end_with(123463, 0, 0);
    assert_string_equal(
        said,
        "standpipe: 123456 bytes of stdout were left out here: this client reads too slowly\n");
}

static void who_only_looks_opens_no_stdin(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("--read-only", "--replay", "all", "w"));
    fake_accept(&f);
    json_t *params = fake_next(&f, "attach");
    assert_true(json_is_true(json_object_get(params, "read_only")));
    assert_int_equal(json_integer_value(json_object_get(params, "replay")), -1);
    json_decref(params);
    fake_answer(&f, fake_pipes(&f, true));
    fake_start(&f, 0);
    type("nobody wants this");
    w32_handle_close(&c.in.write);
    fake_say(&f, SP_STDOUT, "out", 3);
    fake_client_says(&c, "out");
    end_with(3, 0, 0);
    assert_string_equal(said, "");
}

static void a_size_that_is_none_is_refused(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("--replay", "64KB", "w"));
    assert_int_equal(fake_client_end(&c, &said), 125);
    assert_says("standpipe: --replay takes a size, or \"all\": ");
    assert_says("64KB");
}

/* ------------------------------------------------------------------ detaching */

/* Expects the wish to detach after so many bytes of stdin. */
static void expect_detach(int input)
{
    json_t *params = fake_next(&f, "detach");
    assert_int_equal(json_integer_value(json_object_get(params, "input")), input);
    json_decref(params);
}

static void the_keys_detach_and_are_not_sent(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("--detach-keys", "ctrl-p,ctrl-q", "w"));
    fake_attach(&f, "shared", 0);
    type("a\x10"
         "b\x10");
    fake_hear(&f, "a\x10"
                  "b"); /* the second Ctrl-P may still be the beginning */
    type("\x11"
         "never");
    expect_detach(3);
    fake_say(&f, SP_STDOUT, "last", 4);
    fake_answer(&f, json_object());
    fake_cut(&f);
    fake_client_says(&c, "last");
    assert_int_equal(fake_client_end(&c, &said), 0);
    assert_says("standpipe: detached; \"standpipe attach --pipe fake-");
    assert_says(" w\" comes back\n");
}

static void a_worker_of_ones_own_can_not_be_left_and_goes_on(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("--detach-keys", "ctrl-\\", "w"));
    fake_attach(&f, "private", 0);
    type("a\x1C"
         "b");
    fake_hear(&f, "a");
    expect_detach(1);
    fake_refuse(&f, SP_RPC_REFUSED, "a worker of its own ends with its client");
    fake_hear(&f, "b");
    type("\x1C");
    expect_detach(2);
    fake_refuse(&f, SP_RPC_REFUSED, "no");
    w32_handle_close(&c.in.write);
    fake_hear_end(&f, 2);
    end_with(0, 0, 5);
    assert_string_equal(said, "standpipe: a worker of its own ends with its client\n"
                              "standpipe: no\n");
}

static void without_a_console_no_byte_is_a_key(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("w"));
    fake_attach(&f, "shared", 0);
    type("a\x1C"
         "b");
    fake_hear(&f, "a\x1C"
                  "b");
    w32_handle_close(&c.in.write);
    fake_hear_end(&f, 3);
    end_with(0, 0, 0);
}

static void the_beginning_of_the_keys_is_sent_when_stdin_ends_there(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("--detach-keys=x,y,z", "w"));
    fake_attach(&f, "shared", 0);
    type("axy");
    w32_handle_close(&c.in.write);
    fake_hear(&f, "axy");
    fake_hear_end(&f, 3);
    end_with(0, 0, 0);
}

static void who_only_looks_can_use_the_keys(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("--read-only", "--detach-keys", "q", "w"));
    fake_attach(&f, "shared", 0);
    type("nothing of this is sent q");
    expect_detach(0);
    fake_answer(&f, json_object());
    fake_cut(&f);
    assert_int_equal(fake_client_end(&c, &said), 0);
    assert_says("detached");
}

static void keys_that_are_none_are_refused(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("--detach-keys", "ctrl-1", "w"));
    assert_int_equal(fake_client_end(&c, &said), 125);
    assert_says("standpipe: --detach-keys: \"ctrl-1\" is no key");
}

static void a_client_of_a_shared_worker_whose_reader_leaves_leaves_too(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("w"));
    fake_attach(&f, "shared", 0);
    fake_say(&f, SP_STDOUT, "out", 3);
    fake_client_says(&c, "out");
    w32_handle_close(&c.out.read);
    fake_say(&f, SP_STDOUT, "more", 4);
    expect_detach(0);
    fake_answer(&f, json_object());
    fake_cut(&f);
    assert_int_equal(fake_client_end(&c, &said), 0);
    assert_string_equal(said, "");
}

#define FAKE_TEST(name) cmocka_unit_test_setup_teardown(name, open_fake, close_fake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(bytes_both_ways_and_the_exit_code),
        FAKE_TEST(a_lost_connection_is_said_and_125),
        FAKE_TEST(bytes_that_are_missing_are_said_and_125),
        FAKE_TEST(a_stop_is_said_with_its_reason),
        FAKE_TEST(a_client_that_comes_in_the_middle_counts_from_there),
        FAKE_TEST(what_was_left_out_is_said_and_counts),
        FAKE_TEST(who_only_looks_opens_no_stdin),
        FAKE_TEST(a_size_that_is_none_is_refused),
        FAKE_TEST(the_keys_detach_and_are_not_sent),
        FAKE_TEST(a_worker_of_ones_own_can_not_be_left_and_goes_on),
        FAKE_TEST(without_a_console_no_byte_is_a_key),
        FAKE_TEST(the_beginning_of_the_keys_is_sent_when_stdin_ends_there),
        FAKE_TEST(who_only_looks_can_use_the_keys),
        FAKE_TEST(keys_that_are_none_are_refused),
        FAKE_TEST(a_client_of_a_shared_worker_whose_reader_leaves_leaves_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
