/* tests/service/test_dashboard.c - what the page's server makes of a request, and the events it
 * shows. The page itself is tested in a browser: tests/browser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "service/dashboard_page.h"
#include "service/events.h"

static struct w32_http_request request_to(const char *target, const char *host)
{
    return (struct w32_http_request){
        .get = true, .local = true, .target = sp_bytes_of(target), .host = sp_bytes_of(host)};
}

static void a_request_is_for_the_page_or_its_figures(void **state)
{
    (void)state;
    struct w32_http_request r = request_to("/", "127.0.0.1:8717");
    assert_int_equal(svc_page_wish(&r, 8717), SVC_PAGE_ITSELF);
    r = request_to("/data", "localhost:8717");
    assert_int_equal(svc_page_wish(&r, 8717), SVC_PAGE_DATA);
    r = request_to("/data?x", "localhost:8717");
    assert_int_equal(svc_page_wish(&r, 8717), SVC_PAGE_UNKNOWN);
    r.get = false;
    assert_int_equal(svc_page_wish(&r, 8717), SVC_PAGE_NO_GET);
}

/* Wine refuses a foreign Host before we see it, and Windows does not. */
static void a_name_that_was_made_to_point_here_is_refused(void **state)
{
    (void)state;
    static const char *const hosts[] = {
        "",           "127.0.0.1",       "127.0.0.1:80",        "127.0.0.1:87170",
        "[::1]:8717", "evil.test:8717",  "127.0.0.1:8717.evil", "localhost",
        "LOCALHOST",  "127.0.0.1:8717 ", "user@127.0.0.1:8717",
    };
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct w32_http_request r = request_to("/data", hosts[i]);
        assert_int_equal(svc_page_wish(&r, 8717), SVC_PAGE_FOREIGN_HOST);
    }
}

static void who_comes_from_another_machine_is_refused(void **state)
{
    (void)state;
    struct w32_http_request r = request_to("/", "127.0.0.1:8717");
    r.local = false;
    assert_int_equal(svc_page_wish(&r, 8717), SVC_PAGE_REMOTE);
}

static void a_token_stands_behind_bearer(void **state)
{
    (void)state;
    struct sp_bytes token = svc_page_token(sp_bytes_of("Bearer abc"));
    assert_int_equal(token.len, 3);
    assert_memory_equal(token.data, "abc", 3);
    assert_int_equal(svc_page_token(sp_bytes_of("Bearer ")).len, 0);
    assert_int_equal(svc_page_token(sp_bytes_of("Basic abc")).len, 0);
    assert_int_equal(svc_page_token((struct sp_bytes){0}).len, 0);
}

static const char *text_of(json_t *events, size_t i)
{
    return json_string_value(json_object_get(json_array_get(events, i), "text"));
}

static void the_last_hundred_events_are_kept_newest_first(void **state)
{
    (void)state;
    char text[] = "event 0";
    svc_events_put(SVC_LOG_INFO, 1, "nobody looks on yet");
    assert_int_equal(svc_events_open(NULL), SP_OK);
    for (int i = 0; i < SVC_EVENTS_MAX + 8; i++) {
        text[6] = (char)('0' + i % 10);
        svc_events_put(SVC_LOG_WARNING, (uint64_t)i, text);
    }
    json_t *events = svc_events_list();
    assert_int_equal(json_array_size(events), SVC_EVENTS_MAX);
    assert_string_equal(text_of(events, 0), "event 7");
    assert_string_equal(text_of(events, SVC_EVENTS_MAX - 1), "event 8");
    json_t *newest = json_array_get(events, 0);
    assert_int_equal(json_integer_value(json_object_get(newest, "at")), SVC_EVENTS_MAX + 7);
    assert_string_equal(json_string_value(json_object_get(newest, "level")), "warning");
    json_decref(events);
    svc_events_close();
}

static void a_long_or_hostile_event_is_shown_shortened_and_harmless(void **state)
{
    (void)state;
    char longer[2 * SVC_EVENT_TEXT] = {0};
    for (size_t i = 1; i < sizeof longer - 2; i += 2)
        memcpy(longer + i, "\xC3\xA4", 2);
    longer[0] = 'x';
    assert_int_equal(svc_events_open(NULL), SP_OK);
    svc_events_put(SVC_LOG_INFO, 0, longer);
    svc_events_put(SVC_LOG_INFO, 0, "a\x1B[2J\xFFz");
    json_t *events = svc_events_list();
    assert_string_equal(text_of(events, 0), "a?[2J?z");
    size_t len = strlen(text_of(events, 1));
    assert_int_equal(len, SVC_EVENT_TEXT - 1 + strlen("..."));
    assert_string_equal(text_of(events, 1) + len - 5, "\xC3\xA4...");
    json_decref(events);
    svc_events_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_for_the_page_or_its_figures),
        cmocka_unit_test(a_name_that_was_made_to_point_here_is_refused),
        cmocka_unit_test(who_comes_from_another_machine_is_refused),
        cmocka_unit_test(a_token_stands_behind_bearer),
        cmocka_unit_test(the_last_hundred_events_are_kept_newest_first),
        cmocka_unit_test(a_long_or_hostile_event_is_shown_shortened_and_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
