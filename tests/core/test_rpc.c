/* tests/core/test_rpc.c - lines of the control connection, taken apart and put together. */
#include "core/rpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/line.h"

static void parse(const char *line, struct sp_rpc *rpc)
{
    struct sp_error err = {0};
    sp_status status = sp_rpc_parse(sp_bytes_of(line), rpc, &err);
    if (status != SP_OK)
        print_error("%s: %s\n", line, err.what);
    assert_int_equal(status, SP_OK);
}

/* A line that is refused, and words its error must have. */
struct refused {
    const char *line;
    sp_status status;
    const char *says;
};

static void assert_refused(const struct refused *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct sp_rpc rpc = {.code = 77};
        struct sp_error err = {0};
        sp_status status = sp_rpc_parse(sp_bytes_of(cases[i].line), &rpc, &err);
        if (status != cases[i].status || strstr(err.what, cases[i].says) == NULL)
            print_error("%s: %s\n", cases[i].line, err.what);
        assert_int_equal(status, cases[i].status);
        assert_int_equal(err.status, cases[i].status);
        assert_non_null(strstr(err.what, cases[i].says));
        assert_int_equal(rpc.code, 77);
        assert_null(rpc.root);
        assert_int_equal(sp_rpc_parse(sp_bytes_of(cases[i].line), &rpc, NULL), cases[i].status);
    }
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void a_request_has_a_method_an_id_and_params(void **state)
{
    (void)state;
    struct sp_rpc rpc = {0};
    parse("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"attach\",\"params\":{\"worker\":\"w\"}}",
          &rpc);
    assert_int_equal(rpc.kind, SP_RPC_REQUEST);
    assert_string_equal(rpc.method, "attach");
    assert_int_equal(json_integer_value(rpc.id), 7);
    assert_string_equal(json_string_value(json_object_get(rpc.params, "worker")), "w");
    sp_rpc_deinit(&rpc);
    assert_null(rpc.root);
    assert_null(rpc.method);
}

static void an_id_is_a_number_or_a_text(void **state)
{
    (void)state;
    struct sp_rpc rpc = {0};
    parse(" { \"method\" : \"ps\" , \"id\" : \"x-1\" , \"jsonrpc\" : \"2.0\" } \r", &rpc);
    assert_int_equal(rpc.kind, SP_RPC_REQUEST);
    assert_string_equal(json_string_value(rpc.id), "x-1");
    assert_null(rpc.params);
    sp_rpc_deinit(&rpc);
    parse("{\"jsonrpc\":\"2.0\",\"id\":-9223372036854775808,\"method\":\"ps\"}", &rpc);
    assert_true(json_integer_value(rpc.id) == INT64_MIN);
    sp_rpc_deinit(&rpc);
}

static void a_notification_has_no_id(void **state)
{
    (void)state;
    struct sp_rpc rpc = {0};
    parse("{\"jsonrpc\":\"2.0\",\"method\":\"input_end\",\"params\":{\"bytes\":3}}", &rpc);
    assert_int_equal(rpc.kind, SP_RPC_NOTIFICATION);
    assert_null(rpc.id);
    assert_string_equal(rpc.method, "input_end");
    sp_rpc_deinit(&rpc);
}

static void a_result_may_be_anything(void **state)
{
    (void)state;
    static const char *const results[] = {"{\"a\":1}", "[]", "null", "false", "\"x\"", "0"};
    for (size_t i = 0; i < COUNT(results); i++) {
        struct sp_buffer line = {0};
        struct sp_rpc rpc = {0};
        assert_int_equal(sp_buffer_printf(&line, NULL,
                                          "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":%s}",
                                          results[i]),
                         SP_OK);
        assert_int_equal(sp_rpc_parse((struct sp_bytes){line.data, line.len}, &rpc, NULL), SP_OK);
        assert_int_equal(rpc.kind, SP_RPC_RESULT);
        assert_non_null(rpc.result);
        assert_int_equal(json_integer_value(rpc.id), 1);
        sp_rpc_deinit(&rpc);
        sp_buffer_deinit(&line);
    }
}

static void an_error_has_a_code_and_a_message_and_perhaps_an_id(void **state)
{
    (void)state;
    struct sp_rpc rpc = {0};
    parse("{\"jsonrpc\":\"2.0\",\"id\":4,\"error\":{\"code\":-32601,\"message\":\"m\"}}", &rpc);
    assert_int_equal(rpc.kind, SP_RPC_ERROR);
    assert_int_equal(rpc.code, SP_RPC_NO_METHOD);
    assert_string_equal(rpc.message, "m");
    assert_int_equal(json_integer_value(rpc.id), 4);
    sp_rpc_deinit(&rpc);
    parse("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":1,\"message\":\"\"}}", &rpc);
    assert_int_equal(rpc.kind, SP_RPC_ERROR);
    assert_null(rpc.id);
    sp_rpc_deinit(&rpc);
}

static void what_is_no_json_is_refused(void **state)
{
    (void)state;
    static const struct refused cases[] = {
        {"", SP_ESYNTAX, "not JSON"},
        {"GET / HTTP/1.1", SP_ESYNTAX, "not JSON"},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"x\"", SP_ESYNTAX, "at byte"},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"x\"} x", SP_ESYNTAX, "end of file expected"},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"x\"}{}", SP_ESYNTAX, "end of file expected"},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"method\":\"y\"}", SP_ESYNTAX, "duplicate"},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"\xe9\"}", SP_ESYNTAX, "unable to decode byte 0xe9"},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"a\\u0000b\"}", SP_ESYNTAX, "\\u0000"},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"id\":9223372036854775808}", SP_ESYNTAX,
         "too big"},
        {"{'jsonrpc':'2.0'}", SP_ESYNTAX, "not JSON"},
    };
    assert_refused(cases, COUNT(cases));
}

/* The service answers a line that it can't read with what was wrong with it. */
static void what_is_said_of_bytes_that_are_no_text_can_be_sent(void **state)
{
    (void)state;
    static const char *const lines[] = {"{\"a\":\"\xf0\x10\"}", "{\"\xff", "\xfe\xff", "\x1b[2J",
                                        "{\"a\":\x01\x02}"};
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct sp_rpc rpc = {0};
        struct sp_error err = {0};
        struct sp_buffer out = {0};
        assert_int_equal(sp_rpc_parse(sp_bytes_of(lines[i]), &rpc, &err), SP_ESYNTAX);
        assert_int_equal(sp_rpc_error(&out, NULL, SP_RPC_PARSE, err.what, NULL), SP_OK);
        assert_int_equal(sp_rpc_parse((struct sp_bytes){out.data, out.len}, &rpc, NULL), SP_OK);
        assert_string_equal(rpc.message, err.what);
        sp_rpc_deinit(&rpc);
        sp_buffer_deinit(&out);
    }
}

static void json_that_is_no_json_rpc_is_refused(void **state)
{
    (void)state;
    static const struct refused cases[] = {
        {"[]", SP_EPROTOCOL, "not an object"},
        {"[{\"jsonrpc\":\"2.0\",\"method\":\"x\"}]", SP_EPROTOCOL, "not an object"},
        {"{}", SP_EPROTOCOL, "\"jsonrpc\""},
        {"{\"jsonrpc\":2.0,\"method\":\"x\"}", SP_EPROTOCOL, "\"jsonrpc\""},
        {"{\"jsonrpc\":\"1.0\",\"method\":\"x\"}", SP_EPROTOCOL, "\"jsonrpc\""},
        {"{\"jsonrpc\":\"2.0\",\"id\":1}", SP_EPROTOCOL, "it needs one of"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x\",\"result\":1}", SP_EPROTOCOL,
         "it needs one of"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1,\"error\":{\"code\":1,\"message\":\"\"}}",
         SP_EPROTOCOL, "it needs one of"},
        {"{\"jsonrpc\":\"2.0\",\"method\":1}", SP_EPROTOCOL, "\"method\" is not a string"},
        {"{\"jsonrpc\":\"2.0\",\"method\":null}", SP_EPROTOCOL, "\"method\" is not a string"},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":[]}", SP_EPROTOCOL, "\"params\""},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":null}", SP_EPROTOCOL, "\"params\""},
        {"{\"jsonrpc\":\"2.0\",\"result\":1}", SP_EPROTOCOL, "without \"id\""},
        {"{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":1}", SP_EPROTOCOL, "\"id\""},
    };
    assert_refused(cases, COUNT(cases));
}

static void an_id_or_error_of_the_wrong_kind_is_refused(void **state)
{
    (void)state;
    static const struct refused cases[] = {
        {"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"x\"}", SP_EPROTOCOL, "\"id\""},
        {"{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"x\"}", SP_EPROTOCOL, "\"id\""},
        {"{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"x\"}", SP_EPROTOCOL, "\"id\""},
        {"{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"x\"}", SP_EPROTOCOL, "\"id\""},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":null}", SP_EPROTOCOL, "\"code\""},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"message\":\"\"}}", SP_EPROTOCOL, "\"code\""},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1}}", SP_EPROTOCOL, "\"message\""},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":\"1\",\"message\":\"\"}}", SP_EPROTOCOL,
         "\"code\""},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":4294967298,\"message\":\"\"}}",
         SP_EPROTOCOL, "32 bits"},
    };
    assert_refused(cases, COUNT(cases));
}

/* It comes back in the answer, which must fit a line. */
static void an_id_has_a_longest(void **state)
{
    (void)state;
    static const char shape[] = "{\"jsonrpc\":\"2.0\",\"id\":\"%0*d\",\"method\":\"x\"}";
    char line[256];
    struct sp_rpc rpc = {0};
    snprintf(line, sizeof line, shape, SP_RPC_ID_MAX, 0);
    parse(line, &rpc);
    assert_int_equal(json_string_length(rpc.id), SP_RPC_ID_MAX);
    sp_rpc_deinit(&rpc);
    snprintf(line, sizeof line, shape, SP_RPC_ID_MAX + 1, 0);
    struct refused longer = {line, SP_EPROTOCOL, "longer than 128 bytes"};
    assert_refused(&longer, 1);
}

static void a_number_has_a_longest(void **state)
{
    (void)state;
    static const char shape[] =
        "{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":{\"%0200d\\\"\":0.%0*d}}";
    char line[512];
    struct sp_rpc rpc = {0};
    snprintf(line, sizeof line, shape, 0, SP_RPC_NUMBER_MAX - 2, 0); /* a text may be longer */
    parse(line, &rpc);
    sp_rpc_deinit(&rpc);
    snprintf(line, sizeof line, shape, 0, SP_RPC_NUMBER_MAX - 1, 0);
    struct refused longer = {line, SP_ESYNTAX, "longer than 100 characters"};
    assert_refused(&longer, 1);
}

static void deep_nesting_is_refused_and_no_overflow(void **state)
{
    (void)state;
    static char line[SP_LINE_MAX];
    struct sp_rpc rpc = {0};
    memset(line, '[', sizeof line);
    assert_int_equal(sp_rpc_parse((struct sp_bytes){line, sizeof line}, &rpc, NULL), SP_ESYNTAX);
}

static void assert_written(struct sp_buffer *out, const char *expected)
{
    assert_int_equal(out->len, strlen(expected));
    assert_memory_equal(out->data, expected, out->len);
    sp_buffer_deinit(out);
}

static void every_kind_of_line_is_written(void **state)
{
    (void)state;
    struct sp_buffer out = {0};
    json_t *id = json_string("q");
    assert_int_equal(sp_rpc_request(&out, 7, "attach", json_pack("{s:s}", "worker", "w\n"), NULL),
                     SP_OK);
    assert_written(&out, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"attach\","
                         "\"params\":{\"worker\":\"w\\n\"}}\n");
    assert_int_equal(sp_rpc_request(&out, 8, "ps", NULL, NULL), SP_OK);
    assert_written(&out, "{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"ps\"}\n");
    assert_int_equal(sp_rpc_notify(&out, "ack", NULL, NULL), SP_OK);
    assert_written(&out, "{\"jsonrpc\":\"2.0\",\"method\":\"ack\"}\n");
    assert_int_equal(sp_rpc_result(&out, id, json_null(), NULL), SP_OK);
    assert_written(&out, "{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"result\":null}\n");
    assert_int_equal(sp_rpc_error(&out, id, SP_RPC_NO_WORKER, "no \xc3\xa9", NULL), SP_OK);
    assert_written(&out, "{\"jsonrpc\":\"2.0\",\"id\":\"q\","
                         "\"error\":{\"code\":2,\"message\":\"no \xc3\xa9\"}}\n");
    assert_int_equal(sp_rpc_error(&out, NULL, SP_RPC_PARSE, "x", NULL), SP_OK);
    assert_written(&out, "{\"jsonrpc\":\"2.0\",\"id\":null,"
                         "\"error\":{\"code\":-32700,\"message\":\"x\"}}\n");
    assert_int_equal(id->refcount, 1); /* borrowed */
    json_decref(id);
}

static void the_next_line(struct sp_line_reader *lines, struct sp_rpc *rpc)
{
    struct sp_bytes line = {0};
    assert_int_equal(sp_line_next(lines, &line, NULL), SP_OK);
    assert_int_equal(sp_rpc_parse(line, rpc, NULL), SP_OK);
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    static const char text[] = "\"\\\n\r\t\x01 \xc3\xa9 \xf0\x9f\x98\x80 \xe2\x80\xa8";
    struct sp_buffer out = {0};
    struct sp_line_reader lines = {0};
    struct sp_rpc request = {0}, answer = {0};
    assert_int_equal(sp_rpc_request(&out, INT64_MAX, text, json_pack("{s:s}", text, text), NULL),
                     SP_OK);
    assert_int_equal(sp_line_feed(&lines, out.data, out.len, NULL), SP_OK);
    the_next_line(&lines, &request);
    assert_true(json_integer_value(request.id) == INT64_MAX);
    assert_string_equal(request.method, text);
    assert_string_equal(json_string_value(json_object_get(request.params, text)), text);

    out.len = 0;
    assert_int_equal(sp_rpc_error(&out, request.id, SP_RPC_STATE, text, NULL), SP_OK);
    assert_int_equal(sp_line_feed(&lines, out.data, out.len, NULL), SP_OK);
    the_next_line(&lines, &answer);
    assert_true(json_equal(answer.id, request.id));
    assert_int_equal(answer.code, SP_RPC_STATE);
    assert_string_equal(answer.message, text);
    sp_rpc_deinit(&request);
    sp_rpc_deinit(&answer);
    sp_line_deinit(&lines);
    sp_buffer_deinit(&out);
}

/* Room for a text such that the line of an error with it has exactly this length. */
static size_t text_len_for(size_t line_len)
{
    struct sp_buffer out = {0};
    assert_int_equal(sp_rpc_error(&out, NULL, 1, "", NULL), SP_OK);
    size_t len = line_len - (out.len - 1);
    sp_buffer_deinit(&out);
    return len;
}

static void a_line_that_is_too_long_is_refused_and_nothing_written(void **state)
{
    (void)state;
    static char text[SP_LINE_MAX + 1];
    struct sp_buffer out = {0};
    struct sp_error err = {0};
    size_t len = text_len_for(SP_LINE_MAX);
    memset(text, 'x', len + 1);
    assert_int_equal(sp_rpc_notify(&out, "before", NULL, NULL), SP_OK);
    size_t before = out.len;
    assert_int_equal(sp_rpc_error(&out, NULL, 1, text, &err), SP_ETOOBIG);
    assert_int_equal(out.len, before);
    assert_non_null(strstr(err.what, "65537 bytes"));
    text[len] = 0;
    assert_int_equal(sp_rpc_error(&out, NULL, 1, text, &err), SP_OK);
    assert_int_equal(out.len, before + SP_LINE_MAX + 1);
    assert_int_equal(out.data[out.len - 1], '\n');
    sp_buffer_deinit(&out);
}

static void a_full_buffer_takes_the_params_all_the_same(void **state)
{
    (void)state;
    struct sp_buffer out = {.max = 20};
    json_t *params = json_pack("{s:i}", "bytes", 1);
    json_incref(params);
    assert_int_equal(sp_rpc_notify(&out, "input_end", params, NULL), SP_ETOOBIG);
    assert_int_equal(out.len, 0);
    assert_int_equal(params->refcount, 1);
    json_decref(params);
    sp_buffer_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_has_a_method_an_id_and_params),
        cmocka_unit_test(an_id_is_a_number_or_a_text),
        cmocka_unit_test(a_notification_has_no_id),
        cmocka_unit_test(a_result_may_be_anything),
        cmocka_unit_test(an_error_has_a_code_and_a_message_and_perhaps_an_id),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(what_is_said_of_bytes_that_are_no_text_can_be_sent),
        cmocka_unit_test(json_that_is_no_json_rpc_is_refused),
        cmocka_unit_test(an_id_or_error_of_the_wrong_kind_is_refused),
        cmocka_unit_test(an_id_has_a_longest),
        cmocka_unit_test(a_number_has_a_longest),
        cmocka_unit_test(deep_nesting_is_refused_and_no_overflow),
        cmocka_unit_test(every_kind_of_line_is_written),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(a_line_that_is_too_long_is_refused_and_nothing_written),
        cmocka_unit_test(a_full_buffer_takes_the_params_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
