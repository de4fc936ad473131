/* tests/client/test_resume.c - the client's half of resuming: a connection that breaks anywhere
 * goes on at the same byte, and what can't go on is said. */
#include "fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rpc.h"
#include "win32/thread.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

enum { MIB = 1 << 20 };

static struct fake f;
static struct fake_client c;
static const char *said; /* the client's stderr, once it has ended */

static const char resumed[] = "standpipe: the connection was lost and resumed\n";

static int open_fake(void **state)
{
    (void)state;
    fake_open(&f);
    fake_start_client(&f, &c, WORDS("w"));
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

static void end_with(uint64_t out, uint64_t err, int code)
{
    close_outputs();
    fake_exit(&f, out, err, code);
    fake_expect(&f, "ack");
    assert_int_equal(f.received[SP_STDOUT], out);
    assert_int_equal(f.received[SP_STDERR], err);
    assert_int_equal(fake_client_end(&c, &said), code);
}

/* Has the client hear and say a little, so that it is in the middle. */
static void be_in_the_middle(void)
{
    fake_attach(&f, "private", FAKE_RESUME_MS);
    type("hello");
    fake_hear(&f, "hello");
    fake_say(&f, SP_STDOUT, "out", 3);
    fake_client_says(&c, "out");
}

/* ------------------------------------------------------------------ what breaks */

static void a_session_that_nothing_breaks_says_nothing(void **state)
{
    (void)state;
    be_in_the_middle();
    w32_handle_close(&c.in.write);
    fake_hear_end(&f, 5);
    end_with(3, 0, 7);
    assert_string_equal(said, "");
}

static void all_streams_go_on_at_their_byte(void **state)
{
    (void)state;
    be_in_the_middle();
    fake_cut(&f);
    fake_resume(&f, 5, 3, 0);
    type(" again");
    fake_hear(&f, " again");
    fake_say(&f, SP_STDOUT, "more", 4);
    fake_client_says(&c, "more");
    w32_handle_close(&c.in.write);
    fake_hear_end(&f, 11);
    end_with(7, 0, 7);
    assert_string_equal(said, resumed);
}

static void what_the_service_did_not_get_is_sent_again(void **state)
{
    (void)state;
    be_in_the_middle();
    fake_cut(&f);
    fake_resume(&f, 2, 3, 0);
    fake_hear(&f, "llo");
    fake_notify(&f, "input_received", json_pack("{s:i}", "bytes", 4));
    type("!");
    fake_hear(&f, "!");
    fake_cut(&f);
    fake_resume(&f, 4, 3, 0);
    fake_hear(&f, "o!");
    end_with(3, 0, 0);
    assert_string_equal(said, resumed); /* once */
}

static void the_end_of_stdin_is_told_again(void **state)
{
    (void)state;
    be_in_the_middle();
    w32_handle_close(&c.in.write);
    fake_hear_end(&f, 5);
    fake_cut(&f);
    fake_resume(&f, 3, 3, 0);
    fake_hear(&f, "lo");
    fake_hear_end(&f, 5);
    fake_cut(&f);
    fake_resume(&f, 5, 3, 0);
    fake_hear_end(&f, 5);
    end_with(3, 0, 0);
}

static void a_control_connection_that_breaks_alone_is_a_loss(void **state)
{
    (void)state;
    be_in_the_middle();
    fake_close_control(&f);
    /* The client cuts the rest. */
    char more;
    uint32_t got = 0;
    assert_int_equal(fake_read_some(&f, &more, 1, &got), SP_EEND);
    fake_cut(&f);
    fake_resume(&f, 5, 3, 0);
    end_with(3, 0, 0);
}

static void an_output_that_breaks_alone_is_a_loss(void **state)
{
    (void)state;
    be_in_the_middle();
    fake_close_data(&f, SP_STDOUT); /* without a word */
    fake_expect_gone(&f);
    fake_cut(&f);
    fake_resume(&f, 5, 3, 0);
    end_with(3, 0, 0);
    assert_string_equal(said, resumed);
}

static void an_input_that_breaks_alone_is_a_loss(void **state)
{
    (void)state;
    be_in_the_middle();
    fake_close_data(&f, SP_STDIN);
    type("?");
    fake_expect_gone(&f);
    fake_cut(&f);
    fake_resume(&f, 5, 3, 0);
    fake_hear(&f, "?");
    end_with(3, 0, 0);
}

static void an_end_with_too_few_bytes_is_a_loss(void **state)
{
    (void)state;
    be_in_the_middle();
    fake_output_end(&f, SP_STDOUT, 6);
    close_outputs();
    fake_expect_gone(&f);
    fake_cut(&f);
    fake_resume(&f, 5, 3, 0);
    fake_say(&f, SP_STDOUT, "end", 3);
    fake_client_says(&c, "end");
    end_with(6, 0, 0);
    assert_string_equal(said, resumed);
}

static void an_input_that_the_worker_closed_is_none(void **state)
{
    (void)state;
    be_in_the_middle();
    fake_notify(&f, "input_closed", json_pack("{s:i}", "bytes", 5));
    fake_close_data(&f, SP_STDIN);
    type("nobody wants this");
    fake_say(&f, SP_STDOUT, "more", 4);
    fake_client_says(&c, "more");
    end_with(7, 0, 3);
    assert_string_equal(said, "");
}

static void an_exit_that_was_lost_is_told_again(void **state)
{
    (void)state;
    be_in_the_middle();
    fake_cut(&f); /* with all that it would have said */
    fake_resume(&f, 5, 3, 0);
    fake_say(&f, SP_STDERR, "bye", 3);
    end_with(3, 3, 9);
    /* The worker's stderr and the client's own word come from two threads. */
    assert_int_equal(strlen(said), strlen(resumed) + 3);
    assert_non_null(strstr(said, resumed));
    assert_non_null(strstr(said, "bye"));
}

static void after_the_exit_the_control_connection_may_go(void **state)
{
    (void)state;
    be_in_the_middle();
    fake_say(&f, SP_STDOUT, "more", 4);
    fake_exit(&f, 7, 0, 5);
    fake_close_control(&f);
    close_outputs();
    fake_client_says(&c, "more");
    assert_int_equal(fake_client_end(&c, &said), 5);
    assert_string_equal(said, "");
}

static void a_connection_that_breaks_while_it_resumes_is_tried_again(void **state)
{
    (void)state;
    be_in_the_middle();
    fake_cut(&f);
    fake_accept(&f);
    fake_cut(&f); /* before the request */
    fake_accept(&f);
    fake_expect(&f, "resume");
    fake_cut(&f); /* before the answer */
    fake_accept(&f);
    fake_expect(&f, "resume");
    json_t *answer = fake_pipes(&f, false);
    json_object_set_new(answer, "input", json_integer(5));
    fake_answer(&f, answer);
    fake_expect(&f, "start");
    fake_cut(&f); /* before the start */
    fake_accept(&f);
    fake_expect(&f, "resume");
    fake_refuse(&f, SP_RPC_STATE, "it is still attached");
    fake_expect_gone(&f);
    fake_cut(&f);
    fake_resume(&f, 5, 3, 0);
    end_with(3, 0, 0);
    assert_string_equal(said, resumed);
}

/* ------------------------------------------------------------------ what can't go on */

static void a_session_that_is_no_more_is_said_and_125(void **state)
{
    (void)state;
    be_in_the_middle();
    fake_cut(&f);
    fake_accept(&f);
    fake_expect(&f, "resume");
    fake_refuse(&f, SP_RPC_NO_WORKER, "there is no session s17");
    assert_int_equal(fake_client_end(&c, &said), 125);
    assert_string_equal(said, "standpipe: w: the connection was lost, and session s17 with it: "
                              "there is no session s17\n");
}

static void a_service_that_does_not_come_back_is_said_and_125(void **state)
{
    (void)state;
    fake_attach(&f, "private", 300);
    fake_say(&f, SP_STDOUT, "out", 3);
    fake_client_says(&c, "out");
    fake_vanish(&f);
    fake_cut(&f);
    assert_int_equal(fake_client_end(&c, &said), 125);
    static const char words[] =
        "standpipe: w: the connection was lost and could not be resumed within 300 ms: no service";
    if (strncmp(said, words, strlen(words)) != 0 || strchr(said, '\n') != said + strlen(said) - 1)
        fail_msg("it said: %s", said);
}

static void connections_that_all_fail_at_once_come_to_an_end(void **state)
{
    (void)state;
    fake_attach(&f, "private", 300);
    fake_cut(&f);
    while (w32_child_wait(&c.child, 0, NULL, NULL) == SP_ETIMEOUT) {
        json_t *message = NULL;
        if (!fake_accepts(&f, 20))
            continue;
        if (fake_message(&f, &message) == SP_OK) {
            json_t *answer = fake_pipes(&f, false);
            json_object_set_new(answer, "input", json_integer(0));
            fake_answer(&f, answer);
            json_decref(message);
        }
        if (fake_message(&f, &message) == SP_OK) {
            fake_answer(&f, json_object());
            json_decref(message);
        }
        fake_cut(&f);
    }
    assert_int_equal(fake_client_end(&c, &said), 125);
    char *line = strstr(said, "standpipe: w: the connection was lost and could not be resumed");
    assert_non_null(line);
}

static void more_bytes_than_announced_can_not_be_healed(void **state)
{
    (void)state;
    be_in_the_middle();
    fake_output_end(&f, SP_STDOUT, 2);
    assert_int_equal(fake_client_end(&c, &said), 125);
    assert_string_equal(said,
                        "standpipe: w: of the worker's stdout 1 bytes more came than there are\n");
}

/* ------------------------------------------------------------------ bounds, readers, detaching */

enum { AHEAD = 4 * MIB };

static void write_more_than_four_mib(void *arg)
{
    (void)arg;
    static const unsigned char bytes[MIB];
    for (int i = 0; i < 6; i++)
        if (w32_write(c.in.write, bytes, sizeof bytes, NULL) != SP_OK)
            return;
}

static void stdin_is_read_no_further_than_four_mib_ahead_of_the_acknowledgement(void **state)
{
    (void)state;
    static unsigned char bytes[MIB];
    struct w32_overlapped *read = &f.data[SP_STDIN].op;
    w32_handle writer = NULL;
    uint32_t len = 0, got = 0;
    fake_attach(&f, "private", FAKE_RESUME_MS);
    assert_int_equal(w32_thread_start(write_more_than_four_mib, NULL, &writer, NULL), SP_OK);
    while (len < AHEAD) {
        uint32_t size = AHEAD - len < MIB ? AHEAD - len : MIB;
        assert_int_equal(fake_read_some(&f, bytes, size, &got), SP_OK);
        len += got;
    }
    /* There is more, but it stays where it is. */
    assert_int_equal(w32_overlapped_read(read, bytes, 1, NULL), SP_OK);
    assert_int_equal(w32_overlapped_ready(read, NULL, 200), SP_ETIMEOUT);
    fake_notify(&f, "input_received", json_pack("{s:i}", "bytes", AHEAD));
    assert_int_equal(w32_overlapped_ready(read, NULL, PATIENCE_MS), SP_OK);
    assert_int_equal(w32_overlapped_wait(read, W32_FOREVER, &got, NULL), SP_OK);
    fake_cut(&f);
    fake_vanish(&f);
    w32_child_close(&c.child); /* ends it */
    assert_int_equal(w32_thread_join(&writer, PATIENCE_MS), SP_OK);
    w32_pipe_close(&c.in);
    w32_pipe_close(&c.out);
    w32_pipe_close(&c.err);
}

static void a_stdout_that_is_not_read_holds_up_no_resumption(void **state)
{
    (void)state;
    enum { LEN = 256 * 1024 };
    unsigned char *bytes = calloc(1, LEN);
    uint64_t came = 0, sent = 0;
    uint32_t got = 0;
    assert_non_null(bytes);
    fake_attach(&f, "private", FAKE_RESUME_MS);
    /* More than all pipes and cells take, so that the client is blocked in its write. */
    while (sent < 8 * MIB) {
        sp_status status = w32_overlapped_write(&f.data[SP_STDOUT].op, bytes, LEN, NULL);
        assert_int_equal(status, SP_OK);
        if (w32_overlapped_ready(&f.data[SP_STDOUT].op, NULL, 500) != SP_OK)
            break;
        assert_int_equal(w32_overlapped_wait(&f.data[SP_STDOUT].op, W32_FOREVER, &got, NULL),
                         SP_OK);
        sent += got;
    }
    fake_cut(&f);
    fake_accept(&f);
    json_t *params = fake_next(&f, "resume");
    json_int_t at =
        json_integer_value(json_object_get(json_object_get(params, "received"), "stdout"));
    json_decref(params);
    assert_true(at > 0);
    json_t *answer = fake_pipes(&f, false);
    json_object_set_new(answer, "input", json_integer(0));
    fake_answer(&f, answer);
    fake_start(&f, (uint64_t)at);
    f.received[SP_STDOUT] = (uint64_t)at;
    fake_say(&f, SP_STDOUT, "end", 3);
    fake_close_data(&f, SP_STDOUT);
    while (came < (uint64_t)at + 3) {
        assert_int_equal(w32_read(c.out.read, bytes, LEN, &got, NULL), SP_OK);
        came += got;
    }
    assert_int_equal(came, at + 3);
    assert_memory_equal(bytes + got - 3, "end", 3);
    free(bytes);
    fake_close_data(&f, SP_STDERR);
    fake_exit(&f, (uint64_t)at + 3, 0, 0);
    fake_expect(&f, "ack");
    assert_int_equal(f.received[SP_STDOUT], at + 3);
    assert_int_equal(fake_client_end(&c, &said), 0);
    assert_string_equal(said, resumed);
}

static void a_reader_that_leaves_is_told_and_the_exit_code_is_the_workers(void **state)
{
    (void)state;
    be_in_the_middle();
    w32_handle_close(&c.out.read);
    fake_say(&f, SP_STDOUT, "more", 4);
    json_t *params = fake_next(&f, "output_closed");
    assert_string_equal(json_string_value(json_object_get(params, "stream")), "stdout");
    json_decref(params);
    fake_say(&f, SP_STDOUT, "and more", 8);
    end_with(15, 0, 98);
    assert_string_equal(said, "");
}

static void a_wish_to_detach_outlives_a_connection(void **state)
{
    (void)state;
    fake_attach(&f, "shared", FAKE_RESUME_MS);
    fake_say(&f, SP_STDOUT, "out", 3);
    fake_client_says(&c, "out");
    w32_handle_close(&c.out.read);
    fake_say(&f, SP_STDOUT, "more", 4);
    fake_expect(&f, "detach");
    fake_cut(&f);
    fake_accept(&f);
    fake_expect(&f, "resume");
    json_t *answer = fake_pipes(&f, false);
    json_object_set_new(answer, "input", json_integer(0));
    fake_answer(&f, answer);
    fake_start(&f, 7);
    fake_expect(&f, "detach");
    fake_answer(&f, json_object());
    fake_cut(&f);
    assert_int_equal(fake_client_end(&c, &said), 0);
}

/* ------------------------------------------------------------------ many cuts */

enum { TOTAL = 24 * MIB, CUTS = 50, PIECE = 48 * 1024 };

static unsigned char byte_at(uint64_t i)
{
    return (unsigned char)(i * 31 + (i >> 8) * 7 + (i >> 16));
}

static void fill(unsigned char *bytes, uint64_t at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = byte_at(at + i);
}

static bool is_right(const unsigned char *bytes, uint64_t at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != byte_at(at + i))
            return false;
    return true;
}

/* What the threads of the test share. */
static struct {
    uint64_t input;         /* bytes of stdin that the service has */
    uint64_t out;           /* where it writes stdout */
    uint64_t cut_at;        /* it cuts when so many bytes of stdout were written */
    uint64_t came;          /* bytes that came out of the client */
    w32_handle stdout_read; /* the client's; the thread that reads it outlives the client */
    bool wrong;
} many;

/* The one who runs the client: gives it its stdin... */
static void feed_client(void *arg)
{
    (void)arg;
    static unsigned char bytes[PIECE];
    for (uint64_t at = 0; at < TOTAL; at += PIECE) {
        size_t len = TOTAL - at < PIECE ? (size_t)(TOTAL - at) : PIECE;
        fill(bytes, at, len);
        if (w32_write(c.in.write, bytes, len, NULL) != SP_OK)
            many.wrong = true;
    }
    w32_handle_close(&c.in.write);
}

/* ...and looks at its stdout. */
static void read_client(void *arg)
{
    (void)arg;
    static unsigned char bytes[PIECE];
    uint32_t got = 0;
    while (w32_read(many.stdout_read, bytes, sizeof bytes, &got, NULL) == SP_OK) {
        if (!is_right(bytes, many.came, got))
            many.wrong = true;
        many.came += got;
    }
}

/* The service: takes stdin... */
static void take_input(void *arg)
{
    (void)arg;
    static unsigned char bytes[PIECE];
    uint32_t got = 0;
    while (fake_read_some(&f, bytes, sizeof bytes, &got) == SP_OK) {
        if (!is_right(bytes, many.input, got))
            many.wrong = true;
        many.input += got;
        /* This thread alone says something at this time. */
        fake_notify(&f, "input_received", json_pack("{s:I}", "bytes", (json_int_t)many.input));
    }
}

/* ...and gives stdout. */
static void give_output(void *arg)
{
    (void)arg;
    static unsigned char bytes[PIECE];
    uint32_t done = 0;
    while (many.out < TOTAL && many.out < many.cut_at) {
        size_t len = TOTAL - many.out < PIECE ? (size_t)(TOTAL - many.out) : PIECE;
        fill(bytes, many.out, len);
        if (fake_write_some(&f, SP_STDOUT, bytes, (uint32_t)len, &done) != SP_OK)
            break;
        many.out += done;
    }
    if (many.cut_at < TOTAL)
        w32_event_set(f.cut);
}

/* One connection, until it is cut or all has gone both ways. */
static void serve_until_cut(void)
{
    w32_handle in = NULL, out = NULL;
    json_t *message = NULL;
    bool ended = false;
    assert_int_equal(w32_thread_start(take_input, NULL, &in, NULL), SP_OK);
    assert_int_equal(w32_thread_start(give_output, NULL, &out, NULL), SP_OK);
    while (!ended && fake_message(&f, &message) == SP_OK) {
        const char *method = json_string_value(json_object_get(message, "method"));
        ended = strcmp(method, "input_end") == 0;
        assert_true(ended || strcmp(method, "received") == 0);
        json_decref(message);
        ended = ended && many.cut_at >= TOTAL;
    }
    assert_int_equal(w32_thread_join(&in, PATIENCE_MS), SP_OK);
    assert_int_equal(w32_thread_join(&out, PATIENCE_MS), SP_OK);
}

static uint32_t seed = 1;

static uint32_t any_number(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

static void fifty_cuts_lose_and_repeat_no_byte_either_way(void **state)
{
    (void)state;
    w32_handle feeder = NULL, reader = NULL;
    memset(&many, 0, sizeof many);
    many.stdout_read = c.out.read;
    c.out.read = NULL;
    assert_int_equal(w32_thread_start(feed_client, NULL, &feeder, NULL), SP_OK);
    assert_int_equal(w32_thread_start(read_client, NULL, &reader, NULL), SP_OK);
    fake_attach(&f, "private", FAKE_RESUME_MS);
    for (int i = 0; i < CUTS; i++) {
        many.cut_at = many.out + any_number(2 * TOTAL / CUTS);
        if (many.cut_at >= TOTAL)
            many.cut_at = TOTAL - 1;
        serve_until_cut();
        fake_cut(&f);
        w32_handle_close(&f.cut);
        assert_int_equal(w32_event_open(true, &f.cut, NULL), SP_OK);
        fake_accept(&f);
        json_t *params = fake_next(&f, "resume");
        json_t *received = json_object_get(params, "received");
        json_int_t at = json_integer_value(json_object_get(received, "stdout"));
        assert_in_range(at, f.received[SP_STDOUT], many.out);
        many.out = f.received[SP_STDOUT] = (uint64_t)at;
        json_decref(params);
        json_t *answer = fake_pipes(&f, false);
        json_object_set_new(answer, "input", json_integer((json_int_t)many.input));
        fake_answer(&f, answer);
        fake_start(&f, many.out);
    }
    many.cut_at = UINT64_MAX;
    serve_until_cut();
    assert_int_equal(many.input, TOTAL);
    assert_int_equal(many.out, TOTAL);
    end_with(TOTAL, 0, 7);
    assert_int_equal(w32_thread_join(&feeder, PATIENCE_MS), SP_OK);
    assert_int_equal(w32_thread_join(&reader, PATIENCE_MS), SP_OK);
    w32_handle_close(&many.stdout_read);
    assert_int_equal(many.came, TOTAL);
    assert_false(many.wrong);
    assert_string_equal(said, resumed);
}

#define RESUME_TEST(name) cmocka_unit_test_setup_teardown(name, open_fake, close_fake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RESUME_TEST(a_session_that_nothing_breaks_says_nothing),
        RESUME_TEST(all_streams_go_on_at_their_byte),
        RESUME_TEST(what_the_service_did_not_get_is_sent_again),
        RESUME_TEST(the_end_of_stdin_is_told_again),
        RESUME_TEST(a_control_connection_that_breaks_alone_is_a_loss),
        RESUME_TEST(an_output_that_breaks_alone_is_a_loss),
        RESUME_TEST(an_input_that_breaks_alone_is_a_loss),
        RESUME_TEST(an_end_with_too_few_bytes_is_a_loss),
        RESUME_TEST(an_input_that_the_worker_closed_is_none),
        RESUME_TEST(an_exit_that_was_lost_is_told_again),
        RESUME_TEST(after_the_exit_the_control_connection_may_go),
        RESUME_TEST(a_connection_that_breaks_while_it_resumes_is_tried_again),
        RESUME_TEST(a_session_that_is_no_more_is_said_and_125),
        RESUME_TEST(a_service_that_does_not_come_back_is_said_and_125),
        RESUME_TEST(connections_that_all_fail_at_once_come_to_an_end),
        RESUME_TEST(more_bytes_than_announced_can_not_be_healed),
        RESUME_TEST(stdin_is_read_no_further_than_four_mib_ahead_of_the_acknowledgement),
        RESUME_TEST(a_stdout_that_is_not_read_holds_up_no_resumption),
        RESUME_TEST(a_reader_that_leaves_is_told_and_the_exit_code_is_the_workers),
        RESUME_TEST(a_wish_to_detach_outlives_a_connection),
        RESUME_TEST(fifty_cuts_lose_and_repeat_no_byte_either_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
