/* tests/service/test_transport.c - which way the bytes of a session go: the whole table. */
#include "service/transport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "service/capture.h"
#include "service/worker.h"

static struct sp_worker_config private_config = {.mode = SP_MODE_PRIVATE};
static struct sp_worker_config shared_config = {.mode = SP_MODE_SHARED};
static struct sp_worker_config warm_config = {.mode = SP_MODE_PRIVATE, .warm = 2};

static struct sp_worker_config tty_config = {.mode = SP_MODE_PRIVATE, .tty = true};

static const struct svc_worker tty_worker = {.config = &tty_config};
static const struct svc_worker private_worker = {.config = &private_config};
static const struct svc_worker shared_worker = {.config = &shared_config};
static const struct svc_worker warm_worker = {.config = &warm_config};
static const struct sp_worker_config restless_config = {.limits = {.idle_ms = 1000}};
static const struct svc_worker restless_worker = {.config = &restless_config};

/* One letter for each stream: r, d, h. */
static void assert_chosen(const struct svc_worker *w, const struct svc_wish *wish, const char *ways)
{
    enum sp_transport out[SP_STREAM_COUNT] = {SP_TRANSPORT_AUTO, SP_TRANSPORT_AUTO,
                                              SP_TRANSPORT_AUTO};
    const char *why = svc_transport_choose(w, wish, out);
    if (why != NULL)
        fail_msg("refused: %s", why);
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        if (*sp_transport_name(out[i]) != ways[i])
            fail_msg("%s is %s, and not as in %s", sp_stream_name((enum sp_stream)i),
                     sp_transport_name(out[i]), ways);
}

static void assert_refused(const struct svc_worker *w, const struct svc_wish *wish, const char *why)
{
    enum sp_transport out[SP_STREAM_COUNT] = {SP_TRANSPORT_AUTO, SP_TRANSPORT_AUTO,
                                              SP_TRANSPORT_AUTO};
    const char *said = svc_transport_choose(w, wish, out);
    assert_non_null(said);
    assert_string_equal(said, why);
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        assert_int_equal(out[i], SP_TRANSPORT_AUTO); /* written on success only */
}

/* A wish of a client that is no stranger; for each stream x, which it offers, or -. */
static struct svc_wish wish_of(enum sp_transport transport, const char *offers)
{
    struct svc_wish wish = {.transport = transport};
    for (int i = 0; i < SP_STREAM_COUNT; i++)
        wish.offers[i] = offers[i] == 'x' ? 4 + 4 * (uint64_t)i : 0;
    return wish;
}

static struct svc_capture *open_capture(enum sp_capture streams)
{
    static struct sp_logs_config logs;
    struct svc_capture *capture = NULL;
    logs = (struct sp_logs_config){.streams = streams, .size_bytes = 1 << 20, .files = 2};
    const struct svc_capture_options options = {
        .folder = "Z:\\nowhere", .worker = "w", .config = &logs};
    assert_int_equal(svc_capture_open(&options, &capture, NULL), SP_OK);
    return capture;
}

static void relay_is_always_had(void **state)
{
    (void)state;
    struct svc_wish wish = wish_of(SP_TRANSPORT_RELAY, "xxx");
    assert_chosen(&private_worker, &wish, "rrr");
    assert_chosen(&shared_worker, &wish, "rrr");
    assert_chosen(&warm_worker, &wish, "rrr");
    wish.read_only = wish.resumable = wish.remote = true;
    wish.stranger = "somebody";
    assert_chosen(&private_worker, &wish, "rrr");
}

static void auto_hands_over_what_is_offered_and_is_direct_for_the_rest(void **state)
{
    (void)state;
    static const struct {
        const char *offers, *ways;
    } table[] = {{"---", "ddd"}, {"xxx", "hhh"}, {"x--", "hdd"}, {"-x-", "dhd"},
                 {"--x", "ddh"}, {"-xx", "dhh"}, {"x-x", "hdh"}, {"xx-", "hhd"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct svc_wish wish = wish_of(SP_TRANSPORT_AUTO, table[i].offers);
        assert_chosen(&private_worker, &wish, table[i].ways);
    }
}

/* Nothing is taken of him, so nothing else would keep his death from being an end of input. */
static void the_stdin_of_a_stranger_is_relayed_whatever_he_wants(void **state)
{
    (void)state;
    static const enum sp_transport ways[] = {SP_TRANSPORT_AUTO, SP_TRANSPORT_DIRECT};
    static const char *const offers[] = {"xxx", "---"};
    for (size_t i = 0; i < 4; i++) {
        struct svc_wish wish = wish_of(ways[i / 2], offers[i % 2]);
        wish.stranger = "process 7 is not of the same user";
        assert_chosen(&private_worker, &wish, "rdd");
        wish.remote = true;
        assert_chosen(&private_worker, &wish, "rdd");
        wish.read_only = true;
        assert_chosen(&private_worker, &wish, "rdd");
    }
}

static void auto_takes_the_relay_where_something_needs_it(void **state)
{
    (void)state;
    struct svc_wish wish = wish_of(SP_TRANSPORT_AUTO, "xxx");
    assert_chosen(&shared_worker, &wish, "rrr");
    assert_chosen(&warm_worker, &wish, "rrr");
    assert_chosen(&tty_worker, &wish, "rrr");
    assert_chosen(&restless_worker, &wish, "rrr"); /* who counts what moves must see it */
    wish.transport = SP_TRANSPORT_DIRECT;
    assert_refused(&restless_worker, &wish,
                   "this worker ends sessions in which nothing moves (limits: idle_time), which "
                   "takes the relay");
    wish.transport = SP_TRANSPORT_AUTO;
    wish.resumable = true;
    assert_chosen(&private_worker, &wish, "rrr");
}

static void direct_needs_no_offers_and_takes_none(void **state)
{
    (void)state;
    static const char *const offers[] = {"xxx", "---"};
    for (size_t i = 0; i < 2; i++) {
        struct svc_wish wish = wish_of(SP_TRANSPORT_DIRECT, offers[i]);
        assert_chosen(&private_worker, &wish, "ddd");
        assert_chosen(&warm_worker, &wish, "ddd");
        wish.stranger = "process 7 has ended";
        assert_chosen(&warm_worker, &wish, "rdd");
    }
}

static void handoff_is_direct_for_what_is_not_offered(void **state)
{
    (void)state;
    struct svc_wish wish = wish_of(SP_TRANSPORT_HANDOFF, "x-x");
    assert_chosen(&private_worker, &wish, "hdh");
    assert_chosen(&warm_worker, &wish, "hdh");
}

static void whoever_only_looks_has_a_stdin_that_goes_nowhere(void **state)
{
    (void)state;
    struct svc_wish wish = wish_of(SP_TRANSPORT_AUTO, "x-x");
    wish.read_only = true;
    assert_chosen(&private_worker, &wish, "rdh");
    wish.transport = SP_TRANSPORT_HANDOFF;
    assert_chosen(&private_worker, &wish, "rdh");
    wish.transport = SP_TRANSPORT_DIRECT;
    assert_chosen(&private_worker, &wish, "rdd");
    wish = wish_of(SP_TRANSPORT_HANDOFF, "x--"); /* and so there is nothing to hand over */
    wish.read_only = true;
    assert_refused(&private_worker, &wish,
                   "neither stdin nor stdout nor stderr is a file or a pipe that can be handed "
                   "over");
}

static void what_is_logged_is_relayed(void **state)
{
    (void)state;
    struct svc_worker logged = {.config = &private_config,
                                .capture = open_capture(SP_CAPTURE_STDERR)};
    struct svc_wish wish = wish_of(SP_TRANSPORT_AUTO, "x-x");
    assert_chosen(&logged, &wish, "hdr");
    static const char why[] = "what this worker writes is logged (logs), which takes the relay";
    wish.transport = SP_TRANSPORT_DIRECT;
    assert_refused(&logged, &wish, why);
    wish.transport = SP_TRANSPORT_HANDOFF;
    assert_refused(&logged, &wish, why);
    wish.transport = SP_TRANSPORT_RELAY;
    assert_chosen(&logged, &wish, "rrr");
    svc_capture_close(logged.capture, SVC_CAPTURE_CLOSE_MS);
    logged.capture = open_capture(SP_CAPTURE_BOTH);
    wish.transport = SP_TRANSPORT_AUTO;
    assert_chosen(&logged, &wish, "hrr");
    svc_capture_close(logged.capture, SVC_CAPTURE_CLOSE_MS);
}

static void what_is_insisted_on_and_can_not_be_had_is_refused_with_a_reason(void **state)
{
    (void)state;
    static const enum sp_transport ways[] = {SP_TRANSPORT_DIRECT, SP_TRANSPORT_HANDOFF};
    for (size_t i = 0; i < 2; i++) {
        struct svc_wish wish = wish_of(ways[i], "xxx");
        assert_refused(&shared_worker, &wish,
                       "this worker has many clients (mode: shared), which takes the relay");
        assert_refused(&tty_worker, &wish,
                       "this worker has a terminal (tty: true), which takes the relay");
        wish.resumable = true;
        assert_refused(&private_worker, &wish,
                       "this session can be resumed (resume), which takes the relay");
    }
    struct svc_wish wish = wish_of(SP_TRANSPORT_HANDOFF, "xxx");
    wish.stranger = "a pipe's client, process 7, has ended";
    assert_refused(&private_worker, &wish, "a pipe's client, process 7, has ended");
    wish = wish_of(SP_TRANSPORT_HANDOFF, "---");
    assert_refused(&private_worker, &wish,
                   "neither stdin nor stdout nor stderr is a file or a pipe that can be handed "
                   "over");
}

static void a_process_is_opened_only_where_handles_may_be_taken_out_of_it(void **state)
{
    (void)state;
    struct svc_wish wish = wish_of(SP_TRANSPORT_RELAY, "xxx");
    assert_false(svc_transport_would_take(&private_worker, &wish));
    wish.transport = SP_TRANSPORT_AUTO;
    assert_true(svc_transport_would_take(&private_worker, &wish));
    assert_false(svc_transport_would_take(&shared_worker, &wish));
    assert_false(svc_transport_would_take(&warm_worker, &wish));
    wish.transport = SP_TRANSPORT_DIRECT;
    assert_true(svc_transport_would_take(&private_worker, &wish)); /* its end of stdin is held */
    assert_true(svc_transport_would_take(&warm_worker, &wish));
    wish.transport = SP_TRANSPORT_HANDOFF;
    assert_true(svc_transport_would_take(&private_worker, &wish));
    wish.remote = true;
    assert_false(svc_transport_would_take(&private_worker, &wish));
    wish.transport = SP_TRANSPORT_AUTO;
    assert_false(svc_transport_would_take(&private_worker, &wish));
    wish = wish_of(SP_TRANSPORT_AUTO, "xxx");
    wish.resumable = true;
    assert_false(svc_transport_would_take(&private_worker, &wish));
}

static void a_session_has_the_fastest_way_of_its_streams(void **state)
{
    (void)state;
    enum sp_transport streams[SP_STREAM_COUNT] = {SP_TRANSPORT_RELAY, SP_TRANSPORT_RELAY,
                                                  SP_TRANSPORT_RELAY};
    assert_int_equal(svc_transport_of(streams), SP_TRANSPORT_RELAY);
    streams[SP_STDERR] = SP_TRANSPORT_DIRECT;
    assert_int_equal(svc_transport_of(streams), SP_TRANSPORT_DIRECT);
    streams[SP_STDIN] = SP_TRANSPORT_HANDOFF;
    assert_int_equal(svc_transport_of(streams), SP_TRANSPORT_HANDOFF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relay_is_always_had),
        cmocka_unit_test(auto_hands_over_what_is_offered_and_is_direct_for_the_rest),
        cmocka_unit_test(the_stdin_of_a_stranger_is_relayed_whatever_he_wants),
        cmocka_unit_test(auto_takes_the_relay_where_something_needs_it),
        cmocka_unit_test(direct_needs_no_offers_and_takes_none),
        cmocka_unit_test(handoff_is_direct_for_what_is_not_offered),
        cmocka_unit_test(whoever_only_looks_has_a_stdin_that_goes_nowhere),
        cmocka_unit_test(what_is_logged_is_relayed),
        cmocka_unit_test(what_is_insisted_on_and_can_not_be_had_is_refused_with_a_reason),
        cmocka_unit_test(a_process_is_opened_only_where_handles_may_be_taken_out_of_it),
        cmocka_unit_test(a_session_has_the_fastest_way_of_its_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
