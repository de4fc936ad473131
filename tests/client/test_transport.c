/* tests/client/test_transport.c - what the client asks for, offers and does where its bytes go past
 * the service; the fake is service and worker in one. */
#include "fake.h"

#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "tests/scratch.h"
#include "win32/file.h"
#include "win32/handover.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct fake f;
static struct fake_client c;
static const char *said; /* the client's stderr, once it has ended */

static int open_fake(void **state)
{
    fake_open(&f);
    return scratch_open(state);
}

static int close_fake(void **state)
{
    fake_close(&f);
    if (w32_handle_tally() != 0)
        return -1;
    return scratch_close(state);
}

static void type(const char *text)
{
    assert_int_equal(w32_write(c.in.write, text, strlen(text), NULL), SP_OK);
}

static void assert_at_end(w32_handle h)
{
    char byte = 0;
    uint32_t got = 0;
    assert_int_equal(w32_read(h, &byte, 1, &got, NULL), SP_EEND);
}

/* ------------------------------------------------------------------ asking */

static enum w32_handover kinds[SP_STREAM_COUNT]; /* of what is offered, looked at in its place */

static void look_at_offers(json_t *params)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(json_object_get(params, "handles"), name, value)
    {
        w32_handle h = NULL;
        enum sp_stream stream = sp_stream_of(name);
        assert_int_not_equal(stream, SP_STREAM_COUNT);
        assert_true(json_is_integer(value));
        assert_int_equal(
            w32_handover_take(c.child.process, (uint64_t)json_integer_value(value), &h, NULL),
            SP_OK);
        kinds[stream] = w32_handover_kind(h);
        w32_handle_close(&h);
    }
}

/* The params of the attach with which a client comes; it is refused, and ends. */
static json_t *asked(void)
{
    fake_accept(&f);
    json_t *params = fake_next(&f, "attach");
    look_at_offers(params);
    fake_refuse(&f, 1, "enough");
    assert_int_equal(fake_client_end(&c, &said), 125);
    assert_string_equal(said, "standpipe: w: enough\n");
    fake_close_control(&f);
    return params;
}

static json_t *asked_with(const char *const *words)
{
    fake_start_client(&f, &c, words);
    return asked();
}

/* What is offered as a stream, or NULL if nothing is. */
static const char *offered(json_t *params, const char *stream)
{
    static const char *const names[] = {
        [W32_HANDOVER_NEVER] = "never", [W32_HANDOVER_FILE] = "file", [W32_HANDOVER_PIPE] = "pipe"};
    if (json_object_get(json_object_get(params, "handles"), stream) == NULL)
        return NULL;
    return names[kinds[sp_stream_of(stream)]];
}

static void assert_word(json_t *params, const char *key, const char *word)
{
    const char *found = json_string_value(json_object_get(params, key));
    assert_non_null(found);
    assert_string_equal(found, word);
}

static void pipes_and_files_are_offered(void **state)
{
    (void)state;
    json_t *params = asked_with(WORDS("w"));
    assert_word(params, "transport", "auto");
    assert_true(json_is_true(json_object_get(params, "resume")));
    assert_string_equal(offered(params, "stdin"), "pipe");
    assert_string_equal(offered(params, "stdout"), "pipe");
    assert_string_equal(offered(params, "stderr"), "pipe");
    json_decref(params);

    w32_handle std[SP_STREAM_COUNT] = {NULL};
    assert_int_equal(w32_file_create(scratch_path("in"), "x", 1, NULL), SP_OK);
    assert_int_equal(w32_file_open(scratch_path("in"), W32_FILE_READ, &std[SP_STDIN], NULL), SP_OK);
    assert_int_equal(w32_file_append(scratch_path("out"), &std[SP_STDOUT], NULL), SP_OK);
    fake_start_client_with(&f, &c, WORDS("w"), std);
    params = asked();
    assert_string_equal(offered(params, "stdin"), "file");
    assert_string_equal(offered(params, "stdout"), "file");
    assert_string_equal(offered(params, "stderr"), "pipe");
    json_decref(params);
    w32_handle_close(&std[SP_STDIN]);
    w32_handle_close(&std[SP_STDOUT]);
}

static void a_device_is_not_offered(void **state)
{
    (void)state;
    w32_handle std[SP_STREAM_COUNT] = {NULL};
    std[SP_STDIN] =
        w32_take(CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL));
    assert_non_null(std[SP_STDIN]);
    fake_start_client_with(&f, &c, WORDS("w"), std);
    json_t *params = asked();
    assert_null(offered(params, "stdin"));
    assert_string_equal(offered(params, "stdout"), "pipe");
    json_decref(params);
    w32_handle_close(&std[SP_STDIN]);
}

static void a_stdin_in_which_keys_are_looked_for_is_not_offered(void **state)
{
    (void)state;
    json_t *params = asked_with(WORDS("--detach-keys", "ctrl-p", "w"));
    assert_null(offered(params, "stdin"));
    assert_string_equal(offered(params, "stdout"), "pipe");
    json_decref(params);
    params = asked_with(WORDS("--detach-keys", "none", "w"));
    assert_string_equal(offered(params, "stdin"), "pipe");
    json_decref(params);
}

static void who_only_looks_offers_no_stdin(void **state)
{
    (void)state;
    json_t *params = asked_with(WORDS("--read-only", "w"));
    assert_null(offered(params, "stdin"));
    assert_string_equal(offered(params, "stdout"), "pipe");
    json_decref(params);
}

/* A worker that reads it would wait for one that writes it. */
static void one_handle_that_is_stdin_and_stdout_is_offered_as_stdout_alone(void **state)
{
    (void)state;
    w32_handle std[SP_STREAM_COUNT] = {NULL};
    wchar_t *path = NULL;
    assert_int_equal(w32_wide(scratch_path("both"), &path, NULL), SP_OK);
    std[SP_STDIN] =
        w32_take(CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
    free(path);
    assert_non_null(std[SP_STDIN]);
    std[SP_STDOUT] = std[SP_STDIN];
    fake_start_client_with(&f, &c, WORDS("w"), std);
    json_t *params = asked();
    assert_null(offered(params, "stdin"));
    assert_string_equal(offered(params, "stdout"), "file");
    json_decref(params);
    w32_handle_close(&std[SP_STDIN]);
}

static void a_word_insists_on_its_way(void **state)
{
    (void)state;
    json_t *params = asked_with(WORDS("--transport", "relay", "w"));
    assert_word(params, "transport", "relay");
    assert_true(json_is_true(json_object_get(params, "resume")));
    assert_null(json_object_get(params, "handles"));
    json_decref(params);
    params = asked_with(WORDS("--transport", "direct", "w"));
    assert_word(params, "transport", "direct");
    assert_true(json_is_false(json_object_get(params, "resume"))); /* given up */
    assert_null(json_object_get(params, "handles"));
    json_decref(params);
    params = asked_with(WORDS("--transport=handoff", "w"));
    assert_word(params, "transport", "handoff");
    assert_true(json_is_false(json_object_get(params, "resume")));
    assert_string_equal(offered(params, "stderr"), "pipe");
    json_decref(params);
    params = asked_with(WORDS("--transport", "auto", "w"));
    assert_word(params, "transport", "auto");
    assert_string_equal(offered(params, "stdin"), "pipe");
    json_decref(params);
}

static void a_word_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"fast", "Direct", "relay "};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char line[128];
        fake_start_client(&f, &c, WORDS("--transport", wrong[i], "w"));
        assert_int_equal(fake_client_end(&c, &said), 125);
        snprintf(line, sizeof line,
                 "standpipe: --transport takes auto, relay, direct or handoff, not '%s'\n",
                 wrong[i]);
        assert_string_equal(said, line);
    }
}

/* ------------------------------------------------------------------ following */

/* Takes an attachment up to its start. @param ways a letter for each stream: r, d, h
 * @return the params of `start`, or NULL */
static json_t *attach_over(const char *ways, int drain_ms)
{
    json_t *transports = json_object();
    fake_accept(&f);
    fake_expect(&f, "attach");
    json_t *answer = fake_pipes(&f, false);
    for (int i = 0; i < SP_STREAM_COUNT; i++) {
        const char *name = sp_stream_name((enum sp_stream)i);
        json_object_set_new(transports, name,
                            json_string(ways[i] == 'h'   ? "handoff"
                                        : ways[i] == 'd' ? "direct"
                                                         : "relay"));
        if (ways[i] != 'h')
            continue;
        json_object_del(answer, name);
        fake_close_data(&f, (enum sp_stream)i);
    }
    json_object_set_new(answer, "transports", transports);
    json_object_set_new(answer, "drain_ms", json_integer(drain_ms));
    fake_answer(&f, answer);
    json_t *params = fake_next(&f, "start");
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        if (f.data[i].h != NULL)
            assert_true(w32_npipe_connected(f.data[i].h));
    fake_answer(&f, json_pack("{s:s, s:[i]}", "session", "s17", "pids", 1));
    return params;
}

static void expect_closed(const char *stream)
{
    json_t *params = fake_next(&f, "output_closed");
    assert_word(params, "stream", stream);
    json_decref(params);
}

static void close_output(enum sp_stream stream)
{
    fake_close_data(&f, stream);
    expect_closed(sp_stream_name(stream));
}

static void exit_with(int code)
{
    fake_notify(&f, "exit", json_pack("{s:i, s:[i]}", "code", code, "codes", code));
}

static void end_with(int code)
{
    exit_with(code);
    fake_expect(&f, "ack");
    assert_int_equal(fake_client_end(&c, &said), code);
}

static void in_direct_the_client_says_when_each_output_has_ended(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("w"));
    json_t *params = attach_over("ddd", 2000);
    assert_true(json_integer_value(json_object_get(params, "stdin")) > 0);
    json_decref(params);
    type("hello");
    fake_hear(&f, "hello");
    w32_handle_close(&c.in.write);
    fake_hear_end(&f, 5);
    fake_say(&f, SP_STDOUT, "out", 3);
    fake_client_says(&c, "out");
    fake_say(&f, SP_STDERR, "err", 3);
    close_output(SP_STDERR);
    close_output(SP_STDOUT);
    end_with(7); /* and nobody has told how many bytes there were */
    assert_string_equal(said, "err");
}

static void only_a_direct_stdin_is_told_by_its_number(void **state)
{
    (void)state;
    static const char *const ways[] = {"rdd", "rrr", "hdd"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        fake_start_client(&f, &c, WORDS("w"));
        json_t *params = attach_over(ways[i], 2000);
        assert_null(json_object_get(params, "stdin"));
        json_decref(params);
        fake_cut(&f);
        assert_int_equal(fake_client_end(&c, &said), 125);
    }
}

/* As with a log of stderr. */
static void each_stream_goes_its_own_way(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("w"));
    json_decref(attach_over("ddr", 2000));
    fake_say(&f, SP_STDERR, "err", 3);
    fake_close_data(&f, SP_STDERR); /* of which the client says nothing */
    close_output(SP_STDOUT);
    fake_output_end(&f, SP_STDERR, 3);
    end_with(0);
    assert_string_equal(said, "err");
}

static void what_is_relayed_beside_a_direct_stream_is_still_counted(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("w"));
    json_decref(attach_over("ddr", 2000));
    fake_say(&f, SP_STDERR, "err\n", 4);
    fake_close_data(&f, SP_STDERR);
    close_output(SP_STDOUT);
    fake_output_end(&f, SP_STDERR, 5);
    exit_with(0);
    assert_int_equal(fake_client_end(&c, &said), 125);
    assert_string_equal(said, "err\nstandpipe: w: of 5 bytes of the worker's stderr only 4 came\n");
}

static void the_client_closes_its_stdin_when_it_is_asked_though_its_own_goes_on(void **state)
{
    (void)state;
    char more;
    uint32_t got = 0;
    fake_start_client(&f, &c, WORDS("w"));
    json_decref(attach_over("ddd", 2000));
    type("hello");
    fake_hear(&f, "hello");
    fake_notify(&f, "input_closed", json_object());
    assert_int_equal(fake_read_some(&f, &more, 1, &got), SP_EEND);
    type("nobody takes this");
    fake_notify(&f, "input_closed", json_object()); /* the service may say so twice */
    close_output(SP_STDOUT);
    close_output(SP_STDERR);
    end_with(3);
    assert_string_equal(said, "");
}

/* It waits in the pipe for a worker that does not read. */
static void it_closes_its_stdin_though_a_write_waits(void **state)
{
    (void)state;
    static char much[1 << 20];
    memset(much, 'x', sizeof much);
    w32_handle std[SP_STREAM_COUNT] = {NULL};
    assert_int_equal(w32_file_create(scratch_path("much"), much, sizeof much, NULL), SP_OK);
    assert_int_equal(w32_file_open(scratch_path("much"), W32_FILE_READ, &std[SP_STDIN], NULL),
                     SP_OK);
    fake_start_client_with(&f, &c, WORDS("w"), std);
    json_decref(attach_over("ddd", 2000));
    char some = 0;
    uint32_t got = 0;
    assert_int_equal(fake_read_some(&f, &some, 1, &got), SP_OK);
    fake_notify(&f, "input_closed", json_object());
    sp_status status = SP_OK;
    size_t all = got;
    while (status == SP_OK) {
        status = fake_read_some(&f, much, sizeof much, &got);
        all += status == SP_OK ? got : 0;
    }
    assert_int_equal(status, SP_EEND);
    assert_true(all <= sizeof much);
    fake_close_data(&f, SP_STDOUT);
    fake_close_data(&f, SP_STDERR);
    exit_with(3);
    for (bool acked = false; !acked;) { /* it may have been through before, and have said so */
        json_t *message = NULL;
        assert_int_equal(fake_message(&f, &message), SP_OK);
        acked = strcmp(json_string_value(json_object_get(message, "method")), "ack") == 0;
        json_decref(message);
    }
    assert_int_equal(fake_client_end(&c, &said), 3);
    assert_string_equal(said, "");
    w32_handle_close(&std[SP_STDIN]);
}

static void an_output_that_is_held_after_the_exit_is_given_up(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("w"));
    json_decref(attach_over("ddd", 200));
    fake_say(&f, SP_STDOUT, "all of it", 9);
    fake_client_says(&c, "all of it");
    close_output(SP_STDERR);
    end_with(5); /* with its stdout still open */
    assert_string_equal(said,
                        "standpipe: after its exit the worker's stdout was held open, and was "
                        "given up: a process outside the worker's job\n");
}

static void what_comes_after_the_exit_comes_out(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("w"));
    json_decref(attach_over("ddd", PATIENCE_MS));
    close_output(SP_STDERR);
    exit_with(5);
    fake_say(&f, SP_STDOUT, "late", 4);
    close_output(SP_STDOUT);
    fake_expect(&f, "ack");
    fake_client_says(&c, "late");
    assert_int_equal(fake_client_end(&c, &said), 5);
    assert_string_equal(said, "");
}

static void a_reader_that_leaves_closes_the_workers_output(void **state)
{
    (void)state;
    char byte = 'x';
    uint32_t done = 0;
    fake_start_client(&f, &c, WORDS("w"));
    json_decref(attach_over("ddd", 2000));
    fake_say(&f, SP_STDOUT, "out", 3);
    fake_client_says(&c, "out");
    w32_handle_close(&c.out.read);
    fake_say(&f, SP_STDOUT, "more", 4);
    expect_closed("stdout");
    assert_int_equal(fake_write_some(&f, SP_STDOUT, &byte, 1, &done), SP_EBROKEN);
    close_output(SP_STDERR);
    end_with(98);
    assert_string_equal(said, "");
}

static void a_lost_connection_is_125_in_direct_too(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("w"));
    json_decref(attach_over("ddd", 2000));
    fake_say(&f, SP_STDOUT, "out", 3);
    fake_client_says(&c, "out");
    fake_cut(&f);
    assert_int_equal(fake_client_end(&c, &said), 125);
    assert_string_equal(said, "standpipe: w: the service closed the connection\n");
}

/* ------------------------------------------------------------------ handed over */

/* The fake has taken nothing, so what the client lets go has ended. */
static void what_was_handed_over_is_let_go(void **state)
{
    (void)state;
    const w32_handle pipes[SP_STREAM_COUNT] = {NULL};
    fake_start_client_with(&f, &c, WORDS("w"), pipes);
    json_decref(attach_over("hhh", 2000));
    assert_at_end(c.out.read);
    sp_status status = SP_OK;
    for (int i = 0; status == SP_OK && i < 1000; i++) /* stdin is the first to go */
        status = w32_write(c.in.write, "x", 1, NULL);
    assert_int_equal(status, SP_EBROKEN);
    assert_int_equal(w32_child_wait(&c.child, 0, NULL, NULL), SP_ETIMEOUT); /* and it waits */
    fake_notify(&f, "stopping", json_pack("{s:s}", "reason", "for a test"));
    end_with(6);
    /* stderr stays: who else would say it. */
    assert_string_equal(said, "standpipe: the worker is being stopped: for a test\n");
}

static void what_was_not_handed_over_flows_on(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("w"));
    json_decref(attach_over("hdh", 2000));
    fake_say(&f, SP_STDOUT, "out", 3);
    fake_client_says(&c, "out");
    close_output(SP_STDOUT);
    end_with(0);
    assert_string_equal(said, "");
}

static void nothing_is_let_go_before_the_worker_runs(void **state)
{
    (void)state;
    fake_start_client(&f, &c, WORDS("w"));
    fake_accept(&f);
    fake_expect(&f, "attach");
    json_t *answer = fake_pipes(&f, false);
    for (int i = 0; i < SP_STREAM_COUNT; i++) {
        json_object_del(answer, sp_stream_name((enum sp_stream)i));
        fake_close_data(&f, (enum sp_stream)i);
    }
    json_object_set_new(
        answer, "transports",
        json_pack("{s:s, s:s, s:s}", "stdin", "handoff", "stdout", "handoff", "stderr", "handoff"));
    fake_answer(&f, answer);
    fake_expect(&f, "start");
    type("still there");
    fake_refuse(&f, 3, "there is no program");
    assert_int_equal(fake_client_end(&c, &said), 126);
    assert_string_equal(said, "standpipe: w: there is no program\n");
}

#define FAKE_TEST(name) cmocka_unit_test_setup_teardown(name, open_fake, close_fake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(pipes_and_files_are_offered),
        FAKE_TEST(a_device_is_not_offered),
        FAKE_TEST(a_stdin_in_which_keys_are_looked_for_is_not_offered),
        FAKE_TEST(who_only_looks_offers_no_stdin),
        FAKE_TEST(one_handle_that_is_stdin_and_stdout_is_offered_as_stdout_alone),
        FAKE_TEST(a_word_insists_on_its_way),
        FAKE_TEST(a_word_that_is_none_is_refused),
        FAKE_TEST(in_direct_the_client_says_when_each_output_has_ended),
        FAKE_TEST(only_a_direct_stdin_is_told_by_its_number),
        FAKE_TEST(each_stream_goes_its_own_way),
        FAKE_TEST(what_is_relayed_beside_a_direct_stream_is_still_counted),
        FAKE_TEST(the_client_closes_its_stdin_when_it_is_asked_though_its_own_goes_on),
        FAKE_TEST(it_closes_its_stdin_though_a_write_waits),
        FAKE_TEST(an_output_that_is_held_after_the_exit_is_given_up),
        FAKE_TEST(what_comes_after_the_exit_comes_out),
        FAKE_TEST(a_reader_that_leaves_closes_the_workers_output),
        FAKE_TEST(a_lost_connection_is_125_in_direct_too),
        FAKE_TEST(what_was_handed_over_is_let_go),
        FAKE_TEST(what_was_not_handed_over_flows_on),
        FAKE_TEST(nothing_is_let_go_before_the_worker_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
